/* test.write, test.vector, test.upper — write columns of every type, change a vector, change the text. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "probe.h"

enum { SLACK = 64 };

/* A text in the batch. */
static int put_text(sl_ctx *c, const sl_batch *b, sl_str *to, const char *p, uint32_t n)
{
    char *copy = c->host->alloc(c, b, n + SLACK, 1);
    if (!copy)
        return SL_E_NOMEM;
    memcpy(copy, p, n);
    *to = (sl_str){ copy, n, 0 };
    return SL_OK;
}

/* ---- test.write: everything follows from the number of bytes of the text ---- */

enum { TEXT, W_BOOL, W_I32, W_I64, W_U64, W_F32, W_F64, W_SPAN, W_STR, W_JSON, W_LIST, W_VEC, W_HIDDEN, W_NONE };

static int fresh(sl_ctx *c, const sl_batch *b)
{
    for (uint32_t f = W_BOOL; f <= W_HIDDEN; f++) {
        const sl_column *k = b->columns[f];
        if (!k || !(k->flags & SL_COL_WRITTEN))
            return c->host->fail(c, SL_E_INTERNAL, "column %u is not marked as written", f);
        SL_EACH(b, row)
            if (!sl_is_valid(k, row) || (f != W_VEC && f == W_U64 && ((const uint64_t *)k->data)[row]))
                return c->host->fail(c, SL_E_INTERNAL, "column %u was not zeroed and valid", f);
    }
    if (b->columns[W_NONE])
        return c->host->fail(c, SL_E_INTERNAL, "a field whose option is unset has a column");
    return SL_OK;
}

static int write_views(sl_ctx *c, sl_batch *b, uint32_t row, uint32_t n)
{
    char text[64];
    int32_t *list = c->host->alloc(c, b, 4 * sizeof *list, 4);
    if (!list)
        return SL_E_NOMEM;
    for (uint32_t i = 0; i < n % 4; i++)
        list[i] = (int32_t)(n + i);
    SL_COL(sl_list, b, W_LIST)[row] = (sl_list){ list, n % 4, 0 };
    int len = snprintf(text, sizeof text, "n\t\"%u\"", n);
    if (put_text(c, b, &SL_COL(sl_str, b, W_STR)[row], text, (uint32_t)len) < 0)
        return SL_E_NOMEM;
    len = snprintf(text, sizeof text, "{\"n\": [%u]}", n);
    return put_text(c, b, &SL_COL(sl_str, b, W_JSON)[row], text, (uint32_t)len);
}

static int write_all(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)g, (void)l;
    int r = fresh(c, b);
    sl_column *vec = b->columns[W_VEC];
    float *v = r < 0 ? NULL : c->host->alloc(c, b, (size_t)b->n_rows * 3 * sizeof *v, 64);
    if (!v)
        return r < 0 ? r : SL_E_NOMEM;
    vec->data = v;
    vec->width = 3;
    SL_EACH(b, row) {
        const uint32_t n = sl_text(b, TEXT)[row].n;
        SL_COL(uint8_t, b, W_BOOL)[row] = n & 1;
        SL_COL(int32_t, b, W_I32)[row] = -(int32_t)n;
        SL_COL(int64_t, b, W_I64)[row] = -(int64_t)n * 10000000000;
        if (n % 3 == 0)
            sl_set_null(b->columns[W_I64], row);
        SL_COL(uint64_t, b, W_U64)[row] = UINT64_MAX - n;
        SL_COL(float, b, W_F32)[row] = (float)n / 2;
        SL_COL(double, b, W_F64)[row] = n / 10.0;
        SL_COL(sl_span, b, W_SPAN)[row] = (sl_span){ 0, n };
        for (uint32_t i = 0; i < 3; i++)
            v[row * 3 + i] = (float)(n + i);
        SL_COL(uint64_t, b, W_HIDDEN)[row] = n;
        if ((r = write_views(c, b, row, n)) < 0)
            return r;
    }
    return SL_OK;
}

typedef struct config {
    const char *none;
} config;
static const sl_option write_options[] = {
    SL_OPT(config, none, COLUMN, NULL, "never set"),
    { 0 },
};
static const sl_field write_fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "the text" },
    [W_BOOL] = { "w_bool", SL_T_BOOL, SL_WRITE, "" },
    [W_I32] = { "w_i32", SL_T_I32, SL_WRITE, "" },
    [W_I64] = { "w_i64", SL_T_I64, SL_WRITE, "null where n % 3 is 0" },
    [W_U64] = { "w_u64", SL_T_U64, SL_WRITE, "" },
    [W_F32] = { "w_f32", SL_T_F32, SL_WRITE, "" },
    [W_F64] = { "w_f64", SL_T_F64, SL_WRITE, "" },
    [W_SPAN] = { "w_span", SL_T_SPAN, SL_WRITE, "" },
    [W_STR] = { "w_str", SL_T_STR, SL_WRITE, "" },
    [W_JSON] = { "w_json", SL_T_JSON, SL_WRITE, "" },
    [W_LIST] = { "w_list", SL_LIST_OF(SL_T_I32), SL_WRITE, "" },
    [W_VEC] = { "w_vec", SL_T_F32, SL_WRITE, "a vector of three" },
    [W_HIDDEN] = { "w_hidden", SL_T_U64, SL_WRITE | SL_HIDDEN, "no part of the document" },
    [W_NONE] = { "$none", SL_T_I64, SL_WRITE, "" },
    { 0 },
};
const sl_stage test_write = {
    SL_STAGE(SL_TRANSFORM),   .name = "test.write",   .summary = "write a column of each type",
    .options = write_options, .fields = write_fields, .config_size = sizeof(config),
    .process = write_all,
};

/* ---- test.vector: adds 100 to a vector that another stage wrote, and checks what the hidden column says ---- */

enum { V_VEC, V_HIDDEN, V_TEXT };

static int change_vector(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)g, (void)l;
    const sl_column *vec = b->columns[V_VEC];
    float *v = vec->data;
    if (vec->width != 3)
        return c->host->fail(c, SL_E_INTERNAL, "the vector has width %u", vec->width);
    SL_EACH(b, row)
        for (uint32_t i = 0; i < 3; i++) {
            const float want = (float)(SL_COL(uint64_t, b, V_HIDDEN)[row] + i);
            if (v[row * 3 + i] != want)
                return c->host->fail(c, SL_E_INTERNAL, "row %u of the vector holds %g, not %g", row,
                                     (double)v[row * 3 + i], (double)want);
            v[row * 3 + i] += 100;
        }
    return SL_OK;
}

static const sl_field vector_fields[] = {
    [V_VEC] = { "w_vec", SL_T_F32, SL_READ | SL_WRITE, "changed in place" },
    [V_HIDDEN] = { "w_hidden", SL_T_U64, SL_READ, "the number of bytes" },
    [V_TEXT] = { "text", SL_T_STR, SL_READ, "the text" },
    { 0 },
};
const sl_stage test_vector = {
    SL_STAGE(SL_TRANSFORM),  .name = "test.vector",    .summary = "change a vector in place",
    .fields = vector_fields, .process = change_vector,
};

/* ---- test.upper: the text of every other live row in capitals ---- */

typedef struct upper_config {
    uint8_t all;
} upper_config;

static int open_upper(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    *(uint8_t *)g = ((const upper_config *)cfg)->all;
    return SL_OK;
}

static int upper(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)l;
    sl_str *text = SL_COL(sl_str, b, 0);
    SL_EACH(b, row) {
        if (!*(const uint8_t *)g && text[row].n % 2)
            continue;
        char *p = c->host->alloc(c, b, text[row].n + SLACK, 1);
        if (!p)
            return SL_E_NOMEM;
        for (uint32_t i = 0; i < text[row].n; i++)
            p[i] = (char)toupper((unsigned char)text[row].p[i]);
        text[row].p = p;
    }
    return SL_OK;
}

static const sl_option upper_options[] = {
    SL_OPT(upper_config, all, BOOL, "false", "also texts with an odd number of bytes"),
    { 0 },
};
static const sl_field upper_fields[] = {
    { "text", SL_T_STR, SL_READ | SL_WRITE, "the text" },
    { 0 },
};
const sl_stage test_upper = {
    SL_STAGE(SL_TRANSFORM),   .name = "test.upper",   .summary = "write the text in capitals",
    .options = upper_options, .fields = upper_fields, .config_size = sizeof(upper_config),
    .state_size = 1,          .open = open_upper,     .process = upper,
};
