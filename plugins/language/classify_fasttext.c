/* classify.fasttext — what a supervised fastText model says of each document: its likeliest label, and the probability
 * of any. */
#include "model_file.h"
#include "text/lines.h"

enum { TEXT, LABEL, SCORE, SCORES /* one for each of the option */ };
enum { UNKNOWN };
enum { PLAIN, DATATROVE };
enum { SHOWN = 400 }; /* bytes of a list of labels in a message */

typedef struct wanted {
    const char *label, *as;
} wanted;
typedef struct config {
    const char *model, *as, *score_as;
    uint32_t variant;
    sl_many scores;
} config;
typedef struct state {
    const config *cfg;
    ft_model *model;
    model_facts facts;
    int32_t *place; /* of each label among the scores; -1: not wanted */
} state;
typedef struct local {
    ft_scratch *scratch;
} local;

static int twice(sl_ctx *c, const char *what, const char *name)
{
    return c->host->fail(c, SL_E_CONFIG, "%s '%s' stands here twice", what, name);
}

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    const wanted *w = o->scores.v;
    if (!strcmp(o->as, o->score_as))
        return twice(c, "column", o->as);
    for (size_t i = 0; i < o->scores.n; i++) {
        if (!strcmp(w[i].as, o->as) || !strcmp(w[i].as, o->score_as))
            return twice(c, "column", w[i].as);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(w[i].as, w[j].as))
                return twice(c, "column", w[i].as);
            else if (!strcmp(w[i].label, w[j].label))
                return twice(c, "label", w[i].label);
    }
    return SL_OK;
}

static int no_such_label(sl_ctx *c, const state *s, const char *label)
{
    char list[SHOWN + 1];
    size_t used = 0, n;
    for (int32_t i = 0; i < ft_labels(s->model); i++) {
        const char *const name = ft_label(s->model, i, &n);
        if (used + n + 6 > SHOWN) {
            memcpy(list + used, ", …", sizeof(", …") - 1);
            used += sizeof(", …") - 1;
            break;
        }
        memcpy(list + used, ", ", 2);
        memcpy(list + used + 2, name, n);
        used += n + 2;
    }
    return c->host->fail(c, SL_E_CONFIG, "%s has no label '%s'; it has %.*s", s->cfg->model, label, (int)used - 2,
                         list + 2);
}

static int find_labels(sl_ctx *c, state *s)
{
    const wanted *w = s->cfg->scores.v;
    const int32_t labels = ft_labels(s->model);
    s->place = malloc((size_t)labels * sizeof(*s->place));
    if (!s->place)
        return c->host->fail(c, SL_E_NOMEM, "out of memory for %d labels", (int)labels);
    memset(s->place, 0xFF, (size_t)labels * sizeof(*s->place));
    for (size_t i = 0; i < s->cfg->scores.n; i++) {
        int32_t at = 0;
        size_t n;
        while (at < labels && strcmp(ft_label(s->model, at, &n), w[i].label))
            at++;
        if (at == labels)
            return no_such_label(c, s, w[i].label);
        s->place[at] = (int32_t)i;
    }
    return SL_OK;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    s->cfg = cfg;
    const int ret = model_open(c, s->cfg->model, &s->facts, &s->model);
    return ret < 0 ? ret : find_labels(c, s);
}

static int open_local(sl_ctx *c, const void *g, void *l)
{
    (void)g;
    ((local *)l)->scratch = ft_scratch_new();
    return ((local *)l)->scratch ? SL_OK : c->host->fail(c, SL_E_NOMEM, "out of memory");
}

static int classify(sl_ctx *c, const state *s, local *l, sl_batch *b, uint32_t row)
{
    const bool glue = s->cfg->variant == DATATROVE;
    const sl_str text = glue ? text_strip(sl_text(b, TEXT)[row]) : sl_text(b, TEXT)[row];
    const ft_guess *guess;
    size_t n;
    char why[FT_WHY];
    const int ret =
        ft_predict(s->model, l->scratch, text, glue ? FT_GLUE : FT_SPACE, s->cfg->scores.n ? -1 : 1, &guess, &n, why);
    if (ret < 0)
        return c->host->fail(c, ret, "a document of %u bytes: %s", text.n, why);
    for (size_t i = 0; i < n; i++) {
        const int32_t place = s->place[guess[i].label];
        if (place >= 0)
            SL_COL(double, b, SCORES + place)[row] = guess[i].p;
    }
    if (n == 0) {
        sl_set_null(b->columns[LABEL], row);
        sl_set_null(b->columns[SCORE], row);
        c->host->count(c, UNKNOWN, 1);
        return SL_OK;
    }
    SL_COL(double, b, SCORE)[row] = guess->p;
    return model_label(c, b, s->model, guess->label, &SL_COL(sl_str, b, LABEL)[row]);
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    SL_EACH(b, row) {
        const int ret = classify(c, g, l, b, row);
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

static int finish(sl_ctx *c, void *g) { return model_report(c, &((state *)g)->facts); }

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c, (void)g;
    ft_scratch_free(((local *)l)->scratch);
}

static void close_(sl_ctx *c, void *g)
{
    state *s = g;
    (void)c;
    ft_free(s->model);
    free(s->place);
}

static const char *const variants[] = { "plain", "datatrove", NULL };
static const sl_option score_options[] = {
    SL_OPT(wanted, label, STR, NULL, "a label of the model, without __label__", .flags = SL_OPT_REQUIRED),
    SL_OPT(wanted, as, COLUMN, NULL, "the column that gets its probability; 0 where the model does not name it",
           .flags = SL_OPT_REQUIRED),
    { 0 },
};
static const sl_option options[] = {
    SL_OPT(config, model, PATH, NULL, "a supervised fastText model, .bin or .ftz", .flags = SL_OPT_REQUIRED),
    SL_OPT(
        config, variant, ENUM, "plain",
        "plain: a newline is a space; datatrove: as its FastTextClassifierFilter by default, which strips the text and "
        "takes newlines out, so that words at line ends grow together",
        .choices = variants),
    SL_OPT(config, as, COLUMN, "label", "the column that gets the likeliest label"),
    SL_OPT(config, score_as, COLUMN, "label_score", "the column that gets its probability"),
    SL_OPT_TABLES(config, scores, score_options, wanted, "labels whose probability is wanted, likeliest or not"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    [LABEL] = { "$as", SL_T_STR, SL_WRITE, "its likeliest label; null: the model knows nothing of it" },
    [SCORE] = { "$score_as", SL_T_F64, SL_WRITE, "the probability of that label; null with it" },
    [SCORES] = { "$scores.as", SL_T_F64, SL_WRITE, "the probability of a label" },
    { 0 },
};
static const sl_metric metrics[] = {
    [UNKNOWN] = { "unknown", SL_M_COUNT, 0, "documents", "without a label: nothing in them that the model knows" },
    { 0 },
};

const sl_stage classify_fasttext = {
    SL_STAGE(SL_TRANSFORM),
    .name = "classify.fasttext",
    .summary = "label each document by a fastText model",
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
