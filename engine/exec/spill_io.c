/* Services "spill" and "artifact": io/spill and io/artifact in the words of the contract. */
#include <stdlib.h>
#include "exec/engine.h"
#include "io/spill.h"
#include "sluice/service_artifact.h"
#include "sluice/service_spill.h"

struct sl_spill {
    spill *s;
};

static stage_thread *of(sl_ctx *c) { return c->engine; }

static int done(sl_ctx *c, int r, sbuf *err)
{
    if (r < 0 && err->n)
        c->host->fail(c, r, "%s", sbuf_z(err));
    sbuf_free(err);
    return r;
}

static int open_(sl_ctx *c, uint32_t partitions, uint32_t record_size, uint32_t key_size, sl_spill **out)
{
    exec *x = of(c)->w->x;
    const spill_spec spec = { partitions, record_size, key_size };
    sbuf err = { 0 };
    sl_spill *s = calloc(1, sizeof *s);
    *out = NULL;
    if (s)
        s->s = spill_new(x->scratch, &x->memory, x->threads, &spec, &err);
    if (!s || !s->s) {
        c->host->fail(c, err.n ? SL_E_CONFIG : SL_E_NOMEM, "%s", err.n ? sbuf_z(&err) : "out of memory");
        const int r = err.n ? SL_E_CONFIG : SL_E_NOMEM;
        sbuf_free(&err);
        free(s);
        return r;
    }
    sbuf_free(&err);
    *out = s;
    return SL_OK;
}

static int add(sl_ctx *c, sl_spill *s, uint32_t partition, const void *records, size_t n)
{
    sbuf err = { 0 };
    return done(c, spill_add(s->s, of(c)->w->number, partition, records, n, &err), &err);
}

struct call {
    sl_ctx *c;
    int (*fn)(sl_ctx *, void *, const void *, size_t);
    void *u;
};
static int call(void *u, const void *records, size_t n)
{
    const struct call *k = u;
    return k->fn(k->c, k->u, records, n);
}

static int sorted(sl_ctx *c, sl_spill *s, uint32_t partition, int (*fn)(sl_ctx *, void *, const void *, size_t),
                  void *u)
{
    struct call k = { c, fn, u };
    sbuf err = { 0 };
    return done(c, spill_sorted(s->s, of(c)->w->number, partition, call, &k, &err), &err);
}

static uint64_t count(sl_ctx *c, sl_spill *s, uint32_t partition)
{
    (void)c;
    return spill_count(s->s, partition);
}

struct io {
    sl_ctx *c;
    sl_io *io;
};
static int put(void *u, const void *p, size_t n)
{
    const struct io *k = u;
    return k->c->host->put(k->c, k->io, p, n);
}
static int get(void *u, void *p, size_t n)
{
    const struct io *k = u;
    return k->c->host->get(k->c, k->io, p, n);
}

static int save(sl_ctx *c, sl_spill *s, sl_io *io)
{
    struct io k = { c, io };
    sbuf err = { 0 };
    return done(c, spill_save(s->s, put, &k, &err), &err);
}

static int load(sl_ctx *c, sl_spill *s, sl_io *io)
{
    struct io k = { c, io };
    sbuf err = { 0 };
    return done(c, spill_load(s->s, get, &k, &err), &err);
}

static void close_(sl_ctx *c, sl_spill *s)
{
    (void)c;
    if (s)
        spill_free(s->s);
    free(s);
}

const sl_spill_api exec_spill_api = { sizeof exec_spill_api, 1, open_, add, sorted, count, save, load, close_ };

static int map(sl_ctx *c, sl_io *io, uint64_t n, const void **p)
{
    sbuf err = { 0 };
    if (io && io->from) {
        if (n > io->n - io->at)
            return c->host->fail(c, SL_E_STATE, "the state ends too early");
        *p = io->from + io->at;
        io->at += n;
        return SL_OK;
    }
    if (!io || !io->in)
        return c->host->fail(c, SL_E_INTERNAL, "no state is loaded in this callback");
    return done(c, artifact_map(io->in, n, p, &err), &err);
}

static uint64_t left(sl_ctx *c, sl_io *io)
{
    (void)c;
    return io && io->from ? io->n - io->at : io && io->in ? artifact_left(io->in) : 0;
}

const sl_artifact_api exec_artifact_api = { sizeof exec_artifact_api, 1, map, left };
