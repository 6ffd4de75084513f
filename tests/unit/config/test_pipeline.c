/* Pipeline files: the head, stages, and all mistakes at once. */
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

static bool parse(const char *text)
{
    pipeline_free(&p);
    return pipeline_parse(&p, &d, "my.yaml", text, strlen(text), NULL, 0);
}

static void refused(const char *text, const char *want)
{
    assert_false(parse(text));
    expect_diags(&d, want);
}

/* ---- the head ---- */

#define STAGES "stages: [{ use: a.b }]\n"

static void head_defaults(void **state)
{
    (void)state;
    assert_true(parse(STAGES));
    expect_diags(&d, "");
    assert_string_equal(p.path, "my.yaml");
    assert_string_equal(p.head.name, "my");
    assert_null(p.head.description);
    assert_true(p.head.seed == 0 && p.head.on_error == ON_ERROR_FAIL && p.head.on_reject == ON_REJECT_DROP);
    assert_int_equal(p.head.max_errors.unit, SL_UNSET);
    assert_true(p.head.max_record_bytes == 128 << 20 && p.head.split_bytes == 8 << 20 && p.head.batch_bytes == 2 << 20);
    assert_true(p.head.batch_rows == 1024);
    assert_int_equal(p.n_sources, 1);
    assert_string_equal(p.sources[0].text, STAGES);
    assert_int_equal(p.n_stages, 1);
    assert_string_equal(yaml_get(p.stages[0].node, "use")->text, "a.b");
    assert_ptr_equal(p.stages[0].at.source, &p.sources[0]);
    assert_int_equal(p.stages[0].at.col, 17);
    assert_int_equal(p.stages[0].at.len, 3);
}

static void head_set(void **state)
{
    (void)state;
    assert_true(parse(
        "name: docs-like.wiki_1\ndescription: what for\nseed: -17\non_error: skip_file\non_reject: quarantine\n"
        "max_errors: 1%\nmax_record_bytes: 1M\nsplit_bytes: 64 KiB\nbatch_bytes: 1\nbatch_rows: 1\nvars: {}\n" STAGES));
    expect_diags(&d, "");
    assert_string_equal(p.head.name, "docs-like.wiki_1");
    assert_string_equal(p.head.description, "what for");
    assert_true(p.head.seed == -17 && p.head.on_error == ON_ERROR_SKIP_FILE &&
                p.head.on_reject == ON_REJECT_QUARANTINE);
    assert_true(p.head.max_errors.value == 0.01 && p.head.max_errors.unit == SL_SHARE);
    assert_true(p.head.max_record_bytes == 1 << 20 && p.head.split_bytes == 65536 && p.head.batch_bytes == 1);
    assert_true(p.head.batch_rows == 1);
}

static void default_names(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        { "a/b/clean.yaml", "clean" },
        { "x.yml", "x" },
        { "-", "stdin" },
        { "plain", "plain" },
        { "two words.yaml", "two_words" },
        { ".yaml", "_yaml" },
        { ".hidden.yaml", "_hidden" },
        { "a.b.yaml", "a.b" },
        { "a/", "pipeline" },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(pipeline_parse(&p, &d, names[i][0], STAGES, strlen(STAGES), NULL, 0));
        assert_string_equal(p.head.name, names[i][1]);
        pipeline_free(&p);
    }
}

static void bad_heads(void **state)
{
    (void)state;
    static const char hint[] = "at most 100 letters, digits and - _ . but no . in front";
    char want[200];
    snprintf(want, sizeof want, "1:7+3 name = a/b names no folder | %s\n", hint);
    refused("name: a/b\n" STAGES, want);
    snprintf(want, sizeof want, "1:7+2 name = .. names no folder | %s\n", hint);
    refused("name: ..\n" STAGES, want);
    refused("max_errors: 5 MB\n" STAGES, "1:13+4 max_errors = 5 MB counts no documents | such as 1000 or 1%\n");
    refused("max_errors: 5 tokens\n" STAGES, "1:13+8 max_errors = 5 tokens counts no documents | such as 1000 or 1%\n");
    refused("batch_rows: 0\n" STAGES, "1:13+1 batch_rows = 0 is outside 1..65535 | default 1024\n");
    refused(
        "sed: 3\n" STAGES,
        "1:1+3 a pipeline has no option 'sed'; did you mean 'seed'? | options: name, description, seed, "
        "on_error, on_reject, max_errors, max_record_bytes, split_bytes, batch_bytes, batch_rows, materialize, vars, "
        "stages, tests\n");
}

static void bad_roots(void **state)
{
    (void)state;
    refused("", "my.yaml no 'stages': there is nothing to run\n");
    refused("---\n", "my.yaml no 'stages': there is nothing to run\n");
    refused("name: x\n", "my.yaml no 'stages': there is nothing to run\n");
    refused("- use: a\n", "1:1+1 a pipeline file is a map with 'stages', and this is a list | stages:\n");
    refused("hello\n", "1:1+5 a pipeline file is a map with 'stages', and this is one value\n");
    refused("stages: [\n", "2:1+1 did not find expected node content while parsing a flow node\n");
}

static void bad_stages(void **state)
{
    (void)state;
    static const char list[] = " stages wants a list of stages | stages: [ { use: source.jsonl, path: … }, … ]\n";
    char want[160];
    snprintf(want, sizeof want, "1:9+2%s", list);
    refused("stages: []\n", want);
    snprintf(want, sizeof want, "1:8+1%s", list);
    refused("stages:\n", want);
    snprintf(want, sizeof want, "1:9+10%s", list);
    refused("stages: { use: a }\n", want);
    refused("stages:\n  - filter.length\n  - [a]\n  - ues: x\n  - min: 3\n  - use:\n  - use: [a]\n  -\n  - use: ok\n"
            "  - { include: x.yaml, use: a }\n  - {}\n",
            "2:5+13 a stage is a map with 'use', and this is one value | - use: filter.length\n"
            "3:5+3 a stage is a map with 'use', and this is a list\n"
            "4:5+3 a stage needs 'use', and this says 'ues' | - use: filter.length\n"
            "5:5+3 a stage needs 'use' | - use: filter.length\n"
            "6:9+1 'use' wants the name of a stage | such as filter.length\n"
            "7:10+3 'use' wants the name of a stage | such as filter.length\n"
            "8:4+1 a stage is a map with 'use', and this is one value\n"
            "10:5+27 'include' stands alone: it takes no options\n"
            "11:5+2 a stage needs 'use' | - use: filter.length\n");
    assert_int_equal(p.n_stages, 10); /* each keeps its place, and only the sound one is for the planner to look at */
    for (size_t i = 0; i < p.n_stages; i++)
        assert_int_equal(p.stages[i].node->reported, i != 7);
    refused("stages:\n  - include: x.yaml\n", "2:14+6 a pipeline that is not read from a file cannot include one\n");
}

static void too_many_stages(void **state)
{
    (void)state;
    size_t n;
    char *items = repeated("- use: a\n", 9 * 2100, &n);
    sbuf text = { 0 };
    sbuf_puts(&text, "stages:\n");
    sbuf_add(&text, items, n);
    refused(sbuf_z(&text), "2002:8+1 more than 2000 stages\n");
    assert_int_equal(p.n_stages, 2000);
    sbuf_free(&text);
    free(items);
}

/* ---- the table of all stages ---- */

static void common_options(void **state)
{
    (void)state;
    static const char *const own[] = { "as", "min", NULL };
    assert_true(parse("stages:\n  - use: a.b\n    min: 1\n    as: [x]\n    from: y\n"
                      "  - { use: c.d, name: n, from: [x, y], mode: annotate, as: col, on_reject: quarantine }\n"));
    stage_common c = { 0 };
    assert_true(option_read(&d, &p.mem, stage_common_table(), (option_scope){ .owner = "a.b", .other_names = own },
                            p.stages[0].node, &c));
    assert_string_equal(c.use, "a.b");
    assert_true(!c.name && !c.as && c.mode == MODE_DROP && c.on_reject == ON_REJECT_INHERIT && c.from.n == 1);
    assert_true(option_read(&d, &p.mem, stage_common_table(), (option_scope){ .owner = "c.d" }, p.stages[1].node, &c));
    assert_true(c.mode == MODE_ANNOTATE && c.on_reject == ON_REJECT_QUARANTINE && c.from.n == 2);
    assert_string_equal(c.as, "col");
    assert_string_equal(c.name, "n");
    assert_string_equal(((const char *const *)c.from.v)[1], "y");
    expect_diags(&d, "");
    sl_option row;
    for (size_t i = 0; stage_common_names[i]; i++) { /* the list says what the table says */
        size_t k = 0;
        while (option_row(stage_common_table(), k, &row) && strcmp(row.name, stage_common_names[i]))
            k++;
        assert_non_null(row.name);
    }
    assert_null(stage_common_names[6]);
    assert_false(option_row(stage_common_table(), 6, &row));
}

static void all_mistakes_at_once(void **state)
{
    (void)state;
    refused(
        "name: docs\nseed: 017\non_error: skip_fil\nmax_errors: 120%\nvars:\n  bad: ${x}\nstages:\n  - use: "
        "source.jsonl\n"
        "    path: ${path}\n  - filter.length\n",
        "6:8+4 no variable 'x' | set it under vars:, with --set x=…, or in the environment\n"
        "9:11+7 no variable 'path' | set it under vars:, with --set path=…, or in the environment\n"
        "2:7+3 seed = 017 has a leading zero | decimal to some, octal to others: leave the zeros out\n"
        "3:11+8 on_error = skip_fil is no choice; did you mean 'skip_file'? | one of: fail, skip_record, skip_file\n"
        "4:13+4 max_errors = 120% is outside 0%..100%\n"
        "10:5+13 a stage is a map with 'use', and this is one value | - use: filter.length\n");
}

/* Through the whole reader: what libyaml passes may still be large. */
static void hostile_files_end_soon(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "a: 1\n",          "- use: a\n",     "[",        "{a: ", "stages:\n", "- - ",
        "vars: {}\n",      "? a\n",          "- &a b\n", "\r\n", "\xFF\xFE",  "- use: ${x}\n",
        "  - ${a} ${b}\n", "- include: x\n",
    };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        for (int under = 0; under < 3; under++) {
            static const char *const heads[] = { "", "stages:\n", "vars:\n  a: 1\n  b: 2\nstages:\n" };
            size_t n;
            char *body = repeated(patterns[i], 1 << 20, &n);
            sbuf text = { 0 };
            sbuf_puts(&text, heads[under]);
            sbuf_add(&text, body, n);
            const double from = seconds();
            assert_false(parse(sbuf_z(&text)) && under == 0);
            if (seconds() - from > 30)
                fail_msg("1 MiB of '%s' took %.1f s", patterns[i], seconds() - from);
            diags_free(&d);
            diags_init(&d);
            sbuf_free(&text);
            free(body);
        }
    sbuf keys = { 0 }; /* many different names */
    for (int i = 0; i < 60000; i++)
        sbuf_printf(&keys, "k%d: ${v%d}\n", i, i);
    const double from = seconds();
    assert_false(parse(sbuf_z(&keys)));
    assert_true(seconds() - from < 30);
    assert_int_equal(d.n, 100);
    sbuf_free(&keys);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(head_defaults),
        T(head_set),
        T(default_names),
        T(bad_heads),
        T(bad_roots),
        T(bad_stages),
        T(too_many_stages),
        T(common_options),
        T(all_mistakes_at_once),
        T(hostile_files_end_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
