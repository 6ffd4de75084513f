/* The head of a saved state: from and to bytes, and which names it may hold. */
#include <stdarg.h>
#include "io/artifact_format.h"

enum { HEAD_STRINGS = 6, HEAD_FIXED = 12 };

int artifact_say(sbuf *err, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (err)
        sbuf_vprintf(err, fmt, ap);
    va_end(ap);
    return code;
}

/* ---- names ---- */

static bool all_of(const char *s, const char *set) { return *s && s[strspn(s, set)] == 0; }

static bool is_what(const char *s)
{
    if (!strcmp(s, "whole") || !strcmp(s, "applied"))
        return true;
    if (strncmp(s, "port ", 5))
        return false;
    s += 5;
    return all_of(s, "0123456789") && strlen(s) <= 5 && (*s != '0' || !s[1]);
}

const char *artifact_head_problem(const artifact_head *h)
{
    if (!h->stage || !all_of(h->stage, "abcdefghijklmnopqrstuvwxyz0123456789._-") || h->stage[0] == '.')
        return "its stage is no name of a stage";
    if (!h->name || strlen(h->name) != 16 || !all_of(h->name, "0123456789abcdef"))
        return "its name is not 16 hexadecimal digits";
    if (!h->what || !is_what(h->what))
        return "it is neither whole, nor of a port, nor applied";
    return NULL;
}

/* ---- bytes ---- */

static void put_string(const char *s, sbuf *out)
{
    const size_t n = s ? strlen(s) : 0;
    const uint32_t stored = n > ARTIFACT_HEAD_MAX ? (uint32_t)ARTIFACT_HEAD_MAX : (uint32_t)n; /* refused by its size */
    sbuf_add(out, &stored, sizeof stored);
    sbuf_add(out, s ? s : "", (size_t)stored);
    sbuf_putc(out, 0);
}

void artifact_head_write(const artifact_head *h, sbuf *out)
{
    sbuf_add(out, &h->state_version, sizeof h->state_version);
    sbuf_add(out, &h->created, sizeof h->created);
    const char *const strings[HEAD_STRINGS] = { h->stage, h->name, h->what, h->plugin, h->made_by, h->report };
    for (int i = 0; i < HEAD_STRINGS; i++)
        put_string(strings[i], out);
}

const char *artifact_head_read(const char *p, size_t n, artifact_head *h)
{
    const char **const strings[HEAD_STRINGS] = { &h->stage, &h->name, &h->what, &h->plugin, &h->made_by, &h->report };
    const char *end = p + n;
    *h = (artifact_head){ 0 };
    if (n < HEAD_FIXED)
        return "its head ends early";
    memcpy(&h->state_version, p, sizeof h->state_version);
    memcpy(&h->created, p + sizeof h->state_version, sizeof h->created);
    p += HEAD_FIXED;
    for (int i = 0; i < HEAD_STRINGS; i++) {
        if (end - p < 5)
            return "its head ends early";
        const size_t bytes = get_u32(p);
        p += 4;
        if (bytes >= (size_t)(end - p))
            return "its head ends early";
        if (p[bytes] || memchr(p, 0, bytes))
            return "a text in its head does not end where it should";
        *strings[i] = p;
        p += bytes + 1;
    }
    return p < end ? "its head is longer than what is in it" : artifact_head_problem(h);
}
