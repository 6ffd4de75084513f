/* Names of outputs: patterns with {shard}, temporary names, what is in the way, and whether a spec is possible at all.
 */
#include "io/output_internal.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fs.h"
#include "sluice/plugin.h"

#define SHARD "{shard}"

bool path_is_stdout(const char *path) { return strcmp(path, "-") == 0; }
bool path_is_sharded(const char *path) { return strstr(path, SHARD) != NULL; }

static bool ends_with(const char *s, size_t n, const char *end)
{
    const size_t k = strlen(end);
    return n >= k && memcmp(s + n - k, end, k) == 0;
}

output_format path_format(const output_spec *spec)
{
    const size_t n = strlen(spec->path);
    if (spec->format != FORMAT_AUTO)
        return spec->format;
    return ends_with(spec->path, n, ".zst")  ? FORMAT_ZSTD
           : ends_with(spec->path, n, ".gz") ? FORMAT_GZIP
                                             : FORMAT_PLAIN;
}

static char *take(sbuf *s)
{
    if (s->failed) {
        sbuf_free(s);
        return NULL;
    }
    return s->p;
}

char *path_final(const char *path, uint64_t index)
{
    const char *at = strstr(path, SHARD);
    sbuf s = { 0 };
    if (at)
        sbuf_printf(&s, "%.*s%05llu%s", (int)(at - path), path, (unsigned long long)index, at + strlen(SHARD));
    else
        sbuf_puts(&s, path);
    return take(&s);
}

char *path_temporary(const char *final_name, const char *tag)
{
    const char *base = fs_basename(final_name);
    sbuf s = { 0 };
    sbuf_printf(&s, "%.*s.%s.sluice-%s", (int)(base - final_name), final_name, base, tag);
    return take(&s);
}

/* Is name one that the pattern makes? Both without folders. */
static bool matches(const char *pattern, const char *name)
{
    const char *at = strstr(pattern, SHARD);
    const size_t n = strlen(name);
    if (!at)
        return strcmp(pattern, name) == 0;
    const size_t head = (size_t)(at - pattern);
    const char *tail = at + strlen(SHARD);
    if (n <= head + strlen(tail) || memcmp(pattern, name, head) || !ends_with(name, n, tail))
        return false;
    return strspn(name + head, "0123456789") >= n - strlen(tail) - head;
}

static bool same_folder(const char *a, const char *b)
{
    sbuf da = { 0 }, db = { 0 };
    struct stat sa, sb;
    const bool same = stat(fs_dirname(a, &da), &sa) == 0 && stat(fs_dirname(b, &db), &sb) == 0 &&
                      sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
    sbuf_free(&da);
    sbuf_free(&db);
    return same;
}

bool path_overlap(const char *a, const char *b)
{
    if (path_is_stdout(a) || path_is_stdout(b))
        return strcmp(a, b) == 0;
    char *first_a = path_final(a, 0), *first_b = path_final(b, 0);
    const bool overlap =
        first_a && first_b &&
        (matches(fs_basename(a), fs_basename(first_b)) || matches(fs_basename(b), fs_basename(first_a))) &&
        same_folder(a, b);
    free(first_a);
    free(first_b);
    return overlap;
}

/* ---- checking ---- */

static bool check_placeholders(const char *path, bool *has_shard, sbuf *err)
{
    *has_shard = false;
    for (const char *at = path; (at = strchr(at, '{')); at++) {
        const size_t n = strcspn(at, "}");
        if (!at[n]) {
            sbuf_printf(err, "path: a { without its } in %s", path);
            return false;
        }
        if (n + 1 != strlen(SHARD) || memcmp(at, SHARD, n + 1)) {
            sbuf_printf(err, "%.*s is no placeholder; there is {shard}", (int)(n + 1), at);
            return false;
        }
        if (*has_shard) {
            sbuf_printf(err, "path: {shard} stands twice in %s", path);
            return false;
        }
        if (strchr(at, '/')) {
            sbuf_printf(err, "path: {shard} belongs into the name of the file, not of a folder: %s", path);
            return false;
        }
        *has_shard = true;
    }
    return true;
}

/* A name that promises a format which is not written here would lie about its content. */
static bool check_format(const output_spec *spec, sbuf *err)
{
    static const char *const foreign[] = { ".xz", ".bz2", ".lz4", ".zip", ".7z", ".zstd", ".gzip", ".br" };
    const size_t n = strlen(spec->path);
    if ((unsigned)spec->format > FORMAT_GZIP) {
        sbuf_printf(err, "format %d is unknown", (int)spec->format);
        return false;
    }
    for (size_t i = 0; spec->format == FORMAT_AUTO && i < sizeof foreign / sizeof *foreign; i++)
        if (ends_with(spec->path, n, foreign[i])) {
            sbuf_printf(
                err, "path: %s cannot be written; use .zst, .gz, or a name without such an ending, or set the format",
                foreign[i]);
            return false;
        }
    const output_format format = path_format(spec);
    const bool zstd = format == FORMAT_ZSTD, gzip = format == FORMAT_GZIP;
    if ((zstd && (spec->level < -7 || spec->level > 22)) || (gzip && (spec->level < 1 || spec->level > 9))) {
        sbuf_printf(err, "level = %d is outside %s", spec->level, zstd ? "-7..22 of zstd" : "1..9 of gzip");
        return false;
    }
    return true;
}

bool output_check(const output_spec *spec, sbuf *err)
{
    const char *path = spec->path;
    bool has_shard;
    if (!path || !*path) {
        sbuf_puts(err, "path is empty");
        return false;
    }
    const char *base = fs_basename(path);
    if (!*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0) {
        sbuf_printf(err, "path: %s is a folder, not a file", path);
        return false;
    }
    if (!check_placeholders(path, &has_shard, err))
        return false;
    if (!has_shard && (spec->shard_bytes || spec->shard_records)) {
        sbuf_printf(err, "%s needs {shard} in path, such as part-{shard}.jsonl.zst",
                    spec->shard_bytes ? "shard_bytes" : "shard_records");
        return false;
    }
    return check_format(spec, err);
}

/* ---- what is there ---- */

typedef struct names {
    char **v;
    size_t n, cap;
} names;

static void names_free(names *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->v[i]);
    free(l->v);
}

static int names_add(names *l, const char *path, const char *name)
{
    sbuf s = { 0 };
    if (l->n == l->cap) {
        const size_t cap = l->cap ? l->cap * 2 : 16;
        char **v = realloc(l->v, cap * sizeof *v);
        if (!v)
            return -ENOMEM;
        l->v = v;
        l->cap = cap;
    }
    sbuf_printf(&s, "%.*s%s", (int)(fs_basename(path) - path), path, name); /* the folder as it was written */
    l->v[l->n] = take(&s);
    return l->v[l->n] ? (l->n++, 0) : -ENOMEM;
}

static int names_order(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int path_neighbours(const char *path, int (*each)(void *u, int folder, const char *name), void *u)
{
    sbuf dir = { 0 };
    int r = 0;
    fs_dirname(path, &dir);
    DIR *d = dir.failed ? NULL : opendir(dir.p);
    if (!d)
        r = dir.failed ? -ENOMEM : errno == ENOENT ? 0 : -errno;
    while (d && r == 0) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (!e) {
            r = -errno;
            break;
        }
        r = each(u, dirfd(d), e->d_name);
    }
    if (d)
        closedir(d);
    sbuf_free(&dir);
    return r;
}

typedef struct search {
    const char *path;
    names found;
} search;

static int collect(void *u, int folder, const char *name)
{
    search *s = u;
    (void)folder;
    return matches(fs_basename(s->path), name) ? names_add(&s->found, s->path, name) : 0;
}

int output_existing(const char *path, char ***list, size_t *n)
{
    search s = { .path = path };
    *list = NULL;
    *n = 0;
    if (path_is_stdout(path))
        return 0;
    const int r = path_neighbours(path, collect, &s);
    if (r < 0) {
        names_free(&s.found);
        return r;
    }
    if (s.found.n)
        qsort(s.found.v, s.found.n, sizeof *s.found.v, names_order);
    *list = s.found.v;
    *n = s.found.n;
    return 0;
}

static int sweep(void *u, int folder, const char *name)
{
    struct stat st;
    if (name[0] != '.' || !ends_with(name, strlen(name), u))
        return 0;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
        return 0;
    return unlinkat(folder, name, 0) && errno != ENOENT ? -errno : 0;
}

int output_sweep(const char *path, const char *tag)
{
    sbuf end = { 0 };
    if (path_is_stdout(path))
        return 0;
    sbuf_printf(&end, ".sluice-%s", tag);
    const int r = end.failed ? -ENOMEM : path_neighbours(path, sweep, end.p);
    sbuf_free(&end);
    path_lock_sweep(path);
    return r;
}

int path_in_the_way(const char *path, sbuf *err)
{
    char **v;
    size_t n;
    int r = output_existing(path, &v, &n);
    if (r < 0) {
        sbuf_printf(err, "cannot look for %s: %s", path, strerror(-r));
        return r == -ENOMEM ? SL_E_NOMEM : SL_E_IO;
    }
    for (size_t i = 0; i < n; i++) {
        struct stat st;
        if (r == 0 && lstat(v[i], &st) == 0 && !S_ISREG(st.st_mode)) { /* a rename would take its place */
            sbuf_printf(err, "%s is in the way: it is %s, not a regular file", v[i],
                        S_ISDIR(st.st_mode)   ? "a folder"
                        : S_ISLNK(st.st_mode) ? "a link"
                                              : "a device or the like");
            r = SL_E_CONFIG;
        }
        free(v[i]);
    }
    free(v);
    return r;
}
