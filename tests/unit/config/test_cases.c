/* `tests:` of a pipeline file: what a case says, documents as JSON, and all mistakes. */
#include "expect.h"
#include "config/pipeline.h"
#include "config/yaml_json.h"

#define STAGES "stages: [{ use: a.b }]\n"

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

static bool parse(const char *text)
{
    const pipeline_var sets[] = { { "n", "3" } };
    pipeline_free(&p);
    return pipeline_parse(&p, &d, "my.yaml", text, strlen(text), sets, strstr(text, "${n}") ? 1 : 0);
}

static void refused(const char *text, const char *want)
{
    assert_false(parse(text));
    expect_diags(&d, want);
}

/* ---- what a case says ---- */

static void whole(void **state)
{
    (void)state;
    assert_true(parse(STAGES "tests:\n"
                             "  - name: two of them\n"
                             "    at: a.b\n"
                             "    unordered: yes\n"
                             "    options: { min: \"${n}\", max: ~ }\n"
                             "    in:  [ { text: x, n: 1 }, { text: y } ]\n"
                             "    out: [ { text: \"${n}\" } ]\n"
                             "    rejects: { too_short: \"${n}\", too_long: 1k }\n"
                             "    ports: { index: [ { text: z } ], other: [] }\n"));
    expect_diags(&d, "");
    assert_int_equal(p.n_cases, 1);
    const pipeline_case *c = &p.cases[0];
    assert_string_equal(c->name, "two of them");
    assert_string_equal(c->at, "a.b");
    assert_true(!c->from && !c->to && c->unordered == 1);
    assert_true(c->place.line == 3 && c->place.col == 5);
    assert_true(c->at_place.line == 4 && c->at_place.col == 9 && c->at_place.len == 3);
    assert_int_equal(c->options->n, 2);
    assert_string_equal(yaml_get(c->options, "min")->text, "3");
    assert_int_equal(c->in.n, 2);
    assert_string_equal(c->in.v[0].json, "{\"text\":\"x\",\"n\":1}");
    assert_int_equal(c->in.v[0].n, strlen(c->in.v[0].json));
    assert_true(c->in.v[1].at.line == 7 && c->in.v[1].at.col == 31);
    assert_int_equal(c->out_kind, CASE_OUT_DOCS);
    assert_int_equal(c->out.n, 1);
    assert_string_equal(c->out.v[0].json, "{\"text\":\"3\"}");
    assert_true(c->has_rejects && c->n_rejects == 2);
    assert_string_equal(c->rejects[0].reason, "too_short");
    assert_true(c->rejects[0].n == 3 && c->rejects[1].n == 1000);
    assert_int_equal(c->n_ports, 2);
    assert_string_equal(c->ports[0].name, "index");
    assert_string_equal(c->ports[0].docs.v[0].json, "{\"text\":\"z\"}");
    assert_int_equal(c->ports[1].docs.n, 0);
}

static void least(void **state)
{
    (void)state;
    assert_true(parse("tests:\n  - { in: [], out: 0 }\n  - { from: x, to: y, in: [], rejects: {} }\n" STAGES));
    expect_diags(&d, "");
    assert_int_equal(p.n_cases, 2);
    assert_true(p.cases[0].out_kind == CASE_OUT_COUNT && p.cases[0].out_count == 0 && !p.cases[0].has_rejects);
    assert_true(p.cases[1].out_kind == CASE_OUT_ANY && p.cases[1].has_rejects && p.cases[1].n_rejects == 0);
    assert_string_equal(p.cases[1].from, "x");
    assert_string_equal(p.cases[1].to, "y");
    assert_true(!p.cases[0].name && !p.cases[0].at && !p.cases[0].options);
    assert_true(parse("tests:\n" STAGES));
    assert_true(parse("tests: []\n" STAGES));
    expect_diags(&d, "");
    assert_int_equal(p.n_cases, 0);
}

static void table(void **state)
{
    (void)state;
    static const char *const names[] = { "name", "at", "from", "to", "unordered" };
    sl_option row;
    for (size_t i = 0; i < 5; i++) {
        assert_true(option_row(pipeline_case_table(), i, &row));
        assert_string_equal(row.name, names[i]);
    }
    assert_false(option_row(pipeline_case_table(), 5, &row));
}

/* ---- mistakes ---- */

static void bad_lists(void **state)
{
    (void)state;
    static const char hint[] =
        " tests wants a list of cases | tests: [ { at: filter.length, in: [ … ], out: [ … ] }, … ]\n";
    char want[160];
    snprintf(want, sizeof want, "2:8+2%s", hint);
    refused(STAGES "tests: {}\n", want);
    snprintf(want, sizeof want, "2:8+1%s", hint);
    refused(STAGES "tests: x\n", want);
    refused(STAGES "tests: [ 3, [], { in: [], out: 1 } ]\n",
            "2:10+1 a test is a map, and this is one value | - { at: filter.length, in: [ … ], out: [ … ] }\n"
            "2:13+2 a test is a map, and this is a list | - { at: filter.length, in: [ … ], out: [ … ] }\n");
    assert_int_equal(p.n_cases, 1); /* what is sound is there for more to be found in it */
    sbuf many = { 0 };
    sbuf_puts(&many, STAGES "tests:\n");
    for (int i = 0; i <= 10000; i++)
        sbuf_puts(&many, "- \n");
    refused(sbuf_z(&many), "3:1+1 more than 10000 tests\n");
    sbuf_free(&many);
}

static void bad_keys(void **state)
{
    (void)state;
    refused(STAGES "tests:\n  - { ats: x, in: [], out: 1 }\n",
            "3:7+3 a test has no option 'ats'; did you mean 'at'? | options: name, at, from, to, unordered, options, "
            "in, out, rejects, ports\n");
    refused(STAGES "tests:\n  - { at: [], in: [], out: 1 }\n", "3:11+2 at wants a text, and this is a list\n");
    refused(STAGES "tests:\n  - { at: x, to: y, in: [], out: 1 }\n",
            "3:18+1 'at' names the whole range already | from: and to: name a range; at: one stage\n");
    refused(STAGES "tests:\n  - { out: 1 }\n",
            "3:5+10 a test needs 'in', the documents that it puts in | in: [ { text: … } ]\n");
    refused(STAGES "tests:\n  - { in: [] }\n",
            "3:5+10 a test without 'out' and 'rejects' expects nothing | out: [ … ], a number of documents, or "
            "rejects: { … }\n");
    refused(STAGES "tests:\n  - { in: [], out: 1, options: {} }\n",
            "3:32+2 'options' are those of one stage: say which with 'at' | at: filter.length\n");
    refused(STAGES "tests:\n  - { in: [], out: 1, unordered: true }\n",
            "3:34+4 'unordered' is about a list of documents in 'out'\n");
    refused(STAGES "tests:\n  - { at: x, in: [], out: 1, options: { use: a, from: b, name: c, include: e, as: d } }\n",
            "3:41+3 a test cannot change 'use' of a stage\n"
            "3:49+4 a test cannot change 'from' of a stage\n"
            "3:58+4 a test cannot change 'name' of a stage\n"
            "3:67+7 a test cannot change 'include' of a stage\n");
}

static void bad_values(void **state)
{
    (void)state;
    refused(STAGES "tests:\n  - { in: {}, out: {} }\n",
            "3:11+2 in wants a list of documents, and this is a map | [ { text: … }, … ]\n"
            "3:20+2 out wants a list of documents, and this is a map | [ { text: … }, … ]\n");
    refused(STAGES "tests:\n  - { in: [x, [], {}], out: -1 }\n",
            "3:12+1 a document is a map of its fields, and this is one value | { text: … }\n"
            "3:15+2 a document is a map of its fields, and this is a list | { text: … }\n"
            "3:29+2 out = -1 is outside 0..inf\n");
    refused(STAGES "tests:\n  - { in: [], rejects: [], ports: 3 }\n",
            "3:24+2 rejects wants a map, and this is a list | { too_short: 1 }\n"
            "3:35+1 ports wants a map, and this is one value | { index: [ { text: … } ] }\n");
    refused(STAGES "tests:\n  - { in: [], rejects: { a: x, b: , c: 1.5, d: {} }, ports: { a: x } }\n",
            "3:29+1 a = x is no whole number | such as 42, 1_000, 10k, 5M\n"
            "3:35+1 b wants a number of documents | such as 0 or 3\n"
            "3:40+3 c = 1.5 is no whole number | such as 42, 1_000, 10k, 5M\n"
            "3:48+2 d wants a number of documents | such as 0 or 3\n"
            "3:66+1 a wants a list of documents, and this is one value | [ { text: … }, … ]\n");
    refused(STAGES "tests:\n  - { in: [ { text: \"${who}\" } ], out: \"${who}\" }\n",
            "3:22+6 no variable 'who' | set it under vars:, with --set who=…, or in the environment\n"
            "3:41+6 no variable 'who' | set it under vars:, with --set who=…, or in the environment\n");
}

/* ---- documents ---- */

static void expect_json(const char *yaml, const char *want)
{
    arena mem;
    sbuf json = { 0 };
    const diag_source source = { "doc.yaml", yaml, strlen(yaml) };
    arena_init(&mem, 0);
    const yaml_node *node = yaml_parse(&mem, &d, &source);
    assert_non_null(node);
    const bool ok = yaml_to_json(&d, node, &json);
    assert_true(ok == (d.errors == 0));
    if (ok)
        assert_string_equal(sbuf_z(&json), want);
    else
        expect_diags(&d, want);
    sbuf_free(&json);
    arena_free(&mem);
}

static void documents(void **state)
{
    (void)state;
    expect_json("{ a: [ 1, -0.5, 1e9, 1E-2, 0, 0.10 ], b: { c: [] , d: {} } }",
                "{\"a\":[1,-0.5,1e9,1E-2,0,0.10],\"b\":{\"c\":[],\"d\":{}}}");
    expect_json("[ true, True, FALSE, null, ~, Null, yes, no, on, tRUE ]",
                "[true,true,false,null,null,null,\"yes\",\"no\",\"on\",\"tRUE\"]");
    expect_json("[ '1', \"true\", '~', \"\", 'null', '017' ]", "[\"1\",\"true\",\"~\",\"\",\"null\",\"017\"]");
    expect_json(
        "[ 1.2.3, 2024-01-01, 12:30, 1x, -, 0xg, 1e, e5, ., _, 1-2, 3 m, 0x ]",
        "[\"1.2.3\",\"2024-01-01\",\"12:30\",\"1x\",\"-\",\"0xg\",\"1e\",\"e5\",\".\",\"_\",\"1-2\",\"3 m\",\"0x\"]");
    expect_json("a: |\n  one\n  \"two\"\n\"b\\tc\": x", "{\"a\":\"one\\n\\\"two\\\"\\n\",\"b\\tc\":\"x\"}");
}

static void odd_numbers(void **state)
{
    (void)state;
    static const char *const odd[] = { "017",   "+1",   "-+1",   ".5",   "-.5",   "5.",   "0x1F", "0o17", "0b11",
                                       "1_000", ".inf", "-.Inf", ".NaN", "1_0e3", "-007", "1.e3", "+.5",  "00" };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        char want[200];
        snprintf(
            want, sizeof want,
            "1:1+%zu %s is a number to some readers and text to others | put it in quotes if it is text, else write "
            "it as JSON does: 17, -0.5, 1e9\n",
            strlen(odd[i]), odd[i]);
        if (!strcmp(odd[i], "-+1"))
            expect_json(odd[i], "\"-+1\"");
        else
            expect_json(odd[i], want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole, setup, teardown),
        cmocka_unit_test_setup_teardown(least, setup, teardown),
        cmocka_unit_test_setup_teardown(table, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_values, setup, teardown),
        cmocka_unit_test_setup_teardown(documents, setup, teardown),
        cmocka_unit_test_setup_teardown(odd_numbers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
