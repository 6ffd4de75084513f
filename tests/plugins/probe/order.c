/* test.order gives every document a number; test.sorted, below it, wants to see the stream sorted by that number and by
 * where the document stood before. */
#include <stdlib.h>
#include "watch.h"

enum { ORDER, BEFORE };
enum { ROWS };
enum { REVERSED, BY_KEY, GROUPS, SAME };

typedef struct config {
    uint32_t by;
} config;

static int open_order(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    *(uint32_t *)g = ((const config *)cfg)->by;
    return SL_OK;
}

static uint64_t number(uint32_t by, const sl_batch *b, uint32_t row)
{
    switch (by) {
    case REVERSED: return ~b->pos[row];
    case BY_KEY: return watch_mix(1, b->key[row]);
    case GROUPS: return b->key[row] % 3;
    default: return UINT64_MAX;
    }
}

static int order(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)l;
    PROMISE(b->columns[ORDER] && b->columns[ORDER]->type == SL_T_U64, "the order column is there, as SL_T_U64");
    SL_EACH(b, row) {
        SL_COL(uint64_t, b, ORDER)[row] = number(*(const uint32_t *)g, b, row);
        SL_COL(uint64_t, b, BEFORE)[row] = b->pos[row];
    }
    return SL_OK;
}

/* ---- test.sorted ---- */

typedef struct place {
    uint64_t order, before;
} place;
typedef struct stretch { /* of one split */
    uint64_t split;
    place first, last;
} stretch;
typedef struct state {
    watch watch;
    stretch *v;
    size_t n;
} state;
typedef struct local {
    watch_local watch;
    stretch *v;
    size_t n, cap;
} local;

static bool is_before(place a, place b) { return a.order < b.order || (a.order == b.order && a.before < b.before); }

static int open_sorted(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    (void)cfg;
    return watch_open(c, &s->watch, s, sizeof *s, 0, 0);
}

static int open_local(sl_ctx *c, const void *g, void *l)
{
    return watch_open_local(c, &((const state *)g)->watch, &((local *)l)->watch, l, sizeof(local));
}

static stretch *stretch_of(local *me, uint64_t split)
{
    if (me->n && me->v[me->n - 1].split == split)
        return &me->v[me->n - 1];
    if (me->n == me->cap) {
        const size_t cap = me->cap ? me->cap * 2 : 16;
        stretch *v = realloc(me->v, cap * sizeof *v);
        if (!v)
            return NULL;
        me->v = v;
        me->cap = cap;
    }
    me->v[me->n] = (stretch){ .split = split };
    return &me->v[me->n++];
}

static int sorted(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    local *me = l;
    TRY(watch_batch(c, &s->watch, &me->watch, 0, b, -1));
    stretch *v = stretch_of(me, sl_split_of(b));
    if (!v)
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    SL_EACH(b, row) {
        const place p = { SL_COL(uint64_t, b, ORDER)[row], SL_COL(uint64_t, b, BEFORE)[row] };
        PROMISE(v->last.before == 0 || is_before(v->last, p), "the stream is sorted by (order, pos)");
        if (v->last.before == 0)
            v->first = p;
        v->last = p;
    }
    c->host->count(c, ROWS, b->n_sel);
    watch_leave(&s->watch, &me->watch);
    return SL_OK;
}

static int combine(sl_ctx *c, void *g, void *l)
{
    state *s = g;
    local *me = l;
    TRY(watch_combine(c, &s->watch, &me->watch));
    stretch *v = realloc(s->v, (s->n + me->n + 1) * sizeof *v);
    if (!v)
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    s->v = v;
    for (size_t i = 0; i < me->n; i++)
        v[s->n++] = me->v[i];
    return SL_OK;
}

static int by_split(const void *a, const void *b)
{
    const uint64_t x = ((const stretch *)a)->split, y = ((const stretch *)b)->split;
    return (x > y) - (x < y);
}

static int finish(sl_ctx *c, void *g)
{
    state *s = g;
    TRY(watch_finish(c, &s->watch));
    if (s->n)
        qsort(s->v, s->n, sizeof *s->v, by_split);
    for (size_t i = 1; i < s->n; i++)
        PROMISE(is_before(s->v[i - 1].last, s->v[i].first), "the stream is sorted by (order, pos), over splits too");
    return SL_OK;
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c;
    free(((local *)l)->v);
    watch_close_local(&((const state *)g)->watch, &((local *)l)->watch);
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    free(((state *)g)->v);
    watch_close(&((state *)g)->watch);
}

/* ---- tables ---- */

static const char *const ways[] = { "reversed", "key", "groups", "same", NULL };
static const sl_option options[] = {
    SL_OPT(config, by, ENUM, "reversed",
           "the number: the stream backwards, by key, three groups, or one number for all", .choices = ways),
    { 0 },
};
static const sl_field order_fields[] = {
    [ORDER] = { "_probe_order", SL_T_U64, SL_WRITE | SL_ORDER | SL_HIDDEN, "sorts" },
    [BEFORE] = { "_probe_before", SL_T_U64, SL_WRITE | SL_HIDDEN, "pos before the sort" },
    { 0 },
};
static const sl_field sorted_fields[] = {
    [ORDER] = { "_probe_order", SL_T_U64, SL_READ, "sorted by" },
    [BEFORE] = { "_probe_before", SL_T_U64, SL_READ, "pos before the sort" },
    { 0 },
};
static const sl_metric metrics[] = {
    [ROWS] = { "rows", SL_M_COUNT, 0, NULL, "rows in their order" },
    { 0 },
};

const sl_stage test_order = {
    SL_STAGE(SL_TRANSFORM), .name = "test.order",          .summary = "sort the stream",   .options = options,
    .fields = order_fields, .config_size = sizeof(config), .state_size = sizeof(uint32_t), .open = open_order,
    .process = order,
};
const sl_stage test_sorted = {
    SL_STAGE(SL_TRANSFORM),      .name = "test.sorted", .summary = "look whether the stream is sorted",
    .fields = sorted_fields,     .metrics = metrics,    .state_size = sizeof(state),
    .local_size = sizeof(local), .open = open_sorted,   .open_local = open_local,
    .process = sorted,           .combine = combine,    .finish = finish,
    .close_local = close_local,  .close = close_,
};
