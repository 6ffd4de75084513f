/* Many patterns at once, against one after the other; sites of URLs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "automaton.h"
#include "patterns.h"
#include "stage_mock.h"
#include "url_site.h"

static uint32_t next_random(uint32_t *seed) { return (*seed = *seed * 1664525u + 1013904223u) >> 8; }

static void random_text(uint32_t *seed, char *out, size_t n, unsigned letters)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (char)('a' + next_random(seed) % letters);
}

static int by_end(const void *a, const void *b)
{
    const sl_span *x = a, *y = b;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* All occurrences, by end, the longest first. */
static uint32_t naive(const list_table *t, const char *p, uint32_t n, sl_span *out)
{
    uint32_t found = 0;
    sl_str entry;
    for (uint64_t at = 0; list_next(t, &at, &entry);)
        for (uint32_t i = 0; i + entry.n <= n; i++)
            if (!memcmp(p + i, entry.p, entry.n))
                out[found++] = (sl_span){ i, i + entry.n };
    qsort(out, found, sizeof(*out), by_end);
    return found;
}

static void as_one_after_the_other(void **state)
{
    enum { N = 300, PATTERNS = 40 };
    static sl_span want[N * PATTERNS];
    uint32_t seed = 5, all = 0;
    (void)state;
    for (unsigned trial = 0; trial < 300; trial++) {
        const unsigned letters = 1 + trial % 4;
        list_table t = { 0 };
        automaton a = { 0 };
        char text[N], pattern[8];
        bool too_large;
        for (unsigned i = next_random(&seed) % PATTERNS; i > 0; i--) {
            const size_t n = 1 + next_random(&seed) % sizeof(pattern);
            random_text(&seed, pattern, n, letters);
            assert_true(list_add(&t, pattern, n));
        }
        assert_true(list_seal(&t));
        assert_true(automaton_make(&a, &t, &too_large));
        random_text(&seed, text, N, letters + 1);
        const uint32_t n = naive(&t, text, N, want);
        uint32_t i = 0;
        sl_str hit;
        for (automaton_walk w = { .p = text, .end = text + N }; automaton_next(&a, &w, &hit); i++) {
            assert_true(i < n);
            assert_int_equal(w.p - text, want[i].end);
            assert_int_equal(hit.n, want[i].end - want[i].begin);
            assert_memory_equal(hit.p, text + want[i].begin, hit.n);
        }
        assert_int_equal(i, n);
        all += n;
        automaton_free(&a);
        list_free(&t);
    }
    assert_true(all > 10000);
}

/* a, aa, aaa … in a text of a: as much to find as there can be, and the deepest chain of shorter ones. */
static void one_letter(void **state)
{
    enum { LONGEST = 50, N = 1000 };
    char text[N];
    list_table t = { 0 };
    automaton a = { 0 };
    bool too_large;
    sl_str hit;
    uint32_t found = 0;
    (void)state;
    memset(text, 'a', N);
    for (size_t n = 1; n <= LONGEST; n++)
        assert_true(list_add(&t, text, n));
    assert_true(list_seal(&t));
    assert_true(automaton_make(&a, &t, &too_large));
    for (automaton_walk w = { .p = text, .end = text + N }; automaton_next(&a, &w, &hit);)
        found++;
    assert_int_equal(found, N * LONGEST - LONGEST * (LONGEST - 1) / 2);
    automaton_free(&a);
    list_free(&t);
}

static void refused(void **state)
{
    enum { N = 1 << 20 };
    list_table t = { 0 };
    automaton a = { 0 };
    bool too_large = false;
    (void)state;
    char *text = malloc(N);
    assert_non_null(text);
    for (unsigned k = 0; k < 2; k++) { /* two million states, 201 bytes apart */
        for (unsigned i = 0; i < N; i++)
            text[i] = (char)(1 + (i * 7 + k) % 200);
        assert_true(list_add(&t, text, N));
    }
    assert_true(list_seal(&t));
    assert_false(automaton_make(&a, &t, &too_large));
    assert_true(too_large);
    automaton_free(&a);
    list_free(&t);
    free(text);
}

static void memory_ends(void **state)
{
    list_table t = { 0 };
    bool done = false, too_large;
    unsigned failed = 0;
    (void)state;
    assert_true(list_add(&t, "abc", 3) && list_add(&t, "bc", 2) && list_seal(&t));
    for (; !done; failed++) {
        automaton a = { 0 };
        mock_allocations = failed + 1;
        done = automaton_make(&a, &t, &too_large);
        mock_allocations = UINT32_MAX;
        assert_false(too_large);
        automaton_free(&a);
        assert_true(failed < 20);
    }
    assert_int_equal(failed, 9); /* patterns, numbers, three tables, twice */
    list_free(&t);
}

/* A pattern that goes back a step a letter gives up where that would take more than PATTERN_MEMORY; others go on. */
static void patterns_give_up(void **state)
{
    enum { N = 1 << 20 };
    mock *m = mock_new();
    list_table t = { 0 };
    patterns all = { 0 };
    pcre2_match_data *work = pcre2_match_data_create(1, NULL);
    sl_str hit;
    uint32_t given_up;
    char *text = malloc(N);
    (void)state;
    assert_non_null(text);
    memset(text, 'a', N);
    assert_true(list_add(&t, "^(a|b)+c$", 9) && list_add(&t, "^aaa", 4) && list_seal(&t));
    assert_int_equal(patterns_make(mock_ctx(m), &t, &all), SL_OK);
    assert_true(patterns_find(&all, work, (sl_str){ .p = text, .n = N }, &hit, &given_up));
    assert_true(hit.n == 4 && given_up == 1);
    assert_true(patterns_find(&all, work, (sl_str){ .p = "abc", .n = 3 }, &hit, &given_up));
    assert_true(hit.n == 9 && given_up == 0);
    assert_true(patterns_find(&all, work, (sl_str){ .p = "b", .n = 1 }, &hit, &given_up));
    assert_null(hit.p);
    pcre2_match_data_free(work);
    patterns_free(&all);
    list_free(&t);
    mock_free(m);
    free(text);
}

static void sites(void **state)
{
    static const struct {
        const char *url, *registered, *full; /* NULL: none */
    } cases[] = {
        { "http://a.b.Example.co.UK:80/x", "Example.co.UK", "a.b.Example.co.UK" },
        { "example.com", "example.com", "example.com" },
        { "//u@v@example.com..?x", "example.com", "example.com" },
        { "http:/example.com", NULL, NULL },
        { "x y://example.com", NULL, NULL },
        { "http://co.uk", NULL, NULL },
        { "http://localhost/", NULL, NULL },
        { "http://127.0.0.1/", NULL, NULL },
        { "http://[::1]/", NULL, NULL },
        { "http://[a.com", "[a.com", "[a.com" },
        { "http:// a.com \t:80", "a.com", "a.com" },
        { "http://.a.com", "a.com", "a.com" },
        { "http://..a.com", "a.com", "..a.com" },
        { "http://a..com", NULL, NULL },
        { "http://.com", NULL, NULL },
        { "http://a.foo.ck", "a.foo.ck", "a.foo.ck" },
        { "http://foo.ck", NULL, NULL },
        { "http://x.www.ck", "www.ck", "x.www.ck" },
        { "http://a..ck", "a..ck", "a..ck" },
        { "http://kobe.jp", "kobe.jp", "kobe.jp" },
        { "http://x.city.kobe.jp", "city.kobe.jp", "x.city.kobe.jp" },
        { "http://a\xE3\x80\x82"
          "b\xEF\xBC\x8E"
          "com\xEF\xBD\xA1",
          "b.com", "a.b.com" },
        { "http://a.blogspot.com", "blogspot.com", "a.blogspot.com" },
        { "http://x.\xD1\x80\xD1\x84", "x.\xD1\x80\xD1\x84", "x.\xD1\x80\xD1\x84" },
        { "http://x.xn--p1ai", "x.xn--p1ai", "x.xn--p1ai" },
        { "", NULL, NULL },
        { "@", NULL, NULL },
        { "//", NULL, NULL },
    };
    url_work w = { 0 };
    (void)state;
    const suffixes list = { .own = psl_builtin() };
    if (!list.own)
        skip();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        url_site site;
        assert_true(url_site_of(&list, (sl_str){ cases[i].url, (uint32_t)strlen(cases[i].url), 0 }, &w, &site));
        const sl_str got[] = { site.registered, site.full };
        const char *const want[] = { cases[i].registered, cases[i].full };
        for (unsigned k = 0; k < 2; k++) {
            const bool same =
                want[k] ? got[k].p && got[k].n == strlen(want[k]) && !memcmp(got[k].p, want[k], got[k].n) : !got[k].p;
            if (!same)
                fail_msg("%s: '%.*s', not %s", cases[i].url, (int)got[k].n, got[k].p ? got[k].p : "", want[k]);
        }
    }
    url_work_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_one_after_the_other),
        cmocka_unit_test(one_letter),
        cmocka_unit_test(refused),
        cmocka_unit_test(memory_ends),
        cmocka_unit_test(patterns_give_up),
        cmocka_unit_test(sites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
