/* Every fit twice: what a stage gathers must not depend on which thread got what, nor on the order of combine. A twin
 * of the stage sees the same batches in other local states, with threads numbered from the other end, and combines them
 * in the opposite order. Then both are saved, and the bytes compared. Not where a document may be seen once only, nor
 * in order; and one round, for later ones begin with what finalize made. */
#include "exec/guard.h"
#ifndef NDEBUG
#include <stdlib.h>

enum { LANES = 2 }; /* local states for each thread: for splits of even and odd number */

typedef struct lane {
    stage_thread st;
    void *local;
} lane;
struct guard_twin {
    void *g;
    bool opened;
    uint64_t *counts; /* of nobody */
    unsigned n;       /* lanes */
    lane v[];
};

static bool wanted(const exec *x, uint32_t stage)
{
    const stage_state *s = &x->st[stage];
    return s->opened && pass_of(x, stage)->role == ROLE_FIT && s->s->save && !s->round &&
           !(s->s->flags & (SL_F_ORDERED | SL_F_ONCE));
}

/* Counts of each lane for itself: threads write them. */
static struct guard_twin *make(exec *x, uint32_t stage)
{
    const stage_state *s = &x->st[stage];
    const unsigned n = x->threads * LANES;
    struct guard_twin *t = calloc(1, sizeof *t + n * sizeof *t->v);
    if (!t)
        return NULL;
    t->g = calloc(1, s->s->state_size + 1);
    t->counts = calloc(n * (s->n_metrics + 1), sizeof *t->counts);
    if (!t->g || !t->counts) {
        free(t->g);
        free(t->counts);
        free(t);
        return NULL;
    }
    t->n = n;
    for (unsigned i = 0; i < n; i++) {
        const stage_thread *real = &x->workers[i / LANES].st[stage];
        stage_thread *st = &t->v[i].st;
        *st = (stage_thread){ .ctx = real->ctx, .w = real->w, .stage = stage };
        st->counts = t->counts + i * (s->n_metrics + 1);
        st->ctx.engine = st;
        st->ctx.thread = n - 1 - i;
        st->ctx.n_threads = n;
    }
    return t;
}

bool guard_fit_begin(exec *x)
{
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        stage_state *s = &x->st[i];
        if (!wanted(x, i))
            continue;
        struct guard_twin *t = s->twin = make(x, i);
        if (!t)
            return worker_fail(&x->workers[0], SL_E_NOMEM, "out of memory"), false;
        t->opened = true;
        if (s->s->open && stage_failed(&x->workers[0], i, s->s->open(&t->v[0].st.ctx, s->p->cfg, t->g)) < 0)
            return false;
    }
    return true;
}

int guard_fit(worker *w, uint32_t stage, const sl_batch *view)
{
    const stage_state *s = &w->x->st[stage];
    struct guard_twin *t = s->twin;
    int r = SL_OK;
    if (!t)
        return SL_OK;
    lane *l = &t->v[w->number * LANES + (view->pos[0] >> 32 & 1)];
    l->st.flow = (flow *)view->engine;
    if (!l->local) {
        if (!(l->local = calloc(1, s->s->local_size + 1)))
            return worker_fail(w, SL_E_NOMEM, "out of memory");
        r = s->s->open_local ? stage_failed(w, stage, s->s->open_local(&l->st.ctx, t->g, l->local)) : SL_OK;
    }
    if (r >= 0)
        r = stage_answered(w, stage, s->s->fit(&l->st.ctx, t->g, l->local, pass_of(w->x, stage)->port, view), false,
                           false);
    return r;
}

static int combine(const stage_state *s, struct guard_twin *t, bool good)
{
    int r = SL_OK;
    for (unsigned i = t->n; i-- > 0;) {
        lane *l = &t->v[i];
        if (l->local && good && r >= 0 && s->s->combine)
            r = s->s->combine(&l->st.ctx, t->g, l->local);
        if (l->local && s->s->close_local)
            s->s->close_local(&l->st.ctx, t->g, l->local);
        free(l->local);
        l->local = NULL;
    }
    return r;
}

static int compare(exec *x, uint32_t stage, struct guard_twin *t)
{
    const uint32_t port = pass_of(x, stage)->port;
    stage_state *s = &x->st[stage];
    worker *w = &x->workers[0];
    sbuf ours = { 0 }, theirs = { 0 };
    int r = guard_save(&w->st[stage], s->g, port, &ours);
    if (r >= 0)
        r = guard_save(&t->v[0].st, t->g, port, &theirs);
    if (r >= 0 && (ours.n != theirs.n || (ours.n && memcmp(ours.p, theirs.p, ours.n))))
        r = worker_fail(
            w, SL_E_INTERNAL,
            "%s gathered something else from the same documents on other threads, combined in another order",
            s->p->name);
    sbuf_free(&ours);
    sbuf_free(&theirs);
    return r;
}

static void drop(exec *x, struct guard_twin *t)
{
    for (unsigned k = 0; k < t->n; k++) {
        stage_thread *st = &t->v[k].st;
        budget_give(&x->memory, st->reserved);
        json_parser_free(st->json);
        json_parser_free(st->ids);
        json_parser_free(st->texts);
        sbuf_free(&st->line);
    }
    free(t->g);
    free(t->counts);
    free(t);
}

int guard_fit_end(exec *x, bool good)
{
    int r = SL_OK;
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        stage_state *s = &x->st[i];
        struct guard_twin *t = s->twin;
        if (!t)
            continue;
        s->twin = NULL;
        const int e = stage_failed(&x->workers[0], i, combine(s, t, good && r >= 0));
        r = r < 0 ? r : e;
        if (good && r >= 0)
            r = compare(x, i, t);
        if (good && r >= 0)
            r = guard_saved(x, i, pass_of(x, i)->port);
        if (t->opened && s->s->close)
            s->s->close(&t->v[0].st.ctx, t->g);
        drop(x, t);
    }
    return r;
}
#endif
