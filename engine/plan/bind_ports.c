/* The second inputs of a stage: `target: { use: source.jsonl, path: … }`, a list of stages, or a saved part. */
#include <string.h>
#include "config/stages.h"
#include "plan/bind.h"

enum { MAX_DEPTH = 4 }; /* ports of stages of ports … */

static bool bind_chain_stage(plan *p, diags *d, registry *reg, const yaml_node *node, uint32_t depth, uint32_t *last)
{
    const yaml_node *use = node->kind == YAML_MAP ? yaml_get(node, "use") : NULL;
    pipeline_stage *in_file = arena_zalloc(&p->mem, sizeof *in_file, _Alignof(pipeline_stage));
    if (!in_file)
        return diag_nomem(d), false;
    if (!use || use->kind != YAML_SCALAR || !use->n) {
        if (!node->reported)
            diag_error(d, node->at,
                       "an input is a stage { use: … }, a list of stages, or a saved state { state: PATH }");
        return false;
    }
    if (p->n_stages >= STAGES_MAX)
        return diag_error(d, node->at, "more than %d stages", STAGES_MAX), false;
    *in_file = (pipeline_stage){ .node = node, .at = use->at };
    const uint32_t s = bind_stage(p, d, reg, in_file, *last, depth + 1);
    if (s == PLAN_NONE)
        return false;
    *last = s;
    return true;
}

static void bind_port(plan *p, diags *d, registry *reg, const char *use, const yaml_node *v, uint32_t depth,
                      plan_port *port)
{
    const yaml_node *state = v->kind == YAML_MAP ? yaml_get(v, "state") : v->kind == YAML_SCALAR ? v : NULL;
    port->at = v->at;
    if (state) {
        if (state->kind != YAML_SCALAR || !state->n || (v->kind == YAML_MAP && v->n > 1))
            diag_error(d, v->at, "a saved state is named as { state: PATH }, and nothing else");
        else if (!(port->flags & SL_PORT_STATE))
            diag_error(d, v->at, "%s takes documents for '%s'; a saved state cannot stand in for them", use,
                       port->name);
        else
            port->state = state->text;
        return;
    }
    if (depth == MAX_DEPTH) {
        diag_error(d, v->at, "inputs of inputs more than %d deep", MAX_DEPTH);
        return;
    }
    if (v->kind == YAML_LIST && !v->n)
        diag_error(d, v->at, "the list of stages for '%s' is empty", port->name);
    for (size_t i = 0; v->kind == YAML_LIST && i < v->n; i++)
        if (!bind_chain_stage(p, d, reg, v->items[i], depth, &port->last))
            return;
    if (v->kind == YAML_MAP)
        bind_chain_stage(p, d, reg, v, depth, &port->last);
}

plan_port *bind_ports(plan *p, diags *d, registry *reg, const stage_def *def, const pipeline_stage *in_file,
                      uint32_t depth, size_t *n)
{
    sl_port row;
    size_t rows = 0;
    while (stage_port(def, rows, &row))
        rows++;
    plan_port *v = rows ? arena_zalloc(&p->mem, rows * sizeof *v, _Alignof(plan_port)) : NULL;
    *n = v ? rows : 0;
    for (size_t i = 0; i < *n && stage_port(def, i, &row); i++) {
        const yaml_node *value = yaml_get(in_file->node, row.name);
        v[i] = (plan_port){ .name = row.name, .flags = row.flags, .last = PLAN_NONE, .at = in_file->at };
        if (value && !value->reported)
            bind_port(p, d, reg, def->s.name, value, depth, &v[i]);
        else if (!value && (row.flags & SL_PORT_REQUIRED))
            diag_error(d, in_file->at, "%s needs the input '%s': a stage, a list of stages%s", def->s.name, row.name,
                       row.flags & SL_PORT_STATE ? ", or a saved state" : "");
    }
    return v;
}
