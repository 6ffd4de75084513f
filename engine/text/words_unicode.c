/* Word boundaries of UAX 29 (Unicode 14.0.0), rules WB3 to WB999. */
#include "text/utf8.h"
#include "text/words.h"

typedef struct point { /* a code point: its Word_Break without the bit of pictographs, where it ends */
    unsigned wb;
    bool picture, counts; /* counts: makes a word of what it stands in */
    const char *end;
} point;

static inline point look(const char *p)
{
    const uint32_t c = text_next(&p);
    const unsigned wb = text_word_break(c);
    return (point){ .wb = wb & ~(unsigned)TEXT_WB_PICTOGRAPHIC,
                    .picture = (wb & TEXT_WB_PICTOGRAPHIC) != 0,
                    .counts = (text_class(c) & TEXT_ALNUM) != 0,
                    .end = p };
}

static inline bool line_end(unsigned wb) { return wb == TEXT_WB_CR || wb == TEXT_WB_LF || wb == TEXT_WB_NEWLINE; }
static inline bool ignored(unsigned wb) { return wb == TEXT_WB_EXTEND || wb == TEXT_WB_FORMAT || wb == TEXT_WB_ZWJ; }
static inline bool letter(unsigned wb) { return wb == TEXT_WB_LETTER || wb == TEXT_WB_HEBREW; }
static inline bool inside_word(unsigned wb) { return letter(wb) || wb == TEXT_WB_NUMERIC || wb == TEXT_WB_KATAKANA; }
static inline bool mid_any(unsigned wb) { return wb == TEXT_WB_MID_NUM_LET || wb == TEXT_WB_SINGLE_QUOTE; }

/* The first code point from p on that WB4 does not ignore, with what those before it count; end NULL: there is none. */
static point behind(const char *p, const char *end)
{
    for (bool counts = false; p < end;) {
        point x = look(p);
        counts |= x.counts;
        x.counts = counts;
        if (!ignored(x.wb))
            return x;
        p = x.end;
    }
    return (point){ 0 };
}

/* Rules that join two neighbours (WB5, 8, 9, 10, 13, 13a, 13b). */
static bool joined(unsigned left, unsigned right)
{
    if ((letter(left) || left == TEXT_WB_NUMERIC) && (letter(right) || right == TEXT_WB_NUMERIC))
        return true;
    if (left == TEXT_WB_KATAKANA && right == TEXT_WB_KATAKANA)
        return true;
    if (right == TEXT_WB_EXTEND_NUM_LET)
        return inside_word(left) || left == TEXT_WB_EXTEND_NUM_LET;
    return left == TEXT_WB_EXTEND_NUM_LET && inside_word(right);
}

/* Does a mark between two letters or two numbers, with the second behind it, belong to the word (WB6, 7, 7b, 7c, 11,
 * 12)? */
static bool bridges(unsigned left, unsigned mark, unsigned right)
{
    if (letter(left) && letter(right) && (mark == TEXT_WB_MID_LETTER || mid_any(mark)))
        return true;
    if (left == TEXT_WB_HEBREW && mark == TEXT_WB_DOUBLE_QUOTE && right == TEXT_WB_HEBREW)
        return true;
    return left == TEXT_WB_NUMERIC && right == TEXT_WB_NUMERIC && (mark == TEXT_WB_MID_NUM || mid_any(mark));
}

/* ---- ASCII: nearly everything in most texts ---- */

enum { A_OTHER /* no word, joins nothing */, A_WORD /* letters, digits, '_' */, A_MAYBE /* marks that may join */ };
static const uint8_t ascii[128] = {
    ['"'] = A_MAYBE, ['\''] = A_MAYBE, [','] = A_MAYBE,        ['.'] = A_MAYBE,        [':'] = A_MAYBE,
    [';'] = A_MAYBE, ['_'] = A_WORD,   ['0' ... '9'] = A_WORD, ['A' ... 'Z'] = A_WORD, ['a' ... 'z'] = A_WORD,
};
static inline unsigned ascii_at(const char *p) { return (signed char)*p < 0 ? A_MAYBE : ascii[(unsigned char)*p]; }

/* The last of the letters, digits and '_' at p, all of which are one word; p itself if it is none. *whole: the word
 * ends there. */
static const char *ascii_run(const char *p, const char *end, bool *counts, bool *whole)
{
    const char *const from = p;
    while (p < end && ascii_at(p) == A_WORD)
        *counts |= *p++ != '_';
    *whole = p > from && (p == end || ascii_at(p) == A_OTHER);
    return p > from ? p - 1 : p;
}

/* The end of what begins at p < end; *counts: is it a word? */
static const char *segment(const char *p, const char *end, bool *counts)
{
    bool whole;
    *counts = false;
    p = ascii_run(p, end, counts, &whole);
    if (whole)
        return p + 1;
    point x = look(p);
    unsigned left = x.wb, raw = x.wb; /* the last that WB4 did not ignore, and the last */
    unsigned flags = x.wb == TEXT_WB_REGIONAL;
    *counts |= x.counts;
    if (line_end(x.wb))
        return x.wb == TEXT_WB_CR && x.end < end && *x.end == '\n' ? x.end + 1 : x.end;
    for (p = x.end; p < end; p = x.end) {
        x = look(p);
        if (line_end(x.wb))
            return p;
        if (ignored(x.wb)) { /* WB4; two of these are letters */
            *counts |= x.counts;
            raw = x.wb;
            continue;
        }
        bool join = joined(left, x.wb) || (raw == TEXT_WB_ZWJ && x.picture) ||
                    (raw == TEXT_WB_SEG_SPACE && x.wb == TEXT_WB_SEG_SPACE);
        if (!join && left == TEXT_WB_REGIONAL && x.wb == TEXT_WB_REGIONAL && (flags & 1)) /* WB15, 16: in pairs */
            join = true;
        if (!join && (letter(left) || left == TEXT_WB_NUMERIC)) {
            const point next = behind(x.end, end);
            if (next.end && bridges(left, x.wb, next.wb)) {
                *counts |= next.counts;
                x = next;
                join = true;
            } else if (left == TEXT_WB_HEBREW && x.wb == TEXT_WB_SINGLE_QUOTE) { /* WB7a */
                join = true;
            }
        }
        if (!join)
            return p;
        *counts |= x.counts;
        flags = x.wb == TEXT_WB_REGIONAL ? flags + 1 : 0;
        left = raw = x.wb;
    }
    return p;
}

bool text_split_unicode(sl_str t, text_spans *out)
{
    const char *const end = t.p + t.n;
    out->n = 0;
    for (const char *p = t.p; p < end;) {
        bool counts;
        if (ascii_at(p) == A_OTHER) {
            const char *next = p + 1;
            while (*p == ' ' && next < end && *next == ' ') /* one segment (WB3d), which marks may follow */
                next++;
            if (next == end || (signed char)*next >= 0) {
                p = next;
                continue;
            }
        }
        const char *const to = segment(p, end, &counts);
        if (counts && !text_spans_add(out, (uint32_t)(p - t.p), (uint32_t)(to - t.p)))
            return false;
        p = to;
    }
    return true;
}
