/* The way of a batch: from `read` through the stages below its source to the sinks. */
#include <stdlib.h>
#include <string.h>
#include "exec/engine.h"

static int run_below(worker *w, uint32_t stage, flow *f);

/* ---- rejects ---- */

static int keep_for_quarantine(worker *w, const rejected *r)
{
    if (w->n_quar == w->quar_cap) {
        const size_t cap = w->quar_cap ? w->quar_cap * 2 : 256;
        rejected *v = realloc(w->quar, cap * sizeof *v);
        if (!v)
            return worker_fail(w, SL_E_NOMEM, "out of memory");
        w->quar = v;
        w->quar_cap = cap;
    }
    w->quar[w->n_quar++] = *r;
    return SL_OK;
}

static void annotate(worker *w, const plan_stage *p, const stage_state *s, flow *f, const rejected *r)
{
    column *as = f->slot[p->as_slot], *value = f->slot[p->as_value_slot];
    const char *name = s->metric_names[r->metric];
    (void)w;
    ((sl_str *)as->c.data)[r->row] = (sl_str){ name, (uint32_t)strlen(name), 0 };
    as->c.valid[r->row >> 6] |= 1ull << (r->row & 63);
    ((double *)value->c.data)[r->row] = r->why.value;
    value->c.valid[r->row >> 6] |= 1ull << (r->row & 63);
}

/* The message of a run that met too many broken documents names the first. */
static void remember_error(worker *w, const stage_state *s, const flow *f, const rejected *r)
{
    if (f->r->pos[r->row] >= w->first_error)
        return;
    w->first_error = f->r->pos[r->row];
    sbuf_clear(&w->first_text);
    sbuf_printf(&w->first_text, "%s: %s", w->x->splits[w->at.split].s.path, s->metric_names[r->metric]);
    if (s->s->kind == SL_SOURCE)
        sbuf_printf(&w->first_text, " at byte %.0f", r->why.value);
    if (r->why.detail.n)
        sbuf_printf(&w->first_text, ": %.*s", (int)r->why.detail.n, r->why.detail.p);
}

/* Counts what the callback rejected, and takes it out of the selection or writes it into the columns of annotate. */
static int settle_rejects(worker *w, stage_thread *st, flow *f)
{
    exec *x = w->x;
    const plan_stage *p = &x->p->stages[st->stage];
    const stage_state *s = &x->st[st->stage];
    const bool drop = p->mode != MODE_ANNOTATE;
    uint64_t errors = 0;
    for (size_t i = 0; i < w->n_rej; i++) {
        const rejected *r = &w->rej[i];
        if (!drop) {
            annotate(w, p, s, f, r);
            st->annotated++;
            continue;
        }
        st->counts[r->metric]++;
        if (s->metric_kinds[r->metric] == SL_M_ERROR) {
            errors++;
            remember_error(w, s, f, r);
        }
        if (x->quarantine && p->on_reject == ON_REJECT_QUARANTINE && keep_for_quarantine(w, r) < 0)
            return SL_E_NOMEM;
    }
    if (errors)
        atomic_fetch_add_explicit(&x->errors, errors, memory_order_relaxed);
    if (drop && w->n_rej) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < f->n_sel; i++)
            if (!(w->dead[f->sel[i] >> 6] >> (f->sel[i] & 63) & 1))
                f->sel[n++] = f->sel[i];
        f->n_sel = n;
    }
    return SL_OK;
}

static void show(worker *w, stage_thread *st, const flow *f, uint32_t row, const rejected *r)
{
    exec *x = w->x;
    const stage_state *s = &x->st[st->stage];
    exec_row e = { .stage = st->stage, .row = row, .pos = f->r->pos[row], .key = f->r->key[row] };
    const void *inside[2] = { st, f };
    e.engine = inside;
    if (r) {
        e.fate = x->p->stages[st->stage].mode == MODE_ANNOTATE ? ROW_ANNOTATED : ROW_REJECTED;
        e.reason = s->metric_names[r->metric];
        e.is_error = s->metric_kinds[r->metric] == SL_M_ERROR;
        e.why = r->why;
    }
    if (!x->o.tap(x->o.tap_u, &e))
        w->stop = true;
}

/* What a tap is shown: the rows that the callback saw, in order. */
static void show_rows(worker *w, stage_thread *st, const flow *f, const uint16_t *before, uint32_t n_before)
{
    for (uint32_t i = 0; i < n_before && !w->stop; i++) {
        const rejected *found = NULL;
        for (size_t k = 0; k < w->n_rej && !found; k++)
            found = w->rej[k].row == before[i] ? &w->rej[k] : NULL;
        show(w, st, f, before[i], found);
    }
}

static void forget_rejects(worker *w)
{
    for (size_t i = 0; i < w->n_rej; i++)
        w->dead[w->rej[i].row >> 6] = 0;
    w->n_rej = 0;
}

/* ---- one stage over one batch ---- */

static bool prepare_annotate(worker *w, const plan_stage *p, flow *f)
{
    f->slot[p->as_slot] = column_new(w->x, f->r, p->as_slot, f->r->n, false);
    f->slot[p->as_value_slot] = column_new(w->x, f->r, p->as_value_slot, f->r->n, false);
    f->state[p->as_slot] = f->state[p->as_value_slot] = SLOT_WRITTEN;
    return f->slot[p->as_slot] && f->slot[p->as_value_slot];
}

static void mark_reached(worker *w, const flow *f)
{
    for (uint32_t i = 0; i < f->n_sel; i++)
        w->reached[f->sel[i] >> 6] |= 1ull << (f->sel[i] & 63);
    atomic_fetch_add_explicit(&w->x->kept, f->n_sel, memory_order_relaxed);
}

static int run_stage(worker *w, uint32_t stage, flow *f)
{
    exec *x = w->x;
    stage_thread *st = &w->st[stage];
    const plan_stage *p = &x->p->stages[stage];
    const stage_state *s = &x->st[stage];
    sl_batch view;
    const bool sink = s->s->kind == SL_SINK;
    uint16_t *before = NULL;
    const uint32_t n_before = f->n_sel;

    st->in += f->n_sel;
    if (!view_make(x, p, f, &view) || (p->as_slot != PLAN_NONE && !prepare_annotate(w, p, f)))
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    if (x->o.tap && (before = arena_alloc(&f->r->mem, (n_before + 1) * sizeof *before, 8)))
        memcpy(before, f->sel, n_before * sizeof *before);
    st->flow = f;
    int r = SL_OK;
    if (!sink || !x->o.no_sinks) {
        const uint64_t t0 = now_ns();
        r = sink ? s->s->write(&st->ctx, s->g, st->local, &view) : s->s->process(&st->ctx, s->g, st->local, &view);
        st->ns += now_ns() - t0;
    }
    st->batches++;
    if (r >= 0 && w->error.n)
        r = w->error_code; /* it failed inside and did not say so */
    if (r < 0)
        return worker_fail(w, r, "%s failed without a message (%d)", p->name, r);
    r = settle_rejects(w, st, f);
    view_commit(x, p, f);
    if (before)
        show_rows(w, st, f, before, n_before);
    forget_rejects(w);
    st->kept += f->n_sel;
    if (sink)
        mark_reached(w, f);
    return r < 0 ? r : run_below(w, stage, f);
}

static int run_below(worker *w, uint32_t stage, flow *f)
{
    const plan_stage *p = &w->x->p->stages[stage];
    for (size_t i = 0; i < p->n_to && f->n_sel; i++) {
        flow *branch = i + 1 < p->n_to ? flow_branch(w->x, f) : f; /* the last may have the original */
        if (!branch)
            return worker_fail(w, SL_E_NOMEM, "out of memory");
        const int r = run_stage(w, p->to[i], branch);
        if (r < 0)
            return r;
    }
    return SL_OK;
}

/* ---- the source ---- */

static void count_reached(worker *w, const flow *f)
{
    for (uint32_t i = 0; i < (f->r->n + 63) / 64; i++) {
        w->item_kept += (uint64_t)__builtin_popcountll(w->reached[i]);
        w->reached[i] = 0;
    }
}

static int read_batch(worker *w, uint32_t stage, bool *end)
{
    exec *x = w->x;
    const work_split *sp = &x->splits[w->at.split];
    const plan_stage *p = &x->p->stages[stage];
    const stage_state *s = &x->st[stage];
    stage_thread *st = &w->st[stage];
    sl_split now = sp->s;
    sl_batch view;
    flow *f = flow_new(x, &w->r, p);
    if (!f || !view_make(x, p, f, &view))
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    now.index = sp->first + w->at.chunk;
    st->flow = f;
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
        return worker_fail(w, r, "%s failed without a message (%d)", p->name, r);
    }
    st->batches++;
    st->in += f->r->n;
    w->item_records += f->r->n;
    atomic_fetch_add_explicit(&x->documents, f->r->n, memory_order_relaxed);
    view_commit(x, p, f);
    if ((r = settle_rejects(w, st, f)) < 0)
        return r;
    for (uint32_t i = 0; x->o.tap && i < f->r->n && !w->stop; i++) {
        const rejected *found = NULL;
        for (size_t k = 0; k < w->n_rej && !found; k++)
            found = w->rej[k].row == i ? &w->rej[k] : NULL;
        show(w, st, f, i, found);
    }
    forget_rejects(w);
    st->kept += f->n_sel;
    const flow *as_read = x->quarantine ? flow_branch(x, f) : f; /* what the quarantine shows of a document */
    if (!as_read)
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    if ((r = run_below(w, stage, f)) < 0)
        return r;
    count_reached(w, f);
    return w->n_quar ? quarantine_write(w, as_read) : SL_OK;
}

int flow_source(worker *w)
{
    exec *x = w->x;
    const uint32_t stage = x->splits[w->at.split].source;
    bool end = false;
    w->ordinal = w->item_records = w->item_kept = 0;
    int r = sched_load(w);
    while (r >= 0 && !end && !w->stop) {
        if (sched_abandon(w))
            return worker_fail(w, SL_E_CANCEL, "stopped");
        r = read_batch(w, stage, &end);
    }
    return r < 0 ? r : SL_OK;
}
