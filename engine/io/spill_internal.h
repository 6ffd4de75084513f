/* What the files of the spill share.
 *
 * A record goes into a small buffer of its thread and partition, from there, many at once, into the chunks of the
 * partition. When the budget refuses a chunk, some partition's chunks are sorted and go to the disk as a run. Chunks
 * hold a power of two of records and are sorted where they lie, so sorting takes no memory. */
#ifndef SLUICE_SPILL_INTERNAL_H
#define SLUICE_SPILL_INTERNAL_H
#include <pthread.h>
#include <string.h>
#include "io/spill.h"

enum { SPILL_FAN_IN = 64 };

typedef struct chunks { /* record i is in v[i >> shift]; the last chunks may be empty */
    uint8_t **v;
    size_t n, cap; /* chunks */
    uint64_t records;
    bool sorted;
} chunks;

typedef struct pool { /* of chunks; any thread */
    pthread_mutex_t mutex;
    size_t slot, page; /* bytes of a chunk, of a page */
    uint8_t **slabs, *fresh;
    size_t n_slabs, n_fresh; /* n_fresh: chunks behind `fresh` that were never used */
    uint8_t **idle;          /* the first n_cold have no memory */
    size_t n_idle, n_cold, most_warm;
} pool;

typedef struct run { /* sorted records on disk */
    block_at *at;
    uint32_t n, cap;
    uint64_t records;
} run;

typedef struct part {
    chunks mem;                     /* under its gate */
    uint64_t records;               /* under its gate; all but those in buffers of threads */
    atomic_uint_fast64_t in_memory; /* mem.records, for whoever looks for something to spill */
    run *runs;                      /* these belong to whoever made it busy */
    size_t n_runs, cap_runs;
    bool busy; /* under the spill's mutex */
} part;

typedef struct feeder { /* the buffers of a thread: `slot` records for each partition; made when it first adds */
    _Alignas(64) uint8_t *buf;
    uint16_t *fill;
} feeder;

struct spill {
    scratch *disk;
    budget *budget;
    uint32_t threads, partitions, slot;
    size_t record, block;       /* bytes; block: what a block of a run holds at most, whole records */
    unsigned shift;             /* log2 of the records in a chunk */
    uint64_t chunk_cost, least; /* bytes: of a chunk with the pointers to it; to reserve whatever the budget says */
    pool pool;
    part *parts;
    feeder *feeders;
    pthread_mutex_t *gates; /* of the partitions, in turn */
    uint32_t n_gates;
    atomic_uint_fast64_t reserved, firm; /* bytes: of chunks and merges; of all that it cannot do without */
    atomic_uint_fast64_t in_memory;      /* records in chunks */
    atomic_int failed;                   /* records are lost; all that follows fails with `why` */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* `making` or a `busy` */
    uint64_t in_flight;     /* records on their way from chunks to the disk */
    unsigned making;        /* threads that take them there */
    uint32_t hand;          /* the partition from which the search for one to spill goes on */
    sbuf why;
};

int spill_nomem(sbuf *err);
int spill_nowhere(const spill *s, unsigned thread, uint32_t partition, sbuf *err); /* there is no such thing */
int spill_failure(spill *s, sbuf *err);                                            /* 0, or what went wrong before */
int spill_fail(spill *s, int code, const sbuf *err); /* records are lost, for the reason in err; answers code */
int spill_drain(spill *s, unsigned thread, part *p, sbuf *err); /* what threads have of it in buffers, to its chunks */

/* [n] reserve counts bytes as held, having spilled for it what it can where the budget refuses; release ends that. hold
 * counts what is small and needed in any case. */
int spill_reserve(spill *s, unsigned thread, uint64_t bytes, sbuf *err);
void spill_release(spill *s, uint64_t bytes);
void spill_hold(spill *s, uint64_t bytes);
void spill_let_go(spill *s, uint64_t bytes);

static inline pthread_mutex_t *spill_gate(spill *s, const part *p) { return &s->gates[(p - s->parts) % s->n_gates]; }
static inline uint64_t spill_chunk_records(const spill *s) { return (uint64_t)1 << s->shift; }
void spill_free_chunks(spill *s, chunks *c);

static inline void copy_records(uint8_t *to, const uint8_t *from, size_t n, size_t record)
{
    if (n == 1 && record == 16) /* the usual sizes, without a call */
        memcpy(to, from, 16);
    else if (n == 1 && record == 24)
        memcpy(to, from, 24);
    else if (n == 1 && record == 32)
        memcpy(to, from, 32);
    else
        memcpy(to, from, n * record);
}

/* spill_pool.c */
void pool_init(pool *p, size_t slot, size_t warm); /* warm: as many chunks may keep their memory while they are idle */
void pool_free(pool *p);
uint8_t *pool_take(pool *p); /* NULL: out of memory */
void pool_give(pool *p, uint8_t *c);

/* spill_sort.c */
void spill_sort(uint8_t *const *v, unsigned shift, size_t record, uint64_t n);

/* spill_run.c: a run is written by one thread, block after block. */
typedef struct run_writer {
    spill *s;
    unsigned thread;
    uint8_t *block;
    size_t used;
    run run;
} run_writer;
int run_begin(run_writer *w, spill *s, unsigned thread, sbuf *err);
int run_add(run_writer *w, const uint8_t *p, size_t n, sbuf *err);
int run_end(run_writer *w, part *p, sbuf *err); /* the run is the partition's; the caller has it busy */
void run_abandon(run_writer *w);                /* after any failure of the above */
void run_free(spill *s, run *r);

void part_take(spill *s, part *p); /* waits until it is free, makes it busy */
void part_put(spill *s, part *p);
int part_spill(spill *s, unsigned thread, part *p, sbuf *err); /* its chunks become a run; it is and stays busy */
/* 1: a partition was spilled, or another thread finished with one. 0: there is nothing to spill. */
int spill_some(spill *s, unsigned thread, sbuf *err);
#endif
