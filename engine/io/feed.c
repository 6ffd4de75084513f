#include "io/feed.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int feed_reset(feed *f, int fd, bool sequential, uint64_t size, uint64_t at)
{
    uint8_t *buf = f->buf ? f->buf : malloc(FEED_BYTES);
    *f = (feed){ .fd = fd, .sequential = sequential, .size = size, .at = at, .buf = buf };
    return buf ? 0 : -ENOMEM;
}

int feed_open(feed *f, const char *path, bool sequential, uint64_t size, uint64_t at)
{
    const bool standard = !strcmp(path, "-");
    const int fd =
        standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                 : open(path, O_RDONLY | O_CLOEXEC | (sequential ? O_NONBLOCK : 0)); /* a pipe may have no writer yet */
    if (fd < 0) {
        const int r = -errno;
        feed_reset(f, -1, true, 0, 0);
        return r;
    }
    if (!sequential)
        (void)posix_fadvise(fd, (off_t)at, 0, POSIX_FADV_SEQUENTIAL); /* only a hint */
    const int r = feed_reset(f, fd, sequential, sequential ? UINT64_MAX : size, at);
    if (r < 0) {
        close(fd);
        f->fd = -1;
    }
    return r;
}

int feed_open_pull(feed *f, feed_pull *pull, void *u)
{
    const int r = feed_reset(f, -1, true, UINT64_MAX, 0);
    f->pull = pull;
    f->u = u;
    return r;
}

void feed_close(feed *f)
{
    if (f->fd >= 0 && f->buf) /* a zeroed feed has neither */
        close(f->fd);
    f->fd = -1;
}

void feed_free(feed *f)
{
    feed_close(f);
    free(f->buf);
    *f = (feed){ .fd = -1 };
}

/* Waits until a pipe has something to say, or until the run is given up: a signal may reach any thread, so EINTR alone
 * would not tell. */
static ssize_t read_pipe(feed *f, void *p, size_t n)
{
    for (;;) {
        struct pollfd ready = { .fd = f->fd, .events = POLLIN };
        const int r = poll(&ready, 1, 100);
        if (f->cancel && atomic_load(f->cancel)) {
            errno = ECANCELED;
            return -1;
        }
        if (r < 0 && errno != EINTR)
            return -1;
        if (r <= 0)
            continue;
        const ssize_t got = read(f->fd, p, n);
        if (got >= 0 || (errno != EAGAIN && errno != EINTR))
            return got;
    }
}

/* Up to n bytes from the place `at` of the file into p; 0 sets `ended` and what led to it. */
static size_t feed_get(feed *f, void *p, size_t n, uint64_t at)
{
    if (f->ended)
        return 0;
    if (at >= f->size) {
        f->ended = true;
        return 0;
    }
    if (n > f->size - at)
        n = (size_t)(f->size - at);
    ssize_t got;
    do
        got = f->pull         ? f->pull(f->u, p, n, &f->broken)
              : f->sequential ? read_pipe(f, p, n)
                              : pread(f->fd, p, n, (off_t)at);
    while (got < 0 && !f->pull && errno == EINTR);
    if (got > 0)
        return (size_t)got;
    f->ended = true;
    if (got < 0 && !f->pull)
        f->error = errno;
    else if (got == 0 && !f->sequential)
        f->shrank = true;
    return 0;
}

size_t feed_peek(feed *f, size_t want)
{
    if (f->n - f->pos >= want || f->ended)
        return f->n - f->pos;
    memmove(f->buf, f->buf + f->pos, f->n - f->pos);
    f->n -= f->pos;
    f->pos = 0;
    while (f->n < want) {
        const size_t got = feed_get(f, f->buf + f->n, FEED_BYTES - f->n, f->at + f->n);
        if (!got)
            break;
        f->n += got;
    }
    return f->n;
}

size_t feed_read(feed *f, void *p, size_t n)
{
    size_t got = f->n - f->pos;
    if (got) {
        if (got > n)
            got = n;
        memcpy(p, f->buf + f->pos, got);
        feed_take(f, got);
        return got;
    }
    got = feed_get(f, p, n, f->at);
    f->at += got;
    return got;
}

bool feed_skip(feed *f, uint64_t n)
{
    for (;;) {
        const size_t have = f->n - f->pos, step = n < have ? (size_t)n : have;
        feed_take(f, step);
        n -= step;
        if (!n)
            return true;
        if (!f->sequential && f->size != UINT64_MAX) {
            const bool inside = n <= f->size - f->at;
            feed_seek(f, inside ? f->at + n : f->size);
            return inside;
        }
        if (!feed_peek(f, 1))
            return false;
    }
}

void feed_seek(feed *f, uint64_t at)
{
    f->pos = f->n = 0;
    f->at = at;
    f->ended = f->shrank = false;
}
