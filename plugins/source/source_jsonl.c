/* source.jsonl — every line a document. Files, codecs, splits and damage are the input service's business, JSON is the
 * json service's; what is left is to say what becomes of a line that is no document. */
#include "records.h"

typedef struct config {
    sl_many path;
    const char *text, *id, *key;
    sl_many columns; /* the engine reads it, when it looks for slips of the pen */
} config;
typedef struct state {
    records records;
} state;
typedef struct local {
    records_at at;
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    state *s = g;
    const int ret = records_find(c, &s->records, o->path, SL_LINES);
    if (ret < 0)
        return ret;
    const sl_json_read_spec spec = { .size = sizeof(spec), .text = o->text, .id = o->id, .key = o->key };
    return s->records.json->reader(c, &spec);
}

static int split(sl_ctx *c, void *g, uint64_t i, sl_split *out)
{
    return ((const state *)g)->records.input->split(c, i, out);
}

static int read_(sl_ctx *c, const void *g, void *l, const sl_split *sp, sl_batch *out)
{
    return records_read(c, &((const state *)g)->records, &((local *)l)->at, sp, out, records_fill_json);
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    records_close(c, &((const state *)g)->records, &((local *)l)->at);
}

static const sl_option options[] = {
    SL_OPT_LIST(config, path, PATH, NULL,
                "files, globs (** across folders), folders, or - for standard input; any compression, told by content",
                .flags = SL_OPT_REQUIRED),
    SL_OPT(config, text, COLUMN, NULL, "the field that is the document's text; \"text\" if not given"),
    SL_OPT(config, id, COLUMN, NULL, "the field that is its id; \"id\" if not given"),
    SL_OPT(config, key, COLUMN, NULL,
           "the field that names the document across runs, for random choices; if not given, its file and place do"),
    SL_OPT_LIST(
        config, columns, COLUMN, NULL,
        "fields that a stage may read although the first records lack them; they are null where they are absent"),
    { 0 },
};
static const sl_field fields[] = {
    { "*", SL_T_ANY, SL_WRITE, "the fields of the record" },
    { 0 },
};
static const sl_metric metrics[] = { RECORD_METRICS, { 0 } };

const sl_stage source_jsonl = {
    SL_STAGE(SL_SOURCE),
    .name = "source.jsonl",
    .summary = "read JSON lines, each line a document",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .split = split,
    .read = read_,
    .close_local = close_local,
};
