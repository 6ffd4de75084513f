#include "url_site.h"
#include <string.h>
#include "text/case.h"
#include "text/lines.h"

enum { LABELS_MOST = 8 }; /* of a public suffix */

static bool in_scheme(char c)
{
    return (unsigned)(c | 0x20) - 'a' < 26u || (unsigned)c - '0' < 10u || c == '+' || c == '-' || c == '.';
}

/* What follows "//" or "scheme://"; everything where neither stands in front. */
static sl_str without_scheme(sl_str url)
{
    const char *slashes = url.n ? memmem(url.p, url.n, "//", 2) : NULL;
    size_t n = slashes ? (size_t)(slashes - url.p) : 0;
    if (!slashes || n == 1 || (n && slashes[-1] != ':'))
        return url;
    for (size_t i = 0; n && i < n - 1; i++)
        if (!in_scheme(url.p[i]))
            return url;
    n += 2;
    return (sl_str){ .p = url.p + n, .n = (uint32_t)(url.n - n) };
}

/* The length of the dot at p: '.', U+3002, U+FF0E, U+FF61; 0: there is none. */
static uint32_t dot(const char *p, const char *end)
{
    if (p < end && *p == '.')
        return 1;
    const bool other = end - p >= 3 && (!memcmp(p, "\xE3\x80\x82", 3) || !memcmp(p, "\xEF\xBC\x8E", 3) ||
                                        !memcmp(p, "\xEF\xBD\xA1", 3));
    return other ? 3 : 0;
}

static sl_str between(const char *p, const char *end) { return (sl_str){ .p = p, .n = (uint32_t)(end - p) }; }

/* Without scheme, path, user, port, white space around and dots at the end. */
static sl_str host_of(sl_str url)
{
    sl_str rest = without_scheme(url);
    const char *p = rest.p, *end = p + rest.n;
    for (const char *q = p; q < end; q++)
        if (*q == '/' || *q == '?' || *q == '#')
            end = q;
    for (const char *q = p; q < end; q++)
        if (*q == '@')
            p = q + 1;
    if (p < end && *p == '[') {
        const char *bracket = memchr(p, ']', (size_t)(end - p));
        if (bracket)
            return between(p, bracket + 1);
    }
    const char *colon = memchr(p, ':', (size_t)(end - p));
    rest = text_strip(between(p, colon ? colon : end));
    for (p = rest.p, end = p + rest.n; end > p;) {
        if (end[-1] == '.')
            end--;
        else if (end - p >= 3 && dot(end - 3, end) == 3)
            end -= 3;
        else
            break;
    }
    return between(p, end);
}

static bool ascii_dots(sl_str host, text_buf *out)
{
    out->n = 0;
    if (!text_buf_room(out, host.n))
        return false;
    for (const char *p = host.p, *end = p + host.n; p < end;) {
        const uint32_t n = dot(p, end);
        out->p[out->n++] = n ? '.' : *p;
        p += n ? n : 1;
    }
    return true;
}

/* How many labels of the host, in lower case and ended by a zero byte, are its public suffix; 0: it has none. Where the
 * reference differs from the library: a label may be empty where any may stand, and of *.kobe.jp does not follow that
 * kobe.jp is a suffix when it is the whole host. */
static uint32_t suffix_labels(const suffixes *list, const char *host, size_t n)
{
    uint32_t found = 0;
    size_t begin = n;
    for (uint32_t labels = 1; labels <= LABELS_MOST; labels++) {
        const size_t end = begin;
        while (begin > 0 && host[begin - 1] != '.')
            begin--;
        if (n - begin > SUFFIX_MOST || memchr(host + begin, 0, end - begin))
            break;
        if (begin == end)
            return labels > 1 && suffixes_any(list, host + begin + 1) ? labels : found;
        if (suffixes_has(list, host + begin) && (begin > 0 || labels == 1 || !suffixes_any(list, host)))
            found = labels;
        if (begin-- == 0)
            break;
    }
    return found;
}

/* Where the last labels of the host begin, of which there are so many at least; host.n: there are fewer. */
static size_t last_labels(sl_str host, uint32_t labels)
{
    size_t at = host.n;
    for (; at > 0; at--)
        if (host.p[at - 1] == '.' && --labels == 0)
            return at;
    return labels == 1 ? 0 : host.n;
}

bool url_site_of(const suffixes *list, sl_str url, url_work *w, url_site *out)
{
    *out = (url_site){ 0 };
    w->lower.n = 0;
    if (!ascii_dots(host_of(url), &w->host))
        return false;
    sl_str host = text_buf_end(&w->host);
    if (!host.p || !text_lower(host, &w->lower) || !text_buf_end(&w->lower).p)
        return false;
    const uint32_t labels = suffix_labels(list, w->lower.p, w->lower.n);
    const size_t begin = labels ? last_labels(host, labels + 1) : host.n;
    if (begin == host.n || host.p[begin] == '.') /* nothing, or nothing but a dot, before the suffix */
        return true;
    out->registered = between(host.p + begin, host.p + host.n);
    out->full = begin == 1 ? out->registered : host; /* of ".a.com", the empty label goes */
    return true;
}

void url_work_free(url_work *w)
{
    text_buf_free(&w->host);
    text_buf_free(&w->lower);
}
