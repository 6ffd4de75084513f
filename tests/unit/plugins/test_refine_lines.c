/* What DCLM's line modifiers leave of texts; and that nothing but memory fails. */
#include "unit/text/text_test.h"
#include <stdio.h>
#include "../alloc_fails.h"
#include "line_rules.h"

static const char *anywhere[] = { "items in cart" }, *at_end[] = { "Read more..." }, *at_start[] = { "Sign-in" };
static const line_rules dclm = { .max_uppercase_ratio = 0.5,
                                 .max_numeric_ratio = 0.999999,
                                 .counters = true,
                                 .min_words = 2,
                                 .max_words_with_phrase = 10,
                                 .phrases = { { anywhere, 1 }, { at_end, 1 }, { at_start, 1 } } };
static line_work work;

static sl_str text_of(const char *p) { return sample_before(p, strlen(p), '1'); }

static void leaves(const line_rules *r, const char *in, const char *want)
{
    const sl_str now = line_rules_apply(r, text_of(in), &work);
    assert_non_null(now.p);
    if (now.n != strlen(want) || memcmp(now.p, want, now.n) != 0)
        fail_msg("of '%s' '%.*s' was left, wanted is '%s'", in, (int)now.n, now.p, want);
}

static void test_lines(void **u)
{
    (void)u;
    static const char *const cases[][2] = {
        { "", "" },
        { " \n\t\n", "" },
        { "a b", "a b" },
        { " a b \n\n c d ", "a b \n\n c d" },
        { "a b\r\nc d", "a b\r\nc d" }, /* lines end at \n alone */
        { "AB c\nx y", "AB c\nx y" },   /* half is not more */
        { "AB C\nx y", "x y" },
        { "\u00C4\u00D6 \u00FC\nx y", "\u00C4\u00D6 \u00FC\nx y" },
        { "\u00C4\u00D6 \u00DC\nx y", "x y" },
        { "\u01C5\u01C5 x\nx y", "\u01C5\u01C5 x\nx y" }, /* a title case letter is no capital */
        { "1 2\nx y", "1 2\nx y" },
        { "\u0661\u00B2\nx y", "x y" }, /* digits of any script, and raised ones */
        { "one\nx y\n\ntwo", "x y" },
        { "3 likes\n1,000.5k  views!?\n(12M followers)\nx y", "x y" },
        { "\u0663 shares\n\u212A 3 likes\nx y", "\u212A 3 likes\nx y" },
        { "3 boo\u212Amarks\nx y", "x y" },           /* a Kelvin sign is a k in lower case */
        { "3 l\u0130kes\nx y", "3 l\u0130kes\nx y" }, /* this is an i and a dot */
        { "3 likes x\n3.k. likes\nx y", "3 likes x\n3.k. likes\nx y" },
        { "3kk likes\n_3 likes\n\u00BD likes\nx y", "3kk likes\n_3 likes\n\u00BD likes\nx y" },
        { "3\u2003likes\u2003\nx y", "x y" },
        { "you have items in cart now", "you have now" },
        { "items in cart, \u0131tems \u0130N carT", "," },
        { "1 2 3 4 5 6 7 items in cart", "1 2 3 4 5 6 7" },
        { "1 2 3 4 5 6 7 8 items in cart", "1 2 3 4 5 6 7 8 items in cart" },
        { "items in cart items in cart\nx y", "x y" },
        { "and so on\u3000read moreab\u4E2D", "and so on" }, /* three dots are any three */
        { "and so on read more..", "and so on read more.." },
        { "Sign-in  here", "here" },
        { "\u017F\u0131gn-in,x y", ",x y" },
        { "x Sign-in", "x Sign-in" },
        { "Sign-in Read more...\nx y", "x y" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        leaves(&dclm, cases[i][0], cases[i][1]);
}

static void test_counts(void **u)
{
    (void)u;
    static const uint64_t want[LINE_COUNTS] = { 1, 2, 3, 4, 1, 2 };
    leaves(&dclm,
           "UPPER\n1\n2\n3 likes\n4 likes\n5 likes\na\nb\nc\nd\nitems in cart\nSign-in here\nto Read more...\nx y",
           "here\nto\nx y");
    for (int i = 0; i < LINE_COUNTS; i++)
        assert_int_equal(work.counts[i], want[i]);
}

/* Of several at the end the longest, of several at the start the first. */
static void test_phrases(void **u)
{
    (void)u;
    static const char *ends[] = { "more", "read more", "d more" }, *starts[] = { "a", "a b" };
    const line_rules r = { .max_uppercase_ratio = 1,
                           .max_numeric_ratio = 1,
                           .max_words_with_phrase = 10,
                           .phrases = { { 0 }, { ends, 3 }, { starts, 2 } } };
    leaves(&r, "x read more", "x");
    leaves(&r, "x bed more", "x be");
    leaves(&r, "more", "");
    leaves(&r, "a b c", "b c");
    leaves(&r, "3 likes\nONE", "3 likes\nONE"); /* nothing else was asked for */
}

static void test_words(void **u)
{
    (void)u;
    assert_int_equal(count_fasttext_words(text_of(""), UINT64_MAX), 0);
    assert_int_equal(count_fasttext_words(text_of("a b\tc\nd\re\vf\fg"), UINT64_MAX), 7);
    assert_int_equal(count_fasttext_words(text_of(" -a (b) 1. \u00E9x \u3000y \u00BD _"), UINT64_MAX),
                     3);                                         /* by the first character */
    assert_int_equal(count_fasttext_words((sl_str){ "a\0b\0\0-c" /* and slack */
                                                    "                                                                ",
                                                    7, 0 },
                                          UINT64_MAX),
                     2);
    assert_int_equal(count_fasttext_words(text_of("a b c"), 2), 2);
}

/* Were it not linear, nobody would wait. */
static void test_long(void **u)
{
    (void)u;
    static const char *const of[] = { "items in car", "1", "\n", "1 ", "read more", "(", "3 like", "A\n", "1,\n" };
    enum { N = 5000000 };
    char *block = malloc(N + TEXT_SLACK);
    assert_non_null(block);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        for (size_t at = 0; at < N + TEXT_SLACK; at++)
            block[at] = of[i][at % strlen(of[i])];
        assert_non_null(line_rules_apply(&dclm, (sl_str){ block, N, 0 }, &work).p);
    }
    free(block);
}

static void test_no_memory(void **u)
{
    (void)u;
    const sl_str t = text_of("3 likes\nx items in cart\nx y");
    long failed = 0;
    for (bool more = true; more; failed++) {
        line_work_free(&work);
        work = (line_work){ 0 };
        alloc_fail_at(failed);
        const sl_str now = line_rules_apply(&dclm, t, &work);
        more = alloc_failed();
        assert_int_equal(now.p != NULL, !more);
    }
    assert_int_equal(failed, 5); /* lines, lower case, edited lines, the text: each once */
}

static int free_work(void **u)
{
    (void)u;
    line_work_free(&work);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines), cmocka_unit_test(test_counts), cmocka_unit_test(test_phrases),
        cmocka_unit_test(test_words), cmocka_unit_test(test_long),   cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, free_work);
}
