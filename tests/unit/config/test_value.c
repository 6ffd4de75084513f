/* One value of an option: every type, every spelling, every error. */
#include "expect.h"
#include <math.h>
#include "config/option.h"
#include "sluice/util.h"

static arena mem;
static diags d;
static diag_source source;

static int setup(void **state)
{
    (void)state;
    arena_init(&mem, 0);
    diags_init(&d);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&mem);
    diags_free(&d);
    return 0;
}

typedef union value {
    uint8_t b;
    int64_t i;
    uint64_t u;
    double f;
    uint32_t e;
    const char *s;
    sl_amount a;
} value;

static const char *const colours[] = { "red", "green", "blue", NULL };

static sl_option row_of(uint32_t type)
{
    return (sl_option){ .name = "x", .type = type, .choices = type == SL_OPT_ENUM ? colours : NULL };
}

static value good(uint32_t type, const char *text)
{
    const sl_option row = row_of(type);
    value v = { .a = { 0 } };
    if (!option_value(&d, &mem, &row, (diag_at){ 0 }, text, &v))
        print_error("%s\n", text);
    expect_diags(&d, "");
    return v;
}

static void bad_row(const sl_option *row, const char *text, const char *want)
{
    value v = { .a = { .value = 77, .unit = 77, .reserved = 77 } };
    const value before = v;
    assert_false(option_value(&d, &mem, row, (diag_at){ .source = &source, .line = 3, .col = 5, .len = 2 }, text, &v));
    assert_memory_equal(&v, &before, sizeof v);
    sbuf line = { 0 };
    sbuf_printf(&line, "3:5+2 %s\n", want);
    expect_diags(&d, sbuf_z(&line));
    sbuf_free(&line);
}

static void bad(uint32_t type, const char *text, const char *want)
{
    const sl_option row = row_of(type);
    bad_row(&row, text, want);
}

static void booleans(void **state)
{
    (void)state;
    static const char *const yes[] = { "true", "yes", "on", "True", "YES" }, *const no[] = { "false", "no", "off",
                                                                                             "FALSE" };
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_int_equal(good(SL_OPT_BOOL, yes[i]).b, 1);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_int_equal(good(SL_OPT_BOOL, no[i]).b, 0);
    bad(SL_OPT_BOOL, "1", "x = 1 is neither true nor false | true, false, yes, no, on, off");
    bad(SL_OPT_BOOL, "", "x = '' is neither true nor false | true, false, yes, no, on, off");
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        { "0", 0 },
        { "-0", 0 },
        { "42", 42 },
        { "-1", -1 },
        { "1_000", 1000 },
        { "1_000_000", 1000000 },
        { "10k", 10000 },
        { "10K", 10000 },
        { "10 M", 10000000 },
        { "10B", 10000000000 },
        { "2T", 2000000000000 },
        { "1.5k", 1500 },
        { "1e6", 1000000 },
        { "25e-1k", 2500 },
        { "1.0", 1 },
        { "-3k", -3000 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775807", -INT64_MAX },
        { "0e99", 0 },
        { "1000e-3", 1 },
        { "1E3", 1000 },
        { "1e+3", 1000 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(good(SL_OPT_I64, cases[i].text).i == cases[i].want);
    static const char *const wrong[] = {
        "",   "-",   "abc", "0x10", "1,000", "_1", "1_",      "1__0", "10 kk", "10m",
        "1e", "--1", "+1",  " 1",   "1.",    ".",  "10 docs", "inf",  "20%",   "1e5e5"
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char want[100];
        snprintf(want, sizeof want, "x = %s is no whole number | such as 42, 1_000, 10k, 5M",
                 *wrong[i] ? wrong[i] : "''");
        bad(SL_OPT_I64, wrong[i], want);
    }
    bad(SL_OPT_I64, "017", "x = 017 has a leading zero | decimal to some, octal to others: leave the zeros out");
    bad(SL_OPT_I64, "-00", "x = -00 has a leading zero | decimal to some, octal to others: leave the zeros out");
    bad(SL_OPT_I64, "1.5", "x = 1.5 is no whole number | such as 42, 1_000, 10k, 5M");
    bad(SL_OPT_I64, "1e-3", "x = 1e-3 is no whole number | such as 42, 1_000, 10k, 5M");
    static const char *const huge[] = { "9223372036854775808", "-9223372036854775808",           "1e30",
                                        "1e999999999999",      "123456789012345678901234567890", "10000000000B" };
    for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
        char want[160];
        snprintf(want, sizeof want, "x = %s is outside -9223372036854775807..9223372036854775807", huge[i]);
        bad(SL_OPT_I64, huge[i], want);
    }
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double want;
    } cases[] = {
        { "0.5", 0.5 },
        { ".5", 0.5 },
        { "-2", -2 },
        { "1e-3", 0.001 },
        { "20%", 0.2 },
        { "33.3 %", 0.333 },
        { "1_000.25", 1000.25 },
        { "0.1000000000000000055511151231257827", 0.1 },
        { "1e5%", 1000 },
        { "-0", 0 },
        { "inf", INFINITY },
        { ".inf", INFINITY },
        { "-inf", -INFINITY },
        { "INF", INFINITY },
        { "1e-999", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(good(SL_OPT_F64, cases[i].text).f == cases[i].want);
    bad(SL_OPT_F64, "half", "x = half is no number | such as 0.5, 1e-3, 20%");
    bad(SL_OPT_F64, "nan", "x = nan is no number | such as 0.5, 1e-3, 20%");
    bad(SL_OPT_F64, "1k", "x = 1k is no number | such as 0.5, 1e-3, 20%");
    bad(SL_OPT_F64, "0x1p3", "x = 0x1p3 is no number | such as 0.5, 1e-3, 20%");
    bad(SL_OPT_F64, "1e999", "x = 1e999 is outside -1.8e308..1.8e308");
    bad(SL_OPT_F64, "00.5", "x = 00.5 has a leading zero | decimal to some, octal to others: leave the zeros out");
    char digits[200];
    memset(digits, '1', sizeof digits - 1);
    digits[sizeof digits - 1] = 0;
    const sl_option row = row_of(SL_OPT_F64);
    value v;
    assert_false(option_value(&d, &mem, &row, (diag_at){ 0 }, digits, &v)); /* longer than anybody's number */
    expect_diags(
        &d,
        "x = 111111111111111111111111111111111111111111111111111111111111… is no number | such as 0.5, 1e-3, 20%\n");
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t want;
    } cases[] = {
        { "0", 0 },
        { "4096", 4096 },
        { "64 KiB", 65536 },
        { "64KiB", 65536 },
        { "512M", 536870912 },
        { "2k", 2048 },
        { "2K", 2048 },
        { "1G", 1 << 30 },
        { "3T", 3ull << 40 },
        { "1P", 1ull << 50 },
        { "2 GiB", 2ull << 30 },
        { "1 TiB", 1ull << 40 },
        { "1 PiB", 1ull << 50 },
        { "5kB", 5000 },
        { "5 KB", 5000 },
        { "1 MB", 1000000 },
        { "1 GB", 1000000000 },
        { "1TB", 1000000000000 },
        { "1PB", 1000000000000000 },
        { "7 B", 7 },
        { "1 byte", 1 },
        { "7 bytes", 7 },
        { "1e3", 1000 },
        { "0.1 TB", 100000000000 },
        { "1.1 GiB", 1181116006 },
        { "1.5", 1 },
        { "18446744073709551615", UINT64_MAX },
        { "16383 P", 16383ull << 50 },
        { "-0", 0 },
        { "1e-400", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(good(SL_OPT_SIZE, cases[i].text).u == cases[i].want);
    static const char *const wrong[] = {
        "big", "5 m", "5 mb", "5 Mb", "5 GiBs", "all", "20%", "KiB", "1 KiB 2", "inf"
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char want[100];
        snprintf(want, sizeof want, "x = %s is no size | such as 4096, 64 KiB, 512M, 1 GB", wrong[i]);
        bad(SL_OPT_SIZE, wrong[i], want);
    }
    bad(SL_OPT_SIZE, "-1", "x = -1 is negative | such as 4096, 64 KiB, 512M, 1 GB");
    bad(SL_OPT_SIZE, "08", "x = 08 has a leading zero | decimal to some, octal to others: leave the zeros out");
    bad(SL_OPT_SIZE, "18446744073709551616", "x = 18446744073709551616 is outside 0..18446744073709551615");
    bad(SL_OPT_SIZE, "16384 P", "x = 16384 P is outside 0..18446744073709551615");
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double want;
    } cases[] = { { "10", 10 },          { "10s", 10 },      { "250ms", 0.25 },    { "0.3ms", 0.0003 },
                  { "5 min", 300 },      { "5m", 300 },      { "2h", 7200 },       { "1d", 86400 },
                  { "1.5 hours", 5400 }, { "1 day", 86400 }, { "3 minutes", 180 }, { "1 second", 1 },
                  { "2 sec", 2 },        { "0", 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(good(SL_OPT_DURATION, cases[i].text).f == cases[i].want);
    bad(SL_OPT_DURATION, "soon", "x = soon is no duration | such as 250ms, 10s, 5 min, 2h, 1d");
    bad(SL_OPT_DURATION, "5M", "x = 5M is no duration | such as 250ms, 10s, 5 min, 2h, 1d");
    bad(SL_OPT_DURATION, "-5s", "x = -5s is negative | such as 250ms, 10s, 5 min, 2h, 1d");
    bad(SL_OPT_DURATION, "05s", "x = 05s has a leading zero | decimal to some, octal to others: leave the zeros out");
    bad(SL_OPT_DURATION, "1e400s", "x = 1e400s is outside -1.8e308..1.8e308");
}

static void amounts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double want;
        uint32_t unit;
    } cases[] = {
        { "20%", 0.2, SL_SHARE },
        { "33.3 %", 0.333, SL_SHARE },
        { "0%", 0, SL_SHARE },
        { "100%", 1, SL_SHARE },
        { "all", 1, SL_SHARE },
        { "1000", 1000, SL_ROWS },
        { "0", 0, SL_ROWS },
        { "10k", 10000, SL_ROWS },
        { "10B", 1e10, SL_ROWS },
        { "1.5k docs", 1500, SL_ROWS },
        { "10 documents", 10, SL_ROWS },
        { "1 row", 1, SL_ROWS },
        { "2 records", 2, SL_ROWS },
        { "10k rows", 10000, SL_ROWS },
        { "1 k rows", 1000, SL_ROWS },
        { "10B tokens", 1e10, SL_TOKENS },
        { "10 tokens", 10, SL_TOKENS },
        { "1 token", 1, SL_TOKENS },
        { "4 GiB", 4294967296.0, SL_BYTES },
        { "5 MB", 5e6, SL_BYTES },
        { "7 bytes", 7, SL_BYTES },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sl_amount a = good(SL_OPT_AMOUNT, cases[i].text).a;
        assert_true(a.value == cases[i].want);
        assert_int_equal(a.unit, cases[i].unit);
    }
    static const char *const wrong[] = {
        "some", "", "4G", "10 M apples", "20% docs", "All", "k docs", "10 docs tokens"
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char want[120];
        snprintf(want, sizeof want, "x = %s is no amount | such as 20%%, 1000, 10k docs, 10B tokens, 4 GiB, all",
                 *wrong[i] ? wrong[i] : "''");
        bad(SL_OPT_AMOUNT, wrong[i], want);
    }
    bad(SL_OPT_AMOUNT, "120%", "x = 120% is outside 0%..100%");
    bad(SL_OPT_AMOUNT, "-1%", "x = -1% is outside 0%..100%");
    bad(SL_OPT_AMOUNT, "100.0001%", "x = 100.0001% is outside 0%..100%");
    bad(SL_OPT_AMOUNT, "0.2", "x = 0.2 is no whole number | a share is written 20%");
    bad(SL_OPT_AMOUNT, "-5", "x = -5 is negative | such as 20%, 1000, 10k docs, 10B tokens, 4 GiB, all");
    bad(SL_OPT_AMOUNT, "-5 MB", "x = -5 MB is negative | such as 20%, 1000, 10k docs, 10B tokens, 4 GiB, all");
    bad(SL_OPT_AMOUNT, "1e30", "x = 1e30 is outside 0..18446744073709551615");
    bad(SL_OPT_AMOUNT, "010", "x = 010 has a leading zero | decimal to some, octal to others: leave the zeros out");
    bad(SL_OPT_AMOUNT, "020%", "x = 020% has a leading zero | decimal to some, octal to others: leave the zeros out");
    bad(SL_OPT_AMOUNT, "01 MB", "x = 01 MB has a leading zero | decimal to some, octal to others: leave the zeros out");
}

static void choices_and_texts(void **state)
{
    (void)state;
    assert_int_equal(good(SL_OPT_ENUM, "red").e, 0);
    assert_int_equal(good(SL_OPT_ENUM, "blue").e, 2);
    bad(SL_OPT_ENUM, "gren", "x = gren is no choice; did you mean 'green'? | one of: red, green, blue");
    bad(SL_OPT_ENUM, "Red", "x = Red is no choice; did you mean 'red'? | one of: red, green, blue");
    bad(SL_OPT_ENUM, "mauve-ish", "x = mauve-ish is no choice | one of: red, green, blue");
    static const uint32_t types[] = { SL_OPT_STR, SL_OPT_PATH, SL_OPT_COLUMN, SL_OPT_MODEL };
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(good(types[i], "a b").s, "a b");
        bad(types[i], "", "x is empty");
    }
    bad(SL_OPT_I64, "12345678901234567890123456789012345678901234567890123456789\n0é1",
        "x = 12345678901234567890123456789012345678901234567890123456789 … is no whole number | such as 42, 1_000, "
        "10k, 5M");
    const sl_option secret = {
        .name = "key", .type = SL_OPT_I64, .flags = SL_OPT_SECRET, .def = "7", .min = 1, .max = 9
    };
    bad_row(&secret, "hunter2", "key = *** is no whole number | such as 42, 1_000, 10k, 5M");
    bad_row(&secret, "10", "key = *** is outside 1..9");
}

static void ranges(void **state)
{
    (void)state;
    const sl_option chars = { .name = "min", .type = SL_OPT_I64, .def = "200", .min = 0, .max = 1e9, .unit = "bytes" };
    bad_row(&chars, "-3", "min = -3 is outside 0..1e9 bytes | default 200");
    bad_row(&chars, "2B", "min = 2B is outside 0..1e9 bytes | default 200");
    bad_row(&chars, "1e30", "min = 1e30 is outside 0..1e9 bytes | default 200");
    const sl_option ratio = { .name = "ratio", .type = SL_OPT_F64, .min = 0, .max = 0.5 };
    bad_row(&ratio, "0.6", "ratio = 0.6 is outside 0..0.5");
    bad_row(&ratio, "60%", "ratio = 60% is outside 0%..50%");
    bad_row(&ratio, "inf", "ratio = inf is outside 0..0.5");
    const sl_option size = { .name = "size", .type = SL_OPT_SIZE, .min = 65536, .max = 1e12 };
    bad_row(&size, "1k", "size = 1k is outside 64 KiB..1 TB");
    bad_row(&size, "-1", "size = -1 is outside 64 KiB..1 TB");
    bad_row(&size, "16384P", "size = 16384P is outside 64 KiB..1 TB");
    const sl_option wait = { .name = "wait", .type = SL_OPT_DURATION, .min = 0.25, .max = 7200 };
    bad_row(&wait, "1d", "wait = 1d is outside 250 ms..2 h");
    bad_row(&wait, "-1s", "wait = -1s is outside 250 ms..2 h");
    const sl_option rows = { .name = "rows", .type = SL_OPT_AMOUNT, .min = 10, .max = 1000 };
    bad_row(&rows, "5", "rows = 5 is outside 10..1000");
    value v;
    assert_true(option_value(&d, &mem, &rows, (diag_at){ 0 }, "1%", &v)); /* a share is not measured by it */
    const sl_option below = { .name = "n", .type = SL_OPT_I64, .min = 2, .max = 0 };
    bad_row(&below, "1", "n = 1 is outside 2..inf");
    assert_true(option_value(&d, &mem, &below, (diag_at){ 0 }, "1B", &v));
    const sl_option odd = { .name = "n", .type = (uint32_t)SL_OPT_TABLE, .table_size = 8 };
    assert_false(option_value(&d, &mem, &odd, (diag_at){ 0 }, "1", &v));
    expect_diags(&d, "n = 1 is no value\n");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(booleans), T(integers), T(numbers), T(sizes), T(durations), T(amounts), T(choices_and_texts), T(ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
