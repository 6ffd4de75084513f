/* filter.where — keep documents by the values of their columns: all of some rows must hold, and at least one of others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "where_row.h"

enum { NO_MATCH };
enum { SHOWN = 80 }; /* bytes of a value that evidence quotes */

typedef struct config {
    sl_many all, any; /* where_config */
} config;
typedef struct state {
    const sl_json_api *json;
    where_row *rows; /* those of `all`, then those of `any`: the places of their columns */
    size_t n_all, n_any;
} state;

/* A comparison that failed. */
typedef struct failure {
    where_test test;
    where_value value;
    double limit;
    const char *column;
} failure;

static int check_rows(sl_ctx *c, const char *list, sl_many rows)
{
    for (size_t i = 0; i < rows.n; i++) {
        const where_config *row = (const where_config *)rows.v + i;
        const char *wrong = where_row_check(row);
        if (wrong)
            return c->host->fail(c, SL_E_CONFIG, "%s[%zu], column '%s': %s", list, i, row->column, wrong);
    }
    return SL_OK;
}

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    if (!o->all.n && !o->any.n)
        return c->host->fail(c, SL_E_CONFIG, "give a condition: all: [{column: lang, is: en}], or any: with several");
    const int ret = check_rows(c, "all", o->all);
    return ret < 0 ? ret : check_rows(c, "any", o->any);
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    state *s = g;
    s->json = c->host->service(c, "json", 1);
    if (!s->json)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"json\" 1");
    s->rows = calloc(o->all.n + o->any.n, sizeof(*s->rows));
    if (!s->rows)
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    s->n_all = o->all.n;
    s->n_any = o->any.n;
    for (size_t i = 0; i < s->n_all + s->n_any; i++) {
        const where_config *row =
            i < s->n_all ? (const where_config *)o->all.v + i : (const where_config *)o->any.v + (i - s->n_all);
        if (!where_row_open(&s->rows[i], row))
            return c->host->fail(c, SL_E_NOMEM, "out of memory");
    }
    return SL_OK;
}

static int test(sl_ctx *c, const state *s, const sl_batch *b, size_t place, uint32_t r, failure *out)
{
    const where_row *row = &s->rows[place];
    out->column = row->cfg->column;
    const int ret = where_row_value(c, b, row, s->json, b->columns[place], r, &out->value);
    if (ret >= 0)
        out->test = where_row_test(row, &out->value, &out->limit);
    return ret;
}

/* The first row of `all` that fails; else, if all rows of `any` do, the first of them. */
static int first_failure(sl_ctx *c, const state *s, const sl_batch *b, uint32_t r, failure *out)
{
    *out = (failure){ .test = WHERE_HOLDS };
    for (size_t i = 0; i < s->n_all; i++) {
        const int ret = test(c, s, b, i, r, out);
        if (ret < 0 || out->test != WHERE_HOLDS)
            return ret;
    }
    failure first = { .test = WHERE_HOLDS };
    for (size_t i = 0; i < s->n_any; i++) {
        const int ret = test(c, s, b, s->n_all + i, r, out);
        if (ret < 0 || out->test == WHERE_HOLDS)
            return ret;
        if (i == 0)
            first = *out;
    }
    *out = first;
    return SL_OK;
}

/* "column: value (comparison)"; a long value is cut between characters. */
static sl_str describe(sl_ctx *c, const sl_batch *b, const failure *f)
{
    sl_str value = f->value.text;
    if (f->value.kind == VALUE_NULL)
        value = (sl_str){ .p = "null", .n = 4 };
    if (value.n > SHOWN) {
        value.n = SHOWN;
        while (value.n && ((uint8_t)value.p[value.n] & 0xC0) == 0x80)
            value.n--;
    }
    const char *name = where_test_name(f->test);
    const size_t room = strlen(f->column) + value.n + strlen(name) + sizeof(":  ()");
    char *text = c->host->alloc(c, b, room + 64, 1);
    if (!text)
        return (sl_str){ 0 };
    const int n = value.n ? snprintf(text, room, "%s: %.*s (%s)", f->column, (int)value.n, value.p, name)
                          : snprintf(text, room, "%s (%s)", f->column, name);
    return (sl_str){ .p = text, .n = n > 0 ? (uint32_t)n : 0 };
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)l;
    const state *s = g;
    SL_EACH(b, row) {
        failure f;
        const int ret = first_failure(c, s, b, row, &f);
        if (ret < 0)
            return ret;
        if (f.test == WHERE_HOLDS)
            continue;
        const sl_str detail = describe(c, b, &f);
        if (!detail.p)
            return SL_E_NOMEM;
        const double value = isnan(f.value.number) ? 0 : f.value.number;
        c->host->reject(c, b, row, NO_MATCH, SL_WHY(.value = value, .limit = f.limit, .detail = detail));
    }
    return SL_OK;
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    state *s = g;
    for (size_t i = 0; s->rows && i < s->n_all + s->n_any; i++)
        where_row_free(&s->rows[i]);
    free(s->rows);
}

static const sl_option options[] = {
    SL_OPT_TABLES(config, all, where_row_options, where_config, "rows that must all hold"),
    SL_OPT_TABLES(config, any, where_row_options, where_config, "rows of which at least one must hold"),
    { 0 },
};
static const sl_field fields[] = {
    { "$all.column", SL_T_ANY, SL_READ, "compared" },
    { "$any.column", SL_T_ANY, SL_READ, "compared" },
    { 0 },
};
static const sl_metric metrics[] = {
    [NO_MATCH] = { "no_match", SL_M_REJECT, 0, NULL, "a row of all does not hold, or no row of any" },
    { 0 },
};

const sl_stage filter_where = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.where",
    .summary = "keep documents by the values of their columns",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .check = check,
    .open = open_,
    .process = process,
    .close = close_,
};
