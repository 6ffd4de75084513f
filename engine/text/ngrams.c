#include "text/ngrams.h"
#include <stdlib.h>
#include "text/hash.h"

/* ---- memory ---- */

bool text_ngrams_begin(text_ngrams *g, const text_squeezed *words)
{
    g->w = words;
    g->n_candidates = 0;
    if (words->n < g->cap)
        return true;
    const size_t cap = (size_t)words->n + words->n / 2 + 256;
    uint64_t *v = malloc(cap * (sizeof(uint64_t) + 3 * sizeof(uint32_t)));
    if (!v)
        return false;
    free(g->hash);
    g->hash = v;
    g->candidate = (uint32_t *)(void *)(v + cap);
    g->entry = g->candidate + cap;
    g->count = g->entry + cap;
    g->cap = cap;
    return true;
}

void text_ngrams_free(text_ngrams *g)
{
    free(g->hash);
    free(g->bits);
    text_table_free(&g->table);
    *g = (text_ngrams){ 0 };
}

/* ---- the bitmap: pairs of words, those seen and those seen twice ---- */

/* Empty, for n hashes; how far a hash is shifted to a place in it. 0: out of memory. */
static uint32_t bits_begin(text_ngrams *g, uint32_t n)
{
    const uint64_t want =
        (uint64_t)n * (n < 65536 ? 32 : 16); /* bits a word: of small documents it stays in the first level */
    uint32_t log = 9;
    while (1ull << log < want)
        log++;
    const size_t words = 2ull << (log - 6);
    if (words > g->n_bits) {
        uint64_t *v = malloc(words * sizeof *v);
        if (!v)
            return 0;
        free(g->bits);
        g->bits = v;
        g->n_bits = words;
    }
    memset(g->bits, 0, words * sizeof *g->bits);
    return 64 - log;
}

static inline void put(uint64_t *bits, uint64_t h, uint32_t shift)
{
    const uint64_t i = h >> shift, bit = 1ull << (i & 63);
    uint64_t *p = bits + (i >> 6) * 2;
    p[1] |= p[0] & bit;
    p[0] |= bit;
}
static inline uint32_t twice(const uint64_t *bits, uint64_t h, uint32_t shift)
{
    const uint64_t i = h >> shift;
    return (uint32_t)(bits[(i >> 6) * 2 + 1] >> (i & 63)) & 1;
}

static inline uint64_t join(uint64_t a, uint64_t b) { return a * 0x9E3779B97F4A7C15u + b; }

/* ---- the most frequent ---- */

static inline bool same_words(const text_squeezed *w, uint32_t a, uint32_t b, uint32_t n)
{
    const uint32_t *at = w->begin, length = at[a + n] - at[a];
    if (at[b + n] - at[b] != length)
        return false;
    for (uint32_t i = 1; i < n; i++)
        if (at[a + i] - at[a] != at[b + i] - at[b])
            return false;
    return text_same(w->p + at[a], w->p + at[b], length);
}

/* Counts the n-grams at the candidates. What is no candidate stands once, and so does the first n-gram if nothing
 * stands more often. */
static bool count_top(text_ngrams *g, uint32_t n, uint64_t *chars)
{
    const text_squeezed *w = g->w;
    text_table *t = &g->table;
    uint32_t best = 1, first = 0;
    if (!text_table_begin(t, g->n_candidates, w->n))
        return false;
    for (uint32_t c = 0; c < g->n_candidates; c++) {
        const uint32_t p = g->candidate[c], tag = (uint32_t)(g->hash[c] >> 32);
        for (uint32_t i = (uint32_t)(g->hash[c] >> 8) & t->mask;; i = (i + 1) & t->mask) {
            text_slot *s = &t->v[i];
            if (s->at < t->base) {
                *s = (text_slot){ tag, t->base + p };
                g->count[p] = 1;
                g->entry[c] = p;
                break;
            }
            const uint32_t q = s->at - t->base;
            if (s->tag == tag && same_words(w, q, p, n)) {
                const uint32_t k = ++g->count[q];
                if (k > best || (k == best && q < first)) {
                    best = k;
                    first = q;
                }
                g->entry[c] = q;
                break;
            }
        }
    }
    *chars = w->n < n ? 0 : (uint64_t)(w->chars_before[first + n] - w->chars_before[first] + n - 1) * best;
    return true;
}

static bool candidates_of_pairs(text_ngrams *g)
{
    const uint64_t *h = g->w->hash;
    const uint32_t n = g->w->n, shift = bits_begin(g, n);
    uint32_t k = 0;
    if (!shift)
        return false;
    for (uint32_t i = 0; i + 1 < n; i++)
        put(g->bits, join(h[i], h[i + 1]), shift);
    for (uint32_t i = 0; i + 1 < n; i++) {
        const uint64_t pair = join(h[i], h[i + 1]);
        g->candidate[k] = i;
        g->hash[k] = pair;
        k += twice(g->bits, pair, shift);
    }
    g->n_candidates = k;
    return true;
}

/* From those of n - 1 words: both of which it is made of must occur twice. */
static void candidates_of(text_ngrams *g, uint32_t n)
{
    uint32_t k = 0;
    for (uint32_t c = 0; c + 1 < g->n_candidates; c++) {
        const uint32_t p = g->candidate[c];
        const bool both = g->candidate[c + 1] == p + 1 && g->count[g->entry[c]] > 1 && g->count[g->entry[c + 1]] > 1;
        const uint64_t h = both ? join(g->hash[c], g->w->hash[p + n - 1]) : 0;
        g->candidate[k] = p;
        g->hash[k] = h;
        k += both;
    }
    g->n_candidates = k;
}

bool text_ngrams_top(text_ngrams *g, uint32_t n, uint64_t *chars)
{
    if (n == 2 && !candidates_of_pairs(g))
        return false;
    if (n > 2)
        candidates_of(g, n);
    return count_top(g, n, chars);
}

/* ---- those that stand again ---- */

bool text_ngrams_candidates(text_ngrams *g)
{
    const text_squeezed *w = g->w;
    g->n_candidates = 0;
    if (w->n < 5)
        return true;
    const uint32_t shift = bits_begin(g, w->n);
    uint32_t k = 0;
    if (!shift)
        return false;
    for (uint32_t i = 0; i + 5 <= w->n; i++) {
        const char *p = w->p + w->begin[i];
        g->hash[i] = text_mix(text_load(p), text_load(p + 8)); /* of 16 bytes, whatever words they are of */
        put(g->bits, g->hash[i], shift);
    }
    for (uint32_t i = 0; i + 5 <= w->n; i++) {
        g->candidate[k] = i;
        k += twice(g->bits, g->hash[i], shift) | (w->begin[i + 5] - w->begin[i] < 16);
    }
    g->n_candidates = k;
    return true;
}

bool text_ngrams_duplicated(text_ngrams *g, uint32_t n, uint64_t *chars)
{
    const text_squeezed *w = g->w;
    const uint32_t *at = w->begin;
    text_table *t = &g->table;
    uint32_t k = g->n_candidates, behind = 0;
    *chars = 0;
    while (k && (uint64_t)g->candidate[k - 1] + n > w->n)
        k--;
    const uint32_t shift = bits_begin(g, k);
    if (!shift || !text_table_begin(t, k, w->n))
        return false;
    for (uint32_t c = 0; c < k; c++) {
        const uint32_t p = g->candidate[c];
        g->hash[c] = text_quick_hash(w->p + at[p], at[p + n] - at[p]);
        put(g->bits, g->hash[c], shift);
    }
    for (uint32_t c = 0; c < k; c++) {
        const uint32_t p = g->candidate[c], tag = (uint32_t)(g->hash[c] >> 32), length = at[p + n] - at[p];
        if (!twice(g->bits, g->hash[c], shift))
            continue;
        for (uint32_t i = (uint32_t)g->hash[c] & t->mask; p >= behind; i = (i + 1) & t->mask) {
            text_slot *s = &t->v[i];
            if (s->at < t->base) {
                *s = (text_slot){ tag, t->base + p };
                break;
            }
            const uint32_t q = s->at - t->base;
            if (s->tag == tag && at[q + n] - at[q] == length && text_same(w->p + at[q], w->p + at[p], length)) {
                *chars += w->chars_before[p + n] - w->chars_before[p];
                behind = p + n;
                break;
            }
        }
    }
    return true;
}
