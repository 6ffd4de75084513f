#include "exec/guard.h"
#ifndef NDEBUG
#include "base/hash.h"

/* The array of a column, what its texts and lists point to, and which rows are valid. */
static uint64_t sum_of(const sl_column *c, uint32_t n)
{
    const size_t size = type_size(c->type);
    uint64_t h = hash_two(hash_bytes(c->data ? c->data : "", c->data ? n * size * c->width : 0),
                          hash_bytes(c->valid, ((size_t)n + 63) / 64 * 8));
    for (uint32_t i = 0; i < n && c->data && (c->type == SL_T_STR || c->type == SL_T_JSON); i++) {
        const sl_str s = ((const sl_str *)c->data)[i];
        if (c->valid[i >> 6] >> (i & 63) & 1 && s.n)
            h = hash_two(h, hash_bytes(s.p, s.n));
    }
    return h ? h : 1;
}

static uint64_t sum_rows(const sl_batch *b)
{
    return hash_two(
        hash_bytes(b->sel, b->n_sel * sizeof *b->sel),
        hash_two(hash_bytes(b->pos, b->n_rows * sizeof *b->pos), hash_bytes(b->key, b->n_rows * sizeof *b->key)));
}

static bool may_write(const plan_stage *p, size_t place)
{
    return place < p->n_view && (p->view[place].flags & (SL_WRITE | SL_SHARED));
}

guard guard_begin(worker *w, uint32_t stage, const flow *f, const sl_batch *view, bool look)
{
    const plan_stage *p = &w->x->p->stages[stage];
    guard g = { .f = f, .view = view, .rows = sum_rows(view) };
    g.sums = arena_zalloc(&f->r->mem, ((size_t)view->n_columns + 1) * sizeof *g.sums, 8);
    for (uint32_t i = 0; g.sums && i < view->n_columns; i++)
        if (view->columns[i] && (!may_write(p, i) || (look && !(p->view[i].flags & SL_SHARED))))
            g.sums[i] = sum_of(view->columns[i], view->n_rows);
    return g;
}

/* column_new leaves one element behind the last row, and the words of the bitmap are whole. */
static bool wrote_behind(const sl_column *c, uint32_t n)
{
    const size_t size = type_size(c->type);
    const unsigned char *at = (const unsigned char *)c->data + n * size;
    for (size_t i = 0; c->width == 1 && i < size; i++)
        if (at[i])
            return true;
    return false;
}

int guard_end(worker *w, uint32_t stage, const guard *g)
{
    const plan_stage *p = &w->x->p->stages[stage];
    const sl_batch *v = g->view;
    if (sum_rows(v) != g->rows)
        return worker_fail(w, SL_E_INTERNAL,
                           "%s changed the selection, the places or the keys of its rows; it calls reject", p->name);
    for (uint32_t i = 0; g->sums && i < v->n_columns; i++) {
        const sl_column *c = v->columns[i];
        if (!c)
            continue;
        if (g->sums[i] && sum_of(c, v->n_rows) != g->sums[i])
            return worker_fail(w, SL_E_INTERNAL, "%s wrote into the column '%s', which it says it only reads", p->name,
                               c->name);
        if (!g->sums[i] && p->view[i].slot != PLAN_NONE && (p->view[i].flags & SL_WRITE) &&
            !(p->view[i].flags & SL_SHARED) && wrote_behind(c, v->n_rows))
            return worker_fail(w, SL_E_INTERNAL, "%s wrote behind the last row of the column '%s'", p->name, c->name);
    }
    return SL_OK;
}
#endif
