#include "dedup_drive.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

extern const sl_stage dedup_exact;
enum { BY, CLUSTER, SIZE, OF, OTHER };
static const sl_stage *const stage = &dedup_exact;

/* ---- options ---- */

static void *option(drive *d, const char *name)
{
    for (const sl_option *o = stage->options; o->name; o++)
        if (!strcmp(o->name, name))
            return (char *)d->cfg + o->offset;
    fail_msg("no option %s", name);
    return NULL;
}

static const char *const columns[] = { "text", "other" };

void drive_init(drive *d)
{
    memset(d, 0, sizeof(*d));
    mock_init(&d->m);
    d->cfg = calloc(1, stage->config_size);
    assert_non_null(d->cfg);
    d->type = SL_T_STR;
    d->batch_rows = MOCK_ROWS;
    d->n_columns = 1;
    *(sl_many *)option(d, "of") = (sl_many){ .v = columns, .n = 1 };
}

void drive_option(drive *d, const char *name, uint32_t value) { *(uint32_t *)option(d, name) = value; }
void drive_by(drive *d, const char *by) { *(const char **)option(d, "by") = by; }
void drive_two_columns(drive *d) { ((sl_many *)option(d, "of"))->n = d->n_columns = 2; }

void drive_free(drive *d)
{
    free(d->cfg);
    mock_free(&d->m);
}

/* ---- one thread opens and closes ---- */

int drive_open(drive *d)
{
    d->g = calloc(1, stage->state_size);
    assert_non_null(d->g);
    if (d->columns) {
        *(const char **)option(d, "cluster_as") = "cluster";
        *(const char **)option(d, "size_as") = "size";
    }
    const int ret = stage->check(&d->m.ctx[0], d->cfg);
    return ret < 0 ? ret : stage->open(&d->m.ctx[0], d->cfg, d->g);
}

void drive_close(drive *d)
{
    stage->close(&d->m.ctx[0], d->g);
    free(d->g);
    d->g = NULL;
}

int drive_finalize(drive *d) { return stage->finalize(&d->m.ctx[0], d->g); }
int drive_save(drive *d, uint32_t what, sl_io *io) { return stage->save(&d->m.ctx[0], d->g, what, io); }

/* ---- many run a pass: each takes split after split ---- */

typedef struct pass {
    drive *d;
    const doc *docs;
    size_t *begin; /* of each split, and the end */
    size_t n_splits;
    bool apply;
    uint32_t port;
    written *out;
    void *local[MOCK_THREADS];
    mock_batch *batch[MOCK_THREADS];
} pass;

static void fill(pass *p, mock_batch *b, const doc *docs, size_t n)
{
    mock_batch_clear(b);
    for (size_t i = 0; i < n; i++) {
        const uint32_t row = mock_row(b, docs[i].pos);
        if (docs[i].text)
            mock_set_text(b, OF, row, docs[i].text);
        if (p->d->n_columns == 2 && docs[i].other)
            mock_set_text(b, OTHER, row, docs[i].other);
        if (b->columns[BY] && docs[i].score == docs[i].score)
            mock_set_number(b, BY, row, docs[i].score);
        for (uint32_t k = CLUSTER; k <= SIZE; k++)
            if (b->columns[k])
                sl_set_valid(b->columns[k], row);
    }
}

static void keep_written(const mock_batch *b, written *out)
{
    for (uint32_t row = 0; row < b->b.n_rows; row++) {
        const sl_str cluster = ((const sl_str *)b->column[CLUSTER].data)[row];
        out[row] = (written){ .size = ((const int64_t *)b->column[SIZE].data)[row] };
        if (sl_is_valid(&b->column[CLUSTER], row)) {
            assert_int_equal(cluster.n, 32);
            memcpy(out[row].cluster, cluster.p, 32);
        }
    }
}

static int run_splits(sl_ctx *c, void *u, size_t lo, size_t hi)
{
    pass *p = u;
    const drive *d = p->d;
    mock_batch *b = p->batch[c->thread];
    const size_t split = p->apply && d->backwards ? p->n_splits - 1 - lo : lo;
    assert_int_equal(hi, lo + 1);
    for (size_t i = p->begin[split], end = p->begin[split + 1]; i < end;) {
        size_t n = 1;
        while (n < d->batch_rows && i + n < end && p->docs[i + n].pos >> 32 == p->docs[i].pos >> 32)
            n++;
        fill(p, b, p->docs + i, n);
        const int ret = p->apply ? stage->process(c, d->g, p->local[c->thread], &b->b)
                                 : stage->fit(c, d->g, p->local[c->thread], p->port, &b->b);
        if (ret < 0)
            return ret;
        if (p->apply && d->columns && p->out)
            keep_written(b, p->out + i);
        i += n;
    }
    return SL_OK;
}

static int run(pass *p, size_t n)
{
    drive *d = p->d;
    int ret = SL_OK;
    p->begin = calloc(n + 2, sizeof(*p->begin));
    assert_non_null(p->begin);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || p->docs[i].pos >> 32 != p->docs[i - 1].pos >> 32)
            p->begin[p->n_splits++] = i;
    p->begin[p->n_splits] = n;
    const bool extra = p->apply && d->columns;
    const uint32_t types[] = { p->apply ? 0 : SL_T_F64, extra ? SL_T_STR : 0, extra ? SL_T_I64 : 0, d->type, d->type };
    for (unsigned t = 0; t < MOCK_THREADS; t++) {
        p->local[t] = calloc(1, stage->local_size);
        p->batch[t] = calloc(1, sizeof(*p->batch[t]));
        assert_true(p->local[t] && p->batch[t]);
        mock_batch_init(p->batch[t], types, OF + d->n_columns);
        assert_int_equal(stage->open_local(&d->m.ctx[t], d->g, p->local[t]), SL_OK);
    }
    ret = d->m.host.parallel_for(&d->m.ctx[0], p->n_splits, 1, run_splits, p);
    for (unsigned t = MOCK_THREADS; t-- > 0;) { /* in another order than they began */
        if (ret >= 0)
            ret = stage->combine(&d->m.ctx[t], d->g, p->local[t]);
        mock_batch_free(p->batch[t]);
        free(p->batch[t]);
        free(p->local[t]);
    }
    free(p->begin);
    return ret;
}

int drive_fit(drive *d, uint32_t port, const doc *docs, size_t n)
{
    pass p = { .d = d, .docs = docs, .port = port };
    return run(&p, n);
}

int drive_apply(drive *d, const doc *docs, size_t n, written *out)
{
    pass p = { .d = d, .docs = docs, .apply = true, .out = out };
    d->m.n_rejects = 0;
    const int ret = run(&p, n);
    mock_sort_rejects(&d->m);
    return ret;
}

int drive_load(drive *d, uint32_t what, const void *p, size_t n)
{
    sl_io io = { .p = (unsigned char *)p, .n = n };
    return stage->load(&d->m.ctx[0], d->g, what, &io);
}
