/* What becomes of documents that a stage drops: annotated, quarantined in stream order, counted once. */
#include "exec_test.h"

static const unsigned many[] = { 1, 2, 7 };
enum { MANY = sizeof many / sizeof *many };

static void test_annotate(void **u)
{
    (void)u;
    job j;
    put_text("@/a.jsonl", "{\"text\":\"abcde\"}\n{\"text\":\"ab\",\"size\":1}\n{\"text\":\"abcdefgh\"}\n");
    run_good(&j,
             "on_reject: quarantine\nstages:\n  - { use: source.jsonl, path: '@/a.jsonl' }\n  - { use: filter.length, "
             "min: 3, max: 6, mode: annotate, as: size }\n"
             "  - { use: test.contract, explain: false, name: c1 }\n  - { use: filter.where, all: [{ column: "
             "size_value, below: 5 }], mode: annotate }\n"
             "  - { use: sink.jsonl, path: '@/out/a.jsonl' }\n",
             1);
    assert_int_equal(counts(&j, "filter.length")->kept, 3);
    assert_int_equal(counts(&j, "filter.length")->rejected, 0);
    assert_int_equal(counts(&j, "filter.length")->annotated, 2);
    job_free(&j);
    char *got = get_file("@/out/a.jsonl");
    assert_non_null(strstr(got, "{\"text\":\"abcde\",\"size\":null,\"size_value\":null,\"where\":\"no_match\""));
    assert_non_null(
        strstr(got, "{\"text\":\"ab\",\"size\":\"too_short\",\"size_value\":2,\"where\":null,\"where_value\":null}\n"));
    assert_non_null(
        strstr(got, "{\"text\":\"abcdefgh\",\"size\":\"too_long\",\"size_value\":8,\"where\":\"no_match\""));
    free(got);
    /* Who reads the reasons wants all of them: explain is set. Errors are noted like any other reason, and count
     * against nothing. */
    run_good(&j,
             "max_errors: 0\nstages:\n  - { use: source.jsonl, path: '@/a.jsonl' }\n"
             "  - { use: test.reject_twice, mode: annotate, as: r, explain: true, error: true }\n  - { use: "
             "sink.jsonl, path: '@/out/a.jsonl', drop: [text, size] }\n",
             1);
    assert_int_equal(counts(&j, "test.reject_twice")->errors, 0);
    assert_int_equal(counts(&j, "test.reject_twice")->annotated, 2);
    job_free(&j);
    file_is("@/out/a.jsonl",
            "{\"r\":null,\"r_value\":null}\n{\"r\":\"broken\",\"r_value\":2}\n{\"r\":\"broken\",\"r_value\":8}\n");
}

/* A line of the quarantine without the key, which is a hash of the file. */
static void strip_keys(char *s)
{
    for (char *k = s; (k = strstr(k, "\"key\":\"")); k += 7)
        memset(k + 7, '0', 16);
}

static void test_quarantine(void **u)
{
    (void)u;
    sbuf want = { 0 };
    put_text("@/q.jsonl", "{\"text\":\"a\"}\nbad \"one\"\n{\"text\":\"abcdef\",\"x\": 1}\n{\"text\":\"abc\"}\n");
    static const char text[] =
        "on_reject: quarantine\nstages:\n  - { use: source.jsonl, path: '@/q.jsonl', name: in }\n"
        "  - { use: filter.length, min: 2, name: short }\n  - { use: test.upper }\n  - { use: filter.length, max: 5, "
        "name: long }\n"
        "  - { use: sink.null }\n  - { use: filter.length, min: 4, name: other, from: in, on_reject: drop }\n"
        "  - { use: filter.length, max: 4, name: late }\n  - { use: sink.null, name: s2 }\n";
    job j;
    const char *path = strdup(in("@/out/q1.jsonl"));
    assert_int_equal(job_run(&j, text, (exec_options){ .threads = 1, .quarantine = path }), EXEC_OK);
    conserves(&j);
    output *const *out;
    const uint32_t *stage;
    assert_int_equal(exec_outputs(j.x, &out, &stage), 1);
    assert_int_equal(stage[0], PLAN_NONE);
    job_free(&j);
    char *got = get_file("@/out/q1.jsonl");
    strip_keys(got);
#define PLACE(pos) "\"file\":\"%s/q.jsonl\",\"key\":\"0000000000000000\",\"pos\":" #pos ","
    sbuf_printf(&want,
                "{\"stage\":\"short\",\"reason\":\"too_short\",\"value\":1,\"limit\":2," PLACE(
                    4294967297) "\"record\":{\"text\":\"a\"}}\n",
                folder);
    const char *bad = strstr(got, "{\"stage\":\"in\"");
    assert_non_null(bad);
    assert_memory_equal(got, want.p, want.n); /* stream order, though short ran after in */
    assert_ptr_equal(bad, got + want.n);
    sbuf_clear(&want);
    sbuf_printf(&want, PLACE(4294967298) "\"raw\":\"bad \\\"one\\\"\"}\n", folder);
    assert_non_null(strstr(bad, want.p));
    sbuf_clear(&want);
    sbuf_printf(&want,
                "{\"stage\":\"long\",\"reason\":\"too_long\",\"value\":6,\"limit\":5," PLACE(
                    4294967299) "\"record\":{\"text\":\"abcdef\",\"x\": 1}}\n"
                                "{\"stage\":\"late\",\"reason\":\"too_long\",\"value\":6,\"limit\":4," PLACE(
                                    4294967299) "\"record\":{\"text\":\"abcdef\",\"x\": 1}}\n",
                folder, folder);
    assert_non_null(strstr(bad, want.p)); /* both branches dropped it; the record as it was read */
    assert_null(strstr(got, "\"other\""));
    free(got);
    free((void *)path);
    sbuf_free(&want);
}

/* Many documents: the quarantine's bytes for any number of threads. */
static void test_quarantine_order(void **u)
{
    (void)u;
    char *first = NULL;
    put_docs("@/qo.jsonl", 0, 2000);
    for (unsigned t = 0; t < MANY; t++) {
        job j;
        char *path = strdup(in("@/out/qo.jsonl"));
        assert_int_equal(job_run(&j,
                                 "on_reject: quarantine\nbatch_rows: 16\nsplit_bytes: 3000\nstages:\n  - { use: "
                                 "source.jsonl, path: '@/qo.jsonl' }\n"
                                 "  - { use: filter.where, all: [{ column: lang, is: en }] }\n  - { use: "
                                 "test.reject_twice, modulo: 3 }\n  - { use: sink.null }\n",
                                 (exec_options){ .threads = many[t], .quarantine = path }),
                         EXEC_OK);
        conserves(&j);
        const uint64_t lines = 2000 - counts(&j, "sink.null")->in;
        job_free(&j);
        char *got = get_file("@/out/qo.jsonl");
        uint64_t n = 0, last = 0;
        for (const char *p = got; (p = strstr(p, "\"pos\":")); n++) {
            const uint64_t pos = strtoull(p + 6, NULL, 10);
            assert_true(pos > last);
            last = pos;
            p += 6;
        }
        assert_int_equal(n, lines);
        if (first)
            assert_string_equal(got, first);
        else
            first = strdup(got);
        free(got);
        free(path);
    }
    free(first);
}

static void test_reject_twice(void **u)
{
    (void)u;
    put_docs("@/r.jsonl", 0, 370);
    for (unsigned t = 0; t < MANY; t++) {
        job j;
        char *path = strdup(in("@/out/r-quarantine.jsonl"));
        assert_int_equal(job_run(&j,
                                 "batch_rows: 16\nsplit_bytes: 2000\non_reject: quarantine\nstages:\n  - { use: "
                                 "source.jsonl, path: '@/r.jsonl' }\n"
                                 "  - { use: filter.where, all: [{ column: lang, is: en }], on_reject: drop }\n"
                                 "  - { use: test.reject_twice, modulo: 2, dead: true }\n  - { use: test.reject_twice, "
                                 "modulo: 3, error: true, name: e }\n"
                                 "  - { use: sink.null }\n",
                                 (exec_options){ .threads = many[t], .quarantine = path }),
                         EXEC_OK);
        conserves(&j);
        /* Ten times 0..36, in turns of even and odd: 190 even, 180 odd lengths; half of each in English. */
        assert_int_equal(counts(&j, "test.reject_twice")->in, 185);
        assert_int_equal(metric(&j, "test.reject_twice", "first")->n, 95);
        assert_int_equal(metric(&j, "test.reject_twice", "second")->n, 0);
        assert_int_equal(metric(&j, "e", "broken")->n, 30);
        assert_int_equal(counts(&j, "e")->errors, 30);
        assert_int_equal(counts(&j, "e")->rejected, 0);
        exec_progress now;
        exec_progress_now(j.x, &now);
        assert_int_equal(now.errors, 30);
        job_free(&j);
        char *got = get_file("@/out/r-quarantine.jsonl");
        const char *detail = strstr(got, "\"detail\":\"xx\xE2\x82\xAC");
        assert_non_null(detail);
        assert_int_equal(strcspn(detail + 10, "\""), 4094); /* cut between characters */
        free(got);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_annotate),
        cmocka_unit_test(test_quarantine),
        cmocka_unit_test(test_quarantine_order),
        cmocka_unit_test(test_reject_twice),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
