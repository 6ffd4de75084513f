/* Which of a few words stand in a document. */
#ifndef TEXT_STOP_WORDS_H
#define TEXT_STOP_WORDS_H
#include <stdbool.h>
#include "sluice/util.h"

enum { TEXT_STOP_WORDS = 64 };

typedef struct text_stop_word {
    uint64_t head[2]; /* the first 16 bytes, zero behind the end */
    sl_str all;
} text_stop_word;
typedef struct text_stop_words {
    text_stop_word v[TEXT_STOP_WORDS];
    uint32_t length_of[256]; /* by first byte: bit n set: one of n bytes begins so; bit 31: one of more than 30 */
    uint8_t slot[256];       /* by hash: number + 1; 0: none. Open addressing */
    uint32_t n;
} text_stop_words;

/* The words must stay where they are. NULL: good; else what is wrong with the list. */
const char *text_stop_words_make(text_stop_words *s, const char *const *words, size_t n);

static inline uint32_t text_stop_words_hash(uint64_t a, uint64_t b)
{
    return (uint32_t)((a ^ b * 31) * 0x9E3779B97F4A7C15u >> 56);
}

/* The bit of a word, whose first 16 bytes are a and b, zero behind its end; 0: it is none of them. */
static inline uint64_t text_stop_words_find(const text_stop_words *s, sl_str word, uint64_t a, uint64_t b)
{
    if (!(s->length_of[a & 255] >> (word.n < 31 ? word.n : 31) & 1))
        return 0;
    for (uint32_t i = text_stop_words_hash(a, b), k; (k = s->slot[i & 255]) != 0; i++) {
        const text_stop_word *w = &s->v[k - 1];
        if (w->head[0] == a && w->head[1] == b && w->all.n == word.n &&
            (word.n <= 16 || !memcmp(w->all.p + 16, word.p + 16, word.n - 16)))
            return 1ull << (k - 1);
    }
    return 0;
}
#endif
