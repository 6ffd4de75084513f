/* The second inputs of a stage: `target: { use: source.jsonl, path: … }`, a list of stages, or a saved part. */
#include <string.h>
#include "config/stages.h"
#include "plan/bind.h"

enum { MAX_DEPTH = 4 }; /* ports of stages of ports … */

static bool bind_chain_stage(plan *p, diags *d, registry *reg, yaml_node *node, uint32_t depth, uint32_t *last)
{
    const yaml_node *use = yaml_get(node, "use");
    pipeline_stage *in_file = arena_zalloc(&p->mem, sizeof *in_file, _Alignof(pipeline_stage));
    if (!in_file)
        return diag_nomem(d), false;
    const bool named = use && use->kind == YAML_SCALAR && use->n && !yaml_is_null(use);
    if (!named && !node->reported && !(use && use->reported))
        diag_error(d, node->at, "an input is a stage { use: … }, a list of stages, or a saved state { state: PATH }");
    node->reported |= !named || use->reported;
    if (p->n_stages >= STAGES_MAX)
        return diag_error(d, node->at, "more than %d stages", STAGES_MAX), false;
    *in_file = (pipeline_stage){ .node = node, .at = use ? use->at : node->at };
    const uint32_t s = bind_stage(p, d, reg, in_file, *last, depth + 1);
    if (s == PLAN_NONE)
        return false;
    *last = s;
    return true;
}

/* false: a mistake of the port itself. */
static bool bind_port(plan *p, diags *d, registry *reg, const char *use, yaml_node *v, uint32_t depth, plan_port *port)
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
        return port->state;
    }
    if (depth == MAX_DEPTH)
        return diag_error(d, v->at, "inputs of inputs more than %d deep", MAX_DEPTH), false;
    if (v->kind == YAML_MAP)
        return bind_chain_stage(p, d, reg, v, depth, &port->last);
    if (!v->n)
        diag_error(d, v->at, "the list of stages for '%s' is empty", port->name);
    bool good = v->n > 0;
    for (size_t i = 0; good && i < v->n; i++)
        good = bind_chain_stage(p, d, reg, v->items[i], depth, &port->last);
    return good;
}

void bind_ports(plan *p, diags *d, registry *reg, plan_stage *s, uint32_t depth)
{
    const pipeline_stage *in_file = s->in_file;
    const char *use = s->def->s.name;
    sl_port row;
    size_t rows = 0;
    while (stage_port(s->def, rows, &row))
        rows++;
    s->ports = arena_zalloc(&p->mem, (rows + 1) * sizeof *s->ports, _Alignof(plan_port));
    s->n_ports = s->ports ? rows : 0;
    if (!s->ports)
        diag_nomem(d);
    for (size_t i = 0; i < s->n_ports && stage_port(s->def, i, &row); i++) {
        yaml_node *value = yaml_get(in_file->node, row.name);
        plan_port *port = &s->ports[i];
        *port = (plan_port){ .name = row.name, .flags = row.flags, .last = PLAN_NONE, .at = in_file->at };
        bool good = !value || !value->reported;
        if (good && value) {
            good = bind_port(p, d, reg, use, value, depth, port);
        } else if (!value && (row.flags & SL_PORT_REQUIRED)) {
            diag_error(d, in_file->at, "%s needs the input '%s': a stage, a list of stages%s", use, row.name,
                       row.flags & SL_PORT_STATE ? ", or a saved state" : "");
            good = false;
        }
        s->flaws |= good ? 0 : FLAW_OPTIONS;
    }
}
