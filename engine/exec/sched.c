/* Who works on what. Splits are claimed in stream order; a stream (one large frame, gzip …) is shared: a worker takes
 * its next chunk under the stream's `busy` flag, lets it go, and works on the chunk as on a split of its own.
 *
 * The outputs hold finished work until its turn. When they hold too much, only work that can be written soon may be
 * claimed; the very next split can always be claimed, so somebody always gets on. Frames that wait for compression go
 * before new input. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include "exec/ledger.h"

/* [lock held] Sleeps until something changed, or two milliseconds: what the outputs signal is not seen here. */
static void nap(exec *x)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += 2000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    pthread_cond_timedwait(&x->changed, &x->lock, &t);
}

void sched_fail(exec *x, item at, int code, const char *text)
{
    pthread_mutex_lock(&x->lock);
    if (!x->failed || item_before(at, x->fail_at)) { /* the lowest failure is reported, whichever came first */
        x->failed = true;
        x->fail_at = at;
        x->fail_code = code;
        sbuf_clear(&x->fail_text);
        sbuf_puts(&x->fail_text, text);
    }
    atomic_store(&x->stopping, 1);
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
}

/* [lock held] */
static bool beyond_failure(const exec *x, item at) { return x->failed && !item_before(at, x->fail_at); }

bool sched_abandon(const worker *w)
{
    exec *x = w->x;
    if (exec_cancelled(x))
        return true;
    if (!atomic_load_explicit(&x->stopping, memory_order_relaxed))
        return false;
    pthread_mutex_lock(&x->lock);
    const bool beyond = beyond_failure(x, w->at);
    pthread_mutex_unlock(&x->lock);
    return beyond;
}

static bool may_claim(exec *x, item at, int pressure)
{
    uint64_t split, chunk;
    if (pressure == PRESSURE_NONE)
        return true;
    outputs_next(x->outs, &split, &chunk);
    return x->now.base + at.split == split && (pressure == PRESSURE_SOFT || at.chunk == chunk);
}

static bool is_stream(const exec *x, uint32_t split)
{
    const uint32_t input = x->now.v[split].input;
    return input != PLAN_NONE && x->splits[input].s.stream;
}

/* [lock held] Opens the next split, or finds that all are claimed. */
static bool claim_split(exec *x, worker *w, int pressure)
{
    const item at = { (uint32_t)x->now.next_split, 0 };
    if (x->now.next_split == x->now.n || x->now.n_active == x->threads || beyond_failure(x, at) ||
        !may_claim(x, at, pressure))
        return false;
    w->at = at;
    if (is_stream(x, at.split))
        x->now.active[x->now.n_active++] = (stream){ .split = at.split };
    else
        x->now.in_flight++;
    x->now.next_split++;
    return true;
}

/* [lock held] The lowest open stream that nobody reads from at the moment. */
static stream *free_stream(exec *x, int pressure)
{
    for (size_t i = 0; i < x->now.n_active; i++) {
        stream *s = &x->now.active[i];
        const item at = { s->split, s->next_chunk };
        if (!s->busy && !beyond_failure(x, at) && may_claim(x, at, pressure))
            return s;
    }
    return NULL;
}

static void drop_stream(exec *x, uint32_t split)
{
    for (size_t i = 0; i < x->now.n_active; i++)
        if (x->now.active[i].split == split) {
            input_stream_close(x->now.active[i].in);
            memmove(&x->now.active[i], &x->now.active[i + 1], (x->now.n_active - i - 1) * sizeof *x->now.active);
            x->now.n_active--;
            return;
        }
}

static stream *stream_of(exec *x, uint32_t split)
{
    for (size_t i = 0; i < x->now.n_active; i++)
        if (x->now.active[i].split == split)
            return &x->now.active[i];
    return NULL;
}

/* [lock held] The chunk that w has read goes to a worker that has nothing to do, and w goes on reading: a stream that
 * is slower to read than to work on must not wait until another thread has woken up. false: nobody wants it. */
static bool give_chunk(exec *x, worker *w)
{
    for (unsigned t = 0; t < x->threads; t++) {
        worker *to = &x->workers[t];
        if (!to->idle)
            continue;
        input_chunk *empty = to->chunk;
        to->chunk = w->chunk;
        w->chunk = empty;
        to->at = w->at;
        to->has_chunk = true;
        to->idle = false;
        return true;
    }
    return false;
}

/* The worker has the stream for itself: reads its next chunk without holding the lock. true: w->at and w->chunk are an
 * item, which nobody else took. */
static bool take_chunk(exec *x, worker *w, uint32_t split, input_stream *in, uint64_t chunk)
{
    const work_split *sp = &x->splits[x->now.v[split].input];
    const stage_state *src = &x->st[sp->source];
    const uint64_t t0 = now_ns();
    sbuf err = { 0 };
    int r = INPUT_OK, e;
    w->at = (item){ split, chunk };
    if (!in)
        r = input_stream_open(&src->files.v[sp->file], sp->piece, members_of(src), &x->limits, &in, &err);
    const item start = ledger_start(x);
    if (!x->now.resumed_stream && split == start.split && start.chunk) { /* an earlier process had these */
        x->now.resumed_stream = true;
        for (; r == INPUT_OK && chunk < start.chunk; chunk++)
            r = input_stream_next(in, w->chunk, &err);
        w->at.chunk = chunk;
    }
    if (r >= 0 && chunk >= sp->room) {
        sbuf_printf(&err, "%s expands to more than %llu chunks; split it, or set split_bytes higher", sp->s.path,
                    (unsigned long long)sp->room);
        r = INPUT_E_DATA;
    }
    if (r >= 0 && x->now.picks && !rejects_wanted(x, sp->first + chunk, sp->first + sp->room))
        r = INPUT_END;
    if (r >= 0 && r != INPUT_END)
        r = input_stream_next(in, w->chunk, &err);
    w->st[sp->source].ns += now_ns() - t0;

    pthread_mutex_lock(&x->lock);
    stream *s = stream_of(x, split);
    bool given = false;
    s->in = in;
    s->busy = false;
    if (r == INPUT_OK) {
        s->next_chunk = chunk + 1;
        x->now.in_flight++;
        given = give_chunk(x, w);
    } else {
        drop_stream(x, split);
    }
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
    if (r < 0)
        sched_fail(x, w->at, r, sbuf_z(&err));
    if (r == INPUT_END && x->now.writes && (e = outputs_end_split(x->outs, x->now.base + split, chunk, &err)) < 0)
        sched_fail(x, w->at, e, sbuf_z(&err));
    if (r == INPUT_END)
        turn_end_stream(x, split, chunk);
    sbuf_free(&err);
    return r == INPUT_OK && !given;
}

/* Compresses and writes what waits. false: that failed, and the run with it. */
static bool do_outputs(exec *x, worker *w)
{
    sbuf err = { 0 };
    int r;
    while ((r = outputs_work(x->outs, w->number, &err)) > 0)
        ;
    if (r < 0)
        sched_fail(x, (item){ 0, 0 }, r, sbuf_z(&err));
    sbuf_free(&err);
    return r == 0;
}

int sched_claim(worker *w)
{
    exec *x = w->x;
    w->has_chunk = false;
    for (;;) {
        if (exec_cancelled(x) || !do_outputs(x, w))
            return CLAIM_NONE;
        const int pressure = x->now.writes ? outputs_pressure(x->outs) : PRESSURE_NONE;
        pthread_mutex_lock(&x->lock);
        stream *s = free_stream(x, pressure);
        if (!s && claim_split(x, w, pressure)) {
            if (!is_stream(x, w->at.split)) {
                pthread_mutex_unlock(&x->lock);
                return CLAIM_ITEM;
            }
            s = &x->now.active[x->now.n_active - 1];
        }
        if (s) {
            const uint32_t split = s->split;
            input_stream *in = s->in;
            const uint64_t chunk = s->next_chunk;
            s->busy = true;
            pthread_mutex_unlock(&x->lock);
            w->has_chunk = take_chunk(x, w, split, in, chunk);
            if (w->has_chunk)
                return CLAIM_ITEM;
            continue;
        }
        bool more = x->now.in_flight > 0; /* others may still hand over frames to compress */
        for (size_t i = 0; i < x->now.n_active; i++)
            more |= x->now.active[i].busy ||
                    !beyond_failure(x, (item){ x->now.active[i].split, x->now.active[i].next_chunk });
        more |= x->now.next_split < x->now.n && !beyond_failure(x, (item){ (uint32_t)x->now.next_split, 0 });
        w->idle = more;
        if (more)
            nap(x);
        w->idle = false;
        pthread_mutex_unlock(&x->lock);
        if (!more)
            return CLAIM_NONE;
        if (w->has_chunk)
            return CLAIM_ITEM;
    }
}

void sched_done(worker *w, bool good)
{
    exec *x = w->x;
    work_split *sp = pass_item_of(w)->input == PLAN_NONE ? NULL : input_of(w);
    pthread_mutex_lock(&x->lock);
    if (good && sp && pass_of(x, sp->source)->official) {
        sp->chunks++;
        sp->records += w->item_records;
        sp->kept += w->item_kept;
    }
    for (size_t i = 0; i < w->n_kept_from; i++) {
        const uint32_t input = w->kept_from[i];
        x->splits[input].kept += good ? w->kept_of[input] : 0;
        w->kept_of[input] = 0;
    }
    w->n_kept_from = 0;
    x->now.in_flight--;
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
}

void sched_leave(exec *x)
{
    pthread_mutex_lock(&x->lock);
    x->now.working--;
    pthread_cond_broadcast(&x->changed);
    while (x->now.working)
        pthread_cond_wait(&x->changed, &x->lock);
    pthread_mutex_unlock(&x->lock);
}

int sched_load(worker *w)
{
    exec *x = w->x;
    const work_split *sp = input_of(w);
    const stage_state *src = &x->st[sp->source];
    sbuf err = { 0 };
    if (w->has_chunk || !src->uses_input)
        return SL_OK;
    const uint64_t t0 = now_ns();
    const int r = input_load(&src->files.v[sp->file], sp->piece, &x->limits, w->chunk, &err);
    w->st[sp->source].ns += now_ns() - t0;
    if (r < 0)
        worker_fail(w, r, "%s", sbuf_z(&err));
    w->has_chunk = r >= 0;
    sbuf_free(&err);
    return r < 0 ? r : SL_OK;
}

static void note_damage(worker *w, uint32_t nth, const char *sentence)
{
    exec *x = w->x;
    const work_split *sp = input_of(w);
    const stage_state *src = &x->st[sp->source];
    if (!pass_of(x, sp->source)->official && x->p->file->head.on_error != ON_ERROR_FAIL)
        return; /* a later pass meets it again */
    pthread_mutex_lock(&x->lock);
    damage *list = arena_grow(&x->mem, x->damages, x->n_damages, sizeof *list);
    char *text = arena_strdup(&x->mem, sentence);
    if (list && text) {
        x->damages = list;
        list[x->n_damages++] =
            (damage){ w->at, nth, src->uses_input ? src->first_file + sp->file : PLAN_NONE, x->now.number, text };
    }
    pthread_mutex_unlock(&x->lock);
}

void sched_note(worker *w, int code)
{
    worker_fail(w, code, "%s: a split ended early", w->x->st[input_of(w)->source].p->name);
    note_damage(w, UINT32_MAX, sbuf_z(&w->error));
    sbuf_clear(&w->error);
    w->error_code = SL_OK;
}

void sched_damage(worker *w)
{
    exec *x = w->x;
    const input_damage *v;
    const size_t n = w->has_chunk ? input_chunk_damage(w->chunk, &v) : 0;
    for (size_t i = 0; i < n; i++)
        note_damage(w, (uint32_t)i, v[i].text);
    if (n && x->p->file->head.on_error == ON_ERROR_FAIL) {
        /* This item counts as done; all above it do not. */
        const item next = { w->at.split, w->at.chunk + 1 };
        sched_fail(x, next, SL_E_DATA, v[0].text);
    }
}
