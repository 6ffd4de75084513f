/* The host table: what the engine lends every callback. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <omp.h>
#include "base/hash.h"
#include "base/log.h"
#include "exec/guard.h"
#include "sluice/service_artifact.h"
#include "sluice/service_output.h"
#include "sluice/service_report.h"
#include "sluice/service_spill.h"
#include "sluice/util.h"

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
    void *p = guard_alloc(of(c)->w, &f->r->mem, size, align);
    if (!p)
        host_fail(c, SL_E_NOMEM, "out of memory for %zu bytes", size);
    return p ? memset(p, 0, size) : NULL;
}

/* What a stage holds in all: a thread's part in fit, process …; the shared one in callbacks without local state, which
 * are called on worker 0 outside of passes. */
static int host_reserve(sl_ctx *c, uint64_t bytes)
{
    stage_thread *st = of(c);
    exec *x = st->w->x;
    const uint64_t least = x->memory.limit / (8 * (uint64_t)x->threads);
    if (!budget_change(&x->memory, st->reserved, bytes, x->memory.tight ? 0 : least))
        return SL_MORE;
    st->reserved = bytes;
    return SL_OK;
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

/* In an earlier call of reshape with the same input. */
static bool was_rejected(const flow *f, uint32_t row) { return f->gone && (f->gone[row >> 6] >> (row & 63) & 1); }

static void host_reject(sl_ctx *c, sl_batch *b, uint32_t row, uint32_t metric, const sl_why *why)
{
    stage_thread *st = of(c);
    worker *w = st->w;
    if (c->phase == SL_FIT || b->engine != st->flow ||
        (state_of(c)->s->kind == SL_RESHAPE && st->filling == st->flow)) {
        worker_fail(w, SL_E_INTERNAL, "%s rejected a row of a batch that it may not reject from", state_of(c)->p->name);
        return;
    }
    if (row >= b->n_rows || row >= 65536 || metric >= state_of(c)->n_metrics ||
        state_of(c)->metric_kinds[metric] > SL_M_ERROR || (w->dead[row >> 6] >> (row & 63) & 1) ||
        !is_live(b->engine, row) || was_rejected(b->engine, row))
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
    *r = (rejected){ .row = row, .metric = metric };
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

/* What a tap may ask of a row. */
static void note_measured(worker *w, const sl_batch *b, uint32_t row, uint32_t metric, double value)
{
    if (w->n_seen == w->seen_cap) {
        const size_t cap = w->seen_cap ? w->seen_cap * 2 : 256;
        measured *v = realloc(w->seen, cap * sizeof *v);
        if (!v) {
            worker_fail(w, SL_E_NOMEM, "out of memory");
            return;
        }
        w->seen = v;
        w->seen_cap = cap;
    }
    w->seen[w->n_seen++] = (measured){ b->engine, row, metric, value };
}

static void host_observe(sl_ctx *c, const sl_batch *b, uint32_t row, uint32_t metric, double value)
{
    stage_thread *st = of(c);
    if (metric >= state_of(c)->n_metrics || c->phase == SL_FIT)
        return; /* distributions are those of the documents that the stage acts on */
    if (!st->hist[metric] && !(st->hist[metric] = histogram_new())) {
        worker_fail(st->w, SL_E_NOMEM, "out of memory");
        return;
    }
    st->counts[metric]++;
    histogram_add(st->hist[metric], value);
    if (b && st->w->x->o.tap)
        note_measured(st->w, b, row, metric, value);
}

static int too_many_rows(worker *w)
{
    const uint32_t input = w->at.split < w->x->now.n ? pass_item_of(w)->input : PLAN_NONE;
    return worker_fail(w, SL_E_DATA, "%s has more than 4 billion records in one split; set split_bytes lower",
                       input == PLAN_NONE ? "the stream" : w->x->splits[input].s.path);
}

static int add_from_source(sl_ctx *c, flow *f, uint64_t nth, uint32_t *new_row)
{
    worker *w = of(c)->w;
    exec *x = w->x;
    rows *r = f->r;
    if (w->ordinal == UINT32_MAX)
        return too_many_rows(w);
    const work_split *sp = input_of(w);
    const uint32_t n = *new_row =
        rows_add(r, item_number(w) << 32 | ++w->ordinal, hash_two(sp->s.fingerprint, nth), pass_item_of(w)->input);
    r->raw[n] = w->head;
    w->head = (sl_str){ NULL, 0, 0 };
    if (f->slot[x->p->source])
        ((sl_str *)f->slot[x->p->source]->c.data)[n] = (sl_str){ sp->s.label, (uint32_t)strlen(sp->s.label), 0 };
    return SL_OK;
}

/* The names that documents get which a reshape makes out of nothing: by stage, place of the split, and number. */
static uint64_t key_of_new(const worker *w, uint32_t stage, uint64_t nth)
{
    const exec *x = w->x;
    const bool ordered = (x->st[stage].s->flags & SL_F_ORDERED) != 0;
    const uint64_t place = ordered || w->at.split >= x->now.n ? UINT64_MAX : item_number(w);
    return hash_two(hash_two(plan_stage_seed(x->p, stage), place), nth);
}

/* Texts of a row that a reshape has filled. */
static uint64_t text_bytes(const exec *x, const flow *f, uint32_t row)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < x->p->n_columns; i++)
        if (f->slot[i] && f->slot[i]->c.type == SL_T_STR)
            bytes += ((const sl_str *)f->slot[i]->c.data)[row].n;
    return bytes;
}

static const char same_name[] = "%s gave two rows the same number; a row is named by its parent and that";

static int add_from_reshape(sl_ctx *c, flow *f, flow *in, uint32_t row, uint64_t nth, uint32_t *new_row)
{
    stage_thread *st = of(c);
    worker *w = st->w;
    rows *r = f->r;
    const char *name = state_of(c)->p->name;
    if (in && in != st->flow)
        return worker_fail(w, SL_E_INTERNAL, "%s added a row from a batch that is not its input", name);
    if (in && (row >= in->r->n || !is_live(in, row)))
        return worker_fail(w, SL_E_INTERNAL, "%s added a row from row %u of its input, which is not there", name, row);
    if (nth == SL_WHOLE_DOC && (!in || !in->r->cut || !in->r->parent[row]))
        return worker_fail(w, SL_E_INTERNAL, "%s asked for the whole of a document that was not cut", name);
    if (guard_named(in ? in : f, in ? in->r->pos[row] : 0, nth))
        return worker_fail(w, SL_E_INTERNAL, same_name, name);
    if (st->ordinal == UINT32_MAX)
        return too_many_rows(w);
    const uint64_t pos = item_number(w) << 32 | ++st->ordinal;
    uint32_t n;
    if (r->n) /* the row before: this one still has all of its parent's text */
        r->bytes += text_bytes(w->x, f, r->n - 1);
    if (!in) {
        n = rows_add(r, pos, key_of_new(w, st->stage, nth), PLAN_NONE);
        r->root[n] = pos | UINT32_MAX; /* behind the documents that it was made of */
    } else if (nth == SL_WHOLE_DOC) {
        n = rows_add(r, in->r->parent[row], in->r->parent_key[row], in->r->input[row]);
    } else {
        n = rows_add(r, pos, hash_two(in->r->key[row], nth), in->r->input[row]);
        r->cut = true;
        r->parent[n] = in->r->pos[row];
        r->parent_key[n] = in->r->key[row];
    }
    if (n && r->key[n] == r->key[n - 1] && r->parent[n] == r->parent[n - 1] &&
        (nth != SL_WHOLE_DOC || r->pos[n] == r->pos[n - 1]))
        return worker_fail(w, SL_E_INTERNAL, same_name, name);
    if (in) {
        flow_copy_row(w->x, f, n, in, row);
        r->root[n] = in->r->root[row];
        in->used[row >> 6] |= 1ull << (row & 63);
    } else {
        const plan_stage *p = state_of(c)->p;
        for (size_t i = 0; i < p->n_view; i++) /* what the stage writes is valid from the start */
            if (p->view[i].slot != PLAN_NONE && (p->view[i].flags & SL_WRITE) && f->slot[p->view[i].slot])
                sl_set_valid(&f->slot[p->view[i].slot]->c, n);
    }
    *new_row = n;
    return SL_OK;
}

static int host_add(sl_ctx *c, sl_batch *out, const sl_batch *in, uint32_t row, uint64_t nth, uint32_t *new_row)
{
    worker *w = of(c)->w;
    const uint32_t kind = state_of(c)->s->kind;
    const char *name = state_of(c)->p->name;
    flow *f = out->engine;
    rows *r = f->r;
    if ((kind != SL_SOURCE && kind != SL_RESHAPE) || c->phase == SL_FIT || (kind == SL_SOURCE && in))
        return worker_fail(w, SL_E_INTERNAL, "%s: add is for read and reshape only", name);
    if (f != of(c)->filling)
        return worker_fail(w, SL_E_INTERNAL, "%s added a row to a batch that is not its output", name);
    if (r->n >= r->limit)
        return worker_fail(w, SL_E_INTERNAL, "%s added a row to a batch that was full", name);
    const int e = kind == SL_SOURCE ? add_from_source(c, f, nth, new_row)
                                    : add_from_reshape(c, f, in ? in->engine : NULL, row, nth, new_row);
    if (e < 0)
        return e;
    f->sel[f->n_sel++] = (uint16_t)*new_row;
    out->n_rows = r->n;
    out->n_sel = f->n_sel;
    out->parent = r->cut ? r->parent : NULL;
    return r->n == r->limit || r->bytes >= w->x->p->file->head.batch_bytes ? SL_MORE : SL_OK;
}

static int host_parallel_for(sl_ctx *c, size_t n, size_t grain, int (*fn)(sl_ctx *, void *, size_t, size_t), void *u)
{
    stage_thread *st = of(c);
    exec *x = st->w->x;
    atomic_int code = SL_OK;
    grain = grain ? grain : 1;
    const int64_t count = (int64_t)(n / grain + (n % grain != 0));
    if (omp_in_parallel())
        return worker_fail(st->w, SL_E_INTERNAL, "%s: parallel_for is for finalize, finish and load only",
                           state_of(c)->p->name);
#pragma omp parallel for schedule(dynamic, 1) num_threads(x->threads)
    for (int64_t i = 0; i < count; i++) {
        sl_ctx *mine = &x->workers[omp_get_thread_num()].st[st->stage].ctx;
        const size_t lo = (size_t)i * grain;
        if (atomic_load_explicit(&code, memory_order_relaxed) < 0)
            continue;
        if (mine != c) {
            mine->phase = c->phase;
            mine->round = c->round;
        }
        const int r = fn(mine, u, lo, grain < n - lo ? lo + grain : n);
        if (r < 0)
            atomic_store(&code, r);
    }
    for (unsigned i = 0; i < x->threads; i++) { /* the message of whoever failed is the caller's now */
        worker *w = &x->workers[i];
        if (w != st->w && w->error.n) {
            worker_fail(st->w, w->error_code, "%s", sbuf_z(&w->error));
            sbuf_clear(&w->error);
            w->error_code = 0;
        }
    }
    return atomic_load(&code);
}

static int host_progress(sl_ctx *c, uint64_t done, uint64_t total)
{
    exec *x = of(c)->w->x;
    (void)done, (void)total;
    return exec_cancelled(x) || atomic_load_explicit(&x->stopping, memory_order_relaxed) ? SL_E_CANCEL : SL_OK;
}

static int host_put(sl_ctx *c, sl_io *io, const void *p, size_t n)
{
    sbuf err = { 0 };
    if (io && io->to)
        return sbuf_add(io->to, p, n), io->to->failed ? host_fail(c, SL_E_NOMEM, "out of memory") : SL_OK;
    if (!io || !io->out)
        return host_fail(c, SL_E_INTERNAL, "%s: no state is saved in this callback", state_of(c)->p->name);
    const int r = artifact_put(io->out, p, n, &err);
    if (r < 0)
        host_fail(c, r, "%s", err.n ? sbuf_z(&err) : "out of memory");
    sbuf_free(&err);
    return r;
}

static int host_get(sl_ctx *c, sl_io *io, void *p, size_t n)
{
    sbuf err = { 0 };
    if (io && io->from)
        return guard_get(c, io, p, n);
    if (!io || !io->in)
        return host_fail(c, SL_E_INTERNAL, "%s: no state is loaded in this callback", state_of(c)->p->name);
    const int r = artifact_get(io->in, p, n, &err);
    if (r < 0)
        host_fail(c, r, "%s", err.n ? sbuf_z(&err) : "out of memory");
    sbuf_free(&err);
    return r;
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
    if (c->phase == SL_FIT || !pass_of(of(c)->w->x, of(c)->stage)->official)
        return SL_OK; /* a later pass says it again */
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
        { "input", &exec_input_api }, { "json", &exec_json_api },   { "output", &output_api },
        { "report", &report_api },    { "spill", &exec_spill_api }, { "artifact", &exec_artifact_api },
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
