/* libyaml's events made into a tree. libyaml itself is quadratic in the depth of brackets and in directives; the first
 * ends at YAML_MAX_DEPTH because its scanner reads no more than 1024 characters ahead of its events, the second is
 * refused before. */
#include "config/yaml.h"
#include <stdlib.h>
#include <string.h>
#include "config/report.h"
#include "config/yaml_problem.h"

typedef struct open_node { /* a collection whose end has not come yet */
    yaml_node *node;
    size_t first; /* its first child in builder.child */
    bool flow;
} open_node;

typedef struct builder {
    arena *mem;
    diags *d;
    const diag_source *source;
    yaml_cursor at;
    open_node open[YAML_MAX_DEPTH];
    size_t depth;
    yaml_node **child; /* children of all open collections, the innermost last */
    size_t n, cap;
    size_t nodes;
    yaml_node *root;
    bool cut; /* the tree is not whole */
} builder;

static bool no_memory(builder *b)
{
    diag_nomem(b->d);
    return false;
}

/* Hangs a node under the innermost open collection. NULL: no more (said why). */
static yaml_node *add_node(builder *b, yaml_kind kind, diag_at at)
{
    if (++b->nodes > YAML_MAX_NODES) {
        diag_error(b->d, at, "more than %d values", YAML_MAX_NODES);
        return NULL;
    }
    if (b->n == b->cap) {
        const size_t cap = b->cap ? b->cap * 2 : 256;
        yaml_node **child = realloc(b->child, cap * sizeof *child);
        if (!child)
            return no_memory(b), NULL;
        b->child = child;
        b->cap = cap;
    }
    yaml_node *node = arena_zalloc(b->mem, sizeof *node, _Alignof(yaml_node));
    if (!node)
        return no_memory(b), NULL;
    node->kind = kind;
    node->at = at;
    b->child[b->n++] = node;
    if (!b->root)
        b->root = node;
    return node;
}

static diag_at event_at(builder *b, const yaml_event_t *e)
{
    const size_t begin = yaml_cursor_move(&b->at, e->start_mark.index);
    const size_t end = yaml_cursor_move(&b->at, e->end_mark.index);
    return yaml_at(&b->at, begin, end);
}

static bool on_alias(builder *b, const yaml_event_t *e)
{
    const diag_at at = event_at(b, e);
    yaml_refuse(b->d, &b->at, yaml_cursor_move(&b->at, e->start_mark.index));
    yaml_node *stand_in = add_node(b, YAML_SCALAR, at);
    if (stand_in) {
        stand_in->text = "";
        stand_in->reported = true;
    }
    return stand_in;
}

static bool on_scalar(builder *b, const yaml_event_t *e)
{
    const size_t n = e->data.scalar.length;
    const char *text = (const char *)e->data.scalar.value;
    const diag_at at = event_at(b, e);
    const bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    const size_t before = b->d->errors;
    if (e->data.scalar.anchor || e->data.scalar.tag || (plain && !e->data.scalar.plain_implicit))
        yaml_refuse(b->d, &b->at, yaml_cursor_move(&b->at, e->start_mark.index));
    if (n && memchr(text, 0, n))
        diag_error(b->d, at, "a NUL character in a value");
    yaml_node *node = add_node(b, YAML_SCALAR, at);
    if (!node)
        return false;
    node->plain = plain;
    node->reported = b->d->errors > before;
    node->n = n;
    node->text = arena_strndup(b->mem, text, n);
    return node->text || no_memory(b);
}

static bool on_open(builder *b, const yaml_event_t *e, yaml_kind kind)
{
    const bool list = kind == YAML_LIST;
    const diag_at at = event_at(b, e);
    if (list ? e->data.sequence_start.anchor || e->data.sequence_start.tag
             : e->data.mapping_start.anchor || e->data.mapping_start.tag)
        yaml_refuse(b->d, &b->at, yaml_cursor_move(&b->at, e->start_mark.index));
    if (b->depth == YAML_MAX_DEPTH) {
        diag_error(b->d, at, "nested more than %d deep", YAML_MAX_DEPTH);
        return false;
    }
    yaml_node *node = add_node(b, kind, at);
    if (!node)
        return false;
    b->open[b->depth++] = (open_node){
        .node = node,
        .first = b->n,
        .flow = list ? e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
                     : e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
    };
    return true;
}

static int by_key(const void *x, const void *y)
{
    const yaml_node *a = *(yaml_node *const *)x, *b = *(yaml_node *const *)y;
    const int order = strcmp(a->text, b->text);
    if (order)
        return order;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    return (a->at.col > b->at.col) - (a->at.col < b->at.col);
}

static bool refuse_duplicates(builder *b, const yaml_node *map)
{
    if (map->n < 2)
        return true;
    yaml_node **key = malloc(map->n * sizeof *key);
    if (!key)
        return no_memory(b);
    for (size_t i = 0; i < map->n; i++)
        key[i] = map->pairs[i].key;
    qsort(key, map->n, sizeof *key, by_key);
    for (size_t i = 1, first = 0; i < map->n; i++) {
        if (strcmp(key[first]->text, key[i]->text)) {
            first = i;
            continue;
        }
        diag_error(b->d, key[i]->at, "'%s' stands here twice; first in line %u", report_text(b->d, key[i]->text),
                   key[first]->at.line);
    }
    free(key);
    return true;
}

static bool close_map(builder *b, yaml_node *map, yaml_node **child, size_t n)
{
    map->pairs = arena_alloc(b->mem, n ? n / 2 * sizeof *map->pairs : 1, _Alignof(yaml_pair));
    if (!map->pairs)
        return no_memory(b);
    for (size_t i = 0; i < n; i += 2) {
        yaml_node *key = child[i], *value = child[i + 1];
        const bool merges = key->kind == YAML_SCALAR && !strcmp(key->text, "<<") && value->reported; /* <<: *x */
        if (key->kind == YAML_SCALAR && !merges)
            map->pairs[map->n++] = (yaml_pair){ .key = key, .value = value };
        else if (!merges)
            report_error(b->d, key->at, "a value that holds { } or [ ] wants quotes",
                         "a %s cannot be the name of an option", key->kind == YAML_LIST ? "list" : "map");
    }
    return refuse_duplicates(b, map);
}

static bool on_close(builder *b, const yaml_event_t *e)
{
    const open_node o = b->open[--b->depth];
    yaml_node **child = b->child + o.first;
    const size_t n = b->n - o.first;
    if (o.node->kind == YAML_MAP) {
        if (!close_map(b, o.node, child, n))
            return false;
    } else {
        o.node->n = n;
        o.node->items = arena_alloc(b->mem, n ? n * sizeof *child : 1, _Alignof(yaml_node *));
        if (!o.node->items)
            return no_memory(b);
        if (n)
            memcpy(o.node->items, child, n * sizeof *child);
    }
    b->n = o.first;

    /* What a caret marks: a flow collection whole, as far as its line goes; a block map by its first key. */
    if (o.flow) {
        const diag_at end = event_at(b, e);
        if (end.line == o.node->at.line)
            o.node->at.len = end.col + end.len - o.node->at.col;
    } else if (o.node->kind == YAML_MAP && o.node->n) {
        o.node->at = o.node->pairs[0].key->at;
    }
    return true;
}

/* After the document: nothing but comments and "...". */
static void refuse_rest(builder *b, const yaml_event_t *e)
{
    const char *text = b->source->text;
    const size_t n = b->source->n;
    size_t i = yaml_skip_blank(text, n, yaml_cursor_move(&b->at, e->end_mark.index));
    while (n - i >= 3 && !memcmp(text + i, "...", 3))
        i = yaml_skip_blank(text, n, i + 3);
    if (i < n)
        report_error(b->d, yaml_at(&b->at, i, i + 1), "one file, one pipeline", "a second document begins here");
}

/* false: stop. *done: the document is complete. */
static bool on_event(builder *b, const yaml_event_t *e, bool *done)
{
    switch (e->type) {
    case YAML_ALIAS_EVENT: return on_alias(b, e);
    case YAML_SCALAR_EVENT: return on_scalar(b, e);
    case YAML_SEQUENCE_START_EVENT: return on_open(b, e, YAML_LIST);
    case YAML_MAPPING_START_EVENT: return on_open(b, e, YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return on_close(b, e);
    case YAML_DOCUMENT_END_EVENT: refuse_rest(b, e); return *done = true;
    case YAML_STREAM_END_EVENT: return *done = true;
    default: return true;
    }
}

static void parse_events(builder *b, yaml_parser_t *parser)
{
    for (bool done = false, go_on = true; go_on && !done;) {
        yaml_event_t e;
        if (!yaml_parser_parse(parser, &e)) {
            yaml_problem(b->d, &b->at, parser);
            b->cut = true;
            return;
        }
        go_on = on_event(b, &e, &done);
        b->cut |= !go_on;
        yaml_event_delete(&e);
    }
}

yaml_node *yaml_parse(arena *mem, diags *d, const diag_source *source)
{
    if (!yaml_precheck(d, source))
        return NULL;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        diag_nomem(d);
        return NULL;
    }
    builder b = { .mem = mem, .d = d, .source = source };
    yaml_cursor_init(&b.at, source);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(source->n ? source->text + b.at.base : ""),
                                 source->n - b.at.base);
    parse_events(&b, &parser);
    yaml_parser_delete(&parser);
    free(b.child);
    if (b.cut || b.root)
        return b.cut ? NULL : b.root;
    yaml_node *empty = arena_zalloc(mem, sizeof *empty, _Alignof(yaml_node));
    if (!empty)
        return no_memory(&b), NULL;
    empty->kind = YAML_MAP;
    empty->at = (diag_at){ .source = source };
    return empty;
}

yaml_node *yaml_get(const yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (!strcmp(map->pairs[i].key->text, key))
            return map->pairs[i].value;
    return NULL;
}

bool yaml_is_null(const yaml_node *node)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
    if (!node || node->kind != YAML_SCALAR || !node->plain)
        return false;
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++)
        if (!strcmp(node->text, nulls[i]))
            return true;
    return false;
}
