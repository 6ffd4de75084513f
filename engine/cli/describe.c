#include "cli/describe.h"
#include <string.h>

static const char *type_name(uint32_t type)
{
    static const char *const names[][2] = {
        { "any", "list" },          { "bool", "list of bool" }, { "i32", "list of i32" }, { "i64", "list of i64" },
        { "u64", "list of u64" },   { "f32", "list of f32" },   { "f64", "list of f64" }, { "span", "list of span" },
        { "text", "list of text" }, { "json", "list of json" },
    };
    const uint32_t base = type & 0xffu;
    return base < sizeof names / sizeof *names ? names[base][(type & 0x100u) != 0] : "unknown";
}

static const char *metric_kind(uint32_t kind)
{
    static const char *const names[] = { "", "reject", "error", "count", "value" };
    return kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

/* Names of the columns with one of the flags, "reads text, id". */
static void columns(const stage_def *s, uint32_t flag, const char *verb, sbuf *out)
{
    sl_field f;
    bool any = false;
    for (size_t i = 0; stage_field(s, i, &f); i++) {
        if (!(f.flags & flag))
            continue;
        sbuf_printf(out, "%s%s", any ? ", " : verb,
                    strcmp(f.name, "*") ? f.name
                    : flag == SL_READ   ? "the whole document"
                                        : "what is read below");
        any = true;
    }
}

static void title(const stage_def *s, const char *gap, sbuf *out)
{
    static const struct {
        uint32_t flag;
        const char *verb;
    } verb[] = { { SL_READ, "reads " }, { SL_WRITE, "makes " }, { SL_REMOVE, "removes " } };
    sbuf_printf(out, "%skind %s", gap, stage_kind_name(s));
    for (size_t i = 0; i < sizeof verb / sizeof *verb; i++) {
        sbuf one = { 0 };
        columns(s, verb[i].flag, verb[i].verb, &one);
        if (one.n)
            sbuf_printf(out, "%s%s", gap, sbuf_z(&one));
        out->failed |= one.failed;
        sbuf_free(&one);
    }
    sbuf_printf(out, "%splugin %s %s\n", gap, s->plugin->name, s->plugin->version);
}

/* ---- text ---- */

static void metrics_text(const stage_def *s, sbuf *out)
{
    static const struct {
        uint32_t kind;
        const char *title;
    } part[] = { { SL_M_REJECT, "reasons to drop a document" },
                 { SL_M_ERROR, "errors" },
                 { SL_M_COUNT, "counts" },
                 { SL_M_VALUE, "distributions" } };
    sl_metric m;
    int width = 0;
    for (size_t i = 0; stage_metric(s, i, &m); i++)
        width = (int)strlen(m.name) > width ? (int)strlen(m.name) : width;
    for (size_t k = 0; k < sizeof part / sizeof *part; k++) {
        bool any = false;
        for (size_t i = 0; stage_metric(s, i, &m); i++) {
            if (m.kind != part[k].kind)
                continue;
            if (!any)
                sbuf_printf(out, "\n%s\n", part[k].title);
            any = true;
            sbuf_printf(out, "  %-*s   %s%s%s%s\n", width, m.name, m.help ? m.help : "", m.unit ? " (" : "",
                        m.unit ? m.unit : "", m.unit ? ")" : "");
        }
    }
}

static void columns_text(const stage_def *s, sbuf *out)
{
    static const struct {
        uint32_t flags;
        const char *name;
    } flag[] = { { SL_READ, "read" },
                 { SL_WRITE, "written" },
                 { SL_REMOVE, "removed" },
                 { SL_OPTIONAL, "if there" },
                 { SL_HIDDEN | SL_SHARED, "hidden" } };
    sl_field f;
    int name = 0, type = 0;
    for (size_t i = 0; stage_field(s, i, &f); i++) {
        name = (int)strlen(f.name) > name ? (int)strlen(f.name) : name;
        type = (int)strlen(type_name(f.type)) > type ? (int)strlen(type_name(f.type)) : type;
    }
    for (size_t i = 0; stage_field(s, i, &f); i++) {
        const char *gap = "";
        sbuf_printf(out, "%s  %-*s   %-*s   ", i ? "" : "\ncolumns\n", name, f.name, type, type_name(f.type));
        for (size_t k = 0; k < sizeof flag / sizeof *flag; k++)
            if (f.flags & flag[k].flags) {
                sbuf_printf(out, "%s%s", gap, flag[k].name);
                gap = ", ";
            }
        sbuf_printf(out, "%s%s\n", f.help ? ": " : "", f.help ? f.help : "");
    }
}

void describe_text(const stage_def *s, sbuf *out)
{
    sbuf options = { 0 };
    sl_port port;
    sbuf_printf(out, "%s   %s\n", s->s.name, s->s.summary);
    title(s, "   ", out);
    option_help_text(s->options, &options);
    if (options.n)
        sbuf_puts(out, "\noptions\n");
    sbuf_puts(out, sbuf_z(&options));
    for (size_t i = 0; stage_port(s, i, &port); i++)
        sbuf_printf(out, "%s  %s   %s\n", i ? "" : "\nfurther inputs\n", port.name, port.help ? port.help : "");
    columns_text(s, out);
    metrics_text(s, out);
    out->failed |= options.failed;
    sbuf_free(&options);
}

/* ---- Markdown ---- */

static char upper(char c) { return (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c); }

void describe_markdown(const stage_def *s, sbuf *out)
{
    sl_metric m;
    sbuf_printf(out, "### `%s`\n\n%c%s.\n\n", s->s.name, upper(s->s.summary[0]), s->s.summary + 1);
    sbuf kind = { 0 };
    title(s, "; ", &kind);
    if (kind.n > 2)
        sbuf_printf(out, "%c%s\n", upper(kind.p[2]), kind.p + 3); /* "Kind transform; reads text" */
    out->failed |= kind.failed;
    sbuf_free(&kind);
    option_help_markdown(s->options, out);
    bool any = false;
    for (size_t i = 0; stage_metric(s, i, &m); i++) {
        if (!any)
            sbuf_puts(out, "\n| counted | kind | what it means |\n| --- | --- | --- |\n");
        any = true;
        sbuf_printf(out, "| `%s` | %s | %s%s%s%s |\n", m.name, metric_kind(m.kind), m.help ? m.help : "",
                    m.unit ? " (" : "", m.unit ? m.unit : "", m.unit ? ")" : "");
    }
}

/* ---- JSON ---- */

static void options_json(option_table t, json_writer *w, unsigned depth);

static void option_json(option_table t, const sl_option *o, json_writer *w, unsigned depth)
{
    sbuf range = { 0 };
    jw_object(w, NULL);
    jw_str(w, "name", o->name);
    jw_str(w, "type", option_type_name(o));
    if (o->def)
        jw_str(w, "default", o->def);
    option_range(o, &range);
    if (range.n)
        jw_str(w, "range", sbuf_z(&range));
    w->out->failed |= range.failed;
    if (o->choices) {
        jw_list(w, "choices");
        for (size_t i = 0; o->choices[i]; i++)
            jw_str(w, NULL, o->choices[i]);
        jw_close(w);
    }
    if (o->flags & SL_OPT_REQUIRED)
        jw_bool(w, "required", true);
    if (o->flags & SL_OPT_APPLY)
        jw_bool(w, "apply_only", true);
    if (o->flags & SL_OPT_SECRET)
        jw_bool(w, "secret", true);
    if (o->unit)
        jw_str(w, "unit", o->unit);
    if (o->since)
        jw_str(w, "since", o->since);
    if (o->deprecated)
        jw_str(w, "deprecated", o->deprecated);
    jw_str(w, "help", o->help);
    if (o->table && o->table != t.rows && depth < 4)
        options_json((option_table){ o->table, t.stride }, w, depth + 1);
    jw_close(w);
    sbuf_free(&range);
}

static void options_json(option_table t, json_writer *w, unsigned depth)
{
    sl_option o;
    jw_list(w, "options");
    for (size_t i = 0; option_row(t, i, &o); i++)
        if (!(o.flags & SL_OPT_HIDDEN))
            option_json(t, &o, w, depth);
    jw_close(w);
}

static void fields_json(const stage_def *s, json_writer *w)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } flag[] = { { SL_READ, "read" },         { SL_WRITE, "write" },           { SL_OPTIONAL, "optional" },
                 { SL_HIDDEN, "hidden" },     { SL_SHARED, "shared" },         { SL_ORDER, "order" },
                 { SL_FIT_ONLY, "fit_only" }, { SL_APPLY_ONLY, "apply_only" }, { SL_REMOVE, "remove" } };
    sl_field f;
    jw_list(w, "columns");
    for (size_t i = 0; stage_field(s, i, &f); i++) {
        jw_object(w, NULL);
        jw_str(w, "name", f.name);
        jw_str(w, "type", type_name(f.type));
        jw_list(w, "flags");
        for (size_t k = 0; k < sizeof flag / sizeof *flag; k++)
            if (f.flags & flag[k].flag)
                jw_str(w, NULL, flag[k].name);
        jw_close(w);
        jw_str(w, "help", f.help);
        jw_close(w);
    }
    jw_close(w);
}

void describe_json(const stage_def *s, json_writer *w)
{
    sl_metric m;
    sl_port port;
    jw_object(w, NULL);
    jw_str(w, "name", s->s.name);
    jw_str(w, "kind", stage_kind_name(s));
    jw_str(w, "summary", s->s.summary);
    jw_str(w, "plugin", s->plugin->name);
    jw_str(w, "version", s->plugin->version);
    options_json(s->options, w, 0);
    fields_json(s, w);
    jw_list(w, "metrics");
    for (size_t i = 0; stage_metric(s, i, &m); i++) {
        jw_object(w, NULL);
        jw_str(w, "name", m.name);
        jw_str(w, "kind", metric_kind(m.kind));
        if (m.unit)
            jw_str(w, "unit", m.unit);
        jw_str(w, "help", m.help);
        jw_close(w);
    }
    jw_close(w);
    jw_list(w, "ports");
    for (size_t i = 0; stage_port(s, i, &port); i++) {
        jw_object(w, NULL);
        jw_str(w, "name", port.name);
        jw_bool(w, "required", port.flags & SL_PORT_REQUIRED);
        jw_bool(w, "state", port.flags & SL_PORT_STATE);
        jw_str(w, "help", port.help);
        jw_close(w);
    }
    jw_close(w);
    jw_close(w);
}
