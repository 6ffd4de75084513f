/* json_column_value and json_convert: every type, there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <float.h>
#include <math.h>
#include "json_test.h"

#define STR(s)                                                                                                         \
    {                                                                                                                  \
        s, sizeof(s) - 1, 0                                                                                            \
    }

static void expect_column(uint32_t type, uint32_t width, void *data, uint32_t row, const char *want)
{
    uint64_t valid[2] = { ~0ull, ~0ull };
    sl_column col = { .name = "c", .data = data, .valid = valid, .type = type, .width = width };
    sbuf out = { 0 };
    sbuf_puts(&out, ":");
    json_column_value(&col, row, &out);
    assert_string_equal(out.p + 1, want);
    valid[row >> 6] &= ~(1ull << (row & 63));
    sbuf_clear(&out);
    json_column_value(&col, row, &out);
    assert_string_equal(out.p, "null");
    sbuf_free(&out);
}

static void scalars(void **state)
{
    (void)state;
    expect_column(SL_T_BOOL, 1, (uint8_t[]){ 0, 1 }, 0, "false");
    expect_column(SL_T_BOOL, 1, (uint8_t[]){ 0, 1 }, 1, "true");
    expect_column(SL_T_I32, 1, (int32_t[]){ INT32_MIN, 7 }, 0, "-2147483648");
    expect_column(SL_T_I32, 0, (int32_t[]){ INT32_MIN, 7 }, 1, "7");
    expect_column(SL_T_I64, 1, (int64_t[]){ INT64_MIN, 0 }, 0, "-9223372036854775808");
    expect_column(SL_T_I64, 1, (int64_t[]){ INT64_MIN, 0 }, 1, "0");
    expect_column(SL_T_U64, 1, (uint64_t[]){ UINT64_MAX }, 0, "18446744073709551615");
    expect_column(SL_T_SPAN, 1, (sl_span[]){ { 0, 5 }, { 6, UINT32_MAX } }, 1, "[6,4294967295]");
    uint8_t many[100] = { [70] = 1 };
    expect_column(SL_T_BOOL, 1, many, 70, "true");
    expect_column(SL_T_BOOL, 1, many, 71, "false");
}

static void doubles(void **state)
{
    (void)state;
    expect_column(SL_T_F64, 1, (double[]){ 0.1 }, 0, "0.1");
    expect_column(SL_T_F64, 1, (double[]){ 1.0 / 3 }, 0, "0.3333333333333333");
    expect_column(SL_T_F64, 1, (double[]){ 3 }, 0, "3");
    expect_column(SL_T_F64, 1, (double[]){ NAN }, 0, "null");
    expect_column(SL_T_F64, 1, (double[]){ -INFINITY }, 0, "null");
    expect_column(SL_T_F32, 1, (float[]){ 0.1f }, 0, "0.1");
    expect_column(SL_T_F32, 1, (float[]){ 16777216 }, 0, "16777216");
    expect_column(SL_T_F32, 1, (float[]){ 1.0f / 3 }, 0, "0.33333334");
    expect_column(SL_T_F32, 1, (float[]){ FLT_MAX }, 0, "3.4028235e+38");
    expect_column(SL_T_F32, 1, (float[]){ INFINITY }, 0, "null");
    expect_column(SL_T_F32, 1, (float[]){ -0.5f }, 0, "-0.5");
}

static void texts(void **state)
{
    (void)state;
    sl_str s[] = { STR("a\"b\\\n\x01\xC3\xA4"), STR("x\xFFy"), { NULL, 0, 0 }, STR("\0") };
    expect_column(SL_T_STR, 1, s, 0, "\"a\\\"b\\\\\\n\\u0001\xC3\xA4\"");
    expect_column(SL_T_STR, 1, s, 1, "\"x\xEF\xBF\xBDy\"");
    expect_column(SL_T_STR, 1, s, 2, "\"\"");
    expect_column(SL_T_STR, 1, s, 3, "\"\\u0000\"");
    sl_str j[] = {
        STR("{\"a\": [1]}"), STR("{\n\"a\\n\":\r\n1}"), { NULL, 0, 0 }, STR("{oops"), STR("1 2"), STR(" 5 ")
    };
    expect_column(SL_T_JSON, 1, j, 0, "{\"a\": [1]}");
    expect_column(SL_T_JSON, 1, j, 1, "{ \"a\\n\":  1}"); /* one record, one line */
    expect_column(SL_T_JSON, 1, j, 2, "null");
    expect_column(SL_T_JSON, 1, j, 3, "null"); /* what is no JSON cannot leave as JSON */
    expect_column(SL_T_JSON, 1, j, 4, "null");
    expect_column(SL_T_JSON, 1, j, 5, " 5 ");
}

static void arrays(void **state)
{
    (void)state;
    int32_t ids[] = { 1, -2, 3 };
    sl_str words[] = { STR("a"), STR(""), STR("\"") }, json[] = { STR("{}"), STR("null") };
    sl_span spans[] = { { 0, 1 }, { 2, 3 } };
    double d[] = { 0.5, NAN };
    uint8_t b[] = { 1, 0 };
    expect_column(SL_LIST_OF(SL_T_I32), 1, (sl_list[]){ { ids, 3, 0 }, { NULL, 0, 0 } }, 0, "[1,-2,3]");
    expect_column(SL_LIST_OF(SL_T_I32), 1, (sl_list[]){ { ids, 3, 0 }, { NULL, 0, 0 } }, 1, "[]");
    expect_column(SL_LIST_OF(SL_T_STR), 1, (sl_list[]){ { words, 3, 0 } }, 0, "[\"a\",\"\",\"\\\"\"]");
    expect_column(SL_LIST_OF(SL_T_JSON), 1, (sl_list[]){ { json, 2, 0 } }, 0, "[{},null]");
    expect_column(SL_LIST_OF(SL_T_SPAN), 1, (sl_list[]){ { spans, 2, 0 } }, 0, "[[0,1],[2,3]]");
    expect_column(SL_LIST_OF(SL_T_F64), 1, (sl_list[]){ { d, 2, 0 } }, 0, "[0.5,null]");
    expect_column(SL_LIST_OF(SL_T_BOOL), 1, (sl_list[]){ { b, 2, 0 } }, 0, "[true,false]");
    expect_column(SL_T_F32, 2, (float[]){ 1, 2, 3.5f, 4 }, 1, "[3.5,4]");
    expect_column(SL_T_STR, 2, words, 0, "[\"a\",\"\"]");
    expect_column(SL_T_SPAN, 2, spans, 0, "[[0,1],[2,3]]");
    expect_column(SL_T_ANY, 1, ids, 0, "null");
    expect_column(99, 1, ids, 0, "null");
    expect_column(SL_LIST_OF(99), 1, (sl_list[]){ { ids, 3, 0 } }, 0, "[]");
    expect_column(SL_T_I32, 1, NULL, 0, "null"); /* vectors are the stage's to allocate, and it did not */
}

/* Random numbers read back as themselves. */
static void round_trips(void **state)
{
    (void)state;
    uint64_t seed = 3;
    arena mem;
    arena_init(&mem, 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t valid = 1;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const uint64_t bits = seed ^ seed >> 29;
        const uint32_t low = (uint32_t)(bits >> 16);
        double d;
        float f;
        memcpy(&d, &bits, 8);
        memcpy(&f, &low, 4);
        const struct {
            uint32_t type;
            void *p;
            bool finite;
        } all[] = { { SL_T_F64, &d, isfinite(d) },
                    { SL_T_F32, &f, isfinite(f) },
                    { SL_T_U64, &seed, true },
                    { SL_T_I64, &seed, true } };
        for (size_t k = 0; k < COUNT(all); k++) {
            sl_column col = { .data = all[k].p, .valid = &valid, .type = all[k].type, .width = 1 };
            sbuf out = { 0 };
            json_cell c;
            json_column_value(&col, 0, &out);
            assert_int_equal(json_convert(out.p, out.n, col.type, &mem, &c), all[k].finite ? CELL_OK : CELL_NULL);
            if (all[k].finite)
                assert_memory_equal(&c.v, all[k].p, json_type_size(col.type));
            sbuf_free(&out);
        }
    }
    arena_free(&mem);
}

static void convert(void **state)
{
    (void)state;
    arena mem;
    json_cell c;
    arena_init(&mem, 1);
    assert_int_equal(json_convert(" \"a\\u00e4\" \n", 12, SL_T_STR, &mem, &c), CELL_OK);
    assert_int_equal(c.v.str.n, 3);
    assert_memory_equal(c.v.str.p, "a\xC3\xA4", 3);
    unsigned sum = 0;
    for (int i = 0; i < PAD; i++)
        sum += ((const volatile unsigned char *)c.v.str.p)[3 + i];
    (void)sum;
    assert_int_equal(json_convert(" [1, 2] ", 8, SL_LIST_OF(SL_T_I64), &mem, &c), CELL_OK);
    assert_int_equal(c.v.list.n, 2);
    assert_memory_equal(c.v.list.p, ((int64_t[]){ 1, 2 }), 16);
    assert_int_equal(json_convert(" {} ", 4, SL_T_JSON, &mem, &c), CELL_OK);
    assert_int_equal(c.v.str.n, 2);
    assert_int_equal(json_convert(" null ", 6, SL_T_F64, &mem, &c), CELL_NULL);
    assert_int_equal(json_convert("[1,\"a\"]", 7, SL_LIST_OF(SL_T_I64), &mem, &c), CELL_WRONG_TYPE);
    assert_int_equal(json_convert("[[1]]", 5, SL_LIST_OF(SL_T_I64), &mem, &c), CELL_WRONG_TYPE);
    assert_int_equal(json_convert("{\"a\":1}", 7, SL_LIST_OF(SL_T_I64), &mem, &c), CELL_WRONG_TYPE);
    assert_int_equal(json_convert("1", 1, SL_T_SPAN, &mem, &c), CELL_WRONG_TYPE);
    assert_int_equal(json_convert("[1]", 3, SL_LIST_OF(SL_T_SPAN), &mem, &c), CELL_WRONG_TYPE);
    arena_free(&mem);
}

/* A stage may hand over anything as JSON: the answer means nothing then, but nothing outside is read. */
static void convert_nonsense(void **state)
{
    (void)state;
    static const char *const all[] = {
        "",   "\"", "\"a",     "[",    "[1",      "[1,",  "{\"a\":[", "[\"a",          "\"\\\"",
        "-",  "t",  "nul",     "[,,]", "\"\\u\"", "\"\\", "{\"",      "\"\\ud800\\\"", "[\"\\ud83d\"]",
        "]]", "}",  "\"\\u12", "[[",   "{\"a\""
    };
    static const uint32_t types[] = {
        SL_T_BOOL,           SL_T_I32, SL_T_F64, SL_T_STR, SL_T_JSON, SL_LIST_OF(SL_T_STR), SL_LIST_OF(SL_T_JSON),
        SL_LIST_OF(SL_T_F32)
    };
    for (size_t i = 0; i < COUNT(all); i++)
        for (size_t t = 0; t < COUNT(types); t++) {
            const size_t n = strlen(all[i]);
            char *p = malloc(n ? n : 1);
            json_cell c;
            arena mem;
            arena_init(&mem, 1);
            assert_non_null(p);
            memcpy(p, all[i], n);
            const json_state s = json_convert(p, n, types[t], &mem, &c);
            assert_int_equal(s, c.state);
            free(p);
            arena_free(&mem);
        }
    json_cell c;
    assert_int_equal(json_convert(NULL, 0, SL_T_STR, NULL, &c), CELL_NULL); /* a column that was never filled */
    assert_int_equal(json_convert("  ", 2, SL_T_STR, NULL, &c), CELL_WRONG_TYPE);
}

typedef struct key_log {
    sbuf text;
    unsigned left;
} key_log;

static bool log_key(void *u, const char *key, size_t n)
{
    key_log *log = u;
    sbuf_add(&log->text, key, n);
    sbuf_putc(&log->text, '|');
    return --log->left;
}

static void keys_and_validity(void **state)
{
    (void)state;
    static const char record[] = " {\"a\":{\"x\":1}, \"\\u0062\\n\" : [\"c\"], \"\":0,\"d\":1}";
    key_log log = { .left = 99 };
    assert_true(json_each_key(record, sizeof record - 1, log_key, &log));
    assert_string_equal(log.text.p, "a|b\n||d|");
    sbuf_clear(&log.text);
    log.left = 2;
    assert_true(json_each_key(record, sizeof record - 1, log_key, &log));
    assert_string_equal(log.text.p, "a|b\n|");
    sbuf_free(&log.text);
    assert_true(json_each_key("{}", 2, log_key, &log));
    assert_true(json_valid(" [1e400] ", 9));
    assert_true(json_valid("\"a\"", 3));
    assert_false(json_valid("", 0));
    assert_false(json_valid("1 2", 3));
    assert_false(json_valid("\"\xFF\"", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars),          cmocka_unit_test(doubles),           cmocka_unit_test(texts),
        cmocka_unit_test(arrays),           cmocka_unit_test(round_trips),       cmocka_unit_test(convert),
        cmocka_unit_test(convert_nonsense), cmocka_unit_test(keys_and_validity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
