#include "unit/text/text_test.h"
#include "text/hash.h"
#include "text/lines.h"
#include "text/scan.h"
#include "text/unicode.h"
#include "unit/text/text_random.h"

/* The same, one code point after the other. */
static void check_slowly(const text_scan *s, sl_str t)
{
    uint32_t words = 0, lines = 0, chars = 0, hashes = 0, ellipses = 0, dots = 0;
    bool in = false, ascii = true, breaks = false;
    for (const char *p = t.p, *end = t.p + t.n; p < end;) {
        const uint32_t at = (uint32_t)(p - t.p), c = text_next(&p), class = text_class(c);
        const bool space = (class & TEXT_SPACE) != 0;
        chars++;
        ascii &= c < 128;
        hashes += c == '#';
        dots = c == '.' ? dots + 1 : 0;
        ellipses += c == 0x2026;
        if (dots == 3) {
            ellipses++;
            dots = 0;
        }
        breaks |= c != '\n' && (class & TEXT_BREAK);
        if (c == '\n') {
            assert_true(lines < s->n_newline);
            assert_int_equal(s->newline[lines++], at);
        }
        if (in && space)
            assert_int_equal(s->words.v[words++].end, at);
        if (!in && !space) {
            assert_true(words < s->words.n);
            assert_int_equal(s->words.v[words].begin, at);
        }
        in = !space;
    }
    if (in)
        assert_int_equal(s->words.v[words++].end, t.n);
    assert_int_equal(s->words.n, words);
    assert_int_equal(s->n_newline, lines);
    assert_int_equal(s->chars, chars);
    assert_int_equal(s->hashes, hashes);
    assert_int_equal(s->ellipses, ellipses);
    assert_int_equal(s->ascii, ascii);
    assert_int_equal(s->other_breaks, breaks);
}

static void check_lines(const text_scan *s, sl_str t)
{
    text_lines found = { .t = t };
    sl_span line, want;
    for (text_lines it = { .t = t }; text_next_line(&it, &want);) {
        assert_true(text_scan_next_line(s, &found, &line));
        assert_int_equal(line.begin, want.begin);
        assert_int_equal(line.end, want.end);
    }
    assert_false(text_scan_next_line(s, &found, &line));
}

static void check_words_alone(const text_scan *s, sl_str t)
{
    text_spans words = { 0 };
    assert_true(text_scan_words(t, &words));
    assert_int_equal(words.n, s->words.n);
    if (words.n)
        assert_memory_equal(words.v, s->words.v, words.n * sizeof *words.v);
    text_spans_free(&words);
}

static void check_squeezed(const text_scan *s, text_squeezed *q, sl_str t)
{
    assert_true(text_squeeze(q, t, s->words.v, s->words.n, s->ascii));
    uint32_t at = 0, chars = 0;
    for (uint32_t i = 0; i < s->words.n; i++) {
        const sl_str word = text_part(t, s->words.v[i]);
        assert_int_equal(q->begin[i], at);
        assert_int_equal(q->chars_before[i], chars);
        assert_memory_equal(q->p + at, word.p, word.n);
        assert_int_equal(q->hash[i], text_quick_hash(word.p, word.n));
        at += word.n;
        chars += (uint32_t)text_chars(word.p, word.n);
    }
    assert_int_equal(q->begin[s->words.n], at);
    assert_int_equal(q->chars_before[s->words.n], chars);
    for (uint32_t i = 0; i < TEXT_SLACK; i++)
        assert_int_equal(q->p[at + i], 0);
}

static void check(text_scan *s, text_squeezed *q, const char *p, uint32_t n)
{
    const sl_str t = sample_before(p, n, 'x');
    assert_true(text_scan_read(s, t));
    check_slowly(s, t);
    check_lines(s, t);
    check_words_alone(s, t);
    check_squeezed(s, q, t);
}

static void each_kernel(void (*with)(text_scan *, text_squeezed *))
{
    unsigned ran = 0;
    for (const char *const *name = text_kernels; *name; name++) {
        text_scan s = { 0 };
        text_squeezed q = { 0 };
        if (!text_use_kernel(*name))
            continue;
        with(&s, &q);
        text_scan_free(&s);
        text_squeezed_free(&q);
        ran++;
    }
    assert_true(ran >= 1); /* "plain" runs everywhere */
    assert_false(text_use_kernel("nothing of this name"));
}

static void random_texts(text_scan *s, text_squeezed *q)
{
    char text[5000];
    uint64_t state = 1;
    for (unsigned i = 0; i < 3000; i++)
        check(s, q, text, random_text(&state, text, (uint32_t)(random_next(&state) % (i % 50 ? 300 : 4990))));
}

/* Each kind of white space at each place of a block and over its borders. */
static void borders(text_scan *s, text_squeezed *q)
{
    static const uint32_t of[] = { ' ',    '\n',   '\r',   0x1C,   0x85,   0xA0,   0x1680,
                                   0x2009, 0x2026, 0x2028, 0x202F, 0x205F, 0x3000, 0x200B };
    for (size_t k = 0; k < sizeof of / sizeof *of; k++)
        for (uint32_t at = 50; at < 140; at++) {
            char text[160];
            memset(text, 'a', sizeof text);
            const uint32_t n = utf8_put(text + at, of[k]);
            check(s, q, text, at + n);
            check(s, q, text, at + n + 1);
            utf8_put(text + at + n, of[k]);
            check(s, q, text, at + 2 * n + 3);
        }
}

static void dots(text_scan *s, text_squeezed *q)
{
    char text[200];
    for (uint32_t n = 0; n < 20; n++)
        for (uint32_t at = 55; at < 70; at++) {
            memset(text, 'a', sizeof text);
            memset(text + at, '.', n);
            check(s, q, text, at + n);
            check(s, q, text, 200);
        }
}

static void random_texts_by_each_kernel(void **u)
{
    (void)u;
    each_kernel(random_texts);
}
static void white_space_over_borders(void **u)
{
    (void)u;
    each_kernel(borders);
}
static void ellipses_over_borders(void **u)
{
    (void)u;
    each_kernel(dots);
}

static void large_texts(void **u)
{
    (void)u;
    const uint32_t n = 3 << 20;
    char *text = malloc((size_t)n + TEXT_SLACK);
    text_scan s = { 0 };
    assert_non_null(text);
    memset(text, '\n', n);
    assert_true(text_scan_read(&s, (sl_str){ text, n, 0 }));
    assert_int_equal(s.n_newline, n);
    assert_int_equal(s.words.n, 0);
    for (uint32_t i = 0; i < n; i += 2)
        text[i] = 'a';
    assert_true(text_scan_read(&s, (sl_str){ text, n, 0 }));
    assert_int_equal(s.n_newline, n / 2);
    assert_int_equal(s.words.n, n / 2);
    assert_true(text_scan_read(&s, (sl_str){ text, 0, 0 }));
    assert_int_equal(s.n_newline + s.words.n + s.chars, 0);
    text_scan_free(&s);
    free(text);
}

static void same_looks_at_each_byte(void **u)
{
    (void)u;
    char a[120], b[120];
    text_hash_begin();
    assert_true(text_secret[0] && text_secret[1]);
    const uint64_t first = text_secret[0];
    text_hash_begin();
    assert_true(text_secret[0] == first); /* the same while the process lives */
    for (uint32_t n = 0; n < 70; n++)
        for (uint32_t at = 0; at < 90; at++) {
            memset(a, 'x', sizeof a);
            memset(b, 'x', sizeof b);
            b[at] ^= (char)(1u << at % 8);
            assert_int_equal(text_same(a, b, n), at >= n);
            assert_int_equal(text_quick_hash(a, n) == text_quick_hash(b, n), at >= n);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts_by_each_kernel), cmocka_unit_test(white_space_over_borders),
        cmocka_unit_test(ellipses_over_borders),       cmocka_unit_test(large_texts),
        cmocka_unit_test(same_looks_at_each_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
