#include "addresses.h"
#include <string.h>
#include "text/unicode.h"
#include "text/utf8.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alnum(char c) { return is_digit(c) || (unsigned)(c | 32) - 'a' < 26u; }

/* Python's \w, before and behind a place. */
static bool is_word(uint32_t c) { return c == '_' || (text_class(c) & TEXT_ALNUM); }

static bool word_before(sl_str t, uint32_t at)
{
    const char *p = t.p + at;
    return at && is_word(text_prev(&p));
}
static bool word_at(sl_str t, uint32_t at)
{
    const char *p = t.p + at;
    return at < t.n && is_word(text_next(&p));
}

/* ---- e-mail ----
 * \b ATOM(\.ATOM)* @ (LABEL\.)+LABEL | \[ address literal ]. Neither side goes over another '@', so that each byte is
 * looked at twice. */

static bool is_atom(char c) { return is_alnum(c) || (c && strchr("!#$%&'*+/=?^_`{|}~-", c)); }

/* Where the local part in front of the '@' begins, not before `from`; `at`: there is none. It may begin at any atom
 * character that has a \b in front: the first one. */
static uint32_t local_part(sl_str t, uint32_t from, uint32_t at)
{
    uint32_t first = at;
    while (first > from) {
        const char c = t.p[first - 1];
        const bool dot = c == '.' && first < at && t.p[first] != '.';
        if (!dot && !is_atom(c))
            break;
        first--;
    }
    for (; first < at; first++)
        if (t.p[first] != '.' && word_before(t, first) != word_at(t, first))
            break;
    return first;
}

/* The end of the name that begins at p: all labels that a dot follows, and as much as can be of one more; or without
 * the last of these dots. p: none. */
static const char *host_name(const char *p, const char *end)
{
    const char *const begin = p, *last = NULL; /* end of the label in front of p */
    for (uint32_t labels = 0;; labels++) {
        const char *q = p, *alnum = p; /* behind the last letter or digit */
        if (p == end || !is_alnum(*p))
            return labels > 1 ? last : begin;
        for (; q < end && (is_alnum(*q) || *q == '-'); q++)
            if (*q != '-')
                alnum = q + 1;
        if (alnum < q || q == end || *q != '.')
            return labels ? alnum : begin;
        last = q;
        p = q + 1;
    }
}

/* A number of one to three digits up to 255, all the digits there are: behind it, or NULL. */
static const char *number(const char *p, const char *end)
{
    unsigned value = 0, n = 0;
    for (; p < end && is_digit(*p) && n < 4; n++)
        value = value * 10 + (unsigned)(*p++ - '0');
    return n && n < 4 && value <= 255 ? p : NULL;
}

/* Behind "[1.2.3.4]" or "[1.2.3.name:]"; NULL: it is neither. */
static const char *address_literal(const char *p, const char *end)
{
    p++;
    for (int i = 0; i < 3; i++) {
        p = number(p, end);
        if (!p || p == end || *p++ != '.')
            return NULL;
    }
    const char *const q = number(p, end);
    if (q && q < end && *q == ']')
        return q + 1;
    const char *const name = p;
    while (p < end && (is_alnum(*p) || *p == '-'))
        p++;
    return p > name && is_alnum(p[-1]) && end - p >= 2 && p[0] == ':' && p[1] == ']' ? p + 2 : NULL;
}

bool find_email(sl_str t, uint32_t from, sl_span *out)
{
    const char *const end = t.p + t.n;
    for (const char *p = t.p + from; (p = memchr(p, '@', (size_t)(end - p))) != NULL; p++) {
        const uint32_t at = (uint32_t)(p - t.p), begin = local_part(t, from, at);
        if (begin == at || p + 1 == end)
            continue;
        const char *const to = p[1] == '[' ? address_literal(p + 1, end) : host_name(p + 1, end);
        if (to && to > p + 1) {
            *out = (sl_span){ begin, (uint32_t)(to - t.p) };
            return true;
        }
    }
    return false;
}

/* ---- IPv4 ----
 * (NUMBER\.){3}NUMBER with nothing asked of what stands around: the first number is the end of a longer one, the last
 * one the beginning. */

static unsigned value_of(const char *p, size_t n)
{
    unsigned v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (unsigned)(p[i] - '0');
    return v;
}

/* 25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?, the first that matches. NULL: no digit. */
static const char *last_number(const char *p, const char *end)
{
    size_t n = 0;
    while (n < 3 && p + n < end && is_digit(p[n]))
        n++;
    if (n == 3 && value_of(p, 3) > 255)
        n = 2;
    return n ? p + n : NULL;
}

/* The first byte from which all up to the dot is a number; `dot`: none. */
static const char *first_number(const char *from, const char *dot)
{
    const char *p = dot;
    while (p > from && dot - p < 3 && is_digit(p[-1]))
        p--;
    return dot - p == 3 && value_of(p, 3) > 255 ? p + 1 : p;
}

bool find_ipv4(sl_str t, uint32_t from, sl_span *out)
{
    const char *const end = t.p + t.n;
    for (const char *dot = t.p + from; (dot = memchr(dot, '.', (size_t)(end - dot))) != NULL; dot++) {
        const char *const begin = first_number(t.p + from, dot), *p = dot;
        if (begin == dot)
            continue;
        for (int i = 0; i < 2 && p; i++) {
            p = number(p + 1, end);
            if (p && (p == end || *p != '.'))
                p = NULL;
        }
        if (p && (p = last_number(p + 1, end)) != NULL) {
            *out = (sl_span){ (uint32_t)(begin - t.p), (uint32_t)(p - t.p) };
            return true;
        }
    }
    return false;
}

int ipv4_kind(sl_str address)
{
    static const struct {
        uint32_t net;
        unsigned bits;
    } private[] = {
        { 0x00000000, 8 },  { 0x0A000000, 8 },  { 0x64400000, 10 }, { 0x7F000000, 8 },  { 0xA9FE0000, 16 },
        { 0xAC100000, 12 }, { 0xC0000000, 29 }, { 0xC00000AA, 31 }, { 0xC0000200, 24 }, { 0xC0A80000, 16 },
        { 0xC6120000, 15 }, { 0xC6336400, 24 }, { 0xCB007100, 24 }, { 0xF0000000, 4 },
    };
    uint32_t v = 0;
    const char *p = address.p, *const end = p + address.n;
    for (int i = 0; i < 4; i++) {
        const char *const to = number(p, end);
        if (!to || (*p == '0' && to - p > 1))
            return IPV4_NONE;
        v = v << 8 | value_of(p, (size_t)(to - p));
        p = to + 1;
    }
    for (size_t i = 0; i < sizeof private / sizeof *private; i++)
        if (!((v ^ private[i].net) >> (32 - private[i].bits)))
            return IPV4_PRIVATE;
    return IPV4_GLOBAL;
}

/* ---- telephone ---- */

static bool is_one_of(char c, const char *set) { return c && strchr(set, c); }

/* n digits, the first not below `least`: behind them, or NULL. */
static const char *digits(const char *p, const char *end, size_t n, char least)
{
    if ((size_t)(end - p) < n || *p < least)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (!is_digit(p[i]))
            return NULL;
    return p + n;
}

/* Behind the number whose '+' is at p; NULL: it is none. */
static const char *international(const char *p, const char *end)
{
    enum { LEAST = 8, MOST = 15 };
    int n = 1;
    if (end - p < 2 || !is_digit(p[1]) || p[1] == '0')
        return NULL;
    for (p += 2; n < MOST; n++) {
        const char *q = p;
        while (q < end && q - p < 2 && is_one_of(*q, " .()/-"))
            q++;
        if (q == end || !is_digit(*q))
            break;
        p = q + 1;
    }
    return n < LEAST || (p < end && is_digit(*p)) ? NULL : p;
}

/* Behind the North American number at p; NULL: it is none. */
static const char *american(sl_str t, const char *p)
{
    const char *const end = t.p + t.n;
    if (end - p >= 2 && *p == '1' && is_one_of(p[1], " .-"))
        p += 2;
    if (p < end && *p == '(') {
        p = digits(p + 1, end, 3, '2');
        if (!p || p == end || *p++ != ')')
            return NULL;
        p += p < end && *p == ' ';
    } else {
        p = digits(p, end, 3, '2');
        if (!p || p == end || !is_one_of(*p++, " .-"))
            return NULL;
    }
    p = digits(p, end, 3, '2');
    if (!p || p == end || !is_one_of(*p++, " .-"))
        return NULL;
    p = digits(p, end, 4, '0');
    if (!p || word_at(t, (uint32_t)(p - t.p)))
        return NULL;
    return end - p >= 2 && is_one_of(*p, ".-") && is_digit(p[1]) ? NULL : p;
}

bool find_phone(sl_str t, uint32_t from, sl_span *out)
{
    for (uint32_t at = from; at < t.n; at++) {
        const char *const p = t.p + at;
        if (*p != '+' && *p != '(' && !is_digit(*p))
            continue;
        if (at && is_one_of(p[-1], *p == '+' ? "+" : "+.-"))
            continue;
        if (word_before(t, at))
            continue;
        const char *const to = *p == '+' ? international(p, t.p + t.n) : american(t, p);
        if (to) {
            *out = (sl_span){ at, (uint32_t)(to - t.p) };
            return true;
        }
    }
    return false;
}
