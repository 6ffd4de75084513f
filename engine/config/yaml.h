/* YAML with a place for every node: libyaml's events made into a tree. Untrusted input: bounded in size, depth and
 * time. */
#ifndef SLUICE_YAML_H
#define SLUICE_YAML_H
#include "base/diag.h"

enum { YAML_MAX_BYTES = 4 << 20, YAML_MAX_DEPTH = 64, YAML_MAX_NODES = 200000 };

typedef enum { YAML_SCALAR = 1, YAML_LIST, YAML_MAP } yaml_kind;
typedef struct yaml_node yaml_node;
typedef struct yaml_pair {
    yaml_node *key, *value;
} yaml_pair; /* key is always a scalar */
struct yaml_node {
    yaml_kind kind;
    diag_at at;
    const char *text; /* scalar: NUL-terminated, holds no NUL of its own */
    size_t n;         /* bytes of a scalar, elements of a list, pairs of a map */
    bool plain;       /* scalar without quotes: may be a number, true, null */
    yaml_node **items;
    yaml_pair *pairs;
    bool reported; /* an error about this value is already known: say no more about it */
};

/* Parses source->text. Anchors, aliases, tags, several documents, duplicate keys, bytes that are no UTF-8, NUL and tabs
 * in indentation are refused with their place; a BOM and CRLF are fine, and so are tabs inside brackets. Every problem
 * found is in d. Those of single values leave a tree, with the value marked as reported and the first of two equal keys
 * in force; NULL: there is no tree. Nodes live in mem. An empty text gives an empty map. */
yaml_node *yaml_parse(arena *mem, diags *d, const diag_source *source);
yaml_node *yaml_get(const yaml_node *map, const char *key); /* NULL if absent, or if map is no map */
bool yaml_is_null(const yaml_node *node);                   /* plain empty, null, ~ */
#endif
