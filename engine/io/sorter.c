/* The external sort of documents. A thread gathers documents in a lane of its own (sorter_lane.c); what the budget
 * refuses goes to scratch space as a sorted run (sorter_run.c). sorter_finish cuts the order into pieces by a sample of
 * the documents (sorter_cut.c); threads that load pieces (sorter_load.c) merge runs before, if there are very many
 * (sorter_merge.c). */
#include "io/sorter_internal.h"
#include <stdlib.h>
#include <string.h>
#include "sluice/plugin.h"

enum { LEAST = 4 << 20 }; /* bytes of documents that a thread has in any case */

/* ---- memory ---- */

int sort_nomem(sbuf *err)
{
    sbuf_puts(err, "out of memory for the sort");
    return SL_E_NOMEM;
}

int sort_twice(sort_key k, sbuf *err)
{
    sbuf_printf(err, "internal error: two documents to be sorted have order %llu and pos %llu",
                (unsigned long long)k.order, (unsigned long long)k.pos);
    return SL_E_INTERNAL;
}

void sort_charge(sorter *s, uint64_t n)
{
    (void)budget_change(s->budget, 0, n, UINT64_MAX);
    atomic_fetch_add_explicit(&s->fixed, n, memory_order_relaxed);
}

void sort_release(sorter *s, uint64_t n)
{
    budget_give(s->budget, n);
    atomic_fetch_sub_explicit(&s->fixed, n, memory_order_relaxed);
}

bool sort_room(sorter *s, void *v, size_t *cap, size_t n, size_t size)
{
    if (n <= *cap)
        return true;
    const size_t grown = *cap + *cap / 2 + 8, want = n > grown ? n : grown;
    void *p;
    memcpy(&p, v, sizeof p);
    p = want > SIZE_MAX / size ? NULL : realloc(p, want * size);
    if (!p)
        return false;
    memcpy(v, &p, sizeof p);
    sort_charge(s, (want - *cap) * size);
    *cap = want;
    return true;
}

uint64_t sorter_memory(const sorter *s)
{
    uint64_t n = atomic_load_explicit(&s->fixed, memory_order_relaxed);
    for (unsigned t = 0; t < s->threads; t++)
        n += atomic_load_explicit(&s->lane[t].held, memory_order_relaxed);
    return n;
}

/* ---- the sort ---- */

sorter *sorter_new(scratch *sc, budget *b, unsigned threads, uint64_t piece_bytes)
{
    sorter *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->lane = aligned_alloc(_Alignof(lane), (threads ? threads : 1) * sizeof *s->lane);
    if (!s->lane) {
        free(s);
        return NULL;
    }
    memset(s->lane, 0, threads * sizeof *s->lane);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->changed, NULL);
    s->scratch = sc;
    s->budget = b;
    s->threads = threads;
    s->piece_bytes = piece_bytes ? piece_bytes : 1;
    s->step = piece_bytes / MARKS_A_PIECE ? piece_bytes / MARKS_A_PIECE : 1;
    s->least = b->tight ? 4 * lane_chunk_least(b) : LEAST;
    const uint64_t block = piece_bytes / 128;
    s->block_bytes = block < BLOCK_LEAST ? BLOCK_LEAST : block > BLOCK_MOST ? BLOCK_MOST : (size_t)block;
    return s;
}

static void runs_free(sorter *s, sort_runs *runs)
{
    for (size_t i = 0; i < runs->n; i++)
        sorter_run_free(s, &runs->v[i]);
    free(runs->v);
}

void sorter_free(sorter *s)
{
    if (!s)
        return;
    for (unsigned t = 0; t < s->threads; t++) {
        lane *l = &s->lane[t];
        lane_empty(s, l);
        runs_free(s, &l->runs);
        free(l->mark);
        free(l->block);
    }
    runs_free(s, &s->runs);
    for (size_t i = 0; i < s->job_n; i++)
        sorter_run_free(s, &s->job[i].out);
    budget_give(s->budget, s->fixed); /* what was not released one by one */
    free(s->job);
    free(s->cut);
    sbuf_free(&s->why);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->mutex);
    free(s->lane);
    free(s);
}

static int write_run(sorter *s, unsigned thread, const sorter_doc *v, size_t n, sbuf *err)
{
    run_writer w;
    int r = sorter_run_begin(&w, s, thread, err);
    if (r < 0)
        return r;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = run_put(&w, &v[i], err);
    if (r == 0)
        r = sorter_run_end(&w, err);
    if (r == 0)
        return runs_add(s, &s->lane[thread].runs, &w.run, err);
    sorter_run_free(s, &w.run);
    return r;
}

int sorter_add(sorter *s, unsigned thread, uint64_t order, uint64_t pos, const void *p, size_t n, sbuf *err)
{
    if (s->finished || thread >= s->threads) {
        sbuf_printf(err, "internal error: thread %u adds a document to a sort of %u threads%s", thread, s->threads,
                    s->finished ? ", which is finished" : "");
        return SL_E_INTERNAL;
    }
    if (n > SIZE_MAX / 4)
        return sort_nomem(err);
    lane *l = &s->lane[thread];
    const sorter_doc d = { order, pos, p, n };
    int r = lane_keep(s, l, &d, err);
    if (r == 0 && l->n_doc) {
        sort_docs(l->doc, l->n_doc);
        r = write_run(s, thread, l->doc, l->n_doc, err);
        if (r == 0) {
            lane_empty(s, l);
            r = lane_keep(s, l, &d, err);
        }
    }
    if (r == 0) /* too large to be held beside the caller's own */
        r = write_run(s, thread, &d, 1, err);
    r = r < 0 ? r : cut_mark(s, l, &d, err);
    if (r < 0)
        return r;
    atomic_fetch_add_explicit(&l->docs, 1, memory_order_relaxed);
    return 0;
}

/* The runs of all lanes become those of the sort. */
static int gather_runs(sorter *s, sbuf *err)
{
    size_t n = 0;
    for (unsigned t = 0; t < s->threads; t++)
        n += s->lane[t].runs.n;
    if (!sort_room(s, &s->runs.v, &s->runs.cap, n, sizeof *s->runs.v))
        return sort_nomem(err);
    for (unsigned t = 0; t < s->threads; t++) {
        sort_runs *from = &s->lane[t].runs;
        if (from->n)
            memcpy(s->runs.v + s->runs.n, from->v, from->n * sizeof *from->v);
        s->runs.n += from->n;
        from->n = 0;
    }
    return 0;
}

int sorter_finish(sorter *s, size_t max_pieces, sbuf *err)
{
    if (s->finished) {
        sbuf_puts(err, "internal error: a sort is finished twice");
        return SL_E_INTERNAL;
    }
    int r = cut_settle(s, max_pieces, err);
    r = r < 0 ? r : gather_runs(s, err);
    r = r < 0 ? r : sort_plan(s, err);
    s->finished = r == 0;
    if (r < 0)
        s->pieces = 0;
    return r;
}

size_t sorter_pieces(const sorter *s) { return s->pieces; }

uint64_t sorter_docs(const sorter *s)
{
    uint64_t n = 0;
    for (unsigned t = 0; t < s->threads; t++)
        n += atomic_load_explicit(&s->lane[t].docs, memory_order_relaxed);
    return n;
}
