/* stats.text — numbers of a text as columns, and how they lie over the corpus. Drops nothing. */
#include <stdio.h>
#include "spread.h"
#include "sluice/service_report.h"
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
    spread seen[MEASURES];
} state;
typedef struct local {
    text_scan scan;
    text_spans words, pieces;
    text_table table;
    spread seen[MEASURES];
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
    if (!text_scan_lines(s, &l->pieces))
        return false;
    v[CHARS] = s->chars;
    v[BYTES] = t.n;
    v[N_WORDS] = words.n;
    v[MEAN_WORD] = share((double)inside, words.n);
    v[LINES] = l->pieces.n;
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
        for (uint32_t i = 0; i < MEASURES && s->o->summary; i++) {
            spread_add(&own->seen[i], v[i]);
            c->host->observe(c, b, row, i, v[i]);
        }
    }
    return SL_OK;
}

/* ---- all documents ---- */

static int combine(sl_ctx *c, void *g, void *l)
{
    (void)c;
    for (uint32_t i = 0; i < MEASURES; i++)
        spread_merge(&((state *)g)->seen[i], &((local *)l)->seen[i]);
    return SL_OK;
}

static int save(sl_ctx *c, const void *g, uint32_t what, sl_io *io)
{
    (void)what;
    return c->host->put(c, io, ((const state *)g)->seen, sizeof((const state *)g)->seen);
}

static int load(sl_ctx *c, void *g, uint32_t what, sl_io *io)
{
    (void)what;
    for (uint32_t i = 0; i < MEASURES; i++) {
        spread part;
        const int r = c->host->get(c, io, &part, sizeof part);
        if (r != SL_OK)
            return r < 0 ? r : c->host->fail(c, SL_E_STATE, "the numbers end too soon");
        if (!spread_is_sound(&part))
            return c->host->fail(c, SL_E_STATE, "the numbers of %s contradict one another", names[i]);
        spread_merge(&((state *)g)->seen[i], &part);
    }
    return SL_OK;
}

static int report_quantiles(sl_ctx *c, const state *s, const sl_report_api *report)
{
    static const int percent[] = { 1, 5, 10, 25, 50, 75, 90, 95, 99 };
    char rows[MEASURES * 512];
    size_t n = 0;
    for (uint32_t i = 0; i < MEASURES; i++) {
        const spread *v = &s->seen[i];
        n += (size_t)snprintf(rows + n, sizeof rows - n, "%c{\"measure\":\"%s\",\"min\":%.9g", i ? ',' : '[', names[i],
                              v->min);
        for (size_t k = 0; k < sizeof percent / sizeof *percent; k++)
            n += (size_t)snprintf(rows + n, sizeof rows - n, ",\"p%d\":%.6g", percent[k],
                                  v->n ? spread_quantile(v, percent[k] / 100.0) : 0.0);
        n += (size_t)snprintf(rows + n, sizeof rows - n, ",\"max\":%.9g}", v->max);
    }
    snprintf(rows + n, sizeof rows - n, "]");
    return report->table(c, "quantiles", rows);
}

/* Eighths of a doubling, those that hold something. */
static int report_histogram(sl_ctx *c, const spread *v, uint32_t measure, const sl_report_api *report)
{
    enum { ROW = 96, EACH = SPREAD_PER_DOUBLING / 8 };
    char title[64];
    char *rows = malloc(((size_t)SPREAD_BINS / EACH + 2) * ROW);
    size_t n = 1;
    if (!rows)
        return c->host->fail(c, SL_E_NOMEM, "out of memory for a histogram");
    rows[0] = '[';
    for (uint32_t i = 0, next; i < SPREAD_BINS; i = next) {
        uint64_t documents = v->bins[i];
        for (next = i + 1; i && next < i + EACH; next++) /* bin 0 is the value 0 alone */
            documents += v->bins[next];
        if (documents)
            n += (size_t)snprintf(rows + n, ROW, "%s{\"from\":%.9g,\"below\":%.9g,\"documents\":%llu}",
                                  n > 1 ? "," : "", spread_edge(i), spread_edge(next), (unsigned long long)documents);
    }
    memcpy(rows + n, "]", 2);
    snprintf(title, sizeof title, "histogram: %s", names[measure]);
    const int r = report->table(c, title, rows);
    free(rows);
    return r;
}

static int finish(sl_ctx *c, void *g)
{
    const state *s = g;
    const sl_report_api *report = c->host->service(c, "report", 1);
    if (!s->o->summary || !report)
        return SL_OK;
    int r = report_quantiles(c, s, report);
    for (uint32_t i = 0; i < MEASURES && r == SL_OK; i++)
        r = report_histogram(c, &s->seen[i], i, report);
    return r;
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
    TEXT_OPT_SPLITTER(config, "whitespace"),
    SL_OPT_TABLES(config, columns, column_options, column, "numbers that the documents get"),
    SL_OPT(config, summary, BOOL, "true", "measure everything, for quantiles and histograms in run.json"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    [WORDS] = TEXT_FIELD_WORDS,
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
    .state_version = 1,
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .process = process,
    .combine = combine,
    .finish = finish,
    .save = save,
    .load = load,
    .close_local = close_local,
};

SL_PLUGIN("stats", "1.0.0", &stats_text)
