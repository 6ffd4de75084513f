#include "text/space.h"

/* What a byte says by itself. */
enum { INSIDE, SPACE, ASK /* white space, if the bytes behind it say so */ };
static const uint8_t kind[256] = {
    [0x09] = SPACE, [0x0A] = SPACE, [0x0B] = SPACE, [0x0C] = SPACE, [0x0D] = SPACE, [0x1C] = SPACE, [0x1D] = SPACE,
    [0x1E] = SPACE, [0x1F] = SPACE, [0x20] = SPACE, [0xC2] = ASK,   [0xE1] = ASK,   [0xE2] = ASK,   [0xE3] = ASK,
};

uint64_t text_count_words(const char *p, size_t n, uint64_t enough)
{
    const char *const end = p + n;
    uint64_t words = 0;
    unsigned after_space = 1;
    while (p < end && words < enough) {
        unsigned is_space = kind[(unsigned char)*p];
        uint32_t step = 1; /* a byte inside a character is no white space either */
        if (is_space == ASK) {
            const uint32_t wide = text_space(p, end);
            is_space = wide > 0;
            step = wide ? wide : 1;
        }
        words += after_space & ~is_space;
        after_space = is_space;
        p += step;
    }
    return words;
}
