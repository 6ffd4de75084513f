/* Scratch space on disk: blocks that are compressed, checksummed, and gone when the process ends, however it ends. What
 * spills (io/spill, io/sorter, io/pieces) keeps the addresses; a file a thread, so there is no lock over a write. */
#ifndef SLUICE_SCRATCH_H
#define SLUICE_SCRATCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/str.h"

typedef struct scratch scratch;
typedef struct block_at { /* where a block is */
    uint64_t offset, sum; /* xxh3 of the stored bytes */
    uint32_t file, stored, bytes;
} block_at;
enum { SCRATCH_BLOCK_MAX = 64 << 20 };

/* dir: made when the first block is written; files in it are unlinked as soon as they are open, and dir is removed
 * again at the end if it is empty. threads: writers. level: of zstd, may be negative. NULL: out of memory. */
scratch *scratch_new(const char *dir, unsigned threads, int level);
/* The same, but files have names, dir/<name>.<writer>, and stay until scratch_sweep: another process can go on with
 * them. */
scratch *scratch_named(const char *dir, const char *name, unsigned threads, int level);
void scratch_free(scratch *s);
/* [one thread] All blocks of files with names are on the disk, and so are the names. 0, SL_E_IO or SL_E_NOMEM. */
int scratch_sync(scratch *s, sbuf *err);
/* [one thread] A new one with names reads what writer `file` of another process left; nothing is written to it any
 * more. SL_E_STATE: the file is not there, or has less than `bytes` bytes; SL_E_IO, SL_E_NOMEM. */
int scratch_attach(scratch *s, unsigned file, uint64_t bytes, sbuf *err);
/* Removes files of that kind from dir, and dir if nothing else is in it; but those that `keeps` (NULL: none) says.
 * name: as it was given, not ended by NUL. */
void scratch_sweep(const char *dir, bool (*keeps)(void *u, const char *name, size_t n), void *u);

/* [writer `thread`] n bytes, 1..SCRATCH_BLOCK_MAX. 0, or SL_E_IO / SL_E_NOMEM with a sentence in err that names dir (a
 * full disk says how many bytes were there already). */
int scratch_write(scratch *s, unsigned thread, const void *p, size_t n, block_at *at, sbuf *err);
/* [any thread] The block's at.bytes bytes into p. `thread` (< threads) lends its decompressor. SL_E_DATA: the block on
 * the disk is not what was written, with file, offset and both checksums in err. */
int scratch_read(scratch *s, unsigned thread, block_at at, void *p, sbuf *err);
uint64_t scratch_bytes(const scratch *s); /* written so far, compressed */
#endif
