#include "dedup_drive.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

extern const sl_stage dedup_exact;

void drive_init(drive *d)
{
    *d = (drive){ .m = mock_new(), .type = SL_T_STR, .n_columns = 1 };
    d->m->rows = 1024;
    d->m->workers = MOCK_WORKERS;
    d->m->threads = true;
    d->m->budget = UINT64_MAX;
}

void drive_option(drive *d, const char *name, uint32_t value)
{
    for (const sl_option *o = dedup_exact.options; o->name; o++)
        if (!strcmp(o->name, name)) {
            sbuf_printf(&d->options, ", %s: %s", name, o->choices[value]);
            return;
        }
    fail_msg("no option %s", name);
}

void drive_by(drive *d, const char *by) { sbuf_printf(&d->options, ", by: %s", by); }

void drive_free(drive *d)
{
    sbuf_free(&d->options);
    mock_free(d->m);
}

/* ---- the steps ---- */

static void forget(drive *d) { *d->m->error = '\0'; }

/* The columns compared; a text that is JSON is another one than `text`. */
static uint32_t column(const drive *d, bool other)
{
    return mock_column(d->m, other ? "other" : d->type == SL_T_JSON ? "json" : "text", d->type);
}

int drive_open(drive *d)
{
    sbuf cfg = { 0 };
    mock_column(d->m, "score", SL_T_F64);
    column(d, false);
    column(d, true);
    sbuf_printf(&cfg, "{ of: [%s%s]%s%s }", d->type == SL_T_JSON ? "json" : "text", d->n_columns == 2 ? ", other" : "",
                d->columns ? ", cluster_as: cluster, size_as: size" : "", sbuf_z(&d->options));
    mock_quiet(d->m);
    mock_stage *st = mock_stage_of(d->m, &dedup_exact, sbuf_z(&cfg));
    sbuf_free(&cfg);
    if (!st)
        return d->m->code;
    d->begun = true;
    return mock_begin(d->m, st, &d->run);
}

void drive_close(drive *d)
{
    if (d->begun)
        mock_end(&d->run);
    d->begun = false;
}

static void set_text(drive *d, mock_cell *cell, const char *text)
{
    *cell = (mock_cell){ .valid = text != NULL };
    if (text)
        cell->v.s = mock_str(d->m, text);
}

static mock_docs made_of(drive *d, const doc *docs, size_t n)
{
    mock_docs out = { 0 };
    const uint32_t text = column(d, false), other = column(d, true), score = mock_column(d->m, "score", SL_T_F64);
    for (size_t i = 0; i < n; i++) {
        mock_doc *to = mock_add(d->m, &out, 1, docs[i].pos, "");
        to->pos = docs[i].pos;
        set_text(d, &to->cell[text], docs[i].text);
        set_text(d, &to->cell[other], docs[i].other);
        to->cell[score] = (mock_cell){ .v.d = docs[i].score, .valid = docs[i].score == docs[i].score };
    }
    return out;
}

int drive_fit(drive *d, uint32_t port, const doc *docs, size_t n)
{
    mock_docs in = made_of(d, docs, n);
    forget(d);
    const int ret = mock_fit(&d->run, port, &in);
    mock_docs_free(&in);
    return ret;
}

int drive_finalize(drive *d)
{
    forget(d);
    return mock_finalize(&d->run);
}

static int by_pos(const void *a, const void *b)
{
    const mock_reject *x = a, *y = b;
    return (x->pos > y->pos) - (x->pos < y->pos);
}

static written written_of(drive *d, const mock_doc *from)
{
    const mock_cell *cluster = &from->cell[mock_column(d->m, "cluster", SL_T_STR)];
    written w = { .size = from->cell[mock_column(d->m, "size", SL_T_I64)].v.i };
    if (cluster->valid) {
        assert_int_equal(cluster->v.s.n, 32);
        memcpy(w.cluster, cluster->v.s.p, 32);
    }
    return w;
}

int drive_apply(drive *d, const doc *docs, size_t n, written *out)
{
    mock_docs in = made_of(d, docs, n);
    forget(d);
    d->m->n_rejects = 0;
    const int ret = mock_apply(&d->run, &in, NULL);
    for (size_t i = 0; out && d->columns && i < n; i++)
        out[i] = written_of(d, &in.v[i]);
    if (d->m->n_rejects)
        qsort(d->m->rejects, d->m->n_rejects, sizeof *d->m->rejects, by_pos);
    mock_docs_free(&in);
    return ret;
}

int drive_save(drive *d, uint32_t what, sbuf *out)
{
    forget(d);
    return mock_save(&d->run, what, out);
}

int drive_load(drive *d, uint32_t what, const void *p, size_t n)
{
    const sbuf in = { .p = (char *)(uintptr_t)p, .n = n };
    forget(d);
    return mock_load(&d->run, what, &in);
}
