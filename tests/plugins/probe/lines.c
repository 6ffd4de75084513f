/* test.lines — reads files through the input service as source.jsonl does, observes and rejects in `read`, and can fail
 * there. */
#include <stdlib.h>
#include "probe.h"
#include "sluice/service_input.h"
#include "sluice/service_json.h"

enum { BAD, LENGTH };
enum { NEVER, IN_OPEN_LOCAL, IN_READ };

typedef struct config {
    sl_many path;
    uint32_t fail;
} config;
typedef struct state {
    const config *cfg;
    const sl_input_api *input;
    const sl_json_api *json;
} state;
typedef struct local {
    char *owned;
    sl_input *in;
    uint64_t split;
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    const sl_json_read_spec spec = { .size = sizeof spec };
    s->cfg = cfg;
    s->input = c->host->service(c, "input", 1);
    s->json = c->host->service(c, "json", 1);
    const int r = s->input->find(c, s->cfg->path, SL_LINES);
    return r < 0 ? r : s->json->reader(c, &spec);
}

static int open_local(sl_ctx *c, const void *g, void *l)
{
    ((local *)l)->owned = malloc(100);
    return ((const state *)g)->cfg->fail == IN_OPEN_LOCAL ? c->host->fail(c, SL_E_IO, "failed in open_local") : SL_OK;
}

static int split(sl_ctx *c, void *g, uint64_t i, sl_split *out) { return ((const state *)g)->input->split(c, i, out); }

static int read_(sl_ctx *c, const void *g, void *l, const sl_split *sp, sl_batch *out)
{
    const state *s = g;
    local *me = l;
    sl_record rec;
    int r = SL_OK;
    if (me->split != sp->index && (r = s->input->open(c, sp, &me->in)) < 0)
        return r;
    me->split = sp->index;
    while (r == SL_OK && (r = s->input->record(c, me->in, &rec)) == SL_OK) {
        uint32_t row;
        sl_str why;
        r = c->host->add(c, out, NULL, 0, rec.nth, &row);
        if (r < 0)
            return r;
        const int p = s->json->parse(c, out, row, rec.bytes, &why);
        if (p < 0)
            return p;
        c->host->observe(c, out, row, LENGTH, rec.bytes.n);
        if (p != SL_JSON_OK)
            c->host->reject(c, out, row, BAD, SL_WHY(.detail = why));
        if (s->cfg->fail == IN_READ)
            return c->host->fail(c, SL_E_DATA, "failed in read");
    }
    if (r == SL_END)
        me->split = 0;
    return r;
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c, (void)g;
    free(((local *)l)->owned);
}

static const char *const fails[] = { "never", "open_local", "read", NULL };
static const sl_option options[] = {
    SL_OPT_LIST(config, path, PATH, NULL, "files", .flags = SL_OPT_REQUIRED),
    SL_OPT(config, fail, ENUM, "never", "where to fail", .choices = fails),
    { 0 },
};
static const sl_field fields[] = { { "*", SL_T_ANY, SL_WRITE, "the fields of the record" }, { 0 } };
static const sl_metric metrics[] = {
    [BAD] = { "bad", SL_M_ERROR, 0, NULL, "no document" },
    [LENGTH] = { "length", SL_M_VALUE, 0, "bytes", "of the record" },
    { 0 },
};
const sl_stage test_lines = {
    SL_STAGE(SL_SOURCE),
    .name = "test.lines",
    .summary = "read JSON lines, observing",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .open_local = open_local,
    .split = split,
    .read = read_,
    .close_local = close_local,
};
