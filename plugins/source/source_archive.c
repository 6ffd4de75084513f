/* source.archive — tar, zip, 7z and their like: each text member a document, or each member a file of JSON lines. */
#include <string.h>
#include "records.h"
#include "text/utf8.h"

enum { MEMBERS_TEXT, MEMBERS_JSONL };
enum { NOT_TEXT = N_RECORD_METRICS, NOT_UTF8 };
enum { ID, TEXT, SOURCE, OTHERS };
enum { SLACK = 64 }; /* readable bytes behind a text */

typedef struct config {
    sl_many path;
    uint32_t members;
    const char *text, *id, *key;
    sl_many columns; /* the engine reads it, when it looks for slips of the pen */
} config;
typedef struct state {
    const config *cfg;
    records records;
} state;
typedef struct local {
    records_at at;
} local;

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    const char *unused = o->text ? "text" : o->id ? "id" : o->key ? "key" : o->columns.n ? "columns" : NULL;
    if (o->members == MEMBERS_TEXT && unused)
        return c->host->fail(c, SL_E_CONFIG, "'%s' is about fields of JSON lines; it goes with members: jsonl", unused);
    return SL_OK;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    state *s = g;
    s->cfg = o;
    const int ret =
        records_find(c, &s->records, o->path, o->members == MEMBERS_TEXT ? SL_MEMBERS_TEXT : SL_MEMBERS_LINES);
    if (ret < 0 || o->members == MEMBERS_TEXT)
        return ret;
    const sl_json_read_spec spec = { .size = sizeof(spec), .text = o->text, .id = o->id, .key = o->key };
    return s->records.json->reader(c, &spec);
}

static int split(sl_ctx *c, void *g, uint64_t i, sl_split *out)
{
    return ((const state *)g)->records.input->split(c, i, out);
}

/* id: "<archive>!<member>"; source: the archive. One piece of memory serves both. */
static int name_member(sl_ctx *c, const sl_split *sp, sl_batch *out, uint32_t row, sl_str member)
{
    const size_t label = strlen(sp->label);
    const size_t whole = label + 1 + member.n;
    char *name = c->host->alloc(c, out, whole + SLACK, 1);
    if (!name)
        return SL_E_NOMEM;
    memcpy(name, sp->label, label);
    name[label] = '!';
    memcpy(name + label + 1, member.p, member.n);
    SL_COL(sl_str, out, ID)[row] = (sl_str){ .p = name, .n = (uint32_t)whole };
    SL_COL(sl_str, out, SOURCE)[row] = (sl_str){ .p = name, .n = (uint32_t)label };
    return SL_OK;
}

static int fill_text(sl_ctx *c, const records *r, const sl_split *sp, sl_batch *out, uint32_t row,
                     const sl_record *record)
{
    (void)r;
    for (uint32_t i = OTHERS; i < out->n_columns; i++) /* a member has nothing else that a stage could ask for */
        sl_set_null(out->columns[i], row);
    const int ret = name_member(c, sp, out, row, record->member);
    if (ret < 0)
        return ret;

    const sl_str body = record->bytes;
    const char *nul = body.n ? memchr(body.p, 0, body.n) : NULL;
    const size_t valid = nul ? 0 : text_utf8_valid(body.p, body.n);
    if (nul)
        c->host->reject(c, out, row, NOT_TEXT, SL_WHY(.value = (double)(nul - body.p), .detail = record->member));
    else if (valid < body.n)
        c->host->reject(c, out, row, NOT_UTF8, SL_WHY(.value = (double)valid, .detail = record->member));
    else
        SL_COL(sl_str, out, TEXT)[row] = body;
    return SL_OK;
}

static int read_(sl_ctx *c, const void *g, void *l, const sl_split *sp, sl_batch *out)
{
    const state *s = g;
    records_fill *fill = s->cfg->members == MEMBERS_TEXT ? fill_text : records_fill_json;
    return records_read(c, &s->records, &((local *)l)->at, sp, out, fill);
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    records_close(c, &((const state *)g)->records, &((local *)l)->at);
}

static const char *const members[] = { "text", "jsonl", NULL };
static const sl_option options[] = {
    SL_OPT_LIST(config, path, PATH, NULL, "archives, globs or folders of them; compressed or not, told by content",
                .flags = SL_OPT_REQUIRED),
    SL_OPT(config, members, ENUM, "text", "a member is the text of one document, or a file of JSON lines",
           .choices = members),
    SL_OPT(config, text, COLUMN, NULL, "jsonl: the field that is the document's text; \"text\" if not given"),
    SL_OPT(config, id, COLUMN, NULL, "jsonl: the field that is its id; \"id\" if not given"),
    SL_OPT(config, key, COLUMN, NULL,
           "jsonl: the field that names the document across runs; if not given, its archive and place do"),
    SL_OPT_LIST(config, columns, COLUMN, NULL,
                "jsonl: fields that a stage may read although the first records lack them; null where they are absent"),
    { 0 },
};
static const sl_field fields[] = {
    [ID] = { "id", SL_T_STR, SL_WRITE, "text members: archive!member" },
    [TEXT] = { "text", SL_T_STR, SL_WRITE, "text members: what the member holds" },
    [SOURCE] = { "source", SL_T_STR, SL_WRITE, "text members: the archive" },
    [OTHERS] = { "*", SL_T_ANY, SL_WRITE, "jsonl members: the fields of the record" },
    { 0 },
};
static const sl_metric metrics[] = {
    RECORD_METRICS,
    [NOT_TEXT] = { "not_text", SL_M_REJECT, 0, "offset", "a member with a NUL: binary, or UTF-16" },
    [NOT_UTF8] = { "not_utf8", SL_M_ERROR, 0, "offset", "a member that is no valid UTF-8" },
    { 0 },
};

const sl_stage source_archive = {
    SL_STAGE(SL_SOURCE),
    .name = "source.archive",
    .summary = "read the members of archives, as texts or as files of JSON lines",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .check = check,
    .open = open_,
    .split = split,
    .read = read_,
    .close_local = close_local,
};
