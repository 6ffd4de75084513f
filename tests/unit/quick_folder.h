/* A folder of its own for a test: in memory where there is enough of it. Files are synced all the time, and a power
 * failure is not what these tests are about. */
#ifndef QUICK_FOLDER_H
#define QUICK_FOLDER_H
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* 0 or -1. */
static inline int quick_folder(const char *name, char *path, size_t n)
{
    static const unsigned long long enough = 2ull << 30;
    struct statvfs room;
    const bool memory = statvfs("/dev/shm", &room) == 0 && access("/dev/shm", W_OK) == 0 &&
                        (unsigned long long)room.f_bavail * room.f_frsize > enough;
    snprintf(path, n, "%s/sluice-%s-XXXXXX", memory ? "/dev/shm" : "/tmp", name);
    return mkdtemp(path) ? 0 : -1;
}
#endif
