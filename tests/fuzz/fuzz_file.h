/* What the fuzzers of files share: bytes as a file that has a name, and a bound on memory. */
#ifndef SLUICE_FUZZ_FILE_H
#define SLUICE_FUZZ_FILE_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

const char *__asan_default_options(void);
/* Hostile headers ask for windows of 2 GiB: here they are refused, which the code has to stand too. */
const char *__asan_default_options(void) { return "max_allocation_size_mb=256:allocator_may_return_null=1"; }

/* A file of n bytes; the same one each time. Its path. */
static inline const char *fuzz_file(const uint8_t *p, size_t n)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        if ((fd = memfd_create("fuzz", MFD_CLOEXEC)) < 0)
            abort();
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (ftruncate(fd, 0) || pwrite(fd, p, n, 0) != (ssize_t)n)
        abort();
    return path;
}
#endif
