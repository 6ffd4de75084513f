/* Where in the pipeline file a mistake of a stage stands. */
#include <string.h>
#include "plan/plan.h"

enum { MAX_FILES = 64 };

static const yaml_node *find_text(const yaml_node *n, const char *text)
{
    const yaml_node *found = NULL;
    if (n->kind == YAML_SCALAR)
        return strcmp(n->text, text) ? NULL : n;
    for (size_t i = 0; !found && i < n->n; i++)
        found = find_text(n->kind == YAML_MAP ? n->pairs[i].value : n->items[i], text);
    return found;
}

diag_at plan_value_at(const plan_stage *s, const char *value)
{
    const yaml_node *n = find_text(s->in_file->node, value);
    return n ? n->at : s->in_file->at;
}

/* The longest name of a file or model among the stage's options that stands in the message. */
static const char *named_file(const plan_stage *s, const char *message)
{
    const char *best = NULL, *v[MAX_FILES];
    sl_option row;
    for (size_t i = 0; s->cfg && option_row(s->def->options, i, &row); i++) {
        const uint32_t type = row.type & ~(uint32_t)SL_OPT_MANY;
        const bool names = type == SL_OPT_PATH || type == SL_OPT_MODEL;
        const int n = names ? option_strings(s->def->options, s->cfg, row.name, v, MAX_FILES) : 0;
        for (int k = 0; k < n && k < MAX_FILES; k++)
            if (strstr(message, v[k]) && (!best || strlen(v[k]) > strlen(best)))
                best = v[k];
    }
    return best;
}

diag_at plan_message_at(const plan_stage *s, const char *message, const char *fallback)
{
    const yaml_node *node = s->in_file->node;
    const size_t n = strspn(message, "abcdefghijklmnopqrstuvwxyz0123456789_");
    for (size_t i = 0; n && i < node->n; i++)
        if (node->pairs[i].key->n == n && !memcmp(node->pairs[i].key->text, message, n))
            return node->pairs[i].value->at;
    const char *file = named_file(s, message);
    if (file)
        return plan_value_at(s, file);
    const yaml_node *value = fallback ? yaml_get(node, fallback) : NULL;
    return value ? value->at : s->in_file->at;
}
