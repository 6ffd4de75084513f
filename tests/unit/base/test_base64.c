#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/base64.h"

/* RFC 4648, section 10, and what uses the last two digits. */
static void known_texts(void **state)
{
    (void)state;
    static const char *const v[][2] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
        { "\xfb\xff\xfe", "+//+" },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        sbuf text = { 0 }, bytes = { 0 };
        sbuf_puts(&text, "x");
        base64_add(&text, v[i][0], strlen(v[i][0]));
        assert_string_equal(text.p + 1, v[i][1]);
        sbuf_puts(&bytes, "y");
        assert_true(base64_get(v[i][1], strlen(v[i][1]), &bytes));
        assert_string_equal(bytes.p + 1, v[i][0]);
        assert_int_equal(bytes.n, 1 + strlen(v[i][0]));
        sbuf_free(&text);
        sbuf_free(&bytes);
    }
}

static void no_base64(void **state)
{
    (void)state;
    static const char *const v[] = { "Z",    "Zg",   "Zg=",  "====",     "Z===",    "Zg==Zg==", "Zm9v\n",
                                     " Zm9", "Zm9 ", "Z-9v", "Zm9vYm=F", "Zm\x80v", "=m9v",     "Zm9vY" };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        sbuf bytes = { 0 };
        assert_false(base64_get(v[i], strlen(v[i]), &bytes));
        assert_false(bytes.failed);
        sbuf_free(&bytes);
    }
    sbuf bytes = { 0 };
    assert_false(base64_get("Zm\0v", 4, &bytes));
    sbuf_free(&bytes);
}

/* Longer than one call of the library takes. */
static void there_and_back(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 1000, (3 << 20) - 1, 3 << 20, (3 << 20) + 1, 7000000 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        sbuf text = { 0 }, bytes = { 0 };
        uint32_t seed = 1;
        unsigned char *p = malloc(sizes[i]);
        assert_non_null(p);
        for (size_t k = 0; k < sizes[i]; k++)
            p[k] = (unsigned char)((seed = seed * 1664525u + 1013904223u) >> 24);
        base64_add(&text, p, sizes[i]);
        assert_int_equal(text.n, (sizes[i] + 2) / 3 * 4);
        assert_true(base64_get(text.p, text.n, &bytes));
        assert_int_equal(bytes.n, sizes[i]);
        assert_memory_equal(bytes.p, p, bytes.n);
        free(p);
        sbuf_free(&text);
        sbuf_free(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts),
        cmocka_unit_test(no_base64),
        cmocka_unit_test(there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
