/* A hash for tables whose hits are compared byte by byte: quick, and another one in each process, so that nobody can
 * write a text in which all words meet in one place. No result depends on it. */
#ifndef TEXT_HASH_H
#define TEXT_HASH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

extern uint64_t text_secret[2] __attribute__((visibility("hidden")));
/* Before the first hash, as often as you like. */
void text_hash_begin(void);

static inline uint64_t text_mix(uint64_t a, uint64_t b)
{
    const unsigned __int128 r = (unsigned __int128)(a ^ text_secret[0]) * (b ^ text_secret[1]);
    return (uint64_t)r ^ (uint64_t)(r >> 64);
}
static inline uint64_t text_load(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
/* Reads up to 16 bytes behind. */
static inline uint64_t text_quick_hash(const char *p, size_t n)
{
    uint64_t h = n;
    for (; n > 16; p += 16, n -= 16)
        h = text_mix(text_load(p) ^ h, text_load(p + 8));
    uint64_t a = text_load(p), b = text_load(p + 8);
    if (n <= 8) {
        a &= n ? UINT64_MAX >> (64 - 8 * n) : 0;
        b = 0;
    } else {
        b &= UINT64_MAX >> (128 - 8 * n);
    }
    return text_mix(a ^ h, b);
}
/* The same bytes? Reads up to 7 bytes behind either. */
static inline bool text_same(const char *a, const char *b, size_t n)
{
    for (; n >= 8; a += 8, b += 8, n -= 8)
        if (text_load(a) != text_load(b))
            return false;
    return !n || (text_load(a) ^ text_load(b)) << (64 - 8 * n) == 0;
}
#endif
