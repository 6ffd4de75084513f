/* Memory that runs out, at each allocation in turn: reports compared, tests of a pipeline read, checked and run. What
 * comes of it is an answer or a sentence, never half of one. ctest runs in the build folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "base/fs.h"
#include "run/cases.h"
#include "run/run.h"
#include "run/run_diff.h"
#include "unit/alloc_fails.h"

static registry *plugins;
static char folder[] = "/tmp/test_run_memory_XXXXXX", path_a[64], path_b[64];

#define STAGE(kept, reason)                                                                                            \
    "{\"name\":\"s\",\"in\":9,\"kept\":" kept ",\"rejected\":{\"" reason "\":2},\"errors\":{},\"absorbed\":0,"         \
    "\"annotated\":0,\"counts\":{},\"values\":{\"v\":{\"n\":2,\"mean\":" kept "}}}"
#define REPORT(hash, path, kept, reason)                                                                               \
    "{\"sluice_run\":1,\"state\":\"done\",\"plan_hash\":\"" hash "\",\"seed\":" kept ",\"version\":\"1\","             \
    "\"threads\":1,\"vars\":{\"a\":\"" path "\"},\"pipeline\":[{\"path\":\"" path "\",\"xxh3\":\"1\"}],"               \
    "\"plugins\":[{\"name\":\"" path "\",\"version\":\"1\",\"sha256\":\"2\"}],\"inputs\":[{\"stage\":\"i\","           \
    "\"path\":\"" path "\",\"bytes\":1,\"fingerprint\":\"" path                                                        \
    "\"}],\"stages\":[" STAGE(kept, reason) "],"                                                                       \
                                            "\"outputs\":[{\"stage\":\"o\",\"path\":\"" path                           \
                                            "\",\"records\":1,\"bytes\":2,\"sha256\":\"" kept "\"}]}"

static void put(char *path, const char *name, const char *text)
{
    snprintf(path, sizeof path_a, "%s/%s", folder, name);
    assert_int_equal(fs_write_atomic(path, text, strlen(text)), 0);
}

static int set_up(void **u)
{
    (void)u;
    plugins = registry_new("lib/sluice/test-plugins", "lib/sluice/plugins");
    if (!plugins || !mkdtemp(folder))
        return -1;
    put(path_a, "a.json", REPORT("1", "a", "7", "short"));
    put(path_b, "b.json", REPORT("2", "b", "6", "long"));
    return 0;
}

static int tear_down(void **u)
{
    (void)u;
    registry_free(plugins);
    return fs_remove_tree(folder);
}

static bool read_report(run_report *r, const char *path)
{
    sbuf err = { 0 };
    const int code = run_report_read(r, path, &err);
    assert_true(code == 0 || code == EXIT_INTERNAL || code == EXIT_IO);
    assert_true(code == 0 || err.n > 0 || err.failed);
    sbuf_free(&err);
    return code == 0;
}

static void reports(void **state)
{
    (void)state;
    size_t whole = 0;
    for (long i = 0, more = 1; more; i++) {
        run_report a, b;
        run_diff d;
        alloc_fail_at(i);
        const bool good = read_report(&a, path_a);
        if (read_report(&b, path_b) && good) {
            run_diff_make(&d, &a, &b, (sl_amount){ 0 });
            assert_false(run_diff_same(&d, (sl_amount){ 0 }) && !d.failed);
            if (!d.failed) {
                assert_int_equal(d.n_facts, 9);
                assert_int_equal(d.n_counts, 6);
                assert_int_equal(d.n_values, 1);
                assert_int_equal(d.n_outputs, 1);
                whole++;
            }
            run_diff_free(&d);
        }
        more = alloc_failed();
        run_report_free(&a);
        run_report_free(&b);
    }
    assert_true(whole > 0);
}

static const char text[] =
    "stages:\n  - { use: source.jsonl, path: x }\n  - { use: filter.length, min: 3 }\n  - { use: sink.null }\n"
    "tests:\n  - { at: filter.length, options: { max: 9 }, in: [ { text: ab }, { text: abc } ], out: [ { text: abcd } "
    "],\n"
    "      rejects: { too_short: 1 } }\n";

/* true: it ran to its end. */
static bool one_run(void)
{
    pipeline file;
    plan p;
    diags d;
    bool ran = false;
    diags_init(&d);
    const bool read = pipeline_parse(&file, &d, "p.yaml", text, sizeof text - 1, NULL, 0);
    assert_true(read || d.errors);
    const bool planned = plan_make(&p, &d, &file, plugins) && read;
    if (planned && cases_check(&d, &p, plugins)) {
        case_result r;
        case_run(&p, plugins, &file.cases[0], NULL, &r);
        assert_false(r.ok);
        ran = !r.problem;
        if (ran) {
            assert_true(r.docs_wrong && r.n_diff == 2 && r.n_came == 1);
            assert_true(r.n_tallies == 1 && !r.tallies[0].wrong && r.tallies[0].came == 1);
        }
        case_result_free(&r);
    }
    plan_free(&p);
    pipeline_free(&file);
    diags_free(&d);
    return ran;
}

static void tests_of_a_pipeline(void **state)
{
    (void)state;
    size_t whole = 0;
    assert_true(one_run()); /* loads the plugins */
    for (long i = 0, more = 1; more; i++) {
        alloc_fail_at(i);
        whole += one_run();
        more = alloc_failed();
    }
    assert_true(whole > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(reports), cmocka_unit_test(tests_of_a_pipeline) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
