#include "text/lines.h"
#include <string.h>
#include "text/unicode.h"
#include "text/utf8.h"

sl_str text_lstrip(sl_str t)
{
    const char *p = t.p, *const end = t.p + t.n;
    while (p < end) {
        const char *next = p;
        if (!(text_class(text_next(&next)) & TEXT_SPACE))
            break;
        p = next;
    }
    return (sl_str){ p, (uint32_t)(end - p), 0 };
}

sl_str text_rstrip(sl_str t)
{
    const char *end = t.p + t.n;
    while (end > t.p) {
        const char *before = end;
        if (!(text_class(text_prev(&before)) & TEXT_SPACE))
            break;
        end = before;
    }
    return (sl_str){ t.p, (uint32_t)(end - t.p), 0 };
}

sl_str text_strip(sl_str t) { return text_lstrip(text_rstrip(t)); }

/* Bytes with which a line break may begin. */
static const bool may_break[256] = { ['\n'] = true, ['\v'] = true, ['\f'] = true, ['\r'] = true, [0x1C] = true,
                                     [0x1D] = true, [0x1E] = true, [0xC2] = true, [0xE2] = true };

/* How long the break at p is; 0: there is none. */
static uint32_t break_length(const char *p, const char *end)
{
    if (*p == '\r')
        return end - p > 1 && p[1] == '\n' ? 2 : 1;
    const char *next = p;
    return text_class(text_next(&next)) & TEXT_BREAK ? (uint32_t)(next - p) : 0;
}

bool text_next_line(text_lines *it, sl_span *line)
{
    const char *p = it->t.p + it->at, *const end = it->t.p + it->t.n;
    if (p == end)
        return false;
    uint32_t length = 0;
    for (; p < end; p++)
        if (may_break[(unsigned char)*p] && (length = break_length(p, end)))
            break;
    *line = (sl_span){ it->at, (uint32_t)(p - it->t.p) };
    it->at = line->end + length;
    return true;
}

bool text_next_newline(text_lines *it, sl_span *line)
{
    if (it->ended)
        return false;
    const uint32_t left = it->t.n - it->at;
    const char *p = left ? memchr(it->t.p + it->at, '\n', left) : NULL;
    *line = (sl_span){ it->at, p ? (uint32_t)(p - it->t.p) : it->t.n };
    it->ended = !p;
    it->at = line->end + (p != NULL);
    return true;
}
