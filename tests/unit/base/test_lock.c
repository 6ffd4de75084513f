/* Locks that go with their process: taken once, signed, given back, swept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/lock.h"

static char folder[64], path[96];

static int make_folder(void **u)
{
    (void)u;
    snprintf(folder, sizeof folder, "/tmp/sluice-lock-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/l", folder);
    return 0;
}

static int remove_folder(void **u)
{
    (void)u;
    return fs_remove_tree(folder);
}

static void taken_once(void **u)
{
    int fd, second = 7;
    char mine[48];
    sbuf who = { 0 };
    (void)u;
    snprintf(mine, sizeof mine, "process %ld since 2", (long)getpid());
    assert_false(lock_is_held(path, &who));
    assert_int_equal(lock_take(path, &fd, &who), 0);
    assert_true(fd >= 0);
    assert_int_equal(who.n, 0);
    assert_int_equal(lock_take(path, &second, &who), -EWOULDBLOCK);
    assert_int_equal(second, -1);
    assert_memory_equal(sbuf_z(&who), mine, strlen(mine));
    assert_null(strchr(sbuf_z(&who), '\n'));
    sbuf_clear(&who);
    assert_true(lock_is_held(path, &who));
    assert_memory_equal(sbuf_z(&who), mine, strlen(mine));
    assert_int_equal(lock_take(path, &second, NULL), -EWOULDBLOCK);
    lock_sweep(path); /* held: it stays */
    assert_true(lock_is_held(path, NULL));
    lock_drop(path, fd);
    assert_false(fs_exists(path));
    assert_false(lock_is_held(path, NULL));
    lock_drop(path, -1);
    sbuf_free(&who);
}

/* The file of a process that was killed. */
static void left_behind(void **u)
{
    int fd;
    (void)u;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (lock_take(path, &fd, NULL))
            _exit(1);
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(fs_exists(path));
    assert_false(lock_is_held(path, NULL));
    assert_int_equal(lock_take(path, &fd, NULL), 0);
    close(fd); /* the lock is given back, the file stays */
    assert_false(lock_is_held(path, NULL));
    lock_sweep(path);
    assert_false(fs_exists(path));
    lock_sweep(path);
}

/* Whoever waits in open while the holder removes the file must not end with a lock on a name that is gone: here the
 * signature of many takers, one at a time. */
static void many_takers(void **u)
{
    enum { TAKERS = 4, TIMES = 200 };
    char inside[96];
    (void)u;
    snprintf(inside, sizeof inside, "%s/inside", folder);
    for (int i = 0; i < TAKERS; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        for (int k = 0; child == 0 && k < TIMES; k++) {
            int fd;
            if (lock_take(path, &fd, NULL)) {
                k--;
                continue;
            }
            const int alone = open(inside, O_CREAT | O_EXCL | O_WRONLY, 0600);
            if (alone < 0)
                _exit(1);
            close(alone);
            unlink(inside);
            lock_drop(path, fd);
        }
        if (child == 0)
            _exit(0);
    }
    for (int i = 0, status; i < TAKERS; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_false(fs_exists(path));
}

static void refused(void **u)
{
    char below[96], link[96];
    int fd;
    (void)u;
    snprintf(below, sizeof below, "%s/none/l", folder);
    assert_int_equal(lock_take(below, &fd, NULL), -ENOENT);
    assert_int_equal(fd, -1);
    assert_int_equal(lock_take(folder, &fd, NULL), -EISDIR);
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink("l", link), 0);
    assert_int_equal(lock_take(link, &fd, NULL), -ELOOP);
    assert_int_equal(unlink(link), 0);
}

/* Of somebody else, with a mode that forbids writing: it can be taken, not signed. */
static void not_ours(void **u)
{
    sbuf text = { 0 };
    int fd;
    (void)u;
    if (geteuid() == 0)
        skip(); /* root may write everything */
    assert_int_equal(fs_write_atomic(path, "process 1 since yesterday\n", 26), 0);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(lock_take(path, &fd, NULL), 0);
    assert_int_equal(fs_read_file(path, 100, &text), 0);
    assert_string_equal(sbuf_z(&text), "process 1 since yesterday\n");
    lock_drop(path, fd);
    assert_false(fs_exists(path));
    sbuf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken_once), cmocka_unit_test(left_behind), cmocka_unit_test(many_takers),
        cmocka_unit_test(refused),    cmocka_unit_test(not_ours),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
