/* Between passes: parts are saved, stages that have seen all they must are finalized, and their states saved. */
#include <string.h>
#include "exec/guard.h"
#include "exec/states.h"

/* Callbacks outside of passes run on worker 0. */
static stage_thread *alone(exec *x, uint32_t stage, uint32_t phase)
{
    stage_thread *st = &x->workers[0].st[stage];
    st->ctx.phase = phase;
    st->ctx.round = phase == SL_FIT ? x->st[stage].round : 0;
    return st;
}

static void fail_with(exec *x)
{
    worker *w = &x->workers[0];
    sched_fail(x, (item){ 0, 0 }, w->error_code, w->error.n ? sbuf_z(&w->error) : "out of memory");
    sbuf_clear(&w->error);
    w->error_code = 0;
}

/* What finalize counts is counted on all threads: parallel_for. */
static void take_counts(exec *x, uint32_t stage)
{
    stage_state *s = &x->st[stage];
    for (unsigned t = 0; t < x->threads; t++)
        for (size_t m = 0; m < s->n_metrics; m++) {
            s->fit_counts[m] += x->workers[t].st[stage].counts[m];
            x->workers[t].st[stage].counts[m] = 0;
        }
}

static bool finalize(exec *x, uint32_t stage)
{
    stage_state *s = &x->st[stage];
    worker *w = &x->workers[0];
    stage_thread *st = alone(x, stage, SL_FIT);
    int r = SL_OK;
    for (unsigned t = 0; t < x->threads; t++)
        memset(x->workers[t].st[stage].counts, 0, s->n_metrics * sizeof *st->counts);
    const uint64_t t0 = now_ns();
    if (s->s->finalize)
        r = stage_failed(w, stage, s->s->finalize(&st->ctx, s->g));
    s->fit_ns += now_ns() - t0;
    for (unsigned t = 1; t < x->threads; t++) { /* what threads of parallel_for said they hold */
        budget_give(&x->memory, x->workers[t].st[stage].reserved);
        x->workers[t].st[stage].reserved = 0;
    }
    if (r == SL_E_CANCEL && exec_cancelled(x))
        return true; /* the run says so itself */
    take_counts(x, stage);
    if (r == SL_MORE && (s->s->flags & SL_F_PORTS_ONLY))
        r = worker_fail(w, SL_E_INTERNAL, "%s asks for one more round, but it does not look at the main stream",
                        s->p->name);
    if (r == SL_MORE && s->round == UINT32_MAX - 1)
        r = worker_fail(w, SL_E_INTERNAL, "%s asks for rounds without end", s->p->name);
    if (r < 0)
        return fail_with(x), false;
    if (r == SL_MORE) {
        s->round++;
        x->todo.done[stage][0] = false;
        return true;
    }
    x->todo.fitted[stage] = true;
    if (guard_saved(x, stage, SL_WHOLE) < 0)
        return fail_with(x), false;
    if (!states_save(x, stage, SL_WHOLE))
        return fail_with(x), false;
    return true;
}

bool fit_after_pass(exec *x)
{
    for (uint32_t i = 0; i < x->p->n_stages && !x->failed; i++) {
        if (x->n_passes && pass_of(x, i)->role == ROLE_FIT && !x->st[i].round &&
            !states_save(x, i, pass_of(x, i)->port)) {
            fail_with(x);
            return false;
        }
        while (!x->failed && !exec_cancelled(x) && pass_complete(x->p, &x->todo, i)) {
            if (!finalize(x, i))
                return false;
            if (!x->todo.fitted[i])
                break;
        }
    }
    return !x->failed;
}
