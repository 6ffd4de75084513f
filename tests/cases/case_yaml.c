/* The pipeline file of a case: nodes of the case file, written as YAML again. */
#include <string.h>
#include "case.h"

/* Plain scalars stay plain, for a quoted one may mean something else; all others become JSON strings, which YAML reads.
 */
static void scalar(sbuf *out, const yaml_node *node)
{
    if (node->plain && !strpbrk(node->text, "\r\n"))
        sbuf_add(out, node->text, node->n);
    else
        sbuf_json(out, node->text, node->n);
}

static void blanks(sbuf *out, unsigned n) { sbuf_printf(out, "%*s", (int)n, ""); }

static void value(sbuf *out, const yaml_node *node, unsigned indent);

static void items(sbuf *out, const yaml_node *list, unsigned indent)
{
    for (size_t i = 0; i < list->n; i++) {
        blanks(out, indent);
        sbuf_putc(out, '-');
        value(out, list->items[i], indent + 2);
    }
}

/* What stands behind "key:" or "-". */
static void value(sbuf *out, const yaml_node *node, unsigned indent)
{
    if (node->kind != YAML_SCALAR && node->n == 0) {
        sbuf_puts(out, node->kind == YAML_LIST ? " []\n" : " {}\n");
        return;
    }
    if (node->kind == YAML_SCALAR) {
        sbuf_putc(out, ' ');
        scalar(out, node);
    }
    sbuf_putc(out, '\n');
    if (node->kind == YAML_LIST)
        items(out, node, indent);
    if (node->kind == YAML_MAP)
        case_yaml_pairs(out, node, indent);
}

void case_yaml_pairs(sbuf *out, const yaml_node *map, unsigned indent)
{
    for (size_t i = 0; map && i < map->n; i++) {
        blanks(out, indent);
        scalar(out, map->pairs[i].key);
        sbuf_putc(out, ':');
        value(out, map->pairs[i].value, indent + 2);
    }
}

static void stage(sbuf *out, const yaml_node *map)
{
    sbuf_puts(out, "  -\n");
    case_yaml_pairs(out, map, 4);
}

/* A stage of the harness; a `path` among the options of the case stands for its own. */
static void own_stage(sbuf *out, const char *use, const char *path, const yaml_node *options)
{
    sbuf_printf(out, "  - use: %s\n", use);
    if (!yaml_get(options, "path"))
        sbuf_printf(out, "    path: %s\n", path);
    case_yaml_pairs(out, options, 4);
}

void case_pipeline(sbuf *out, const test_case *t, const variant *v)
{
    sbuf_printf(out, "name: case\nbatch_rows: %u\n", v->batch_rows);
    if (v->split_bytes)
        sbuf_printf(out, "split_bytes: %u\n", v->split_bytes);
    case_yaml_pairs(out, t->head, 0);
    sbuf_puts(out, "stages:\n");
    if (!t->has_source)
        own_stage(out, "source.jsonl", "in.jsonl", t->source);
    if (v->decoys)
        sbuf_puts(out,
                  "  - use: filter.where\n    name: decoys\n    all:\n      - column: _decoy\n        \"null\": yes\n");
    for (size_t i = 0; i < t->n_stages; i++)
        stage(out, t->stages[i]);
    if (!t->has_sink)
        own_stage(out, "sink.jsonl", "out.jsonl", t->sink);
}
