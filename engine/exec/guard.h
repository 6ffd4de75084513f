/* Debug builds look whether a stage keeps to the contract, and name what it broke: columns that it only reads, memory
 * around what it may write, views that point nowhere, its frozen state, names given twice, states that depend on
 * threads or do not come back as they were saved. Release builds do none of this: what is here is empty there.
 *
 * guard.c: a callback and its batches. guard_memory.c: what it wrote where. guard_fit.c: every fit twice.
 * guard_state.c: states saved and loaded again. */
#ifndef SLUICE_GUARD_H
#define SLUICE_GUARD_H
#include <string.h>
#include "exec/engine.h"

enum {
    GUARD_RUN,
    GUARD_LOOK /* nothing may be written: fit, the input of a reshape, a sink */,
    GUARD_FILL /* by add */
};
enum { GUARD_VIEWS = 2 };

typedef struct guarded { /* one batch of a callback */
    const flow *f;
    const sl_batch *view;
    int how;
    sl_column *was; /* by place of the view */
    uint64_t *sums; /* of what is only read, by place; 0: it may be written */
    void **before;  /* texts and lists that may be written, as they were; else NULL */
    uint64_t rows;  /* of selection, pos and key */
} guarded;
typedef struct guard {
    guarded v[GUARD_VIEWS];
    size_t n;
    uint64_t frozen;
    unsigned changing; /* whether somebody may write g meanwhile */
    bool still;
} guard;

int guard_get(sl_ctx *c, sl_io *io, void *p, size_t n); /* host->get out of memory */

#ifdef NDEBUG
static inline guard guard_begin(worker *w, uint32_t stage)
{
    (void)w, (void)stage;
    return (guard){ 0 };
}
static inline void guard_look(worker *w, uint32_t stage, guard *g, const flow *f, const sl_batch *view, int how)
{
    (void)w, (void)stage, (void)g, (void)f, (void)view, (void)how;
}
static inline int guard_end(worker *w, uint32_t stage, const guard *g, const char *callback)
{
    (void)w, (void)stage, (void)g, (void)callback;
    return SL_OK;
}
static inline void *guard_array(arena *a, size_t n) { return arena_zalloc(a, n, 64); }
static inline void *guard_alloc(worker *w, arena *a, size_t n, size_t align)
{
    (void)w;
    return arena_alloc(a, n + INPUT_SLACK, align > 16 ? align : 16);
}
static inline bool guard_named(flow *home, uint64_t parent, uint64_t nth)
{
    return (void)home, (void)parent, (void)nth, false;
}
static inline void guard_changing(stage_state *s) { (void)s; }
static inline void guard_changed(stage_state *s) { (void)s; }
static inline bool guard_fit_begin(exec *x) { return (void)x, true; }
static inline int guard_fit(worker *w, uint32_t stage, const sl_batch *view)
{
    return (void)w, (void)stage, (void)view, SL_OK;
}
static inline int guard_fit_end(exec *x, bool good) { return (void)x, (void)good, SL_OK; }
static inline int guard_saved(exec *x, uint32_t stage, uint32_t what)
{
    return (void)x, (void)stage, (void)what, SL_OK;
}
#else
/* Around a callback; `look` for each of its batches. guard_end: SL_OK, or SL_E_INTERNAL with the name of what was
 * touched. */
guard guard_begin(worker *w, uint32_t stage);
void guard_look(worker *w, uint32_t stage, guard *g, const flow *f, const sl_batch *view, int how);
int guard_end(worker *w, uint32_t stage, const guard *g, const char *callback);
/* Around callbacks that may write g while others run. */
void guard_changing(stage_state *s);
void guard_changed(stage_state *s);

/* n zeroed bytes at a multiple of 64 for a column; what alloc gives. NULL: out of memory. */
void *guard_array(arena *a, size_t n);
void *guard_alloc(worker *w, arena *a, size_t n, size_t align);
const struct guard_block *guard_torn(const worker *w); /* one of alloc's that was written past; NULL: none */
size_t guard_torn_size(const struct guard_block *b);
bool guard_array_torn(const column *k);
/* What is wrong with what the stage left in the column at this place of its view; NULL: nothing. */
const char *guard_values(const worker *w, const guard *g, const guarded *v, uint32_t place);
size_t guard_value_size(const sl_column *c, uint32_t n); /* of n rows */

/* Was a row made of this one with this number already? home: the input of a reshape, or its output if there is none. */
bool guard_named(flow *home, uint64_t parent, uint64_t nth);

/* Each fit runs once more, with threads numbered otherwise and combined in the opposite order; what it gathers must be
 * the same. [one thread] before and after a pass; [n] for each batch. */
bool guard_fit_begin(exec *x);
int guard_fit(worker *w, uint32_t stage, const sl_batch *view);
int guard_fit_end(exec *x, bool good);
/* [one thread] What is saved twice has equal bytes; loaded into a new instance, it is saved as it was. */
int guard_saved(exec *x, uint32_t stage, uint32_t what);
int guard_save(stage_thread *st, void *g, uint32_t what, sbuf *out);
#endif
#endif
