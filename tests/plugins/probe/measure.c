/* test.observe, test.report — distributions, counts and tables. */
#include <stdio.h>
#include "probe.h"
#include "sluice/service_report.h"

enum { TEXT };
enum { LENGTH, NOTHING, ROWS };

static int observe(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)g, (void)l;
    SL_EACH(b, row) {
        c->host->observe(c, b, row, LENGTH, sl_text(b, TEXT)[row].n);
        c->host->count(c, ROWS, 1);
        c->host->observe(c, b, row, 99, 1); /* no such metric: ignored */
        c->host->count(c, 99, 1);
    }
    return SL_OK;
}

static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "the text" },
    { 0 },
};
static const sl_metric metrics[] = {
    [LENGTH] = { "length", SL_M_VALUE, 0, "bytes", "of the text" },
    [NOTHING] = { "nothing", SL_M_VALUE, 0, NULL, "never observed" },
    [ROWS] = { "rows", SL_M_COUNT, 0, NULL, "live rows" },
    { 0 },
};
const sl_stage test_observe = {
    SL_STAGE(SL_TRANSFORM), .name = "test.observe", .summary = "observe lengths",
    .fields = fields,       .metrics = metrics,     .process = observe,
};

typedef struct local {
    uint64_t rows;
} local;
typedef struct state {
    uint64_t rows;
} state;

static int count(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)c, (void)g;
    ((local *)l)->rows += b->n_sel;
    return SL_OK;
}

static int combine(sl_ctx *c, void *g, void *l)
{
    (void)c;
    ((state *)g)->rows += ((local *)l)->rows;
    return SL_OK;
}

static int finish(sl_ctx *c, void *g)
{
    const sl_report_api *report = c->host->service(c, "report", 1);
    char rows[64];
    if (!report)
        return c->host->fail(c, SL_E_INTERNAL, "no report service");
    snprintf(rows, sizeof rows, "[{\"rows\":%llu}]", (unsigned long long)((const state *)g)->rows);
    const int r = report->table(c, "totals", rows);
    return r < 0 ? r : report->table(c, "nothing", "[]");
}

const sl_stage test_report = {
    SL_STAGE(SL_TRANSFORM),
    .name = "test.report",
    .summary = "report how many rows there were",
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .process = count,
    .combine = combine,
    .finish = finish,
};
