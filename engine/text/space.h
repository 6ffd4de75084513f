/* White space: Python's str.isspace, which is what split() and strip() go by. Any bytes may be looked at. */
#ifndef TEXT_SPACE_H
#define TEXT_SPACE_H
#include <stddef.h>
#include <stdint.h>

/* Bytes of the white space character at p < end; 0: there is none. Saved states rest on this: it never changes. */
static inline uint32_t text_space(const char *p, const char *end)
{
    const unsigned char *b = (const unsigned char *)p;
    if (b[0] < 0x80)
        return b[0] == ' ' || (b[0] >= 0x09 && b[0] <= 0x0D) || (b[0] >= 0x1C && b[0] <= 0x1F);
    if (b[0] == 0xC2) /* U+0085, U+00A0 */
        return end - p >= 2 && (b[1] == 0x85 || b[1] == 0xA0) ? 2 : 0;
    if (b[0] < 0xE1 || b[0] > 0xE3 || end - p < 3 || (b[1] & 0xC0) != 0x80 || (b[2] & 0xC0) != 0x80)
        return 0;
    const uint32_t c = (b[0] & 0x0Fu) << 12 | (b[1] & 0x3Fu) << 6 | (b[2] & 0x3Fu);
    return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
                   c == 0x3000
               ? 3
               : 0;
}

/* How many words str.split() makes, `enough` at most. */
uint64_t text_count_words(const char *p, size_t n, uint64_t enough);
#endif
