/* A stream kept for later passes: pieces of bytes, each with the number of the split or chunk that made it, written by
 * the thread that ran it, read again in order of their numbers by any thread. Always in scratch space, but for small
 * ones. */
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
#endif
