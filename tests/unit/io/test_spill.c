/* Spills: the records come back in order whatever they are, wherever they were, however many runs they went through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include "base/hash.h"
#include "unit/io/spill_test.h"

static const struct {
    uint64_t limit;
    bool tight;
} memories[] = { { 1 << 30, false }, { 0, false }, { 0, true } };
enum { MEMORIES = sizeof memories / sizeof *memories };

static void check_order(size_t n, size_t size, uint32_t partitions, int kind, unsigned threads, int memory)
{
    records r = make_records(n, size, partitions, kind, n * 31 + size);
    rig *g = rig_make(threads, partitions, size, memories[memory].limit, memories[memory].tight);
    add_records(g, &r, 0, n);
    sort_records(&r);
    assert_gives(g, &r);
    assert_gives(g, &r); /* once more, the same */
    if (memory == 0)
        assert_int_equal(scratch_bytes(g->disk), 0);
    else if (memories[memory].tight && n)
        assert_true(scratch_bytes(g->disk) > 0);
    rig_free(g);
    free(r.v);
}

static void the_order_is_that_of_the_bytes(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 2, 7, 8, 9, 16, 24, 31, 32, 40, 300 }, counts[] = { 1, 2, 25, 26, 3000 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
            for (int kind = 0; kind < KINDS; kind++)
                for (int memory = 0; memory < MEMORIES; memory++)
                    check_order(counts[k], sizes[i], k % 2 ? 3 : 1, kind, 1 + (unsigned)(i + k) % 3, memory);
}

static void records_that_are_large(void **state)
{
    (void)state;
    for (int memory = 0; memory < MEMORIES; memory++) {
        for (int kind = 0; kind < KINDS; kind++)
            check_order(300, 5000, 2, kind, 2, memory);
        check_order(70, 65536, 2, ALIKE, 2, memory);
    }
}

static void as_many_partitions_as_may_be(void **state)
{
    (void)state;
    for (int memory = 0; memory < MEMORIES; memory++) {
        check_order(100000, 12, 65536, RANDOM, 3, memory);
        check_order(1, 12, 65536, RANDOM, 3, memory);
    }
}

static void nothing_at_all(void **state)
{
    (void)state;
    for (int memory = 0; memory < MEMORIES; memory++) {
        check_order(0, 24, 5, RANDOM, 2, memory);
        rig *g = rig_make(1, 2, 24, memories[memory].limit, memories[memory].tight);
        ASSERT_OK(spill_add(g->s, 0, 1, NULL, 0, err));
        assert_int_equal(spill_count(g->s, 1), 0);
        rig_free(g);
    }
    spill_free(NULL);
}

/* All of a partition at once, pieces larger than a buffer, than a chunk, than a block. */
static void many_records_a_call(void **state)
{
    (void)state;
    static const size_t pieces[] = { 1, 3, 84, 85, 86, 511, 513, 12000 };
    records r = make_records(30000, 24, 1, RANDOM, 5);
    uint8_t *plain = malloc(r.n * r.size);
    assert_non_null(plain);
    for (size_t i = 0; i < r.n; i++)
        memcpy(plain + i * r.size, record_of(&r, i), r.size);
    sort_records(&r);
    for (int memory = 0; memory < MEMORIES; memory++) {
        rig *g = rig_make(2, 1, 24, memories[memory].limit, memories[memory].tight);
        for (size_t at = 0, i = 0; at < r.n; i++) {
            const size_t n = pieces[i % 8] < r.n - at ? pieces[i % 8] : r.n - at;
            ASSERT_OK(spill_add(g->s, i % 2, 0, plain + at * r.size, n, err));
            at += n;
            assert_int_equal(spill_count(g->s, 0), at);
        }
        assert_gives(g, &r);
        rig_free(g);
    }
    free(plain);
    free(r.v);
}

static void more_runs_than_are_merged_at_once(void **state)
{
    (void)state;
    records r = make_records(40000, 24, 1, RANDOM, 6);
    rig *g = rig_make(1, 1, 24, 0, true);
    add_records(g, &r, 0, r.n);
    assert_in_range(g->s->parts[0].n_runs, SPILL_FAN_IN * SPILL_FAN_IN / 2, SIZE_MAX); /* so one step is not enough */
    sort_records(&r);
    assert_gives(g, &r);
    assert_in_range(g->s->parts[0].n_runs, 2, SPILL_FAN_IN);
    assert_gives(g, &r);
    rig_free(g);

    g = rig_make(1, 1, 24, 0, true); /* as many runs as just fit, and one more */
    for (unsigned n = 1; n <= SPILL_FAN_IN + 1; n++) {
        sort_records(&r);
        r.n = n;
        ASSERT_OK(spill_add(g->s, 0, 0, record_of(&r, n - 1), 1, err));
        assert_gives(g, &r); /* which spills, being tight */
        assert_int_equal(g->s->parts[0].n_runs, n <= SPILL_FAN_IN ? n : SPILL_FAN_IN);
    }
    rig_free(g);
    free(r.v);
}

/* And the records that are still in memory are one more to merge. */
static void as_many_runs_as_fit_and_memory(void **state)
{
    (void)state;
    records r = make_records(300000, 64, 1, RANDOM, 10);
    rig *g = rig_make(1, 1, 64, 0, false);
    const part *p = &g->s->parts[0];
    size_t n = 0;
    for (; p->n_runs < SPILL_FAN_IN || p->mem.records < 100; n++) {
        assert_true(n < r.n);
        ASSERT_OK(spill_add(g->s, 0, 0, record_of(&r, n), 1, err));
    }
    assert_int_equal(p->n_runs, SPILL_FAN_IN);
    r.n = n;
    sort_records(&r);
    assert_gives(g, &r);
    assert_int_equal(p->n_runs, SPILL_FAN_IN - 1); /* two of them became one */
    assert_int_equal(p->mem.records, atomic_load(&g->s->in_memory));
    rig_free(g);
    free(r.v);
}

/* ---- memory ---- */

static void memory_is_near_that_of_the_records(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads *= 4) {
        records r = make_records(200000, 24, 64, RANDOM, 7);
        rig *g = rig_make(threads, 64, 24, 1 << 30, false);
        const uint64_t empty = spill_memory(g->s);
        assert_in_range(empty, 1, 64 << 10);
        add_records(g, &r, 0, r.n);
        assert_in_range(spill_memory(g->s), r.n * r.size, r.n * r.size * 135 / 100);
        sort_records(&r);
        assert_gives(g, &r);
        assert_int_equal(spill_memory(g->s), atomic_load(&g->b.used));
        assert_in_range(atomic_load(&g->b.peak), r.n * r.size, r.n * r.size * 135 / 100);
        rig_free(g);
        free(r.v);
    }
}

static void memory_stays_within_the_budget(void **state)
{
    (void)state;
    const uint64_t limit = 3 << 20;
    records r = make_records(500000, 24, 64, RANDOM, 8);
    rig *g = rig_make(2, 64, 24, limit, false);
    add_records(g, &r, 0, r.n);
    assert_in_range(scratch_bytes(g->disk), limit, r.n * r.size);
    size_t runs = 0;
    for (size_t i = 0; i < 64; i++)
        runs += g->s->parts[i].n_runs;
    assert_in_range(runs, 64, 64 * 5); /* 12 MB in runs of twice 3 MB / 64, nearly */
    sort_records(&r);
    assert_gives(g, &r);
    assert_in_range(atomic_load(&g->b.peak), limit / 2, limit + limit / 10);
    rig_free(g);
    free(r.v);
}

/* A partition that is much larger than the others makes place for them. */
static void the_large_are_spilled(void **state)
{
    (void)state;
    records r = make_records(300000, 24, 64, RANDOM, 11);
    for (size_t i = 0; i < r.n; i++)
        if (i % 50)
            memset(r.v + i * r.stride, 0, 4);
    rig *g = rig_make(1, 64, 24, 2 << 20, false);
    add_records(g, &r, 0, r.n);
    assert_in_range(g->s->parts[0].n_runs, 2, 20);
    for (size_t i = 1; i < 64; i++)
        assert_int_equal(g->s->parts[i].n_runs, 0);
    sort_records(&r);
    assert_gives(g, &r);
    rig_free(g);
    free(r.v);
}

/* What others hold of the budget is not there for the spill; its least is. */
static void the_budget_is_shared(void **state)
{
    (void)state;
    records r = make_records(50000, 24, 4, RANDOM, 9);
    rig *g = rig_make(1, 4, 24, 8 << 20, false);
    assert_true(budget_change(&g->b, 0, 8 << 20, 8 << 20));
    add_records(g, &r, 0, r.n);
    assert_true(scratch_bytes(g->disk) > 0);
    assert_in_range(spill_memory(g->s), 1, 600 << 10);
    budget_give(&g->b, 8 << 20);
    sort_records(&r);
    assert_gives(g, &r);
    rig_free(g);
    free(r.v);
}

/* ---- what must not be ---- */

static void specs_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        unsigned threads;
        spill_spec spec;
    } bad[] = { { 1, { 0, 1, 1 } }, { 1, { 65537, 1, 1 } }, { 1, { 1, 0, 1 } }, { 1, { 1, 65537, 1 } },
                { 1, { 1, 8, 0 } }, { 1, { 1, 8, 9 } },     { 0, { 1, 8, 8 } } };
    budget b;
    budget_init(&b, 0, false);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sbuf err = { 0 };
        char want[200];
        snprintf(want, sizeof want,
                 "a spill of %u partitions with records of %u bytes and keys of %u: there must be 1 to 65536 "
                 "partitions, 1 to 65536 bytes, and a key no longer than the record",
                 bad[i].spec.partitions, bad[i].spec.record_size, bad[i].spec.key_size);
        assert_null(spill_new(NULL, &b, bad[i].threads, &bad[i].spec, &err));
        assert_string_equal(sbuf_z(&err), want);
        sbuf_free(&err);
    }
}

static int never(void *u, const void *p, size_t n)
{
    (void)u;
    (void)p;
    (void)n;
    fail();
    return 0;
}

static void places_that_are_not_there(void **state)
{
    (void)state;
    rig *g = rig_make(2, 3, 1, 1 << 20, false);
    static const char partition[] = "internal error: partition 3 of 3 of a spill, thread 0 of 2";
    static const char thread[] = "internal error: partition 0 of 3 of a spill, thread 2 of 2";
    ASSERT_SAYS(spill_add(g->s, 0, 3, "x", 1, err), SL_E_INTERNAL, partition);
    ASSERT_SAYS(spill_add(g->s, 2, 0, "x", 1, err), SL_E_INTERNAL, thread);
    ASSERT_SAYS(spill_sorted(g->s, 0, 3, never, NULL, err), SL_E_INTERNAL, partition);
    ASSERT_SAYS(spill_sorted(g->s, 2, 0, never, NULL, err), SL_E_INTERNAL, thread);
    rig_free(g);
}

static int stop_at_second(void *u, const void *p, size_t n)
{
    (void)p;
    assert_true(n > 0);
    return ++*(int *)u < 2 ? 1 : -42; /* what is not negative goes on */
}

static void who_reads_may_stop(void **state)
{
    (void)state;
    records r = make_records(20000, 24, 1, RANDOM, 3);
    for (int memory = 0; memory < MEMORIES; memory++) {
        rig *g = rig_make(1, 1, 24, memories[memory].limit, memories[memory].tight);
        add_records(g, &r, 0, r.n);
        for (int again = 0; again < 2; again++) {
            int calls = 0;
            ASSERT_SAYS(spill_sorted(g->s, 0, 0, stop_at_second, &calls, err), -42, "");
            assert_int_equal(calls, 2);
        }
        rig_free(g);
    }
    rig *g = rig_make(1, 1, 24, 0, true); /* one run alone */
    ASSERT_OK(spill_add(g->s, 0, 0, record_of(&r, 0), 1, err));
    int calls = 0;
    ASSERT_OK(spill_sorted(g->s, 0, 0, stop_at_second, &calls, err));
    ASSERT_SAYS(spill_sorted(g->s, 0, 0, stop_at_second, &calls, err), -42, "");
    rig_free(g);
    free(r.v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_that_of_the_bytes),
        cmocka_unit_test(records_that_are_large),
        cmocka_unit_test(as_many_partitions_as_may_be),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(many_records_a_call),
        cmocka_unit_test(more_runs_than_are_merged_at_once),
        cmocka_unit_test(as_many_runs_as_fit_and_memory),
        cmocka_unit_test(memory_is_near_that_of_the_records),
        cmocka_unit_test(memory_stays_within_the_budget),
        cmocka_unit_test(the_large_are_spilled),
        cmocka_unit_test(the_budget_is_shared),
        cmocka_unit_test(specs_that_cannot_be),
        cmocka_unit_test(places_that_are_not_there),
        cmocka_unit_test(who_reads_may_stop),
    };
    return cmocka_run_group_tests_name("spill", tests, make_test_folder, remove_test_folder);
}
