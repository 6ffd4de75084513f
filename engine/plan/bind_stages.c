/* Names to plugins, YAML to option structs. */
#include <string.h>
#include "base/str.h"
#include "plan/bind.h"

enum { MAX_NAMES = 128 };

/* Why this engine cannot run the stage yet, or NULL. */
static const char *not_yet(const stage_def *def)
{
    const sl_stage *s = &def->s;
    sl_field f;
    if (s->fit)
        return "looks at the whole stream before it acts (fit)";
    if (s->kind == SL_RESHAPE)
        return "makes other documents out of documents (reshape)";
    if (s->flags & SL_F_ORDERED)
        return "must see the stream in order";
    if (s->flags & SL_F_FAMILIES)
        return "must see all children of a document together";
    for (size_t i = 0; stage_field(def, i, &f); i++)
        if (f.flags & SL_ORDER)
            return "sorts the stream";
    return NULL;
}

static void bind_ports(const plan_stage *s, diags *d)
{
    sl_port port;
    for (size_t i = 0; stage_port(s->def, i, &port); i++) {
        const yaml_node *v = yaml_get(s->in_file->node, port.name);
        if (v)
            diag_error(d, v->at, "%s: the input '%s' beside the main stream cannot be read by this version of sluice",
                       s->common.use, port.name);
        else if (port.flags & SL_PORT_REQUIRED)
            diag_error(d, s->in_file->at, "%s needs the input '%s'", s->common.use, port.name);
    }
}

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
    if (!s->cfg) {
        diag_error(d, s->in_file->at, "out of memory");
        return;
    }
    option_read(d, &p->mem, s->def->options, (option_scope){ s->common.use, others }, s->in_file->node, s->cfg);
}

/* The engine's own keys. What else stands in the map is the stage's business, so all of its keys count as known here;
 * `as` is the stage's if it has such an option. */
static void bind_common(plan *p, diags *d, plan_stage *s)
{
    const yaml_node *map = s->in_file->node;
    const char **others = arena_zalloc(&p->mem, (map->n + 1) * sizeof *others, _Alignof(char *));
    for (size_t i = 0, n = 0; others && i < map->n; i++)
        if (strcmp(map->pairs[i].key->text, "as") || (s->def && has_option(s->def, "as")))
            others[n++] = map->pairs[i].key->text;
    if (others)
        option_read(d, &p->mem, stage_common_table(), (option_scope){ "a stage", others }, map, &s->common);
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

/* Explicit names first, so that none of those made up collides with one that stands further down. */
static void name_stages(plan *p, diags *d)
{
    for (size_t i = 0; i < p->n_stages; i++) {
        plan_stage *s = &p->stages[i];
        if (s->common.name && name_taken(p, i, s->common.name))
            diag_error(d, s->in_file->at, "two stages are named '%s'", s->common.name);
        s->name = s->common.name;
    }
    unsigned *number = arena_zalloc(&p->mem, (p->n_stages + 1) * sizeof *number, _Alignof(unsigned));
    for (size_t i = 0; number && i < p->n_stages; i++) {
        plan_stage *s = &p->stages[i];
        const char *use = s->common.use ? s->common.use : "?";
        for (size_t k = i; k-- > 0 && !number[i];) /* where the last stage of that use left off */
            if (p->stages[k].common.use && !strcmp(p->stages[k].common.use, use))
                number[i] = number[k];
        while (!s->name) {
            const char *name = ++number[i] == 1 ? use : arena_printf(&p->mem, "%s-%u", use, number[i]);
            if (!name || !name_taken(p, p->n_stages, name))
                s->name = name ? name : use;
        }
    }
}

void bind_stages(plan *p, diags *d, registry *reg)
{
    const pipeline *file = p->file;
    p->stages = arena_zalloc(&p->mem, (file->n_stages + 1) * sizeof *p->stages, _Alignof(plan_stage));
    if (!p->stages) {
        diag_error(d, (diag_at){ 0 }, "out of memory");
        return;
    }
    p->n_stages = file->n_stages;
    for (size_t i = 0; i < p->n_stages; i++) {
        plan_stage *s = &p->stages[i];
        s->in_file = &file->stages[i];
        s->as_slot = s->as_value_slot = PLAN_NONE;
        const yaml_node *use = yaml_get(s->in_file->node, "use");
        if (use && use->kind == YAML_SCALAR && use->n)
            s->def = registry_find(reg, use->text, d, s->in_file->at);
        bind_common(p, d, s);
    }
    name_stages(p, d);
    for (size_t i = 0; i < p->n_stages; i++) {
        plan_stage *s = &p->stages[i];
        s->mode = s->common.mode;
        s->on_reject = s->common.on_reject == ON_REJECT_INHERIT ? file->head.on_reject : s->common.on_reject;
        if (!s->def || !s->common.use)
            continue;
        const char *missing = not_yet(s->def);
        if (missing)
            diag_error(d, s->in_file->at, "%s %s, which this version of sluice cannot do", s->common.use, missing);
        bind_ports(s, d);
        bind_options(p, d, s);
        if (s->mode == MODE_ANNOTATE && (s->def->s.kind != SL_TRANSFORM || !has_rejects(s->def)))
            diag_error(d, s->in_file->at, "%s drops no documents, so it has nothing to annotate", s->common.use);
    }
}
