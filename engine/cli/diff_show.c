#include "cli/diff_show.h"
#include <math.h>
#include <string.h>

enum { MOST_LINES = 20, COLUMNS = 7 /* stage, what, of a, of b, change, relative change, mark */, TITLE = 10 };

static const char *const titles[N_ABOUT] = {
    [ABOUT_STATE] = "state", [ABOUT_PLAN] = "plan",      [ABOUT_INPUTS] = "inputs", [ABOUT_PLUGINS] = "plugins",
    [ABOUT_SEED] = "seed",   [ABOUT_VERSION] = "sluice", [ABOUT_VARS] = "vars",     [ABOUT_FILES] = "files",
};

static const char *paint(const diff_view *v, const char *code) { return v->color ? code : ""; }

/* ---- what differs ---- */

static void safe(const char *text, unsigned width, sbuf *out) { cli_safe(text, strlen(text), width, out); }

/* "200 → 500", "only in clean-3: 200" */
static void sides(const diff_view *v, const diff_fact *f, sbuf *out)
{
    const unsigned half = v->width > 100 ? v->width / 2 - 20 : 30; /* what it is about takes the rest */
    if (f->a && f->b) {
        safe(f->a, half, out);
        sbuf_puts(out, " → ");
        safe(f->b, half, out);
        return;
    }
    sbuf_puts(out, "only in ");
    safe(f->a ? v->name_a : v->name_b, 40, out);
    sbuf_puts(out, ": ");
    safe(f->a ? f->a : f->b, half * 2, out);
}

static void facts(const diff_view *v, const run_diff *d, diff_about about, sbuf *out)
{
    unsigned width = 0, shown = 0;
    size_t n = 0;
    for (size_t i = 0; i < d->n_facts; i++)
        if (d->facts[i].about == about && *d->facts[i].what && n++ < MOST_LINES)
            width = str_columns(d->facts[i].what) > width ? str_columns(d->facts[i].what) : width;
    width = width > 40 ? 40 : width;
    for (size_t i = 0; i < d->n_facts && shown < MOST_LINES; i++) {
        const diff_fact *f = &d->facts[i];
        sbuf what = { 0 };
        if (f->about != about || !*f->what)
            continue;
        safe(f->what, 60, &what);
        const unsigned used = str_columns(sbuf_z(&what));
        sbuf_printf(out, "  %s%*s   ", sbuf_z(&what), used < width ? (int)(width - used) : 0, "");
        sides(v, f, out);
        sbuf_putc(out, '\n');
        sbuf_free(&what);
        shown++;
    }
    if (n > shown)
        sbuf_printf(out, "  … and %zu more\n", n - shown);
}

/* The fact that stands for the whole of its kind, or NULL. */
static const diff_fact *plain_fact(const run_diff *d, diff_about about)
{
    for (size_t i = 0; i < d->n_facts; i++)
        if (d->facts[i].about == about && !*d->facts[i].what)
            return &d->facts[i];
    return NULL;
}

static void same_inputs(const run_diff *d, sbuf *out)
{
    const json_tree *item;
    char text[32];
    double bytes = 0;
    size_t n = 0;
    for (; (item = report_item(&d->a->root, "inputs", n)); n++)
        bytes += (double)report_u64(item, "bytes");
    sbuf_printf(out, "%zu file%s, %s", n, n == 1 ? "" : "s", human_bytes(text, bytes));
}

static void same(const run_diff *d, diff_about about, sbuf *out)
{
    const json_tree *root = &d->a->root, *seed = json_tree_get(root, "seed");
    const size_t plugins = report_count(root, "plugins");
    sbuf_puts(out, "same: ");
    switch (about) {
    case ABOUT_PLAN: safe(report_str(root, "plan_hash"), 40, out); break;
    case ABOUT_INPUTS: same_inputs(d, out); break;
    case ABOUT_PLUGINS: sbuf_printf(out, "%zu plugin%s", plugins, plugins == 1 ? "" : "s"); break;
    case ABOUT_SEED: cli_safe(seed->raw, seed->raw_n, 40, out); break;
    default: safe(report_str(root, "version"), 40, out); break;
    }
}

static void section(const diff_view *v, const run_diff *d, diff_about about, sbuf *out)
{
    const bool quiet = about == ABOUT_STATE || about == ABOUT_VARS || about == ABOUT_FILES; /* only where it differs */
    const diff_fact *plain = plain_fact(d, about);
    if (quiet && !d->about[about])
        return;
    sbuf_printf(out, "%-*s ", TITLE, titles[about]);
    if (!d->about[about])
        same(d, about, out);
    else if (plain)
        sides(v, plain, out);
    else
        sbuf_printf(out, "%sdiffer%s", paint(v, "\033[1m"), paint(v, "\033[0m"));
    sbuf_putc(out, '\n');
    if (!d->about[about])
        return;
    facts(v, d, about, out);
    if (about == ABOUT_PLAN && !d->plan_known)
        sbuf_puts(out, "  what in it is not known: there is no plan.json of that plan beside each run.json\n");
}

/* ---- the table ---- */

typedef struct table { /* lines of cells; the first two columns stand left, the others right */
    arena mem;
    const char *(*rows)[COLUMNS];
    size_t n;
    unsigned width[COLUMNS];
} table;

static const char **add_row(table *t)
{
    const char *(*rows)[COLUMNS] = arena_grow(&t->mem, t->rows, t->n, sizeof *rows);
    if (!rows)
        return NULL;
    t->rows = rows;
    for (size_t i = 0; i < COLUMNS; i++)
        rows[t->n][i] = "";
    return rows[t->n++];
}

static void cell(table *t, const char **row, unsigned column, const char *text)
{
    sbuf plain = { 0 };
    safe(text, 48, &plain);
    const char *copy = arena_strdup(&t->mem, sbuf_z(&plain));
    if (row && copy) {
        row[column] = copy;
        t->width[column] = str_columns(copy) > t->width[column] ? str_columns(copy) : t->width[column];
    }
    sbuf_free(&plain);
}

static void print_table(const table *t, sbuf *out)
{
    for (size_t r = 0; r < t->n; r++) {
        const size_t begin = out->n;
        for (unsigned c = 0; c < COLUMNS; c++) {
            const char *text = t->rows[r][c];
            const int pad = (int)(t->width[c] - str_columns(text));
            if (t->width[c])
                sbuf_printf(out, "%s%*s%s%*s", c ? "   " : "", c < 2 ? 0 : pad, "", text, c < 2 ? pad : 0, "");
        }
        while (out->n > begin && out->p[out->n - 1] == ' ')
            out->n--;
        sbuf_putc(out, '\n');
    }
}

static void change(table *t, const char **row, double a, double b, bool whole)
{
    char text[48], digits[32];
    if (a == b || isnan(a) || isnan(b))
        return;
    if (whole)
        snprintf(text, sizeof text, "%c%s", b > a ? '+' : '-', human_count(digits, (uint64_t)fabs(b - a)));
    else
        snprintf(text, sizeof text, "%+.4g", b - a);
    cell(t, row, 4, text);
    if (a != 0) {
        snprintf(text, sizeof text, "%+.1f %%", (b - a) / fabs(a) * 100);
        cell(t, row, 5, text);
    }
}

static void number(table *t, const char **row, unsigned column, bool there, uint64_t n)
{
    char text[32];
    cell(t, row, column, there ? human_count(text, n) : "-");
}

static bool is_shown(const diff_count *c)
{
    return c->a || c->b || (!*c->group && (!strcmp(c->what, "in") || !strcmp(c->what, "kept")));
}

static void values_of(table *t, const run_diff *d, const char *stage)
{
    char text[120];
    for (size_t i = 0; i < d->n_values; i++) {
        const diff_value *x = &d->values[i];
        if (strcmp(x->stage, stage) != 0)
            continue;
        const char **row = add_row(t);
        snprintf(text, sizeof text, "%.80s %s", x->what, x->measure);
        cell(t, row, 1, text);
        for (unsigned k = 0; k < 2; k++) {
            const double value = k ? x->b : x->a;
            snprintf(text, sizeof text, isnan(value) ? "-" : "%.6g", value);
            cell(t, row, 2 + k, text);
        }
        change(t, row, x->a, x->b, false);
    }
}

static void counts(const diff_view *v, const run_diff *d, sbuf *out)
{
    table t = { .n = 0 };
    arena_init(&t.mem, 0);
    const char **head = add_row(&t), *stage = "";
    cell(&t, head, 2, v->name_a);
    cell(&t, head, 3, v->name_b);
    for (size_t i = 0; i < d->n_counts; i++) {
        const diff_count *c = &d->counts[i];
        if (is_shown(c)) {
            const char **row = add_row(&t);
            if (strcmp(stage, c->stage) != 0)
                cell(&t, row, 0, c->stage);
            cell(&t, row, 1, c->what);
            number(&t, row, 2, c->in_a, c->a);
            number(&t, row, 3, c->in_b, c->b);
            if (c->in_a && c->in_b)
                change(&t, row, (double)c->a, (double)c->b, true);
            if (v->tolerance && c->moved)
                cell(&t, row, 6, "!");
            stage = c->stage;
        }
        if (i + 1 == d->n_counts || strcmp(d->counts[i + 1].stage, c->stage) != 0)
            values_of(&t, d, c->stage);
    }
    if (d->n_counts) {
        sbuf_putc(out, '\n');
        print_table(&t, out);
    }
    arena_free(&t.mem);
}

/* ---- outputs, time, memory ---- */

/* Documents, and below them bytes; its name, and below that the other one where they differ. */
static void output_rows(table *t, const diff_output *o)
{
    static const char *const key[] = { "records", "bytes" };
    for (unsigned k = 0; k < 2; k++) {
        const char **row = add_row(t), *path = report_str(o->a ? o->a : o->b, "path");
        const uint64_t a = report_u64(o->a, key[k]), b = report_u64(o->b, key[k]);
        if (k == 0)
            cell(t, row, 0, o->stage);
        if (k == 0 || (o->a && o->b && strcmp(path, report_str(o->b, "path")) != 0))
            cell(t, row, 1, k ? report_str(o->b, "path") : path);
        number(t, row, 2, o->a, a);
        number(t, row, 3, o->b, b);
        if (o->a && o->b)
            change(t, row, (double)a, (double)b, true);
    }
}

static void outputs_table(const diff_view *v, const run_diff *d, sbuf *out)
{
    table t = { .n = 0 };
    size_t other = 0;
    arena_init(&t.mem, 0);
    for (size_t i = 0; i < d->n_outputs; i++)
        if (!d->outputs[i].same && other++ < MOST_LINES)
            output_rows(&t, &d->outputs[i]);
    sbuf_printf(out, "\n%-*s ", TITLE, "outputs");
    if (other)
        sbuf_printf(out, "%s%zu of %zu differ%s: documents, and bytes\n", paint(v, "\033[1m"), other, d->n_outputs,
                    paint(v, "\033[0m"));
    else if (!d->n_outputs)
        sbuf_puts(out, "none\n");
    else
        sbuf_printf(out, "same: %zu file%s\n", d->n_outputs, d->n_outputs == 1 ? "" : "s");
    print_table(&t, out);
    if (other > MOST_LINES)
        sbuf_printf(out, "… and %zu more\n", other - MOST_LINES);
    arena_free(&t.mem);
}

static void resource(table *t, const run_diff *d, const char *name, const char *key, char unit)
{
    const double a = report_f64(&d->a->root, key), b = report_f64(&d->b->root, key);
    const char **row = add_row(t);
    char text[48];
    cell(t, row, 0, name);
    for (unsigned k = 0; k < 2; k++) {
        const double value = k ? b : a;
        if (unit == 's')
            human_seconds(text, value);
        else if (unit == 'B')
            human_bytes(text, value);
        else
            snprintf(text, sizeof text, "%.0f", value);
        cell(t, row, 2 + k, text);
    }
    if (unit && a > 0 && b > 0) {
        snprintf(text, sizeof text, "%+.0f %%", (b - a) / a * 100);
        cell(t, row, 4, text);
    }
}

static void resources(const run_diff *d, sbuf *out)
{
    table t = { .n = 0 };
    arena_init(&t.mem, 0);
    resource(&t, d, "time", "seconds", 's');
    resource(&t, d, "CPU", "cpu_seconds", 's');
    resource(&t, d, "memory", "peak_memory_bytes", 'B');
    resource(&t, d, "threads", "threads", 0);
    sbuf_putc(out, '\n');
    print_table(&t, out);
    arena_free(&t.mem);
}

static const char *verdict(const diff_view *v, const run_diff *d)
{
    if (v->same)
        return "the same: what decides the output, and the output";
    if (!d->states_done)
        return "not both runs are done";
    if (d->decides_same)
        return "the output differs, although nothing that decides it does";
    if (!d->n_outputs)
        return "what decides the output differs; there is no output to compare";
    return d->outputs_same ? "what decides the output differs; the output is the same"
                           : "what decides the output differs, and so does the output";
}

void diff_show(const diff_view *v, const run_diff *d, sbuf *out)
{
    for (int about = 0; about < N_ABOUT; about++)
        section(v, d, (diff_about)about, out);
    counts(v, d, out);
    outputs_table(v, d, out);
    resources(d, out);
    if (v->tolerance)
        sbuf_printf(out, "\n%zu count%s moved by more than %s%s\n", d->n_moved, d->n_moved == 1 ? "" : "s",
                    v->tolerance, d->states_done ? "" : "; not both runs are done");
    else
        sbuf_printf(out, "\n%s\n", verdict(v, d));
}

/* ---- JSON ---- */

static void json_side(json_writer *w, const char *key, const run_report *r)
{
    jw_object(w, key);
    jw_str(w, "run_json", r->path);
    jw_str(w, "state", report_str(&r->root, "state"));
    jw_str(w, "plan_hash", report_str(&r->root, "plan_hash"));
    jw_double(w, "seconds", report_f64(&r->root, "seconds"));
    jw_double(w, "cpu_seconds", report_f64(&r->root, "cpu_seconds"));
    jw_u64(w, "peak_memory_bytes", report_u64(&r->root, "peak_memory_bytes"));
    jw_u64(w, "threads", report_u64(&r->root, "threads"));
    jw_close(w);
}

static void json_shard(json_writer *w, const char *key, const json_tree *o)
{
    if (!o) {
        jw_str(w, key, NULL);
        return;
    }
    jw_object(w, key);
    jw_str(w, "path", report_str(o, "path"));
    jw_u64(w, "records", report_u64(o, "records"));
    jw_u64(w, "bytes", report_u64(o, "bytes"));
    jw_str(w, "sha256", report_str(o, "sha256"));
    jw_close(w);
}

static void json_counts(json_writer *w, const run_diff *d)
{
    jw_list(w, "counts");
    for (size_t i = 0; i < d->n_counts; i++) {
        const diff_count *c = &d->counts[i];
        jw_object(w, NULL);
        jw_str(w, "stage", c->stage);
        if (*c->group)
            jw_str(w, "group", c->group);
        jw_str(w, "what", c->what);
        if (c->in_a)
            jw_u64(w, "a", c->a);
        if (c->in_b)
            jw_u64(w, "b", c->b);
        jw_bool(w, "moved", c->moved);
        jw_close(w);
    }
    jw_close(w);
    jw_list(w, "values");
    for (size_t i = 0; i < d->n_values; i++) {
        const diff_value *x = &d->values[i];
        jw_object(w, NULL);
        jw_str(w, "stage", x->stage);
        jw_str(w, "what", x->what);
        jw_str(w, "measure", x->measure);
        jw_double(w, "a", x->a);
        jw_double(w, "b", x->b);
        jw_close(w);
    }
    jw_close(w);
}

void diff_json(const diff_view *v, const run_diff *d, json_writer *w)
{
    jw_object(w, NULL);
    jw_bool(w, "same", v->same);
    jw_str(w, "tolerance", v->tolerance);
    json_side(w, "a", d->a);
    json_side(w, "b", d->b);
    jw_list(w, "differences");
    for (size_t i = 0; i < d->n_facts; i++) {
        jw_object(w, NULL);
        jw_str(w, "about", titles[d->facts[i].about]);
        jw_str(w, "what", d->facts[i].what);
        jw_str(w, "a", d->facts[i].a);
        jw_str(w, "b", d->facts[i].b);
        jw_bool(w, "decides", d->facts[i].decides);
        jw_close(w);
    }
    jw_close(w);
    json_counts(w, d);
    jw_list(w, "outputs");
    for (size_t i = 0; i < d->n_outputs; i++) {
        jw_object(w, NULL);
        jw_str(w, "stage", d->outputs[i].stage);
        jw_bool(w, "same", d->outputs[i].same);
        json_shard(w, "a", d->outputs[i].a);
        json_shard(w, "b", d->outputs[i].b);
        jw_close(w);
    }
    jw_close(w);
    jw_close(w);
}
