/* The k least of many draws, against sorting them all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "draws.h"
#include "sluice/util.h"

static int by_draw(const void *a, const void *b)
{
    const drawn x = *(const drawn *)a, y = *(const drawn *)b;
    return draw_before(x, y) ? -1 : draw_before(y, x);
}

/* The whole search with some threads, each seeing every so many-th draw; how many passes it took. */
static unsigned find(search *s, const drawn *v, size_t n, uint64_t k, unsigned threads)
{
    unsigned passes = 0;
    search_begin(s, k);
    while (!s->found) {
        draws all = { 0 };
        for (unsigned t = threads; t-- > 0;) {
            draws mine = { 0 };
            assert_true(draws_open(&mine, s));
            for (size_t i = t; i < n; i += threads)
                assert_true(draws_add(&mine, s, v[i]));
            assert_true(draws_merge(&all, &mine, s));
            draws_free(&mine);
        }
        assert_true(search_step(s, &all));
        passes++;
        assert_true(search_possible(s));
    }
    return passes;
}

static void check(const drawn *v, size_t n, uint64_t k, unsigned most_passes)
{
    search s;
    drawn *sorted = malloc((n + 1) * sizeof *sorted);
    assert_non_null(sorted);
    if (n)
        memcpy(sorted, v, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_draw);
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        const unsigned passes = find(&s, v, n, k, threads);
        assert_true(passes <= most_passes);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(search_keeps(&s, sorted[i]), i < k);
    }
    free(sorted);
}

static drawn *make(size_t n, unsigned spread)
{
    drawn *v = malloc((n + 1) * sizeof *v);
    assert_non_null(v);
    for (size_t i = 0; i < n; i++)
        v[i] = (drawn){ sl_random(3, i, 0) >> (64 - spread) << (64 - spread), 1ull << 32 | (i + 1) };
    return v;
}

static void test_small(void **u)
{
    static const unsigned spreads[] = { 64, 3, 1 };
    (void)u;
    for (size_t i = 0; i < 3; i++) {
        drawn *v = make(500, spreads[i]);
        for (uint64_t k = 0; k <= 502; k++)
            check(v, 500, k, 1);
        free(v);
    }
    check(NULL, 0, 5, 1); /* nothing is there */
}

/* More than can be listed: counted by digits, in few passes where draws are spread, also where many are alike. */
static void test_large(void **u)
{
    static const struct {
        unsigned spread, passes;
    } rows[] = { { 64, 2 }, { 20, 3 }, { 2, 8 }, { 1, 8 } };
    enum { N = 80000 };
    static const uint64_t ks[] = { DRAWS_LISTED + 1, 70000, N - 1, N, N + 1, 10 * N };
    (void)u;
    for (size_t i = 0; i < 4; i++) {
        drawn *v = make(N, rows[i].spread);
        for (size_t k = 0; k < sizeof ks / sizeof *ks; k++)
            check(v, N, ks[k], rows[i].passes);
        free(v);
    }
}

/* All draws alike, and places that only their last digits tell apart. */
static void test_ties(void **u)
{
    enum { N = 90000 };
    drawn *v = malloc(N * sizeof *v);
    (void)u;
    assert_non_null(v);
    for (size_t i = 0; i < N; i++)
        v[i] = (drawn){ 77, (uint64_t)(i % 3 + 1) << 32 | (i / 3 + 1) };
    check(v, N, 70000, 8);
    check(v, N, 80001, 8);
    free(v);
}

/* A part that comes twice shows, where draws are listed. */
static void test_twice(void **u)
{
    search s;
    draws all = { 0 }, part = { 0 };
    (void)u;
    search_begin(&s, 10);
    for (uint64_t i = 0; i < 5; i++)
        assert_true(draws_add(&part, &s, (drawn){ i * 1000, i + 1 }));
    assert_true(draws_merge(&all, &part, &s));
    assert_true(draws_merge(&all, &part, &s));
    assert_false(search_step(&s, &all));
    draws_free(&part);
}

static void test_possible(void **u)
{
    (void)u;
    assert_true(search_possible(&(search){ .wanted = 1 }));
    assert_true(search_possible(&(search){ .found = true }));
    assert_true(search_possible(&(search){ .wanted = 9, .settled = 1, .bound = { 0xffff000000000000u, 0 } }));
    assert_false(search_possible(&(search){ 0 })); /* wants nothing, and did not find it */
    assert_false(
        search_possible(&(search){ .wanted = 9, .settled = 1, .bound = { 1, 0 } })); /* a digit that is not settled */
    assert_false(search_possible(&(search){ .wanted = 9, .settled = 4, .bound = { 1, 1 } }));
    assert_false(search_possible(&(search){ .wanted = 9, .settled = 8 }));
    assert_false(search_possible(&(search){ .wanted = 9, .settled = 9, .found = true }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small), cmocka_unit_test(test_large),    cmocka_unit_test(test_ties),
        cmocka_unit_test(test_twice), cmocka_unit_test(test_possible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
