/* Fits and what is between passes, from end to end. */
#include "exec_test.h"
#include <signal.h>
#include <sys/resource.h>

static const unsigned many[] = { 1, 2, 4 };
enum { MANY = sizeof many / sizeof *many, DOCS = 500 };
#define IN(file) "  - { use: source.jsonl, name: in, path: '@/" file "' }\n"
#define OUT      "  - { use: sink.jsonl, path: '@/out.jsonl' }\n"
#define SMALL    "batch_rows: 16\nsplit_bytes: 4k\nstages:\n"

static int make_docs(void **u)
{
    if (set_up(u))
        return -1;
    put_docs("@/a.jsonl", 0, DOCS);
    put_docs("@/b.jsonl", DOCS / 2, 2 * DOCS);
    put_docs("@/more.jsonl", 0, 6000);
    put_docs("@/few.jsonl", 0, 3);
    put_text("@/none.jsonl", "");
    put_text("@/file", "in the way of a folder\n");
    return 0;
}

/* "fit f: 500; write: 500", as many passes as there were. */
static void passes_are(const job *j, const char *want)
{
    const exec_pass *v;
    sbuf got = { 0 };
    const size_t n = exec_passes(j->x, &v);
    for (size_t i = 0; i < n; i++) {
        sbuf_printf(&got, "%s%s: %llu", i ? "; " : "", v[i].what, (unsigned long long)v[i].documents);
        assert_true(v[i].seconds >= 0 && v[i].seconds < 100);
    }
    assert_string_equal(sbuf_z(&got), want);
    sbuf_free(&got);
}

/* Run with these options, all of it. */
static void run_with(job *j, const char *text, exec_options o)
{
    if (job_run(j, text, o) != EXEC_OK)
        fail_msg("ended with %d: %s", (int)j->end, exec_error(j->x));
}

static void fails(const char *text, exec_options o, int code, const char *because)
{
    job j;
    unlink(in("@/out.jsonl"));
    assert_int_equal(job_run(&j, text, o), EXEC_FAILED);
    assert_int_equal(exec_error_code(j.x), code);
    if (!strstr(exec_error(j.x), because))
        fail_msg("'%s' does not say '%s'", exec_error(j.x), because);
    job_free(&j);
    assert_int_not_equal(access(in("@/out.jsonl"), F_OK), 0);
}

/* ---- counting ---- */

static void test_rounds(void **u)
{
    (void)u;
    for (size_t i = 0; i < MANY; i++) {
        job j;
        run_good(&j,
                 SMALL IN("a.jsonl") "  - { use: filter.length, min: 1 }\n  - { use: test.fit, name: f, rounds: 3 }\n"
                                     "  - { use: test.fit, name: g }\n" OUT,
                 many[i]);
        passes_are(&j, "fit f: 500; fit f: 500; fit f: 500; fit g: 500; write: 500");
        assert_int_equal(counts(&j, "in")->in, DOCS); /* once, however often it was read */
        assert_int_equal(counts(&j, "filter.length")->in, DOCS);
        assert_int_equal(counts(&j, "filter.length")->rejected, 14);
        assert_int_equal(metric(&j, "f", "rows")->n, DOCS - 14);
        assert_int_equal(metric(&j, "g", "rows")->n, DOCS - 14);
        assert_true(metric(&j, "f", "keys")->n == metric(&j, "g", "keys")->n);
        const exec_file *files;
        const exec_split *splits;
        uint64_t records = 0, kept = 0;
        assert_int_equal(exec_files(j.x, &files), 1);
        assert_int_equal(files[0].records, DOCS);
        for (size_t k = 0, n = exec_splits(j.x, &splits); k < n; k++) {
            records += splits[k].records;
            kept += splits[k].kept;
        }
        assert_int_equal(records, DOCS);
        assert_int_equal(kept, DOCS - 14);
        job_free(&j);
    }
}

static void test_empty(void **u)
{
    (void)u;
    job j;
    run_good(&j,
             "stages:\n" IN("none.jsonl") "  - { use: test.fit, rounds: 2 }\n  - { use: test.order }\n"
                                          "  - { use: dedup.exact }\n" OUT,
             2);
    file_is("@/out.jsonl", "");
    assert_true(counts(&j, "test.fit")->ran && counts(&j, "test.fit")->in == 0);
    job_free(&j);
    run_good(&j,
             "materialize: always\nstages:\n" IN("few.jsonl") "  - { use: filter.length, min: 100 }\n"
                                                              "  - { use: test.fit }\n  - { use: test.fit }\n" OUT,
             2);
    file_is("@/out.jsonl", "");
    assert_int_equal(counts(&j, "filter.length")->rejected, 3);
    job_free(&j);
}

/* Errors count against max_errors once, though a later pass meets them again. */
static void test_errors(void **u)
{
    (void)u;
    job j;
    put_text("@/bad.jsonl", "{\"text\":\"a\"}\nbad\n{\"text\":\"b\"}\nbad\n");
    run_good(&j, "max_errors: 2\nstages:\n" IN("bad.jsonl") "  - { use: test.fit, rounds: 3 }\n" OUT, 2);
    assert_int_equal(counts(&j, "in")->errors, 2);
    job_free(&j);
    assert_int_equal(job_run(&j, "max_errors: 1\nstages:\n" IN("bad.jsonl") "  - { use: test.fit, rounds: 3 }\n" OUT,
                             (exec_options){ .threads = 2 }),
                     EXEC_TOO_MANY_ERRORS);
    job_free(&j);
}

static void test_ordered(void **u)
{
    (void)u;
    for (size_t i = 0; i < MANY; i++) {
        job j;
        run_good(&j, SMALL IN("a.jsonl") "  - { use: test.ordered, rounds: 2 }\n  - { use: test.fit, name: f }\n" OUT,
                 many[i]);
        passes_are(&j, "fit test.ordered: 500; fit test.ordered: 500; fit f: 500; write: 500");
        assert_int_equal(metric(&j, "test.ordered", "rows")->n, DOCS);
        job_free(&j);
    }
}

/* ---- ports ---- */

static void test_ports(void **u)
{
    (void)u;
    for (size_t i = 0; i < MANY; i++) {
        job j;
        run_with(&j,
                 SMALL IN("a.jsonl") "  - use: test.ports\n    name: p\n    rounds: 2\n"
                                     "    target: [{ use: source.jsonl, name: t, path: '@/b.jsonl' }, "
                                     "{ use: filter.length, name: l, min: 1 }]\n"
                                     "    other: { use: test.source, name: o, splits: 7 }\n" OUT,
                 (exec_options){ .threads = many[i] });
        passes_are(&j, "fit p target: 750; fit p other: 35; fit p: 500; fit p: 500; write: 500");
        assert_int_equal(counts(&j, "t")->in, 750);
        assert_int_equal(counts(&j, "l")->in, 750);
        assert_int_equal(counts(&j, "l")->out, 750 - counts(&j, "l")->rejected);
        assert_true(counts(&j, "l")->rejected > 0 && counts(&j, "l")->ran);
        assert_int_equal(counts(&j, "p")->in, DOCS); /* the main stream */
        job_free(&j);
        char *want = get_file("@/a.jsonl");
        file_is("@/out.jsonl", want);
        free(want);
    }
}

static void test_nested(void **u)
{
    (void)u;
    job j;
    run_with(&j,
             SMALL IN("a.jsonl") "  - use: test.ports_only\n    name: p\n    target:\n"
                                 "      - { use: source.jsonl, name: t, path: '@/b.jsonl' }\n"
                                 "      - { use: test.fit, name: g, rounds: 2 }\n"
                                 "      - { use: test.order, name: s, by: groups }\n"
                                 "      - { use: test.sorted, name: q }\n"
                                 "      - { use: test.ports_only, name: n, target: { use: source.jsonl, name: v, path: "
                                 "'@/few.jsonl' } }\n" OUT,
             (exec_options){ .threads = 3, .spill = true });
    passes_are(&j, "fit n target: 3; fit g: 750; fit g: 750; sort s: 750; fit p target: 750; write: 500");
    assert_int_equal(metric(&j, "q", "rows")->n, 750);
    assert_int_equal(counts(&j, "v")->in, 3);
    assert_int_equal(counts(&j, "in")->in, DOCS);
    job_free(&j);
}

/* ---- failures ---- */

static void test_failures(void **u)
{
    (void)u;
#define FAILS(where, stage) SMALL IN("a.jsonl") "  - { use: " stage ", fail: " where ", rounds: 2 }\n" OUT
    for (size_t i = 0; i < MANY; i++) {
        const exec_options o = { .threads = many[i] };
        fails(FAILS("fit", "test.fit"), o, SL_E_DATA, "failed as it was told");
        fails(FAILS("finalize", "test.fit"), o, SL_E_DATA, "failed as it was told");
        fails(FAILS("process", "test.fit"), o, SL_E_DATA, "failed as it was told");
        fails(FAILS("fit", "test.ordered"), o, SL_E_DATA, "failed as it was told");
        fails(FAILS("finalize", "test.ordered"), o, SL_E_DATA, "failed as it was told");
    }
    fails(SMALL IN("a.jsonl") "  - { use: test.ports_only, rounds: 2, target: { use: test.source } }\n" OUT,
          (exec_options){ .threads = 2 }, SL_E_INTERNAL,
          "test.ports_only asks for one more round, but it does not look at the main stream");
}

/* What was fitted below a stage was fitted on what it let through; it must let through the same again. */
static void test_fickle(void **u)
{
    (void)u;
    job j;
    run_good(&j, SMALL IN("a.jsonl") "  - { use: test.fickle }\n  - { use: test.fit }\n" OUT, 2);
    job_free(&j);
    for (size_t i = 0; i < MANY; i++) {
        const exec_options o = { .threads = many[i] };
        fails(SMALL IN("a.jsonl") "  - { use: test.fickle, how: drops_more }\n  - { use: dedup.exact, of: [id] }\n" OUT,
              o, SL_E_INTERNAL, "test.fickle decided otherwise in a later pass: first ");
        fails(
            SMALL IN("a.jsonl") "  - { use: test.fickle, how: other_reason }\n  - { use: dedup.exact, of: [id] }\n" OUT,
            o, SL_E_INTERNAL, "test.fickle decided otherwise in a later pass: first it rejected ");
        /* Kept, it decides once. */
        run_with(&j,
                 "materialize: always\n" SMALL IN(
                     "a.jsonl") "  - { use: test.fickle, how: drops_more }\n  - { use: dedup.exact, of: [id] }\n" OUT,
                 o);
        job_free(&j);
    }
}

/* ---- scratch space ---- */

#define SORTS  SMALL IN("more.jsonl") "  - { use: test.order }\n  - { use: test.sorted }\n" OUT
#define KEEPS  "materialize: always\n" SMALL IN("more.jsonl") "  - { use: test.upper }\n  - { use: test.fit }\n" OUT
#define SPILLS SMALL IN("more.jsonl") "  - { use: dedup.exact }\n" OUT

static void test_scratch(void **u)
{
    (void)u;
    static const char *const texts[] = { SORTS, KEEPS, SPILLS };
    for (size_t i = 0; i < 3; i++) {
        job j;
        char *folder_there = strdup(in("@/scratch/deep")), *in_the_way = strdup(in("@/file"));
        run_with(&j, texts[i], (exec_options){ .threads = 2, .spill = true, .scratch = folder_there });
        assert_true(exec_scratch_bytes(j.x) > 0);
        job_free(&j);
        assert_int_equal(files_in("@/scratch/deep"), 0); /* nothing is left */
        fails(texts[i], (exec_options){ .threads = 2, .spill = true, .scratch = in_the_way }, SL_E_IO, in_the_way);
        free(folder_there);
        free(in_the_way);
    }
}

/* A disk that is full, as far as a process can pretend: no file may grow beyond some bytes. */
static void test_full(void **u)
{
    (void)u;
    static const char *const texts[] = {
        "stages:\n" IN("big.jsonl") "  - { use: test.order }\n  - { use: sink.null }\n",
        "materialize: always\nstages:\n" IN("big.jsonl") "  - { use: test.upper }\n  - { use: test.fit }\n  - { use: "
                                                         "sink.null }\n",
    };
    struct rlimit old, low;
    put_docs("@/big.jsonl", 0, 100000);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    low = old;
    low.rlim_cur = 100000;
    for (size_t i = 0; i < 2; i++) {
        char *scratch = strdup(in("@/full"));
        job j;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
        assert_int_equal(job_run(&j, texts[i], (exec_options){ .threads = 2, .spill = true, .scratch = scratch }),
                         EXEC_FAILED);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(exec_error_code(j.x), SL_E_IO);
        assert_non_null(strstr(exec_error(j.x), scratch));
        job_free(&j);
        assert_int_equal(files_in("@/full"), 0);
        free(scratch);
    }
}

/* ---- looking behind a stage ---- */

static bool count_rows(void *u, const exec_row *r)
{
    unsigned *seen = u;
    seen[r->stage]++;
    return true;
}

static void test_goal(void **u)
{
    (void)u;
    static const char text[] =
        SMALL IN("a.jsonl") "  - { use: test.fit, name: f }\n  - { use: filter.length, name: l, min: "
                            "1 }\n  - { use: test.fit, name: g }\n" OUT;
    unlink(in("@/out.jsonl"));
    for (uint32_t goal = 0; goal < 4; goal++) {
        job j;
        unsigned seen[5] = { 0 };
        run_with(&j, text,
                 (exec_options){ .threads = 3, .no_sinks = true, .tap = count_rows, .tap_u = seen, .goal = goal + 1 });
        for (uint32_t i = 0; i < 5; i++)
            assert_int_equal(seen[i], i > goal ? 0 : i == 3 ? DOCS - 14 : DOCS);
        static const char *const want[] = { "write: 500", "fit f: 500; write: 500", "fit f: 500; write: 500",
                                            "fit f: 500; fit g: 500; write: 500" };
        passes_are(&j, want[goal]);
        job_free(&j);
        assert_int_not_equal(access(in("@/out.jsonl"), F_OK), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounds),   cmocka_unit_test(test_empty),  cmocka_unit_test(test_errors),
        cmocka_unit_test(test_ordered),  cmocka_unit_test(test_ports),  cmocka_unit_test(test_nested),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_fickle), cmocka_unit_test(test_scratch),
        cmocka_unit_test(test_full),     cmocka_unit_test(test_goal),
    };
    return cmocka_run_group_tests(tests, make_docs, tear_down);
}
