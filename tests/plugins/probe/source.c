/* test.source — makes its own splits and documents, without the input service. */
#include <stdio.h>
#include <string.h>
#include "probe.h"

enum { ID, TEXT, NUMBER };
enum { BROKEN };

typedef struct config {
    int64_t splits, rows, broken_every, fail_split;
    uint32_t fail_code;
    uint8_t overfill;
    const char *text, *number;
} config;
typedef struct state {
    const config *cfg;
    char label[32]; /* of the split asked for last: the engine copies it */
} state;
typedef struct local {
    uint64_t split; /* split->index, 0: none yet */
    int64_t next;
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    ((state *)g)->cfg = cfg;
    return SL_OK;
}

static int split(sl_ctx *c, void *g, uint64_t i, sl_split *out)
{
    state *s = g;
    (void)c;
    if (i >= (uint64_t)s->cfg->splits)
        return SL_END;
    snprintf(s->label, sizeof s->label, "part-%llu", (unsigned long long)i);
    *out = (sl_split){
        .path = s->label, .label = s->label, .begin = i * 10, .end = i * 10 + 10, .bytes = 10, .fingerprint = 1000 + i
    };
    return SL_OK;
}

static int fill(sl_ctx *c, const state *s, const sl_split *sp, sl_batch *out, uint32_t row, int64_t n)
{
    char text[128];
    char *p = c->host->alloc(c, out, sizeof text + 64, 1), *id = c->host->alloc(c, out, sizeof text + 64, 1);
    if (!p || !id)
        return SL_E_NOMEM;
    int len = snprintf(id, sizeof text, "%s/%lld", sp->label, (long long)n);
    SL_COL(sl_str, out, ID)[row] = (sl_str){ id, (uint32_t)len, 0 };
    len = snprintf(p, sizeof text, "%s %lld of %s", s->cfg->text, (long long)n, sp->label);
    SL_COL(sl_str, out, TEXT)[row] = (sl_str){ p, (uint32_t)len, 0 };
    if (out->columns[NUMBER])
        SL_COL(int64_t, out, NUMBER)[row] = n;
    if (s->cfg->broken_every > 0 && n % s->cfg->broken_every == 0)
        c->host->reject(c, out, row, BROKEN, SL_WHY(.value = (double)n));
    return SL_OK;
}

static int read_(sl_ctx *c, const void *g, void *l, const sl_split *sp, sl_batch *out)
{
    static const int codes[] = { SL_E_DATA, SL_E_IO, SL_E_INTERNAL };
    const state *s = g;
    local *me = l;
    char label[32];
    snprintf(label, sizeof label, "part-%llu", (unsigned long long)(sp->begin / 10));
    if (strcmp(label, sp->label) || strcmp(label, sp->path) || sp->end != sp->begin + 10 ||
        sp->fingerprint != 1000 + sp->begin / 10 || sp->index == 0 || out->n_rows || out->n_sel)
        return c->host->fail(c, SL_E_INTERNAL, "the split is not the one that was described, or out is not empty");
    if (me->split != sp->index)
        *me = (local){ .split = sp->index };
    int added = SL_OK;
    while (me->next < s->cfg->rows && (added == SL_OK || s->cfg->overfill)) {
        uint32_t row;
        if (me->next == s->cfg->rows / 2 && (int64_t)(sp->begin / 10) == s->cfg->fail_split)
            return c->host->fail(c, codes[s->cfg->fail_code], "%s is broken", sp->path);
        added = c->host->add(c, out, NULL, 0, (uint64_t)me->next, &row);
        if (added < 0)
            return added;
        const int r = fill(c, s, sp, out, row, me->next++);
        if (r < 0)
            return r;
    }
    return me->next < s->cfg->rows ? SL_MORE : SL_END;
}

static const char *const codes[] = { "data", "io", "internal", NULL };
static const sl_option options[] = {
    SL_OPT(config, splits, I64, "3", "how many splits", .min = 0, .max = 100000),
    SL_OPT(config, rows, I64, "5", "documents in each", .min = 0, .max = 100000000),
    SL_OPT(config, broken_every, I64, NULL, "documents whose number this divides are rejected"),
    SL_OPT(config, fail_split, I64, NULL, "reading this split fails in its middle"),
    SL_OPT(config, fail_code, ENUM, "data", "with what", .choices = codes),
    SL_OPT(config, overfill, BOOL, "false", "add rows beyond SL_MORE"),
    SL_OPT(config, text, STR, "document", "how texts begin"),
    SL_OPT(config, number, COLUMN, NULL, "column for the number in the split"),
    { 0 },
};
static const sl_field fields[] = {
    [ID] = { "id", SL_T_STR, SL_WRITE, "label and number" },
    [TEXT] = { "text", SL_T_STR, SL_WRITE, "the text" },
    [NUMBER] = { "$number", SL_T_I64, SL_WRITE, "number in the split" },
    { 0 },
};
static const sl_metric metrics[] = {
    [BROKEN] = { "broken", SL_M_ERROR, 0, NULL, "as told by broken_every" },
    { 0 },
};

const sl_stage test_source = {
    SL_STAGE(SL_SOURCE),
    .name = "test.source",
    .summary = "make documents",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .split = split,
    .read = read_,
};
