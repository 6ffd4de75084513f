/* A text all in ASCII takes one sweep; others are lowered before and lose their marks behind it. */
#include "text/simplify.h"
#include <string.h>
#include "text/case.h"
#include "text/lines.h"
#include "text/normal.h"
#include "text/unicode.h"
#include "text/utf8.h"

/* The sweep is a state machine over kinds of code points. A state is the shift at which its successors stand in the
 * words `after`, one for each kind, so that a step costs two operations and no branch. Each step writes one byte and
 * then moves on, stays (what was written is written over), or goes back: the separator of 3.14 was a space until the 1
 * came. */
enum { SPACE_AGAIN, SPACE, WORD, NUMBER, NUMBER_ON, POINT, FRACTION, FRACTION_ON };
#define ROW(after_space, after_word, after_number, after_point, after_fraction)                                        \
    ((after_space)*6ull | (after_space)*6ull << 6 | (after_word)*6ull << 12 | (after_number)*6ull << 18 |              \
     (after_number)*6ull << 24 | (after_point)*6ull << 30 | (after_fraction)*6ull << 36 | (after_fraction)*6ull << 42)

enum { K_OTHER, K_SPACE, K_DIGIT, K_POINT };
static const uint64_t after[] = {
    [K_OTHER] = ROW(WORD, WORD, WORD, WORD, WORD),
    [K_SPACE] = ROW(SPACE_AGAIN, SPACE, SPACE, SPACE_AGAIN, SPACE),
    [K_DIGIT] = ROW(NUMBER, NUMBER, NUMBER_ON, FRACTION, FRACTION_ON),
    [K_POINT] = ROW(SPACE_AGAIN, SPACE, POINT, SPACE_AGAIN, SPACE),
};
/* For each state: by how much to move on, and 1. */
static const uint64_t moves = 1ull << SPACE_AGAIN * 6 | 2ull << SPACE * 6 | 2ull << WORD * 6 | 2ull << NUMBER * 6 |
                              1ull << NUMBER_ON * 6 | 2ull << POINT * 6 | 0ull << FRACTION * 6 |
                              1ull << FRACTION_ON * 6;

/* What ASCII code points become, and of which kind they are; in rows of 32. */
static const char ascii_to[] = "                                "
                               "                0000000000      "
                               " abcdefghijklmnopqrstuvwxyz     "
                               " abcdefghijklmnopqrstuvwxyz     ";
static const char ascii_kind[] = "11111111111111111111111111111111"
                                 "11111111111131312222222222111111"
                                 "10000000000000000000000000011111"
                                 "10000000000000000000000000011111";

typedef struct sweep {
    const char *p, *end;
    char *w;
    uint32_t state;
} sweep;

static inline void step(sweep *s, uint32_t kind, char to)
{
    *s->w = to;
    s->state = after[kind] >> s->state & 63;
    s->w += (ptrdiff_t)(moves >> s->state & 3) - 1;
}

static void sweep_ascii(sweep *at, const char *end)
{
    sweep s = *at;
    for (; s.p < end; s.p++) {
        const unsigned char c = (unsigned char)*s.p;
        step(&s, ascii_kind[c] & 3, ascii_to[c]);
    }
    *at = s;
}

/* A code point beyond ASCII. Its separators are no punctuation, and stay where no fraction follows. */
static void sweep_other(sweep *s)
{
    const char *const at = s->p;
    const uint32_t c = text_next(&s->p), class = text_class(c);
    if (class & TEXT_REGEX_DECIMAL) {
        step(s, K_DIGIT, '0');
        return;
    }
    if (class & (TEXT_SPACE | TEXT_DT_PUNCT)) {
        step(s, K_SPACE, ' ');
        return;
    }
    const bool in_number = s->state == NUMBER * 6 || s->state == NUMBER_ON * 6;
    if (in_number && s->p < s->end && (c == 0x60C || c == 0x66B || c - 0x2396 < 3)) {
        const char *next = s->p;
        if (text_class(text_next(&next)) & TEXT_REGEX_DECIMAL) {
            s->state = FRACTION_ON * 6;
            return;
        }
    }
    const size_t n = (size_t)(s->p - at);
    memcpy(s->w, at, n);
    s->w += n;
    s->state = WORD * 6;
}

/* From numbers to white space, of text in lower case or ASCII. Never longer than before. */
static bool squeeze(sl_str t, text_buf *out)
{
    out->n = 0;
    if (!text_buf_room(out, t.n))
        return false;
    sweep s = { t.p, t.p + t.n, out->p, SPACE_AGAIN * 6 };
    while (s.p < s.end) {
        sweep_ascii(&s, s.p + text_ascii(s.p, (size_t)(s.end - s.p)));
        while (s.p < s.end && *s.p & 0x80)
            sweep_other(&s);
    }
    if (s.w > out->p && s.w[-1] == ' ')
        s.w--;
    out->n = (size_t)(s.w - out->p);
    return true;
}

bool text_simplify(sl_str t, text_buf *out, text_buf work[2])
{
    if (text_ascii(t.p, t.n) == t.n)
        return squeeze(t, out);
    work[0].n = out->n = 0;
    if (!text_lower(t, &work[0]))
        return false;
    const sl_str lower = text_buf_end(&work[0]);
    if (!lower.p || !squeeze(lower, &work[1]))
        return false;
    const sl_str squeezed = text_buf_end(&work[1]);
    if (!squeezed.p || !text_strip_marks(squeezed, out))
        return false;
    const sl_str whole = text_buf_end(out);
    if (!whole.p)
        return false;
    const sl_str s = text_strip(whole); /* where it began or ended with a mark */
    memmove(out->p, s.p, s.n);
    out->n = s.n;
    return true;
}
