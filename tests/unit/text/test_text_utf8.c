/* UTF-8: what is valid, there and back over every code point, counting at every length. */
#include "text_samples.h"

static const struct {
    const char *p;
    size_t n, valid, chars;
} rows[] = {
    { "", 0, 0, 0 },
    { "a\0b", 3, 3, 3 },
    { "\xC3\xA9t\xC3\xA9", 5, 5, 3 },
    { "\xE2\x82\xAC 12 345 678", 14, 14, 12 },
    { "\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF", 8, 8, 2 },
    { "abc\xE2\x82", 5, 3, 0 },  /* cut */
    { "12345678\x80", 9, 8, 0 }, /* no beginning */
    { "\xC0\x80", 2, 0, 0 },     /* not the shortest */
    { "\xE0\x9F\xBF", 3, 0, 0 },
    { "\xF0\x8F\xBF\xBF", 4, 0, 0 },
    { "a\xED\xA0\x80", 4, 1, 0 },    /* a surrogate */
    { "\xF4\x90\x80\x80", 4, 0, 0 }, /* above U+10FFFF */
    { "\xFF", 1, 0, 0 },
};

static void test_rows(void **u)
{
    (void)u;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const sl_str t = sample(rows[i].p, rows[i].n);
        if (text_utf8_valid(t.p, t.n) != rows[i].valid)
            fail_msg("row %zu: %zu bytes valid, wanted are %zu", i, text_utf8_valid(t.p, t.n), rows[i].valid);
        if (rows[i].valid == t.n)
            assert_int_equal(text_chars(t.p, t.n), rows[i].chars);
    }
}

static void test_code_points(void **u)
{
    (void)u;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char buf[5] = { 0, 0, 0, 0, '\x80' };
        if (c >= 0xD800 && c < 0xE000)
            continue;
        const uint32_t n = utf8_put(buf, c);
        const char *p = buf;
        if (n != (c < 0x80      ? 1u
                  : c < 0x800   ? 2u
                  : c < 0x10000 ? 3u
                                : 4u) ||
            text_utf8_valid(buf, n) != n || text_chars(buf, n) != 1)
            fail_msg("U+%04X: %u bytes", c, n);
        if (text_next(&p) != c || p != buf + n || text_prev(&p) != c || p != buf)
            fail_msg("U+%04X does not come back", c);
    }
}

/* Lengths around the words and lanes of the counting. */
static void test_counting(void **u)
{
    (void)u;
    enum { N = 5000 };
    char *p = malloc(3 * N);
    assert_non_null(p);
    for (size_t i = 0; i < N; i++)
        memcpy(p + 3 * i, "\xE2\x82\xAC", 3);
    for (size_t n = 0; n <= N; n += n < 100 ? 1 : 97)
        assert_int_equal(text_chars(p, 3 * n), n);
    memset(p, 'a', 3 * N);
    for (size_t n = 0; n < 40; n++) {
        p[n] = '\xC3';
        assert_int_equal(text_ascii(p, 40), n);
        assert_int_equal(text_ascii(p, n), n);
        p[n] = 'a';
    }
    assert_int_equal(text_chars(p, 3 * N), 3 * N);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_code_points),
        cmocka_unit_test(test_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
