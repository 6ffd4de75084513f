/* filter.language — keep documents by the language that language.identify, or whoever made the corpus, gave them. */
#include <stdbool.h>
#include "sluice/util.h"

enum { LANGUAGE, SCORE };
enum { NO_LANGUAGE, OTHER_LANGUAGE, LOW_SCORE, /* distribution */ V_SCORE };

typedef struct config {
    const char *column, *score_column;
    sl_many keep;
    double min_score;
} config;
typedef struct state {
    const config *cfg;
} state;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    ((state *)g)->cfg = cfg;
    return SL_OK;
}

static bool wanted(const sl_many *keep, sl_str language)
{
    const char *const *v = keep->v;
    for (size_t i = 0; i < keep->n; i++)
        if (strlen(v[i]) == language.n && !memcmp(v[i], language.p, language.n))
            return true;
    return keep->n == 0;
}

static void judge(sl_ctx *c, const config *o, sl_batch *b, uint32_t row)
{
    const sl_str language = sl_text(b, LANGUAGE)[row];
    const double score = sl_number(b->columns[SCORE], row);
    if (c->explain && score == score)
        c->host->observe(c, b, row, V_SCORE, score);
    if (!sl_is_valid(b->columns[LANGUAGE], row) || score != score)
        c->host->reject(c, b, row, NO_LANGUAGE, NULL);
    else if (!wanted(&o->keep, language))
        c->host->reject(c, b, row, OTHER_LANGUAGE, SL_WHY(.detail = language));
    else if (!(score > o->min_score))
        c->host->reject(c, b, row, LOW_SCORE, SL_WHY(.value = score, .limit = o->min_score, .detail = language));
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    (void)l;
    SL_EACH(b, row)
        judge(c, s->cfg, b, row);
    return SL_OK;
}

static const sl_option options[] = {
    SL_OPT_LIST(config, keep, STR, NULL, "the languages that stay, as the column names them; not given: all"),
    SL_OPT(config, min_score, F64, "0.65", "drop documents whose score is not above this; FineWeb's value", .min = 0,
           .max = 1),
    SL_OPT(config, column, COLUMN, "language", "the language"),
    SL_OPT(config, score_column, COLUMN, "language_score", "how sure that is"),
    { 0 },
};
static const sl_field fields[] = {
    [LANGUAGE] = { "$column", SL_T_STR, SL_READ, "the language" },
    [SCORE] = { "$score_column", SL_T_F64, SL_READ, "its score" },
    { 0 },
};
static const sl_metric metrics[] = {
    [NO_LANGUAGE] = { "no_language", SL_M_REJECT, 0, NULL, "the language or its score is missing" },
    [OTHER_LANGUAGE] = { "other_language", SL_M_REJECT, 0, NULL, "not in keep; the language is the evidence" },
    [LOW_SCORE] = { "low_language_score", SL_M_REJECT, 0, NULL, "the right language, but not above min_score" },
    [V_SCORE] = { "score", SL_M_VALUE, 0, NULL, "the score, where somebody looks" },
    { 0 },
};

const sl_stage filter_language = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.language",
    .summary = "keep documents of some languages",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .open = open_,
    .process = process,
};
