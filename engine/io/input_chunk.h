/* The inside of a chunk: one buffer of whole lines or members, and marks that say where its bytes come from. Inner
 * header of io. */
#ifndef SLUICE_INPUT_CHUNK_H
#define SLUICE_INPUT_CHUNK_H
#include "io/input.h"

enum { RECORD_HEAD = 4096 }; /* bytes shown of a record that is too large */

typedef enum {
    MARK_LINES, /* from `at` on: lines; the byte at `at` is byte `offset` of `frame` */
    MARK_WHOLE, /* `len` bytes from `at` on are one record */
    MARK_LARGE  /* they are the head of a record above max_record_bytes */
} mark_kind;

typedef struct chunk_mark {
    size_t at, len;
    uint64_t frame, offset;
    const char *member;
    mark_kind kind;
} chunk_mark;

struct input_chunk {
    /* bytes, filled front to back. Every line in it ends in a newline, also where the input has none at its end. */
    uint8_t *buf;
    size_t n, cap; /* cap leaves room for a newline and INPUT_SLACK more */
    /* walking */
    size_t at, next_at; /* next_at: where marks[next] stands; SIZE_MAX: no more */
    size_t next;
    chunk_mark now; /* the mark passed last */
    uint64_t max_record;
    /* where the bytes come from, ascending; of several at one place the last lines mark counts */
    chunk_mark *marks;
    size_t n_marks, cap_marks;
    const char *member; /* of the marks to come, in mem */
    size_t said;        /* bytes of names and sentences in mem */
    input_damage *damage;
    size_t n_damage, cap_damage;
    uint64_t consumed;
    arena mem;          /* member names and sentences */
    struct lines *load; /* of input_load: kept for its buffers */
};

void chunk_start(input_chunk *c, const input_limits *lim);
/* Room for n more bytes; false: out of memory. */
bool chunk_room(input_chunk *c, size_t n);
static inline size_t chunk_free(const input_chunk *c) { return c->cap - c->n; }
bool chunk_mark_add(input_chunk *c, mark_kind kind, size_t at, size_t len, uint64_t frame, uint64_t offset);
/* Forgets marks behind `at`. */
void chunk_mark_cut(input_chunk *c, size_t at);
/* Frame and offset of the byte at `at`, by the marks so far. */
void chunk_place(const input_chunk *c, size_t at, uint64_t *frame, uint64_t *offset);
bool chunk_member(input_chunk *c, const char *name);
/* Takes the sentence in s, and empties it. */
bool chunk_damage_add(input_chunk *c, sbuf *s, uint64_t offset);
/* Slack zeroed, walking set to the start. */
void chunk_finish(input_chunk *c);
#endif
