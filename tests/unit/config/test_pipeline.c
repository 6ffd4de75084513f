/* Pipeline files: the head, variables, includes, stages, and all mistakes at once. */
#include "expect.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fs.h"
#include "config/pipeline.h"

static diags d;
static pipeline p;
static char folder[64];

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

static int make_folder(void **state)
{
    strcpy(folder, "/tmp/sluice-config-XXXXXX");
    return mkdtemp(folder) ? setup(state) : -1;
}

static int drop_folder(void **state)
{
    fs_remove_tree(folder);
    return teardown(state);
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
    refused("tests: []\n" STAGES, "1:1+5 'tests' is not supported yet\n");
    refused("batch_rows: 0\n" STAGES, "1:13+1 batch_rows = 0 is outside 1..65535 | default 1024\n");
    refused("sed: 3\n" STAGES,
            "1:1+3 a pipeline has no option 'sed'; did you mean 'seed'? | options: name, description, seed, "
            "on_error, on_reject, max_errors, max_record_bytes, split_bytes, batch_bytes, batch_rows, vars, "
            "stages\n");
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
    assert_int_equal(p.n_stages, 1); /* what is sound is there for the planner to look at */
    refused("stages:\n  - include: x.yaml\n", "2:14+6 a pipeline that is not read from a file cannot include one\n");
}

static void too_many_stages(void **state)
{
    (void)state;
    size_t n;
    char *items = repeated("- use: a\n", 9 * 10001, &n);
    sbuf text = { 0 };
    sbuf_puts(&text, "stages:\n");
    sbuf_add(&text, items, n);
    refused(sbuf_z(&text), "10002:8+1 more than 10000 stages\n");
    assert_int_equal(p.n_stages, 10000);
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

/* ---- variables ---- */

static const char *option(size_t stage, const char *name) { return yaml_get(p.stages[stage].node, name)->text; }

static void variables(void **state)
{
    (void)state;
    setenv("SLUICE_TEST_ENV", "from env", 1);
    setenv("SLUICE_TEST_BOTH", "env", 1);
    const pipeline_var sets[] = { { "date", "2024" }, { "SLUICE_TEST_BOTH", "set" }, { "date", "2025" } };
    assert_true(parse_with("seed: ${n}\n"
                           "vars:\n"
                           "  n: 1${two}\n"
                           "  two: 3\n",
                           NULL, 0) == false);
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

/* ---- files ---- */

static void put(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(fs_write_atomic(path, text, strlen(text)), 0);
}

static bool load(const char *name, const pipeline_var *sets, size_t n_sets)
{
    char path[200];
    pipeline_free(&p);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return pipeline_load(&p, &d, path, sets, n_sets);
}

/* As expect_diags, with the folder's name cut out of the messages. */
static void expect_here(const char *want)
{
    sbuf got = { 0 }, cut = { 0 };
    show_diags(&d, &got);
    for (const char *s = sbuf_z(&got); *s;) {
        const char *hit = strstr(s, folder);
        sbuf_add(&cut, s, hit ? (size_t)(hit - s) : strlen(s));
        s = hit ? hit + strlen(folder) + 1 : "";
    }
    assert_string_equal(sbuf_z(&cut), want);
    sbuf_free(&got);
    sbuf_free(&cut);
    diags_free(&d);
    diags_init(&d);
}

static void includes(void **state)
{
    (void)state;
    char path[200];
    snprintf(path, sizeof path, "%s/sub/deep", folder);
    assert_int_equal(fs_mkdirs(path), 0);
    put("main.yaml", "vars: { x: 1 }\nstages:\n  - use: first\n  - include: sub/list.yaml\n  - include: "
                     "sub/${which}.yaml\n  - use: last\n");
    put("sub/list.yaml", "- use: a\n  v: ${x}\n- include: deep/more.yaml\n");
    put("sub/map.yaml", "description: shared\nstages:\n  - use: c\n");
    put("sub/deep/more.yaml", "- use: b\n- include: ../map.yaml\n"); /* the same file twice is no cycle */
    const pipeline_var sets[] = { { "which", "map" } };
    assert_true(load("main.yaml", sets, 1));
    expect_here("");
    static const char *const want[] = { "first", "a", "b", "c", "c", "last" };
    assert_int_equal(p.n_stages, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(option(i, "use"), want[i]);
    assert_string_equal(option(1, "v"), "1");
    assert_int_equal(p.n_sources, 5);
    assert_string_equal(p.head.name, "main");
    const char *name = p.stages[2].at.source->name;
    assert_string_equal(name + strlen(folder), "/sub/deep/more.yaml");
    sbuf text = { 0 };
    sbuf_printf(&text, "stages: [{ include: %s/sub/map.yaml }]\n", folder); /* an absolute path */
    put("absolute.yaml", sbuf_z(&text));
    sbuf_free(&text);
    assert_true(load("absolute.yaml", NULL, 0));
    assert_int_equal(p.n_stages, 1);
}

static void bad_includes(void **state)
{
    (void)state;
    put("main.yaml",
        "stages:\n  - include: nothere.yaml\n  - include: broken.yaml\n  - include: full.yaml\n  - include: text.yaml\n"
        "  - include: empty.yaml\n  - include: [a]\n  - include:\n  - use: a\n    x: ${no}\n");
    put("broken.yaml", "- use: [\n");
    put("full.yaml", "name: x\nstages: [{ use: a }]\n");
    put("text.yaml", "hello\n");
    put("empty.yaml", "");
    const pipeline_var sets[] = { { "perhaps_used_in_the_broken_file", "1" } };
    assert_false(load("main.yaml", sets, 1));
    expect_here("10:8+5 no variable 'no' | set it under vars:, with --set no=…, or in the environment\n"
                "2:14+12 cannot read nothere.yaml: No such file or directory\n"
                "2:1+1 did not find expected node content while parsing a flow node\n"
                "1:1+4 an included file holds only 'stages', no 'name' | the including file says the rest\n"
                "1:1+5 an included file is a list of stages, or a map with 'stages'\n"
                "empty.yaml an included file is a list of stages, or a map with 'stages'\n"
                "7:14+3 include wants the path of a file\n"
                "8:13+1 include wants the path of a file\n");
}

static void cycles(void **state)
{
    (void)state;
    put("main.yaml", "stages:\n  - include: a.yaml\n");
    put("a.yaml", "- include: ./b.yaml\n- use: x\n");
    put("b.yaml", "- include: a.yaml\n- include: main.yaml\n");
    assert_false(load("main.yaml", NULL, 0));
    expect_here("1:12+6 ./a.yaml includes itself\n2:12+9 ./main.yaml includes itself\n");
}

static void deep_and_many_includes(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        char name[32], text[64];
        snprintf(name, sizeof name, "%d.yaml", i);
        snprintf(text, sizeof text, "stages:\n- include: %d.yaml\n", i + 1);
        put(name, text);
    }
    assert_false(load("0.yaml", NULL, 0));
    expect_here("2:12+7 includes more than 16 deep\n");

    for (int i = 0; i < 15; i++) { /* each includes the next one three times: 3^15 files */
        char name[32], text[200];
        snprintf(name, sizeof name, "%d.yaml", i);
        snprintf(text, sizeof text, "stages:\n- include: %d.yaml\n- include: %d.yaml\n- include: %d.yaml\n", i + 1,
                 i + 1, i + 1);
        put(name, text);
    }
    put("15.yaml", "[{ use: a }]");
    const double from = seconds();
    assert_false(load("0.yaml", NULL, 0));
    assert_true(seconds() - from < 20);
    assert_int_equal(p.n_sources, 256);
    assert_string_equal(d.v[0].text, "more than 255 files included");
}

static void unreadable_files(void **state)
{
    (void)state;
    assert_false(load("none.yaml", NULL, 0));
    expect_here("cannot read none.yaml: No such file or directory\n");
    assert_null(p.root);
    pipeline_free(&p);
    assert_false(pipeline_load(&p, &d, folder, NULL, 0));
    sbuf want = { 0 };
    sbuf_printf(&want, "cannot read %s: Is a directory\n", folder);
    expect_diags(&d, sbuf_z(&want));
    sbuf_free(&want);
    size_t n;
    char *text = repeated("#", YAML_MAX_BYTES + 1, &n);
    put("large.yaml", text);
    free(text);
    assert_false(load("large.yaml", NULL, 0));
    expect_here("large.yaml is larger than 4 MiB\n");
}

static void standard_input(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], STAGES, strlen(STAGES)), (ssize_t)strlen(STAGES));
    close(ends[1]);
    const int kept = dup(0);
    assert_int_equal(dup2(ends[0], 0), 0);
    close(ends[0]);
    assert_true(pipeline_load(&p, &d, "-", NULL, 0));
    dup2(kept, 0);
    close(kept);
    assert_string_equal(p.head.name, "stdin");
    assert_string_equal(p.sources[0].name, "stdin");
    assert_int_equal(p.n_stages, 1);
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
#define F(f) cmocka_unit_test_setup_teardown(f, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        T(head_defaults),
        T(head_set),
        T(default_names),
        T(bad_heads),
        T(bad_roots),
        T(bad_stages),
        T(too_many_stages),
        T(common_options),
        T(variables),
        T(what_is_overridden_is_not_evaluated),
        T(bad_variables),
        T(unknown_sets),
        T(exploding_variables),
        F(includes),
        F(bad_includes),
        F(cycles),
        F(deep_and_many_includes),
        F(unreadable_files),
        T(standard_input),
        T(all_mistakes_at_once),
        T(hostile_files_end_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
