/* A JSON text as a tree in an arena: for run.json and for documents that are compared, not for records on their way. */
#ifndef SLUICE_JSON_TREE_H
#define SLUICE_JSON_TREE_H
#include "io/json.h"

typedef enum { TREE_NULL = 1, TREE_BOOL, TREE_NUMBER, TREE_TEXT, TREE_LIST, TREE_MAP } tree_kind;

typedef struct json_tree json_tree;
struct json_tree {
    tree_kind kind;
    bool truth;       /* of a BOOL */
    const char *text; /* TEXT: unescaped; NUMBER: as written. A NUL stands behind it, a text may hold others */
    size_t n;         /* bytes of text, elements of a list, members of a map */
    json_tree *items; /* elements, or the values of members, in the order of the text */
    const char *key;  /* of a member, unescaped, a NUL behind it; NULL elsewhere */
    size_t key_n;
    const char *raw; /* the value's bytes in the text that was parsed */
    size_t raw_n;
};

/* One JSON value and nothing else, checked to the letter; a key that stands twice in one object, however deep, is
 * JSON_DUPLICATE_KEY. The tree lives in mem, `raw` as long as p. */
json_error json_tree_parse(arena *mem, const char *p, size_t n, json_tree *out);

const json_tree *json_tree_get(const json_tree *map, const char *key); /* NULL: absent, or map is NULL or no map */
/* The same value? Order of members does not matter, order of elements does; numbers go by value: 1, 1.0 and 1e0. */
bool json_tree_equal(const json_tree *a, const json_tree *b);
/* A whole number that fits, however it is written. false: something else, or NULL. */
bool json_tree_u64(const json_tree *v, uint64_t *out);
bool json_tree_f64(const json_tree *v, double *out);
#endif
