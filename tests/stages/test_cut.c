/* Where texts are cut: by examples, and against a slow and obvious cutter on random texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cut.h"
#include "sluice/util.h"
#include "text/utf8.h"

/* ---- the slow and obvious one: an array of characters ---- */

enum { MAX = 400 };
typedef struct slow {
    uint32_t at[MAX + 1]; /* byte of character i; n + 1 of them */
    bool space[MAX + 1];
    uint32_t n;
} slow;
typedef struct piece {
    uint32_t begin, end; /* characters */
} piece;
typedef struct pieces {
    piece v[MAX * 2];
    size_t n;
} pieces;

static const char *const spaces[] = { " ",        "\t",           "\n",           "\r",
                                      "\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\x89", "\xE2\x80\xA8",
                                      "\x1c" };

static slow look(const char *text)
{
    slow s = { .n = 0 };
    for (uint32_t i = 0; text[i]; i++)
        if (((uint8_t)text[i] & 0xC0) != 0x80)
            s.at[s.n++] = i;
    s.at[s.n] = (uint32_t)strlen(text);
    for (uint32_t i = 0; i < s.n; i++)
        for (size_t k = 0; k < sizeof spaces / sizeof *spaces; k++)
            s.space[i] |=
                strlen(spaces[k]) == s.at[i + 1] - s.at[i] && !memcmp(spaces[k], text + s.at[i], strlen(spaces[k]));
    return s;
}

static void add(pieces *p, uint32_t begin, uint32_t end) { p->v[p->n++] = (piece){ begin, end }; }

static uint32_t length(const cut_spec *c, const slow *s, uint32_t begin, uint32_t end)
{
    uint32_t words = 0;
    for (uint32_t i = begin; i < end; i++)
        words += !s->space[i] && (i == begin || s->space[i - 1]);
    return c->unit == CUT_CHARS ? end - begin : c->unit == CUT_BYTES ? s->at[end] - s->at[begin] : words;
}

static void slow_lines(const char *text, const slow *s, pieces *out)
{
    for (uint32_t i = 0, from = 0; i <= s->n; i++) {
        if (i < s->n && text[s->at[i]] != '\n')
            continue;
        if (i < s->n || from < i)
            add(out, from, i > from && i < s->n && text[s->at[i - 1]] == '\r' ? i - 1 : i);
        from = i + 1;
    }
}

static void slow_paragraphs(const char *text, const slow *s, pieces *out)
{
    pieces lines = { .n = 0 };
    bool open = false;
    slow_lines(text, s, &lines);
    for (size_t i = 0; i < lines.n; i++) {
        bool blank = true;
        for (uint32_t k = lines.v[i].begin; k < lines.v[i].end; k++)
            blank &= s->space[k];
        if (!blank && open)
            out->v[out->n - 1].end = lines.v[i].end;
        else if (!blank)
            add(out, lines.v[i].begin, lines.v[i].end);
        open = !blank;
    }
}

/* Windows of characters or bytes: as many characters as fit, one at least; the next begins one further at least,
 * repeats no more than the overlap, and goes beyond this one. */
static void slow_windows(const cut_spec *c, const slow *s, pieces *out)
{
    for (uint32_t from = 0; from < s->n;) {
        uint32_t to = from + 1;
        while (to < s->n && length(c, s, from, to + 1) <= c->size)
            to++;
        add(out, from, to);
        if (to == s->n)
            return;
        uint32_t next = from + 1;
        while (next < to && (length(c, s, next, to) > c->overlap || length(c, s, next, to + 1) > c->size))
            next++;
        from = next;
    }
}

static void slow_words(const cut_spec *c, const slow *s, pieces *out)
{
    pieces words = { .n = 0 };
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->space[i])
            continue;
        if (i == 0 || s->space[i - 1])
            add(&words, i, i + 1);
        words.v[words.n - 1].end = i + 1;
    }
    for (size_t from = 0; from < words.n; from += c->size - c->overlap) {
        const size_t to = from + c->size < words.n ? from + c->size : words.n;
        add(out, words.v[from].begin, words.v[to - 1].end);
        if (to == words.n)
            return;
    }
}

/* ---- against it ---- */

static void random_text(char *out, uint64_t seed)
{
    static const char *const letters[] = { "a", "b", "\xC3\xB6", "\xE4\xB8\xAD", "\xF0\x9F\x98\x80" };
    const uint32_t n = (uint32_t)(sl_random(seed, 1, 0) % 60), blanks = (uint32_t)(sl_random(seed, 2, 0) % 7);
    *out = '\0';
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t r = sl_random(seed, i, 1);
        if (r % 8 < blanks)
            strcat(out, r % 3 == 0 ? "\n" : r % 11 == 0 ? "\r\n" : spaces[r / 8 % (sizeof spaces / sizeof *spaces)]);
        else
            strcat(out, letters[r / 8 % 5]);
    }
}

static void compare(const cut_spec *c, const char *text)
{
    const slow s = look(text);
    const uint32_t n = (uint32_t)strlen(text);
    pieces want = { .n = 0 };
    cut_place place = { 0 };
    cut_part part;
    if (c->by == CUT_LINES)
        slow_lines(text, &s, &want);
    else if (c->by == CUT_PARAGRAPHS)
        slow_paragraphs(text, &s, &want);
    else if (c->unit == CUT_WORDS)
        slow_words(c, &s, &want);
    else
        slow_windows(c, &s, &want);
    for (size_t i = 0; i < want.n; i++) {
        if (length(c, &s, want.v[i].begin, want.v[i].end) < c->min)
            continue;
        if (!cut_next(c, text, n, &place, &part))
            fail_msg("by %u unit %u: part %zu is missing in '%s'", c->by, c->unit, i, text);
        if (part.begin != s.at[want.v[i].begin] || part.end != s.at[want.v[i].end] || part.number != i + 1)
            fail_msg("by %u unit %u size %u overlap %u: part %u is [%u, %u), not [%u, %u) as part %zu of '%s'", c->by,
                     c->unit, (unsigned)c->size, (unsigned)c->overlap, (unsigned)part.number, part.begin, part.end,
                     s.at[want.v[i].begin], s.at[want.v[i].end], i + 1, text);
        assert_int_equal(text_chars(text + part.begin, part.end - part.begin), want.v[i].end - want.v[i].begin);
    }
    assert_false(cut_next(c, text, n, &place, &part));
    assert_false(cut_next(c, text, n, &place, &part));
}

static void test_against_slow(void **u)
{
    char text[MAX];
    (void)u;
    for (uint64_t seed = 0; seed < 4000; seed++) {
        random_text(text, seed);
        for (uint32_t unit = CUT_CHARS; unit <= CUT_WORDS; unit++) {
            const uint64_t size = 1 + sl_random(seed, 3, unit) % 12, min = sl_random(seed, 4, unit) % 4;
            compare(&(cut_spec){ .by = CUT_LINES, .unit = unit, .min = min }, text);
            compare(&(cut_spec){ .by = CUT_PARAGRAPHS, .unit = unit, .min = min }, text);
            compare(
                &(cut_spec){
                    .by = CUT_WINDOW, .unit = unit, .size = size, .overlap = sl_random(seed, 5, 0) % size, .min = min },
                text);
        }
    }
}

/* ---- whole words: what holds for every text ---- */

static bool inside_word(const slow *s, uint32_t i) { return i > 0 && i < s->n && !s->space[i - 1] && !s->space[i]; }

static uint32_t char_at(const slow *s, uint32_t byte)
{
    uint32_t i = 0;
    while (s->at[i] < byte)
        i++;
    assert_int_equal(s->at[i], byte); /* at a border of characters */
    return i;
}

static void check_whole_words(const cut_spec *c, const char *text)
{
    const slow s = look(text);
    cut_place place = { 0 };
    cut_part part;
    uint32_t last_begin = 0, last_end = 0;
    bool first = true;
    while (cut_next(c, text, (uint32_t)strlen(text), &place, &part)) {
        const uint32_t begin = char_at(&s, part.begin), end = char_at(&s, part.end);
        assert_true(begin < end && !s.space[begin] && !s.space[end - 1]);
        assert_true(length(c, &s, begin, end) <= c->size || end == begin + 1);
        if (!first) {
            assert_true(begin > last_begin && end > last_end); /* it goes on, and nothing lies within the one before */
            assert_true(begin >= last_end || length(c, &s, begin, last_end) <= c->overlap);
        }
        for (uint32_t i = first ? 0 : last_end; i < begin; i++)
            assert_true(s.space[i]); /* nothing but blanks is lost */
        if (inside_word(&s, end))    /* only a word that fills the window is cut */
            for (uint32_t i = begin; i < end; i++)
                assert_false(s.space[i]);
        last_begin = begin;
        last_end = end;
        first = false;
    }
    for (uint32_t i = first ? 0 : last_end; i < s.n; i++)
        assert_true(s.space[i]);
}

static void test_whole_words(void **u)
{
    char text[MAX];
    (void)u;
    for (uint64_t seed = 0; seed < 8000; seed++) {
        const uint64_t size = 1 + sl_random(seed, 3, 0) % 12;
        random_text(text, seed);
        for (uint32_t unit = CUT_CHARS; unit <= CUT_BYTES; unit++)
            check_whole_words(&(cut_spec){ .by = CUT_WINDOW,
                                           .unit = unit,
                                           .whole_words = true,
                                           .size = size,
                                           .overlap = sl_random(seed, 5, 0) % size,
                                           .min = 1 },
                              text);
    }
}

/* Bytes that are no UTF-8: nothing beyond the text is looked at, and it ends. The buffer is the heap's, so that a
 * sanitizer sees every byte. */
static void test_bad_bytes(void **u)
{
    (void)u;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        const uint32_t n = (uint32_t)(sl_random(seed, 1, 0) % 20);
        char *text = malloc(n + !n);
        assert_non_null(text);
        for (uint32_t i = 0; i < n; i++)
            text[i] = (char)(sl_random(seed, i, 1) >> 40 | (i % 2 ? 0x80 : 0));
        for (uint32_t k = 0; k < 36; k++) {
            const cut_spec c = { .by = k % 3,
                                 .unit = k / 3 % 3,
                                 .whole_words = k / 9 % 2,
                                 .size = 1 + k / 18,
                                 .overlap = k / 18,
                                 .min = 1 };
            cut_place place = { 0 };
            cut_part part;
            uint32_t parts = 0;
            while (cut_next(&c, text, n, &place, &part)) {
                assert_true(part.begin < part.end && part.end <= n);
                assert_true(++parts <= 2 * n);
            }
        }
        free(text);
    }
}

/* What a window repeats is not read again for each place where the next may begin: that would take days here. */
static void test_long_overlap(void **u)
{
    enum { MANY = 1 << 20 };
    char *text = malloc(2 * MANY);
    cut_place place = { 0 };
    cut_part part;
    (void)u;
    assert_non_null(text);
    memset(text, 'a', 2 * MANY);
    const cut_spec chars = { .by = CUT_WINDOW, .unit = CUT_CHARS, .size = 2 * MANY, .overlap = MANY };
    assert_true(cut_next(&chars, text, 2 * MANY, &place, &part));
    assert_int_equal(part.end, 2 * MANY);
    assert_false(cut_next(&chars, text, 2 * MANY, &place, &part));

    for (uint32_t i = 1; i < MANY; i += 2) /* short words, and one that fits into no window with any of them */
        text[i] = ' ';
    const cut_spec words = {
        .by = CUT_WINDOW, .unit = CUT_CHARS, .whole_words = true, .size = MANY, .overlap = MANY - 1
    };
    place = (cut_place){ 0 };
    assert_true(cut_next(&words, text, 2 * MANY, &place, &part));
    assert_int_equal(part.begin, 0);
    assert_int_equal(part.end, MANY - 1);
    assert_true(cut_next(&words, text, 2 * MANY, &place, &part));
    assert_int_equal(part.begin, MANY);
    assert_int_equal(part.end, 2 * MANY);
    assert_false(cut_next(&words, text, 2 * MANY, &place, &part));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_slow),
        cmocka_unit_test(test_whole_words),
        cmocka_unit_test(test_bad_bytes),
        cmocka_unit_test(test_long_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
