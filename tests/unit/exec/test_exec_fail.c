/* Runs that end badly: failing callbacks, damage, too many errors, cancellation. Nothing is published, everything is
 * closed (the sanitizer sees what is not), and the message is the one of the lowest failure. */
#include <pthread.h>
#include <sys/wait.h>
#include <zstd.h>
#include "base/log.h"
#include "exec_test.h"

static void one_error(const job *j, const char *want)
{
    sbuf s = { 0 };
    job_show(j, &s);
    assert_string_equal(sbuf_z(&s), want);
    sbuf_free(&s);
}

/* Runs; must fail with this code and a text that begins so. */
static void fails(const char *text, unsigned threads, int code, const char *begins)
{
    job j;
    const exec_end end = job_run(&j, text, (exec_options){ .threads = threads });
    if (end != EXEC_FAILED)
        fail_msg("ended with %d: %s\n%s", (int)end, exec_error(j.x), text);
    if (strncmp(exec_error(j.x), begins, strlen(begins)))
        fail_msg("'%s' does not begin with '%s'", exec_error(j.x), begins);
    assert_int_equal(exec_error_code(j.x), code);
    job_free(&j);
    assert_int_equal(files_in("@/out"), 0); /* nothing published, nothing temporary left */
}

/* ---- callbacks ---- */

static const char *with_fail(const char *options, bool sink)
{
    static char text[1024];
    snprintf(
        text, sizeof text, "stages:\n  - { use: test.source, splits: 4, rows: 10 }\n  - { use: %s, name: bad, %s }\n%s",
        sink ? "test.fail_sink" : "test.fail", options, sink ? "" : "  - { use: sink.jsonl, path: '@/out/x.jsonl' }\n");
    return text;
}

static void test_before(void **u)
{
    (void)u;
    job j;
    assert_false(job_open(&j, with_fail("in: check", false), (exec_options){ .threads = 2 }));
    one_error(&j, "test.fail: failed in check, split 0\ntest.fail: a second message that nobody should see\n");
    job_free(&j);
    assert_false(job_open(&j, with_fail("in: check, how: silent", false), (exec_options){ .threads = 2 }));
    one_error(&j, "test.fail: its options do not fit together (the plugin gave no reason)\n");
    job_free(&j);
    assert_false(job_open(&j, with_fail("in: check, how: says_ok", false), (exec_options){ .threads = 2 }));
    job_free(&j);
    assert_false(job_open(&j, with_fail("in: open", false), (exec_options){ .threads = 2 }));
    one_error(&j, "test.fail: failed in open, split 0\n");
    job_free(&j);
    assert_false(job_open(&j, with_fail("in: open, how: silent", true), (exec_options){ .threads = 2 }));
    one_error(&j, "test.fail_sink: failed without a message\n");
    job_free(&j);
    assert_false(job_open(&j, with_fail("in: open, how: says_ok", true), (exec_options){ .threads = 2 }));
    one_error(&j, "test.fail_sink: failed in open, split 0\n");
    job_free(&j);
    /* Every stage is opened, so every mistake is told. */
    assert_false(
        job_open(&j,
                 "stages:\n  - { use: source.jsonl, path: '@/nothing-*.jsonl' }\n  - { use: test.fail, in: open }\n"
                 "  - { use: test.fail_sink, in: open, how: silent }\n",
                 (exec_options){ .threads = 2 }));
    assert_int_equal(j.d.errors, 3);
    job_free(&j);
    assert_int_equal(files_in("@/out"), 0);
}

static void test_callbacks(void **u)
{
    (void)u;
    static const struct {
        const char *in;
        bool sink;
    } at[] = {
        { "open_local", false }, { "open_local", true }, { "process", false }, { "process", true },
        { "combine", false },    { "combine", true },    { "finish", false },  { "finish", true },
    };
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        for (unsigned threads = 1; threads <= 3; threads += 2) {
            char options[128], want[128];
            const unsigned long long split = strcmp(at[i].in, "process") ? 0 : 1; /* the lowest */
            snprintf(options, sizeof options, "in: %s, code: state", at[i].in);
            snprintf(want, sizeof want, "failed in %s, split %llu", at[i].in, split);
            fails(with_fail(options, at[i].sink), threads, SL_E_STATE, want);
            snprintf(options, sizeof options, "in: %s, code: io, how: silent", at[i].in);
            fails(with_fail(options, at[i].sink), threads, SL_E_IO, "bad failed without a message (-3)");
            snprintf(options, sizeof options, "in: %s, code: nomem, how: says_ok", at[i].in);
            fails(with_fail(options, at[i].sink), threads, SL_E_NOMEM, want);
        }
}

/* A stage that says "cancelled" although nobody cancelled has failed: its rows must not be missing quietly. */
static void test_false_cancel(void **u)
{
    (void)u;
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        fails(with_fail("in: process, code: cancel, split: 2", false), threads, SL_E_CANCEL,
              "failed in process, split 2");
        fails(with_fail("in: process, code: cancel, split: 2, how: silent", false), threads, SL_E_CANCEL,
              "bad failed without a message (-6)");
    }
}

/* Many threads fail; the reported failure is the first of the stream, though it comes last in time. */
static void test_lowest(void **u)
{
    (void)u;
    for (unsigned i = 0; i < 4; i++) {
        fails("stages:\n  - { use: test.source, splits: 25, rows: 3 }\n  - { use: test.fail, in: process, least: 4, "
              "slow: true }\n"
              "  - { use: sink.jsonl, path: '@/out/x.jsonl' }\n",
              7, SL_E_INTERNAL, "failed in process, split 4");
        fails("batch_rows: 1\nstages:\n  - { use: test.source, splits: 25, rows: 3, fail_split: 2, fail_code: internal "
              "}\n"
              "  - { use: test.fail, in: process, least: 9, slow: true }\n  - { use: sink.jsonl, path: '@/out/x.jsonl' "
              "}\n",
              7, SL_E_INTERNAL, "part-2 is broken");
    }
}

static void test_source(void **u)
{
    (void)u;
    fails("batch_rows: 4\nstages:\n  - { use: test.source, rows: 9, overfill: true }\n  - { use: sink.jsonl, path: "
          "'@/out/x.jsonl' }\n",
          2, SL_E_INTERNAL, "test.source added a row to a batch that was full");
#define BROKEN(head)                                                                                                   \
    head "stages:\n  - { use: test.source, splits: 5, rows: 8, fail_split: 2, fail_code: data }\n  - { use: "          \
         "sink.jsonl, path: '@/out/x.jsonl' }\n"
    fails(BROKEN(""), 3, SL_E_DATA, "part-2 is broken");
    for (unsigned threads = 1; threads <= 3;
         threads += 2) { /* on_error says that one split may be lost, and what it gave before stays */
        job j;
        run_good(&j, BROKEN("batch_rows: 2\non_error: skip_file\n"), threads);
        assert_int_equal(counts(&j, "sink.jsonl")->in, 4 * 8 + 4);
        job_free(&j);
        assert_int_equal(unlink(in("@/out/x.jsonl")), 0);
    }
    fails("on_error: skip_file\nstages:\n  - { use: test.source, fail_split: 1, fail_code: internal }\n  - { use: "
          "sink.jsonl, path: '@/out/x.jsonl' }\n",
          2, SL_E_INTERNAL, "part-1 is broken"); /* other failures end the run all the same */
}

static void test_misuse(void **u)
{
    (void)u;
#define MISUSE(call)                                                                                                   \
    "stages:\n  - { use: test.source }\n  - { use: test.misuse, call: " call                                           \
    " }\n  - { use: sink.jsonl, path: '@/out/x.jsonl' }\n"
    fails(MISUSE("add"), 2, SL_E_INTERNAL, "test.misuse: add is for read and reshape only");
    fails(MISUSE("put"), 2, SL_E_INTERNAL, "test.misuse: no state is saved in this callback");
    fails(MISUSE("get"), 2, SL_E_INTERNAL, "test.misuse: no state is loaded in this callback");
    char *got = NULL;
    size_t n = 0;
    log_state = (log_sink){ .to = open_memstream(&got, &n), .level = LOG_DEBUG };
    run_to(MISUSE("log"), 1);
    fclose(log_state.to);
    log_state.to = NULL;
    assert_string_equal(got, "debug: test.misuse: rows: 5\ndebug: test.misuse: rows: 5\ndebug: test.misuse: rows: 5\n");
    free(got);
    assert_int_equal(unlink(in("@/out/x.jsonl")), 0);
}

static void test_lines(void **u)
{
    (void)u;
    put_docs("@/l.jsonl", 0, 50);
#define LINES(where)                                                                                                   \
    "stages:\n  - { use: test.lines, path: '@/l.jsonl', fail: " where                                                  \
    " }\n  - { use: filter.where, all: [{ column: lang, is: en }] }\n  - { use: sink.jsonl, path: '@/out/x.jsonl' }\n"
    fails(LINES("open_local"), 2, SL_E_IO,
          "failed in open_local"); /* the look before the run fails too, and says nothing */
    fails(LINES("read"), 2, SL_E_DATA, "failed in read");
}

/* ---- fewer threads than asked for ---- */

static const char limited_text[] =
    "stages:\n  - { use: test.source, splits: 9, rows: 9 }\n  - { use: sink.jsonl, path: '@/limited.jsonl' }\n";

/* In a program of its own, for OpenMP looks at its environment when it is loaded. */
static int run_limited(void)
{
    job j;
    void *u = NULL;
    if (set_up(&u))
        return 1;
    alarm(60); /* it would hang for ever */
    const bool good = job_open(&j, limited_text, (exec_options){ .threads = 5 }) && exec_run(j.x) == EXEC_OK &&
                      counts(&j, "sink.jsonl")->in == 81;
    job_free(&j);
    return tear_down(&u) || !good;
}

static void test_thread_limit(void **u)
{
    (void)u;
    int status = -1;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("OMP_THREAD_LIMIT", "2", 1);
        execl("/proc/self/exe", "test_exec_fail", "limited", (char *)NULL);
        _exit(2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- the end of patience ---- */

static void test_max_errors(void **u)
{
    (void)u;
    static const struct {
        const char *head;
        exec_end end;
    } all[] = {
        { "max_errors: 0\n", EXEC_TOO_MANY_ERRORS },
        { "max_errors: 29\n", EXEC_TOO_MANY_ERRORS },
        { "max_errors: 30\n", EXEC_OK },
        { "max_errors: 29.9%\n", EXEC_TOO_MANY_ERRORS },
        { "max_errors: 30%\n", EXEC_OK },
        { "", EXEC_OK },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (unsigned threads = 1; threads <= 3; threads += 2) {
            char text[512];
            job j;
            snprintf(
                text, sizeof text,
                "%sstages:\n  - { use: test.source, splits: 10, rows: 10, broken_every: 4 }\n" /* 0, 4, 8 of each ten */
                "  - { use: sink.jsonl, path: '@/out/x.jsonl' }\n",
                all[i].head);
            assert_int_equal(job_run(&j, text, (exec_options){ .threads = threads }), all[i].end);
            assert_string_equal(exec_error(j.x), "");
            assert_non_null(strstr(exec_first_error(j.x), "part-0: broken at byte 0")); /* whichever thread met it */
            job_free(&j);
            assert_int_equal(files_in("@/out"), all[i].end == EXEC_OK);
            if (all[i].end == EXEC_OK)
                assert_int_equal(unlink(in("@/out/x.jsonl")), 0);
        }
}

static void test_cancel_first(void **u)
{
    (void)u;
    atomic_int cancel = 1;
    job j;
    assert_int_equal(job_run(&j, with_fail("in: never", false), (exec_options){ .threads = 3, .cancel = &cancel }),
                     EXEC_CANCELLED);
    assert_string_equal(exec_error(j.x), "");
    assert_int_equal(counts(&j, "test.source")->in, 0);
    job_free(&j);
    assert_int_equal(files_in("@/out"), 0);
}

static void *cancel_soon(void *p)
{
    usleep(30000);
    atomic_store((atomic_int *)p, 1);
    return NULL;
}

static void test_cancel(void **u)
{
    (void)u;
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        atomic_int cancel = 0;
        pthread_t t;
        job j;
        assert_int_equal(pthread_create(&t, NULL, cancel_soon, &cancel), 0);
        const exec_end end = job_run(&j,
                                     "stages:\n  - { use: test.source, splits: 90000, rows: 100000 }\n  - { use: "
                                     "sink.jsonl, path: '@/out/x.jsonl' }\n",
                                     (exec_options){ .threads = threads, .cancel = &cancel });
        pthread_join(t, NULL);
        assert_int_equal(end, EXEC_CANCELLED);
        job_free(&j);
        assert_int_equal(files_in("@/out"), 0);
    }
}

/* ---- damage ---- */

/* Documents from..to-1 as one zstd frame with a checksum; `bad`: its last byte but four is another. */
static void add_frame(sbuf *out, unsigned from, unsigned to, bool bad)
{
    sbuf plain = { 0 };
    ZSTD_CCtx *c = ZSTD_createCCtx();
    add_docs(&plain, from, to);
    assert_true(sbuf_room(out, ZSTD_compressBound(plain.n)));
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    const size_t n = ZSTD_compress2(c, out->p + out->n, ZSTD_compressBound(plain.n), plain.p, plain.n);
    assert_false(ZSTD_isError(n));
    if (bad)
        out->p[out->n + n - 1] ^= 1; /* in the checksum */
    out->n += n;
    ZSTD_freeCCtx(c);
    sbuf_free(&plain);
}

static void test_damage(void **u)
{
    (void)u;
    sbuf file = { 0 };
    for (unsigned i = 0; i < 5; i++)
        add_frame(&file, i * 100, i * 100 + 100, i == 2);
    put_file("@/d1.jsonl.zst", file.p, file.n);
    put_docs("@/d2.jsonl", 500, 600);
#define DAMAGED(head)                                                                                                  \
    head "stages:\n  - { use: source.jsonl, path: ['@/d1.jsonl.zst', '@/d2.jsonl'] }\n  - { use: sink.jsonl, path: "   \
         "'@/out/x.jsonl' }\n"
    static const unsigned sizes[] = { 8 << 20, 1000 };
    for (unsigned k = 0; k < 2; k++)
        for (unsigned threads = 1; threads <= 3; threads++) {
            char head[128];
            job j;
            const exec_file *files;
            sbuf text = { 0 };
            snprintf(head, sizeof head, "split_bytes: %u\nbatch_rows: 30\n", sizes[k]);

            sbuf_printf(&text, "%s%s", head, DAMAGED(""));
            assert_int_equal(job_run(&j, text.p, (exec_options){ .threads = threads }), EXEC_FAILED);
            assert_int_equal(exec_error_code(j.x), SL_E_DATA);
            assert_non_null(strstr(exec_error(j.x), "d1.jsonl.zst"));
            assert_non_null(strstr(exec_error(j.x), "on_error"));
            job_free(&j);
            assert_int_equal(files_in("@/out"), 0);

            sbuf_clear(&text);
            sbuf_printf(&text, "%s%s", head, DAMAGED("on_error: skip_file\n"));
            run_good(&j, text.p, threads);
            const uint64_t before = counts(&j, "source.jsonl")->in - 100;
            assert_true(before >= 200 && before <= 300); /* the frames before it, and what of it came before its end */
            assert_int_equal(exec_files(j.x, &files), 2);
            assert_int_equal(files[0].n_damage, 1);
            assert_int_equal(files[0].records, before);
            assert_int_equal(files[1].n_damage, 0);
            job_free(&j);
            char *got = get_file("@/out/x.jsonl");
            assert_non_null(strstr(got, "\"d199\""));
            assert_null(strstr(got, "\"d300\""));
            assert_non_null(strstr(got, "\"d599\""));
            free(got);

            sbuf_clear(&text);
            sbuf_printf(&text, "%s%s", head, DAMAGED("on_error: skip_record\n"));
            run_good(&j, text.p, threads);
            assert_int_equal(counts(&j, "source.jsonl")->in, before + 100 + 200);
            job_free(&j);
            got = get_file("@/out/x.jsonl");
            assert_non_null(strstr(got, "\"d199\""));
            assert_non_null(strstr(got, "\"d300\""));
            assert_non_null(strstr(got, "\"d599\""));
            free(got);
            assert_int_equal(unlink(in("@/out/x.jsonl")), 0);
            sbuf_free(&text);
        }
    sbuf_free(&file);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "limited"))
        return run_limited();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before),       cmocka_unit_test(test_callbacks),    cmocka_unit_test(test_false_cancel),
        cmocka_unit_test(test_lowest),       cmocka_unit_test(test_source),       cmocka_unit_test(test_lines),
        cmocka_unit_test(test_misuse),       cmocka_unit_test(test_thread_limit), cmocka_unit_test(test_max_errors),
        cmocka_unit_test(test_cancel_first), cmocka_unit_test(test_cancel),       cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
