/* Numbers with units, exactly: 0.1 TB is 100000000000 bytes, and 33.3% is the double nearest to 0.333. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "config/value.h"

enum { MAX_TEXT = 128, MAX_DIGITS = 20, MAX_EXPONENT = 400 };

/* [-] digits [. digits] [e exponent], then a unit. */
typedef struct number {
    bool minus;
    char text[MAX_TEXT]; /* without underscores, sign and exponent: for strtod */
    unsigned __int128 digits;
    int exponent;   /* value = digits * 10^exponent */
    int e;          /* the exponent as written */
    bool long_text; /* more than MAX_DIGITS digits count: no exact arithmetic */
    const char *unit;
} number;

static void add_digit(number *n, char c)
{
    if (n->digits == 0 && c == '0')
        return;
    unsigned __int128 limit = 1;
    for (int i = 0; i < MAX_DIGITS - 1; i++)
        limit *= 10;
    if (n->digits >= limit) {
        n->long_text = true;
        return;
    }
    n->digits = n->digits * 10 + (unsigned)(c - '0');
}

/* Digits, with single underscores between them. NULL: none, or an underscore elsewhere. */
static const char *scan_digits(const char *s, number *n, size_t *used)
{
    const char *from = s;
    for (;; s++) {
        if (*s == '_' && s > from && isdigit((unsigned char)s[-1]) && isdigit((unsigned char)s[1]))
            continue;
        if (!isdigit((unsigned char)*s))
            break;
        if (*used >= MAX_TEXT - 1)
            return NULL;
        n->text[(*used)++] = *s;
        add_digit(n, *s);
    }
    return *s == '_' ? NULL : s;
}

static const char *scan_exponent(const char *s, number *n)
{
    if (*s != 'e' && *s != 'E')
        return s;
    const char *digits = s + 1 + (s[1] == '-' || s[1] == '+');
    if (!isdigit((unsigned char)*digits))
        return s;
    int e = 0;
    for (s = digits; isdigit((unsigned char)*s); s++)
        e = e > MAX_EXPONENT ? e : e * 10 + (*s - '0');
    n->e = digits[-1] == '-' ? -e : e;
    n->exponent += n->e;
    return s;
}

static value_verdict scan(const char *s, number *n)
{
    size_t used = 0;
    *n = (number){ .minus = *s == '-' };
    s += n->minus;
    const char *end = scan_digits(s, n, &used);
    if (!end)
        return VALUE_WRONG;
    const size_t whole = used;
    if (*end == '.' && isdigit((unsigned char)end[1])) {
        if (used >= MAX_TEXT - 1)
            return VALUE_WRONG;
        n->text[used++] = '.';
        const size_t before = used;
        if (!(end = scan_digits(end + 1, n, &used)))
            return VALUE_WRONG;
        n->exponent = -(int)(used - before);
    }
    if (used == 0)
        return VALUE_WRONG;
    n->text[used] = 0;
    end = scan_exponent(end, n);
    while (*end == ' ')
        end++;
    n->unit = end;
    return whole > 1 && n->text[0] == '0' ? VALUE_ZEROS : VALUE_OK;
}

static double as_double(const number *n, int shift)
{
    char text[MAX_TEXT + 16];
    double v = 0;
    const int len = snprintf(text, sizeof text, "%se%d", n->text, n->e + shift);
    if (!str_to_f64(text, (size_t)len, &v))
        v = INFINITY; /* the syntax is right, so it can only be too large */
    return n->minus ? -v : v;
}

/* digits * 10^exponent * scale, rounded down; *fraction: something was lost. false: beyond 64 bits. */
static bool as_whole(const number *n, uint64_t scale, uint64_t *out, bool *fraction)
{
    unsigned __int128 v = n->digits * scale; /* below 10^20 * 2^50: no overflow */
    *fraction = false;
    if (n->digits == 0) {
        *out = 0;
        return true;
    }
    if (n->long_text)
        return false;
    int e = n->exponent;
    for (; e < 0 && v; e++) {
        *fraction |= v % 10 != 0;
        v /= 10;
    }
    for (; e > 0; e--)
        if (__builtin_mul_overflow(v, (unsigned)10, &v))
            return false;
    *out = (uint64_t)v;
    return v <= UINT64_MAX;
}

/* ---- units ---- */

typedef struct unit {
    const char *name;
    uint64_t scale;
} unit;

static const unit COUNT[] = { { "k", 1000 },       { "K", 1000 },          { "M", 1000000 },
                              { "B", 1000000000 }, { "T", 1000000000000 }, { 0 } };

#define KI(n) ((uint64_t)1 << (10 * (n)))
static const unit BYTES[] = { { "KiB", KI(1) },
                              { "MiB", KI(2) },
                              { "GiB", KI(3) },
                              { "TiB", KI(4) },
                              { "PiB", KI(5) },
                              { "kB", 1000 },
                              { "KB", 1000 },
                              { "MB", 1000000 },
                              { "GB", 1000000000 },
                              { "TB", 1000000000000 },
                              { "PB", 1000000000000000 },
                              { "byte", 1 },
                              { "bytes", 1 },
                              { 0 } };
/* What a size takes beside BYTES. In an amount, B is a thousand million and M a million, so none of these is there. */
static const unit SHORT_BYTES[] = { { "", 1 },      { "B", 1 },     { "k", KI(1) }, { "K", KI(1) }, { "M", KI(2) },
                                    { "G", KI(3) }, { "T", KI(4) }, { "P", KI(5) }, { 0 } };

/* Times in microseconds. */
static const unit TIMES[] = {
    { "ms", 1000 },          { "s", 1000000 },       { "sec", 1000000 },      { "second", 1000000 },
    { "seconds", 1000000 },  { "m", 60000000 },      { "min", 60000000 },     { "minute", 60000000 },
    { "minutes", 60000000 }, { "h", 3600000000 },    { "hour", 3600000000 },  { "hours", 3600000000 },
    { "d", 86400000000 },    { "day", 86400000000 }, { "days", 86400000000 }, { 0 }
};

static const unit *find(const unit *units, const char *name, size_t n)
{
    for (; units->name; units++)
        if (strlen(units->name) == n && !memcmp(units->name, name, n))
            return units;
    return NULL;
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words && strcmp(*words, word))
        words++;
    return *words;
}

/* ---- the types ---- */

value_verdict value_bool(const char *text, uint8_t *out)
{
    static const char *const names[] = { "false", "true", "no", "yes", "off", "on" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(text, names[i])) {
            *out = i & 1;
            return VALUE_OK;
        }
    return VALUE_WRONG;
}

value_verdict value_i64(const char *text, int64_t *out)
{
    number n;
    uint64_t v;
    bool fraction;
    const value_verdict verdict = scan(text, &n);
    if (verdict == VALUE_WRONG)
        return VALUE_WRONG;
    const unit *scale = *n.unit ? find(COUNT, n.unit, strlen(n.unit)) : &(const unit){ "", 1 };
    if (!scale)
        return VALUE_WRONG;
    if (verdict != VALUE_OK)
        return verdict;
    if (!as_whole(&n, scale->scale, &v, &fraction) || v > INT64_MAX) /* INT64_MIN means unset */
        return VALUE_OUTSIDE;
    if (fraction)
        return VALUE_FRACTION;
    *out = n.minus ? -(int64_t)v : (int64_t)v;
    return VALUE_OK;
}

value_verdict value_f64(const char *text, double *out)
{
    const bool minus = *text == '-';
    if (!strcasecmp(text + minus, "inf") || !strcasecmp(text + minus, ".inf")) {
        *out = minus ? -INFINITY : INFINITY;
        return VALUE_OK;
    }
    number n;
    const value_verdict verdict = scan(text, &n);
    if (verdict == VALUE_WRONG || (*n.unit && strcmp(n.unit, "%")))
        return VALUE_WRONG;
    *out = as_double(&n, *n.unit ? -2 : 0);
    return isinf(*out) ? VALUE_OUTSIDE : verdict;
}

static value_verdict scaled_size(const number *n, uint64_t scale, uint64_t *out)
{
    bool fraction; /* a part of a byte is dropped */
    if (n->minus && n->digits)
        return VALUE_NEGATIVE;
    return as_whole(n, scale, out, &fraction) ? VALUE_OK : VALUE_OUTSIDE;
}

value_verdict value_size(const char *text, uint64_t *out)
{
    number n;
    const value_verdict verdict = scan(text, &n);
    if (verdict == VALUE_WRONG)
        return VALUE_WRONG;
    const unit *scale = find(BYTES, n.unit, strlen(n.unit));
    if (!scale)
        scale = find(SHORT_BYTES, n.unit, strlen(n.unit));
    if (!scale)
        return VALUE_WRONG;
    return verdict == VALUE_OK ? scaled_size(&n, scale->scale, out) : verdict;
}

value_verdict value_duration(const char *text, double *out)
{
    number n;
    const value_verdict verdict = scan(text, &n);
    if (verdict == VALUE_WRONG)
        return VALUE_WRONG;
    const unit *scale = *n.unit ? find(TIMES, n.unit, strlen(n.unit)) : &(const unit){ "", 1000000 };
    if (!scale)
        return VALUE_WRONG;
    if (verdict != VALUE_OK)
        return verdict;
    if (n.minus && n.digits)
        return VALUE_NEGATIVE;
    if (scale->scale < 1000000)
        *out = as_double(&n, -3);
    else
        *out = as_double(&n, 0) * (double)(scale->scale / 1000000);
    return isinf(*out) ? VALUE_OUTSIDE : VALUE_OK;
}

/* 1000, 10k docs, 10B tokens: a count and what it counts. */
static value_verdict count_amount(const number *n, sl_amount *out)
{
    static const char *const rows[] = {
        "doc", "docs", "document", "documents", "row", "rows", "record", "records", NULL
    };
    static const char *const tokens[] = { "token", "tokens", NULL };
    const char *word = n->unit;
    const size_t first = strcspn(word, " ");
    const unit *scale = first ? find(COUNT, word, first) : NULL;
    if (scale)
        word += first + strspn(word + first, " ");
    if (*word && !is_one_of(word, rows) && !is_one_of(word, tokens))
        return VALUE_WRONG;
    uint64_t v;
    bool fraction;
    if (n->minus && n->digits)
        return VALUE_NEGATIVE;
    if (!as_whole(n, scale ? scale->scale : 1, &v, &fraction))
        return VALUE_OUTSIDE;
    if (fraction)
        return VALUE_FRACTION;
    *out = (sl_amount){ .value = (double)v, .unit = is_one_of(word, tokens) ? SL_TOKENS : SL_ROWS };
    return VALUE_OK;
}

value_verdict value_amount(const char *text, sl_amount *out)
{
    if (!strcmp(text, "all")) {
        *out = (sl_amount){ .value = 1, .unit = SL_SHARE };
        return VALUE_OK;
    }
    number n;
    value_verdict verdict = scan(text, &n);
    if (verdict == VALUE_WRONG)
        return VALUE_WRONG;
    if (!strcmp(n.unit, "%")) {
        *out = (sl_amount){ .value = as_double(&n, -2), .unit = SL_SHARE };
        if (verdict == VALUE_OK && !(out->value >= 0 && out->value <= 1))
            verdict = VALUE_OUTSIDE;
        return verdict;
    }
    const unit *bytes = find(BYTES, n.unit, strlen(n.unit));
    if (!bytes) {
        const value_verdict count = count_amount(&n, out);
        return count == VALUE_WRONG || verdict == VALUE_OK ? count : verdict;
    }
    if (verdict != VALUE_OK)
        return verdict;
    uint64_t v = 0;
    verdict = scaled_size(&n, bytes->scale, &v);
    *out = (sl_amount){ .value = (double)v, .unit = SL_BYTES };
    return verdict;
}

/* ---- printing ---- */

/* "1e9" where "1000000000" would want counting. */
void value_print_number(sbuf *out, double v)
{
    if (isinf(v)) {
        sbuf_puts(out, v < 0 ? "-inf" : "inf");
        return;
    }
    int zeros = 0;
    double mantissa = v;
    for (; fabs(mantissa) >= 10 && fmod(mantissa, 10) == 0; zeros++)
        mantissa /= 10;
    const bool with_e = zeros >= 6;
    sbuf_json_double(out, v == 0 ? 0 : with_e ? mantissa : v);
    if (with_e)
        sbuf_printf(out, "e%d", zeros);
}

/* With the unit that gives the smallest whole number. */
static void print_whole(sbuf *out, double v, const unit *units, const char *base)
{
    const unit *best = NULL;
    for (; units->name; units++)
        if (v >= (double)units->scale && fmod(v, (double)units->scale) == 0 && (!best || units->scale > best->scale))
            best = units;
    value_print_number(out, best ? v / (double)best->scale : v);
    sbuf_printf(out, " %s", best ? best->name : base);
}

void value_print_size(sbuf *out, double bytes)
{
    static const unit shown[] = { { "KiB", KI(1) },     { "MiB", KI(2) },        { "GiB", KI(3) },
                                  { "TiB", KI(4) },     { "kB", 1000 },          { "MB", 1000000 },
                                  { "GB", 1000000000 }, { "TB", 1000000000000 }, { 0 } };
    if (bytes == 0)
        sbuf_putc(out, '0');
    else
        print_whole(out, bytes, shown, "B");
}

void value_print_duration(sbuf *out, double seconds)
{
    static const unit shown[] = { { "min", 60 }, { "h", 3600 }, { "d", 86400 }, { 0 } };
    if (seconds == 0)
        sbuf_putc(out, '0');
    else if (seconds < 1 && fmod(seconds * 1000, 1) == 0)
        sbuf_printf(out, "%.0f ms", seconds * 1000);
    else
        print_whole(out, seconds, shown, "s");
}
