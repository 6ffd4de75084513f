/* source.v1_0 — JSON lines through the services "input" 1 and "json" 1. */
#include "sluice/service_input.h"
#include "sluice/service_json.h"
#include "v1_0.h"

enum { BAD };

typedef struct config {
    sl_many path;
} config;
typedef struct state {
    const sl_input_api *input;
    const sl_json_api *json;
} state;
typedef struct local {
    sl_input *in; /* open past its end: the last batch points into it */
    uint64_t split;
    int ended;
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    static const sl_json_read_spec spec = { .size = sizeof spec };
    state *s = g;
    s->input = c->host->service(c, "input", 1);
    s->json = c->host->service(c, "json", 1);
    if (!s->input || !s->json)
        return c->host->fail(c, SL_E_INTERNAL, "a service of the first day is gone");
    const int ret = s->input->find(c, ((const config *)cfg)->path, SL_LINES);
    return ret < 0 ? ret : s->json->reader(c, &spec);
}

static int split(sl_ctx *c, void *g, uint64_t i, sl_split *out) { return ((const state *)g)->input->split(c, i, out); }

static void close_local(sl_ctx *c, const void *g, void *l)
{
    local *me = l;
    if (me->in)
        ((const state *)g)->input->close(c, me->in);
    me->in = NULL;
}

static int read_(sl_ctx *c, const void *g, void *l, const sl_split *sp, sl_batch *out)
{
    const state *s = g;
    local *me = l;
    int ret = SL_OK;
    if (!me->in || me->ended || me->split != sp->index) {
        close_local(c, g, l);
        ret = s->input->open(c, sp, &me->in);
        me->split = sp->index;
        me->ended = 0;
    }
    while (ret == SL_OK) {
        sl_record record;
        sl_str why = { 0 };
        uint32_t row;
        const int got = s->input->record(c, me->in, &record);
        me->ended = got == SL_END;
        if (got < 0 || got == SL_END)
            return got;
        ret = c->host->add(c, out, NULL, 0, record.nth, &row);
        if (ret < 0)
            return ret;
        const int parsed = got == SL_MORE ? SL_JSON_BAD : s->json->parse(c, out, row, record.bytes, &why);
        if (parsed < 0)
            return parsed;
        if (parsed != SL_JSON_OK)
            c->host->reject(c, out, row, BAD, SL_WHY(.value = (double)record.offset, .detail = why));
    }
    return ret;
}

static const sl_option options[] = {
    SL_OPT_LIST(config, path, PATH, NULL, "files", .flags = SL_OPT_REQUIRED),
    { 0 },
};
static const sl_field fields[] = {
    { "*", SL_T_ANY, SL_WRITE, "the fields of the record" },
    { 0 },
};
static const sl_metric metrics[] = {
    [BAD] = { "bad", SL_M_ERROR, 0, "offset", "no document" },
    { 0 },
};
const sl_stage source_v1_0 = {
    SL_STAGE(SL_SOURCE),
    .name = "source.v1_0",
    .summary = "a source built with 1.0",
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
