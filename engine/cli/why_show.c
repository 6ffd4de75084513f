/* The way of a document, for people: a line a stage, and below it what the stage changed. */
#include <math.h>
#include <string.h>
#include "cli/peek_show.h"
#include "cli/stats.h"
#include "cli/why.h"

enum { MOST_PARTS = 10, SHORT = 60, DETAIL = 80 };

typedef struct view {
    const why *w;
    sbuf *out;
    unsigned width; /* of names of stages, from the margin */
} view;

/* Only a terminal has an edge. */
static unsigned at_most(const view *v, unsigned n) { return v->w->width == WHY_WHOLE ? WHY_WHOLE : n; }

static const char *paint(const view *v, const char *code) { return v->w->c->color_out ? code : ""; }

static void put_count(sbuf *out, uint64_t n, const char *one, const char *many)
{
    char text[32];
    sbuf_printf(out, "%s %s", human_count(text, n), n == 1 ? one : many);
}

/* An id is JSON; NULL: there is none. It is never cut: it is there to be copied. */
static void put_id(const char *id, sbuf *out)
{
    sbuf plain = { 0 };
    if (id && strcmp(id, "null")) {
        peek_plain(id, strlen(id), WHY_WHOLE, &plain);
        cli_safe(sbuf_z(&plain), plain.n, WHY_WHOLE, out);
    } else {
        sbuf_puts(out, "(no id)");
    }
    out->failed |= plain.failed;
    sbuf_free(&plain);
}

static void put_where(const why_doc *d, sbuf *out)
{
    char text[32];
    if (d->file)
        cli_safe(d->file, strlen(d->file), WHY_WHOLE, out);
    if (d->record)
        sbuf_printf(out, ", record %s", human_count(text, d->record));
}

/* The place where what a stage says begins. */
static void put_margin(const view *v, unsigned depth, const char *name)
{
    sbuf_printf(v->out, "%*s%s%*s   ", (int)(2 + 2 * depth), "", name,
                str_columns(name) + 2 * depth < v->width ? (int)(v->width - str_columns(name) - 2 * depth) : 0, "");
}

static void put_indent(const view *v) { sbuf_printf(v->out, "%*s", (int)(v->width + 16), ""); }

/* ---- what changed ---- */

static bool is_text(const char *json) { return json && *json == '"' && (strlen(json) > SHORT || strstr(json, "\\n")); }

static void put_text_change(const view *v, const why_change *c)
{
    sbuf *out = v->out, before = { 0 }, after = { 0 };
    text_change t;
    const unsigned width = v->w->width > v->width + 40 ? v->w->width - v->width - 18 : 40;
    char text[32];
    peek_plain(c->before, strlen(c->before), WHY_WHOLE, &before);
    peek_plain(c->after, strlen(c->after), WHY_WHOLE, &after);
    why_text_change(&before, &after, &t);
    sbuf_printf(out, "%s → ", human_count(text, t.bytes[0]));
    put_count(out, t.bytes[1], "byte", "bytes");
    if (t.lines[0] != t.lines[1]) {
        sbuf_printf(out, ", %s → ", human_count(text, t.lines[0]));
        put_count(out, t.lines[1], "line", "lines");
    }
    sbuf_putc(out, '\n');
    for (size_t i = 0; i < t.n; i++) {
        put_indent(v);
        sbuf_printf(out, "%s%s ", paint(v, t.v[i].added ? "\033[32m" : "\033[31m"), t.v[i].added ? "+" : "-");
        cli_safe(t.v[i].p, t.v[i].n, width, out);
        sbuf_printf(out, "%s\n", paint(v, "\033[0m"));
    }
    if (t.more) {
        put_indent(v);
        put_count(out, t.more, "more line differs\n", "more lines differ\n");
    }
    out->failed |= before.failed || after.failed;
    sbuf_free(&before);
    sbuf_free(&after);
}

static void put_changes(const view *v, const why_step *s)
{
    size_t width = 0;
    for (size_t i = 0; i < s->n_changes; i++)
        width = str_columns(s->changes[i].column) > width ? str_columns(s->changes[i].column) : width;
    for (size_t i = 0; i < s->n_changes; i++) {
        const why_change *c = &s->changes[i];
        put_indent(v);
        cli_safe(c->column, strlen(c->column), SHORT, v->out);
        sbuf_printf(v->out, "%*s   ", (int)(width - str_columns(c->column)), "");
        if (c->before && c->after && (is_text(c->before) || is_text(c->after)) && *c->before == '"' &&
            *c->after == '"') {
            put_text_change(v, c);
            continue;
        }
        if (c->before)
            cli_safe(c->before, strlen(c->before), at_most(v, SHORT), v->out);
        sbuf_puts(v->out, c->before ? " → " : "");
        if (c->after)
            cli_safe(c->after, strlen(c->after), at_most(v, SHORT), v->out);
        else
            sbuf_puts(v->out, "gone");
        sbuf_puts(v->out, c->before ? "\n" : " (new)\n");
    }
}

/* ---- what a stage said ---- */

static void put_partner(const view *v, const why_step *s)
{
    const plan_stage *stage = &v->w->c->plan.stages[s->stage];
    const plan_port *port = s->port && s->port <= stage->n_ports ? &stage->ports[s->port - 1] : NULL;
    sbuf *out = v->out;
    sbuf_puts(out, "  partner ");
    if (s->found) {
        put_id(s->found->id, out);
        if (s->found->file || s->found->record) {
            sbuf_puts(out, " (");
            put_where(s->found, out);
            sbuf_puts(out, ")");
        }
    }
    if (port)
        sbuf_printf(out, "%sin %s", s->found ? " " : "", port->name);
    if (port && port->state)
        sbuf_printf(out, ", the saved state %s", port->state);
    else if (!s->found)
        sbuf_puts(out, port ? ", not looked up" : "in the stream as it was then, not looked up");
}

static void put_value(sbuf *out, double value, const char *unit)
{
    sbuf_printf(out, "%.10g%s%s", value, unit ? " " : "", unit ? unit : "");
}

static void put_reason(const view *v, const why_step *s)
{
    sbuf *out = v->out;
    sbuf_printf(out, "  %s", s->reason);
    if (v->w->c->plan.stages[s->stage].def->s.kind == SL_SOURCE) {
        sbuf_printf(out, "  at byte %.0f", s->value);
    } else if (s->value != 0 || s->limit != 0) {
        sbuf_puts(out, "  ");
        put_value(out, s->value, s->unit);
    }
    if (s->limit != 0)
        sbuf_printf(out, " (limit %.10g)", s->limit);
    if (s->detail_n) {
        sbuf_puts(out, "  ");
        cli_safe(s->detail, s->detail_n, at_most(v, DETAIL), out);
    }
    if (s->partner)
        put_partner(v, s);
}

static void put_sink(const view *v, const why_step *s)
{
    const char *first, *last, *path;
    const why *w = v->w;
    const plan_stage *stage = &w->c->plan.stages[s->stage];
    const size_t n = why_shards(w, s->stage, &first, &last);
    if (n == 1 && w->same_plan && w->same_inputs) {
        sbuf_printf(v->out, "written   to %s", strcmp(first, "-") ? first : "standard output");
        return;
    }
    if (n && w->same_plan && w->same_inputs) {
        sbuf_printf(v->out, "written   to one of %zu files, %s to %s", n, first, last);
        return;
    }
    sbuf_puts(v->out, !w->same_plan || !w->same_inputs ? "would be written" : "reached");
    if (option_strings(stage->def->options, stage->cfg, "path", &path, 1) == 1)
        sbuf_printf(v->out, "   %s", strcmp(path, "-") ? path : "standard output");
    if (w->same_plan && w->same_inputs && strcmp(report_str(&w->run.root, "state"), "done"))
        sbuf_puts(v->out, ", where the run has published nothing");
}

static void put_place(const view *v, const why_step *s)
{
    char a[32], b[32];
    if (s->place)
        sbuf_printf(v->out, "   sorted: place %s of %s", human_count(a, s->place), human_count(b, s->of));
    else
        sbuf_puts(v->out, "   sorted; --whole tells its place");
}

/* The options that bound it and what they are set to, as far as the tables of the stage tell: "min_words 50". */
static void put_bounds(const view *v, const stats_stage *rules, const char *measure)
{
    const char *between = "   ";
    for (size_t i = 0; i < rules->n_rules; i++) {
        const stats_rule *r = &rules->rules[i];
        if (r->told == STATS_NONE || isnan(r->limit) || strcmp(rules->values[r->told].name, measure) != 0)
            continue;
        sbuf_printf(v->out, "%s%s %.10g", between, r->option, r->limit);
        between = ", ";
    }
}

/* Several stand below the step, each with its bounds. */
static void put_measures(const view *v, const why_step *s)
{
    stats_stage rules = { 0 };
    cli *c = v->w->c;
    size_t width = 0;
    if (s->n_measures == 1) {
        sbuf_printf(v->out, "   %s ", s->measures[0].name);
        put_value(v->out, s->measures[0].value, s->measures[0].unit);
    }
    sbuf_putc(v->out, '\n');
    if (s->n_measures < 2)
        return;
    if (!stats_declare(&rules, &c->mem, &c->plan.stages[s->stage])) {
        v->out->failed = true;
        return;
    }
    for (size_t i = 0; i < s->n_measures; i++)
        width = str_columns(s->measures[i].name) > width ? str_columns(s->measures[i].name) : width;
    for (size_t i = 0; i < s->n_measures; i++) {
        const char *name = s->measures[i].name;
        put_indent(v);
        sbuf_printf(v->out, "%s%*s   %-10.6g", name, (int)(width - str_columns(name)), "", s->measures[i].value);
        put_bounds(v, &rules, name);
        sbuf_putc(v->out, '\n');
    }
}

static void put_step(const view *v, const why_step *s, unsigned depth)
{
    static const char *const fates[] = { [ROW_KEPT] = "kept", [ROW_REJECTED] = "dropped", [ROW_ANNOTATED] = "marked" };
    static const char *const colors[] = { [ROW_KEPT] = "", [ROW_REJECTED] = "\033[31m", [ROW_ANNOTATED] = "\033[33m" };
    const plan_stage *stage = &v->w->c->plan.stages[s->stage];
    const uint32_t kind = stage->def->s.kind;
    put_margin(v, depth, stage->name);
    if (s->unsure == UNSURE_PLACE) {
        sbuf_puts(v->out, "not known  it goes by the places of documents in the whole stream; --whole replays that\n");
        return;
    }
    if (kind == SL_SINK)
        put_sink(v, s);
    else if (s->fate == ROW_KEPT && (kind == SL_SOURCE || kind == SL_RESHAPE))
        sbuf_puts(v->out, kind == SL_SOURCE ? "read" : depth ? "made" : "put together");
    else
        sbuf_printf(v->out, "%s%s%s%*s", paint(v, colors[s->fate]), fates[s->fate],
                    s->fate == ROW_KEPT ? "" : paint(v, "\033[0m"), s->reason ? (int)(8 - strlen(fates[s->fate])) : 0,
                    "");
    if (s->reason)
        put_reason(v, s);
    if (stage->sorts && s->fate != ROW_REJECTED)
        put_place(v, s);
    put_measures(v, s);
    if (s->unsure == UNSURE_ALONE) {
        put_indent(v);
        sbuf_puts(v->out,
                  "it looks at the documents before this one, and alone it may decide otherwise; see --whole\n");
    }
    put_changes(v, s);
}

/* ---- rows ---- */

static void put_row(const view *v, uint32_t row, unsigned depth);

/* Does anything happen to the part that is worth a line of its own, where there are many? */
static bool is_plain(const why *w, uint32_t row)
{
    const why_row *r = &w->rows[row];
    for (size_t i = 0; i < r->n_steps; i++)
        if (r->steps[i].fate != ROW_KEPT || (i && r->steps[i].n_changes) || r->steps[i].unsure)
            return false;
    return true;
}

static void put_parts(const view *v, uint32_t row, uint32_t stage, unsigned depth)
{
    const why *w = v->w;
    const size_t n = why_parts(w, row, stage);
    size_t number = 0, shown = 0, plain = 0;
    put_margin(v, depth, w->c->plan.stages[stage].name);
    sbuf_puts(v->out, "made ");
    put_count(v->out, n, "part", "parts");
    sbuf_puts(v->out, " of it\n");
    for (uint32_t i = w->rows[row].first_part; i != PLAN_NONE; i = w->rows[i].next_part) {
        if (w->rows[i].made_by != stage)
            continue;
        number++;
        if (n > MOST_PARTS && (is_plain(w, i) || shown == MOST_PARTS)) {
            plain += is_plain(w, i);
            continue;
        }
        shown++;
        sbuf_printf(v->out, "%*spart %zu", (int)(4 + 2 * depth), "", number);
        if (w->rows[i].id && strcmp(w->rows[i].id, "null")) {
            sbuf_puts(v->out, ", ");
            put_id(w->rows[i].id, v->out);
        }
        sbuf_putc(v->out, '\n');
        put_row(v, i, depth + 2);
    }
    if (shown < n) {
        sbuf_printf(v->out, "%*s", (int)(4 + 2 * depth), "");
        put_count(v->out, n - shown, "more part", "more parts");
        if (plain == n - shown)
            sbuf_puts(v->out, ", kept as they are\n");
        else
            sbuf_printf(v->out, ", %zu of them kept as they are; --json has all\n", plain);
    }
}

static void put_row(const view *v, uint32_t row, unsigned depth)
{
    const why *w = v->w;
    for (uint32_t i = 0; i < w->c->plan.n_stages; i++) {
        const why_step *s = why_step_at(w, row, i);
        if (s && !(depth && i == w->rows[row].made_by && !s->n_measures))
            put_step(v, s, depth);
        if (why_parts(w, row, i))
            put_parts(v, row, i, depth);
    }
    const uint32_t by = why_taken_by(w, row);
    if (by != PLAN_NONE) {
        put_margin(v, depth, w->c->plan.stages[by].name);
        sbuf_puts(v->out, "taken in, and nothing of it alone came out\n");
    }
}

static void put_heading(const view *v, uint32_t row)
{
    const why *w = v->w;
    const why_doc *d = &w->docs[w->rows[row].doc];
    sbuf_puts(v->out, paint(v, "\033[1m"));
    put_id(d->id, v->out);
    sbuf_printf(v->out, "%s   ", paint(v, "\033[0m"));
    put_where(d, v->out);
    sbuf_putc(v->out, '\n');
    for (size_t i = 0; i < w->n_columns; i++) {
        const char *value = w->rows[row].asked ? w->rows[row].asked[i] : NULL;
        put_margin(v, 0, w->columns[i]);
        cli_safe(value ? value : "null", strlen(value ? value : "null"), w->width > 60 ? w->width - 30 : 30, v->out);
        sbuf_putc(v->out, '\n');
    }
}

void why_show(const why *w, sbuf *out)
{
    static const char *const end[] = { [FATE_DROPPED] = "not written\n",
                                       [FATE_TAKEN] = "not written, by itself\n",
                                       [FATE_UNKNOWN] = "whether it was written is not known\n" };
    view v = { .w = w, .out = out };
    for (uint32_t i = 0; i < w->c->plan.n_stages; i++)
        if (why_is_main(&w->c->plan, i) && str_columns(w->c->plan.stages[i].name) > v.width)
            v.width = (unsigned)str_columns(w->c->plan.stages[i].name);
    for (size_t i = 0; i < w->n_columns; i++)
        v.width = str_columns(w->columns[i]) > v.width ? (unsigned)str_columns(w->columns[i]) : v.width;
    for (uint32_t i = 0; i < w->n_docs; i++) {
        sbuf_puts(out, i ? "\n" : "");
        put_heading(&v, i);
        put_row(&v, i, 0);
        if (why_fate(w, i) != FATE_WRITTEN)
            sbuf_printf(out, "  %s", end[why_fate(w, i)]);
    }
    if (w->n_found > w->n_docs) {
        char text[32];
        sbuf_printf(out, "\n%s documents in all; these are the first %zu\n", human_count(text, w->n_found), w->n_docs);
    }
}
