/* What every stage is promised about its life and its stream, watched over all passes of a run:
 *   - which callback runs when, how often, on how many threads at a time
 *   - phase, round and port of every pass
 *   - places that ascend in a split, splits that come to one thread, the same documents in every pass
 * A stage holds a watch in its state and a watch_local in its local one, and calls the function of each callback first.
 */
#ifndef PROBE_WATCH_H
#define PROBE_WATCH_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "probe.h"

enum { WATCH_FIT = 1, WATCH_ORDERED = 2, WATCH_PORTS_ONLY = 4, WATCH_RESHAPE = 8 };
enum { WATCH_MAIN = 0, WATCH_PORTS = 4 };

typedef struct watch_split {
    uint64_t split, rows, hash; /* hash: of places, keys and texts in their order */
} watch_split;

typedef struct watch_pass { /* what all threads saw of one stream */
    watch_split *v;
    size_t n, cap;
    bool any;
} watch_pass;

typedef struct watch_told { /* by callbacks that run on many threads; not in g, which is frozen then */
    atomic_int locals_open, locals_closed, fit_open, fit_combined, apply_combined, in_combine, in_call, failed;
    atomic_uint stream;         /* fit: ports so far, then n_ports + 1 for the main stream */
    atomic_uint_fast64_t last;  /* ordered: the last pos */
    _Atomic(const void *) only; /* ordered: the local state of the pass */
} watch_told;

typedef struct watch {
    uint32_t flags, n_ports;
    uint32_t round; /* of the fit pass that is due */
    bool opened, finalized, finished, applied;
    bool loaded; /* a whole state: other processes saw the passes */
    bool part;   /* what the main stream gave: another process saw its first pass */
    uint64_t seed;
    watch_pass main, ports[WATCH_PORTS], again; /* again: what a later pass over the main stream saw */
    watch_told *told;
} watch;

typedef struct watch_local {
    bool opened, combined, any, failed;
    uint32_t phase, round, port, thread;
    atomic_int busy;
    uint64_t last;  /* pos */
    watch_split *v; /* in the order seen */
    size_t n, cap;
} watch_local;

/* state, size: all of g, which must be zero. */
int watch_open(sl_ctx *c, watch *w, const void *state, size_t size, uint32_t flags, uint32_t n_ports);
int watch_open_local(sl_ctx *c, const watch *w, watch_local *l, const void *local, size_t size);
/* A batch of a stream, at the beginning and at the end of the callback. text: place of the column, or -1. */
int watch_batch(sl_ctx *c, const watch *w, watch_local *l, uint32_t port, const sl_batch *b, int text);
void watch_leave(const watch *w, watch_local *l);
/* A callback is about to fail: nothing may be made of what this thread gathered. Answers `code`. */
int watch_fail(const watch *w, watch_local *l, int code);
int watch_combine(sl_ctx *c, watch *w, watch_local *l);
/* more: finalize will ask for another round. */
int watch_finalize(sl_ctx *c, watch *w, bool more);
int watch_load(sl_ctx *c, watch *w, uint32_t what);
int watch_finish(sl_ctx *c, watch *w);
void watch_close_local(const watch *w, watch_local *l);
void watch_close(watch *w);

uint64_t watch_mix(uint64_t h, uint64_t v);
#endif
