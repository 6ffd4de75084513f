#include "cli/summary.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_REASONS = 32 };

static void pad(sbuf *out, const char *text, size_t width)
{
    const size_t n = str_columns(text);
    sbuf_printf(out, "%.*s", (int)strcspn(text, "\n"), text);
    sbuf_printf(out, "%*s", (int)(n < width ? width - n : 0), "");
}

/* ---- cells ---- */

static void numbers(const plan_stage *s, const exec_stage *c, sbuf *out)
{
    char a[32], b[32];
    human_count(a, c->in);
    human_count(b, s->def->s.kind == SL_RESHAPE ? c->out : c->kept); /* of what it made, where it makes others */
    switch (s->def->s.kind) {
    case SL_SOURCE:
        if (c->in != c->kept)
            sbuf_printf(out, "%s in → %s", a, b);
        else
            sbuf_printf(out, "%s in", a);
        break;
    case SL_SINK: sbuf_printf(out, "%s out", b); break;
    default: sbuf_printf(out, "%s → %s", a, b);
    }
}

static int by_count(const void *x, const void *y)
{
    const exec_metric *const *a = x, *const *b = y;
    if ((*a)->n != (*b)->n)
        return (*a)->n > (*b)->n ? -1 : 1;
    return strcmp((*a)->name, (*b)->name);
}

/* "short_doc 802  alpha 311": the most frequent first, in as many lines as they take. */
static void reasons(const exec_stage *c, size_t room, sbuf *out)
{
    const exec_metric *v[MAX_REASONS];
    size_t n = 0, taken = 0; /* of the line */
    for (size_t i = 0; i < c->n_metrics && n < MAX_REASONS; i++)
        if (c->metrics[i].n && (c->metrics[i].kind == SL_M_REJECT || c->metrics[i].kind == SL_M_ERROR))
            v[n++] = &c->metrics[i];
    if (n)
        qsort(v, n, sizeof *v, by_count);
    for (size_t i = 0; i < n; i++) {
        char count[32];
        human_count(count, v[i]->n);
        const size_t size = strlen(v[i]->name) + 1 + strlen(count);
        const bool fits = taken + 2 + size <= room;
        if (taken)
            sbuf_puts(out, fits ? "  " : "\n");
        sbuf_printf(out, "%s %s", v[i]->name, count);
        taken = taken && fits ? taken + 2 + size : size;
    }
    if (c->annotated) {
        char count[32];
        sbuf_printf(out, "%sannotated %s", out->n ? "  " : "", human_count(count, c->annotated));
    }
}

static const char *output_name(const output *o)
{
    const char *path = output_spec_of(o)->path;
    return strcmp(path, "-") ? path : "standard output";
}

static void written(const exec *x, uint32_t stage, sbuf *out)
{
    output *const *v;
    const uint32_t *of;
    for (size_t i = 0, n = exec_outputs(x, &v, &of); i < n; i++) {
        const output_shard *s;
        uint64_t bytes = 0;
        char text[32];
        if (of[i] != stage)
            continue;
        const size_t shards = output_shards(v[i], &s);
        for (size_t k = 0; k < shards; k++)
            bytes += s[k].file_bytes;
        sbuf_printf(out, "%s%s", out->n ? "  " : "", output_name(v[i]));
        if (shards != 1)
            sbuf_printf(out, ", %zu shards", shards);
        sbuf_printf(out, ", %s", human_bytes(text, (double)bytes));
    }
}

/* ---- the table ---- */

typedef struct row {
    sbuf numbers, more;
    char time[32];
} row;

static size_t widest(const char *text)
{
    size_t most = str_columns(text);
    for (const char *end = strchr(text, '\n'); end; end = strchr(end + 1, '\n'))
        most = str_columns(end + 1) > most ? str_columns(end + 1) : most;
    return most;
}

/* The lines below the first, in its column. */
static void rest(const char *text, size_t column, sbuf *out)
{
    for (const char *end = strchr(text, '\n'); end; end = strchr(end + 1, '\n')) {
        sbuf_printf(out, "%*s", (int)column, "");
        pad(out, end + 1, 0);
        sbuf_putc(out, '\n');
    }
}

static void fill(const plan *p, const exec *x, unsigned width, row *v, size_t *name_width, size_t *number_width)
{
    const exec_stage *c = exec_stages(x);
    *name_width = *number_width = 0;
    for (size_t i = 0; i < p->n_stages; i++) {
        const size_t n = str_columns(p->stages[i].name);
        numbers(&p->stages[i], &c[i], &v[i].numbers);
        human_seconds(v[i].time, (double)c[i].ns / 1e9);
        *name_width = n > *name_width ? n : *name_width;
        *number_width =
            str_columns(sbuf_z(&v[i].numbers)) > *number_width ? str_columns(sbuf_z(&v[i].numbers)) : *number_width;
    }
    const size_t taken = 2 + *name_width + 3 + *number_width + 3 + 10;
    size_t room = width > taken + 20 ? width - taken : 20;
    for (size_t i = 0; i < p->n_stages; i++)
        if (p->stages[i].def->s.kind == SL_SINK) {
            written(x, (uint32_t)i, &v[i].more);
            room = str_columns(sbuf_z(&v[i].more)) > room ? str_columns(sbuf_z(&v[i].more)) : room;
        }
    for (size_t i = 0; i < p->n_stages; i++)
        if (p->stages[i].def->s.kind != SL_SINK)
            reasons(&c[i], room, &v[i].more);
}

static void head(const plan *p, const exec *x, sbuf *out)
{
    const exec_file *files;
    const exec_stage *c = exec_stages(x);
    uint64_t bytes = 0, documents = 0;
    char a[32], b[32];
    const size_t n = exec_files(x, &files);
    for (size_t i = 0; i < n; i++)
        bytes += files[i].size;
    for (size_t i = 0; i < p->n_sources; i++)
        documents += c[p->sources[i]].in;
    sbuf_printf(out, "%s  %s in %zu file%s, %s document%s\n", p->file->head.name, human_bytes(a, (double)bytes), n,
                n == 1 ? "" : "s", human_count(b, documents), documents == 1 ? "" : "s");
}

void summary_text(const plan *p, const exec *x, const char *dir, double seconds, unsigned width, sbuf *out)
{
    row *v = calloc(p->n_stages + 1, sizeof *v);
    size_t name_width, number_width, more_width = 0;
    char text[32];
    if (!v) {
        out->failed = true;
        return;
    }
    fill(p, x, width, v, &name_width, &number_width);
    for (size_t i = 0; i < p->n_stages; i++) {
        const size_t n = widest(sbuf_z(&v[i].more));
        more_width = n > more_width ? n : more_width;
    }
    head(p, x, out);
    for (size_t i = 0; i < p->n_stages; i++) {
        sbuf_puts(out, "  ");
        pad(out, p->stages[i].name, name_width + 3);
        pad(out, sbuf_z(&v[i].numbers), number_width + 3);
        pad(out, sbuf_z(&v[i].more), more_width ? more_width + 3 : 0);
        sbuf_printf(out, "%s\n", v[i].time);
        rest(sbuf_z(&v[i].more), 2 + name_width + 3 + number_width + 3, out);
        sbuf_free(&v[i].numbers);
        sbuf_free(&v[i].more);
    }
    sbuf_printf(out, "%s  %s\n", dir, human_seconds(text, seconds));
    free(v);
}
