#include "run/run_report.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "base/fs.h"
#include "run/manifest.h"

enum { MAX_BYTES = 256 << 20, MAX_RUNS = 1000 };

/* ---- fields ---- */

const char *report_str(const json_tree *map, const char *key)
{
    const json_tree *v = json_tree_get(map, key);
    return v && v->kind == TREE_TEXT ? v->text : "";
}

uint64_t report_u64(const json_tree *map, const char *key)
{
    uint64_t n = 0;
    (void)json_tree_u64(json_tree_get(map, key), &n);
    return n;
}

double report_f64(const json_tree *map, const char *key)
{
    double v = 0;
    (void)json_tree_f64(json_tree_get(map, key), &v);
    return v;
}

const json_tree *report_item(const json_tree *map, const char *key, size_t i)
{
    const json_tree *v = json_tree_get(map, key);
    return v && v->kind == TREE_LIST && i < v->n ? &v->items[i] : NULL;
}

size_t report_count(const json_tree *map, const char *key)
{
    const json_tree *v = json_tree_get(map, key);
    return v && (v->kind == TREE_LIST || v->kind == TREE_MAP) ? v->n : 0;
}

/* ---- shape ---- */

/* What a field must be: a type letter for its value (t text, i whole number of either sign, c count, n number or null,
 * C map of counts, V map of distributions, l list), and whether it may be absent. */
typedef struct shape {
    const char *key;
    char type;
    bool optional;
} shape;

static const shape head_shape[] = {
    { "state", 't', false },    { "plan_hash", 't', false },  { "seed", 'i', false },
    { "version", 't', false },  { "plugins", 'l', false },    { "vars", 'T', false },
    { "pipeline", 'l', false }, { "inputs", 'l', true },      { "stages", 'l', true },
    { "outputs", 'l', true },   { "quarantine", 'm', true },  { "threads", 'c', false },
    { "seconds", 'n', true },   { "cpu_seconds", 'n', true }, { "peak_memory_bytes", 'c', true },
    { "message", 't', true },   { NULL, 0, false },
};
static const shape file_shape[] = { { "path", 't', false }, { "xxh3", 't', false }, { NULL, 0, false } };
static const shape plugin_shape[] = {
    { "name", 't', false }, { "version", 't', false }, { "sha256", 't', false }, { NULL, 0, false }
};
static const shape input_shape[] = {
    { "stage", 't', false },       { "path", 't', false }, { "bytes", 'c', false },
    { "fingerprint", 't', false }, { NULL, 0, false },
};
static const shape stage_shape[] = {
    { "name", 't', false },   { "in", 'c', false },       { "kept", 'c', false }, { "rejected", 'C', false },
    { "errors", 'C', false }, { "absorbed", 'c', false }, { "out", 'c', true },   { "annotated", 'c', false },
    { "counts", 'C', false }, { "values", 'V', false },   { NULL, 0, false },
};
static const shape output_shape[] = {
    { "stage", 't', true },  { "path", 't', false },   { "records", 'c', false },
    { "bytes", 'c', false }, { "sha256", 't', false }, { NULL, 0, false },
};
static const shape value_shape[] = {
    { "n", 'c', false }, { "mean", 'n', true }, { "p50", 'n', true }, { "p95", 'n', true }, { NULL, 0, false }
};

static bool is_type(const json_tree *v, char type)
{
    uint64_t n;
    switch (type) {
    case 't': return v->kind == TREE_TEXT;
    case 'l': return v->kind == TREE_LIST;
    case 'm': return v->kind == TREE_MAP;
    case 'c': return json_tree_u64(v, &n);
    case 'i': return v->kind == TREE_NUMBER && !v->text[strcspn(v->text, ".eE")];
    case 'n': return v->kind == TREE_NUMBER || v->kind == TREE_NULL;
    default: break;
    }
    for (size_t i = 0; v->kind == TREE_MAP && i < v->n; i++)
        if (!is_type(&v->items[i], type == 'C' ? 'c' : type == 'T' ? 't' : 'm'))
            return false;
    return v->kind == TREE_MAP;
}

static const char *type_name(char type)
{
    return type == 't'   ? "a text"
           : type == 'l' ? "a list"
           : type == 'c' ? "a count"
           : type == 'i' ? "a whole number"
           : type == 'n' ? "a number"
           : type == 'C' ? "a map of counts"
           : type == 'T' ? "a map of texts"
                         : "a map";
}

static bool has_shape(const json_tree *map, const shape *s, const char *where, sbuf *err)
{
    if (map->kind != TREE_MAP) {
        sbuf_printf(err, "%s is no map", where);
        return false;
    }
    for (; s->key; s++) {
        const json_tree *v = json_tree_get(map, s->key);
        if (!v && s->optional)
            continue;
        if (v && is_type(v, s->type))
            continue;
        sbuf_printf(err, "%s%s%s is %s%s", where, *where ? "." : "", s->key, v ? "not " : "",
                    v ? type_name(s->type) : "missing");
        return false;
    }
    return true;
}

static bool list_has_shape(const json_tree *root, const char *key, const shape *s, sbuf *err)
{
    const json_tree *item;
    bool good = true;
    for (size_t i = 0; good && (item = report_item(root, key, i)); i++) {
        char where[48];
        snprintf(where, sizeof where, "%s[%zu]", key, i);
        good = has_shape(item, s, where, err);
    }
    return good;
}

static bool values_have_shape(const json_tree *root, sbuf *err)
{
    const json_tree *stage;
    bool good = true;
    for (size_t i = 0; good && (stage = report_item(root, "stages", i)); i++) {
        const json_tree *values = json_tree_get(stage, "values");
        for (size_t k = 0; good && k < values->n; k++)
            good = has_shape(&values->items[k], value_shape, "a distribution", err);
    }
    return good;
}

static bool check_shape(const json_tree *root, sbuf *err)
{
    const json_tree *quarantine = json_tree_get(root, "quarantine");
    return has_shape(root, head_shape, "", err) && list_has_shape(root, "pipeline", file_shape, err) &&
           list_has_shape(root, "plugins", plugin_shape, err) && list_has_shape(root, "inputs", input_shape, err) &&
           list_has_shape(root, "stages", stage_shape, err) && values_have_shape(root, err) &&
           list_has_shape(root, "outputs", output_shape, err) &&
           (!quarantine || has_shape(quarantine, output_shape, "quarantine", err));
}

/* ---- finding ---- */

/* errno: 0, where the answer is certain. */
static bool is_folder(const char *path)
{
    struct stat st;
    errno = 0;
    const bool there = stat(path, &st) == 0;
    if (errno == ENOENT || errno == ENOTDIR)
        errno = 0;
    return there && S_ISDIR(st.st_mode);
}

/* A run whose name is nearly this one. */
static const char *near_run(arena *mem, const char *name)
{
    const char *names[MAX_RUNS] = { NULL };
    size_t n = 0;
    DIR *dir = opendir("runs");
    for (const struct dirent *e; dir && n < MAX_RUNS && (e = readdir(dir));)
        if (e->d_name[0] != '.' && (names[n] = arena_strdup(mem, e->d_name)))
            n++;
    if (dir)
        closedir(dir);
    return str_suggest(name, names, n);
}

/* The last name of a path, without slashes behind it. */
static const char *last_name(arena *mem, const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    char *copy = arena_strndup(mem, path, n);
    return copy ? fs_basename(copy) : NULL;
}

static int find(run_report *r, const char *name, sbuf *err)
{
    const char *under = strchr(name, '/') ? NULL : arena_printf(&r->mem, "runs/%s", name);
    const bool folder = is_folder(name);
    if (errno) {
        sbuf_printf(err, "cannot read %s: %s", name, strerror(errno));
        return EXIT_IO;
    }
    const bool run = !folder && under && !fs_exists(name) && is_folder(under);
    if (folder || run) {
        r->path = arena_printf(&r->mem, "%s/run.json", run ? under : name);
        r->label = last_name(&r->mem, name);
    } else if (fs_exists(name)) {
        sbuf dir = { 0 };
        r->path = arena_strdup(&r->mem, name);
        r->label = last_name(
            &r->mem, strcmp(fs_basename(name), "run.json") || !strchr(name, '/') ? name : fs_dirname(name, &dir));
        sbuf_free(&dir);
    } else {
        const char *guess = under ? near_run(&r->mem, name) : NULL;
        sbuf_printf(err, "there is no run '%s': no folder or run.json of that name, nor a folder runs/%s", name, name);
        if (guess)
            sbuf_printf(err, "; did you mean '%s'?", guess);
        return EXIT_IO;
    }
    if (r->path && r->label)
        return 0;
    sbuf_puts(err, "out of memory");
    return EXIT_INTERNAL;
}

/* ---- reading ---- */

/* A file as a tree in r->mem. 0 or an exit code. */
static int read_tree(run_report *r, const char *path, json_tree *out, sbuf *err)
{
    sbuf text = { 0 };
    const int failed = fs_read_file(path, MAX_BYTES, &text);
    const char *copy = failed ? NULL : arena_strndup(&r->mem, sbuf_z(&text), text.n);
    const size_t n = text.n;
    sbuf_free(&text);
    if (failed) {
        sbuf_printf(err, "cannot read %s: %s", path, strerror(-failed));
        return EXIT_IO;
    }
    const json_error e = copy ? json_tree_parse(&r->mem, copy, n, out) : JSON_NOMEM;
    if (e == JSON_OK)
        return 0;
    if (e == JSON_SYNTAX)
        sbuf_printf(err, "%s is no whole JSON: it was cut off, or is something else", path);
    else
        sbuf_printf(err, "%s cannot be read: %s", path, json_error_text(e));
    return e == JSON_NOMEM ? EXIT_INTERNAL : EXIT_IO;
}

/* The plan is only needed to say what differs in it: whatever is wrong with it, it is then as if there were none. */
static void read_plan(run_report *r)
{
    sbuf dir = { 0 }, err = { 0 };
    const char *path = arena_printf(&r->mem, "%s/plan.json", fs_dirname(r->path, &dir));
    if (!path || read_tree(r, path, &r->plan, &err) || !json_tree_get(&r->plan, "plan") ||
        strcmp(report_str(&r->plan, "plan_hash"), report_str(&r->root, "plan_hash")))
        r->plan = (json_tree){ 0 };
    sbuf_free(&dir);
    sbuf_free(&err);
}

int run_report_read(run_report *r, const char *name, sbuf *err)
{
    *r = (run_report){ 0 };
    arena_init(&r->mem, 0);
    int code = find(r, name, err);
    if (!code)
        code = read_tree(r, r->path, &r->root, err);
    if (code)
        return code;
    const json_tree *format = json_tree_get(&r->root, "sluice_run");
    uint64_t n = 0;
    sbuf why = { 0 };
    if (!json_tree_u64(format, &n))
        sbuf_printf(err, "%s is not the run.json of a run of sluice", r->path);
    else if (n != RUN_JSON_FORMAT)
        sbuf_printf(err, "%s has format %llu, and this sluice reads format %d", r->path, (unsigned long long)n,
                    RUN_JSON_FORMAT);
    else if (!check_shape(&r->root, &why))
        sbuf_printf(err, "%s is damaged: %s", r->path, sbuf_z(&why));
    else
        read_plan(r);
    sbuf_free(&why);
    return err->n ? EXIT_IO : 0;
}

void run_report_free(run_report *r) { arena_free(&r->mem); }
