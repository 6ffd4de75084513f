/* The pool of chunks: no chunk is given twice, idle ones come back first, most of them without memory meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sys/mman.h>
#include "io/spill_internal.h"
#include "unit/alloc_fails.h"

enum { N = 40, WARM = 7, THREADS = 4, ROUNDS = 3000 };

static bool resident(const pool *p, uint8_t *c)
{
    unsigned char v;
    uint8_t *const page = (uint8_t *)(((uintptr_t)c + p->page - 1) / p->page * p->page);
    assert_int_equal(mincore(page, p->page, &v), 0);
    return v & 1;
}

static void take_all(pool *p, uint8_t **v, size_t slot)
{
    for (size_t i = 0; i < N; i++) {
        v[i] = pool_take(p);
        assert_non_null(v[i]);
        memset(v[i], (int)i, slot);
    }
    for (size_t i = 0; i < N; i++) /* none of them is, or reaches into, another */
        for (size_t k = 0; k < slot; k += slot - 1)
            assert_int_equal(v[i][k], (uint8_t)i);
}

static void chunks_come_and_go(void **state)
{
    (void)state;
    static const size_t slots[] = { 2, 512, 12288, 14336, 1 << 20, (1 << 20) + 5 };
    uint8_t *v[N];
    for (size_t s = 0; s < sizeof slots / sizeof *slots; s++) {
        pool p;
        pool_init(&p, slots[s], WARM);
        take_all(&p, v, slots[s]);
        for (int again = 0; again < 2; again++) {
            for (size_t i = 0; i < N; i++)
                pool_give(&p, v[i]);
            assert_int_equal(p.n_idle, N);
            assert_int_equal(p.n_cold, N - WARM);
            const bool whole_page = slots[s] >= 2 * p.page;
            for (size_t i = 0; i < N && whole_page; i++)
                assert_int_equal(resident(&p, v[i]), i >= N - WARM);
            const size_t slabs = p.n_slabs;
            take_all(&p, v, slots[s]);
            assert_int_equal(p.n_slabs, slabs);
            assert_int_equal(p.n_idle, 0);
            assert_int_equal(p.n_cold, 0);
        }
        pool_free(&p);
    }
}

static void the_last_comes_first(void **state)
{
    (void)state;
    pool p;
    pool_init(&p, 16384, 1);
    uint8_t *a = pool_take(&p), *b = pool_take(&p);
    pool_give(&p, a);
    pool_give(&p, b);
    assert_int_equal(p.n_cold, 1);
    assert_ptr_equal(pool_take(&p), b); /* warm */
    assert_int_equal(p.n_cold, 1);
    assert_ptr_equal(pool_take(&p), a);
    assert_int_equal(p.n_cold, 0);
    pool_free(&p);
}

static void memory_that_is_not_there(void **state)
{
    (void)state;
    for (long i = 0; i < 3; i++) {
        pool p;
        pool_init(&p, 400000, 1); /* two a slab */
        assert_non_null(pool_take(&p));
        assert_non_null(pool_take(&p));
        alloc_fail_at(i);
        assert_null(pool_take(&p));
        assert_true(alloc_failed());
        uint8_t *c = pool_take(&p); /* it can be tried again */
        assert_non_null(c);
        pool_give(&p, c);
        assert_int_equal(p.n_slabs, 2);
        pool_free(&p);
    }
}

static void *take_and_give(void *u)
{
    uint8_t *v[8] = { 0 };
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t **c = &v[i * 7 % 8];
        if (*c && **c != (uint8_t)(i * 7 % 8))
            return u;
        if (*c)
            pool_give(u, *c);
        *c = pool_take(u);
        if (!*c)
            return u;
        **c = (uint8_t)(i * 7 % 8);
    }
    for (int i = 0; i < 8; i++)
        pool_give(u, v[i]);
    return NULL;
}

static void many_threads(void **state)
{
    (void)state;
    pool p;
    pthread_t t[THREADS];
    pool_init(&p, 12288, 2);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, take_and_give, &p), 0);
    for (int i = 0; i < THREADS; i++) {
        void *bad;
        assert_int_equal(pthread_join(t[i], &bad), 0);
        assert_null(bad);
    }
    assert_int_equal(p.n_slabs, 1);
    assert_in_range(p.n_idle, 8, 8 * THREADS);
    pool_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_come_and_go),
        cmocka_unit_test(the_last_comes_first),
        cmocka_unit_test(memory_that_is_not_there),
        cmocka_unit_test(many_threads),
    };
    return cmocka_run_group_tests_name("spill_pool", tests, NULL, NULL);
}
