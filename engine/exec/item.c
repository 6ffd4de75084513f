/* One item - a split, a chunk of a stream, a piece of a store - from reading to the sinks. */
#include <string.h>
#include "exec/engine.h"

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
    st->flow = f;
    w->n_seen = 0;
    const uint64_t t0 = now_ns();
    int r = s->s->read(&st->ctx, s->g, st->local, &now, &view);
    st->ns += now_ns() - t0;
    *end = r == SL_END;
    if (r >= 0 && w->error.n)
        r = w->error_code;
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
    for (flow *next; out && r >= 0 && !fit; out = next) {
        next = out->next;
        r = flow_below(w, stage, out);
    }
    return r;
}

static int run_families(worker *w, uint32_t stage, flow *f)
{
    int r;
    f = reshape_families(w, f, &r);
    for (flow *next; f && r >= 0; f = next) {
        next = f->next;
        r = flow_stage(w, stage, f);
    }
    return r;
}

/* Stages stand below those they read from, so one sweep in their order settles everything. */
static int end_item(worker *w)
{
    exec *x = w->x;
    int r = SL_OK;
    for (uint32_t i = 0; i < x->p->n_stages && r >= 0 && !w->stop; i++) {
        stage_thread *st = &w->st[i];
        const uint32_t flags = x->st[i].s->flags, role = pass_of(x, i)->role;
        flow *parked = st->parked;
        if (role == ROLE_OFF)
            continue;
        st->parked = st->last_parked = NULL;
        if ((flags & SL_F_ORDERED) && (flags & SL_F_FAMILIES) && parked)
            parked = reshape_families(w, parked, &r);
        if (r >= 0 && (flags & SL_F_ORDERED))
            r = run_ordered(w, i, parked); /* also without rows: its turn passes */
        else if (r >= 0 && parked)
            r = run_families(w, i, parked);
        if (r >= 0 && role == ROLE_RUN && x->st[i].s->kind == SL_RESHAPE && !(flags & SL_F_ORDERED))
            r = reshape_call(w, i, NULL, NULL);
    }
    return r;
}

int item_run(worker *w)
{
    exec *x = w->x;
    const pass_item *at = pass_item_of(w);
    w->ordinal = w->item_records = w->item_kept = 0;
    w->item_stored = false;
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        w->st[i].ordinal = 0;
        w->st[i].parked = w->st[i].last_parked = NULL;
    }
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
    w->ordinal = 0;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        w->st[i].ordinal = 0;
    for (uint32_t i = 0; i < x->p->n_stages && r >= 0; i++) {
        const stage_state *s = &x->st[i];
        stage_thread *st = &w->st[i];
        flow *parked = st->parked;
        st->parked = st->last_parked = NULL;
        if (pass_of(x, i)->role == ROLE_OFF)
            continue;
        if ((s->s->flags & SL_F_FAMILIES) && parked)
            parked = reshape_families(w, parked, &r);
        for (flow *next; parked && r >= 0; parked = next) {
            next = parked->next;
            r = flow_stage(w, i, parked);
        }
        if (r >= 0 && pass_of(x, i)->role == ROLE_RUN && s->s->kind == SL_RESHAPE)
            r = reshape_call(w, i, NULL, NULL); /* what ordered ones gave out may have gone through others */
    }
    rows_release(w);
    if (r >= 0)
        r = store_end_item(w);
    return r >= 0 ? quarantine_end_item(w) : r;
}
