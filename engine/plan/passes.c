#include "plan/passes.h"
#include <stdlib.h>
#include <string.h>

bool pass_state_init(pass_state *st, const plan *p, uint32_t goal, arena *mem)
{
    const size_t n = p->n_stages;
    *st = (pass_state){ .goal = arena_zalloc(mem, n + 1, 1),
                        .fitted = arena_zalloc(mem, n + 1, 1),
                        .stored = arena_zalloc(mem, n + 1, 1),
                        .keep = arena_zalloc(mem, n + 1, 1),
                        .done = arena_zalloc(mem, (n + 1) * sizeof *st->done, _Alignof(bool *)) };
    if (!st->goal || !st->fitted || !st->stored || !st->keep || !st->done)
        return false;
    for (size_t i = 0; i < n; i++) {
        const plan_stage *s = &p->stages[i];
        if (!(st->done[i] = arena_zalloc(mem, s->n_ports + 1, 1)))
            return false;
        st->goal[i] = goal == PLAN_NONE ? s->def->s.kind == SL_SINK : i == goal;
        st->fitted[i] = !s->fits;
        st->keep[i] = s->keep;
        for (size_t k = 0; k < s->n_ports; k++)
            st->done[i][k + 1] = s->ports[k].last == PLAN_NONE;
        st->done[i][0] = (s->def->s.flags & SL_F_PORTS_ONLY) != 0;
    }
    return true;
}

bool pass_plan_init(pass_plan *out, const plan *p, arena *mem)
{
    out->st = arena_zalloc(mem, (p->n_stages + 1) * sizeof *out->st, _Alignof(pass_stage));
    return out->st != NULL;
}

/* What must be gone through from now on to reach the goals. */
static void find_needed(const plan *p, const pass_state *st, bool *need)
{
    memcpy(need, st->goal, p->n_stages);
    for (size_t i = p->n_stages; i-- > 0;) {
        const plan_stage *s = &p->stages[i];
        if (!need[i] || (st->stored[i] && !st->goal[i]))
            continue;
        for (size_t k = 0; k < s->n_from; k++)
            need[s->from[k]] = true;
        for (size_t k = 0; k < s->n_ports && !st->fitted[i]; k++)
            if (!st->done[i][k + 1])
                need[s->ports[k].last] = true;
    }
}

/* Which stages can be given documents (in), and which can hand them on (out). */
static void find_ready(const plan *p, const pass_state *st, bool *in, bool *out)
{
    for (size_t i = 0; i < p->n_stages; i++) {
        const plan_stage *s = &p->stages[i];
        in[i] = true;
        for (size_t k = 0; k < s->n_from; k++)
            in[i] = in[i] && out[s->from[k]];
        out[i] = st->stored[i] || (!s->sorts && st->fitted[i] && in[i]);
    }
}

static void run_from(const plan *p, const pass_state *st, pass_plan *out, uint32_t i)
{
    pass_stage *me = &out->st[i];
    if (st->stored[i]) {
        me->feed = true;
        return;
    }
    if (me->role == ROLE_RUN)
        return;
    me->role = ROLE_RUN;
    me->feed = p->stages[i].def->s.kind == SL_SOURCE;
    for (size_t k = 0; k < p->stages[i].n_from; k++)
        run_from(p, st, out, p->stages[i].from[k]);
}

static void fit_from(const plan *p, const pass_state *st, pass_plan *out, uint32_t i, uint32_t port)
{
    const plan_stage *s = &p->stages[i];
    out->st[i].role = ROLE_FIT;
    out->st[i].port = port;
    if (port) {
        run_from(p, st, out, s->ports[port - 1].last);
        return;
    }
    for (size_t k = 0; k < s->n_from; k++)
        run_from(p, st, out, s->from[k]);
}

/* The first port of i that has not been looked at; 0: none is left. */
static uint32_t next_port(const plan *p, const pass_state *st, uint32_t i)
{
    for (uint32_t k = 1; k <= p->stages[i].n_ports; k++)
        if (!st->done[i][k])
            return k;
    return 0;
}

static bool fit_ports(const plan *p, const pass_state *st, pass_plan *out, const bool *need, const bool *ready_out)
{
    bool any = false;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const uint32_t port = need[i] && !st->fitted[i] && !st->stored[i] ? next_port(p, st, i) : 0;
        if (port && ready_out[p->stages[i].ports[port - 1].last]) {
            fit_from(p, st, out, i, port);
            any = true;
        }
    }
    return any;
}

static bool fit_main(const plan *p, const pass_state *st, pass_plan *out, const bool *need, const bool *ready_in)
{
    bool any = false;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        if (!need[i] || !ready_in[i] || st->stored[i]) /* what it made is there */
            continue;
        if (!st->fitted[i] && !st->done[i][0] && !next_port(p, st, i)) {
            fit_from(p, st, out, i, 0);
            any = true;
        } else if (p->stages[i].sorts && st->fitted[i]) {
            run_from(p, st, out, i);
            out->st[i].capture = CAPTURE_SORT;
            any = true;
        }
    }
    return any;
}

/* Ports go first: they are small, and what then waits for the main stream can share a sweep over it. */
static void choose(const plan *p, const pass_state *st, pass_plan *out, bool *need, bool *in, bool *ready)
{
    memset(out->st, 0, p->n_stages * sizeof *out->st);
    find_needed(p, st, need);
    find_ready(p, st, in, ready);
    out->last = !fit_ports(p, st, out, need, ready) && !fit_main(p, st, out, need, in);
    for (uint32_t i = 0; out->last && i < p->n_stages; i++)
        if (st->goal[i])
            run_from(p, st, out, i);
}

void pass_done(const plan *p, pass_state *st, const pass_plan *pass)
{
    for (size_t i = 0; i < p->n_stages; i++) {
        if (pass->st[i].role == ROLE_FIT)
            st->done[i][pass->st[i].port] = true;
        if (pass->st[i].capture != CAPTURE_NONE)
            st->stored[i] = true;
    }
}

bool pass_complete(const plan *p, const pass_state *st, uint32_t s)
{
    return !st->fitted[s] && st->done[s][0] && !next_port(p, st, s);
}

/* Everything that runs in the passes after `pass`, as far as can be told beforehand. */
static bool find_later(const plan *p, const pass_state *now, const pass_plan *pass, bool *later, bool *reads)
{
    const size_t n = p->n_stages;
    arena mem;
    pass_state st;
    pass_plan next = { .last = pass->last };
    arena_init(&mem, 0);
    bool *need = arena_zalloc(&mem, n + 1, 1), *in = arena_zalloc(&mem, n + 1, 1), *out = arena_zalloc(&mem, n + 1, 1);
    bool good = pass_state_init(&st, p, PLAN_NONE, &mem) && pass_plan_init(&next, p, &mem) && need && in && out;
    if (good) {
        memcpy(st.goal, now->goal, n);
        memcpy(st.fitted, now->fitted, n);
        memcpy(st.stored, now->stored, n);
        memcpy(st.keep, now->keep, n);
        for (size_t i = 0; i < n; i++)
            memcpy(st.done[i], now->done[i], p->stages[i].n_ports + 1);
        pass_done(p, &st, pass);
    }
    memset(later, 0, n);
    memset(reads, 0, n);
    while (good && !next.last) {
        for (uint32_t i = 0; i < n; i++)
            if (pass_complete(p, &st, i))
                st.fitted[i] = true;
        choose(p, &st, &next, need, in, out);
        for (size_t i = 0; i < n; i++) {
            later[i] |= next.st[i].role == ROLE_RUN;
            reads[i] |= next.st[i].feed;
        }
        pass_done(p, &st, &next);
    }
    arena_free(&mem);
    return good;
}

bool pass_next(const plan *p, const pass_state *st, pass_plan *out)
{
    const size_t n = p->n_stages;
    bool *flags = calloc(3 * n + 3, 1);
    if (!flags)
        return false;
    bool *later = flags, *reads = flags + n;
    choose(p, st, out, later, reads, flags + 2 * n);
    bool good = find_later(p, st, out, later, reads);
    for (size_t i = n; good && i-- > 0;) /* the lowest first: what is kept below it may be all that is needed */
        if (st->keep[i] && out->st[i].role == ROLE_RUN && later[i] && out->st[i].capture == CAPTURE_NONE) {
            out->st[i].capture = CAPTURE_KEEP;
            good = find_later(p, st, out, later, reads);
        }
    for (size_t i = 0; good && i < n; i++) {
        out->st[i].official = out->st[i].role == ROLE_RUN && !later[i];
        out->st[i].read_last = st->stored[i] && out->st[i].feed && !reads[i];
    }
    free(flags);
    return good;
}

bool pass_later(const plan *p, const pass_state *st, bool *runs, bool *reads)
{
    pass_stage *none = calloc(p->n_stages + 1, sizeof *none);
    const pass_plan nothing = { .st = none };
    const bool good = none && find_later(p, st, &nothing, runs, reads);
    free(none);
    return good;
}

bool pass_store_needed(const plan *p, const pass_state *st, uint32_t s)
{
    const size_t n = p->n_stages;
    bool *flags = calloc(2 * n + 2, 1);
    const bool needed = !flags || !pass_later(p, st, flags, flags + n) || flags[n + s]; /* out of memory: keep it */
    free(flags);
    return needed;
}
