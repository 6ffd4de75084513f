/* A callback and its batches: what it only reads must be as it was. */
#include "exec/guard.h"
#ifndef NDEBUG
#include "base/hash.h"

/* ---- the shared state ---- */

void guard_changing(stage_state *s) { atomic_fetch_add(&s->changing, 1); }
void guard_changed(stage_state *s) { atomic_fetch_add(&s->changed, 1); }

/* Other threads may be in combine; then the sum is of no use, and the reading no race that matters. */
__attribute__((no_sanitize("thread"))) static uint64_t sum_state(const stage_state *s)
{
    const volatile unsigned char *p = s->g;
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s->s->state_size; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

/* ---- batches ---- */

static uint64_t sum_text(uint64_t h, const sl_str *s) { return s->p && s->n ? hash_two(h, hash_bytes(s->p, s->n)) : h; }

/* The array of a column, what its texts and lists point to, and which rows are valid. */
static uint64_t sum_of(const sl_column *c, uint32_t n)
{
    const size_t size = guard_value_size(c, 1);
    const uint32_t of = c->type & 0xff;
    uint64_t h = hash_two(hash_bytes(c->data ? c->data : "", c->data ? n * size : 0),
                          hash_bytes(c->valid, ((size_t)n + 63) / 64 * 8));
    for (uint32_t i = 0; i < n && c->data && c->width == 1; i++) {
        if (!(c->valid[i >> 6] >> (i & 63) & 1))
            continue;
        if (c->type == SL_T_STR || c->type == SL_T_JSON) {
            h = sum_text(h, &((const sl_str *)c->data)[i]);
        } else if (c->type & 0x100) {
            const sl_list *l = &((const sl_list *)c->data)[i];
            h = l->p ? hash_two(h, hash_bytes(l->p, l->n * type_size(of))) : h;
            for (uint32_t k = 0; l->p && k < l->n && (of == SL_T_STR || of == SL_T_JSON); k++)
                h = sum_text(h, &((const sl_str *)l->p)[k]);
        }
    }
    return h ? h : 1;
}

static uint64_t sum_rows(const sl_batch *b)
{
    return hash_two(
        hash_bytes(b->sel, b->n_sel * sizeof *b->sel),
        hash_two(hash_bytes(b->pos, b->n_rows * sizeof *b->pos), hash_bytes(b->key, b->n_rows * sizeof *b->key)));
}

static bool may_write(const plan_stage *p, size_t place, int how)
{
    if (place >= p->n_view || (how == GUARD_LOOK && !(p->view[place].flags & SL_SHARED)))
        return false;
    return (p->view[place].flags & (SL_WRITE | SL_SHARED)) != 0;
}

guard guard_begin(worker *w, uint32_t stage)
{
    stage_state *s = &w->x->st[stage];
    guard g = { .changing = atomic_load(&s->changing) };
    w->lent = NULL;
    g.still = g.changing == atomic_load(&s->changed);
    g.frozen = sum_state(s);
    return g;
}

void guard_look(worker *w, uint32_t stage, guard *g, const flow *f, const sl_batch *view, int how)
{
    const plan_stage *p = &w->x->p->stages[stage];
    const size_t room = (size_t)view->n_columns + 1;
    guarded *v = &g->v[g->n];
    *v = (guarded){ .f = f, .view = view, .how = how, .rows = how == GUARD_FILL ? 0 : sum_rows(view) };
    v->was = arena_zalloc(&f->r->mem, room * sizeof *v->was, 8);
    v->sums = arena_zalloc(&f->r->mem, room * sizeof *v->sums, 8);
    v->before = arena_zalloc(&f->r->mem, room * sizeof *v->before, 8);
    if (!v->was || !v->sums || !v->before)
        return; /* nothing is looked at */
    g->n++;
    for (uint32_t i = 0; i < view->n_columns; i++) {
        const sl_column *c = view->columns[i];
        if (!c)
            continue;
        v->was[i] = *c;
        if (!may_write(p, i, how)) {
            v->sums[i] = how == GUARD_FILL ? 0 : sum_of(c, view->n_rows);
            continue;
        }
        const size_t bytes = how == GUARD_FILL ? 0 : guard_value_size(c, view->n_rows);
        v->before[i] = arena_alloc(&f->r->mem, bytes + 1, 64);
        if (v->before[i] && bytes && c->data)
            memcpy(v->before[i], c->data, bytes);
    }
}

/* ---- after it ---- */

static int check_column(worker *w, uint32_t stage, const guard *g, const guarded *v, uint32_t i)
{
    const plan_stage *p = &w->x->p->stages[stage];
    const sl_column *c = v->view->columns[i], *was = &v->was[i];
    const char *wrong;
    if (was->name != c->name || was->type != c->type || was->valid != c->valid || was->flags != c->flags ||
        (v->sums[i] && (was->data != c->data || was->width != c->width)))
        return worker_fail(w, SL_E_INTERNAL, "%s changed what the column '%s' is", p->name, was->name);
    if (guard_array_torn((const column *)(const void *)c))
        return worker_fail(w, SL_E_INTERNAL, "%s wrote outside of the column '%s'", p->name, c->name);
    if (v->sums[i] && sum_of(c, v->view->n_rows) != v->sums[i])
        return worker_fail(w, SL_E_INTERNAL, "%s wrote into the column '%s', which it says it only reads", p->name,
                           c->name);
    if (may_write(p, i, v->how) && (wrong = guard_values(w, g, v, i)))
        return worker_fail(w, SL_E_INTERNAL, "%s left %s in the column '%s'", p->name, wrong, c->name);
    return SL_OK;
}

static int check_batch(worker *w, uint32_t stage, const guard *g, const guarded *v)
{
    if (v->how != GUARD_FILL && sum_rows(v->view) != v->rows)
        return worker_fail(w, SL_E_INTERNAL,
                           "%s changed the selection, the places or the keys of its rows; it calls reject",
                           w->x->p->stages[stage].name);
    for (uint32_t i = 0; i < v->view->n_columns; i++)
        if (v->view->columns[i] && v->was[i].name && check_column(w, stage, g, v, i) < 0)
            return SL_E_INTERNAL;
    return SL_OK;
}

int guard_end(worker *w, uint32_t stage, const guard *g, const char *callback)
{
    stage_state *s = &w->x->st[stage];
    const uint64_t frozen = sum_state(s);
    if (g->still && atomic_load(&s->changing) == g->changing && frozen != g->frozen)
        return worker_fail(w, SL_E_INTERNAL, "%s changed its shared state in %s, where it is frozen", s->p->name,
                           callback);
    const struct guard_block *torn = guard_torn(w);
    if (torn)
        return worker_fail(w, SL_E_INTERNAL, "%s wrote outside of the %zu bytes that alloc gave it", s->p->name,
                           guard_torn_size(torn));
    for (size_t i = 0; i < g->n; i++)
        if (check_batch(w, stage, g, &g->v[i]) < 0)
            return SL_E_INTERNAL;
    return SL_OK;
}
#endif
