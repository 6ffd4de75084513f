/* One item - a split, a chunk of a stream, a piece of a store - from reading to the sinks. */
#include <string.h>
#include "exec/guard.h"

/* ---- reading ---- */

static int read_batch(worker *w, uint32_t stage, bool *end)
{
    exec *x = w->x;
    const work_split *sp = input_of(w);
    const plan_stage *p = &x->p->stages[stage];
    const stage_state *s = &x->st[stage];
    stage_thread *st = &w->st[stage];
    sl_split now = sp->s;
    sl_batch view;
    rows *rs = w->r = rows_take(w, x->now.batch_rows);
    flow *f = rs ? flow_new(x, rs, p) : NULL;
    if (!f || !view_make(x, p, f, VIEW_FILL, &view))
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    now.index = item_number(w);
    st->flow = st->filling = f;
    w->n_seen = 0;
    guard g = guard_begin(w, stage);
    guard_look(w, stage, &g, f, &view, GUARD_FILL);
    const uint64_t t0 = now_ns();
    int r = s->s->read(&st->ctx, s->g, st->local, &now, &view);
    st->ns += now_ns() - t0;
    *end = r == SL_END;
    st->filling = NULL;
    if (r >= 0 && w->error.n)
        r = w->error_code;
    if (r >= 0 && (view.n_rows != rs->n || view.n_sel != f->n_sel))
        r = worker_fail(w, SL_E_INTERNAL, "%s made rows without add", p->name);
    if (r >= 0)
        r = guard_end(w, stage, &g, "read") < 0 ? SL_E_INTERNAL : r;
    if ((r == SL_E_DATA || r == SL_E_IO) && x->p->file->head.on_error != ON_ERROR_FAIL) {
        sched_note(w, r); /* the rows before it count */
        *end = true;
    } else if (r < 0) {
        return stage_failed(w, stage, r);
    }
    st->batches++;
    st->in += rs->n;
    w->item_records += rs->n;
    atomic_fetch_add_explicit(&x->documents, rs->n, memory_order_relaxed);
    view_commit(x, p, f);
    if (x->quarantine && !(rs->as_read = flow_branch(x, f)))
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    if (x->now.picks)
        rejects_pick(w, st, f);
    uint16_t *shown = x->o.tap ? arena_alloc(&rs->mem, (f->n_sel + 1) * sizeof *shown, 8) : NULL;
    const uint32_t n_shown = shown ? f->n_sel : 0;
    if (shown)
        memcpy(shown, f->sel, n_shown * sizeof *shown);
    if ((r = rejects_settle(w, st, f, true)) < 0)
        return r;
    rejects_show(w, st, f, shown, n_shown, true);
    rejects_forget(w);
    st->kept += f->n_sel;
    st->out += f->n_sel;
    r = flow_below(w, stage, f);
    rows_give(w, rs);
    return r;
}

static int read_input(worker *w)
{
    const uint32_t stage = pass_item_of(w)->feed;
    bool end = false;
    int r = sched_load(w);
    while (r >= 0 && !end && !w->stop) {
        if (sched_abandon(w))
            return worker_fail(w, SL_E_CANCEL, "stopped");
        r = read_batch(w, stage, &end);
    }
    return r < 0 ? r : SL_OK;
}

/* ---- what waited for the end of the item ---- */

static int run_ordered(worker *w, uint32_t stage, flow *f)
{
    const bool fit = pass_of(w->x, stage)->role == ROLE_FIT, reshapes = w->x->st[stage].s->kind == SL_RESHAPE && !fit;
    flow *out = NULL, **tail = &out;
    int r = turn_wait(w, stage);
    for (flow *next; f && r >= 0; f = next) {
        next = f->next;
        if (reshapes) {
            r = reshape_call(w, stage, f, tail);
            while (*tail)
                tail = &(*tail)->next;
            rows_give(w, f->r);
        } else {
            r = flow_call(w, stage, f);
            f->next = NULL;
            *tail = f;
            tail = &f->next;
        }
    }
    if (r < 0)
        return r;
    turn_pass(w, stage);
    for (flow *next; out && r >= 0; out = next) {
        rows *held = out->r;
        next = out->next;
        r = fit ? SL_OK : flow_below(w, stage, out);
        rows_give(w, held);
    }
    return r;
}

/* What is parked before the stage; of one that wants families, put together. */
static int take_parked(worker *w, uint32_t stage, flow **out)
{
    stage_thread *st = &w->st[stage];
    if (w->x->st[stage].s->flags & SL_F_FAMILIES)
        return reshape_families(w, st, true, out);
    *out = st->parked;
    st->parked = st->last_parked = NULL;
    return SL_OK;
}

/* Stages stand below those they read from, so one sweep in their order settles everything. */
static int end_item(worker *w)
{
    exec *x = w->x;
    int r = SL_OK;
    for (uint32_t i = 0; i < x->p->n_stages && r >= 0 && !w->stop; i++) {
        const uint32_t role = pass_of(x, i)->role;
        const bool ordered = (x->st[i].s->flags & SL_F_ORDERED) != 0;
        flow *parked;
        if (role == ROLE_OFF)
            continue;
        r = take_parked(w, i, &parked);
        if (r >= 0) /* an ordered one also without rows: its turn passes */
            r = ordered ? run_ordered(w, i, parked) : flow_stage_all(w, i, parked);
        if (r >= 0 && role == ROLE_RUN && x->st[i].s->kind == SL_RESHAPE && !ordered)
            r = reshape_call(w, i, NULL, NULL);
    }
    return r;
}

static void begin_item(worker *w)
{
    w->ordinal = w->item_records = w->item_kept = 0;
    w->item_stored = false;
    for (uint32_t i = 0; i < w->x->p->n_stages; i++) {
        stage_thread *st = &w->st[i];
        st->ordinal = 0;
        st->parked = st->last_parked = NULL;
        st->n_parked = 0;
    }
}

int item_run(worker *w)
{
    const pass_item *at = pass_item_of(w);
    begin_item(w);
    int r = at->input != PLAN_NONE ? read_input(w) : store_read(w, at);
    if (r >= 0)
        r = end_item(w);
    rows_release(w);
    if (r >= 0)
        r = store_end_item(w);
    if (r >= 0)
        r = quarantine_end_item(w);
    return r;
}

int item_end_stream(exec *x)
{
    worker *w = &x->workers[0];
    int r = SL_OK;
    w->at = (item){ (uint32_t)x->now.n, 0 };
    begin_item(w);
    for (uint32_t i = 0; i < x->p->n_stages && r >= 0; i++) {
        flow *parked;
        if (pass_of(x, i)->role == ROLE_OFF)
            continue;
        r = take_parked(w, i, &parked);
        if (r >= 0)
            r = flow_stage_all(w, i, parked);
        if (r >= 0 && pass_of(x, i)->role == ROLE_RUN && x->st[i].s->kind == SL_RESHAPE)
            r = reshape_call(w, i, NULL, NULL); /* what ordered ones gave out may have gone through others */
    }
    rows_release(w);
    if (r >= 0)
        r = store_end_item(w);
    return r >= 0 ? quarantine_end_item(w) : r;
}
