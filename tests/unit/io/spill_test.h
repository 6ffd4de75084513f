/* What the tests of spills share: records of many kinds, the slow and obvious order to hold them against, a spill with
 * what it stands on. */
#ifndef SPILL_TEST_H
#define SPILL_TEST_H
#include "io/spill_internal.h"
#include "unit/io/scratch_test.h"

/* ---- records: each has its partition before it, as a big-endian number, so that qsort gives the order of all ---- */

enum { RANDOM, FEW, ALIKE, UP, DOWN, SAME, STAIRS, KINDS };

typedef struct records {
    uint8_t *v;
    size_t n, size, stride; /* size of a record; and with its partition */
} records;

static inline uint8_t *record_of(const records *r, size_t i) { return r->v + i * r->stride + 4; }
static inline uint32_t partition_of(const records *r, size_t i)
{
    const uint8_t *p = r->v + i * r->stride;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void make_record(uint8_t *p, size_t size, int kind, size_t i, size_t n, uint64_t *seed)
{
    const uint64_t number = kind == UP ? i : kind == DOWN ? n - i : kind == FEW ? next_random(seed) % 5 : 0;
    memset(p, 'a', size);
    if (kind == RANDOM)
        for (size_t k = 0; k < size; k++)
            p[k] = (uint8_t)next_random(seed);
    else if (kind == ALIKE) /* but for the last byte */
        p[size - 1] = (uint8_t)next_random(seed);
    else if (kind == STAIRS) /* each byte takes a few away */
        p[next_random(seed) % size] = (uint8_t)('a' + next_random(seed) % 2);
    else if (kind != SAME)
        for (size_t k = 0; k < 4 && k < size; k++)
            p[size - 1 - k] = (uint8_t)(number >> (8 * k));
}

static inline records make_records(size_t n, size_t size, uint32_t partitions, int kind, uint64_t seed)
{
    records r = { malloc(n * (size + 4) + 1), n, size, size + 4 };
    assert_non_null(r.v);
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = r.v + i * r.stride;
        const uint32_t k = (uint32_t)(next_random(&seed) % partitions);
        for (int b = 0; b < 4; b++)
            p[b] = (uint8_t)(k >> (24 - 8 * b));
        make_record(p + 4, size, kind, i, n, &seed);
    }
    return r;
}

static inline int compare_records(const void *a, const void *b, void *stride)
{
    return memcmp(a, b, *(size_t *)stride);
}

static inline void sort_records(records *r) { qsort_r(r->v, r->n, r->stride, compare_records, &r->stride); }

/* ---- a spill ---- */

typedef struct rig {
    scratch *disk;
    budget b;
    spill *s;
    unsigned threads;
} rig;

static inline rig *rig_make(unsigned threads, uint32_t partitions, size_t size, uint64_t limit, bool tight)
{
    sbuf err = { 0 };
    rig *g = malloc(sizeof *g);
    assert_non_null(g);
    g->threads = threads;
    budget_init(&g->b, limit, tight);
    g->disk = scratch_new(test_dir, threads, 1);
    assert_non_null(g->disk);
    g->s = spill_new(g->disk, &g->b, threads,
                     &(spill_spec){ partitions, (uint32_t)size, size < 16 ? (uint32_t)size : 16 }, &err);
    assert_string_equal(sbuf_z(&err), "");
    assert_non_null(g->s);
    return g;
}

static inline void rig_free(rig *g)
{
    spill_free(g->s);
    assert_int_equal(atomic_load(&g->b.used), 0); /* all of it given back */
    scratch_free(g->disk);
    assert_empty_folder(test_folder);
    free(g);
}

#define ASSERT_OK(call)                                                                                                \
    do {                                                                                                               \
        sbuf said_ = { 0 };                                                                                            \
        sbuf *err = &said_;                                                                                            \
        const int code_ = (call);                                                                                      \
        assert_string_equal(sbuf_z(&said_), "");                                                                       \
        assert_int_equal(code_, 0);                                                                                    \
    } while (0)

#define ASSERT_SAYS(call, code, sentence)                                                                              \
    do {                                                                                                               \
        sbuf said_ = { 0 };                                                                                            \
        sbuf *err = &said_;                                                                                            \
        assert_int_equal(call, code);                                                                                  \
        assert_string_equal(sbuf_z(&said_), sentence);                                                                 \
        sbuf_free(&said_);                                                                                             \
    } while (0)

/* Records lo … hi - 1, by all threads in turn. */
static inline void add_records(rig *g, const records *r, size_t lo, size_t hi)
{
    for (size_t i = lo; i < hi; i++)
        ASSERT_OK(spill_add(g->s, (unsigned)(i % g->threads), partition_of(r, i), record_of(r, i), 1, err));
}

typedef struct expecting {
    const records *r;
    size_t at;
    uint32_t partition;
} expecting;

static inline int expect_records(void *u, const void *p, size_t n)
{
    expecting *e = u;
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++, e->at++) {
        assert_true(e->at < e->r->n);
        assert_int_equal(partition_of(e->r, e->at), e->partition);
        assert_memory_equal((const uint8_t *)p + i * e->r->size, record_of(e->r, e->at), e->r->size);
    }
    return 0;
}

/* The spill gives r, which is sorted. */
static inline void assert_gives(rig *g, const records *r)
{
    expecting e = { r, 0, 0 };
    for (; e.partition < g->s->partitions; e.partition++) {
        const size_t before = e.at;
        const uint64_t n = spill_count(g->s, e.partition);
        ASSERT_OK(spill_sorted(g->s, e.partition % g->threads, e.partition, expect_records, &e, err));
        assert_int_equal(e.at - before, n);
    }
    assert_int_equal(e.at, r->n);
}
#endif
