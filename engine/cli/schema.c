#include "cli/schema.h"
#include <string.h>
#include "config/pipeline.h"

#define DRAFT "https://json-schema.org/draft/2020-12/schema"

/* ---- layout ---- */

/* Is the list that begins at p short and without objects or lists? Then where it ends. */
static const char *short_list(const char *p)
{
    bool quoted = false;
    for (const char *at = p + 1; at - p < 80 && *at; at++) {
        if (quoted && *at == '\\' && at[1])
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && (*at == '{' || *at == '['))
            return NULL;
        else if (!quoted && *at == ']')
            return at;
    }
    return NULL;
}

static void new_line(sbuf *out, unsigned depth)
{
    sbuf_putc(out, '\n');
    for (unsigned i = 0; i < depth; i++)
        sbuf_puts(out, "  ");
}

/* JSON text again, indented by two blanks a level; short lists of scalars stay on one line. */
static void schema_indent(const char *json, sbuf *out)
{
    unsigned depth = 0;
    bool quoted = false;
    for (const char *p = json; *p; p++) {
        const char *end;
        if (quoted || *p == '"') {
            sbuf_putc(out, *p);
            if (*p == '\\' && p[1])
                sbuf_putc(out, *++p);
            else if (*p == '"')
                quoted = !quoted;
        } else if (*p == '[' && (end = short_list(p))) {
            for (; p < end; p++) {
                sbuf_putc(out, *p);
                if (*p == ',' && p[1] != ' ')
                    sbuf_putc(out, ' ');
            }
            sbuf_putc(out, ']');
        } else if (*p == '{' && p[1] == '}') {
            sbuf_puts(out, "{}");
            p++;
        } else if (*p == '{' || *p == '[') {
            sbuf_putc(out, *p);
            new_line(out, ++depth);
        } else if (*p == '}' || *p == ']') {
            new_line(out, --depth);
            sbuf_putc(out, *p);
        } else if (*p == ',') {
            sbuf_putc(out, ',');
            new_line(out, depth);
        } else if (*p == ':') {
            sbuf_puts(out, ": ");
        } else if (*p != ' ' && *p != '\n') {
            sbuf_putc(out, *p);
        }
    }
    sbuf_putc(out, '\n');
}

/* ---- a stage ---- */

static bool has_own_as(const stage_def *s)
{
    sl_option row;
    for (size_t i = 0; option_row(s->options, i, &row); i++)
        if (!strcmp(row.name, "as"))
            return true;
    return false;
}

/* The engine's keys, `use` excepted. The table is read row by row so that a stage's own `as` wins over ours. */
static void common_members(const stage_def *s, sbuf *out)
{
    const option_table t = stage_common_table();
    sl_option row;
    for (size_t i = 0; option_row(t, i, &row); i++) {
        sl_option one[2] = { row, { 0 } };
        sbuf members = { 0 }, required = { 0 };
        if (!strcmp(row.name, "use") || (!strcmp(row.name, "as") && has_own_as(s)))
            continue;
        option_schema((option_table){ one, sizeof one[0] }, &members, &required);
        sbuf_printf(out, ",%s", sbuf_z(&members));
        out->failed |= members.failed;
        sbuf_free(&members);
        sbuf_free(&required);
    }
}

static void ports(const stage_def *s, sbuf *out)
{
    sl_port port;
    for (size_t i = 0; stage_port(s, i, &port); i++) {
        sbuf_putc(out, ',');
        sbuf_json_z(out, port.name);
        sbuf_puts(out, ":{\"description\":");
        sbuf_json_z(out, port.help ? port.help : "");
        sbuf_puts(out, ",\"type\":[\"object\",\"array\",\"string\"]}");
    }
}

/* ["use"] and the required names of the option table, which come as a JSON list. */
static void required_names(const stage_def *s, const char *own, sbuf *out)
{
    sl_port port;
    sbuf_puts(out, "[\"use\"");
    if (strcmp(own, "[]")) {
        sbuf_putc(out, ',');
        sbuf_add(out, own + 1, strlen(own) - 2);
    }
    for (size_t i = 0; stage_port(s, i, &port); i++)
        if (port.flags & SL_PORT_REQUIRED) {
            sbuf_putc(out, ',');
            sbuf_json_z(out, port.name);
        }
    sbuf_putc(out, ']');
}

static void stage_members(const stage_def *s, sbuf *out)
{
    sbuf own = { 0 }, required = { 0 };
    option_schema(s->options, &own, &required);
    sbuf_puts(out, "\"description\":");
    sbuf_json_z(out, s->s.summary);
    sbuf_puts(out, ",\"type\":\"object\",\"properties\":{\"use\":{\"const\":");
    sbuf_json_z(out, s->s.name);
    sbuf_putc(out, '}');
    if (own.n)
        sbuf_printf(out, ",%s", sbuf_z(&own));
    ports(s, out);
    common_members(s, out);
    sbuf_puts(out, "},\"required\":");
    required_names(s, sbuf_z(&required), out);
    sbuf_puts(out, ",\"additionalProperties\":false");
    out->failed |= own.failed || required.failed;
    sbuf_free(&own);
    sbuf_free(&required);
}

void schema_stage(const stage_def *s, sbuf *out)
{
    sbuf flat = { 0 };
    sbuf_puts(&flat, "{\"$schema\":\"" DRAFT "\",\"title\":");
    sbuf_json_z(&flat, s->s.name);
    sbuf_putc(&flat, ',');
    stage_members(s, &flat);
    sbuf_putc(&flat, '}');
    schema_indent(sbuf_z(&flat), out);
    out->failed |= flat.failed;
    sbuf_free(&flat);
}

/* ---- a pipeline ---- */

static void uses(const stage_def *const *v, size_t n, sbuf *out)
{
    sbuf_puts(out, "\"use\":{\"description\":\"the stage\",\"anyOf\":[");
    for (size_t i = 0; i < n; i++) {
        sbuf_puts(out, "{\"const\":");
        sbuf_json_z(out, v[i]->s.name);
        sbuf_puts(out, ",\"description\":");
        sbuf_json_z(out, v[i]->s.summary);
        sbuf_puts(out, "},");
    }
    sbuf_puts(out, "{\"type\":\"string\",\"description\":\"a stage of another plugin\"}]}");
}

/* A case: its values from their table, the rest by hand. */
static void test_case(sbuf *out)
{
    sbuf members = { 0 }, required = { 0 };
    option_schema(pipeline_case_table(), &members, &required);
    sbuf_puts(out, ",\"documents\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"
                   "\"count\":{\"type\":[\"integer\",\"string\"],\"minimum\":0,\"pattern\":\"[$][{]\"},"
                   "\"test\":{\"type\":\"object\",\"properties\":{");
    sbuf_puts(out, sbuf_z(&members));
    sbuf_puts(out, ",\"options\":{\"description\":\"options of the stage for this test\",\"type\":\"object\"},"
                   "\"in\":{\"description\":\"the documents that come in\",\"$ref\":\"#/$defs/documents\"},"
                   "\"out\":{\"description\":\"the documents that must come out, or how many\",\"anyOf\":["
                   "{\"$ref\":\"#/$defs/documents\"},{\"$ref\":\"#/$defs/count\"}]},"
                   "\"rejects\":{\"description\":\"how many documents must be dropped for which reason; for any other: "
                   "none\",\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#/$defs/count\"}},"
                   "\"ports\":{\"description\":\"documents for ports of the stage, instead of what the file "
                   "says\",\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#/$defs/documents\"}}},"
                   "\"required\":[\"in\"],\"anyOf\":[{\"required\":[\"out\"]},{\"required\":[\"rejects\"]}],"
                   "\"additionalProperties\":false}");
    out->failed |= members.failed;
    sbuf_free(&members);
    sbuf_free(&required);
}

/* A step is a stage, whose `use` says which, or an include. */
static void steps(const stage_def *const *v, size_t n, sbuf *out)
{
    sbuf_puts(out, "\"$defs\":{\"step\":{\"type\":\"object\",\"properties\":{");
    uses(v, n, out);
    sbuf_puts(out, ",\"include\":{\"description\":\"a file with a list of stages, relative to this "
                   "one\",\"type\":\"string\",\"minLength\":1}},"
                   "\"oneOf\":[{\"required\":[\"use\"]},{\"required\":[\"include\"]}],\"allOf\":["
                   "{\"if\":{\"required\":[\"include\"]},\"then\":{\"properties\":{\"include\":true},"
                   "\"additionalProperties\":false}}");
    for (size_t i = 0; i < n; i++) {
        sbuf_puts(out, ",{\"if\":{\"properties\":{\"use\":{\"const\":");
        sbuf_json_z(out, v[i]->s.name);
        sbuf_puts(out, "}},\"required\":[\"use\"]},\"then\":{\"$ref\":\"#/$defs/");
        sbuf_printf(out, "%s\"}}", v[i]->s.name);
    }
    sbuf_puts(out, "]}");
    for (size_t i = 0; i < n; i++) {
        sbuf_putc(out, ',');
        sbuf_json_z(out, v[i]->s.name);
        sbuf_puts(out, ":{");
        stage_members(v[i], out);
        sbuf_putc(out, '}');
    }
    test_case(out);
    sbuf_putc(out, '}');
}

void schema_pipeline(const stage_def *const *v, size_t n, sbuf *out)
{
    sbuf flat = { 0 }, head = { 0 }, required = { 0 };
    option_schema(pipeline_head_table(), &head, &required);
    sbuf_puts(&flat,
              "{\"$schema\":\"" DRAFT "\",\"title\":\"a pipeline of sluice\",\"type\":\"object\",\"properties\":{");
    sbuf_printf(&flat, "%s%s", sbuf_z(&head), head.n ? "," : "");
    sbuf_puts(
        &flat,
        "\"vars\":{\"description\":\"variables and their defaults: ${name} stands for the value; --set NAME=VALUE and "
        "the "
        "environment win over "
        "it\",\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\","
        "\"null\"]}},\"stages\":{\"description\":\"from top to bottom, unless a stage says from\",\"type\":\"array\","
        "\"minItems\":1,\"items\":{\"$ref\":\"#/$defs/step\"}},"
        "\"tests\":{\"description\":\"documents at a stage, and what must become of them: sluice test runs these\","
        "\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/test\"}}},"
        "\"required\":[\"stages\"],\"additionalProperties\":false,");
    steps(v, n, &flat);
    sbuf_putc(&flat, '}');
    schema_indent(sbuf_z(&flat), out);
    out->failed |= flat.failed || head.failed;
    sbuf_free(&flat);
    sbuf_free(&head);
    sbuf_free(&required);
}
