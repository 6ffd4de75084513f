/* family.verb — drop documents that are mostly digits. */
#include "sluice/util.h"

enum { TEXT };            /* rows of `fields`: the places of the columns in a batch */
enum { TOO_MANY_DIGITS }; /* rows of `metrics` */

typedef struct config { /* filled by the engine from `options`, and there until close */
    double max_share;
} config;
typedef struct state { /* one for all threads; nobody changes it while documents flow */
    const config *cfg;
} state;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    (void)c;
    s->cfg = cfg;
    return SL_OK;
}

static double share_of_digits(sl_str text)
{
    uint32_t digits = 0;
    for (uint32_t i = 0; i < text.n; i++)
        digits += text.p[i] >= '0' && text.p[i] <= '9';
    return text.n ? (double)digits / text.n : 0;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const config *o = ((const state *)g)->cfg;
    const sl_str *text = sl_text(b, TEXT);
    (void)l;

    SL_EACH(b, row) {
        const double share = share_of_digits(text[row]);
        if (share > o->max_share)
            c->host->reject(c, b, row, TOO_MANY_DIGITS, SL_WHY(.value = share, .limit = o->max_share));
    }
    return SL_OK;
}

static const sl_option options[] = {
    SL_OPT(config, max_share, F64, "0.5", "drop documents of which a larger share is digits", .min = 0, .max = 1),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    { 0 },
};
static const sl_metric metrics[] = {
    [TOO_MANY_DIGITS] = { "too_many_digits", SL_M_REJECT, 0, "share", "above max_share" },
    { 0 },
};
static const sl_stage stage = {
    SL_STAGE(SL_TRANSFORM),
    .name = "family.verb",
    .summary = "drop documents that are mostly digits",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .open = open_,
    .process = process,
};
SL_PLUGIN("family_verb", "0.1.0", &stage)
