/* test.fickle — decides otherwise in a later pass, which is what a stage above a fit must not do. */
#include <stdatomic.h>
#include <stdbool.h>
#include "probe.h"

enum { ODD, EVEN };
enum { NOTHING, DROPS_MORE, OTHER_REASON };

typedef struct config {
    uint32_t how;
} config;
typedef struct state {
    const config *cfg;
    atomic_uint locals; /* opened so far: n_threads of them a pass */
} state;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    ((state *)g)->cfg = cfg;
    return SL_OK;
}

static int open_local(sl_ctx *c, const void *g, void *l)
{
    (void)c;
    *(uint32_t *)l = atomic_fetch_add(&((state *)g)->locals, 1) / c->n_threads;
    return SL_OK;
}

/* One document of three is dropped, and what else the option says after the first pass. */
static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const uint32_t how = ((const state *)g)->cfg->how;
    const bool later = *(const uint32_t *)l > 0;
    SL_EACH(b, row) {
        const uint64_t kind = b->pos[row] % 3;
        if (kind == 0)
            c->host->reject(c, b, row, later && how == OTHER_REASON ? EVEN : ODD, NULL);
        else if (kind == 1 && later && how == DROPS_MORE)
            c->host->reject(c, b, row, ODD, NULL);
    }
    return SL_OK;
}

static const char *const hows[] = { "nothing", "drops_more", "other_reason", NULL };
static const sl_option options[] = {
    SL_OPT(config, how, ENUM, "nothing", "what to do in a later pass", .choices = hows),
    { 0 },
};
static const sl_metric metrics[] = {
    [ODD] = { "odd", SL_M_REJECT, 0, NULL, "by its place" },
    [EVEN] = { "even", SL_M_REJECT, 0, NULL, "by its place, in a later pass" },
    { 0 },
};

const sl_stage test_fickle = {
    SL_STAGE(SL_TRANSFORM),
    .name = "test.fickle",
    .summary = "decide otherwise in a later pass",
    .options = options,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(uint32_t),
    .open = open_,
    .open_local = open_local,
    .process = process,
};
