/* What the tests of scratch space and of what stands on it share: a folder, numbers, files behind descriptors. */
#ifndef SCRATCH_TEST_H
#define SCRATCH_TEST_H
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fs.h"
#include "io/scratch.h"
#include "sluice/plugin.h"

static char test_folder[64], test_dir[80]; /* test_dir: in test_folder, for the scratch space to make */

static inline int make_test_folder(void **state)
{
    (void)state;
    snprintf(test_folder, sizeof test_folder, "/tmp/sluice-scratch-XXXXXX");
    if (!mkdtemp(test_folder))
        return -1;
    snprintf(test_dir, sizeof test_dir, "%s/scratch", test_folder);
    return 0;
}

static inline int remove_test_folder(void **state)
{
    (void)state;
    return fs_remove_tree(test_folder);
}

static inline uint64_t next_random(uint64_t *seed) /* splitmix64 */
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline void fill_random(void *p, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)p)[i] = (uint8_t)next_random(&seed);
}

/* The nth (from 0) open descriptor on a file without a name below test_folder, or -1. */
static inline int scratch_fd(unsigned nth)
{
    char path[300], target[300];
    int found = -1;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    for (const struct dirent *e; found < 0 && (e = readdir(d));) {
        snprintf(path, sizeof path, "/proc/self/fd/%s", e->d_name);
        const ssize_t n = readlink(path, target, sizeof target - 1);
        target[n > 0 ? n : 0] = 0;
        if (!strncmp(target, test_folder, strlen(test_folder)) && strstr(target, " (deleted)") && nth-- == 0)
            found = atoi(e->d_name);
    }
    closedir(d);
    return found;
}

static inline void flip_byte(int fd, off_t at)
{
    uint8_t c;
    assert_int_equal(pread(fd, &c, 1, at), 1);
    c ^= 0x10;
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
}

static inline void assert_empty_folder(const char *path)
{
    DIR *d = opendir(path);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d));)
        assert_true(!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."));
    closedir(d);
}
#endif
