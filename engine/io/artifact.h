/* A saved state: a file with a head that says what it is and what made it, a payload, and checksums of both. Appears by
 * rename, whole or not at all. A file that was cut, flipped or is of another format is refused, saying which of these.
 * io/artifact_format.h has the layout. A writer and a reader belong to one thread; err may be NULL. */
#ifndef SLUICE_ARTIFACT_H
#define SLUICE_ARTIFACT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/str.h"

enum { ARTIFACT_BLOCK = 1 << 20 }; /* bytes of payload under one checksum */

typedef struct artifact_head { /* strings as long as whoever gave them */
    const char *stage;         /* "dedup.exact" */
    const char *name;          /* 16 hex digits: hash of what made it */
    const char *what;          /* "whole", "port 0", "port 1", "applied" */
    uint32_t state_version;    /* of the stage */
    const char *plugin;        /* "dedup 1.0.0" */
    const char *made_by;       /* one line of JSON: options, inputs, stages above: for people and for `state list` */
    const char *report;        /* one line of JSON: what the fit counted and its tables; "" if nothing */
    int64_t created;           /* seconds since 1970 */
} artifact_head;

/* ---- writing: 0, or SL_E_IO / SL_E_NOMEM with a sentence in err ---- */
typedef struct artifact_writer artifact_writer;
/* Makes the folder of path; writes to a temporary name beside it. NULL: err. */
artifact_writer *artifact_create(const char *path, const artifact_head *head, sbuf *err);
int artifact_put(artifact_writer *w, const void *p, size_t n, sbuf *err);
/* fsync, rename, fsync of the folder; frees w. Another process that made the same at the same time does no harm. */
int artifact_commit(artifact_writer *w, sbuf *err);
void artifact_abort(artifact_writer *w); /* NULL is fine */

/* ---- reading: 0, SL_END, or SL_E_STATE / SL_E_IO / SL_E_NOMEM with a sentence in err that names the file ---- */
typedef struct artifact_reader artifact_reader;
/* Checks head, lengths and the list of checksums; the payload is checked block by block as it is read. NULL: *code and
 * err. */
artifact_reader *artifact_open(const char *path, int *code, sbuf *err);
const artifact_head *artifact_head_of(const artifact_reader *r);
/* n bytes into p. SL_END: nothing was left (n > 0); less than n left: SL_E_STATE. */
int artifact_get(artifact_reader *r, void *p, size_t n, sbuf *err);
/* The next n bytes, read-only, checked, good until close. What was put at a multiple of 64 is aligned to 64. Less than
 * n left: SL_E_STATE, and *p is NULL. */
int artifact_map(artifact_reader *r, uint64_t n, const void **p, sbuf *err);
uint64_t artifact_left(const artifact_reader *r); /* bytes of payload not read yet */
void artifact_close(artifact_reader *r);
/* The whole file. 0 or < 0. */
int artifact_verify(const char *path, sbuf *err);

/* ---- a folder of states: <stage>-<name>.<what>.state ("dedup.exact-3f9c1a….port0.state") ---- */
/* The path of a state; in mem. NULL: out of memory, or stage, name or what is none. */
const char *artifact_path(arena *mem, const char *dir, const char *stage, const char *name, const char *what);
typedef struct artifact_entry {
    const char *path;
    artifact_head head;  /* zero where `problem` is set */
    uint64_t bytes;      /* of the file */
    int64_t used;        /* last opened for a run (mtime: artifact_touch) */
    const char *problem; /* why it cannot be read; NULL: fine as far as the head tells */
} artifact_entry;
/* All files *.state of dir, sorted by path. A folder that is not there is empty. 0 or < 0. */
int artifact_list(arena *mem, const char *dir, artifact_entry **v, size_t *n, sbuf *err);
void artifact_touch(const char *path); /* it was used now */
#endif
