/* An option table as JSON Schema. A value may always be a text with a variable in it, and a number may be written with
 * a unit: so most types are a number or a text of a certain pattern. */
#include <math.h>
#include <string.h>
#include "config/report.h"
#include "config/value.h"

enum { MAX_NESTING = 8 };

#define NUMBER   "-?[0-9][0-9_]*(\\.[0-9][0-9_]*)?([eE][-+]?[0-9]+)?"
#define VARIABLE "|.*\\$\\{.*"

static const char *pattern_of(uint32_t type)
{
    switch (type) {
    case SL_OPT_BOOL: return "^([Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff|TRUE|FALSE|YES|NO|ON|OFF" VARIABLE ")$";
    case SL_OPT_I64: return "^(" NUMBER " *[kKMBT]?" VARIABLE ")$";
    case SL_OPT_F64: return "^(-?\\.?[Ii][Nn][Ff]|" NUMBER " *%?" VARIABLE ")$";
    case SL_OPT_SIZE: return "^(" NUMBER " *(B|bytes?|[kKMGTP]|[KMGTP]iB|[kKMGTP]B)?" VARIABLE ")$";
    case SL_OPT_DURATION: return "^(" NUMBER " *(ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)?" VARIABLE ")$";
    case SL_OPT_AMOUNT:
        return "^(all|" NUMBER
               " *(%|[KMGTP]iB|[kKMGTP]B|bytes?|[kKMBT]? *(docs?|documents?|rows?|records?|tokens?)?)" VARIABLE ")$";
    default: return NULL;
    }
}

static bool is_json_number(const char *text)
{
    int64_t i;
    double f;
    const size_t n = strlen(text), minus = text[0] == '-';
    if (n > minus + 1 && text[minus] == '0' && text[minus + 1] != '.')
        return false;
    if (n == minus || text[minus] < '0' || text[minus] > '9' || text[n - 1] == '.' || strstr(text, ".e") ||
        strstr(text, ".E"))
        return false;
    return str_to_i64(text, n, &i) || str_to_f64(text, n, &f);
}

/* A scalar as the JSON value that stands for it. */
static void scalar_json(const sl_option *row, const char *text, sbuf *out)
{
    const uint32_t type = option_base(row);
    uint8_t b;
    if (type == SL_OPT_BOOL && value_bool(text, &b) == VALUE_OK)
        sbuf_puts(out, b ? "true" : "false");
    else if (type >= SL_OPT_I64 && type <= SL_OPT_AMOUNT && is_json_number(text))
        sbuf_puts(out, text);
    else
        sbuf_json_z(out, text);
}

static void node_json(const sl_option *row, const yaml_node *node, sbuf *out)
{
    if (node->kind == YAML_SCALAR) {
        scalar_json(row, node->text, out);
        return;
    }
    sbuf_putc(out, node->kind == YAML_LIST ? '[' : '{');
    for (size_t i = 0; i < node->n; i++) {
        if (i)
            sbuf_putc(out, ',');
        if (node->kind == YAML_MAP) {
            sbuf_json_z(out, node->pairs[i].key->text);
            sbuf_putc(out, ':');
        }
        node_json(row, node->kind == YAML_LIST ? node->items[i] : node->pairs[i].value, out);
    }
    sbuf_putc(out, node->kind == YAML_LIST ? ']' : '}');
}

static void default_json(const sl_option *row, sbuf *out)
{
    sbuf_puts(out, ",\"default\":");
    if (!(row->type & SL_OPT_MANY)) {
        scalar_json(row, row->def, out);
        return;
    }
    arena mem;
    diags unused;
    arena_init(&mem, 0);
    diags_init(&unused);
    const diag_source source = { .name = row->name, .text = row->def, .n = strlen(row->def) };
    const yaml_node *node = yaml_parse(&mem, &unused, &source);
    if (node && !unused.errors)
        node_json(row, node, out);
    else
        sbuf_json_z(out, row->def);
    diags_free(&unused);
    arena_free(&mem);
}

static void bounds_json(const sl_option *row, sbuf *out)
{
    if (!option_bounded(row))
        return;
    if (isfinite(row->min)) {
        sbuf_puts(out, ",\"minimum\":");
        sbuf_json_double(out, row->min);
    }
    if (isfinite(row->max) && row->max >= row->min) {
        sbuf_puts(out, ",\"maximum\":");
        sbuf_json_double(out, row->max);
    }
}

static void choices_json(const sl_option *row, sbuf *out)
{
    sbuf_puts(out, "\"anyOf\":[{\"enum\":[");
    for (size_t i = 0; row->choices && row->choices[i]; i++) {
        if (i)
            sbuf_putc(out, ',');
        sbuf_json_z(out, row->choices[i]);
        uint8_t b;
        if (is_json_number(row->choices[i])) /* `width: 2`: a number to YAML */
            sbuf_printf(out, ",%s", row->choices[i]);
        else if (value_bool(row->choices[i], &b) == VALUE_OK)
            sbuf_puts(out, b ? ",true" : ",false");
    }
    sbuf_puts(out, "]},{\"type\":\"string\",\"pattern\":\"\\\\$\\\\{\"}]");
}

static void table_members(option_table t, sbuf *properties, sbuf *required, int depth);

/* The schema of one value, without the braces. */
static void value_members(option_table t, const sl_option *row, sbuf *out, int depth)
{
    const uint32_t type = option_base(row);
    switch (type) {
    case SL_OPT_TABLE: {
        sbuf_puts(out, "\"type\":\"object\"");
        if (depth == MAX_NESTING || row->table == t.rows) /* a table in itself: as deep as the user likes */
            return;
        sbuf properties = { 0 }, required = { 0 };
        table_members((option_table){ row->table, t.stride }, &properties, &required, depth + 1);
        sbuf_printf(out, ",\"properties\":{%s},\"required\":%s,\"additionalProperties\":false", sbuf_z(&properties),
                    sbuf_z(&required));
        out->failed |= properties.failed || required.failed;
        sbuf_free(&properties);
        sbuf_free(&required);
        return;
    }
    case SL_OPT_ENUM: choices_json(row, out); return;
    case SL_OPT_BOOL:
    case SL_OPT_I64:
    case SL_OPT_F64:
    case SL_OPT_SIZE:
    case SL_OPT_DURATION:
    case SL_OPT_AMOUNT:
        sbuf_printf(out, "\"type\":[\"%s\",\"string\"],\"pattern\":",
                    type == SL_OPT_BOOL                         ? "boolean"
                    : type == SL_OPT_I64 || type == SL_OPT_SIZE ? "integer"
                                                                : "number");
        sbuf_json_z(out, pattern_of(type));
        bounds_json(row, out);
        return;
    default: /* a text that looks like a number or a truth value is a text here */
        sbuf_puts(out, "\"type\":[\"string\",\"number\",\"boolean\"],\"minLength\":1");
        return;
    }
}

static void describe(const sl_option *row, sbuf *out)
{
    sbuf text = { 0 }, range = { 0 };
    sbuf_puts(&text, row->help ? row->help : "");
    option_range(row, &range);
    if (range.n)
        sbuf_printf(&text, "%s(%s)", text.n ? " " : "", sbuf_z(&range));
    else if (row->unit)
        sbuf_printf(&text, "%s(%s)", text.n ? " " : "", row->unit);
    sbuf_puts(out, "\"description\":");
    sbuf_json(out, sbuf_z(&text), text.n);
    if (row->deprecated)
        sbuf_puts(out, ",\"deprecated\":true");
    sbuf_free(&text);
    sbuf_free(&range);
}

static void table_members(option_table t, sbuf *properties, sbuf *required, int depth)
{
    sl_option row;
    bool first = true, first_required = true;
    sbuf_putc(required, '[');
    for (size_t i = 0; option_row(t, i, &row); i++) {
        if (row.flags & SL_OPT_HIDDEN)
            continue;
        sbuf one = { 0 };
        value_members(t, &row, &one, depth);
        sbuf_puts(properties, first ? "" : ",");
        sbuf_json_z(properties, row.name);
        sbuf_puts(properties, ":{");
        describe(&row, properties);
        if (row.def)
            default_json(&row, properties);
        if (row.type & SL_OPT_MANY) {
            sbuf_printf(properties, ",\"anyOf\":[{%s},{\"type\":\"array\",%s\"items\":{%s}}]}", sbuf_z(&one),
                        row.flags & SL_OPT_REQUIRED ? "\"minItems\":1," : "", sbuf_z(&one));
        } else {
            sbuf_printf(properties, ",%s}", sbuf_z(&one));
        }
        first = false;
        if (row.flags & SL_OPT_REQUIRED) {
            sbuf_puts(required, first_required ? "" : ",");
            sbuf_json_z(required, row.name);
            first_required = false;
        }
        properties->failed |= one.failed;
        sbuf_free(&one);
    }
    sbuf_putc(required, ']');
}

void option_schema(option_table t, sbuf *properties, sbuf *required) { table_members(t, properties, required, 0); }
