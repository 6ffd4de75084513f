/* Sorted runs in scratch space: blocks of whole records, and an index of the blocks in memory. */
#include "io/sorter_internal.h"
#include <stdlib.h>
#include <string.h>
#include "sluice/plugin.h"

/* ---- records ---- */

static void record_head(char *p, const sorter_doc *d)
{
    const uint64_t head[3] = { d->order, d->pos, d->n };
    memcpy(p, head, sizeof head);
}

uint64_t record_get(const char *p, size_t room, sorter_doc *d)
{
    uint64_t head[3];
    if (room < sizeof head)
        return 0;
    memcpy(head, p, sizeof head);
    *d = (sorter_doc){ head[0], head[1], p + RECORD_HEAD, (size_t)head[2] };
    return head[2] > UINT64_MAX - RECORD_HEAD ? 0 : head[2] + RECORD_HEAD;
}

int record_broken(sbuf *err)
{
    sbuf_puts(err, "internal error: a block of the sort does not hold what its index says");
    return SL_E_INTERNAL;
}

/* ---- runs ---- */

void sorter_run_free(sorter *s, sort_run *r)
{
    sort_release(s, r->cap * sizeof *r->v);
    free(r->v);
    *r = (sort_run){ 0 };
}

int runs_add(sorter *s, sort_runs *runs, sort_run *r, sbuf *err)
{
    if (!sort_room(s, &runs->v, &runs->cap, runs->n + 1, sizeof *runs->v)) {
        sorter_run_free(s, r);
        return sort_nomem(err);
    }
    runs->v[runs->n++] = *r;
    *r = (sort_run){ 0 };
    return 0;
}

size_t run_extent(const sort_run *r, size_t b)
{
    size_t n = 1;
    while (b + n < r->n && key_same(r->v[b].key, r->v[b + n].key))
        n++;
    return n > 1 ? n : 0;
}

/* The first block whose key is not below k. */
static size_t lower_bound(const sort_run *r, sort_key k)
{
    size_t from = 0, to = r->n;
    while (from < to) {
        const size_t mid = from + (to - from) / 2;
        if (key_less(r->v[mid].key, k))
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

void run_range(const sort_run *r, const sort_key *lo, const sort_key *hi, size_t *from, size_t *to)
{
    *from = lo ? lower_bound(r, *lo) : 0;
    *to = hi ? lower_bound(r, *hi) : r->n;
    if (!*from) /* then there is a lo, or block 0 would not be below it */
        return;
    const size_t b = *from - 1; /* begins below lo and may reach beyond it, unless it is of an extent */
    const bool reaches = *from < r->n ? !key_same(r->v[*from].key, *lo) : !key_less(r->last, *lo);
    if (reaches && (!b || !key_same(r->v[b].key, r->v[b - 1].key)))
        *from = b;
}

/* ---- writing one ---- */

int sorter_run_begin(run_writer *w, sorter *s, unsigned thread, sbuf *err)
{
    lane *l = &s->lane[thread];
    if (!l->block) {
        l->block = malloc(s->block_bytes);
        if (!l->block)
            return sort_nomem(err);
        sort_charge(s, s->block_bytes);
    }
    *w = (run_writer){ .s = s, .thread = thread, .block = l->block };
    return 0;
}

static int index_add(run_writer *w, sort_key key, block_at at, sbuf *err)
{
    sort_run *r = &w->run;
    if (!sort_room(w->s, &r->v, &r->cap, r->n + 1, sizeof *r->v))
        return sort_nomem(err);
    r->v[r->n++] = (sort_block){ key, at };
    r->bytes += at.bytes;
    return 0;
}

static int block_write(run_writer *w, sort_key key, const char *p, size_t n, sbuf *err)
{
    block_at at;
    const int r = scratch_write(w->s->scratch, w->thread, p, n, &at, err);
    return r < 0 ? r : index_add(w, key, at, err);
}

static int block_end(run_writer *w, sbuf *err)
{
    const size_t n = w->n;
    w->n = 0;
    return n ? block_write(w, w->key, w->block, n, err) : 0;
}

/* Its first block ends with the first bytes; the others come straight from the document. */
static int extent_put(run_writer *w, const sorter_doc *d, sbuf *err)
{
    size_t at = w->s->block_bytes - RECORD_HEAD;
    record_head(w->block, d);
    memcpy(w->block + RECORD_HEAD, d->p, at);
    int r = block_write(w, key_of(d), w->block, w->s->block_bytes, err);
    while (r == 0 && at < d->n) {
        const size_t n = d->n - at < EXTENT_MOST ? d->n - at : EXTENT_MOST;
        r = block_write(w, key_of(d), d->p + at, n, err);
        at += n;
    }
    return r;
}

/* Blocks that begin with the same key would be taken for an extent. */
static bool is_twice(const run_writer *w, sort_key k) { return (w->n || w->run.n) && key_same(w->run.last, k); }

int run_put(run_writer *w, const sorter_doc *d, sbuf *err)
{
    const size_t block_bytes = w->s->block_bytes;
    int r = 0;
    if (is_twice(w, key_of(d)))
        return sort_twice(key_of(d), err);
    w->run.last = key_of(d);
    if (d->n > block_bytes - RECORD_HEAD) {
        r = block_end(w, err);
        return r < 0 ? r : extent_put(w, d, err);
    }
    const size_t n = RECORD_HEAD + d->n;
    if (n > block_bytes - w->n)
        r = block_end(w, err);
    if (!w->n)
        w->key = key_of(d);
    record_head(w->block + w->n, d);
    if (d->n)
        memcpy(w->block + w->n + RECORD_HEAD, d->p, d->n);
    w->n += n;
    return r;
}

int run_take(run_writer *w, const sort_block *v, size_t n, sort_key last, sbuf *err)
{
    int r = is_twice(w, v->key) ? sort_twice(v->key, err) : block_end(w, err);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = index_add(w, v[i].key, v[i].at, err);
    w->run.last = last;
    return r;
}

int sorter_run_end(run_writer *w, sbuf *err)
{
    const int r = block_end(w, err);
    sort_run *run = &w->run;
    sort_block *v = r == 0 ? realloc(run->v, run->n * sizeof *v) : NULL;
    if (v) { /* if not, it stays as large as it is */
        sort_release(w->s, (run->cap - run->n) * sizeof *v);
        run->v = v;
        run->cap = run->n;
    }
    return r;
}
