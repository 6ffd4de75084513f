/* Files: reading with a bound, writing whole or not at all, folders made and removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fs.h"

static char folder[64];

static const char *in(const char *name)
{
    static char v[8][256];
    static unsigned at;
    char *p = v[at++ % 8];
    snprintf(p, sizeof v[0], "%s/%s", folder, name);
    return p;
}

static int make_folder(void **u)
{
    (void)u;
    snprintf(folder, sizeof folder, "/tmp/sluice-fs-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **u)
{
    (void)u;
    return fs_remove_tree(folder);
}

static size_t entries(const char *path)
{
    DIR *d = opendir(path);
    size_t n = 0;
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void holds(const char *path, const char *want)
{
    sbuf s = { 0 };
    assert_int_equal(fs_read_file(path, 1 << 20, &s), 0);
    assert_string_equal(sbuf_z(&s), want);
    sbuf_free(&s);
}

static void test_read(void **u)
{
    (void)u;
    sbuf s = { 0 };
    assert_int_equal(fs_read_file(in("none"), 100, &s), -ENOENT);
    assert_int_equal(fs_read_file(folder, 100, &s), -EISDIR);
    assert_int_equal(fs_write_atomic(in("f"), "12345", 5), 0);
    sbuf_clear(&s);
    assert_int_equal(fs_read_file(in("f"), 5, &s), 0);
    assert_string_equal(s.p, "12345");
    assert_int_equal(fs_read_file(in("f"), 10, &s), 0); /* appends; the limit counts all */
    assert_string_equal(s.p, "1234512345");
    sbuf_clear(&s);
    assert_int_equal(fs_read_file(in("f"), 4, &s), -EFBIG);
    sbuf_clear(&s);
    assert_int_equal(fs_write_atomic(in("f"), NULL, 0), 0);
    assert_int_equal(fs_read_file(in("f"), 0, &s), 0);
    assert_string_equal(sbuf_z(&s), "");
    char *big = malloc(300000);
    assert_non_null(big);
    for (size_t i = 0; i < 300000; i++)
        big[i] = (char)(i * 7 >> 3);
    assert_int_equal(fs_write_atomic(in("f"), big, 300000), 0);
    sbuf_clear(&s);
    assert_int_equal(fs_read_file(in("f"), SIZE_MAX, &s), 0);
    assert_int_equal(s.n, 300000);
    assert_memory_equal(s.p, big, 300000);
    assert_int_equal(s.p[s.n], 0);
    sbuf_clear(&s);
    assert_int_equal(fs_read_file("/dev/zero", 1 << 20, &s), -EFBIG); /* an endless file ends */
    free(big);
    sbuf_free(&s);
}

static void test_write_atomic(void **u)
{
    (void)u;
    struct stat st;
    assert_int_equal(fs_mkdirs(in("w")), 0);
    assert_int_equal(fs_write_atomic(in("w/a"), "one", 3), 0);
    holds(in("w/a"), "one");
    assert_int_equal(fs_write_atomic(in("w/a"), "2", 1), 0);
    holds(in("w/a"), "2");
    assert_int_equal(entries(in("w")), 1); /* nothing temporary is left */
    assert_int_equal(symlink("a", in("w/link")), 0);
    assert_int_equal(fs_write_atomic(in("w/link"), "new", 3), 0); /* replaces the link, does not write through it */
    holds(in("w/a"), "2");
    assert_int_equal(lstat(in("w/link"), &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(fs_write_atomic(in("w/no/a"), "x", 1), -ENOENT);
    assert_int_equal(fs_mkdirs(in("w/dir/x")), 0);
    assert_int_equal(fs_write_atomic(in("w/dir"), "x", 1), -EISDIR);
    assert_int_equal(entries(in("w")), 3);
}

static void test_write_all(void **u)
{
    (void)u;
    char pattern[100000], back[100000];
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (char)(i % 251);
    const int fd = open(in("all"), O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fs_write_all(fd, pattern, sizeof pattern), 0);
    assert_int_equal(fs_write_all(fd, NULL, 0), 0);
    assert_int_equal(fs_pread_full(fd, back, sizeof back, 0), sizeof back);
    assert_memory_equal(back, pattern, sizeof back);
    assert_int_equal(fs_pread_full(fd, back, 10, 99995), 5); /* short at the end only */
    assert_memory_equal(back, pattern + 99995, 5);
    assert_int_equal(fs_pread_full(fd, back, 10, 100000), 0);
    assert_int_equal(fs_pread_full(fd, back, 10, 1ull << 40), 0);
    assert_int_equal(fs_pread_full(fd, back, 0, 0), 0);
    close(fd);
    assert_int_equal(fs_pread_full(-1, back, 1, 0), -EBADF);
    assert_int_equal(fs_write_all(-1, "x", 1), -EBADF);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fs_pread_full(ends[0], back, 1, 0), -ESPIPE);
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    assert_int_equal(fs_write_all(ends[1], "x", 1), -EPIPE);
    close(ends[1]);
    const int full = open("/dev/full", O_WRONLY);
    if (full >= 0) {
        assert_int_equal(fs_write_all(full, "x", 1), -ENOSPC);
        close(full);
    }
}

static void test_mkdirs(void **u)
{
    (void)u;
    struct stat st;
    assert_int_equal(fs_mkdirs(in("m/a//b/c/")), 0);
    assert_int_equal(stat(in("m/a/b/c"), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(fs_mkdirs(in("m/a/b/c")), 0); /* again */
    assert_int_equal(fs_mkdirs("/"), 0);
    assert_int_equal(fs_mkdirs("."), 0);
    assert_int_equal(fs_mkdirs(""), 0);
    assert_int_equal(fs_write_atomic(in("m/file"), "x", 1), 0);
    assert_int_equal(fs_mkdirs(in("m/file")), -ENOTDIR);
    assert_int_equal(fs_mkdirs(in("m/file/d")), -ENOTDIR);
    assert_int_equal(symlink("a", in("m/link")), 0);
    assert_int_equal(fs_mkdirs(in("m/link/new")), 0); /* through a link to a folder */
    assert_int_equal(stat(in("m/a/new"), &st), 0);
    assert_int_equal(symlink("gone", in("m/dangling")), 0);
    assert_true(fs_mkdirs(in("m/dangling")) < 0); /* there is no folder in the end */
    assert_true(fs_mkdirs("/proc/sluice/x") < 0);
}

static void test_names(void **u)
{
    (void)u;
    sbuf s = { 0 };
    assert_string_equal(fs_dirname("a/b/c", &s), "a/b");
    assert_string_equal(fs_dirname("c", &s), ".");
    assert_string_equal(fs_dirname("/c", &s), "/");
    assert_string_equal(fs_dirname("a/", &s), "a");
    assert_string_equal(fs_dirname("", &s), ".");
    assert_string_equal(fs_basename("a/b/c"), "c");
    assert_string_equal(fs_basename("c"), "c");
    assert_string_equal(fs_basename("a/"), "");
    sbuf_free(&s);
    assert_int_equal(fs_write_atomic(in("here"), "", 0), 0);
    assert_int_equal(symlink("nowhere", in("points_nowhere")), 0);
    assert_true(fs_exists(in("here")));
    assert_true(fs_exists(folder));
    assert_true(fs_exists(in("points_nowhere"))); /* the link is there */
    assert_false(fs_exists(in("not_here")));
    assert_int_equal(fs_fsync_dir_of(in("here")), 0);
    assert_int_equal(fs_fsync_dir_of(in("not/there")), -ENOENT);
    assert_int_equal(fs_fsync_dir_of(in("here/x")), -ENOTDIR);
}

static void test_remove_tree(void **u)
{
    (void)u;
    char name[64];
    assert_int_equal(fs_mkdirs(in("outside")), 0);
    assert_int_equal(fs_write_atomic(in("outside/keep"), "x", 1), 0);
    assert_int_equal(fs_mkdirs(in("t/a/b/c/d/e")), 0);
    assert_int_equal(symlink("../outside", in("t/link")), 0);
    assert_int_equal(symlink(in("outside/keep"), in("t/a/file_link")), 0);
    assert_int_equal(symlink("..", in("t/a/b/loop")), 0);
    assert_int_equal(fs_mkdirs(in("t/many")), 0);
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "t/many/file-with-a-longer-name-%04d", i);
        const int fd = open(in(name), O_WRONLY | O_CREAT, 0600);
        assert_true(fd >= 0);
        close(fd);
    }
    assert_int_equal(fs_remove_tree(in("t")), 0);
    assert_false(fs_exists(in("t")));
    holds(in("outside/keep"), "x");
    assert_int_equal(fs_remove_tree(in("t")), 0); /* nothing there: nothing to do */
    assert_int_equal(symlink("outside", in("l")), 0);
    assert_int_equal(fs_remove_tree(in("l")), 0); /* the link goes, not what it points to */
    assert_false(fs_exists(in("l")));
    holds(in("outside/keep"), "x");
    assert_int_equal(fs_remove_tree(in("outside/keep")), 0); /* a file */
    assert_int_equal(entries(in("outside")), 0);
    assert_int_equal(fs_remove_tree(in("outside/keep/x")), 0);
    assert_true(fs_remove_tree("/proc/self/task") < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),   cmocka_unit_test(test_write_atomic), cmocka_unit_test(test_write_all),
        cmocka_unit_test(test_mkdirs), cmocka_unit_test(test_names),        cmocka_unit_test(test_remove_tree),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
