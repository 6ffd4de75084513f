/* States that must come back as they were saved. */
#include "exec/guard.h"
#include <stdlib.h>

int guard_get(sl_ctx *c, sl_io *io, void *p, size_t n)
{
    if (n && io->at == io->n)
        return SL_END;
    if (n > io->n - io->at)
        return c->host->fail(c, SL_E_STATE, "the state ends too early");
    if (n)
        memcpy(p, io->from + io->at, n);
    io->at += n;
    return SL_OK;
}

#ifndef NDEBUG
int guard_save(stage_thread *st, void *g, uint32_t what, sbuf *out)
{
    struct sl_io io = { .to = out };
    const int r = stage_failed(st->w, st->stage, st->w->x->st[st->stage].s->save(&st->ctx, g, what, &io));
    return r >= 0 && out->failed ? worker_fail(st->w, SL_E_NOMEM, "out of memory") : r;
}

static bool equal(const sbuf *a, const sbuf *b) { return a->n == b->n && (!a->n || !memcmp(a->p, b->p, a->n)); }

/* Into a new instance, and saved from there. bytes: a copy at a multiple of 64, as a file has it. */
static int load_again(stage_thread *real, uint32_t what, const void *bytes, size_t n, sbuf *out)
{
    exec *x = real->w->x;
    const stage_state *s = &x->st[real->stage];
    struct sl_io io = { .from = bytes, .n = n };
    stage_thread other = { .ctx = real->ctx, .w = real->w, .stage = real->stage }, *st = &other;
    void *g = calloc(1, s->s->state_size + 1);
    st->ctx.engine = st;
    if (!g || !(st->counts = calloc(s->n_metrics + 1, sizeof *st->counts))) {
        free(g);
        return worker_fail(st->w, SL_E_NOMEM, "out of memory");
    }
    int r = s->s->open ? stage_failed(st->w, st->stage, s->s->open(&st->ctx, s->p->cfg, g)) : SL_OK;
    if (r >= 0)
        r = stage_failed(st->w, st->stage, s->s->load(&st->ctx, g, what, &io));
    if (r >= 0 && io.at < io.n)
        r = worker_fail(st->w, SL_E_INTERNAL, "%s saved %zu bytes of state, and loads %zu of them", s->p->name, io.n,
                        io.at);
    if (r >= 0)
        r = guard_save(st, g, what, out);
    if (s->s->close)
        s->s->close(&st->ctx, g);
    budget_give(&x->memory, st->reserved);
    free(st->counts);
    free(g);
    return r;
}

int guard_saved(exec *x, uint32_t stage, uint32_t what)
{
    const stage_state *s = &x->st[stage];
    worker *w = &x->workers[0];
    stage_thread *st = &w->st[stage];
    sbuf first = { 0 }, again = { 0 }, loaded = { 0 };
    char *copy = NULL;
    int r = SL_OK;
    if (!s->s->save || !s->s->load)
        return SL_OK;
    st->ctx.phase = SL_FIT;
    if ((r = guard_save(st, s->g, what, &first)) >= 0 && (r = guard_save(st, s->g, what, &again)) >= 0 &&
        !equal(&first, &again))
        r = worker_fail(w, SL_E_INTERNAL, "%s saved its state twice, and the bytes differ", s->p->name);
    if (r >= 0 && !(copy = aligned_alloc(64, (first.n + 64) & ~(size_t)63)))
        r = worker_fail(w, SL_E_NOMEM, "out of memory");
    if (r >= 0) {
        if (first.n)
            memcpy(copy, first.p, first.n);
        r = load_again(st, what, copy, first.n, &loaded);
    }
    if (r >= 0 && !equal(&first, &loaded))
        r = worker_fail(w, SL_E_INTERNAL, "%s loads what it saved, and has another state then", s->p->name);
    free(copy);
    sbuf_free(&first);
    sbuf_free(&again);
    sbuf_free(&loaded);
    return r;
}
#endif
