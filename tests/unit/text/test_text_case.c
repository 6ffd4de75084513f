/* Lower case as Python has it. */
#include "text_samples.h"
#include "../alloc_fails.h"
#include "text/case.h"

static void lower(sl_str t, text_buf *out) { assert_true(text_lower(t, out)); }

static void test_python(void **u)
{
    (void)u;
    compare_with_python("lower", lower);
}

#define LOWER(in, want)                                                                                                \
    do {                                                                                                               \
        b.n = 0;                                                                                                       \
        lower(SAMPLE(in), &b);                                                                                         \
        ASSERT_TEXT(&b, want);                                                                                         \
    } while (0)

static void test_texts(void **u)
{
    (void)u;
    text_buf b = { 0 };
    LOWER("", "");
    LOWER("@AZ[`az{ The QUICK brown fox\0 OF 1984", "@az[`az{ the quick brown fox\0 of 1984");
    LOWER("ÀÉÎ ẞ Ω K Å ДА", "àéî ß ω k å да");
    LOWER("İI", "i̇i");
    LOWER("ȺȾ𐐀", "ⱥⱦ𐐨"); /* two bytes become three */
    LOWER("ΟΔΟΣ ΣΟΦΟΣ Σ ΣΣ", "οδος σοφος σ σς");
    LOWER("ΑΣ'Σ ΑΣ́Α ΑΣ́", "ασ'ς ασ́α ας́");
    LOWER("Α.Σ", "α.ς");
    LOWER("'Σ", "'σ");
    LOWER("ͅΣ", "ͅσ"); /* U+0345 is cased, but looked over */
    LOWER("ΑΣ1", "ας1");
    b.n = 0;
    assert_true(text_buf_add(&b, "KEPT ", 5));
    lower(SAMPLE("ADDED"), &b);
    ASSERT_TEXT(&b, "KEPT added");
    text_buf_free(&b);
}

static void test_sigma(void **u)
{
    (void)u;
    const sl_str t = SAMPLE("ΑΣ ΑΣΑ Σ");
    assert_true(text_final_sigma(t, 2));
    assert_false(text_final_sigma(t, 7));
    assert_false(text_final_sigma(t, 12));
}

/* The most that lower case can grow fits: Ⱥ has two bytes, ⱥ three. */
static void test_growth(void **u)
{
    (void)u;
    text_buf t = { 0 }, out = { 0 };
    for (int i = 0; i < 10000; i++)
        assert_true(text_buf_add(&t, i & 1 ? "İ" : "Ⱥ", 2));
    lower(text_buf_end(&t), &out);
    assert_int_equal(out.n, 30000);
    assert_true(out.cap >= out.n + TEXT_SLACK);
    assert_memory_equal(out.p + 29994, "ⱥi̇", 6);
    text_buf_free(&t);
    text_buf_free(&out);
    alloc_fail_at(0);
    assert_false(text_lower((sl_str){ "A", 1, 0 }, &out));
    alloc_fail_at(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_sigma),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
