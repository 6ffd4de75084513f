/* Gathering: each thread appends records to buffers of its own, without a lock; outputs_end_chunk takes them. Buffers
 * go round through pools, so that a long pass allocates nothing. */
#include "io/output_internal.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "sluice/plugin.h"

enum {
    GATHER_FIRST = 64 << 10, /* bytes of a new buffer */
    GATHER_RECORDS = 256,    /* records of a new buffer */
    GATHER_KEEP = 32 << 20,  /* a larger buffer goes back to the system: it was made for a giant chunk */
    GATHER_AIR = 4,          /* a buffer less than 1/4 full is not handed over but copied */
};

static gather *gather_new(output *out, bool block)
{
    gather *g = aligned_alloc(64, (sizeof *g + 63) / 64 * 64); /* threads write to their own cache lines */
    if (g)
        *g = (gather){ .out = out, .refs = 1, .block = block };
    return g;
}

static void gather_free(gather *g)
{
    free(g->p);
    free(g->len);
    free(g);
}

void gather_free_list(gather *g)
{
    while (g) {
        gather *next = g->next;
        gather_free(g);
        g = next;
    }
}

static gather_pool *pool_of(output *out, bool block) { return block ? &out->set->blocks : &out->set->gathers; }

gather *gather_get(output *out, bool block)
{
    outputs *o = out->set;
    gather_pool *pool = pool_of(out, block);
    pthread_mutex_lock(&o->pool_mutex);
    gather *g = pool->first;
    if (g) {
        pool->first = g->next;
        pool->n--;
    }
    pthread_mutex_unlock(&o->pool_mutex);
    if (!g)
        return gather_new(out, block);
    g->next = NULL;
    g->out = out;
    g->n = g->records = 0;
    atomic_store_explicit(&g->refs, 1, memory_order_relaxed);
    return g;
}

/* A pool never holds more than what was in use at one time. */
static void gather_put_back(gather *g)
{
    outputs *o = g->out->set;
    gather_pool *pool = pool_of(g->out, g->block);
    const size_t held = g->cap + g->len_cap * sizeof *g->len;
    bool keep = held >= GATHER_FIRST && held <= GATHER_KEEP;
    if (keep) {
        pthread_mutex_lock(&o->pool_mutex);
        keep = pool->n < ((size_t)o->threads + 1) * o->n;
        if (keep) {
            g->next = pool->first;
            pool->first = g;
            pool->n++;
        }
        pthread_mutex_unlock(&o->pool_mutex);
    }
    if (!keep)
        gather_free(g);
}

gather *gather_ref(gather *g)
{
    atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
    return g;
}

void gather_unref(gather *g)
{
    if (g && atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) == 1)
        gather_put_back(g);
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

bool gather_append(gather *g, const void *p, size_t n)
{
    if (n > g->cap - g->n && !grow_bytes(g, n))
        return false;
    memcpy(g->p + g->n, p, n);
    g->n += n;
    return true;
}

/* A buffer with room for one more record of n bytes, or NULL. */
static gather *gather_for(output *out, unsigned thread, size_t n)
{
    assert(thread < out->set->threads);
    slot *s = &out->slots[thread];
    if (!s->g)
        s->g = gather_get(out, false);
    gather *g = s->g;
    if (!g || n > UINT32_MAX || (n > g->cap - g->n && !grow_bytes(g, n)) ||
        (g->records == g->len_cap && !grow_records(g)))
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

/* A copy that fits, for a buffer that is mostly air: what waits must not pin much more memory than the window counts.
 */
static gather *gather_fitting(const gather *g)
{
    gather *c = gather_new(g->out, false);
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
