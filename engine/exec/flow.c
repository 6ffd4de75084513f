/* The way of a batch from stage to stage. */
#include <string.h>
#include "exec/guard.h"

int stage_failed(worker *w, uint32_t stage, int code)
{
    if (code >= 0 && w->error.n)
        code = w->error_code; /* it failed inside and did not say so */
    return code < 0 ? worker_fail(w, code, "%s failed without a message (%d)", w->x->p->stages[stage].name, code)
                    : code;
}

int stage_answered(worker *w, uint32_t stage, int code, bool more, bool end)
{
    code = stage_failed(w, stage, code);
    if (code <= SL_OK || (code == SL_MORE && more) || (code == SL_END && end))
        return code;
    return worker_fail(w, SL_E_INTERNAL, "%s answered %d, which means nothing here", w->x->p->stages[stage].name, code);
}

static bool prepare_annotate(const exec *x, const plan_stage *p, flow *f)
{
    f->slot[p->as_slot] = column_new(x, f->r, p->as_slot, f->r->n, false);
    f->slot[p->as_value_slot] = column_new(x, f->r, p->as_value_slot, f->r->n, false);
    f->state[p->as_slot] = f->state[p->as_value_slot] = SLOT_WRITTEN;
    return f->slot[p->as_slot] && f->slot[p->as_value_slot];
}

static void mark_reached(worker *w, const flow *f)
{
    for (uint32_t i = 0; i < f->n_sel; i++)
        f->r->reached[f->sel[i] >> 6] |= 1ull << (f->sel[i] & 63);
    atomic_fetch_add_explicit(&w->x->kept, f->n_sel, memory_order_relaxed);
}

static bool is_ordered(const exec *x, uint32_t stage) { return (x->st[stage].s->flags & SL_F_ORDERED) != 0; }
static void *local_of(const exec *x, const stage_thread *st)
{
    return is_ordered(x, st->stage) ? x->st[st->stage].stream_local : st->local;
}

/* A stage has a copy of what its batch is: rows that it takes out of that are in ours. */
static int check_size(worker *w, uint32_t stage, const flow *f, const sl_batch *view)
{
    if (view->n_rows == f->r->n && view->n_sel == f->n_sel && view->sel == f->sel)
        return SL_OK;
    return worker_fail(w, SL_E_INTERNAL, "%s changed how many rows its batch has; it calls reject",
                       w->x->p->stages[stage].name);
}

static int call_fit(worker *w, uint32_t stage, flow *f)
{
    exec *x = w->x;
    stage_thread *st = &w->st[stage];
    const stage_state *s = &x->st[stage];
    sl_batch view;
    if (!view_make(x, s->p, f, VIEW_FIT, &view))
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    st->flow = f;
    guard g = guard_begin(w, stage);
    guard_look(w, stage, &g, f, &view, GUARD_LOOK);
    const uint64_t t0 = now_ns();
    int r = s->s->fit(&st->ctx, s->g, local_of(x, st), pass_of(x, stage)->port, &view);
    st->ns += now_ns() - t0;
    st->batches++;
    r = stage_answered(w, stage, r, false, is_ordered(x, stage));
    if (r < 0 || (r = check_size(w, stage, f, &view)) < 0 || (r = guard_end(w, stage, &g, "fit")) < 0)
        return r;
    return guard_fit(w, stage, &view);
}

int flow_call(worker *w, uint32_t stage, flow *f)
{
    exec *x = w->x;
    stage_thread *st = &w->st[stage];
    const plan_stage *p = &x->p->stages[stage];
    stage_state *s = &x->st[stage];
    const bool sink = s->s->kind == SL_SINK;
    sl_batch view;
    uint16_t *before = NULL;
    const uint32_t n_before = f->n_sel;

    if (pass_of(x, stage)->role == ROLE_FIT)
        return call_fit(w, stage, f);
    st->in += f->n_sel;
    if (s->closed) { /* it said that it wants no more */
        st->absorbed += f->n_sel;
        f->n_sel = 0;
        return SL_OK;
    }
    if (!view_make(x, p, f, VIEW_RUN, &view) || (p->as_slot != PLAN_NONE && !prepare_annotate(x, p, f)))
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    if (x->o.tap && (before = arena_alloc(&f->r->mem, (n_before + 1) * sizeof *before, 8)))
        memcpy(before, f->sel, n_before * sizeof *before);
    st->flow = f;
    w->n_seen = 0;
    int r = SL_OK;
    if (!sink || !x->o.no_sinks) {
        void *l = local_of(x, st);
        guard g = guard_begin(w, stage);
        guard_look(w, stage, &g, f, &view, sink ? GUARD_LOOK : GUARD_RUN);
        const uint64_t t0 = now_ns();
        r = sink ? s->s->write(&st->ctx, s->g, l, &view) : s->s->process(&st->ctx, s->g, l, &view);
        st->ns += now_ns() - t0;
        if (r >= 0 && !w->error.n &&
            (check_size(w, stage, f, &view) < 0 || guard_end(w, stage, &g, sink ? "write" : "process") < 0))
            r = SL_E_INTERNAL;
    }
    st->batches++;
    if ((r = stage_answered(w, stage, r, false, is_ordered(x, stage))) < 0)
        return r;
    if (r == SL_END && is_ordered(x, stage)) /* in its turn: nobody else looks */
        s->closed = true;
    r = rejects_settle(w, st, f, true);
    view_commit(x, p, f);
    if (before)
        rejects_show(w, st, f, before, n_before, false);
    rejects_forget(w);
    st->kept += f->n_sel;
    st->out += f->n_sel;
    if (sink)
        mark_reached(w, f);
    return r;
}

/* Must the stage have the batches of an item one after the other, or whole families? Then they wait before it. */
static bool parks(const exec *x, uint32_t stage)
{
    return (x->st[stage].s->flags & (SL_F_ORDERED | SL_F_FAMILIES)) != 0;
}

int flow_stage(worker *w, uint32_t stage, flow *f)
{
    if (w->x->st[stage].s->kind == SL_RESHAPE && pass_of(w->x, stage)->role == ROLE_RUN)
        return reshape_call(w, stage, f, NULL);
    const int r = flow_call(w, stage, f);
    return r < 0 || pass_of(w->x, stage)->role == ROLE_FIT ? r : flow_below(w, stage, f);
}

int flow_stage_all(worker *w, uint32_t stage, flow *f)
{
    int r = SL_OK;
    for (flow *next; f && r >= 0; f = next) {
        rows *held = f->r;
        next = f->next;
        r = flow_stage(w, stage, f);
        rows_give(w, held);
    }
    return r;
}

/* Does what leaves the stage by its way i go on there in this pass? */
static bool goes_on(const exec *x, const plan_stage *p, size_t i)
{
    const pass_stage *to = pass_of(x, p->to[i]);
    return (to->role == ROLE_RUN && p->to_port[i] == 0) || (to->role == ROLE_FIT && to->port == p->to_port[i]);
}

int flow_below(worker *w, uint32_t stage, flow *f)
{
    exec *x = w->x;
    const plan_stage *p = &x->p->stages[stage];
    size_t left = 0;
    if (!f->n_sel || w->stop)
        return SL_OK;
    if (pass_of(x, stage)->capture != CAPTURE_NONE) {
        const int r = store_put(w, stage, f);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < p->n_to; i++)
        left += goes_on(x, p, i);
    for (size_t i = 0; i < p->n_to && left; i++) {
        if (!goes_on(x, p, i))
            continue;
        flow *branch = --left ? flow_branch(x, f) : f; /* the last may have the original */
        if (!branch)
            return worker_fail(w, SL_E_NOMEM, "out of memory");
        const int r = parks(x, p->to[i]) ? reshape_park(w, p->to[i], branch) : flow_stage(w, p->to[i], branch);
        if (r < 0)
            return r;
    }
    return SL_OK;
}
