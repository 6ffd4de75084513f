/* What stands in for fastText and CLD2 in a build without them: refuses, and says how to come by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "cld2.h"
#include "ft.h"

static void models_are_refused(void **state)
{
    char why[FT_WHY] = "";
    ft_model *m = NULL;
    (void)state;
    assert_int_equal(ft_load("x", 1, &m, why), SL_E_CONFIG);
    assert_null(m);
    assert_string_equal(why, "Sluice was built without fastText; tools/setup installs it, then build again");
    ft_free(m);
}

static void nothing_is_guessed(void **state)
{
    char why[FT_WHY];
    const ft_guess *guess = NULL;
    size_t n = 1, length = 1;
    ft_scratch *s = ft_scratch_new();
    (void)state;
    assert_non_null(s);
    assert_int_equal(ft_predict(NULL, s, (sl_str){ "x", 1, 0 }, FT_SPACE, 1, &guess, &n, why), SL_E_INTERNAL);
    assert_int_equal(n, 0);
    assert_int_equal(ft_labels(NULL), 0);
    assert_string_equal(ft_label(NULL, 0, &length), "");
    assert_int_equal(length, 0);
    ft_scratch_free(s);
}

static void no_language_is_told(void **state)
{
    cld2_guess guess = { "en", 1 };
    (void)state;
    assert_false(cld2_is_here());
    assert_int_equal(cld2_detect((sl_str){ "x", 1, 0 }, &guess), SL_E_INTERNAL);
    assert_null(guess.code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_are_refused),
        cmocka_unit_test(nothing_is_guessed),
        cmocka_unit_test(no_language_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
