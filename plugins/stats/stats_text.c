/* stats.text — numbers of a text as columns, and how they lie over the corpus. Drops nothing. */
#include "sluice/util.h"
#include "text/repeats.h"
#include "text/scan.h"
#include "text/utf8.h"
#include "text/words.h"

enum { TEXT, WORDS, COLUMNS };
enum {
    CHARS,
    BYTES,
    N_WORDS,
    MEAN_WORD,
    LINES,
    NEWLINES,
    NEWLINE_RATIO,
    HASH_RATIO,
    ELLIPSIS_RATIO,
    DUP_PARA,
    DUP_PARA_CHARS,
    DUP_LINE,
    DUP_LINE_CHARS,
    MEASURES
};
static const char *const names[] = {
    [CHARS] = "chars",
    [BYTES] = "bytes",
    [N_WORDS] = "words",
    [MEAN_WORD] = "mean_word_length",
    [LINES] = "lines",
    [NEWLINES] = "newlines",
    [NEWLINE_RATIO] = "newline_ratio",
    [HASH_RATIO] = "hash_ratio",
    [ELLIPSIS_RATIO] = "ellipsis_ratio",
    [DUP_PARA] = "dup_para_frac",
    [DUP_PARA_CHARS] = "dup_para_char_frac",
    [DUP_LINE] = "dup_line_frac",
    [DUP_LINE_CHARS] = "dup_line_char_frac",
    [MEASURES] = NULL,
};

typedef struct column {
    uint32_t measure;
    const char *as;
} column;
typedef struct config {
    uint32_t splitter;
    sl_many columns;
    uint8_t summary;
} config;
typedef struct state {
    const config *o;
    bool repeats; /* somebody wants the measures that look at each line twice */
} state;
typedef struct local {
    text_scan scan;
    text_spans words, pieces;
    text_table table;
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    (void)c;
    s->o = cfg;
    s->repeats = s->o->summary;
    for (size_t i = 0; i < s->o->columns.n; i++)
        s->repeats |= ((const column *)s->o->columns.v)[i].measure >= DUP_PARA;
    return SL_OK;
}

/* ---- one document ---- */

static double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

/* Lines and paragraphs as the repetition rules of Gopher have them: re.split of runs of newlines. */
static bool measure_repeats(local *l, sl_str t, double *v)
{
    const text_scan *s = &l->scan;
    const uint32_t first = s->words.n ? s->words.v[0].begin : t.n,
                   last = s->words.n ? s->words.v[s->words.n - 1].end : t.n;
    text_repeats r;
    if (!text_split_at_newlines(s, first, last, 2, &l->pieces) ||
        !text_count_repeats(&l->table, t, l->pieces.v, l->pieces.n, s->ascii, &r))
        return false;
    v[DUP_PARA] = share((double)r.n, l->pieces.n);
    v[DUP_PARA_CHARS] = share((double)r.chars, s->chars);
    if (!text_split_at_newlines(s, 0, t.n, 1, &l->pieces) ||
        !text_count_repeats(&l->table, t, l->pieces.v, l->pieces.n, s->ascii, &r))
        return false;
    v[DUP_LINE] = share((double)r.n, l->pieces.n);
    v[DUP_LINE_CHARS] = share((double)r.chars, s->chars);
    return true;
}

static bool measure(sl_ctx *c, const state *g, local *l, const sl_batch *b, uint32_t row, sl_str t, double *v)
{
    const text_scan *s = &l->scan;
    if (!text_scan_read(&l->scan, t))
        return false;
    sl_list words = { s->words.v, s->words.n, 0 };
    if (g->o->splitter != TEXT_WHITESPACE) {
        words = text_words_of(c, b, b->columns[WORDS], row, g->o->splitter, t, &l->words);
        if (!words.p)
            return false;
    }
    uint64_t inside = 0;
    const sl_span *w = words.p;
    for (uint32_t i = 0; i < words.n; i++)
        inside += s->ascii ? w[i].end - w[i].begin : text_chars(t.p + w[i].begin, w[i].end - w[i].begin);
    sl_span line;
    for (text_lines it = { .t = t }; text_scan_next_line(s, &it, &line);)
        v[LINES]++;
    v[CHARS] = s->chars;
    v[BYTES] = t.n;
    v[N_WORDS] = words.n;
    v[MEAN_WORD] = share((double)inside, words.n);
    v[NEWLINES] = s->n_newline;
    v[NEWLINE_RATIO] = share(s->n_newline, words.n);
    v[HASH_RATIO] = share(s->hashes, words.n);
    v[ELLIPSIS_RATIO] = share(s->ellipses, words.n);
    return !g->repeats || measure_repeats(l, t, v);
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    const column *columns = s->o->columns.v;
    local *own = l;
    const sl_str *text = sl_text(b, TEXT);
    SL_EACH(b, row) {
        double v[MEASURES] = { 0 };
        if (!measure(c, s, own, b, row, text[row], v))
            return c->host->fail(c, SL_E_NOMEM, "out of memory for a document of %u bytes", text[row].n);
        for (size_t i = 0; i < s->o->columns.n; i++)
            SL_COL(double, b, COLUMNS + i)[row] = v[columns[i].measure];
        for (uint32_t i = 0; i < MEASURES && s->o->summary; i++)
            c->host->observe(c, b, row, i, v[i]);
    }
    return SL_OK;
}

static void close_local(sl_ctx *c, const void *g, void *local_)
{
    local *l = local_;
    (void)c, (void)g;
    text_scan_free(&l->scan);
    text_spans_free(&l->words);
    text_spans_free(&l->pieces);
    text_table_free(&l->table);
}

static const sl_option column_options[] = {
    SL_OPT(column, measure, ENUM, NULL, "what is measured: the values are listed below", .choices = names,
           .flags = SL_OPT_REQUIRED),
    SL_OPT(column, as, COLUMN, NULL, "the column for it", .flags = SL_OPT_REQUIRED),
    { 0 },
};
static const sl_option options[] = {
    SL_OPT(config, splitter, ENUM, "whitespace",
           "what a word is: white space; \\w+|[^\\w\\s]+; UAX 29; spaCy's blank English tokenizer",
           .choices = text_splitters),
    SL_OPT_TABLES(config, columns, column_options, column, "numbers that the documents get"),
    SL_OPT(config, summary, BOOL, "true", "measure everything, for quantiles and histograms in run.json"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    [WORDS] = { "words.$splitter", SL_LIST_OF(SL_T_SPAN), SL_READ | SL_SHARED, "its words" },
    [COLUMNS] = { "$columns.as", SL_T_F64, SL_WRITE, "numbers" },
    { 0 },
};
#define VALUE(i, name, unit, help) [i] = { name, SL_M_VALUE, 0, unit, help }
static const sl_metric metrics[] = {
    VALUE(CHARS, "chars", "chars", "code points"),
    VALUE(BYTES, "bytes", "bytes", "of UTF-8"),
    VALUE(N_WORDS, "words", "words", "by splitter"),
    VALUE(MEAN_WORD, "mean_word_length", "chars", "of all words"),
    VALUE(LINES, "lines", "lines", "of Python's splitlines"),
    VALUE(NEWLINES, "newlines", NULL, "\\n"),
    VALUE(NEWLINE_RATIO, "newline_ratio", "ratio", "\\n a word"),
    VALUE(HASH_RATIO, "hash_ratio", "ratio", "'#' a word"),
    VALUE(ELLIPSIS_RATIO, "ellipsis_ratio", "ratio", "'...' and '…' a word"),
    VALUE(DUP_PARA, "dup_para_frac", "share", "paragraphs that stand there again"),
    VALUE(DUP_PARA_CHARS, "dup_para_char_frac", "share", "characters in those"),
    VALUE(DUP_LINE, "dup_line_frac", "share", "lines that stand there again"),
    VALUE(DUP_LINE_CHARS, "dup_line_char_frac", "share", "characters in those"),
    { 0 },
};

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
    .open = open_,
    .process = process,
    .close_local = close_local,
};

SL_PLUGIN("stats", "1.0.0", &stats_text)
