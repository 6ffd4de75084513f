/* Normal forms and hashes of texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "identity.h"
#include "stage_mock.h"

/* ---- normal forms ---- */

/* In pieces of `cap` bytes, which must not matter. */
static size_t normal(uint32_t level, const char *text, size_t n, size_t cap, char *out)
{
    normal_form f;
    normal_cursor k = { 0 };
    size_t made = 0;
    char piece[256];
    normal_form_init(&f, level);
    for (size_t got; (got = normalize(&f, &k, text, n, piece, cap)) > 0; made += got)
        memcpy(out + made, piece, got);
    assert_int_equal(k.at, n);
    return made;
}

static void forms(void **state)
{
    static const struct {
        const char *text, *form[3]; /* WHITESPACE, LOWER, WORDS */
    } cases[] = {
        { "", { "", "", "" } },
        { "a", { "a", "a", "a" } },
        { " \t\n\v\f\r\x1C\x1D\x1E\x1F ", { "", "", "" } },
        { " A  B\r\nC ", { "A B C", "a b c", "a b c" } },
        { "a\xC2\xA0\xE3\x80\x80z", { "a z", "a z", "a z" } },                        /* U+00A0 U+3000 */
        { "\xC2\x85x\xE2\x80\x8A", { "x", "x", "x" } },                               /* U+0085, U+200A */
        { "x\xE1\x9A\x80y\xE2\x81\x9Fz\xE2\x80\xAF", { "x y z", "x y z", "x y z" } }, /* U+1680 U+205F U+202F */
        { "a\xE2\x80\xA8\xE2\x80\xA9"
          "b",
          { "a b", "a b", "a b" } }, /* U+2028 U+2029 */
        { "a\xE2\x80\x8B"
          "b",
          { "a\xE2\x80\x8B"
            "b",
            "a\xE2\x80\x8B"
            "b",
            "a\xE2\x80\x8B"
            "b" } }, /* U+200B is none */
        { "\xC3\x84rger \xC2\xAB", { "\xC3\x84rger \xC2\xAB", "\xC3\x84rger \xC2\xAB", "\xC3\x84rger \xC2\xAB" } },
        { "Don't - STOP!", { "Don't - STOP!", "don't - stop!", "dont stop" } },
        { "a\x01\x7F"
          "b",
          { "a\x01\x7F"
            "b",
            "a\x01\x7F"
            "b",
            "ab" } },
        { "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
          { "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "" } },
        { "0Z9", { "0Z9", "0z9", "0z9" } },
        { "\xE2", { "\xE2", "\xE2", "\xE2" } }, /* cut characters stay */
        { "\xE3\x80", { "\xE3\x80", "\xE3\x80", "\xE3\x80" } },
    };
    (void)state;
    char out[256];
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        for (uint32_t level = NORMALIZE_WHITESPACE; level <= NORMALIZE_WORDS; level++)
            for (size_t cap = 2; cap < 40; cap++) {
                const char *want = cases[i].form[level - 1];
                assert_int_equal(normal(level, cases[i].text, strlen(cases[i].text), cap, out), strlen(want));
                assert_memory_equal(out, want, strlen(want));
            }
}

static void nul_is_a_byte(void **state)
{
    char out[16];
    (void)state;
    assert_int_equal(normal(NORMALIZE_LOWER, "A\0 B", 4, 16, out), 4);
    assert_memory_equal(out, "a\0 b", 4);
    assert_int_equal(normal(NORMALIZE_WORDS, "A\0 B", 4, 16, out), 3);
    assert_memory_equal(out, "a b", 3);
}

/* ---- hashes ---- */

static void hex(const char *text, uint32_t level, char out[33])
{
    mock *m = mock_new();
    sl_ctx *c = mock_ctx(m);
    sl_str cell = mock_str(m, text);
    uint64_t valid = 1;
    sl_column column = { .name = "text", .data = &cell, .valid = &valid, .type = SL_T_STR, .width = 1 };
    sl_column *columns[] = { &column };
    const uint16_t sel[] = { 0 };
    const sl_batch b = { .n_rows = 1, .n_sel = 1, .sel = sel, .columns = columns, .n_columns = 1 };
    identity id;
    unsigned char hash[IDENTITY_SIZE];
    bool known;
    identity_init(&id, c->host->service(c, "json", 1), 0, 1, level);
    assert_int_equal(identity_of(c, &id, &b, 0, hash, &known), SL_OK);
    assert_true(known);
    for (unsigned i = 0; i < IDENTITY_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
    mock_free(m);
}

/* The values of xxHash's own specification and tools. */
static void golden(void **state)
{
    char out[33];
    (void)state;
    hex("", NORMALIZE_NONE, out);
    assert_string_equal(out, "99aa06d3014798d86001c324468d497f");
    hex("  \n", NORMALIZE_WHITESPACE, out);
    assert_string_equal(out, "99aa06d3014798d86001c324468d497f");
}

/* Whatever the length, normalising first and hashing then is the same as hashing the normal form. */
static void long_texts(void **state)
{
    static const size_t lengths[] = { 1, 16, 240, 241, 4094, 4095, 4096, 4097, 8192, 20000 };
    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        const size_t n = lengths[i];
        char *plain = calloc(1, n + 65), *loose = calloc(1, 3 * n + 65), *p = loose, one[33], other[33];
        for (size_t k = 0; k < n; k++) {
            const bool space = k % 7 == 3 && k + 1 < n;
            plain[k] = space ? ' ' : (char)('a' + k % 26);
            p += sprintf(p, "%s", space ? " \t " : (char[]){ (char)('A' + k % 26), 0 });
        }
        hex(plain, NORMALIZE_NONE, one);
        hex(loose, NORMALIZE_LOWER, other);
        assert_string_equal(one, other);
        free(plain);
        free(loose);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(nul_is_a_byte),
        cmocka_unit_test(golden),
        cmocka_unit_test(long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
