/* The budget of memory: what is granted, what is not, the peak; many threads at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include "base/budget.h"

static void assert_budget(const budget *b, uint64_t used, uint64_t peak)
{
    assert_int_equal(atomic_load(&b->used), used);
    assert_int_equal(atomic_load(&b->peak), peak);
}

static void up_to_the_limit(void **state)
{
    (void)state;
    budget b;
    budget_init(&b, 100, false);
    assert_int_equal(b.limit, 100);
    assert_false(b.tight);
    assert_budget(&b, 0, 0);
    assert_true(budget_change(&b, 0, 60, 0));
    assert_true(budget_change(&b, 0, 40, 0)); /* another holder; the limit itself is granted */
    assert_budget(&b, 100, 100);
    assert_false(budget_change(&b, 40, 41, 0));
    assert_budget(&b, 100, 100); /* refused: nothing changed, nor is a refusal a peak */
    assert_true(budget_change(&b, 40, 40, 0));
    assert_true(budget_change(&b, 60, 30, 0));
    assert_true(budget_change(&b, 40, 70, 0));
    assert_budget(&b, 100, 100);
    budget_give(&b, 70);
    assert_budget(&b, 30, 100);
    budget_give(&b, 30);
    assert_budget(&b, 0, 100);
}

static void the_least_is_always_granted(void **state)
{
    (void)state;
    budget b;
    budget_init(&b, 0, false);
    assert_false(budget_change(&b, 0, 1, 0));
    assert_true(budget_change(&b, 0, 10, 10));
    assert_false(budget_change(&b, 10, 11, 10));
    assert_true(budget_change(&b, 0, 9, 10));
    assert_budget(&b, 19, 19);
    assert_true(budget_change(&b, 10, 3, 0)); /* less is granted, over the limit or not */
    assert_budget(&b, 12, 19);
    budget_give(&b, 12);
    assert_budget(&b, 0, 19);
}

static void tight_grants_the_least_alone(void **state)
{
    (void)state;
    budget b;
    budget_init(&b, UINT64_MAX, true);
    assert_true(b.tight);
    assert_true(budget_change(&b, 0, 5, 5));
    assert_false(budget_change(&b, 5, 6, 5));
    assert_false(budget_change(&b, 0, 1, 0));
    assert_true(budget_change(&b, 5, 4, 0));
    assert_budget(&b, 4, 5);
}

enum { THREADS = 8, ROUNDS = 20000, SHARE = 10 };

static void *take_and_give(void *u)
{
    budget *b = u;
    uint64_t held = 0, granted = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint64_t wanted = i % (2 * SHARE);
        if (budget_change(b, held, wanted, 0)) {
            held = wanted;
            granted++;
        }
    }
    budget_give(b, held);
    return granted ? NULL : u;
}

static void many_threads(void **state)
{
    (void)state;
    budget b;
    pthread_t t[THREADS];
    budget_init(&b, (uint64_t)THREADS * SHARE, false);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, take_and_give, &b), 0);
    for (int i = 0; i < THREADS; i++) {
        void *bad;
        assert_int_equal(pthread_join(t[i], &bad), 0);
        assert_null(bad);
    }
    assert_int_equal(atomic_load(&b.used), 0);
    assert_in_range(atomic_load(&b.peak), 1, b.limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_to_the_limit),
        cmocka_unit_test(the_least_is_always_granted),
        cmocka_unit_test(tight_grants_the_least_alone),
        cmocka_unit_test(many_threads),
    };
    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
