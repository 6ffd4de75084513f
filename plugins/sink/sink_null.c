/* sink.null — takes documents and drops them: for counting, for timing what stands above, for stages with side files.
 */
#include "sluice/util.h"

static int write_(sl_ctx *c, const void *g, void *l, const sl_batch *b)
{
    (void)c, (void)g, (void)l, (void)b;
    return SL_OK;
}

const sl_stage sink_null = {
    SL_STAGE(SL_SINK),
    .name = "sink.null",
    .summary = "write nothing",
    .write = write_,
};
