/* plugins/stats/measures: groups that nobody wants stay 0, the others do not depend on them; memory that ends. */
#include "unit/text/text_test.h"
#include "measures.h"
#include "text/words.h"
#include "unit/alloc_fails.h"

enum { ALL = (1 << GROUPS) - 1 };
static const char text[] = "- The end, and the end of it ...\n\n- The end, and the end of it ...\n\nShort.\n"
                           "a a a a a a a a a a a a a a a a a a a a a a # \xC3\xA4 ...";

static bool measure(measure_work *w, text_spans *words, uint32_t groups, double v[MEASURES])
{
    measure_rules rules = { .groups = groups, .short_line = 30 };
    static const char *const stop[] = { "and", "of", "or" };
    assert_null(text_stop_words_make(&rules.stop, stop, 3));
    return text_scan_read(&w->scan, SAMPLE(text)) && text_split(TEXT_WHITESPACE, w->scan.t, words) &&
           measure_text(&rules, w, (sl_list){ words->v, words->n, 0 }, v);
}

static void groups(void **u)
{
    measure_work w = { 0 };
    text_spans words = { 0 };
    double all[MEASURES], v[MEASURES];
    (void)u;
    assert_true(measure(&w, &words, ALL, all));
    assert_true(all[STOP_WORDS] == 2);
    for (uint32_t i = 0; i < MEASURES; i++)
        assert_true(all[i] > 0); /* the text has something of everything */
    for (uint32_t wanted = 0; wanted <= ALL; wanted++) {
        assert_true(measure(&w, &words, wanted, v));
        for (uint32_t i = 0; i < MEASURES; i++)
            assert_true(v[i] == (wanted >> measure_groups[i] & 1 ? all[i] : 0));
    }
    measure_free(&w);
    text_spans_free(&words);
}

static void names(void **u)
{
    uint32_t seen = 0;
    (void)u;
    for (uint32_t i = 0; i < MEASURES; i++) {
        assert_non_null(measure_names[i]);
        assert_in_range(measure_groups[i], 0, GROUPS - 1);
        seen |= 1u << measure_groups[i];
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(measure_names[i], measure_names[k]);
    }
    assert_null(measure_names[MEASURES]);
    assert_int_equal(seen, ALL);
}

static void without_memory(void **u)
{
    double want[MEASURES], v[MEASURES];
    measure_work good = { 0 };
    text_spans words = { 0 };
    (void)u;
    assert_true(measure(&good, &words, ALL, want));
    measure_free(&good);
    const sl_str t = SAMPLE(text);
    for (long i = 0, more = 1; more; i++) {
        measure_rules rules = { .groups = ALL, .short_line = 30 };
        static const char *const stop[] = { "and", "of", "or" };
        measure_work w = { 0 };
        assert_null(text_stop_words_make(&rules.stop, stop, 3));
        const sl_list list = { words.v, words.n, 0 };
        alloc_fail_at(i);
        const bool done = text_scan_read(&w.scan, t) && measure_text(&rules, &w, list, v);
        more = alloc_failed();
        assert_int_equal(done, !more);
        assert_true(text_scan_read(&w.scan, t) && measure_text(&rules, &w, list, v));
        assert_memory_equal(v, want, sizeof v);
        measure_free(&w);
    }
    text_spans_free(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups),
        cmocka_unit_test(names),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
