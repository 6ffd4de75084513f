/* filter.fineweb_quality — Penedo et al. 2024 (FineWeb), §3.6, as datatrove's FineWebQualityFilter has it. */
#include "sluice/util.h"
#include "text/line_counts.h"
#include "text/repeats.h"
#include "text/words.h"

enum { TEXT, WORDS };
enum {
    EMPTY,
    LINE_PUNCT,
    SHORT_LINE,
    CHAR_DUP,
    LIST,
    /* distributions */ V_LINE_PUNCT,
    V_SHORT_LINE,
    V_CHAR_DUP,
    V_LIST
};

typedef struct config {
    uint32_t variant, splitter;
    double line_punct_ratio, short_line_ratio, char_dup_ratio, list_ratio;
    uint8_t line_punct_exclude_zero;
    int64_t short_line_length;
} config;
typedef struct state {
    const config *o;
} state;
typedef struct local {
    text_scan scan;
    text_spans words, lines;
    text_table table;
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    ((state *)g)->o = cfg;
    return SL_OK;
}

static bool rule(sl_verdict *v, uint32_t reason, bool broken, double value, double limit)
{
    sl_seen(v, reason - LINE_PUNCT + V_LINE_PUNCT, value);
    return sl_rule(v, reason, broken, value, limit);
}

static int judge(const void *g, void *local_, sl_verdict *v, sl_str t)
{
    const config *o = ((const state *)g)->o;
    local *l = local_;
    const text_scan *s = &l->scan;
    text_line_ends n;
    text_repeats again;
    sl_list words;
    if (!text_scan_read(&l->scan, t) || !text_count_line_ends(s, (uint64_t)o->short_line_length, &l->lines, &n))
        return SL_E_NOMEM;
    const double lines = l->lines.n;
    if (!l->lines.n) {
        sl_drop(v, EMPTY, NULL);
        return SL_OK;
    }
    const double ended = n.ended / lines, brief = n.brief / lines;
    if (rule(v, LINE_PUNCT, ended < o->line_punct_ratio && !(n.ended == 0 && o->line_punct_exclude_zero), ended,
             o->line_punct_ratio) ||
        rule(v, SHORT_LINE, brief > o->short_line_ratio, brief, o->short_line_ratio))
        return SL_OK;
    if (!text_count_repeats(&l->table, t, l->lines.v, l->lines.n, s->ascii, &again))
        return SL_E_NOMEM;
    const double dup = (double)again.chars / (double)(s->chars - s->n_newline);
    if (rule(v, CHAR_DUP, dup > o->char_dup_ratio, dup, o->char_dup_ratio))
        return SL_OK;
    if (!text_words_of_scan(v->c, v->b, v->b->columns[WORDS], v->row, o->splitter, s, &l->words, &words))
        return SL_E_NOMEM;
    const double list = words.n ? (double)s->n_newline / words.n : 0; /* the reference divides by 0 there */
    rule(v, LIST, list > o->list_ratio, list, o->list_ratio);
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b) { return sl_judge_texts(c, g, l, b, TEXT, judge); }

static void close_local(sl_ctx *c, const void *g, void *local_)
{
    local *l = local_;
    (void)c, (void)g;
    text_scan_free(&l->scan);
    text_spans_free(&l->words);
    text_spans_free(&l->lines);
    text_table_free(&l->table);
}

static const char *const variants[] = { "datatrove", NULL };
static const sl_option options[] = {
    SL_OPT(config, variant, ENUM, "datatrove", "whose rules: datatrove's FineWebQualityFilter, document by document",
           .choices = variants),
    TEXT_OPT_SPLITTER(config, "spacy_en"),
    SL_OPT(config, line_punct_ratio, F64, "0.12",
           "drop documents with a smaller share of lines that end with a mark; lines of white space are none, here and "
           "below",
           .min = 0, .max = 1),
    SL_OPT(config, line_punct_exclude_zero, BOOL, "false", "but not those without any"),
    SL_OPT(config, short_line_ratio, F64, "0.67", "drop documents with a larger share of short lines", .min = 0,
           .max = 1),
    SL_OPT(config, short_line_length, I64, "30", "a line of at most so many characters is short", .min = 0, .max = -1,
           .unit = "chars"),
    SL_OPT(config, char_dup_ratio, F64, "0.01",
           "drop documents with a larger share of characters in lines that stand there again", .min = 0, .max = 1),
    SL_OPT(config, list_ratio, F64, "0.3", "drop documents with more newlines a word", .min = 0, .max = 1e9),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    [WORDS] = TEXT_FIELD_WORDS,
    { 0 },
};
static const sl_metric metrics[] = {
    /* the names are the reference's */
    [EMPTY] = { "empty", SL_M_REJECT, 0, "", "no line, but for white space" },
    [LINE_PUNCT] = { "line_punct_ratio", SL_M_REJECT, 0, "share", "below line_punct_ratio" },
    [SHORT_LINE] = { "short_line_ratio", SL_M_REJECT, 0, "share", "above short_line_ratio" },
    [CHAR_DUP] = { "char_dup_ratio", SL_M_REJECT, 0, "share", "above char_dup_ratio" },
    [LIST] = { "list_ratio", SL_M_REJECT, 0, "ratio", "above list_ratio" },
    [V_LINE_PUNCT] = { "line_punct_ratio_value", SL_M_VALUE, 0, "share", "what is compared" },
    [V_SHORT_LINE] = { "short_line_ratio_value", SL_M_VALUE, 0, "share", "what is compared" },
    [V_CHAR_DUP] = { "char_dup_ratio_value", SL_M_VALUE, 0, "share", "what is compared" },
    [V_LIST] = { "list_ratio_value", SL_M_VALUE, 0, "ratio", "what is compared" },
    { 0 },
};

static const sl_stage filter_fineweb_quality = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.fineweb_quality",
    .summary = "drop documents by FineWeb's own rules: line ends, short lines, repeated lines, lists",
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

SL_PLUGIN("fineweb", "0.1.0", &filter_fineweb_quality)
