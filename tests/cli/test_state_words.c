/* What made a state, in words: also where the text is not what we write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "cli/state.h"

static void says(const char *made_by, const char *words)
{
    sbuf out = { 0 };
    state_words(made_by, &out);
    assert_string_equal(sbuf_z(&out), words);
    sbuf_free(&out);
}

static void inputs(void **state)
{
    (void)state;
    says("{\"inputs\":[]}", "0 files");
    says("{\"inputs\":[{\"path\":\"a b\"}]}", "a b");
    says("{\"inputs\":[{\"path\":\"a\\nb\",\"bytes\":0}]}", "a\nb (0 B)");
    says("{\"inputs\":[{\"path\":7,\"bytes\":1000}]}", "1 file (1.0 kB)");
    says("{\"inputs\":[{\"bytes\":1000},{\"bytes\":2000}]}", "2 files (3.0 kB)");
    says("{\"inputs\":[{\"bytes\":1000},{\"bytes\":-1}]}", "2 files");
    says("{\"inputs\":[{\"path\":\"x\"},17,\"y\",null,[]]}", "5 files");
    says("{\"inputs\":[{\"path\":\"x\",\"path\":\"y\"}]}", "1 file");
    says("{\"inputs\":[{\"bytes\":1000},{\"bytes\":2000}],\"files\":2}", "2 files (3.0 kB)");
    says("{\"inputs\":[{\"bytes\":1000},{\"bytes\":2000}],\"files\":5000}", "5,000 files"); /* the first of them */
    says("{\"inputs\":[{\"path\":\"x\",\"bytes\":1}],\"files\":2}", "2 files");
    says("{\"inputs\":{\"path\":\"x\"}}", "{\"inputs\":{\"path\":\"x\"}}");
}

static void options(void **state)
{
    (void)state;
    says("{\"options\":{\"a\":1,\"b.c\":\"x y\",\"d\":null,\"e\":{\"f\":[1, 2]},\"g\":\"\\u00e9\",\"\":true}}",
         "a = 1, b.c = x y, d = null, e = {\"f\":[1, 2]}, g = \xC3\xA9,  = true");
    says("{\"options\":{}}", "{\"options\":{}}");
    says("{\"options\":[1]}", "{\"options\":[1]}");
    says("{\"inputs\":[],\"options\":{\"a\":1,\"a\":2}}", "0 files");
}

static void above(void **state)
{
    (void)state;
    says("{\"above\":[\"a\",{\"use\":\"b\",\"more\":1},{\"use\":3},5,\"c\"]}", "below a, b, c");
    says("{\"above\":[]}", "{\"above\":[]}");
    says("{\"above\":[{}]}", "{\"above\":[{}]}");
    says("{\"above\":[\"z\"],\"options\":{\"k\":20},\"inputs\":[{\"path\":\"p\",\"bytes\":5}]}",
         "p (5 B); k = 20; below z");
}

static void anything_else(void **state)
{
    (void)state;
    says("", "");
    says("{}", "{}");
    says("{", "{");
    says("[1,2]", "[1,2]");
    says("\"text\"", "\"text\"");
    says("by hand\nand so on", "by hand\nand so on");
    says("\xff\xfe", "\xff\xfe");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs),
        cmocka_unit_test(options),
        cmocka_unit_test(above),
        cmocka_unit_test(anything_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
