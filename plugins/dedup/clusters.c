#include "clusters.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "scatter.h"

enum {
    HASH = 16,          /* bytes of identity in front of a record */
    RANGES = 64,        /* of pos, in which decisions are sorted */
    FEW = 1 << 16,      /* documents that need no ranges */
    SAMPLE = 8192,      /* of pos, to cut them evenly */
    STOP = SL_E_CANCEL, /* what a callback answers that has seen enough */
};

typedef struct finder {
    gathered *in;
    sl_spill *decisions; /* victims, in ranges of pos */
    uint64_t borders[RANGES - 1];
    uint32_t n_borders, slice;
    tally tallies[SCATTER_PARTITIONS];
    atomic_uint_fast64_t done;
} finder;

/* A document of the index. */
typedef struct known {
    unsigned char hash[HASH];
    uint64_t pos;
} known;

/* One partition on one thread. An index that is larger than a slice is gone through slice by slice, each with the
 * documents whose identity lies between its first and its last. */
typedef struct search {
    const finder *f;
    uint32_t partition, record_size;
    known *index;
    uint32_t n_index, at_index;
    bool from, to; /* are there bounds of the slice? */
    bool stopped;
    unsigned char after[HASH], upto[HASH];
    unsigned char last[8 * SCATTER_WORDS];
    uint64_t survivor, size; /* of the cluster that is being read; size 0: there is none */
    scatter out;
    tally *sum;
} search;

static uint64_t big_at(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return sl_big(v);
}

static uint64_t pos_of(const unsigned char *record, uint32_t record_size) { return big_at(record + record_size - 8); }

static bool same_hash(const unsigned char *a, const unsigned char *b)
{
    return big_at(a) == big_at(b) && big_at(a + 8) == big_at(b + 8);
}

/* ---- the index ---- */

static int take_known(sl_ctx *c, void *u, const void *records, size_t n)
{
    (void)c;
    search *q = u;
    const unsigned char *record = records;
    for (size_t i = 0; i < n; i++, record += q->record_size) {
        if (q->from && memcmp(record, q->after, HASH) <= 0)
            continue;
        if (q->n_index && same_hash(q->index[q->n_index - 1].hash, record))
            continue;
        if (q->n_index == q->f->slice) {
            q->to = true;
            memcpy(q->upto, q->index[q->n_index - 1].hash, HASH);
            q->stopped = true;
            return STOP;
        }
        known *k = &q->index[q->n_index++];
        memcpy(k->hash, record, HASH);
        k->pos = pos_of(record, q->record_size);
    }
    return SL_OK;
}

/* Does it stand in the slice? Asked in ascending order. */
static bool find_known(search *q, const unsigned char *hash, uint64_t *pos)
{
    while (q->at_index < q->n_index && memcmp(q->index[q->at_index].hash, hash, HASH) < 0)
        q->at_index++;
    if (q->at_index == q->n_index || !same_hash(q->index[q->at_index].hash, hash))
        return false;
    *pos = q->index[q->at_index].pos;
    return true;
}

/* ---- clusters ---- */

static const struct {
    const char *name;
    uint64_t upto;
} sizes[CLUSTER_SIZES] = {
    { "1", 1 },        { "2", 2 },           { "3-5", 5 },           { "6-10", 10 },
    { "11-100", 100 }, { "101-1000", 1000 }, { "more", UINT64_MAX },
};
const char *cluster_size_name(unsigned i) { return sizes[i].name; }

static void end_cluster(search *q)
{
    tally *t = q->sum;
    unsigned bin = 0;
    if (!q->size)
        return;
    while (q->size > sizes[bin].upto)
        bin++;
    t->clusters[bin]++;
    t->documents[bin] += q->size;
    if (q->survivor & IN_INDEX)
        t->index_documents += q->size;
    t->largest = q->size > t->largest ? q->size : t->largest;
    q->size = 0;
}

static unsigned range_of(const finder *f, uint64_t pos)
{
    unsigned lo = 0, hi = f->n_borders;
    while (lo < hi) {
        const unsigned mid = (lo + hi) / 2;
        if (f->borders[mid] <= pos)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int decide(sl_ctx *c, search *q, uint64_t pos)
{
    const victim v = { .pos = sl_big(pos), .survivor = sl_big(q->survivor) };
    memcpy(scatter_room(&q->out), &v, sizeof(v));
    scatter_take(&q->out, (uint8_t)range_of(q->f, pos));
    return scatter_full(&q->out) ? scatter_flush(c, &q->out, q->f->in->api, q->f->decisions) : SL_OK;
}

static int take_document(sl_ctx *c, search *q, const unsigned char *record)
{
    const uint64_t pos = pos_of(record, q->record_size);
    if (q->size && same_hash(q->last, record)) {
        if (!memcmp(q->last, record, q->record_size))
            return c->host->fail(c, SL_E_STATE, "document %llu:%llu was gathered twice: a part was loaded twice",
                                 (unsigned long long)(pos >> 32), (unsigned long long)(pos & UINT32_MAX));
        memcpy(q->last, record, q->record_size);
        q->size++;
        return decide(c, q, pos);
    }
    uint64_t earlier;
    end_cluster(q);
    memcpy(q->last, record, q->record_size);
    q->size = 1;
    if (find_known(q, record, &earlier)) {
        q->survivor = earlier | IN_INDEX;
        return decide(c, q, pos);
    }
    q->survivor = pos;
    return SL_OK;
}

static int take_documents(sl_ctx *c, void *u, const void *records, size_t n)
{
    search *q = u;
    const unsigned char *record = records;
    for (size_t i = 0; i < n; i++, record += q->record_size) {
        if (q->from && memcmp(record, q->after, HASH) <= 0)
            continue;
        if (q->to && memcmp(record, q->upto, HASH) > 0) {
            q->stopped = true;
            return STOP;
        }
        const int ret = take_document(c, q, record);
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}

/* All of a partition, up to where q->stopped says that a callback had seen enough. */
static int walk(sl_ctx *c, search *q, sl_spill *from, int (*take)(sl_ctx *, void *, const void *, size_t))
{
    q->stopped = false;
    const int ret = q->f->in->api->sorted(c, from, q->partition, take, q);
    return ret < 0 && !q->stopped ? ret : SL_OK;
}

static int search_partition(sl_ctx *c, search *q)
{
    const gathered *in = q->f->in;
    do {
        q->n_index = q->at_index = 0;
        q->to = false;
        int ret = q->index ? walk(c, q, in->index, take_known) : SL_OK;
        if (ret >= 0)
            ret = walk(c, q, in->documents, take_documents);
        if (ret < 0)
            return ret;
        end_cluster(q);
        memcpy(q->after, q->upto, HASH);
        q->from = true;
    } while (q->to);
    return scatter_flush(c, &q->out, in->api, q->f->decisions);
}

static int search_partitions(sl_ctx *c, void *u, size_t lo, size_t hi)
{
    finder *f = u;
    int ret = SL_OK;
    for (size_t p = lo; p < hi && ret >= 0; p++) {
        const uint64_t known_here = f->in->api->count(c, f->in->index, (uint32_t)p);
        const uint64_t slice = known_here < f->slice ? known_here : f->slice;
        search *q = calloc(1, sizeof(*q));
        known *index = slice ? malloc(slice * sizeof(*index)) : NULL;
        if (!q || (slice && !index)) {
            ret = c->host->fail(c, SL_E_NOMEM, "out of memory");
        } else {
            q->f = f;
            q->partition = (uint32_t)p;
            q->record_size = f->in->record_size;
            q->index = index;
            q->out.words = sizeof(victim) / 8;
            q->sum = &f->tallies[p];
            ret = search_partition(c, q);
        }
        free(index);
        free(q);
        if (ret >= 0)
            ret = c->host->progress(c, atomic_fetch_add(&f->done, 1) + 1, SCATTER_PARTITIONS + RANGES);
    }
    return ret;
}

/* ---- ranges of pos ---- */

typedef struct sample {
    uint64_t *v, n, stride, seen;
    uint32_t record_size;
} sample;

static int take_sample(sl_ctx *c, void *u, const void *records, size_t n)
{
    (void)c;
    sample *s = u;
    for (size_t i = 0; i < n; i++)
        if (s->seen++ % s->stride == 0 && s->n < 2 * SAMPLE)
            s->v[s->n++] = pos_of((const unsigned char *)records + i * s->record_size, s->record_size);
    return SL_OK;
}

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Identities are random, so the first partitions are a fair sample of pos. Where the borders lie changes nothing but
 * how evenly the threads are loaded. */
static int find_borders(sl_ctx *c, finder *f)
{
    const gathered *in = f->in;
    sample s = { .record_size = in->record_size };
    uint64_t total = 0;
    int ret = SL_OK;
    for (uint32_t p = 0; p < SCATTER_PARTITIONS; p++)
        total += in->api->count(c, in->documents, p);
    if (total < FEW)
        return SL_OK;
    s.v = malloc(2 * SAMPLE * sizeof(*s.v));
    if (!s.v)
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    for (uint32_t p = 0; p < SCATTER_PARTITIONS && s.n < SAMPLE && ret >= 0; p++) {
        s.stride = in->api->count(c, in->documents, p) / SAMPLE + 1;
        s.seen = 0;
        ret = in->api->sorted(c, in->documents, p, take_sample, &s);
    }
    qsort(s.v, s.n, sizeof(*s.v), ascending);
    for (unsigned k = 1; k < RANGES && s.n; k++)
        f->borders[f->n_borders++] = s.v[k * s.n / RANGES];
    free(s.v);
    return ret;
}

typedef struct filling {
    finder *f;
    victim *v;
    uint64_t start[RANGES + 1];
} filling;
typedef struct place {
    victim *at, *end;
} place;

static int take_decisions(sl_ctx *c, void *u, const void *records, size_t n)
{
    place *to = u;
    if (n > (size_t)(to->end - to->at))
        return c->host->fail(c, SL_E_INTERNAL, "a spill gives back more than it counted");
    memcpy(to->at, records, n * sizeof(victim));
    to->at += n;
    return SL_OK;
}

static int fill_ranges(sl_ctx *c, void *u, size_t lo, size_t hi)
{
    filling *w = u;
    const finder *f = w->f;
    int ret = SL_OK;
    for (size_t r = lo; r < hi && ret >= 0; r++) {
        place to = { w->v + w->start[r], w->v + w->start[r + 1] };
        ret = f->in->api->sorted(c, f->decisions, (uint32_t)r, take_decisions, &to);
        if (ret >= 0)
            ret = c->host->progress(c, atomic_fetch_add(&w->f->done, 1) + 1, SCATTER_PARTITIONS + RANGES);
    }
    return ret;
}

static int fill(sl_ctx *c, finder *f, victims *out)
{
    filling w = { .f = f };
    for (uint32_t r = 0; r < RANGES; r++)
        w.start[r + 1] = w.start[r] + f->in->api->count(c, f->decisions, r);
    out->n = w.start[RANGES];
    if (!out->n)
        return SL_OK;
    int ret = c->host->reserve(c, out->n * sizeof(*out->own)); /* needed in whole, granted or not */
    if (ret < 0)
        return ret;
    out->v = out->own = w.v = malloc(out->n * sizeof(*out->own));
    if (!w.v) {
        const uint64_t n = out->n;
        out->n = 0;
        return c->host->fail(c, SL_E_NOMEM, "out of memory for %llu duplicates", (unsigned long long)n);
    }
    ret = c->host->parallel_for(c, RANGES, 1, fill_ranges, &w);
    const char *wrong = ret >= 0 ? victims_check(out) : NULL;
    return wrong ? c->host->fail(c, SL_E_STATE, "what was gathered is damaged: %s", wrong) : ret;
}

/* ---- the whole ---- */

/* How much of the index a thread looks at together: all that a partition has of it, if the engine grants that. */
static int grant_slice(sl_ctx *c, finder *f)
{
    const gathered *in = f->in;
    uint64_t most = 0;
    for (uint32_t p = 0; p < SCATTER_PARTITIONS; p++) {
        const uint64_t n = in->api->count(c, in->index, p);
        most = n > most ? n : most;
    }
    f->slice = most < in->most_slice ? (uint32_t)most : in->most_slice;
    int ret = SL_OK;
    while (f->slice && (ret = c->host->reserve(c, (uint64_t)f->slice * sizeof(known) * c->n_threads)) == SL_MORE &&
           f->slice / 2 >= in->least_slice)
        f->slice /= 2;
    return ret;
}

static void close_spill(sl_ctx *c, const sl_spill_api *api, sl_spill **s)
{
    api->close(c, *s);
    *s = NULL;
}

static void add_tally(tally *sum, const tally *t)
{
    for (unsigned i = 0; i < CLUSTER_SIZES; i++) {
        sum->clusters[i] += t->clusters[i];
        sum->documents[i] += t->documents[i];
    }
    sum->index_documents += t->index_documents;
    sum->largest = t->largest > sum->largest ? t->largest : sum->largest;
}

static int find(sl_ctx *c, finder *f)
{
    int ret = grant_slice(c, f);
    if (ret >= 0)
        ret = find_borders(c, f);
    if (ret >= 0)
        ret = f->in->api->open(c, RANGES, sizeof(victim), sizeof(uint64_t), &f->decisions);
    return ret < 0 ? ret : c->host->parallel_for(c, SCATTER_PARTITIONS, 1, search_partitions, f);
}

int clusters_find(sl_ctx *c, gathered *in, victims *out, tally *sum)
{
    finder *f = calloc(1, sizeof(*f));
    if (f)
        f->in = in;
    int ret = f ? find(c, f) : c->host->fail(c, SL_E_NOMEM, "out of memory");
    close_spill(c, in->api, &in->documents); /* before their victims take as much again */
    close_spill(c, in->api, &in->index);
    if (ret >= 0)
        ret = fill(c, f, out);
    for (uint32_t p = 0; f && p < SCATTER_PARTITIONS; p++)
        add_tally(sum, &f->tallies[p]);
    if (f)
        close_spill(c, in->api, &f->decisions);
    free(f);
    return ret;
}
