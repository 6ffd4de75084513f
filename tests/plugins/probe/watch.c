#include "watch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t watch_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

static bool all_zero(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((const unsigned char *)p)[i])
            return false;
    return true;
}

/* ---- life ---- */

/* What must not be overlooked where no failure can be answered, or would be drowned by the one before. */
static void broken(const char *words)
{
    fprintf(stderr, "the contract is broken: %s\n", words);
    abort();
}

int watch_open(sl_ctx *c, watch *w, const void *state, size_t size, uint32_t flags, uint32_t n_ports)
{
    PROMISE(all_zero(state, size), "g is zeroed before open, and open is called once");
    PROMISE(c->host->struct_size >= sizeof(sl_host) && c->host->abi_minor >= SL_ABI_MINOR, "the host table is whole");
    PROMISE(c->n_threads >= 1 && c->thread < c->n_threads, "thread is below n_threads");
    if (!(w->told = calloc(1, sizeof *w->told)))
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    w->flags = flags;
    w->n_ports = n_ports;
    w->seed = c->seed;
    w->opened = true;
    return SL_OK;
}

static int check_ctx(sl_ctx *c, const watch *w)
{
    PROMISE(w->opened, "open comes first");
    PROMISE(c->seed == w->seed, "a stage has one seed");
    PROMISE(c->n_threads >= 1 && c->thread < c->n_threads, "thread is below n_threads");
    PROMISE(c->phase == SL_FIT || c->phase == SL_APPLY, "phase is SL_FIT or SL_APPLY");
    PROMISE(c->phase != SL_FIT || (w->flags & WATCH_FIT), "only stages with fit have a fit pass");
    PROMISE(c->phase != SL_FIT || c->round == w->round, "rounds of fit count from 0, one for each SL_MORE of finalize");
    PROMISE(c->phase != SL_FIT || !w->finalized, "no fit after the last finalize");
    PROMISE(c->phase != SL_APPLY || !(w->flags & WATCH_FIT) || w->finalized || w->loaded,
            "no document is processed before finalize, or before a state was loaded");
    PROMISE(!w->finished, "nothing comes after finish but close");
    return SL_OK;
}

int watch_open_local(sl_ctx *c, const watch *w, watch_local *l, const void *local, size_t size)
{
    const bool zero = all_zero(local, size);
    l->opened = true; /* close_local counts it */
    atomic_fetch_add(&w->told->locals_open, 1);
    PROMISE(zero, "l is zeroed before open_local, and open_local is called once");
    TRY(check_ctx(c, w));
    PROMISE(!(w->flags & WATCH_ORDERED) || !atomic_exchange(&w->told->only, l), "an ordered stage has one l a pass");
    l->phase = c->phase;
    l->round = c->round;
    l->thread = c->thread;
    atomic_fetch_add(&w->told->fit_open, l->phase == SL_FIT);
    return SL_OK;
}

int watch_fail(const watch *w, watch_local *l, int code)
{
    l->failed = true;
    atomic_store(&w->told->failed, 1);
    return code;
}

/* ---- the stream ---- */

static watch_split *split_of(watch_split **v, size_t *n, size_t *cap, uint64_t split)
{
    if (*n == *cap) {
        const size_t more = *cap ? *cap * 2 : 16;
        watch_split *grown = realloc(*v, more * sizeof *grown);
        if (!grown)
            return NULL;
        *v = grown;
        *cap = more;
    }
    (*v)[*n] = (watch_split){ .split = split };
    return &(*v)[(*n)++];
}

static int check_sel(sl_ctx *c, const sl_batch *b)
{
    PROMISE(b->n_rows > 0 && b->n_rows <= 65535 && b->n_sel > 0 && b->n_sel <= b->n_rows && b->engine,
            "a batch has rows, 65535 at most, and live ones");
    for (uint32_t i = 0; i < b->n_sel; i++)
        PROMISE(b->sel[i] < b->n_rows && (i == 0 || b->sel[i] > b->sel[i - 1]),
                "sel ascends and stays inside the batch");
    return SL_OK;
}

/* Ports come in table order, then the main stream; in further rounds the main stream alone. */
static int check_port(sl_ctx *c, const watch *w, watch_local *l, uint32_t port)
{
    const uint32_t at = port == WATCH_MAIN ? w->n_ports + 1 : port;
    PROMISE(port <= w->n_ports, "a port is a row of the table");
    PROMISE(!l->any || l->port == port, "l is of one pass: it sees one stream");
    PROMISE(port != WATCH_MAIN || !(w->flags & WATCH_PORTS_ONLY), "fit with SL_F_PORTS_ONLY sees no main stream");
    PROMISE(port == WATCH_MAIN || c->round == 0, "further rounds of fit are over the main stream alone");
    unsigned before = atomic_load(&w->told->stream);
    while (before < at && !atomic_compare_exchange_weak(&w->told->stream, &before, at))
        ;
    PROMISE(before <= at, "fit sees the ports in table order, then the main stream");
    return SL_OK;
}

static int check_split(sl_ctx *c, watch_local *l, uint64_t split)
{
    PROMISE(split > 0, "a split has a number above 0");
    if (l->n && l->v[l->n - 1].split == split)
        return SL_OK;
    for (size_t i = 0; i < l->n; i++)
        PROMISE(l->v[i].split != split, "a thread sees the batches of a split with none of another in between");
    if (!split_of(&l->v, &l->n, &l->cap, split))
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    l->last = 0;
    return SL_OK;
}

static int check_rows(sl_ctx *c, const watch *w, watch_local *l, const sl_batch *b, int text)
{
    const uint64_t split = sl_split_of(b);
    for (uint32_t i = 0; i < b->n_rows; i++) {
        PROMISE(b->pos[i] >> 32 == split, "all rows of a batch come from one split");
        PROMISE((uint32_t)b->pos[i] >= 1 && b->pos[i] > l->last, "pos ascends within a split, from 1");
        l->last = b->pos[i];
    }
    if (w->flags & WATCH_ORDERED) {
        const uint64_t last = atomic_exchange(&w->told->last, b->pos[b->n_rows - 1]);
        PROMISE(last < b->pos[0], "an ordered stage sees the stream in order");
    }
    watch_split *s = &l->v[l->n - 1];
    SL_EACH(b, row) {
        s->rows++;
        s->hash = watch_mix(watch_mix(s->hash, b->pos[row]), b->key[row]);
        const sl_str t = text >= 0 ? sl_text(b, (uint32_t)text)[row] : (sl_str){ 0 };
        for (uint32_t i = 0; i < t.n; i++)
            s->hash = watch_mix(s->hash, (unsigned char)t.p[i]);
    }
    return SL_OK;
}

int watch_batch(sl_ctx *c, const watch *w, watch_local *l, uint32_t port, const sl_batch *b, int text)
{
    PROMISE(atomic_exchange(&l->busy, 1) == 0, "a callback has l for itself");
    PROMISE(!(w->flags & WATCH_ORDERED) || atomic_exchange(&w->told->in_call, 1) == 0,
            "an ordered stage sees one batch at a time");
    PROMISE(!(w->flags & WATCH_ORDERED) || atomic_load(&w->told->only) == l, "an ordered stage has one l a pass");
    PROMISE(l->opened && !l->combined, "a batch comes after open_local and before combine");
    TRY(check_ctx(c, w));
    PROMISE(l->phase == c->phase && l->round == c->round, "l is of one pass");
    PROMISE((w->flags & WATCH_ORDERED) || l->thread == c->thread, "l is of one thread");
    TRY(check_sel(c, b));
    if (c->phase == SL_FIT)
        TRY(check_port(c, w, l, port));
    l->port = port;
    l->any = true;
    TRY(check_split(c, l, sl_split_of(b)));
    return check_rows(c, w, l, b, text);
}

void watch_leave(const watch *w, watch_local *l)
{
    atomic_store(&w->told->in_call, 0);
    atomic_store(&l->busy, 0);
}

/* ---- the end of a pass ---- */

int watch_combine(sl_ctx *c, watch *w, watch_local *l)
{
    if (l->failed)
        broken("combine is not called after a failure");
    PROMISE(atomic_exchange(&w->told->in_combine, 1) == 0, "combine is called by one thread at a time");
    PROMISE(l->opened && !l->combined, "combine is called once for each l");
    TRY(check_ctx(c, w));
    PROMISE(l->phase == c->phase && l->round == c->round, "l is of one pass");
    l->combined = true;
    if (l->any) {
        const bool fit = l->phase == SL_FIT;
        watch_pass *p = fit && l->port                      ? &w->ports[l->port - 1]
                        : w->main.any && (!fit || l->round) ? &w->again
                                                            : &w->main;
        for (size_t i = 0; i < l->n; i++) {
            watch_split *s = split_of(&p->v, &p->n, &p->cap, l->v[i].split);
            if (!s)
                return c->host->fail(c, SL_E_NOMEM, "out of memory");
            *s = l->v[i];
        }
        w->applied |= !fit;
    }
    atomic_fetch_add(l->phase == SL_FIT ? &w->told->fit_combined : &w->told->apply_combined, 1);
    atomic_store(&w->told->in_combine, 0);
    return SL_OK;
}

static int by_split(const void *a, const void *b)
{
    const uint64_t x = ((const watch_split *)a)->split, y = ((const watch_split *)b)->split;
    return (x > y) - (x < y);
}

static int check_pass(sl_ctx *c, watch_pass *p)
{
    if (p->n)
        qsort(p->v, p->n, sizeof *p->v, by_split);
    for (size_t i = 1; i < p->n; i++)
        PROMISE(p->v[i].split != p->v[i - 1].split, "a split comes to one thread");
    return SL_OK;
}

static int check_again(sl_ctx *c, watch *w)
{
    watch_pass *a = &w->main, *b = &w->again;
    PROMISE(a->n == b->n, "every pass over the main stream sees the same splits");
    for (size_t i = 0; i < a->n; i++) {
        PROMISE(a->v[i].split == b->v[i].split, "every pass over the main stream sees the same splits");
        PROMISE(a->v[i].rows == b->v[i].rows && a->v[i].hash == b->v[i].hash,
                "every pass over the main stream sees the same documents: pos, key and text");
    }
    b->n = 0;
    return SL_OK;
}

/* All threads are through with the pass. */
static int check_quiet(sl_ctx *c, watch *w)
{
    if (atomic_load(&w->told->failed))
        broken("finalize and finish are not called after a failure");
    PROMISE(atomic_load(&w->told->locals_open) == atomic_load(&w->told->locals_closed),
            "close_local comes before finalize and finish");
    PROMISE(atomic_load(&w->told->fit_open) == atomic_load(&w->told->fit_combined),
            "every l of a fit pass is combined");
    PROMISE(!atomic_load(&w->told->in_call) && !atomic_load(&w->told->in_combine), "finalize and finish run alone");
    return SL_OK;
}

int watch_finalize(sl_ctx *c, watch *w, bool more)
{
    TRY(check_ctx(c, w));
    PROMISE((w->flags & WATCH_FIT) && !w->finalized && !w->applied, "finalize comes after fit and before apply");
    PROMISE(c->phase == SL_FIT && c->round == w->round, "finalize is told the round that it ends");
    TRY(check_quiet(c, w));
    TRY(check_pass(c, &w->main));
    for (uint32_t i = 0; i < w->n_ports; i++)
        TRY(check_pass(c, &w->ports[i]));
    if (w->round && !w->loaded && !w->part) {
        TRY(check_pass(c, &w->again));
        TRY(check_again(c, w));
    }
    w->main.any |= w->main.n > 0;
    w->finalized = !more;
    w->round += more;
    return SL_OK;
}

int watch_load(sl_ctx *c, watch *w, uint32_t what)
{
    PROMISE(w->opened && !w->finished, "load comes after open and before finish");
    PROMISE(atomic_load(&w->told->locals_open) == atomic_load(&w->told->locals_closed), "load runs alone");
    w->loaded |= what == SL_WHOLE || what == SL_APPLIED;
    w->part |= what == 0;
    return SL_OK;
}

int watch_finish(sl_ctx *c, watch *w)
{
    TRY(check_ctx(c, w));
    PROMISE(c->phase == SL_APPLY, "finish belongs to the apply pass");
    /* Where stages below fit, documents come more than once; only the last time is combined. */
    PROMISE(w->loaded || atomic_load(&w->told->apply_combined) > 0,
            "what the apply pass gathered is combined before finish");
    TRY(check_quiet(c, w));
    TRY(check_pass(c, &w->again));
    if ((w->flags & WATCH_FIT) && !(w->flags & WATCH_PORTS_ONLY) && !w->loaded && !w->part)
        TRY(check_again(c, w));
    w->finished = true;
    return SL_OK;
}

void watch_close_local(const watch *w, watch_local *l)
{
    free(l->v);
    if (!l->opened)
        return; /* open_local was never called, or failed at once */
    l->opened = false;
    atomic_store(&w->told->only, NULL); /* one l a pass: the next one begins anew */
    atomic_store(&w->told->last, 0);
    atomic_fetch_add(&w->told->locals_closed, 1);
}

void watch_close(watch *w)
{
    free(w->main.v);
    free(w->again.v);
    for (uint32_t i = 0; i < WATCH_PORTS; i++)
        free(w->ports[i].v);
    if (w->told && atomic_load(&w->told->locals_open) != atomic_load(&w->told->locals_closed))
        broken("close_local is always called");
    free(w->told);
    w->told = NULL;
}
