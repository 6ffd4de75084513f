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
    ((double *)value->c.data)[r->row] = r->why.value;
    value->c.valid[r->row >> 6] |= 1ull << (r->row & 63);
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
        if (x->quarantine && p->on_reject == ON_REJECT_QUARANTINE && pass_of(x, st->stage)->official &&
            quarantine_add(w, st, f, r) < 0)
            return SL_E_NOMEM;
    }
    if (errors)
        atomic_fetch_add_explicit(&x->errors, errors, memory_order_relaxed);
    if (drop && w->n_rej && narrow)
        narrow_selection(w, f);
    return SL_OK;
}

static void show(worker *w, stage_thread *st, const flow *f, uint32_t row, const rejected *r, bool first)
{
    exec *x = w->x;
    const stage_state *s = &x->st[st->stage];
    exec_row e = { .stage = st->stage, .row = row, .pos = f->r->pos[row], .key = f->r->key[row], .first = first };
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

void rejects_show(worker *w, stage_thread *st, const flow *f, const uint16_t *of, uint32_t n, bool first)
{
    if (!w->x->o.tap || !w->x->now.plan.last)
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
