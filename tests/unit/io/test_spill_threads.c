/* Spills by many threads: all add at the same time, in a budget that is too small; then all read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include "base/hash.h"
#include "unit/io/spill_test.h"

enum { THREADS = 4, SIZE = 24 };

typedef struct crowd {
    rig *g;
    uint32_t partitions;
    size_t each; /* records a thread adds */
    atomic_uint next;
    atomic_uint_fast64_t n, sum; /* seen, and of their hashes: equal for equal sets */
    atomic_int bad;
} crowd;

typedef struct member {
    crowd *c;
    unsigned thread;
    uint64_t added; /* sum of hashes */
} member;

static void *add(void *u)
{
    member *m = u;
    crowd *c = m->c;
    sbuf err = { 0 };
    uint64_t seed = m->thread + 1;
    uint8_t v[3][SIZE];
    for (size_t i = 0; i < c->each; i += 3) {
        const uint32_t partition = (uint32_t)(next_random(&seed) % c->partitions);
        fill_random(v, sizeof v, next_random(&seed));
        for (int k = 0; k < 3; k++)
            m->added += hash_seeded(v[k], SIZE, partition);
        if (spill_add(c->g->s, m->thread, partition, v, 3, &err) < 0)
            atomic_fetch_add(&c->bad, 1);
    }
    return NULL;
}

typedef struct look {
    crowd *c;
    uint32_t partition;
    uint64_t n;
    uint8_t last[SIZE];
} look;

static int see(void *u, const void *v, size_t n)
{
    look *l = u;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = (const uint8_t *)v + i * SIZE;
        if (memcmp(l->last, p, SIZE) > 0)
            atomic_fetch_add(&l->c->bad, 1);
        memcpy(l->last, p, SIZE);
        atomic_fetch_add(&l->c->sum, hash_seeded(p, SIZE, l->partition));
    }
    l->n += n;
    return 0;
}

static void *read_all(void *u)
{
    member *m = u;
    crowd *c = m->c;
    sbuf err = { 0 };
    for (uint32_t p; (p = atomic_fetch_add(&c->next, 1)) < c->partitions;) {
        look l = { .c = c, .partition = p };
        if (spill_sorted(c->g->s, m->thread, p, see, &l, &err) < 0 || l.n != spill_count(c->g->s, p))
            atomic_fetch_add(&c->bad, 1);
        atomic_fetch_add(&c->n, l.n);
    }
    return NULL;
}

static void all_at_once(crowd *c, member *m, void *(*what)(void *))
{
    pthread_t t[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, what, &m[i]), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(atomic_load(&c->bad), 0);
}

static void check(uint32_t partitions, size_t each, uint64_t limit, bool tight)
{
    crowd c = { .partitions = partitions, .each = each };
    member m[THREADS] = { 0 };
    uint64_t added = 0;
    c.g = rig_make(THREADS, partitions, SIZE, limit, tight);
    for (unsigned i = 0; i < THREADS; i++)
        m[i] = (member){ .c = &c, .thread = i };
    all_at_once(&c, m, add);
    for (unsigned i = 0; i < THREADS; i++)
        added += m[i].added;
    for (int again = 0; again < 2; again++) {
        atomic_store(&c.next, 0);
        atomic_store(&c.n, 0);
        atomic_store(&c.sum, 0);
        all_at_once(&c, m, read_all);
        assert_int_equal(atomic_load(&c.n), THREADS * each);
        assert_true(atomic_load(&c.sum) == added);
    }
    if (!tight && limit)
        assert_in_range(atomic_load(&c.g->b.peak), 1, limit + limit / 4);
    rig_free(c.g);
}

static void in_memory(void **state)
{
    (void)state;
    check(64, 60000, 1 << 28, false);
    check(1, 60000, 1 << 28, false);
}

static void in_a_quarter_of_it(void **state)
{
    (void)state;
    check(64, 120000, 3 << 20, false);
    check(2, 120000, 3 << 20, false); /* fewer than threads */
    check(1, 120000, 3 << 20, false);
}

static void in_none(void **state)
{
    (void)state;
    check(64, 30000, 0, false);
    check(64, 9000, 0, true);
    check(1, 9000, 0, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_memory),
        cmocka_unit_test(in_a_quarter_of_it),
        cmocka_unit_test(in_none),
    };
    return cmocka_run_group_tests_name("spill_threads", tests, make_test_folder, remove_test_folder);
}
