/* filter.gopher_repetition — Rae et al. 2021 (Gopher), table A1, as datatrove's GopherRepetitionFilter has it. */
#include "sluice/util.h"
#include "text/ngrams.h"
#include "text/words.h"

enum { TEXT, WORDS };
enum {
    PARA,
    PARA_CHARS,
    LINE,
    LINE_CHARS,
    TOP_2,
    TOP_3,
    TOP_4,
    DUP_5,
    DUP_6,
    DUP_7,
    DUP_8,
    DUP_9,
    DUP_10,
    RULES,
    EMPTY = RULES,
    VALUES
};

typedef struct config {
    uint32_t variant, splitter;
    double dup_para_frac, dup_para_char_frac, dup_line_frac, dup_line_char_frac, top_2_gram, top_3_gram, top_4_gram,
        duplicated_5_n_grams, duplicated_6_n_grams, duplicated_7_n_grams, duplicated_8_n_grams, duplicated_9_n_grams,
        duplicated_10_n_grams;
} config;
typedef struct state {
    uint32_t splitter;
    double limit[RULES]; /* 0: the rule is off */
} state;
typedef struct local {
    text_scan scan;
    text_spans words, items;
    text_squeezed squeezed;
    text_table table;
    text_ngrams grams;
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    (void)c;
    *(state *)g = (state){ o->splitter,
                           { o->dup_para_frac, o->dup_para_char_frac, o->dup_line_frac, o->dup_line_char_frac,
                             o->top_2_gram, o->top_3_gram, o->top_4_gram, o->duplicated_5_n_grams,
                             o->duplicated_6_n_grams, o->duplicated_7_n_grams, o->duplicated_8_n_grams,
                             o->duplicated_9_n_grams, o->duplicated_10_n_grams } };
    return SL_OK;
}

/* ---- one document ---- */

/* A limit of 0 switches a rule off. */
static bool rule(const state *s, sl_verdict *v, uint32_t which, double value)
{
    const double limit = s->limit[which];
    sl_seen(v, VALUES + which, value);
    return sl_rule(v, which, limit != 0 && value > limit, value, limit);
}

/* 1: go on, 0: decided, < 0: failed. */
static int judge_pieces(const state *s, local *l, sl_verdict *v)
{
    const double chars = l->scan.chars;
    text_repeats r;
    if (!text_count_paragraphs_again(&l->table, &l->scan, &l->items, &r))
        return SL_E_NOMEM;
    if (rule(s, v, PARA, (double)r.n / l->items.n) || rule(s, v, PARA_CHARS, (double)r.chars / chars))
        return 0;
    if (!text_count_lines_again(&l->table, &l->scan, &l->items, &r))
        return SL_E_NOMEM;
    return !rule(s, v, LINE, (double)r.n / l->items.n) && !rule(s, v, LINE_CHARS, (double)r.chars / chars);
}

static bool off(const state *s, const sl_verdict *v, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last; i++)
        if (s->limit[i] != 0)
            return false;
    return !v->c->explain;
}

static int judge_ngrams(const state *s, local *l, sl_verdict *v, double chars)
{
    uint64_t found;
    if (!text_ngrams_begin(&l->grams, &l->squeezed))
        return SL_E_NOMEM;
    for (uint32_t n = 2; n <= 4 && !off(s, v, TOP_2 + n - 2, TOP_4); n++) {
        if (!text_ngrams_top(&l->grams, n, &found))
            return SL_E_NOMEM;
        if (rule(s, v, TOP_2 + n - 2, (double)found / chars))
            return SL_OK;
    }
    if (off(s, v, DUP_5, DUP_10))
        return SL_OK;
    if (!text_ngrams_candidates(&l->grams))
        return SL_E_NOMEM;
    for (uint32_t n = 5; n <= 10; n++) {
        if (off(s, v, DUP_5 + n - 5, DUP_5 + n - 5))
            continue;
        if (!text_ngrams_duplicated(&l->grams, n, &found))
            return SL_E_NOMEM;
        if (rule(s, v, DUP_5 + n - 5, (double)found / chars))
            return SL_OK;
    }
    return SL_OK;
}

static int judge(const void *g, void *local_, sl_verdict *v, sl_str t)
{
    const state *s = g;
    local *l = local_;
    sl_list words;
    if (!t.n) { /* the reference divides by the length */
        sl_drop(v, EMPTY, NULL);
        return SL_OK;
    }
    if (!text_scan_read(&l->scan, t))
        return SL_E_NOMEM;
    const int r = judge_pieces(s, l, v);
    if (r <= 0)
        return r;
    if (off(s, v, TOP_2, DUP_10))
        return SL_OK;
    if (!text_words_of_scan(v->c, v->b, v->b->columns[WORDS], v->row, s->splitter, &l->scan, &l->words, &words) ||
        !text_squeeze(&l->squeezed, t, words.p, words.n, l->scan.ascii))
        return SL_E_NOMEM;
    const double chars = l->scan.chars;
    if (l->scan.words.n > TEXT_KEPT) {
        text_scan_free(&l->scan);
        text_spans_free(&l->items);
    }
    return judge_ngrams(s, l, v, chars);
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b) { return sl_judge_texts(c, g, l, b, TEXT, judge); }

static void close_local(sl_ctx *c, const void *g, void *local_)
{
    local *l = local_;
    (void)c, (void)g;
    text_scan_free(&l->scan);
    text_spans_free(&l->words);
    text_spans_free(&l->items);
    text_squeezed_free(&l->squeezed);
    text_table_free(&l->table);
    text_ngrams_free(&l->grams);
}

static const char *const variants[] = { "datatrove", NULL };
#define LIMIT(name, def, help) SL_OPT(config, name, F64, def, "drop above this share of " help, .min = 0, .max = 1)
static const sl_option options[] = {
    SL_OPT(config, variant, ENUM, "datatrove", "whose rules: datatrove's GopherRepetitionFilter, document by document",
           .choices = variants),
    TEXT_OPT_SPLITTER(config, "spacy_en"),
    LIMIT(dup_para_frac, "0.30", "paragraphs that stand there again; 0 switches a rule off, here and below"),
    LIMIT(dup_para_char_frac, "0.20", "characters in paragraphs that stand there again"),
    LIMIT(dup_line_frac, "0.30", "lines that stand there again"),
    LIMIT(dup_line_char_frac, "0.20", "characters in lines that stand there again"),
    LIMIT(top_2_gram, "0.20", "characters in the most frequent pair of words"),
    LIMIT(top_3_gram, "0.18", "characters in the most frequent three words"),
    LIMIT(top_4_gram, "0.16", "characters in the most frequent four words"),
    LIMIT(duplicated_5_n_grams, "0.15", "characters in five words that stand there again"),
    LIMIT(duplicated_6_n_grams, "0.14", "the same of six"),
    LIMIT(duplicated_7_n_grams, "0.13", "the same of seven"),
    LIMIT(duplicated_8_n_grams, "0.12", "the same of eight"),
    LIMIT(duplicated_9_n_grams, "0.11", "the same of nine"),
    LIMIT(duplicated_10_n_grams, "0.10", "the same of ten"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    [WORDS] = TEXT_FIELD_WORDS,
    { 0 },
};
#define REASON(i, name) [i] = { name, SL_M_REJECT, 0, "share", "above " name }
#define VALUE(i, name)  [VALUES + i] = { name "_value", SL_M_VALUE, 0, "share", "what is compared" }
static const sl_metric metrics[] = {
    /* the names are the reference's */
    REASON(PARA, "dup_para_frac"),
    REASON(PARA_CHARS, "dup_para_char_frac"),
    REASON(LINE, "dup_line_frac"),
    REASON(LINE_CHARS, "dup_line_char_frac"),
    REASON(TOP_2, "top_2_gram"),
    REASON(TOP_3, "top_3_gram"),
    REASON(TOP_4, "top_4_gram"),
    REASON(DUP_5, "duplicated_5_n_grams"),
    REASON(DUP_6, "duplicated_6_n_grams"),
    REASON(DUP_7, "duplicated_7_n_grams"),
    REASON(DUP_8, "duplicated_8_n_grams"),
    REASON(DUP_9, "duplicated_9_n_grams"),
    REASON(DUP_10, "duplicated_10_n_grams"),
    [EMPTY] = { "empty", SL_M_REJECT, 0, "", "no text at all" },
    VALUE(PARA, "dup_para_frac"),
    VALUE(PARA_CHARS, "dup_para_char_frac"),
    VALUE(LINE, "dup_line_frac"),
    VALUE(LINE_CHARS, "dup_line_char_frac"),
    VALUE(TOP_2, "top_2_gram"),
    VALUE(TOP_3, "top_3_gram"),
    VALUE(TOP_4, "top_4_gram"),
    VALUE(DUP_5, "duplicated_5_n_grams"),
    VALUE(DUP_6, "duplicated_6_n_grams"),
    VALUE(DUP_7, "duplicated_7_n_grams"),
    VALUE(DUP_8, "duplicated_8_n_grams"),
    VALUE(DUP_9, "duplicated_9_n_grams"),
    VALUE(DUP_10, "duplicated_10_n_grams"),
    { 0 },
};

const sl_stage filter_gopher_repetition = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.gopher_repetition",
    .summary = "drop documents that repeat lines, paragraphs or runs of words",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .process = process,
    .close_local = close_local,
};
