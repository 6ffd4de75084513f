/* A saved spill in memory: put and get over a buffer. */
#ifndef SPILL_STATE_H
#define SPILL_STATE_H
#include <endian.h>
#include <string.h>
#include "base/str.h"
#include "sluice/plugin.h"

typedef struct state_bytes {
    sbuf buf;
    size_t at; /* of get */
    long left; /* calls until one fails with -99; 0: none does */
} state_bytes;

static inline int state_call(state_bytes *b) { return b->left > 0 && --b->left == 0 ? -99 : 0; }

static inline int state_put(void *u, const void *p, size_t n)
{
    state_bytes *b = u;
    if (state_call(b) < 0)
        return -99;
    sbuf_add(&b->buf, p, n);
    return b->buf.failed ? SL_E_NOMEM : 0;
}

static inline int state_get(void *u, void *p, size_t n)
{
    state_bytes *b = u;
    if (state_call(b) < 0)
        return -99;
    if (b->buf.n - b->at < n)
        return b->at == b->buf.n ? SL_END : SL_E_STATE;
    memcpy(p, b->buf.p + b->at, n);
    b->at += n;
    return 0;
}
#endif
