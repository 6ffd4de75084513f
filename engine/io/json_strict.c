/* The strict checker: RFC 8259 to the letter, no recursion, first error in byte order. simdjson decides nearly every
 * record; this one names what is wrong with the rest, and accepts the numbers that simdjson has no room for. */
#include "io/json_internal.h"
#include <string.h>

const char *json_error_text(json_error e)
{
    switch (e) {
    case JSON_OK: return "no error";
    case JSON_SYNTAX: return "this is no JSON";
    case JSON_NOT_OBJECT: return "JSON, but no object";
    case JSON_UTF8: return "bytes that are not UTF-8";
    case JSON_STRING: return "a string holds a bad escape, a lone surrogate or a control character";
    case JSON_NUMBER: return "a number is not written as JSON wants it";
    case JSON_DEPTH: return "nested deeper than 1024";
    case JSON_DUPLICATE_KEY: return "a key stands twice in one object";
    case JSON_TRAILING: return "something stands behind the object";
    case JSON_NOMEM: return "out of memory";
    }
    return "unknown error";
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Four hexadecimal digits, or -1. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        const char c = p[i], lower = (char)(c | 0x20);
        if (is_digit(c))
            v = v * 16 + (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            v = v * 16 + (lower - 'a' + 10);
        else
            return -1;
    }
    return v;
}

/* *at on the backslash. A cut string is a syntax error, like everything that only ends too early. */
static json_error check_escape(const char **at, const char *end)
{
    const char *p = *at + 1;
    if (p == end)
        return JSON_SYNTAX;
    if (*p != 'u') {
        *at = p + 1;
        return *p && strchr("\"\\/bfnrt", *p) ? JSON_OK : JSON_STRING;
    }
    const int32_t first = hex4(p + 1, end);
    if (first < 0 || (first >= 0xDC00 && first <= 0xDFFF))
        return JSON_STRING;
    *at = p + 5;
    if (first < 0xD800 || first > 0xDFFF)
        return JSON_OK;
    p += 5;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return JSON_STRING;
    const int32_t second = hex4(p + 2, end);
    *at = p + 6;
    return second >= 0xDC00 && second <= 0xDFFF ? JSON_OK : JSON_STRING;
}

/* Bytes that need no look: eight at a time while none is below 0x20, a quote, a backslash or beyond ASCII. */
static const char *skip_plain(const char *p, const char *end)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    for (uint64_t x; end - p >= 8; p += 8) {
        memcpy(&x, p, 8);
        const uint64_t quote = x ^ ones * '"', slash = x ^ ones * '\\';
        if (((x - ones * 0x20) | (quote - ones) | (slash - ones) | x) & high)
            break;
    }
    while (p < end && (unsigned char)*p >= 0x20 && !(*p & 0x80) && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* *at behind the opening quote; left behind the closing one. */
static json_error check_string(const char **at, const char *end)
{
    for (const char *p = *at;;) {
        p = skip_plain(p, end);
        if (p == end)
            return JSON_SYNTAX;
        if (*p == '"') {
            *at = p + 1;
            return JSON_OK;
        }
        if (*p == '\\') {
            const json_error e = check_escape(&p, end);
            if (e)
                return e;
        } else if (*p & 0x80) {
            const char *run = p; /* a run of bytes beyond ASCII holds whole sequences or is wrong */
            while (p < end && (*p & 0x80))
                p++;
            if (utf8_valid_prefix(run, (size_t)(p - run)) != (size_t)(p - run))
                return JSON_UTF8;
        } else {
            return JSON_STRING;
        }
    }
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

static json_error check_number(const char **at, const char *end)
{
    const char *p = *at + (**at == '-');
    const char *digits = p;
    p = skip_digits(p, end);
    if (p == digits || (*digits == '0' && p - digits > 1))
        return JSON_NUMBER;
    if (p < end && *p == '.') {
        digits = ++p;
        p = skip_digits(p, end);
        if (p == digits)
            return JSON_NUMBER;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        digits = p;
        p = skip_digits(p, end);
        if (p == digits)
            return JSON_NUMBER;
    }
    *at = p;
    return JSON_OK;
}

/* A byte that may not stand here: invalid UTF-8 is named as such. */
static json_error unexpected(const char *p, const char *end)
{
    if (p == end || !(*p & 0x80))
        return JSON_SYNTAX;
    const char *run = p;
    while (p < end && (*p & 0x80))
        p++;
    return utf8_valid_prefix(run, (size_t)(p - run)) == (size_t)(p - run) ? JSON_SYNTAX : JSON_UTF8;
}

/* A value that holds no others. */
static json_error check_scalar(const char **at, const char *end)
{
    static const char *const words[] = { "true", "false", "null" };
    if (*at < end && **at == '"') {
        ++*at;
        return check_string(at, end);
    }
    if (*at < end && (**at == '-' || is_digit(**at)))
        return check_number(at, end);
    for (size_t i = 0; i < 3; i++) {
        const size_t n = strlen(words[i]);
        if ((size_t)(end - *at) >= n && !memcmp(*at, words[i], n)) {
            *at += n;
            return JSON_OK;
        }
    }
    return unexpected(*at, end);
}

static json_error check_key(const char **at, const char *end)
{
    const char *p = json_skip_space(*at, end);
    if (p == end || *p != '"')
        return unexpected(p, end);
    p++;
    const json_error e = check_string(&p, end);
    if (e)
        return e;
    p = json_skip_space(p, end);
    if (p == end || *p != ':')
        return unexpected(p, end);
    *at = p + 1;
    return JSON_OK;
}

/* The containers that are open: one bit each, set for an object. Empty containers are never opened, so that they do not
 * count: simdjson sees depth the same way. */
typedef struct open_stack {
    uint64_t object[JSON_MAX_DEPTH / 64];
    unsigned depth;
} open_stack;

static bool in_object(const open_stack *s)
{
    const unsigned top = s->depth - 1;
    return s->object[top / 64] >> top % 64 & 1;
}

static json_error open_container(open_stack *s, bool object)
{
    if (s->depth == JSON_MAX_DEPTH)
        return JSON_DEPTH;
    const uint64_t bit = 1ull << s->depth % 64;
    if (object)
        s->object[s->depth / 64] |= bit;
    else
        s->object[s->depth / 64] &= ~bit;
    s->depth++;
    return JSON_OK;
}

/* One value from its first byte; *opened: it is a container with something in it, and *at stands before its first
 * element. */
static json_error check_value(open_stack *s, const char **at, const char *end, bool *opened)
{
    const char *p = *at = json_skip_space(*at, end);
    *opened = false;
    if (p == end || (*p != '{' && *p != '['))
        return check_scalar(at, end);
    const bool object = *p == '{';
    p = json_skip_space(p + 1, end);
    if (p < end && *p == (object ? '}' : ']')) {
        *at = p + 1;
        return JSON_OK;
    }
    *at = p;
    *opened = true;
    const json_error e = open_container(s, object);
    return e || !object ? e : check_key(at, end);
}

/* Behind a value: closes what ends here and steps over the comma and key before the next. depth 0: the outermost value
 * ended. */
static json_error check_after(open_stack *s, const char **at, const char *end)
{
    while (s->depth) {
        const char *p = json_skip_space(*at, end);
        const bool object = in_object(s);
        if (p == end)
            return JSON_SYNTAX;
        *at = p + 1;
        if (*p == ',')
            return object ? check_key(at, end) : JSON_OK;
        if (*p != (object ? '}' : ']'))
            return unexpected(p, end);
        s->depth--;
    }
    return JSON_OK;
}

json_error json_check(const char *p, size_t n, bool object)
{
    const char *end = p + n;
    open_stack s = { .depth = 0 };
    p = json_skip_space(p, end);
    const bool is_object = p < end && *p == '{';
    do {
        bool opened;
        json_error e = check_value(&s, &p, end, &opened);
        if (!e && !opened)
            e = check_after(&s, &p, end);
        if (e)
            return e;
    } while (s.depth);
    if (object && !is_object)
        return JSON_NOT_OBJECT;
    return json_skip_space(p, end) == end ? JSON_OK : JSON_TRAILING;
}
