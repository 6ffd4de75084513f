#include "text/spacy_rules.h"
#include <string.h>
#include "text/unicode.h"
#include "text/utf8.h"

enum { DEGREE = 0xB0, APOSTROPHE = 0x2019, ELLIPSIS = 0x2026, EN_DASH = 0x2013, EM_DASH = 0x2014 };

static bool is_digit(uint32_t c) { return c - '0' < 10; }
static bool is(uint32_t c, uint32_t class) { return spacy_class(c) & class; }

/* The code point before p, or 0, which is in no class. */
static uint32_t before(const char *begin, const char *p) { return p > begin ? text_prev(&p) : 0; }
static uint32_t behind(const char *p, const char *e) { return p < e ? text_next(&p) : 0; }

/* ---- special cases ---- */

/* tools/gen-spacy computes the same. Reads up to 7 bytes behind. */
static uint64_t hash(const char *p, size_t n)
{
    const uint64_t mul = 0x9E3779B97F4A7C15u;
    uint64_t h = n * mul;
    for (size_t i = 0; i < n; i += 8) {
        uint64_t w;
        memcpy(&w, p + i, 8);
        if (n - i < 8)
            w &= ~(uint64_t)0 >> (64 - 8 * (n - i));
        h = (h ^ h >> 32 ^ w) * mul;
    }
    return h;
}

const spacy_special *spacy_find_special(const char *p, const char *e)
{
    const size_t n = (size_t)(e - p);
    if (n - 1 >= SPACY_LONGEST)
        return NULL;
    const uint64_t h = hash(p, n);
    const uint32_t tag = h >> 35 & 0xFFFF;
    for (size_t i = h >> 51;; i = (i + 1) % SPACY_SLOTS) {
        const uint32_t slot = spacy_slot[i];
        if (!slot)
            return NULL;
        const spacy_special *s = &spacy_specials[(slot & 0xFFFF) - 1];
        if (slot >> 16 == tag && s->n == n && !memcmp(spacy_special_text + s->at, p, n))
            return s;
    }
}

/* ---- prefixes and suffixes ---- */

/* How many bytes from p on are dots. */
static size_t dots(const char *p, const char *e)
{
    const char *at = p;
    while (at < e && *at == '.')
        at++;
    return (size_t)(at - p);
}

size_t spacy_prefix(const char *p, const char *e)
{
    if (p == e)
        return 0;
    const char *next = p;
    const uint32_t c = text_next(&next);
    if (is(c, SPACY_PREFIX))
        return (size_t)(next - p);
    const size_t n = (size_t)(e - p);
    switch (c) {
    case '.': {
        const size_t run = dots(p, e);
        return run > 1 ? run : 0;
    }
    case '+': return !is_digit(behind(next, e));
    case 'U': return n > 2 && p[1] == 'S' && p[2] == '$' ? 3 : 0;
    case 'A':
    case 'C': return n > 1 && p[1] == '$' ? 2 : 0;
    default: return 0;
    }
}

/* A unit that reaches from a digit to e. As no unit holds a digit, the last digit is the one. */
static size_t unit_suffix(const char *p, const char *e)
{
    const char *digit = e - 1;
    while (digit > p && !is_digit((unsigned char)*digit) && e - digit <= SPACY_UNIT_BYTES)
        digit--;
    const size_t n = (size_t)(e - digit) - 1;
    if (!is_digit((unsigned char)*digit) || n == 0 || n > SPACY_UNIT_BYTES)
        return 0;
    char key[SPACY_UNIT_BYTES + 1] = { 0 };
    memcpy(key, digit + 1, n);
    for (size_t low = 0, high = SPACY_UNITS; low < high;) {
        const size_t mid = (low + high) / 2;
        const int order = memcmp(key, spacy_unit[mid], sizeof key);
        if (order == 0)
            return n;
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return 0;
}

static size_t dot_suffix(const char *p, const char *e)
{
    const char *at = e - 1;
    while (at > p && at[-1] == '.')
        at--;
    if (e - at > 1)
        return (size_t)(e - at);
    if (at == p)
        return 0;
    const uint32_t last = text_prev(&at), one_more = before(p, at);
    if (is(last, SPACY_BEFORE_DOT) || (is(last, SPACY_CAPITAL) && is(one_more, SPACY_CAPITAL)))
        return 1;
    return one_more == DEGREE && last < 0x80 && last && strchr("FfCcKk", (int)last);
}

static size_t currency_suffix(const char *p, const char *e, const char *sign)
{
    const char *at = sign;
    if (*sign == '$' && at > p && strchr("SCA", at[-1]) && at[-1])
        at -= at[-1] != 'S' ? 1 : at - p > 1 && at[-2] == 'U' ? 2 : 0;
    return is_digit(before(p, at)) ? (size_t)(e - at) : 0;
}

/* Python looks from the left: of all that end at e, the longest. */
size_t spacy_suffix(const char *p, const char *e)
{
    if (p == e)
        return 0;
    const char *at = e;
    const uint32_t c = text_prev(&at), class = spacy_class(c);
    const size_t one = class & SPACY_SUFFIX ? (size_t)(e - at) : 0;
    if (at == p)
        return one;
    size_t n = 0;
    if (c == '.')
        return dot_suffix(p, e);
    if (c == '+')
        return is_digit(before(p, at));
    if (class & SPACY_CURRENCY)
        n = currency_suffix(p, e, at);
    else if (class & SPACY_UNIT_END)
        n = unit_suffix(p, e);
    if (n == 0 && (c == 's' || c == 'S' || c == ELLIPSIS)) {
        const char *two = at;
        const uint32_t mark = text_prev(&two);
        if (c == ELLIPSIS ? mark == ELLIPSIS : mark == '\'' || mark == APOSTROPHE)
            n = (size_t)(e - two);
    }
    return n > one ? n : one;
}

/* ---- infixes ---- */

/* - -- --- – — —— ~ with a letter behind, at the hyphen that stands at p. */
static size_t dash_infix(uint32_t c, const char *p, const char *next, const char *e)
{
    const char *last = next;
    const uint32_t most = c == '-' ? 3 : c == EM_DASH ? 2 : 1;
    for (uint32_t i = 1; i < most && last < e && behind(last, e) == c; i++)
        last += next - p;
    return is(behind(last, e), SPACY_ALPHA) ? (size_t)(last - p) : 0;
}

/* The infix that begins at p with c, behind which is next. */
static size_t infix_at(const char *begin, const char *p, const char *next, const char *e, uint32_t c)
{
    if (is(c, SPACY_INFIX))
        return (size_t)(next - p);
    const uint32_t left = before(begin, p);
    switch (c) {
    case '.': {
        const size_t run = dots(p, e);
        return run > 1 ? run : is(left, SPACY_DOT_LEFT) && is(behind(next, e), SPACY_DOT_RIGHT);
    }
    case ',': return is(left, SPACY_ALPHA) && is(behind(next, e), SPACY_ALPHA);
    case '+':
    case '*':
    case '^':
    case '-':
        if (is_digit(left) && next < e && (is_digit((unsigned char)*next) || *next == '-'))
            return 1;
        if (c != '-')
            return 0;
        break;
    case ':':
    case '<':
    case '>':
    case '=':
    case '/':
    case '~':
    case EN_DASH:
    case EM_DASH: break;
    default: return 0;
    }
    return is(left, SPACY_ALPHA) || is_digit(left) ? dash_infix(c, p, next, e) : 0;
}

size_t spacy_infix(const char *begin, const char *e, const char **at)
{
    for (const char *p = *at, *next; p < e; p = next) {
        next = p;
        const uint32_t c = text_next(&next);
        if (is_digit(c) || (c | 32) - 'a' < 26)
            continue;
        const size_t n = infix_at(begin, p, next, e, c);
        if (n) {
            *at = p;
            return n;
        }
    }
    return 0;
}

/* ---- URLs ----
 * (\w|[+.-]){2,}:// \S+@ host :port [/?#]\S*, all but the host optional. A host holds none of : / ? # @, so that where
 * it ends is known when it begins; it begins at the front, behind the scheme, or behind an @. */

static uint32_t is_python_digit(uint32_t c) { return text_class(c) & TEXT_DECIMAL; }

static bool is_scheme_char(uint32_t c)
{
    return c == '_' || c == '+' || c == '-' || c == '.' || text_class(c) & TEXT_ALNUM;
}

static bool is_host_char(uint32_t c) { return is_digit(c) || (c | 32) - 'a' < 26 || (c >= 0xA1 && c <= 0xFFFF); }

/* 0 to 3 digits of any script up to a dot or e; the rules look at some ASCII ones only. */
typedef struct quad {
    uint32_t c[3], n;
} quad;

static bool next_quad(const char **p, const char *e, quad *q)
{
    q->n = 0;
    while (*p < e && **p != '.') {
        const uint32_t c = text_next(p);
        if (q->n == 3 || !is_python_digit(c))
            return false;
        q->c[q->n++] = c;
    }
    return q->n > 0;
}

static bool quad_is(const quad *q, const char *digits)
{
    for (uint32_t i = 0; i < q->n; i++)
        if (q->c[i] != (unsigned char)digits[i])
            return false;
    return !digits[q->n];
}

/* [1-9]\d? | 1\d\d | 2[0-w]\d | 2x[0-y]: last is xy, and w the digit before x. */
static bool quad_up_to(const quad *q, const char *last)
{
    if (q->n < 3)
        return q->c[0] - '1' < 9;
    if (q->c[0] == '1')
        return true;
    const uint32_t x = (unsigned char)last[0], y = (unsigned char)last[1];
    return q->c[0] == '2' && q->c[1] >= '0' && (q->c[1] < x || (q->c[1] == x && q->c[2] >= '0' && q->c[2] <= y));
}

/* 1?\d{1,2} | 2[0-4]\d | 25[0-5] */
static bool quad_inner(const quad *q) { return q->n < 3 || quad_up_to(q, "55"); }

static bool is_address(const char *p, const char *e)
{
    quad q[4];
    for (int i = 0; i < 4; i++)
        if (!next_quad(&p, e, &q[i]) || (i < 3 ? p++ == e : p != e))
            return false;
    if (!quad_up_to(&q[0], "23") || !quad_inner(&q[1]) || !quad_inner(&q[2]) || !quad_up_to(&q[3], "54"))
        return false;
    if (quad_is(&q[0], "10") || quad_is(&q[0], "127") || (quad_is(&q[0], "169") && quad_is(&q[1], "254")) ||
        (quad_is(&q[0], "192") && quad_is(&q[1], "168")))
        return false;
    const uint32_t *c = q[1].c;
    const bool is_private =
        q[1].n == 2 && ((c[0] == '1' && c[1] - '6' < 4) || c[0] == '2' || (c[0] == '3' && c[1] - '0' < 2));
    return !(quad_is(&q[0], "172") && is_private);
}

/* Labels of 1 to 64 characters, each with its dot, and 2 to 63 letters. A label may hold _ and - inside. */
static bool is_name(const char *p, const char *e)
{
    bool label = true, letters = true, ends_well = false; /* what stands since the last dot */
    uint32_t n = 0, labels = 0;
    while (p < e) {
        const uint32_t c = text_next(&p);
        if (c == '.') {
            if (!label || !ends_well || n > 64)
                return false;
            labels++;
            n = 0;
            letters = true;
            ends_well = false;
            continue;
        }
        ends_well = is_host_char(c);
        label &= ends_well || ((c == '_' || c == '-') && n > 0);
        letters &= is(c, SPACY_TLD);
        if (!label && !letters)
            return false;
        n++;
    }
    return labels && letters && n >= 2 && n <= 63;
}

/* What is left behind a host: a port, a path. */
static bool is_rest(const char *p, const char *e)
{
    if (p < e && *p == ':') {
        uint32_t n = 0;
        for (p++; p < e; n++) {
            const char *next = p;
            if (!is_python_digit(text_next(&next)))
                break;
            p = next;
        }
        if (n < 2 || n > 5)
            return false;
    }
    return p == e || *p == '/' || *p == '?' || *p == '#';
}

static bool is_host_and_rest(const char *p, const char *e)
{
    const char *end = p;
    while (end < e && !(*end > 0 && strchr(":/?#@", *end)))
        end++;
    return end > p && is_rest(end, e) && (is_name(p, end) || is_address(p, end));
}

bool spacy_is_url(const char *p, const char *e)
{
    if (is_host_and_rest(p, e))
        return true;
    const char *at = p, *next = p;
    uint32_t n = 0;
    while (at < e && is_scheme_char(text_next(&next))) {
        n++;
        at = next;
    }
    if (n >= 2 && e - at >= 3 && !memcmp(at, "://", 3) && is_host_and_rest(at + 3, e))
        return true;
    for (at = p; (at = memchr(at, '@', (size_t)(e - at))); at++)
        if (at > p && is_host_and_rest(at + 1, e))
            return true;
    return false;
}
