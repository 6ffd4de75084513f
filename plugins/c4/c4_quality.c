/* filter.c4_quality — Raffel et al. 2020 (T5), §2.2: drops lines, and pages with what is left of them. `datatrove`: its
 * C4QualityFilter. `tfds`: clean_page of TensorFlow Datasets. */
#include "lines.h"
#include "sluice/util.h"
#include "text/lines.h"
#include "text/sentences.h"
#include "text/utf8.h"

enum { TEXT };
enum { LOREM, CURLY, FEW_SENTENCES, TOO_LONG, /* counts of lines */ C_LINES, V_SENTENCES = C_LINES + LINE_COUNTS };
enum { DATATROVE, TFDS };

typedef struct config {
    uint32_t variant;
    int64_t min_sentences, min_words_per_line, max_word_length, max_chars;
    uint8_t end_mark, citations, lorem_ipsum, javascript, curly_bracket, policy;
} config;
typedef struct state {
    line_rules rules;
    int64_t min_sentences, max_chars; /* max_chars INT64_MAX: any */
} state;

static int64_t or_default(int64_t given, int64_t by_variant) { return given == INT64_MIN ? by_variant : given; }

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    const bool tfds = o->variant == TFDS;
    (void)c;
    *(state *)g = (state){ .rules = { .max_word_length = o->max_word_length,
                                      .min_words_per_line = or_default(o->min_words_per_line, tfds ? 5 : 3),
                                      .citations_first = tfds,
                                      .citations = o->citations,
                                      .end_mark = o->end_mark,
                                      .lorem = o->lorem_ipsum,
                                      .javascript = o->javascript,
                                      .curly = o->curly_bracket,
                                      .policy = o->policy,
                                      .single_quote_ends = !tfds },
                           .min_sentences = or_default(o->min_sentences, tfds ? 3 : 5),
                           .max_chars = or_default(o->max_chars, tfds ? 190000 : INT64_MAX) };
    return SL_OK;
}

/* Of the lines that are left, each of which counts at least one; `enough` are as good as all. */
static uint64_t count_sentences(const page *p, uint64_t enough)
{
    uint64_t n = p->kept.n;
    if (n >= enough)
        return n;
    n = 0;
    for (uint32_t i = 0; i < p->kept.n && n < enough; i++)
        n += text_count_sentences((sl_str){ p->out.p + p->kept.v[i].begin, p->kept.v[i].end - p->kept.v[i].begin, 0 },
                                  (uint32_t)(enough - n < UINT32_MAX ? enough - n : UINT32_MAX));
    return n;
}

/* Evidence shows no more of the line than this, around what ended the page. */
static sl_str around(sl_str line, uint32_t at)
{
    enum { MOST = 200, BEFORE = 30 };
    if (line.n <= MOST)
        return line;
    uint32_t begin = at < BEFORE ? 0 : at - BEFORE; /* peek shows the first 60 characters */
    begin = begin < line.n - MOST ? begin : line.n - MOST;
    uint32_t end = begin + MOST;
    while (begin < at && ((unsigned char)line.p[begin] & 0xC0) == 0x80)
        begin++;
    while (end < line.n && end > at && ((unsigned char)line.p[end] & 0xC0) == 0x80)
        end--;
    return (sl_str){ line.p + begin, end - begin, 0 };
}

/* 1: dropped. */
static int judge(sl_ctx *c, const state *s, page *p, sl_batch *b, uint32_t row, sl_str t)
{
    if (s->max_chars != INT64_MAX && t.n > (uint64_t)s->max_chars) {
        const double chars = (double)text_chars(t.p, t.n);
        if (chars > (double)s->max_chars) {
            c->host->reject(c, b, row, TOO_LONG, SL_WHY(.value = chars, .limit = (double)s->max_chars));
            return 1;
        }
    }
    if (!page_read(p, &s->rules, t) || !text_buf_end(&p->out).p)
        return SL_E_NOMEM;
    for (uint32_t i = 0; i < LINE_COUNTS; i++)
        if (p->counts[i])
            c->host->count(c, C_LINES + i, p->counts[i]);
    if (p->end != PAGE_GOOD) {
        c->host->reject(c, b, row, p->end == PAGE_LOREM ? LOREM : CURLY, SL_WHY(.detail = around(p->by, p->at)));
        return 1;
    }
    const uint64_t enough = c->explain ? UINT64_MAX : (uint64_t)s->min_sentences;
    const uint64_t sentences = count_sentences(p, enough);
    if (c->explain)
        c->host->observe(c, b, row, V_SENTENCES, (double)sentences);
    if (sentences < (uint64_t)s->min_sentences) {
        c->host->reject(c, b, row, FEW_SENTENCES,
                        SL_WHY(.value = (double)sentences, .limit = (double)s->min_sentences));
        return 1;
    }
    return 0;
}

/* The lines that are left become the text, if it differs. */
static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    sl_str *text = SL_COL(sl_str, b, TEXT);
    const page *p = l;
    SL_EACH(b, row) {
        int r = judge(c, g, l, b, row, text[row]);
        if (r == SL_OK)
            r = sl_replace_text(c, b, &text[row], text_strip((sl_str){ p->out.p, (uint32_t)p->out.n, 0 }));
        if (r < 0)
            return c->host->fail(c, r, "out of memory for a document of %u bytes", text[row].n);
    }
    return SL_OK;
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c, (void)g;
    page_free(l);
}

static const char *const variants[] = { "datatrove", "tfds", NULL };
static const sl_option options[] = {
    SL_OPT(config, variant, ENUM, "datatrove",
           "whose rules: datatrove's C4QualityFilter, document by document; or TensorFlow Datasets', but for its "
           "sentences, which are NLTK's Punkt",
           .choices = variants),
    SL_OPT(config, min_sentences, I64, NULL, "drop pages with fewer sentences left; not given: 5, of tfds 3", .min = 0,
           .max = -1),
    SL_OPT(config, min_words_per_line, I64, NULL, "drop lines with fewer words; not given: 3, of tfds 5", .min = 0,
           .max = -1),
    SL_OPT(config, max_word_length, I64, "1000", "drop lines with a longer word; -1: any", .min = -1, .max = UINT32_MAX,
           .unit = "chars"),
    SL_OPT(config, max_chars, I64, NULL, "drop longer pages; not given: none, of tfds 190000", .min = 0, .max = -1,
           .unit = "chars"),
    SL_OPT(config, end_mark, BOOL, "true",
           "drop lines that do not end with . ? ! \" or (not tfds) ', or that end with ..."),
    SL_OPT(config, citations, BOOL, "true", "take [1], [], [edit] and [citation needed] out of lines"),
    SL_OPT(config, lorem_ipsum, BOOL, "true", "drop pages with 'lorem ipsum'"),
    SL_OPT(config, javascript, BOOL, "true", "drop lines with 'javascript'"),
    SL_OPT(config, curly_bracket, BOOL, "true", "drop pages with '{'"),
    SL_OPT(config, policy, BOOL, "true", "drop lines about terms of use, privacy and cookies"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_WRITE, "document text; the lines that are left" },
    { 0 },
};
#define COUNT(i, name, help) [C_LINES + i] = { name, SL_M_COUNT, 0, "lines", help }
static const sl_metric metrics[] = {
    /* reasons have the reference's names */
    [LOREM] = { "lorem_ipsum", SL_M_REJECT, 0, "", "a line that was not dropped before has 'lorem ipsum'" },
    [CURLY] = { "curly_bracket", SL_M_REJECT, 0, "", "a line that was not dropped before has '{'" },
    [FEW_SENTENCES] = { "too_few_sentences", SL_M_REJECT, 0, "sentences", "below min_sentences" },
    [TOO_LONG] = { "too_long", SL_M_REJECT, 0, "chars", "above max_chars" },
    COUNT(LINES, "lines", "lines that were looked at"),
    COUNT(LINES_KEPT, "lines_kept", "lines that stayed, also of pages that were dropped then"),
    COUNT(LINES_LONG_WORD, "lines_too_long_word", "a word above max_word_length"),
    COUNT(LINES_NO_MARK, "lines_no_terminal_punct", "no end mark"),
    COUNT(LINES_FEW_WORDS, "lines_too_few_words", "below min_words_per_line"),
    COUNT(LINES_JAVASCRIPT, "lines_javascript", "'javascript'"),
    COUNT(LINES_POLICY, "lines_policy", "terms of use, privacy, cookies"),
    [V_SENTENCES] = { "sentences", SL_M_VALUE, 0, "sentences", "in the lines that are left" },
    { 0 },
};

const sl_stage filter_c4_quality = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.c4_quality",
    .summary = "keep the lines of a page that look like prose, and pages with enough of them",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(page),
    .open = open_,
    .process = process,
    .close_local = close_local,
};
