/* What the files of the output share. Everything below `mutex` in outputs, and what hangs from it, is guarded by it,
 * unless a comment names another owner. */
#ifndef SLUICE_OUTPUT_INTERNAL_H
#define SLUICE_OUTPUT_INTERNAL_H
#include <pthread.h>
#include <stdatomic.h>
#include "base/hash.h"
#include "io/output.h"

/* The records of one chunk for one output. The thread's own until outputs_end_chunk; from then on shared by the frames
 * that are cut from it, and read-only. */
typedef struct gather {
    struct gather *next; /* in an entry or in the pool */
    output *out;
    unsigned refs; /* guarded by the mutex */
    char *p;
    size_t n, cap;
    uint32_t *len; /* bytes of each record */
    size_t records, len_cap;
} gather;

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

typedef struct piece {
    gather *g;
    size_t at, n;
} piece;

/* Records that are compressed together. Between being taken as a job and being done it belongs to the thread that took
 * it. */
typedef struct frame {
    struct frame *next, *next_job; /* next: in the order of writing */
    output *out;
    shard *shard;
    piece *pieces; /* in order; released once packed */
    size_t n_pieces, cap;
    uint64_t bytes; /* of records */
    char *packed;   /* NULL: the pieces are written as they are */
    size_t packed_n;
    bool last; /* of its shard */
    bool done; /* may be written */
} frame;

struct output {
    outputs *set;
    output_spec spec; /* path is a copy; format is settled */
    slot *slots;      /* one a thread, owned by it */
    /* the cutter */
    frame *open;  /* takes records, or NULL */
    shard *shard; /* takes records, or NULL */
    shard *shards, *last_shard;
    uint64_t n_shards;
    /* frames that are not written yet, in order */
    frame *first, *last;
    bool writing; /* a thread is in the writer: the fields below are its own */
    shard *file_shard;
    int fd; /* < 0: closed */
    sha256 *digest;
    /* after finish */
    output_shard *list;
};

/* A chunk with its records, or the end of a split (then chunk is the number of its chunks). */
typedef struct entry {
    uint64_t split, chunk;
    bool end;
    gather *gathers;
} entry;

/* Memory and contexts for compression; each thread has one. */
typedef struct packer packer;

struct outputs {
    output **v; /* fixed once the threads start */
    size_t n, cap;
    unsigned threads;
    uint64_t window;
    char *tag;
    packer **packers; /* one a thread and one for finish; each used by its thread alone */

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t changes; /* counts what outputs_wait waits for */
    int failed;       /* 0 or the code of the first failure */
    sbuf why;         /* its sentence */
    bool finished;
    entry *heap; /* lowest (split, chunk) first */
    size_t heap_n, heap_cap;
    uint64_t split, chunk;       /* what the sequencer waits for */
    frame *first_job, *last_job; /* to be compressed, oldest first */
    gather *pool;                /* empty buffers */
    size_t pool_n;
    _Atomic uint64_t
        waiting;     /* bytes: chunks out of order, closed frames, compressed frames. Written under the mutex */
    uint64_t opened; /* bytes of open frames: no work can lessen them, so they are no pressure */
};

/* ---- output.c ---- */
/* [mutex held] Records the first failure and wakes everybody. Returns code. */
int outputs_fail(outputs *o, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int outputs_nomem(outputs *o);
/* [mutex held] 0, or the code of the first failure with its sentence in err. */
int outputs_failure(const outputs *o, sbuf *err);
/* [mutex held] Something that a waiting thread may want to know. */
void outputs_changed(outputs *o);

/* ---- output_gather.c ---- */
/* Takes the records that `thread` put for out; *g is NULL where there are none. The thread's slot may be left without a
 * buffer. */
int gather_take(output *out, unsigned thread, gather **g);
/* [mutex held] */
void gather_unref(outputs *o, gather *g);
void gather_refill(outputs *o, unsigned thread);
void gather_free(gather *g);

/* ---- output_cut.c: [mutex held] ---- */
/* Appends the records of g; takes the reference over, also on failure. */
int cut_records(output *out, gather *g);
/* Closes the last frame of the last shard; makes an empty shard where there is none. */
int cut_end(output *out);
/* The shard that takes the next record. NULL: out of memory. */
shard *cut_shard(output *out);
void frame_release(outputs *o, frame *f); /* its pieces */
void frame_free(outputs *o, frame *f);

/* ---- output_pack.c ---- */
packer *packer_new(void);
void packer_free(packer *k);
/* Compresses the frame's pieces into f->packed. 0 or SL_E_NOMEM or SL_E_INTERNAL with a static text in why. */
int packer_pack(packer *k, frame *f, const char **why);

/* ---- output_file.c: [the one writer of out] 0, or SL_E_IO or SL_E_NOMEM with a sentence in why. ---- */
int file_begin(output *out, shard *s, sbuf *why);
int file_write(output *out, const frame *f, sbuf *why);
int file_end(output *out, sbuf *why);
void file_abandon(output *out);
int file_publish(shard *s, sbuf *why);

/* ---- output_path.c ---- */
output_format path_format(const output_spec *spec); /* never FORMAT_AUTO */
bool path_is_stdout(const char *path);
char *path_final(const char *path, uint64_t shard);            /* NULL: out of memory */
char *path_temporary(const char *final_name, const char *tag); /* NULL: out of memory */
bool path_overlap(const char *a, const char *b); /* could one file belong to both? The folders are there */
/* 0, or SL_E_CONFIG where something that is no regular file has the name of an output, or SL_E_NOMEM or SL_E_IO. */
int path_in_the_way(const char *path, sbuf *err);
#endif
