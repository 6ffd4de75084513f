/* The registry: folders, files, plugins, stages. Loading one file is in load.c. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "registry/load.h"

typedef struct found_file {
    char *path;
    const char *name; /* inside path */
    bool tried;
} found_file;

struct registry {
    arena mem;
    char *search; /* folders with ':' between */
    found_file *files;
    size_t n_files, files_cap;
    bool listed;
    const plugin_def **plugins;
    size_t n_plugins, plugins_cap;
    plugin_problem *problems;
    size_t n_problems, problems_cap;
    const char *unread; /* a folder that could not be read, and why: an errno */
    int unread_why;
    const stage_def **sorted;
    size_t n_sorted;
};

registry *registry_new(const char *path, const char *builtin)
{
    registry *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    arena_init(&r->mem, 0);
    r->search =
        arena_printf(&r->mem, "%s%s%s", path ? path : "", path && *path && builtin ? ":" : "", builtin ? builtin : "");
    if (!r->search) {
        registry_free(r);
        return NULL;
    }
    return r;
}

void registry_free(registry *r)
{
    if (!r)
        return;
    arena_free(&r->mem);
    free(r->files);
    free(r->plugins);
    free(r->problems);
    free(r->sorted);
    free(r);
}

const char *registry_path(const registry *r) { return r->search; }

/* Room for one more element behind *n; false: out of memory. */
static bool grow(void **v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    const size_t more = *cap ? *cap * 2 : 16;
    void *p = realloc(*v, more * size);
    if (!p)
        return false;
    *v = p;
    *cap = more;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const found_file *)a)->name, ((const found_file *)b)->name);
}

static void list_folder(registry *r, const char *folder)
{
    DIR *d = opendir(folder);
    const size_t from = r->n_files;
    int why = d || errno == ENOENT || errno == ENOTDIR ? 0 : errno;
    for (const struct dirent *e; d && !why && (errno = 0, e = readdir(d));) {
        const size_t n = strlen(e->d_name);
        if (n < 4 || strcmp(e->d_name + n - 3, ".so") || e->d_name[0] == '.')
            continue;
        char *path = grow((void **)&r->files, r->n_files, &r->files_cap, sizeof *r->files)
                         ? arena_printf(&r->mem, "%s/%s", folder, e->d_name)
                         : NULL;
        if (path)
            r->files[r->n_files++] = (found_file){ .path = path, .name = path + strlen(folder) + 1 };
        else
            why = ENOMEM;
    }
    if (d) {
        why = why ? why : errno;
        closedir(d);
    }
    if (why) {
        r->unread = folder;
        r->unread_why = why;
    }
    if (r->n_files > from)
        qsort(r->files + from, r->n_files - from, sizeof *r->files, by_name);
}

/* Folders in the order of the path, files within one bytewise: which plugin wins does not depend on the file system. */
static void list_files(registry *r)
{
    if (r->listed)
        return;
    r->listed = true;
    for (const char *at = r->search; *at;) {
        const size_t n = strcspn(at, ":");
        char *folder = n ? arena_strndup(&r->mem, at, n) : NULL;
        if (folder)
            list_folder(r, folder);
        else if (n)
            r->unread_why = ENOMEM;
        at += n + (at[n] == ':');
    }
}

/* why NULL: no memory. */
static void problem(registry *r, const char *path, const char *why)
{
    if (why && grow((void **)&r->problems, r->n_problems, &r->problems_cap, sizeof *r->problems))
        r->problems[r->n_problems++] = (plugin_problem){ path, why };
    else
        r->unread_why = ENOMEM;
}

static const stage_def *stage_named(const registry *r, const char *use)
{
    for (size_t i = 0; i < r->n_plugins; i++)
        for (size_t k = 0; k < r->plugins[i]->n_stages; k++)
            if (!strcmp(r->plugins[i]->stages[k].s.name, use))
                return &r->plugins[i]->stages[k];
    return NULL;
}

const plugin_def *registry_load(registry *r, const char *file, const char **why)
{
    const plugin_def *p = plugin_load(&r->mem, file, why);
    if (!p)
        return NULL;
    if (!grow((void **)&r->plugins, r->n_plugins, &r->plugins_cap, sizeof *r->plugins))
        return *why = NULL, NULL;
    return r->plugins[r->n_plugins++] = p;
}

static void try_file(registry *r, found_file *f)
{
    const char *why = NULL;
    if (f->tried)
        return;
    f->tried = true;
    const plugin_def *p = registry_load(r, f->path, &why);
    if (!p)
        problem(r, f->path, why);
    for (size_t i = 0; p && i < p->n_stages; i++) {
        const stage_def *first = stage_named(r, p->stages[i].s.name);
        if (first && first->plugin != p)
            problem(r, f->path,
                    arena_printf(&r->mem, "also offers %s; %s stands before it in the plugin path and is used",
                                 p->stages[i].s.name, first->plugin->path));
    }
}

void registry_load_all(registry *r)
{
    list_files(r);
    for (size_t i = 0; i < r->n_files; i++)
        try_file(r, &r->files[i]);
}

/* Is `name` the file of that family: filter.so, filter_mine.so, filter-mine.so? */
static bool of_family(const char *name, const char *family, size_t n)
{
    return !strncmp(name, family, n) && (name[n] == '.' || name[n] == '_' || name[n] == '-');
}

static const stage_def *not_found(registry *r, const char *use, size_t family, diags *d, diag_at at)
{
    const stage_def *const *all;
    const size_t n = registry_stages(r, &all);
    const char **names = malloc((n + 1) * sizeof *names);
    const char *guess = NULL;
    for (size_t i = 0; names && i < n; i++)
        names[i] = all[i]->s.name;
    if (names)
        guess = str_suggest(use, names, n);
    if (r->unread_why == ENOMEM)
        diag_nomem(d);
    else if (r->unread_why)
        diag_error(d, at, "unknown stage '%s'; plugins in %s could not be looked for: %s", use, r->unread,
                   strerror(r->unread_why));
    else if (!n)
        diag_error(d, at, "unknown stage '%s': no plugin was found in %s", use,
                   *r->search ? r->search : "(no plugin path)");
    else if (guess)
        diag_error(d, at, "unknown stage '%s'; did you mean '%s'?", use, guess);
    else
        diag_error(d, at, "unknown stage '%s'", use);
    for (size_t i = 0; i < r->n_problems; i++) /* a refused plugin is the likelier cause than a slip of the pen */
        if (of_family(strrchr(r->problems[i].path, '/') + 1, use, family) && !strstr(r->problems[i].why, "also offers"))
            diag_error(d, at, "plugin %s was not loaded: it %s", r->problems[i].path, r->problems[i].why);
    if (!guess && n)
        diag_hint(d, "'sluice inspect' lists the stages there are");
    free(names);
    return NULL;
}

const stage_def *registry_find(registry *r, const char *use, diags *d, diag_at at)
{
    const size_t family = strcspn(use, ".");
    list_files(r);
    for (size_t i = 0; i < r->n_files; i++)
        if (of_family(r->files[i].name, use, family))
            try_file(r, &r->files[i]);
    const stage_def *s = stage_named(r, use);
    if (!s) {
        registry_load_all(r);
        s = stage_named(r, use);
    }
    return s ? s : not_found(r, use, family, d, at);
}

size_t registry_plugins(const registry *r, const plugin_def *const **out)
{
    *out = r->plugins;
    return r->n_plugins;
}

size_t registry_problems(const registry *r, const plugin_problem **out)
{
    *out = r->problems;
    return r->n_problems;
}

static int by_stage_name(const void *a, const void *b)
{
    return strcmp((*(const stage_def *const *)a)->s.name, (*(const stage_def *const *)b)->s.name);
}

size_t registry_stages(registry *r, const stage_def *const **out)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_plugins; i++)
        n += r->plugins[i]->n_stages;
    free(r->sorted);
    r->sorted = malloc((n + 1) * sizeof *r->sorted);
    r->n_sorted = 0;
    if (!r->sorted)
        r->unread_why = ENOMEM;
    for (size_t i = 0; r->sorted && i < r->n_plugins; i++)
        for (size_t k = 0; k < r->plugins[i]->n_stages; k++) {
            const stage_def *s = &r->plugins[i]->stages[k];
            if (stage_named(r, s->s.name) == s) /* not one that another plugin shadows */
                r->sorted[r->n_sorted++] = s;
        }
    if (r->n_sorted)
        qsort(r->sorted, r->n_sorted, sizeof *r->sorted, by_stage_name);
    *out = r->sorted;
    return r->n_sorted;
}
