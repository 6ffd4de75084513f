/* filter.list — keep or drop documents whose id, host or other value stands in a list, millions of lines long. */
#include <inttypes.h>
#include <stdio.h>
#include "column_text.h"
#include "list_file.h"
#include "sluice/service_report.h"
#include "url_host.h"

enum { COLUMN };
enum { LISTED, UNLISTED, NO_VALUE };
enum { KEEP_LISTED, KEEP_UNLISTED };
enum { INFO = 2 };

typedef struct config {
    const char *path, *column;
    uint32_t keep, match;
    uint8_t strip_www, allow_empty;
} config;
typedef struct state {
    const config *cfg;
    const sl_json_api *json;
    list_table list;
    uint64_t hash; /* of the file */
} state;

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    if (o->strip_www && o->match == LIST_EXACT)
        return c->host->fail(c, SL_E_CONFIG, "strip_www is for hosts; give match: host or suffix_host");
    return SL_OK;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    state *s = g;
    s->cfg = o;
    s->json = c->host->service(c, "json", 1);
    if (!s->json)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"json\" 1");
    const list_spec spec = { .path = o->path, .match = o->match, .strip_www = o->strip_www };
    const int ret = list_read(c, &spec, &s->list, &s->hash);
    if (ret < 0)
        return ret;
    if (!list_seal(&s->list))
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    if (!s->list.entries && !o->allow_empty)
        return c->host->fail(c, SL_E_CONFIG, "%s lists nothing; if that may be so, say allow_empty: true", o->path);
    c->host->log(c, INFO, "%s: %" PRIu64 " entries, %" PRIu64 " more that repeat them, xxh3 %016" PRIx64, o->path,
                 s->list.entries, s->list.added - s->list.entries, s->hash);
    const int granted = c->host->reserve(c, list_memory(&s->list)); /* held in any case: a list cannot spill */
    return granted < 0 ? granted : SL_OK;
}

/* A document's value on its way through the table. */
typedef struct wanted {
    sl_str value, text; /* text: what is looked up, the value or its host; p NULL: nothing */
    uint64_t asked;
    uint32_t row;
    char host[HOST_MAX];
} wanted;

static int ask(sl_ctx *c, const state *s, const sl_batch *b, uint32_t row, wanted *w)
{
    const int ret = column_text(c, b, s->json, b->columns[COLUMN], row, &w->value);
    w->row = row;
    w->text = w->value;
    if (ret >= 0 && w->value.p && s->cfg->match != LIST_EXACT) {
        const size_t n = url_host(w->value.p, w->value.n, s->cfg->strip_www, w->host);
        w->text = (sl_str){ .p = n ? w->host : NULL, .n = (uint32_t)n };
    }
    if (w->text.p)
        w->asked = list_ask(&s->list, w->text.p, w->text.n);
    return ret;
}

/* *hit: the entry; of hosts that are listed with their parents, the longest. */
static bool is_listed(const state *s, const wanted *w, sl_str *hit)
{
    const char *p = w->text.p;
    const size_t n = w->text.n;
    if (!p)
        return false;
    if (list_find(&s->list, w->asked, p, n, hit))
        return true;
    for (size_t at = 0; s->cfg->match == LIST_SUFFIX_HOST && (at = host_parent(p, n, at)) < n;)
        if (list_find(&s->list, list_ask(&s->list, p + at, n - at), p + at, n - at, hit))
            return true;
    return false;
}

static void judge(sl_ctx *c, const state *s, sl_batch *b, const wanted *w)
{
    sl_str hit;
    const bool listed = is_listed(s, w, &hit), keep_listed = s->cfg->keep == KEEP_LISTED;
    if (listed && !keep_listed)
        c->host->reject(c, b, w->row, LISTED, SL_WHY(.detail = column_shown(hit)));
    else if (!listed && keep_listed)
        c->host->reject(c, b, w->row, w->text.p ? UNLISTED : NO_VALUE, SL_WHY(.detail = column_shown(w->value)));
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    enum { TOGETHER = 32 };
    (void)l;
    const state *s = g;
    wanted group[TOGETHER];
    for (uint32_t i = 0, n; i < b->n_sel; i += n) {
        n = b->n_sel - i < TOGETHER ? b->n_sel - i : TOGETHER;
        for (uint32_t k = 0; k < n; k++) {
            const int ret = ask(c, s, b, b->sel[i + k], &group[k]);
            if (ret < 0)
                return ret;
        }
        for (uint32_t k = 0; k < n; k++)
            judge(c, s, b, &group[k]);
    }
    return SL_OK;
}

/* Which list it was: the file may have changed since. */
static int finish(sl_ctx *c, void *g)
{
    const state *s = g;
    const sl_report_api *report = c->host->service(c, "report", 1);
    char rows[160];
    snprintf(rows, sizeof(rows), "[{\"entries\":%" PRIu64 ",\"repeated\":%" PRIu64 ",\"xxh3\":\"%016" PRIx64 "\"}]",
             s->list.entries, s->list.added - s->list.entries, s->hash);
    return report ? report->table(c, "list", rows) : SL_OK;
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    list_free(&((state *)g)->list);
}

static const char *const keeps[] = { "listed", "unlisted", NULL };
static const char *const matches[] = { "exact", "host", "suffix_host", NULL };
static const sl_option options[] = {
    SL_OPT(config, path, PATH, NULL, "the list: plain text, one entry a line", .flags = SL_OPT_REQUIRED),
    SL_OPT(config, column, COLUMN, "id", "what is looked up; a path such as metadata.url looks into objects"),
    SL_OPT(config, keep, ENUM, NULL, "which documents stay: those that the list has, or those that it lacks",
           .flags = SL_OPT_REQUIRED, .choices = keeps),
    SL_OPT(config, match, ENUM, "exact",
           "exact: the whole value; host: the host of a URL; suffix_host: the host or a domain above it",
           .choices = matches),
    SL_OPT(config, strip_www, BOOL, "false", "hosts: www.example.com is example.com, in the list too"),
    SL_OPT(config, allow_empty, BOOL, "false", "a list without entries is no mistake"),
    { 0 },
};
static const sl_field fields[] = {
    [COLUMN] = { "$column", SL_T_ANY, SL_READ, "looked up" },
    { 0 },
};
static const sl_metric metrics[] = {
    [LISTED] = { "listed", SL_M_REJECT, 0, NULL, "the list has it; the entry is the evidence" },
    [UNLISTED] = { "unlisted", SL_M_REJECT, 0, NULL, "the list lacks it" },
    [NO_VALUE] = { "no_value", SL_M_REJECT, 0, NULL,
                   "keep: listed, and there is nothing to look up: null, or no host" },
    { 0 },
};

const sl_stage filter_list = {
    SL_STAGE(SL_TRANSFORM),
    .name = "filter.list",
    .summary = "keep or drop documents by a list of ids, hosts or other values",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .check = check,
    .open = open_,
    .process = process,
    .finish = finish,
    .close = close_,
};
