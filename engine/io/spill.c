/* Spills: making one, adding to it, the memory it holds. */
#include "io/spill_internal.h"
#include <stdlib.h>
#include <string.h>
#include "sluice/plugin.h"

enum {
    LEAST = 256 << 10, /* bytes a thread may hold in chunks whatever the budget says */
    CHUNK_MIN = 512,
    CHUNK_MAX = 16 << 10,
    CHUNKS = 64 << 20, /* bytes when each partition has one */
    SLOT_MIN = 4,      /* records: a smaller buffer gains nothing */
    SLOT_MAX = 2 << 10,
    SLOTS = 16 << 20, /* bytes of all buffers of all threads */
    BLOCK_MIN = 4 << 10,
    BLOCK_MAX = 256 << 10,
    GATES = 1024,
};

static uint64_t clamp(uint64_t v, uint64_t least, uint64_t most) { return v < least ? least : v > most ? most : v; }

/* Chunks that are partly filled, buffers of threads and the blocks of a merge must stay small beside the budget. */
static void settle_sizes(spill *s)
{
    const uint64_t limit = s->budget->tight ? 0 : s->budget->limit;
    const uint64_t chunk = clamp(clamp(limit / 8, 0, CHUNKS) / s->partitions, CHUNK_MIN, CHUNK_MAX);
    while (s->record << (s->shift + 1) <= chunk)
        s->shift++;
    s->chunk_cost = (s->record << s->shift) + 3 * sizeof(void *); /* one in the pool, up to two in a partition */
    pool_init(&s->pool, s->record << s->shift, (size_t)(limit / 32 / s->chunk_cost));
    const uint64_t slot = clamp(limit / 16, 0, SLOTS) / s->partitions / s->threads;
    s->slot = (uint32_t)(clamp(slot, 0, SLOT_MAX) / s->record);
    if (s->slot < SLOT_MIN)
        s->slot = 0;
    const uint64_t block = clamp(limit / s->threads / (2 * SPILL_FAN_IN), BLOCK_MIN, BLOCK_MAX);
    s->block = block < s->record ? s->record : block / s->record * s->record;
}

static uint64_t feeder_bytes(const spill *s)
{
    return s->slot ? s->partitions * (s->slot * s->record + sizeof *s->feeders->fill) : 0;
}

static bool make_tables(spill *s)
{
    s->n_gates = s->partitions < GATES ? s->partitions : GATES;
    s->parts = calloc(s->partitions, sizeof *s->parts);
    s->gates = calloc(s->n_gates, sizeof *s->gates);
    s->feeders = aligned_alloc(_Alignof(feeder), s->threads * sizeof *s->feeders);
    if (s->feeders)
        memset(s->feeders, 0, s->threads * sizeof *s->feeders);
    if (!s->parts || !s->gates || !s->feeders)
        return false;
    for (uint32_t i = 0; i < s->n_gates; i++)
        pthread_mutex_init(&s->gates[i], NULL); /* on Linux neither this nor the next two can fail */
    const uint64_t fixed =
        sizeof *s + s->partitions * sizeof *s->parts + s->n_gates * sizeof *s->gates + s->threads * sizeof *s->feeders;
    /* With fewer chunks than a share of the partitions, looking for one to spill would take longer than spilling it. */
    const uint64_t few = s->partitions * s->chunk_cost / 8, some = s->budget->tight ? 0 : (uint64_t)s->threads * LEAST;
    s->least = few > some ? few : some;
    spill_hold(s, fixed);
    return true;
}

spill *spill_new(scratch *disk, budget *b, unsigned threads, const spill_spec *spec, sbuf *err)
{
    if (!spec->partitions || spec->partitions > 65536 || !spec->record_size || spec->record_size > 65536 ||
        !spec->key_size || spec->key_size > spec->record_size || !threads) {
        sbuf_printf(err,
                    "a spill of %u partitions with records of %u bytes and keys of %u: there must be 1 to 65536 "
                    "partitions, 1 to 65536 bytes, and a key no longer than the record",
                    spec->partitions, spec->record_size, spec->key_size);
        return NULL;
    }
    spill *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->disk = disk;
    s->budget = b;
    s->threads = threads;
    s->partitions = spec->partitions;
    s->record = spec->record_size;
    settle_sizes(s);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (make_tables(s))
        return s;
    spill_free(s);
    return NULL;
}

void spill_free(spill *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; s->parts && i < s->partitions; i++) {
        part *p = &s->parts[i];
        spill_free_chunks(s, &p->mem);
        for (size_t k = 0; k < p->n_runs; k++)
            run_free(s, &p->runs[k]);
        free(p->runs);
    }
    for (unsigned t = 0; s->feeders && t < s->threads; t++) {
        free(s->feeders[t].buf);
        free(s->feeders[t].fill);
    }
    pool_free(&s->pool);
    budget_give(s->budget, spill_memory(s));
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->mutex);
    for (uint32_t i = 0; s->gates && i < s->n_gates; i++)
        pthread_mutex_destroy(&s->gates[i]);
    sbuf_free(&s->why);
    free(s->feeders);
    free(s->gates);
    free(s->parts);
    free(s);
}

/* ---- failures ---- */

int spill_nomem(sbuf *err)
{
    sbuf_puts(err, "out of memory for records that are gathered");
    return SL_E_NOMEM;
}

int spill_nowhere(const spill *s, unsigned thread, uint32_t partition, sbuf *err)
{
    sbuf_printf(err, "internal error: partition %u of %u of a spill, thread %u of %u", partition, s->partitions, thread,
                s->threads);
    return SL_E_INTERNAL;
}

int spill_fail(spill *s, int code, const sbuf *err)
{
    pthread_mutex_lock(&s->mutex);
    if (!atomic_load(&s->failed)) {
        sbuf_add(&s->why, err->p, err->n);
        atomic_store(&s->failed, code);
    }
    pthread_mutex_unlock(&s->mutex);
    return code;
}

int spill_failure(spill *s, sbuf *err)
{
    const int r = atomic_load(&s->failed);
    if (r < 0) {
        pthread_mutex_lock(&s->mutex);
        sbuf_add(err, s->why.p, s->why.n);
        pthread_mutex_unlock(&s->mutex);
    }
    return r;
}

/* ---- memory ---- */

void spill_hold(spill *s, uint64_t bytes)
{
    atomic_fetch_add(&s->firm, bytes);
    (void)budget_change(s->budget, 0, bytes, UINT64_MAX);
}

void spill_let_go(spill *s, uint64_t bytes)
{
    atomic_fetch_sub(&s->firm, bytes);
    budget_give(s->budget, bytes);
}

int spill_reserve(spill *s, unsigned thread, uint64_t bytes, sbuf *err)
{
    for (bool must = false;;) {
        const uint64_t held = atomic_fetch_add(&s->reserved, bytes);
        if (budget_change(s->budget, held, held + bytes, must ? UINT64_MAX : s->least))
            return 0;
        atomic_fetch_sub(&s->reserved, bytes);
        const int r = spill_some(s, thread, err);
        if (r < 0)
            return r;
        must = r == 0;
    }
}

void spill_release(spill *s, uint64_t bytes)
{
    atomic_fetch_sub(&s->reserved, bytes);
    budget_give(s->budget, bytes);
}

uint64_t spill_memory(const spill *s) { return atomic_load(&s->firm) + atomic_load(&s->reserved); }

void spill_free_chunks(spill *s, chunks *c)
{
    for (size_t i = 0; i < c->n; i++)
        pool_give(&s->pool, c->v[i]);
    free(c->v);
    spill_release(s, c->n * s->chunk_cost);
    *c = (chunks){ 0 };
}

/* One more chunk for p; others may use it first. */
static int add_chunk(spill *s, unsigned thread, part *p, sbuf *err)
{
    int r = spill_reserve(s, thread, s->chunk_cost, err);
    if (r < 0)
        return r;
    uint8_t *mem = pool_take(&s->pool);
    pthread_mutex_t *gate = spill_gate(s, p);
    pthread_mutex_lock(gate);
    chunks *c = &p->mem;
    if (mem && c->n == c->cap) {
        const size_t cap = c->cap ? 2 * c->cap : 4;
        uint8_t **v = realloc(c->v, cap * sizeof *v);
        if (v) {
            c->v = v;
            c->cap = cap;
        }
    }
    const bool ok = mem && c->n < c->cap;
    if (ok)
        c->v[c->n++] = mem;
    pthread_mutex_unlock(gate);
    if (ok)
        return 0;
    if (mem)
        pool_give(&s->pool, mem);
    spill_release(s, s->chunk_cost);
    return spill_nomem(err);
}

/* ---- adding ---- */

/* [gate held] As many as there is room for. */
static size_t fill_chunks(const spill *s, chunks *c, const uint8_t *p, size_t n)
{
    const uint64_t room = (c->n << s->shift) - c->records;
    const size_t all = n < room ? n : room;
    for (size_t left = all; left;) {
        const uint64_t at = c->records & (spill_chunk_records(s) - 1), fit = spill_chunk_records(s) - at;
        const size_t k = left < fit ? left : fit;
        memcpy(c->v[c->records >> s->shift] + at * s->record, p, k * s->record);
        c->records += k;
        p += k * s->record;
        left -= k;
    }
    return all;
}

static int append(spill *s, unsigned thread, part *p, const uint8_t *at, size_t n, sbuf *err)
{
    int r = spill_failure(s, err);
    while (r == 0) {
        pthread_mutex_t *gate = spill_gate(s, p);
        pthread_mutex_lock(gate);
        const size_t k = fill_chunks(s, &p->mem, at, n);
        p->mem.sorted = false;
        p->records += k;
        atomic_fetch_add_explicit(&p->in_memory, k, memory_order_relaxed);
        atomic_fetch_add_explicit(&s->in_memory, k, memory_order_relaxed);
        pthread_mutex_unlock(gate);
        at += k * s->record;
        n -= k;
        if (!n)
            return 0;
        r = add_chunk(s, thread, p, err);
    }
    return spill_fail(s, r, err); /* some of the n may be in already */
}

static int make_feeder(spill *s, feeder *f, sbuf *err)
{
    f->fill = calloc(s->partitions, sizeof *f->fill);
    f->buf = f->fill ? malloc(s->partitions * (s->slot * s->record)) : NULL;
    if (f->buf) {
        spill_hold(s, feeder_bytes(s));
        return 0;
    }
    free(f->fill);
    f->fill = NULL;
    return spill_fail(s, spill_nomem(err), err);
}

int spill_add(spill *s, unsigned thread, uint32_t partition, const void *records, size_t n, sbuf *err)
{
    if (thread >= s->threads || partition >= s->partitions)
        return spill_nowhere(s, thread, partition, err);
    part *p = &s->parts[partition];
    feeder *f = &s->feeders[thread];
    if (!n)
        return 0;
    if (n >= s->slot)
        return append(s, thread, p, records, n, err);
    int r = f->buf ? 0 : make_feeder(s, f, err);
    if (r < 0)
        return r;
    uint8_t *slot = f->buf + (size_t)partition * s->slot * s->record;
    uint32_t have = f->fill[partition];
    if (have + n > s->slot) {
        r = append(s, thread, p, slot, have, err);
        if (r < 0)
            return r;
        have = 0;
    }
    copy_records(slot + have * s->record, records, n, s->record);
    f->fill[partition] = (uint16_t)(have + n);
    return 0;
}

int spill_drain(spill *s, unsigned thread, part *p, sbuf *err)
{
    const size_t partition = (size_t)(p - s->parts);
    int r = spill_failure(s, err);
    for (unsigned t = 0; t < s->threads && r == 0; t++) {
        const feeder *f = &s->feeders[t];
        if (!f->buf || !f->fill[partition])
            continue;
        r = append(s, thread, p, f->buf + partition * s->slot * s->record, f->fill[partition], err);
        if (r == 0)
            f->fill[partition] = 0;
    }
    return r;
}

uint64_t spill_count(const spill *s, uint32_t partition)
{
    uint64_t n = s->parts[partition].records;
    for (unsigned t = 0; t < s->threads; t++)
        n += s->feeders[t].fill ? s->feeders[t].fill[partition] : 0;
    return n;
}
