/* test.contract — looks closely at everything that sluice/plugin.h promises to a transform, and fails where it is not
 * so. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "probe.h"

enum { ID, TEXT, NUMBER, ABSENT };
enum { ROWS, BATCHES };
enum { SLACK = 64 };

typedef struct config {
    uint8_t explain;
    const char *number;
} config;
typedef struct state {
    const config *cfg;
    uint64_t seed;
    atomic_int locals_open, locals_closed, combined, in_combine;
    uint64_t *splits; /* seen by all threads */
    size_t n_splits;
    uint64_t rows;
} state;
typedef struct local {
    uint32_t thread;
    pthread_t owner;
    atomic_int busy;
    uint64_t last_pos, rows;
    uint64_t *splits; /* in the order seen */
    size_t n_splits, cap;
    int combined;
} local;

static int check_ctx(sl_ctx *c, const state *s)
{
    WANT(c->host->struct_size >= sizeof(sl_host));
    WANT(c->host->abi_minor == SL_ABI_MINOR);
    WANT(c->n_threads >= 1 && c->thread < c->n_threads);
    WANT(c->phase == SL_APPLY && c->round == 0);
    WANT(c->explain == s->cfg->explain);
    WANT(c->seed == s->seed);
    return SL_OK;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    WANT(!s->cfg && !s->splits && !s->n_splits && !s->rows); /* zeroed */
    s->cfg = cfg;
    s->seed = c->seed;
    WANT(c->host->service(c, "input", 1) && c->host->service(c, "output", 1) && c->host->service(c, "json", 1));
    WANT(c->host->service(c, "report", 1) && !c->host->service(c, "report", 2) && !c->host->service(c, "coffee", 1));
    return check_ctx(c, s);
}

static int open_local(sl_ctx *c, const void *g, void *l)
{
    state *s = (state *)g; /* the atomics only */
    local *me = l;
    const unsigned char *byte = l;
    atomic_fetch_add(&s->locals_open, 1);
    for (size_t i = 0; i < sizeof *me; i++)
        WANT(byte[i] == 0);
    me->thread = c->thread;
    me->owner = pthread_self();
    return check_ctx(c, s);
}

/* One split after the other, and none of them twice. */
static int check_split(sl_ctx *c, local *me, uint64_t split)
{
    if (me->n_splits && me->splits[me->n_splits - 1] == split)
        return SL_OK;
    for (size_t i = 0; i < me->n_splits; i++)
        WANT(me->splits[i] != split);
    if (me->n_splits == me->cap) {
        me->cap = me->cap ? me->cap * 2 : 16;
        uint64_t *more = realloc(me->splits, me->cap * sizeof *more);
        WANT(more != NULL);
        me->splits = more;
    }
    me->splits[me->n_splits++] = split;
    me->last_pos = 0;
    return SL_OK;
}

static int check_rows(sl_ctx *c, local *me, const sl_batch *b)
{
    WANT(b->n_rows > 0 && b->n_rows <= 65535 && b->n_sel > 0 && b->n_sel <= b->n_rows);
    WANT(b->parent == NULL && b->engine != NULL);
    for (uint32_t i = 0; i < b->n_sel; i++)
        WANT(b->sel[i] < b->n_rows && (i == 0 || b->sel[i] > b->sel[i - 1]));
    const uint64_t split = sl_split_of(b);
    WANT(split > 0);
    const int r = check_split(c, me, split);
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < b->n_rows; i++) {
        WANT(b->pos[i] >> 32 == split && (uint32_t)b->pos[i] >= 1);
        WANT(b->pos[i] > me->last_pos);
        me->last_pos = b->pos[i];
    }
    return SL_OK;
}

static int check_columns(sl_ctx *c, const state *s, const sl_batch *b)
{
    static const uint32_t types[] = { SL_T_STR, SL_T_STR, SL_T_I64, SL_T_F64 };
    const char *const names[] = { "id", "text", s->cfg->number, "absent" };
    WANT(b->n_columns == 4);
    for (uint32_t i = 0; i < 4; i++) {
        const sl_column *k = b->columns[i];
        if (!k && i >= NUMBER)
            continue;
        WANT(k && k->data && k->valid && k->width == 1);
        WANT(names[i] && !strcmp(k->name, names[i]) && k->type == types[i]);
        WANT((uintptr_t)k->data % 64 == 0);
    }
    WANT(s->cfg->number ? b->columns[NUMBER] != NULL : b->columns[NUMBER] == NULL);
    for (uint32_t i = 0; b->columns[ABSENT] && i < b->n_sel; i++)
        WANT(!sl_is_valid(b->columns[ABSENT], b->sel[i]));
    return SL_OK;
}

static int check_text(sl_ctx *c, const sl_batch *b)
{
    const sl_str *text = sl_text(b, TEXT), *id = sl_text(b, ID);
    volatile unsigned sum = 0;
    SL_EACH(b, row) {
        WANT(text[row].p != NULL && sl_is_valid(b->columns[TEXT], row));
        for (uint32_t i = 0; i < text[row].n + SLACK; i++)
            sum = sum + (unsigned char)text[row].p[i];
        for (uint32_t i = 0; id[row].p && i < id[row].n + SLACK; i++)
            sum = sum + (unsigned char)id[row].p[i];
    }
    return SL_OK;
}

static int check_memory(sl_ctx *c, const sl_batch *b)
{
    static const size_t aligns[] = { 1, 2, 8, 16, 32, 64 };
    unsigned char *p[6];
    for (size_t k = 0; k < 6; k++) {
        const size_t size = 100 + k * 400;
        p[k] = c->host->alloc(c, b, size, aligns[k]);
        WANT(p[k] != NULL && (uintptr_t)p[k] % aligns[k] == 0);
        for (size_t i = 0; i < size; i++)
            WANT(p[k][i] == 0);
        memset(p[k], (int)(0xA0 + k), size);
    }
    for (size_t k = 0; k < 6; k++) /* no two share a byte */
        for (size_t i = 0; i < 100 + k * 400; i++)
            WANT(p[k][i] == 0xA0 + k);
    WANT(c->host->alloc(c, b, 0, 1) != NULL);
    WANT(c->host->reserve(c, 1 << 20) == SL_OK);
    WANT(c->host->progress(c, 1, 0) == SL_OK);
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    local *me = l;
    WANT(atomic_exchange(&me->busy, 1) == 0);
    WANT(me->thread == c->thread && pthread_equal(me->owner, pthread_self()) && !me->combined);
    int r = check_ctx(c, s);
    r = r < 0 ? r : check_rows(c, me, b);
    r = r < 0 ? r : check_columns(c, s, b);
    r = r < 0 ? r : check_text(c, b);
    r = r < 0 ? r : check_memory(c, b);
    if (r < 0)
        return r;
    c->host->count(c, ROWS, b->n_sel);
    c->host->count(c, BATCHES, 1);
    me->rows += b->n_sel;
    atomic_store(&me->busy, 0);
    return SL_OK;
}

static int combine(sl_ctx *c, void *g, void *l)
{
    state *s = g;
    local *me = l;
    WANT(atomic_exchange(&s->in_combine, 1) == 0); /* in turn */
    WANT(!me->combined++);
    uint64_t *all = realloc(s->splits, (s->n_splits + me->n_splits + 1) * sizeof *all);
    WANT(all != NULL);
    s->splits = all;
    for (size_t i = 0; i < me->n_splits; i++) { /* no two threads share a split */
        for (size_t k = 0; k < s->n_splits; k++)
            WANT(all[k] != me->splits[i]);
        all[s->n_splits++] = me->splits[i];
    }
    s->rows += me->rows;
    atomic_fetch_add(&s->combined, 1);
    atomic_store(&s->in_combine, 0);
    return SL_OK;
}

static int add_range(sl_ctx *c, void *u, size_t lo, size_t hi)
{
    WANT(lo < hi && hi <= 1000 && hi - lo <= 64);
    for (size_t i = lo; i < hi; i++)
        ((unsigned char *)u)[i]++;
    return SL_OK;
}

static int finish(sl_ctx *c, void *g)
{
    state *s = g;
    unsigned char seen[1000] = { 0 };
    /* Once for each thread and pass; where stages below fit there are several, of which the last one counts. */
    WANT(atomic_load(&s->locals_open) % (int)c->n_threads == 0);
    WANT(atomic_load(&s->locals_open) == atomic_load(&s->locals_closed));
    WANT(atomic_load(&s->combined) == (int)c->n_threads);
    WANT(c->host->parallel_for(c, 1000, 64, add_range, seen) == SL_OK);
    for (size_t i = 0; i < 1000; i++)
        WANT(seen[i] == 1);
    return SL_OK;
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c;
    free(((local *)l)->splits);
    atomic_fetch_add(&((state *)g)->locals_closed, 1);
}

static void close_(sl_ctx *c, void *g)
{
    state *s = g;
    (void)c;
    free(s->splits);
    if (atomic_load(&s->locals_open) == atomic_load(&s->locals_closed))
        return;
    fprintf(stderr, "the contract is broken: %d locals opened, %d closed\n", atomic_load(&s->locals_open),
            atomic_load(&s->locals_closed));
    abort();
}

static const sl_option options[] = {
    SL_OPT(config, explain, BOOL, "false", "whether ctx.explain is to be set"),
    SL_OPT(config, number, COLUMN, NULL, "a column of integers"),
    { 0 },
};
static const sl_field fields[] = {
    [ID] = { "id", SL_T_STR, SL_READ, "an id" },
    [TEXT] = { "text", SL_T_STR, SL_READ, "the text" },
    [NUMBER] = { "$number", SL_T_I64, SL_READ | SL_OPTIONAL, "a number" },
    [ABSENT] = { "absent", SL_T_F64, SL_READ | SL_OPTIONAL, "a column that no record has" },
    { 0 },
};
static const sl_metric metrics[] = {
    [ROWS] = { "rows", SL_M_COUNT, 0, NULL, "live rows seen" },
    [BATCHES] = { "batches", SL_M_COUNT, 0, NULL, "batches seen" },
    { 0 },
};

const sl_stage test_contract = {
    SL_STAGE(SL_TRANSFORM),
    .name = "test.contract",
    .summary = "fail where the engine breaks a promise",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .open_local = open_local,
    .process = process,
    .combine = combine,
    .finish = finish,
    .close_local = close_local,
    .close = close_,
};
