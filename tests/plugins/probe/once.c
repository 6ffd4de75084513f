/* test.once — costly, so it must not see a document twice in a run; what it writes is there in every later pass. */
#include <stdlib.h>
#include "watch.h"

enum { TEXT, VALUE };
enum { ROWS };

typedef struct state {
    watch watch;
    struct seen *seen; /* not in g, which is frozen in process */
} state;
struct seen {
    uint64_t *v; /* pos of every document, of one process */
    size_t n, cap;
    pthread_mutex_t lock;
};

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    (void)cfg;
    TRY(watch_open(c, &s->watch, s, sizeof *s, 0, 0));
    if (!(s->seen = calloc(1, sizeof *s->seen)))
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    if (!pthread_mutex_init(&s->seen->lock, NULL))
        return SL_OK;
    free(s->seen);
    s->seen = NULL;
    return c->host->fail(c, SL_E_INTERNAL, "no lock");
}

/* No watch over passes: which of them this stage runs in is the engine's affair, as long as each document comes once.
 */
static int remember(sl_ctx *c, struct seen *s, const sl_batch *b)
{
    if (s->n + b->n_sel > s->cap) {
        const size_t cap = 2 * (s->n + b->n_sel);
        uint64_t *more = realloc(s->v, cap * sizeof *more);
        if (!more)
            return c->host->fail(c, SL_E_NOMEM, "out of memory");
        s->v = more;
        s->cap = cap;
    }
    SL_EACH(b, row)
        s->v[s->n++] = b->pos[row];
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    struct seen *s = ((const state *)g)->seen;
    (void)l;
    SL_EACH(b, row)
        SL_COL(uint64_t, b, VALUE)[row] = watch_mix(3, b->key[row]);
    c->host->count(c, ROWS, b->n_sel);
    pthread_mutex_lock(&s->lock);
    const int ret = remember(c, s, b);
    pthread_mutex_unlock(&s->lock);
    return ret;
}

static int by_pos(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int finish(sl_ctx *c, void *g)
{
    const struct seen *s = ((state *)g)->seen;
    if (s->n)
        qsort(s->v, s->n, sizeof *s->v, by_pos);
    for (size_t i = 1; i < s->n; i++)
        PROMISE(s->v[i] != s->v[i - 1], "a stage with SL_F_ONCE sees no document twice");
    return SL_OK;
}

static void close_(sl_ctx *c, void *g)
{
    state *s = g;
    (void)c;
    if (s->seen) {
        free(s->seen->v);
        pthread_mutex_destroy(&s->seen->lock);
    }
    free(s->seen);
    watch_close(&s->watch);
}

static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "the text" },
    [VALUE] = { "_probe_once", SL_T_U64, SL_WRITE | SL_HIDDEN, "follows from the key" },
    { 0 },
};
static const sl_metric metrics[] = {
    [ROWS] = { "rows", SL_M_COUNT, 0, NULL, "documents" },
    { 0 },
};

const sl_stage test_once = {
    SL_STAGE(SL_TRANSFORM),
    .name = "test.once",
    .summary = "want to see every document once",
    .flags = SL_F_ONCE,
    .fields = fields,
    .metrics = metrics,
    .state_size = sizeof(state),
    .open = open_,
    .process = process,
    .finish = finish,
    .close = close_,
};
