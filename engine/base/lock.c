#include "base/lock.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/fs.h"

/* A failure does no harm. */
static void sign(int fd)
{
    char text[96], when[32];
    const time_t now = time(NULL);
    struct tm tm;
    if (!gmtime_r(&now, &tm) || !strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm))
        return;
    const int n = snprintf(text, sizeof text, "process %ld since %s\n", (long)getpid(), when);
    if (ftruncate(fd, 0) == 0)
        (void)fs_write_all(fd, text, (size_t)n);
}

static void read_signature(int fd, sbuf *who)
{
    char text[128];
    const ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    text[strcspn(text, "\n")] = 0;
    if (who)
        sbuf_puts(who, text);
}

static int lock_now(int fd)
{
    while (flock(fd, LOCK_EX | LOCK_NB))
        if (errno != EINTR)
            return -errno;
    return 0;
}

/* Whoever held it may have removed the file while we waited for it to open. */
static bool still_there(int fd, const char *path)
{
    struct stat mine, there;
    return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
           mine.st_dev == there.st_dev;
}

int lock_take(const char *path, int *fd, sbuf *who)
{
    for (;;) {
        *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        const int why = errno;
        if (*fd < 0 && why == EACCES) /* left behind by somebody else's run that was killed */
            *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (*fd < 0)
            return -why;
        const int r = lock_now(*fd);
        if (r == 0 && still_there(*fd, path)) {
            sign(*fd);
            return 0;
        }
        if (r == -EWOULDBLOCK)
            read_signature(*fd, who);
        close(*fd);
        *fd = -1;
        if (r < 0)
            return r;
    }
}

bool lock_is_held(const char *path, sbuf *who)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    const bool held = fd >= 0 && lock_now(fd) == -EWOULDBLOCK;
    if (held)
        read_signature(fd, who);
    if (fd >= 0)
        close(fd);
    return held;
}

void lock_drop(const char *path, int fd)
{
    if (fd < 0)
        return;
    unlink(path);
    close(fd);
}

void lock_sweep(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && lock_now(fd) == 0 && still_there(fd, path))
        unlink(path);
    if (fd >= 0)
        close(fd);
}
