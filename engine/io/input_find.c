/* Finding input files, and what is told of each before it is read. */
#include "base/fs.h"
#include "base/hash.h"
#include "io/input_walk.h"
#include "io/input.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAMPLE = 64 << 10 };

typedef struct found {
    struct stat st;
    size_t index; /* in the order of the paths */
    bool twice;
} found;

/* Size, then the whole of a small file, else its first, middle and last 64 KiB. buf: 8 + 3 * SAMPLE bytes. */
static int fingerprint(int fd, input_file *f, uint8_t *buf)
{
    size_t n = 8;
    const uint64_t at[3] = { 0, f->size / 2 - SAMPLE / 2, f->size - SAMPLE };
    for (int i = 0; i < 8; i++)
        buf[i] = (uint8_t)(f->size >> 8 * i);
    const bool small = f->size <= 3 * SAMPLE;
    for (int i = 0; i < (small ? 1 : 3); i++) {
        const ssize_t got = fs_pread_full(fd, buf + n, small ? (size_t)f->size : SAMPLE, small ? 0 : at[i]);
        if (got < 0)
            return (int)got;
        if (i == 0)
            f->codec = input_sniff(buf + n, got < 512 ? (size_t)got : 512);
        n += (size_t)got;
    }
    f->fingerprint = hash_bytes(buf, n);
    return 0;
}

/* Opens the file once. */
static int look(input_file *f, uint8_t *buf, sbuf *err)
{
    struct stat st;
    int r = 0;
    const int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        r = -errno;
    } else {
        f->size = (uint64_t)st.st_size;
        f->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
        r = fingerprint(fd, f, buf);
    }
    if (fd >= 0)
        close(fd);
    if (r < 0) {
        sbuf_printf(err, "cannot read %s: %s", f->path, strerror(-r));
        return INPUT_E_IO;
    }
    return INPUT_OK;
}

static int by_inode(const void *a, const void *b)
{
    const found *x = a, *y = b;
    if (x->st.st_dev != y->st.st_dev)
        return x->st.st_dev < y->st.st_dev ? -1 : 1;
    if (x->st.st_ino != y->st.st_ino)
        return x->st.st_ino < y->st.st_ino ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static int by_index(const void *a, const void *b)
{
    const found *x = a, *y = b;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool same_path(const char *a, const char *b)
{
    char *x = realpath(a, NULL), *y = realpath(b, NULL);
    const bool same = x && y && !strcmp(x, y);
    free(x);
    free(y);
    return same;
}

/* Equal inodes may be two hard links, which are two files; equal real paths are one. */
static void drop_twice(found *v, char **names, size_t n, sbuf *note)
{
    qsort(v, n, sizeof *v, by_inode);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1;
             j < n && !v[i].twice && v[j].st.st_dev == v[i].st.st_dev && v[j].st.st_ino == v[i].st.st_ino; j++)
            v[j].twice |= same_path(names[v[i].index], names[v[j].index]);
    qsort(v, n, sizeof *v, by_index);
    for (size_t i = 0; i < n; i++)
        if (v[i].twice)
            walk_note(note, "%s is named twice and is read once", names[i]);
}

static int stat_all(found *v, char **names, size_t n, sbuf *note, sbuf *err)
{
    bool standard = false;
    for (size_t i = 0; i < n; i++) {
        v[i].index = i;
        if (!strcmp(names[i], "-")) {
            v[i].st.st_mode = S_IFIFO;
            v[i].st.st_ino = (ino_t)-1 - (ino_t)i; /* like no other */
            v[i].twice = standard;
            standard = true;
        } else if (stat(names[i], &v[i].st) < 0) {
            sbuf_printf(err, "cannot read %s: %s", names[i], strerror(errno));
            return INPUT_E_IO;
        } else if (!S_ISREG(v[i].st.st_mode) && !S_ISFIFO(v[i].st.st_mode) && !S_ISCHR(v[i].st.st_mode)) {
            sbuf_printf(err, "%s is neither a file nor a folder nor a pipe", names[i]);
            return INPUT_E_CONFIG;
        }
    }
    drop_twice(v, names, n, note);
    return INPUT_OK;
}

static int fill(arena *mem, const found *v, char **names, size_t n, input_list *out, sbuf *err)
{
    uint8_t *buf = malloc(8 + 3 * SAMPLE);
    int r = INPUT_OK;
    out->v = arena_zalloc(mem, (n ? n : 1) * sizeof *out->v, _Alignof(input_file));
    if (!buf || !out->v)
        r = INPUT_E_NOMEM;
    for (size_t i = 0; i < n && r == INPUT_OK; i++) {
        input_file *f = &out->v[out->n];
        if (v[i].twice)
            continue;
        if (!(f->path = arena_strdup(mem, names[i]))) {
            r = INPUT_E_NOMEM;
            break;
        }
        f->sequential = !S_ISREG(v[i].st.st_mode); /* opening it would take its first bytes: the stream sniffs them */
        if (!f->sequential)
            r = look(f, buf, err);
        out->bytes += f->size;
        out->n++;
    }
    if (r == INPUT_E_NOMEM)
        sbuf_puts(err, "out of memory while input files are looked at");
    free(buf);
    return r;
}

int input_find(arena *mem, const char *const *paths, size_t n, input_list *out, sbuf *note, sbuf *err)
{
    walk_names names = { 0 };
    int r = INPUT_OK;
    *out = (input_list){ 0 };
    for (size_t i = 0; i < n && r == INPUT_OK; i++)
        r = walk_path(paths[i], &names, note, err);
    found *v = calloc(names.n ? names.n : 1, sizeof *v);
    if (!v && r == INPUT_OK) {
        sbuf_puts(err, "out of memory while input files are looked at");
        r = INPUT_E_NOMEM;
    }
    if (r == INPUT_OK)
        r = stat_all(v, names.v, names.n, note, err);
    if (r == INPUT_OK)
        r = fill(mem, v, names.v, names.n, out, err);
    if (r < 0)
        *out = (input_list){ 0 };
    free(v);
    walk_names_free(&names);
    return r;
}
