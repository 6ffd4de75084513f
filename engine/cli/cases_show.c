#include "cli/cases_show.h"
#include <string.h>

enum { MOST_DOCUMENTS = 20, MARGIN = 5, LEAST_WIDTH = 60, SHOWN_BEFORE = 12 /* bytes before the first that differs */ };

static const char *paint(const cases_view *v, const char *code) { return v->color ? code : ""; }

static void indent(sbuf *out, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        sbuf_putc(out, ' ');
}

/* JSON from byte `from` on, on what is left of the line. */
static void clipped(const cases_view *v, const json_tree *t, size_t from, unsigned used, sbuf *out)
{
    const unsigned width = v->width > LEAST_WIDTH ? v->width : LEAST_WIDTH;
    while (from && from < t->raw_n && ((unsigned char)t->raw[from] & 0xC0) == 0x80)
        from--;
    if (from)
        sbuf_puts(out, "…");
    cli_safe(t->raw + from, t->raw_n - from, used + 20 < width ? width - used - 1 : 20, out);
}

/* Where two values are to be shown from: a little before they part, unless that is near the beginning. */
static size_t parting(const json_tree *a, const json_tree *b)
{
    size_t i = 0;
    while (i < a->raw_n && i < b->raw_n && a->raw[i] == b->raw[i])
        i++;
    return i > 2 * SHOWN_BEFORE ? i - SHOWN_BEFORE : 0;
}

static void sign(const cases_view *v, unsigned margin, char which, sbuf *out)
{
    indent(out, margin);
    sbuf_printf(out, "%s%c%s ", paint(v, which == '-' ? "\033[31m" : "\033[32m"), which, paint(v, "\033[0m"));
}

static void member(const cases_view *v, char which, const char *path, const json_tree *value, size_t from, sbuf *out)
{
    sbuf name = { 0 };
    sign(v, MARGIN + 4, which, out);
    cli_safe(path, strlen(path), 40, &name);
    sbuf_printf(out, "%s: ", sbuf_z(&name));
    clipped(v, value, from, MARGIN + 8 + (unsigned)name.n, out);
    sbuf_putc(out, '\n');
    sbuf_free(&name);
}

static const json_tree *find(const json_tree *map, const json_tree *like)
{
    for (size_t i = 0; i < map->n; i++)
        if (map->items[i].key_n == like->key_n && !memcmp(map->items[i].key, like->key, like->key_n))
            return &map->items[i];
    return NULL;
}

static void extend(sbuf *path, const json_tree *t) { sbuf_printf(path, "%s%s", path->n ? "." : "", t->key); }

static void cut(sbuf *path, size_t n)
{
    path->n = n;
    if (path->p)
        path->p[n] = 0;
}

/* The members that differ, those of objects inside of objects by their path. */
static void members(const cases_view *v, const json_tree *a, const json_tree *b, sbuf *path, sbuf *out)
{
    const size_t n = path->n;
    for (size_t i = 0; i < a->n; i++) {
        const json_tree *x = &a->items[i], *y = find(b, x);
        extend(path, x);
        if (!y) {
            member(v, '-', sbuf_z(path), x, 0, out);
        } else if (x->kind == TREE_MAP && y->kind == TREE_MAP) {
            members(v, x, y, path, out);
        } else if (!json_tree_equal(x, y)) {
            member(v, '-', sbuf_z(path), x, parting(x, y), out);
            member(v, '+', sbuf_z(path), y, parting(x, y), out);
        }
        cut(path, n);
    }
    for (size_t i = 0; i < b->n; i++)
        if (!find(a, &b->items[i])) {
            extend(path, &b->items[i]);
            member(v, '+', sbuf_z(path), &b->items[i], 0, out);
            cut(path, n);
        }
}

/* How many fields do they have in common? Those with some became one another, more or less. */
static size_t kinship(const json_tree *a, const json_tree *b)
{
    size_t n = 0;
    for (size_t i = 0; a->kind == TREE_MAP && b->kind == TREE_MAP && i < a->n; i++) {
        const json_tree *y = find(b, &a->items[i]);
        n += y && json_tree_equal(&a->items[i], y);
    }
    return n;
}

static void whole(const cases_view *v, char which, const json_tree *doc, sbuf *out)
{
    sign(v, MARGIN + 2, which, out);
    clipped(v, doc, 0, MARGIN + 4, out);
    sbuf_putc(out, '\n');
}

/* An extra document of the n lines that is most like this one, and not taken (SAME) yet. NULL: none is. */
static case_line *most_like(const json_tree *doc, case_line *v, size_t n)
{
    case_line *found = NULL;
    size_t best = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t k = v[i].kind == LINE_EXTRA ? kinship(doc, v[i].doc) : 0;
        if (k > best) {
            best = k;
            found = &v[i];
        }
    }
    return found;
}

/* n lines that differ: those missing, each beside what became of it, then what came beyond them. Ends with one more
 * than may be shown. */
static void hunk(const cases_view *v, case_line *at, size_t n, size_t *shown, sbuf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (at[i].kind != LINE_MISSING)
            continue;
        if (++*shown > MOST_DOCUMENTS)
            return;
        case_line *extra = most_like(at[i].doc, at, n);
        if (!extra) {
            whole(v, '-', at[i].doc, out);
            continue;
        }
        sbuf path = { 0 };
        indent(out, MARGIN + 2);
        sbuf_printf(out, "document %zu\n", at[i].nth);
        members(v, at[i].doc, extra->doc, &path, out);
        sbuf_free(&path);
        extra->kind = LINE_SAME;
    }
    for (size_t i = 0; i < n; i++) {
        if (at[i].kind != LINE_EXTRA)
            continue;
        if (++*shown > MOST_DOCUMENTS)
            return;
        whole(v, '+', at[i].doc, out);
    }
}

static void documents(const cases_view *v, case_result *r, sbuf *out)
{
    size_t shown = 0;
    indent(out, MARGIN);
    if (r->reordered)
        sbuf_puts(out, "documents: those expected, in another order\n");
    else
        sbuf_printf(out, "documents: %zu expected, %zu came\n", r->n_expected, r->n_came);
    for (size_t i = 0; i < r->n_diff && shown <= MOST_DOCUMENTS;) {
        size_t end = i;
        while (end < r->n_diff && r->diff[end].kind != LINE_SAME)
            end++;
        hunk(v, r->diff + i, end - i, &shown, out);
        i = end + (end == i);
    }
    if (shown > MOST_DOCUMENTS) {
        indent(out, MARGIN + 2);
        sbuf_puts(out, "…\n");
    }
}

static void rejects(const case_result *r, sbuf *out)
{
    for (size_t i = 0; i < r->n_tallies; i++) {
        const case_tally *t = &r->tallies[i];
        indent(out, MARGIN);
        sbuf_printf(out, "rejects: %s ", t->reason);
        if (t->wrong)
            sbuf_printf(out, "%llu expected, %llu came\n", (unsigned long long)t->expected,
                        (unsigned long long)t->came);
        else
            sbuf_printf(out, "%llu\n", (unsigned long long)t->came);
    }
}

static void lines(const char *text, sbuf *out)
{
    while (*text) {
        const size_t n = strcspn(text, "\n");
        indent(out, MARGIN);
        cli_safe(text, n, 1000, out);
        sbuf_putc(out, '\n');
        text += n + (text[n] == '\n');
    }
}

void cases_show(const cases_view *v, const pipeline_case *c, case_result *r, size_t number, sbuf *out)
{
    sbuf_printf(out, "%s%s%s %zu - %s", paint(v, r->ok ? "\033[32m" : "\033[1;31m"), r->ok ? "ok" : "not ok",
                paint(v, "\033[0m"), number, r->where);
    if (c->name) {
        sbuf_puts(out, *r->where ? ": " : "");
        cli_safe(c->name, strlen(c->name), 1000, out);
    }
    sbuf_putc(out, '\n');
    if (r->ok)
        return;
    indent(out, MARGIN);
    sbuf_printf(out, "%s:%u:%u\n", c->place.source->name, c->place.line, c->place.col);
    if (r->problem)
        lines(r->problem, out);
    if (r->docs_wrong)
        documents(v, r, out);
    rejects(r, out);
}

/* ---- JSON ---- */

static void list(json_writer *w, const char *key, const json_tree *v, size_t n)
{
    jw_list(w, key);
    for (size_t i = 0; i < n; i++) {
        sbuf one = { 0 };
        sbuf_add(&one, v[i].raw, v[i].raw_n);
        jw_raw(w, NULL, sbuf_z(&one));
        w->out->failed |= one.failed;
        sbuf_free(&one);
    }
    jw_close(w);
}

void cases_json(const pipeline_case *c, const case_result *r, json_writer *w)
{
    jw_object(w, NULL);
    jw_str(w, "at", r->where);
    jw_str(w, "name", c->name);
    jw_u64(w, "line", c->place.line);
    jw_u64(w, "column", c->place.col);
    jw_bool(w, "ok", r->ok);
    if (r->problem)
        jw_str(w, "problem", r->problem);
    if (c->out_kind == CASE_OUT_COUNT)
        jw_u64(w, "expected", r->n_expected);
    else if (c->out_kind == CASE_OUT_DOCS)
        list(w, "expected", r->expected, r->n_expected);
    list(w, "came", r->came, r->n_came);
    jw_object(w, "rejects");
    for (size_t i = 0; i < r->n_tallies; i++) {
        jw_object(w, r->tallies[i].reason);
        if (c->has_rejects)
            jw_u64(w, "expected", r->tallies[i].expected);
        jw_u64(w, "came", r->tallies[i].came);
        jw_close(w);
    }
    jw_close(w);
    jw_close(w);
}
