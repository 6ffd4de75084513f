#include "url_host.h"
#include <string.h>

typedef struct range {
    const char *p, *end;
} range;

static bool is_blank(char c) { return (unsigned char)c <= 0x20 || c == 0x7F; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/* scheme "://", or "//" alone, is left behind. */
static void skip_scheme(range *r)
{
    const char *p = r->p;
    if (p < r->end && is_letter(*p))
        while (p < r->end && (is_letter(*p) || is_digit(*p) || *p == '+' || *p == '-' || *p == '.'))
            p++;
    if (p > r->p && r->end - p >= 3 && !memcmp(p, "://", 3))
        r->p = p + 3;
    else if (r->end - r->p >= 2 && !memcmp(r->p, "//", 2))
        r->p += 2;
}

/* [user@]host[:port]: what stands around the host goes. false: it is none of that kind. */
static bool cut_authority(range *r)
{
    const char *p = r->p;
    for (; p < r->end && *p != '/' && *p != '?' && *p != '#' && *p != '\\'; p++)
        if (*p == '@')
            r->p = p + 1;
    r->end = p;
    const char *port = r->end;
    while (port > r->p && is_digit(port[-1]))
        port--;
    if (port > r->p && port[-1] == ':')
        r->end = port - 1;
    if (r->p < r->end && *r->p == '[') /* an IPv6 address */
        return r->end[-1] == ']' && !memchr(r->p + 1, '[', (size_t)(r->end - r->p) - 1);
    return !memchr(r->p, ':', (size_t)(r->end - r->p));
}

size_t url_host(const char *p, size_t n, bool strip_www, char out[HOST_MAX])
{
    range r = { p, p + n };
    while (r.p < r.end && is_blank(*r.p))
        r.p++;
    while (r.end > r.p && is_blank(r.end[-1]))
        r.end--;
    skip_scheme(&r);
    if (r.p == r.end || !cut_authority(&r))
        return 0;
    while (r.end > r.p && r.end[-1] == '.')
        r.end--;
    if (strip_www && r.end - r.p > 4 && !strncasecmp(r.p, "www.", 4) && memchr(r.p + 4, '.', (size_t)(r.end - r.p) - 4))
        r.p += 4;
    const size_t length = (size_t)(r.end - r.p);
    if (length > HOST_MAX)
        return 0;
    char before = '.';
    for (size_t i = 0; i < length; before = out[i++]) {
        const char c = r.p[i];
        if (is_blank(c) || (c == '.' && before == '.'))
            return 0;
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    return length;
}

size_t host_parent(const char *host, size_t n, size_t begin)
{
    const char *dot = memchr(host + begin, '.', n - begin);
    if (!dot || host[0] == '[')
        return n;
    size_t last = n; /* of the last label: all digits only in an IPv4 address */
    while (is_digit(host[last - 1]))
        last--;
    return host[last - 1] == '.' ? n : (size_t)(dot - host) + 1;
}
