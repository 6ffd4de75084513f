/* From raw text of a JSON value to a typed cell: the slow path, JSON columns, and the rules of numbers for both paths.
 */
#include "io/json_internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PADDING = 64 }; /* readable bytes behind every text */

size_t json_type_size(uint32_t type)
{
    switch (type) {
    case SL_T_BOOL: return sizeof(uint8_t);
    case SL_T_I32: return sizeof(int32_t);
    case SL_T_I64: return sizeof(int64_t);
    case SL_T_U64: return sizeof(uint64_t);
    case SL_T_F32: return sizeof(float);
    case SL_T_F64: return sizeof(double);
    case SL_T_STR:
    case SL_T_JSON: return sizeof(sl_str);
    default: return 0;
    }
}

/* 1.0 and 3e2 are integers. Beyond 2^53 a double may stand for several of them, and then it is none. */
static bool whole(const json_number *x, json_number *out)
{
    if (x->kind != JSON_REAL) {
        *out = *x;
        return true;
    }
    if (!(fabs(x->d) <= 0x1p53) || x->d != trunc(x->d))
        return false;
    *out = (json_number){ .kind = JSON_INT, .i = (int64_t)x->d };
    return true;
}

static double as_double(const json_number *x)
{
    return x->kind == JSON_INT ? (double)x->i : x->kind == JSON_UINT ? (double)x->u : x->d;
}

bool json_number_put(const json_number *x, uint32_t type, void *dst)
{
    json_number w;
    double d;
    switch (type) {
    case SL_T_I32:
        if (!whole(x, &w) || w.kind != JSON_INT || w.i < INT32_MIN || w.i > INT32_MAX)
            return false;
        *(int32_t *)dst = (int32_t)w.i;
        return true;
    case SL_T_I64:
        if (!whole(x, &w) || w.kind != JSON_INT)
            return false;
        *(int64_t *)dst = w.i;
        return true;
    case SL_T_U64:
        if (!whole(x, &w) || (w.kind == JSON_INT && w.i < 0))
            return false;
        *(uint64_t *)dst = w.kind == JSON_INT ? (uint64_t)w.i : w.u;
        return true;
    case SL_T_F32:
        d = as_double(x);
        if (!isfinite((float)d))
            return false;
        *(float *)dst = (float)d;
        return true;
    case SL_T_F64:
        d = as_double(x);
        if (!isfinite(d))
            return false;
        *(double *)dst = d;
        return true;
    default: return false;
    }
}

/* Reads a number of valid form. mem lends room for its NUL-terminated copy where it is long. false: out of memory. */
static bool number_read(const char *p, const char *end, arena *mem, json_number *out)
{
    const size_t n = (size_t)(end - p);
    out->kind = JSON_INT;
    if (str_to_i64(p, n, &out->i))
        return true;
    out->kind = JSON_UINT;
    if (str_to_u64(p, n, &out->u))
        return true;
    char local[64], *z = n < sizeof local ? local : arena_reserve(mem, n + 1, 1);
    if (!z)
        return false;
    memcpy(z, p, n);
    z[n] = 0;
    out->kind = JSON_REAL;
    out->d = strtod(z, NULL); /* beyond double: an infinity, which fits no type */
    return true;
}

/* ok: it fits. The return value is false when memory ran out. */
static bool put_string(const char *p, const char *end, arena *mem, sl_str *dst, bool *ok)
{
    const size_t n = (size_t)(end - p);
    if (!(*ok = n >= 2 && *p == '"' && end[-1] == '"' && n <= UINT32_MAX))
        return true;
    char *s = arena_reserve(mem, n + PADDING, 1);
    if (!s)
        return false;
    const size_t got = json_unescape(p + 1, n - 2, s);
    arena_commit(mem, s, got + PADDING);
    *dst = (sl_str){ .p = s, .n = (uint32_t)got };
    return true;
}

static bool put_value(const char *p, const char *end, uint32_t type, arena *mem, void *dst, bool *ok)
{
    *ok = p < end;
    if (!*ok)
        return true;
    switch (type) {
    case SL_T_JSON:
        *ok = end - p <= UINT32_MAX;
        if (*ok)
            *(sl_str *)dst = (sl_str){ .p = p, .n = (uint32_t)(end - p) };
        return true;
    case SL_T_STR: return put_string(p, end, mem, dst, ok);
    case SL_T_BOOL:
        *ok = *p == 't' || *p == 'f';
        if (*ok)
            *(uint8_t *)dst = *p == 't';
        return true;
    default: {
        json_number x;
        *ok = *p == '-' || (*p >= '0' && *p <= '9');
        if (!*ok)
            return true;
        if (!number_read(p, end, mem, &x))
            return false;
        *ok = json_number_put(&x, type, dst);
        return true;
    }
    }
}

static bool put_list(const char *p, const char *end, uint32_t type, arena *mem, sl_list *dst, bool *ok)
{
    const size_t size = json_type_size(type);
    json_walk w;
    json_member m;
    size_t n = 0;
    if (!(*ok = size && *p == '[' && json_walk_begin(&w, p, end)))
        return true;
    while (json_walk_next(&w, &m))
        n++;
    char *at = arena_alloc(mem, n * size, 8);
    if (!at)
        return false;
    *dst = (sl_list){ .p = at, .n = (uint32_t)n };
    *ok = n <= UINT32_MAX && json_walk_begin(&w, p, end);
    for (; *ok && json_walk_next(&w, &m); at += size)
        if (!put_value(m.value, m.value_end, type, mem, at, ok))
            return false;
    return true;
}

bool json_convert_cell(const char *p, const char *end, uint32_t type, arena *mem, json_cell *out)
{
    bool ok;
    if (end - p == 4 && !memcmp(p, "null", 4)) {
        out->state = CELL_NULL;
        return true;
    }
    out->state = CELL_WRONG_TYPE;
    if (p == end)
        return true;
    const bool list = type & SL_LIST_OF(0);
    if (!(list ? put_list(p, end, type & 0xFF, mem, &out->v.list, &ok) : put_value(p, end, type, mem, &out->v, &ok)))
        return false;
    if (ok)
        out->state = CELL_OK;
    return true;
}

json_state json_convert(const char *p, size_t n, uint32_t type, arena *mem, json_cell *out)
{
    memset(out, 0, sizeof *out);
    if (!n) /* a JSON column that its stage never filled */
        return out->state = CELL_NULL;
    const char *end = p + n;
    p = json_skip_space(p, end);
    while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r'))
        end--;
    if (!json_convert_cell(p, end, type, mem, out))
        out->state = CELL_WRONG_TYPE;
    return out->state;
}

/* ---- a whole record ---- */

/* The key of m as its reader means it; escaped ones are written into scratch. false: out of memory. */
static bool plain_key(const json_member *m, arena *scratch, json_key *out)
{
    *out = (json_key){ .p = m->key, .n = m->key_n };
    if (!m->escaped)
        return true;
    char *p = arena_alloc(scratch, m->key_n, 1);
    if (!p)
        return false;
    *out = (json_key){ .p = p, .n = json_unescape(m->key, m->key_n, p) };
    return true;
}

/* Follows the dots below want->head through objects; *out stays empty where the path ends early. */
static json_error follow(const json_want *want, arena *scratch, json_keys *keys, json_place *out)
{
    json_place at = want->head;
    const char *name = want->name + want->head_n, *name_end = want->name + want->name_n;
    while (name < name_end && at.p) {
        const char *part = name + 1, *dot = memchr(part, '.', (size_t)(name_end - part));
        const size_t part_n = (size_t)((dot ? dot : name_end) - part);
        json_walk w;
        json_member m;
        json_key key;
        if (*at.p != '{' || !json_walk_begin(&w, at.p, at.end))
            return JSON_OK;
        keys->n = 0;
        at.p = NULL;
        while (json_walk_next(&w, &m)) {
            if (!plain_key(&m, scratch, &key) || !json_keys_add(keys, key.p, key.n))
                return JSON_NOMEM;
            if (key.n == part_n && !memcmp(key.p, part, part_n))
                at = (json_place){ m.value, m.value_end };
        }
        if (json_keys_repeat(keys))
            return JSON_DUPLICATE_KEY;
        name = part + part_n;
    }
    *out = at;
    return JSON_OK;
}

static json_error find_places(json_want *want, size_t n_want, const char *record, size_t n, arena *scratch,
                              json_keys *keys)
{
    json_walk w;
    json_member m;
    json_key key;
    for (size_t i = 0; i < n_want; i++)
        want[i].full.p = want[i].head.p = NULL;
    keys->n = 0;
    if (!json_walk_begin(&w, record, record + n))
        return JSON_NOT_OBJECT;
    while (json_walk_next(&w, &m)) {
        if (!plain_key(&m, scratch, &key) || !json_keys_add(keys, key.p, key.n))
            return JSON_NOMEM;
        for (size_t i = 0; i < n_want; i++) {
            json_want *f = &want[i];
            if (key.n == f->name_n && !memcmp(key.p, f->name, key.n))
                f->full = (json_place){ m.value, m.value_end };
            else if (key.n == f->head_n && !memcmp(key.p, f->name, key.n))
                f->head = (json_place){ m.value, m.value_end };
        }
    }
    return json_keys_repeat(keys) ? JSON_DUPLICATE_KEY : JSON_OK;
}

json_error json_fill(json_want *want, size_t n_want, bool raw_only, const char *record, size_t n, arena *mem,
                     arena *scratch, json_keys *keys, json_cell *cells)
{
    enum { KEEP = 64 << 10 };
    json_error e = find_places(want, n_want, record, n, scratch, keys);
    for (size_t i = 0; !e && i < n_want; i++) {
        json_place at = want[i].full;
        if (raw_only && !want[i].raw)
            continue;
        if (!at.p && want[i].head.p)
            e = follow(&want[i], scratch, keys, &at);
        if (!e && at.p && !json_convert_cell(at.p, at.end, want[i].type, mem, &cells[i]))
            e = JSON_NOMEM;
    }
    arena_reset(scratch, KEEP);
    return e;
}
