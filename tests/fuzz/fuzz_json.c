/* layer: io */
/* One record through both paths of json_parse, which must agree on the verdict and on every cell; what both accept is
 * spliced and must be accepted again, with the edits in it. Conversions and the walker see the bytes as they are, valid
 * or not. */
#include <stdint.h>
#include <stdlib.h>
#include "../unit/io/json_equal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const json_field fields[] = {
    { "id", SL_T_STR },
    { "text", SL_T_STR },
    { "n", SL_T_I64 },
    { "n", SL_T_U64 },
    { "n", SL_T_I32 },
    { "n", SL_T_F64 },
    { "n", SL_T_F32 },
    { "b", SL_T_BOOL },
    { "m", SL_T_JSON },
    { "m.lang", SL_T_STR },
    { "m.m.n", SL_T_F64 },
    { "t", SL_LIST_OF(SL_T_STR) },
    { "t", SL_LIST_OF(SL_T_F64) },
    { "t", SL_LIST_OF(SL_T_JSON) },
};
enum { N = sizeof fields / sizeof *fields, ID = 0, TEXT = 1, B = 7 };

static void must(bool truth)
{
    if (!truth)
        abort();
}

/* A copy with its padding and no more. */
static char *padded(const void *p, size_t n)
{
    char *r = malloc(n + 64);
    must(r);
    if (n)
        memcpy(r, p, n);
    memset(r + n, '"', 64);
    return r;
}

static void splice(json_parser *p, const char *record, size_t n, const json_cell *old)
{
    const json_edit edits[] = { { "text", 4, "\"new\"", 5 }, { "id", 2, NULL, 0 }, { "added", 5, "[1]", 3 } };
    static const char *const keep[] = { "text", "m" };
    sbuf out = { 0 };
    arena mem;
    json_cell c[N];
    arena_init(&mem, 0);
    json_splice(record, n, edits, 3, NULL, 0, &out);
    char *again = padded(out.p, out.n);
    must(json_parse(p, again, out.n, &mem, c) == JSON_OK);
    must(c[ID].state == CELL_MISSING && c[TEXT].state == CELL_OK && c[TEXT].v.str.n == 3);
    for (size_t i = TEXT + 1; i < N; i++)
        must(json_cell_equal(&old[i], &c[i], fields[i].type));
    free(again);
    sbuf_clear(&out);
    json_splice(record, n, NULL, 0, keep, 2, &out);
    again = padded(out.p, out.n);
    must(json_parse(p, again, out.n, &mem, c) == JSON_OK);
    must(c[ID].state == CELL_MISSING && c[B].state == CELL_MISSING);
    must(json_cell_equal(&old[TEXT], &c[TEXT], SL_T_STR));
    sbuf_clear(&out);
    json_splice(record, n, NULL, 0, NULL, 0, &out);
    must(out.n == n && !memcmp(out.p, record, n));
    free(again);
    sbuf_free(&out);
    arena_free(&mem);
}

static void convert(const char *p, size_t n)
{
    json_cell c;
    sbuf out = { 0 };
    arena mem;
    arena_init(&mem, 1);
    for (size_t i = 0; i < N; i++)
        json_convert(p, n, fields[i].type, &mem, &c);
    uint64_t valid = 1;
    sl_str text = { p, (uint32_t)n, 0 };
    sl_column col = { .data = &text, .valid = &valid, .type = SL_T_STR, .width = 1 };
    json_column_value(&col, 0, &out);
    must(json_check(out.p, out.n, false) == JSON_OK && !memchr(out.p, '\n', out.n));
    sbuf_clear(&out);
    col.type = SL_T_JSON;
    json_column_value(&col, 0, &out);
    must(json_check(out.p, out.n, false) == JSON_OK && !memchr(out.p, '\n', out.n));
    sbuf_free(&out);
    arena_free(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_parser *p = json_parser_new(fields, N);
    json_cell fast[N], strict[N];
    arena a, b;
    must(p);
    arena_init(&a, 1);
    arena_init(&b, 1);
    char *record = padded(data, size);
    const json_error e = json_parse(p, record, size, &a, fast);
    must(json_parse_strict(p, record, size, &b, strict) == e);
    if (e == JSON_OK) {
        for (size_t i = 0; i < N; i++)
            must(json_cell_equal(&fast[i], &strict[i], fields[i].type));
        splice(p, record, size, fast);
    }
    free(record);
    arena_free(&a);
    arena_free(&b);
    json_parser_free(p);
    char *exact = malloc(size ? size : 1); /* no padding where none is asked for */
    must(exact);
    if (size)
        memcpy(exact, data, size);
    convert(exact, size);
    free(exact);
    return 0;
}
