/* family.verb — count the lines of each document, into a column. */
#include <string.h>
#include "sluice/util.h"

enum { TEXT, INTO }; /* rows of `fields`: the places of the columns in a batch */

typedef struct config { /* filled by the engine from `options` */
    const char *into;
} config;

/* A last line without its newline is a line, too. */
static int64_t count_lines(sl_str text)
{
    int64_t n = 0;
    for (uint32_t at = 0; at < text.n; n++) {
        const char *end = memchr(text.p + at, '\n', text.n - at);
        at = end ? (uint32_t)(end - text.p) + 1 : text.n;
    }
    return n;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const sl_str *text = sl_text(b, TEXT);
    int64_t *lines = SL_COL(int64_t, b, INTO);
    (void)c, (void)g, (void)l;

    SL_EACH(b, row)
        lines[row] = count_lines(text[row]);
    return SL_OK;
}

static const sl_option options[] = {
    SL_OPT(config, into, COLUMN, "lines", "the column to write"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    [INTO] = { "$into", SL_T_I64, SL_WRITE, "its number of lines" },
    { 0 },
};
static const sl_stage stage = {
    SL_STAGE(SL_TRANSFORM), .name = "family.verb", .summary = "count the lines of each document",
    .options = options,     .fields = fields,      .config_size = sizeof(config),
    .process = process,
};
SL_PLUGIN("family_verb", "0.1.0", &stage)
