/* test.break_fit — a fit whose state is not what the contract asks for. With `how: nothing` it is. */
#include "probe.h"

enum { NOTHING, COMBINE_ORDER, THREAD, FROZEN, REJECT, SAVE_DIFFERS, LOAD_LEAVES, LOAD_FORGETS };
enum { DROPPED };

typedef struct config {
    uint32_t how;
} config;
typedef struct state {
    const config *cfg;
    uint64_t rows, mixed, saves;
} state;
typedef struct local {
    uint64_t rows, mixed;
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    ((state *)g)->cfg = cfg;
    return SL_OK;
}

static int fit(sl_ctx *c, const void *g, void *l, uint32_t port, const sl_batch *b)
{
    const state *s = g;
    local *me = l;
    (void)port;
    me->rows += b->n_sel;
    SL_EACH(b, row)
        me->mixed += s->cfg->how == THREAD ? b->key[row] * (c->thread + 1) : b->key[row];
    if (s->cfg->how == FROZEN)
        ((state *)s)->rows++;
    if (s->cfg->how == REJECT)
        c->host->reject(c, (sl_batch *)b, b->sel[0], DROPPED, NULL);
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)l;
    SL_EACH(b, row) /* what is dropped follows from the state */
        if (((b->key[row] ^ ((const state *)g)->mixed) & 3) == 0)
            c->host->reject(c, b, row, DROPPED, NULL);
    return SL_OK;
}

static int combine(sl_ctx *c, void *g, void *l)
{
    state *s = g;
    const local *me = l;
    (void)c;
    s->rows += me->rows;
    s->mixed = s->cfg->how == COMBINE_ORDER ? s->mixed * 31 + me->mixed : s->mixed + me->mixed;
    return SL_OK;
}

static int save(sl_ctx *c, const void *g, uint32_t what, sl_io *io)
{
    state *s = (state *)g;
    (void)what;
    const uint64_t v[] = { s->rows, s->mixed, s->cfg->how == SAVE_DIFFERS ? ++s->saves : 0 };
    return c->host->put(c, io, v, sizeof v);
}

static int load(sl_ctx *c, void *g, uint32_t what, sl_io *io)
{
    state *s = g;
    uint64_t v[3] = { 0 };
    (void)what;
    const int ret = c->host->get(c, io, v, s->cfg->how == LOAD_LEAVES ? 2 * sizeof *v : sizeof v);
    if (ret != SL_OK)
        return ret < 0 ? ret : c->host->fail(c, SL_E_STATE, "the state is empty");
    if (s->cfg->how == LOAD_FORGETS)
        v[1] = 0;
    s->rows += v[0];
    s->mixed += v[1];
    return SL_OK;
}

static const char *const hows[] = { "nothing",      "combine_order", "thread",       "frozen", "reject",
                                    "save_differs", "load_leaves",   "load_forgets", NULL };
static const sl_option options[] = {
    SL_OPT(config, how, ENUM, "nothing", "what to do", .choices = hows),
    { 0 },
};
static const sl_metric metrics[] = {
    [DROPPED] = { "dropped", SL_M_REJECT, 0, NULL, "as the state says" },
    { 0 },
};

const sl_stage test_break_fit = {
    SL_STAGE(SL_TRANSFORM),
    .name = "test.break_fit",
    .summary = "break the contract in fit",
    .options = options,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .process = process,
    .fit = fit,
    .combine = combine,
    .save = save,
    .load = load,
};
