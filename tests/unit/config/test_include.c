/* Pipeline files on disk, and what they include. */
#include "expect.h"
#include <stdio.h>
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

#define STAGES "stages: [{ use: a.b }]\n"

static const char *option(size_t stage, const char *name) { return yaml_get(p.stages[stage].node, name)->text; }

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

int main(void)
{
#define F(f) cmocka_unit_test_setup_teardown(f, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        F(includes), F(bad_includes), F(cycles), F(deep_and_many_includes), F(unreadable_files), F(standard_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
