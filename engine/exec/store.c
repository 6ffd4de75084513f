/* What leaves a stage, kept for later passes: sorted, or in the order of the stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exec/kept.h"
#include "exec/ledger.h"

scratch *store_files(exec *x, uint32_t stage, unsigned threads)
{
    char name[16];
    snprintf(name, sizeof name, "%u", stage);
    return scratch_named(x->o.kept, name, threads, SCRATCH_LEVEL);
}

bool store_open(exec *x, uint32_t stage, int capture)
{
    store *s = &x->st[stage].store;
    if (capture == CAPTURE_SORT)
        return s->sort || (s->sort = sorter_new(x->scratch, &x->memory, x->threads, SORT_PIECE)) != NULL;
    if (s->kept)
        return true;
    if (kept_seals(x) && !(s->files = store_files(x, stage, x->threads)))
        return false;
    return (s->kept = pieces_new(s->files ? s->files : x->scratch, &x->memory, x->threads)) != NULL;
}

void store_close(exec *x, uint32_t stage)
{
    store *s = &x->st[stage].store;
    sorter_free(s->sort);
    pieces_free(s->kept);
    x->kept_bytes += s->files ? scratch_bytes(s->files) : 0;
    scratch_free(s->files);
    s->sort = NULL;
    s->kept = NULL;
    s->files = NULL;
    s->sealed = false;
}

static int failed(worker *w, int code, sbuf *err)
{
    if (code < 0)
        worker_fail(w, code, "%s", err->n ? sbuf_z(err) : "out of memory");
    sbuf_free(err);
    return code;
}

int store_put(worker *w, uint32_t stage, const flow *f)
{
    exec *x = w->x;
    store *s = &x->st[stage].store;
    const plan_stage *p = &x->p->stages[stage];
    const column *order = pass_of(x, stage)->capture == CAPTURE_SORT ? f->slot[p->order_slot] : NULL;
    sbuf err = { 0 };
    int r = SL_OK;
    for (uint32_t i = 0; i < f->n_sel && r >= 0; i++) {
        const uint32_t row = f->sel[i];
        sbuf_clear(&w->packed);
        const sl_str *raw = f->r->raw;
        const bool same = i && !order && raw[row].p && raw[row].p == raw[f->sel[i - 1]].p;
        if ((r = pack_row(w, f, row, same, &w->packed)) < 0)
            break;
        r = order ? sorter_add(s->sort, w->number, ((const uint64_t *)order->c.data)[row], f->r->pos[row], w->packed.p,
                               w->packed.n, &err)
                  : pieces_add(s->kept, w->number, w->packed.p, w->packed.n, &err);
        if (r < 0)
            return failed(w, r, &err);
    }
    sbuf_free(&err);
    return r;
}

/* A piece ends with the quarantine lines of its item, and how many bytes they are. */
int store_end_item(worker *w)
{
    exec *x = w->x;
    sbuf err = { 0 };
    int r = SL_OK;
    for (uint32_t i = x->now.keeper; i < x->p->n_stages && r >= 0; i++) {
        if (pass_of(x, i)->capture != CAPTURE_KEEP)
            continue;
        pieces *kept = x->st[i].store.kept;
        sbuf_clear(&w->packed);
        if (i == x->now.keeper && (r = quarantine_pack(w, &w->packed)) < 0)
            break;
        const uint64_t lines = w->packed.n;
        sbuf_add(&w->packed, &lines, sizeof lines);
        r = w->packed.failed ? SL_E_NOMEM : pieces_add(kept, w->number, w->packed.p, w->packed.n, &err);
        if (r >= 0)
            r = pieces_end(kept, w->number, item_number(w), &err);
    }
    return failed(w, r, &err);
}

/* What stands behind the rows of a kept piece: taken off, and taken up if nobody reads the piece again. Where the pass
 * writes nothing, an earlier process has written it. */
static int take_lines(worker *w, uint32_t stage, pack_source *from)
{
    uint64_t lines;
    if (from->n < sizeof lines)
        return SL_OK;
    memcpy(&lines, from->p + from->n - sizeof lines, sizeof lines);
    from->n -= sizeof lines + lines;
    return lines && pass_of(w->x, stage)->read_last && (w->x->now.writes || !ledger_resumed(w->x))
               ? quarantine_unpack(w, from->p + from->n, lines)
               : SL_OK;
}

int store_finish(exec *x)
{
    worker *w = &x->workers[0];
    sbuf err = { 0 };
    int r = SL_OK;
    for (uint32_t i = 0; i < x->p->n_stages && r >= 0; i++) {
        store *s = &x->st[i].store;
        if (pass_of(x, i)->capture == CAPTURE_SORT)
            r = sorter_finish(s->sort, EXEC_SORT_ROOM, &err);
        else if (pass_of(x, i)->capture == CAPTURE_KEEP)
            r = pieces_finish(s->kept, &err);
    }
    return failed(w, r, &err);
}

static bool count_by_input(worker *w)
{
    const size_t n = w->x->n_splits + 1;
    if (!w->kept_of)
        w->kept_of = calloc(n, sizeof *w->kept_of);
    if (!w->kept_from)
        w->kept_from = calloc(n, sizeof *w->kept_from);
    w->item_stored = w->kept_of && w->kept_from;
    return w->item_stored || (worker_fail(w, SL_E_NOMEM, "out of memory"), false);
}

int store_read(worker *w, const pass_item *at)
{
    exec *x = w->x;
    const store *s = &x->st[at->feed].store;
    pack_source from = { .number = at->first };
    sbuf err = { 0 };
    int r;
    if (!count_by_input(w))
        return SL_E_NOMEM;
    if (s->sort) {
        r = sorter_load(s->sort, w->number, at->piece, &w->piece, &err);
        static const sorter_doc none;
        from.docs = w->piece.v ? w->piece.v : &none;
        from.n_docs = r >= 0 ? w->piece.n : 0;
    } else {
        r = pieces_load(s->kept, w->number, at->piece, &w->kept, &err);
        if (r == SL_E_DATA && kept_holds(x, at->feed)) { /* whoever went on would meet it again */
            sbuf_puts(&err, ". The same command begins anew");
            r = SL_E_STATE;
        }
        from.p = w->kept.p;
        from.n = r >= 0 ? w->kept.n : 0;
    }
    if (failed(w, r, &err) < 0)
        return r;
    if (!s->sort && (r = take_lines(w, at->feed, &from)) < 0)
        return r;
    for (flow *f;;) {
        if (sched_abandon(w))
            return worker_fail(w, SL_E_CANCEL, "stopped");
        if ((r = pack_read(w, &from, &f)) < 0 || !f || w->stop)
            return r;
        rows *held = f->r;
        w->item_records += held->n;
        atomic_fetch_add_explicit(&x->documents, held->n, memory_order_relaxed);
        if (x->quarantine && !(held->as_read = flow_branch(x, f)))
            return worker_fail(w, SL_E_NOMEM, "out of memory");
        rejects_show(w, &w->st[at->feed], f, NULL, held->n, true);
        if ((r = flow_below(w, at->feed, f)) < 0)
            return r;
        rows_give(w, held);
    }
}
