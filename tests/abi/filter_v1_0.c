/* filter.v1_0 — options of several types, a list, a list of tables with the columns they name; reasons with evidence, a
 * count, a distribution, a written column, memory in the batch. */
#include <string.h>
#include "v1_0.h"

enum { TEXT, SEEN, COLUMNS };
enum { TOO_SHORT, BAD_WORD, TOO_LOW, LOOKED, LENGTH };
enum { BYTES, LINES };

typedef struct rule {
    const char *column;
    double least;
} rule;
typedef struct config {
    int64_t min;
    uint32_t unit;
    uint8_t note;
    const char *into;
    sl_many words, rules;
} config;
typedef struct state {
    const config *cfg;
} state;

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    if (o->min == INT64_MIN && !o->words.n && !o->rules.n)
        return c->host->fail(c, SL_E_CONFIG, "give min, words or rules");
    return SL_OK;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    ((state *)g)->cfg = cfg;
    return SL_OK;
}

static int64_t length(const config *o, sl_str text)
{
    int64_t lines = 0;
    for (uint32_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    return o->unit == LINES ? lines : text.n;
}

static const char *word_in(const config *o, sl_str text)
{
    const char *const *word = o->words.v;
    for (size_t k = 0; k < o->words.n; k++) {
        const size_t n = strlen(word[k]);
        for (uint32_t i = 0; i + n <= text.n; i++)
            if (memcmp(text.p + i, word[k], n) == 0)
                return word[k];
    }
    return NULL;
}

static void apply_rules(sl_ctx *c, const config *o, sl_batch *b, uint32_t row)
{
    const rule *r = o->rules.v;
    for (size_t k = 0; k < o->rules.n; k++) {
        const double v = sl_number(b->columns[COLUMNS + k], row);
        if (v < r[k].least)
            c->host->reject(c, b, row, TOO_LOW, SL_WHY(.value = v, .limit = r[k].least));
    }
}

static int note(sl_ctx *c, sl_batch *b, uint32_t row, int64_t n)
{
    char *p = c->host->alloc(c, b, 1, 1);
    if (!p)
        return SL_E_NOMEM;
    *p = (char)('0' + n % 10);
    SL_COL(sl_str, b, SEEN)[row] = (sl_str){ .p = p, .n = 1 };
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const config *o = ((const state *)g)->cfg;
    const sl_str *text = sl_text(b, TEXT);
    (void)l;
    SL_EACH(b, row) {
        const int64_t n = length(o, text[row]);
        const char *word = word_in(o, text[row]);
        c->host->count(c, LOOKED, 1);
        c->host->observe(c, b, row, LENGTH, (double)n);
        if (n < o->min)
            c->host->reject(c, b, row, TOO_SHORT, SL_WHY(.value = (double)n, .limit = (double)o->min));
        else if (word)
            c->host->reject(c, b, row, BAD_WORD, SL_WHY(.detail = { word, (uint32_t)strlen(word), 0 }));
        apply_rules(c, o, b, row);
        if (!o->note)
            sl_set_null(b->columns[SEEN], row);
        else if (note(c, b, row, n) < 0)
            return SL_E_NOMEM;
    }
    return SL_OK;
}

static const char *const units[] = { "bytes", "lines", NULL };
static const sl_option rule_options[] = {
    SL_OPT(rule, column, COLUMN, NULL, "the column", .flags = SL_OPT_REQUIRED),
    SL_OPT(rule, least, F64, "0", "its least value"),
    { 0 },
};
static const sl_option options[] = {
    SL_OPT(config, min, I64, NULL, "drop shorter documents", .min = 0, .max = 1000),
    SL_OPT(config, unit, ENUM, "bytes", "of min", .choices = units),
    SL_OPT(config, note, BOOL, "true", "write the last digit of the length"),
    SL_OPT(config, into, COLUMN, "seen", "where to"),
    SL_OPT_LIST(config, words, STR, NULL, "drop documents with one of these"),
    SL_OPT_TABLES(config, rules, rule_options, rule, "bounds of columns"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "the text" },
    [SEEN] = { "$into", SL_T_STR, SL_WRITE, "the digit" },
    [COLUMNS] = { "$rules.column", SL_T_F64, SL_READ, "what the rules name" },
    { 0 },
};
static const sl_metric metrics[] = {
    [TOO_SHORT] = { "too_short", SL_M_REJECT, 0, "units", "below min" },
    [BAD_WORD] = { "bad_word", SL_M_REJECT, 0, NULL, "has one of words" },
    [TOO_LOW] = { "too_low", SL_M_ERROR, 0, NULL, "a rule does not hold" },
    [LOOKED] = { "looked", SL_M_COUNT, 0, NULL, "documents seen" },
    [LENGTH] = { "length", SL_M_VALUE, 0, "units", "of the text" },
    { 0 },
};
const sl_stage filter_v1_0 = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.v1_0",
    .summary = "a filter built with 1.0",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .check = check,
    .open = open_,
    .process = process,
};
