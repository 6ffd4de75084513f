/* What the files of json share: the strict checker, the walker over text that is known to be valid, and the rules of
 * conversion. Nothing outside io/json* and its tests includes this. C and C++. */
#ifndef SLUICE_JSON_INTERNAL_H
#define SLUICE_JSON_INTERNAL_H
#include "io/json.h"

enum { JSON_MAX_DEPTH = 1024 };

/* ---- json_strict.c ---- */

/* One JSON value and nothing else in n bytes; object: it must be an object. The first error in the order of the bytes.
 */
json_error json_check(const char *p, size_t n, bool object);

/* ---- json_scan.c: over valid JSON. On other bytes the results mean nothing, but no byte outside [p, end) is read ----
 */

const char *json_skip_space(const char *p, const char *end);
const char *json_skip_value(const char *p, const char *end); /* p at its first byte; returns the byte after it */
const char *json_skip_string(const char *p,
                             const char *end); /* p behind the opening quote; returns the byte after the closing one */

/* The members of an object, or the elements of an array (key NULL), in turn. */
typedef struct json_walk {
    const char *p, *end;
    char close;
} json_walk;
typedef struct json_member {
    const char *key; /* between the quotes, as it stands in the text */
    size_t key_n;
    bool escaped; /* the key has a backslash */
    const char *value, *value_end;
} json_member;
bool json_walk_begin(json_walk *w, const char *p, const char *end); /* false: neither object nor array */
bool json_walk_next(json_walk *w, json_member *m);                  /* false: no more */

/* The n bytes between two quotes, unescaped into out (room for n). Returns how many bytes were written. */
size_t json_unescape(const char *p, size_t n, char *out);
/* Is the key of m, unescaped, this name? */
bool json_key_is(const json_member *m, const char *name, size_t name_n);

/* A growing list of unescaped keys, to find two that are equal. */
typedef struct json_key {
    const char *p;
    size_t n;
} json_key;
typedef struct json_keys {
    json_key *v;
    size_t n, cap;
} json_keys;
bool json_keys_grow(json_keys *k); /* false: out of memory */
bool json_keys_repeat(json_keys *k);
void json_keys_free(json_keys *k);
static inline bool json_keys_add(json_keys *k, const char *p, size_t n)
{
    if (k->n == k->cap && !json_keys_grow(k))
        return false;
    k->v[k->n].p = p;
    k->v[k->n++].n = n;
    return true;
}

/* ---- json_convert.c ---- */

/* What a number literal says. Integers of 64 bits are exact, everything else is the nearest double, maybe an infinity.
 */
typedef enum { JSON_INT, JSON_UINT, JSON_REAL } json_number_kind;
typedef struct json_number {
    json_number_kind kind;
    int64_t i;
    uint64_t u;
    double d;
} json_number;
/* Stores x as an element of `type` at dst; false: it does not fit that type. Both paths decide here. */
bool json_number_put(const json_number *x, uint32_t type, void *dst);
size_t json_type_size(uint32_t type); /* of one element; 0: a type that JSON is not read into */

/* Fills the cell from a value's raw text. false: out of memory. */
bool json_convert_cell(const char *p, const char *end, uint32_t type, arena *mem, json_cell *out);

/* A wanted field. full and head: where its value, or the head of its path, stands in the record at hand; p NULL:
 * nowhere. */
typedef struct json_place {
    const char *p, *end;
} json_place;
typedef struct json_want {
    const char *name;
    size_t name_n, head_n; /* head_n: bytes before the first dot, or name_n */
    uint32_t type;
    bool raw; /* JSON or a list of it: comes from the raw bytes on both paths */
    json_place full, head;
} json_want;

/* Fills the cells of all wanted fields, or of the raw ones only, from a valid record, with the duplicate check where
 * all are wanted. scratch is for unescaped keys. */
json_error json_fill(json_want *want, size_t n_want, bool raw_only, const char *record, size_t n, arena *mem,
                     arena *scratch, json_keys *keys, json_cell *cells);

/* ---- json_simdjson.cpp ---- */

/* json_parse without simdjson: the slow path alone, for the tests that hold one against the other. */
json_error json_parse_strict(json_parser *p, const char *record, size_t n, arena *mem, json_cell *cells);
#endif
