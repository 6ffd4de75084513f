/* Kinds of words and stop words against the obvious way. */
#include "unit/text/text_test.h"
#include "text/unicode.h"
#include "text/word_kinds.h"
#include "text/words.h"
#include "unit/text/text_random.h"

typedef struct words {
    sl_str t;
    const text_spans *v;
} words;

static text_word_kinds slow_counts(const words *w, const char *const *stop, size_t n_stop)
{
    text_word_kinds c = { .words = w->v->n };
    for (uint32_t i = 0; i < w->v->n; i++) {
        const sl_str word = text_part(w->t, w->v->v[i]);
        bool alpha = false, more = false;
        for (const char *p = word.p; p < word.p + word.n;) {
            const uint32_t class = text_class(text_next(&p));
            alpha |= (class & TEXT_ALPHA) != 0;
            more |= !(class & (TEXT_DT_PUNCT | TEXT_DT_TERMINAL));
        }
        c.chars += text_chars(word.p, word.n);
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

static void check_counts(const words *w, const text_stop_words *s)
{
    bool ascii = text_chars(w->t.p, w->t.n) == w->t.n;
    const text_word_kinds want = slow_counts(w, stops, STOPS);
    for (;; ascii = false) { /* that a text is ASCII is but a hint */
        const text_word_kinds got = text_count_word_kinds(w->t, w->v->v, w->v->n, ascii, s, UINT64_MAX);
        assert_int_equal(got.words, want.words);
        assert_int_equal(got.chars, want.chars);
        assert_int_equal(got.alpha, want.alpha);
        assert_int_equal(got.non_symbol, want.non_symbol);
        assert_int_equal(got.non_symbol_chars, want.non_symbol_chars);
        assert_int_equal(got.stop, want.stop);
        const uint64_t two = text_count_word_kinds(w->t, w->v->v, w->v->n, ascii, s, 2).stop;
        assert_int_equal(two, want.stop < 2 ? want.stop : 2);
        if (!ascii)
            break;
    }
}

static void kinds_of_words(void **u)
{
    char text[600 + TEXT_SLACK];
    text_spans spans = { 0 };
    text_stop_words s;
    uint64_t state = 5;
    (void)u;
    assert_null(text_stop_words_make(&s, stops, STOPS));
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
    text_stop_words s;
    (void)u;
    assert_null(text_stop_words_make(&s, NULL, 0));
    for (uint32_t c = 0; c < 0x110000; c += c < 0x3000 ? 1 : 13) {
        if (c - 0xD800 < 0x800)
            continue;
        const uint32_t before = c % 20;
        memset(text, '!', sizeof text);
        uint32_t n = before + utf8_put(text + before, c);
        n += c % 3;
        assert_true(text_spans_room(&spans, 1));
        spans.v[0] = (sl_span){ 0, n };
        spans.n = 1;
        const words w = { { text, n, 0 }, &spans };
        const text_word_kinds got = text_count_word_kinds(w.t, spans.v, 1, false, &s, 1),
                              want = slow_counts(&w, NULL, 0);
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
    text_stop_words s;
    (void)u;
    assert_string_equal(text_stop_words_make(&s, twice, 3), "one of them stands there twice");
    assert_string_equal(text_stop_words_make(&s, none, 2), "one of them is empty");
    for (unsigned i = 0; i < 65; i++) {
        many[i][0] = (char)('a' + i / 26);
        many[i][1] = (char)('a' + i % 26);
        many[i][2] = 0;
        p[i] = many[i];
    }
    assert_string_equal(text_stop_words_make(&s, p, 65), "there are more than 64");
    assert_null(text_stop_words_make(&s, p, 64));
    uint64_t all = 0;
    for (unsigned i = 0; i < 65; i++) {
        uint64_t head = 0;
        memcpy(&head, many[i], 2);
        const uint64_t bit = text_stop_words_find(&s, (sl_str){ many[i], 2, 0 }, head, 0);
        assert_int_equal(bit, i < 64 ? 1ull << i : 0);
        all |= bit;
    }
    assert_true(all == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_words),
        cmocka_unit_test(each_code_point),
        cmocka_unit_test(lists_of_stop_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
