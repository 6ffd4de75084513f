#include "text/utf8.h"
#include "base/str.h"
#include <string.h>

size_t text_utf8_valid(const char *p, size_t n) { return utf8_valid_prefix(p, n); }

/* Continuation bytes are counted eight lanes at a time: a lane holds 255 before it would run over. */
size_t text_chars(const char *p, size_t n)
{
    const uint64_t ones = 0x0101010101010101u, low = 0x00FF00FF00FF00FFu;
    size_t i = 0, inside = 0;
    while (n - i >= 8) {
        const size_t words = (n - i) / 8 < 255 ? (n - i) / 8 : 255;
        uint64_t lanes = 0;
        for (size_t k = 0; k < words; k++) {
            uint64_t w;
            memcpy(&w, p + i + 8 * k, 8);
            lanes += w >> 7 & ~w >> 6 & ones;
        }
        lanes = (lanes & low) + (lanes >> 8 & low);
        inside += (size_t)(lanes * 0x0001000100010001u >> 48);
        i += 8 * words;
    }
    for (; i < n; i++)
        inside += ((unsigned char)p[i] & 0xC0) == 0x80;
    return n - inside;
}
