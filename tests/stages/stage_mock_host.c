/* What the mock lends a stage. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/json.h"
#include "stage_mock_inside.h"
#include "sluice/service_json.h"

static mock_thread *of(sl_ctx *c) { return c->engine; }
static mock *mock_of(sl_ctx *c) { return of(c)->run->m; }

static int vfail(mock *m, int code, const char *fmt, va_list ap)
{
    if (!*m->error) {
        vsnprintf(m->error, sizeof m->error, fmt, ap);
        m->code = code;
    }
    return code;
}

int mock_fail(mock *m, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfail(m, code, fmt, ap);
    va_end(ap);
    return code;
}

static int host_fail(sl_ctx *c, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vfail(mock_of(c), code, fmt, ap);
    va_end(ap);
    return code;
}

static void host_log(sl_ctx *c, int level, const char *fmt, ...) { (void)c, (void)level, (void)fmt; }

static void *host_alloc(sl_ctx *c, const sl_batch *b, size_t size, size_t align)
{
    (void)b;
    char *p = mock_alloc(mock_of(c), size + 64 + align);
    return p + (align - (uintptr_t)p % align) % align;
}

static int host_reserve(sl_ctx *c, uint64_t bytes)
{
    return mock_of(c)->fault == F_RESERVE || bytes > 1u << 24 ? SL_MORE : SL_OK;
}

static void host_reject(sl_ctx *c, sl_batch *b, uint32_t row, uint32_t metric, const sl_why *why)
{
    mock *m = mock_of(c);
    mock_box *x = b->engine;
    if (c->phase == SL_FIT) {
        mock_fail(m, SL_E_INTERNAL, "the stage rejected in fit");
        return;
    }
    if (row >= b->n_rows || x->rejected[row])
        return;
    x->rejected[row] = true;
    mock_reject *v = realloc(m->rejects, (m->n_rejects + 1) * sizeof *v);
    if (!v)
        abort();
    m->rejects = v;
    v[m->n_rejects++] =
        (mock_reject){ x->pos[row], of(c)->run->st->metric[metric], why ? why->value : 0, why ? why->limit : 0 };
    m->count[metric]++;
}

static void host_count(sl_ctx *c, uint32_t metric, uint64_t n) { mock_of(c)->count[metric] += n; }

static void host_observe(sl_ctx *c, const sl_batch *b, uint32_t row, uint32_t metric, double value)
{
    (void)c, (void)b, (void)row, (void)metric, (void)value;
}

/* pos and key of a row of `out` that was cut from a row of `in`, or of a document that was. */
static void name_child(mock_thread *t, mock_box *out, uint32_t n, const mock_box *in, uint32_t row, uint64_t nth)
{
    const mock_fault fault = t->run->m->fault;
    if (nth == SL_WHOLE_DOC) {
        out->pos[n] = in->parent[row] + (fault == F_WHOLE_POS);
        out->key[n] = in->parent_key[row] + (fault == F_WHOLE_KEY);
        return;
    }
    out->pos[n] = t->split << 32 | ++t->ordinal;
    out->key[n] = fault == F_KEY_OF_PARENT ? in->key[row] : sl_random(5, in->key[row], fault == F_KEY_TWICE ? 0 : nth);
    out->parent[n] = fault == F_NO_PARENT ? 0 : in->pos[row];
    out->parent_key[n] = in->key[row];
    out->b.parent = out->parent;
}

static int host_add(sl_ctx *c, sl_batch *out, const sl_batch *in, uint32_t row, uint64_t nth, uint32_t *new_row)
{
    mock_thread *t = of(c);
    mock *m = mock_of(c);
    mock_box *x = out->engine, *from = in ? in->engine : NULL;
    if (!x->fill)
        return mock_fail(m, SL_E_INTERNAL, "the stage added a row to a batch that is not its out");
    if (out->n_rows >= x->cap)
        return mock_fail(m, SL_E_INTERNAL, "the stage added a row to a full batch");
    if (from && (from != t->in || row >= in->n_rows))
        return mock_fail(m, SL_E_INTERNAL, "the stage added a row from a row that is not there");
    if (nth == SL_WHOLE_DOC && (!from || !from->parent[row]))
        return mock_fail(m, SL_E_INTERNAL, "the stage asked for the whole of a document that was not cut");
    const uint32_t n = *new_row = box_add(x, from, row);
    if (from) {
        name_child(t, x, n, from, row, nth);
    } else {
        x->pos[n] = t->split << 32 | ++t->ordinal;
        x->key[n] = sl_random(t->split, nth, 9);
    }
    for (uint32_t i = 0; from && i < n && nth != SL_WHOLE_DOC; i++)
        if (x->key[i] == x->key[n] && m->fault != F_KEY_TWICE)
            return mock_fail(m, SL_E_INTERNAL, "the stage gave two children one number");
    return out->n_rows + (m->fault == F_MORE_EARLY) >= x->cap ? SL_MORE : SL_OK;
}

static int host_parallel_for(sl_ctx *c, size_t n, size_t grain, int (*fn)(sl_ctx *, void *, size_t, size_t), void *u)
{
    const unsigned times = mock_of(c)->fault == F_PARALLEL_TWICE ? 2 : 1;
    for (unsigned k = 0; k < times; k++)
        for (size_t lo = 0; lo < n; lo += grain) {
            const int ret = fn(c, u, lo, grain < n - lo ? lo + grain : n);
            if (ret < 0)
                return ret;
        }
    return SL_OK;
}

static int host_progress(sl_ctx *c, uint64_t done, uint64_t total)
{
    (void)c, (void)done, (void)total;
    return SL_OK;
}

static int host_put(sl_ctx *c, sl_io *io, const void *p, size_t n)
{
    if (!io || !io->out)
        return mock_fail(mock_of(c), SL_E_INTERNAL, "no state is saved here");
    sbuf_add(io->out, p, n);
    return io->out->failed ? SL_E_NOMEM : SL_OK;
}

static int host_get(sl_ctx *c, sl_io *io, void *p, size_t n)
{
    const mock_fault fault = mock_of(c)->fault;
    if (!io || !io->in)
        return mock_fail(mock_of(c), SL_E_INTERNAL, "no state is loaded here");
    const size_t left = io->in->n - io->at;
    if (n && !left && fault != F_GET_NO_END)
        return SL_END;
    if (n > left && fault != F_GET_NO_END)
        return mock_fail(mock_of(c), SL_E_STATE, "the state ends too early");
    memcpy(p, io->in->p + io->at, n < left ? n : left);
    if (fault == F_GET_OTHER && io->at > 1000)
        *(unsigned char *)p ^= 1;
    io->at += n < left ? n : left;
    return SL_OK;
}

/* ---- service "json": as much of it as stages that look at values need ---- */

static int json_api_convert(sl_ctx *c, const sl_batch *b, sl_str json, sl_column *col, uint32_t row)
{
    arena mem;
    json_cell cell;
    (void)c, (void)b;
    arena_init(&mem, 0);
    const json_state s = json_convert(json.p, json.n, col->type, &mem, &cell);
    if (s == CELL_OK) {
        memcpy((char *)col->data + row * cell_size(col->type), &cell.v, cell_size(col->type));
        sl_set_valid(col, row);
    } else {
        sl_set_null(col, row);
    }
    arena_free(&mem);
    return s == CELL_WRONG_TYPE ? SL_JSON_WRONG_TYPE : SL_JSON_OK;
}

static const void *host_service(sl_ctx *c, const char *name, uint32_t version)
{
    static const sl_json_api json = { .struct_size = sizeof json, .version = 1, .convert = json_api_convert };
    (void)c;
    return version == 1 && !strcmp(name, "json") ? &json : NULL;
}

static const sl_host host = {
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

void mock_thread_begin(mock_thread *t, mock_run *r, uint32_t worker, uint32_t phase)
{
    const mock *m = r->m;
    *t = (mock_thread){ .run = r };
    t->ctx = (sl_ctx){ .host = &host,
                       .engine = t,
                       .seed = m->seed,
                       .thread = worker,
                       .n_threads = m->workers,
                       .phase = phase,
                       .round = phase == SL_FIT ? (uint32_t)r->round : 0 };
}
