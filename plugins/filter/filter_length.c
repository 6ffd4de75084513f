/* filter.length — drop documents whose text is too short or too long. */
#include <stdbool.h>
#include "sluice/util.h"
#include "text/space.h"
#include "text/utf8.h"

enum { TEXT };
enum { TOO_SHORT, TOO_LONG, LENGTH /* in the first unit */ };
enum { CHARS, BYTES, WORDS };

typedef struct config {
    int64_t min, max;
    uint32_t unit;
} config;
typedef struct state {
    uint64_t min, max; /* no bound: 0, UINT64_MAX */
    uint32_t unit;
} state;

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    if (o->min == INT64_MIN && o->max == INT64_MIN)
        return c->host->fail(c, SL_E_CONFIG, "give min, max or both");
    if (o->max != INT64_MIN && o->min > o->max)
        return c->host->fail(c, SL_E_CONFIG, "min (%lld) is above max (%lld)", (long long)o->min, (long long)o->max);
    return SL_OK;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    const config *o = cfg;
    *(state *)g = (state){
        .min = o->min == INT64_MIN ? 0 : (uint64_t)o->min,
        .max = o->max == INT64_MIN ? UINT64_MAX : (uint64_t)o->max,
        .unit = o->unit,
    };
    return SL_OK;
}

/* The number of bytes bounds every other length: true if it alone shows that the text fits. */
static bool fits_by_bytes(const state *s, uint64_t n)
{
    switch (s->unit) {
    case CHARS: return n / 4 >= s->min && n <= s->max;
    case WORDS: return s->min == 0 && n / 2 < s->max;
    default: return n >= s->min && n <= s->max;
    }
}

static uint64_t length(const state *s, sl_str text)
{
    switch (s->unit) {
    case CHARS: return text_chars(text.p, text.n);
    case WORDS: return text_count_words(text.p, text.n, UINT64_MAX);
    default: return text.n;
    }
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)l;
    const state *s = g;
    const sl_str *text = sl_text(b, TEXT);
    SL_EACH(b, row) {
        if (!c->explain && fits_by_bytes(s, text[row].n))
            continue;
        const uint64_t n = length(s, text[row]);
        if (c->explain)
            c->host->observe(c, b, row, LENGTH + s->unit, (double)n);
        if (n < s->min)
            c->host->reject(c, b, row, TOO_SHORT, SL_WHY(.value = (double)n, .limit = (double)s->min));
        else if (n > s->max)
            c->host->reject(c, b, row, TOO_LONG, SL_WHY(.value = (double)n, .limit = (double)s->max));
    }
    return SL_OK;
}

static const char *const units[] = { "chars", "bytes", "words", NULL };
static const sl_option options[] = {
    SL_OPT(config, min, I64, NULL, "drop shorter documents; not given: no bound", .min = 0, .max = -1),
    SL_OPT(config, max, I64, NULL, "drop longer documents; not given: no bound", .min = 0, .max = -1),
    SL_OPT(config, unit, ENUM, "chars",
           "what is counted: characters (code points), bytes of UTF-8, or words between white space", .choices = units),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    { 0 },
};
static const sl_metric metrics[] = {
    [TOO_SHORT] = { "too_short", SL_M_REJECT, 0, NULL, "shorter than min" },
    [TOO_LONG] = { "too_long", SL_M_REJECT, 0, NULL, "longer than max" },
    [LENGTH + CHARS] = { "chars", SL_M_VALUE, 0, NULL, "its length, where somebody looks (why, annotate)" },
    [LENGTH + BYTES] = { "bytes", SL_M_VALUE, 0, NULL, "the same, by unit" },
    [LENGTH + WORDS] = { "words", SL_M_VALUE, 0, NULL, "the same, by unit" },
    { 0 },
};

const sl_stage filter_length = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.length",
    .summary = "drop documents by the length of their text",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .check = check,
    .open = open_,
    .process = process,
};
