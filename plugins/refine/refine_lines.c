/* refine.lines — Penedo et al. 2023 (RefinedWeb), appendix G.2: lines that are no prose go, and documents that lose too
 * much by that. */
#include "edit.h"
#include "line_rules.h"
#include "sluice/util.h"

enum { TEXT };
enum { EMPTY, REMOVED, C_CHANGED, C_COUNTS, V_REMOVED = C_COUNTS + LINE_COUNTS };

typedef struct config {
    uint32_t variant;
    double max_uppercase_ratio, max_numeric_ratio, max_removed_ratio;
    uint8_t counters;
    int64_t min_words, max_words_with_phrase;
    sl_many phrases, phrases_at_end, phrases_at_start;
} config;
typedef struct state {
    line_rules rules;
    double max_removed_ratio;
} state;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    (void)c;
    *(state *)g = (state){ .rules = { .max_uppercase_ratio = o->max_uppercase_ratio,
                                      .max_numeric_ratio = o->max_numeric_ratio,
                                      .counters = o->counters,
                                      .min_words = (uint64_t)o->min_words,
                                      .max_words_with_phrase = (uint64_t)o->max_words_with_phrase,
                                      .phrases = { [PHRASE_ANYWHERE] = o->phrases,
                                                   [PHRASE_AT_END] = o->phrases_at_end,
                                                   [PHRASE_AT_START] = o->phrases_at_start } },
                           .max_removed_ratio = o->max_removed_ratio };
    return SL_OK;
}

static int one(sl_ctx *c, const void *g, void *l, sl_batch *b, uint32_t row, sl_str *text)
{
    const state *s = g;
    line_work *w = l;
    const sl_str now = line_rules_apply(&s->rules, *text, w);
    if (!now.p)
        return SL_E_NOMEM;
    for (uint32_t i = 0; i < LINE_COUNTS; i++)
        if (w->counts[i])
            c->host->count(c, C_COUNTS + i, w->counts[i]);
    const bool same = now.n == text->n && !memcmp(now.p, text->p, now.n);
    const double words = (double)count_fasttext_words(*text, same ? 1 : UINT64_MAX);
    if (!now.n || words == 0) {
        c->host->reject(c, b, row, EMPTY, NULL);
        return 0;
    }
    const double removed = same ? 0 : (words - (double)count_fasttext_words(now, UINT64_MAX)) / words;
    if (c->explain)
        c->host->observe(c, b, row, V_REMOVED, removed);
    if (removed > s->max_removed_ratio) {
        c->host->reject(c, b, row, REMOVED, SL_WHY(.value = removed, .limit = s->max_removed_ratio));
        return 0;
    }
    return same ? 0 : sl_replace_text(c, b, text, now);
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    return edit_rows(c, g, l, b, one, TEXT, C_CHANGED);
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c, (void)g;
    line_work_free(l);
}

static const char *const variants[] = { "dclm", NULL };
static const sl_option options[] = {
    SL_OPT(config, variant, ENUM, "dclm", "whose rules: the line modifiers of DCLM's RefinedWeb pipeline",
           .choices = variants),
    SL_OPT(config, max_uppercase_ratio, F64, "0.5",
           "drop lines with a larger share of capitals among all characters; 1: none, here and below", .min = 0,
           .max = 1),
    SL_OPT(config, max_numeric_ratio, F64, "0.999999", "drop lines with a larger share of digits", .min = 0, .max = 1),
    SL_OPT(config, counters, BOOL, "true", "drop lines such as '3 likes' and '1.2K views'"),
    SL_OPT(config, min_words, I64, "2", "drop lines with fewer words; empty ones stay", .min = 0, .max = -1),
    SL_OPT_LIST(config, phrases, STR, "[items in cart]",
                "taken out of short lines wherever they stand, with one white space in front; in any case; '.' is any "
                "character, here and below"),
    SL_OPT_LIST(config, phrases_at_end, STR, "[Read more...]", "the same at the end of short lines"),
    SL_OPT_LIST(config, phrases_at_start, STR, "[Sign-in]", "the same at their start, with one white space behind"),
    SL_OPT(config, max_words_with_phrase, I64, "10", "a line of at most so many words is short", .min = 0, .max = 1e9),
    SL_OPT(config, max_removed_ratio, F64, "0.05", "drop documents that lose a larger share of their words", .min = 0,
           .max = 1),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_WRITE, "document text; the lines that are left" },
    { 0 },
};
#define COUNT(i, name, help) [C_COUNTS + i] = { name, SL_M_COUNT, 0, "lines", help }
static const sl_metric metrics[] = {
    [EMPTY] = { "empty", SL_M_REJECT, 0, NULL, "nothing is left, or there were no words" },
    [REMOVED] = { "too_many_words_removed", SL_M_REJECT, 0, "share", "above max_removed_ratio" },
    [C_CHANGED] = { "changed", SL_M_COUNT, 0, "documents", "documents that stayed, with another text" },
    COUNT(LINES_UPPERCASE, "lines_uppercase",
          "above max_uppercase_ratio; lines of dropped documents too, here and below"),
    COUNT(LINES_NUMERIC, "lines_numeric", "above max_numeric_ratio"),
    COUNT(LINES_COUNTERS, "lines_counters", "a number of likes and the like"),
    COUNT(LINES_FEW_WORDS, "lines_too_few_words", "below min_words"),
    COUNT(LINES_PHRASES, "lines_phrases", "nothing but a phrase"),
    COUNT(LINES_EDITED, "lines_edited", "lines that lost a phrase and were more than that"),
    [V_REMOVED] = { "removed_ratio", SL_M_VALUE, 0, "share", "words that went, among all" },
    { 0 },
};

const sl_stage refine_lines = {
    SL_STAGE(SL_TRANSFORM),
    .name = "refine.lines",
    .summary = "drop counters, menus and other lines that are no prose, and documents that lose too much",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(line_work),
    .open = open_,
    .process = process,
    .close_local = close_local,
};
