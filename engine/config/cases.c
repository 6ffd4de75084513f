/* What a case says, as far as it can be understood without plugins. */
#include "config/cases.h"
#include <string.h>
#include "config/report.h"
#include "config/yaml_json.h"
#include "sluice/util.h"

static const sl_option rows[] = {
    SL_OPT(pipeline_case, name, STR, NULL, "what the case shows"),
    SL_OPT(pipeline_case, at, STR, NULL, "the stage that is tested, by name or use; default: all below the source"),
    SL_OPT(pipeline_case, from, STR, NULL, "the first stage of a range, or the source above it"),
    SL_OPT(pipeline_case, to, STR, NULL, "the last stage of a range, or the sink below it"),
    SL_OPT(pipeline_case, unordered, BOOL, "false", "documents may come out in any order"),
    { .name = NULL },
};

option_table pipeline_case_table(void) { return (option_table){ rows, sizeof *rows }; }

static const char *const other_keys[] = { "options", "in", "out", "rejects", "ports", NULL };

/* What all values of a case have in common. */
typedef struct reader {
    pipeline *p;
    diags *d;
} reader;

static bool no_memory(const reader *r)
{
    diag_nomem(r->d);
    return false;
}

/* ---- documents ---- */

static bool read_doc(const reader *r, const yaml_node *node, pipeline_doc *out)
{
    if (node->reported)
        return false;
    if (node->kind != YAML_MAP) {
        report_error(r->d, node->at, "{ text: … }", "a document is a map of its fields, and this is %s",
                     node->kind == YAML_LIST ? "a list" : "one value");
        return false;
    }
    sbuf json = { 0 };
    const bool ok = yaml_to_json(r->d, node, &json);
    const char *text = ok && !json.failed ? arena_strndup(&r->p->mem, sbuf_z(&json), json.n) : NULL;
    *out = (pipeline_doc){ .json = text, .n = json.n, .at = node->at };
    sbuf_free(&json);
    return ok && (text || no_memory(r));
}

static bool read_docs(const reader *r, const char *name, const yaml_node *node, pipeline_docs *out)
{
    if (node->reported)
        return false;
    if (node->kind != YAML_LIST) {
        report_error(r->d, node->at, "[ { text: … }, … ]", "%s wants a list of documents, and this is %s", name,
                     node->kind == YAML_MAP ? "a map" : "one value");
        return false;
    }
    out->v = arena_zalloc(&r->p->mem, (node->n + 1) * sizeof *out->v, _Alignof(pipeline_doc));
    if (!out->v)
        return no_memory(r);
    bool ok = true;
    for (size_t i = 0; i < node->n; i++)
        ok &= read_doc(r, node->items[i], &out->v[i]);
    out->n = node->n;
    return ok;
}

/* ---- counts ---- */

static bool read_count(const reader *r, const char *name, const yaml_node *node, uint64_t *out)
{
    const sl_option row = { .name = name, .type = SL_OPT_I64, .min = 0, .max = -1 };
    int64_t n = 0;
    if (node->reported)
        return false;
    if (node->kind != YAML_SCALAR || yaml_is_null(node)) {
        report_error(r->d, node->at, "such as 0 or 3", "%s wants a number of documents", report_text(r->d, name));
        return false;
    }
    if (!option_value(r->d, &r->p->mem, &row, node->at, node->text, &n))
        return false;
    *out = (uint64_t)n;
    return true;
}

static bool read_out(const reader *r, const yaml_node *node, pipeline_case *c)
{
    if (node->kind == YAML_SCALAR) {
        c->out_kind = CASE_OUT_COUNT;
        return read_count(r, "out", node, &c->out_count);
    }
    c->out_kind = CASE_OUT_DOCS;
    return read_docs(r, "out", node, &c->out);
}

static bool is_map(const reader *r, const char *name, const char *hint, const yaml_node *node)
{
    if (node->reported)
        return false;
    if (node->kind == YAML_MAP)
        return true;
    report_error(r->d, node->at, hint, "%s wants a map, and this is %s", name,
                 node->kind == YAML_LIST ? "a list" : "one value");
    return false;
}

static bool read_rejects(const reader *r, const yaml_node *node, pipeline_case *c)
{
    if (!is_map(r, "rejects", "{ too_short: 1 }", node))
        return false;
    c->has_rejects = true;
    c->rejects = arena_zalloc(&r->p->mem, (node->n + 1) * sizeof *c->rejects, _Alignof(pipeline_tally));
    if (!c->rejects)
        return no_memory(r);
    bool ok = true;
    for (size_t i = 0; i < node->n; i++) {
        const yaml_pair *pair = &node->pairs[i];
        c->rejects[i] = (pipeline_tally){ .reason = pair->key->text, .at = pair->key->at };
        ok &= read_count(r, pair->key->text, pair->value, &c->rejects[i].n);
    }
    c->n_rejects = node->n;
    return ok;
}

/* ---- options and ports ---- */

static bool read_options(const reader *r, const yaml_node *node, pipeline_case *c)
{
    static const char *const fixed[] = { "use", "from", "name", "include" };
    if (!is_map(r, "options", "{ min: 10 }", node))
        return false;
    bool ok = true;
    for (size_t i = 0; i < node->n; i++)
        for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
            if (!strcmp(node->pairs[i].key->text, fixed[k])) {
                diag_error(r->d, node->pairs[i].key->at, "a test cannot change '%s' of a stage", fixed[k]);
                ok = false;
            }
    c->options = node;
    return ok;
}

static bool read_ports(const reader *r, const yaml_node *node, pipeline_case *c)
{
    if (!is_map(r, "ports", "{ index: [ { text: … } ] }", node))
        return false;
    c->ports = arena_zalloc(&r->p->mem, (node->n + 1) * sizeof *c->ports, _Alignof(pipeline_port_docs));
    if (!c->ports)
        return no_memory(r);
    bool ok = true;
    for (size_t i = 0; i < node->n; i++) {
        c->ports[i] = (pipeline_port_docs){ .name = node->pairs[i].key->text, .at = node->pairs[i].key->at };
        ok &= read_docs(r, report_text(r->d, c->ports[i].name), node->pairs[i].value, &c->ports[i].docs);
    }
    c->n_ports = node->n;
    return ok;
}

/* ---- a case ---- */

static diag_at place_of(const yaml_node *map, const char *key)
{
    const yaml_node *value = yaml_get(map, key);
    return value ? value->at : map->at;
}

/* Rules between the keys; `node` is the case's map. */
static bool check_case(const reader *r, const yaml_node *node, const pipeline_case *c)
{
    const size_t before = r->d->errors;
    const yaml_node *options = yaml_get(node, "options"), *out = yaml_get(node, "out");
    if (c->at && (c->from || c->to))
        report_error(r->d, c->from ? c->from_place : c->to_place, "from: and to: name a range; at: one stage",
                     "'at' names the whole range already");
    if (options && !c->at)
        report_error(r->d, options->at, "at: filter.length", "'options' are those of one stage: say which with 'at'");
    if (!yaml_get(node, "in"))
        report_error(r->d, c->place, "in: [ { text: … } ]", "a test needs 'in', the documents that it puts in");
    if (!out && !yaml_get(node, "rejects"))
        report_error(r->d, c->place, "out: [ … ], a number of documents, or rejects: { … }",
                     "a test without 'out' and 'rejects' expects nothing");
    if (c->unordered && (!out || out->kind != YAML_LIST))
        diag_error(r->d, place_of(node, "unordered"), "'unordered' is about a list of documents in 'out'");
    return r->d->errors == before;
}

static bool read_case(const reader *r, const yaml_node *node, pipeline_case *c)
{
    const option_scope scope = { .owner = "a test", .other_names = other_keys };
    const yaml_node *in, *out, *rejects, *options, *ports;
    *c = (pipeline_case){ .place = node->at };
    if (node->reported)
        return false;
    if (node->kind != YAML_MAP) {
        report_error(r->d, node->at, "- { at: filter.length, in: [ … ], out: [ … ] }",
                     "a test is a map, and this is %s", node->kind == YAML_LIST ? "a list" : "one value");
        return false;
    }
    bool ok = option_read(r->d, &r->p->mem, pipeline_case_table(), scope, node, c);
    c->at_place = place_of(node, "at");
    c->from_place = place_of(node, "from");
    c->to_place = place_of(node, "to");
    if ((options = yaml_get(node, "options")))
        ok &= read_options(r, options, c);
    if ((in = yaml_get(node, "in")))
        ok &= read_docs(r, "in", in, &c->in);
    if ((out = yaml_get(node, "out")))
        ok &= read_out(r, out, c);
    if ((rejects = yaml_get(node, "rejects")))
        ok &= read_rejects(r, rejects, c);
    if ((ports = yaml_get(node, "ports")))
        ok &= read_ports(r, ports, c);
    return check_case(r, node, c) && ok;
}

bool cases_read(pipeline *p, diags *d, const yaml_node *list)
{
    const reader r = { .p = p, .d = d };
    if (list->reported)
        return false;
    if (yaml_is_null(list))
        return true;
    if (list->kind != YAML_LIST) {
        report_error(d, list->at, "tests: [ { at: filter.length, in: [ … ], out: [ … ] }, … ]",
                     "tests wants a list of cases");
        return false;
    }
    if (list->n > CASES_MAX) {
        diag_error(d, list->at, "more than %d tests", CASES_MAX);
        return false;
    }
    p->cases = arena_zalloc(&p->mem, (list->n + 1) * sizeof *p->cases, _Alignof(pipeline_case));
    if (!p->cases)
        return no_memory(&r);
    bool ok = true;
    for (size_t i = 0; i < list->n; i++) {
        const bool good = read_case(&r, list->items[i], &p->cases[p->n_cases]);
        p->n_cases += good;
        ok &= good;
    }
    return ok;
}
