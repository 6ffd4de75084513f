/* Decomposition writes UTF-8 straight into the buffer and puts runs of marks in order there; composition then works in
 * place on what was decomposed, from a code point that no other composes with to the next. */
#include "text/normal.h"
#include "base/utf8.h"
#include <string.h>
#include "text/unicode_data.h"
#include "text/utf8.h"

enum { S_BASE = 0xAC00, L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11A7, L_N = 19, V_N = 21, T_N = 28 };
enum { S_N = L_N * V_N * T_N };
enum { MOST = 64 }; /* bytes that one code point decomposes to, and more */

typedef struct marks {
    text_buf *out;
    size_t begin;  /* of the run of code points with a combining class */
    uint32_t last; /* its highest class */
    bool unordered;
    bool drop; /* category Mn */
} marks;

/* Sorts the run by combining class, in the order of the text where equal: counts first, so that its length does not
 * matter. */
static bool order_run(marks *m)
{
    text_buf *out = m->out;
    const size_t n = out->n - m->begin;
    if (!text_buf_room(out, n))
        return false;
    size_t at[256] = { 0 };
    const char *const run = out->p + m->begin, *const end = run + n;
    for (const char *p = run, *c = p; p < end; c = p) {
        const uint32_t class = text_norm(text_next(&p)) >> 8;
        at[class] += (size_t)(p - c);
    }
    size_t sum = 0;
    for (int i = 0; i < 256; i++) {
        const size_t bytes = at[i];
        at[i] = sum;
        sum += bytes;
    }
    char *const sorted = out->p + out->n;
    for (const char *p = run, *c = p; p < end; c = p) {
        const uint32_t class = text_norm(text_next(&p)) >> 8;
        memcpy(sorted + at[class], c, (size_t)(p - c));
        at[class] += (size_t)(p - c);
    }
    memcpy(out->p + m->begin, sorted, n);
    return true;
}

static bool end_run(marks *m)
{
    const bool ok = !m->unordered || order_run(m);
    m->unordered = false;
    m->begin = m->out->n;
    m->last = 0;
    return ok;
}

/* Adds c, which does not decompose; there is room. */
static bool put(marks *m, uint32_t c, const char *p, size_t n)
{
    const uint32_t class = text_norm(c) >> 8;
    if (!class && !end_run(m))
        return false;
    if (m->drop && text_class(c) & TEXT_MARK)
        return true;
    if (class < m->last)
        m->unordered = true;
    else
        m->last = class;
    memcpy(m->out->p + m->out->n, p, n);
    m->out->n += n;
    if (!class)
        m->begin = m->out->n;
    return true;
}

static bool put_hangul(marks *m, uint32_t s)
{
    char buf[4];
    const uint32_t parts[] = { L_BASE + s / (V_N * T_N), V_BASE + s / T_N % V_N, T_BASE + s % T_N };
    for (int i = 0; i < 2 + (s % T_N != 0); i++)
        if (!put(m, parts[i], buf, utf8_put(buf, parts[i])))
            return false;
    return true;
}

static bool put_parts(marks *m, uint32_t c, bool compatible)
{
    const unsigned char *entry = text_parts(c);
    if (compatible && entry[1 + *entry])
        entry += 1 + *entry;
    const char *p = (const char *)entry + 1, *const end = p + *entry;
    for (const char *at = p; p < end; at = p) {
        const uint32_t part = text_next(&p);
        if (!put(m, part, at, (size_t)(p - at)))
            return false;
    }
    return true;
}

/* How far code points of class 0 go that stay as they are. */
static const char *plain_part(const char *p, const char *end, uint32_t changes, bool drop)
{
    while (p < end) {
        if (!(*p & 0x80)) {
            p += text_ascii(p, (size_t)(end - p));
            continue;
        }
        const char *const at = p;
        const uint32_t c = text_next(&p), norm = text_norm(c);
        if (norm & changes || norm >> 8 || (drop && text_class(c) & TEXT_MARK))
            return at;
    }
    return end;
}

static bool decompose(const char *p, const char *end, text_form form, bool drop, text_buf *out)
{
    marks m = { .out = out, .begin = out->n, .drop = drop };
    const uint32_t changes = TEXT_NOT_FORM << form;
    while (p < end) {
        const char *const at = p;
        p = plain_part(p, end, changes, drop);
        if (p > at) {
            if (!end_run(&m) || !text_buf_add(out, at, (size_t)(p - at)))
                return false;
            m.begin = out->n;
            continue;
        }
        const uint32_t c = text_next(&p);
        if (out->cap - out->n < MOST + TEXT_SLACK && !text_buf_room(out, (size_t)(end - at) + MOST))
            return false;
        bool ok;
        if (!(text_norm(c) & changes))
            ok = put(&m, c, at, (size_t)(p - at));
        else if (c - S_BASE < S_N)
            ok = put_hangul(&m, c - S_BASE);
        else
            ok = put_parts(&m, c, form == TEXT_NFKD);
        if (!ok)
            return false;
    }
    return end_run(&m);
}

/* What a and b compose to; 0: nothing. */
static uint32_t pair(uint32_t a, uint32_t b)
{
    if (!(text_norm(b) & TEXT_JOINS))
        return 0;
    if (a - L_BASE < L_N && b - V_BASE < V_N)
        return S_BASE + ((a - L_BASE) * V_N + b - V_BASE) * T_N;
    if (a - S_BASE < S_N && (a - S_BASE) % T_N == 0 && b - T_BASE < T_N)
        return a + b - T_BASE;
    uint32_t from = 0, to = text_n_pairs;
    while (from < to) {
        const uint32_t i = from + (to - from) / 2;
        const text_pair *e = &text_pairs[i];
        if (e->first < a || (e->first == a && e->second < b))
            from = i + 1;
        else
            to = i;
    }
    const text_pair *e = &text_pairs[from];
    return from < text_n_pairs && e->first == a && e->second == b ? e->whole : 0;
}

/* Composes out from `begin` on, where it is decomposed. No whole is longer than its two parts, so that writing stays
 * behind reading; marks between a letter and the one that it composes with move over, three times at most, since no
 * letter has more than four parts. */
static void compose(text_buf *out, size_t begin)
{
    const char *p = out->p + begin, *const end = out->p + out->n;
    char *w = out->p + begin, *starter = NULL;
    uint32_t base = 0, base_n = 0;
    int last = 0; /* class of what stands before; -1: the starter */
    while (p < end) {
        const uint32_t c = text_next(&p);
        const int class = (int)(text_norm(c) >> 8);
        const uint32_t whole = starter && last < class ? pair(base, c) : 0;
        char buf[4];
        const uint32_t n = utf8_put(buf, whole ? whole : c);
        if (whole) {
            char *const behind = starter + base_n;
            memmove(starter + n, behind, (size_t)(w - behind));
            memcpy(starter, buf, n);
            w = w + n - base_n;
            base = whole;
            base_n = n;
            continue;
        }
        if (!class) {
            starter = w;
            base = c;
            base_n = n;
        }
        last = class ? class : -1;
        memcpy(w, buf, n);
        w += n;
    }
    out->n = (size_t)(w - out->p);
}

/* Before a code point of class 0 without these flags a text can be cut: nothing composes or changes places across. */
static uint32_t stops_at(text_form form)
{
    const uint32_t changes = TEXT_NOT_FORM << form;
    return form == TEXT_NFC || form == TEXT_NFKC ? changes | TEXT_JOINS : changes;
}

/* The place of the first code point that may be not normal, or end; *from: of the last boundary before. */
static const char *normal_part(const char *p, const char *end, uint32_t stops, const char **from)
{
    uint32_t last = 0;
    *from = p;
    while (p < end) {
        const size_t ascii = text_ascii(p, (size_t)(end - p));
        if (ascii) {
            p += ascii;
            *from = p - 1;
            last = 0;
            continue;
        }
        const char *const at = p;
        const uint32_t norm = text_norm(text_next(&p));
        if (norm & stops || (norm >> 8 && norm >> 8 < last))
            return at;
        last = norm >> 8;
        if (!last)
            *from = at;
    }
    return end;
}

/* The first boundary behind p, or end. */
static const char *next_boundary(const char *p, const char *end, uint32_t stops)
{
    while (p < end) {
        const char *const at = p;
        const uint32_t norm = text_norm(text_next(&p));
        if (!(norm >> 8) && !(norm & stops))
            return at;
    }
    return end;
}

bool text_is_normal(sl_str t, text_form form)
{
    const char *from, *const end = t.p + t.n;
    return normal_part(t.p, end, stops_at(form), &from) == end;
}

bool text_normalize(sl_str t, text_form form, text_buf *out)
{
    const char *p = t.p, *const end = t.p + t.n;
    if (form == TEXT_NFD || form == TEXT_NFKD)
        return decompose(p, end, form, false, out);
    const uint32_t stops = stops_at(form);
    const text_form parts = form == TEXT_NFC ? TEXT_NFD : TEXT_NFKD;
    while (p < end) {
        const char *from, *to = normal_part(p, end, stops, &from);
        if (to == end)
            return text_buf_add(out, p, (size_t)(end - p));
        to = next_boundary(to, end, stops);
        if (!text_buf_add(out, p, (size_t)(from - p)))
            return false;
        const size_t begin = out->n;
        if (!decompose(from, to, parts, false, out))
            return false;
        compose(out, begin);
        p = to;
    }
    return true;
}

bool text_strip_marks(sl_str t, text_buf *out) { return decompose(t.p, t.p + t.n, TEXT_NFD, true, out); }
