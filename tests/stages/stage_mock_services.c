/* The services that the mock lends: arrays for spills, a saved state in memory, tables as text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/json.h"
#include "stage_mock_inside.h"
#include "sluice/service_artifact.h"
#include "sluice/service_json.h"
#include "sluice/service_report.h"
#include "sluice/service_spill.h"

/* A stage that calls a service as it must not. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

/* ---- memory that runs out ---- */

unsigned mock_allocations = UINT32_MAX;

static bool memory_ends(void)
{
    pthread_mutex_lock(&mock_lock);
    const bool now = mock_allocations == 0 || (mock_allocations != UINT32_MAX && --mock_allocations == 0);
    pthread_mutex_unlock(&mock_lock);
    return now;
}

void *mock_malloc(size_t n) { return memory_ends() ? NULL : malloc(n); }
void *mock_calloc(size_t n, size_t size) { return memory_ends() ? NULL : calloc(n, size); }
void *mock_realloc(void *p, size_t n) { return memory_ends() ? NULL : realloc(p, n); }

/* ---- states ---- */

static size_t left(const sl_io *io) { return io->in->n - io->at; }
static uint64_t artifact_left(sl_ctx *c, sl_io *io) { return (void)c, left(io); }

static int artifact_map(sl_ctx *c, sl_io *io, uint64_t n, const void **p)
{
    if (left(io) < n)
        return c->host->fail(c, SL_E_STATE, "the state ends too early");
    *p = io->in->p + io->at;
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
    mock *m = mock_of(c);
    pthread_mutex_lock(&mock_lock);
    const bool now = m->calls == 0 || (m->calls != UINT32_MAX && --m->calls == 0);
    pthread_mutex_unlock(&mock_lock);
    return now;
}

static int spill_open(sl_ctx *c, uint32_t partitions, uint32_t record_size, uint32_t key_size, sl_spill **out)
{
    must(partitions >= 1 && partitions <= 65536 && key_size >= 1 && key_size <= record_size);
    if (fails(c))
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    sl_spill *s = calloc(1, sizeof(*s) + partitions * sizeof(part));
    must(s);
    s->n_parts = partitions;
    s->size = record_size;
    for (uint32_t p = 0; p < partitions; p++)
        pthread_mutex_init(&s->part[p].lock, NULL);
    *out = s;
    return SL_OK;
}

static int spill_add(sl_ctx *c, sl_spill *s, uint32_t partition, const void *records, size_t n)
{
    must(partition < s->n_parts && n > 0 && !s->given);
    part *to = &s->part[partition];
    if (fails(c))
        return c->host->fail(c, SL_E_IO, "no space left");
    pthread_mutex_lock(&to->lock);
    if (to->cap - to->n < n) {
        to->cap = (to->n + n) * 2;
        to->v = realloc(to->v, to->cap * s->size);
        must(to->v);
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
    must(partition < s->n_parts);
    part *p = &s->part[partition];
    if (fails(c))
        return c->host->fail(c, SL_E_IO, "a run is damaged");
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
    must(partition < s->n_parts);
    return s->part[partition].n;
}

static int spill_save(sl_ctx *c, sl_spill *s, sl_io *io)
{
    const uint64_t shape[2] = { s->n_parts, s->size };
    c->host->put(c, io, shape, sizeof(shape));
    for (uint32_t p = 0; p < s->n_parts; p++) {
        const uint64_t n = s->part[p].n;
        sort(s, &s->part[p]);
        c->host->put(c, io, &n, sizeof(n));
        c->host->put(c, io, s->part[p].v, n * s->size);
    }
    return SL_OK;
}

static int spill_load(sl_ctx *c, sl_spill *s, sl_io *io)
{
    uint64_t shape[2], n = 0;
    if (c->host->get(c, io, shape, sizeof(shape)) != SL_OK || shape[0] != s->n_parts || shape[1] != s->size)
        return c->host->fail(c, SL_E_STATE, "a spill of another shape");
    for (uint32_t p = 0; p < s->n_parts; p++) {
        if (c->host->get(c, io, &n, sizeof(n)) != SL_OK || n > left(io) / s->size)
            return c->host->fail(c, SL_E_STATE, "a spill that is cut");
        if (n)
            spill_add(c, s, p, io->in->p + io->at, n);
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
    mock *m = mock_of(c);
    const size_t n = strlen(m->tables);
    snprintf(m->tables + n, sizeof m->tables - n, "%s %s\n", title, rows);
    return SL_OK;
}

static sl_str copy(mock *m, const char *p, size_t n)
{
    char *to = mock_alloc(m, n + 64);
    if (n)
        memcpy(to, p, n);
    return (sl_str){ to, (uint32_t)n, 0 };
}

static int json_convert_(sl_ctx *c, const sl_batch *b, sl_str json, sl_column *col, uint32_t row)
{
    arena mem;
    json_cell cell;
    (void)b;
    arena_init(&mem, 0);
    const json_state s = json_convert(json.p, json.n, col->type, &mem, &cell);
    if (s == CELL_OK) {
        if (col->type == SL_T_STR || col->type == SL_T_JSON)
            cell.v.str = copy(mock_of(c), cell.v.str.p, cell.v.str.n);
        memcpy((char *)col->data + row * cell_size(col->type), &cell.v, cell_size(col->type));
        sl_set_valid(col, row);
    } else {
        sl_set_null(col, row);
    }
    arena_free(&mem);
    return s == CELL_WRONG_TYPE ? SL_JSON_WRONG_TYPE : SL_JSON_OK;
}

static int json_value(sl_ctx *c, const sl_batch *b, const sl_column *col, uint32_t row, sl_str *json)
{
    sbuf text = { 0 };
    (void)b;
    json_column_value(col, row, &text);
    must(!text.failed);
    *json = copy(mock_of(c), text.p, text.n);
    sbuf_free(&text);
    return SL_OK;
}

const void *mock_service(sl_ctx *c, const char *name, uint32_t version)
{
    static const sl_spill_api spill = { sizeof spill, 1,          spill_open, spill_add,  spill_sorted,
                                        spill_count,  spill_save, spill_load, spill_close };
    static const sl_artifact_api artifact = { sizeof artifact, 1, artifact_map, artifact_left };
    static const sl_report_api report = { sizeof report, 1, report_table };
    static const sl_json_api json = {
        .struct_size = sizeof json, .version = 1, .convert = json_convert_, .value = json_value
    };
    (void)c;
    return version != 1                ? NULL
           : !strcmp(name, "spill")    ? (const void *)&spill
           : !strcmp(name, "artifact") ? (const void *)&artifact
           : !strcmp(name, "report")   ? (const void *)&report
           : !strcmp(name, "json")     ? (const void *)&json
                                       : NULL;
}
