/* Gathering: each thread appends records to buffers of its own, without a lock; outputs_end_chunk takes them. */
#include "io/output_internal.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "sluice/plugin.h"

enum {
    GATHER_FIRST = 64 << 10, /* bytes of a new buffer */
    GATHER_RECORDS = 256,    /* records of a new buffer */
    GATHER_KEEP = 32 << 20,  /* a larger buffer goes back to the system: it was made for a giant chunk */
    GATHER_POOL_PER_THREAD = 2,
    GATHER_AIR = 4, /* a buffer less than 1/4 full is not handed over but copied */
};

static gather *gather_new(output *out)
{
    gather *g = aligned_alloc(64, (sizeof *g + 63) / 64 * 64); /* threads write to their own cache lines */
    if (g)
        *g = (gather){ .out = out, .refs = 1 };
    return g;
}

void gather_free(gather *g)
{
    if (!g)
        return;
    free(g->p);
    free(g->len);
    free(g);
}

static bool grow_bytes(gather *g, size_t n)
{
    if (n > SIZE_MAX / 4 - g->n)
        return false;
    size_t cap = g->cap ? g->cap * 2 : GATHER_FIRST;
    if (cap < g->n + n)
        cap = g->n + n;
    char *p = realloc(g->p, cap);
    if (!p)
        return false;
    g->p = p;
    g->cap = cap;
    return true;
}

static bool grow_records(gather *g)
{
    const size_t cap = g->len_cap ? g->len_cap * 2 : GATHER_RECORDS;
    uint32_t *len = realloc(g->len, cap * sizeof *len);
    if (!len)
        return false;
    g->len = len;
    g->len_cap = cap;
    return true;
}

/* A buffer with room for one more record of n bytes, or NULL. */
static gather *gather_for(output *out, unsigned thread, size_t n)
{
    assert(thread < out->set->threads);
    slot *s = &out->slots[thread];
    if (!s->g && !(s->g = gather_new(out)))
        return s->failed = true, NULL;
    gather *g = s->g;
    if (n > UINT32_MAX || (n > g->cap - g->n && !grow_bytes(g, n)) || (g->records == g->len_cap && !grow_records(g)))
        return s->failed = true, NULL;
    return g;
}

int output_put(output *out, unsigned thread, const void *p, size_t n)
{
    gather *g = gather_for(out, thread, n);
    if (!g)
        return SL_E_NOMEM;
    if (n)
        memcpy(g->p + g->n, p, n);
    g->n += n;
    g->len[g->records++] = (uint32_t)n;
    return 0;
}

void *output_room(output *out, unsigned thread, size_t n)
{
    gather *g = gather_for(out, thread, n ? n : 1);
    return g ? g->p + g->n : NULL;
}

void output_commit(output *out, unsigned thread, size_t n)
{
    gather *g = out->slots[thread].g;
    assert(g && n <= g->cap - g->n && g->records < g->len_cap);
    g->n += n;
    g->len[g->records++] = (uint32_t)n;
}

/* A copy that fits, for a buffer that is mostly air: what waits must not pin much more memory than the window counts.
 */
static gather *gather_fitting(const gather *g)
{
    gather *c = gather_new(g->out);
    if (!c)
        return NULL;
    c->p = malloc(g->n ? g->n : 1);
    c->len = malloc(g->records * sizeof *c->len);
    if (!c->p || !c->len) {
        gather_free(c);
        return NULL;
    }
    if (g->n)
        memcpy(c->p, g->p, g->n);
    memcpy(c->len, g->len, g->records * sizeof *c->len);
    c->n = c->cap = g->n;
    c->records = c->len_cap = g->records;
    return c;
}

int gather_take(output *out, unsigned thread, gather **ret)
{
    slot *s = &out->slots[thread];
    gather *g = s->g;
    *ret = NULL;
    if (s->failed)
        return SL_E_NOMEM;
    if (!g || !g->records)
        return 0;
    if (g->n >= g->cap / GATHER_AIR) {
        s->g = NULL;
        *ret = g;
        return 0;
    }
    *ret = gather_fitting(g);
    if (!*ret)
        return SL_E_NOMEM;
    g->n = g->records = 0;
    if (g->cap > GATHER_KEEP) {
        gather_free(g);
        s->g = NULL;
    }
    return 0;
}

void gather_unref(outputs *o, gather *g)
{
    if (--g->refs)
        return;
    const size_t held = g->cap + g->len_cap * sizeof *g->len;
    if (held > GATHER_KEEP || held < GATHER_FIRST || o->pool_n >= GATHER_POOL_PER_THREAD * (size_t)o->threads) {
        gather_free(g);
        return;
    }
    g->n = g->records = 0;
    g->next = o->pool;
    o->pool = g;
    o->pool_n++;
}

void gather_refill(outputs *o, unsigned thread)
{
    for (size_t i = 0; i < o->n && o->pool; i++) {
        slot *s = &o->v[i]->slots[thread];
        if (s->g)
            continue;
        gather *g = o->pool;
        o->pool = g->next;
        o->pool_n--;
        *g = (gather){ .out = o->v[i], .refs = 1, .p = g->p, .cap = g->cap, .len = g->len, .len_cap = g->len_cap };
        s->g = g;
    }
}
