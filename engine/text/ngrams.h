/* n-grams of words that occur again, exactly: every hit of a table is compared byte by byte.
 *
 * Most n-grams occur once. A bitmap over hashes (seen, seen twice) finds those that cannot occur again, in the first
 * level cache; only the others enter a table. An n-gram of three words can occur twice only if both of its pairs do,
 * one of four words only if both triples do. Equal n-grams of 16 bytes and more begin with the same 16 bytes: one
 * bitmap serves all lengths above four. */
#ifndef TEXT_NGRAMS_H
#define TEXT_NGRAMS_H
#include "text/repeats.h"

typedef struct text_ngrams { /* zeroed before the first use */
    const text_squeezed *w;
    uint32_t *candidate, *entry, *count; /* positions; where each stood first; how often it stands, by first position */
    uint64_t *hash;
    uint32_t n_candidates;
    uint64_t *bits;
    size_t cap, n_bits;
    text_table table;
} text_ngrams;

/* Begins with a document. false: out of memory, as below. */
bool text_ngrams_begin(text_ngrams *g, const text_squeezed *words);
void text_ngrams_free(text_ngrams *g);

/* Code points of the most frequent n-gram, joined by blanks, times its count; of several the first. n: 2, 3, 4, each
 * once, in that order. 0: fewer than n words. */
bool text_ngrams_top(text_ngrams *g, uint32_t n, uint64_t *chars);

/* Before the first of what follows, behind all text_ngrams_top. */
bool text_ngrams_candidates(text_ngrams *g);
/* Walks the words: an n-gram (n >= 5), joined with nothing, that was met before counts with its code points and is
 * jumped over; another is remembered. */
bool text_ngrams_duplicated(text_ngrams *g, uint32_t n, uint64_t *chars);
#endif
