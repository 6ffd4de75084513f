/* A plugin as it would look had it been built with an older, shorter header: the descriptor ends before `finish`, rows
 * of options end after `help`, rows of metrics after `flags`. */
#include <stddef.h>
#include "sluice/util.h"

typedef struct config {
    int64_t min;
} config;

typedef struct old_option {
    const char *name;
    uint32_t type, flags, offset, reserved;
    const char *def;
    double min, max;
    const char *const *choices;
    const char *unit, *help;
} old_option;
_Static_assert(sizeof(old_option) == offsetof(sl_option, since), "a prefix of today's row");

typedef struct old_metric {
    const char *name;
    uint32_t kind, flags;
} old_metric;

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)g, (void)l;
    SL_EACH(b, row)
        if (sl_text(b, 0)[row].n < 10) {
            const struct {
                uint32_t size, port;
                double value, limit;
            } why = { sizeof why, 0, sl_text(b, 0)[row].n, 10 };
            c->host->reject(c, b, row, 0, (const sl_why *)(const void *)&why);
        }
    return SL_OK;
}

static const old_option options[] = {
    { .name = "min",
      .type = SL_OPT_I64,
      .offset = offsetof(config, min),
      .def = "3",
      .min = 0,
      .max = 9,
      .unit = "bytes",
      .help = "an option" },
    { 0 },
};
static const sl_field fields[] = { { "text", SL_T_STR, SL_READ, NULL }, { 0 } };
static const old_metric metrics[] = { { "too_short", SL_M_REJECT, 0 }, { 0 } };
static const sl_stage stage = {
    .struct_size = offsetof(sl_stage, finish),
    .option_stride = sizeof(old_option),
    .field_stride = sizeof(sl_field),
    .metric_stride = sizeof(old_metric),
    .port_stride = sizeof(sl_port),
    .kind = SL_TRANSFORM,
    .name = "old.header",
    .summary = "built with an older header",
    .options = (const sl_option *)(const void *)options,
    .fields = fields,
    .metrics = (const sl_metric *)(const void *)metrics,
    .config_size = sizeof(config),
    .process = process,
    .finish = (int (*)(sl_ctx *, void *))1, /* lies beyond struct_size: must not be seen */
};
SL_PLUGIN("short_header", "1", &stage)
