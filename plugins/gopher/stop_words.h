/* Which of a few words stand in a document. */
#ifndef STOP_WORDS_H
#define STOP_WORDS_H
#include <stdbool.h>
#include "sluice/util.h"

enum { STOP_WORDS_MOST = 64, STOP_WORD_BYTES = 16 };

typedef struct stop_words {
    uint64_t key[STOP_WORDS_MOST][2]; /* the bytes, zero behind them */
    uint32_t length_of[256];          /* by first byte: bit n set: one of n bytes begins so */
    uint8_t slot[256];                /* by hash: number + 1; 0: none. Open addressing */
    uint32_t n;
} stop_words;

/* NULL: good; else what is wrong with the list. */
const char *stop_words_make(stop_words *s, const char *const *words, size_t n);

static inline uint32_t stop_words_hash(uint64_t a, uint64_t b)
{
    return (uint32_t)((a ^ b * 31) * 0x9E3779B97F4A7C15u >> 56);
}

/* The bit of the word whose bytes are a and b, zero behind them; 0: it is none of them. */
static inline uint64_t stop_words_find(const stop_words *s, uint64_t a, uint64_t b, uint32_t length)
{
    if (length > STOP_WORD_BYTES || !(s->length_of[a & 255] >> length & 1))
        return 0;
    for (uint32_t i = stop_words_hash(a, b);; i++) {
        const uint32_t k = s->slot[i & 255];
        if (!k)
            return 0;
        if (s->key[k - 1][0] == a && s->key[k - 1][1] == b)
            return 1ull << (k - 1);
    }
}
#endif
