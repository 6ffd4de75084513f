#include "run/run_diff.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Appends to a list of the diff: a zeroed element, NULL without memory. */
#define ADD(d, list, count)                                                                                            \
    ((d)->list = grow((d), (d)->list, (d)->count, sizeof *(d)->list), (d)->failed ? NULL : &(d)->list[(d)->count++])

static void *grow(run_diff *d, void *v, size_t n, size_t size)
{
    void *more = d->failed ? NULL : arena_grow(&d->mem, v, n, size);
    d->failed |= !more;
    return more ? more : v;
}

/* ---- facts ---- */

static void fact(run_diff *d, diff_about about, const char *what, const char *a, const char *b, bool decides)
{
    diff_fact *f = ADD(d, facts, n_facts);
    if (!f)
        return;
    *f = (diff_fact){ about, what, a, b, decides };
    d->about[about] = true;
    d->decides_same &= !decides;
}

static const char *raw(run_diff *d, const json_tree *v)
{
    const char *text = v ? arena_strndup(&d->mem, v->raw, v->raw_n) : NULL;
    d->failed |= v && !text;
    return text;
}

static const char *joined(run_diff *d, const char *a, const char *between, const char *b)
{
    const char *text = *a ? arena_printf(&d->mem, "%s%s%s", a, between, b) : b;
    d->failed |= !text;
    return text ? text : "";
}

static const json_tree *member_like(const json_tree *map, const json_tree *like)
{
    for (size_t i = 0; map && map->kind == TREE_MAP && i < map->n; i++)
        if (map->items[i].key_n == like->key_n && !memcmp(map->items[i].key, like->key, like->key_n))
            return &map->items[i];
    return NULL;
}

static bool skipped(const char *const *skip, const char *key)
{
    for (; skip && *skip; skip++)
        if (!strcmp(*skip, key))
            return true;
    return false;
}

/* Members that differ, by their path; `skip` names some of the outermost. */
static void trees(run_diff *d, const char *path, const json_tree *a, const json_tree *b, const char *const *skip)
{
    for (size_t i = 0; i < a->n && !d->failed; i++) {
        const json_tree *x = &a->items[i], *y = member_like(b, x);
        if (skipped(skip, x->key))
            continue;
        const char *here = joined(d, path, ".", x->key);
        if (y && x->kind == TREE_MAP && y->kind == TREE_MAP)
            trees(d, here, x, y, NULL);
        else if (!y || !json_tree_equal(x, y))
            fact(d, ABOUT_PLAN, here, raw(d, x), raw(d, y), true);
    }
    for (size_t i = 0; i < b->n && !d->failed; i++)
        if (!member_like(a, &b->items[i]) && !skipped(skip, b->items[i].key))
            fact(d, ABOUT_PLAN, joined(d, path, ".", b->items[i].key), NULL, raw(d, &b->items[i]), true);
}

/* The element of a list of objects whose `key` is this text. */
static const json_tree *named(const json_tree *root, const char *list, const char *key, const char *name)
{
    const json_tree *item;
    for (size_t i = 0; (item = report_item(root, list, i)); i++)
        if (!strcmp(report_str(item, key), name))
            return item;
    return NULL;
}

/* ---- what decides the output ---- */

static void plan_stages(run_diff *d, const json_tree *a, const json_tree *b)
{
    static const char *const skip[] = { "name", "reads", "writes", "options", NULL };
    const json_tree *x, *y;
    for (size_t i = 0; (x = report_item(a, "stages", i)); i++) {
        const char *name = report_str(x, "name");
        const json_tree *mine = json_tree_get(x, "options"), *theirs;
        if (!(y = named(b, "stages", "name", name))) {
            fact(d, ABOUT_PLAN, name, "a stage", NULL, true);
            continue;
        }
        trees(d, name, x, y, skip);
        if (mine && (theirs = json_tree_get(y, "options")))
            trees(d, name, mine, theirs, NULL);
    }
    for (size_t i = 0; (y = report_item(b, "stages", i)); i++)
        if (!named(a, "stages", "name", report_str(y, "name")))
            fact(d, ABOUT_PLAN, report_str(y, "name"), NULL, "a stage", true);
}

static void compare_plans(run_diff *d)
{
    static const char *const skip[] = { "name", "seed", "stages", NULL };
    const char *x = report_str(&d->a->root, "plan_hash"), *y = report_str(&d->b->root, "plan_hash");
    d->plan_known = d->a->plan.kind && d->b->plan.kind;
    if (!strcmp(x, y))
        return;
    fact(d, ABOUT_PLAN, "", x, y, true);
    if (!d->plan_known)
        return;
    const json_tree *a = json_tree_get(&d->a->plan, "plan"), *b = json_tree_get(&d->b->plan, "plan");
    if (a->kind != TREE_MAP || b->kind != TREE_MAP)
        return;
    trees(d, "", a, b, skip);
    plan_stages(d, a, b);
}

/* Inputs of a run, sorted by stage and one more field: there may be a hundred thousand. */
typedef int input_order(const void *a, const void *b);
typedef struct input_index {
    const json_tree **v;
    size_t n;
    input_order *order;
} input_index;

static int by_key(const void *a, const void *b, const char *key)
{
    const json_tree *x = *(const json_tree *const *)a, *y = *(const json_tree *const *)b;
    const int order = strcmp(report_str(x, "stage"), report_str(y, "stage"));
    return order ? order : strcmp(report_str(x, key), report_str(y, key));
}

static int by_path(const void *a, const void *b) { return by_key(a, b, "path"); }
static int by_content(const void *a, const void *b) { return by_key(a, b, "fingerprint"); }

static input_index index_inputs(run_diff *d, const json_tree *root, input_order *order)
{
    const json_tree *inputs = json_tree_get(root, "inputs");
    input_index x = { .n = report_count(root, "inputs"), .order = order };
    x.v = arena_alloc(&d->mem, (x.n + 1) * sizeof *x.v, _Alignof(json_tree *));
    if (!x.v) {
        d->failed = true;
        x.n = 0;
        return x;
    }
    for (size_t i = 0; i < x.n; i++)
        x.v[i] = &inputs->items[i];
    qsort(x.v, x.n, sizeof *x.v, order);
    return x;
}

static const json_tree *find_input(const input_index *x, const json_tree *like)
{
    const json_tree *const *hit = x->v ? bsearch(&like, x->v, x->n, sizeof *x->v, x->order) : NULL;
    return hit ? *hit : NULL;
}

static const char *content_of(run_diff *d, const json_tree *input)
{
    const char *text = arena_printf(&d->mem, "%s (%llu bytes)", report_str(input, "fingerprint"),
                                    (unsigned long long)report_u64(input, "bytes"));
    d->failed |= !text;
    return text;
}

/* Files are the same by path and content. What only has another name is told, and decides nothing. */
static void compare_inputs(run_diff *d)
{
    const json_tree *a = &d->a->root, *b = &d->b->root, *x, *y;
    const input_index path_a = index_inputs(d, a, by_path), path_b = index_inputs(d, b, by_path),
                      content_a = index_inputs(d, a, by_content), content_b = index_inputs(d, b, by_content);
    bool in_order = path_a.n == path_b.n;
    for (size_t i = 0; (x = report_item(a, "inputs", i)) && !d->failed; i++) {
        const json_tree *there = report_item(b, "inputs", i);
        const char *path = report_str(x, "path");
        in_order &= there && !strcmp(report_str(there, "fingerprint"), report_str(x, "fingerprint"));
        if ((y = find_input(&path_b, x))) {
            if (strcmp(report_str(x, "fingerprint"), report_str(y, "fingerprint")))
                fact(d, ABOUT_INPUTS, path, content_of(d, x), content_of(d, y), true);
        } else if ((y = find_input(&content_b, x)) && !find_input(&path_a, y)) {
            fact(d, ABOUT_INPUTS, "under another name", path, report_str(y, "path"), false);
        } else {
            fact(d, ABOUT_INPUTS, path, content_of(d, x), NULL, true);
        }
    }
    for (size_t i = 0; (y = report_item(b, "inputs", i)) && !d->failed; i++)
        if (!find_input(&path_a, y) && (!(x = find_input(&content_a, y)) || find_input(&path_b, x)))
            fact(d, ABOUT_INPUTS, report_str(y, "path"), NULL, content_of(d, y), true);
    if (!in_order && !d->about[ABOUT_INPUTS])
        fact(d, ABOUT_INPUTS, "", "in one order", "in another", true);
}

static void compare_plugins(run_diff *d)
{
    const json_tree *a = &d->a->root, *b = &d->b->root, *x, *y;
    for (size_t i = 0; (x = report_item(a, "plugins", i)); i++) {
        const char *name = report_str(x, "name"), *version = report_str(x, "version");
        y = named(b, "plugins", "name", name);
        if (!y)
            fact(d, ABOUT_PLUGINS, name, version, NULL, true);
        else if (strcmp(version, report_str(y, "version")))
            fact(d, ABOUT_PLUGINS, name, version, report_str(y, "version"), true);
        else if (strcmp(report_str(x, "sha256"), report_str(y, "sha256")))
            fact(d, ABOUT_PLUGINS, name, report_str(x, "sha256"), report_str(y, "sha256"), true);
    }
    for (size_t i = 0; (y = report_item(b, "plugins", i)); i++)
        if (!named(a, "plugins", "name", report_str(y, "name")))
            fact(d, ABOUT_PLUGINS, report_str(y, "name"), NULL, report_str(y, "version"), true);
}

/* ---- what does not, and the rest of the head ---- */

static void compare_vars(run_diff *d)
{
    const json_tree *a = json_tree_get(&d->a->root, "vars"), *b = json_tree_get(&d->b->root, "vars");
    for (size_t i = 0; i < a->n; i++) {
        const json_tree *y = member_like(b, &a->items[i]);
        if (!y || !json_tree_equal(&a->items[i], y))
            fact(d, ABOUT_VARS, a->items[i].key, a->items[i].text, y ? y->text : NULL, false);
    }
    for (size_t i = 0; i < b->n; i++)
        if (!member_like(a, &b->items[i]))
            fact(d, ABOUT_VARS, b->items[i].key, NULL, b->items[i].text, false);
}

static void compare_files(run_diff *d)
{
    const json_tree *x, *y;
    for (size_t i = 0; (x = report_item(&d->a->root, "pipeline", i)); i++) {
        const char *path = report_str(x, "path");
        y = named(&d->b->root, "pipeline", "path", path);
        if (!y || strcmp(report_str(x, "xxh3"), report_str(y, "xxh3")))
            fact(d, ABOUT_FILES, path, report_str(x, "xxh3"), y ? report_str(y, "xxh3") : NULL, false);
    }
    for (size_t i = 0; (y = report_item(&d->b->root, "pipeline", i)); i++)
        if (!named(&d->a->root, "pipeline", "path", report_str(y, "path")))
            fact(d, ABOUT_FILES, report_str(y, "path"), NULL, report_str(y, "xxh3"), false);
}

static void compare_heads(run_diff *d)
{
    const json_tree *a = &d->a->root, *b = &d->b->root;
    const char *x = report_str(a, "state"), *y = report_str(b, "state");
    d->states_done = !strcmp(x, "done") && !strcmp(y, "done");
    if (!d->states_done) {
        fact(d, ABOUT_STATE, "", x, y, true);
        if (json_tree_get(a, "message"))
            fact(d, ABOUT_STATE, "message", report_str(a, "message"), NULL, false);
        if (json_tree_get(b, "message"))
            fact(d, ABOUT_STATE, "message", NULL, report_str(b, "message"), false);
    }
    compare_plans(d);
    compare_inputs(d);
    compare_plugins(d);
    if (!json_tree_equal(json_tree_get(a, "seed"), json_tree_get(b, "seed")))
        fact(d, ABOUT_SEED, "", raw(d, json_tree_get(a, "seed")), raw(d, json_tree_get(b, "seed")), true);
    if (strcmp(report_str(a, "version"), report_str(b, "version")))
        fact(d, ABOUT_VERSION, "", report_str(a, "version"), report_str(b, "version"), true);
    compare_vars(d);
    compare_files(d);
}

/* ---- counts ---- */

static bool moved(const diff_count *c, sl_amount tolerance)
{
    const uint64_t apart = c->a > c->b ? c->a - c->b : c->b - c->a;
    if (c->in_a != c->in_b)
        return apart > 0;
    if (tolerance.unit == SL_UNSET)
        return apart > 0;
    return (double)apart > (tolerance.unit == SL_SHARE ? tolerance.value * (double)c->a : tolerance.value);
}

static void count(run_diff *d, const char *stage, const char *group, const char *what, const json_tree *a,
                  const json_tree *b, sl_amount tolerance)
{
    diff_count *c = ADD(d, counts, n_counts);
    if (!c)
        return;
    *c = (diff_count){ .stage = stage, .group = group, .what = what, .in_a = a, .in_b = b };
    const json_tree *x = a && *group ? json_tree_get(a, group) : a, *y = b && *group ? json_tree_get(b, group) : b;
    c->a = report_u64(x, what);
    c->b = report_u64(y, what);
    c->moved = moved(c, tolerance);
    d->n_moved += c->moved;
}

/* Of a stage that makes other documents out of those that it takes. */
static bool makes_others(const json_tree *stage)
{
    return stage && json_tree_get(stage, "out") && report_u64(stage, "out") != report_u64(stage, "kept");
}

static void counts_of(run_diff *d, const char *stage, const json_tree *a, const json_tree *b, sl_amount tolerance)
{
    static const char *const own[] = { "in", "kept", "absorbed", "annotated", NULL };
    static const char *const groups[] = { "rejected", "errors", "counts", NULL };
    for (size_t i = 0; own[i]; i++)
        count(d, stage, "", own[i], a, b, tolerance);
    if (makes_others(a) || makes_others(b))
        count(d, stage, "", "out", a, b, tolerance);
    for (size_t g = 0; groups[g]; g++) {
        const json_tree *x = a ? json_tree_get(a, groups[g]) : NULL, *y = b ? json_tree_get(b, groups[g]) : NULL;
        for (size_t i = 0; x && i < x->n; i++)
            count(d, stage, groups[g], x->items[i].key, a, b, tolerance);
        for (size_t i = 0; y && i < y->n; i++)
            if (!member_like(x, &y->items[i]))
                count(d, stage, groups[g], y->items[i].key, a, b, tolerance);
    }
}

static double measure(const json_tree *distribution, const char *name)
{
    double v;
    return json_tree_f64(json_tree_get(distribution, name), &v) ? v : NAN;
}

static void values_of(run_diff *d, const char *stage, const json_tree *a, const json_tree *b)
{
    static const char *const measures[] = { "mean", "p50", "p95", NULL };
    const json_tree *x = json_tree_get(a, "values"), *y = json_tree_get(b, "values");
    for (size_t i = 0; x && y && i < x->n; i++)
        for (size_t k = 0; measures[k]; k++) {
            const json_tree *other = member_like(y, &x->items[i]);
            const double p = measure(&x->items[i], measures[k]), q = other ? measure(other, measures[k]) : (double)NAN;
            if (p == q || (isnan(p) && isnan(q)))
                continue;
            diff_value *v = ADD(d, values, n_values);
            if (v)
                *v = (diff_value){ stage, x->items[i].key, measures[k], p, q };
        }
}

static void compare_counts(run_diff *d, sl_amount tolerance)
{
    const json_tree *x, *y;
    for (size_t i = 0; (x = report_item(&d->a->root, "stages", i)); i++) {
        const char *name = report_str(x, "name");
        y = named(&d->b->root, "stages", "name", name);
        counts_of(d, name, x, y, tolerance);
        values_of(d, name, x, y);
    }
    for (size_t i = 0; (y = report_item(&d->b->root, "stages", i)); i++)
        if (!named(&d->a->root, "stages", "name", report_str(y, "name")))
            counts_of(d, report_str(y, "name"), NULL, y, tolerance);
}

/* ---- outputs ---- */

static void output(run_diff *d, const char *stage, const json_tree *a, const json_tree *b)
{
    diff_output *o = ADD(d, outputs, n_outputs);
    if (!o)
        return;
    *o = (diff_output){ stage, a, b, a && b && !strcmp(report_str(a, "sha256"), report_str(b, "sha256")) };
    d->outputs_same &= o->same;
}

/* The shards of a sink from `from` on; the next one, or NULL. */
static const json_tree *next_shard(const json_tree *outputs, const char *stage, size_t *from)
{
    while (outputs && *from < outputs->n) {
        const json_tree *item = &outputs->items[(*from)++];
        if (!strcmp(report_str(item, "stage"), stage))
            return item;
    }
    return NULL;
}

/* A sink's shards are paired in their order: a path may hold a date, their places do not change. */
static void outputs_of(run_diff *d, const char *stage, const json_tree *a, const json_tree *b)
{
    size_t at_a = 0, at_b = 0;
    for (;;) {
        const json_tree *x = next_shard(a, stage, &at_a), *y = next_shard(b, stage, &at_b);
        if (!x && !y)
            return;
        output(d, stage, x, y);
    }
}

static bool is_first(const json_tree *outputs, size_t i)
{
    const char *stage = report_str(&outputs->items[i], "stage");
    return i == 0 || strcmp(report_str(&outputs->items[i - 1], "stage"), stage) != 0;
}

static bool has_shards(const json_tree *outputs, const char *stage)
{
    size_t from = 0;
    return next_shard(outputs, stage, &from);
}

static void compare_outputs(run_diff *d)
{
    const json_tree *a = json_tree_get(&d->a->root, "outputs"), *b = json_tree_get(&d->b->root, "outputs"),
                    *x = json_tree_get(&d->a->root, "quarantine"), *y = json_tree_get(&d->b->root, "quarantine");
    for (size_t i = 0; a && i < a->n; i++) /* the shards of a sink stand together */
        if (is_first(a, i))
            outputs_of(d, report_str(&a->items[i], "stage"), a, b);
    for (size_t i = 0; b && i < b->n; i++)
        if (is_first(b, i) && !has_shards(a, report_str(&b->items[i], "stage")))
            outputs_of(d, report_str(&b->items[i], "stage"), NULL, b);
    if (x || y)
        output(d, "quarantine", x, y);
}

void run_diff_make(run_diff *d, const run_report *a, const run_report *b, sl_amount tolerance)
{
    *d = (run_diff){ .a = a, .b = b, .decides_same = true, .outputs_same = true };
    arena_init(&d->mem, 0);
    compare_heads(d);
    compare_counts(d, tolerance);
    compare_outputs(d);
}

void run_diff_free(run_diff *d) { arena_free(&d->mem); }

bool run_diff_same(const run_diff *d, sl_amount tolerance)
{
    return tolerance.unit == SL_UNSET ? d->decides_same && d->outputs_same : d->states_done && !d->n_moved;
}
