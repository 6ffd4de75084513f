/* ${name}: where values come from, what is refused, what stays bounded. */
#include "expect.h"
#include "config/pipeline.h"

static diags d;
static pipeline p;

static int setup(void **state)
{
    (void)state;
    diags_init(&d);
    memset(&p, 0, sizeof p);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pipeline_free(&p);
    diags_free(&d);
    return 0;
}

static bool parse_with(const char *text, const pipeline_var *sets, size_t n_sets)
{
    pipeline_free(&p);
    return pipeline_parse(&p, &d, "my.yaml", text, strlen(text), sets, n_sets);
}

static bool parse(const char *text) { return parse_with(text, NULL, 0); }

static void refused(const char *text, const char *want)
{
    assert_false(parse(text));
    expect_diags(&d, want);
}

#define STAGES "stages: [{ use: a.b }]\n"

static const char *option(size_t stage, const char *name) { return yaml_get(p.stages[stage].node, name)->text; }

static void variables(void **state)
{
    (void)state;
    setenv("SLUICE_TEST_ENV", "from env", 1);
    setenv("SLUICE_TEST_BOTH", "env", 1);
    const pipeline_var sets[] = { { "date", "2024" }, { "SLUICE_TEST_BOTH", "set" }, { "date", "2025" } };
    assert_false(parse_with("seed: ${n}\n"
                            "vars:\n"
                            "  n: 1${two}\n"
                            "  two: 3\n",
                            NULL, 0));
    expect_diags(&d, "3:7+6 variable 'two' stands further down | a variable can use those above it\n"
                     "my.yaml no 'stages': there is nothing to run\n");
    assert_true(parse_with("seed: ${n}\n"
                           "vars:\n"
                           "  date: 1999\n"
                           "  root: /data\n"
                           "  in: ${root}/${date}\n"
                           "  n: 17\n"
                           "  unused: x\n"
                           "  none:\n"
                           "  quoted: '${n}'\n"
                           "stages:\n"
                           "  - use: source.${kind}\n"
                           "    path: ['${in}/*.zst', \"$${in}\", '$${', 'a$$b $x {y}', '${none}']\n"
                           "    env: ${SLUICE_TEST_ENV} ${SLUICE_TEST_BOTH}\n"
                           "    ${n}: key\n"
                           "    limit: ${none}\n",
                           (pipeline_var[]){ sets[0], sets[1], sets[2], { "kind", "jsonl" } }, 4));
    expect_diags(&d, "");
    assert_true(p.head.seed == 17);
    assert_string_equal(option(0, "use"), "source.jsonl");
    yaml_node **path = yaml_get(p.stages[0].node, "path")->items;
    assert_string_equal(path[0]->text, "/data/2025/*.zst");
    assert_int_equal(path[0]->n, 16);
    assert_string_equal(path[1]->text, "${in}");
    assert_string_equal(path[2]->text, "${");
    assert_string_equal(path[3]->text, "a$$b $x {y}");
    assert_string_equal(path[4]->text, "");
    assert_false(yaml_is_null(path[4]));
    assert_string_equal(option(0, "env"), "from env set");
    assert_string_equal(option(0, "${n}"), "key"); /* keys stay as they are */
    assert_true(yaml_is_null(yaml_get(p.stages[0].node, "limit")));
    assert_int_equal(p.stages[0].at.len, 14); /* the place is that in the file */
    static const char *const want[][2] = {
        { "SLUICE_TEST_BOTH", "set" },
        { "SLUICE_TEST_ENV", "from env" },
        { "date", "2025" },
        { "in", "/data/2025" },
        { "kind", "jsonl" },
        { "n", "17" },
        { "none", "" },
        { "quoted", "17" },
        { "root", "/data" },
        { "unused", "x" },
    };
    assert_int_equal(p.n_vars, sizeof want / sizeof *want);
    for (size_t i = 0; i < p.n_vars; i++) {
        assert_string_equal(p.vars[i].name, want[i][0]);
        assert_string_equal(p.vars[i].value, want[i][1]);
    }
}

static void what_is_overridden_is_not_evaluated(void **state)
{
    (void)state;
    const pipeline_var sets[] = { { "date", "2024" }, { "other", "x" } };
    assert_true(parse_with("vars:\n  date: ${undefined} ${other} ${\n" STAGES, sets, 2));
    expect_diags(&d, "");
    assert_string_equal(p.vars[0].value, "2024");
}

static void bad_variables(void **state)
{
    (void)state;
    refused("vars: { path: x }\nstages:\n  - use: a\n    b: c ${paht}/${nothing} d\n    e: \"${x y}\"\n    f: ${\n    "
            "g: [\"${}\"]\n"
            "    h: ${1a}\n",
            "4:10+7 no variable 'paht'; did you mean 'path'? | set it under vars:, with --set paht=…, or in the "
            "environment\n"
            "5:9+6 '${x y}' names no variable: letters, digits and _ - . make one | a plain ${ is written $${\n"
            "6:8+2 '${' has no } | a plain ${ is written $${\n"
            "7:10+3 '${}' names no variable: letters, digits and _ - . make one | a plain ${ is written $${\n"
            "8:8+5 '${1a}' names no variable: letters, digits and _ - . make one | a plain ${ is written $${\n");
    assert_true(yaml_get(p.stages[0].node, "b")->reported);
    refused("vars: [a]\n" STAGES, "1:7+3 vars wants a map of names and values | vars: { name: value }\n");
    refused("vars:\n  a b: 1\n  c: [1]\n  d: {}\n  e: ${c}\n" STAGES,
            "2:3+3 'a b' is no name of a variable | a letter or _, then letters, digits, _ - .\n"
            "3:6+3 variable 'c' wants one value, and this is a list\n"
            "4:6+2 variable 'd' wants one value, and this is a map\n");
    assert_true(parse("vars:\n" STAGES));
    refused("seed: ${none}\nstages:\n  - use: ${no}\n  - include: ${no2}\n  - ${no3}\n", /* each mistake is told once */
            "1:7+7 no variable 'none' | set it under vars:, with --set none=…, or in the environment\n"
            "3:10+5 no variable 'no' | set it under vars:, with --set no=…, or in the environment\n"
            "4:14+6 no variable 'no2' | set it under vars:, with --set no2=…, or in the environment\n"
            "5:5+6 no variable 'no3' | set it under vars:, with --set no3=…, or in the environment\n");
    refused("stages: ${no}\n", "1:9+5 no variable 'no' | set it under vars:, with --set no=…, or in the environment\n");
    setenv("SLUICE_TEST_BYTES", "\xFF", 1);
    refused("description: ${SLUICE_TEST_BYTES}\n" STAGES,
            "1:14+20 the value of variable 'SLUICE_TEST_BYTES' is not UTF-8\n");
}

static void unknown_sets(void **state)
{
    (void)state;
    const pipeline_var sets[] = { { "dat", "1" }, { "zzzzzz", "2" }, { "date", "3" } };
    assert_false(parse_with("vars: { date: 1, path: a }\n" STAGES, sets, 3));
    expect_diags(&d,
                 "--set dat: the pipeline uses no variable of that name; did you mean 'date'? | variables: date, path\n"
                 "--set zzzzzz: the pipeline uses no variable of that name | variables: date, path\n");
    assert_false(parse_with(STAGES, sets, 1));
    expect_diags(&d, "--set dat: the pipeline uses no variable of that name | it has no variables\n");
}

/* Each variable doubles the one before. */
static void exploding_variables(void **state)
{
    (void)state;
    sbuf text = { 0 };
    sbuf_puts(&text, "vars:\n  v0: 0123456789\n");
    for (int i = 1; i < 60; i++)
        sbuf_printf(&text, "  v%d: ${v%d}${v%d}\n", i, i - 1, i - 1);
    sbuf_puts(&text, "description: ${v59}\n" STAGES);
    const double from = seconds();
    refused(sbuf_z(&text), "20:8+12 the variables make more than 4 MiB of text\n");
    assert_true(p.mem.held < 64 << 20);
    assert_true(seconds() - from < 20);
    sbuf_clear(&text);
    sbuf_puts(&text, "vars:\n");
    for (int i = 0; i <= 1000; i++)
        sbuf_printf(&text, "  v%d: 1\n", i);
    sbuf_puts(&text, STAGES);
    refused(sbuf_z(&text), "2:3+2 more than 1000 variables\n");
    sbuf_free(&text);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(variables), T(what_is_overridden_is_not_evaluated), T(bad_variables), T(unknown_sets), T(exploding_variables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
