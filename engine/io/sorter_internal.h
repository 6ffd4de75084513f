/* The parts of the sort, for engine/io/sorter*.c. See sorter.h for what it does and README.md for how. */
#ifndef SLUICE_SORTER_INTERNAL_H
#define SLUICE_SORTER_INTERNAL_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "io/sorter.h"

enum {
    DOC_COST = sizeof(sorter_doc), /* counted for each document beside its bytes */
    RECORD_HEAD = 24,              /* order, pos, bytes; then the bytes */
    BLOCK_LEAST = 16 << 10,
    BLOCK_MOST = 128 << 10,
    EXTENT_MOST = 1 << 20,
    RUNS_LEAST = 8, /* so few are never merged */
    FAN_IN = 64,
    MARKS_A_PIECE = 32,
};

typedef struct sort_key {
    uint64_t order, pos;
} sort_key;

static inline bool key_less(sort_key a, sort_key b)
{
    return a.order < b.order || (a.order == b.order && a.pos < b.pos);
}
static inline bool key_same(sort_key a, sort_key b) { return a.order == b.order && a.pos == b.pos; }
static inline sort_key key_of(const sorter_doc *d) { return (sort_key){ d->order, d->pos }; }

/* A block of a run: whole records, the first of which has this key. A document larger than a block is an extent: two
 * blocks or more that all have its key, and nothing else in them. */
typedef struct sort_block {
    sort_key key;
    block_at at;
} sort_block;

typedef struct sort_run { /* in scratch space, sorted */
    sort_block *v;
    size_t n, cap;
    sort_key last; /* of its last document */
    uint64_t bytes;
} sort_run;

typedef struct sort_runs {
    sort_run *v;
    size_t n, cap;
} sort_runs;

typedef struct sort_chunk sort_chunk;
typedef struct lane { /* what one thread has; on cache lines of its own */
    _Alignas(64) sort_chunk *chunks;
    char *at, *end;  /* free bytes of the newest shared chunk */
    sorter_doc *doc; /* index of the documents in the chunks */
    size_t n_doc, cap_doc;
    sorter_doc *mark; /* sample for the cuts: n is the number of marks */
    size_t n_mark, cap_mark;
    sort_runs runs;
    char *block;                     /* s->block_bytes, made when first needed */
    uint64_t bytes;                  /* of all documents, DOC_COST included */
    atomic_uint_fast64_t held, docs; /* held: chunks and index */
} lane;

typedef struct sort_job { /* merging runs[first .. first + n), or (n = 0) sorting what lane `first` has in memory */
    size_t first, n;
    sort_run out;
} sort_job;

struct sorter {
    scratch *scratch;
    budget *budget;
    unsigned threads;
    uint64_t piece_bytes, step; /* step: bytes that a mark stands for */
    size_t block_bytes;
    uint64_t least;
    lane *lane;
    atomic_uint_fast64_t fixed; /* charged in any case: indexes of runs, marks, cuts, buffers of blocks */
    bool finished;
    sort_key *cut; /* pieces - 1 of them, ascending */
    size_t pieces, max_runs;
    sort_runs runs;
    /* sorter_merge.c: what is left to do when the first pieces are asked for */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    sort_job *job;
    size_t job_n, job_next, job_done, grouped; /* grouped: runs that the jobs take in */
    atomic_bool settled;
    int failed;
    sbuf why;
};

/* sorter.c */
int sort_nomem(sbuf *err);
int sort_twice(sort_key k, sbuf *err);
void sort_charge(sorter *s, uint64_t n);
void sort_release(sorter *s, uint64_t n);
/* *(T **)v gets room for n elements of `size` bytes, charged. false: out of memory. */
bool sort_room(sorter *s, void *v, size_t *cap, size_t n, size_t size);

/* sorter_lane.c: the buffer of a thread */
/* 1: kept; 0: the budget refuses; < 0. */
int lane_keep(sorter *s, lane *l, const sorter_doc *d, sbuf *err);
void lane_empty(sorter *s, lane *l);
size_t lane_chunk_least(const budget *b);

/* sorter_radix.c */
void sort_docs(sorter_doc *v, size_t n);

/* sorter_run.c */
typedef struct run_writer {
    sorter *s;
    unsigned thread;
    char *block;
    size_t n; /* bytes in block */
    sort_key key;
    sort_run run;
} run_writer;
int sorter_run_begin(run_writer *w, sorter *s, unsigned thread, sbuf *err);
int run_put(run_writer *w, const sorter_doc *d, sbuf *err); /* in order */
/* n blocks of another run as they are; `last`: see sort_run, if these are the last. */
int run_take(run_writer *w, const sort_block *v, size_t n, sort_key last, sbuf *err);
int sorter_run_end(run_writer *w, sbuf *err); /* w->run is complete */
void sorter_run_free(sorter *s, sort_run *r);
int runs_add(sorter *s, sort_runs *runs, sort_run *r, sbuf *err); /* takes *r over, frees it on failure */
size_t run_extent(const sort_run *r, size_t b); /* blocks of the extent that begins at b; 0: an ordinary block */
/* The blocks [*from, *to) that may have documents with lo <= key < hi. NULL: no bound. */
void run_range(const sort_run *r, const sort_key *lo, const sort_key *hi, size_t *from, size_t *to);
/* The record at p, of which `room` bytes are there. Bytes of the record, which may be more than room; 0: no record. */
uint64_t record_get(const char *p, size_t room, sorter_doc *d);
int record_broken(sbuf *err);

/* sorter_cut.c */
int cut_mark(sorter *s, lane *l, const sorter_doc *d, sbuf *err);
int cut_settle(sorter *s, size_t max_pieces, sbuf *err);

/* sorter_merge.c */
int sort_plan(sorter *s, sbuf *err);                    /* [1] in finish */
int sort_settle(sorter *s, unsigned thread, sbuf *err); /* [n] before a piece is loaded */
#endif
