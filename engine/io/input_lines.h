/* Whole lines out of a decoder: where a piece begins and ends, records that are too large, damage, and the tail that
 * waits for the next chunk. Inner header of io.
 *
 * A line belongs to the piece that holds the byte before its first byte (the first line of a file to the first piece).
 * So a piece that does not begin a file discards through its first newline, and each piece reads on behind its end
 * through one newline, also where its own data ends in one. A line that goes on into damage is no record.
 *
 * Behind damage (DAMAGE_SKIPS) nothing says whether the next frame begins inside a record: its first line is kept if it
 * starts with '{', as it does where writers close frames between records, and is discarded otherwise. */
#ifndef SLUICE_INPUT_LINES_H
#define SLUICE_INPUT_LINES_H
#include "io/decoder.h"
#include "io/input_chunk.h"

enum { LINES_DAMAGES = 1000 }; /* a piece with more places of damage is not searched any further */

/* Zero it before the first start; buffers are kept from start to start. */
typedef struct lines {
    decoder d;
    input_limits lim;
    const char *name; /* for sentences */
    uint64_t own_end; /* frames (plain: bytes) from here on are the next piece's */
    uint64_t counted; /* compressed bytes already told as consumed go up to here */
    uint64_t number;  /* archive member from 1, which then names records instead of the frame; else 0 */
    uint64_t total;   /* decompressed so far: offset in the member */
    bool skip;        /* drop bytes through the next newline */
    bool resumed;     /* the next byte decides on `skip` */
    bool past;        /* behind own_end: only the line under way is finished */
    bool done;
    unsigned damages;
    /* the line under way in the chunk that is being filled begins at `line`, or behind newlines not searched for yet */
    size_t line;
    uint64_t frame, next_offset; /* where the byte behind the last one taken would be, by the newest mark */
    bool marked;                 /* the newest mark still counts */
    /* what waits: the start of a line, without its newline */
    uint8_t *tail;
    size_t tail_n, tail_cap;
    uint64_t tail_frame, tail_offset;
} lines;

/* L->d is open. begins: nothing is discarded at the start. */
void lines_start(lines *L, const input_limits *lim, const char *name, uint64_t begin, uint64_t own_end, bool begins);
/* Appends about `goal` bytes of whole lines to c. INPUT_OK; INPUT_END: that was all (c may have got lines); < 0: err.
 */
int lines_fill(lines *L, input_chunk *c, uint64_t goal, sbuf *err);
void lines_free(lines *L); /* NULL is fine; not L itself */
#endif
