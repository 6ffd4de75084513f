/* Debug builds look whether a callback kept to its view: what it only reads must be as it was, and nothing behind the
 * rows that it writes may be touched. Release builds do not look. */
#ifndef SLUICE_GUARD_H
#define SLUICE_GUARD_H
#include "exec/engine.h"

typedef struct guard {
    const flow *f;
    const sl_batch *view;
    uint64_t *sums; /* of what is only read, by place of the view; 0: it may be written */
    uint64_t rows;  /* of selection, pos and key */
} guard;

#ifdef NDEBUG
static inline guard guard_begin(worker *w, uint32_t stage, const flow *f, const sl_batch *view, bool look)
{
    (void)w, (void)stage, (void)f, (void)view, (void)look;
    return (guard){ 0 };
}
static inline int guard_end(worker *w, uint32_t stage, const guard *g)
{
    (void)w, (void)stage, (void)g;
    return SL_OK;
}
#else
/* look: the callback may write nothing at all (fit, the input of a reshape, a sink). */
guard guard_begin(worker *w, uint32_t stage, const flow *f, const sl_batch *view, bool look);
int guard_end(worker *w, uint32_t stage,
              const guard *g); /* SL_OK, or SL_E_INTERNAL with the name of what was touched */
#endif
#endif
