/* test.noop: reads nothing, drops nothing. What a transform costs by itself (tools/bench). */
#include "noop.h"

int test_pass(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)c, (void)g, (void)l, (void)b;
    return SL_OK;
}

static const sl_stage noop = {
    SL_STAGE(SL_TRANSFORM),
    .name = "test.noop",
    .summary = "does nothing",
    .process = test_pass,
};

SL_PLUGIN("test-noop", "1.1", &noop, &test_look)
