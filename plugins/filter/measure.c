#include "measure.h"
#include <stdbool.h>
#include <string.h>

/* Eight bytes at a time; each byte of `sum` counts the continuation bytes of its lane, so it is emptied before 256
 * words. The inner loop is free of branches and carries, which is what lets the compiler use vectors for it. */
uint64_t count_chars(const char *text, size_t n)
{
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t even = 0x00FF00FF00FF00FFu;
    uint64_t continued = 0;
    size_t i = 0;
    while (n - i >= 8) {
        const size_t words = (n - i) / 8 < 255 ? (n - i) / 8 : 255;
        uint64_t sum = 0;
        for (size_t w = 0; w < words; w++) {
            uint64_t x;
            memcpy(&x, text + i + 8 * w, sizeof(x));
            sum += x >> 7 & ~(x >> 6) & ones; /* 10xxxxxx */
        }
        sum = (sum & even) + (sum >> 8 & even);
        continued += sum * 0x0001000100010001u >> 48;
        i += 8 * words;
    }
    for (; i < n; i++)
        continued += ((uint8_t)text[i] & 0xC0) == 0x80;
    return n - continued;
}

/* Bytes of the white space beyond ASCII at p, 0 if there is none. There is none whose lead byte is not C2, E1, E2 or
 * E3. */
static size_t space(const uint8_t *p, size_t n)
{
    if (p[0] == 0xC2 && n >= 2)
        return p[1] == 0x85 || p[1] == 0xA0 ? 2 : 0; /* U+0085, U+00A0 */
    if (p[0] < 0xE1 || p[0] > 0xE3 || n < 3)
        return 0;
    const uint32_t c = (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    const bool is = c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
                    c == 0x205F || c == 0x3000;
    return is ? 3 : 0;
}

/* What a byte says by itself. */
enum { INSIDE, SPACE, ASK /* white space, if the bytes behind it say so */ };
static const uint8_t kind[256] = {
    [0x09] = SPACE, [0x0A] = SPACE, [0x0B] = SPACE, [0x0C] = SPACE, [0x0D] = SPACE, [0x1C] = SPACE, [0x1D] = SPACE,
    [0x1E] = SPACE, [0x1F] = SPACE, [0x20] = SPACE, [0xC2] = ASK,   [0xE1] = ASK,   [0xE2] = ASK,   [0xE3] = ASK,
};

uint64_t count_words(const char *text, size_t n)
{
    const uint8_t *p = (const uint8_t *)text;
    uint64_t words = 0;
    unsigned after_space = 1;
    for (size_t i = 0; i < n;) {
        unsigned is_space = kind[p[i]];
        size_t step = 1; /* a byte inside a character is no white space either */
        if (is_space == ASK) {
            const size_t wide = space(p + i, n - i);
            is_space = wide > 0;
            step = wide ? wide : 1;
        }
        words += after_space & ~is_space;
        after_space = is_space;
        i += step;
    }
    return words;
}
