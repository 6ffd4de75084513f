/* Histograms: bins, quantiles, and that no order of merging matters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include "exec/histogram.h"

static void near(double got, double want, double share)
{
    if (!(fabs(got - want) <= fabs(want) * share))
        fail_msg("%.17g is not within %g of %.17g", got, share, want);
}

static histogram *of(const double *v, size_t n)
{
    histogram *h = histogram_new();
    assert_non_null(h);
    for (size_t i = 0; i < n; i++)
        histogram_add(h, v[i]);
    return h;
}

static void test_empty(void **u)
{
    (void)u;
    histogram *h = of(NULL, 0);
    assert_int_equal(histogram_count(h), 0);
    assert_true(isnan(histogram_min(h)) && isnan(histogram_max(h)) && isnan(histogram_mean(h)) &&
                isnan(histogram_quantile(h, 0.5)));
    histogram_add(h, NAN); /* counted apart */
    assert_int_equal(histogram_count(h), 0);
    assert_true(isnan(histogram_quantile(h, 0)));
    histogram_free(h);
    histogram_free(NULL);
}

static void test_one(void **u)
{
    (void)u;
    static const double all[] = { 0,    -0.0,    1,        -1,      0.1,    3.14159,  1e-30,    -1e30,
                                  1e19, DBL_MAX, -DBL_MAX, DBL_MIN, 5e-324, INFINITY, -INFINITY };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        histogram *h = of(&all[i], 1);
        assert_true(histogram_min(h) == all[i] && histogram_max(h) == all[i]); /* exact */
        assert_true(histogram_quantile(h, 0) == all[i] && histogram_quantile(h, 0.5) == all[i] &&
                    histogram_quantile(h, 1) == all[i]);
        assert_true(histogram_mean(h) == all[i]);
        histogram_free(h);
    }
}

static void test_quantiles(void **u)
{
    (void)u;
    histogram *h = histogram_new();
    for (int i = 1; i <= 1000; i++)
        histogram_add(h, i);
    assert_int_equal(histogram_count(h), 1000);
    near(histogram_quantile(h, 0.5), 500.5, 0.02);
    near(histogram_quantile(h, 0.95), 950.5, 0.02);
    near(histogram_quantile(h, 0.01), 10.5, 0.06);
    near(histogram_mean(h), 500.5, 0.02);
    for (int i = 1; i <= 64; i++)
        assert_true(histogram_quantile(h, i / 1000.0) == i); /* small whole numbers are ends of bins */
    near(histogram_quantile(h, 1), 1000, 0.02);
    assert_true(histogram_quantile(h, 1) <= 1000);
    histogram_free(h);

    static const double v[] = { -100, -10, 0, 10, 100 };
    h = of(v, 5);
    near(histogram_quantile(h, 0.1), -100, 0.02);
    near(histogram_quantile(h, 0.3), -10, 0.02);
    assert_true(histogram_quantile(h, 0.5) == 0);
    near(histogram_quantile(h, 0.7), 10, 0.02);
    near(histogram_quantile(h, 0.9), 100, 0.02);
    assert_true(fabs(histogram_mean(h)) < 1e-9);
    histogram_free(h);
}

/* Each value lands in a bin whose end is within 1/32 of it and no further from 0, over the whole range. */
static void test_bins(void **u)
{
    (void)u;
    uint64_t z = 1;
    for (int i = 0; i < 300; i++) {
        z = z * 6364136223846793005u + 1442695040888963407u;
        const double v = ldexp(1 + (double)(z >> 12) * 0x1p-52, (int)(z % 126) - 63);
        const double three[] = { 0, v, ldexp(1, 70) }; /* the ends, so that nothing is clamped */
        histogram *h = of(three, 3);
        near(histogram_quantile(h, 0.5), v, 1.0 / 32);
        assert_true(histogram_quantile(h, 0.5) <= v);
        histogram_free(h);
        const double minus[] = { 0, -v, -ldexp(1, 70) };
        h = of(minus, 3);
        near(histogram_quantile(h, 0.5), -v, 1.0 / 32);
        assert_true(histogram_quantile(h, 0.5) >= -v);
        histogram_free(h);
    }
    const double tiny[] = { -1, 1e-25, -1e-25, 1 }; /* below 2^-64 all is zero */
    histogram *h = of(tiny, 4);
    assert_true(histogram_quantile(h, 0.3) == 0 && histogram_quantile(h, 0.6) == 0);
    histogram_free(h);
}

static void test_merge(void **u)
{
    (void)u;
    histogram *all = histogram_new(), *part[3] = { histogram_new(), histogram_new(), histogram_new() };
    histogram *forth = histogram_new(), *back = histogram_new();
    uint64_t z = 42;
    for (int i = 0; i < 5000; i++) {
        z = z * 6364136223846793005u + 1442695040888963407u;
        const double v = i % 100 == 0 ? NAN : ((double)(int64_t)z) * 1e-15;
        histogram_add(all, v);
        histogram_add(part[z >> 33 & 1], v); /* the third stays empty */
    }
    for (int i = 0; i < 3; i++) {
        histogram_merge(forth, part[i]);
        histogram_merge(back, part[2 - i]);
    }
    const histogram *const three[] = { all, forth, back };
    for (int i = 0; i < 3; i++) {
        assert_int_equal(histogram_count(three[i]), 4950);
        assert_true(histogram_min(three[i]) == histogram_min(all) && histogram_max(three[i]) == histogram_max(all));
        assert_true(histogram_mean(three[i]) == histogram_mean(all));
        for (double q = 0; q <= 1; q += 0.05)
            assert_true(histogram_quantile(three[i], q) == histogram_quantile(all, q));
    }
    histogram_free(all);
    histogram_free(forth);
    histogram_free(back);
    for (int i = 0; i < 3; i++)
        histogram_free(part[i]);
}

/* Bars ascend, hold every value, and their ends are eighths of a doubling. */
static void test_bars(void **u)
{
    const double v[] = { -3, -3.2, 0, 0, 1, 1.124, 1.125, 1e300, -1e-300, 3 };
    const histogram_bar want[] = {
        { -3.25, -3, 2 }, { 0, 0x1p-64, 3 }, { 1, 1.125, 2 }, { 1.125, 1.25, 1 }, { 3, 3.25, 1 },
    };
    (void)u;
    arena mem;
    size_t n;
    arena_init(&mem, 4096);
    histogram *h = of(v, sizeof v / sizeof *v);
    const histogram_bar *bars = histogram_bars(h, &mem, &n);
    assert_int_equal(n, sizeof want / sizeof *want + 1);
    for (size_t i = 0; i + 1 < n; i++)
        assert_true(bars[i].from == want[i].from && bars[i].below == want[i].below && bars[i].n == want[i].n);
    assert_true(bars[n - 1].below == 0x1p64 && bars[n - 1].n == 1); /* what is larger is there too */
    histogram_free(h);
    h = of(NULL, 0);
    assert_null(histogram_bars(h, &mem, &n));
    assert_int_equal(n, 0);
    histogram_free(h);
    arena_free(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty), cmocka_unit_test(test_one),  cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_bins),  cmocka_unit_test(test_bars), cmocka_unit_test(test_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
