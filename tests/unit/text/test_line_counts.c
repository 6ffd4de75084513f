/* What lines begin and end with, and how long they are, against the obvious way; pieces that stand there again. */
#include "unit/text/text_test.h"
#include "text/line_counts.h"
#include "text/lines.h"
#include "text/repeats.h"
#include "text/unicode.h"
#include "unit/alloc_fails.h"
#include "unit/text/text_random.h"

static bool begins(sl_str t, const char *with) { return t.n >= strlen(with) && !memcmp(t.p, with, strlen(with)); }
static bool ends(sl_str t, const char *with)
{
    const size_t n = strlen(with);
    return t.n >= n && !memcmp(t.p + t.n - n, with, n);
}

static text_line_edges slow_edges(sl_str t)
{
    text_line_edges n = { 0 };
    sl_span at;
    for (text_lines it = { .t = t }; text_next_line(&it, &at); n.lines++) {
        const sl_str line = text_strip(text_part(t, at));
        n.bullets += begins(line, "-") || begins(line, "\xE2\x80\xA2");
        n.ellipses += ends(line, "...") || ends(line, "\xE2\x80\xA6");
    }
    return n;
}

static uint32_t slow_ends(sl_str t, uint64_t brief, text_line_ends *out)
{
    uint32_t n = 0;
    sl_span line;
    *out = (text_line_ends){ 0 };
    for (text_lines it = { .t = t }; text_next_newline(&it, &line);) {
        const sl_str all = text_part(t, line);
        if (!text_strip(all).n)
            continue;
        const char *end = all.p + all.n;
        n++;
        out->ended += (text_class(text_prev(&end)) & TEXT_DT_TERMINAL) != 0;
        out->brief += text_chars(all.p, all.n) <= brief;
    }
    return n;
}

static void check(text_scan *s, text_spans *lines, sl_str t, uint64_t brief)
{
    text_line_ends want, got;
    assert_true(text_scan_read(s, t));
    const text_line_edges edges = text_count_line_edges(s), slow = slow_edges(t);
    assert_int_equal(edges.lines, slow.lines);
    assert_int_equal(edges.bullets, slow.bullets);
    assert_int_equal(edges.ellipses, slow.ellipses);
    assert_true(text_count_line_ends(s, brief, lines, &got));
    assert_int_equal(lines->n, slow_ends(t, brief, &want));
    assert_int_equal(got.ended, want.ended);
    assert_int_equal(got.brief, want.brief);
}

static void as_counted(void **u)
{
    static const char *const of[] = { "- a",
                                      "\xE2\x80\xA2",
                                      " \xE2\x80\xA2 b",
                                      "a...",
                                      "...",
                                      "..",
                                      "\xE2\x80\xA6 ",
                                      "\n",
                                      "\r\n",
                                      "\xE2\x80\xA8",
                                      "a.",
                                      "a?",
                                      " ",
                                      "\xE3\x80\x82",
                                      "a b",
                                      "\xC3\xA4",
                                      "\x1C",
                                      "!\n",
                                      "-",
                                      "\t\n" };
    text_scan s = { 0 };
    text_spans lines = { 0 };
    uint64_t state = 3;
    (void)u;
    for (unsigned round = 0; round < 20000; round++) {
        char text[400];
        uint32_t n = 0;
        if (round % 3 == 0)
            n = random_text(&state, text, (uint32_t)(random_next(&state) % 300));
        for (uint64_t k = random_next(&state) % 40; round % 3 && k; k--) {
            const char *piece = of[random_next(&state) % (sizeof of / sizeof *of)];
            memcpy(text + n, piece, strlen(piece));
            n += (uint32_t)strlen(piece);
        }
        check(&s, &lines, sample(text, n), random_next(&state) % 8);
    }
    text_scan_free(&s);
    text_spans_free(&lines);
}

/* Paragraphs lie between the first word and the last; lines do not. */
static void pieces_again(void **u)
{
    static const struct {
        const char *text;
        uint32_t paragraphs, paragraphs_again, lines, lines_again;
    } rows[] = {
        { "", 1, 0, 1, 0 },
        { "a", 1, 0, 1, 0 },
        { "\n\na\n\na\n\n", 2, 1, 4, 2 },
        { "a\na\n\na", 2, 0, 3, 2 },
        { "a\n\n\nb\n\na\n\nb\n", 4, 2, 5, 2 },
    };
    text_scan s = { 0 };
    text_spans pieces = { 0 };
    text_table table = { 0 };
    text_repeats r;
    (void)u;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(text_scan_read(&s, sample(rows[i].text, strlen(rows[i].text))));
        assert_true(text_count_paragraphs_again(&table, &s, &pieces, &r));
        assert_int_equal(pieces.n, rows[i].paragraphs);
        assert_int_equal(r.n, rows[i].paragraphs_again);
        assert_true(text_count_lines_again(&table, &s, &pieces, &r));
        assert_int_equal(pieces.n, rows[i].lines);
        assert_int_equal(r.n, rows[i].lines_again);
    }
    text_scan_free(&s);
    text_spans_free(&pieces);
    text_table_free(&table);
}

/* Whichever allocation fails, that is said, and what there is can be used again. */
static void without_memory(void **u)
{
    static const char text[] = "a\n\nb\n\na";
    text_scan s = { 0 };
    (void)u;
    assert_true(text_scan_read(&s, SAMPLE(text)));
    for (long i = 0, more = 1; more; i++) {
        text_spans pieces = { 0 };
        text_table table = { 0 };
        text_repeats r = { 0 };
        text_line_ends ends;
        alloc_fail_at(i);
        const bool good = text_count_line_ends(&s, 1, &pieces, &ends) &&
                          text_count_paragraphs_again(&table, &s, &pieces, &r) && r.n == 1 &&
                          text_count_lines_again(&table, &s, &pieces, &r) && r.n == 1;
        more = alloc_failed();
        assert_int_equal(good, !more);
        assert_true(text_count_lines_again(&table, &s, &pieces, &r) && r.n == 1);
        text_spans_free(&pieces);
        text_table_free(&table);
    }
    text_scan_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_counted),
        cmocka_unit_test(pieces_again),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
