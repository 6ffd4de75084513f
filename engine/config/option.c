/* Reading a map of a pipeline file through an option table. */
#include "config/option.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "config/report.h"
#include "config/value.h"

bool option_row(option_table t, size_t i, sl_option *out)
{
    memset(out, 0, sizeof *out);
    if (!t.rows || t.stride < offsetof(sl_option, def))
        return false;
    const char *row = (const char *)t.rows;
    for (;; row += t.stride) {
        const char *name;
        memcpy(&name, row + offsetof(sl_option, name), sizeof name);
        if (!name)
            return false;
        if (i-- == 0)
            break;
    }
    memcpy(out, row, t.stride < sizeof *out ? t.stride : sizeof *out);
    return true;
}

/* The position of the row of that name, or -1. */
static long find_row(option_table t, const char *name, sl_option *out)
{
    for (size_t i = 0; option_row(t, i, out); i++)
        if (!strcmp(out->name, name))
            return (long)i;
    return -1;
}

/* ---- writing one field ---- */

/* What all values of one option_read have in common. */
typedef struct reader {
    diags *d;
    arena *mem;
    option_table table;
    option_scope scope;
} reader;

static bool read_table(const reader *r, const yaml_node *map, void *cfg, bool present);

static void set_unset(const sl_option *row, void *field)
{
    const double nan = NAN;
    const int64_t none = INT64_MIN;
    if (row->type & SL_OPT_MANY)
        memset(field, 0, sizeof(sl_many));
    else if (option_base(row) == SL_OPT_F64 || option_base(row) == SL_OPT_DURATION)
        memcpy(field, &nan, sizeof nan);
    else if (option_base(row) == SL_OPT_I64)
        memcpy(field, &none, sizeof none);
    else
        memset(field, 0, option_size(row));
}

static const char *kind_name(const yaml_node *node)
{
    return node->kind == YAML_LIST ? "a list" : node->kind == YAML_MAP ? "a map" : "one value";
}

static bool wrong_kind(const reader *r, const sl_option *row, const yaml_node *node)
{
    sbuf wanted = { 0 };
    const char *type = option_type_name(row);
    sbuf_printf(&wanted, "%s %s", strchr("aeiou", type[0]) ? "an" : "a", type);
    const bool braces = node->kind == YAML_MAP && option_base(row) != SL_OPT_TABLE; /* path: {shard} */
    report_error(r->d, node->at, braces ? "a value that begins with { wants quotes" : NULL,
                 "%s wants %s, and this is %s", row->name, sbuf_z(&wanted), kind_name(node));
    sbuf_free(&wanted);
    return false;
}

/* One element: a scalar of the row's type, or a table. */
static bool set_one(const reader *r, const sl_option *row, const yaml_node *node, void *out)
{
    if (node->reported)
        return false;
    if (option_base(row) == SL_OPT_TABLE) {
        if (node->kind != YAML_MAP)
            return wrong_kind(r, row, node);
        char *owner = arena_printf(r->mem, "%s.%s", r->scope.owner, row->name);
        const reader inner = { .d = r->d,
                               .mem = r->mem,
                               .table = { row->table, r->table.stride },
                               .scope = { .owner = owner ? owner : row->name } };
        return read_table(&inner, node, out, true);
    }
    if (node->kind != YAML_SCALAR)
        return wrong_kind(r, row, node);
    if (yaml_is_null(node)) {
        report_error(r->d, node->at, row->def ? "leave the line out to take the default" : "leave the line out",
                     "%s has no value", row->name);
        return false;
    }
    return option_value(r->d, r->mem, row, node->at, node->text, out);
}

static bool set_many(const reader *r, const sl_option *row, const yaml_node *node, void *field)
{
    const yaml_node *const *items = &node;
    size_t n = 1;
    if (node->kind == YAML_LIST) {
        items = (const yaml_node *const *)node->items;
        n = node->n;
    }
    if (n == 0 && row->flags & SL_OPT_REQUIRED) {
        diag_error(r->d, node->at, "%s is an empty list", row->name);
        return false;
    }
    const size_t size = option_size(row);
    char *values = arena_zalloc(r->mem, n && size ? n * size : 1, _Alignof(max_align_t));
    if (!values) {
        diag_nomem(r->d);
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < n; i++)
        ok &= set_one(r, row, items[i], values + i * size);
    const sl_many many = { .v = values, .n = n };
    memcpy(field, &many, sizeof many);
    return ok;
}

static bool set_field(const reader *r, const sl_option *row, const yaml_node *node, void *field)
{
    if (yaml_is_null(node) && !row->def && !(row->flags & SL_OPT_REQUIRED) && !node->reported)
        return true; /* `limit: ${limit}` of an empty variable: unset, as if the line were not there */
    return row->type & SL_OPT_MANY ? set_many(r, row, node, field) : set_one(r, row, node, field);
}

/* ---- defaults ---- */

/* A list's default is written as in a pipeline file: "[a, b]", or one element. */
static bool default_list(const reader *r, const sl_option *row, void *field)
{
    diag_source *source = arena_alloc(r->mem, sizeof *source, _Alignof(diag_source));
    if (!source) {
        diag_nomem(r->d);
        return false;
    }
    *source = (diag_source){ .name = row->name, .text = row->def, .n = strlen(row->def) };
    const yaml_node *node = yaml_parse(r->mem, r->d, source);
    return node && !r->d->errors && set_many(r, row, node, field);
}

/* The place of a missing option's own mistakes is the plugin, so they are told as one error without a place. */
static bool set_default(const reader *r, const sl_option *row, void *field)
{
    set_unset(row, field);
    if (option_base(row) == SL_OPT_TABLE && !(row->type & SL_OPT_MANY)) {
        const reader inner = { .d = r->d, .mem = r->mem, .table = { row->table, r->table.stride }, .scope = r->scope };
        return read_table(&inner, NULL, field, false);
    }
    if (!row->def)
        return true;
    diags own;
    diags_init(&own);
    const reader quiet = { .d = &own, .mem = r->mem, .table = r->table, .scope = r->scope };
    const bool ok = row->type & SL_OPT_MANY ? default_list(&quiet, row, field)
                                            : option_value(&own, r->mem, row, (diag_at){ 0 }, row->def, field);
    if (!ok && own.nomem)
        diag_nomem(r->d);
    else if (!ok)
        diag_error(r->d, (diag_at){ 0 }, "%s has a wrong default: %s", r->scope.owner,
                   own.n ? own.v[0].text : row->name);
    diags_free(&own);
    return ok;
}

/* ---- keys ---- */

static bool is_other(const option_scope *scope, const char *key)
{
    for (const char *const *o = scope->other_names; o && *o; o++)
        if (!strcmp(*o, key))
            return true;
    return false;
}

/* All names that may stand here, hidden ones left out. NULL: out of memory. The caller frees. */
static const char **allowed_names(const reader *r, size_t *n)
{
    size_t rows = 0, others = 0;
    sl_option row;
    while (option_row(r->table, rows, &row))
        rows++;
    while (r->scope.other_names && r->scope.other_names[others])
        others++;
    const char **names = malloc((rows + others + 1) * sizeof *names);
    *n = 0;
    for (size_t i = 0; names && i < rows; i++)
        if (option_row(r->table, i, &row) && !(row.flags & SL_OPT_HIDDEN) && !row.deprecated)
            names[(*n)++] = row.name;
    for (size_t i = 0; names && i < others; i++)
        names[(*n)++] = r->scope.other_names[i];
    return names;
}

static void unknown_key(const reader *r, const yaml_node *key)
{
    const char *shown = report_text(r->d, key->text);
    size_t n;
    const char **names = report_wanted(r->d) ? allowed_names(r, &n) : NULL;
    if (!names) {
        diag_error(r->d, key->at, "%s has no option '%s'", r->scope.owner, shown);
        return;
    }
    sbuf hint = { 0 };
    if (n) {
        sbuf_puts(&hint, "options: ");
        report_names(&hint, names, n);
    }
    const char *near = str_suggest(key->text, names, n);
    report_error(r->d, key->at, sbuf_z(&hint), "%s has no option '%s'%s", r->scope.owner, shown,
                 report_near(r->d, near));
    sbuf_free(&hint);
    free(names);
}

static bool check_keys(const reader *r, const yaml_node *map)
{
    bool ok = true;
    for (size_t i = 0; i < map->n; i++) {
        const yaml_node *key = map->pairs[i].key;
        sl_option row;
        if (find_row(r->table, key->text, &row) < 0) {
            if (!is_other(&r->scope, key->text)) {
                unknown_key(r, key);
                ok = false;
            }
        } else if (row.deprecated) {
            diag_warning(r->d, key->at, "%s: '%s' is deprecated: %s", r->scope.owner, row.name, row.deprecated);
        }
    }
    return ok;
}

/* ---- tables ---- */

static bool missing(const reader *r, const sl_option *row, const yaml_node *map)
{
    diag_at at = { 0 };
    if (map) { /* a stage is pointed at by its name */
        const yaml_node *use = yaml_get(map, "use");
        at = use ? use->at : map->at;
    }
    report_error(r->d, at, row->help, "%s needs the option '%s'", r->scope.owner, row->name);
    return false;
}

/* present false: a table that the user left out; then what it requires is not missed. */
static bool read_table(const reader *r, const yaml_node *map, void *cfg, bool present)
{
    bool ok = !map || check_keys(r, map);
    sl_option row;
    for (size_t i = 0; option_row(r->table, i, &row); i++) {
        void *field = (char *)cfg + row.offset;
        ok &= set_default(r, &row, field);
        const bool theirs = row.flags & OPTION_YIELDS && is_other(&r->scope, row.name);
        const yaml_node *value = theirs ? NULL : yaml_get(map, row.name);
        if (value)
            ok &= set_field(r, &row, value, field);
        else if (present && row.flags & SL_OPT_REQUIRED)
            ok = missing(r, &row, map);
    }
    return ok;
}

bool option_read(diags *d, arena *mem, option_table t, option_scope scope, const yaml_node *map, void *cfg)
{
    const reader r = { .d = d, .mem = mem, .table = t, .scope = scope };
    if (map && map->kind != YAML_MAP) {
        diag_error(d, map->at, "%s wants its options as a map, and this is %s", scope.owner, kind_name(map));
        return read_table(&r, NULL, cfg, false) && false;
    }
    return read_table(&r, map, cfg, true);
}
