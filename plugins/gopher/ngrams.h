/* n-grams of words that occur again, exactly: every hit of a table is compared byte by byte.
 *
 * Most n-grams occur once. A bitmap over hashes (seen, seen twice) finds those that cannot occur again, in the first
 * level cache; only the others enter a table. An n-gram of three words can occur twice only if both of its pairs do,
 * one of four words only if both triples do. Equal n-grams of 16 bytes and more begin with the same 16 bytes: one
 * bitmap serves all lengths above four. */
#ifndef NGRAMS_H
#define NGRAMS_H
#include "text/repeats.h"

typedef struct ngrams { /* zeroed before the first use */
    const text_squeezed *w;
    uint32_t *candidate, *entry, *count; /* positions; where each stood first; how often it stands, by first position */
    uint64_t *hash;
    uint32_t n_candidates;
    uint64_t *bits;
    size_t cap, n_bits;
    text_table table;
} ngrams;

/* Begins with a document. false: out of memory, as below. */
bool ngrams_begin(ngrams *g, const text_squeezed *words);
void ngrams_free(ngrams *g);

/* Code points of the most frequent n-gram, joined by blanks, times its count; of several the first. n: 2, 3, 4, each
 * once, in that order. 0: fewer than n words. */
bool ngrams_top(ngrams *g, uint32_t n, uint64_t *chars);

/* Before the first of what follows, behind all ngrams_top. */
bool ngrams_candidates(ngrams *g);
/* Walks the words: an n-gram (n >= 5), joined with nothing, that was met before counts with its code points and is
 * jumped over; another is remembered. */
bool ngrams_duplicated(ngrams *g, uint32_t n, uint64_t *chars);
#endif
