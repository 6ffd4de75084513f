/* layer: text */
/* Lower case code point by code point; simplify_text by its five steps, each the obvious way, beside the sweep. */
#include "fuzz_text.h"
#include "base/utf8.h"
#include "text/case.h"
#include "text/lines.h"
#include "text/normal.h"
#include "text/simplify.h"
#include "text/unicode.h"

static void put(text_buf *out, uint32_t c)
{
    must(text_buf_room(out, 4));
    out->n += utf8_put(out->p + out->n, c);
}

static bool separates(uint32_t c)
{
    return c == '.' || c == ',' || c == 0x60C || c == 0x66B || (c >= 0x2396 && c <= 0x2398);
}

static const char *digits(const char *p, const char *end)
{
    for (const char *next = p; p < end; p = next)
        if (!(text_class(text_next(&next)) & TEXT_REGEX_DECIMAL))
            break;
    return p;
}

static void numbers(sl_str t, text_buf *out)
{
    for (const char *p = t.p, *const end = t.p + t.n; p < end;) {
        const char *to = digits(p, end);
        if (to == p) {
            put(out, text_next(&p));
            continue;
        }
        p = to;
        put(out, '0');
        if (to < end && separates(text_next(&to)) && digits(to, end) > to)
            p = digits(to, end);
    }
}

static void spaces(sl_str t, text_buf *out)
{
    bool before = true;
    for (const char *p = t.p; p < t.p + t.n;) {
        const uint32_t c = text_next(&p);
        const bool space = text_class(c) & (TEXT_SPACE | TEXT_DT_PUNCT);
        if (!space)
            put(out, c);
        else if (!before)
            put(out, ' ');
        before = space;
    }
}

static void simplify(sl_str t)
{
    text_buf out = { 0 }, b[4] = { { 0 } }, work[2] = { { 0 } };
    must(text_simplify(t, &out, work));
    must(text_lower(t, &b[0]));
    must(b[0].n <= t.n + t.n / 2);
    numbers(fuzz_end(&b[0]), &b[1]);
    spaces(fuzz_end(&b[1]), &b[2]);
    must(text_strip_marks(text_strip(fuzz_end(&b[2])), &b[3]));
    must(fuzz_same(fuzz_end(&out), text_strip(fuzz_end(&b[3]))));
    for (int i = 0; i < 4; i++)
        text_buf_free(&b[i]);
    text_buf_free(&out);
    text_buf_free(&work[0]);
    text_buf_free(&work[1]);
}

/* Each code point alone gives the same but for the sigma. */
static void lower(sl_str t)
{
    text_buf whole = { 0 }, one = { 0 };
    must(text_lower(t, &whole));
    const sl_str w = fuzz_end(&whole);
    size_t at = 0;
    for (const char *p = t.p, *c = p; p < t.p + t.n; c = p) {
        const bool sigma = text_next(&p) == 0x3A3;
        one.n = 0;
        must(text_lower((sl_str){ c, (uint32_t)(p - c), 0 }, &one) && at + one.n <= w.n);
        must(!memcmp(one.p, w.p + at, one.n) || (sigma && !memcmp("\u03C2", w.p + at, 2)));
        at += one.n;
    }
    must(at == w.n);
    text_buf_free(&whole);
    text_buf_free(&one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const sl_str t = fuzz_text(data, size);
    lower(t);
    simplify(t);
    free((char *)t.p);
    return 0;
}
