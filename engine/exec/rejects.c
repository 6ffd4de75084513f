/* What a callback dropped: counted, taken out of the selection or noted in columns, kept for the quarantine, shown to a
 * tap. */
#include <string.h>
#include "exec/engine.h"

static void annotate(const plan_stage *p, const stage_state *s, flow *f, const rejected *r)
{
    column *as = f->slot[p->as_slot], *value = f->slot[p->as_value_slot];
    const char *name = s->metric_names[r->metric];
    ((sl_str *)as->c.data)[r->row] = (sl_str){ name, (uint32_t)strlen(name), 0 };
    as->c.valid[r->row >> 6] |= 1ull << (r->row & 63);
    if (why_has_number(&r->why)) {
        ((double *)value->c.data)[r->row] = r->why.value;
        value->c.valid[r->row >> 6] |= 1ull << (r->row & 63);
    }
}

/* The message of a run that met too many broken documents names the first. */
static void remember_error(worker *w, const stage_state *s, const flow *f, const rejected *r)
{
    const exec *x = w->x;
    const uint32_t input = f->r->input[r->row];
    if (f->r->pos[r->row] >= w->first_error)
        return;
    w->first_error = f->r->pos[r->row];
    sbuf_clear(&w->first_text);
    sbuf_printf(&w->first_text, "%s: %s", input == PLAN_NONE ? s->p->name : x->splits[input].s.path,
                s->metric_names[r->metric]);
    if (s->s->kind == SL_SOURCE)
        sbuf_printf(&w->first_text, " at byte %.0f", r->why.value);
    if (r->why.detail.n)
        sbuf_printf(&w->first_text, ": %.*s", (int)r->why.detail.n, r->why.detail.p);
}

static void narrow_selection(const worker *w, flow *f)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->n_sel; i++)
        if (!(w->dead[f->sel[i] >> 6] >> (f->sel[i] & 63) & 1))
            f->sel[n++] = f->sel[i];
    f->n_sel = n;
}

int rejects_settle(worker *w, stage_thread *st, flow *f, bool narrow)
{
    exec *x = w->x;
    const plan_stage *p = &x->p->stages[st->stage];
    const stage_state *s = &x->st[st->stage];
    const bool drop = p->mode != MODE_ANNOTATE;
    uint64_t errors = 0;
    for (size_t i = 0; i < w->n_rej; i++) {
        const rejected *r = &w->rej[i];
        if (!drop) {
            annotate(p, s, f, r);
            st->annotated++;
            continue;
        }
        st->counts[r->metric]++;
        if (s->metric_kinds[r->metric] == SL_M_ERROR) {
            errors++;
            remember_error(w, s, f, r);
        }
        if (x->quarantine && p->on_reject == ON_REJECT_QUARANTINE && pass_of(x, st->stage)->official && x->now.writes &&
            quarantine_add(w, st, f, r) < 0)
            return SL_E_NOMEM;
    }
    if (errors)
        atomic_fetch_add_explicit(&x->errors, errors, memory_order_relaxed);
    if (drop && w->n_rej && narrow)
        narrow_selection(w, f);
    return SL_OK;
}

static exec_row row_of(const stage_thread *st, const flow *f, uint32_t row, const void *const *inside)
{
    const rows *r = f->r;
    const uint32_t input = r->input[row];
    return (exec_row){ .stage = st->stage,
                       .row = row,
                       .pos = r->pos[row],
                       .key = r->key[row],
                       .parent = r->cut ? r->parent[row] : 0,
                       .parent_key = r->cut ? r->parent_key[row] : 0,
                       .file = input == PLAN_NONE ? NULL : st->w->x->splits[input].s.path,
                       .engine = inside };
}

static void show(worker *w, stage_thread *st, const flow *f, uint32_t row, const rejected *r, bool first)
{
    exec *x = w->x;
    const stage_state *s = &x->st[st->stage];
    const void *inside[2] = { st, f };
    exec_row e = row_of(st, f, row, inside);
    e.first = first;
    if (r) {
        e.fate = x->p->stages[st->stage].mode == MODE_ANNOTATE ? ROW_ANNOTATED : ROW_REJECTED;
        e.reason = s->metric_names[r->metric];
        e.is_error = s->metric_kinds[r->metric] == SL_M_ERROR;
        e.why = r->why;
    }
    if (x->o.pick)
        pthread_mutex_lock(&x->lock);
    if (!x->o.tap(x->o.tap_u, &e))
        w->stop = true;
    if (x->o.pick)
        pthread_mutex_unlock(&x->lock);
}

bool rejects_wanted(const exec *x, uint64_t first, uint64_t end)
{
    const uint64_t *v = x->o.places;
    size_t lo = 0, hi = x->o.n_places;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (v[mid] >> 32 < first)
            lo = mid + 1;
        else
            hi = mid;
    }
    return !x->o.n_places || (lo < x->o.n_places && v[lo] >> 32 < end);
}

void rejects_pick(worker *w, stage_thread *st, flow *f)
{
    const exec *x = w->x;
    const void *inside[2] = { st, f };
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->n_sel; i++) {
        const uint32_t row = f->sel[i];
        exec_row e = row_of(st, f, row, inside);
        e.first = true;
        if (x->o.pick(x->o.tap_u, &e))
            f->sel[n++] = f->sel[i];
    }
    f->n_sel = n;
}

void rejects_show(worker *w, stage_thread *st, const flow *f, const uint16_t *of, uint32_t n, bool first)
{
    const exec *x = w->x;
    const pass_stage *now = pass_of(x, st->stage);
    const bool again = first && now->role == ROLE_OFF; /* from a store */
    const bool shown = x->o.pick ? now->official || again : x->now.plan.last;
    if (!x->o.tap || !shown)
        return;
    for (uint32_t i = 0; i < n && !w->stop; i++) {
        const uint32_t row = of ? of[i] : i;
        const rejected *found = NULL;
        for (size_t k = 0; k < w->n_rej && !found; k++)
            found = w->rej[k].row == row ? &w->rej[k] : NULL;
        show(w, st, f, row, found, first);
    }
}

void rejects_forget(worker *w)
{
    for (size_t i = 0; i < w->n_rej; i++)
        w->dead[w->rej[i].row >> 6] = 0;
    w->n_rej = 0;
}
