/* Scratch space: one file for each writer, without a name from the moment it is open, so that nothing has to be removed
 * after a crash; or with one, where another process shall go on. A block is a zstd frame, or the bytes as they are
 * where that is no longer. */
#include "io/scratch.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>
#include "base/fs.h"
#include "base/hash.h"
#include "sluice/plugin.h"

enum { BUFFER_KEPT = 1 << 20 }; /* a buffer above this is freed after use: a few large blocks must not hold memory */

typedef struct writer {  /* what belongs to one thread, on cache lines of its own */
    _Alignas(64) int fd; /* -1 before the first block */
    unsigned long long end;
    ZSTD_CCtx *c;
    ZSTD_DCtx *d;
    uint8_t *buf;
    size_t cap;
} writer;

struct scratch {
    char *dir, *name; /* name: NULL: files have none */
    unsigned threads;
    int level;
    atomic_bool used; /* dir may be ours to remove */
    atomic_uint_fast64_t bytes;
    writer *w;
};

static scratch *make(const char *dir, const char *name, unsigned threads, int level)
{
    scratch *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->name = name ? strdup(name) : NULL;
    s->threads = threads;
    s->level = level;
    s->dir = strdup(dir);
    s->w = aligned_alloc(_Alignof(writer), (threads ? threads : 1) * sizeof *s->w);
    if (s->w)
        memset(s->w, 0, threads * sizeof *s->w);
    for (unsigned i = 0; s->w && i < threads; i++)
        s->w[i].fd = -1;
    if (!s->dir || !s->w || (name && !s->name)) {
        scratch_free(s);
        return NULL;
    }
    return s;
}

scratch *scratch_new(const char *dir, unsigned threads, int level) { return make(dir, NULL, threads, level); }

scratch *scratch_named(const char *dir, const char *name, unsigned threads, int level)
{
    return make(dir, name, threads, level);
}

void scratch_free(scratch *s)
{
    if (!s)
        return;
    for (unsigned i = 0; s->w && i < s->threads; i++) {
        writer *w = &s->w[i];
        if (w->fd >= 0)
            close(w->fd); /* nobody needs what an error here would say */
        ZSTD_freeCCtx(w->c);
        ZSTD_freeDCtx(w->d);
        free(w->buf);
    }
    if (atomic_load(&s->used))
        (void)rmdir(s->dir); /* fails where it is not empty, which is fine */
    free(s->w);
    free(s->name);
    free(s->dir);
    free(s);
}

uint64_t scratch_bytes(const scratch *s) { return atomic_load_explicit(&s->bytes, memory_order_relaxed); }

static int nomem(sbuf *err)
{
    sbuf_puts(err, "out of memory for scratch space");
    return SL_E_NOMEM;
}

static bool buffer_room(writer *w, size_t n)
{
    if (n <= w->cap)
        return true;
    free(w->buf);
    w->buf = malloc(n);
    w->cap = w->buf ? n : 0;
    return w->buf != NULL;
}

static void buffer_done(writer *w)
{
    if (w->cap > BUFFER_KEPT) {
        free(w->buf);
        w->buf = NULL;
        w->cap = 0;
    }
}

/* A file of a name that is gone at once, for file systems without O_TMPFILE. fd or -errno. */
static int open_unlinked(const char *dir, unsigned thread)
{
    sbuf name = { 0 };
    int fd = -EEXIST;
    for (unsigned i = 0; i < 1000 && fd == -EEXIST; i++) { /* a name may be left of a process killed just here */
        sbuf_clear(&name);
        sbuf_printf(&name, "%s/.scratch-%ld-%u-%u", dir, (long)getpid(), thread, i);
        if (name.failed)
            fd = -ENOMEM;
        else if ((fd = open(name.p, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
            fd = -errno;
        else if (unlink(name.p)) {
            const int e = errno;
            close(fd);
            fd = -e;
            break;
        }
    }
    sbuf_free(&name);
    return fd;
}

/* fd or -errno. */
static int open_named(const scratch *s, unsigned file, int flags)
{
    sbuf path = { 0 };
    sbuf_printf(&path, "%s/%s.%u", s->dir, s->name, file);
    int fd = path.failed ? -ENOMEM : open(path.p, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && !path.failed)
        fd = -errno;
    sbuf_free(&path);
    return fd;
}

static int open_nameless(const scratch *s, unsigned thread)
{
    const int fd = open(s->dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    return errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL ? open_unlinked(s->dir, thread) : -errno;
}

static int open_file(scratch *s, unsigned thread, sbuf *err)
{
    atomic_store(&s->used, true);
    int fd = fs_mkdirs(s->dir);
    if (fd < 0) {
        sbuf_printf(err, "cannot make the folder %s for scratch space: %s", s->dir, strerror(-fd));
        return fd == -ENOMEM ? SL_E_NOMEM : SL_E_IO;
    }
    fd = s->name ? open_named(s, thread, O_RDWR | O_CREAT | O_TRUNC) : open_nameless(s, thread);
    if (fd < 0) {
        sbuf_printf(err, "cannot create a file for scratch space in %s: %s", s->dir, strerror(-fd));
        return fd == -ENOMEM ? SL_E_NOMEM : SL_E_IO;
    }
    s->w[thread].fd = fd;
    return 0;
}

static int write_full(int fd, const void *p, size_t n, unsigned long long offset)
{
    for (size_t done = 0; done < n;) {
        const ssize_t r = pwrite(fd, (const char *)p + done, n - done, (off_t)(offset + done));
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return r < 0 ? -errno : -EIO;
        done += (size_t)r;
    }
    return 0;
}

/* Bytes of p compressed into w->buf, 0 if they would not be less than n; < 0: SL_E_*. */
static long pack(const scratch *s, writer *w, const void *p, size_t n, sbuf *err)
{
    if (!buffer_room(w, n) || (!w->c && !(w->c = ZSTD_createCCtx())))
        return nomem(err);
    const size_t r = ZSTD_compressCCtx(w->c, w->buf, n - 1, p, n, s->level);
    if (!ZSTD_isError(r))
        return (long)r;
    switch (ZSTD_getErrorCode(r)) {
    case ZSTD_error_dstSize_tooSmall: return 0;
    case ZSTD_error_memory_allocation: return nomem(err);
    default: sbuf_printf(err, "cannot compress for scratch space: %s", ZSTD_getErrorName(r)); return SL_E_INTERNAL;
    }
}

int scratch_write(scratch *s, unsigned thread, const void *p, size_t n, block_at *at, sbuf *err)
{
    if (thread >= s->threads || !n || n > SCRATCH_BLOCK_MAX) {
        sbuf_printf(err, "internal error: a block of %zu bytes of thread %u for scratch space", n, thread);
        return SL_E_INTERNAL;
    }
    writer *w = &s->w[thread];
    const int opened = w->fd < 0 ? open_file(s, thread, err) : 0;
    const long packed = opened < 0 ? opened : pack(s, w, p, n, err);
    if (packed < 0)
        return (int)packed;
    const void *bytes = packed ? w->buf : p;
    const size_t stored = packed ? (size_t)packed : n;
    const int r = write_full(w->fd, bytes, stored, w->end);
    if (r < 0) {
        sbuf_printf(err, "cannot write scratch space in %s: %s (after %llu bytes)", s->dir, strerror(-r),
                    (unsigned long long)scratch_bytes(s));
    } else {
        *at = (block_at){ w->end, hash_bytes(bytes, stored), thread, (uint32_t)stored, (uint32_t)n };
        w->end += stored;
        atomic_fetch_add_explicit(&s->bytes, stored, memory_order_relaxed);
    }
    buffer_done(w);
    return r < 0 ? SL_E_IO : 0;
}

/* The stored bytes as they were written. */
static int read_stored(const scratch *s, block_at at, void *p, sbuf *err)
{
    const ssize_t got = fs_pread_full(s->w[at.file].fd, p, at.stored, at.offset);
    if (got < 0) {
        sbuf_printf(err, "cannot read scratch space in %s: %s (file %u, offset %llu)", s->dir, strerror((int)-got),
                    at.file, (unsigned long long)at.offset);
        return SL_E_IO;
    }
    if (got < (ssize_t)at.stored) {
        sbuf_printf(err, "scratch space in %s is damaged: file %u, offset %llu: %zd of %u bytes are there", s->dir,
                    at.file, (unsigned long long)at.offset, got, at.stored);
        return SL_E_DATA;
    }
    const uint64_t sum = hash_bytes(p, at.stored);
    if (sum == at.sum)
        return 0;
    sbuf_printf(err,
                "scratch space in %s is damaged: file %u, offset %llu, %u bytes: their checksum is %016llx, not "
                "%016llx as when they were written",
                s->dir, at.file, (unsigned long long)at.offset, at.stored, (unsigned long long)sum,
                (unsigned long long)at.sum);
    return SL_E_DATA;
}

static int unpack(const scratch *s, writer *w, block_at at, void *p, sbuf *err)
{
    if (!w->d && !(w->d = ZSTD_createDCtx()))
        return nomem(err);
    const size_t r = ZSTD_decompressDCtx(w->d, p, at.bytes, w->buf, at.stored);
    if (r == at.bytes)
        return 0;
    if (ZSTD_isError(r) && ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation)
        return nomem(err);
    sbuf_printf(err, "scratch space in %s is damaged: file %u, offset %llu: %s", s->dir, at.file,
                (unsigned long long)at.offset, ZSTD_isError(r) ? ZSTD_getErrorName(r) : "a block of another size");
    return SL_E_DATA;
}

int scratch_read(scratch *s, unsigned thread, block_at at, void *p, sbuf *err)
{
    if (thread >= s->threads || at.file >= s->threads || s->w[at.file].fd < 0 || !at.stored || at.stored > at.bytes ||
        at.bytes > SCRATCH_BLOCK_MAX) {
        sbuf_puts(err, "internal error: this block was never in scratch space");
        return SL_E_INTERNAL;
    }
    writer *w = &s->w[thread];
    if (at.stored == at.bytes)
        return read_stored(s, at, p, err);
    if (!buffer_room(w, at.stored))
        return nomem(err);
    int r = read_stored(s, at, w->buf, err);
    if (r == 0)
        r = unpack(s, w, at, p, err);
    buffer_done(w);
    return r;
}

/* ---- files with names ---- */

int scratch_sync(scratch *s, sbuf *err)
{
    sbuf inside = { 0 };
    int r = 0;
    for (unsigned i = 0; i < s->threads && r == 0; i++)
        if (s->w[i].fd >= 0 && fdatasync(s->w[i].fd) && errno != EINVAL) /* some file systems cannot */
            r = -errno;
    sbuf_printf(&inside, "%s/", s->dir);
    if (r == 0 && atomic_load(&s->used))
        r = inside.failed ? -ENOMEM : fs_fsync_dir_of(inside.p);
    if (r == 0 && atomic_load(&s->used))
        r = fs_fsync_dir_of(s->dir);
    sbuf_free(&inside);
    if (r < 0)
        sbuf_printf(err, "cannot sync scratch space in %s: %s", s->dir, strerror(-r));
    return r == -ENOMEM ? SL_E_NOMEM : r < 0 ? SL_E_IO : 0;
}

int scratch_attach(scratch *s, unsigned file, uint64_t bytes, sbuf *err)
{
    struct stat st;
    if (file >= s->threads || !s->name || s->w[file].fd >= 0) {
        sbuf_printf(err, "internal error: file %u of scratch space is opened again", file);
        return SL_E_INTERNAL;
    }
    const int fd = open_named(s, file, O_RDONLY), r = fd < 0 ? fd : fstat(fd, &st) ? -errno : 0;
    if (r == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size >= bytes) {
        s->w[file].fd = fd;
        s->w[file].end = bytes;
        return 0;
    }
    if (fd >= 0)
        close(fd);
    sbuf_printf(err, "cannot go on with %s/%s.%u: %s", s->dir, s->name, file, r < 0 ? strerror(-r) : "it was cut off");
    return r == -ENOMEM ? SL_E_NOMEM : r == 0 || r == -ENOENT ? SL_E_STATE : SL_E_IO;
}

void scratch_sweep(const char *dir, bool (*keeps)(void *u, const char *name, size_t n), void *u)
{
    DIR *d = opendir(dir);
    for (const struct dirent *e; d && (e = readdir(d));) {
        const char *dot = strrchr(e->d_name, '.');
        if (!dot || dot == e->d_name || !dot[1] || dot[1 + strspn(dot + 1, "0123456789")])
            continue;
        if (!keeps || !keeps(u, e->d_name, (size_t)(dot - e->d_name)))
            (void)unlinkat(dirfd(d), e->d_name, 0); /* what cannot be removed does no harm */
    }
    if (!d)
        return;
    closedir(d);
    (void)rmdir(dir);
}
