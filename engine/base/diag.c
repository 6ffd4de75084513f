#include "base/diag.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

enum { MAX_DIAGS = 100 /* of each severity */, MAX_QUOTE = 160 };

void diags_init(diags *d)
{
    memset(d, 0, sizeof *d);
    arena_init(&d->mem, 4096);
}

void diags_free(diags *d)
{
    arena_free(&d->mem);
    free(d->v);
    memset(d, 0, sizeof *d);
}

/* What a file says must not steer the terminal. */
static void tame(sbuf *text)
{
    for (size_t i = 0; i < text->n; i++)
        if (((unsigned char)text->p[i] < 0x20 && text->p[i] != '\n') || text->p[i] == 0x7f)
            text->p[i] = '?';
}

static void add(diags *d, int severity, diag_at at, const char *fmt, va_list ap)
{
    sbuf text = { 0 };
    sbuf_vprintf(&text, fmt, ap);
    if (text.failed) {
        sbuf_free(&text);
        diag_nomem(d);
        return;
    }
    tame(&text);
    bool again = false;
    size_t kept = 0; /* of this severity: a hundred warnings must not hide the error behind them */
    d->newest = NULL;
    for (size_t i = 0; i < d->n && !again; i++) {
        kept += d->v[i].severity == severity;
        again = d->v[i].severity == severity && d->v[i].at.source == at.source && d->v[i].at.line == at.line &&
                d->v[i].at.col == at.col && !strcmp(d->v[i].text, sbuf_z(&text));
    }
    if (!again) {
        d->errors += severity == DIAG_ERROR;
        if (d->n == d->cap && kept < MAX_DIAGS) {
            const size_t cap = d->cap ? d->cap * 2 : 8;
            diag *v = realloc(d->v, cap * sizeof *v);
            if (v) {
                d->v = v;
                d->cap = cap;
            }
        }
        char *copy = d->n < d->cap && kept < MAX_DIAGS ? arena_strndup(&d->mem, sbuf_z(&text), text.n) : NULL;
        if (copy) {
            d->newest = &d->v[d->n++];
            *d->newest = (diag){ .severity = severity, .at = at, .text = copy };
        } else if (kept < MAX_DIAGS)
            diag_nomem(d);
    }
    sbuf_free(&text);
}

void diag_error(diags *d, diag_at at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(d, DIAG_ERROR, at, fmt, ap);
    va_end(ap);
}

void diag_warning(diags *d, diag_at at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add(d, DIAG_WARNING, at, fmt, ap);
    va_end(ap);
}

void diag_nomem(diags *d)
{
    d->errors += !d->nomem;
    d->nomem = true;
    d->newest = NULL;
}

void diag_hint(diags *d, const char *fmt, ...)
{
    if (!d->newest)
        return;
    sbuf text = { 0 };
    va_list ap;
    va_start(ap, fmt);
    sbuf_vprintf(&text, fmt, ap);
    va_end(ap);
    tame(&text);
    d->newest->hint = arena_strndup(&d->mem, sbuf_z(&text), text.n);
    sbuf_free(&text);
}

/* The line that `at` stands in, cut to a window of MAX_QUOTE bytes around the column; control characters become spaces.
 * false: the text has no such line. */
static bool quote(const diag *g, FILE *to, const char *bold, const char *off)
{
    const diag_source *s = g->at.source;
    const char *line = s->text, *end = s->text + s->n;
    for (unsigned i = 1; i < g->at.line; i++) {
        const char *nl = memchr(line, '\n', (size_t)(end - line));
        if (!nl)
            return false;
        line = nl + 1;
    }
    const char *nl = memchr(line, '\n', (size_t)(end - line));
    const bool bom = g->at.line == 1 && end - line >= 3 && !memcmp(line, "\xEF\xBB\xBF", 3);
    size_t n = (size_t)((nl ? nl : end) - line), col = g->at.col ? g->at.col - 1 : 0, from = 0;
    while (n && line[n - 1] == '\r')
        n--;
    if (col > n)
        col = n;
    if (col > MAX_QUOTE / 2 && n > MAX_QUOTE)
        from = col - MAX_QUOTE / 2;
    else if (bom) /* takes no place on the screen */
        from = 3;
    while (from && from < n && ((unsigned char)line[from] & 0xC0) == 0x80)
        from--;
    size_t len = n - from > MAX_QUOTE ? MAX_QUOTE : n - from;
    len = utf8_valid_prefix(line + from, len);
    char shown[MAX_QUOTE + 1], under[MAX_QUOTE + 1];
    size_t marks = 0;
    for (size_t i = 0; i < len; i++)
        shown[i] = (unsigned char)line[from + i] < 0x20 ? ' ' : line[from + i];
    shown[len] = 0;
    for (size_t i = from; i < col && i - from < len; i++) /* one column for each character */
        if (((unsigned char)line[i] & 0xC0) != 0x80)
            under[marks++] = ' ';
    size_t tail = 0;
    for (size_t i = col + 1; i < col + g->at.len && i < from + len; i++)
        tail += ((unsigned char)line[i] & 0xC0) != 0x80;
    under[marks] = 0;
    fprintf(to, "%5u | %s\n      | %s%s^", g->at.line, shown, under, bold);
    for (size_t i = 0; i < tail; i++)
        putc('~', to);
    fprintf(to, "%s", off);
    if (g->hint)
        fprintf(to, "  %s", g->hint);
    putc('\n', to);
    return true;
}

/* ---- sorting ---- */

static const diags *sort_base; /* qsort has no argument for it; diagnostics belong to one thread */

/* The first diagnostic of the same source: the order in which sources appeared. */
static size_t source_rank(const diag_source *s)
{
    size_t i = 0;
    while (sort_base->v[i].at.source != s)
        i++;
    return i;
}

/* By source (in order of appearance), then by place; without a place last. Stable through the index. */
static int by_place(const void *x, const void *y)
{
    const diag *a = &sort_base->v[*(const size_t *)x], *b = &sort_base->v[*(const size_t *)y];
    if ((a->at.source != NULL) != (b->at.source != NULL))
        return a->at.source ? -1 : 1;
    if (a->at.source != b->at.source)
        return source_rank(a->at.source) < source_rank(b->at.source) ? -1 : 1;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    if (a->at.col != b->at.col)
        return a->at.col < b->at.col ? -1 : 1;
    return *(const size_t *)x < *(const size_t *)y ? -1 : 1;
}

void diags_sort(diags *d)
{
    size_t order[2 * MAX_DIAGS];
    diag sorted[2 * MAX_DIAGS];
    for (size_t i = 0; i < d->n; i++)
        order[i] = i;
    sort_base = d;
    if (d->n)
        qsort(order, d->n, sizeof order[0], by_place);
    for (size_t i = 0; i < d->n; i++)
        sorted[i] = d->v[order[i]];
    for (size_t i = 0; i < d->n; i++)
        d->v[i] = sorted[i];
    d->newest = NULL;
}

void diags_print(diags *d, FILE *to, bool color)
{
    const char *bold = color ? "\033[1m" : "", *red = color ? "\033[1;31m" : "", *yellow = color ? "\033[1;33m" : "",
               *off = color ? "\033[0m" : "", *green = color ? "\033[1;32m" : "";
    size_t errors = 0;
    diags_sort(d);
    for (size_t i = 0; i < d->n; i++) {
        const diag *g = &d->v[i];
        errors += g->severity == DIAG_ERROR;
        if (g->at.source) {
            fprintf(to, "%s%s:", bold, g->at.source->name);
            if (g->at.line)
                fprintf(to, "%u:%u:", g->at.line, g->at.col);
            fprintf(to, "%s ", off);
        }
        fprintf(to, "%s%s%s: %s\n", g->severity == DIAG_ERROR ? red : yellow,
                g->severity == DIAG_ERROR ? "error" : "warning", off, g->text);
        const bool quoted = g->at.source && g->at.source->text && g->at.line && quote(g, to, green, off);
        if (!quoted && g->hint)
            fprintf(to, "      %s\n", g->hint);
    }
    if (d->nomem)
        fprintf(to, "%serror%s: out of memory\n", red, off);
    errors += d->nomem;
    if (d->errors > errors)
        fprintf(to, "and %zu more\n", d->errors - errors);
}
