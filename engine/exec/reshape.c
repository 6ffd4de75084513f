/* N rows in, M rows out; and families: the same rows, those of one parent in one batch. */
#include <string.h>
#include "exec/guard.h"

static bool make_bits(flow *in)
{
    const size_t words = ((size_t)in->r->n + 63) / 64 + 1;
    in->used = arena_zalloc(&in->r->mem, words * 8, 8);
    in->gone = arena_zalloc(&in->r->mem, words * 8, 8);
    return in->used && in->gone;
}

/* Rows that were rejected in this call; the selection stays, for the stage has its place in it. */
static int settle(worker *w, stage_thread *st, flow *in)
{
    for (size_t i = 0; i < w->n_rej; i++)
        in->gone[w->rej[i].row >> 6] |= 1ull << (w->rej[i].row & 63);
    const int r = rejects_settle(w, st, in, false);
    if (w->n_rej) {
        uint16_t *which = arena_alloc(&in->r->mem, w->n_rej * sizeof *which, 8);
        for (size_t i = 0; which && i < w->n_rej; i++)
            which[i] = (uint16_t)w->rej[i].row;
        if (which)
            rejects_show(w, st, in, which, (uint32_t)w->n_rej, false);
    }
    rejects_forget(w);
    return r;
}

static void count_in(stage_thread *st, const flow *in)
{
    for (uint32_t i = 0; i < in->n_sel; i++) {
        const uint32_t row = in->sel[i];
        const bool used = in->used[row >> 6] >> (row & 63) & 1, gone = in->gone[row >> 6] >> (row & 63) & 1;
        st->kept += used && !gone;
        st->absorbed += !used && !gone;
    }
}

static int hand_on(worker *w, uint32_t stage, flow *f, flow ***tail)
{
    stage_thread *st = &w->st[stage];
    exec *x = w->x;
    rows *r = f->r;
    view_commit(x, &x->p->stages[stage], f);
    st->out += f->n_sel;
    if (x->quarantine && !(r->as_read = flow_branch(x, f)))
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    rejects_show(w, st, f, f->sel, f->n_sel, false);
    if (*tail) {
        rows_hold(w, r);
        f->next = NULL;
        **tail = f;
        *tail = &f->next;
        return SL_OK;
    }
    const int e = flow_below(w, stage, f);
    rows_give(w, r);
    return e;
}

int reshape_call(worker *w, uint32_t stage, flow *in, flow **out)
{
    exec *x = w->x;
    stage_thread *st = &w->st[stage];
    stage_state *s = &x->st[stage];
    void *l = s->s->flags & SL_F_ORDERED ? s->stream_local : st->local;
    flow **tail = out;
    int r = SL_MORE;
    if (in)
        st->in += in->n_sel;
    if (s->closed && in) {
        st->absorbed += in->n_sel;
        return SL_OK;
    }
    if (in && !make_bits(in))
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    while (r == SL_MORE && !w->stop) {
        rows *fresh = rows_take(w, x->now.batch_rows);
        flow *f = fresh ? flow_like(x, fresh, in) : NULL;
        sl_batch view_in, view_out;
        if (fresh)
            fresh->under = in ? in->r : NULL;
        if (!f || (in && !view_make(x, s->p, in, VIEW_LOOK, &view_in)) || !view_make(x, s->p, f, VIEW_FILL, &view_out))
            return worker_fail(w, SL_E_NOMEM, "out of memory");
        st->flow = in ? in : f;
        st->filling = f;
        guard g = guard_begin(w, stage);
        if (in)
            guard_look(w, stage, &g, in, &view_in, GUARD_LOOK);
        guard_look(w, stage, &g, f, &view_out, GUARD_FILL);
        w->n_seen = 0;
        const uint64_t t0 = now_ns();
        r = s->s->reshape(&st->ctx, s->g, l, in ? &view_in : NULL, &view_out);
        st->ns += now_ns() - t0;
        st->batches++;
        if ((r = stage_answered(w, stage, r, true, s->s->flags & SL_F_ORDERED)) < 0)
            return r;
        st->filling = NULL;
        if (view_out.n_rows != fresh->n || view_out.n_sel != f->n_sel)
            return worker_fail(w, SL_E_INTERNAL, "%s made rows without add", s->p->name);
        if (r == SL_MORE && !fresh->n)
            return worker_fail(w, SL_E_INTERNAL, "%s wants another batch, and put nothing into this one", s->p->name);
        if (sched_abandon(w))
            return worker_fail(w, SL_E_CANCEL, "stopped");
        if (guard_end(w, stage, &g, "reshape") < 0)
            return SL_E_INTERNAL;
        int e = in ? settle(w, st, in) : (rejects_forget(w), SL_OK);
        if (e >= 0 && f->n_sel)
            e = hand_on(w, stage, f, &tail);
        else
            rows_give(w, fresh);
        if (e < 0)
            return e;
    }
    if (r == SL_END && (s->s->flags & SL_F_ORDERED))
        s->closed = true;
    if (in)
        count_in(st, in);
    return SL_OK;
}

/* ---- families ---- */

static uint64_t family(const flow *f, uint32_t i) { return f->r->cut ? f->r->parent[f->sel[i]] : 0; }

/* How many rows, from row `at` of f on, belong to one parent; over the borders of batches. */
static uint32_t family_size(const flow *f, uint32_t at)
{
    const uint64_t parent = family(f, at);
    uint64_t n = 0;
    for (; f; f = f->next, at = 0)
        for (; at < f->n_sel; at++, n++)
            if (!parent || family(f, at) != parent)
                return parent ? (uint32_t)n : 1;
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

flow *reshape_families(worker *w, flow *parked, int *code)
{
    exec *x = w->x;
    const uint32_t batch = x->now.batch_rows;
    flow *first = NULL, **tail = &first, *to = NULL;
    uint32_t room = 0, left = 0;
    *code = SL_OK;
    for (flow *f = parked; f; f = f->next) {
        for (uint32_t i = 0; i < f->n_sel; i++) {
            if (!left && (left = family_size(f, i)) > UINT16_MAX) {
                *code = worker_fail(w, SL_E_DATA,
                                    "a document was cut into more than %d parts; they cannot be put together again",
                                    UINT16_MAX);
                return NULL;
            }
            if (!to || to->r->n + left > room) {
                room = left > batch ? left : batch;
                rows *r = rows_take(w, room);
                to = r ? flow_like(x, r, f) : NULL;
                if (!to) {
                    *code = worker_fail(w, SL_E_NOMEM, "out of memory");
                    return NULL;
                }
                rows_hold(w, r);
                *tail = to;
                tail = &to->next;
                room = to->r->n + left > batch ? left : batch;
            }
            const uint32_t row = f->sel[i], n = rows_add(to->r, f->r->pos[row], f->r->key[row], f->r->input[row]);
            flow_copy_row(x, to, n, f, row);
            if (f->r->cut) {
                to->r->cut = true;
                to->r->parent[n] = f->r->parent[row];
                to->r->parent_key[n] = f->r->parent_key[row];
            }
            to->sel[to->n_sel++] = (uint16_t)n;
            left--;
        }
    }
    for (flow *f = first; f && x->quarantine; f = f->next)
        if (!(f->r->as_read = flow_branch(x, f))) {
            *code = worker_fail(w, SL_E_NOMEM, "out of memory");
            return NULL;
        }
    return first;
}
