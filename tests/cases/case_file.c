/* From a case file to cases. */
#include <string.h>
#include "case.h"

static const char *const keys[] = { "about", "stage",     "stages",  "source", "sink",     "head",  "in",   "in_files",
                                    "out",   "out_files", "rejects", "counts", "evidence", "error", "exit", NULL };

static bool known(const char *key)
{
    for (size_t i = 0; keys[i]; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

static const yaml_node *get(diags *d, const yaml_node *map, const char *key, yaml_kind kind)
{
    static const char *const names[] = { [YAML_SCALAR] = "text", [YAML_LIST] = "list", [YAML_MAP] = "map" };
    const yaml_node *node = yaml_get(map, key);
    if (node && node->kind != kind)
        diag_error(d, node->at, "'%s' is no %s", key, names[kind]);
    return node;
}

static bool add_stage(diags *d, test_case *t, const yaml_node *stage)
{
    const yaml_node *use = yaml_get(stage, "use");
    if (!use || use->kind != YAML_SCALAR || t->n_stages == MAX_STAGES) {
        diag_error(d, stage->at, use ? "too many stages" : "a stage has no 'use'");
        return false;
    }
    t->has_source |= t->n_stages == 0 && strncmp(use->text, "source.", 7) == 0;
    t->has_sink = strncmp(use->text, "sink.", 5) == 0;
    t->stages[t->n_stages++] = stage;
    return true;
}

static void read_stages(diags *d, const yaml_node *map, test_case *t)
{
    const yaml_node *one = get(d, map, "stage", YAML_MAP);
    const yaml_node *many = get(d, map, "stages", YAML_LIST);
    if (!one == !many)
        diag_error(d, map->at, "give either 'stage' or 'stages'");
    if (one)
        add_stage(d, t, one);
    for (size_t i = 0; many && i < many->n; i++)
        if (!add_stage(d, t, many->items[i]))
            return;
    if (many && !many->n)
        diag_error(d, many->at, "there is no stage");
}

static void read_case(diags *d, const yaml_node *map, test_case *t)
{
    *t = (test_case){ .at = map->at, .about = "" };
    if (map->kind != YAML_MAP) {
        diag_error(d, map->at, "a case is a map");
        return;
    }
    for (size_t i = 0; i < map->n; i++)
        if (!known(map->pairs[i].key->text))
            diag_error(d, map->pairs[i].key->at, "a case has no '%s'", map->pairs[i].key->text);
    const yaml_node *about = get(d, map, "about", YAML_SCALAR);
    if (about)
        t->about = about->text;
    else
        diag_error(d, map->at, "a case has no 'about'");
    read_stages(d, map, t);
    t->source = get(d, map, "source", YAML_MAP);
    t->head = get(d, map, "head", YAML_MAP);
    t->in = get(d, map, "in", YAML_SCALAR);
    t->in_files = get(d, map, "in_files", YAML_MAP);
    t->out = get(d, map, "out", YAML_SCALAR);
    t->out_files = get(d, map, "out_files", YAML_MAP);
    t->rejects = get(d, map, "rejects", YAML_MAP);
    t->counts = get(d, map, "counts", YAML_MAP);
    t->evidence = get(d, map, "evidence", YAML_LIST);
    t->error = yaml_get(map, "error");
    t->exit = get(d, map, "exit", YAML_SCALAR);
    if (!t->out && !t->out_files && !t->rejects && !t->error && !t->exit)
        diag_error(d, map->at, "the case expects nothing: give out, out_files, rejects or error");
}

bool case_read(arena *mem, diags *d, const diag_source *source, case_list *out)
{
    const size_t before = d->errors;
    yaml_node *root = yaml_parse(mem, d, source);
    if (!root)
        return false;
    const yaml_node *many = get(d, root, "cases", YAML_LIST);
    out->n = many ? many->n : 1;
    out->v = arena_zalloc(mem, (out->n + 1) * sizeof(*out->v), _Alignof(test_case));
    if (!out->v) {
        diag_nomem(d);
        return false;
    }
    for (size_t i = 0; i < out->n; i++)
        read_case(d, many ? many->items[i] : root, &out->v[i]);
    return d->errors == before;
}
