/* test.look: a fit that looks at the text and keeps nothing but a sum. What a fit costs by itself (tools/bench). */
#include "noop.h"

enum { TEXT };

typedef struct sum {
    uint64_t bytes;
} sum;

static int fit(sl_ctx *c, const void *g, void *l, uint32_t port, const sl_batch *b)
{
    uint64_t bytes = 0;
    (void)c, (void)g, (void)port;
    SL_EACH(b, row)
        bytes += sl_text(b, TEXT)[row].n;
    ((sum *)l)->bytes += bytes;
    return SL_OK;
}

static int combine(sl_ctx *c, void *g, void *l)
{
    (void)c;
    ((sum *)g)->bytes += ((sum *)l)->bytes;
    return SL_OK;
}

static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_FIT_ONLY, "the text" },
    { 0 },
};

const sl_stage test_look = {
    SL_STAGE(SL_TRANSFORM),
    .name = "test.look",
    .summary = "look at the text once",
    .fields = fields,
    .state_size = sizeof(sum),
    .local_size = sizeof(sum),
    .process = test_pass,
    .fit = fit,
    .combine = combine,
};
