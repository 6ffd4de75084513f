/* The quarantine: one line for each dropped document, in stream order, with the reason, the evidence and the record. */
#include <stdlib.h>
#include <string.h>
#include "exec/engine.h"

/* A row that was cut has its document's record. */
static bool has_record(const rows *r, uint32_t row) { return r->raw[row].n && !r->parent[row]; }

/* The record as it was read; where there is none, what was read or cut, whatever became of it since. */
static void add_record(worker *w, const flow *f, uint32_t row, sbuf *out)
{
    static const sl_json_write_spec all = { .size = sizeof all };
    const rows *r = f->r;
    const flow *as_read = r->as_read ? r->as_read : f;
    const flow bare = { .r = f->r, .slot = as_read->slot, .state = as_read->state };
    if (has_record(r, row))
        sbuf_add(out, r->raw[row].p, r->raw[row].n);
    else if (r->record && r->record[row].n)
        sbuf_add(out, r->record[row].p, r->record[row].n);
    else
        row_format(&w->st[0], &bare, row, &all, false, out);
}

/* Did a stage touch what a record shows? */
static bool touched(const exec *x, const flow *f)
{
    for (size_t i = 0; i < x->p->n_columns; i++)
        if (f->slot[i] != f->r->as_read->slot[i] && !x->p->columns[i].hidden && !x->p->columns[i].shared)
            return true;
    return false;
}

int quarantine_carry(worker *w, const flow *f, uint32_t row, sbuf *out)
{
    const rows *r = f->r;
    if (!w->x->quarantine || !r->as_read || has_record(r, row))
        return SL_OK;
    if ((r->record && r->record[row].n) || touched(w->x, f))
        add_record(w, f, row, out);
    return out->failed ? worker_fail(w, SL_E_NOMEM, "out of memory") : SL_OK;
}

static void line(worker *w, stage_thread *st, const flow *f, const rejected *r, sbuf *out)
{
    exec *x = w->x;
    const stage_state *s = &x->st[st->stage];
    const sl_str raw = f->r->raw[r->row];
    const uint32_t input = f->r->input[r->row];
    sbuf_puts(out, "{\"stage\":");
    sbuf_json_z(out, s->p->name);
    sbuf_puts(out, ",\"reason\":");
    sbuf_json_z(out, s->metric_names[r->metric]);
    if (why_has_number(&r->why)) {
        sbuf_puts(out, ",\"value\":");
        sbuf_json_double(out, r->why.value);
        sbuf_puts(out, ",\"limit\":");
        sbuf_json_double(out, r->why.limit);
    }
    if (r->why.partner)
        sbuf_printf(out, ",\"partner\":%llu", (unsigned long long)r->why.partner);
    if (r->why.port && r->why.port <= s->p->n_ports) {
        sbuf_puts(out, ",\"partner_in\":");
        sbuf_json_z(out, s->p->ports[r->why.port - 1].name);
    }
    if (r->why.detail.n) {
        sbuf_puts(out, ",\"detail\":");
        sbuf_json(out, r->why.detail.p, r->why.detail.n);
    }
    if (input != PLAN_NONE) {
        sbuf_puts(out, ",\"file\":");
        sbuf_json_z(out, x->splits[input].s.path);
    }
    sbuf_printf(out, ",\"key\":\"%016llx\",\"pos\":%llu,", (unsigned long long)f->r->key[r->row],
                (unsigned long long)f->r->pos[r->row]);
    if (s->s->kind == SL_SOURCE) { /* it may be no JSON at all */
        sbuf_puts(out, "\"raw\":");
        sbuf_json(out, raw.p ? raw.p : "", raw.n);
    } else {
        sbuf_puts(out, "\"record\":");
        add_record(w, f, r->row, out);
    }
    sbuf_puts(out, "}\n");
}

static quarantined *quarantine_room(worker *w)
{
    if (w->n_quar < w->quar_cap)
        return &w->quar[w->n_quar];
    const size_t cap = w->quar_cap ? w->quar_cap * 2 : 256;
    quarantined *v = realloc(w->quar, cap * sizeof *v);
    if (!v)
        return worker_fail(w, SL_E_NOMEM, "out of memory"), NULL;
    w->quar = v;
    w->quar_cap = cap;
    return &w->quar[w->n_quar];
}

int quarantine_add(worker *w, stage_thread *st, const flow *f, const rejected *r)
{
    quarantined *q = quarantine_room(w);
    if (!q)
        return SL_E_NOMEM;
    const size_t at = w->quar_text.n;
    line(w, st, f, r, &w->quar_text);
    if (w->quar_text.failed)
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    *q =
        (quarantined){ f->r->root[r->row], f->r->pos[r->row], st->stage, (uint32_t)w->n_quar, at, w->quar_text.n - at };
    w->n_quar++;
    return SL_OK;
}

/* A document that is kept for later passes is not done yet: what was dropped beside it stands in the quarantine at its
 * place in the stream, whether it was kept or read again. */
typedef struct packed {
    uint64_t root, pos, n;
    uint32_t stage, reserved;
} packed;

int quarantine_pack(worker *w, sbuf *out)
{
    for (size_t i = 0; i < w->n_quar; i++) {
        const quarantined *q = &w->quar[i];
        const packed p = { .root = q->root, .pos = q->pos, .n = q->n, .stage = q->stage };
        sbuf_add(out, &p, sizeof p);
        sbuf_add(out, w->quar_text.p + q->at, q->n);
    }
    w->n_quar = 0;
    sbuf_clear(&w->quar_text);
    return out->failed ? worker_fail(w, SL_E_NOMEM, "out of memory") : SL_OK;
}

int quarantine_unpack(worker *w, const char *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        packed one;
        memcpy(&one, p + at, sizeof one);
        at += sizeof one;
        quarantined *q = quarantine_room(w);
        if (!q)
            return SL_E_NOMEM;
        *q = (quarantined){ one.root, one.pos, one.stage, (uint32_t)w->n_quar, w->quar_text.n, one.n };
        w->n_quar++;
        sbuf_add(&w->quar_text, p + at, one.n);
        at += one.n;
    }
    return w->quar_text.failed ? worker_fail(w, SL_E_NOMEM, "out of memory") : SL_OK;
}

/* Branches ran one after the other, and some stages late; the file is in stream order: of documents as they were read,
 * for the pos of a part counts within its item and says nothing beside those of others. */
static int by_place(const void *a, const void *b)
{
    const quarantined *x = a, *y = b;
    if (x->root != y->root)
        return x->root < y->root ? -1 : 1;
    if (x->stage != y->stage)
        return x->stage < y->stage ? -1 : 1;
    if (x->pos != y->pos)
        return x->pos < y->pos ? -1 : 1;
    return (x->nth > y->nth) - (x->nth < y->nth);
}

int quarantine_end_item(worker *w)
{
    int r = SL_OK;
    if (!w->n_quar)
        return SL_OK;
    qsort(w->quar, w->n_quar, sizeof *w->quar, by_place);
    for (size_t i = 0; i < w->n_quar && r == SL_OK; i++)
        if (output_put(w->x->quarantine, w->number, w->quar_text.p + w->quar[i].at, w->quar[i].n) < 0)
            r = worker_fail(w, SL_E_NOMEM, "out of memory");
    w->n_quar = 0;
    sbuf_clear(&w->quar_text);
    return r;
}
