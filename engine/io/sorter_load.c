/* A piece: the blocks of every run that overlap it are read one behind the other into the caller's memory, the
 * documents in memory are copied behind them, and an index of all that belong is sorted. */
#include "io/sorter_internal.h"
#include <stdlib.h>
#include <string.h>
#include "sluice/plugin.h"

typedef struct range { /* lo <= key < hi; NULL: no bound */
    const sort_key *lo, *hi;
} range;

void sorter_piece_free(sorter_piece *p)
{
    free(p->v);
    free(p->mem);
    *p = (sorter_piece){ 0 };
}

static bool inside(const range *g, sort_key k)
{
    return !(g->lo && key_less(k, *g->lo)) && !(g->hi && !key_less(k, *g->hi));
}

static int doc_add(sorter_piece *out, const sorter_doc *d, sbuf *err)
{
    if (out->n == out->cap) {
        const size_t cap = out->cap + out->cap / 2 + 64;
        sorter_doc *v = realloc(out->v, cap * sizeof *v);
        if (!v)
            return sort_nomem(err);
        out->v = v;
        out->cap = cap;
    }
    out->v[out->n++] = *d;
    return 0;
}

/* ---- from memory ---- */

static size_t lower_bound(const lane *l, const sort_key *k, size_t without)
{
    if (!k)
        return without;
    size_t from = 0, to = l->n_doc;
    while (from < to) {
        const size_t mid = from + (to - from) / 2;
        if (key_less(key_of(&l->doc[mid]), *k))
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static void lane_range(const lane *l, const range *g, size_t *from, size_t *to)
{
    *from = lower_bound(l, g->lo, 0);
    *to = lower_bound(l, g->hi, l->n_doc);
}

static int take_lane(const lane *l, const range *g, char **at, sorter_piece *out, sbuf *err)
{
    size_t from, to;
    int r = 0;
    for (lane_range(l, g, &from, &to); r == 0 && from < to; from++) {
        sorter_doc d = l->doc[from];
        if (d.n)
            memcpy(*at, d.p, d.n);
        d.p = *at;
        *at += d.n;
        r = doc_add(out, &d, err);
    }
    return r;
}

/* ---- from runs ---- */

static int take_block(const char *p, size_t n, const range *g, sorter_piece *out, sbuf *err)
{
    while (n) {
        sorter_doc d;
        const uint64_t size = record_get(p, n, &d);
        if (!size || size > n)
            return record_broken(err);
        const int r = inside(g, key_of(&d)) ? doc_add(out, &d, err) : 0;
        if (r < 0)
            return r;
        p += size;
        n -= (size_t)size;
    }
    return 0;
}

static int take_run(sorter *s, unsigned thread, const sort_run *run, const range *g, char **at, sorter_piece *out,
                    sbuf *err)
{
    size_t from, to;
    int r = 0;
    for (run_range(run, g->lo, g->hi, &from, &to); r == 0 && from < to;) {
        const size_t extent = run_extent(run, from);
        const char *p = *at;
        for (size_t left = extent ? extent : 1; r == 0 && left; left--, from++) {
            r = scratch_read(s->scratch, thread, run->v[from].at, *at, err);
            *at += run->v[from].at.bytes;
        }
        const size_t n = (size_t)(*at - p);
        sorter_doc d;
        if (r == 0 && extent && record_get(p, n, &d) != n)
            r = record_broken(err);
        r = r < 0 ? r : take_block(p, n, g, out, err);
    }
    return r;
}

/* ---- a piece ---- */

static int mem_room(const sorter *s, const range *g, sorter_piece *out, sbuf *err)
{
    size_t n = SORTER_SLACK, from, to;
    for (size_t i = 0; i < s->runs.n; i++)
        for (run_range(&s->runs.v[i], g->lo, g->hi, &from, &to); from < to; from++)
            n += s->runs.v[i].v[from].at.bytes;
    for (unsigned t = 0; t < s->threads; t++)
        for (lane_range(&s->lane[t], g, &from, &to); from < to; from++)
            n += s->lane[t].doc[from].n;
    if (n <= out->mem_cap)
        return 0;
    free(out->mem); /* nothing in it is of use */
    out->mem_cap = 0;
    out->mem = malloc(n + n / 8);
    if (!out->mem)
        return sort_nomem(err);
    out->mem_cap = n + n / 8;
    return 0;
}

static int gather(sorter *s, unsigned thread, const range *g, sorter_piece *out, sbuf *err)
{
    int r = mem_room(s, g, out, err);
    char *at = out->mem;
    for (size_t i = 0; r == 0 && i < s->runs.n; i++)
        r = take_run(s, thread, &s->runs.v[i], g, &at, out, err);
    for (unsigned t = 0; r == 0 && t < s->threads; t++)
        r = take_lane(&s->lane[t], g, &at, out, err);
    if (r == 0)
        memset(at, 0, SORTER_SLACK);
    return r;
}

int sorter_load(sorter *s, unsigned thread, size_t i, sorter_piece *out, sbuf *err)
{
    out->n = 0;
    if (!s->finished || i >= s->pieces || thread >= s->threads) {
        sbuf_printf(err, "internal error: thread %u asks for piece %zu of a sort of %zu", thread, i, s->pieces);
        return SL_E_INTERNAL;
    }
    const range g = { i ? &s->cut[i - 1] : NULL, i + 1 < s->pieces ? &s->cut[i] : NULL };
    int r = sort_settle(s, thread, err);
    r = r < 0 ? r : gather(s, thread, &g, out, err);
    if (r < 0) {
        out->n = 0;
        return r;
    }
    sort_docs(out->v, out->n);
    for (size_t d = 1; d < out->n; d++)
        if (key_same(key_of(&out->v[d - 1]), key_of(&out->v[d]))) {
            out->n = 0;
            return sort_twice(key_of(&out->v[d]), err);
        }
    return 0;
}
