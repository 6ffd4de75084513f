/* simplify_text as datatrove has it: its own results, Python's, and each rule by example. With a file of texts as
 * data/simplify.tsv it compares those only. */
#include "text_samples.h"
#include "../alloc_fails.h"
#include <stdio.h>
#include "text/simplify.h"

static text_buf work[2];

static void simplify(sl_str t, text_buf *out) { assert_true(text_simplify(t, out, work)); }

/* \xHH to bytes, in place; the new length. */
static size_t unescape(char *p)
{
    char *w = p;
    for (const char *r = p; *r;) {
        unsigned byte;
        if (*r == '\\' && sscanf(r, "\\x%2x", &byte) == 1) {
            *w++ = (char)byte;
            r += 4;
        } else {
            *w++ = *r++;
        }
    }
    return (size_t)(w - p);
}

/* How many rows differ; *rows: of how many. */
static unsigned compare_rows(const char *path, unsigned *rows)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    text_buf out = { 0 };
    unsigned different = 0;
    *rows = 0;
    while (f && getline(&line, &cap, f) > 0) {
        char *want = strchr(line, '\t');
        assert_non_null(want);
        *want++ = 0;
        want[strcspn(want, "\n")] = 0;
        const size_t n = unescape(line), want_n = unescape(want);
        simplify(sample(line, n), &out);
        ++*rows;
        if (out.n == want_n && !memcmp(out.p, want, want_n))
            continue;
        different++;
        printf("row %u: '%.*s', wanted is '%s'\n", *rows, (int)out.n, out.p, want);
    }
    if (f)
        fclose(f);
    free(line);
    text_buf_free(&out);
    return different;
}

static void test_datatrove(void **u)
{
    (void)u;
    char path[4096];
    unsigned rows;
    snprintf(path, sizeof path, "%s/tests/unit/text/data/simplify.tsv", getenv("SLUICE_SOURCE_DIR"));
    assert_int_equal(compare_rows(path, &rows), 0);
    assert_int_equal(rows, 344);
}

static void test_python(void **u)
{
    (void)u;
    compare_with_python("simplify", simplify);
}

#define MAKES(in, want)                                                                                                \
    do {                                                                                                               \
        simplify(SAMPLE(in), &b);                                                                                      \
        ASSERT_TEXT(&b, want);                                                                                         \
    } while (0)

static void test_rules(void **u)
{
    (void)u;
    text_buf b = { 0 };
    MAKES("", "");
    MAKES("The Quick—brown fox's 3.14 jumps over 12 lazy dogs, Café naïve №5 in 2024!",
          "the quick brown fox s 0 jumps over 0 lazy dogs cafe naive №0 in 0");
    MAKES("1.2.3", "0 0"); /* one separator */
    MAKES("1,2.3,4", "0 0");
    MAKES("1..2", "0 0");
    MAKES("1. 2", "0 0");
    MAKES("1.a 1,", "0 a 0");
    MAKES(".5 12a3", "0 0a0");
    MAKES("1٫2٫3 ١،٢ ٣،", "0٫0 0 0،"); /* separators that are no punctuation */
    MAKES("1⎖2 1⎖", "0 0⎖");
    MAKES("1.٢", "0"); /* ASCII's before another digit */
    MAKES("1٫2", "0");
    MAKES("\U00011F50\U00011F51", "0"); /* digits that Unicode 14 does not have */
    MAKES("\uFF11\uFF12", "0");         /* a digit first, though datatrove's punctuation has it */
    MAKES("\x01 a\tb\n\nc\x1F\u00A0\u3000 d\x7F", "a b c d");
    MAKES("!?...", "");
    MAKES("\u3008", ""); /* nothing is left before marks are looked for */
    MAKES("\u0301", "");
    MAKES("\u0301 a \u0301", "a"); /* a space behind a mark that goes */
    MAKES("a \u0301 b", "a  b");   /* and one that is left */
    MAKES("1\u03012", "00");
    MAKES("İ Ǆ ΟΔΟΣ K", "i ǆ οδος k");
    MAKES("\uAC01", "\u1100\u1161\u11A8");
    text_buf_free(&b);
}

/* An ASCII text alone, and as the beginning of one that is not: two ways that must agree. */
static void test_ways_agree(void **u)
{
    (void)u;
    text_buf t = { 0 }, ascii = { 0 }, other = { 0 };
    uint64_t x = 3;
    for (int i = 0; i < 50000; i++) {
        t.n = 0;
        assert_true(text_buf_add(&t, "x ", 2));
        for (uint32_t n = sample_below(&x, 40); n; n--)
            sample_put(&t, (uint32_t) "  ..,019aZ-\n\x01"[sample_below(&x, 13)]);
        simplify(text_buf_end(&t), &ascii);
        sample_put(&t, ' ');
        sample_put(&t, 0x3B1);
        simplify(text_buf_end(&t), &other);
        assert_true(text_buf_add(&ascii, " \u03B1", 3));
        assert_text(&other, ascii.p, ascii.n);
    }
    text_buf_free(&t);
    text_buf_free(&ascii);
    text_buf_free(&other);
}

static void test_no_memory(void **u)
{
    (void)u;
    const sl_str t = SAMPLE("\u00C9\u0301\u0316 1");
    text_buf out = { 0 }, room[2] = { { 0 } };
    long failed = 0;
    for (bool more = true; more; failed++) {
        text_buf_free(&out);
        text_buf_free(&room[0]);
        text_buf_free(&room[1]);
        alloc_fail_at(failed);
        const bool ok = text_simplify(t, &out, room);
        more = alloc_failed();
        assert_int_equal(ok, !more);
    }
    assert_int_equal(failed, 4);
    ASSERT_TEXT(&out, "e 0");
    text_buf_free(&out);
    text_buf_free(&room[0]);
    text_buf_free(&room[1]);
}

static int close_work(void **u)
{
    (void)u;
    text_buf_free(&work[0]);
    text_buf_free(&work[1]);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        unsigned rows, different = compare_rows(argv[1], &rows);
        printf("%u texts compared, %u different\n", rows, different);
        close_work(NULL);
        return different || !rows;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),     cmocka_unit_test(test_datatrove), cmocka_unit_test(test_ways_agree),
        cmocka_unit_test(test_no_memory), cmocka_unit_test(test_python),
    };
    return cmocka_run_group_tests(tests, NULL, close_work);
}
