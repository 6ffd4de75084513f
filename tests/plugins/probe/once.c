/* test.once — costly, so it must not see a document twice in a run; what it writes is there in every later pass. */
#include <stdlib.h>
#include "watch.h"

enum { TEXT, VALUE };
enum { ROWS };

typedef struct state {
    watch watch;
    uint64_t *seen; /* pos of every document, of one process */
    size_t n, cap;
    pthread_mutex_t lock;
    bool locks;
} state;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    (void)cfg;
    TRY(watch_open(c, &s->watch, s, sizeof *s, 0, 0));
    s->locks = pthread_mutex_init(&s->lock, NULL) == 0;
    return s->locks ? SL_OK : c->host->fail(c, SL_E_INTERNAL, "no lock");
}

/* No watch over passes: which of them this stage runs in is the engine's affair, as long as each document comes once.
 */
static int remember(sl_ctx *c, state *s, const sl_batch *b)
{
    if (s->n + b->n_sel > s->cap) {
        const size_t cap = 2 * (s->n + b->n_sel);
        uint64_t *seen = realloc(s->seen, cap * sizeof *seen);
        if (!seen)
            return c->host->fail(c, SL_E_NOMEM, "out of memory");
        s->seen = seen;
        s->cap = cap;
    }
    SL_EACH(b, row)
        s->seen[s->n++] = b->pos[row];
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    state *s = (state *)g; /* under its lock */
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
    state *s = g;
    if (s->n)
        qsort(s->seen, s->n, sizeof *s->seen, by_pos);
    for (size_t i = 1; i < s->n; i++)
        PROMISE(s->seen[i] != s->seen[i - 1], "a stage with SL_F_ONCE sees no document twice");
    return SL_OK;
}

static void close_(sl_ctx *c, void *g)
{
    state *s = g;
    (void)c;
    free(s->seen);
    if (s->locks)
        pthread_mutex_destroy(&s->lock);
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
