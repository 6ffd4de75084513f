/* test.reject_twice — rejects in ways that must not count. */
#include <stdlib.h>
#include <string.h>
#include "probe.h"

enum { TEXT };
enum { FIRST, SECOND, BROKEN };
enum { DETAIL = 6002 };

typedef struct config {
    int64_t modulo;
    uint8_t dead, error, explain;
} config;
typedef struct state {
    const config *cfg;
    char *detail; /* "xx", then characters of three bytes: a cut at 4,096 falls into one */
} state;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    s->cfg = cfg;
    s->detail = malloc(DETAIL);
    if (!s->detail)
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    memcpy(s->detail, "xx", 2);
    for (size_t i = 2; i < DETAIL; i += 3)
        memcpy(s->detail + i, "\xE2\x82\xAC", 3);
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    uint32_t next = 0;
    (void)l;
    if (c->explain != s->cfg->explain)
        return c->host->fail(c, SL_E_INTERNAL, "ctx.explain is %u", c->explain);
    c->host->reject(c, b, b->n_rows, FIRST, NULL); /* no such row */
    c->host->reject(c, b, 70000, FIRST, NULL);
    c->host->reject(c, b, UINT32_MAX, FIRST, NULL);
    SL_EACH(b, row) {
        for (; s->cfg->dead && next < row; next++)
            c->host->reject(c, b, next, FIRST, NULL); /* a stage above dropped it */
        next = row + 1;
        if (sl_text(b, TEXT)[row].n % (uint64_t)s->cfg->modulo)
            continue;
        c->host->reject(c, b, row, 99, NULL); /* no such reason */
        c->host->reject(c, b, row, s->cfg->error ? BROKEN : FIRST,
                        SL_WHY(.value = sl_text(b, TEXT)[row].n, .limit = 7, .detail = { s->detail, DETAIL, 0 }));
        c->host->reject(c, b, row, SECOND, SL_WHY(.value = -1));
        c->host->reject(c, b, row, FIRST, NULL);
    }
    return SL_OK;
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    free(((state *)g)->detail);
}

static const sl_option options[] = {
    SL_OPT(config, modulo, I64, "2", "rejects texts whose bytes it divides", .min = 1, .max = 1000),
    SL_OPT(config, dead, BOOL, "false", "also reject rows that are not live"),
    SL_OPT(config, error, BOOL, "false", "as broken"),
    SL_OPT(config, explain, BOOL, "false", "whether ctx.explain is to be set"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "the text" },
    { 0 },
};
static const sl_metric metrics[] = {
    [FIRST] = { "first", SL_M_REJECT, 0, NULL, "the reason that counts" },
    [SECOND] = { "second", SL_M_REJECT, 0, NULL, "must stay 0" },
    [BROKEN] = { "broken", SL_M_ERROR, 0, NULL, "an error" },
    { 0 },
};
const sl_stage test_reject_twice = {
    SL_STAGE(SL_TRANSFORM),
    .name = "test.reject_twice",
    .summary = "reject the same rows again and again",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .open = open_,
    .process = process,
    .close = close_,
};
