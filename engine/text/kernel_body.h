/* What every kernel does with its masks: included by kernel_*.c behind `look`, `look_words`, `match` and `put_places`,
 * to be compiled for their processor. */
#include <stdlib.h>
#include "text/kernel.h"
#include "text/unicode.h"
#include "text/utf8.h"

enum { STRETCH = 32 }; /* blocks between two looks for room: 2 KiB of text */

/* ---- white space beyond ASCII ---- */

typedef struct beyond {
    uint64_t space; /* of this block */
    uint64_t spill; /* bits of the next block: rest of a code point that ends there */
    bool breaks;    /* U+85, U+2028, U+2029 */
    uint32_t ellipses;
} beyond;

static inline uint32_t length_of_space(const unsigned char *p, beyond *b)
{
    if (p[0] == 0xC2) {
        b->breaks |= p[1] == 0x85;
        return p[1] == 0x85 || p[1] == 0xA0 ? 2 : 0;
    }
    if (p[0] == 0xE2 && p[1] == 0x80) {
        b->ellipses += p[2] == 0xA6;
        b->breaks |= p[2] == 0xA8 || p[2] == 0xA9;
        return p[2] <= 0x8A || p[2] == 0xA8 || p[2] == 0xA9 || p[2] == 0xAF ? 3 : 0;
    }
    return (p[0] == 0xE1 && p[1] == 0x9A && p[2] == 0x80) || (p[0] == 0xE2 && p[1] == 0x81 && p[2] == 0x9F) ||
                   (p[0] == 0xE3 && p[1] == 0x80 && p[2] == 0x80)
               ? 3
               : 0;
}

static void look_beyond(const char *p, uint64_t lead, beyond *b)
{
    b->space = b->spill;
    b->spill = 0;
    for (; lead; lead &= lead - 1) {
        const unsigned i = (unsigned)__builtin_ctzll(lead);
        const uint64_t n = length_of_space((const unsigned char *)p + i, b), bits = (1ull << n) - 1;
        b->space |= bits << i;
        b->spill |= i ? bits >> (64 - i) : 0;
    }
}

/* ---- the scan ---- */

typedef struct run {
    text_scan *s;
    uint32_t *word, *newline; /* where the next begin or end, and the next newline go */
    uint64_t in_word, dots;   /* of the last byte of the block before, and of the last two */
    uint64_t other_breaks, three_dots;
    uint32_t within, high;
    beyond b;
} run;

static inline void block(run *r, const char *p, uint32_t at, const text_masks *m, bool lines)
{
    uint64_t space = m->space;
    if (m->high) {
        r->high = 1;
        r->within += (uint32_t)__builtin_popcountll(m->within);
    }
    if (m->lead | r->b.spill) {
        look_beyond(p, m->lead, &r->b);
        space |= r->b.space;
    }
    r->other_breaks |= m->breaks;
    r->s->hashes += (uint32_t)__builtin_popcountll(m->hash);
    r->three_dots |= m->dot & (m->dot << 1 | r->dots >> 63) & (m->dot << 2 | r->dots >> 62);
    r->dots = m->dot;
    const uint64_t word = ~space;
    r->word = put_places(r->word, word ^ (word << 1 | r->in_word), at);
    r->in_word = word >> 63;
    if (lines && m->newline)
        r->newline = put_places(r->newline, m->newline, at);
}

static bool room(run *r, bool want_lines)
{
    text_scan *s = r->s;
    const size_t words = (size_t)(r->word - (uint32_t *)s->words.v), lines = (size_t)(r->newline - s->newline);
    if (!text_spans_room(&s->words, words / 2 + STRETCH * TEXT_BLOCK / 2 + 16 /* put_places */))
        return false;
    r->word = (uint32_t *)s->words.v + words;
    if (want_lines && lines + STRETCH * TEXT_BLOCK + 32 > s->newline_cap) {
        const size_t cap = (lines + STRETCH * TEXT_BLOCK + 32) * 3 / 2;
        uint32_t *v = cap < UINT32_MAX ? realloc(s->newline, cap * sizeof *v) : NULL;
        if (!v)
            return false;
        s->newline = v;
        s->newline_cap = (uint32_t)cap;
    }
    if (want_lines)
        r->newline = s->newline + lines;
    return true;
}

/* str.count("..."): from the left, without overlap. */
static uint32_t count_ellipses(sl_str t)
{
    uint32_t n = 0;
    for (const char *p = t.p, *end = t.p + t.n; (p = memchr(p, '.', (size_t)(end - p))) != NULL;) {
        const char *q = p;
        while (q < end && *q == '.')
            q++;
        n += (uint32_t)(q - p) / 3;
        p = q;
    }
    return n;
}

static bool scan(text_scan *s, sl_str t, bool lines)
{
    run r = { .s = s, .word = (uint32_t *)s->words.v, .newline = s->newline };
    const uint32_t whole = t.n / TEXT_BLOCK * TEXT_BLOCK;
    s->t = t;
    s->hashes = s->ellipses = s->n_newline = s->words.n = 0;
    for (uint32_t at = 0; at < whole; at += TEXT_BLOCK) {
        if (at % (STRETCH * TEXT_BLOCK) == 0 && !room(&r, lines))
            return false;
        const text_masks m = look(t.p + at);
        block(&r, t.p + at, at, &m, lines);
    }
    if (!room(&r, lines))
        return false;
    if (whole < t.n) { /* the rest, with white space behind it */
        char last[TEXT_BLOCK + 8];
        memset(last, ' ', sizeof last);
        memcpy(last, t.p + whole, t.n - whole);
        const text_masks m = look(last);
        block(&r, last, whole, &m, lines);
    } else if (r.in_word) {
        *r.word++ = t.n;
    }
    s->words.n = (uint32_t)(r.word - (uint32_t *)s->words.v) / 2;
    s->n_newline = (uint32_t)(r.newline - s->newline);
    s->chars = t.n - r.within;
    s->ellipses = r.b.ellipses + (r.three_dots ? count_ellipses(t) : 0);
    s->ascii = !r.high;
    s->other_breaks = r.other_breaks || r.b.breaks;
    return true;
}

/* ---- \w+|[^\w\s]+ ---- */

typedef struct wp_run {
    uint32_t *out;
    uint64_t word, space;             /* of the last byte of the block before: its bit 63 */
    uint64_t word_spill, space_spill; /* bits of this block: the rest of a code point that began in the one before */
} wp_run;

static inline bool is_word(uint32_t class) { return (class & TEXT_ALNUM) != 0; }

/* Code points beyond ASCII that begin in the block. */
static void add_high(const char *p, word_masks *m, wp_run *r)
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

static inline void wp_block(wp_run *r, const char *p, uint32_t at, word_masks *m)
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

static bool split_wordpunct(sl_str t, text_spans *out)
{
    wp_run r = { .out = (uint32_t *)out->v, .space = 1ull << 63 };
    const uint32_t whole = t.n / TEXT_BLOCK * TEXT_BLOCK;
    char last[TEXT_BLOCK + 8]; /* the rest, with white space behind it */
    memset(last, ' ', sizeof last);
    if (t.n > whole)
        memcpy(last, t.p + whole, t.n - whole);
    for (size_t at = 0; at <= whole; at += TEXT_BLOCK) {
        const char *p = at < whole ? t.p + at : last;
        if (at % (STRETCH * TEXT_BLOCK) == 0) {
            const size_t n = (size_t)(r.out - (uint32_t *)out->v);
            if (!text_spans_room(out, n / 2 + STRETCH * TEXT_BLOCK + 2))
                return false;
            r.out = (uint32_t *)out->v + n;
        }
        word_masks m = look_words(p);
        wp_block(&r, p, (uint32_t)at, &m);
    }
    out->n = (uint32_t)(r.out - (uint32_t *)out->v) / 2;
    return true;
}

/* ---- needles ---- */

static bool seek(sl_str t, const text_needle *needles, uint32_t n, text_places *out)
{
    const uint32_t whole = t.n / TEXT_BLOCK * TEXT_BLOCK;
    char last[TEXT_BLOCK + 8] = { 0 };
    memcpy(last, t.p + whole, t.n - whole);
    out->n = 0;
    for (size_t at = 0; at < t.n; at += TEXT_BLOCK) {
        const uint64_t found = match(at < whole ? t.p + at : last, needles, n);
        if (!found)
            continue;
        if (out->n + TEXT_BLOCK + 32 > out->cap) {
            const size_t cap = ((size_t)out->n + TEXT_BLOCK + 32) * 2;
            uint32_t *v = cap < UINT32_MAX ? realloc(out->v, cap * sizeof *v) : NULL;
            if (!v)
                return false;
            out->v = v;
            out->cap = (uint32_t)cap;
        }
        out->n = (uint32_t)(put_places(out->v + out->n, found, (uint32_t)at) - out->v);
    }
    return true;
}
