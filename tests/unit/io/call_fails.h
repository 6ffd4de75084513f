/* Makes one call of the kernel, or one allocation, fail. Included by one test program, whose functions of the same
 * names take the calls over: those here, and others that it adds. One thread. */
#ifndef CALL_FAILS_H
#define CALL_FAILS_H
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    const char *call; /* NULL: nothing fails */
    int left;         /* calls of it until one fails */
    int error;
    bool stutter; /* reads and writes are short, or interrupted */
    unsigned turn;
} fault;

static inline void arm(const char *call, int nth, int error)
{
    fault.call = call;
    fault.left = nth;
    fault.error = error;
}

/* Was the fault met? Nothing fails from here on. */
static inline bool disarm(void)
{
    fault.call = NULL;
    return fault.left <= 0;
}

static inline bool fails(const char *call)
{
    if (!fault.call || strcmp(fault.call, call) || --fault.left)
        return false;
    errno = fault.error;
    return true;
}

/* How much of n goes now; 0: interrupted. */
static inline size_t stuttered(size_t n)
{
    if (!fault.stutter)
        return n;
    if (fault.turn++ % 3 == 0) {
        errno = EINTR;
        return 0;
    }
    return n < 70001 ? (n + 1) / 2 : 70001;
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    const int mode = flags & O_CREAT ? va_arg(ap, int) : 0;
    va_end(ap);
    return fails("open") ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t pread(int fd, void *p, size_t n, off_t at)
{
    const size_t k = stuttered(n);
    return fails("pread") || (n && !k) ? -1 : syscall(SYS_pread64, fd, p, k, at);
}

int fsync(int fd) { return fails("fsync") ? -1 : (int)syscall(SYS_fsync, fd); }

off_t lseek(int fd, off_t at, int from) { return fails("lseek") ? -1 : syscall(SYS_lseek, fd, at, from); }

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)
#define CAN_FAIL_MALLOC 1
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#undef CAN_FAIL_MALLOC
#endif
#endif
#endif

#ifdef CAN_FAIL_MALLOC
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n) { return fails("malloc") ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return fails("malloc") ? NULL : __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { return fails("malloc") ? NULL : __libc_realloc(p, n); }
#endif
#endif
