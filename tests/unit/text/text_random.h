/* Random texts of all the kinds that matter, and the same on each machine. */
#ifndef TEXT_RANDOM_H
#define TEXT_RANDOM_H
#include <string.h>
#include "base/utf8.h"
#include "text/utf8.h"

static inline uint64_t random_next(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15u;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* A code point: of ASCII, of white space and ends of lines, of scripts with letters, marks, digits, or of anywhere. */
static inline uint32_t random_point(uint64_t *state, unsigned flavour)
{
    static const uint32_t odd[] = { 0x20,   0x0A,   0x0D,   0x09,    0x0B,    0x1C,   0x1E,   0x1F,   0x85,
                                    0xA0,   0x1680, 0x2000, 0x200A,  0x200B,  0x2026, 0x2028, 0x2029, 0x202F,
                                    0x205F, 0x3000, 0x3001, 0x2E,    0x23,    0xAD,   0x200D, 0x301,  0x27,
                                    0x2019, 0x5D0,  0x30AB, 0x1F1E6, 0x1F600, 0x660,  0xE9,   0x3A3,  0x4E2D,
                                    0xE33,  0x5F,   0x22,   0x2C,    0x3A };
    const uint64_t r = random_next(state);
    switch ((flavour + (r >> 60 == 0)) % 4) {
    case 0: return 32 + (uint32_t)(r % 95);
    case 1: return odd[r % (sizeof odd / sizeof *odd)];
    case 2: return r % 5 ? 'a' + (uint32_t)(r >> 8) % 26 : ' ';
    default: break;
    }
    const uint32_t c = (uint32_t)(r % (r >> 40 & 1 ? 0x3000 : 0x110000));
    return c - 0xD800 < 0x800 ? 'x' : c;
}

/* Up to n bytes of whole code points; how many. `out` has n + 4. */
static inline uint32_t random_text(uint64_t *state, char *out, uint32_t n)
{
    const unsigned flavour = (unsigned)(random_next(state) % 5);
    uint32_t at = 0;
    while (at < n) {
        const uint32_t more =
            utf8_put(out + at, random_point(state, flavour == 4 ? (unsigned)random_next(state) : flavour));
        if (at + more > n)
            break;
        at += more;
    }
    return at;
}
#endif
