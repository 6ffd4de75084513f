/* layer: text */
/* Any bytes: what is said to be valid, decoded by the letter of the definition; then forwards, backwards and counted.
 */
#include "fuzz_text.h"
#include "base/utf8.h"
#include "text/lines.h"

/* The code point at p and its length; 0: none that is valid. */
static uint32_t decode(const uint8_t *p, size_t n, uint32_t *c)
{
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    const uint32_t len = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;
    if (!len || len > n)
        return 0;
    *c = len == 1 ? *p : *p & (0x7Fu >> len);
    for (uint32_t i = 1; i < len; i++) {
        if (p[i] >> 6 != 2)
            return 0;
        *c = *c << 6 | (p[i] & 63);
    }
    return *c >= least[len] && *c < 0x110000 && *c >> 11 != 27 ? len : 0;
}

static void walk(sl_str t)
{
    const char *p = t.p;
    size_t chars = 0, ascii = t.n;
    while (p < t.p + t.n) {
        const char *const at = p;
        uint32_t want = 0;
        const uint32_t len = decode((const uint8_t *)p, (size_t)(t.p + t.n - p), &want), c = text_next(&p);
        char buf[4];
        must(c == want && p == at + len && utf8_put(buf, c) == len && !memcmp(buf, at, len));
        const char *back = p;
        must(text_prev(&back) == c && back == at);
        if (c >= 0x80 && ascii == t.n)
            ascii = (size_t)(at - t.p);
        chars++;
    }
    must(text_chars(t.p, t.n) == chars && text_ascii(t.p, t.n) == ascii);
}

/* Lines are in order, hold no break, and have nothing but breaks between them. */
static void lines(sl_str t)
{
    sl_span line;
    uint32_t at = 0, n = 0, newlines = 0;
    for (text_lines it = { .t = t }; text_next_line(&it, &line); n++) {
        must(line.begin == at && line.begin <= line.end && line.end <= it.at && it.at - line.end <= 3);
        must(!memchr(t.p + line.begin, '\n', line.end - line.begin) && (it.at > line.end || it.at == t.n));
        at = it.at;
    }
    must(at == t.n);
    for (text_lines it = { .t = t }; text_next_newline(&it, &line); newlines++)
        must(line.end == t.n || t.p[line.end] == '\n');
    for (uint32_t i = 0; i < t.n; i++)
        newlines -= t.p[i] == '\n';
    must(newlines == 1);
    const sl_str s = text_strip(t), l = text_lstrip(t), r = text_rstrip(t);
    must(fuzz_same(text_strip(s), s) && fuzz_same(text_rstrip(l), s) && fuzz_same(text_lstrip(r), s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1); /* nothing may be read behind what is not yet known to be a text */
    must(exact);
    if (size)
        memcpy(exact, data, size);
    size_t valid = 0;
    uint32_t c;
    for (uint32_t len; valid < size && (len = decode(exact + valid, size - valid, &c)); valid += len)
        ;
    must(text_utf8_valid((const char *)exact, size) == valid);
    free(exact);
    const sl_str t = fuzz_text(data, size);
    walk(t);
    lines(t);
    free((char *)t.p);
    return 0;
}
