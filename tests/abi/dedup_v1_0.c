/* dedup.v1_0 — a fit that remembers every document: lists for each thread, put together by combine, sorted by finalize;
 * parts and the whole saved and loaded. The first of equal texts stays, first by pos. */
#include <stdlib.h>
#include "v1_0.h"

enum { TEXT };
enum { DUPLICATE };

typedef struct entry {
    uint64_t hash, pos;
} entry;
typedef struct victim { /* to drop, and what it repeats */
    uint64_t pos, first;
} victim;
typedef struct list {
    entry *v;
    size_t n, cap;
} list;
typedef struct state {
    list all;
    victim *drop;
    size_t n_drop;
} state;

static int push(sl_ctx *c, list *a, entry e)
{
    if (a->n == a->cap) {
        const size_t cap = a->cap ? a->cap * 2 : 1024;
        entry *v = realloc(a->v, cap * sizeof *v);
        if (!v)
            return c->host->fail(c, SL_E_NOMEM, "%zu documents", cap);
        a->v = v;
        a->cap = cap;
    }
    a->v[a->n++] = e;
    return SL_OK;
}

static uint64_t hash(sl_str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (uint32_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    return h;
}

static int by_hash(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->pos > y->pos) - (x->pos < y->pos);
}

static int by_pos(const void *a, const void *b)
{
    const victim *x = a, *y = b;
    return (x->pos > y->pos) - (x->pos < y->pos);
}

/* What is held is said; without leave to hold it this stage goes on all the same, for it has no way to spill. */
static int fit(sl_ctx *c, const void *g, void *l, uint32_t port, const sl_batch *b)
{
    list *mine = l;
    (void)g, (void)port;
    SL_EACH(b, row) {
        int ret = push(c, mine, (entry){ hash(sl_text(b, TEXT)[row]), b->pos[row] });
        if (ret == SL_OK)
            ret = c->host->reserve(c, mine->cap * sizeof *mine->v);
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

static int combine(sl_ctx *c, void *g, void *l)
{
    const list *mine = l;
    for (size_t i = 0; i < mine->n; i++) {
        const int ret = push(c, &((state *)g)->all, mine->v[i]);
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

static int finalize(sl_ctx *c, void *g)
{
    state *s = g;
    const list *a = &s->all;
    s->drop = malloc((a->n + 1) * sizeof *s->drop);
    if (!s->drop)
        return c->host->fail(c, SL_E_NOMEM, "%zu documents", a->n);
    if (a->n)
        qsort(a->v, a->n, sizeof *a->v, by_hash);
    for (size_t i = 1, first = 0; i < a->n; i++) {
        if (a->v[i].hash == a->v[first].hash)
            s->drop[s->n_drop++] = (victim){ a->v[i].pos, a->v[first].pos };
        else
            first = i;
    }
    qsort(s->drop, s->n_drop, sizeof *s->drop, by_pos);
    return c->host->progress(c, a->n, a->n);
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    (void)l;
    SL_EACH(b, row) {
        const victim *v = bsearch(&b->pos[row], s->drop, s->n_drop, sizeof *v, by_pos);
        if (v)
            c->host->reject(c, b, row, DUPLICATE, SL_WHY(.partner = v->first));
    }
    return SL_OK;
}

/* A part is sorted, so that equal content gives equal bytes. */
static int save(sl_ctx *c, const void *g, uint32_t what, sl_io *io)
{
    const state *s = g;
    const uint64_t n = what == SL_WHOLE ? s->n_drop : s->all.n;
    if (what != SL_WHOLE && n)
        qsort(s->all.v, n, sizeof *s->all.v, by_hash);
    const int ret = c->host->put(c, io, &n, sizeof n);
    if (ret < 0 || !n)
        return ret;
    return what == SL_WHOLE ? c->host->put(c, io, s->drop, n * sizeof *s->drop)
                            : c->host->put(c, io, s->all.v, n * sizeof *s->all.v);
}

static int load(sl_ctx *c, void *g, uint32_t what, sl_io *io)
{
    state *s = g;
    uint64_t n;
    int ret = c->host->get(c, io, &n, sizeof n);
    for (uint64_t i = 0; ret == SL_OK && i < n; i++) { /* one by one: a wrong n ends with the file */
        entry e;
        ret = c->host->get(c, io, &e, sizeof e);
        if (ret == SL_OK)
            ret = push(c, &s->all, e);
    }
    if (ret != SL_OK)
        return ret < 0 ? ret : c->host->fail(c, SL_E_STATE, "cut off");
    if (what == SL_WHOLE) { /* a victim is as large as an entry, and the two are alike */
        s->drop = (victim *)(void *)s->all.v;
        s->n_drop = s->all.n;
        s->all = (list){ 0 };
    }
    return SL_OK;
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c, (void)g;
    free(((list *)l)->v);
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    free(((state *)g)->all.v);
    free(((state *)g)->drop);
}

_Static_assert(sizeof(entry) == sizeof(victim), "load reads one as the other");

static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_FIT_ONLY, "the text" },
    { 0 },
};
static const sl_metric metrics[] = {
    [DUPLICATE] = { "duplicate", SL_M_REJECT, 0, NULL, "same text as an earlier document" },
    { 0 },
};
const sl_stage dedup_v1_0 = {
    SL_STAGE(SL_TRANSFORM),
    .state_version = 1,
    .name = "dedup.v1_0",
    .summary = "a fit built with 1.0",
    .fields = fields,
    .metrics = metrics,
    .state_size = sizeof(state),
    .local_size = sizeof(list),
    .fit = fit,
    .combine = combine,
    .finalize = finalize,
    .process = process,
    .save = save,
    .load = load,
    .close_local = close_local,
    .close = close_,
};
