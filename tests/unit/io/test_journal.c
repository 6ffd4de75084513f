/* The journal: the line that was written, or a sentence that says why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include "io/journal.h"
#include "unit/io/output_test.h"

#define XXH3_OF_LINE "c5e3762ffc8453c6" /* of {"a":1} */
#define XXH3_OF_TWO  "c60f8ba575c1ad36" /* of "a\nb" */

static void assert_reads(const char *path, int code, const char *line, const char *sentence)
{
    sbuf json = { 0 }, err = { 0 };
    sbuf_puts(&json, "before ");
    assert_int_equal(journal_read(path, &json, &err), code);
    assert_string_equal(sbuf_z(&err), sentence);
    assert_memory_equal(json.p, "before ", 7);
    assert_string_equal(json.p + 7, line);
    sbuf_free(&json);
    sbuf_free(&err);
}

static void put_raw(const char *path, const char *p, size_t n) { assert_int_equal(fs_write_atomic(path, p, n), 0); }

static void what_was_written_is_read(void **state)
{
    (void)state;
    const char *path = in_folder("progress");
    sbuf err = { 0 }, got = { 0 };
    assert_reads(path, SL_END, "", "");
    assert_int_equal(journal_write(path, "{\"a\":1}", 7, &err), 0);
    assert_reads(path, 0, "{\"a\":1}", "");
    read_file(path, &got);
    assert_string_equal(sbuf_z(&got), "sluice-journal 1 7 " XXH3_OF_LINE "\n{\"a\":1}\n");
    assert_int_equal(journal_write(path, "", 0, &err), 0);
    assert_reads(path, 0, "", "");
    assert_int_equal(journal_write(path, "{}", 2, &err), 0);
    assert_reads(path, 0, "{}", "");
    assert_folder("progress\n");
    assert_int_equal(journal_remove(path, &err), 0);
    assert_int_equal(journal_remove(path, &err), 0);
    assert_reads(path, SL_END, "", "");
    assert_folder("");
    sbuf_free(&err);
    sbuf_free(&got);
}

static void long_lines(void **state)
{
    (void)state;
    const char *path = in_folder("progress");
    const size_t n = 5000000;
    sbuf err = { 0 }, got = { 0 };
    char *p = malloc(n);
    assert_non_null(p);
    make_record(p, n, 3);
    p[n - 1] = '}';
    assert_int_equal(journal_write(path, p, n, &err), 0);
    assert_int_equal(journal_read(path, &got, &err), 0);
    assert_int_equal(got.n, n);
    assert_memory_equal(got.p, p, n);
    p[n / 2] = '\n';
    assert_int_equal(journal_write(path, p, n, &err), SL_E_INTERNAL);
    free(p);
    sbuf_free(&err);
    sbuf_free(&got);
}

/* Cut at every byte, every bit flipped, and one byte more. */
static void no_damage_goes_unseen(void **state)
{
    (void)state;
    const char *path = in_folder("progress");
    sbuf file = { 0 }, json = { 0 }, err = { 0 };
    assert_int_equal(journal_write(path, "{\"at\":[1,2]}", 12, &err), 0);
    read_file(path, &file);
    for (size_t n = 0; n < file.n; n++) {
        put_raw(path, file.p, n);
        assert_int_equal(journal_read(path, &json, &err), SL_E_STATE);
    }
    for (size_t i = 0; i < file.n * 8; i++) {
        file.p[i / 8] = (char)(file.p[i / 8] ^ 1 << i % 8);
        put_raw(path, file.p, file.n);
        assert_int_equal(journal_read(path, &json, &err), SL_E_STATE);
        file.p[i / 8] = (char)(file.p[i / 8] ^ 1 << i % 8);
    }
    sbuf_putc(&file, '\n');
    put_raw(path, file.p, file.n);
    assert_int_equal(journal_read(path, &json, &err), SL_E_STATE);
    assert_int_equal(json.n, 0);
    sbuf_free(&file);
    sbuf_free(&json);
    sbuf_free(&err);
}

static void each_damage_has_its_sentence(void **state)
{
    (void)state;
    char path[256];
    sbuf err = { 0 };
    static const struct {
        const char *text, *why;
    } v[] = {
        { "", "it is empty" },
        { "{\"a\":1}\n", "it is no such file, or one of another version of sluice" },
        { "sluice-journal 2 0 2d06800538d394c2\n\n", "it is no such file, or one of another version of sluice" },
        { "sluice-journal 1 7 ", "it was cut off" },
        { "sluice-journal 1 7 0123456789abcdef\n", "it was cut off" },
        { "sluice-journal 1 7 0123456789abcdef\n{\"a\":1}", "it was cut off" },
        { "sluice-journal 1 7 0123456789abcdef\n{\"a\":1}\n", "its checksum does not fit" },
        { "sluice-journal 1 07 " XXH3_OF_LINE "\n{\"a\":1}\n", "its checksum does not fit" },
        { "sluice-journal 1 7 " XXH3_OF_LINE " \n{\"a\":1}\n", "its checksum does not fit" },
        { "sluice-journal 1 3 " XXH3_OF_TWO "\na\nb\n", "it holds more than one line" },
    };
    snprintf(path, sizeof path, "%s", in_folder("progress"));
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        sbuf want = { 0 };
        sbuf_printf(&want, "%s is damaged: %s", path, v[i].why);
        put_raw(path, v[i].text, strlen(v[i].text));
        assert_reads(path, SL_E_STATE, "", sbuf_z(&want));
        sbuf_free(&want);
    }
    assert_int_equal(journal_remove(path, &err), 0);
    sbuf_free(&err);
}

static void the_system_says_no(void **state)
{
    (void)state;
    sbuf err = { 0 }, want = { 0 };
    struct rlimit old, small;
    char path[256];
    snprintf(path, sizeof path, "%s", in_folder("missing/progress"));
    assert_int_equal(journal_write(path, "{}", 2, &err), SL_E_IO);
    sbuf_printf(&want, "cannot write %s: No such file or directory", path);
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    assert_reads(path, SL_END, "", "");
    assert_int_equal(journal_remove(path, &err), 0);
    snprintf(path, sizeof path, "%s", in_folder("folder"));
    assert_int_equal(mkdir(path, 0700), 0);
    sbuf_clear(&want);
    sbuf_printf(&want, "cannot read %s: Is a directory", path);
    assert_reads(path, SL_E_IO, "", sbuf_z(&want));
    sbuf_clear(&err);
    assert_int_equal(journal_remove(path, &err), SL_E_IO);
    sbuf_clear(&want);
    sbuf_printf(&want, "cannot remove %s: Is a directory", path);
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    assert_int_equal(rmdir(path), 0);

    snprintf(path, sizeof path, "%s", in_folder("progress"));
    assert_int_equal(journal_write(path, "{}", 2, &err), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    sbuf_clear(&err);
    const int r = journal_write(path, "{\"new\":true}", 12, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(r, SL_E_IO);
    sbuf_clear(&want);
    sbuf_printf(&want, "cannot write %s: File too large", path);
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    assert_reads(path, 0, "{}", ""); /* the old line is still there */
    assert_folder("progress\n");
    sbuf_free(&err);
    sbuf_free(&want);
}

static _Noreturn void write_for_ever(const char *path, unsigned attempt, int told)
{
    for (unsigned i = 1;; i++) {
        char line[64];
        sbuf err = { 0 };
        const int n = snprintf(line, sizeof line, "{\"attempt\":%u,\"n\":%u}", attempt, i);
        if (journal_write(path, line, (size_t)n, &err) || write(told, &i, sizeof i) != sizeof i)
            _exit(1);
    }
}

/* A process writes one line after the other and is killed: what is there is a whole one, and never older than one that
 * the process had told. */
static void killed_while_it_writes(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s", in_folder("killed"));
    for (unsigned k = 0; k < 12; k++) {
        sbuf json = { 0 }, err = { 0 };
        int told[2];
        unsigned last = 0, i;
        assert_int_equal(pipe(told), 0);
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            write_for_ever(path, k, told[1]);
        close(told[1]);
        assert_int_equal(read(told[0], &last, sizeof last), sizeof last);
        const struct timespec t = { .tv_nsec = k * 1700001 };
        nanosleep(&t, NULL);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        while (read(told[0], &i, sizeof i) == sizeof i)
            last = i;
        close(told[0]);
        unsigned attempt, n;
        assert_int_equal(journal_read(path, &json, &err), 0);
        assert_int_equal(sscanf(json.p, "{\"attempt\":%u,\"n\":%u}", &attempt, &n), 2);
        assert_int_equal(attempt, k);
        assert_true(n >= last && n <= last + 1);
        sbuf_free(&json);
        sbuf_free(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read), cmocka_unit_test(long_lines),
        cmocka_unit_test(no_damage_goes_unseen),    cmocka_unit_test(each_damage_has_its_sentence),
        cmocka_unit_test(the_system_says_no),       cmocka_unit_test(killed_while_it_writes),
    };
    return cmocka_run_group_tests_name("journal", tests, make_test_folder, remove_test_folder);
}
