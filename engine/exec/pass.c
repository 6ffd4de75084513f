/* One sweep over the data: its items, the threads, its end. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include "exec/guard.h"
#include "exec/kept.h"
#include "exec/ledger.h"

bool exec_cancelled(const exec *x) { return x->o.cancel && atomic_load_explicit(x->o.cancel, memory_order_relaxed); }

bool exec_too_many_errors(exec *x)
{
    const sl_amount most = x->p->file->head.max_errors;
    const uint64_t errors = atomic_load(&x->errors), documents = atomic_load(&x->documents);
    if (most.unit == SL_UNSET)
        return false;
    return most.unit == SL_SHARE ? (double)errors > most.value * (double)documents : (double)errors > most.value;
}

/* A count can be told before the end; a share cannot. */
static bool enough_errors(exec *x) { return x->p->file->head.max_errors.unit == SL_ROWS && exec_too_many_errors(x); }

/* ---- before ---- */

static int by_number(const void *a, const void *b)
{
    const pass_item *x = a, *y = b;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->feed > y->feed) - (x->feed < y->feed);
}

static size_t count_items(const exec *x, uint32_t stage)
{
    const stage_state *s = &x->st[stage];
    return s->store.sort ? sorter_pieces(s->store.sort) : s->store.kept ? pieces_count(s->store.kept) : s->n_splits;
}

/* Returns how many: pieces that nobody picks from are left out. */
static size_t add_items(exec *x, uint32_t stage, pass_item *v)
{
    const stage_state *s = &x->st[stage];
    const size_t all = count_items(x, stage);
    const bool stored = s->store.sort || s->store.kept;
    uint64_t bytes = 0;
    size_t n = 0;
    for (size_t i = 0; i < all; i++) {
        const work_split *sp = stored ? NULL : &x->splits[s->first_split + i];
        if (sp && x->now.picks && !rejects_wanted(x, sp->first, sp->first + sp->room))
            continue;
        pass_item *to = &v[n++];
        *to = (pass_item){ .feed = stage, .input = PLAN_NONE, .piece = (uint32_t)i };
        if (s->store.sort) {
            to->first = s->store.first + i;
            bytes += SORT_PIECE;
        } else if (s->store.kept) {
            to->first = pieces_number(s->store.kept, i);
            bytes += pieces_bytes(s->store.kept, i);
        } else {
            to->input = s->first_split + (uint32_t)i;
            to->first = sp->first;
            bytes += sp->s.bytes;
        }
    }
    if (!stored && s->uses_input && n == all) { /* their sizes are the truer ones */
        bytes = 0;
        for (size_t i = 0; i < s->files.n; i++)
            bytes += s->files.v[i].size;
    }
    atomic_fetch_add(&x->bytes_total, bytes);
    return n;
}

static bool list_items(exec *x)
{
    pass *now = &x->now;
    size_t n = 0;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        n += now->plan.st[i].feed ? count_items(x, i) : 0;
    free(now->v);
    now->v = calloc(n + 1, sizeof *now->v);
    now->n = 0;
    atomic_store(&x->bytes_total, 0);
    for (uint32_t i = 0; now->v && i < x->p->n_stages; i++)
        if (now->plan.st[i].feed)
            now->n += add_items(x, i, now->v + now->n);
    if (!now->v)
        return false;
    if (now->n)
        qsort(now->v, now->n, sizeof *now->v, by_number);
    now->v[now->n] =
        (pass_item){ .first = UINT32_MAX - 1, .input = PLAN_NONE, .feed = PLAN_NONE }; /* the end of the stream */
    return true;
}

static void reset_thread(exec *x, stage_thread *st)
{
    const stage_state *s = &x->st[st->stage];
    const bool fit = pass_of(x, st->stage)->role == ROLE_FIT;
    st->ctx.phase = fit ? SL_FIT : SL_APPLY;
    st->ctx.round = fit ? s->round : 0;
    st->in = st->kept = st->out = st->absorbed = st->annotated = st->batches = st->ns = 0;
    memset(st->counts, 0, s->n_metrics * sizeof *st->counts);
    for (size_t k = 0; k < s->n_metrics; k++) {
        histogram_free(st->hist[k]);
        st->hist[k] = NULL;
    }
}

/* May a stage of this pass put something into an output? Then its items are items of the outputs. */
static bool writes(const exec *x)
{
    for (size_t i = 0; i < x->n_outs; i++)
        if (x->out_stage[i] != PLAN_NONE && pass_of(x, x->out_stage[i])->official)
            return true;
    for (uint32_t i = 0; x->quarantine && i < x->p->n_stages; i++)
        if (pass_of(x, i)->official)
            return true;
    return false;
}

/* An earlier process handed over the only item of a split, and was interrupted before it could say that this was all.
 */
static bool skip_done(exec *x, item start)
{
    sbuf err = { 0 };
    if (!start.chunk || (start.split < x->now.n && x->now.v[start.split].input != PLAN_NONE &&
                         x->splits[x->now.v[start.split].input].s.stream))
        return true;
    x->now.next_split += start.split < x->now.n;
    const int r = outputs_end_split(x->outs, x->now.base + start.split, 1, &err);
    if (r < 0)
        sched_fail(x, start, r, sbuf_z(&err));
    sbuf_free(&err);
    return r >= 0;
}

bool pass_begin(exec *x)
{
    pass *now = &x->now;
    if (!pass_next(x->p, &x->todo, &now->plan))
        return false;
    now->picks = x->o.pick != NULL;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        now->picks = now->picks && pass_of(x, i)->role != ROLE_FIT;
    if (!list_items(x) || !turn_begin(x))
        return false;
    now->number = ++x->n_passes;
    /* Who looks on sees one document after the other; what must be fitted first need not go so slowly. */
    const bool slowly = x->o.tap && !x->o.pick && now->plan.last;
    now->threads = slowly ? 1 : x->threads;
    now->batch_rows = slowly ? 1 : (uint32_t)x->p->file->head.batch_rows;
    now->next_split = now->in_flight = 0;
    now->n_active = 0;
    now->flushes = false;
    /* In a process that goes on, what earlier passes put into an output stands there already. */
    now->writes = writes(x) && (now->plan.last || !ledger_resumed(x));
    now->keeper = (uint32_t)x->p->n_stages;
    for (uint32_t i = 0; i < now->keeper; i++)
        if (pass_of(x, i)->capture == CAPTURE_KEEP)
            now->keeper = i;
    now->base = ledger_base(x);
    x->next_base += now->writes ? now->n + 1 : 0;
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        if (pass_of(x, i)->capture != CAPTURE_NONE && !store_open(x, i, pass_of(x, i)->capture))
            return false;
        now->flushes |=
            pass_of(x, i)->role == ROLE_RUN && x->st[i].s->kind == SL_RESHAPE && (x->st[i].s->flags & SL_F_ORDERED);
    }
    for (unsigned t = 0; t < x->threads; t++)
        for (uint32_t i = 0; i < x->p->n_stages; i++)
            reset_thread(x, &x->workers[t].st[i]);
    atomic_store(&x->bytes_done, 0);
    atomic_store(&x->documents, 0);
    atomic_store(&x->kept, 0);
    atomic_store(&x->errors, 0);
    atomic_store(&x->pass_what, now->number == 1 && now->plan.last ? NULL : pass_describe(x));
    atomic_store(&x->pass_number, now->number);
    if (!ledger_begin(x))
        return false;
    const item start = ledger_start(x);
    now->next_split = start.split < now->n ? start.split : now->n;
    return skip_done(x, start);
}

/* ---- the threads ---- */

static bool runs(const exec *x, uint32_t i) { return x->st[i].opened && pass_of(x, i)->role != ROLE_OFF; }
static bool ordered(const exec *x, uint32_t i) { return (x->st[i].s->flags & SL_F_ORDERED) != 0; }
static void **local_of(exec *x, worker *w, uint32_t i)
{
    return ordered(x, i) ? &x->st[i].stream_local : &w->st[i].local;
}

static bool open_local(worker *w, uint32_t i)
{
    exec *x = w->x;
    stage_state *s = &x->st[i];
    void **l = local_of(x, w, i);
    if (!(*l = calloc(1, s->s->local_size + 1)))
        return worker_fail(w, SL_E_NOMEM, "out of memory"), false;
    guard_changing(s);
    const int r = s->s->open_local ? s->s->open_local(&w->st[i].ctx, s->g, *l) : SL_OK;
    guard_changed(s);
    return stage_failed(w, i, r) >= 0;
}

/* What an earlier pass gathers of documents that it only runs for others is thrown away: the pass that counts has it
 * too. */
static bool combines(const exec *x, uint32_t i) { return pass_of(x, i)->role == ROLE_FIT || pass_of(x, i)->official; }

static void close_local(worker *w, uint32_t i, bool good)
{
    exec *x = w->x;
    stage_state *s = &x->st[i];
    void **l = local_of(x, w, i);
    if (!*l)
        return;
    guard_changing(s);
    if (good && s->s->combine && combines(x, i) && !w->error.n) {
        pthread_mutex_lock(&x->lock);
        const int r = s->s->combine(&w->st[i].ctx, s->g, *l);
        pthread_mutex_unlock(&x->lock);
        stage_failed(w, i, r);
    }
    if (s->s->close_local)
        s->s->close_local(&w->st[i].ctx, s->g, *l);
    guard_changed(s);
    free(*l);
    *l = NULL;
    budget_give(&x->memory, w->st[i].reserved);
    w->st[i].reserved = 0;
}

static bool open_locals(worker *w, bool streams)
{
    bool good = true;
    for (uint32_t i = 0; i < w->x->p->n_stages && good; i++)
        if (runs(w->x, i) && ordered(w->x, i) == streams)
            good = open_local(w, i);
    return good;
}

static void close_locals(worker *w, bool streams, bool good)
{
    for (uint32_t i = 0; i < w->x->p->n_stages; i++)
        if (ordered(w->x, i) == streams)
            close_local(w, i, good);
}

static void forget_error(worker *w)
{
    sbuf_clear(&w->error);
    w->error_code = 0;
}

static int hand_over(worker *w)
{
    exec *x = w->x;
    const uint32_t input = pass_item_of(w)->input;
    const uint64_t split = x->now.base + w->at.split;
    sbuf err = { 0 };
    int r;
    if (!x->now.writes || item_before(w->at, ledger_start(x))) /* an earlier process handed it over */
        return SL_OK;
    if ((r = outputs_end_chunk(x->outs, w->number, split, w->at.chunk, &err)) < 0)
        worker_fail(w, r, "%s", sbuf_z(&err));
    if (r >= 0 && (input == PLAN_NONE || !x->splits[input].s.stream) &&
        (r = outputs_end_split(x->outs, split, 1, &err)) < 0)
        worker_fail(w, r, "%s", sbuf_z(&err));
    sbuf_free(&err);
    return r;
}

uint64_t item_bytes(const worker *w)
{
    const exec *x = w->x;
    const pass_item *at = pass_item_of(w);
    const store *s = &x->st[at->feed].store;
    if (w->has_chunk)
        return input_chunk_consumed(w->chunk);
    if (at->input != PLAN_NONE)
        return x->splits[at->input].s.bytes;
    return s->kept ? pieces_bytes(s->kept, at->piece) : SORT_PIECE;
}

static void work(worker *w)
{
    exec *x = w->x;
    bool good = open_locals(w, false);
    if (!good)
        sched_fail(x, (item){ 0, 0 }, w->error_code, sbuf_z(&w->error));
    while (good && !w->stop && !enough_errors(x) && sched_claim(w) == CLAIM_ITEM) {
        int r = item_run(w);
        if (r >= 0) {
            atomic_fetch_add(&x->bytes_done, item_bytes(w));
            if (w->has_chunk && !w->stop) /* who has seen enough does not want to hear what would have come */
                sched_damage(w);
            r = ledger_item(w) ? hand_over(w) : SL_E_NOMEM;
        }
        const bool given_up = r == SL_E_CANCEL && (exec_cancelled(x) || atomic_load(&x->stopping));
        if (given_up)
            ledger_forget(w);
        if (r < 0 && !given_up)
            sched_fail(x, w->at, w->error_code, sbuf_z(&w->error));
        forget_error(w);
        sched_done(w, r >= 0);
        ledger_mark(w, false);
        good = r >= 0 || given_up;
    }
    if (!(x->now.flushes &&
          w->number == 0)) /* what ordered stages still hold goes through the stages below on worker 0 */
        close_locals(w, false, good && !atomic_load(&x->stopping) && !exec_cancelled(x));
    if (w->error.n)
        sched_fail(x, (item){ UINT32_MAX, 0 }, w->error_code, sbuf_z(&w->error));
    forget_error(w);
    sched_leave(x);
}

void pass_work(exec *x)
{
    worker *first = &x->workers[0];
    omp_set_dynamic(0);
    omp_set_max_active_levels(1);
    if (!guard_fit_begin(x) || !open_locals(first, true))
        sched_fail(x, (item){ 0, 0 }, first->error_code, sbuf_z(&first->error));
    forget_error(first);
    if (x->failed)
        return;
#pragma omp parallel num_threads(x->now.threads)
    {
#pragma omp single
        x->now.working = (unsigned)omp_get_num_threads(); /* a limit of the system may give fewer than asked for */
        work(&x->workers[omp_get_thread_num()]);
    }
}

/* ---- after ---- */

static int finish_stages(exec *x)
{
    worker *w = &x->workers[0];
    int r = SL_OK;
    for (uint32_t i = 0; r >= 0 && i < x->p->n_stages; i++) {
        const stage_state *s = &x->st[i];
        if (s->opened && s->s->finish && pass_of(x, i)->role == ROLE_RUN && pass_of(x, i)->official)
            r = stage_failed(w, i, s->s->finish(&w->st[i].ctx, s->g));
    }
    return r;
}

void pass_end(exec *x)
{
    worker *w = &x->workers[0];
    const bool good = !x->failed && !w->stop && !exec_cancelled(x) && !exec_too_many_errors(x);
    int r = SL_OK;
    w->at = (item){ (uint32_t)x->now.n, 0 };
    w->has_chunk = false;
    if (good && x->now.flushes)
        r = item_end_stream(x);
    if (x->now.flushes)
        close_locals(w, false, good && r >= 0);
    close_locals(w, true, good && r >= 0);
    const int e = guard_fit_end(x, good && r >= 0 && !w->error.n);
    r = r < 0 ? r : e;
    if (good && r >= 0)
        r = w->error.n ? w->error_code : finish_stages(x);
    if (good && r >= 0)
        r = store_finish(x);
    if (good && r >= 0)
        r = hand_over(w);
    if (w->error.n)
        sched_fail(x, (item){ UINT32_MAX, 0 }, w->error_code, sbuf_z(&w->error));
    forget_error(w);
    if (!good || x->failed) /* what was done may be taken up again */
        ledger_mark(w, true);
    ledger_end(x);
    result_add_pass(x, !good || x->failed);
    if (good && !x->failed)
        pass_done(x->p, &x->todo, &x->now.plan);
    if (good && !x->failed && !x->now.plan.last)
        kept_after_pass(x);
    for (uint32_t i = 0; good && i < x->p->n_stages; i++)
        if (x->todo.stored[i] && !kept_holds(x, i) && !pass_store_needed(x->p, &x->todo, i))
            store_close(x, i);
}
