/* filter.words — drop documents with few different words. The tables are C, the work is C++. */
#include "sluice/util.h"
#include "words.h"

enum { TEXT };
enum { TOO_FEW };

typedef struct config {
    int64_t least;
} config;
typedef struct state {
    int64_t least;
    words *words;
} state;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    static const char *const ignored[] = { "the", "a", NULL };
    state *s = g;
    s->least = ((const config *)cfg)->least;
    s->words = words_new(ignored);
    return s->words ? SL_OK : c->host->fail(c, SL_E_NOMEM, "out of memory");
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    (void)l;
    SL_EACH(b, row) {
        const sl_str text = sl_text(b, TEXT)[row];
        const long n = words_count(s->words, text.p, text.n);
        if (n < 0)
            return c->host->fail(c, SL_E_NOMEM, "out of memory");
        if (n < s->least)
            c->host->reject(c, b, row, TOO_FEW, SL_WHY(.value = (double)n, .limit = (double)s->least));
    }
    return SL_OK;
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    words_free(((state *)g)->words);
}

static const sl_option options[] = {
    SL_OPT(config, least, I64, "3", "drop documents with fewer different words", .min = 0, .max = 1e9),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "the text" },
    { 0 },
};
static const sl_metric metrics[] = {
    [TOO_FEW] = { "too_few", SL_M_REJECT, 0, "words", "below least" },
    { 0 },
};
static const sl_stage stage = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.words",
    .summary = "drop documents with few different words",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .open = open_,
    .process = process,
    .close = close_,
};
SL_PLUGIN("filter_words", "0.1.0", &stage)
