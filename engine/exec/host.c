/* The host table: what the engine lends every callback. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/hash.h"
#include "base/log.h"
#include "exec/engine.h"
#include "sluice/service_output.h"
#include "sluice/service_report.h"

uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static stage_thread *of(sl_ctx *c) { return c->engine; }
static stage_state *state_of(sl_ctx *c) { return &of(c)->w->x->st[of(c)->stage]; }

/* The first message of a callback counts: what fails later is usually its consequence. */
static int vfail(worker *w, int code, const char *fmt, va_list ap)
{
    if (!w->error.n) {
        w->error_code = code;
        sbuf_vprintf(&w->error, fmt, ap);
    }
    return code;
}

int worker_fail(worker *w, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfail(w, code, fmt, ap);
    va_end(ap);
    return code;
}

static int host_fail(sl_ctx *c, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfail(of(c)->w, code, fmt, ap);
    va_end(ap);
    return code;
}

static void host_log(sl_ctx *c, int level, const char *fmt, ...)
{
    sbuf text = { 0 };
    va_list ap;
    va_start(ap, fmt);
    sbuf_vprintf(&text, fmt, ap);
    va_end(ap);
    log_line(level < LOG_ERROR   ? LOG_ERROR
             : level > LOG_DEBUG ? LOG_DEBUG
                                 : level,
             "%s: %s", state_of(c)->p->name, sbuf_z(&text));
    sbuf_free(&text);
}

static void *host_alloc(sl_ctx *c, const sl_batch *b, size_t size, size_t align)
{
    const flow *f = b->engine;
    void *p = arena_alloc(&f->r->mem, size + INPUT_SLACK, align > 16 ? align : 16);
    if (!p)
        host_fail(c, SL_E_NOMEM, "out of memory for %zu bytes", size);
    return p ? memset(p, 0, size) : NULL;
}

static int host_reserve(sl_ctx *c, uint64_t bytes)
{
    (void)c, (void)bytes;
    return SL_OK; /* what streams holds little; those who gather are refused by name until there is a budget */
}

/* Was the row live when the callback began? */
static bool is_live(const flow *f, uint32_t row)
{
    uint32_t lo = 0, hi = f->n_sel;
    while (lo < hi) {
        const uint32_t mid = lo + (hi - lo) / 2;
        if (f->sel[mid] < row)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < f->n_sel && f->sel[lo] == row;
}

static void host_reject(sl_ctx *c, sl_batch *b, uint32_t row, uint32_t metric, const sl_why *why)
{
    stage_thread *st = of(c);
    worker *w = st->w;
    if (row >= b->n_rows || row >= 65536 || metric >= state_of(c)->n_metrics ||
        state_of(c)->metric_kinds[metric] > SL_M_ERROR || (w->dead[row >> 6] >> (row & 63) & 1) ||
        !is_live(b->engine, row))
        return;
    if (w->n_rej == w->rej_cap) {
        const size_t cap = w->rej_cap ? w->rej_cap * 2 : 256;
        rejected *v = realloc(w->rej, cap * sizeof *v);
        if (!v) {
            worker_fail(w, SL_E_NOMEM, "out of memory");
            return;
        }
        w->rej = v;
        w->rej_cap = cap;
    }
    w->dead[row >> 6] |= 1ull << (row & 63);
    rejected *r = &w->rej[w->n_rej++];
    *r = (rejected){ .row = row, .metric = metric, .stage = st->stage };
    if (why) {
        memcpy(&r->why, why, why->size < sizeof r->why ? why->size : sizeof r->why);
        if (r->why.detail.n > 4096) /* evidence is for people */
            r->why.detail.n = (uint32_t)utf8_valid_prefix(r->why.detail.p, 4096);
        char *copy = r->why.detail.n ? arena_strndup(&st->flow->r->mem, r->why.detail.p, r->why.detail.n) : NULL;
        r->why.detail = copy ? (sl_str){ copy, r->why.detail.n, 0 } : (sl_str){ "", 0, 0 };
    }
}

static void host_count(sl_ctx *c, uint32_t metric, uint64_t n)
{
    if (metric < state_of(c)->n_metrics)
        of(c)->counts[metric] += n;
}

static void host_observe(sl_ctx *c, const sl_batch *b, uint32_t row, uint32_t metric, double value)
{
    stage_thread *st = of(c);
    (void)b, (void)row;
    if (metric >= state_of(c)->n_metrics)
        return;
    if (!st->hist[metric] && !(st->hist[metric] = histogram_new())) {
        worker_fail(st->w, SL_E_NOMEM, "out of memory");
        return;
    }
    st->counts[metric]++;
    histogram_add(st->hist[metric], value);
}

static int host_add(sl_ctx *c, sl_batch *out, const sl_batch *in, uint32_t row, uint64_t nth, uint32_t *new_row)
{
    stage_thread *st = of(c);
    worker *w = st->w;
    flow *f = out->engine;
    rows *r = f->r;
    (void)row;
    if (in || state_of(c)->s->kind != SL_SOURCE)
        return worker_fail(w, SL_E_INTERNAL, "%s: add is for sources only", state_of(c)->p->name);
    if (r->n >= r->cap)
        return worker_fail(w, SL_E_INTERNAL, "%s added a row to a batch that was full", state_of(c)->p->name);
    if (w->ordinal == UINT32_MAX)
        return worker_fail(w, SL_E_DATA, "%s has more than 4 billion records in one split; set split_bytes lower",
                           w->x->splits[w->at.split].s.path);
    const uint32_t n = r->n++;
    const work_split *sp = &w->x->splits[w->at.split];
    r->pos[n] = item_pos(w->x, w->at) | ++w->ordinal;
    r->key[n] = hash_two(sp->s.fingerprint, nth);
    r->raw[n] = w->head;
    w->head = (sl_str){ NULL, 0, 0 };
    if (w->x->p->source < w->x->p->n_columns && f->slot[w->x->p->source])
        ((sl_str *)f->slot[w->x->p->source]->c.data)[n] = (sl_str){ sp->s.label, (uint32_t)strlen(sp->s.label), 0 };
    f->sel[f->n_sel++] = (uint16_t)n;
    out->n_rows = r->n;
    out->n_sel = f->n_sel;
    *new_row = n;
    return r->n == r->cap || r->bytes >= w->x->p->file->head.batch_bytes ? SL_MORE : SL_OK;
}

static int host_parallel_for(sl_ctx *c, size_t n, size_t grain, int (*fn)(sl_ctx *, void *, size_t, size_t), void *u)
{
    for (size_t lo = 0; lo < n; lo += grain ? grain : n) { /* `finish` is the only caller there can be yet */
        const int r = fn(c, u, lo, grain && lo + grain < n ? lo + grain : n);
        if (r < 0)
            return r;
    }
    return SL_OK;
}

static int host_progress(sl_ctx *c, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    return of(c)->w->x->o.cancel && atomic_load(of(c)->w->x->o.cancel) ? SL_E_CANCEL : SL_OK;
}

static int host_put(sl_ctx *c, sl_io *io, const void *p, size_t n)
{
    (void)io, (void)p, (void)n;
    return host_fail(c, SL_E_INTERNAL, "%s: no state is saved in this callback", state_of(c)->p->name);
}

static int host_get(sl_ctx *c, sl_io *io, void *p, size_t n)
{
    (void)io, (void)p, (void)n;
    return host_fail(c, SL_E_INTERNAL, "%s: no state is loaded in this callback", state_of(c)->p->name);
}

/* ---- services ---- */

static output_spec spec_of(const sl_output_spec *s)
{
    return (output_spec){ s->path, (output_format)s->format, s->level, s->shard_bytes, s->shard_records };
}

static int output_api_check(sl_ctx *c, const sl_output_spec *s)
{
    const output_spec o = spec_of(s);
    sbuf why = { 0 };
    const int r = output_check(&o, &why) ? SL_OK : host_fail(c, SL_E_CONFIG, "%s", sbuf_z(&why));
    sbuf_free(&why);
    return r;
}

static int output_api_open(sl_ctx *c, const sl_output_spec *s, sl_output **out)
{
    exec *x = of(c)->w->x;
    const output_spec o = spec_of(s);
    sbuf why = { 0 };
    output *made = outputs_open(x->outs, &o, &why);
    if (made) {
        x->out_list[x->n_outs] = made;
        x->out_stage[x->n_outs++] = of(c)->stage;
    } else {
        host_fail(c, outputs_refused(x->outs), "%s", sbuf_z(&why));
    }
    sbuf_free(&why);
    *out = (sl_output *)made;
    return made ? SL_OK : outputs_refused(x->outs);
}

static int output_api_put(sl_ctx *c, sl_output *out, const sl_batch *b, uint32_t row, const void *p, size_t n)
{
    (void)b, (void)row;
    return output_put((output *)out, of(c)->w->number, p, n) < 0 ? host_fail(c, SL_E_NOMEM, "out of memory") : SL_OK;
}

static int report_api_table(sl_ctx *c, const char *title, const char *text)
{
    stage_state *s = state_of(c);
    exec *x = of(c)->w->x;
    exec_table *v = arena_grow(&x->mem, s->tables, s->n_tables, sizeof *v);
    if (!v)
        return host_fail(c, SL_E_NOMEM, "out of memory");
    s->tables = v;
    v[s->n_tables] = (exec_table){ arena_strdup(&x->mem, title), arena_strdup(&x->mem, text) };
    return v[s->n_tables].title && v[s->n_tables++].rows ? SL_OK : host_fail(c, SL_E_NOMEM, "out of memory");
}

const void *exec_service(const char *name, uint32_t version)
{
    static const sl_output_api output_api = { sizeof output_api, 1, output_api_check, output_api_open, output_api_put };
    static const sl_report_api report_api = { sizeof report_api, 1, report_api_table };
    const struct {
        const char *name;
        const void *api;
    } all[] = {
        { "input", &exec_input_api }, { "json", &exec_json_api }, { "output", &output_api }, { "report", &report_api }
    };
    for (size_t i = 0; version == 1 && i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i].name, name))
            return all[i].api;
    return NULL;
}

static const void *host_service(sl_ctx *c, const char *name, uint32_t version)
{
    (void)c;
    return exec_service(name, version);
}

const sl_host exec_host = {
    .struct_size = sizeof(sl_host),
    .abi_minor = SL_ABI_MINOR,
    .fail = host_fail,
    .log = host_log,
    .alloc = host_alloc,
    .reserve = host_reserve,
    .reject = host_reject,
    .count = host_count,
    .observe = host_observe,
    .add = host_add,
    .parallel_for = host_parallel_for,
    .progress = host_progress,
    .put = host_put,
    .get = host_get,
    .service = host_service,
};
