/* N rows in, M rows out; and families: the same rows, those of one parent in one batch. */
#include <string.h>
#include "exec/guard.h"

static bool make_bits(flow *in)
{
    const size_t words = ((size_t)in->r->n + 63) / 64 + 1;
    in->used = arena_zalloc(&in->r->mem, words * 8, 8);
    in->gone = arena_zalloc(&in->r->mem, words * 8, 8);
    return in->used && in->gone;
}

/* Rows that were rejected in this call; the selection stays, for the stage has its place in it. */
static int settle(worker *w, stage_thread *st, flow *in)
{
    for (size_t i = 0; i < w->n_rej; i++)
        in->gone[w->rej[i].row >> 6] |= 1ull << (w->rej[i].row & 63);
    const int r = rejects_settle(w, st, in, false);
    if (w->n_rej) {
        uint16_t *which = arena_alloc(&in->r->mem, w->n_rej * sizeof *which, 8);
        for (size_t i = 0; which && i < w->n_rej; i++)
            which[i] = (uint16_t)w->rej[i].row;
        if (which)
            rejects_show(w, st, in, which, (uint32_t)w->n_rej, false);
    }
    rejects_forget(w);
    return r;
}

static void count_in(stage_thread *st, const flow *in)
{
    for (uint32_t i = 0; i < in->n_sel; i++) {
        const uint32_t row = in->sel[i];
        const bool used = in->used[row >> 6] >> (row & 63) & 1, gone = in->gone[row >> 6] >> (row & 63) & 1;
        st->kept += used && !gone;
        st->absorbed += !used && !gone;
    }
}

static int hand_on(worker *w, uint32_t stage, flow *f, flow ***tail)
{
    stage_thread *st = &w->st[stage];
    exec *x = w->x;
    rows *r = f->r;
    view_commit(x, &x->p->stages[stage], f);
    st->out += f->n_sel;
    if (x->quarantine && !(r->as_read = flow_branch(x, f)))
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    rejects_show(w, st, f, f->sel, f->n_sel, false);
    if (*tail) { /* they are the list's now */
        f->next = NULL;
        **tail = f;
        *tail = &f->next;
        return SL_OK;
    }
    const int e = flow_below(w, stage, f);
    rows_give(w, r);
    return e;
}

int reshape_call(worker *w, uint32_t stage, flow *in, flow **out)
{
    exec *x = w->x;
    stage_thread *st = &w->st[stage];
    stage_state *s = &x->st[stage];
    void *l = s->s->flags & SL_F_ORDERED ? s->stream_local : st->local;
    flow **tail = out;
    int r = SL_MORE;
    if (in)
        st->in += in->n_sel;
    if (s->closed && in) {
        st->absorbed += in->n_sel;
        return SL_OK;
    }
    if (in && !make_bits(in))
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    while (r == SL_MORE && !w->stop) {
        rows *fresh = rows_take(w, x->now.batch_rows);
        flow *f = fresh ? flow_like(x, fresh, in) : NULL;
        sl_batch view_in, view_out;
        if (!f || (in && (!rows_point(fresh, in->r) || !view_make(x, s->p, in, VIEW_LOOK, &view_in))) ||
            !view_make(x, s->p, f, VIEW_FILL, &view_out))
            return worker_fail(w, SL_E_NOMEM, "out of memory");
        st->flow = in ? in : f;
        st->filling = f;
        guard g = guard_begin(w, stage);
        if (in)
            guard_look(w, stage, &g, in, &view_in, GUARD_LOOK);
        guard_look(w, stage, &g, f, &view_out, GUARD_FILL);
        w->n_seen = 0;
        const uint64_t t0 = now_ns();
        r = s->s->reshape(&st->ctx, s->g, l, in ? &view_in : NULL, &view_out);
        st->ns += now_ns() - t0;
        st->batches++;
        if ((r = stage_answered(w, stage, r, true, s->s->flags & SL_F_ORDERED)) < 0)
            return r;
        st->filling = NULL;
        if (view_out.n_rows != fresh->n || view_out.n_sel != f->n_sel)
            return worker_fail(w, SL_E_INTERNAL, "%s made rows without add", s->p->name);
        if (r == SL_MORE && !fresh->n)
            return worker_fail(w, SL_E_INTERNAL, "%s wants another batch, and put nothing into this one", s->p->name);
        if (sched_abandon(w))
            return worker_fail(w, SL_E_CANCEL, "stopped");
        if (guard_end(w, stage, &g, "reshape") < 0)
            return SL_E_INTERNAL;
        int e = in ? settle(w, st, in) : (rejects_forget(w), SL_OK);
        if (e >= 0 && f->n_sel)
            e = hand_on(w, stage, f, &tail);
        else
            rows_give(w, fresh);
        if (e < 0)
            return e;
    }
    if (r == SL_END && (s->s->flags & SL_F_ORDERED))
        s->closed = true;
    if (in)
        count_in(st, in);
    return SL_OK;
}

/* ---- families ---- */

enum { FAMILY_BATCHES = 8 }; /* that wait before families which are whole go on */

static uint64_t family(const flow *f, uint32_t i) { return f->r->cut ? f->r->parent[f->sel[i]] : 0; }

/* How many rows, from row `at` of f on, belong to one parent; over the borders of batches. */
static uint32_t family_size(const flow *f, uint32_t at)
{
    const uint64_t parent = family(f, at);
    uint64_t n = 0;
    for (; f; f = f->next, at = 0)
        for (; at < f->n_sel; at++, n++)
            if (!parent || family(f, at) != parent)
                return parent ? (uint32_t)n : 1;
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

typedef struct place { /* among parked batches */
    flow *f;           /* NULL: behind the last */
    uint32_t at;
} place;

/* Where the rows of the last parent begin: it may get more. */
static place last_family(flow *parked)
{
    place last = { NULL, 0 };
    uint64_t parent = 0;
    for (flow *f = parked; f; f = f->next)
        for (uint32_t i = 0; i < f->n_sel; i++)
            if (!parent || family(f, i) != parent) {
                last = (place){ f, i };
                parent = family(f, i);
            }
    return parent ? last : (place){ NULL, 0 };
}

/* Can families of both stand in one batch? Behind a sort those of several branches meet, with other columns, that a
 * stage has written or not. A family's own batches are always alike. */
static bool alike(const exec *x, const flow *a, const flow *b)
{
    for (size_t i = 0; i < x->p->n_columns; i++) {
        const column *k = a->slot[i], *l = b->slot[i];
        if (a->state[i] != b->state[i] || !k != !l || (k && (k->c.width != l->c.width || !k->origin != !l->origin)))
            return false;
    }
    return true;
}

/* A batch for at least `n` rows with the columns of `like`, at the end of a list. */
static flow *family_batch(worker *w, uint32_t n, const flow *like, flow ***tail)
{
    rows *r = rows_take(w, n);
    flow *f = r ? flow_like(w->x, r, like) : NULL;
    bool good = f != NULL;
    for (size_t i = 0; good && i < w->x->p->n_columns; i++) /* of batches that were kept, some have it */
        if (f->slot[i] && f->state[i] == SLOT_WRITTEN && !f->slot[i]->same)
            good = (f->slot[i]->same = arena_zalloc(&r->mem, ((size_t)n + 63) / 64 * 8 + 8, 8)) != NULL;
    if (!good)
        return worker_fail(w, SL_E_NOMEM, "out of memory"), NULL;
    **tail = f;
    *tail = &f->next;
    return f;
}

static int family_row(worker *w, flow *to, const flow *f, uint32_t row)
{
    rows *r = to->r;
    const uint32_t n = rows_add(r, f->r->pos[row], f->r->key[row], f->r->input[row]);
    flow_copy_row(w->x, to, n, f, row);
    r->root[n] = f->r->root[row];
    r->parent[n] = f->r->parent[row];
    r->parent_key[n] = f->r->parent_key[row];
    r->cut |= f->r->cut;
    to->sel[to->n_sel++] = (uint16_t)n;
    sbuf_clear(&w->packed);
    int e = quarantine_carry(w, f, row, &w->packed);
    if (e >= 0 && w->packed.n) {
        const char *copy = w->packed.n <= UINT32_MAX ? arena_strndup(&r->mem, w->packed.p, w->packed.n) : NULL;
        if (!copy || !rows_record(r, n, (sl_str){ copy, (uint32_t)w->packed.n, 0 }))
            e = worker_fail(w, SL_E_NOMEM, "out of memory");
    }
    return e < 0 || rows_point(r, f->r) ? e : worker_fail(w, SL_E_NOMEM, "out of memory");
}

/* The rows of parked batches up to a place, families whole. The batches before it are given back. */
static int gather(worker *w, flow *parked, place end, flow **first)
{
    const uint32_t batch = w->x->now.batch_rows;
    const flow *like = NULL; /* the last of which `to` has rows */
    flow **tail = first, *to = NULL;
    uint32_t left = 0;
    for (flow *f = parked, *next; f; f = next) {
        const uint32_t n = f == end.f ? end.at : f->n_sel;
        for (uint32_t i = 0; i < n; i++) {
            if (!left) {
                if ((left = family_size(f, i)) > UINT16_MAX)
                    return worker_fail(w, SL_E_DATA,
                                       "a document was cut into more than %d parts; they cannot be put together again",
                                       UINT16_MAX);
                if (!to || to->r->n + left > to->r->limit || !alike(w->x, like, f))
                    to = family_batch(w, left > batch ? left : batch, f, &tail);
                if (!to)
                    return SL_E_NOMEM;
            }
            like = f;
            const int e = family_row(w, to, f, f->sel[i]);
            if (e < 0)
                return e;
            left--;
        }
        if (f == end.f)
            break;
        next = f->next;
        rows_give(w, f->r);
    }
    for (flow *f = *first; f && w->x->quarantine; f = f->next)
        if (!(f->r->as_read = flow_branch(w->x, f)))
            return worker_fail(w, SL_E_NOMEM, "out of memory");
    return SL_OK;
}

int reshape_families(worker *w, stage_thread *st, bool all, flow **out)
{
    flow *parked = st->parked, *last = st->last_parked;
    const place end = all || !parked ? (place){ NULL, 0 } : last_family(parked);
    *out = NULL;
    if (end.f == parked && !end.at)
        return SL_OK;
    st->parked = end.f;
    st->last_parked = end.f ? last : NULL;
    st->n_parked = 0;
    const int e = gather(w, parked, end, out);
    if (e >= 0 && end.f) {
        end.f->sel += end.at;
        end.f->n_sel -= end.at;
    }
    for (const flow *f = end.f; f; f = f->next)
        st->n_parked++;
    return e;
}

int reshape_park(worker *w, uint32_t stage, flow *f)
{
    stage_thread *st = &w->st[stage];
    const uint32_t flags = w->x->st[stage].s->flags;
    flow *whole;
    f->next = NULL;
    *(st->parked ? &st->last_parked->next : &st->parked) = f;
    st->last_parked = f;
    rows_hold(f->r);
    if (++st->n_parked < FAMILY_BATCHES || (flags & SL_F_ORDERED))
        return SL_OK;
    if (family(st->parked, 0) && family(st->parked, 0) == family(f, f->n_sel - 1))
        return SL_OK; /* one family: it is not looked through again and again */
    const int e = reshape_families(w, st, false, &whole);
    return e < 0 ? e : flow_stage_all(w, stage, whole);
}
