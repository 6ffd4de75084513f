/* Rows, columns, flows and the views that stages see of them. */
#include <stdlib.h>
#include <string.h>
#include "exec/engine.h"

enum { KEEP_ARENA = 8 << 20 }; /* bytes that a batch's arena keeps for the next; a giant document's are given back */

size_t type_size(uint32_t type)
{
    static const uint8_t size[] = { [SL_T_BOOL] = 1, [SL_T_I32] = 4,  [SL_T_I64] = 8,  [SL_T_U64] = 8,  [SL_T_F32] = 4,
                                    [SL_T_F64] = 8,  [SL_T_SPAN] = 8, [SL_T_STR] = 16, [SL_T_JSON] = 16 };
    return type & 0x100 ? sizeof(sl_list) : type < sizeof size ? size[type] : 16;
}

bool rows_init(rows *r, uint32_t cap)
{
    memset(r, 0, sizeof *r);
    arena_init(&r->mem, 1 << 20);
    r->cap = cap;
    r->pos = malloc(cap * sizeof *r->pos);
    r->key = malloc(cap * sizeof *r->key);
    r->raw = malloc(cap * sizeof *r->raw);
    return r->pos && r->key && r->raw;
}

void rows_free(rows *r)
{
    arena_free(&r->mem);
    free(r->pos);
    free(r->key);
    free(r->raw);
}

column *column_new(const exec *x, rows *r, uint32_t slot, uint32_t n, bool valid)
{
    const plan_column *pc = &x->p->columns[slot];
    const size_t words = (n + 63) / 64 + 1;
    column *k = arena_zalloc(&r->mem, sizeof *k, _Alignof(column));
    void *data = arena_zalloc(&r->mem, (n + 1) * type_size(pc->type), 64);
    uint64_t *bits = arena_alloc(&r->mem, words * 8, 8);
    if (!k || !data || !bits)
        return NULL;
    memset(bits, valid ? 0xff : 0, words * 8);
    k->c = (sl_column){ .name = pc->name, .data = data, .valid = bits, .type = pc->type, .width = 1 };
    return k;
}

flow *flow_new(const exec *x, rows *r, const plan_stage *source)
{
    const size_t n = x->p->n_columns;
    arena_reset(&r->mem, KEEP_ARENA);
    r->n = 0;
    r->bytes = 0;
    flow *f = arena_zalloc(&r->mem, sizeof *f, _Alignof(flow));
    if (!f)
        return NULL;
    f->r = r;
    f->sel = arena_alloc(&r->mem, r->cap * sizeof *f->sel, 8);
    f->slot = arena_zalloc(&r->mem, (n + 1) * sizeof *f->slot, 8);
    f->state = arena_zalloc(&r->mem, n + 1, 1);
    if (!f->sel || !f->slot || !f->state)
        return NULL;
    for (size_t i = 0; i < source->n_wanted;
         i++) /* null until the record has it; the source label stands in for its name */
        if (!(f->slot[source->wanted[i]] =
                  column_new(x, r, source->wanted[i], r->cap, source->wanted[i] == x->p->source)))
            return NULL;
    for (size_t i = 0; i < source->n_wanted; i++)
        f->state[source->wanted[i]] = SLOT_READ;
    return f;
}

flow *flow_branch(const exec *x, const flow *f)
{
    const size_t n = x->p->n_columns;
    flow *b = arena_alloc(&f->r->mem, sizeof *b, _Alignof(flow));
    if (!b)
        return NULL;
    *b = *f;
    b->sel = arena_alloc(&f->r->mem, (f->n_sel + 1) * sizeof *b->sel, 8);
    b->slot = arena_alloc(&f->r->mem, (n + 1) * sizeof *b->slot, 8);
    b->state = arena_alloc(&f->r->mem, n + 1, 1);
    if (!b->sel || !b->slot || !b->state)
        return NULL;
    memcpy(b->sel, f->sel, f->n_sel * sizeof *b->sel);
    memcpy(b->slot, f->slot, n * sizeof *b->slot);
    memcpy(b->state, f->state, n);
    return b;
}

/* A copy that the stage may write into: other branches, and the sink that asks what changed, keep the original. */
static column *column_copy(const exec *x, flow *f, uint32_t slot)
{
    const column *old = f->slot[slot];
    const size_t bytes = f->r->n * type_size(old->c.type) * old->c.width;
    column *k = column_new(x, f->r, slot, f->r->n, true);
    void *data = k && old->c.width != 1 ? arena_alloc(&f->r->mem, bytes + INPUT_SLACK, 64) : k ? k->c.data : NULL;
    if (!data)
        return NULL;
    if (bytes && old->c.data)
        memcpy(data, old->c.data, bytes);
    memcpy(k->c.valid, old->c.valid, (f->r->n + 63) / 64 * 8);
    k->c.data = data;
    k->c.width = old->c.width;
    k->origin = f->state[slot] == SLOT_READ ? old->c.data : old->origin;
    k->c.flags = SL_COL_WRITTEN;
    return k;
}

static bool view_column(const exec *x, const plan_place *v, flow *f, bool source)
{
    column **k = &f->slot[v->slot];
    const uint32_t n = source ? f->r->cap : f->r->n;
    if (v->flags & SL_SHARED)
        return *k || (*k = column_new(x, f->r, v->slot, n, false)) != NULL;
    if ((v->flags & SL_WRITE) && (v->flags & SL_READ) && *k)
        return (*k = column_copy(x, f, v->slot)) != NULL;
    if (v->flags & SL_WRITE) {
        if (!(*k = column_new(x, f->r, v->slot, n, true)))
            return false;
        (*k)->c.flags = source ? 0 : SL_COL_WRITTEN;
        return true;
    }
    /* A column that this way down does not have (several inputs meet below): null everywhere. */
    return *k || (v->flags & SL_OPTIONAL) || !(v->flags & SL_READ) ||
           (*k = column_new(x, f->r, v->slot, n, false)) != NULL;
}

bool view_make(const exec *x, const plan_stage *s, flow *f, sl_batch *out)
{
    const bool source = s->def->s.kind == SL_SOURCE;
    const size_t room = s->n_view + (s->whole_row ? x->p->n_columns : 0);
    sl_column **columns = arena_zalloc(&f->r->mem, (room + 1) * sizeof *columns, 8);
    uint32_t n = 0;
    if (!columns)
        return false;
    for (size_t i = 0; i < s->n_view; i++) {
        const plan_place *v = &s->view[i];
        if (v->slot != PLAN_NONE && !view_column(x, v, f, source))
            return false;
        columns[n++] = v->slot == PLAN_NONE || !f->slot[v->slot] ? NULL : &f->slot[v->slot]->c;
    }
    if (s->whole_row)
        for (size_t i = 0; i < x->p->n_columns; i++) {
            bool named = false;
            for (size_t k = 0; k < s->n_view; k++)
                named |= s->view[k].slot == i;
            if (f->slot[i] && !named && !x->p->columns[i].hidden)
                columns[n++] = &f->slot[i]->c;
        }
    *out = (sl_batch){ .n_rows = f->r->n,
                       .n_sel = f->n_sel,
                       .sel = f->sel,
                       .columns = columns,
                       .n_columns = n,
                       .pos = f->r->pos,
                       .key = f->r->key,
                       .engine = f };
    return true;
}

void view_commit(const exec *x, const plan_stage *s, flow *f)
{
    bool text = false;
    for (size_t i = 0; i < s->n_view; i++) {
        const plan_place *v = &s->view[i];
        if (v->slot == PLAN_NONE || (v->flags & SL_SHARED))
            continue;
        if (v->flags & SL_WRITE) {
            f->state[v->slot] = s->def->s.kind == SL_SOURCE ? SLOT_READ : SLOT_WRITTEN;
            text |= v->slot == x->p->text;
        } else if (v->flags & SL_REMOVE) {
            f->state[v->slot] = SLOT_REMOVED;
            f->slot[v->slot] = NULL;
        }
    }
    for (size_t i = 0; text && s->def->s.kind != SL_SOURCE && i < x->p->n_columns; i++)
        if (x->p->columns[i].shared) /* word spans of a text that is no more */
            f->slot[i] = NULL;
}
