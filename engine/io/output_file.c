/* The files of an output: written under a hidden name beside the final one, so that a rename publishes them. */
#include "io/output_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"
#include "sluice/plugin.h"

int file_begin(output *out, shard *s, sbuf *why)
{
    out->digest = sha256_new();
    if (!out->digest)
        return SL_E_NOMEM;
    out->file_shard = s;
    out->fd = s->tmp ? open(s->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666) : STDOUT_FILENO;
    if (out->fd < 0) {
        sbuf_printf(why, "cannot create %s: %s", s->path, strerror(errno));
        return SL_E_IO;
    }
    s->created = s->tmp != NULL;
    return 0;
}

/* A write that failed may have written a part. */
static unsigned long long bytes_so_far(const output *out)
{
    const off_t at = out->file_shard->tmp ? lseek(out->fd, 0, SEEK_CUR) : -1;
    return at >= 0 ? (unsigned long long)at : (unsigned long long)out->file_shard->info.file_bytes;
}

static int put(output *out, const void *p, size_t n, sbuf *why)
{
    shard *s = out->file_shard;
    const int r = fs_write_all(out->fd, p, n);
    if (r < 0) {
        sbuf_printf(why, "cannot write %s: %s (after %llu bytes)", s->tmp ? s->path : "to standard output",
                    strerror(-r), bytes_so_far(out));
        return SL_E_IO;
    }
    sha256_add(out->digest, p, n);
    s->info.file_bytes += n;
    return 0;
}

int file_write(output *out, const frame *f, sbuf *why)
{
    if (f->packed)
        return put(out, f->packed, f->packed_n, why);
    return f->g ? put(out, f->g->p + f->at, f->bytes, why) : 0;
}

/* Synced while it is open: an error of writing back may not be told to a later descriptor. */
int file_end(output *out, sbuf *why)
{
    shard *s = out->file_shard;
    const int fd = out->fd;
    int error = 0;
    sha256_hex(out->digest, s->info.sha256);
    if (s->tmp) {
        if (fsync(fd) && errno != EINVAL) /* some file systems cannot */
            error = errno;
        out->fd = -1;
        if (close(fd) && !error)
            error = errno;
    }
    file_abandon(out);
    if (!error)
        return 0;
    sbuf_printf(why, "cannot write %s: %s (after %llu bytes)", s->path, strerror(error),
                (unsigned long long)s->info.file_bytes);
    return SL_E_IO;
}

void file_abandon(output *out)
{
    if (out->fd >= 0 && out->file_shard && out->file_shard->tmp)
        close(out->fd);
    sha256_free(out->digest);
    out->fd = -1;
    out->digest = NULL;
    out->file_shard = NULL;
}

int file_publish(shard *s, sbuf *why)
{
    if (!s->tmp || s->published)
        return 0;
    if (rename(s->tmp, s->path)) {
        sbuf_printf(why, "cannot rename the finished %s to %s: %s", fs_basename(s->tmp), s->path, strerror(errno));
        return SL_E_IO;
    }
    s->published = true;
    return 0;
}
