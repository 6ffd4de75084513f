/* test.break_reshape — makes rows in ways that the contract forbids. */
#include "probe.h"

enum { TEXT };
enum {
    NOTHING,
    NO_IDENTITY,
    OVERFILL,
    STUCK,
    CODE,
    END,
    NO_ROW,
    INTO_IN,
    SAME_NTH,
    NOT_CUT,
    SAME_APART,
    SHRINK,
    FROZEN
};

typedef struct config {
    uint32_t how;
} config;
typedef struct local {
    uint32_t row; /* rows below are done */
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    *(uint32_t *)g = ((const config *)cfg)->how;
    return SL_OK;
}

/* One row of the kind that the option asks for. */
static int add(sl_ctx *c, uint32_t how, sl_batch *in, uint32_t row, sl_batch *out, uint32_t *made)
{
    switch (how) {
    case NO_ROW: return c->host->add(c, out, in, in->n_rows + 7, 0, made);
    case INTO_IN: return c->host->add(c, in, in, row, 0, made);
    case SAME_NTH: TRY(c->host->add(c, out, in, row, 5, made)); return c->host->add(c, out, in, row, 5, made);
    case SAME_APART:
        TRY(c->host->add(c, out, in, row, 5, made));
        TRY(c->host->add(c, out, in, row, 6, made));
        return c->host->add(c, out, in, row, 5, made);
    case NOT_CUT: return c->host->add(c, out, in, row, SL_WHOLE_DOC, made);
    case OVERFILL:
        for (int r = SL_OK; r == SL_OK;)
            TRY(r = c->host->add(c, out, in, row, out->n_rows, made));
        return c->host->add(c, out, in, row, out->n_rows, made);
    default: return c->host->add(c, out, in, row, 0, made);
    }
}

static int reshape(sl_ctx *c, const void *g, void *l, sl_batch *in, sl_batch *out)
{
    const uint32_t how = *(const uint32_t *)g;
    local *me = l;
    uint32_t made;
    if (!in)
        return SL_OK;
    if (how == STUCK)
        return SL_MORE; /* for ever, and nothing added */
    if (how == NO_IDENTITY) {
        out->n_rows = out->n_sel = 1;
        return SL_OK;
    }
    SL_EACH(in, row) {
        if (row < me->row)
            continue;
        const int ret = add(c, how, in, row, out, &made);
        if (ret < 0)
            return ret;
        me->row = row + 1;
        if (ret == SL_MORE)
            return ret;
    }
    me->row = 0;
    if (how == SHRINK)
        out->n_sel--;
    if (how == FROZEN)
        ++*(uint32_t *)g;
    return how == CODE ? 77 : how == END ? SL_END : SL_OK;
}

static const char *const hows[] = { "nothing", "no_identity", "overfill", "stuck",      "code",   "end",    "no_row",
                                    "into_in", "same_nth",    "not_cut",  "same_apart", "shrink", "frozen", NULL };
static const sl_option options[] = {
    SL_OPT(config, how, ENUM, "nothing", "what to do", .choices = hows),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_WRITE, "the text" },
    { 0 },
};

const sl_stage test_break_reshape = {
    SL_STAGE(SL_RESHAPE),
    .name = "test.break_reshape",
    .summary = "break the contract in reshape",
    .options = options,
    .fields = fields,
    .config_size = sizeof(config),
    .state_size = sizeof(uint32_t),
    .local_size = sizeof(local),
    .open = open_,
    .reshape = reshape,
};
