/* What is left to do after sorter_finish, by all threads that come for pieces: sorting what is still in memory, then
 * merging runs until there are so few (max_runs) that a piece, which reads a block too many of each, reads about twice
 * its bytes at most. The smallest are merged, FAN_IN at a time, as many of them as it takes. */
#include "io/sorter_internal.h"
#include <stdlib.h>
#include <string.h>
#include "sluice/plugin.h"

typedef struct cursor {
    const sort_run *run;
    size_t b;           /* the block it is in */
    char *buf;          /* s->block_bytes */
    const char *p, *at; /* NULL: the block is not read yet; p: of the record, at: behind it */
    sorter_doc doc;     /* only the key where the block is not read */
} cursor;

/* ---- cursors ---- */

static sort_key cursor_key(const cursor *c) { return key_of(&c->doc); }

/* At block b, or at the end. */
static bool cursor_enter(cursor *c)
{
    c->p = c->at = NULL;
    if (c->b < c->run->n)
        c->doc = (sorter_doc){ .order = c->run->v[c->b].key.order, .pos = c->run->v[c->b].key.pos };
    return c->b < c->run->n;
}

/* 1: there is a document; 0: the end; < 0. */
static int cursor_next(cursor *c, sbuf *err)
{
    const size_t left = c->run->v[c->b].at.bytes - (size_t)(c->at - c->buf);
    if (!left) {
        c->b++;
        return cursor_enter(c);
    }
    const uint64_t n = record_get(c->at, left, &c->doc);
    if (!n || n > left)
        return record_broken(err);
    c->p = c->at;
    c->at += n;
    return 1;
}

static int cursor_read(sorter *s, unsigned thread, cursor *c, sbuf *err)
{
    const block_at at = c->run->v[c->b].at;
    if (at.bytes > s->block_bytes)
        return record_broken(err);
    const int r = scratch_read(s->scratch, thread, at, c->buf, err);
    c->at = c->buf;
    return r < 0 ? r : cursor_next(c, err);
}

/* Blocks at c that go into the merged run as they are, because nothing of the others comes between their documents:
 * extents, and large enough blocks that end below `other`. *last: the key of their last document, or one before it. */
static size_t whole_blocks(const sorter *s, const cursor *c, const sort_key *other, sort_key *last)
{
    const sort_run *r = c->run;
    const size_t extent = run_extent(r, c->b);
    *last = r->v[c->b].key;
    if (extent)
        return extent;
    const sort_key bound = c->b + 1 == r->n ? r->last : r->v[c->b + 1].key;
    if (c->b + 1 == r->n)
        *last = bound; /* known; of other blocks it is not needed, as documents follow */
    return r->v[c->b].at.bytes >= s->block_bytes / 2 && (!other || key_less(bound, *other));
}

/* ---- a merge ---- */

typedef struct merge {
    cursor *heap[FAN_IN], v[FAN_IN];
    size_t n;
    char *buf;
} merge;

static void sift_down(merge *m)
{
    cursor *c = m->heap[0];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < m->n; i = child) {
        if (child + 1 < m->n && key_less(cursor_key(m->heap[child + 1]), cursor_key(m->heap[child])))
            child++;
        if (!key_less(cursor_key(m->heap[child]), cursor_key(c)))
            break;
        m->heap[i] = m->heap[child];
    }
    m->heap[i] = c;
}

static const sort_key *second(const merge *m, sort_key *k)
{
    if (m->n < 2)
        return NULL;
    *k = cursor_key(m->heap[1]);
    if (m->n > 2 && key_less(cursor_key(m->heap[2]), *k))
        *k = cursor_key(m->heap[2]);
    return k;
}

/* Moves what comes before all other cursors. 1: the cursor goes on; 0: it is at its end; < 0. */
static int advance(run_writer *w, cursor *c, const sort_key *other, sbuf *err)
{
    if (!c->at) {
        sort_key last;
        const size_t n = whole_blocks(w->s, c, other, &last);
        if (n) {
            const int r = run_take(w, c->run->v + c->b, n, last, err);
            c->b += n;
            return r < 0 ? r : cursor_enter(c);
        }
        const int r = cursor_read(w->s, w->thread, c, err);
        if (r < 0)
            return r;
    }
    int r;
    do {
        r = run_put(w, &c->doc, err);
        r = r < 0 ? r : cursor_next(c, err);
    } while (r == 1 && c->at && (!other || key_less(cursor_key(c), *other)));
    return r;
}

static int merge_runs(run_writer *w, merge *m, const sort_run *run, size_t n, sbuf *err)
{
    for (size_t i = 0; i < n; i++) {
        m->v[i] = (cursor){ .run = &run[i], .buf = m->buf + i * w->s->block_bytes };
        cursor_enter(&m->v[i]); /* no run is empty */
    }
    for (size_t i = 0; i < n; i++) { /* in at the leaf, up to its place */
        size_t at = m->n++;
        for (; at && key_less(cursor_key(&m->v[i]), cursor_key(m->heap[(at - 1) / 2])); at = (at - 1) / 2)
            m->heap[at] = m->heap[(at - 1) / 2];
        m->heap[at] = &m->v[i];
    }
    while (m->n) {
        sort_key k;
        const int r = advance(w, m->heap[0], second(m, &k), err);
        if (r < 0)
            return r;
        if (r == 0)
            m->heap[0] = m->heap[--m->n];
        if (m->n)
            sift_down(m);
    }
    return 0;
}

static int merge_job(sorter *s, unsigned thread, sort_job *j, sbuf *err)
{
    const size_t bytes = sizeof(merge) + j->n * s->block_bytes;
    merge *m = malloc(bytes);
    if (!m)
        return sort_nomem(err);
    sort_charge(s, bytes);
    m->n = 0;
    m->buf = (char *)(m + 1);
    run_writer w;
    int r = sorter_run_begin(&w, s, thread, err);
    if (r == 0) {
        r = merge_runs(&w, m, s->runs.v + j->first, j->n, err);
        r = r < 0 ? r : sorter_run_end(&w, err);
        j->out = w.run; /* freed with the jobs where this failed */
    }
    sort_release(s, bytes);
    free(m);
    return r;
}

/* ---- jobs ---- */

static int by_bytes(const void *a, const void *b)
{
    const uint64_t x = ((const sort_run *)a)->bytes, y = ((const sort_run *)b)->bytes;
    return (x > y) - (x < y);
}

static int jobs_room(sorter *s, size_t n, sbuf *err)
{
    free(s->job);
    s->job_n = s->job_next = s->job_done = s->grouped = 0;
    s->job = calloc(n, sizeof *s->job);
    return s->job ? 0 : sort_nomem(err);
}

/* [mutex held] The next round of merges, or none: settled. */
static int plan_merges(sorter *s, sbuf *err)
{
    if (s->runs.n <= s->max_runs) {
        atomic_store_explicit(&s->settled, true, memory_order_release);
        return 0;
    }
    const int r = jobs_room(s, s->runs.n / 2, err);
    if (r < 0)
        return r;
    qsort(s->runs.v, s->runs.n, sizeof *s->runs.v, by_bytes);
    for (size_t left = s->runs.n; left > s->max_runs;) {
        size_t n = left - s->max_runs + 1;
        n = n > FAN_IN ? FAN_IN : n;
        n = n > s->runs.n - s->grouped ? s->runs.n - s->grouped : n;
        if (n < 2)
            break; /* the rest in the next round */
        s->job[s->job_n++] = (sort_job){ .first = s->grouped, .n = n };
        s->grouped += n;
        left -= n - 1;
    }
    return 0;
}

/* [mutex held] All jobs are done. */
static int next_round(sorter *s, sbuf *err)
{
    sort_runs *runs = &s->runs;
    for (size_t i = 0; i < s->grouped; i++)
        sorter_run_free(s, &runs->v[i]);
    if (s->grouped) {
        memmove(runs->v + s->job_n, runs->v + s->grouped, (runs->n - s->grouped) * sizeof *runs->v);
        for (size_t i = 0; i < s->job_n; i++)
            runs->v[i] = s->job[i].out;
        runs->n -= s->grouped - s->job_n;
    }
    s->job_n = 0; /* their runs are no longer theirs */
    return plan_merges(s, err);
}

int sort_plan(sorter *s, sbuf *err)
{
    const int r = jobs_room(s, s->threads, err);
    for (unsigned t = 0; r == 0 && t < s->threads; t++)
        if (s->lane[t].n_doc)
            s->job[s->job_n++] = (sort_job){ .first = t };
    return r < 0 || s->job_n ? r : plan_merges(s, err);
}

static void work(sorter *s, unsigned thread)
{
    sort_job *j = &s->job[s->job_next++];
    sbuf why = { 0 };
    int r = 0;
    pthread_mutex_unlock(&s->mutex);
    if (j->n)
        r = merge_job(s, thread, j, &why);
    else
        sort_docs(s->lane[j->first].doc, s->lane[j->first].n_doc);
    pthread_mutex_lock(&s->mutex);
    if (++s->job_done == s->job_n && r == 0 && !s->failed)
        r = next_round(s, &why);
    if (r < 0 && !s->failed) {
        s->failed = r;
        s->why = why;
        why = (sbuf){ 0 };
    }
    sbuf_free(&why);
    pthread_cond_broadcast(&s->changed);
}

int sort_settle(sorter *s, unsigned thread, sbuf *err)
{
    if (atomic_load_explicit(&s->settled, memory_order_acquire))
        return 0;
    pthread_mutex_lock(&s->mutex);
    while (!s->failed && !atomic_load_explicit(&s->settled, memory_order_relaxed)) {
        if (s->job_next < s->job_n)
            work(s, thread);
        else
            pthread_cond_wait(&s->changed, &s->mutex);
    }
    const int r = s->failed;
    if (r < 0)
        sbuf_add(err, sbuf_z(&s->why), s->why.n);
    pthread_mutex_unlock(&s->mutex);
    return r;
}
