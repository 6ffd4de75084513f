/* sink.v1_0 — JSON lines through the services "json" 1 and "output" 1. */
#include "sluice/service_json.h"
#include "sluice/service_output.h"
#include "v1_0.h"

typedef struct config {
    const char *path;
    sl_many drop;
} config;
typedef struct state {
    const sl_json_api *json;
    const sl_output_api *output;
    sl_output *out;
} state;

static sl_output_spec spec_of(const config *o)
{
    return (sl_output_spec){
        .size = sizeof(sl_output_spec), .format = SL_FORMAT_AUTO, .level = 3, .path = o->path, .shard_records = 2
    };
}

static int check(sl_ctx *c, const void *cfg)
{
    const sl_output_api *output = c->host->service(c, "output", 1);
    const sl_output_spec spec = spec_of(cfg);
    return output ? output->check(c, &spec) : c->host->fail(c, SL_E_INTERNAL, "the service \"output\" 1 is gone");
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    state *s = g;
    s->json = c->host->service(c, "json", 1);
    s->output = c->host->service(c, "output", 1);
    if (!s->json || !s->output)
        return c->host->fail(c, SL_E_INTERNAL, "a service of the first day is gone");
    const sl_json_write_spec fields = { .size = sizeof fields, .drop = o->drop };
    const sl_output_spec spec = spec_of(o);
    const int ret = s->json->writer(c, &fields);
    return ret < 0 ? ret : s->output->open(c, &spec, &s->out);
}

static int write_(sl_ctx *c, const void *g, void *l, const sl_batch *b)
{
    const state *s = g;
    int ret = SL_OK;
    (void)l;
    SL_EACH(b, row) {
        sl_str line;
        ret = s->json->format(c, b, row, &line);
        if (ret >= 0)
            ret = s->output->put(c, s->out, b, row, line.p, line.n);
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

static const sl_option options[] = {
    SL_OPT(config, path, PATH, NULL, "a pattern with {shard}", .flags = SL_OPT_REQUIRED),
    SL_OPT_LIST(config, drop, COLUMN, NULL, "fields to leave out"),
    { 0 },
};
static const sl_field fields[] = {
    { "*", SL_T_ANY, SL_READ, "every visible column" },
    { 0 },
};
const sl_stage sink_v1_0 = {
    SL_STAGE(SL_SINK),
    .name = "sink.v1_0",
    .summary = "a sink built with 1.0",
    .options = options,
    .fields = fields,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .check = check,
    .open = open_,
    .write = write_,
};
