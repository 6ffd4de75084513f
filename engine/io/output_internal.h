/* What the files of the output share. Who owns what: a thread its slots; the one thread that has `cutting` set the
 * cutters; the one that has `writing` of an output set its writer; the mutex everything else, unless a comment says
 * otherwise. */
#ifndef SLUICE_OUTPUT_INTERNAL_H
#define SLUICE_OUTPUT_INTERNAL_H
#include <pthread.h>
#include <stdatomic.h>
#include "base/hash.h"
#include "io/output.h"

enum {
    TAIL_AGE = 500000000,        /* ns */
    TAIL_MAX = 2 * OUTPUT_FRAME, /* bytes: what is larger is one giant record; it comes again instead */
};

/* A place in the stream: before record `records` of a chunk, counted among those that one output gets. */
typedef struct stream_at {
    uint64_t split, chunk, records;
} stream_at;

/* A buffer of records: those of one chunk for one output, or (block) of a frame that began in one chunk and ends in
 * another. Filled by one thread; from then on shared by the frames that are cut from it, and read-only. */
typedef struct gather {
    struct gather *next; /* in an entry or in a pool */
    output *out;
    _Atomic unsigned refs;
    char *p;
    size_t n, cap;
    uint32_t *len; /* bytes of each record; none in a block */
    size_t records, len_cap;
    bool block;
} gather;

/* Empty buffers for reuse. */
typedef struct gather_pool {
    gather *first;
    size_t n;
} gather_pool;

/* Where a thread gathers for one output. A cache line of its own. */
typedef struct slot {
    _Alignas(64) gather *g;
    bool failed; /* a record was lost to lack of memory */
} slot;

typedef struct shard {
    struct shard *next;
    output_shard info; /* records, bytes: the cutter's; file_bytes, sha256: the writer's */
    char *path, *tmp;  /* tmp NULL: standard output */
    bool created, published;
} shard;

/* Records that are compressed together: `bytes` of g at `at`. Between being taken as a job and being done it belongs to
 * the thread that took it. */
typedef struct frame {
    struct frame *next, *next_job; /* next: in the order of writing */
    output *out;
    shard *shard;
    gather *g; /* NULL: no bytes, or packed */
    size_t at;
    uint64_t bytes;                      /* of records */
    stream_at start;                     /* place of its first record */
    uint64_t opened;                     /* clock_ns at its first record; 0: it is in a mark already */
    uint64_t shard_records, shard_bytes; /* when it was closed: of the shard, up to its end */
    char *packed;                        /* NULL: written as it is */
    size_t packed_n;
    bool last; /* of its shard */
    bool done; /* may be written */
} frame;

typedef struct frame_list {
    frame *first, *last;
} frame_list;

/* What stands in frames that are written: `shards` whole files, and the beginning of the one behind them. */
typedef struct committed {
    uint64_t shards;
    const shard *open; /* NULL: nothing of the next shard is committed */
    uint64_t records, bytes, file_bytes;
    char sha256[65]; /* of these file_bytes */
} committed;

/* The records of an open frame as a mark has them, kept for the next mark. */
typedef struct tail_text {
    stream_at start;
    uint64_t bytes;
    sbuf text; /* zstd, base64; empty: none */
} tail_text;

struct output {
    outputs *set;
    output_spec spec; /* path is a copy; format is settled */
    char *lock_path;  /* NULL: standard output */
    int lock;         /* < 0: none */
    slot *slots;      /* one a thread */
    /* the cutter */
    frame *open;  /* takes records, or NULL */
    shard *shard; /* takes records, or NULL */
    shard *shards, *last_shard;
    uint64_t n_shards;
    stream_at from; /* in a continued run: records before this place are there already. records: not met yet */
    /* the writer */
    bool writing;
    frame_list frames; /* closed and not written yet, in order (of the mutex, like `writing`) */
    shard *file_shard;
    int fd; /* < 0: closed */
    sha256 *digest;
    committed done; /* of the mutex */
    /* marks, under mark_mutex */
    tail_text tail;
    uint64_t synced_files, synced_bytes; /* files whose folder entry is synced; committed bytes of the open one */
    /* after finish */
    output_shard *list;
    uint64_t ns; /* spent compressing and writing; under the mutex */
};

/* A chunk with its records, or the end of a split (then chunk is the number of its chunks). */
typedef struct entry {
    uint64_t split, chunk;
    bool end;
    gather *gathers;
} entry;

/* Memory and contexts for compression: used by one thread at a time. */
typedef struct packer packer;

struct outputs {
    output **v; /* fixed once the threads start */
    size_t n, cap;
    unsigned threads;
    uint64_t window;
    char *tag;
    int refused;       /* why the last outputs_open gave NULL */
    bool continuing;   /* outputs_open makes no file */
    bool resumed;      /* files of an earlier run may lie there, also behind its mark */
    bool keep;         /* temporary files stay */
    uint64_t tail_age; /* ns: marks hold the records of an open frame that is at least as old */

    pthread_mutex_t mark_mutex; /* one mark at a time; taken before the mutex */
    stream_at marked;           /* under it: the place of the last mark; records: 0 */
    pthread_mutex_t pool_mutex; /* of the pools alone; no other lock is taken under it */
    gather_pool gathers, blocks;

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t changes; /* counts what outputs_wait waits for */
    int failed;       /* 0 or the code of the first failure */
    sbuf why;         /* its sentence */
    bool torn;        /* what was cut or written is in doubt: no mark can be taken any more */
    bool finished;
    entry *heap; /* lowest (split, chunk) first */
    size_t heap_n, heap_cap;
    uint64_t split, chunk; /* what the sequencer waits for */
    bool cutting;
    unsigned pausing;            /* marks that want to look at the open frames: the cutter makes way */
    frame *first_job, *last_job; /* to be compressed, oldest first */
    packer *packers;             /* free ones; the one used last comes first, for it is warm */
    _Atomic uint64_t waiting;    /* bytes: chunks not cut, closed frames, compressed frames. Written under the mutex */
    uint64_t opened;             /* bytes of open frames: no work can lessen them, so they are no pressure */
};

/* ---- output.c ---- */
/* [mutex held] Records the first failure and wakes everybody. Returns code. */
int outputs_fail(outputs *o, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int outputs_nomem(outputs *o);
/* [mutex held] 0, or the code of the first failure with its sentence in err. */
int outputs_failure(const outputs *o, sbuf *err);
/* [mutex held] Something that a waiting thread may want to know. */
void outputs_changed(outputs *o);

/* ---- output_gather.c: [any thread, with or without the mutex] ---- */
/* Takes the records that `thread` put for out; *g is NULL where there are none. 0 or SL_E_NOMEM. */
int gather_take(output *out, unsigned thread, gather **g);
/* An empty buffer with one reference, from a pool if it can be. NULL: out of memory. */
gather *gather_get(output *out, bool block);
bool gather_append(gather *g, const void *p, size_t n); /* bytes without a record; false: out of memory */
gather *gather_ref(gather *g);
void gather_unref(gather *g);
void gather_free_list(gather *g);

/* ---- output_order.c ---- */
/* [mutex held] Closed frames go to the queues of their outputs. */
void order_queue(outputs *o, frame_list cut);
/* [mutex held, given up meanwhile] Nobody cuts between the two calls, and chunks that come wait. */
void order_pause(outputs *o);
void order_go_on(outputs *o);
void order_settle(outputs *o); /* waits until nobody cuts or pauses */

/* ---- output_skip.c ---- */
/* [the cutter] at: the place of the first record of g. Moves it behind the records that are committed already;
 * *skipped: their bytes. SL_E_STATE: g has fewer records than are committed. */
int skip_committed(const gather *g, stream_at *at, size_t *skipped);
/* [the cutter] The chunk has been cut. SL_E_STATE: committed records of it did not come. */
int skip_check(const outputs *o, const entry *e);
/* [mutex held] Has the stream come to the place where this run began to write? */
bool skip_all_met(const outputs *o);
bool stream_before(uint64_t split, uint64_t chunk, const stream_at *at); /* of chunks, records aside */

/* ---- output_cut.c: [the cutter] 0 or SL_E_NOMEM; closed frames are appended to cut, also on failure ---- */
/* The records of g from the one at `at`, which begins at byte `from`. */
int cut_records(gather *g, stream_at at, size_t from, frame_list *cut);
/* Closes the last frame of the last shard; makes an empty one where there was no record. */
int cut_end(output *out, frame_list *cut);
/* The shard that takes the next record. NULL: out of memory. */
shard *cut_shard(output *out);
shard *shard_new(const output *out, uint64_t index); /* NULL: out of memory */
void shard_free(shard *s);                           /* leaves the file */
void frame_append(frame_list *list, frame *f);
void frame_free(frame *f);
uint64_t clock_ns(void);

/* ---- output_pack.c ---- */
/* [mutex held] A free packer, or a new one; NULL: out of memory. */
packer *packer_take(outputs *o);
void packer_return(outputs *o, packer *k);
void packer_free_all(packer *k);
/* Compresses the frame's records into f->packed. 0 or SL_E_NOMEM or SL_E_INTERNAL with a static text in why. */
int packer_pack(packer *k, frame *f, const char **why);

/* ---- output_file.c: [the writer of out] 0, or SL_E_IO or SL_E_NOMEM with a sentence in why ---- */
int file_begin(output *out, shard *s, sbuf *why);
int file_write(output *out, const frame *f, sbuf *why);
int file_end(output *out, sbuf *why);
void file_abandon(output *out);
int file_publish(shard *s, sbuf *why);

/* ---- output_path.c ---- */
output_format path_format(const output_spec *spec); /* never FORMAT_AUTO */
bool path_is_stdout(const char *path);
bool path_is_sharded(const char *path);                        /* has {shard} */
char *path_final(const char *path, uint64_t shard);            /* NULL: out of memory */
char *path_temporary(const char *final_name, const char *tag); /* NULL: out of memory */
bool path_overlap(const char *a, const char *b); /* could one file belong to both? Their folders are there */
/* Calls each for every name in the folder of path, until it returns other than 0, which is returned, or a negative
 * errno. A folder that is not there is empty. */
int path_neighbours(const char *path, int (*each)(void *u, int folder, const char *name), void *u);
/* 0, or SL_E_CONFIG where something that is no regular file has the name of an output, or SL_E_NOMEM or SL_E_IO. */
int path_in_the_way(const char *path, sbuf *err);

/* ---- output_lock.c ---- */
/* From now on no other run can open an output that shares a file with this one. 0; SL_E_CANCEL: another run has it, and
 * err says which; SL_E_IO or SL_E_NOMEM. */
int output_lock(output *out, sbuf *err);
void output_unlock(output *out);
void path_lock_sweep(const char *path); /* what a killed run left */
#endif
