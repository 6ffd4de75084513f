/* Files. Functions return 0 or a negative errno. */
#ifndef SLUICE_FS_H
#define SLUICE_FS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/str.h"

int fs_read_file(const char *path, size_t limit, sbuf *out);    /* -EFBIG above limit */
int fs_mkdirs(const char *path);                                /* mkdir -p */
int fs_write_atomic(const char *path, const void *p, size_t n); /* temporary file, fsync, rename, fsync of the folder */
int fs_write_all(int fd, const void *p, size_t n);              /* retries short writes and EINTR */
ssize_t fs_pread_full(int fd, void *p, size_t n, uint64_t offset); /* bytes read (short only at the end), or -errno */
int fs_fsync_dir_of(const char *path);
bool fs_exists(const char *path);
/* The part of path before its last slash, "." if there is none; into buf. */
const char *fs_dirname(const char *path, sbuf *buf);
const char *fs_basename(const char *path);
/* Removes a folder with all that is in it; links are not followed. */
int fs_remove_tree(const char *path);
#endif
