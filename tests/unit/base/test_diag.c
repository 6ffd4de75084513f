/* Diagnostics: what is kept, in which order it is shown, and where the caret stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/diag.h"
#include "base/str.h"
#include "unit/alloc_fails.h"

static void shows_color(diags *d, bool color, const char *want)
{
    char *got = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&got, &n);
    assert_non_null(f);
    diags_print(d, f, color);
    fclose(f);
    assert_string_equal(got, want);
    free(got);
}

static void shows(diags *d, const char *want)
{
    shows_color(d, false, want);
    diags_free(d);
    diags_init(d);
}

static diag_source source(const char *name, const char *text)
{
    return (diag_source){ name, text, text ? strlen(text) : 0 };
}

static void test_places(void **u)
{
    (void)u;
    diags d;
    const diag_source a = source("a.yaml", "one: 1\ntwo: 2\nthree: 3"), bare = source("--set", NULL);
    diags_init(&d);
    shows(&d, "");
    diag_error(&d, (diag_at){ 0 }, "no place at %s", "all");
    diag_hint(&d, "do %d", 7);
    shows(&d, "error: no place at all\n      do 7\n");
    diag_error(&d, (diag_at){ &a, 0, 0, 0 }, "the file");
    shows(&d, "a.yaml: error: the file\n");
    diag_warning(&d, (diag_at){ &a, 2, 6, 1 }, "odd");
    shows(&d, "a.yaml:2:6: warning: odd\n    2 | two: 2\n      |      ^\n");
    diag_error(&d, (diag_at){ &a, 3, 1, 5 }, "last line, no newline");
    diag_hint(&d, "first");
    diag_hint(&d, "say %s", "three");
    shows(&d, "a.yaml:3:1: error: last line, no newline\n    3 | three: 3\n      | ^~~~~  say three\n");
    diag_error(&d, (diag_at){ &bare, 1, 4, 1 }, "nothing to quote");
    diag_hint(&d, "a hint");
    shows(&d, "--set:1:4: error: nothing to quote\n      a hint\n");
    diag_hint(&d, "of nothing"); /* no diagnostic: ignored */
    shows(&d, "");
    diags_free(&d);
}

static void test_color(void **u)
{
    (void)u;
    diags d;
    const diag_source a = source("f", "ab");
    diags_init(&d);
    diag_error(&d, (diag_at){ &a, 1, 2, 1 }, "bad");
    diag_warning(&d, (diag_at){ 0 }, "odd");
    shows_color(&d, true,
                "\033[1mf:1:2:\033[0m \033[1;31merror\033[0m: bad\n    1 | ab\n      |  \033[1;32m^\033[0m\n"
                "\033[1;33mwarning\033[0m: odd\n");
    diags_free(&d);
}

static void test_caret(void **u)
{
    (void)u;
    diags d;
    const diag_source a = source("f", "\tk\xC3\xA9y: \xE2\x82\xAC\xE2\x82\xAC!\r\nz\x1b[31m: x\r\n\r\n");
    diags_init(&d);
    diag_error(&d, (diag_at){ &a, 1, 7, 6 }, "after a tab and a two-byte letter");
    shows(&d, "f:1:7: error: after a tab and a two-byte letter\n    1 |  k\xC3\xA9y: \xE2\x82\xAC\xE2\x82\xAC!\n      "
              "|      ^~~\n");
    diag_error(&d, (diag_at){ &a, 1, 8, 100 }, "the tail ends with the line");
    shows(&d, "f:1:8: error: the tail ends with the line\n    1 |  k\xC3\xA9y: \xE2\x82\xAC\xE2\x82\xAC!\n      |      "
              " ^~~\n");
    diag_error(&d, (diag_at){ &a, 2, 900, 3 }, "beyond the line");
    shows(&d, "f:2:900: error: beyond the line\n    2 | z [31m: x\n      |          ^\n");
    diag_error(&d, (diag_at){ &a, 3, 1, 1 }, "an empty line");
    shows(&d, "f:3:1: error: an empty line\n    3 | \n      | ^\n");
    diag_error(&d, (diag_at){ &a, 4, 1, 1 }, "the end of the text");
    shows(&d, "f:4:1: error: the end of the text\n    4 | \n      | ^\n");
    diag_error(&d, (diag_at){ &a, 2, 0, 0 }, "a line without a column");
    shows(&d, "f:2:0: error: a line without a column\n    2 | z [31m: x\n      | ^\n");
    diag_error(&d, (diag_at){ &a, 9, 1, 1 }, "no such line");
    diag_hint(&d, "the hint stays");
    shows(&d, "f:9:1: error: no such line\n      the hint stays\n");
    diags_free(&d);
}

static void test_long_line(void **u)
{
    (void)u;
    diags d;
    char *text = malloc(100001), want[1024];
    assert_non_null(text);
    memset(text, 'x', 100000);
    text[100000] = 0;
    text[50000] = 'K';
    const diag_source a = source("f", text);
    diags_init(&d);
    diag_error(&d, (diag_at){ &a, 1, 50001, 500 }, "long"); /* 80 bytes before the place, 80 from it */
    snprintf(want, sizeof want, "f:1:50001: error: long\n    1 | %.*sK%.*s\n      | %80s^%.*s\n", 80, text, 79, text,
             "", 0, "");
    const size_t n = strlen(want) - 1;
    memset(want + n, '~', 79);
    strcpy(want + n + 79, "\n");
    shows(&d, want);
    diag_error(&d, (diag_at){ &a, 1, 100001, 1 }, "end");
    snprintf(want, sizeof want, "f:1:100001: error: end\n    1 | %.*s\n      | %80s^\n", 80, text, "");
    shows(&d, want);
    diag_error(&d, (diag_at){ &a, 1, 5, 1 }, "start");
    snprintf(want, sizeof want, "f:1:5: error: start\n    1 | %.*s\n      |     ^\n", 160, text);
    shows(&d, want);

    for (size_t i = 0; i + 3 <= 99999; i += 3) /* characters of three bytes: never cut inside one */
        memcpy(text + i, "\xE2\x82\xAC", 3);
    diag_error(&d, (diag_at){ &a, 1, 50000, 3 }, "wide");
    char *got = NULL;
    size_t got_n = 0;
    FILE *f = open_memstream(&got, &got_n);
    diags_print(&d, f, false);
    fclose(f);
    assert_int_equal(utf8_valid_prefix(got, got_n), got_n);
    assert_non_null(strstr(got, "\xE2\x82\xAC\n      |"));
    free(got);
    memset(text, 0x80, 100000); /* nothing but bytes that begin no character */
    diag_error(&d, (diag_at){ &a, 1, 50000, 3 }, "hopeless");
    f = open_memstream(&got, &got_n);
    diags_print(&d, f, false);
    fclose(f);
    free(got);
    diags_free(&d);
    free(text);
}

static void test_order(void **u)
{
    (void)u;
    diags d;
    const diag_source a = source("a", NULL), b = source("b", NULL);
    diags_init(&d);
    diag_error(&d, (diag_at){ 0 }, "x1");
    diag_error(&d, (diag_at){ &a, 5, 1, 1 }, "a5");
    diag_error(&d, (diag_at){ &b, 1, 1, 1 }, "b1");
    diag_error(&d, (diag_at){ &a, 3, 2, 1 }, "a3.2");
    diag_warning(&d, (diag_at){ &a, 3, 1, 1 }, "a3.1");
    diag_error(&d, (diag_at){ &b, 1, 1, 1 }, "b1 again");
    diag_error(&d, (diag_at){ 0 }, "x2");
    diag_error(&d, (diag_at){ &a, 0, 0, 0 }, "a0");
    shows(&d, "a: error: a0\na:3:1: warning: a3.1\na:3:2: error: a3.2\na:5:1: error: a5\nb:1:1: error: b1\nb:1:1: "
              "error: b1 again\n"
              "error: x1\nerror: x2\n");
    /* Many of three sources in turns: every source in one piece, its lines ascending. */
    const diag_source three[] = { source("p", NULL), source("q", NULL), source("r", NULL) };
    sbuf want = { 0 };
    for (unsigned i = 0; i < 60; i++)
        diag_error(&d, (diag_at){ &three[i % 3], 100 - i, 1, 1 }, "e");
    for (unsigned s = 0; s < 3; s++)
        for (unsigned line = 100 - 57 - s; line <= 100 - s; line += 3)
            sbuf_printf(&want, "%s:%u:1: error: e\n", three[s].name, line);
    shows(&d, sbuf_z(&want));
    sbuf_free(&want);
    diags_free(&d);
}

static void test_once(void **u)
{
    (void)u;
    diags d;
    const diag_source a = source("a", NULL), b = source("b", NULL);
    diags_init(&d);
    diag_error(&d, (diag_at){ &a, 1, 1, 1 }, "same");
    diag_hint(&d, "hint of a");
    diag_error(&d, (diag_at){ &b, 1, 1, 1 }, "same");
    diag_hint(&d, "hint of b");
    diag_error(&d, (diag_at){ &a, 1, 1, 9 }, "same"); /* again: nothing is added … */
    diag_hint(&d, "hint of a");                       /* … and this belongs to the one that was there */
    diag_error(&d, (diag_at){ &a, 1, 2, 1 }, "same");
    assert_int_equal(d.errors, 3);
    assert_int_equal(d.n, 3);
    shows(&d, "a:1:1: error: same\n      hint of a\na:1:2: error: same\nb:1:1: error: same\n      hint of b\n");
    diag_warning(&d, (diag_at){ 0 }, "same");
    assert_int_equal(d.errors, 0);
    diag_error(&d, (diag_at){ 0 }, "same"); /* an error is no repetition of a warning */
    assert_int_equal(d.errors, 1);
    diags_free(&d);
}

static void test_no_memory(void **u)
{
    (void)u;
    diags d;
    const diag_source a = source("a", NULL);
    diags_init(&d);
    diag_error(&d, (diag_at){ &a, 1, 1, 1 }, "wrong");
    diag_nomem(&d);
    diag_hint(&d, "of no use");
    diag_nomem(&d); /* once is enough */
    assert_true(d.nomem);
    assert_int_equal(d.errors, 2);
    shows(&d, "a:1:1: error: wrong\nerror: out of memory\n");
    assert_false(d.nomem);
    for (long nth = 0, more = 1; more; nth++) { /* the words, the list, the copy */
        alloc_fail_at(nth);
        diag_error(&d, (diag_at){ &a, 1, 1, 1 }, "wrong");
        more = alloc_failed();
        assert_int_equal(d.nomem, more);
        assert_int_equal(d.n, !more);
        assert_true(d.errors > 0);
        diags_free(&d);
        diags_init(&d);
    }
    diags_free(&d);
}

static void test_many(void **u)
{
    (void)u;
    diags d;
    const diag_source a = source("a", NULL);
    sbuf want = { 0 };
    diags_init(&d);
    for (unsigned i = 0; i < 120; i++) {
        diag_error(&d, (diag_at){ &a, i + 1, 1, 1 }, "e%u", i);
        diag_hint(&d, "h%u", i);
    }
    assert_int_equal(d.errors, 120);
    assert_int_equal(d.n, 100);
    for (unsigned i = 0; i < 100; i++)
        sbuf_printf(&want, "a:%u:1: error: e%u\n      h%u\n", i + 1, i, i);
    sbuf_puts(&want, "and 20 more\n");
    shows(&d, sbuf_z(&want));

    /* Warnings must not crowd out the error that stopped everything. */
    for (unsigned i = 0; i < 150; i++)
        diag_warning(&d, (diag_at){ &a, i + 1, 1, 1 }, "w");
    diag_error(&d, (diag_at){ &a, 1000, 1, 1 }, "the error");
    assert_int_equal(d.errors, 1);
    char *got = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&got, &n);
    diags_print(&d, f, false);
    fclose(f);
    assert_non_null(strstr(got, "a:1000:1: error: the error\n"));
    free(got);
    sbuf_free(&want);
    diags_free(&d);
}

/* What a file says must not steer the terminal. */
static void test_control(void **u)
{
    (void)u;
    diags d;
    diags_init(&d);
    diag_error(&d, (diag_at){ 0 }, "name = %s", "a\033[2Jb\x7f\r");
    diag_hint(&d, "not %s", "\033]0;x\007");
    assert_string_equal(d.v[0].text, "name = a?[2Jb??");
    assert_string_equal(d.v[0].hint, "not ?]0;x?");
    diags_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control), cmocka_unit_test(test_places),    cmocka_unit_test(test_color),
        cmocka_unit_test(test_caret),   cmocka_unit_test(test_long_line), cmocka_unit_test(test_order),
        cmocka_unit_test(test_once),    cmocka_unit_test(test_many),      cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
