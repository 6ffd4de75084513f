#include "text/case.h"
#include "base/utf8.h"
#include <string.h>
#include "text/unicode_data.h"
#include "text/utf8.h"

/* A cased letter stands before the sigma and none behind it, case-ignorable ones not looked at. A sigma is not
 * ignorable itself, so that no part of a text is walked more than twice. */
bool text_final_sigma(sl_str t, size_t at)
{
    const char *p = t.p + at, *const end = t.p + t.n;
    uint32_t class = TEXT_IGNORABLE;
    while (p > t.p && class & TEXT_IGNORABLE)
        class = text_class(text_prev(&p));
    if (class & TEXT_IGNORABLE || !(class & TEXT_CASED))
        return false;
    p = t.p + at + 2;
    class = TEXT_IGNORABLE;
    while (p < end && class & TEXT_IGNORABLE)
        class = text_class(text_next(&p));
    return class & TEXT_IGNORABLE || !(class & TEXT_CASED);
}

/* Both in ASCII; n bytes. */
static void lower_ascii(char *out, const char *p, size_t n)
{
    const uint64_t ones = 0x0101010101010101u;
    size_t i = 0;
    for (uint64_t w; n - i >= 8; i += 8) {
        memcpy(&w, p + i, 8);
        const uint64_t upper = ((w + (0x80 - 'A') * ones) ^ (w + (0x80 - 'Z' - 1) * ones)) & 0x80 * ones;
        w |= upper >> 2;
        memcpy(out + i, &w, 8);
    }
    for (; i < n; i++)
        out[i] = (char)(p[i] | (p[i] >= 'A' && p[i] <= 'Z') << 5);
}

bool text_lower(sl_str t, text_buf *out)
{
    if (!text_buf_room(out, (size_t)t.n + t.n / 2))
        return false;
    const char *p = t.p, *const end = t.p + t.n;
    char *w = out->p + out->n;
    while (p < end) {
        const size_t run = text_ascii(p, (size_t)(end - p));
        lower_ascii(w, p, run);
        p += run;
        w += run;
        while (p < end && *p & 0x80) {
            const size_t at = (size_t)(p - t.p);
            const uint32_t c = text_next(&p);
            w += utf8_put(w, c == 0x3A3 && text_final_sigma(t, at) ? 0x3C2 : text_lower_char(c));
            if (c == 0x130)
                w += utf8_put(w, 0x307);
        }
    }
    out->n = (size_t)(w - out->p);
    return true;
}
