#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include "run/json_writer.h"

static void write_all(json_writer *w)
{
    jw_object(w, NULL);
    jw_str(w, "text", "a\"b");
    jw_str(w, "null", NULL);
    jw_text(w, "part", "abc", 2);
    jw_u64(w, "big", UINT64_MAX);
    jw_i64(w, "least", INT64_MIN);
    jw_double(w, "half", 0.5);
    jw_double(w, "nan", NAN);
    jw_bool(w, "yes", true);
    jw_raw(w, "raw", "[1, 2]");
    jw_list(w, "empty");
    jw_close(w);
    jw_list(w, "list");
    jw_u64(w, NULL, 1);
    jw_object(w, NULL);
    jw_close(w);
    jw_close(w);
    jw_close(w);
}

static void test_indented(void **state)
{
    (void)state;
    sbuf out = { 0 };
    json_writer w = { .out = &out };
    write_all(&w);
    assert_string_equal(sbuf_z(&out),
                        "{\n  \"text\": \"a\\\"b\",\n  \"null\": null,\n  \"part\": \"ab\",\n"
                        "  \"big\": 18446744073709551615,\n  \"least\": -9223372036854775808,\n  \"half\": 0.5,\n"
                        "  \"nan\": null,\n  \"yes\": true,\n  \"raw\": [1, 2],\n  \"empty\": [],\n"
                        "  \"list\": [\n    1,\n    {}\n  ]\n}");
    sbuf_free(&out);
}

static void test_compact(void **state)
{
    (void)state;
    sbuf out = { 0 };
    json_writer w = { .out = &out, .compact = true };
    write_all(&w);
    assert_string_equal(sbuf_z(&out),
                        "{\"text\":\"a\\\"b\",\"null\":null,\"part\":\"ab\",\"big\":18446744073709551615,"
                        "\"least\":-9223372036854775808,\"half\":0.5,\"nan\":null,\"yes\":true,\"raw\":[1, 2],"
                        "\"empty\":[],\"list\":[1,{}]}");
    sbuf_free(&out);
}

static void test_deep(void **state)
{
    (void)state;
    sbuf out = { 0 };
    json_writer w = { .out = &out, .compact = true };
    for (int i = 0; i < 30; i++) {
        jw_list(&w, NULL);
        jw_object(&w, NULL);
        jw_bool(&w, "x", false);
        jw_list(&w, "y");
    }
    for (int i = 0; i < 90; i++)
        jw_close(&w);
    assert_int_equal(w.depth, 0);
    assert_int_equal(out.n, 30 * (sizeof "[{\"x\":false,\"y\":[]}]" - 1));
    sbuf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_indented), cmocka_unit_test(test_compact),
                                        cmocka_unit_test(test_deep) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
