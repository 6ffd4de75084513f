#include "victims.h"
#include <stdlib.h>
#include <string.h>

/* ---- searching ---- */

/* The first of n numbers in steps of `stride` that is not below x. From `near`, in steps that double: a cursor costs a
 * step or two where it is asked for ascending numbers, and a binary search where it is not. */
static uint64_t lower_bound(const uint64_t *v, unsigned stride, bool big, uint64_t n, uint64_t near, uint64_t x)
{
#define BELOW(i) ((big ? sl_big(v[(i)*stride]) : v[(i)*stride]) < x)
    uint64_t lo = near < n ? near : n, step = 1;
    if (lo && !BELOW(lo - 1))
        lo = 0;
    while (lo + step <= n && BELOW(lo + step - 1)) {
        lo += step;
        step *= 2;
    }
    uint64_t hi = lo + step - 1 < n ? lo + step - 1 : n; /* everything below lo is below x, and hi is not */
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        if (BELOW(mid))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
#undef BELOW
}

uint64_t victims_from(const victims *all, uint64_t near, uint64_t pos)
{
    return all->n ? lower_bound(&all->v->pos, 2, true, all->n, near, pos) : 0;
}

uint64_t victims_of(const victims *all, uint64_t survivor, uint64_t *near)
{
    *near = lower_bound(all->survivors, 1, false, all->n, *near, survivor);
    return lower_bound(all->survivors, 1, false, all->n, *near, survivor + 1) - *near;
}

/* ---- clusters ---- */

/* By bytes from the lowest, skipping those that are the same in all numbers: of a pos, most of the high ones are. */
static void radix_sort(uint64_t *v, uint64_t *spare, uint64_t n)
{
    uint64_t *from = v, *to = spare;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        uint64_t next[256] = { 0 }, at = 0;
        for (uint64_t i = 0; i < n; i++)
            next[from[i] >> shift & 0xFF]++;
        if (next[from[0] >> shift & 0xFF] == n)
            continue;
        for (unsigned k = 0; k < 256; k++) {
            const uint64_t here = next[k];
            next[k] = at;
            at += here;
        }
        for (uint64_t i = 0; i < n; i++)
            to[next[from[i] >> shift & 0xFF]++] = from[i];
        uint64_t *other = from;
        from = to;
        to = other;
    }
    if (from != v)
        memcpy(v, from, n * sizeof(*v));
}

bool victims_count_clusters(victims *all)
{
    if (!all->n)
        return true;
    uint64_t *spare = malloc(all->n * sizeof(*spare));
    all->survivors = malloc(all->n * sizeof(*all->survivors));
    const bool ok = spare && all->survivors;
    if (ok) {
        for (uint64_t i = 0; i < all->n; i++)
            all->survivors[i] = sl_big(all->v[i].survivor);
        radix_sort(all->survivors, spare, all->n);
    }
    free(spare);
    return ok;
}

/* ---- saving and loading ---- */

const char *victims_check(const victims *all)
{
    uint64_t before = 0;
    for (uint64_t i = 0; i < all->n; i++) {
        const uint64_t pos = sl_big(all->v[i].pos), survivor = sl_big(all->v[i].survivor);
        if (pos <= before)
            return pos ? "a document stands in it twice" : "a document has no place";
        if (pos & IN_INDEX || survivor == pos || !(survivor & ~IN_INDEX))
            return "a document repeats none";
        before = pos;
    }
    return NULL;
}

int victims_save(sl_ctx *c, const victims *all, sl_io *io)
{
    enum { PIECE = 1 << 16 };
    for (uint64_t i = 0; i < all->n; i += PIECE) {
        const uint64_t n = all->n - i < PIECE ? all->n - i : PIECE;
        const int ret = c->host->put(c, io, all->v + i, n * sizeof(*all->v));
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

int victims_load(sl_ctx *c, victims *all, const sl_artifact_api *api, sl_io *io)
{
    const uint64_t left = api->left(c, io);
    const void *p = NULL;
    if (left % sizeof(victim))
        return c->host->fail(c, SL_E_STATE, "the saved state ends within a document");
    const int ret = left ? api->map(c, io, left, &p) : SL_OK;
    if (ret < 0)
        return ret;
    all->v = p;
    all->n = left / sizeof(victim);
    return SL_OK;
}

void victims_free(victims *all)
{
    free(all->own);
    free(all->survivors);
    *all = (victims){ 0 };
}
