/* family.verb — write texts one behind the other. Order, shards, compression and the rename at the end are the output
 * service's business. */
#include <string.h>
#include "sluice/service_output.h"
#include "sluice/util.h"

enum { TEXT }; /* rows of `fields`: the places of the columns in a batch */

typedef struct config { /* filled by the engine from `options`, and there until close */
    const char *path, *end;
    uint64_t shard_bytes;
} config;
typedef struct state { /* one for all threads; nobody changes it while documents flow */
    const config *cfg;
    const sl_output_api *output;
    sl_output *out;
} state;

static sl_output_spec spec_of(const config *o)
{
    return (sl_output_spec){ .size = sizeof(sl_output_spec),
                             .format = SL_FORMAT_AUTO,
                             .level = 3,
                             .path = o->path,
                             .shard_bytes = o->shard_bytes };
}

/* Rules that the option table cannot say. No I/O: an editor may ask. */
static int check(sl_ctx *c, const void *cfg)
{
    const sl_output_api *output = c->host->service(c, "output", 1);
    if (!output)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"output\" 1");
    const sl_output_spec spec = spec_of(cfg);
    return output->check(c, &spec);
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    s->cfg = cfg;
    s->output = c->host->service(c, "output", 1);
    if (!s->output)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"output\" 1");
    const sl_output_spec spec = spec_of(cfg);
    return s->output->open(c, &spec, &s->out);
}

static int write_(sl_ctx *c, const void *g, void *l, const sl_batch *b)
{
    const state *s = g;
    const sl_str *text = sl_text(b, TEXT);
    const size_t end = strlen(s->cfg->end);
    (void)l;

    SL_EACH(b, row) {
        char *line = c->host->alloc(c, b, text[row].n + end, 1); /* gone with the batch */
        if (!line)
            return SL_E_NOMEM;
        if (text[row].n)
            memcpy(line, text[row].p, text[row].n);
        memcpy(line + text[row].n, s->cfg->end, end);
        const int ret = s->output->put(c, s->out, b, row, line, text[row].n + end); /* one call for a document */
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

static const sl_option options[] = {
    SL_OPT(config, path, PATH, NULL,
           "the file, - for standard output, or a pattern with {shard}; .zst and .gz compress",
           .flags = SL_OPT_REQUIRED),
    SL_OPT(config, end, STR, "\n", "what follows each text"),
    SL_OPT(config, shard_bytes, SIZE, NULL, "begin a new shard before this is exceeded", .min = 1, .unit = "bytes"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "document text" },
    { 0 },
};
static const sl_stage stage = {
    SL_STAGE(SL_SINK),
    .name = "family.verb",
    .summary = "write texts one behind the other",
    .options = options,
    .fields = fields,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .check = check,
    .open = open_,
    .write = write_,
};
SL_PLUGIN("family_verb", "0.1.0", &stage)
