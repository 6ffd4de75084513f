#include "mock_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static mock *of(sl_ctx *c) { return c->engine; }

static int mock_fail(sl_ctx *c, int code, const char *fmt, ...)
{
    va_list ap;
    assert_true(code < 0);
    pthread_mutex_lock(&lock);
    va_start(ap, fmt);
    vsnprintf(of(c)->message, sizeof(of(c)->message), fmt, ap);
    va_end(ap);
    pthread_mutex_unlock(&lock);
    return code;
}

static void mock_log(sl_ctx *c, int level, const char *fmt, ...)
{
    va_list ap;
    (void)level;
    pthread_mutex_lock(&lock);
    va_start(ap, fmt);
    vsnprintf(of(c)->log, sizeof(of(c)->log), fmt, ap);
    va_end(ap);
    pthread_mutex_unlock(&lock);
}

static int mock_reserve(sl_ctx *c, uint64_t bytes)
{
    of(c)->reserved = bytes;
    return bytes <= of(c)->budget ? SL_OK : SL_MORE;
}

static void mock_reject_row(sl_ctx *c, sl_batch *b, uint32_t row, uint32_t metric, const sl_why *why)
{
    mock *m = of(c);
    mock_reject r = { .pos = b->pos[row], .metric = metric };
    if (why) {
        r.partner = why->partner;
        r.port = why->port;
        snprintf(r.detail, sizeof(r.detail), "%.*s", (int)why->detail.n, why->detail.n ? why->detail.p : "");
    }
    pthread_mutex_lock(&lock);
    if ((m->n_rejects & (m->n_rejects - 1)) == 0) {
        m->rejects = realloc(m->rejects, (m->n_rejects ? m->n_rejects * 2 : 1) * sizeof(*m->rejects));
        assert_non_null(m->rejects);
    }
    m->rejects[m->n_rejects++] = r;
    pthread_mutex_unlock(&lock);
}

/* ---- memory ---- */

unsigned mock_allocations = UINT32_MAX;

static bool memory_ends(void)
{
    pthread_mutex_lock(&lock);
    const bool now = mock_allocations == 0 || (mock_allocations != UINT32_MAX && --mock_allocations == 0);
    pthread_mutex_unlock(&lock);
    return now;
}

void *mock_malloc(size_t size) { return memory_ends() ? NULL : malloc(size); }
void *mock_calloc(size_t n, size_t size) { return memory_ends() ? NULL : calloc(n, size); }
void *mock_realloc(void *p, size_t size) { return memory_ends() ? NULL : realloc(p, size); }

/* ---- threads ---- */

typedef struct job {
    mock *m;
    unsigned thread;
    size_t n, grain, *next;
    int (*fn)(sl_ctx *, void *, size_t, size_t);
    void *u;
    int ret;
} job;

static void *work(void *u)
{
    job *j = u;
    while (j->ret >= 0) {
        pthread_mutex_lock(&lock);
        const size_t lo = *j->next;
        *j->next += j->grain;
        pthread_mutex_unlock(&lock);
        if (lo >= j->n)
            break;
        j->ret = j->fn(&j->m->ctx[j->thread], j->u, lo, lo + j->grain < j->n ? lo + j->grain : j->n);
    }
    return NULL;
}

static int mock_parallel_for(sl_ctx *c, size_t n, size_t grain, int (*fn)(sl_ctx *, void *, size_t, size_t), void *u)
{
    pthread_t thread[MOCK_THREADS];
    job jobs[MOCK_THREADS];
    size_t next = 0;
    int ret = SL_OK;
    assert_true(grain > 0);
    for (unsigned t = 0; t < c->n_threads; t++) {
        jobs[t] = (job){ .m = of(c), .thread = t, .n = n, .grain = grain, .next = &next, .fn = fn, .u = u };
        assert_int_equal(pthread_create(&thread[t], NULL, work, &jobs[t]), 0);
    }
    for (unsigned t = 0; t < c->n_threads; t++) {
        pthread_join(thread[t], NULL);
        ret = jobs[t].ret < 0 ? jobs[t].ret : ret;
    }
    return ret;
}

static int mock_progress(sl_ctx *c, uint64_t done, uint64_t total)
{
    (void)c;
    assert_true(total == 0 || done <= total);
    return SL_OK;
}

/* ---- the whole ---- */

void mock_init(mock *m)
{
    *m = (mock){ .budget = UINT64_MAX, .calls = UINT32_MAX };
    m->host = (sl_host){
        .struct_size = sizeof(m->host),
        .fail = mock_fail,
        .log = mock_log,
        .alloc = mock_alloc,
        .reserve = mock_reserve,
        .reject = mock_reject_row,
        .parallel_for = mock_parallel_for,
        .progress = mock_progress,
        .put = mock_put,
        .get = mock_get,
        .service = mock_service,
    };
    for (unsigned t = 0; t < MOCK_THREADS; t++)
        m->ctx[t] = (sl_ctx){ .host = &m->host, .engine = m, .thread = t, .n_threads = MOCK_THREADS };
}

void mock_free(mock *m) { free(m->rejects); }

static int by_pos(const void *a, const void *b)
{
    const mock_reject *x = a, *y = b;
    return (x->pos > y->pos) - (x->pos < y->pos);
}

void mock_sort_rejects(mock *m)
{
    if (m->n_rejects)
        qsort(m->rejects, m->n_rejects, sizeof(*m->rejects), by_pos);
}
