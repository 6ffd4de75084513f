/* The line of progress, and texts of documents on a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <string.h>
#include "cli/cli.h"
#include "cli/progress.h"

static void line_is(exec_progress now, size_t sinks, double speed, double left, unsigned width, const char *want)
{
    sbuf out = { 0 };
    progress_line(&now, "crawl", sinks, speed, left, width, &out);
    assert_string_equal(sbuf_z(&out), want);
    sbuf_free(&out);
}

static void test_line(void **state)
{
    (void)state;
    const exec_progress half = {
        .bytes_done = 1400000000000, .bytes_total = 2800000000000, .documents = 1000000, .kept = 381000
    };
    line_is(
        half, 1, 412e6, 3720, 160,
        "crawl ▕████████████            ▏ 50 %  1.4 of 2.8 TB  412 MB/s  1,000,000 docs  kept 38.1 %  1 h 02 min left");
    line_is(half, 2, 412e6, -1, 160,
            "crawl ▕████████████            ▏ 50 %  1.4 of 2.8 TB  412 MB/s  1,000,000 docs  written 381,000");
    line_is(half, 1, 412e6, 3720, 60, "crawl 50 %  1.4 of 2.8 TB  412 MB/s  1,000,000 docs");
    line_is(half, 1, 412e6, 3720, 20, "crawl 50 %");
}

static void test_line_edges(void **state)
{
    (void)state;
    line_is((exec_progress){ .bytes_done = 2000 }, 1, 0, -1, 120, "crawl  2.0 kB  0 docs");
    line_is((exec_progress){ .bytes_done = 5, .bytes_total = 10, .documents = 2, .kept = 90 }, 1, 0, -1, 120,
            "crawl ▕████████████            ▏ 50 %  5 of 10 B  2 docs  written 90");
    line_is((exec_progress){ .bytes_done = 900, .bytes_total = 5000000, .documents = 1, .kept = 1, .errors = 3 }, 1, 0,
            9, 120, "crawl ▕                        ▏ 0 %  900 B of 5.0 MB  1 docs  kept 100.0 %  3 bad  9.0 s left");
    line_is((exec_progress){ .bytes_done = 50, .bytes_total = 40 }, 1, 0, -1, 120,
            "crawl ▕████████████████████████▏ 100 %  50 of 40 B  0 docs");
}

static void wraps_to(const char *text, unsigned width, const char *const *lines)
{
    const char *p = text, *end = text + strlen(text);
    for (size_t i = 0; lines[i]; i++) {
        sbuf out = { 0 };
        assert_true(cli_wrap(&p, end, width, &out));
        assert_string_equal(sbuf_z(&out), lines[i]);
        sbuf_free(&out);
    }
    sbuf out = { 0 };
    assert_false(cli_wrap(&p, end, width, &out));
    sbuf_free(&out);
}

static void test_wrap(void **state)
{
    (void)state;
    wraps_to("one two three", 8, (const char *const[]){ "one two", "three", NULL });
    wraps_to("abcdefghij", 4, (const char *const[]){ "abcd", "efgh", "ij", NULL });
    wraps_to("a\n\nb\n", 4, (const char *const[]){ "a", "", "b", NULL });
    wraps_to("日本語", 4, (const char *const[]){ "日本", "語", NULL });
    wraps_to("日", 1, (const char *const[]){ "日", NULL }); /* width is at least 2 */
    wraps_to("\x1b[2J\x7f\x07\r\t.", 20, (const char *const[]){ "␛[2J␡␇ .", NULL });
    wraps_to("\xff\xc3 \xc2\x9b \xe2\x80\xae", 20,
             (const char *const[]){ "\xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD", NULL });
}

static void test_safe(void **state)
{
    (void)state;
    sbuf out = { 0 };
    cli_safe("a\nb\x1b", 4, 10, &out);
    assert_string_equal(sbuf_z(&out), "a⏎b␛");
    sbuf_clear(&out);
    cli_safe("abcdef", 6, 4, &out);
    assert_string_equal(sbuf_z(&out), "abc…");
    sbuf_clear(&out);
    cli_safe("abcd", 4, 4, &out);
    assert_string_equal(sbuf_z(&out), "abcd");
    sbuf_free(&out);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_line), cmocka_unit_test(test_line_edges),
                                        cmocka_unit_test(test_wrap), cmocka_unit_test(test_safe) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
