/* Stages of shapes that the header has and the engine does not run yet, and one that asks the host for what it may not
 * have. */
#include "probe.h"

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)c, (void)g, (void)l, (void)b;
    return SL_OK;
}

static int fit(sl_ctx *c, const void *g, void *l, uint32_t port, const sl_batch *b)
{
    (void)c, (void)g, (void)l, (void)port, (void)b;
    return SL_OK;
}

static int reshape(sl_ctx *c, const void *g, void *l, sl_batch *in, sl_batch *out)
{
    (void)c, (void)g, (void)l, (void)in, (void)out;
    return SL_OK;
}

static const sl_field order[] = { { "rank", SL_T_U64, SL_WRITE | SL_ORDER, "sorts" }, { 0 } };
static const sl_port ports[] = {
    { "target", SL_PORT_REQUIRED, 0, "a second input" },
    { "other", 0, 0, "a third" },
    { 0 },
};

#define LATER(name_, kind_) SL_STAGE(kind_), .name = "test." name_, .summary = "cannot run yet"
const sl_stage test_fit = { LATER("fit", SL_TRANSFORM), .process = process, .fit = fit };
const sl_stage test_reshape = { LATER("reshape", SL_RESHAPE), .reshape = reshape };
const sl_stage test_ordered = { LATER("ordered", SL_TRANSFORM), .process = process, .flags = SL_F_ORDERED };
const sl_stage test_families = { LATER("families", SL_TRANSFORM), .process = process, .flags = SL_F_FAMILIES };
const sl_stage test_order = { LATER("order", SL_TRANSFORM), .process = process, .fields = order };
const sl_stage test_ports = { LATER("ports", SL_TRANSFORM), .process = process, .ports = ports };

/* ---- test.misuse ---- */

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
