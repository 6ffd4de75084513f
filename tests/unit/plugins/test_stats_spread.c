/* plugins/stats/spread: bins and their edges, quantiles against sorted values, adding in any order, what may be loaded.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "sluice/util.h"
#include "spread.h"

static uint32_t bin_of(double v)
{
    spread s = { 0 };
    uint32_t at = SPREAD_BINS;
    spread_add(&s, v);
    for (uint32_t i = 0; i < SPREAD_BINS; i++)
        if (s.bins[i]) {
            assert_int_equal(s.bins[i], 1);
            assert_int_equal(at, SPREAD_BINS); /* no other */
            at = i;
        }
    return at;
}

static void edges(void **unused)
{
    (void)unused;
    for (uint32_t i = 1; i < SPREAD_BINS; i++) {
        assert_int_equal(bin_of(spread_edge(i)), i);
        assert_int_equal(bin_of(nextafter(spread_edge(i + 1), 0)), i);
        assert_true(spread_edge(i + 1) <= spread_edge(i) * (1 + 1.0 / SPREAD_PER_DOUBLING));
    }
    assert_int_equal(bin_of(0), 0);
    assert_int_equal(bin_of(-1), 0);
    assert_int_equal(bin_of(1e-300), 1);
    assert_int_equal(bin_of(1e300), SPREAD_BINS - 1);
    assert_true(spread_edge(0) == 0);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void quantiles(void **unused)
{
    enum { N = 1000 };
    static double v[N];
    spread s = { 0 };
    (void)unused;
    for (int i = 0; i < N; i++) {
        v[i] = exp(20 * sl_unit(sl_random(1, (uint64_t)i, 0)) - 10);
        spread_add(&s, v[i]);
    }
    qsort(v, N, sizeof *v, by_size);
    for (int percent = 1; percent < 100; percent++) {
        const double is = v[N * percent / 100 - 1], got = spread_quantile(&s, percent / 100.0);
        assert_true(got <= is && got > is * 0.968);
    }
    assert_true(spread_quantile(&s, 0) == v[0] && spread_quantile(&s, 1) == v[N - 1]);
    assert_true(s.n == N && s.min == v[0] && s.max == v[N - 1]);
}

static void any_order(void **unused)
{
    spread part[3] = { 0 }, forth = { 0 }, back = { 0 };
    (void)unused;
    for (int i = 0; i < 300; i++)
        spread_add(&part[i % 2], i * 0.37); /* part[2]: nothing */
    for (int i = 0; i < 3; i++) {
        spread_merge(&forth, &part[i]);
        spread_merge(&back, &part[2 - i]);
    }
    assert_memory_equal(&forth, &back, sizeof forth);
    assert_true(forth.n == 300 && forth.min == 0 && forth.max == 299 * 0.37);
}

static void loaded(void **unused)
{
    spread s = { 0 };
    (void)unused;
    assert_true(spread_is_sound(&s));
    spread_add(&s, 2);
    spread_add(&s, 3);
    assert_true(spread_is_sound(&s));
    for (int wrong = 0; wrong < 5; wrong++) {
        spread t = s;
        switch (wrong) {
        case 0: t.n = 3; break;
        case 1: t.n = 1; break;
        case 2: t.min = NAN; break;
        case 3: t.max = 1; break;
        default: t.bins[0] = UINT64_MAX; break;
        }
        assert_false(spread_is_sound(&t));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(edges), cmocka_unit_test(quantiles),
                                        cmocka_unit_test(any_order), cmocka_unit_test(loaded) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
