/* spaCy's sentencizer: what spaCy 3.8.18 makes of chosen and of random texts. With a file of rows as data/spacy_en.tsv
 * it compares those only. */
#include "text_samples.h"
#include "../alloc_fails.h"
#include "text_rows.h"
#include "text/sentences.h"

/* want: the ends in code points, with commas between. */
static bool same_ends(sl_str t, const text_spans *sentences, const char *want)
{
    uint32_t begin = 0;
    for (uint32_t i = 0; i < sentences->n; i++) {
        char *end;
        const unsigned long chars = strtoul(want, &end, 10);
        const sl_span s = sentences->v[i];
        if (end == want || s.begin != begin || s.end > t.n || text_chars(t.p, s.end) != chars)
            return false;
        want = end + (*end == ',');
        begin = s.end;
    }
    return !*want && begin == (sentences->n ? t.n : 0);
}

/* The counts that are to be had without the sentences. */
static bool same_counts(sl_str t, uint32_t n)
{
    const uint32_t some = n ? n : 1; /* as C4 counts */
    for (uint32_t enough = 1; enough < 8; enough++)
        if (text_count_sentences(t, enough) != (some < enough ? some : enough))
            return false;
    return text_count_sentences(t, UINT32_MAX) == some;
}

static unsigned compare_rows(FILE *f, unsigned *rows)
{
    text_rows r = { .f = f };
    text_spans sentences = { 0 };
    unsigned different = 0;
    while (next_row(&r)) {
        assert_true(text_sentences(r.column[0], &sentences));
        if (same_ends(r.column[0], &sentences, r.column[2].p) && same_counts(r.column[0], sentences.n))
            continue;
        different++;
        printf("row %u: %u sentences, wanted are ends %s\n", r.n, sentences.n, r.column[2].p);
    }
    *rows = r.n;
    close_rows(&r);
    text_spans_free(&sentences);
    return different;
}

static void test_spacy(void **u)
{
    (void)u;
    unsigned rows;
    assert_int_equal(compare_rows(open_rows("spacy_en.tsv"), &rows), 0);
    assert_int_equal(rows, 560);
}

static void ends(const char *text, const char *want)
{
    text_spans s = { 0 };
    const sl_str t = sample(text, strlen(text));
    assert_true(text_sentences(t, &s));
    if (!same_ends(t, &s, want) || !same_counts(t, s.n))
        fail_msg("'%s': %u sentences, wanted are ends %s", text, s.n, want);
    text_spans_free(&s);
}

static void test_rules(void **u)
{
    (void)u;
    ends("", "");
    ends(" ", "1");
    ends("\n \n", "3");
    ends("One", "3");
    ends("One. Two", "4,8");
    ends("One.", "4");
    ends("One. ", "5");
    ends("One.  ", "4,6"); /* the second space is a token */
    ends("One.\n", "4,5");
    ends("One. \"Two!\" three", "6,11,17"); /* punctuation stays with what is before */
    ends("One?! Two", "5,9");
    ends("One... two", "10");   /* no end mark */
    ends("One. $ two", "4,10"); /* a symbol is no punctuation */
    ends("Mr. One x,Mr. Two", "17");
    ends("A. B. c. d", "10");
    ends("x\u3002y", "3");
    ends("x \u3002 y", "3,5");
    ends(". . . a", "5,7");
}

/* Far fewer tokens are looked at than there are. */
static void test_enough(void **u)
{
    (void)u;
    text_buf t = { 0 };
    const uint32_t n = 2000000;
    for (uint32_t i = 0; i < n; i++)
        assert_true(text_buf_add(&t, "Go on. ", 7));
    const sl_str text = text_buf_end(&t);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(text_count_sentences(text, 5), 5);
    assert_int_equal(text_count_sentences(text, UINT32_MAX), n);
    text_buf_free(&t);
}

static void test_no_memory(void **u)
{
    (void)u;
    text_buf t = { 0 };
    text_spans out = { 0 };
    long failed = 0;
    for (int i = 0; i < 200; i++)
        assert_true(text_buf_add(&t, "Go on. ", 7));
    const sl_str text = text_buf_end(&t);
    for (bool more = true; more; failed++) {
        text_spans_free(&out);
        alloc_fail_at(failed);
        const bool ok = text_sentences(text, &out);
        more = alloc_failed();
        assert_int_equal(ok, !more);
    }
    assert_true(failed > 2);
    assert_int_equal(out.n, 200);
    text_spans_free(&out);
    text_buf_free(&t);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        unsigned rows, different = compare_rows(fopen(argv[1], "r"), &rows);
        printf("%u texts compared, %u different\n", rows, different);
        return different || !rows;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_spacy),
        cmocka_unit_test(test_enough),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
