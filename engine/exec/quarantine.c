/* The quarantine: one line for each dropped document, in stream order, with the reason, the evidence and the record. */
#include <stdlib.h>
#include <string.h>
#include "exec/engine.h"

static int by_row(const void *a, const void *b)
{
    const rejected *x = a, *y = b;
    return x->row != y->row ? (x->row < y->row ? -1 : 1) : x->stage < y->stage ? -1 : x->stage > y->stage;
}

static void line(worker *w, const flow *f, const rejected *r, sbuf *out)
{
    exec *x = w->x;
    const stage_state *s = &x->st[r->stage];
    const work_split *sp = &x->splits[w->at.split];
    const sl_str raw = f->r->raw[r->row];
    sbuf_puts(out, "{\"stage\":");
    sbuf_json_z(out, s->p->name);
    sbuf_puts(out, ",\"reason\":");
    sbuf_json_z(out, s->metric_names[r->metric]);
    if (r->why.size && (r->why.value != 0 || r->why.limit != 0)) { /* both 0: the reason has no number */
        sbuf_puts(out, ",\"value\":");
        sbuf_json_double(out, r->why.value);
        sbuf_puts(out, ",\"limit\":");
        sbuf_json_double(out, r->why.limit);
    }
    if (r->why.detail.n) {
        sbuf_puts(out, ",\"detail\":");
        sbuf_json(out, r->why.detail.p, r->why.detail.n);
    }
    sbuf_puts(out, ",\"file\":");
    sbuf_json_z(out, sp->s.path);
    sbuf_printf(out, ",\"key\":\"%016llx\",\"pos\":%llu,", (unsigned long long)f->r->key[r->row],
                (unsigned long long)f->r->pos[r->row]);
    if (s->s->kind == SL_SOURCE) { /* it may be no JSON at all */
        sbuf_puts(out, "\"raw\":");
        sbuf_json(out, raw.p ? raw.p : "", raw.n);
    } else {
        const sl_json_write_spec all = { .size = sizeof all };
        const flow bare = { .r = f->r, .slot = f->slot, .state = f->state };
        sbuf_puts(out, "\"record\":");
        if (raw.n)
            sbuf_add(out, raw.p, raw.n);
        else
            row_format(&w->st[r->stage], &bare, r->row, &all, false, out);
    }
    sbuf_puts(out, "}\n");
}

int quarantine_write(worker *w, const flow *f)
{
    sbuf out = { 0 };
    int r = SL_OK;
    qsort(w->quar, w->n_quar, sizeof *w->quar,
          by_row); /* branches ran one after the other; the file is in stream order */
    for (size_t i = 0; i < w->n_quar && r == SL_OK; i++) {
        sbuf_clear(&out);
        line(w, f, &w->quar[i], &out);
        if (out.failed || output_put(w->x->quarantine, w->number, out.p, out.n) < 0)
            r = worker_fail(w, SL_E_NOMEM, "out of memory");
    }
    sbuf_free(&out);
    w->n_quar = 0;
    return r;
}
