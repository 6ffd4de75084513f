/* order.by over columns of every type, shuffle, and sample.random: exact, and the same for batches of any size. */
#include "stage_test.h"

/* ---- order.by ---- */

static uint32_t order_column(mock *m) { return mock_column(m, "_order", SL_T_U64); }

/* Rows of a column from `a` up: does each go before the next one? */
static void ascends(mock *m, const char *cfg, uint32_t column, const mock_cell *cells, size_t n, uint64_t rounded)
{
    const uint32_t order = order_column(m);
    for (int down = 0; down < 2; down++) {
        mock_docs in = { 0 }, out = { 0 };
        char with[128];
        snprintf(with, sizeof with, "{ column: n%s%s }", cfg, down ? ", descending: true" : "");
        for (size_t i = 0; i < n; i++)
            mock_add(m, &in, 1, i, "x")->cell[column] = cells[i];
        mock_doc *null = mock_add(m, &in, 1, n, "x");
        null->cell[column].valid = false;
        run_well(m, load(m, OURS("order"), "order.by", with), NULL, &in, &out);
        for (size_t i = 0; i + 1 < n; i++)
            if (down ? out.v[i].cell[order].v.u <= out.v[i + 1].cell[order].v.u
                     : out.v[i].cell[order].v.u >= out.v[i + 1].cell[order].v.u)
                fail_msg("value %zu is not before value %zu", i, i + 1);
        for (size_t i = 0; i < n; i++)
            assert_true(out.v[i].cell[order].v.u < UINT64_MAX && out.v[i].cell[order].v.u > 0);
        assert_int_equal(out.v[n].cell[order].v.u, UINT64_MAX); /* null: last, both ways */
        assert_int_equal(m->count[1], rounded);
        mock_docs_free(&in);
        mock_docs_free(&out);
    }
}

#define TYPED(type_, ...)                                                                                              \
    do {                                                                                                               \
        mock *m = mock_new();                                                                                          \
        const uint32_t column = mock_column(m, "n", type_);                                                            \
        const mock_cell cells[] = { __VA_ARGS__ };                                                                     \
        ascends(m, "", column, cells, sizeof cells / sizeof *cells, 0);                                                \
        mock_free(m);                                                                                                  \
    } while (0)
#define C(member, value)                                                                                               \
    {                                                                                                                  \
        .v.member = (value), .valid = true                                                                             \
    }

static void test_types(void **u)
{
    (void)u;
    TYPED(SL_T_I64, C(i, INT64_MIN + 1), C(i, INT64_MIN + 2), C(i, -1), C(i, 0), C(i, 1), C(i, 1ll << 53),
          C(i, (1ll << 53) + 1), C(i, INT64_MAX - 2), C(i, INT64_MAX - 1));
    TYPED(SL_T_U64, C(u, 1), C(u, 2), C(u, 1ull << 53), C(u, (1ull << 53) + 1), C(u, 1ull << 63),
          C(u, (1ull << 63) + 1), C(u, UINT64_MAX - 1));
    TYPED(SL_T_I32, C(i32, INT32_MIN), C(i32, -1), C(i32, 0), C(i32, INT32_MAX));
    TYPED(SL_T_BOOL, C(b, 0), C(b, 1));
    TYPED(SL_T_F64, C(d, -INFINITY), C(d, -1e300), C(d, -1), C(d, -5e-324), C(d, 0), C(d, 5e-324), C(d, 1),
          C(d, 1.0000000000000002), C(d, INFINITY));
    TYPED(SL_T_F32, C(f32, -INFINITY), C(f32, -1.5f), C(f32, 0), C(f32, 1.5f), C(f32, INFINITY));
}

/* The very ends of a type share the rank of their neighbours, and stay apart from null. */
static void test_ends(void **u)
{
    mock *m = mock_new();
    const uint32_t column = mock_column(m, "n", SL_T_U64);
    const mock_cell cells[] = { C(u, 0), C(u, 7), C(u, UINT64_MAX) };
    (void)u;
    ascends(m, "", column, cells, 3, 2);
    mock_free(m);
}

/* NaN is no number, and -0 is 0. */
static void test_floats(void **u)
{
    mock *m = mock_new();
    const uint32_t column = mock_column(m, "n", SL_T_F64), order = order_column(m);
    static const mock_cell cells[] = { C(d, NAN), C(d, -0.0), C(d, 0) };
    mock_docs in = { 0 }, out = { 0 };
    (void)u;
    for (size_t i = 0; i < 3; i++)
        mock_add(m, &in, 1, i, "x")->cell[column] = cells[i];
    run_well(m, load(m, OURS("order"), "order.by", "{ column: n, nulls: first }"), NULL, &in, &out);
    assert_int_equal(out.v[0].cell[order].v.u, 0);
    assert_int_equal(out.v[1].cell[order].v.u, out.v[2].cell[order].v.u);
    assert_int_equal(m->count[0], 0);
    mock_docs_free(&in);
    mock_docs_free(&out);
    mock_free(m);
}

static void test_json(void **u)
{
    static const char *const floats[] = {
        "-1e300", "-2", "-0.5", "0", "false", "1e-300", "0.5", "true", "2e0", "1e300"
    };
    static const char *const integers[] = { "-9223372036854775807",
                                            "-9007199254740993",
                                            "-9007199254740992",
                                            "-3",
                                            "-2.5",
                                            "-2",
                                            "2",
                                            "9007199254740992",
                                            "9007199254740993",
                                            "9223372036854775805",
                                            "9223372036854775806" };
    (void)u;
    for (int exact = 0; exact < 2; exact++) {
        mock *m = mock_new();
        const uint32_t column = mock_column(m, "n", SL_T_JSON);
        const char *const *text = exact ? integers : floats;
        const size_t n = exact ? sizeof integers / sizeof *integers : sizeof floats / sizeof *floats;
        mock_cell cells[16] = { { .valid = false } };
        size_t k = 0;
        for (size_t i = 0; i < n; i++) {
            if ((!exact && (!strcmp(text[i], "false") || !strcmp(text[i], "true"))) ||
                (exact && !strcmp(text[i], "-2.5")))
                continue; /* equal to a neighbour: below */
            cells[k++] = (mock_cell){ .v.s = mock_str(m, text[i]), .valid = true };
        }
        ascends(m, exact ? ", integers: true" : "", column, cells, k, 0);
        mock_free(m);
    }
}

static uint64_t rank_of_json(mock *m, const char *cfg, const char *text)
{
    const uint32_t column = mock_column(m, "n", SL_T_JSON), order = order_column(m);
    mock_docs in = { 0 }, out = { 0 };
    mock_add(m, &in, 1, 1, "x")->cell[column] = (mock_cell){ .v.s = mock_str(m, text), .valid = true };
    mock_add(m, &in, 1, 2, "x")->cell[column] = (mock_cell){ .v.s = mock_str(m, "1"), .valid = true };
    run_well(m, load(m, OURS("order"), "order.by", cfg), NULL, &in, &out);
    const uint64_t rank = out.v[0].cell[order].v.u;
    mock_docs_free(&in);
    mock_docs_free(&out);
    return rank;
}

static void test_json_ties(void **u)
{
    static const struct {
        const char *a, *b;
        bool integers;
        unsigned no_number, rounded; /* of a */
    } rows[] = {
        { "true", "1", false, 0, 0 },
        { "false", "0.0", false, 0, 0 },
        { "true", "1", true, 0, 0 },
        { "-2.5", "-3", true, 0, 1 },
        { "2.5", "2", true, 0, 1 },
        { "1e1", "10", true, 0, 0 },
        { "1e300", "9223372036854775807", true, 0, 1 },
        { "18446744073709551615", "9223372036854775807", true, 0, 1 },
        { "-1e300", "-9223372036854775808", true, 0, 1 },
        { "9007199254740993", "9007199254740992", false, 0, 1 },
        { "9223372036854775807", "9223372036854775808", false, 0, 1 },
        { "1e17", "100000000000000000", false, 0, 0 },
        { "\"1\"", "null", false, 1, 0 },
        { "[1]", "{}", false, 1, 0 },
    };
    (void)u;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mock *m = mock_new();
        const char *cfg = rows[i].integers ? "{ column: n, integers: true }" : "{ column: n }";
        const uint64_t b = rank_of_json(m, cfg, rows[i].b), a = rank_of_json(m, cfg, rows[i].a);
        if (a != b || m->count[0] != rows[i].no_number || m->count[1] != rows[i].rounded)
            fail_msg("row %zu: %llx and %llx, %llu no number, %llu rounded", i, (unsigned long long)a,
                     (unsigned long long)b, (unsigned long long)m->count[0], (unsigned long long)m->count[1]);
        mock_free(m);
    }
}

static void test_no_numbers(void **u)
{
    mock *m = mock_new();
    mock_docs in = some_docs(m, 2, false);
    (void)u;
    assert_int_equal(mock_whole(m, load(m, OURS("order"), "order.by", "{ column: text }"), NULL, &in, NULL),
                     SL_E_CONFIG);
    assert_string_equal(m->error, "the column 'text' holds texts; documents are sorted by numbers only");
    mock_column(m, "spans", SL_LIST_OF(SL_T_SPAN));
    assert_int_equal(mock_whole(m, load(m, OURS("order"), "order.by", "{ column: spans }"), NULL, &in, NULL),
                     SL_E_CONFIG);
    assert_string_equal(m->error, "the column 'spans' holds no numbers; documents are sorted by numbers only");
    mock_docs_free(&in);
    mock_free(m);
}

/* ---- shuffle ---- */

static void test_shuffle(void **u)
{
    uint64_t want = 0;
    (void)u;
    for (uint32_t i = 0; i < SIZES; i++) {
        mock *m = mock_new();
        mock_docs in = some_docs(m, 20, true), out = { 0 };
        const uint32_t order = order_column(m);
        m->rows = batch_sizes[i];
        m->workers = i % 2 ? 3 : 1;
        run_well(m, load(m, OURS("shuffle"), "shuffle", ""), NULL, &in, &out);
        for (size_t k = 0; k < out.n; k++)
            assert_int_equal(out.v[k].cell[order].v.u, sl_random(m->seed, out.v[k].key, 0));
        mock_sort(m, &out, "_order", 10);
        uint64_t h = 1;
        for (size_t k = 0; k < out.n; k++)
            h = h * 31 + out.v[k].key;
        assert_true(i == 0 || h == want);
        want = h;
        mock_docs_free(&in);
        mock_docs_free(&out);
        mock_free(m);
    }
}

/* ---- sample.random ---- */

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The k-th least draw of the live documents, by sorting them. */
static uint64_t kth(const mock *m, const mock_docs *in, size_t k)
{
    uint64_t draws[200];
    size_t n = 0;
    for (size_t i = 0; i < in->n; i++)
        if (!in->v[i].dead)
            draws[n++] = sl_random(m->seed, in->v[i].key, 0);
    qsort(draws, n, sizeof *draws, by_number);
    return k == 0 ? 0 : draws[k < n ? k - 1 : n - 1];
}

static void test_sample(void **u)
{
    static const size_t counts[] = { 0, 1, 2, 17, 60, 61, 62, 63, 1000 };
    (void)u;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (uint32_t s = 0; s < SIZES; s++) {
            mock *m = mock_new();
            mock_docs in = some_docs(m, 20, true), out = { 0 };
            char cfg[64];
            size_t live = 0;
            snprintf(cfg, sizeof cfg, "{ keep: %zu }", counts[i]);
            m->rows = batch_sizes[s];
            m->workers = s % 2 ? 3 : 1;
            run_well(m, load(m, OURS("sample"), "sample.random", cfg), NULL, &in, &out);
            for (size_t k = 0; k < in.n; k++)
                live += !in.v[k].dead;
            assert_int_equal(live, 61);
            assert_int_equal(out.n, counts[i] < live ? counts[i] : live);
            assert_int_equal(m->n_rejects, live - out.n);
            for (size_t k = 0; k < out.n; k++)
                assert_true(sl_random(m->seed, out.v[k].key, 0) <= kth(m, &in, counts[i]));
            mock_docs_free(&in);
            mock_docs_free(&out);
            mock_free(m);
        }
}

/* A share looks at nothing beforehand: its configuration says so. */
static void test_share(void **u)
{
    mock *m = mock_new();
    mock_docs in = some_docs(m, 20, false), out = { 0 };
    mock_run r;
    (void)u;
    mock_stage *st = load(m, OURS("sample"), "sample.random", "{ keep: 40% }");
    assert_true(mock_begin(m, st, &r) >= 0);
    assert_false(r.fits);
    assert_true(mock_apply(&r, &in, &out) >= 0);
    assert_true(mock_finish(&r) >= 0);
    mock_end(&r);
    size_t want = 0;
    for (size_t i = 0; i < in.n; i++)
        want += sl_unit(sl_random(m->seed, in.v[i].key, 0)) < 0.4;
    assert_int_equal(out.n, want);
    assert_true(m->rejects[0].limit == 0.4 && m->rejects[0].value >= 0.4);
    st = load(m, OURS("sample"), "sample.random", "{ keep: 40 }");
    assert_true(mock_begin(m, st, &r) >= 0);
    assert_true(r.fits);
    mock_end(&r);
    mock_docs_free(&in);
    mock_docs_free(&out);
    mock_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),   cmocka_unit_test(test_ends),      cmocka_unit_test(test_floats),
        cmocka_unit_test(test_json),    cmocka_unit_test(test_json_ties), cmocka_unit_test(test_no_numbers),
        cmocka_unit_test(test_shuffle), cmocka_unit_test(test_sample),    cmocka_unit_test(test_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
