/* Strings: building, JSON, numbers, UTF-8, suggestions, numbers for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

static void is(sbuf *s, const char *want)
{
    assert_string_equal(sbuf_z(s), want);
    assert_int_equal(s->n, strlen(want));
    assert_false(s->failed);
    sbuf_clear(s);
}

static void test_sbuf(void **u)
{
    (void)u;
    sbuf s = { 0 };
    assert_string_equal(sbuf_z(&s), "");
    sbuf_clear(&s);
    sbuf_add(&s, NULL, 0);
    is(&s, "");
    sbuf_puts(&s, "ab");
    sbuf_putc(&s, 'c');
    sbuf_printf(&s, "%d%s", 12, "");
    sbuf_printf(&s, "%s", "");
    is(&s, "abc12");
    sbuf_add(&s, "a\0b", 3);
    assert_int_equal(s.n, 3);
    assert_memory_equal(s.p, "a\0b\0", 4);
    sbuf_clear(&s);
    for (int i = 0; i < 1000; i++)
        sbuf_printf(&s, "%03d", i);
    assert_int_equal(s.n, 3000);
    assert_memory_equal(s.p + 2997, "999", 4);
    sbuf_clear(&s);
    assert_string_equal(sbuf_z(&s), "");
    assert_true(s.cap >= 3001); /* the memory is kept */
    assert_true(sbuf_room(&s, 10000));
    assert_true(s.cap >= 10001);
    sbuf_free(&s);
    assert_null(s.p);
    assert_int_equal(s.cap, 0);
}

static void test_sbuf_fails(void **u)
{
    (void)u;
    sbuf s = { 0 };
    sbuf_puts(&s, "ab");
    assert_false(sbuf_room(&s, SIZE_MAX));
    assert_true(s.failed);
    sbuf_puts(&s, "cd");
    sbuf_printf(&s, "%d", 1);
    sbuf_json(&s, "x", 1);
    sbuf_json_double(&s, 1);
    assert_string_equal(sbuf_z(&s), "ab");
    sbuf_clear(&s);
    assert_false(s.failed);
    sbuf_puts(&s, "ef");
    is(&s, "ef");
    sbuf_free(&s);
}

static void json(const char *p, size_t n, const char *want)
{
    sbuf s = { 0 };
    sbuf_json(&s, p, n);
    is(&s, want);
    sbuf_free(&s);
}

static void test_json(void **u)
{
    (void)u;
    json("", 0, "\"\"");
    json("plain", 5, "\"plain\"");
    json("\"\\/", 3, "\"\\\"\\\\/\"");
    json("\b\t\n\f\r", 5, "\"\\b\\t\\n\\f\\r\"");
    json("\0\1\v\x1f\x7f", 5, "\"\\u0000\\u0001\\u000b\\u001f\x7f\"");
    json("h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", 12, "\"h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
    json("a\x80z", 3, "\"a\xEF\xBF\xBDz\"");
    json("\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""); /* a surrogate: three bad bytes */
    json("\xC3", 1, "\"\xEF\xBF\xBD\"");                                 /* cut in a character */
    json("\xE2\x82\"", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\\\"\"");
    sbuf s = { 0 };
    sbuf_json_z(&s, NULL);
    is(&s, "null");
    sbuf_json_z(&s, "x");
    is(&s, "\"x\"");
    sbuf_free(&s);
}

static void number(double v, const char *want)
{
    sbuf s = { 0 };
    sbuf_json_double(&s, v);
    is(&s, want);
    sbuf_free(&s);
}

static void test_json_double(void **u)
{
    (void)u;
    number(0, "0");
    number(-0.0, "-0");
    number(1, "1");
    number(-1.5, "-1.5");
    number(0.1, "0.1");
    number(0.1 + 0.2, "0.30000000000000004");
    number(1.0 / 3, "0.3333333333333333");
    number(1e23, "1e+23");
    number(9007199254740993.0, "9007199254740992");
    number(DBL_MAX, "1.7976931348623157e+308");
    number(DBL_MIN, "2.2250738585072014e-308");
    number(NAN, "null");
    number(INFINITY, "null");
    number(-INFINITY, "null");
    uint64_t z = 88172645463325252u;
    for (int i = 0; i < 20000; i++) { /* every finite double comes back */
        z ^= z << 13, z ^= z >> 7, z ^= z << 17;
        double v;
        memcpy(&v, &z, sizeof v);
        if (!isfinite(v))
            continue;
        sbuf s = { 0 };
        sbuf_json_double(&s, v);
        const double back = strtod(sbuf_z(&s), NULL);
        assert_memory_equal(&back, &v, sizeof v);
        sbuf_free(&s);
    }
}

#define I64(text, ok, want)                                                                                            \
    do {                                                                                                               \
        int64_t v_ = 99;                                                                                               \
        assert_int_equal(str_to_i64(text, sizeof text - 1, &v_), ok);                                                  \
        if (ok)                                                                                                        \
            assert_true(v_ == (want));                                                                                 \
    } while (0)
#define U64(text, ok, want)                                                                                            \
    do {                                                                                                               \
        uint64_t v_ = 99;                                                                                              \
        assert_int_equal(str_to_u64(text, sizeof text - 1, &v_), ok);                                                  \
        if (ok)                                                                                                        \
            assert_true(v_ == (want));                                                                                 \
    } while (0)
#define F64(text, ok, want)                                                                                            \
    do {                                                                                                               \
        double v_ = 99;                                                                                                \
        assert_int_equal(str_to_f64(text, sizeof text - 1, &v_), ok);                                                  \
        if (ok)                                                                                                        \
            assert_true(v_ == (want));                                                                                 \
    } while (0)

static void test_integers(void **u)
{
    (void)u;
    I64("0", true, 0);
    I64("-0", true, 0);
    I64("42", true, 42);
    I64("-42", true, -42);
    I64("9223372036854775807", true, INT64_MAX);
    I64("9223372036854775808", false, 0);
    I64("-9223372036854775808", true, INT64_MIN);
    I64("-9223372036854775809", false, 0);
    I64("", false, 0);
    I64("-", false, 0);
    I64("--1", false, 0);
    I64("+1", false, 0);
    I64(" 1", false, 0);
    I64("1 ", false, 0);
    I64("1\0", false, 0);
    I64("1.0", false, 0);
    I64("99999999999999999999999", false, 0);
    U64("0", true, 0);
    U64("007", true, 7);
    U64("18446744073709551615", true, UINT64_MAX);
    U64("18446744073709551616", false, 0);
    U64("18446744073709551620", false, 0);
    U64("184467440737095516150", false, 0);
    U64("", false, 0);
    U64("-1", false, 0);
    U64("0x1", false, 0);
    U64("1:", false, 0);
    U64("/", false, 0);
}

static void test_doubles(void **u)
{
    (void)u;
    F64("0", true, 0);
    F64("-2.5", true, -2.5);
    F64("+2.5", true, 2.5);
    F64(".5", true, 0.5);
    F64("5.", true, 5);
    F64("1e3", true, 1000);
    F64("1E-3", true, 0.001);
    F64("1.7976931348623157e308", true, DBL_MAX);
    F64("4.9406564584124654e-324", true, 4.9406564584124654e-324);
    F64("1e-400", true, 0);
    F64("1e309", false, 0);
    F64("-1e309", false, 0);
    F64("", false, 0);
    F64(".", false, 0);
    F64("e", false, 0);
    F64("1e", false, 0);
    F64("1.2.3", false, 0);
    F64("1-2", false, 0);
    F64("0x10", false, 0);
    F64("inf", false, 0);
    F64("nan", false, 0);
    F64(" 1", false, 0);
    F64("1,5", false, 0);
    F64("1\0", false, 0);
    char digits[600];
    double v;
    memset(digits, '1', sizeof digits);
    assert_false(str_to_f64(digits, 512, &v));
    digits[1] = '.';
    assert_true(str_to_f64(digits, 511, &v));
    assert_true(v == 10.0 / 9);
}

static const struct {
    const char *p;
    size_t n, valid;
} utf8_rows[] = {
    { "", 0, 0 },
    { "a\0b", 3, 3 },
    { "\x7F", 1, 1 },
    { "\x80", 1, 0 },
    { "\xBF", 1, 0 },
    { "\xC0\x80", 2, 0 }, /* overlong */
    { "\xC1\xBF", 2, 0 },
    { "\xC2\x80", 2, 2 },
    { "\xDF\xBF", 2, 2 },
    { "\xC2", 1, 0 },
    { "\xC2\x41", 2, 0 },
    { "\xC2\xC2", 2, 0 },
    { "\xE0\x9F\xBF", 3, 0 }, /* overlong */
    { "\xE0\xA0\x80", 3, 3 },
    { "\xE1\x80\x80", 3, 3 },
    { "\xED\x9F\xBF", 3, 3 },
    { "\xED\xA0\x80", 3, 0 }, /* surrogates */
    { "\xED\xBF\xBF", 3, 0 },
    { "\xEE\x80\x80", 3, 3 },
    { "\xEF\xBF\xBF", 3, 3 },
    { "\xE2\x82", 2, 0 },
    { "\xE2\x82\x41", 3, 0 },
    { "\xE2\x41\xAC", 3, 0 },
    { "\xF0\x8F\xBF\xBF", 4, 0 }, /* overlong */
    { "\xF0\x90\x80\x80", 4, 4 },
    { "\xF4\x8F\xBF\xBF", 4, 4 },
    { "\xF4\x90\x80\x80", 4, 0 }, /* above 10FFFF */
    { "\xF5\x80\x80\x80", 4, 0 },
    { "\xF0\x9F\x98", 3, 0 },
    { "\xF0\x9F\x98\x41", 4, 0 },
    { "\xF8\x88\x80\x80\x80", 5, 0 },
    { "\xFE", 1, 0 },
    { "\xFF", 1, 0 },
    { "abc\xE2\x82\xAC\xE2\x82", 8, 6 }, /* cut in the last character */
    { "12345678\x80", 9, 8 },            /* behind eight plain bytes */
    { "1234567\xC3\xA9 12345678\xFFz", 19, 18 },
    { "12345678"
      "12345678",
      16, 16 },
};

static void test_utf8(void **u)
{
    (void)u;
    for (size_t i = 0; i < sizeof utf8_rows / sizeof *utf8_rows; i++) {
        char *copy = malloc(utf8_rows[i].n ? utf8_rows[i].n : 1); /* so that a read behind the end is seen */
        assert_non_null(copy);
        memcpy(copy, utf8_rows[i].p, utf8_rows[i].n);
        if (utf8_valid_prefix(copy, utf8_rows[i].n) != utf8_rows[i].valid)
            fail_msg("row %zu: %zu bytes valid, wanted %zu", i, utf8_valid_prefix(copy, utf8_rows[i].n),
                     utf8_rows[i].valid);
        free(copy);
    }
    for (unsigned a = 0; a < 256; a++) /* all pairs against a plain rule */
        for (unsigned b = 0; b < 256; b++) {
            const char two[2] = { (char)a, (char)b };
            const size_t want = a < 0x80                                           ? (b < 0x80 ? 2 : 1)
                                : a >= 0xC2 && a <= 0xDF && b >= 0x80 && b <= 0xBF ? 2
                                                                                   : 0;
            assert_int_equal(utf8_valid_prefix(two, 2), want);
        }
}

static void test_distance(void **u)
{
    (void)u;
    assert_int_equal(str_distance("", "", 3), 0);
    assert_int_equal(str_distance("abc", "abc", 0), 0);
    assert_int_equal(str_distance("abc", "abd", 3), 1);
    assert_int_equal(str_distance("abc", "ab", 3), 1);
    assert_int_equal(str_distance("ab", "abc", 3), 1);
    assert_int_equal(str_distance("abc", "acb", 3), 1); /* neighbours changed places */
    assert_int_equal(str_distance("ca", "abc", 3), 3);  /* restricted: no edit between the two */
    assert_int_equal(str_distance("kitten", "sitting", 3), 3);
    assert_int_equal(str_distance("kitten", "sitting", 2), 3); /* limit + 1 */
    assert_int_equal(str_distance("a", "abcdef", 3), 4);
    assert_int_equal(str_distance("abcdef", "uvwxyz", 2), 3);
    assert_int_equal(str_distance("", "abc", 3), 3);
    assert_int_equal(str_distance("abc", "", 3), 3);
    char a[66], b[66];
    memset(a, 'x', 65);
    memset(b, 'x', 65);
    a[65] = b[65] = 0;
    b[10] = 'y';
    assert_int_equal(str_distance(a, b, 3), 1);
    b[0] = b[64] = 'y';
    assert_int_equal(str_distance(a, b, 3), 4); /* what differs is longer than it cares for */
    b[64] = 'x';
    assert_int_equal(str_distance(a, b, 3), 2);
    b[0] = b[10] = 'x';
    a[64] = b[64] = 0;
    assert_int_equal(str_distance(a, b, 3), 0);
    b[10] = 'y';
    assert_int_equal(str_distance(a, b, 3), 1);
}

static void test_suggest(void **u)
{
    (void)u;
    static const char *const names[] = { "min", "max", "unit", "shard_bytes", "shard_records", "path" };
    const size_t n = sizeof names / sizeof *names;
    assert_string_equal(str_suggest("mim", names, n), "min");
    assert_string_equal(str_suggest("mnax", names, n), "max");
    assert_string_equal(str_suggest("units", names, n), "unit");
    assert_string_equal(str_suggest("unti", names, n), "unit");
    assert_string_equal(str_suggest("shard_byte", names, n), "shard_bytes");
    assert_string_equal(str_suggest("sharrd_recrods", names, n), "shard_records");
    assert_string_equal(str_suggest("path", names, n), "path");
    assert_string_equal(str_suggest("mix", names, n), "min"); /* the first of equals */
    assert_null(str_suggest("threads", names, n));
    assert_null(str_suggest("abc", names, n));
    assert_null(str_suggest("min", names, 0));
    assert_null(str_suggest("shard", names, n)); /* six letters are no slip */
}

static void people(const char *(*f)(char[32], double), double v, const char *want)
{
    char buf[32];
    assert_ptr_equal(f(buf, v), buf);
    assert_string_equal(buf, want);
}

static void count(uint64_t n, const char *want)
{
    char buf[32];
    assert_ptr_equal(human_count(buf, n), buf);
    assert_string_equal(buf, want);
}

static void test_people(void **u)
{
    (void)u;
    people(human_bytes, 0, "0 B");
    people(human_bytes, 999, "999 B");
    people(human_bytes, 999.6, "1.0 kB");
    people(human_bytes, 1000, "1.0 kB");
    people(human_bytes, 1449, "1.4 kB");
    people(human_bytes, 99949, "99.9 kB");
    people(human_bytes, 99950, "100 kB");
    people(human_bytes, 999499, "999 kB");
    people(human_bytes, 999500, "1.0 MB");
    people(human_bytes, 1.4e9, "1.4 GB");
    people(human_bytes, 2.5e12, "2.5 TB");
    people(human_bytes, 1e15, "1.0 PB");
    people(human_bytes, 1e19, "10000 PB");
    people(human_bytes, 1.8446744073709552e19, "18447 PB");
    count(0, "0");
    count(999, "999");
    count(1000, "1,000");
    count(11204, "11,204");
    count(999999, "999,999");
    count(1000000, "1,000,000");
    count(UINT64_MAX, "18,446,744,073,709,551,615");
    people(human_seconds, -1, "0.0 s");
    people(human_seconds, 0, "0.0 s");
    people(human_seconds, 9.94, "9.9 s");
    people(human_seconds, 9.96, "10 s");
    people(human_seconds, 99.4, "99 s");
    people(human_seconds, 99.5, "1 min 39 s");
    people(human_seconds, 125, "2 min 05 s");
    people(human_seconds, 3599.9, "59 min 59 s");
    people(human_seconds, 3600, "1 h 00 min");
    people(human_seconds, 3725, "1 h 02 min");
    people(human_seconds, 360000, "100 h 00 min");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sbuf),        cmocka_unit_test(test_sbuf_fails), cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_double), cmocka_unit_test(test_integers),   cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_utf8),        cmocka_unit_test(test_distance),   cmocka_unit_test(test_suggest),
        cmocka_unit_test(test_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
