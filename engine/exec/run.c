/* The pass: threads, their loop, the end. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include "exec/engine.h"

static bool cancelled(const exec *x) { return x->o.cancel && atomic_load(x->o.cancel); }

static bool open_locals(worker *w)
{
    exec *x = w->x;
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        const stage_state *s = &x->st[i];
        stage_thread *st = &w->st[i];
        if (!s->opened)
            continue;
        if (!(st->local = calloc(1, s->s->local_size + 1)))
            return worker_fail(w, SL_E_NOMEM, "out of memory"), false;
        const int r = s->s->open_local ? s->s->open_local(&st->ctx, s->g, st->local) : SL_OK;
        if (r < 0)
            return worker_fail(w, r, "%s failed without a message (%d)", s->p->name, r), false;
    }
    return true;
}

static void close_locals(worker *w, bool good)
{
    exec *x = w->x;
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        const stage_state *s = &x->st[i];
        stage_thread *st = &w->st[i];
        if (!st->local)
            continue;
        if (good && s->s->combine) {
            pthread_mutex_lock(&x->lock);
            const int r = s->s->combine(&st->ctx, s->g, st->local);
            pthread_mutex_unlock(&x->lock);
            if (r < 0)
                worker_fail(w, r, "%s failed without a message (%d)", s->p->name, r);
        }
        if (s->s->close_local)
            s->s->close_local(&st->ctx, s->g, st->local);
        free(st->local);
        st->local = NULL;
    }
}

static bool too_many_errors(exec *x)
{
    const sl_amount most = x->p->file->head.max_errors;
    const uint64_t errors = atomic_load(&x->errors), documents = atomic_load(&x->documents);
    if (most.unit == SL_UNSET)
        return false;
    return most.unit == SL_SHARE ? (double)errors > most.value * (double)documents : (double)errors > most.value;
}

/* A count can be told before the end; a share cannot. */
static bool enough_errors(exec *x) { return x->p->file->head.max_errors.unit == SL_ROWS && too_many_errors(x); }

static void work(worker *w)
{
    exec *x = w->x;
    bool good = open_locals(w);
    if (!good)
        sched_fail(x, (item){ 0, 0 }, w->error_code, sbuf_z(&w->error));
    while (good && !w->stop && !enough_errors(x) && sched_claim(w) == CLAIM_ITEM) {
        const work_split *sp = &x->splits[w->at.split];
        sbuf err = { 0 };
        int r = flow_source(w);
        if (r >= 0 && w->has_chunk) {
            atomic_fetch_add(&x->bytes_done, input_chunk_consumed(w->chunk));
            if (!w->stop) /* who has seen enough does not want to hear what would have come */
                sched_damage(w);
        } else if (r >= 0) {
            atomic_fetch_add(&x->bytes_done, sp->s.bytes);
        }
        if (r >= 0 && outputs_end_chunk(x->outs, w->number, w->at.split, w->at.chunk, &err) < 0)
            r = worker_fail(w, SL_E_IO, "%s", sbuf_z(&err));
        if (r >= 0 && !sp->s.stream && outputs_end_split(x->outs, w->at.split, 1, &err) < 0)
            r = worker_fail(w, SL_E_IO, "%s", sbuf_z(&err));
        sbuf_free(&err);
        const bool given_up = r == SL_E_CANCEL && (cancelled(x) || atomic_load(&x->stopping));
        if (r < 0 && !given_up)
            sched_fail(x, w->at, w->error_code, sbuf_z(&w->error));
        sbuf_clear(&w->error);
        w->error_code = 0;
        sched_done(w, r >= 0);
        good = r >= 0 || given_up;
    }
    close_locals(w, good && !atomic_load(&x->stopping) && !cancelled(x));
    if (w->error.n)
        sched_fail(x, (item){ UINT32_MAX, 0 }, w->error_code, sbuf_z(&w->error));
    sched_leave(x);
}

static void finish_stages(exec *x)
{
    worker *w = &x->workers[0];
    for (uint32_t i = 0; !x->failed && i < x->p->n_stages; i++) {
        const stage_state *s = &x->st[i];
        if (!s->opened || !s->s->finish)
            continue;
        const int r = s->s->finish(&w->st[i].ctx, s->g);
        if (r < 0)
            worker_fail(w, r, "%s failed without a message (%d)", s->p->name, r);
        if (w->error.n)
            sched_fail(x, (item){ UINT32_MAX, 0 }, w->error_code, sbuf_z(&w->error));
    }
}

exec_end exec_run(exec *x)
{
    omp_set_dynamic(0);
    omp_set_max_active_levels(1);
#pragma omp parallel num_threads(x->threads)
    {
#pragma omp single
        x->working = (unsigned)omp_get_num_threads(); /* a limit of the system may give fewer than asked for */
        work(&x->workers[omp_get_thread_num()]);
    }

    const bool errors = too_many_errors(x);
    bool stop = cancelled(x);
    for (unsigned i = 0; i < x->threads; i++)
        stop |= x->workers[i].stop && !x->o.tap;
    if (!x->failed && !stop && !errors && !x->o.tap) {
        sbuf err = { 0 };
        finish_stages(x);
        if (!x->failed && outputs_finish(x->outs, &err) < 0)
            sched_fail(x, (item){ UINT32_MAX, 0 }, SL_E_IO, sbuf_z(&err));
        sbuf_free(&err);
    }
    exec_collect(x);
    return stop && cancelled(x) ? EXEC_CANCELLED
           : x->failed          ? EXEC_FAILED
           : stop               ? EXEC_CANCELLED
           : errors             ? EXEC_TOO_MANY_ERRORS
                                : EXEC_OK;
}

bool exec_publish(exec *x)
{
    sbuf err = { 0 };
    const bool good = outputs_publish(x->outs, &err) >= 0;
    if (!good)
        sched_fail(x, (item){ UINT32_MAX, 0 }, SL_E_IO, sbuf_z(&err));
    sbuf_free(&err);
    return good;
}

bool exec_salvage(exec *x)
{
    sbuf err = { 0 };
    const bool good = x->quarantine && outputs_salvage(x->outs, x->quarantine, &err) >= 0;
    sbuf_free(&err);
    return good;
}
