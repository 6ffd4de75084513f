/* UTF-8: checking, walking, counting. All but text_utf8_valid take valid UTF-8. */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H
#include <string.h>
#include "sluice/plugin.h"

/* How many leading bytes are whole, valid code points (no surrogates, none above U+10FFFF, shortest form): n if all
 * are. */
size_t text_utf8_valid(const char *p, size_t n);

/* Code points. */
size_t text_chars(const char *p, size_t n);

/* How many leading bytes are ASCII. */
static inline size_t text_ascii(const char *p, size_t n)
{
    size_t i = 0;
    for (uint64_t eight; n - i >= 8; i += 8) {
        memcpy(&eight, p + i, 8);
        if (eight & 0x8080808080808080u)
            break;
    }
    while (i < n && !(p[i] & 0x80))
        i++;
    return i;
}

static inline uint32_t text_next(const char **at)
{
    const unsigned char *p = (const unsigned char *)*at;
    const uint32_t c = *p;
    if (c < 0x80)
        return ++*at, c;
    if (c < 0xE0)
        return *at += 2, (c & 31) << 6 | (p[1] & 63);
    if (c < 0xF0)
        return *at += 3, (c & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
    return *at += 4, (c & 7) << 18 | (uint32_t)(p[1] & 63) << 12 | (uint32_t)(p[2] & 63) << 6 | (p[3] & 63);
}

/* The code point that ends at *end, and *end before it. */
static inline uint32_t text_prev(const char **end)
{
    do
        --*end;
    while ((**end & 0xC0) == 0x80);
    const char *p = *end;
    return text_next(&p);
}
#endif
