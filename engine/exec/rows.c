/* Rows, columns, flows and the views that stages see of them. */
#include <stdlib.h>
#include <string.h>
#include "exec/guard.h"

enum { KEEP_ARENA = 8 << 20 }; /* bytes that a batch's arena keeps for the next; a giant document's are given back */

size_t type_size(uint32_t type)
{
    static const uint8_t size[] = { [SL_T_BOOL] = 1, [SL_T_I32] = 4,  [SL_T_I64] = 8,  [SL_T_U64] = 8,  [SL_T_F32] = 4,
                                    [SL_T_F64] = 8,  [SL_T_SPAN] = 8, [SL_T_STR] = 16, [SL_T_JSON] = 16 };
    return type & 0x100 ? sizeof(sl_list) : type < sizeof size ? size[type] : 16;
}

static bool rows_room(rows *r, uint32_t cap)
{
    const size_t words = (cap + 63) / 64;
    if (r->cap >= cap)
        return true;
    free(r->pos);
    r->cap = 0;
    /* One block for all arrays, widest first. */
    r->pos = calloc(1, cap * (5 * sizeof(uint64_t) + 2 * sizeof(sl_str) + sizeof(uint32_t)) + words * 8 + 8);
    if (!r->pos)
        return false;
    r->key = r->pos + cap;
    r->root = r->key + cap;
    r->parent = r->root + cap;
    r->parent_key = r->parent + cap;
    r->reached = r->parent_key + cap;
    r->raw = (sl_str *)(void *)(r->reached + words);
    r->parsed = r->raw + cap;
    r->input = (uint32_t *)(void *)(r->parsed + cap);
    r->cap = cap;
    return true;
}

rows *rows_take(worker *w, uint32_t cap)
{
    rows *r = w->pool;
    if (r) {
        w->pool = r->next;
    } else if ((r = calloc(1, sizeof *r))) {
        arena_init(&r->mem, 1 << 20);
        r->next_all = w->all;
        w->all = r;
    }
    if (!r || !rows_room(r, cap))
        return NULL;
    arena_reset(&r->mem, KEEP_ARENA);
    r->n = 0;
    r->limit = cap;
    r->bytes = 0;
    r->cut = false;
    r->as_read = NULL;
    r->record = NULL;
    r->under = NULL;
    r->n_under = 0;
    r->uses = 1;
    r->next = NULL;
    return r;
}

static void count_input(worker *w, uint32_t input)
{
    if (input == PLAN_NONE)
        return;
    if (!w->kept_of[input]++)
        w->kept_from[w->n_kept_from++] = input;
}

static void count_reached(worker *w, rows *r)
{
    for (uint32_t i = 0; i < (r->n + 63) / 64; i++) {
        w->item_kept += (uint64_t)__builtin_popcountll(r->reached[i]);
        for (uint64_t bits = w->item_stored ? r->reached[i] : 0; bits; bits &= bits - 1)
            count_input(w, r->input[64 * i + (uint32_t)__builtin_ctzll(bits)]);
        r->reached[i] = 0;
    }
}

rows *rows_hold(rows *r)
{
    r->uses++;
    return r;
}

bool rows_point(rows *r, rows *into)
{
    if (r->n_under && r->under[r->n_under - 1] == into)
        return true;
    rows **v = arena_grow(&r->mem, r->under, r->n_under, sizeof *v);
    if (!v)
        return false;
    r->under = v;
    v[r->n_under++] = rows_hold(into);
    return true;
}

static void to_pool(worker *w, rows *r)
{
    count_reached(w, r);
    r->next = w->pool;
    w->pool = r;
}

void rows_give(worker *w, rows *r)
{
    if (--r->uses)
        return;
    for (uint32_t i = 0; i < r->n_under; i++) /* as deep as reshapes follow one another */
        rows_give(w, r->under[i]);
    to_pool(w, r);
}

void rows_release(worker *w)
{
    for (rows *r = w->all; r; r = r->next_all)
        if (r->uses) {
            r->uses = 0;
            to_pool(w, r);
        }
}

void rows_free(rows *r)
{
    if (!r)
        return;
    arena_free(&r->mem);
    free(r->pos);
    free(r);
}

uint32_t rows_add(rows *r, uint64_t pos, uint64_t key, uint32_t input)
{
    const uint32_t n = r->n++;
    r->pos[n] = pos;
    r->key[n] = key;
    r->root[n] = pos;
    r->parent[n] = r->parent_key[n] = 0;
    r->raw[n] = r->parsed[n] = (sl_str){ NULL, 0, 0 };
    r->input[n] = input;
    return n;
}

bool rows_record(rows *r, uint32_t row, sl_str record)
{
    if (!r->record && !(r->record = arena_zalloc(&r->mem, r->limit * sizeof *r->record, 16)))
        return false;
    r->record[row] = record;
    return true;
}

column *column_new(const exec *x, rows *r, uint32_t slot, uint32_t n, bool valid)
{
    const plan_column *pc = &x->p->columns[slot];
    const size_t words = ((size_t)n + 63) / 64;
    column *k = arena_zalloc(&r->mem, sizeof *k, _Alignof(column));
    void *data = guard_array(&r->mem, n * type_size(pc->type));
    uint64_t *bits = guard_array(&r->mem, words * 8);
    if (!k || !data || !bits)
        return NULL;
    memset(bits, valid ? 0xff : 0, words * 8);
    k->c = (sl_column){ .name = pc->name, .data = data, .valid = bits, .type = pc->type, .width = 1 };
    k->by_place = slot == x->p->text;
    k->made = data;
    k->n_made = n;
    return k;
}

flow *flow_like(const exec *x, rows *r, const flow *like)
{
    const size_t n = x->p->n_columns;
    flow *f = arena_zalloc(&r->mem, sizeof *f, _Alignof(flow));
    if (!f)
        return NULL;
    f->r = r;
    f->sel = arena_alloc(&r->mem, r->limit * sizeof *f->sel, 8);
    f->slot = arena_zalloc(&r->mem, (n + 1) * sizeof *f->slot, 8);
    f->state = arena_zalloc(&r->mem, n + 1, 1);
    if (!f->sel || !f->slot || !f->state)
        return NULL;
    for (size_t i = 0; like && i < n; i++) {
        const column *old = like->slot[i];
        f->state[i] = like->state[i];
        if (!old)
            continue;
        column *k = f->slot[i] = column_new(x, r, (uint32_t)i, r->limit, false);
        if (k && old->c.width != 1) {
            k->c.width = old->c.width;
            k->c.data =
                arena_zalloc(&r->mem, (size_t)r->limit * old->c.width * type_size(old->c.type) + INPUT_SLACK, 64);
        }
        if (k && old->origin && like->state[i] == SLOT_WRITTEN)
            k->origin = arena_zalloc(&r->mem, (r->limit + 1) * type_size(old->c.type), 64);
        if (k && old->same)
            k->same = arena_zalloc(&r->mem, ((size_t)r->limit + 63) / 64 * 8 + 8, 8);
        if (!k || !k->c.data || (old->origin && like->state[i] == SLOT_WRITTEN && !k->origin) ||
            (old->same && !k->same))
            return NULL;
        k->c.flags = old->c.flags;
    }
    return f;
}

static void copy_bit(uint64_t *to, uint32_t i, const uint64_t *from, uint32_t k)
{
    to[i >> 6] = (to[i >> 6] & ~(1ull << (i & 63))) | (from[k >> 6] >> (k & 63) & 1) << (i & 63);
}

void flow_copy_row(const exec *x, flow *out, uint32_t to, const flow *in, uint32_t from)
{
    for (size_t i = 0; i < x->p->n_columns; i++) {
        const column *old = in->slot[i];
        column *k = out->slot[i];
        if (!old || !k)
            continue;
        const size_t size = type_size(old->c.type);
        memcpy((char *)k->c.data + to * size * k->c.width, (const char *)old->c.data + from * size * old->c.width,
               size * old->c.width);
        copy_bit(k->c.valid, to, old->c.valid, from);
        const void *origin = old->origin ? old->origin : in->state[i] == SLOT_READ ? old->c.data : NULL;
        if (k->origin && origin)
            memcpy((char *)(uintptr_t)k->origin + to * size, (const char *)origin + from * size, size);
        if (k->same && old->same)
            copy_bit((uint64_t *)(uintptr_t)k->same, to, old->same, from);
    }
    out->r->raw[to] = in->r->raw[from];
    out->r->parsed[to] = in->r->parsed[from];
    out->r->input[to] = in->r->input[from];
}

flow *flow_new(const exec *x, rows *r, const plan_stage *source)
{
    flow *f = flow_like(x, r, NULL);
    for (size_t i = 0; f && i < source->n_wanted; i++) {
        /* null until the record has it; the source label stands in for its name */
        const uint32_t slot = source->wanted[i];
        if (!(f->slot[slot] = column_new(x, r, slot, r->limit, slot == x->p->source)))
            return NULL;
        f->state[slot] = SLOT_READ;
    }
    return f;
}

flow *flow_branch(const exec *x, const flow *f)
{
    const size_t n = x->p->n_columns;
    flow *b = arena_alloc(&f->r->mem, sizeof *b, _Alignof(flow));
    if (!b)
        return NULL;
    *b = *f;
    b->next = NULL;
    b->used = b->gone = NULL;
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

static bool view_column(const exec *x, const plan_stage *s, const plan_place *v, flow *f, int how)
{
    column **k = &f->slot[v->slot];
    const uint32_t n = how == VIEW_FILL ? f->r->limit : f->r->n;
    const bool source = s->def->s.kind == SL_SOURCE;
    if (v->flags & SL_SHARED)
        return *k || (*k = column_new(x, f->r, v->slot, n, false)) != NULL;
    if (how == VIEW_RUN && (v->flags & SL_WRITE) && (v->flags & SL_READ) && *k)
        return (*k = column_copy(x, f, v->slot)) != NULL;
    if (how == VIEW_FILL && !source && *k &&
        (v->flags & SL_WRITE)) /* a child has its parent's value until it is written */
        return (*k)->origin || f->state[v->slot] != SLOT_READ ||
               ((*k)->origin = arena_zalloc(&f->r->mem, (n + 1) * type_size((*k)->c.type), 64)) != NULL;
    if ((how == VIEW_RUN || how == VIEW_FILL) && (v->flags & SL_WRITE)) {
        if (!(*k = column_new(x, f->r, v->slot, n, true)))
            return false;
        (*k)->c.flags = source ? 0 : SL_COL_WRITTEN;
        return true;
    }
    /* A column that this way down does not have (several inputs meet below): null everywhere. */
    return *k || (v->flags & SL_OPTIONAL) || !(v->flags & SL_READ) ||
           (*k = column_new(x, f->r, v->slot, n, false)) != NULL;
}

/* Is the place of this view empty in the pass at hand? */
static bool not_now(const plan_place *v, int how)
{
    if (v->slot == PLAN_NONE)
        return true;
    if ((how == VIEW_FIT || how == VIEW_LOOK) && (v->flags & SL_WRITE) && !(v->flags & (SL_READ | SL_SHARED)))
        return true;
    return (v->flags & (how == VIEW_FIT ? SL_APPLY_ONLY : SL_FIT_ONLY)) != 0;
}

bool view_make(const exec *x, const plan_stage *s, flow *f, int how, sl_batch *out)
{
    const size_t room = s->n_view + (s->whole_row ? x->p->n_columns : 0);
    sl_column **columns = arena_zalloc(&f->r->mem, (room + 1) * sizeof *columns, 8);
    uint32_t n = 0;
    if (!columns)
        return false;
    for (size_t i = 0; i < s->n_view; i++) {
        const plan_place *v = &s->view[i];
        const bool there = !not_now(v, how);
        if (there && !view_column(x, s, v, f, how))
            return false;
        columns[n++] = !there || !f->slot[v->slot] ? NULL : &f->slot[v->slot]->c;
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
                       .parent = f->r->cut ? f->r->parent : NULL,
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
        if ((v->flags & SL_WRITE) && !(v->flags & SL_FIT_ONLY)) {
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
