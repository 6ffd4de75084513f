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

static inline text_masks look(const char *p)
{
    text_masks m = { 0 };
    for (unsigned k = 0; k < TEXT_BLOCK; k++) {
        const unsigned char c = (unsigned char)p[k];
        const uint64_t kind = kinds[c];
        m.space |= (kind & 1) << k;
        m.newline |= (kind >> 1 & 1) << k;
        m.breaks |= (kind >> 2 & 1) << k;
        m.dot |= (kind >> 3 & 1) << k;
        m.hash |= (kind >> 4 & 1) << k;
        m.lead |= (kind >> 6) << k;
        m.high |= (uint64_t)(c >> 7) << k;
        m.within |= (uint64_t)((c & 0xC0) == 0x80) << k;
    }
    return m;
}

static inline word_masks look_words(const char *p)
{
    word_masks m = { 0 };
    for (unsigned k = 0; k < TEXT_BLOCK; k++) {
        const unsigned char c = (unsigned char)p[k];
        const uint64_t kind = kinds[c];
        m.space |= (kind & 1) << k;
        m.word |= (kind >> 5 & 1) << k;
        m.high |= (uint64_t)(c >> 7) << k;
    }
    return m;
}

static inline uint64_t match(const char *p, const text_needle *needles, uint32_t n)
{
    uint64_t found = 0;
    for (uint32_t k = 0; k < n; k++)
        for (unsigned at = 0; at < TEXT_BLOCK; at++) {
            unsigned i = 0;
            while (i < needles[k].n && (p[at + i] | 32) == (needles[k].p[i] | 32))
                i++;
            found |= (uint64_t)(i == needles[k].n) << at;
        }
    return found;
}

#include "text/kernel_body.h"

const text_kernel text_kernel_plain = { "plain", runs, scan, split_wordpunct, seek };
