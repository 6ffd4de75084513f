/* The small pipeline of a case, as nodes of a pipeline file: the file's own where it says something, new ones beside.
 */
#include <string.h>
#include "run/cases_bind.h"

typedef struct builder {
    arena *mem;
    const bound_case *b;
    const char *source; /* name of the source that stands for `in` */
    bool failed;
} builder;

static yaml_node *new_node(builder *x, yaml_kind kind, diag_at at)
{
    yaml_node *node = arena_zalloc(x->mem, sizeof *node, _Alignof(yaml_node));
    x->failed |= !node;
    if (node) {
        node->kind = kind;
        node->at = at;
        node->text = "";
    }
    return node;
}

static yaml_node *new_text(builder *x, const char *text, diag_at at)
{
    yaml_node *node = new_node(x, YAML_SCALAR, at);
    if (node) {
        node->text = text;
        node->n = strlen(text);
    }
    return node;
}

static yaml_node *new_map(builder *x, size_t most, diag_at at)
{
    yaml_node *map = new_node(x, YAML_MAP, at);
    if (map && !(map->pairs = arena_alloc(x->mem, (most + 1) * sizeof *map->pairs, _Alignof(yaml_pair))))
        x->failed = true;
    return x->failed ? NULL : map;
}

/* Room is for as many as new_map was told. */
static void add(builder *x, yaml_node *map, const char *key, yaml_node *value)
{
    yaml_node *name = map && value ? new_text(x, key, value->at) : NULL;
    if (name)
        map->pairs[map->n++] = (yaml_pair){ name, value };
}

static bool is_one_of(const char *key, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(key, *names))
            return true;
    return false;
}

/* ---- names ---- */

static const char *free_name(builder *x, const char *name)
{
    const plan *p = x->b->p;
    for (size_t i = 0; name && i < p->n_stages; i++)
        if (!strcmp(p->stages[i].name, name)) {
            name = arena_printf(x->mem, "%s'", name);
            i = (size_t)-1;
        }
    x->failed |= !name;
    return name ? name : "";
}

/* Whom stage s reads from in the small pipeline: its own inputs as far as they are in the range. */
static yaml_node *inputs_of(builder *x, uint32_t s)
{
    const bound_case *b = x->b;
    const plan_stage *at = &b->p->stages[s];
    yaml_node *list = new_node(x, YAML_LIST, at->in_file->at);
    if (!list || !(list->items = arena_alloc(x->mem, (at->n_from + 1) * sizeof *list->items, _Alignof(yaml_node *)))) {
        x->failed = true;
        return NULL;
    }
    if (s == b->first)
        list->items[list->n++] = new_text(x, x->source, list->at);
    for (size_t i = 0; s != b->first && i < at->n_from; i++) {
        const uint32_t from = at->from[i];
        if (from == b->first && !b->within[from])
            list->items[list->n++] = new_text(x, x->source, list->at);
        else if (b->within[from])
            list->items[list->n++] = new_text(x, b->p->stages[from].name, list->at);
    }
    return x->failed ? NULL : list;
}

/* ---- stages ---- */

static yaml_node *file_source(builder *x, const char *path, diag_at at)
{
    yaml_node *map = new_map(x, 2, at);
    add(x, map, "use", new_text(x, "source.jsonl", at));
    add(x, map, "path", new_text(x, path, at));
    return map;
}

/* Documents that enter as those of a source.jsonl are read with its options; anybody else's are plain. */
static yaml_node *source_node(builder *x, const char *path)
{
    static const char *const own[] = { "use", "path", "name", "from", NULL };
    const plan_stage *s = &x->b->p->stages[x->b->first];
    const bool same = !strcmp(s->common.use, "source.jsonl");
    const yaml_node *file = s->in_file->node;
    const diag_at at = x->b->c->place;
    yaml_node *map = new_map(x, file->n + 3, at);
    add(x, map, "use", new_text(x, "source.jsonl", at));
    add(x, map, "name", new_text(x, x->source, at));
    add(x, map, "path", new_text(x, path, at));
    for (size_t i = 0; map && same && i < file->n; i++)
        if (!is_one_of(file->pairs[i].key->text, own))
            map->pairs[map->n++] = file->pairs[i];
    return map;
}

/* Does the case give documents to this port of stage s? */
static bool gives_port(const bound_case *b, uint32_t s, const char *key)
{
    for (size_t i = 0; i < b->c->n_ports; i++)
        if (b->port_of[i] == s && !strcmp(b->c->ports[i].name, key))
            return true;
    return false;
}

static yaml_node *stage_node(builder *x, uint32_t s, const char *const *paths)
{
    static const char *const own[] = { "name", "from", NULL };
    const bound_case *b = x->b;
    const plan_stage *at = &b->p->stages[s];
    const yaml_node *file = at->in_file->node, *options = b->c->options;
    yaml_node *map = new_map(x, file->n + (options ? options->n : 0) + b->c->n_ports + 2, file->at);
    for (size_t i = 0; map && i < file->n; i++) {
        const char *key = file->pairs[i].key->text;
        if (!is_one_of(key, own) && !yaml_get(options, key) && !gives_port(b, s, key))
            map->pairs[map->n++] = file->pairs[i];
    }
    for (size_t i = 0; map && options && i < options->n; i++)
        map->pairs[map->n++] = options->pairs[i];
    for (size_t i = 0; map && i < b->c->n_ports; i++)
        if (b->port_of[i] == s)
            add(x, map, b->c->ports[i].name, file_source(x, paths[i], b->c->ports[i].at));
    add(x, map, "name", new_text(x, at->name, at->in_file->at));
    add(x, map, "from", inputs_of(x, s));
    return map;
}

/* Takes what leaves the range: where `last` is a sink, what would come to it. */
static yaml_node *sink_node(builder *x)
{
    const bound_case *b = x->b;
    const diag_at at = b->c->place;
    yaml_node *map = new_map(x, 3, at);
    add(x, map, "use", new_text(x, "sink.null", at));
    add(x, map, "name", new_text(x, free_name(x, "(out)"), at));
    add(x, map, "from", b->within[b->last] ? new_text(x, b->p->stages[b->last].name, at) : inputs_of(x, b->last));
    return map;
}

bool case_build(pipeline *small, arena *mem, diags *d, const bound_case *b, const char *in, const char *const *ports)
{
    const plan *p = b->p;
    builder x = { .mem = mem, .b = b };
    *small = *p->file;
    small->head.on_error = ON_ERROR_FAIL;
    small->head.on_reject = ON_REJECT_DROP;
    small->head.max_errors = (sl_amount){ 0 };
    small->cases = NULL;
    small->n_cases = small->n_stages = 0;
    small->stages = arena_zalloc(mem, (p->n_stages + 3) * sizeof *small->stages, _Alignof(pipeline_stage));
    x.failed = !small->stages;
    x.source = free_name(&x, "(in)");
    if (!x.failed) {
        small->stages[small->n_stages++] = (pipeline_stage){ source_node(&x, in), b->c->place };
        for (uint32_t i = 0; i < p->n_stages; i++)
            if (b->within[i])
                small->stages[small->n_stages++] =
                    (pipeline_stage){ stage_node(&x, i, ports), p->stages[i].in_file->at };
        small->stages[small->n_stages++] = (pipeline_stage){ sink_node(&x), b->c->place };
    }
    if (x.failed)
        diag_nomem(d);
    return !x.failed;
}
