/* Descriptions that contradict themselves, one for each SHAPE. */
#include "sluice/util.h"

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

static int split(sl_ctx *c, void *g, uint64_t i, sl_split *out)
{
    (void)c, (void)g, (void)i, (void)out;
    return SL_END;
}

static int read_(sl_ctx *c, const void *g, void *l, const sl_split *sp, sl_batch *out)
{
    (void)c, (void)g, (void)l, (void)sp, (void)out;
    return SL_END;
}

static int save(sl_ctx *c, const void *g, uint32_t what, sl_io *io)
{
    (void)c, (void)g, (void)what, (void)io;
    return SL_OK;
}

static int finalize(sl_ctx *c, void *g)
{
    (void)c, (void)g;
    return SL_OK;
}

static const sl_port ports[] = { { "target", 0, 0, "a second input" }, { 0 } };
static const sl_field narrow[] = { { "_order", SL_T_I32, SL_WRITE | SL_ORDER, "too narrow" }, { 0 } };
static const sl_field unwritten[] = { { "_order", SL_T_U64, SL_READ | SL_ORDER, "not written" }, { 0 } };

#define HEAD(kind) SL_STAGE(kind), .name = "bad.shape", .summary = "contradicts itself"
#define SOURCE     HEAD(SL_SOURCE), .split = split, .read = read_

static const sl_stage stages[] = {
    { HEAD(SL_TRANSFORM) },
    { HEAD(SL_RESHAPE), .process = process },
    { HEAD(SL_SINK), .process = process },
    { HEAD(SL_SOURCE), .split = split },
    { SOURCE, .fit = fit },
    { SOURCE, .flags = SL_F_ORDERED },
    { SOURCE, .flags = SL_F_FAMILIES },
    { HEAD(SL_TRANSFORM), .process = process, .ports = ports },
    { HEAD(SL_TRANSFORM), .process = process, .fit = fit, .flags = SL_F_PORTS_ONLY },
    { HEAD(SL_TRANSFORM), .process = process, .finalize = finalize },
    { HEAD(SL_TRANSFORM), .process = process, .fit = fit, .save = save },
    { HEAD(SL_TRANSFORM), .process = process, .fields = narrow },
    { HEAD(SL_TRANSFORM), .process = process, .fields = unwritten },
    { SOURCE, .fields = (const sl_field[]){ { "_order", SL_T_U64, SL_WRITE | SL_ORDER, "" }, { 0 } } },
};

static const sl_stage *const listed[] = { &stages[SHAPE], NULL };
static const sl_plugin plugin = {
    SL_ABI_MAJOR, SL_ABI_MINOR, sizeof(sl_plugin), 0, "bad", "1", "Apache-2.0", "", listed
};
const sl_plugin *sl_plugin_main(void) { return &plugin; }
