/* A folder of saved states: names, the list, what killed writers leave. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/fs.h"
#include "io/artifact_format.h"
#include "sluice/plugin.h"

enum { DAY = 24 * 60 * 60, WAIT_DAYS = 30 /* a run may take long, and go on later */ };

static bool ends_with(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);
    return n > k && !strcmp(s + n - k, end);
}

/* ---- names ---- */

static const char *file_name(arena *mem, const artifact_head *h)
{
    const bool port = !strncmp(h->what, "port ", 5);
    return arena_printf(mem, "%s-%s.%s%s.state", h->stage, h->name, port ? "port" : h->what, port ? h->what + 5 : "");
}

const char *artifact_path(arena *mem, const char *dir, const char *stage, const char *name, const char *what)
{
    const artifact_head h = { .stage = stage, .name = name, .what = what };
    const char *file = artifact_head_problem(&h) ? NULL : file_name(mem, &h);
    const size_t n = strlen(dir);
    return file ? arena_printf(mem, "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", file) : NULL;
}

/* ---- what killed writers leave ---- */

void artifact_temporary(const char *path, unsigned n, sbuf *out)
{
    const char *name = fs_basename(path);
    sbuf_add(out, path, (size_t)(name - path));
    sbuf_printf(out, ".%s.%ld.%u.tmp", name, (long)getpid(), n);
}

/* ".<anything>.state.<digits>.<digits>.tmp"; one that waited for the end of its run: ".<anything>.state.<tag>.waits" */
static bool is_temporary(const char *name)
{
    const char *state = strstr(name, ".state.");
    if (name[0] == '.' && ends_with(name, ".waits"))
        return state && strlen(state) > strlen(".state.waits");
    if (name[0] != '.' || !ends_with(name, ".tmp"))
        return false;
    const char *at = name + strlen(name) - strlen(".tmp");
    for (int i = 0; i < 2; i++) {
        const char *end = at;
        while (at > name && at[-1] >= '0' && at[-1] <= '9')
            at--;
        if (at == end || at == name || *--at != '.')
            return false;
    }
    return at - name > 7 && !memcmp(at - 6, ".state", 6);
}

void artifact_clear_leftovers(const char *path)
{
    sbuf dir = { 0 };
    DIR *d = opendir(fs_dirname(path, &dir));
    const time_t now = time(NULL);
    for (const struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        const time_t age = ends_with(e->d_name, ".waits") ? WAIT_DAYS * DAY : DAY;
        if (is_temporary(e->d_name) && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode) && now - st.st_mtime > age)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d)
        closedir(d);
    sbuf_free(&dir);
}

/* ---- the list ---- */

static bool copy_head(arena *mem, const artifact_head *from, artifact_head *to)
{
    *to = *from;
    return (to->stage = arena_strdup(mem, from->stage)) && (to->name = arena_strdup(mem, from->name)) &&
           (to->what = arena_strdup(mem, from->what)) && (to->plugin = arena_strdup(mem, from->plugin)) &&
           (to->made_by = arena_strdup(mem, from->made_by)) && (to->report = arena_strdup(mem, from->report));
}

/* What a file says about itself. 0 or SL_E_NOMEM; a file that is refused is told in e->problem. */
static int look(arena *mem, artifact_entry *e)
{
    sbuf why = { 0 };
    int code;
    artifact_reader *r = artifact_open(e->path, &code, &why);
    if (r) {
        const artifact_head *h = artifact_head_of(r);
        const char *name = file_name(mem, h);
        if (!name || !copy_head(mem, h, &e->head))
            code = SL_E_NOMEM;
        else if (strcmp(name, fs_basename(e->path)))
            sbuf_printf(&why, "%s is misnamed: by its head it is %s", e->path, name);
    }
    artifact_close(r);
    if (code != SL_E_NOMEM && why.n) {
        e->head = (artifact_head){ 0 };
        e->problem = arena_strdup(mem, why.p);
    }
    const bool failed = why.failed || (why.n && !e->problem);
    sbuf_free(&why);
    return failed || code == SL_E_NOMEM ? SL_E_NOMEM : 0;
}

/* SL_END: it is gone. */
static int entry(arena *mem, const char *path, artifact_entry *e)
{
    struct stat st;
    *e = (artifact_entry){ .path = path };
    const int code = look(mem, e);
    if (stat(path, &st) && lstat(path, &st)) /* a link to nothing is there, and broken */
        return SL_END;
    e->bytes = (uint64_t)st.st_size;
    e->used = st.st_mtime;
    return code;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const artifact_entry *)a)->path, ((const artifact_entry *)b)->path);
}

static int list_folder(arena *mem, const char *dir, DIR *d, artifact_entry **v, size_t *n)
{
    const size_t k = strlen(dir);
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (!e)
            return errno ? SL_E_IO : 0;
        if (e->d_name[0] == '.' || !ends_with(e->d_name, ".state"))
            continue;
        const char *path = arena_printf(mem, "%s%s%s", dir, k && dir[k - 1] == '/' ? "" : "/", e->d_name);
        artifact_entry *more = arena_grow(mem, *v, *n, sizeof **v);
        const int code = path && more ? entry(mem, path, more + *n) : SL_E_NOMEM;
        if (code < 0)
            return code;
        *v = more;
        *n += code == 0;
    }
}

int artifact_list(arena *mem, const char *dir, artifact_entry **v, size_t *n, sbuf *err)
{
    *v = NULL;
    *n = 0;
    DIR *d = opendir(dir);
    if (!d)
        return errno == ENOENT ? 0 : artifact_say(err, SL_E_IO, "cannot read the folder %s: %s", dir, strerror(errno));
    int code = list_folder(mem, dir, d, v, n);
    if (code == SL_E_IO)
        artifact_say(err, code, "cannot read the folder %s: %s", dir, strerror(errno));
    else if (code == SL_E_NOMEM)
        artifact_say(err, code, "out of memory while reading the folder %s", dir);
    else if (*n)
        qsort(*v, *n, sizeof **v, by_path);
    closedir(d);
    return code;
}

void artifact_touch(const char *path) { (void)utimensat(AT_FDCWD, path, NULL, 0); }
