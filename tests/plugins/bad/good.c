/* The smallest sound plugin: every broken one beside it differs from this in one thing. */
#include "sluice/util.h"

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)c, (void)g, (void)l, (void)b;
    return SL_OK;
}

static const sl_stage stage = { SL_STAGE(SL_TRANSFORM), .name = STAGE_NAME, .summary = "does nothing",
                                .process = process };

#ifndef BAD_ABI
SL_PLUGIN("good", "1", &stage)
#else
static const sl_stage *const stages[] = { &stage, NULL };
static const sl_plugin plugin = { BAD_ABI, sizeof(sl_plugin), 0, "bad", "1", "Apache-2.0", "", stages };
const sl_plugin *sl_plugin_main(void) { return &plugin; }
#endif

#ifdef EXTRA_SYMBOL
SL_EXPORT int helper(void);
int helper(void) { return 1; }
#endif
