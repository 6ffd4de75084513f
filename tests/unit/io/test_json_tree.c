/* JSON as a tree: what is in it, what is refused, and when two are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "io/json_tree.h"

static arena mem;

static int setup(void **state)
{
    (void)state;
    arena_init(&mem, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&mem);
    return 0;
}

static json_tree tree(const char *text)
{
    json_tree t;
    const json_error e = json_tree_parse(&mem, text, strlen(text), &t);
    if (e)
        fail_msg("%s: %s", text, json_error_text(e));
    return t;
}

static json_error refusal(const char *text)
{
    json_tree t;
    return json_tree_parse(&mem, text, strlen(text), &t);
}

static void kinds(void **state)
{
    (void)state;
    const json_tree t =
        tree(" { \"a\" : [ 1.50 , \"x\\ny\\u00e9\\ud83d\\ude00\" , true, false, null, {}, [] ] ,\"\\u0062\":-2e3} ");
    assert_int_equal(t.kind, TREE_MAP);
    assert_int_equal(t.n, 2);
    assert_null(t.key);
    const json_tree *a = json_tree_get(&t, "a"), *b = json_tree_get(&t, "b");
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(a->kind, TREE_LIST);
    assert_int_equal(a->n, 7);
    assert_true(a->items[0].kind == TREE_NUMBER && !strcmp(a->items[0].text, "1.50") && a->items[0].n == 4);
    assert_true(a->items[1].kind == TREE_TEXT && !strcmp(a->items[1].text, "x\ny\xc3\xa9\xf0\x9f\x98\x80"));
    assert_int_equal(a->items[1].n, 9);
    assert_null(a->items[1].key);
    assert_true(a->items[2].kind == TREE_BOOL && a->items[2].truth);
    assert_true(a->items[3].kind == TREE_BOOL && !a->items[3].truth);
    assert_int_equal(a->items[4].kind, TREE_NULL);
    assert_true(a->items[5].kind == TREE_MAP && a->items[5].n == 0);
    assert_true(a->items[6].kind == TREE_LIST && a->items[6].n == 0);
    assert_string_equal(b->key, "b");
    assert_memory_equal(b->raw, "-2e3", 4);
    assert_int_equal(b->raw_n, 4);
    assert_int_equal(t.raw[t.raw_n - 1], '}');
    assert_null(json_tree_get(&t, "c"));
    assert_null(json_tree_get(a, "a"));
    assert_null(json_tree_get(NULL, "a"));
    const json_tree scalar = tree("\"a\\u0000b\"");
    assert_true(scalar.n == 3 && !memcmp(scalar.text, "a\0b", 4));
}

static void refused(void **state)
{
    (void)state;
    assert_int_equal(refusal(""), JSON_SYNTAX);
    assert_int_equal(refusal("{\"a\":1"), JSON_SYNTAX);
    assert_int_equal(refusal("{} x"), JSON_TRAILING);
    assert_int_equal(refusal("01"), JSON_NUMBER);
    assert_int_equal(refusal("[\"\\x\"]"), JSON_STRING);
    assert_int_equal(refusal("{\"a\":1,\"b\":2,\"\\u0061\":3}"), JSON_DUPLICATE_KEY);
    assert_int_equal(refusal("[[{\"x\":{\"k\":1,\"k\":1}}]]"), JSON_DUPLICATE_KEY);
    char deep[2 * 1025 + 1];
    memset(deep, '[', 1025);
    deep[1025] = '1';
    memset(deep + 1026, ']', 1025);
    assert_int_equal(json_tree_parse(&mem, deep, 2051, &(json_tree){ 0 }), JSON_DEPTH);
    assert_int_equal(json_tree_parse(&mem, deep + 1, 2049, &(json_tree){ 0 }), JSON_OK);
}

static void equal(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } v[] = {
        { "1", "1.0", true },
        { "1", "1e0", true },
        { "100", "1E+2", true },
        { "0.001", "1e-3", true },
        { "1200", "1.2e3", true },
        { "10.10", "10.1", true },
        { "-0", "0.0e9", true },
        { "0", "1", false },
        { "1", "-1", false },
        { "1", "10", false },
        { "1", "11", false },
        { "11", "1", false },
        { "1.01", "1.1", false },
        { "9007199254740993", "9007199254740992", false },
        { "123456789012345678901234567890", "1.2345678901234567890123456789e29", true },
        { "1e99999999999999999999", "1e99999999999999999999", true },
        { "1e99999999999999999999", "1e-99999999999999999999", false },
        { "1", "\"1\"", false },
        { "true", "false", false },
        { "null", "null", true },
        { "null", "false", false },
        { "\"\\u00e9\"", "\"\xc3\xa9\"", true },
        { "\"a\"", "\"ab\"", false },
        { "[1,2]", "[1,2.0]", true },
        { "[1,2]", "[2,1]", false },
        { "[1]", "[1,1]", false },
        { "{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"a\":1}", true },
        { "{\"a\":1}", "{\"b\":1}", false },
        { "{\"a\":1}", "{\"a\":1,\"b\":1}", false },
        { "{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"y\":2,\"x\":1}}", true },
        { "{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"y\":2,\"x\":3}}", false },
        { "{}", "[]", false },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        const json_tree a = tree(v[i].a), b = tree(v[i].b);
        if (json_tree_equal(&a, &b) != v[i].same || json_tree_equal(&b, &a) != v[i].same)
            fail_msg("%s and %s", v[i].a, v[i].b);
    }
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint64_t want;
    } v[] = {
        { "0", true, 0 },
        { "-0.0", true, 0 },
        { "42", true, 42 },
        { "4.20e1", true, 42 },
        { "7e3", true, 7000 },
        { "18446744073709551615", true, UINT64_MAX },
        { "18446744073709551616", false, 0 },
        { "2e19", false, 0 },
        { "1e400", false, 0 },
        { "1.5", false, 0 },
        { "-1", false, 0 },
        { "\"1\"", false, 0 },
        { "null", false, 0 },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        const json_tree t = tree(v[i].text);
        uint64_t n = 0;
        if (json_tree_u64(&t, &n) != v[i].good || n != v[i].want)
            fail_msg("%s: %llu", v[i].text, (unsigned long long)n);
    }
    double d = 0;
    const json_tree half = tree("-5e-1"), text = tree("\"x\""), huge = tree("1e400");
    assert_true(json_tree_f64(&half, &d) && d == -0.5);
    assert_false(json_tree_f64(&text, &d) || json_tree_f64(&huge, &d) || json_tree_f64(NULL, &d));
    assert_false(json_tree_u64(NULL, &(uint64_t){ 0 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(refused, setup, teardown),
        cmocka_unit_test_setup_teardown(equal, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
