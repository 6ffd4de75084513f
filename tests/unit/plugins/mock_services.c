#include "mock_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "sluice/service_artifact.h"
#include "sluice/service_json.h"
#include "sluice/service_report.h"

/* cmocka has a macro of the name `fail`, hence (c->host->fail)(…). */
static mock *of(sl_ctx *c) { return c->engine; }

/* ---- states ---- */

int mock_put(sl_ctx *c, sl_io *io, const void *p, size_t n)
{
    (void)c;
    if (io->cap - io->n < n) {
        io->cap = (io->n + n) * 2;
        io->p = realloc(io->p, io->cap);
        assert_non_null(io->p);
    }
    if (n)
        memcpy(io->p + io->n, p, n);
    io->n += n;
    return SL_OK;
}

int mock_get(sl_ctx *c, sl_io *io, void *p, size_t n)
{
    if (io->at == io->n && n)
        return SL_END;
    if (io->n - io->at < n)
        return (c->host->fail)(c, SL_E_STATE, "the state is cut");
    memcpy(p, io->p + io->at, n);
    io->at += n;
    return SL_OK;
}

void mock_io_free(sl_io *io)
{
    free(io->p);
    *io = (sl_io){ 0 };
}

static uint64_t artifact_left(sl_ctx *c, sl_io *io)
{
    (void)c;
    return io->n - io->at;
}

static int artifact_map(sl_ctx *c, sl_io *io, uint64_t n, const void **p)
{
    if (io->n - io->at < n)
        return (c->host->fail)(c, SL_E_STATE, "the state is cut");
    *p = io->p + io->at;
    io->at += n;
    return SL_OK;
}

/* ---- spills: an array a partition ---- */

typedef struct part {
    pthread_mutex_t lock;
    unsigned char *v;
    size_t n, cap;
    bool sorted;
} part;
struct sl_spill {
    uint32_t n_parts, size;
    bool given; /* sorted or saved: nothing may be added */
    part part[];
};

static bool fails(sl_ctx *c)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    mock *m = of(c);
    pthread_mutex_lock(&lock);
    const bool now = m->calls == 0 || (m->calls != UINT32_MAX && --m->calls == 0);
    pthread_mutex_unlock(&lock);
    return now;
}

static int spill_open(sl_ctx *c, uint32_t partitions, uint32_t record_size, uint32_t key_size, sl_spill **out)
{
    assert_in_range(partitions, 1, 65536);
    assert_in_range(key_size, 1, record_size);
    if (fails(c))
        return (c->host->fail)(c, SL_E_NOMEM, "out of memory");
    sl_spill *s = calloc(1, sizeof(*s) + partitions * sizeof(part));
    assert_non_null(s);
    s->n_parts = partitions;
    s->size = record_size;
    for (uint32_t p = 0; p < partitions; p++)
        pthread_mutex_init(&s->part[p].lock, NULL);
    *out = s;
    return SL_OK;
}

static int spill_add(sl_ctx *c, sl_spill *s, uint32_t partition, const void *records, size_t n)
{
    assert_true(partition < s->n_parts && n > 0 && !s->given);
    part *to = &s->part[partition];
    if (fails(c))
        return (c->host->fail)(c, SL_E_IO, "no space left");
    pthread_mutex_lock(&to->lock);
    if (to->cap - to->n < n) {
        to->cap = (to->n + n) * 2;
        to->v = realloc(to->v, to->cap * s->size);
        assert_non_null(to->v);
    }
    memcpy(to->v + to->n * s->size, records, n * s->size);
    to->n += n;
    pthread_mutex_unlock(&to->lock);
    return SL_OK;
}

static int compare(const void *a, const void *b, void *size) { return memcmp(a, b, *(const uint32_t *)size); }

static void sort(sl_spill *s, part *p)
{
    __atomic_store_n(&s->given, true, __ATOMIC_RELAXED);
    if (!p->sorted && p->n)
        qsort_r(p->v, p->n, s->size, compare, &s->size);
    p->sorted = true;
}

/* In pieces of 1, 2, 3 … records. */
static int spill_sorted(sl_ctx *c, sl_spill *s, uint32_t partition, int (*fn)(sl_ctx *, void *, const void *, size_t),
                        void *u)
{
    assert_true(partition < s->n_parts);
    part *p = &s->part[partition];
    if (fails(c))
        return (c->host->fail)(c, SL_E_IO, "a run is damaged");
    sort(s, p);
    for (size_t at = 0, piece = 1; at < p->n; at += piece++) {
        const int ret = fn(c, u, p->v + at * s->size, p->n - at < piece ? p->n - at : piece);
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

static uint64_t spill_count(sl_ctx *c, sl_spill *s, uint32_t partition)
{
    (void)c;
    assert_true(partition < s->n_parts);
    return s->part[partition].n;
}

static int spill_save(sl_ctx *c, sl_spill *s, sl_io *io)
{
    const uint64_t shape[2] = { s->n_parts, s->size };
    mock_put(c, io, shape, sizeof(shape));
    for (uint32_t p = 0; p < s->n_parts; p++) {
        const uint64_t n = s->part[p].n;
        sort(s, &s->part[p]);
        mock_put(c, io, &n, sizeof(n));
        mock_put(c, io, s->part[p].v, n * s->size);
    }
    return SL_OK;
}

static int spill_load(sl_ctx *c, sl_spill *s, sl_io *io)
{
    uint64_t shape[2], n = 0;
    if (mock_get(c, io, shape, sizeof(shape)) != SL_OK || shape[0] != s->n_parts || shape[1] != s->size)
        return (c->host->fail)(c, SL_E_STATE, "a spill of another shape");
    for (uint32_t p = 0; p < s->n_parts; p++) {
        if (mock_get(c, io, &n, sizeof(n)) != SL_OK || n > (io->n - io->at) / s->size)
            return (c->host->fail)(c, SL_E_STATE, "a spill that is cut");
        if (n)
            spill_add(c, s, p, io->p + io->at, n);
        io->at += n * s->size;
    }
    return SL_OK;
}

static void spill_close(sl_ctx *c, sl_spill *s)
{
    (void)c;
    for (uint32_t p = 0; s && p < s->n_parts; p++)
        free(s->part[p].v);
    free(s);
}

/* ---- the others ---- */

static int report_table(sl_ctx *c, const char *title, const char *rows)
{
    mock *m = of(c);
    const size_t n = strlen(m->tables);
    snprintf(m->tables + n, sizeof(m->tables) - n, "%s %s\n", title, rows);
    return SL_OK;
}

/* Strings without escapes but \n and \u00XX, numbers, booleans, null. */
static int json_convert(sl_ctx *c, const sl_batch *b, sl_str json, sl_column *to, uint32_t row)
{
    char text[64];
    snprintf(text, sizeof(text), "%.*s", (int)json.n, json.p);
    if (!strcmp(text, "null")) {
        sl_set_null(to, row);
        return SL_JSON_OK;
    }
    if (to->type == SL_T_F64) {
        char *end;
        ((double *)to->data)[row] = strtod(text, &end);
        return *end || end == text ? SL_JSON_WRONG_TYPE : SL_JSON_OK;
    }
    assert_int_equal(to->type, SL_T_STR);
    if (text[0] != '"')
        return SL_JSON_WRONG_TYPE;
    char *out = mock_alloc(c, b, json.n, 1);
    uint32_t n = 0;
    for (const char *p = text + 1; *p != '"'; p++) {
        if (*p == '\\' && p[1] == 'u') {
            out[n++] = (char)strtol((char[]){ p[4], p[5], 0 }, NULL, 16);
            p += 5;
        } else if (*p == '\\') {
            out[n++] = *++p == 'n' ? '\n' : *p;
        } else {
            out[n++] = *p;
        }
    }
    ((sl_str *)to->data)[row] = (sl_str){ .p = out, .n = n };
    return SL_JSON_OK;
}

static int json_value(sl_ctx *c, const sl_batch *b, const sl_column *column, uint32_t row, sl_str *json)
{
    char *text = mock_alloc(c, b, 32, 1);
    const int n = snprintf(text, 32, "%.15g", sl_number(column, row));
    *json = (sl_str){ .p = text, .n = (uint32_t)n };
    return SL_OK;
}

const void *mock_service(sl_ctx *c, const char *name, uint32_t version)
{
    static const sl_spill_api spill = { sizeof(spill), 1,          spill_open, spill_add,  spill_sorted,
                                        spill_count,   spill_save, spill_load, spill_close };
    static const sl_artifact_api artifact = { sizeof(artifact), 1, artifact_map, artifact_left };
    static const sl_report_api report = { sizeof(report), 1, report_table };
    static const sl_json_api json = {
        .struct_size = sizeof(json), .version = 1, .convert = json_convert, .value = json_value
    };
    (void)c;
    assert_int_equal(version, 1);
    return !strcmp(name, "spill")      ? (const void *)&spill
           : !strcmp(name, "artifact") ? (const void *)&artifact
           : !strcmp(name, "report")   ? (const void *)&report
           : !strcmp(name, "json")     ? (const void *)&json
                                       : NULL;
}
