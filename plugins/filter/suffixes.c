#include "suffixes.h"
#include <string.h>
#include "list_file.h"
#include "text/lines.h"
#include "text/utf8.h"

enum { INFO = 2, ASCII_ROOM = 8 * SUFFIX_MOST, LABEL_MOST = 63 };

static bool listed(const list_table *t, const char *p, size_t n)
{
    sl_str entry;
    return list_find(t, list_ask(t, p, n), p, n, &entry);
}

bool suffixes_any(const suffixes *s, const char *name)
{
    char any[SUFFIX_MOST + 3] = "-.";
    if (!s->own)
        return listed(&s->any, name, strlen(name));
    memcpy(any + 2, name, strlen(name) + 1);
    return psl_is_public_suffix2(s->own, any, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
}

bool suffixes_has(const suffixes *s, const char *name)
{
    const size_t n = strlen(name);
    if (s->own)
        return psl_is_public_suffix2(s->own, name, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
    if (listed(&s->not, name, n))
        return false;
    const char *dot = memchr(name, '.', n);
    return listed(&s->rules, name, n) || listed(&s->any, name, n) ||
           (dot && listed(&s->any, dot + 1, n - (size_t)(dot + 1 - name)));
}

/* ---- names in ASCII: RFC 3492 ---- */

static uint32_t adapted(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta /= first ? 700 : 2;
    for (delta += delta / points; delta > 455; k += 36)
        delta /= 35;
    return k + 36 * delta / (delta + 38);
}

/* A delta as digits, each with a base of its own. */
static size_t put_delta(char *out, uint32_t delta, uint32_t bias)
{
    size_t n = 0;
    for (uint32_t k = 36;; k += 36) {
        const uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        const uint32_t digit = delta < t ? delta : t + (delta - t) % (36 - t);
        out[n++] = (char)(digit < 26 ? 'a' + digit : '0' + digit - 26);
        if (delta < t)
            return n;
        delta = (delta - t) / (36 - t);
    }
}

/* One label, which is not ASCII; out has room for 6 bytes a code point and 5. */
static size_t put_label(char *out, const char *p, const char *end)
{
    uint32_t point[SUFFIX_MOST], points = 0, handled = 0, lowest = 0x80, delta = 0, bias = 72;
    size_t n = 4;
    memcpy(out, "xn--", 4);
    while (p < end) {
        const uint32_t c = point[points++] = text_next(&p);
        if (c < 0x80)
            out[n++] = (char)c;
        handled += c < 0x80;
    }
    const uint32_t plain = handled;
    if (plain)
        out[n++] = '-';
    for (; handled < points; delta++, lowest++) {
        uint32_t next = UINT32_MAX;
        for (uint32_t i = 0; i < points; i++)
            next = point[i] >= lowest && point[i] < next ? point[i] : next;
        delta += (next - lowest) * (handled + 1);
        lowest = next;
        for (uint32_t i = 0; i < points; i++) {
            delta += point[i] < lowest;
            if (point[i] != lowest)
                continue;
            n += put_delta(out + n, delta, bias);
            bias = adapted(delta, handled + 1, handled == plain);
            delta = 0;
            handled++;
        }
    }
    return n;
}

/* The name with labels such as xn--p1ai; 0: it is ASCII, or a label gets longer than names can be. */
static size_t in_ascii(const char *p, size_t n, char out[ASCII_ROOM])
{
    size_t to = 0;
    if (text_ascii(p, n) == n)
        return 0;
    for (const char *end = p + n; p < end;) {
        const char *dot = memchr(p, '.', (size_t)(end - p)), *stop = dot ? dot : end;
        const size_t length = (size_t)(stop - p), before = to;
        if (text_ascii(p, length) == length) {
            memcpy(out + to, p, length);
            to += length;
        } else {
            to += put_label(out + to, p, stop);
        }
        if (to - before > LABEL_MOST)
            return 0;
        if (dot)
            out[to++] = '.';
        p = stop + (dot != NULL);
    }
    return to;
}

/* ---- a file ---- */

static bool add(suffixes *s, sl_str line)
{
    const char *p = line.p, *space = p;
    while (space < p + line.n && !strchr(" \t\v\f\r", *space))
        space++;
    size_t n = (size_t)(space - p);
    list_table *into = &s->rules;
    char ascii[ASCII_ROOM];
    if (n > 2 && p[0] == '*' && p[1] == '.') {
        into = &s->any;
        p += 2;
        n -= 2;
    } else if (n > 1 && p[0] == '!') {
        into = &s->not ;
        p++;
        n--;
    }
    if (n > SUFFIX_MOST || p[0] == '*')
        return true;
    const size_t length = in_ascii(p, n, ascii);
    return list_add(into, p, n) && (!length || list_add(into, ascii, length));
}

int suffixes_open(sl_ctx *c, const char *path, suffixes *out)
{
    static const char begin[] = "===BEGIN ICANN DOMAINS===", end[] = "===END ICANN DOMAINS===";
    if (!path) {
        out->own = psl_builtin();
        if (!out->own)
            return c->host->fail(c, SL_E_CONFIG, "this libpsl has no list of its own; give public_suffixes");
        c->host->log(c, INFO, "public suffixes: libpsl's own, sha1 of the list %s", psl_builtin_sha1sum());
        return SL_OK;
    }
    list_table lines = { 0 };
    sl_str line;
    const int ret = list_read_all(c, (list_spec){ .match = LIST_STRIPPED }, (sl_many){ .v = &path, .n = 1 }, &lines);
    bool icann = false, room = ret >= 0;
    for (uint64_t at = 0; room && list_next(&lines, &at, &line);)
        if (line.n > 1 && line.p[0] == '/' && line.p[1] == '/')
            icann = memmem(line.p, line.n, begin, sizeof begin - 1) ||
                    (icann && !memmem(line.p, line.n, end, sizeof end - 1));
        else if (icann)
            room = add(out, line);
    list_free(&lines);
    if (ret < 0)
        return ret;
    if (!room || !list_seal(&out->rules) || !list_seal(&out->any) || !list_seal(&out->not ))
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    if (!out->rules.entries && !out->any.entries)
        return c->host->fail(c, SL_E_CONFIG, "%s lists no public suffixes", path);
    return SL_OK;
}

void suffixes_free(suffixes *s)
{
    list_free(&s->rules);
    list_free(&s->any);
    list_free(&s->not );
}
