/* test.misuse — calls what the host does not lend in process. */
#include "probe.h"

enum { ADD, PUT, GET, LOG };
typedef struct config {
    uint32_t call;
} config;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    *(uint32_t *)g = ((const config *)cfg)->call;
    return SL_OK;
}

static int misuse(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    uint32_t row;
    (void)l;
    switch (*(const uint32_t *)g) {
    case ADD: return c->host->add(c, b, NULL, 0, 1, &row);
    case PUT: return c->host->put(c, NULL, "x", 1);
    case GET: return c->host->get(c, NULL, &row, sizeof row);
    default: c->host->log(c, 99, "rows: %u", b->n_sel); return SL_OK;
    }
}

static const char *const calls[] = { "add", "put", "get", "log", NULL };
static const sl_option options[] = {
    SL_OPT(config, call, ENUM, "add", "what is called in process", .choices = calls),
    { 0 },
};
const sl_stage test_misuse = {
    SL_STAGE(SL_TRANSFORM),
    .name = "test.misuse",
    .summary = "call what process may not",
    .options = options,
    .config_size = sizeof(config),
    .state_size = sizeof(uint32_t),
    .open = open_,
    .process = misuse,
};
