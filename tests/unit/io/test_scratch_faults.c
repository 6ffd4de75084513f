/* Scratch space where something fails: folders, full disks, reads and writes, memory. Each is told in one sentence, and
 * what was written before is still there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include "unit/alloc_fails.h"
#include "unit/io/scratch_test.h"

/* pwrite and pread do at most io_most bytes a call; every third call is interrupted, or all fail with io_errno. */
static int io_errno, io_calls;
static size_t io_most;
ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __real_pread(int fd, void *p, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at);

static bool io_fails(size_t *n)
{
    if (io_most && *n > io_most)
        *n = io_most;
    errno = io_errno ? io_errno : EINTR;
    return io_errno || (io_most && io_calls++ % 3 == 0);
}

ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at)
{
    return io_fails(&n) ? -1 : __real_pwrite(fd, p, n, at);
}

ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at) { return io_fails(&n) ? -1 : __real_pread(fd, p, n, at); }

/* O_TMPFILE and unlink fail with these. */
static int tmpfile_errno, unlink_errno;
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);

int __wrap_open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    const unsigned mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, unsigned) : 0;
    va_end(ap);
    if (tmpfile_errno && (flags & O_TMPFILE) == O_TMPFILE)
        return errno = tmpfile_errno, -1;
    return __real_open(path, flags, mode);
}

int __wrap_unlink(const char *path) { return unlink_errno ? errno = unlink_errno, -1 : __real_unlink(path); }

/* ---- */

static uint8_t noise[1 << 20], zeros[1 << 20];

static scratch *make(void)
{
    scratch *s = scratch_new(test_dir, 2, 1);
    assert_non_null(s);
    fill_random(noise, sizeof noise, 5);
    return s;
}

static block_at put(scratch *s, const void *p, size_t n)
{
    sbuf err = { 0 };
    block_at at;
    assert_int_equal(scratch_write(s, 0, p, n, &at, &err), 0);
    return at;
}

static void assert_reads(scratch *s, block_at at, const void *p)
{
    sbuf err = { 0 };
    uint8_t *got = malloc(at.bytes);
    assert_non_null(got);
    assert_int_equal(scratch_read(s, 0, at, got, &err), 0);
    assert_memory_equal(got, p, at.bytes);
    free(got);
}

/* Thread `thread` cannot write n bytes of noise: what is said, with the folder in place of %s. */
static void assert_not_written(scratch *s, unsigned thread, size_t n, const char *format)
{
    sbuf err = { 0 };
    char want[300];
    block_at at = { .bytes = 77 };
    const uint64_t before = scratch_bytes(s);
    assert_int_equal(scratch_write(s, thread, noise, n, &at, &err), SL_E_IO);
    sbuf_putc(&err, 0);
    const char *there = strstr(format, "%s");
    snprintf(want, sizeof want, "%.*s%s%s", (int)(there - format), format, test_dir, there + 2);
    assert_string_equal(sbuf_z(&err), want);
    assert_int_equal(at.bytes, 77);
    assert_int_equal(scratch_bytes(s), before);
    sbuf_free(&err);
}

static void reads_and_writes_in_bits(void **state)
{
    (void)state;
    scratch *s = make();
    io_most = 1000;
    const block_at a = put(s, noise, 100000), b = put(s, zeros, 1 << 20);
    assert_true(b.stored < 1000);
    assert_int_equal(a.stored, 100000);
    assert_reads(s, a, noise);
    assert_reads(s, b, zeros);
    io_most = 0;
    assert_reads(s, a, noise);
    scratch_free(s);
}

static void reads_and_writes_that_fail(void **state)
{
    (void)state;
    static const struct {
        int error;
        const char *says;
    } at[] = { { ENOSPC, "cannot write scratch space in %s: No space left on device (after 1000 bytes)" },
               { EDQUOT, "cannot write scratch space in %s: Disk quota exceeded (after 1000 bytes)" },
               { EIO, "cannot write scratch space in %s: Input/output error (after 1000 bytes)" } };
    sbuf err = { 0 };
    char want[200];
    scratch *s = make();
    const block_at a = put(s, noise, 1000);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        io_errno = at[i].error;
        assert_not_written(s, 0, 5000, at[i].says);
        assert_not_written(s, 1, 5000, at[i].says);
        io_errno = 0;
        assert_reads(s, a, noise);
    }
    const block_at b = put(s, zeros, 5000);
    assert_int_equal(b.offset, 1000); /* over what a write that failed may have left */
    io_errno = EIO;
    for (int i = 0; i < 2; i++) {
        sbuf_clear(&err);
        assert_int_equal(scratch_read(s, 1, i ? b : a, noise, &err), SL_E_IO);
        snprintf(want, sizeof want, "cannot read scratch space in %s: Input/output error (file 0, offset %d)", test_dir,
                 i ? 1000 : 0);
        assert_string_equal(sbuf_z(&err), want);
    }
    io_errno = 0;
    assert_reads(s, b, zeros);
    sbuf_free(&err);
    scratch_free(s);
    assert_empty_folder(test_folder);
}

static void a_file_that_cannot_grow(void **state)
{
    (void)state;
    struct rlimit old, small;
    scratch *s = make();
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 700000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const block_at a = put(s, noise, 500000);
    assert_not_written(s, 0, 400000, "cannot write scratch space in %s: File too large (after 500000 bytes)");
    const block_at b = put(s, noise, 150000); /* which fits */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_reads(s, a, noise);
    assert_reads(s, b, noise);
    scratch_free(s);
    assert_empty_folder(test_folder);
}

static void a_disk_that_is_full(void **state)
{
    (void)state;
    assert_int_equal(fs_mkdirs(test_dir), 0);
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", test_dir, "tmpfs", 0, "size=3m")) {
        print_message("a file system of 3 MB cannot be mounted here\n");
        assert_int_equal(rmdir(test_dir), 0);
        skip();
    }
    scratch *s = make();
    const block_at a = put(s, noise, 1 << 20), b = put(s, noise, 1 << 20), c = put(s, noise, (1 << 20) - 8192);
    assert_not_written(s, 0, 1 << 20,
                       "cannot write scratch space in %s: No space left on device (after 3137536 bytes)");
    assert_not_written(s, 1, 1 << 20,
                       "cannot write scratch space in %s: No space left on device (after 3137536 bytes)");
    assert_reads(s, a, noise);
    assert_reads(s, b, noise);
    assert_reads(s, c, noise);
    scratch_free(s); /* with which the space is free again */
    assert_empty_folder(test_dir);
    s = make();
    assert_reads(s, put(s, noise, 1 << 20), noise);
    scratch_free(s);
    assert_int_equal(umount(test_dir), 0);
    assert_int_equal(rmdir(test_dir), 0);
}

/* ---- folders ---- */

static void a_folder_that_cannot_be_written(void **state)
{
    (void)state;
    const bool root = geteuid() == 0;
    scratch *s = make();
    assert_int_equal(mkdir(test_dir, 0555), 0);
    if (root) {
        assert_int_equal(chmod(test_folder, 0755), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    assert_not_written(s, 0, 5, "cannot create a file for scratch space in %s: Permission denied");
    tmpfile_errno = EOPNOTSUPP;
    assert_not_written(s, 0, 5, "cannot create a file for scratch space in %s: Permission denied");
    tmpfile_errno = 0;
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(test_dir, 0755), 0);
    assert_reads(s, put(s, noise, 5), noise); /* somebody has put it right */
    scratch_free(s);
    assert_empty_folder(test_folder);
}

static void something_in_the_way(void **state)
{
    (void)state;
    scratch *s = make();
    assert_int_equal(fs_write_atomic(test_dir, "x", 1), 0);
    assert_not_written(s, 0, 5, "cannot make the folder %s for scratch space: Not a directory");
    scratch_free(s);
    assert_true(fs_exists(test_dir)); /* not ours */
    assert_int_equal(unlink(test_dir), 0);
}

static void a_folder_that_vanishes(void **state)
{
    (void)state;
    scratch *s = make();
    const block_at a = put(s, noise, 5000);
    assert_int_equal(rmdir(test_dir), 0);   /* its files have no names, so it is empty */
    const block_at b = put(s, noise, 6000); /* an open file does not mind */
    sbuf err = { 0 };
    block_at c;
    assert_int_equal(scratch_write(s, 1, noise, 7000, &c, &err), 0); /* another makes the folder again */
    assert_reads(s, a, noise);
    assert_reads(s, b, noise);
    assert_reads(s, c, noise);
    scratch_free(s);
    assert_empty_folder(test_folder);
}

static void files_that_keep_their_names(void **state)
{
    (void)state;
    scratch *s = make();
    tmpfile_errno = EISDIR;
    unlink_errno = EPERM;
    assert_not_written(s, 0, 5, "cannot create a file for scratch space in %s: Operation not permitted");
    assert_int_equal(scratch_fd(0), -1);
    tmpfile_errno = unlink_errno = 0;
    scratch_free(s);
    assert_true(fs_exists(test_dir)); /* something is left in it, and there is nothing to be done */
    assert_int_equal(fs_remove_tree(test_dir), 0);

    s = make();
    tmpfile_errno = EMFILE; /* not a reason to try otherwise */
    assert_not_written(s, 0, 5, "cannot create a file for scratch space in %s: Too many open files");
    tmpfile_errno = 0;
    scratch_free(s);
    assert_empty_folder(test_folder);
}

/* ---- memory ---- */

static int write_and_read(scratch *s, sbuf *err)
{
    block_at at;
    uint8_t got[2000];
    int r = scratch_write(s, 0, zeros, sizeof got, &at, err);
    if (r == 0)
        r = scratch_read(s, 1, at, got, err);
    assert_true(r < 0 || memcmp(got, zeros, sizeof got) == 0);
    return r;
}

static void memory_that_is_not_there(void **state)
{
    (void)state;
    static const char *const says[] = { "out of memory for scratch space", "cannot make the folder ",
                                        "cannot create a file for scratch space " };
    for (int named = 0; named < 2; named++) {
        tmpfile_errno = named ? EOPNOTSUPP : 0;
        for (long i = 0, more = 1; more; i++) {
            sbuf err = { 0 };
            alloc_fail_at(i);
            scratch *s = scratch_new(test_dir, 2, 1);
            const int r = s ? write_and_read(s, &err) : SL_E_NOMEM;
            more = alloc_failed();
            assert_int_equal(r, more ? SL_E_NOMEM : 0);
            bool said = !s || !more;
            for (int k = 0; k < 3 && !said; k++)
                said = !strncmp(sbuf_z(&err), says[k], strlen(says[k]));
            assert_true(said);
            sbuf_clear(&err);
            assert_true(!s || write_and_read(s, &err) == 0); /* it can be tried again */
            sbuf_free(&err);
            scratch_free(s);
            assert_empty_folder(test_folder);
        }
    }
    tmpfile_errno = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_in_bits),        cmocka_unit_test(reads_and_writes_that_fail),
        cmocka_unit_test(a_file_that_cannot_grow),         cmocka_unit_test(a_disk_that_is_full),
        cmocka_unit_test(a_folder_that_cannot_be_written), cmocka_unit_test(something_in_the_way),
        cmocka_unit_test(a_folder_that_vanishes),          cmocka_unit_test(files_that_keep_their_names),
        cmocka_unit_test(memory_that_is_not_there),
    };
    return cmocka_run_group_tests_name("scratch_faults", tests, make_test_folder, remove_test_folder);
}
