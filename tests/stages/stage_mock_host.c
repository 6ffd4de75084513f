/* What the mock lends a stage. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage_mock_inside.h"

pthread_mutex_t mock_lock = PTHREAD_MUTEX_INITIALIZER;

static mock_thread *of(sl_ctx *c) { return c->engine; }
mock *mock_of(sl_ctx *c) { return of(c)->run->m; }

static int vfail(mock *m, int code, const char *fmt, va_list ap)
{
    pthread_mutex_lock(&mock_lock);
    if (!*m->error) {
        vsnprintf(m->error, sizeof m->error, fmt, ap);
        m->code = code;
    }
    pthread_mutex_unlock(&mock_lock);
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
    if (code >= 0)
        abort(); /* a message is of a failure */
    va_start(ap, fmt);
    vfail(mock_of(c), code, fmt, ap);
    va_end(ap);
    return code;
}

static void host_log(sl_ctx *c, int level, const char *fmt, ...) { (void)c, (void)level, (void)fmt; }

static void *host_alloc(sl_ctx *c, const sl_batch *b, size_t size, size_t align)
{
    mock_box *x = b->engine;
    struct mock_lent *l = mock_alloc(mock_of(c), sizeof *l);
    (void)align; /* 64 is the most */
    *l = (struct mock_lent){ x->lent, mock_guarded(mock_of(c), size), size };
    x->lent = l;
    return l->p;
}

static int host_reserve(sl_ctx *c, uint64_t bytes)
{
    mock *m = mock_of(c);
    pthread_mutex_lock(&mock_lock);
    m->reserved = bytes;
    pthread_mutex_unlock(&mock_lock);
    return m->fault == F_RESERVE || bytes > m->budget ? SL_MORE : SL_OK;
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
    const sl_why none = { 0 };
    why = why ? why : &none;
    x->rejected[row] = true;
    pthread_mutex_lock(&mock_lock);
    if (m->n_rejects == m->cap_rejects) {
        m->cap_rejects = m->cap_rejects ? 2 * m->cap_rejects : 64;
        m->rejects = realloc(m->rejects, m->cap_rejects * sizeof *m->rejects);
        if (!m->rejects)
            abort();
    }
    m->rejects[m->n_rejects++] = (mock_reject){ .pos = x->pos[row],
                                                .partner = why->partner,
                                                .reason = of(c)->run->st->metric[metric],
                                                .metric = metric,
                                                .port = why->port,
                                                .value = why->value,
                                                .limit = why->limit };
    m->count[metric]++;
    pthread_mutex_unlock(&mock_lock);
}

static void host_count(sl_ctx *c, uint32_t metric, uint64_t n)
{
    pthread_mutex_lock(&mock_lock);
    mock_of(c)->count[metric] += n;
    pthread_mutex_unlock(&mock_lock);
}

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

/* ---- threads ---- */

typedef struct job {
    pthread_t thread;
    mock *m;
    uint32_t worker;
    size_t n, *next;
    int (*fn)(void *, uint32_t, size_t);
    void *u;
    int ret;
} job;

static void *work(void *u)
{
    job *j = u;
    while (j->ret >= 0) {
        pthread_mutex_lock(&mock_lock);
        const size_t i = (*j->next)++;
        pthread_mutex_unlock(&mock_lock);
        if (i >= j->n)
            break;
        j->ret = j->fn(j->u, j->worker, i);
    }
    return NULL;
}

int mock_parallel(mock *m, size_t n, int (*fn)(void *u, uint32_t worker, size_t i), void *u)
{
    job jobs[MOCK_WORKERS];
    size_t next = 0;
    int ret = SL_OK;
    for (uint32_t w = 0; w < m->workers; w++) {
        jobs[w] = (job){ .m = m, .worker = w, .n = n, .next = &next, .fn = fn, .u = u };
        if (pthread_create(&jobs[w].thread, NULL, work, &jobs[w]))
            abort();
    }
    for (uint32_t w = 0; w < m->workers; w++) {
        pthread_join(jobs[w].thread, NULL);
        ret = ret < 0 ? ret : jobs[w].ret;
    }
    return ret < 0 ? ret : SL_OK;
}

typedef struct range {
    sl_ctx *c;
    size_t n, grain;
    int (*fn)(sl_ctx *, void *, size_t, size_t);
    void *u;
} range;

static int call_range(void *u, uint32_t worker, size_t i)
{
    const range *r = u;
    const size_t lo = i * r->grain;
    mock_thread t;
    mock_thread_begin(&t, of(r->c)->run, worker, r->c->phase);
    return r->fn(&t.ctx, r->u, lo, r->grain < r->n - lo ? lo + r->grain : r->n);
}

static int host_parallel_for(sl_ctx *c, size_t n, size_t grain, int (*fn)(sl_ctx *, void *, size_t, size_t), void *u)
{
    const unsigned times = mock_of(c)->fault == F_PARALLEL_TWICE ? 2 : 1;
    range r = { c, n, grain, fn, u };
    if (mock_of(c)->threads)
        return mock_parallel(mock_of(c), (n + grain - 1) / grain, call_range, &r);
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
    return total && done > total ? mock_fail(mock_of(c), SL_E_INTERNAL, "the stage has done more than there is")
                                 : SL_OK;
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
    .service = mock_service,
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

sl_ctx *mock_ctx(mock *m)
{
    mock_run *r = mock_alloc(m, sizeof *r);
    mock_thread *t = mock_alloc(m, sizeof *t);
    *r = (mock_run){ .m = m };
    mock_thread_begin(t, r, 0, SL_FIT);
    return &t->ctx;
}
