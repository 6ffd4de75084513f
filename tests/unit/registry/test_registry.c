/* Which plugins are loaded, which are refused and why, and what is read of an older one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"
#include "registry/registry.h"
#include "sluice/util.h"
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

static const char *const BAD = "tests/bad-plugins"; /* ctest runs in the build folder */
static const diag_at nowhere;

static void refused(const char *file, const char *because)
{
    registry *r = registry_new(BAD, NULL);
    char path[512];
    const char *why = NULL;
    snprintf(path, sizeof path, "%s/%s", BAD, file);
    assert_null(registry_load(r, path, &why));
    assert_non_null(why);
    if (!strstr(why, because))
        fail_msg("%s: refused with '%s', not because it %s", file, why, because);
    registry_free(r);
}

static void test_refused(void **u)
{
    char both[100];
    (void)u;
    refused("extra.so", "exports 'helper'");
    snprintf(both, sizeof both, "is built for plugin ABI 2.0; this engine has %u.%u", SL_ABI_MAJOR, SL_ABI_MINOR);
    refused("major.so", both);
    snprintf(both, sizeof both, "is built for plugin ABI 1.99; this engine has %u.%u", SL_ABI_MAJOR, SL_ABI_MINOR);
    refused("minor.so", both);
    refused("nameless.so", "has a stage without a name");
    refused("missing.so", "cannot be read: No such file");
}

/* Callbacks that are missing, and descriptions that contradict themselves. */
static void test_shapes(void **u)
{
    static const char *const because[] = {
        "lacks the callback of its kind",        "lacks the callback of its kind",
        "lacks the callback of its kind",        "lacks the callback of its kind",
        "a source that wants to see documents",  "a source that wants to see documents",
        "a source that wants to see documents",  "with ports or finalize, but without fit",
        "looks at its ports only, and has none", "with ports or finalize, but without fit",
        "saves its state and cannot load it",    "whose order is no written u64 column",
        "whose order is no written u64 column",  "whose order is no written u64 column",
    };
    (void)u;
    for (unsigned i = 0; i < sizeof because / sizeof *because; i++) {
        char file[32];
        snprintf(file, sizeof file, "shape%u.so", i);
        refused(file, because[i]);
    }
}

static void write_file(const char *path, const void *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void test_no_plugin(void **u)
{
    (void)u;
    write_file("tests/bad-plugins/text.so", "not an object", 13);
    refused("text.so", "is no shared object");
    write_file("tests/bad-plugins/empty.so", "", 0);
    refused("empty.so", "is no shared object");
    sbuf good = { 0 };
    assert_int_equal(fs_read_file("tests/bad-plugins/good.so", 1 << 24, &good), 0);
    for (size_t n = 64; n < good.n; n += 997) { /* cut anywhere: refused, or loadable as far as its symbols tell */
        const char *why = NULL;
        write_file("tests/bad-plugins/cut.so", good.p, n);
        registry *r = registry_new(BAD, NULL);
        assert_null(registry_load(r, "tests/bad-plugins/cut.so", &why));
        assert_non_null(why);
        registry_free(r);
    }
    unlink("tests/bad-plugins/text.so");
    unlink("tests/bad-plugins/empty.so");
    unlink("tests/bad-plugins/cut.so");
    sbuf_free(&good);
}

static void test_float_mode(void **u)
{
    (void)u;
#if defined(__x86_64__)
    const unsigned flags = 0x3f, before = _mm_getcsr() & ~flags;
    refused("fastmath.so", "changes the floating-point mode");
    assert_int_equal(_mm_getcsr() & ~flags, before);
    refused("fastmath.so", "changes the floating-point mode"); /* its constructor does not run twice */
#endif
}

static void test_older_header(void **u)
{
    (void)u;
    registry *r = registry_new(BAD, NULL);
    diags d;
    diags_init(&d);
    const stage_def *s = registry_find(r, "old.header", &d, nowhere);
    sl_option o;
    sl_metric m;
    assert_non_null(s);
    assert_null(s->s.finish); /* beyond what it declared */
    assert_null(s->s.close);
    assert_true(option_row(s->options, 0, &o));
    assert_string_equal(o.name, "min");
    assert_string_equal(o.help, "an option");
    assert_null(o.since);
    assert_null(o.table);
    assert_false(option_row(s->options, 1, &o));
    assert_true(stage_metric(s, 0, &m));
    assert_string_equal(m.name, "too_short");
    assert_null(m.unit);
    assert_false(stage_metric(s, 1, &m));
    assert_int_equal(d.errors, 0);
    stage_lint(s, &d);
    assert_int_equal(d.errors, 0);
    diags_free(&d);
    registry_free(r);
}

/* What lint says of a stage whose tables are these, line by line. */
static void flaws(const sl_stage *s, const char *const *want)
{
    const stage_def def = { .s = *s, .options = { s->options, s->option_stride } };
    diags d;
    diags_init(&d);
    stage_lint(&def, &d);
    for (size_t i = 0; want[i]; i++) {
        assert_true(i < d.n);
        assert_string_equal(d.v[i].text, want[i]);
        assert_null(want[i + 1] ? NULL : i + 1 < d.n ? d.v[i + 1].text : NULL);
    }
    diags_free(&d);
}

static void test_flaws(void **u)
{
    typedef struct config {
        int64_t Min;
        double share;
        uint32_t way;
        sl_many rules;
    } config;
    static const sl_option options[] = {
        SL_OPT(config, Min, I64, "3", "least", .min = 0, .max = -1), /* no upper bound: fine; the name is not */
        SL_OPT(config, share, F64, "2", NULL, .min = 0, .max = 1),
        SL_OPT(config, way, ENUM, NULL, "which"),
        SL_OPT_TABLES(config, rules, NULL, int, "rules"),
        { 0 },
    };
    static const sl_field fields[] = {
        { "text", SL_T_STR, 0, NULL },        { "$other", SL_T_STR, SL_READ, NULL }, { "*", SL_T_ANY, SL_READ, NULL },
        { "late", SL_T_STR, SL_WRITE, NULL }, { "$as", SL_T_I64, SL_WRITE, NULL },   { 0 },
    };
    static const sl_metric metrics[] = { { "Too-Long", SL_M_REJECT, 0, NULL, NULL },
                                         { "odd", 9, 0, NULL, NULL },
                                         { 0 } };
    static const char *const want[] = {
        "stage 'Odd' is not named in lower case, family.verb or one word",
        "Odd has no summary",
        "Odd: option 'Min' is not named in lower case with underscores",
        "Odd: option 'share' has no help",
        "share = 2 is outside 0..1",
        "Odd: option 'way' has no choices",
        "Odd: option 'rules' has no table",
        "Odd: metric 'Too-Long' is not named in lower case with underscores",
        "Odd: metric 'odd' has an unknown kind",
        "Odd: column 'text' is neither read nor written nor removed",
        "Odd: column '$other' names an option that is not there",
        "Odd: column 'late' stands behind a field that names several columns",
        NULL,
    };
    (void)u;
    flaws(
        &(sl_stage){ SL_STAGE(SL_TRANSFORM), .name = "Odd", .options = options, .fields = fields, .metrics = metrics },
        want);
}

static void test_our_own_have_none(void **u)
{
    registry *r = registry_new(NULL, "lib/sluice/plugins:lib/sluice/test-plugins");
    const stage_def *const *stages;
    diags d;
    (void)u;
    diags_init(&d);
    registry_load_all(r);
    const size_t n = registry_stages(r, &stages);
    assert_true(n > 8);
    for (size_t i = 0; i < n; i++)
        stage_lint(stages[i], &d);
    diags_print(&d, stdout, false);
    assert_int_equal(d.errors, 0);
    diags_free(&d);
    registry_free(r);
}

static void test_unknown(void **u)
{
    (void)u;
    registry *r = registry_new(BAD, NULL);
    diags d;
    diags_init(&d);
    assert_null(registry_find(r, "good.stag", &d, nowhere));
    assert_int_equal(d.n, 1);
    assert_string_equal(d.v[0].text, "unknown stage 'good.stag'; did you mean 'good.stage'?");
    diags_free(&d);
    diags_init(&d);
    assert_null(registry_find(r, "major.stage", &d, nowhere)); /* the refused plugin is named beside */
    assert_int_equal(d.n, 2);
    assert_non_null(strstr(d.v[1].text, "major.so was not loaded: it is built for plugin ABI 2.0"));
    diags_free(&d);
    registry_free(r);
}

static void test_first_folder_wins(void **u)
{
    (void)u;
    registry *r = registry_new("tests/bad-plugins:tests/bad-plugins/.", NULL);
    const plugin_problem *problems;
    const stage_def *const *stages;
    registry_load_all(r);
    size_t same = 0, n = registry_problems(r, &problems);
    for (size_t i = 0; i < n; i++)
        same += strstr(problems[i].why, "also offers good.stage") != NULL;
    assert_int_equal(same, 1);
    n = registry_stages(r, &stages);
    assert_int_equal(n, 2);
    assert_string_equal(stages[0]->s.name, "good.stage");
    assert_string_equal(stages[1]->s.name, "old.header");
    registry_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_shapes),  cmocka_unit_test(test_no_plugin),
        cmocka_unit_test(test_float_mode),   cmocka_unit_test(test_flaws),   cmocka_unit_test(test_our_own_have_none),
        cmocka_unit_test(test_older_header), cmocka_unit_test(test_unknown), cmocka_unit_test(test_first_folder_wins),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
