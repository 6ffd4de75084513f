/* The parts of gopher against the obvious way: n-grams, stop words, kinds of words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "ngrams.h"
#include "text/unicode.h"
#include "text/words.h"
#include "unit/alloc_fails.h"
#include "unit/text/text_random.h"
#include "word_counts.h"

/* ---- n-grams ---- */

typedef struct words {
    sl_str t;
    const text_spans *v;
} words;

/* The n words from i on: their bytes, `joint` between them. */
static uint32_t gram(const words *w, uint32_t i, uint32_t n, const char *joint, char *out)
{
    uint32_t at = 0;
    for (uint32_t k = i; k < i + n; k++) {
        const sl_str word = text_part(w->t, w->v->v[k]);
        if (k > i && *joint)
            out[at++] = *joint;
        memcpy(out + at, word.p, word.n);
        at += word.n;
    }
    return at;
}

static bool same(const words *w, uint32_t a, uint32_t b, uint32_t n, const char *joint)
{
    char p[1000], q[1000];
    const uint32_t k = gram(w, a, n, joint, p);
    return k == gram(w, b, n, joint, q) && !memcmp(p, q, k);
}

static uint64_t chars_of(const words *w, uint32_t i, uint32_t n, const char *joint)
{
    char p[1000];
    return text_chars(p, gram(w, i, n, joint, p));
}

static uint64_t slow_top(const words *w, uint32_t n)
{
    uint64_t most = 0, chars = 0;
    for (uint32_t i = 0; i + n <= w->v->n; i++) {
        uint64_t count = 0;
        for (uint32_t k = 0; k + n <= w->v->n; k++)
            count += same(w, i, k, n, " ");
        if (count > most) {
            most = count;
            chars = chars_of(w, i, n, " ") * count;
        }
    }
    return chars;
}

static uint64_t slow_duplicated(const words *w, uint32_t n)
{
    uint32_t met[400], k = 0;
    uint64_t chars = 0;
    for (uint32_t i = 0; i + n <= w->v->n;) {
        bool again = false;
        for (uint32_t m = 0; m < k && !again; m++)
            again = same(w, met[m], i, n, "");
        if (again) {
            chars += chars_of(w, i, n, "");
            i += n;
        } else {
            met[k++] = i++;
        }
    }
    return chars;
}

static void check_ngrams(ngrams *g, text_squeezed *q, const words *w, bool ascii)
{
    uint64_t got;
    assert_true(text_squeeze(q, w->t, w->v->v, w->v->n, ascii));
    assert_true(ngrams_begin(g, q));
    for (uint32_t n = 2; n <= 4; n++) {
        assert_true(ngrams_top(g, n, &got));
        assert_int_equal(got, slow_top(w, n));
    }
    assert_true(ngrams_candidates(g));
    for (uint32_t n = 5; n <= 10; n++) {
        assert_true(ngrams_duplicated(g, n, &got));
        assert_int_equal(got, slow_duplicated(w, n));
    }
}

/* Words of a few, so that all of them come again, in other orders and with other borders (ab c, a bc); long ones too.
 */
static void ngrams_as_counted(void **u)
{
    static const char *const of[] = {
        "a", "b", "ab", "ba", "\xC3\xA4", "a\xC3\xA4", "abababab", "abababababababababab"
    };
    char text[8000 + TEXT_SLACK];
    uint64_t state = 11;
    ngrams g = { 0 };
    text_squeezed q = { 0 };
    text_spans spans = { 0 };
    (void)u;
    for (unsigned round = 0; round < 300; round++) {
        const uint32_t kinds = 1 + (uint32_t)(random_next(&state) % 8), n = (uint32_t)(random_next(&state) % 120);
        uint32_t at = 0;
        for (uint32_t i = 0; i < n; i++) {
            const char *word = of[random_next(&state) % kinds];
            memcpy(text + at, word, strlen(word));
            at += (uint32_t)strlen(word);
            text[at++] = ' ';
        }
        memset(text + at, 'a', TEXT_SLACK);
        const words w = { { text, at, 0 }, &spans };
        assert_true(text_split(TEXT_WHITESPACE, w.t, &spans));
        assert_int_equal(spans.n, n);
        check_ngrams(&g, &q, &w, text_chars(text, at) == at);
    }
    text_spans_free(&spans);
    text_squeezed_free(&q);
    ngrams_free(&g);
}

static bool count_all(ngrams *g, text_squeezed *q, const words *w)
{
    uint64_t chars;
    bool good = text_squeeze(q, w->t, w->v->v, w->v->n, false) && ngrams_begin(g, q);
    for (uint32_t n = 2; good && n <= 4; n++)
        good = ngrams_top(g, n, &chars);
    good = good && ngrams_candidates(g);
    for (uint32_t n = 5; good && n <= 10; n++)
        good = ngrams_duplicated(g, n, &chars);
    return good;
}

/* Whichever allocation fails, that is said, and what there is can be used again. */
static void ngrams_without_memory(void **u)
{
    char text[40000 + TEXT_SLACK];
    text_spans spans = { 0 };
    (void)u;
    for (uint32_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? ' ' : (char)('a' + i / 2 % 7);
    const words w = { { text, 40000, 0 }, &spans };
    assert_true(text_split(TEXT_WHITESPACE, w.t, &spans));
    for (long i = 0, more = 1; more; i++) {
        ngrams g = { 0 };
        text_squeezed q = { 0 };
        alloc_fail_at(i);
        const bool good = count_all(&g, &q, &w);
        more = alloc_failed();
        assert_int_equal(good, !more);
        assert_true(good || i < 20);
        assert_true(count_all(&g, &q, &w));
        ngrams_free(&g);
        text_squeezed_free(&q);
    }
    text_spans_free(&spans);
}

/* ---- kinds of words ---- */

static word_counts slow_counts(const words *w, const char *const *stop, size_t n_stop)
{
    word_counts c = { .words = w->v->n };
    for (uint32_t i = 0; i < w->v->n; i++) {
        const sl_str word = text_part(w->t, w->v->v[i]);
        bool alpha = false, more = false;
        for (const char *p = word.p; p < word.p + word.n;) {
            const uint32_t class = text_class(text_next(&p));
            alpha |= (class & TEXT_ALPHA) != 0;
            more |= !(class & (TEXT_DT_PUNCT | TEXT_DT_TERMINAL));
        }
        c.alpha += alpha;
        c.non_symbol += more;
        c.non_symbol_chars += more ? text_chars(word.p, word.n) : 0;
    }
    for (size_t k = 0; k < n_stop; k++) {
        bool found = false;
        for (uint32_t i = 0; i < w->v->n; i++) {
            const sl_str word = text_part(w->t, w->v->v[i]);
            found |= word.n == strlen(stop[k]) && !memcmp(word.p, stop[k], word.n);
        }
        c.stop += found;
    }
    return c;
}

static const char *const stops[] = { "a",
                                     "b",
                                     "the",
                                     "\xC3\xA4",
                                     "0123456789abcdef",
                                     "0123456789abcdefg",
                                     "0123456789abcdefh",
                                     "abcdefghijklmnopqrstuvwxyzabcdefghij" };
enum { STOPS = sizeof stops / sizeof *stops };

static void check_counts(const words *w, const stop_words *s)
{
    bool ascii = text_chars(w->t.p, w->t.n) == w->t.n;
    const word_counts want = slow_counts(w, stops, STOPS);
    for (;; ascii = false) { /* that a text is ASCII is but a hint */
        const word_counts got = count_word_kinds(w->t, w->v->v, w->v->n, ascii, s, UINT64_MAX);
        assert_int_equal(got.words, want.words);
        assert_int_equal(got.alpha, want.alpha);
        assert_int_equal(got.non_symbol, want.non_symbol);
        assert_int_equal(got.non_symbol_chars, want.non_symbol_chars);
        assert_int_equal(got.stop, want.stop);
        const uint64_t two = count_word_kinds(w->t, w->v->v, w->v->n, ascii, s, 2).stop;
        assert_int_equal(two, want.stop < 2 ? want.stop : 2);
        if (!ascii)
            break;
    }
}

static void kinds_of_words(void **u)
{
    char text[600 + TEXT_SLACK];
    text_spans spans = { 0 };
    stop_words s;
    uint64_t state = 5;
    (void)u;
    assert_null(stop_words_make(&s, stops, STOPS));
    for (unsigned round = 0; round < 8000; round++) {
        uint32_t n = random_text(&state, text, (uint32_t)(random_next(&state) % 300));
        for (unsigned k = 0; round % 2 && k < 4; k++) { /* stop words among them, and what differs in their last byte */
            const char *word = stops[random_next(&state) % STOPS];
            text[n++] = ' ';
            memcpy(text + n, word, strlen(word));
            n += (uint32_t)strlen(word);
            if (random_next(&state) % 4 == 0)
                text[n++] = 'x';
        }
        memset(text + n, 'a', TEXT_SLACK);
        const words w = { { text, n, 0 }, &spans };
        assert_true(text_split(TEXT_WHITESPACE, w.t, &spans));
        check_counts(&w, &s);
    }
    text_spans_free(&spans);
}

/* Each byte of ASCII and each code point alone, at each place of a word of up to 20 of marks. */
static void each_code_point(void **u)
{
    char text[64 + TEXT_SLACK];
    text_spans spans = { 0 };
    stop_words s;
    (void)u;
    assert_null(stop_words_make(&s, NULL, 0));
    for (uint32_t c = 0; c < 0x110000; c += c < 0x3000 ? 1 : 13) {
        if (c - 0xD800 < 0x800)
            continue;
        const uint32_t before = c % 20;
        memset(text, '!', sizeof text);
        uint32_t n = before + text_put(text + before, c);
        n += c % 3;
        assert_true(text_spans_room(&spans, 1));
        spans.v[0] = (sl_span){ 0, n };
        spans.n = 1;
        const words w = { { text, n, 0 }, &spans };
        const word_counts got = count_word_kinds(w.t, spans.v, 1, false, &s, 1), want = slow_counts(&w, NULL, 0);
        assert_int_equal(got.alpha, want.alpha);
        assert_int_equal(got.non_symbol, want.non_symbol);
        assert_int_equal(got.non_symbol_chars, want.non_symbol_chars);
    }
    text_spans_free(&spans);
}

/* ---- stop words ---- */

static void lists_of_stop_words(void **u)
{
    static const char *const twice[] = { "a", "b", "a" }, *const none[] = { "a", "" };
    char many[65][8];
    const char *p[65];
    stop_words s;
    (void)u;
    assert_string_equal(stop_words_make(&s, twice, 3), "one of them stands there twice");
    assert_string_equal(stop_words_make(&s, none, 2), "one of them is empty");
    for (unsigned i = 0; i < 65; i++) {
        many[i][0] = (char)('a' + i / 26);
        many[i][1] = (char)('a' + i % 26);
        many[i][2] = 0;
        p[i] = many[i];
    }
    assert_string_equal(stop_words_make(&s, p, 65), "there are more than 64");
    assert_null(stop_words_make(&s, p, 64));
    uint64_t all = 0;
    for (unsigned i = 0; i < 65; i++) {
        uint64_t head = 0;
        memcpy(&head, many[i], 2);
        const uint64_t bit = stop_words_find(&s, (sl_str){ many[i], 2, 0 }, head, 0);
        assert_int_equal(bit, i < 64 ? 1ull << i : 0);
        all |= bit;
    }
    assert_true(all == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ngrams_as_counted), cmocka_unit_test(ngrams_without_memory), cmocka_unit_test(kinds_of_words),
        cmocka_unit_test(each_code_point),   cmocka_unit_test(lists_of_stop_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
