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
    assert_true(histogram_quantile(h, 0) == 1 && histogram_quantile(h, 0.01) == 10);
    assert_true(histogram_quantile(h, 0.5) == 496 &&
                histogram_quantile(h, 0.95) == 944); /* 31/16 and 59/32 of 256, 512 */
    assert_true(histogram_quantile(h, 1) == 992);
    near(histogram_mean(h), 500.5, 0.02);
    histogram_free(h);

    static const double v[] = { -100, -10, 0, 10, 100 };
    h = of(v, 5);
    for (int i = 0; i < 5; i++)
        assert_true(histogram_quantile(h, 0.1 + 0.2 * i) == v[i]);
    assert_true(fabs(histogram_mean(h)) < 1e-9);
    histogram_free(h);
}

/* Each value lands in a bin that ends at most 1/32 nearer to 0, over the whole range. */
static void test_bins(void **u)
{
    (void)u;
    uint64_t z = 1;
    for (int i = 0; i < 300; i++) {
        z = z * 6364136223846793005u + 1442695040888963407u;
        const double v = ldexp(1 + (double)(z >> 12) * 0x1p-52, (int)(z % 126) - 63);
        const double three[] = { 0, v, ldexp(1, 70) }; /* the ends, so that nothing is clamped */
        histogram *h = of(three, 3);
        const double end = histogram_quantile(h, 0.5);
        assert_true(end <= v && v < end * (1 + 1.0 / 32));
        histogram_free(h);
        const double minus[] = { 0, -v, -ldexp(1, 70) };
        h = of(minus, 3);
        assert_true(histogram_quantile(h, 0.5) == -end);
        histogram_free(h);
    }
    const double tiny[] = { -1, 1e-25, -1e-25, 1 }; /* below 2^-64 all is zero */
    histogram *h = of(tiny, 4);
    assert_true(histogram_quantile(h, 0.3) == 0 && histogram_quantile(h, 0.6) == 0);
    histogram_free(h);
}

static void test_parts(void **u)
{
    (void)u;
    static const double v[] = { -3, -1, -1, 0, 0, 0, 1, 1.1, 1.125, 1.9, 7, 7, INFINITY, NAN };
    static const histogram_part want[] = { { -3.25, -3, 1 }, { -1.125, -1, 2 },      { 0, 0x1p-64, 3 },
                                           { 1, 1.125, 2 },  { 1.125, 1.25, 1 },     { 1.875, 2, 1 },
                                           { 7, 7.5, 2 },    { 0x1.ep63, 0x1p64, 1 } };
    histogram *h = of(v, sizeof v / sizeof *v);
    histogram_part got;
    uint32_t at = 0;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_true(histogram_next(h, &at, &got));
        assert_true(got.from == want[i].from && got.below == want[i].below && got.n == want[i].n);
    }
    assert_false(histogram_next(h, &at, &got) || histogram_next(h, &at, &got));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty), cmocka_unit_test(test_one),   cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_bins),  cmocka_unit_test(test_parts), cmocka_unit_test(test_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
