/* order.by — the documents by a number, the least first; equal ones keep their order. The stage only says where each
 * document goes: sorting, and memory for it, are the engine's. */
#include "rank.h"

enum { ORDER, COLUMN };
enum { NO_NUMBER, ROUNDED };
enum { NULLS_LAST, NULLS_FIRST };

typedef struct config {
    const char *column;
    uint8_t descending, integers;
    uint32_t nulls;
} config;
typedef struct counts {
    uint64_t numbers, others;
} counts;
typedef struct state {
    const config *cfg;
    rank_spec rank;
    counts seen;
} state;
typedef struct local {
    counts seen;
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    s->cfg = cfg;
    s->rank.integers = s->cfg->integers;
    s->rank.json = c->host->service(c, "json", 1);
    return s->rank.json ? SL_OK : c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"json\" 1");
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    local *me = l;
    const sl_column *column = b->columns[COLUMN];
    if (!rank_type(column->type) || column->width != 1)
        return c->host->fail(c, SL_E_CONFIG, "the column '%s' holds %s; documents are sorted by numbers only",
                             column->name, column->type == SL_T_STR ? "texts" : "no numbers");
    SL_EACH(b, row) {
        rank_value v;
        const int ret = rank_of(c, &s->rank, b, column, row, &v);
        if (ret < 0)
            return ret;
        me->seen.numbers += v.kind == RANK_NUMBER;
        me->seen.others += v.kind == RANK_OTHER;
        if (v.kind == RANK_OTHER)
            c->host->count(c, NO_NUMBER, 1);
        if (v.rounded)
            c->host->count(c, ROUNDED, 1);
        SL_COL(uint64_t, b, ORDER)
        [row] = v.kind != RANK_NUMBER ? (s->cfg->nulls == NULLS_LAST ? RANK_LAST : RANK_FIRST)
                : s->cfg->descending  ? ~v.rank
                                      : v.rank;
    }
    return SL_OK;
}

static int combine(sl_ctx *c, void *g, void *l)
{
    (void)c;
    counts *all = &((state *)g)->seen;
    const counts *mine = &((const local *)l)->seen;
    all->numbers += mine->numbers;
    all->others += mine->others;
    return SL_OK;
}

/* A column of texts is a mistake; a text among numbers is a document that goes where nulls go. */
static int finish(sl_ctx *c, void *g)
{
    const state *s = g;
    if (s->seen.numbers || !s->seen.others)
        return SL_OK;
    return c->host->fail(c, SL_E_CONFIG,
                         "the column '%s' held a number in no document, and something else in %llu; documents are "
                         "sorted by numbers only",
                         s->cfg->column, (unsigned long long)s->seen.others);
}

static int save(sl_ctx *c, const void *g, uint32_t what, sl_io *io)
{
    const state *s = g;
    const uint64_t bytes[] = { sl_big(s->seen.numbers), sl_big(s->seen.others) };
    return what == SL_APPLIED ? c->host->put(c, io, bytes, sizeof bytes) : SL_OK;
}

static int load(sl_ctx *c, void *g, uint32_t what, sl_io *io)
{
    state *s = g;
    uint64_t bytes[2];
    if (what != SL_APPLIED)
        return SL_OK;
    const int ret = c->host->get(c, io, bytes, sizeof bytes);
    if (ret != SL_OK)
        return ret == SL_END ? c->host->fail(c, SL_E_STATE, "the saved counts are empty") : ret;
    s->seen.numbers += sl_big(bytes[0]);
    s->seen.others += sl_big(bytes[1]);
    return SL_OK;
}

static const char *const nulls[] = { "last", "first", NULL };
static const sl_option options[] = {
    SL_OPT(config, column, COLUMN, NULL, "the number to sort by; a path such as metadata.score looks into objects",
           .flags = SL_OPT_REQUIRED),
    SL_OPT(config, descending, BOOL, "false", "the greatest first"),
    SL_OPT(config, nulls, ENUM, "last", "where documents without a number go, in either direction", .choices = nulls),
    SL_OPT(config, integers, BOOL, "false",
           "numbers of records count in whole steps from -2^63 to 2^63 - 1; without it, as doubles, exact up to 2^53"),
    { 0 },
};
static const sl_field fields[] = {
    [ORDER] = { "_order", SL_T_U64, SL_WRITE | SL_ORDER | SL_HIDDEN, "where the document goes" },
    [COLUMN] = { "$column", SL_T_ANY, SL_READ, "sorted by" },
    { 0 },
};
static const sl_metric metrics[] = {
    [NO_NUMBER] = { "no_number", SL_M_COUNT, 0, NULL,
                    "values that are neither numbers nor null; they go where nulls go" },
    [ROUNDED] = { "rounded", SL_M_COUNT, 0, NULL,
                  "numbers that could not be told from a neighbour, if there was one: see integers" },
    { 0 },
};

const sl_stage order_by = {
    SL_STAGE(SL_TRANSFORM),
    .name = "order.by",
    .summary = "sort the documents by a number",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .process = process,
    .combine = combine,
    .finish = finish,
    .save = save,
    .load = load,
};
