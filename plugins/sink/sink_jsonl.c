/* sink.jsonl — rows to JSON lines, on all threads. Order, shards, compression, digests and the rename at the end are
 * the output service's; what no stage changed leaves byte for byte, which is the json service's. */
#include "sluice/service_json.h"
#include "sluice/service_output.h"
#include "sluice/util.h"

typedef struct config {
    const char *path;
    uint32_t compression;
    int64_t level;
    uint64_t shard_bytes;
    int64_t shard_records;
    sl_many fields, drop;
} config;
typedef struct state {
    const sl_json_api *json;
    const sl_output_api *output;
    sl_output *out;
} state;

static sl_output_spec output_spec(const config *o)
{
    static const uint32_t formats[] = { SL_FORMAT_AUTO, SL_FORMAT_PLAIN, SL_FORMAT_ZSTD, SL_FORMAT_GZIP };
    return (sl_output_spec){
        .size = sizeof(sl_output_spec),
        .format = formats[o->compression],
        .level = (int32_t)o->level,
        .path = o->path,
        .shard_bytes = o->shard_bytes,
        .shard_records = o->shard_records > 0 ? (uint64_t)o->shard_records : 0,
    };
}

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    if (o->fields.n && o->drop.n)
        return c->host->fail(c, SL_E_CONFIG, "give 'fields' (only these) or 'drop' (all but these), not both");
    const sl_output_api *output = c->host->service(c, "output", 1);
    if (!output)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"output\" 1");
    const sl_output_spec spec = output_spec(o);
    return output->check(c, &spec);
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    state *s = g;
    s->json = c->host->service(c, "json", 1);
    s->output = c->host->service(c, "output", 1);
    if (!s->json || !s->output)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"%s\" 1", s->json ? "output" : "json");
    const sl_json_write_spec fields = { .size = sizeof(fields), .keep = o->fields, .drop = o->drop };
    const int ret = s->json->writer(c, &fields);
    if (ret < 0)
        return ret;
    const sl_output_spec spec = output_spec(o);
    return s->output->open(c, &spec, &s->out);
}

static int write_(sl_ctx *c, const void *g, void *l, const sl_batch *b)
{
    (void)l;
    const state *s = g;
    SL_EACH(b, row) {
        sl_str line;
        int ret = s->json->format(c, b, row, &line);
        if (ret >= 0)
            ret = s->output->put(c, s->out, b, row, line.p, line.n);
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

static const char *const compressions[] = { "auto", "none", "zstd", "gzip", NULL };
static const sl_option options[] = {
    SL_OPT(config, path, PATH, NULL,
           "the file, - for standard output, or with {shard} a pattern: out/part-{shard}.jsonl.zst",
           .flags = SL_OPT_REQUIRED),
    SL_OPT(config, compression, ENUM, "auto", "auto goes by the ending of path: .zst, .gz, anything else",
           .choices = compressions),
    SL_OPT(config, level, I64, "3", "of the compression; gzip takes 1 to 9", .min = -7, .max = 22),
    SL_OPT(config, shard_bytes, SIZE, NULL, "begin a new shard before this is exceeded, counted before compression",
           .min = 1, .unit = "bytes"),
    SL_OPT(config, shard_records, I64, NULL, "begin a new shard after this many documents", .min = 1,
           .unit = "documents"),
    SL_OPT_LIST(config, fields, COLUMN, NULL, "write only these top-level fields"),
    SL_OPT_LIST(config, drop, COLUMN, NULL, "write all top-level fields but these"),
    { 0 },
};
static const sl_field fields[] = {
    { "*", SL_T_ANY, SL_READ, "every visible column" },
    { 0 },
};

const sl_stage sink_jsonl = {
    SL_STAGE(SL_SINK),
    .name = "sink.jsonl",
    .summary = "write JSON lines, whole or in shards, compressed or not",
    .options = options,
    .fields = fields,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .check = check,
    .open = open_,
    .write = write_,
};
