/* stats.text — numbers of a text as columns, and how they lie over the corpus. Drops nothing. */
#include "measures.h"
#include "sluice/util.h"
#include "text/words.h"

enum { TEXT, WORD_SPANS, COLUMNS };

typedef struct column {
    uint32_t measure;
    const char *as;
} column;
typedef struct config {
    uint32_t splitter;
    sl_many columns, summary, stop_words;
    int64_t short_line_length;
} config;
typedef struct state {
    const config *o;
    measure_rules rules;
    uint32_t summary; /* bits: groups of which it has the measures */
} state;
typedef struct local {
    measure_work work;
    text_spans words;
} local;

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    text_stop_words s;
    const char *wrong = text_stop_words_make(&s, o->stop_words.v, o->stop_words.n);
    return wrong ? c->host->fail(c, SL_E_CONFIG, "stop_words: %s", wrong) : SL_OK;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    const column *columns = o->columns.v;
    state *s = g;
    (void)c;
    s->o = o;
    s->rules.short_line = (uint64_t)o->short_line_length;
    text_stop_words_make(&s->rules.stop, o->stop_words.v, o->stop_words.n);
    for (size_t i = 0; i < o->summary.n; i++)
        s->summary |= 1u << ((const uint32_t *)o->summary.v)[i];
    s->rules.groups = s->summary;
    for (size_t i = 0; i < o->columns.n; i++)
        s->rules.groups |= 1u << measure_groups[columns[i].measure];
    return SL_OK;
}

/* ---- one document ---- */

static bool measure(const state *s, local *l, const sl_verdict *at, sl_str t, double v[MEASURES])
{
    sl_list words = { 0 };
    return text_scan_read(&l->work.scan, t) &&
           (!(s->rules.groups & (1u << WORDS | 1u << NGRAMS)) ||
            text_words_of_scan(at->c, at->b, at->b->columns[WORD_SPANS], at->row, s->o->splitter, &l->work.scan,
                               &l->words, &words)) &&
           measure_text(&s->rules, &l->work, words, v);
}

static int note(const void *g, void *local_, sl_verdict *at, sl_str t)
{
    const state *s = g;
    const column *columns = s->o->columns.v;
    local *l = local_;
    double v[MEASURES];
    if (!measure(s, l, at, t, v))
        return SL_E_NOMEM;
    for (size_t i = 0; i < s->o->columns.n; i++)
        SL_COL(double, at->b, COLUMNS + i)[at->row] = v[columns[i].measure];
    for (uint32_t i = 0; i < MEASURES; i++)
        if (s->summary >> measure_groups[i] & 1)
            at->c->host->observe(at->c, at->b, at->row, i, v[i]);
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b) { return sl_judge_texts(c, g, l, b, TEXT, note); }

static void close_local(sl_ctx *c, const void *g, void *local_)
{
    local *l = local_;
    (void)c, (void)g;
    measure_free(&l->work);
    text_spans_free(&l->words);
}

static const sl_option column_options[] = {
    SL_OPT(column, measure, ENUM, NULL, "what is measured: the values are listed below", .choices = measure_names,
           .flags = SL_OPT_REQUIRED),
    SL_OPT(column, as, COLUMN, NULL, "the column for it", .flags = SL_OPT_REQUIRED),
    { 0 },
};
static const sl_option options[] = {
    TEXT_OPT_SPLITTER(config, "whitespace"),
    SL_OPT_TABLES(config, columns, column_options, column, "numbers that the documents get"),
    SL_OPT_LIST(config, summary, ENUM, "[length, words, lines, repeats, ngrams]",
                "groups of measures that get quantiles and histograms in run.json; []: none", .choices = group_names),
    SL_OPT_LIST(config, stop_words, STR, "[the, be, to, of, and, that, have, with]",
                "what stop_words counts, as it must stand in the text; at most 64"),
    SL_OPT(config, short_line_length, I64, "30", "for short_line_ratio a line of at most so many characters is short",
           .min = 0, .max = -1, .unit = "chars"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    [WORD_SPANS] = TEXT_FIELD_WORDS,
    [COLUMNS] = { "$columns.as", SL_T_F64, SL_WRITE, "numbers" },
    { 0 },
};
#define METRIC(number, name, group, unit, help) [number] = { name, SL_M_VALUE, 0, unit, help },
static const sl_metric metrics[] = { MEASURE_TABLE(METRIC){ 0 } };

static const sl_stage stats_text = {
    SL_STAGE(SL_TRANSFORM),
    .name = "stats.text",
    .summary = "measure texts: columns, quantiles, histograms",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .check = check,
    .open = open_,
    .process = process,
    .close_local = close_local,
};

SL_PLUGIN("stats", "0.1.0", &stats_text)
