/* A record through both paths of json_parse, for the tests of it. Include after cmocka.h. Every record lies in a block
 * of exactly n + 64 bytes, so that a sanitizer sees a read past the padding. */
#ifndef SLUICE_JSON_TEST_H
#define SLUICE_JSON_TEST_H
#include <stdlib.h>
#include "json_equal.h"

enum { PAD = 64 };
#define COUNT(a) (sizeof(a) / sizeof *(a))

static inline char *padded(const char *p, size_t n)
{
    char *r = malloc(n + PAD);
    assert_non_null(r);
    memcpy(r, p, n);
    memset(r + n, '}', PAD); /* padding that would close a record that is cut */
    return r;
}

/* Both paths, which must agree; the record stays alive in *keep, the caller's to free. */
static inline json_error parse(const json_field *f, size_t n_fields, const char *text, size_t n, arena *mem,
                               json_cell *cells, char **keep)
{
    json_cell strict[16];
    assert_true(n_fields <= COUNT(strict));
    json_parser *p = json_parser_new(f, n_fields);
    assert_non_null(p);
    *keep = padded(text, n);
    const json_error e = json_parse(p, *keep, n, mem, cells);
    arena other;
    arena_init(&other, 0);
    assert_int_equal(json_parse_strict(p, *keep, n, &other, strict), e);
    for (size_t i = 0; !e && i < n_fields; i++)
        assert_true(json_cell_equal(&cells[i], &strict[i], f[i].type));
    arena_free(&other);
    json_parser_free(p);
    return e;
}

static inline json_error verdict(const char *text, size_t n)
{
    static const json_field fields[] = { { "id", SL_T_STR }, { "a", SL_T_JSON } };
    json_cell cells[2];
    char *keep;
    arena mem;
    arena_init(&mem, 0);
    const json_error e = parse(fields, 2, text, n, &mem, cells, &keep);
    free(keep);
    arena_free(&mem);
    return e;
}
#endif
