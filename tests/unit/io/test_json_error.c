/* json_parse: which records it refuses, and why. Fast and strict path must agree on each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "json_test.h"

typedef struct example {
    const char *text;
    size_t n;
    json_error want;
} example;
#define EX(s, e)                                                                                                       \
    {                                                                                                                  \
        s, sizeof(s) - 1, e                                                                                            \
    }

static void errors(void **state)
{
    (void)state;
    static const example all[] = {
        EX("", JSON_SYNTAX),
        EX(" \t ", JSON_SYNTAX),
        EX("{", JSON_SYNTAX),
        EX("}", JSON_SYNTAX),
        EX("hello world", JSON_SYNTAX),
        EX("{\"a\":tru}", JSON_SYNTAX),
        EX("{\"a\":truex}", JSON_SYNTAX),
        EX("{\"a\":nul", JSON_SYNTAX),
        EX("{\"a\":True}", JSON_SYNTAX),
        EX("{\"a\":NaN}", JSON_SYNTAX),
        EX("{\"a\":.5}", JSON_SYNTAX),
        EX("{\"a\":+1}", JSON_SYNTAX),
        EX("{\"a\":1x}", JSON_SYNTAX),
        EX("{\"a\":1 2}", JSON_SYNTAX),
        EX("{\"a\":1,}", JSON_SYNTAX),
        EX("{,\"a\":1}", JSON_SYNTAX),
        EX("{\"a\":}", JSON_SYNTAX),
        EX("{\"a\"}", JSON_SYNTAX),
        EX("{\"a\" 1}", JSON_SYNTAX),
        EX("{\"a\"::1}", JSON_SYNTAX),
        EX("{a:1}", JSON_SYNTAX),
        EX("{'a':1}", JSON_SYNTAX),
        EX("{1:1}", JSON_SYNTAX),
        EX("{\"a\":1 \"b\":2}", JSON_SYNTAX),
        EX("{\"a\":[1,]}", JSON_SYNTAX),
        EX("{\"a\":[,1]}", JSON_SYNTAX),
        EX("{\"a\":[1}", JSON_SYNTAX),
        EX("{\"a\":[1}}", JSON_SYNTAX),
        EX("{\"a\":1]", JSON_SYNTAX),
        EX("{\"a\":\"x", JSON_SYNTAX),
        EX("{\"a\":\"x\\", JSON_SYNTAX),
        EX("{\"a\":\"x\\\"}", JSON_SYNTAX),
        EX("{\"a", JSON_SYNTAX),
        EX("[1", JSON_SYNTAX),
        EX("{\"a\":1/*c*/}", JSON_SYNTAX),
        EX("{\0}", JSON_SYNTAX),
        EX("{\"a\":1\0}", JSON_SYNTAX),
        EX("\xEF\xBB\xBF{\"a\":1}", JSON_SYNTAX),
        EX("{\"a\":\v1}", JSON_SYNTAX),
        EX("{\"a\":\xC3\xA4}", JSON_SYNTAX),

        EX("[1]", JSON_NOT_OBJECT),
        EX("[]", JSON_NOT_OBJECT),
        EX("\"a\"", JSON_NOT_OBJECT),
        EX("1", JSON_NOT_OBJECT),
        EX("null", JSON_NOT_OBJECT),
        EX("123,foo,bar", JSON_NOT_OBJECT),
        EX("99999999999999999999999", JSON_NOT_OBJECT),

        EX("{\"a\":\"\xFF\"}", JSON_UTF8),
        EX("{\"a\":\"\x80\"}", JSON_UTF8),
        EX("{\"a\":\"\xC0\x80\"}", JSON_UTF8),
        EX("{\"a\":\"\xED\xA0\x80\"}", JSON_UTF8),
        EX("{\"a\":\"\xF4\x90\x80\x80\"}", JSON_UTF8),
        EX("{\"a\":\"\xE4\xBD\"}", JSON_UTF8),
        EX("{\"\xFF\":1}", JSON_UTF8),
        EX("{\"a\":\xFF}", JSON_UTF8),

        EX("{\"a\":\"\\x\"}", JSON_STRING),
        EX("{\"a\":\"\\\0\"}", JSON_STRING),
        EX("{\"a\":\"\\u12\"}", JSON_STRING),
        EX("{\"a\":\"\\u12g4\"}", JSON_STRING),
        EX("{\"a\":\"\\ud800\"}", JSON_STRING),
        EX("{\"a\":\"\\udc00\"}", JSON_STRING),
        EX("{\"a\":\"\\ud800x\"}", JSON_STRING),
        EX("{\"a\":\"\\ud800\\n\"}", JSON_STRING),
        EX("{\"a\":\"\\ud800\\u0041\"}", JSON_STRING),
        EX("{\"a\":\"\\ud800\\ud800\"}", JSON_STRING),
        EX("{\"\\ud800\":1}", JSON_STRING),
        EX("{\"a\":\"\t\"}", JSON_STRING),
        EX("{\"a\":\"\n\"}", JSON_STRING),
        EX("{\"a\":\"\x1F\"}", JSON_STRING),
        EX("{\"a\":\"\0\"}", JSON_STRING),
        EX("{\"a\0\":1}", JSON_STRING),

        EX("{\"a\":01}", JSON_NUMBER),
        EX("{\"a\":-01}", JSON_NUMBER),
        EX("{\"a\":00}", JSON_NUMBER),
        EX("{\"a\":-}", JSON_NUMBER),
        EX("{\"a\":-Infinity}", JSON_NUMBER),
        EX("{\"a\":1.}", JSON_NUMBER),
        EX("{\"a\":1.e5}", JSON_NUMBER),
        EX("{\"a\":1e}", JSON_NUMBER),
        EX("{\"a\":1e+}", JSON_NUMBER),
        EX("{\"a\":-.5}", JSON_NUMBER),

        EX("{\"a\":1,\"b\":2,\"a\":3}", JSON_DUPLICATE_KEY),
        EX("{\"a\":1,\"\\u0061\":3}", JSON_DUPLICATE_KEY),
        EX("{\"\":1,\"\":3}", JSON_DUPLICATE_KEY),
        EX("{\"a\":99999999999999999999999,\"a\":3}", JSON_DUPLICATE_KEY),

        EX("{}{}", JSON_TRAILING),
        EX("{\"a\":1}{\"a\":1}", JSON_TRAILING),
        EX("{} x", JSON_TRAILING),
        EX("{}}", JSON_TRAILING),
        EX("{}\0", JSON_TRAILING),
        EX("{},", JSON_TRAILING),
    };
    for (size_t i = 0; i < COUNT(all); i++) {
        const json_error got = verdict(all[i].text, all[i].n);
        if (got != all[i].want)
            print_error("%zu: %s\n", i, all[i].text);
        assert_int_equal(got, all[i].want);
    }
}

static void accepted(void **state)
{
    (void)state;
    static const example all[] = {
        EX("{}", JSON_OK),
        EX(" { } \r\n", JSON_OK),
        EX("{\"a\":-0}", JSON_OK),
        EX("{\"a\":1E+5}", JSON_OK),
        EX("{\"a\":0e-0}", JSON_OK),
        EX("{\"a\":1e400}", JSON_OK),
        EX("{\"a\":-1e400}", JSON_OK),
        EX("{\"a\":1e-400}", JSON_OK),
        EX("{\"a\":18446744073709551616}", JSON_OK),
        EX("{\"a\":-9223372036854775809}", JSON_OK),
        EX("{\"a\":[{\"b\":123456789012345678901234567890}]}", JSON_OK),
        EX("{\"a\":\"\\u0000\"}", JSON_OK),
        EX("{\"a\":\"\x7F\"}", JSON_OK),
        EX("{\"a\":\"\\ud83d\\ude00 \\\"\\\\\\/\\b\\f\\n\\r\\t\"}", JSON_OK),
        EX("{\"a\":\"\xF0\x9F\x98\x80\xC3\xA4\xE2\x82\xAC\"}", JSON_OK),
        EX("{\"\":{\"\":{}}, \"b\" : [ ] }", JSON_OK),
        EX("{\"x\":{\"a\":1,\"a\":2}}", JSON_OK), /* no field's path goes there */
        EX("{\"a\":[true,false,null,[[],{}]]}", JSON_OK),
    };
    for (size_t i = 0; i < COUNT(all); i++) {
        const json_error got = verdict(all[i].text, all[i].n);
        if (got != all[i].want)
            print_error("%zu: %s\n", i, all[i].text);
        assert_int_equal(got, all[i].want);
    }
}

/* {"a":[[…[inner]…]]} with `levels` containers open around inner. */
static json_error nested(unsigned levels, const char *inner, bool closed)
{
    sbuf s = { 0 };
    sbuf_puts(&s, "{\"a\":");
    for (unsigned i = 1; i < levels; i++)
        sbuf_putc(&s, '[');
    sbuf_puts(&s, inner);
    for (unsigned i = 1; closed && i < levels; i++)
        sbuf_putc(&s, ']');
    sbuf_putc(&s, '}');
    const json_error e = verdict(s.p, s.n);
    sbuf_free(&s);
    return e;
}

static void depth(void **state)
{
    (void)state;
    assert_int_equal(nested(1024, "1", true), JSON_OK);
    assert_int_equal(nested(1024, "{}", true), JSON_OK); /* empty ones do not count */
    assert_int_equal(nested(1024, "[ ]", true), JSON_OK);
    assert_int_equal(nested(1025, "1", true), JSON_DEPTH);
    assert_int_equal(nested(1024, "{\"b\":1}", true), JSON_DEPTH);
    assert_int_equal(nested(10000, "", false), JSON_DEPTH);
    assert_int_equal(nested(1024, "99999999999999999999", true), JSON_OK);
    assert_int_equal(nested(1025, "99999999999999999999", true), JSON_DEPTH);
}

static void messages(void **state)
{
    (void)state;
    for (int e = JSON_OK; e <= JSON_NOMEM; e++)
        for (int other = JSON_OK; other < e; other++)
            assert_string_not_equal(json_error_text((json_error)e), json_error_text((json_error)other));
    assert_string_equal(json_error_text((json_error)99), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors),
        cmocka_unit_test(accepted),
        cmocka_unit_test(depth),
        cmocka_unit_test(messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
