#include "utf8.h"
#include <stdint.h>
#include <string.h>

/* Length of the well-formed sequence at p, which has n bytes; 0 if there is none. The second byte tells the overlong
 * forms, the surrogates and the end of Unicode (Unicode standard, table 3-7). */
static size_t sequence(const uint8_t *p, size_t n)
{
    const uint8_t lead = p[0];
    const size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || length > n)
        return 0;
    const uint8_t least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < least || p[1] > most)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

size_t utf8_prefix(const char *text, size_t n)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t i = 0;
    while (i < n) {
        uint64_t word;
        if (n - i >= sizeof(word) && (memcpy(&word, p + i, sizeof(word)), (word & 0x8080808080808080u) == 0)) {
            i += sizeof(word);
            continue;
        }
        const size_t length = p[i] < 0x80 ? 1 : sequence(p + i, n - i);
        if (length == 0)
            return i;
        i += length;
    }
    return n;
}
