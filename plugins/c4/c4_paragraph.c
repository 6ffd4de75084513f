/* filter.c4_paragraph — Xue et al. 2021 (mT5), §3.1: pages with at least three lines of 200 characters; datatrove's
 * C4ParagraphFilter. */
#include <stdbool.h>
#include "sluice/util.h"
#include "text/lines.h"
#include "text/utf8.h"

enum { TEXT };
enum { TOO_FEW, V_PARAGRAPHS };

typedef struct config {
    int64_t min_paragraphs, min_paragraph_length;
} config;
typedef struct state {
    const config *o;
} state;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    ((state *)g)->o = cfg;
    return SL_OK;
}

static bool is_long(sl_str line, uint64_t least)
{
    return line.n >= least && (line.n / 4 >= least || text_chars(line.p, line.n) >= least);
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const config *o = ((const state *)g)->o;
    const sl_str *text = sl_text(b, TEXT);
    (void)l;
    SL_EACH(b, row) {
        int64_t n = 0;
        sl_span line;
        for (text_lines it = { .t = text[row] };
             (c->explain || n < o->min_paragraphs) && text_next_newline(&it, &line);)
            n += is_long(text_part(text[row], line), (uint64_t)o->min_paragraph_length);
        if (c->explain)
            c->host->observe(c, b, row, V_PARAGRAPHS, (double)n);
        if (n < o->min_paragraphs)
            c->host->reject(c, b, row, TOO_FEW, SL_WHY(.value = (double)n, .limit = (double)o->min_paragraphs));
    }
    return SL_OK;
}

static const sl_option options[] = {
    SL_OPT(config, min_paragraphs, I64, "3", "drop pages with fewer long lines", .min = 0, .max = -1),
    SL_OPT(config, min_paragraph_length, I64, "200", "a line of at least so many characters is long", .min = 0,
           .max = -1, .unit = "chars"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    { 0 },
};
static const sl_metric metrics[] = {
    /* the reference has the number in the name: "< 3 paragraphs" */
    [TOO_FEW] = { "too_few_paragraphs", SL_M_REJECT, 0, "lines", "below min_paragraphs" },
    [V_PARAGRAPHS] = { "paragraphs", SL_M_VALUE, 0, "lines", "long lines" },
    { 0 },
};

const sl_stage filter_c4_paragraph = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.c4_paragraph",
    .summary = "drop pages with few long lines, as mC4",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .open = open_,
    .process = process,
};
