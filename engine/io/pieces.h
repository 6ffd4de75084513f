/* A stream kept for later passes: pieces of bytes, each with the number of the split or chunk that made it, written by
 * the thread that ran it, read again in order of their numbers by any thread. Always in scratch space, but for small
 * ones; where its files have names, the stream can be sealed, and read by another process. */
#ifndef SLUICE_PIECES_H
#define SLUICE_PIECES_H
#include "base/budget.h"
#include "io/scratch.h"

typedef struct pieces pieces;
pieces *pieces_new(scratch *s, budget *b, unsigned threads);
void pieces_free(pieces *p);
/* [n] Bytes at the end of the piece that `thread` makes now. */
int pieces_add(pieces *p, unsigned thread, const void *bytes, size_t n, sbuf *err);
/* [n] The piece is done; its number. Also without bytes: an empty piece. */
int pieces_end(pieces *p, unsigned thread, uint64_t number, sbuf *err);
/* [1] Sorts by number; a number twice is SL_E_INTERNAL. Then: */
int pieces_finish(pieces *p, sbuf *err);
size_t pieces_count(const pieces *p);
uint64_t pieces_number(const pieces *p, size_t i);
uint64_t pieces_bytes(const pieces *p, size_t i);
/* [n] Piece i whole into out (cleared first; 64 readable bytes behind). */
int pieces_load(pieces *p, unsigned thread, size_t i, sbuf *out, sbuf *err);

/* ---- for another process: scratch_named, and after pieces_finish ---- */
/* [1] All of it is on the disk when the call returns, also what stayed in memory. < 0: it is not, but it can be read
 * as before. */
int pieces_seal(pieces *p, sbuf *err);
/* Where the pieces are, as numbers separated by commas; the first is how many files scratch space has. */
void pieces_describe(const pieces *p, sbuf *out);
/* [1] A finished stream out of the first *used of the n numbers. s: new, with the same names, as many threads as here
 * and at least as many as there are files. NULL: *code is SL_E_STATE if the numbers are none, or files are missing or
 * too short; SL_E_IO; SL_E_NOMEM. What is damaged inside is told by pieces_load. */
pieces *pieces_restore(scratch *s, budget *b, unsigned threads, const uint64_t *v, size_t n, size_t *used, int *code,
                       sbuf *err);
#endif
