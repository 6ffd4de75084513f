/* Preloaded into a program: makes the n-th call of a class fail with an error of its kind, and says which one it was.
 *
 * FAIL_REPORT=FILE: without FAIL_AT, a line for each call, "class place"; place is a hash of the calls that led to it,
 * the same in every process.
 * FAIL_AT=CLASS:N:ERRNO: the N-th call of the class (from 1) fails. The report says which it was, on what file, and the
 * return addresses, "object+offset" a line. With ":on" behind it all calls from the N-th on fail, as on a full disk.
 *
 * Calls count that come from the program, its plugins and the libraries that they use; not those of the loader, of
 * OpenMP and of libraries, which end the process where there is no memory. Any thread; the n-th of several threads is
 * whichever came. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MEMORY, READ, WRITE, OPEN, NAME, STAT, CLASSES };
static const char *const classes[CLASSES] = { "memory", "read", "write", "open", "name", "stat" };
enum { FRAMES = 7, OWN_FRAMES = 2, MORE_FRAMES = 16 };

static struct {
    int report; /* descriptor; 0: this process is left alone */
    bool lists; /* every call, none fails */
    int fails;  /* class */
    int with;   /* errno */
    bool on;    /* and all behind it */
} setting;
static atomic_long left; /* calls of the class until the one that fails */
static _Thread_local bool inside;

/* write(2) as it is: a report must not count. */
static void say(const char *text, size_t n)
{
    while (n) {
        const long w = syscall(SYS_write, setting.report, text, n);
        if (w <= 0)
            return;
        text += w;
        n -= (size_t)w;
    }
}

__attribute__((constructor)) static void set_up(void)
{
    const char *file = getenv("FAIL_REPORT"), *at = getenv("FAIL_AT");
    char name[16];
    long n = 0;
    void *warm[1];
    if (!file)
        return;
    inside = true;
    (void)backtrace(warm, 1); /* the first one loads a library */
    setting.on = at && strstr(at, ":on");
    if (at && sscanf(at, "%15[a-z]:%ld:%d", name, &n, &setting.with) == 3)
        for (int i = 0; i < CLASSES; i++)
            if (!strcmp(name, classes[i]))
                setting.fails = i;
    setting.lists = !at;
    atomic_store(&left, n);
    setting.report =
        (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (setting.report < 0)
        abort();
    inside = false;
}

/* The name of an object without its folder. */
static const char *base(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "";
}

static bool starts(const char *text, const char *with) { return !strncmp(text, with, strlen(with)); }

static bool counts(const char *what, const void *from)
{
    static const char *const others[] = { "ld-linux", "libgomp",   "libomp",     "libgcc_s", "libasan",
                                          "libubsan", "libcrypto", "libarchive", "libc.so" };
    Dl_info d;
    if (!dladdr(from, &d) || !d.dli_fname)
        return false;
    const char *name = base(d.dli_fname);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (starts(name, others[i]))
            return false;
    if (starts(what,
               "_Zn")) /* that of libsimdjson, once, where it chooses among its implementations, ends the process */
        return !starts(name, "libsimdjson") || strstr(what, "nothrow");
    return !starts(name, "libstdc++");
}

static uint64_t mix(uint64_t h, uint64_t x) { return (h ^ x) * 0x9E3779B97F4A7C15u ^ (h >> 29); }

/* Where the call came from, whatever the addresses of this process. */
static uint64_t place_of(void *const *frames, int n)
{
    uint64_t h = 1;
    for (int i = 0; i < n; i++) {
        Dl_info d;
        if (!dladdr(frames[i], &d) || !d.dli_fname)
            continue;
        for (const char *p = base(d.dli_fname); *p; p++)
            h = mix(h, (unsigned char)*p);
        h = mix(h, (uint64_t)((const char *)frames[i] - (const char *)d.dli_fbase));
    }
    return h;
}

static void say_place(void *const *frames, int n)
{
    char line[512];
    for (int i = 0; i < n; i++) {
        Dl_info d;
        if (!dladdr(frames[i], &d) || !d.dli_fname)
            continue;
        const size_t at = (size_t)((const char *)frames[i] - (const char *)d.dli_fbase);
        const int k = snprintf(line, sizeof line, "%s+0x%zx\n", d.dli_fname, at - 1); /* within the call */
        say(line, k < (int)sizeof line ? (size_t)k : sizeof line - 1);
    }
}

/* A call of a class; true: it is to fail, and errno is set. path or fd: what it works on. */
static __attribute__((noinline)) bool fails(int class, const char *what, const void *from, const char *path, int fd)
{
    if (!setting.report || inside || (!setting.lists && class != setting.fails) || !counts(what, from))
        return false;
    const long now = setting.lists ? 1 : atomic_fetch_sub(&left, 1);
    if (now > 1 || (now < 1 && !setting.on))
        return false;
    if (now < 1) {
        errno = setting.with;
        return true;
    }
    inside = true;
    const int kept = errno;
    void *frames[OWN_FRAMES + MORE_FRAMES]; /* ours first */
    char line[600], link[64], target[256] = "";
    const int n = backtrace(frames, OWN_FRAMES + (setting.lists ? FRAMES : MORE_FRAMES)) - OWN_FRAMES;
    if (setting.lists) {
        const int k = snprintf(line, sizeof line, "%s %016llx\n", classes[class],
                               (unsigned long long)place_of(frames + OWN_FRAMES, n));
        say(line, (size_t)k);
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        const ssize_t length = fd >= 0 ? readlink(link, target, sizeof target - 1) : 0;
        target[length > 0 ? length : 0] = 0;
        const int k = snprintf(line, sizeof line, "%s %.500s\n", what, path ? path : target);
        say(line, (size_t)k < sizeof line ? (size_t)k : sizeof line - 1);
        say_place(frames + OWN_FRAMES, n);
    }
    inside = false;
    errno = setting.lists ? kept : setting.with;
    return !setting.lists;
}

#define FAILS(class, path, fd) fails(class, __func__, __builtin_return_address(0), path, fd)

/* The function that stands behind ours. */
static void *behind(const char *name)
{
    void *p = dlsym(RTLD_NEXT, name);
    if (!p)
        abort();
    return p;
}

/* result NAME(parameters): fails as `bad` if it is its turn, else is the function behind it. */
#define CALL(class, result, name, parameters, arguments, path, fd, bad)                                                \
    result name parameters;                                                                                            \
    result name parameters                                                                                             \
    {                                                                                                                  \
        static result(*next) parameters;                                                                               \
        if (!next)                                                                                                     \
            *(void **)&next = behind(#name);                                                                           \
        return FAILS(class, path, fd) ? bad : next arguments;                                                          \
    }

/* ---- memory ---- */

CALL(MEMORY, void *, malloc, (size_t n), (n), NULL, -1, NULL)
CALL(MEMORY, void *, calloc, (size_t n, size_t size), (n, size), NULL, -1, NULL)
CALL(MEMORY, void *, realloc, (void *p, size_t n), (p, n), NULL, -1, NULL)
CALL(MEMORY, char *, strdup, (const char *s), (s), NULL, -1, NULL)
CALL(MEMORY, char *, strndup, (const char *s, size_t n), (s, n), NULL, -1, NULL)
CALL(MEMORY, void *, aligned_alloc, (size_t align, size_t n), (align, n), NULL, -1, NULL)
CALL(MEMORY, void *, mmap, (void *p, size_t n, int prot, int flags, int fd, off_t at), (p, n, prot, flags, fd, at),
     NULL, fd, MAP_FAILED)

CALL(MEMORY, void *, _ZnwmRKSt9nothrow_t, (size_t n, const void *tag), (n, tag), NULL, -1, NULL)
CALL(MEMORY, void *, _ZnamRKSt9nothrow_t, (size_t n, const void *tag), (n, tag), NULL, -1, NULL)

/* A new that throws: std::bad_alloc, by the function that throws it in the program's C++ library. */
#define NEW(name)                                                                                                      \
    void *name(size_t n);                                                                                              \
    void *name(size_t n)                                                                                               \
    {                                                                                                                  \
        static void *(*next)(size_t n);                                                                                \
        static void (*throws)(void);                                                                                   \
        if (!next)                                                                                                     \
            *(void **)&next = behind(#name);                                                                           \
        if (!throws)                                                                                                   \
            *(void **)&throws = behind("_ZSt17__throw_bad_allocv");                                                    \
        if (FAILS(MEMORY, NULL, -1))                                                                                   \
            throws();                                                                                                  \
        return next(n);                                                                                                \
    }

NEW(_Znwm)
NEW(_Znam)

/* ---- reading ---- */

CALL(READ, ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), NULL, fd, -1)
CALL(READ, ssize_t, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at), NULL, fd, -1)
CALL(READ, struct dirent *, readdir, (DIR * d), (d), NULL, dirfd(d), NULL)

/* ---- writing ---- */

CALL(WRITE, ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n), NULL, fd, -1)
CALL(WRITE, ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at), NULL, fd, -1)
CALL(WRITE, int, ftruncate, (int fd, off_t n), (fd, n), NULL, fd, -1)
CALL(WRITE, int, truncate, (const char *path, off_t n), (path, n), path, -1, -1)
CALL(WRITE, int, fsync, (int fd), (fd), NULL, fd, -1)
CALL(WRITE, int, fdatasync, (int fd), (fd), NULL, fd, -1)

int close(int fd)
{
    static int (*next)(int fd);
    if (!next)
        *(void **)&next = behind("close");
    const int mode = setting.report && !inside ? fcntl(fd, F_GETFL) : -1;
    if (mode < 0 || (mode & O_ACCMODE) == O_RDONLY || !FAILS(WRITE, NULL, fd))
        return next(fd);
    (void)next(fd); /* a file is closed all the same */
    errno = setting.with;
    return -1;
}

/* ---- files and folders ---- */

int open(const char *path, int flags, ...)
{
    static int (*next)(const char *path, int flags, ...);
    va_list ap;
    va_start(ap, flags);
    const mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    if (!next)
        *(void **)&next = behind("open");
    return FAILS(OPEN, path, -1) ? -1 : next(path, flags, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    static int (*next)(int at, const char *path, int flags, ...);
    va_list ap;
    va_start(ap, flags);
    const mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    if (!next)
        *(void **)&next = behind("openat");
    return FAILS(OPEN, path, -1) ? -1 : next(at, path, flags, mode);
}

CALL(OPEN, DIR *, opendir, (const char *path), (path), path, -1, NULL)
CALL(OPEN, FILE *, fopen, (const char *path, const char *mode), (path, mode), path, -1, NULL)
CALL(OPEN, int, mkdir, (const char *path, mode_t mode), (path, mode), path, -1, -1)
CALL(OPEN, int, memfd_create, (const char *name, unsigned flags), (name, flags), name, -1, -1)
CALL(NAME, int, rename, (const char *from, const char *to), (from, to), to, -1, -1)
CALL(NAME, int, unlink, (const char *path), (path), path, -1, -1)
CALL(NAME, int, unlinkat, (int at, const char *path, int flags), (at, path, flags), path, -1, -1)
CALL(NAME, int, rmdir, (const char *path), (path), path, -1, -1)
CALL(STAT, int, stat, (const char *path, struct stat *st), (path, st), path, -1, -1)
CALL(STAT, int, lstat, (const char *path, struct stat *st), (path, st), path, -1, -1)
CALL(STAT, int, fstat, (int fd, struct stat *st), (fd, st), NULL, fd, -1)
CALL(STAT, int, fstatat, (int at, const char *path, struct stat *st, int flags), (at, path, st, flags), path, -1, -1)
CALL(STAT, off_t, lseek, (int fd, off_t at, int from), (fd, at, from), NULL, fd, -1)
CALL(STAT, char *, realpath, (const char *path, char *to), (path, to), path, -1, NULL)
