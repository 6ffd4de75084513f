/* The regular expression \w+|[^\w\s]+ with Python's classes. */
#include <string.h>
#include "text/masks.h"
#include "text/utf8.h"
#include "text/words.h"

enum { STRETCH = 16 }; /* blocks between two looks for room */

typedef struct run {
    uint32_t *out;
    uint64_t word, space;             /* of the last byte of the block before: its bit 63 */
    uint64_t word_spill, space_spill; /* bits of this block: the rest of a code point that began in the one before */
} run;

static inline bool is_word(uint32_t class)
{
    return (class & (TEXT_ALPHA | TEXT_DECIMAL | TEXT_DIGIT | TEXT_NUMERIC)) != 0;
}

/* Code points beyond ASCII that begin in the block. */
static void add_high(const char *p, word_masks *m, run *r)
{
    uint64_t word = r->word_spill, space = r->space_spill;
    r->word_spill = r->space_spill = 0;
    for (uint64_t left = m->high; left; left &= left - 1) {
        const unsigned i = (unsigned)__builtin_ctzll(left);
        if ((p[i] & 0xC0) == 0x80)
            continue;
        const char *at = p + i;
        const uint32_t class = text_class(text_next(&at));
        const uint64_t bits = (1ull << (at - p - i)) - 1, over = i ? bits >> (64 - i) : 0;
        if (is_word(class)) {
            word |= bits << i;
            r->word_spill |= over;
        } else if (class & TEXT_SPACE) {
            space |= bits << i;
            r->space_spill |= over;
        }
    }
    m->word |= word;
    m->space |= space;
}

static inline void block(run *r, const char *p, uint32_t at, word_masks *m)
{
    if (m->high)
        add_high(p, m, r);
    const uint64_t before = m->space << 1 | r->space >> 63; /* is the byte before white space? */
    uint64_t change = (m->word ^ (m->word << 1 | r->word >> 63)) | (m->space ^ before);
    for (; change; change &= change - 1) {
        const unsigned i = (unsigned)__builtin_ctzll(change);
        *r->out = at + i; /* the end of what was */
        r->out += ~before >> i & 1;
        *r->out = at + i; /* the beginning of what is */
        r->out += ~m->space >> i & 1;
    }
    r->word = m->word;
    r->space = m->space;
}

bool text_split_wordpunct(sl_str t, text_spans *out)
{
    const text_kernel *kernel = text_kernel_now();
    word_masks m[STRETCH];
    run r = { .out = (uint32_t *)out->v, .space = 1ull << 63 };
    const uint32_t whole = t.n / TEXT_BLOCK * TEXT_BLOCK;
    for (uint32_t at = 0; at <= whole;) {
        const uint32_t left = (whole - at) / TEXT_BLOCK, blocks = left < STRETCH ? left : STRETCH;
        const size_t n = (size_t)(r.out - (uint32_t *)out->v);
        if (!text_spans_room(out, n / 2 + STRETCH * TEXT_BLOCK + 2))
            return false;
        r.out = (uint32_t *)out->v + n;
        kernel->words(t.p + at, blocks, m);
        for (uint32_t i = 0; i < blocks; i++, at += TEXT_BLOCK)
            block(&r, t.p + at, at, &m[i]);
        if (at == whole)
            break;
    }
    char last[TEXT_BLOCK + 8]; /* the rest, with white space behind it */
    memset(last, ' ', sizeof last);
    if (t.n > whole)
        memcpy(last, t.p + whole, t.n - whole);
    kernel->words(last, 1, m);
    m->high |= r.word_spill | r.space_spill;
    block(&r, last, whole, m);
    out->n = (uint32_t)(r.out - (uint32_t *)out->v) / 2;
    return true;
}
