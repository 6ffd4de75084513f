/* Two runs and one file: outputs that could share a name are kept apart while they are open, others are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/lock.h"
#include "unit/io/output_test.h"

static int flock_error; /* 0: as it is */

int __real_flock(int fd, int op);
int __wrap_flock(int fd, int op);
int __wrap_flock(int fd, int op)
{
    errno = flock_error;
    return flock_error ? -1 : __real_flock(fd, op);
}

static const char *const lock_names[] = { ".a.jsonl.sluice-lock", ".p-{shard}.jsonl.sluice-lock" };

static output *try_open(outputs *o, const char *name, sbuf *err)
{
    const output_spec spec = { .path = in_folder(name) };
    sbuf_clear(err);
    return outputs_open(o, &spec, err);
}

/* Names that a second run may not have while the first has them, and others. */
static void kept_apart(void **state)
{
    static const struct {
        const char *name, *held; /* NULL: free */
    } cases[] = {
        { "a.jsonl", "a.jsonl" },
        { "p-{shard}.jsonl", "p-{shard}.jsonl" },
        { "p-00003.jsonl", "p-{shard}.jsonl" },
        { "{shard}.jsonl", NULL },
        { "p-{shard}.json", NULL },
        { "p-x.jsonl", NULL },
        { "b.jsonl", NULL },
        { "below/a.jsonl", NULL },
    };
    outputs *first = outputs_new(1, "first", 1 << 20);
    sbuf err = { 0 }, want = { 0 };
    (void)state;
    assert_non_null(try_open(first, "a.jsonl", &err));
    assert_non_null(try_open(first, "p-{shard}.jsonl", &err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        outputs *second = outputs_new(1, "second", 1 << 20);
        const bool opened = try_open(second, cases[i].name, &err) != NULL;
        assert_int_equal(opened, cases[i].held == NULL);
        if (!opened) {
            assert_int_equal(outputs_refused(second), SL_E_CANCEL);
            sbuf_clear(&want);
            sbuf_printf(&want, "another run writes %s (process %ld since ", in_folder(cases[i].held), (long)getpid());
            assert_memory_equal(sbuf_z(&err), sbuf_z(&want), want.n);
            assert_non_null(strstr(sbuf_z(&err), "); wait for it, or choose another path"));
        }
        outputs_free(second);
    }
    for (size_t i = 0; i < 2; i++) /* the refused ones took nothing with them */
        assert_true(lock_is_held(in_folder(lock_names[i]), NULL));
    outputs_free(first);
    for (size_t i = 0; i < 2; i++)
        assert_false(fs_exists(in_folder(lock_names[i])));
    sbuf_free(&err);
    sbuf_free(&want);
}

/* A folder has many names. */
static void by_another_way(void **state)
{
    outputs *first = outputs_new(1, "first", 1 << 20), *second = outputs_new(1, "second", 1 << 20);
    sbuf err = { 0 };
    (void)state;
    assert_int_equal(mkdir(in_folder("real"), 0777), 0);
    assert_int_equal(symlink("real", in_folder("alias")), 0);
    assert_non_null(try_open(first, "real/a.jsonl", &err));
    assert_null(try_open(second, "alias/a.jsonl", &err));
    assert_int_equal(outputs_refused(second), SL_E_CANCEL);
    outputs_free(first);
    assert_non_null(try_open(second, "alias/a.jsonl", &err)); /* free again */
    outputs_free(second);
    sbuf_free(&err);
}

/* One that is kept to be continued gives its names free; one that continues takes them. */
static void kept_and_continued(void **state)
{
    outputs *first = outputs_new(1, "t", 1 << 20), *second = outputs_new(1, "t", 1 << 20);
    sbuf err = { 0 };
    (void)state;
    assert_non_null(try_open(first, "k.jsonl", &err));
    outputs_keep(first);
    outputs_free(first);
    assert_true(fs_exists(in_folder(".k.jsonl.sluice-t")));
    assert_false(fs_exists(in_folder(".k.jsonl.sluice-lock")));
    outputs_continue(second);
    assert_non_null(try_open(second, "k.jsonl", &err));
    assert_true(lock_is_held(in_folder(".k.jsonl.sluice-lock"), NULL));
    assert_int_equal(outputs_anew(second, &err), 0);
    assert_int_equal(outputs_finish(second, &err), 0);
    assert_int_equal(outputs_publish(second, &err), 0);
    outputs_free(second);
    assert_false(fs_exists(in_folder(".k.jsonl.sluice-lock")));
    sbuf_free(&err);
}

static void left_behind(void **state)
{
    outputs *o = outputs_new(1, "t", 1 << 20);
    sbuf err = { 0 };
    (void)state;
    write_file(in_folder(".q.jsonl.sluice-lock"), "process 1 since yesterday\n");
    write_file(in_folder(".q.jsonl.sluice-dead"), "half");
    assert_int_equal(output_sweep(in_folder("q.jsonl"), "dead"), 0);
    assert_false(fs_exists(in_folder(".q.jsonl.sluice-lock")));
    assert_false(fs_exists(in_folder(".q.jsonl.sluice-dead")));
    write_file(in_folder(".q.jsonl.sluice-lock"), "process 1 since yesterday\n");
    assert_non_null(try_open(o, "q.jsonl", &err)); /* nobody holds it */
    assert_int_equal(output_sweep(in_folder("q.jsonl"), "dead"), 0);
    assert_true(lock_is_held(in_folder(".q.jsonl.sluice-lock"), NULL));
    outputs_free(o);
    assert_int_equal(mkdir(in_folder(".q.jsonl.sluice-lock"), 0777), 0);
    o = outputs_new(1, "t", 1 << 20);
    assert_null(try_open(o, "q.jsonl", &err));
    assert_int_equal(outputs_refused(o), SL_E_IO);
    sbuf want = { 0 };
    sbuf_printf(&want, "cannot create %s: Is a directory", in_folder("q.jsonl"));
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    outputs_free(o);
    assert_int_equal(rmdir(in_folder(".q.jsonl.sluice-lock")), 0);
    sbuf_free(&want);
    sbuf_free(&err);
}

/* A file system without locks keeps nobody apart, and hinders nobody; another failure is one. */
static void cannot_lock(void **state)
{
    static const int none[] = { ENOLCK, EOPNOTSUPP, ENOSYS };
    sbuf err = { 0 }, want = { 0 };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        outputs *first = outputs_new(1, "first", 1 << 20), *second = outputs_new(1, "second", 1 << 20);
        flock_error = none[i];
        assert_non_null(try_open(first, "n.jsonl", &err));
        assert_non_null(try_open(second, "n.jsonl", &err));
        assert_false(fs_exists(in_folder(".n.jsonl.sluice-lock")));
        outputs_free(first);
        outputs_free(second);
    }
    outputs *o = outputs_new(1, "t", 1 << 20);
    flock_error = EIO;
    assert_null(try_open(o, "n-{shard}", &err));
    flock_error = 0;
    assert_int_equal(outputs_refused(o), SL_E_IO);
    sbuf_printf(&want, "cannot create %s: Input/output error", in_folder("n-00000"));
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    outputs_free(o);
    assert_int_equal(output_sweep(in_folder("n-{shard}"), "none"), 0);
    sbuf_free(&err);
    sbuf_free(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_apart),  cmocka_unit_test(by_another_way), cmocka_unit_test(kept_and_continued),
        cmocka_unit_test(left_behind), cmocka_unit_test(cannot_lock),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
