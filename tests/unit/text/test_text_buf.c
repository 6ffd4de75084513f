/* Buffers that grow: room, slack, what stays when memory ends. */
#include "text_samples.h"
#include "../alloc_fails.h"

static void test_add(void **u)
{
    (void)u;
    text_buf b = { 0 };
    for (int i = 0; i < 5000; i++)
        assert_true(text_buf_add(&b, "sluice", 6));
    assert_int_equal(b.n, 30000);
    assert_true(b.cap >= b.n + TEXT_SLACK);
    for (size_t i = 0; i < b.n; i += 6)
        assert_memory_equal(b.p + i, "sluice", 6);
    assert_true(text_buf_add(&b, NULL, 0));
    assert_int_equal(b.n, 30000);
    text_buf_free(&b);
    assert_null(b.p);
    assert_int_equal(b.n + b.cap, 0);
    text_buf_free(&b);
}

static void test_end(void **u)
{
    (void)u;
    text_buf b = { 0 };
    sl_str t = text_buf_end(&b);
    assert_non_null(t.p);
    assert_int_equal(t.n, 0);
    assert_true(text_buf_room(&b, 1000));
    memset(b.p, 'x', b.cap);
    b.n = b.cap - TEXT_SLACK; /* full */
    const size_t n = b.n;
    t = text_buf_end(&b);
    assert_int_equal(t.n, n);
    assert_int_equal(t.p[n - 1], 'x');
    for (int i = 0; i < TEXT_SLACK; i++)
        assert_int_equal(t.p[n + (size_t)i], 0);
    b.n = (size_t)UINT32_MAX + 1;
    assert_null(text_buf_end(&b).p);
    b.n = 0;
    assert_false(text_buf_room(&b, SIZE_MAX));
    assert_false(text_buf_room(&b, SIZE_MAX / 2));
    text_buf_free(&b);
}

static void test_spans(void **u)
{
    (void)u;
    text_spans s = { 0 };
    assert_true(text_spans_room(&s, 3));
    s.v[0] = (sl_span){ 1, 2 };
    s.v[2] = (sl_span){ 5, 9 };
    s.n = 3;
    assert_true(text_spans_room(&s, 100000));
    assert_true(s.cap >= 100000);
    assert_int_equal(s.v[0].end, 2);
    assert_int_equal(s.v[2].begin, 5);
    assert_int_equal(s.n, 3);
    const sl_str part = text_part(SAMPLE("0123456789"), s.v[2]);
    assert_int_equal(part.n, 4);
    assert_memory_equal(part.p, "5678", 4);
    assert_false(text_spans_room(&s, (size_t)UINT32_MAX + 1));
    text_spans_free(&s);
    assert_null(s.v);
    assert_int_equal(s.n + s.cap, 0);
}

static void test_no_memory(void **u)
{
    (void)u;
    text_buf b = { 0 };
    text_spans s = { 0 };
    alloc_fail_at(0);
    assert_false(text_buf_add(&b, "a", 1));
    alloc_fail_at(0);
    assert_null(text_buf_end(&b).p);
    alloc_fail_at(0);
    assert_false(text_spans_room(&s, 1));
    alloc_fail_at(-1);
    assert_true(text_buf_add(&b, "ab", 2));
    const size_t cap = b.cap;
    alloc_fail_at(0);
    assert_false(text_buf_room(&b, 100000));
    alloc_fail_at(-1);
    assert_int_equal(b.cap, cap);
    ASSERT_TEXT(&b, "ab");
    text_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
