/* The strict checker decides whether the text is JSON; the walk over it then has nothing to check. */
#include "io/json_tree.h"
#include <stdlib.h>
#include <string.h>
#include "io/json_internal.h"

/* ---- building ---- */

typedef struct builder {
    arena *mem;
    json_keys keys; /* of the object that is being closed */
} builder;

static json_error build(builder *b, const char *p, const char *end, json_tree *out);

static const char *unescaped(builder *b, const char *p, size_t n, size_t *out_n)
{
    char *text = arena_alloc(b->mem, n + 1, 1);
    if (text) {
        *out_n = json_unescape(p, n, text);
        text[*out_n] = 0;
    }
    return text;
}

static bool keys_repeat(builder *b, const json_tree *map, bool *no_memory)
{
    b->keys.n = 0;
    for (size_t i = 0; i < map->n; i++)
        if (!json_keys_add(&b->keys, map->items[i].key, map->items[i].key_n))
            return *no_memory = true;
    return json_keys_repeat(&b->keys);
}

static json_error build_items(builder *b, const char *p, const char *end, json_tree *out)
{
    json_walk w;
    json_member m;
    bool no_memory = false;
    for (bool more = json_walk_begin(&w, p, end); more && json_walk_next(&w, &m);) {
        json_tree *items = arena_grow(b->mem, out->items, out->n, sizeof *items);
        if (!items)
            return JSON_NOMEM;
        out->items = items;
        json_tree *item = &items[out->n++];
        const json_error e = build(b, m.value, m.value_end, item);
        if (e)
            return e;
        if (m.key && !(item->key = unescaped(b, m.key, m.key_n, &item->key_n)))
            return JSON_NOMEM;
    }
    if (out->kind == TREE_MAP && keys_repeat(b, out, &no_memory))
        return no_memory ? JSON_NOMEM : JSON_DUPLICATE_KEY;
    return JSON_OK;
}

/* p: the value's first byte, end: behind its last. As deep as json_check lets through: JSON_MAX_DEPTH and one. */
static json_error build(builder *b, const char *p, const char *end, json_tree *out)
{
    const size_t n = (size_t)(end - p);
    *out = (json_tree){ .raw = p, .raw_n = n };
    switch (*p) {
    case '{': out->kind = TREE_MAP; return build_items(b, p, end, out);
    case '[': out->kind = TREE_LIST; return build_items(b, p, end, out);
    case '"':
        out->kind = TREE_TEXT;
        out->text = unescaped(b, p + 1, n - 2, &out->n);
        return out->text ? JSON_OK : JSON_NOMEM;
    case 't':
    case 'f':
        out->kind = TREE_BOOL;
        out->truth = *p == 't';
        return JSON_OK;
    case 'n': out->kind = TREE_NULL; return JSON_OK;
    default:
        out->kind = TREE_NUMBER;
        out->text = arena_strndup(b->mem, p, n);
        out->n = n;
        return out->text ? JSON_OK : JSON_NOMEM;
    }
}

json_error json_tree_parse(arena *mem, const char *p, size_t n, json_tree *out)
{
    builder b = { .mem = mem };
    json_error e = json_check(p, n, false);
    if (e)
        return e;
    const char *begin = json_skip_space(p, p + n);
    e = build(&b, begin, json_skip_value(begin, p + n), out);
    json_keys_free(&b.keys);
    return e;
}

/* ---- numbers by value ---- */

typedef struct decimal { /* the digits from `first` to `last`, a point skipped, times ten to the power of exponent */
    bool minus;
    const char *first, *last; /* neither of them 0; NULL: zero */
    int64_t exponent;         /* of the last digit */
} decimal;

/* "e+17" from behind the e; what is beyond 64 bits stays at a value that no other number has but one as extreme. */
static int64_t exponent_of(const char *p, const char *end)
{
    const int64_t most = INT64_MAX / 4;
    const bool minus = p < end && *p == '-';
    int64_t v = 0;
    for (p += p < end && (*p == '-' || *p == '+'); p < end; p++)
        v = v > most / 10 - 1 ? most : v * 10 + (*p - '0');
    return minus ? -v : v;
}

static decimal decimal_of(const json_tree *v)
{
    decimal d = { .minus = *v->text == '-' };
    const char *p = v->text + d.minus, *end = v->text + v->n;
    int64_t digits = 0, whole = -1, last = 0; /* whole: digits before the point */
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            whole = digits;
            continue;
        }
        if (*p != '0') {
            d.first = d.first ? d.first : p;
            d.last = p;
            last = digits;
        }
        digits++;
    }
    d.exponent = (whole < 0 ? digits : whole) - 1 - last + (p < end ? exponent_of(p + 1, end) : 0);
    return d;
}

static const char *next_digit(const char *p) { return p[1] == '.' ? p + 2 : p + 1; }

static bool same_number(const json_tree *a, const json_tree *b)
{
    const decimal x = decimal_of(a), y = decimal_of(b);
    if (!x.first || !y.first)
        return !x.first && !y.first;
    if (x.minus != y.minus || x.exponent != y.exponent)
        return false;
    const char *p = x.first, *q = y.first;
    while (*p == *q && p < x.last && q < y.last) {
        p = next_digit(p);
        q = next_digit(q);
    }
    return *p == *q && p == x.last && q == y.last;
}

/* ---- looking ---- */

const json_tree *json_tree_get(const json_tree *map, const char *key)
{
    const size_t n = strlen(key);
    for (size_t i = 0; map && map->kind == TREE_MAP && i < map->n; i++)
        if (map->items[i].key_n == n && !memcmp(map->items[i].key, key, n))
            return &map->items[i];
    return NULL;
}

static bool same_key(const json_tree *a, const json_tree *b)
{
    return a->key_n == b->key_n && !memcmp(a->key, b->key, a->key_n);
}

/* Both have the same number of members, all different, so one way is enough. Most stand in the same order. */
static bool same_members(const json_tree *a, const json_tree *b)
{
    for (size_t i = 0; i < a->n; i++) {
        size_t k = i;
        for (size_t tried = 0; !same_key(&a->items[i], &b->items[k]); k = (k + 1) % b->n)
            if (++tried == b->n)
                return false;
        if (!json_tree_equal(&a->items[i], &b->items[k]))
            return false;
    }
    return true;
}

bool json_tree_equal(const json_tree *a, const json_tree *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case TREE_BOOL: return a->truth == b->truth;
    case TREE_NUMBER: return same_number(a, b);
    case TREE_TEXT: return a->n == b->n && !memcmp(a->text, b->text, a->n);
    case TREE_LIST:
        for (size_t i = 0; a->n == b->n && i < a->n; i++)
            if (!json_tree_equal(&a->items[i], &b->items[i]))
                return false;
        return a->n == b->n;
    case TREE_MAP: return a->n == b->n && same_members(a, b);
    default: return true;
    }
}

bool json_tree_u64(const json_tree *v, uint64_t *out)
{
    if (!v || v->kind != TREE_NUMBER)
        return false;
    const decimal d = decimal_of(v);
    uint64_t n = 0;
    if (d.first && (d.minus || d.exponent < 0 || d.exponent > 19))
        return false;
    for (const char *p = d.first; p && p <= d.last; p = next_digit(p))
        if (__builtin_mul_overflow(n, 10u, &n) || __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
            return false;
    for (int64_t i = 0; d.first && i < d.exponent; i++)
        if (__builtin_mul_overflow(n, 10u, &n))
            return false;
    *out = n;
    return true;
}

bool json_tree_f64(const json_tree *v, double *out)
{
    return v && v->kind == TREE_NUMBER && str_to_f64(v->text, v->n, out);
}
