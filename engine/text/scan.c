#include "text/scan.h"
#include <stdlib.h>
#include "text/lines.h"
#include "text/masks.h"

enum { STRETCH = 32 }; /* blocks between two looks for room: 2 KiB of text, at most half as many words */

/* ---- positions ---- */

/* The places of set bits, eight at a time: `out` has room for 8 more than there are. */
static inline uint32_t *put_places(uint32_t *out, uint64_t bits, uint32_t at)
{
    const unsigned n = (unsigned)__builtin_popcountll(bits);
    for (unsigned i = 0; i < n; i += 8)
        for (unsigned k = 0; k < 8; k++) {
            out[i + k] = at + (uint32_t)__builtin_ctzll(bits | 1ull << 63);
            bits &= bits - 1;
        }
    return out + n;
}

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
    if (!text_spans_room(&s->words, words / 2 + STRETCH * TEXT_BLOCK / 2 + 16))
        return false;
    r->word = (uint32_t *)s->words.v + words;
    if (want_lines && lines + STRETCH * TEXT_BLOCK + 8 > s->newline_cap) {
        const size_t cap = (lines + STRETCH * TEXT_BLOCK + 8) * 3 / 2;
        uint32_t *v = cap < UINT32_MAX ? realloc(s->newline, cap * sizeof *v) : NULL;
        if (!v)
            return false;
        s->newline = v;
        s->newline_cap = (uint32_t)cap;
    }
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

static inline bool scan(text_scan *s, sl_str t, bool lines)
{
    const text_kernel *kernel = text_kernel_now();
    text_masks m[STRETCH];
    run r = { .s = s, .word = (uint32_t *)s->words.v, .newline = s->newline };
    const uint32_t whole = t.n / TEXT_BLOCK * TEXT_BLOCK;
    s->t = t;
    s->hashes = s->ellipses = s->n_newline = s->words.n = 0;
    for (uint32_t at = 0; at < whole;) {
        const uint32_t blocks = (whole - at) / TEXT_BLOCK < STRETCH ? (whole - at) / TEXT_BLOCK : STRETCH;
        if (!room(&r, lines))
            return false;
        kernel->look(t.p + at, blocks, m);
        for (uint32_t i = 0; i < blocks; i++, at += TEXT_BLOCK)
            block(&r, t.p + at, at, &m[i], lines);
    }
    if (whole < t.n) { /* the rest, with white space behind it */
        char last[TEXT_BLOCK + 8];
        memset(last, ' ', sizeof last);
        memcpy(last, t.p + whole, t.n - whole);
        if (!room(&r, lines))
            return false;
        kernel->look(last, 1, m);
        block(&r, last, whole, m, lines);
    } else if (r.in_word) {
        if (!room(&r, lines))
            return false;
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

bool text_scan_read(text_scan *s, sl_str t) { return scan(s, t, true); }

bool text_scan_words(sl_str t, text_spans *out)
{
    text_scan s = { .words = *out };
    const bool good = scan(&s, t, false);
    *out = s.words;
    return good;
}

bool text_scan_lines(const text_scan *s, text_spans *out)
{
    uint32_t from = 0;
    out->n = 0;
    if (s->other_breaks) {
        sl_span line;
        for (text_lines it = { .t = s->t }; text_next_line(&it, &line);) {
            if (!text_spans_room(out, (size_t)out->n + 1))
                return false;
            out->v[out->n++] = line;
        }
        return true;
    }
    if (!text_spans_room(out, (size_t)s->n_newline + 1))
        return false;
    for (uint32_t i = 0; i < s->n_newline; from = s->newline[i++] + 1)
        out->v[out->n++] = (sl_span){ from, s->newline[i] };
    if (from < s->t.n)
        out->v[out->n++] = (sl_span){ from, s->t.n };
    return true;
}

void text_scan_free(text_scan *s)
{
    text_spans_free(&s->words);
    free(s->newline);
    *s = (text_scan){ 0 };
}
