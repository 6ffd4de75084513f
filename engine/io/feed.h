/* Compressed bytes in order, from a file, a pipe, or whoever has them (a member of an archive). Inner header of io. */
#ifndef SLUICE_FEED_H
#define SLUICE_FEED_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { FEED_BYTES = 256 << 10 };

/* Up to n bytes into p; 0: no more; -1: broken, and *why says what (static, or as long-lived as u). */
typedef ssize_t feed_pull(void *u, void *p, size_t n, const char **why);

/* Zero it before the first open; the buffer is kept from open to open. */
typedef struct feed {
    int fd;          /* -1: pull */
    bool sequential; /* cannot seek */
    uint64_t size;   /* nothing is read from here on; UINT64_MAX: not known */
    uint64_t at;     /* place of buf[pos] in the file */
    uint8_t *buf;
    size_t pos, n;
    bool ended, shrank; /* no more bytes behind n; …because the file is shorter than it was */
    const char *broken; /* why pull gave up */
    int error;          /* errno of a failed read */
    feed_pull *pull;
    void *u;
    const atomic_int *cancel; /* set after feed_open; NULL: wait for ever */
} feed;

/* 0 or a negative errno; -ENOMEM also for the buffer. path "-" is standard input. */
int feed_open(feed *f, const char *path, bool sequential, uint64_t size, uint64_t at);
int feed_open_pull(feed *f, feed_pull *pull, void *u);
void feed_close(feed *f); /* keeps the buffer */
void feed_free(feed *f);

/* At least `want` (at most FEED_BYTES / 2) bytes at buf + pos unless the end comes first; their number. Never fails: a
 * read error sets `error` and ends the feed. */
size_t feed_peek(feed *f, size_t want);
static inline void feed_take(feed *f, size_t n)
{
    f->pos += n;
    f->at += n;
}
/* Straight into p, what is buffered first: bytes read, 0 at the end. */
size_t feed_read(feed *f, void *p, size_t n);
/* Goes forward; false: the end came first. */
bool feed_skip(feed *f, uint64_t n);
/* Only where the feed is not sequential. */
void feed_seek(feed *f, uint64_t at);
#endif
