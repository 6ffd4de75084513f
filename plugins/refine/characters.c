#include "characters.h"
#include <string.h>
#include "text/unicode.h"
#include "text/utf8.h"

/* ---- characters ---- */

enum { BLOCK = 64 };

/* How many leading bytes are ASCII that no rule is about: printable, \t, \n. */
static size_t plain_part(const char *p, size_t n)
{
    size_t i = 0;
    for (; n - i >= BLOCK; i += BLOCK) {
        unsigned odd = 0;
        for (int k = 0; k < BLOCK; k++) {
            const unsigned char c = (unsigned char)p[i + (size_t)k];
            odd |= (unsigned)(c - 32u > 94) & (unsigned)(c != '\n') & (unsigned)(c != '\t');
        }
        if (odd)
            break;
    }
    for (; i < n; i++) {
        const unsigned char c = (unsigned char)p[i];
        if (c - 32u > 94 && c != '\n' && c != '\t')
            break;
    }
    return i;
}

static bool is_control(uint32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

static bool is_zero_width(uint32_t c, uint32_t which)
{
    switch (c) {
    case 0x200B:
    case 0x2060:
    case 0xFEFF: return which != ZERO_WIDTH_KEEP;
    case 0x200C:
    case 0x200D: return which == ZERO_WIDTH_ALL;
    default: return false;
    }
}

/* What becomes of c, and which rule says so; NULL: it stays. */
static const char *instead(const char_rules *r, uint32_t c, uint32_t *rule)
{
    if (c == '\n' || c == '\t')
        return NULL;
    if (r->line_ends != LINE_ENDS_KEEP &&
        (c == '\r' || (r->line_ends == LINE_ENDS_ALL && text_class(c) & TEXT_BREAK))) {
        *rule = CHARS_LINE_ENDS;
        return "\n";
    }
    if (is_control(c)) {
        *rule = CHARS_CONTROLS;
        /* one that Python's split takes for white space must not glue words together */
        return !r->controls || c == '\r' ? NULL : text_class(c) & TEXT_SPACE ? " " : "";
    }
    if (is_zero_width(c, r->zero_width)) {
        *rule = CHARS_ZERO_WIDTH;
        return "";
    }
    if (c == 0xAD && r->soft_hyphens) {
        *rule = CHARS_SOFT_HYPHENS;
        return "";
    }
    return NULL;
}

static sl_str refine_each(const char_rules *r, sl_str t, char_work *w)
{
    edit e;
    edit_begin(&e, t, &w->chars);
    for (const char *p = t.p, *const end = t.p + t.n; p < end;) {
        p += plain_part(p, (size_t)(end - p));
        /* beyond ASCII one after the other, without asking for blocks in between */
        for (int i = 0; i < BLOCK && p < end; i++) {
            const char *const at = p;
            uint32_t rule;
            const uint32_t c = text_next(&p);
            const char *const new = instead(r, c, &rule);
            if (!new)
                continue;
            if (c == '\r' && p < end && *p == '\n')
                p++;
            w->counts[rule]++;
            if (!edit_put(&e, (uint32_t)(at - t.p), (uint32_t)(p - t.p), new, strlen(new)))
                return (sl_str){ 0 };
        }
    }
    return edit_end(&e);
}

/* ---- the normal form ---- */

static sl_str to_normal(const char_rules *r, sl_str t, char_work *w)
{
    if (!r->normalize || text_is_normal(t, r->form))
        return t;
    w->normal.n = 0;
    if (!text_normalize(t, r->form, &w->normal))
        return (sl_str){ 0 };
    if (w->normal.n == t.n && !memcmp(w->normal.p, t.p, t.n))
        return t; /* text_is_normal was not sure */
    w->counts[CHARS_NORMALIZED]++;
    return text_buf_end(&w->normal);
}

/* ---- lines ---- */

/* Where the white space behind the line begins; other ends of lines are none of it. */
static uint32_t line_end(sl_str t, uint32_t from, uint32_t to)
{
    const char *p = t.p + to;
    while (p > t.p + from) {
        const char *before = p;
        const uint32_t class = text_class(text_prev(&before));
        if (!(class & TEXT_SPACE) || class & TEXT_BREAK)
            break;
        p = before;
    }
    return (uint32_t)(p - t.p);
}

static sl_str refine_lines(const char_rules *r, sl_str t, char_work *w)
{
    const uint64_t most = r->max_blank_lines < 0 ? UINT64_MAX : (uint64_t)r->max_blank_lines;
    uint64_t empty = 0;
    edit e;
    edit_begin(&e, t, &w->lines);
    if (!r->trailing_space && most == UINT64_MAX)
        return t;
    for (uint32_t from = 0, next; from < t.n; from = next) {
        const char *newline = memchr(t.p + from, '\n', t.n - from);
        const uint32_t to = newline ? (uint32_t)(newline - t.p) : t.n;
        const uint32_t end = r->trailing_space ? line_end(t, from, to) : to;
        next = newline ? to + 1 : t.n;
        empty = end == from && newline ? empty + 1 : 0;
        if (empty > most) {
            w->counts[CHARS_BLANK_LINES]++;
            if (!edit_put(&e, from, next, "", 0))
                return (sl_str){ 0 };
        } else if (end < to) {
            w->counts[CHARS_TRAILING]++;
            if (!edit_put(&e, end, to, "", 0))
                return (sl_str){ 0 };
        }
    }
    return edit_end(&e);
}

sl_str refine_chars(const char_rules *r, sl_str t, char_work *w)
{
    memset(w->counts, 0, sizeof w->counts);
    t = refine_each(r, t, w);
    if (t.p)
        t = to_normal(r, t, w);
    return t.p ? refine_lines(r, t, w) : t;
}

void char_work_free(char_work *w)
{
    text_buf_free(&w->chars);
    text_buf_free(&w->normal);
    text_buf_free(&w->lines);
}
