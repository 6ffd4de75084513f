#include "text/hash.h"
#include "text/kernel.h"
#include "text/kernel_places.h"

static int runs(void) { return 1; }

enum { SPACE = 1, NEWLINE = 2, BREAK = 4, DOT = 8, HASH = 16, WORD = 32, LEAD = 64 };
static const uint8_t kinds[256] = {
    [9] = SPACE,
    ['\n'] = SPACE | NEWLINE,
    [11 ... 13] = SPACE | BREAK,
    [28 ... 30] = SPACE | BREAK,
    [31 ... 32] = SPACE,
    ['#'] = HASH,
    ['.'] = DOT,
    ['0' ... '9'] = WORD,
    ['A' ... 'Z'] = WORD,
    ['_'] = WORD,
    ['a' ... 'z'] = WORD,
    [0xC2] = LEAD,
    [0xE1 ... 0xE3] = LEAD,
};

/* Bit `bit` of each of 64 bytes. */
static inline uint64_t gather(const void *bytes, unsigned bit)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < TEXT_BLOCK; i += 8) {
        uint64_t x = text_load((const char *)bytes + i) >> bit & 0x0101010101010101u;
        bits |= (x * 0x0102040810204080u >> 56) << i; /* byte k to bit 56 + k, and nothing else so high */
    }
    return bits;
}

static inline text_masks look(const char *p)
{
    uint8_t kind[TEXT_BLOCK];
    for (unsigned i = 0; i < TEXT_BLOCK; i++)
        kind[i] = kinds[(unsigned char)p[i]];
    text_masks m = { .space = gather(kind, 0),
                     .newline = gather(kind, 1),
                     .breaks = gather(kind, 2),
                     .dot = gather(kind, 3),
                     .hash = gather(kind, 4),
                     .high = gather(p, 7) };
    if (m.high) {
        m.within = m.high & ~gather(p, 6);
        m.lead = gather(kind, 6);
    }
    return m;
}

static inline word_masks look_words(const char *p)
{
    uint8_t kind[TEXT_BLOCK];
    for (unsigned i = 0; i < TEXT_BLOCK; i++)
        kind[i] = kinds[(unsigned char)p[i]];
    return (word_masks){ .space = gather(kind, 0), .word = gather(kind, 5), .high = gather(p, 7) };
}

/* Loops of 64 that compilers make vectors of. */
static inline uint64_t match(const char *p, const text_needle *needles, uint32_t n)
{
    uint8_t low[TEXT_BLOCK + 4], found[TEXT_BLOCK] = { 0 };
    for (unsigned i = 0; i < sizeof low; i++)
        low[i] = (uint8_t)p[i] | 32;
    for (uint32_t k = 0; k < n; k++) {
        uint8_t here[TEXT_BLOCK];
        memset(here, 1, sizeof here);
        for (unsigned i = 0; i < needles[k].n; i++) {
            const uint8_t c = (uint8_t)needles[k].p[i] | 32;
            for (unsigned at = 0; at < TEXT_BLOCK; at++)
                here[at] &= low[at + i] == c;
        }
        for (unsigned at = 0; at < TEXT_BLOCK; at++)
            found[at] |= here[at];
    }
    return gather(found, 0);
}

#include "text/kernel_body.h"

const text_kernel text_kernel_plain = { "plain", runs, scan, split_wordpunct, seek };
