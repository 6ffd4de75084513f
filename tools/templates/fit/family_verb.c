/* family.verb — drop the longest documents of the whole stream. Two passes: `fit` counts lengths, `finalize` finds the
 * bound, `process` goes by it. Lengths are counted by their number of bits: 264 bytes of state for any corpus. */
#include "sluice/util.h"

enum { TEXT };     /* rows of `fields`: the places of the columns in a batch */
enum { TOO_LONG }; /* rows of `metrics` */
enum { BITS = 33 };

typedef struct config { /* filled by the engine from `options`, and there until close */
    double keep;
} config;
typedef struct local {        /* one for each thread and pass */
    uint64_t documents[BITS]; /* [k]: those with 2^(k-1) <= length < 2^k */
} local;
typedef struct state { /* one for all threads */
    const config *cfg;
    local all;      /* what fit gathered */
    uint64_t limit; /* what finalize made of it: a document with so many bytes, or more, is dropped */
} state;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    (void)c;
    s->cfg = cfg;
    return SL_OK;
}

static uint32_t bits_of(uint32_t n) { return n ? 32 - (uint32_t)__builtin_clz(n) : 0; }

static int fit(sl_ctx *c, const void *g, void *l, uint32_t port, const sl_batch *b)
{
    local *me = l;
    const sl_str *text = sl_text(b, TEXT);
    (void)c, (void)g, (void)port;

    SL_EACH(b, row)
        me->documents[bits_of(text[row].n)]++;
    return SL_OK;
}

/* Threads come in any order, so what is gathered must not depend on it: sums of integers do not, sums of floats would.
 */
static int combine(sl_ctx *c, void *g, void *l)
{
    state *s = g;
    const local *me = l;
    (void)c;
    for (uint32_t k = 0; k < BITS; k++)
        s->all.documents[k] += me->documents[k];
    return SL_OK;
}

static int finalize(sl_ctx *c, void *g)
{
    state *s = g;
    uint64_t n = 0, kept = 0;
    uint32_t k = 0;
    (void)c;
    for (uint32_t i = 0; i < BITS; i++)
        n += s->all.documents[i];
    for (kept = s->all.documents[0]; (double)kept < s->cfg->keep * (double)n && k < BITS - 1;)
        kept += s->all.documents[++k];
    s->limit = 1ull << k;
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    const sl_str *text = sl_text(b, TEXT);
    (void)l;

    SL_EACH(b, row)
        if (text[row].n >= s->limit)
            c->host->reject(c, b, row, TOO_LONG, SL_WHY(.value = text[row].n, .limit = (double)s->limit));
    return SL_OK;
}

/* The whole is the bound. A part is what fit gathered. Numbers are written so that any machine can read them. */
static int save(sl_ctx *c, const void *g, uint32_t what, sl_io *io)
{
    const state *s = g;
    uint64_t v[BITS] = { sl_big(s->limit) };
    for (uint32_t k = 0; k < BITS && what != SL_WHOLE; k++)
        v[k] = sl_big(s->all.documents[k]);
    return c->host->put(c, io, v, what == SL_WHOLE ? sizeof v[0] : sizeof v);
}

/* Adds to what is there: two parts loaded are one. The file is untrusted. */
static int load(sl_ctx *c, void *g, uint32_t what, sl_io *io)
{
    state *s = g;
    uint64_t v[BITS];
    const int ret = c->host->get(c, io, v, what == SL_WHOLE ? sizeof v[0] : sizeof v);
    if (ret != SL_OK)
        return ret < 0 ? ret : c->host->fail(c, SL_E_STATE, "the state is empty");
    if (what == SL_WHOLE) {
        s->limit = sl_big(v[0]);
        return s->limit ? SL_OK : c->host->fail(c, SL_E_STATE, "the state has the bound 0");
    }
    for (uint32_t k = 0; k < BITS; k++)
        if (__builtin_add_overflow(s->all.documents[k], sl_big(v[k]), &s->all.documents[k]))
            return c->host->fail(c, SL_E_STATE, "the state counts more documents than there can be");
    return SL_OK;
}

static const sl_option options[] = {
    SL_OPT(config, keep, F64, "0.99", "keep at least this share of the documents, the shorter ones", .min = 0,
           .max = 1),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    { 0 },
};
static const sl_metric metrics[] = {
    [TOO_LONG] = { "too_long", SL_M_REJECT, 0, "bytes",
                   "at or above the bound: the least power of two that keeps enough" },
    { 0 },
};
static const sl_stage stage = {
    SL_STAGE(SL_TRANSFORM),
    .state_version = 1, /* raise it when what save writes, or what it means, changes */
    .name = "family.verb",
    .summary = "drop the longest documents",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .fit = fit,
    .combine = combine,
    .finalize = finalize,
    .process = process,
    .save = save,
    .load = load,
};
SL_PLUGIN("family_verb", "0.1.0", &stage)
