/* Runs: how chunks of a partition come to the disk, and which. */
#include "io/spill_internal.h"
#include <stdlib.h>
#include <string.h>
#include "sluice/plugin.h"

/* ---- writing one ---- */

int run_begin(run_writer *w, spill *s, unsigned thread, sbuf *err)
{
    *w = (run_writer){ .s = s, .thread = thread, .block = malloc(s->block) };
    if (!w->block)
        return spill_nomem(err);
    spill_hold(s, s->block);
    return 0;
}

static void drop_block(run_writer *w)
{
    if (w->block)
        spill_let_go(w->s, w->s->block);
    free(w->block);
    w->block = NULL;
}

void run_free(spill *s, run *r)
{
    spill_let_go(s, r->cap * sizeof *r->at);
    free(r->at);
    *r = (run){ 0 };
}

void run_abandon(run_writer *w)
{
    drop_block(w);
    run_free(w->s, &w->run);
}

static int end_block(run_writer *w, sbuf *err)
{
    run *r = &w->run;
    if (r->n == r->cap) {
        const uint32_t cap = r->cap ? 2 * r->cap : 1;
        block_at *at = realloc(r->at, cap * sizeof *at);
        if (!at)
            return spill_nomem(err);
        spill_hold(w->s, (cap - r->cap) * sizeof *at);
        r->at = at;
        r->cap = cap;
    }
    const int e = scratch_write(w->s->disk, w->thread, w->block, w->used, &r->at[r->n], err);
    if (e < 0)
        return e;
    r->n++;
    r->records += w->used / w->s->record;
    w->used = 0;
    return 0;
}

int run_add(run_writer *w, const uint8_t *p, size_t n, sbuf *err)
{
    for (size_t left = n * w->s->record; left;) {
        const size_t room = w->s->block - w->used, k = left < room ? left : room;
        memcpy(w->block + w->used, p, k);
        w->used += k;
        p += k;
        left -= k;
        if (w->used < w->s->block)
            break;
        const int r = end_block(w, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int run_end(run_writer *w, part *p, sbuf *err)
{
    const int r = w->used ? end_block(w, err) : 0;
    if (r < 0)
        return r;
    if (p->n_runs == p->cap_runs) {
        const size_t cap = p->cap_runs ? 2 * p->cap_runs : 2;
        run *v = realloc(p->runs, cap * sizeof *v);
        if (!v)
            return spill_nomem(err);
        spill_hold(w->s, (cap - p->cap_runs) * sizeof *v);
        p->runs = v;
        p->cap_runs = cap;
    }
    p->runs[p->n_runs++] = w->run;
    drop_block(w);
    return 0;
}

/* ---- a partition's chunks ---- */

void part_take(spill *s, part *p)
{
    pthread_mutex_lock(&s->mutex);
    while (p->busy)
        pthread_cond_wait(&s->changed, &s->mutex);
    p->busy = true;
    pthread_mutex_unlock(&s->mutex);
}

void part_put(spill *s, part *p)
{
    pthread_mutex_lock(&s->mutex);
    p->busy = false;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
}

/* [mutex held] Takes the chunks away; write_detached has to follow. */
static chunks detach(spill *s, part *p)
{
    pthread_mutex_t *gate = spill_gate(s, p);
    pthread_mutex_lock(gate);
    const chunks c = p->mem;
    p->mem = (chunks){ 0 };
    atomic_fetch_sub_explicit(&p->in_memory, c.records, memory_order_relaxed);
    atomic_fetch_sub_explicit(&s->in_memory, c.records, memory_order_relaxed);
    pthread_mutex_unlock(gate);
    s->in_flight += c.records;
    s->making++;
    return c;
}

static int write_chunks(spill *s, unsigned thread, part *p, const chunks *c, sbuf *err)
{
    run_writer w;
    int r = run_begin(&w, s, thread, err);
    if (r < 0)
        return r;
    if (!c->sorted)
        spill_sort(c->v, s->shift, s->record, c->records);
    for (uint64_t i = 0; i < c->records && r == 0; i += spill_chunk_records(s)) {
        const uint64_t left = c->records - i, n = spill_chunk_records(s);
        r = run_add(&w, c->v[i >> s->shift], left < n ? left : n, err);
    }
    if (r == 0)
        r = run_end(&w, p, err);
    if (r < 0)
        run_abandon(&w);
    return r;
}

/* The chunks, which were detached from p, as a run of p, which stays busy or not. */
static int write_detached(spill *s, unsigned thread, part *p, chunks c, bool stays, sbuf *err)
{
    const uint64_t records = c.records;
    const int r = records ? write_chunks(s, thread, p, &c, err) : 0;
    spill_free_chunks(s, &c);
    if (r < 0)
        spill_fail(s, r, err);
    pthread_mutex_lock(&s->mutex);
    s->in_flight -= records;
    s->making--;
    p->busy = stays;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    return r;
}

int part_spill(spill *s, unsigned thread, part *p, sbuf *err)
{
    pthread_mutex_lock(&s->mutex);
    const chunks c = detach(s, p);
    pthread_mutex_unlock(&s->mutex);
    return write_detached(s, thread, p, c, true, err);
}

/* ---- which ---- */

/* [mutex held] The next one, round and round, that is not busy and has `least` records at least in memory. Round and
 * round: the one that was spilled longest ago is likely to be the largest. */
static part *find(spill *s, uint64_t least)
{
    for (uint32_t i = 0; i < s->partitions; i++) {
        part *p = &s->parts[s->hand];
        s->hand = s->hand + 1 < s->partitions ? s->hand + 1 : 0;
        const uint64_t n = atomic_load_explicit(&p->in_memory, memory_order_relaxed);
        if (n && n >= least && !p->busy)
            return p;
    }
    return NULL;
}

/* Where other threads are already spilling, only what is worth it, counted with what they have: else every thread that
 * comes late would make a tiny run of what was added in the meantime. It waits for them instead. */
int spill_some(spill *s, unsigned thread, sbuf *err)
{
    pthread_mutex_lock(&s->mutex);
    const uint64_t n = atomic_load(&s->in_memory);
    part *p = find(s, (n + s->in_flight) / s->partitions);
    if (!p && s->making) {
        pthread_cond_wait(&s->changed, &s->mutex); /* whoever makes a run never comes here */
        pthread_mutex_unlock(&s->mutex);
        const int r = spill_failure(s, err);
        return r < 0 ? r : 1;
    }
    if (!p)
        p = find(s, n / s->partitions);
    chunks c = { 0 };
    if (p) {
        p->busy = true;
        c = detach(s, p);
    }
    pthread_mutex_unlock(&s->mutex);
    const int r = p ? write_detached(s, thread, p, c, false, err) : 0;
    return r < 0 ? r : p != NULL;
}
