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

static void column(sbuf *out, const yaml_node *name)
{
    if (name->kind != YAML_SCALAR)
        return;
    sbuf_puts(out, "      - ");
    sbuf_json(out, name->text, name->n);
    sbuf_putc(out, '\n');
}

static bool names_columns(const char *key)
{
    static const char *const keys[] = { "column", "score_column", "from", "of", "by" };
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* The columns that stages read by name: what `column`, `score_column`, `from`, `of` and `by` hold, at any depth. */
static void columns_of(sbuf *out, const yaml_node *node)
{
    for (size_t i = 0; node->kind == YAML_LIST && i < node->n; i++)
        columns_of(out, node->items[i]);
    for (size_t i = 0; node->kind == YAML_MAP && i < node->n; i++) {
        const yaml_node *value = node->pairs[i].value;
        if (!names_columns(node->pairs[i].key->text) || value->kind == YAML_MAP) {
            columns_of(out, value);
            continue;
        }
        column(out, value);
        for (size_t k = 0; value->kind == YAML_LIST && k < value->n; k++)
            column(out, value->items[k]);
    }
}

/* The engine refuses a column that the first records lack; here a record may stand alone in its batch, so all are
 * promised. Not where the case is about a mistake. */
static void own_source(sbuf *out, const test_case *t)
{
    sbuf_puts(out, "  - use: source.jsonl\n    path: in.jsonl\n");
    if (!t->error) {
        sbuf_puts(out, "    columns:\n      - _decoy\n");
        for (size_t i = 0; i < t->n_stages; i++)
            columns_of(out, t->stages[i]);
    }
    case_yaml_pairs(out, t->source, 4);
}

void case_pipeline(sbuf *out, const test_case *t, const variant *v)
{
    sbuf_printf(out, "name: case\nbatch_rows: %u\n", v->batch_rows);
    if (v->split_bytes)
        sbuf_printf(out, "split_bytes: %u\n", v->split_bytes);
    if (t->evidence)
        sbuf_puts(out, "on_reject: quarantine\n");
    case_yaml_pairs(out, t->head, 0);
    sbuf_puts(out, "stages:\n");
    if (!t->has_source)
        own_source(out, t);
    if (v->decoys)
        sbuf_puts(out, "  - use: filter.where\n    name: decoys\n    on_reject: drop\n"
                       "    all:\n      - column: _decoy\n        \"null\": yes\n");
    for (size_t i = 0; i < t->n_stages; i++)
        stage(out, t->stages[i]);
    if (!t->has_sink)
        sbuf_puts(out, "  - use: sink.jsonl\n    path: out.jsonl\n");
}
