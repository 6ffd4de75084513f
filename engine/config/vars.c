#include "config/vars.h"
#include <stdlib.h>
#include <string.h>
#include "config/report.h"

/* ---- the table ---- */

bool vars_init(vars *v, arena *mem, diags *d, const pipeline_var *sets, size_t n_sets)
{
    *v = (vars){ .mem = mem, .d = d, .sets = sets, .n_sets = n_sets };
    v->known = arena_alloc(mem, VARS_MAX * sizeof *v->known, _Alignof(pipeline_var));
    v->set_used = arena_zalloc(mem, n_sets ? n_sets : 1, 1);
    if (v->known && v->set_used)
        return true;
    diag_nomem(d);
    return false;
}

/* Where the name is, or would stand. */
static size_t position(const vars *v, const char *name, bool *found)
{
    size_t low = 0, high = v->n;
    *found = false;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        const int order = strcmp(v->known[mid].name, name);
        if (order == 0) {
            *found = true;
            return mid;
        }
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* value NULL: the variable has a mistake that is reported, so its uses are no further mistakes. NULL: no room,
 * reported. */
static const pipeline_var *remember(vars *v, diag_at at, const char *name, const char *value)
{
    bool found;
    const size_t i = position(v, name, &found);
    if (found)
        return &v->known[i];
    if (v->n == VARS_MAX) {
        diag_error(v->d, at, "more than %d variables", VARS_MAX);
        return NULL;
    }
    const pipeline_var var = { .name = arena_strdup(v->mem, name),
                               .value = value ? arena_strdup(v->mem, value) : NULL };
    if (!var.name || (value && !var.value)) {
        diag_nomem(v->d);
        return NULL;
    }
    memmove(v->known + i + 1, v->known + i, (v->n - i) * sizeof *v->known);
    v->known[i] = var;
    v->n++;
    return &v->known[i];
}

/* From --set, else from the environment; NULL: from neither. The last --set of a name counts. */
static const char *from_outside(vars *v, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < v->n_sets; i++)
        if (!strcmp(v->sets[i].name, name)) {
            v->set_used[i] = true;
            value = v->sets[i].value;
        }
    return value ? value : getenv(name);
}

static const pipeline_var *remember_outside(vars *v, diag_at at, const char *name, const char *value)
{
    if (utf8_valid_prefix(value, strlen(value)) < strlen(value)) {
        diag_error(v->d, at, "the value of variable '%s' is not UTF-8", name);
        value = NULL;
    }
    return remember(v, at, name, value);
}

/* NULL: there is none, or no room for it (then *full). */
static const pipeline_var *look_up(vars *v, diag_at at, const char *name, bool *full)
{
    bool found;
    const size_t i = position(v, name, &found);
    *full = false;
    if (found)
        return &v->known[i];
    const char *value = from_outside(v, name);
    const pipeline_var *var = value ? remember_outside(v, at, name, value) : NULL;
    *full = value && !var;
    return var;
}

/* ---- replacing ---- */

/* A value while it is expanded. */
typedef struct expansion {
    vars *v;
    const yaml_node *node;
    const yaml_node *later; /* in `vars:`: the map, to tell a name that stands below */
    bool quiet;             /* the result is not wanted: only notes what is used */
    sbuf out;
    bool ok;
} expansion;

/* The place of ${name} in the file: where the value stands there as it is. */
static diag_at place_of(const diags *d, const yaml_node *node, const char *what, size_t n)
{
    diag_at at = node->at;
    if (!at.source || !at.source->text || !at.line || !report_wanted(d))
        return at;
    const char *line = at.source->text, *end = line + at.source->n;
    for (unsigned i = 1; i < at.line && line; i++) {
        line = memchr(line, '\n', (size_t)(end - line));
        line = line ? line + 1 : NULL;
    }
    if (!line || at.col - 1 > (size_t)(end - line))
        return at;
    const char *begin = line + at.col - 1;
    const size_t len = at.len < (size_t)(end - begin) ? at.len : (size_t)(end - begin);
    const char *hit = memmem(begin, len, what, n);
    if (hit) {
        at.col += (unsigned)(hit - begin);
        at.len = (unsigned)n;
    }
    return at;
}

static void undefined(expansion *x, const char *name, diag_at at)
{
    vars *v = x->v;
    x->ok = false;
    if (yaml_get(x->later, name)) {
        report_error(v->d, at, "a variable can use those above it", "variable '%s' stands further down", name);
        return;
    }
    const char *names[VARS_MAX];
    for (size_t i = 0; i < v->n; i++)
        names[i] = v->known[i].name;
    const char *near = report_wanted(v->d) ? str_suggest(name, names, v->n) : NULL;
    sbuf hint = { 0 };
    sbuf_printf(&hint, "set it under vars:, with --set %s=…, or in the environment", name);
    report_error(v->d, at, sbuf_z(&hint), "no variable '%s'%s", name, report_near(v->d, near));
    sbuf_free(&hint);
}

static bool is_name(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const bool letter = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_';
        if (!letter && (i == 0 || !((s[i] >= '0' && s[i] <= '9') || s[i] == '-' || s[i] == '.')))
            return false;
    }
    return n > 0 && n <= VARS_MAX_NAME;
}

static void not_a_name(expansion *x, const char *s, size_t n)
{
    diags *d = x->v->d;
    char *text = arena_strndup(&d->mem, s, n);
    report_error(d, place_of(d, x->node, s, n), "a plain ${ is written $${",
                 n == 2 ? "'%s' has no }" : "'%s' names no variable: letters, digits and _ - . make one",
                 text ? report_text(d, text) : "${");
}

/* At "${": adds what it stands for. Returns what follows. */
static const char *expand_one(expansion *x, const char *s)
{
    const char *close = strchr(s, '}');
    const size_t n = close ? (size_t)(close - s) - 2 : 0;
    if (!close || !is_name(s + 2, n)) {
        x->ok = false;
        if (!x->quiet)
            not_a_name(x, s, close ? n + 3 : 2);
        return close ? close + 1 : s + strlen(s);
    }
    char name[VARS_MAX_NAME + 1];
    memcpy(name, s + 2, n);
    name[n] = 0;
    bool full;
    const pipeline_var *var = look_up(x->v, x->node->at, name, &full);
    if (x->quiet)
        return close + 1;
    if (var && var->value)
        sbuf_puts(&x->out, var->value);
    else if (var || full)
        x->ok = false;
    else
        undefined(x, name, place_of(x->v->d, x->node, s, n + 3));
    return close + 1;
}

static bool too_much(expansion *x)
{
    vars *v = x->v;
    if (v->bytes + x->out.n <= VARS_MAX_BYTES)
        return false;
    if (!v->exploded)
        diag_error(v->d, x->node->at, "the variables make more than %d MiB of text", VARS_MAX_BYTES >> 20);
    v->exploded = true;
    return true;
}

/* The text with its variables replaced, in v->mem. NULL: a mistake, or no room. */
static const char *expand(vars *v, const yaml_node *node, const yaml_node *later, bool quiet)
{
    expansion x = { .v = v, .node = node, .later = later, .quiet = quiet, .ok = true };
    if (v->exploded)
        return NULL;
    for (const char *s = node->text; *s && x.ok;) {
        const char *next = strstr(s, "${");
        const bool plain = next && next > s && next[-1] == '$'; /* $${ */
        sbuf_add(&x.out, s, next ? (size_t)(next - s) - plain : strlen(s));
        if (plain)
            sbuf_puts(&x.out, "${");
        s = !next ? "" : plain ? next + 2 : expand_one(&x, next);
        if (too_much(&x))
            x.ok = false;
    }
    const char *text = NULL;
    if (x.ok && !quiet) {
        text = x.out.failed ? NULL : arena_strndup(v->mem, sbuf_z(&x.out), x.out.n);
        if (!text)
            diag_nomem(v->d);
        v->bytes += x.out.n;
    }
    sbuf_free(&x.out);
    return text;
}

static bool define_one(vars *v, const yaml_node *map, const yaml_node *key, const yaml_node *node)
{
    if (!is_name(key->text, key->n)) {
        report_error(v->d, key->at, "a letter or _, then letters, digits, _ - .", "'%s' is no name of a variable",
                     report_text(v->d, key->text));
        return false;
    }
    const char *outside = from_outside(v, key->text), *own = NULL;
    if (node->kind != YAML_SCALAR)
        diag_error(v->d, node->at, "variable '%s' wants one value, and this is a %s", key->text,
                   node->kind == YAML_LIST ? "list" : "map");
    else if (outside)
        expand(v, node, map, true);
    else
        own = yaml_is_null(node) ? "" : expand(v, node, map, false);
    const pipeline_var *var =
        outside ? remember_outside(v, key->at, key->text, outside) : remember(v, key->at, key->text, own);
    return var && var->value && node->kind == YAML_SCALAR;
}

bool vars_define(vars *v, const yaml_node *map)
{
    if (map->kind != YAML_MAP) {
        if (yaml_is_null(map))
            return true;
        report_error(v->d, map->at, "vars: { name: value }", "vars wants a map of names and values");
        return false;
    }
    if (map->n > VARS_MAX) {
        diag_error(v->d, map->at, "more than %d variables", VARS_MAX);
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < map->n; i++)
        ok &= define_one(v, map, map->pairs[i].key, map->pairs[i].value);
    return ok;
}

bool vars_replace(vars *v, yaml_node *node)
{
    bool ok = true;
    switch (node->kind) {
    case YAML_LIST:
        for (size_t i = 0; i < node->n; i++)
            ok &= vars_replace(v, node->items[i]);
        return ok;
    case YAML_MAP:
        for (size_t i = 0; i < node->n; i++)
            ok &= vars_replace(v, node->pairs[i].value);
        return ok;
    default: break;
    }
    if (!strstr(node->text, "${"))
        return true;
    const char *text = expand(v, node, NULL, false);
    node->reported = !text;
    if (text) {
        node->text = text;
        node->n = strlen(text);
    }
    return text;
}

bool vars_check_sets(vars *v)
{
    bool ok = true;
    const char *names[VARS_MAX];
    for (size_t i = 0; i < v->n; i++)
        names[i] = v->known[i].name;
    for (size_t i = 0; i < v->n_sets; i++) {
        if (v->set_used[i])
            continue;
        sbuf hint = { 0 };
        sbuf_puts(&hint, v->n ? "variables: " : "it has no variables");
        report_names(&hint, names, v->n < 20 ? v->n : 20);
        sbuf_puts(&hint, v->n > 20 ? ", …" : "");
        const char *near = str_suggest(v->sets[i].name, names, v->n);
        report_error(v->d, (diag_at){ 0 }, sbuf_z(&hint), "--set %s: the pipeline uses no variable of that name%s",
                     report_text(v->d, v->sets[i].name), report_near(v->d, near));
        sbuf_free(&hint);
        ok = false;
    }
    return ok;
}
