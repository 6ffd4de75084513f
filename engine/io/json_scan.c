/* Walking text that is known to be valid JSON: no checks but those of bounds. Strings, where nearly all bytes are, go
 * by memchr. */
#include "io/json_internal.h"
#include "base/utf8.h"
#include <stdlib.h>
#include <string.h>

const char *json_skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

/* From quote to quote; a quote ends the string if an even number of backslashes stands before it. Backslashes are
 * looked at only there: texts have far more of them (\n) than of quotes. */
const char *json_skip_string(const char *p, const char *end)
{
    for (const char *from = p; from < end;) {
        const char *quote = memchr(from, '"', (size_t)(end - from)), *back = quote;
        if (!quote)
            return end;
        while (back > from && back[-1] == '\\')
            back--;
        if (!((quote - back) & 1))
            return quote + 1;
        from = quote + 1;
    }
    return end;
}

static const char *skip_container(const char *p, const char *end)
{
    static const unsigned char stop[256] = { ['"'] = 1, ['{'] = 1, ['['] = 1, ['}'] = 1, [']'] = 1 };
    size_t depth = 0;
    while (p < end) {
        const unsigned char c = (unsigned char)*p++;
        if (!stop[c])
            continue;
        if (c == '"')
            p = json_skip_string(p, end);
        else if (c == '{' || c == '[')
            depth++;
        else if (!--depth)
            return p;
    }
    return end;
}

const char *json_skip_value(const char *p, const char *end)
{
    if (p == end)
        return end;
    if (*p == '"')
        return json_skip_string(p + 1, end);
    if (*p == '{' || *p == '[')
        return skip_container(p, end);
    while (p < end && *p != ',' && *p != '}' && *p != ']' && (unsigned char)*p > ' ')
        p++;
    return p;
}

bool json_walk_begin(json_walk *w, const char *p, const char *end)
{
    p = json_skip_space(p, end);
    if (p == end || (*p != '{' && *p != '['))
        return false;
    *w = (json_walk){ .p = p + 1, .end = end, .close = *p == '{' ? '}' : ']' };
    return true;
}

bool json_walk_next(json_walk *w, json_member *m)
{
    const char *end = w->end, *p = json_skip_space(w->p, end);
    if (p < end && *p == ',')
        p = json_skip_space(p + 1, end);
    if (p == end || *p == w->close)
        return false;
    *m = (json_member){ .key = NULL };
    if (w->close == '}') {
        if (*p != '"')
            return false;
        m->key = p + 1;
        p = json_skip_string(p + 1, end);
        m->key_n = p > m->key ? (size_t)(p - 1 - m->key) : 0;
        m->escaped = memchr(m->key, '\\', m->key_n);
        p = json_skip_space(p, end);
        if (p == end || *p != ':')
            return false;
        p = json_skip_space(p + 1, end);
    }
    m->value = p;
    w->p = m->value_end = json_skip_value(p, end);
    return w->p > p; /* an empty value is none: valid text has no such thing */
}

/* ---- escapes ---- */

static uint32_t hex4(const char *p)
{
    uint32_t v = 0;
    for (int i = 0; i < 4; i++)
        v = v << 4 | (((unsigned char)p[i] & 15u) + (p[i] & 0x40 ? 9u : 0u));
    return v & 0xFFFF;
}

/* The escape at p, of at most n bytes: its 1 to 4 bytes of UTF-8, never more than it takes in the text. *used: its
 * length there. */
static size_t unescape_one(const char *p, size_t n, size_t *used, char out[4])
{
    static const char plain[256] = { ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t' };
    if (n < 2 || (p[1] == 'u' && n < 6)) {
        *used = n;
        return 0;
    }
    *used = 2;
    if (p[1] != 'u') {
        const char c = plain[(unsigned char)p[1]];
        out[0] = c ? c : p[1];
        return 1;
    }
    uint32_t c = hex4(p + 2);
    *used = 6;
    if (c >= 0xD800 && c < 0xDC00 && n >= 12) {
        c = 0x10000 + ((c - 0xD800) << 10) + ((hex4(p + 8) - 0xDC00) & 0x3FF);
        *used = 12;
    }
    return utf8_put(out, c);
}

size_t json_unescape(const char *p, size_t n, char *out)
{
    size_t at = 0, w = 0;
    while (at < n) {
        const char *slash = memchr(p + at, '\\', n - at);
        const size_t plain = (slash ? (size_t)(slash - p) : n) - at;
        memcpy(out + w, p + at, plain);
        at += plain;
        w += plain;
        if (at < n) {
            size_t used;
            char utf8[4];
            const size_t got = unescape_one(p + at, n - at, &used, utf8);
            memcpy(out + w, utf8, got);
            w += got;
            at += used;
        }
    }
    return w;
}

bool json_key_is(const json_member *m, const char *name, size_t name_n)
{
    if (!m->escaped)
        return m->key_n == name_n && !memcmp(m->key, name, name_n);
    size_t seen = 0;
    for (size_t at = 0; at < m->key_n;) {
        size_t used = 1, got = 1;
        char utf8[4] = { m->key[at] };
        if (utf8[0] == '\\')
            got = unescape_one(m->key + at, m->key_n - at, &used, utf8);
        if (got > name_n - seen || memcmp(name + seen, utf8, got) != 0)
            return false;
        seen += got;
        at += used;
    }
    return seen == name_n;
}

/* ---- keys that repeat ---- */

bool json_keys_grow(json_keys *k)
{
    const size_t cap = k->cap ? k->cap * 2 : 64;
    json_key *v = realloc(k->v, cap * sizeof *v);
    if (!v)
        return false;
    k->v = v;
    k->cap = cap;
    return true;
}

void json_keys_free(json_keys *k)
{
    free(k->v);
    *k = (json_keys){ .v = NULL };
}

static int by_length_then_bytes(const void *a, const void *b)
{
    const json_key *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    return memcmp(x->p, y->p, x->n);
}

/* Few keys: all pairs, which is nothing beside the parse. Many: sorted, since a hash can be made to collide by whoever
 * wrote the record. The order of the list is lost then. */
bool json_keys_repeat(json_keys *k)
{
    enum { FEW = 32 };
    if (k->n <= FEW) {
        for (size_t i = 1; i < k->n; i++)
            for (size_t j = 0; j < i; j++)
                if (k->v[i].n == k->v[j].n && !memcmp(k->v[i].p, k->v[j].p, k->v[i].n))
                    return true;
        return false;
    }
    qsort(k->v, k->n, sizeof *k->v, by_length_then_bytes);
    for (size_t i = 1; i < k->n; i++)
        if (!by_length_then_bytes(&k->v[i - 1], &k->v[i]))
            return true;
    return false;
}
