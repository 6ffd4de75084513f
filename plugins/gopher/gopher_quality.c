/* filter.gopher_quality — Rae et al. 2021 (Gopher), table A1, as datatrove's GopherQualityFilter has it. */
#include "sluice/util.h"
#include "text/line_counts.h"
#include "text/word_kinds.h"
#include "text/words.h"

enum { TEXT, WORDS };
enum {
    SHORT,
    LONG,
    LOW_MEAN,
    HIGH_MEAN,
    HASHES,
    ELLIPSES,
    BULLETS,
    END_ELLIPSES,
    ALPHA,
    STOP,
    /* distributions */ V_WORDS,
    V_MEAN,
    V_HASHES,
    V_ELLIPSES,
    V_BULLETS,
    V_END_ELLIPSES,
    V_ALPHA,
    V_STOP
};

typedef struct config {
    uint32_t variant, splitter;
    int64_t min_words, max_words, min_stop_words;
    double min_mean_word_length, max_mean_word_length, max_hash_ratio, max_ellipsis_ratio, max_bullet_lines_ratio,
        max_ellipsis_lines_ratio, min_alpha_words_ratio;
    sl_many stop_words;
} config;
typedef struct state {
    const config *o;
    text_stop_words stop;
} state;
typedef struct local {
    text_scan scan;
    text_spans words;
} local;

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    text_stop_words s;
    const char *wrong = text_stop_words_make(&s, o->stop_words.v, o->stop_words.n);
    if (wrong)
        return c->host->fail(c, SL_E_CONFIG, "stop_words: %s", wrong);
    if (o->max_words && o->min_words > o->max_words)
        return c->host->fail(c, SL_E_CONFIG, "min_words (%lld) is above max_words (%lld)", (long long)o->min_words,
                             (long long)o->max_words);
    if (o->max_mean_word_length > 0 && o->min_mean_word_length > o->max_mean_word_length)
        return c->host->fail(c, SL_E_CONFIG, "min_mean_word_length (%g) is above max_mean_word_length (%g)",
                             o->min_mean_word_length, o->max_mean_word_length);
    if ((uint64_t)o->min_stop_words > o->stop_words.n)
        return c->host->fail(c, SL_E_CONFIG, "min_stop_words (%lld) is more than there are stop_words (%zu)",
                             (long long)o->min_stop_words, o->stop_words.n);
    return SL_OK;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    (void)c;
    s->o = cfg;
    text_stop_words_make(&s->stop, s->o->stop_words.v, s->o->stop_words.n);
    return SL_OK;
}

/* ---- one document ---- */

/* A limit of 0 switches a rule off, as in the reference. */
static bool at_most(sl_verdict *v, uint32_t reason, double value, double limit)
{
    return sl_rule(v, reason, limit != 0 && value > limit, value, limit);
}
static bool at_least(sl_verdict *v, uint32_t reason, double value, double limit)
{
    return sl_rule(v, reason, limit != 0 && value < limit, value, limit);
}

/* The reference divides by zero where there is no word or no line: then no rule that divides fails here. */
static double ratio(uint64_t a, uint64_t of) { return of ? (double)a / (double)of : 0; }

static bool judge_words(const state *s, sl_verdict *v, const text_word_kinds *n)
{
    const config *o = s->o;
    const double mean =
        (double)n->non_symbol_chars / (double)n->non_symbol; /* none: NaN, which fails nothing, as there */
    sl_seen(v, V_WORDS, (double)n->non_symbol);
    sl_seen(v, V_MEAN, n->non_symbol ? mean : 0);
    return at_least(v, SHORT, (double)n->non_symbol, (double)o->min_words) ||
           at_most(v, LONG, (double)n->non_symbol, (double)o->max_words) ||
           at_least(v, LOW_MEAN, mean, o->min_mean_word_length) || at_most(v, HIGH_MEAN, mean, o->max_mean_word_length);
}

static bool judge_symbols(const state *s, sl_verdict *v, const text_scan *t, uint64_t words)
{
    const double hashes = ratio(t->hashes, words), ellipses = ratio(t->ellipses, words);
    sl_seen(v, V_HASHES, hashes);
    sl_seen(v, V_ELLIPSES, ellipses);
    return at_most(v, HASHES, hashes, s->o->max_hash_ratio) || at_most(v, ELLIPSES, ellipses, s->o->max_ellipsis_ratio);
}

static bool judge_lines(const state *s, sl_verdict *v, const text_scan *t)
{
    const text_line_edges n = text_count_line_edges(t);
    const double begun = ratio(n.bullets, n.lines), ended = ratio(n.ellipses, n.lines);
    sl_seen(v, V_BULLETS, begun);
    sl_seen(v, V_END_ELLIPSES, ended);
    return at_most(v, BULLETS, begun, s->o->max_bullet_lines_ratio) ||
           at_most(v, END_ELLIPSES, ended, s->o->max_ellipsis_lines_ratio);
}

static int judge(const void *g, void *local_, sl_verdict *v, sl_str t)
{
    const state *s = g;
    const config *o = s->o;
    local *l = local_;
    sl_list words;
    if (!text_scan_read(&l->scan, t) ||
        !text_words_of_scan(v->c, v->b, v->b->columns[WORDS], v->row, o->splitter, &l->scan, &l->words, &words))
        return SL_E_NOMEM;
    const uint64_t enough = v->c->explain ? UINT64_MAX : (uint64_t)o->min_stop_words;
    const text_word_kinds n = text_count_word_kinds(t, words.p, words.n, l->scan.ascii, &s->stop, enough);
    if (judge_words(s, v, &n) || judge_symbols(s, v, &l->scan, n.words))
        return SL_OK;
    if (judge_lines(s, v, &l->scan))
        return SL_OK;
    const double alpha = ratio(n.alpha, n.words);
    sl_seen(v, V_ALPHA, alpha);
    sl_seen(v, V_STOP, (double)n.stop);
    if (n.words && at_least(v, ALPHA, alpha, o->min_alpha_words_ratio))
        return SL_OK;
    at_least(v, STOP, (double)n.stop, (double)o->min_stop_words);
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b) { return sl_judge_texts(c, g, l, b, TEXT, judge); }

static void close_local(sl_ctx *c, const void *g, void *local_)
{
    local *l = local_;
    (void)c, (void)g;
    text_scan_free(&l->scan);
    text_spans_free(&l->words);
}

static const char *const variants[] = { "datatrove", NULL };
static const sl_option options[] = {
    SL_OPT(config, variant, ENUM, "datatrove", "whose rules: datatrove's GopherQualityFilter, document by document",
           .choices = variants),
    TEXT_OPT_SPLITTER(config, "spacy_en"),
    SL_OPT(config, min_words, I64, "50",
           "drop documents with fewer words that are more than symbols; 0 switches a rule off, here and below",
           .min = 0, .max = -1),
    SL_OPT(config, max_words, I64, "100000", "drop documents with more of them", .min = 0, .max = -1),
    SL_OPT(config, min_mean_word_length, F64, "3", "drop documents whose words are shorter in the mean", .min = 0,
           .max = 1e9, .unit = "chars"),
    SL_OPT(config, max_mean_word_length, F64, "10", "drop documents whose words are longer in the mean", .min = 0,
           .max = 1e9, .unit = "chars"),
    SL_OPT(config, max_hash_ratio, F64, "0.1", "drop documents with more '#' a word", .min = 0, .max = 1e9),
    SL_OPT(config, max_ellipsis_ratio, F64, "0.1", "drop documents with more '...' or '…' a word", .min = 0,
           .max = 1e9),
    SL_OPT(config, max_bullet_lines_ratio, F64, "0.9",
           "drop documents with a larger share of lines that begin with '•' or '-'", .min = 0, .max = 1),
    SL_OPT(config, max_ellipsis_lines_ratio, F64, "0.3",
           "drop documents with a larger share of lines that end with '...' or '…'", .min = 0, .max = 1),
    SL_OPT(config, min_alpha_words_ratio, F64, "0.8", "drop documents with a smaller share of words that have a letter",
           .min = 0, .max = 1),
    SL_OPT(config, min_stop_words, I64, "2", "drop documents with fewer different stop words", .min = 0, .max = 64),
    SL_OPT_LIST(config, stop_words, STR, "[the, be, to, of, and, that, have, with]",
                "the stop words, as they must stand in the text; at most 64"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    [WORDS] = TEXT_FIELD_WORDS,
    { 0 },
};
static const sl_metric metrics[] = {
    /* the names are the reference's */
    [SHORT] = { "gopher_short_doc", SL_M_REJECT, 0, "words", "below min_words" },
    [LONG] = { "gopher_long_doc", SL_M_REJECT, 0, "words", "above max_words" },
    [LOW_MEAN] = { "gopher_below_avg_threshold", SL_M_REJECT, 0, "chars", "below min_mean_word_length" },
    [HIGH_MEAN] = { "gopher_above_avg_threshold", SL_M_REJECT, 0, "chars", "above max_mean_word_length" },
    [HASHES] = { "gopher_too_many_hashes", SL_M_REJECT, 0, "ratio", "above max_hash_ratio" },
    [ELLIPSES] = { "gopher_too_many_ellipsis", SL_M_REJECT, 0, "ratio", "above max_ellipsis_ratio" },
    [BULLETS] = { "gopher_too_many_bullets", SL_M_REJECT, 0, "ratio", "above max_bullet_lines_ratio" },
    [END_ELLIPSES] = { "gopher_too_many_end_ellipsis", SL_M_REJECT, 0, "ratio", "above max_ellipsis_lines_ratio" },
    [ALPHA] = { "gopher_below_alpha_threshold", SL_M_REJECT, 0, "ratio", "below min_alpha_words_ratio" },
    [STOP] = { "gopher_enough_stop_words", SL_M_REJECT, 0, "words", "below min_stop_words" },
    [V_WORDS] = { "words", SL_M_VALUE, 0, "words", "words that are more than symbols" },
    [V_MEAN] = { "mean_word_length", SL_M_VALUE, 0, "chars", "of those words" },
    [V_HASHES] = { "hash_ratio", SL_M_VALUE, 0, "ratio", "'#' a word" },
    [V_ELLIPSES] = { "ellipsis_ratio", SL_M_VALUE, 0, "ratio", "ellipses a word" },
    [V_BULLETS] = { "bullet_lines_ratio", SL_M_VALUE, 0, "ratio", "lines that begin with a bullet" },
    [V_END_ELLIPSES] = { "ellipsis_lines_ratio", SL_M_VALUE, 0, "ratio", "lines that end with an ellipsis" },
    [V_ALPHA] = { "alpha_words_ratio", SL_M_VALUE, 0, "ratio", "words with a letter" },
    [V_STOP] = { "stop_words", SL_M_VALUE, 0, "words", "different stop words" },
    { 0 },
};

const sl_stage filter_gopher_quality = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.gopher_quality",
    .summary = "drop documents by Gopher's quality rules",
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
