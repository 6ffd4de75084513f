/* layer: text */
/* n-grams and kinds of words against the obvious way. */
#include "text/ngrams.h"
#include "text/word_kinds.h"
#include "fuzz_text.h"
#include "text/unicode.h"
#include "text/words.h"

enum { MOST = 200 }; /* words: the obvious way is quadratic */

static bool same(const text_squeezed *q, uint32_t a, uint32_t b, uint32_t n, bool borders)
{
    const uint32_t length = q->begin[a + n] - q->begin[a];
    for (uint32_t i = 1; borders && i < n; i++)
        if (q->begin[a + i] - q->begin[a] != q->begin[b + i] - q->begin[b])
            return false;
    return q->begin[b + n] - q->begin[b] == length && !memcmp(q->p + q->begin[a], q->p + q->begin[b], length);
}

static uint64_t top(const text_squeezed *q, uint32_t n)
{
    uint64_t most = 0, chars = 0;
    for (uint32_t i = 0; i + n <= q->n; i++) {
        uint64_t count = 0;
        for (uint32_t k = i; k + n <= q->n; k++)
            count += same(q, i, k, n, true);
        if (count > most) {
            most = count;
            chars = (q->chars_before[i + n] - q->chars_before[i] + n - 1) * count;
        }
    }
    return chars;
}

static uint64_t duplicated(const text_squeezed *q, uint32_t n)
{
    uint32_t met[MOST], k = 0;
    uint64_t chars = 0;
    for (uint32_t i = 0, m; i + n <= q->n;) {
        for (m = 0; m < k && !same(q, met[m], i, n, false);)
            m++;
        if (m < k) {
            chars += q->chars_before[i + n] - q->chars_before[i];
            i += n;
        } else {
            met[k++] = i++;
        }
    }
    return chars;
}

static void count_ngrams(sl_str t, const text_spans *words)
{
    text_squeezed q = { 0 };
    text_ngrams g = { 0 };
    uint64_t chars;
    must(text_squeeze(&q, t, words->v, words->n < MOST ? words->n : MOST, false) && text_ngrams_begin(&g, &q));
    for (uint32_t n = 2; n <= 4; n++)
        must(text_ngrams_top(&g, n, &chars) && chars == top(&q, n));
    must(text_ngrams_candidates(&g));
    for (uint32_t n = 5; n <= 10; n++)
        must(text_ngrams_duplicated(&g, n, &chars) && chars == duplicated(&q, n));
    text_ngrams_free(&g);
    text_squeezed_free(&q);
}

static void count_kinds(sl_str t, const text_spans *words)
{
    static const char *const list[] = { "the", "a", "\xC3\xA4", "0123456789abcdefg" };
    text_stop_words stop;
    text_word_kinds want = { 0 };
    must(!text_stop_words_make(&stop, list, 4));
    const text_word_kinds got = text_count_word_kinds(t, words->v, words->n, false, &stop, UINT64_MAX);
    for (uint32_t i = 0; i < words->n; i++) {
        const sl_str w = text_part(t, words->v[i]);
        bool alpha = false, more = false;
        for (const char *p = w.p; p < w.p + w.n;) {
            const uint32_t class = text_class(text_next(&p));
            alpha |= (class & TEXT_ALPHA) != 0;
            more |= !(class & (TEXT_DT_PUNCT | TEXT_DT_TERMINAL));
        }
        want.alpha += alpha;
        want.non_symbol += more;
        want.non_symbol_chars += more ? text_chars(w.p, w.n) : 0;
    }
    must(got.words == words->n && got.alpha == want.alpha && got.non_symbol == want.non_symbol &&
         got.non_symbol_chars == want.non_symbol_chars && got.stop <= 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const sl_str t = fuzz_text(data, size);
    text_spans words = { 0 };
    for (uint32_t splitter = 0; splitter < TEXT_SPLITTERS; splitter++) {
        must(text_split(splitter, t, &words));
        count_ngrams(t, &words);
        count_kinds(t, &words);
    }
    text_spans_free(&words);
    free((char *)t.p);
    return 0;
}
