/* A stage with one of everything, so that what the commands say of stages can be tested to the letter. */
#include <string.h>
#include "sluice/plugin.h"
#include "sluice/util.h"

typedef struct rule {
    const char *word;
    int64_t times;
} rule;
typedef struct config {
    double share;
    uint32_t manner;
    const char *column;
    sl_many rules;
} config;

static const char *const manners[] = { "strict", "mild", NULL };
static const sl_option rule_rows[] = {
    SL_OPT(rule, word, STR, NULL, "the word", .flags = SL_OPT_REQUIRED),
    SL_OPT(rule, times, I64, "1", "how often it must stand there", .min = 1, .max = 1e6, .unit = "times"),
    { 0 },
};
static const sl_option options[] = {
    SL_OPT(config, share, F64, "0.1%", "share of words that are polite", .min = 0, .max = 1),
    SL_OPT(config, manner, ENUM, "strict", "how to look", .choices = manners),
    SL_OPT(config, column, COLUMN, NULL, "another column than the text"),
    SL_OPT_TABLES(config, rules, rule_rows, rule, "words and how often"),
    { 0 },
};
static const sl_field fields[] = { { "text", SL_T_STR, SL_READ, "the text" },
                                   { "polite", SL_T_F64, SL_WRITE, "share found" },
                                   { 0 } };
enum { RUDE, SEEN, LENGTH };
static const sl_metric metrics[] = { { "rude", SL_M_REJECT, 0, NULL, "too few polite words" },
                                     { "seen", SL_M_COUNT, 0, "documents", "looked at" },
                                     { "length", SL_M_VALUE, 0, "bytes", "of the text" },
                                     { 0 } };

/* A document that says "rude" is. */
static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)g;
    (void)l;
    SL_EACH(b, row) {
        const sl_str text = sl_text(b, 0)[row];
        const char *found = text.n >= 4 ? memmem(text.p, text.n, "rude", 4) : NULL;
        SL_COL(double, b, 1)[row] = found ? 0 : 0.5;
        c->host->count(c, SEEN, 1);
        c->host->observe(c, b, row, LENGTH, text.n);
        if (found)
            c->host->reject(
                c, b, row, RUDE,
                SL_WHY(.value = 0, .limit = 0.5, .detail = { found, text.n - (uint32_t)(found - text.p), 0 }));
    }
    return SL_OK;
}

static const sl_stage polite = {
    SL_STAGE(SL_TRANSFORM),
    .name = "demo.polite",
    .summary = "drop documents that are rude",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .process = process,
};
SL_PLUGIN("demo", "1.2.3", &polite)
