/* Names to plugins, YAML to option structs. */
#include <string.h>
#include "base/str.h"
#include "plan/bind.h"

enum { MAX_NAMES = 128 };

static bool has_option(const stage_def *def, const char *name)
{
    sl_option row;
    for (size_t i = 0; option_row(def->options, i, &row); i++)
        if (!strcmp(row.name, name))
            return true;
    return false;
}

static void bind_options(plan *p, diags *d, plan_stage *s)
{
    const char *others[MAX_NAMES];
    size_t n = 0;
    sl_port port;
    const bool own_as = has_option(s->def, "as");
    for (size_t i = 0; stage_common_names[i] && n < MAX_NAMES - 1; i++)
        if (!own_as || strcmp(stage_common_names[i], "as"))
            others[n++] = stage_common_names[i];
    for (size_t i = 0; stage_port(s->def, i, &port) && n < MAX_NAMES - 1; i++)
        others[n++] = port.name;
    others[n] = NULL;
    s->cfg = arena_zalloc(&p->mem, s->def->s.config_size + 1, 64);
    if (!s->cfg)
        diag_nomem(d);
    else if (!option_read(d, &p->mem, s->def->options, (option_scope){ s->common.use, others }, s->in_file->node,
                          s->cfg))
        s->flaws |= FLAW_OPTIONS;
}

/* The engine's own keys. What else stands in the map is the stage's business, so all of its keys count as known here;
 * `as` is the stage's if it has such an option. */
static void bind_common(plan *p, diags *d, plan_stage *s)
{
    const yaml_node *map = s->in_file->node;
    const char **others = arena_zalloc(&p->mem, (map->n + 1) * sizeof *others, _Alignof(char *));
    for (size_t i = 0, n = 0; others && i < map->n; i++)
        if (strcmp(map->pairs[i].key->text, "as") || has_option(s->def, "as"))
            others[n++] = map->pairs[i].key->text;
    if (!others)
        diag_nomem(d);
    else if (!option_read(d, &p->mem, stage_common_table(), (option_scope){ "a stage", others }, map, &s->common))
        s->flaws |= FLAW_COMMON;
}

static bool has_rejects(const stage_def *def)
{
    sl_metric m;
    for (size_t i = 0; stage_metric(def, i, &m); i++)
        if (m.kind == SL_M_REJECT || m.kind == SL_M_ERROR)
            return true;
    return false;
}

static bool name_taken(const plan *p, size_t n, const char *name)
{
    for (size_t k = 0; k < n; k++)
        if (p->stages[k].name && !strcmp(p->stages[k].name, name))
            return true;
    return false;
}

/* NULL: no memory. */
static const char *default_name(plan *p, const plan_stage *s)
{
    const char *use = s->common.use ? s->common.use : "?";
    sl_port port;
    if (s->owner == PLAN_NONE)
        return use;
    stage_port(p->stages[s->owner].def, s->owner_port - 1, &port);
    return arena_printf(&p->mem, "%s:%s", port.name, use);
}

/* Explicit names first, so that none of those made up collides with one that stands further down. */
static void name_stages(plan *p, diags *d)
{
    const char **base = arena_zalloc(&p->mem, (p->n_stages + 1) * sizeof *base, _Alignof(char *));
    unsigned *number = arena_zalloc(&p->mem, (p->n_stages + 1) * sizeof *number, _Alignof(unsigned));
    bool good = base && number;
    for (size_t i = 0; good && i < p->n_stages; i++) {
        plan_stage *s = &p->stages[i];
        if (s->common.name && name_taken(p, i, s->common.name))
            diag_error(d, yaml_get(s->in_file->node, "name")->at, "two stages are named '%s'", s->common.name);
        s->name = s->common.name;
        good = (base[i] = default_name(p, s)) != NULL;
    }
    for (size_t i = 0; good && i < p->n_stages; i++) {
        plan_stage *s = &p->stages[i];
        for (size_t k = i; k-- > 0 && !number[i];) /* where the last stage of that name left off */
            if (!strcmp(base[k], base[i]))
                number[i] = number[k];
        while (good && !s->name) {
            const char *name = ++number[i] == 1 ? base[i] : arena_printf(&p->mem, "%s-%u", base[i], number[i]);
            good = name != NULL;
            if (good && !name_taken(p, p->n_stages, name))
                s->name = name;
        }
    }
    if (!good)
        diag_nomem(d);
}

/* What stands in a stage's place may still say what it was to be called. */
static void guess_name(plan_stage *s)
{
    const yaml_node *node = s->in_file->node, *name = yaml_get(node, "name");
    s->common.use = node->kind == YAML_SCALAR ? node->text : NULL;
    s->common.name = name && name->kind == YAML_SCALAR && !name->reported ? name->text : NULL;
}

uint32_t bind_stage(plan *p, diags *d, registry *reg, const pipeline_stage *in_file, uint32_t prev, uint32_t depth)
{
    static const stage_def unknown;
    const yaml_node *use = yaml_get(in_file->node, "use");
    plan_stage s = { .def = &unknown,
                     .in_file = in_file,
                     .prev = prev,
                     .as_slot = PLAN_NONE,
                     .as_value_slot = PLAN_NONE,
                     .order_slot = PLAN_NONE,
                     .owner = PLAN_NONE };
    const stage_def *def = in_file->node->reported ? NULL : registry_find(reg, use->text, d, in_file->at);
    if (def)
        s.def = def;
    else
        s.flaws |= FLAW_USE;
    if (def)
        bind_ports(p, d, reg, &s, depth);
    if (in_file->node->reported)
        guess_name(&s);
    else
        bind_common(p, d, &s);
    plan_stage *v = arena_grow(&p->mem, p->stages, p->n_stages, sizeof *v);
    if (!v) {
        diag_nomem(d);
        return PLAN_NONE;
    }
    p->stages = v;
    v[p->n_stages] = s;
    return (uint32_t)p->n_stages++;
}

/* Who owns the chains of ports, now that all have their numbers. */
static void own_chains(plan *p)
{
    for (size_t i = 0; i < p->n_stages; i++)
        for (size_t k = 0; k < p->stages[i].n_ports; k++)
            for (uint32_t at = p->stages[i].ports[k].last; at != PLAN_NONE; at = p->stages[at].prev) {
                p->stages[at].owner = (uint32_t)i;
                p->stages[at].owner_port = (uint32_t)k + 1;
            }
}

static bool sorts(const plan_stage *s)
{
    sl_field f;
    const char *name;
    for (size_t i = 0; stage_field(s->def, i, &f); i++)
        if ((f.flags & SL_ORDER) &&
            (*f.name != '$' || option_strings(s->def->options, s->cfg, f.name + 1, &name, 1) > 0))
            return true;
    return false;
}

static void bind_own(plan *p, diags *d, plan_stage *s)
{
    s->mode = s->common.mode;
    s->on_reject = s->common.on_reject == ON_REJECT_INHERIT ? p->file->head.on_reject : s->common.on_reject;
    if ((s->flaws & FLAW_USE) || !s->common.use)
        return;
    bind_options(p, d, s);
    s->fits = s->def->s.fit != NULL;
    s->sorts = s->cfg && sorts(s);
    if (s->mode == MODE_ANNOTATE && (s->def->s.kind != SL_TRANSFORM || !has_rejects(s->def)))
        diag_error(d, s->in_file->at, "%s drops no documents, so it has nothing to annotate", s->common.use);
}

void bind_stages(plan *p, diags *d, registry *reg)
{
    const pipeline *file = p->file;
    for (size_t i = 0, prev = PLAN_NONE; i < file->n_stages; i++) {
        const uint32_t s = bind_stage(p, d, reg, &file->stages[i], (uint32_t)prev, 0);
        prev = s == PLAN_NONE ? prev : s;
    }
    own_chains(p);
    name_stages(p, d);
    for (size_t i = 0; i < p->n_stages; i++)
        bind_own(p, d, &p->stages[i]);
}
