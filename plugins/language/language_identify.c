/* language.identify — the language of each document, by a fastText model or, without one, by CLD2. */
#include "cld2.h"
#include "ft.h"
#include "model_file.h"

enum { TEXT, LANGUAGE, SCORE };
enum { UNKNOWN };

typedef struct config {
    const char *model, *as, *score_as;
} config;
typedef struct state {
    ft_model *model; /* NULL: CLD2 */
    model_facts facts;
} state;
typedef struct local {
    ft_scratch *scratch;
} local;

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    return strcmp(o->as, o->score_as) ? SL_OK : c->host->fail(c, SL_E_CONFIG, "as and score_as are both '%s'", o->as);
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    state *s = g;
    if (o->model)
        return model_open(c, o->model, &s->facts, &s->model);
    return cld2_is_here() ? SL_OK
                          : c->host->fail(c, SL_E_CONFIG,
                                          "without a model CLD2 tells the language, and Sluice was built without CLD2; "
                                          "tools/setup installs it, then build again");
}

static int open_local(sl_ctx *c, const void *g, void *l)
{
    (void)g;
    ((local *)l)->scratch = ft_scratch_new();
    return ((local *)l)->scratch ? SL_OK : c->host->fail(c, SL_E_NOMEM, "out of memory");
}

enum { NOTHING, FOUND };

/* Writes language and score: FOUND; or NOTHING, or a failure that has its message. */
static int ask_model(sl_ctx *c, const state *s, local *l, sl_batch *b, uint32_t row, sl_str text)
{
    const ft_guess *guess;
    size_t n;
    char why[FT_WHY];
    int ret = ft_predict(s->model, l->scratch, text, FT_SPACE, 1, &guess, &n, why);
    if (ret < 0)
        return c->host->fail(c, ret, "a document of %u bytes: %s", text.n, why);
    if (n == 0)
        return NOTHING;
    SL_COL(double, b, SCORE)[row] = guess->p;
    ret = model_label(c, b, s->model, guess->label, &SL_COL(sl_str, b, LANGUAGE)[row]);
    return ret < 0 ? ret : FOUND;
}

static int ask_cld2(sl_ctx *c, sl_batch *b, uint32_t row, sl_str text)
{
    cld2_guess guess;
    const int ret = cld2_detect(text, &guess);
    if (ret < 0)
        return c->host->fail(c, ret, "out of memory for a document of %u bytes", text.n);
    if (!guess.code)
        return NOTHING;
    const size_t n = strlen(guess.code);
    char *const p = c->host->alloc(c, b, n, 1);
    if (!p)
        return SL_E_NOMEM;
    memcpy(p, guess.code, n);
    SL_COL(sl_str, b, LANGUAGE)[row] = (sl_str){ .p = p, .n = (uint32_t)n };
    SL_COL(double, b, SCORE)[row] = guess.share;
    return FOUND;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    const sl_str *text = sl_text(b, TEXT);
    SL_EACH(b, row) {
        const int ret = s->model ? ask_model(c, s, l, b, row, text[row]) : ask_cld2(c, b, row, text[row]);
        if (ret < 0)
            return ret;
        if (ret == FOUND)
            continue;
        sl_set_null(b->columns[LANGUAGE], row);
        sl_set_null(b->columns[SCORE], row);
        c->host->count(c, UNKNOWN, 1);
    }
    return SL_OK;
}

static int finish(sl_ctx *c, void *g)
{
    const state *s = g;
    return s->model ? model_report(c, &s->facts) : SL_OK;
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c, (void)g;
    ft_scratch_free(((local *)l)->scratch);
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    ft_free(((state *)g)->model);
}

static const sl_option options[] = {
    SL_OPT(config, model, PATH, NULL, "a fastText model, .bin or .ftz, such as lid.176; not given: CLD2"),
    SL_OPT(config, as, COLUMN, "language", "the column that gets the language, as the model or CLD2 names it"),
    SL_OPT(config, score_as, COLUMN, "language_score",
           "the column that gets its probability; of CLD2, the share of the text, or 0 where it is not sure"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    [LANGUAGE] = { "$as", SL_T_STR, SL_WRITE, "its language; null: unknown" },
    [SCORE] = { "$score_as", SL_T_F64, SL_WRITE, "how sure that is; null with it" },
    { 0 },
};
static const sl_metric metrics[] = {
    [UNKNOWN] = { "unknown", SL_M_COUNT, 0, "documents", "without a language: nothing in them that tells one" },
    { 0 },
};

const sl_stage language_identify = {
    SL_STAGE(SL_TRANSFORM),
    .name = "language.identify",
    .summary = "find the language of each document",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .check = check,
    .open = open_,
    .open_local = open_local,
    .process = process,
    .finish = finish,
    .close_local = close_local,
    .close = close_,
};
