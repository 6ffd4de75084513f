/* JSON records: simdjson behind C, and the way back to bytes. The one C++ file is io/json_simdjson.cpp; nothing is
 * thrown. */
#ifndef SLUICE_JSON_H
#define SLUICE_JSON_H
#include <stdbool.h>
#include "base/arena.h"
#include "base/str.h"
#include "sluice/plugin.h"

/* What to take out of a record. name is a top-level key or, where there is none of that name, a path of keys with dots
 * ("metadata.lang"). type: SL_T_BOOL I32 I64 U64 F32 F64 STR JSON, or SL_LIST_OF one of them. */
typedef struct json_field {
    const char *name;
    uint32_t type;
} json_field;

typedef enum { CELL_MISSING, CELL_NULL, CELL_OK, CELL_WRONG_TYPE } json_state;
typedef struct json_cell {
    json_state state;
    union {
        uint8_t b;
        int32_t i32;
        int64_t i64;
        uint64_t u64;
        float f32;
        double f64;
        sl_str str;
        sl_list list;
    } v;
} json_cell; /* STR: unescaped, 64 readable bytes behind it. JSON: the value's bytes as they stand in the record (a view
              * into it). The value null is CELL_NULL for every type; a path that leads nowhere is CELL_MISSING */

/* One a thread. fields are copied. NULL: out of memory. */
typedef struct json_parser json_parser;
json_parser *json_parser_new(const json_field *fields, size_t n);
void json_parser_free(json_parser *p);

/* Why a record is no document. JSON_OK is 0. */
typedef enum {
    JSON_OK,
    JSON_SYNTAX,
    JSON_NOT_OBJECT,
    JSON_UTF8,
    JSON_STRING /* bad escape, lone surrogate, control character, NUL */,
    JSON_NUMBER /* 01, 1., -, … */,
    JSON_DEPTH /* deeper than 1024; empty ones do not count */,
    JSON_DUPLICATE_KEY,
    JSON_TRAILING /* something behind the object */,
    JSON_NOMEM
} json_error;
const char *json_error_text(json_error e); /* "a string holds a bad escape or a lone surrogate" */

/* Parses record (n bytes, 64 readable behind them) whole and strictly, fills cells[i] for field i; strings and lists
 * land in mem. Numbers beyond 64 bits and beyond double are legal: a record with one takes a strict slow path; such a
 * number in a typed cell is CELL_WRONG_TYPE unless the type is JSON, or F64 and its nearest double is finite (1e400 is
 * not). Duplicate keys of the top level, and of objects that a path walks through, are refused. I64 accepts integers
 * only (also 1.0, 3e2, up to 2^53); F64 any number; STR strings only; a list only elements of its type, no nulls (but
 * JSON). n at most 4 GiB - 1, else JSON_NOMEM. */
json_error json_parse(json_parser *p, const char *record, size_t n, arena *mem, json_cell *cells);

/* ---- writing ---- */

/* An edit of a top-level key: value is JSON text; NULL removes it. Keys that the record does not have are added at its
 * end, in the order of edits (those with value NULL are not). Of several edits of one name the last counts. */
typedef struct json_edit {
    const char *name;
    size_t name_n;
    const char *value;
    size_t value_n;
} json_edit;

/* record (valid: it went through json_parse) with edits applied, appended to out; what is not edited stays byte for
 * byte, white space between members included where possible. keep: NULL, or the only top-level keys that may leave, new
 * ones too. */
void json_splice(const char *record, size_t n, const json_edit *edits, size_t n_edits, const char *const *keep,
                 size_t n_keep, sbuf *out);

/* A column's value at `row` as JSON text, appended: null where it is not valid, and for a
 * JSON column whose text is none. Texts that are no UTF-8 get U+FFFD; line breaks between JSON tokens become spaces. */
void json_column_value(const sl_column *col, uint32_t row, sbuf *out);

/* One JSON value and nothing else? */
bool json_valid(const char *p, size_t n);

/* Calls fn for each top-level key of a valid record, unescaped, until it answers false. false: out of memory. */
bool json_each_key(const char *record, size_t n, bool (*fn)(void *u, const char *key, size_t key_n), void *u);

/* A JSON value (valid text of a cell of type SL_T_JSON) as another type; the same rules as above. No text at all
 * is CELL_NULL. CELL_WRONG_TYPE also where memory ran out. */
json_state json_convert(const char *p, size_t n, uint32_t type, arena *mem, json_cell *out);
#endif
