/* Words one behind the other, with their hashes. */
#include <stdlib.h>
#include "text/hash.h"
#include "text/scan.h"
#include "text/utf8.h"

static bool room(text_squeezed *s, size_t bytes, size_t words, bool ascii)
{
    bytes += TEXT_SLACK;
    words++;
    if (bytes > s->cap_bytes) {
        const size_t cap = bytes + bytes / 2;
        char *p = realloc(s->p, cap);
        if (!p)
            return false;
        s->p = p;
        s->cap_bytes = cap;
    }
    if (words > s->cap_words) { /* one block for the arrays, widest first */
        const size_t cap = words + words / 2;
        uint64_t *v = malloc(cap * (sizeof(uint64_t) + sizeof(uint32_t)));
        if (!v)
            return false;
        free(s->hash);
        free(s->room);
        s->room = NULL;
        s->hash = v;
        s->begin = (uint32_t *)(void *)(v + cap);
        s->cap_words = cap;
    }
    if (!ascii && !s->room && !(s->room = malloc(s->cap_words * sizeof *s->room)))
        return false;
    s->chars_before = ascii ? s->begin : s->room;
    return true;
}

/* Bytes 10xxxxxx among eight. */
static inline uint32_t within(uint64_t x)
{
    const uint64_t ones = 0x0101010101010101u;
    return (uint32_t)((x >> 7 & ~x >> 6 & ones) * ones >> 56);
}

static inline void put(text_squeezed *s, sl_str t, const sl_span *words, uint32_t n, bool ascii)
{
    uint32_t at = 0, chars = 0;
    for (uint32_t i = 0; i < n; i++) {
        const char *p = t.p + words[i].begin;
        const uint32_t len = words[i].end - words[i].begin;
        uint64_t a = text_load(p), b = text_load(p + 8);
        s->begin[i] = at;
        if (!ascii)
            s->room[i] = chars;
        memcpy(s->p + at, &a, 8);
        memcpy(s->p + at + 8, &b, 8);
        if (__builtin_expect(len <= 16, 1)) {
            a &= len < 8 ? ~(UINT64_MAX << 8 * len) : UINT64_MAX;
            b &= len <= 8 ? 0 : UINT64_MAX >> (128 - 8 * len);
            s->hash[i] = text_mix(a ^ len, b);
            chars += ascii ? 0 : len - within(a) - within(b);
        } else {
            memcpy(s->p + at + 16, p + 16, len - 16);
            s->hash[i] = text_quick_hash(p, len);
            chars += ascii ? 0 : (uint32_t)text_chars(p, len);
        }
        at += len;
    }
    s->begin[n] = at;
    if (!ascii)
        s->room[n] = chars;
    memset(s->p + at, 0, TEXT_SLACK);
}

bool text_squeeze(text_squeezed *s, sl_str t, const sl_span *words, uint32_t n, bool ascii)
{
    if (!room(s, t.n, n, ascii))
        return false;
    s->n = n;
    text_hash_begin();
    if (ascii)
        put(s, t, words, n, true);
    else
        put(s, t, words, n, false);
    return true;
}

void text_squeezed_free(text_squeezed *s)
{
    free(s->p);
    free(s->hash);
    free(s->room);
    *s = (text_squeezed){ 0 };
}
