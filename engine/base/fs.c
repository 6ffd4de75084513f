#include "base/fs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int fs_read_file(const char *path, size_t limit, sbuf *out)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    int r = 0;
    if (fd < 0)
        return -errno;
    for (;;) {
        if (!sbuf_room(out, 64 << 10)) {
            r = -ENOMEM;
            break;
        }
        const ssize_t n = read(fd, out->p + out->n, out->cap - out->n - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            r = n < 0 ? -errno : 0;
            break;
        }
        out->n += (size_t)n;
        if (out->n > limit) {
            r = -EFBIG;
            break;
        }
    }
    if (out->p)
        out->p[out->n] = 0;
    close(fd);
    return r;
}

int fs_mkdirs(const char *path)
{
    char *copy = strdup(path);
    int r = 0;
    if (!copy)
        return -ENOMEM;
    for (char *at = copy + 1; *copy && r == 0; at++) {
        if (*at != '/' && *at)
            continue;
        const char kept = *at;
        *at = 0;
        if (mkdir(copy, 0777) && errno != EEXIST)
            r = -errno;
        *at = kept;
        if (!kept)
            break;
    }
    struct stat st;
    if (r == 0 && *copy)
        r = stat(copy, &st)       ? -errno
            : S_ISDIR(st.st_mode) ? 0
                                  : -ENOTDIR; /* EEXIST may have been a file, or a link to nothing */
    free(copy);
    return r;
}

int fs_write_all(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n) {
        const ssize_t w = write(fd, at, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return -errno;
        at += w;
        n -= (size_t)w;
    }
    return 0;
}

ssize_t fs_pread_full(int fd, void *p, size_t n, uint64_t offset)
{
    size_t done = 0;
    while (done < n) {
        const ssize_t r = pread(fd, (char *)p + done, n - done, (off_t)(offset + done));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -errno;
        if (r == 0)
            break;
        done += (size_t)r;
    }
    return (ssize_t)done;
}

const char *fs_dirname(const char *path, sbuf *buf)
{
    const char *slash = strrchr(path, '/');
    sbuf_clear(buf);
    if (!slash)
        sbuf_putc(buf, '.');
    else
        sbuf_add(buf, path, slash == path ? 1 : (size_t)(slash - path));
    return sbuf_z(buf);
}

const char *fs_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int fs_fsync_dir_of(const char *path)
{
    sbuf dir = { 0 };
    const char *name = fs_dirname(path, &dir);
    const int fd = dir.failed ? -1 : open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = dir.failed ? -ENOMEM : fd < 0 ? -errno : 0;
    if (fd >= 0) {
        if (fsync(fd) && errno != EINVAL) /* some file systems cannot sync a folder */
            r = -errno;
        close(fd);
    }
    sbuf_free(&dir);
    return r;
}

int fs_write_atomic(const char *path, const void *p, size_t n)
{
    sbuf tmp = { 0 };
    sbuf_printf(&tmp, "%s.%ld.tmp", path, (long)getpid());
    if (tmp.failed)
        return -ENOMEM;
    const int fd = open(tmp.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int r = fd < 0 ? -errno : fs_write_all(fd, p, n);
    if (r == 0 && fsync(fd))
        r = -errno;
    if (fd >= 0 && close(fd) && r == 0)
        r = -errno;
    if (r == 0 && rename(tmp.p, path))
        r = -errno;
    if (r == 0)
        r = fs_fsync_dir_of(path);
    else if (fd >= 0)
        unlink(tmp.p);
    sbuf_free(&tmp);
    return r;
}

bool fs_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

static int remove_at(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -errno;
    const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    DIR *d = fdopendir(fd);
    int r = 0;
    if (!d) {
        close(fd);
        return -ENOMEM;
    }
    for (const struct dirent *e; r == 0 && (e = readdir(d));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            r = remove_at(fd, e->d_name);
    closedir(d);
    return r == 0 && unlinkat(parent, name, AT_REMOVEDIR) ? -errno : r;
}

int fs_remove_tree(const char *path) { return remove_at(AT_FDCWD, path); }
