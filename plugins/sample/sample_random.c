/* sample.random — keep a share, each document by a throw of its own. The throw depends on the seed, the stage's name in
 * the pipeline and the document's key: neither on its neighbours nor on threads. A smaller share is therefore a part of
 * a larger one. */
#include "sluice/util.h"

enum { NOT_DRAWN };

typedef struct config {
    sl_amount keep;
} config;
typedef struct state {
    double share;
} state;

static int check(sl_ctx *c, const void *cfg)
{
    const sl_amount keep = ((const config *)cfg)->keep;
    if (keep.unit != SL_SHARE)
        return c->host->fail(c, SL_E_CONFIG, "keep takes a share such as 10%%; an exact count is not there yet");
    return SL_OK;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    ((state *)g)->share = ((const config *)cfg)->keep.value;
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)l;
    const double share = ((const state *)g)->share;
    SL_EACH(b, row) {
        const double draw = sl_unit(sl_random(c->seed, b->key[row], 0));
        if (!(draw < share))
            c->host->reject(c, b, row, NOT_DRAWN, SL_WHY(.value = draw, .limit = share));
    }
    return SL_OK;
}

static const sl_option options[] = {
    SL_OPT(config, keep, AMOUNT, NULL, "the share of documents to keep: 10%", .flags = SL_OPT_REQUIRED),
    { 0 },
};
static const sl_metric metrics[] = {
    [NOT_DRAWN] = { "not_drawn", SL_M_REJECT, 0, "share", "its throw, between 0 and 1, is not below keep" },
    { 0 },
};

const sl_stage sample_random = {
    SL_STAGE(SL_TRANSFORM),
    .name = "sample.random",
    .summary = "keep a random share of the documents, the same ones each time",
    .options = options,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .check = check,
    .open = open_,
    .process = process,
};
