/* layer: text, plugin: refine addresses.c */
/* Addresses by going from every byte as a regular expression does, one choice after the other, beside the scanners. */
#include "../../plugins/refine/addresses.h"
#include "fuzz_text.h"
#include "text/unicode.h"

static bool word(uint32_t c) { return c == '_' || (text_class(c) & TEXT_ALNUM); }
static bool word_left(sl_str t, const char *p) { return p > t.p && word(text_prev(&p)); }
static bool word_right(sl_str t, const char *p) { return p < t.p + t.n && word(text_next(&p)); }

static bool in(char c, const char *set) { return c && strchr(set, c); }
#define DIGITS "0123456789"
#define ALNUM  DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* 25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?: the lengths that match, in their order. */
static int octets(const char *p, const char *end, size_t lengths[4])
{
    int n = 0;
    size_t digits = 0;
    while (digits < 3 && p + digits < end && in(p[digits], DIGITS))
        digits++;
    if (digits == 3 && p[0] == '2' && (p[1] < '5' || (p[1] == '5' && p[2] < '6')))
        lengths[n++] = 3;
    if (digits == 3 && in(p[0], "01"))
        lengths[n++] = 3;
    if (digits >= 2)
        lengths[n++] = 2;
    if (digits >= 1)
        lengths[n++] = 1;
    return n;
}

/* `left` octets with dots between; then, if asked for, a ']'. */
static const char *quad(const char *p, const char *end, int left, bool bracket)
{
    size_t lengths[4];
    const int n = octets(p, end, lengths);
    for (int i = 0; i < n; i++) {
        const char *q = p + lengths[i];
        if (left == 1 && !bracket)
            return q;
        if (q < end && *q == (left == 1 ? ']' : '.')) {
            const char *to = left == 1 ? q + 1 : quad(q + 1, end, left - 1, bracket);
            if (to)
                return to;
        }
    }
    if (left > 1 || !bracket)
        return NULL;
    const char *q = p; /* [A-Za-z0-9-]*[A-Za-z0-9]: */
    while (q < end && in(*q, ALNUM "-"))
        q++;
    return q > p && in(q[-1], ALNUM) && end - q >= 2 && q[0] == ':' && q[1] == ']' ? q + 2 : NULL;
}

/* (LABEL\.)*LABEL, greedy; the first label needs one behind it. */
static const char *labels(const char *p, const char *end, bool first)
{
    const char *q = p, *longest = NULL;
    if (p == end || !in(*p, ALNUM))
        return NULL;
    while (q < end && in(*q, ALNUM "-"))
        q++;
    for (; q > p; q--) {
        if (!in(q[-1], ALNUM))
            continue;
        longest = longest ? longest : q;
        const char *to = q < end && *q == '.' ? labels(q + 1, end, false) : NULL;
        if (to)
            return to;
    }
    return first ? NULL : longest;
}

static const char *email(sl_str t, const char *p)
{
    const char *const end = t.p + t.n;
    if (word_left(t, p) == word_right(t, p))
        return NULL;
    for (;; p++) {
        const char *q = p;
        while (q < end && in(*q, ALNUM "!#$%&'*+/=?^_`{|}~-"))
            q++;
        if (q == p || q == end)
            return NULL;
        p = q;
        if (*p != '.')
            break;
    }
    if (*p++ != '@' || p == end)
        return NULL;
    return *p == '[' ? quad(p + 1, end, 4, true) : labels(p, end, true);
}

static const char *ipv4(sl_str t, const char *p) { return quad(p, t.p + t.n, 4, false); }

/* s: one of " .-", N: 2 to 9, d: a digit. */
static const char *like(const char *p, const char *end, const char *pattern)
{
    for (; *pattern; pattern++, p++)
        if (p == end || !(*pattern == 's'   ? in(*p, " .-")
                          : *pattern == 'N' ? in(*p, "23456789")
                          : *pattern == 'd' ? in(*p, DIGITS)
                                            : *p == *pattern))
            return NULL;
    return p;
}

static const char *phone(sl_str t, const char *p)
{
    static const char *const patterns[] = { "1s(Ndd) Nddsdddd", "1s(Ndd)Nddsdddd", "1sNddsNddsdddd",
                                            "(Ndd) Nddsdddd",   "(Ndd)Nddsdddd",   "NddsNddsdddd" };
    const char *const end = t.p + t.n;
    const char before = p > t.p ? p[-1] : 0;
    if (word_left(t, p))
        return NULL;
    if (*p == '+') {
        int n = 1;
        if (before == '+' || p + 1 == end || !in(p[1], "123456789"))
            return NULL;
        for (p += 2; n < 15; n++) {
            int s = 0;
            while (s < 2 && p + s < end && in(p[s], " .()/-"))
                s++;
            if (p + s == end || !in(p[s], DIGITS))
                break;
            p += s + 1;
        }
        return n >= 8 && (p == end || !in(*p, DIGITS)) ? p : NULL;
    }
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns && !in(before, ".+-"); i++) {
        const char *to = like(p, end, patterns[i]);
        if (to && !word_right(t, to) && !(end - to >= 2 && in(to[0], ".-") && in(to[1], DIGITS)))
            return to;
    }
    return NULL;
}

static void compare(sl_str t, bool (*fast)(sl_str, uint32_t, sl_span *), const char *(*slow)(sl_str, const char *))
{
    sl_span s = { 0 };
    for (const char *p = t.p; p < t.p + t.n;) {
        const char *to = slow(t, p);
        if (!to) {
            text_next(&p);
            continue;
        }
        must(fast(t, s.end, &s) && t.p + s.begin == p && t.p + s.end == to);
        p = to;
    }
    must(!fast(t, s.end, &s));
}

/* The same as four numbers. */
static void kinds(sl_str t)
{
    for (sl_span s = { 0 }; find_ipv4(t, s.end, &s);) {
        char text[16] = { 0 };
        unsigned v[4] = { 0 }, at = 0;
        bool zero = false;
        memcpy(text, t.p + s.begin, s.end - s.begin);
        for (const char *p = text; *p; p++) {
            zero |= *p == '0' && (p == text || p[-1] == '.') && in(p[1], DIGITS);
            if (*p == '.')
                at++;
            else
                v[at] = v[at] * 10 + (unsigned)(*p - '0');
        }
        const bool private = v[0] == 0 || v[0] == 10 || v[0] == 127 || v[0] >= 240 ||
                             (v[0] == 100 && v[1] >= 64 && v[1] < 128) || (v[0] == 169 && v[1] == 254) ||
                             (v[0] == 172 && v[1] >= 16 && v[1] < 32) ||
                             (v[0] == 192 && v[1] == 0 && v[2] == 0 && (v[3] < 8 || v[3] == 170 || v[3] == 171)) ||
                             (v[0] == 192 && v[1] == 0 && v[2] == 2) || (v[0] == 192 && v[1] == 168) ||
                             (v[0] == 198 && (v[1] == 18 || v[1] == 19)) ||
                             (v[0] == 198 && v[1] == 51 && v[2] == 100) || (v[0] == 203 && v[1] == 0 && v[2] == 113);
        must(ipv4_kind(text_part(t, s)) == (zero ? IPV4_NONE : private ? IPV4_PRIVATE : IPV4_GLOBAL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const sl_str t = fuzz_text(data, size < 4096 ? size : 4096); /* slowly is quadratic, and deep */
    compare(t, find_email, email);
    compare(t, find_ipv4, ipv4);
    compare(t, find_phone, phone);
    kinds(t);
    free((char *)t.p);
    return 0;
}
