/* filter.fineweb_quality — Penedo et al. 2024 (FineWeb), §3.6, as datatrove's FineWebQualityFilter has it. */
#include "sluice/util.h"
#include "text/repeats.h"
#include "text/scan.h"
#include "text/unicode.h"
#include "text/utf8.h"
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

typedef struct verdict {
    sl_ctx *c;
    sl_batch *b;
    uint32_t row;
    bool dropped;
} verdict;

/* true: nothing more needs to be measured. */
static bool rule(verdict *v, uint32_t reason, bool fails, double value, double limit)
{
    if (v->c->explain)
        v->c->host->observe(v->c, v->b, v->row, reason - LINE_PUNCT + V_LINE_PUNCT, value);
    if (fails && !v->dropped) {
        v->c->host->reject(v->c, v->b, v->row, reason, SL_WHY(.value = value, .limit = limit));
        v->dropped = true;
    }
    return v->dropped && !v->c->explain;
}

/* The lines of split("\n") that are more than white space; how many end with a mark, how many are short. */
typedef struct line_counts {
    uint32_t ended, brief;
} line_counts;

static bool ends_with_mark(const char *begin, const char *end)
{
    const unsigned char last = (unsigned char)end[-1];
    if (last < 128)
        return last == '.' || last == '?' || last == '!';
    const char *p = end;
    return p > begin && text_class(text_prev(&p)) & TEXT_DT_TERMINAL;
}

static bool is_short(const text_scan *s, const char *p, uint32_t n, uint64_t most)
{
    if (n <= most || s->ascii)
        return n <= most;
    return n / 4 <= most && text_chars(p, n) <= most;
}

static bool look_at_lines(local *l, uint64_t most, line_counts *out)
{
    const text_scan *s = &l->scan;
    uint32_t from = 0, word = 0;
    *out = (line_counts){ 0 };
    l->lines.n = 0;
    if (!text_spans_room(&l->lines, (size_t)s->n_newline + 1))
        return false;
    for (uint32_t i = 0; i <= s->n_newline; i++) {
        const uint32_t to = i < s->n_newline ? s->newline[i] : s->t.n, first = word;
        while (word < s->words.n && s->words.v[word].begin < to)
            word++;
        if (word > first) {
            l->lines.v[l->lines.n++] = (sl_span){ from, to };
            out->ended += ends_with_mark(s->t.p + from, s->t.p + to);
            out->brief += is_short(s, s->t.p + from, to - from, most);
        }
        from = to + 1;
    }
    return true;
}

static int judge(const config *o, local *l, verdict *v, sl_str t)
{
    line_counts n;
    text_repeats again;
    if (!text_scan_read(&l->scan, t) || !look_at_lines(l, (uint64_t)o->short_line_length, &n))
        return SL_E_NOMEM;
    const text_scan *s = &l->scan;
    const double lines = l->lines.n;
    if (!l->lines.n) {
        v->c->host->reject(v->c, v->b, v->row, EMPTY, NULL);
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
    uint32_t words = s->words.n;
    if (o->splitter != TEXT_WHITESPACE) {
        const sl_list list = text_words_of(v->c, v->b, v->b->columns[WORDS], v->row, o->splitter, t, &l->words);
        if (!list.p)
            return SL_E_NOMEM;
        words = list.n;
    }
    const double list = words ? (double)s->n_newline / words : 0; /* the reference divides by 0 there */
    rule(v, LIST, list > o->list_ratio, list, o->list_ratio);
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const sl_str *text = sl_text(b, TEXT);
    SL_EACH(b, row) {
        verdict v = { c, b, row, false };
        const int r = judge(((const state *)g)->o, l, &v, text[row]);
        if (r < 0)
            return c->host->fail(c, r, "out of memory for a document of %u bytes", text[row].n);
    }
    return SL_OK;
}

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
    SL_OPT(config, splitter, ENUM, "spacy_en",
           "what a word is: spaCy's blank English tokenizer, as the reference; white space; UAX 29; \\w+|[^\\w\\s]+",
           .choices = text_splitters),
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
    [WORDS] = { "words.$splitter", SL_LIST_OF(SL_T_SPAN), SL_READ | SL_SHARED, "its words" },
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

SL_PLUGIN("fineweb", "1.0.0", &filter_fineweb_quality)
