#include "io/input_walk.h"
#include "io/input.h"
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Folders on the way down, to see loops. */
typedef struct above {
    const struct above *up;
    dev_t dev;
    ino_t ino;
    const char *path;
} above;

typedef struct walk {
    walk_names *out;
    sbuf *note, *err;
} walk;

void walk_names_free(walk_names *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->v[i]);
    free(w->v);
    *w = (walk_names){ 0 };
}

void walk_note(sbuf *note, const char *fmt, ...)
{
    va_list ap;
    if (!note)
        return;
    if (note->n)
        sbuf_putc(note, '\n');
    va_start(ap, fmt);
    sbuf_vprintf(note, fmt, ap);
    va_end(ap);
}

static int nomem(const walk *w)
{
    sbuf_puts(w->err, "out of memory while input files are searched");
    return INPUT_E_NOMEM;
}

static bool add(walk_names *w, const char *name)
{
    if (w->n == w->cap) {
        const size_t cap = w->cap ? w->cap * 2 : 64;
        char **p = realloc(w->v, cap * sizeof *p);
        if (!p)
            return false;
        w->v = p;
        w->cap = cap;
    }
    if (!(w->v[w->n] = strdup(name)))
        return false;
    w->n++;
    return true;
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* dir and name as one path; "" stands for the working directory. NULL: out of memory. */
static char *join(const char *dir, const char *name)
{
    char *p = NULL;
    const size_t n = strlen(dir);
    if (asprintf(&p, "%s%s%s", dir, n && dir[n - 1] != '/' ? "/" : "", name) < 0)
        return NULL;
    return p;
}

/* Names in a folder, sorted. */
static int list(const walk *w, const char *dir, walk_names *names)
{
    DIR *d = opendir(*dir ? dir : ".");
    if (!d) {
        sbuf_printf(w->err, "cannot read folder %s: %s", *dir ? dir : ".", strerror(errno));
        return INPUT_E_IO;
    }
    int r = INPUT_OK;
    const struct dirent *e;
    while (r == INPUT_OK && (errno = 0, e = readdir(d)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && !add(names, e->d_name))
            r = nomem(w);
    if (r == INPUT_OK && errno) {
        sbuf_printf(w->err, "cannot read folder %s: %s", *dir ? dir : ".", strerror(errno));
        r = INPUT_E_IO;
    }
    closedir(d);
    if (names->n)
        qsort(names->v, names->n, sizeof *names->v, by_bytes);
    return r;
}

static int status(const walk *w, const char *path, struct stat *st)
{
    if (stat(path, st) == 0)
        return INPUT_OK;
    if (errno == ELOOP) {
        sbuf_printf(w->err, "%s is a loop of links", path);
        return INPUT_E_CONFIG;
    }
    sbuf_printf(w->err, "cannot read %s: %s", path, strerror(errno));
    return INPUT_E_IO;
}

static int enter(const walk *w, const char *path, const struct stat *st, const above *up)
{
    for (const above *a = up; a; a = a->up)
        if (a->dev == st->st_dev && a->ino == st->st_ino) {
            sbuf_printf(w->err, "%s leads back to %s: a loop of folders", path, *a->path ? a->path : ".");
            return INPUT_E_CONFIG;
        }
    return INPUT_OK;
}

static int match(const walk *w, const char *dir, const char *pattern, const above *up);

/* One name under dir that fits the pattern's next part; rest: the parts behind it, NULL if it was the last. */
static int visit(const walk *w, const char *dir, const char *name, const char *rest, const above *up)
{
    struct stat st;
    char *path = join(dir, name);
    if (!path)
        return nomem(w);
    int r = status(w, path, &st);
    if (r < 0) {
        /* nothing more */
    } else if (rest) {
        if (S_ISDIR(st.st_mode) && (r = enter(w, path, &st, up)) == INPUT_OK) {
            const above here = { up, st.st_dev, st.st_ino, path };
            r = match(w, path, rest, &here);
        }
    } else if (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode)) {
        r = add(w->out, path) ? INPUT_OK : nomem(w);
    } else if (S_ISDIR(st.st_mode)) {
        walk_note(w->note, "%s is a folder and is left out; ** reads folders too", path);
    } else {
        walk_note(w->note, "%s is no regular file and is left out", path);
    }
    free(path);
    return r;
}

static bool is_folder(const char *dir, const char *name)
{
    struct stat st;
    char *path = join(dir, name);
    const bool yes = path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    free(path);
    return yes;
}

/* ** stands for any number of folders, hidden ones left out, and as the last part for all files below too. */
static int match_deep(const walk *w, const char *dir, const char *rest, const above *up)
{
    walk_names names = { 0 };
    int r = rest ? match(w, dir, rest, up) : INPUT_OK;
    if (r == INPUT_OK)
        r = list(w, dir, &names);
    for (size_t i = 0; i < names.n && r == INPUT_OK; i++) {
        if (names.v[i][0] == '.')
            continue;
        if (is_folder(dir, names.v[i])) {
            char *deeper = NULL;
            if (asprintf(&deeper, "**%s%s", rest ? "/" : "", rest ? rest : "") < 0)
                r = nomem(w);
            else
                r = visit(w, dir, names.v[i], deeper, up);
            free(deeper);
        } else if (!rest) {
            r = visit(w, dir, names.v[i], NULL, up);
        }
    }
    walk_names_free(&names);
    return r;
}

static bool has_wildcard(const char *s) { return strpbrk(s, "*?[") != NULL; }

static int match(const walk *w, const char *dir, const char *pattern, const above *up)
{
    while (*pattern == '/')
        pattern++;
    const size_t n = strcspn(pattern, "/");
    const char *rest = pattern + n;
    while (*rest == '/')
        rest++;
    rest = *rest ? rest : NULL;
    char *part = strndup(pattern, n);
    if (!part)
        return nomem(w);
    walk_names names = { 0 };
    int r = INPUT_OK;
    if (!strcmp(part, "**")) {
        r = match_deep(w, dir, rest, up);
    } else if (has_wildcard(part)) {
        r = list(w, dir, &names);
        for (size_t i = 0; i < names.n && r == INPUT_OK; i++)
            if (!fnmatch(part, names.v[i], FNM_PERIOD) && (!rest || is_folder(dir, names.v[i])))
                r = visit(w, dir, names.v[i], rest, up);
    } else {
        struct stat st;
        char *path = join(dir, part);
        if (!path)
            r = nomem(w);
        else if (lstat(path, &st) == 0) /* a fixed part that is not there is no match */
            r = rest && (!strcmp(part, ".") || !strcmp(part, "..")) ? match(w, path, rest, NULL)
                                                                    : visit(w, dir, part, rest, up);
        free(path);
    }
    walk_names_free(&names);
    free(part);
    return r;
}

int walk_path(const char *path, walk_names *out, sbuf *note, sbuf *err)
{
    const walk w = { out, note, err };
    const size_t before = out->n;
    struct stat st;
    int r = INPUT_OK;
    if (!strcmp(path, "-"))
        return add(out, path) ? INPUT_OK : nomem(&w);
    if (stat(path, &st) == 0) {
        if (!S_ISDIR(st.st_mode))
            return add(out, path) ? INPUT_OK : nomem(&w);
        const above here = { NULL, st.st_dev, st.st_ino, path };
        r = match_deep(&w, path, NULL, &here);
    } else if (errno == ELOOP) {
        sbuf_printf(err, "%s is a loop of links", path);
        r = INPUT_E_CONFIG;
    } else if (has_wildcard(path)) {
        r = match(&w, path[0] == '/' ? "/" : "", path, NULL);
    } else {
        sbuf_printf(err, "cannot read %s: %s", path, strerror(errno));
        return errno == ENOENT || errno == ENOTDIR ? INPUT_E_CONFIG : INPUT_E_IO;
    }
    if (r < 0)
        return r;
    if (out->n == before) {
        sbuf_printf(err, has_wildcard(path) ? "no file matches %s" : "folder %s has no files", path);
        return INPUT_E_CONFIG;
    }
    qsort(out->v + before, out->n - before, sizeof *out->v, by_bytes);
    size_t kept = before + 1; /* two ways through several ** to one name */
    for (size_t i = before + 1; i < out->n; i++) {
        if (strcmp(out->v[i], out->v[kept - 1]))
            out->v[kept++] = out->v[i];
        else
            free(out->v[i]);
    }
    out->n = kept;
    return r;
}
