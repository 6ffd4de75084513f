#include "base/str.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sbuf_room(sbuf *s, size_t extra)
{
    if (s->failed || extra > SIZE_MAX / 2 - s->n)
        return s->failed = true, false;
    if (s->n + extra + 1 <= s->cap)
        return true;
    size_t cap = s->cap ? s->cap * 2 : 128;
    if (cap < s->n + extra + 1)
        cap = s->n + extra + 1;
    char *p = realloc(s->p, cap);
    if (!p)
        return s->failed = true, false;
    s->p = p;
    s->cap = cap;
    return true;
}

void sbuf_add(sbuf *s, const void *p, size_t n)
{
    if (!sbuf_room(s, n))
        return;
    if (n)
        memcpy(s->p + s->n, p, n);
    s->n += n;
    s->p[s->n] = 0;
}

void sbuf_puts(sbuf *s, const char *z) { sbuf_add(s, z, strlen(z)); }
void sbuf_putc(sbuf *s, char c) { sbuf_add(s, &c, 1); }

void sbuf_vprintf(sbuf *s, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    if (n >= 0 && sbuf_room(s, (size_t)n)) {
        vsnprintf(s->p + s->n, (size_t)n + 1, fmt, again);
        s->n += (size_t)n;
    }
    va_end(again);
}

void sbuf_printf(sbuf *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    sbuf_vprintf(s, fmt, ap);
    va_end(ap);
}

/* Length of the valid UTF-8 sequence at p (1..4), or 0. Surrogates, overlong forms and code points above 10FFFF are not
 * valid. */
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80)
        return 1;
    const size_t len = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || n < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
        (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return len;
}

size_t utf8_valid_prefix(const char *p, size_t n)
{
    size_t i = 0;
    while (i < n) {
        uint64_t eight;
        if (i + 8 <= n && (memcpy(&eight, p + i, 8), !(eight & 0x8080808080808080u))) {
            i += 8;
            continue;
        }
        const size_t len = utf8_sequence((const unsigned char *)p + i, n - i);
        if (!len)
            return i;
        i += len;
    }
    return n;
}

void sbuf_json(sbuf *s, const char *p, size_t n)
{
    static const char *const named[32] = {
        [8] = "\\b", [9] = "\\t", [10] = "\\n", [12] = "\\f", [13] = "\\r",
    };
    sbuf_putc(s, '"');
    for (size_t i = 0; i < n;) {
        size_t plain = i; /* runs that need no escape go in one piece */
        while (plain < n && (unsigned char)p[plain] >= 0x20 && p[plain] != '"' && p[plain] != '\\' &&
               !(p[plain] & 0x80))
            plain++;
        sbuf_add(s, p + i, plain - i);
        if ((i = plain) == n)
            break;
        const unsigned char c = (unsigned char)p[i];
        if (c & 0x80) {
            const size_t len = utf8_sequence((const unsigned char *)p + i, n - i);
            if (len)
                sbuf_add(s, p + i, len);
            else
                sbuf_puts(s, "\xEF\xBF\xBD");
            i += len ? len : 1;
            continue;
        }
        if (c == '"' || c == '\\')
            sbuf_printf(s, "\\%c", c);
        else if (named[c])
            sbuf_puts(s, named[c]);
        else
            sbuf_printf(s, "\\u%04x", c);
        i++;
    }
    sbuf_putc(s, '"');
}

void sbuf_json_z(sbuf *s, const char *z)
{
    if (z)
        sbuf_json(s, z, strlen(z));
    else
        sbuf_puts(s, "null");
}

void sbuf_json_double(sbuf *s, double v)
{
    char buf[40];
    if (!isfinite(v)) {
        sbuf_puts(s, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buf, sizeof buf, "%.*g", digits, v);
        if (strtod(buf, NULL) == v)
            break;
    }
    sbuf_puts(s, buf);
}

void sbuf_clear(sbuf *s)
{
    s->n = 0;
    s->failed = false;
    if (s->p)
        s->p[0] = 0;
}

void sbuf_free(sbuf *s)
{
    free(s->p);
    *s = (sbuf){ 0 };
}

const char *sbuf_z(const sbuf *s) { return s->p ? s->p : ""; }

/* ---- numbers: the C locale is in force for LC_NUMERIC (main sets LC_CTYPE only), so strtod is locale-free ---- */

bool str_to_u64(const char *s, size_t n, uint64_t *out)
{
    uint64_t v = 0;
    if (!n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9' || __builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v))
            return false;
    *out = v;
    return true;
}

bool str_to_i64(const char *s, size_t n, int64_t *out)
{
    const bool minus = n && s[0] == '-';
    uint64_t v;
    if (!str_to_u64(s + minus, n - minus, &v) || v > (uint64_t)INT64_MAX + minus)
        return false;
    *out = minus ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

bool str_to_f64(const char *s, size_t n, double *out)
{
    char buf[512];
    if (!n || n >= sizeof buf || memchr(s, 0, n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!strchr("0123456789+-.eE", s[i])) /* no hexadecimal, no infinities */
            return false;
    memcpy(buf, s, n);
    buf[n] = 0;
    char *end;
    errno = 0;
    *out = strtod(buf, &end);
    return end == buf + n && isfinite(*out);
}

/* ---- did you mean ---- */

unsigned str_distance(const char *a, const char *b, unsigned limit)
{
    enum { MAX = 64 };
    size_t n = strlen(a), m = strlen(b);
    for (; n && m && *a == *b; n--, m--) /* what is alike at both ends costs nothing */
        a++, b++;
    while (n && m && a[n - 1] == b[m - 1])
        n--, m--;
    unsigned row[3][MAX + 1];
    if (n > MAX || m > MAX || (n > m ? n - m : m - n) > limit)
        return limit + 1;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *at = row[i % 3], *up = row[(i + 2) % 3], *upup = row[(i + 1) % 3], best = at[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned d = up[j - 1] + (a[i - 1] != b[j - 1]);
            if (up[j] + 1 < d)
                d = up[j] + 1;
            if (at[j - 1] + 1 < d)
                d = at[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && upup[j - 2] + 1 < d)
                d = upup[j - 2] + 1;
            at[j] = d;
            best = d < best ? d : best;
        }
        if (best > limit)
            return limit + 1;
    }
    return row[n % 3][m] > limit ? limit + 1 : row[n % 3][m];
}

const char *str_suggest(const char *word, const char *const *candidates, size_t n)
{
    const size_t len = strlen(word);
    const unsigned limit = len <= 4 ? 1 : len <= 8 ? 2 : 3;
    unsigned best = limit + 1;
    const char *found = NULL;
    for (size_t i = 0; i < n; i++) {
        const unsigned d = str_distance(word, candidates[i], limit);
        if (d < best) {
            best = d;
            found = candidates[i];
        }
    }
    return found;
}

/* ---- for people ---- */

const char *human_bytes(char buf[32], double bytes)
{
    static const char *const unit[] = { "B", "kB", "MB", "GB", "TB", "PB" };
    unsigned u = 0;
    while (bytes >= 999.5 && u < 5) {
        bytes /= 1000;
        u++;
    }
    snprintf(buf, 32, u && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes, unit[u]);
    return buf;
}

size_t str_columns(const char *s)
{
    size_t n = 0;
    for (; *s && *s != '\n'; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

const char *human_count(char buf[32], uint64_t n)
{
    char digits[24];
    const int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    char *o = buf;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            *o++ = ',';
        *o++ = digits[i];
    }
    *o = 0;
    return buf;
}

const char *human_seconds(char buf[32], double s)
{
    if (!(s < 1e15)) /* NaN too */
        snprintf(buf, 32, "?");
    else if (s < 9.95)
        snprintf(buf, 32, "%.1f s", s < 0 ? 0 : s);
    else if (s < 99.5)
        snprintf(buf, 32, "%.0f s", s);
    else if (s < 3600)
        snprintf(buf, 32, "%d min %02d s", (int)s / 60, (int)s % 60);
    else
        snprintf(buf, 32, "%lld h %02d min", (long long)(s / 3600), (int)((long long)s / 60 % 60));
    return buf;
}
