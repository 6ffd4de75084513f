/* shuffle — the documents in a random order, over the whole stream. The stage only draws a number for each document;
 * sorting, and memory for it, are the engine's. A draw depends on the seed, the stage's name in the pipeline and the
 * document's key. */
#include "sluice/util.h"

enum { ORDER };

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)g, (void)l;
    uint64_t *order = SL_COL(uint64_t, b, ORDER);
    SL_EACH(b, row)
        order[row] = sl_random(c->seed, b->key[row], 0);
    return SL_OK;
}

static const sl_field fields[] = {
    [ORDER] = { "_order", SL_T_U64, SL_WRITE | SL_ORDER | SL_HIDDEN, "where the document goes" },
    { 0 },
};

static const sl_stage shuffle = {
    SL_STAGE(SL_TRANSFORM), .name = "shuffle",  .summary = "put the documents into a random order, the same each time",
    .fields = fields,       .process = process,
};

SL_PLUGIN("shuffle", "0.1.0", &shuffle)
