/* strip, splitlines and split("\n") as Python has them. */
#include "text_samples.h"
#include "text/lines.h"
#include "text/space.h"
#include "text/unicode.h"
#include "text/words.h"
#include "unit/text/text_random.h"

static void add(text_buf *out, sl_str t) { assert_true(text_buf_add(out, t.p, t.n)); }
static void strip(sl_str t, text_buf *out) { add(out, text_strip(t)); }
static void lstrip(sl_str t, text_buf *out) { add(out, text_lstrip(t)); }
static void rstrip(sl_str t, text_buf *out) { add(out, text_rstrip(t)); }

static void split(sl_str t, text_buf *out, bool (*next)(text_lines *, sl_span *))
{
    sl_span line;
    for (text_lines it = { .t = t }; next(&it, &line);) {
        assert_true(line.begin <= line.end && line.end <= t.n);
        add(out, text_part(t, line));
        add(out, (sl_str){ "|", 1, 0 });
    }
}

static void lines(sl_str t, text_buf *out) { split(t, out, text_next_line); }
static void newlines(sl_str t, text_buf *out) { split(t, out, text_next_newline); }

static void test_python(void **u)
{
    (void)u;
    compare_with_python("strip", strip);
    compare_with_python("lstrip", lstrip);
    compare_with_python("rstrip", rstrip);
    compare_with_python("splitlines", lines);
    compare_with_python("split newline", newlines);
}

#define MAKES(fn, in, want)                                                                                            \
    do {                                                                                                               \
        b.n = 0;                                                                                                       \
        fn(SAMPLE(in), &b);                                                                                            \
        ASSERT_TEXT(&b, want);                                                                                         \
    } while (0)

static void test_strip(void **u)
{
    (void)u;
    text_buf b = { 0 };
    MAKES(strip, "", "");
    MAKES(strip, " \t\n\u00A0\u3000", "");
    MAKES(strip, " \u2003a b\xC2\x85\x1C", "a b");
    MAKES(lstrip, " \u2003a \xC2\x85", "a \xC2\x85");
    MAKES(rstrip, " \u2003a \xC2\x85", " \u2003a");
    MAKES(strip, "\u200Ba\u200B", "\u200Ba\u200B"); /* no white space */
    text_buf_free(&b);
}

static void test_lines(void **u)
{
    (void)u;
    text_buf b = { 0 };
    MAKES(lines, "", "");
    MAKES(lines, "a", "a|");
    MAKES(lines, "a\n", "a|");
    MAKES(lines, "\n\n", "||");
    MAKES(lines, "a\r\nb\rc\n\rd", "a|b|c||d|");
    MAKES(lines, "a\r", "a|");
    MAKES(lines,
          "a\vb\fc\x1C"
          "d\x1D"
          "e\x1E"
          "f\x1Fg",
          "a|b|c|d|e|f\x1Fg|");
    MAKES(lines,
          "a\xC2\x85"
          "b\u2028c\u2029d\u00A0e\u2027f",
          "a|b|c|d\u00A0e\u2027f|");
    MAKES(newlines, "", "|");
    MAKES(newlines, "a\nb\r\n\n", "a|b\r|||");
    MAKES(newlines, "\u2028", "\u2028|");
    text_buf_free(&b);
}

/* Each code point, and each of its beginnings, against the table. */
static void test_space(void **u)
{
    (void)u;
    for (uint32_t c = 0; c < 0x110000; c++) {
        char p[4];
        const uint32_t n = utf8_put(p, c);
        if (c - 0xD800 < 0x800)
            continue;
        assert_int_equal(text_space(p, p + n), text_class(c) & TEXT_SPACE ? n : 0);
        for (uint32_t cut = 1; cut < n; cut++)
            assert_int_equal(text_space(p, p + cut), 0);
    }
    static const char *const broken[] = { "\xC2 ", "\xE2\x80 ", "\xE2 \xA8", "\xE3\xC0\x80", "\xE1\x9A\xC0" };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(text_space(broken[i], broken[i] + strlen(broken[i])), 0);
}

static void test_words(void **u)
{
    uint64_t state = 9;
    (void)u;
    for (unsigned round = 0; round < 20000; round++) {
        char p[200];
        const uint32_t n = random_text(&state, p, (uint32_t)(random_next(&state) % 190));
        text_spans words = { 0 };
        assert_true(text_split(TEXT_WHITESPACE, sample(p, n), &words));
        const uint64_t enough = random_next(&state) % 8;
        assert_int_equal(text_count_words(p, n, UINT64_MAX), words.n);
        assert_int_equal(text_count_words(p, n, enough), words.n < enough ? words.n : enough);
        text_spans_free(&words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strip), cmocka_unit_test(test_lines), cmocka_unit_test(test_python),
        cmocka_unit_test(test_space), cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
