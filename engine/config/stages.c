#include "config/stages.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "base/fs.h"
#include "config/report.h"

/* ---- files ---- */

const diag_source *loader_source(loader *l, diag_at at, const char *name, const char *text, size_t n)
{
    pipeline *p = l->p;
    if (!p->sources) /* never moves: places point into it */
        p->sources = arena_zalloc(&p->mem, (INCLUDES_MAX + 1) * sizeof *p->sources, _Alignof(diag_source));
    if (p->n_sources == INCLUDES_MAX + 1) {
        diag_error(l->d, at, "more than %d files included", INCLUDES_MAX);
        return NULL;
    }
    l->bytes += n;
    if (l->bytes > INCLUDES_MAX_BYTES) {
        diag_error(l->d, at, "all files together are larger than %d MiB", INCLUDES_MAX_BYTES >> 20);
        return NULL;
    }
    const diag_source source = { .name = arena_strdup(&p->mem, name), .text = arena_strndup(&p->mem, text, n), .n = n };
    if (!p->sources || !source.name || !source.text) {
        diag_nomem(l->d);
        return NULL;
    }
    p->sources[p->n_sources] = source;
    return &p->sources[p->n_sources++];
}

const diag_source *loader_read(loader *l, diag_at at, const char *path)
{
    const bool is_stdin = !strcmp(path, "-");
    sbuf text = { 0 };
    const int r = fs_read_file(is_stdin ? "/dev/stdin" : path, YAML_MAX_BYTES, &text);
    const diag_source *source = NULL;
    if (r == 0)
        source = loader_source(l, at, is_stdin ? "stdin" : path, sbuf_z(&text), text.n);
    else if (r == -ENOMEM)
        diag_nomem(l->d);
    else if (r == -EFBIG)
        diag_error(l->d, at, "%s is larger than %d MiB", path, YAML_MAX_BYTES >> 20);
    else
        diag_error(l->d, at, "cannot read %s: %s", path, strerror(-r));
    sbuf_free(&text);
    return source;
}

void include_chain_init(include_chain *c, const include_chain *outer, const char *path)
{
    struct stat st;
    *c = (include_chain){ .outer = outer, .path = path, .depth = outer ? outer->depth + 1 : 0 };
    if (path && stat(path, &st) == 0) {
        c->device = st.st_dev;
        c->inode = st.st_ino;
    }
}

/* ---- include ---- */

/* The path as it is opened: relative to the file that says `include`. */
static const char *resolve(loader *l, const include_chain *chain, const char *path)
{
    if (path[0] == '/' || !chain->path || !strchr(chain->path, '/'))
        return path;
    sbuf dir = { 0 };
    const char *folder = fs_dirname(chain->path, &dir);
    const char *full = arena_printf(&l->p->mem, "%s%s%s", folder, strcmp(folder, "/") ? "/" : "", path);
    sbuf_free(&dir);
    return full;
}

static bool is_open(const include_chain *chain, const include_chain *file)
{
    for (; chain; chain = chain->outer)
        if (chain->path && chain->inode && chain->device == file->device && chain->inode == file->inode)
            return true;
    return false;
}

/* What an included file holds: a list, or a map with nothing but `stages`. */
static const yaml_node *included_list(loader *l, const yaml_node *root)
{
    if (root->kind == YAML_LIST)
        return root;
    const yaml_node *stages = yaml_get(root, "stages");
    bool ok = true;
    for (size_t i = 0; root->kind == YAML_MAP && i < root->n; i++) {
        const yaml_node *key = root->pairs[i].key;
        if (strcmp(key->text, "stages") && strcmp(key->text, "description")) {
            report_error(l->d, key->at, "the including file says the rest",
                         "an included file holds only 'stages', no '%s'", report_text(l->d, key->text));
            ok = false;
        }
    }
    if (ok && !stages)
        diag_error(l->d, root->at, "an included file is a list of stages, or a map with 'stages'");
    return ok ? stages : NULL;
}

static bool include(loader *l, const yaml_node *value, const include_chain *chain)
{
    if (!l->includes) {
        diag_error(l->d, value->at, "a pipeline that is not read from a file cannot include one");
        return false;
    }
    if (value->kind != YAML_SCALAR || !*value->text) {
        diag_error(l->d, value->at, "include wants the path of a file");
        return false;
    }
    const char *path = resolve(l, chain, value->text);
    if (!path) {
        diag_nomem(l->d);
        return false;
    }
    include_chain file;
    include_chain_init(&file, chain, path);
    if (is_open(chain, &file)) {
        diag_error(l->d, value->at, "%s includes itself", path);
        return false;
    }
    if (file.depth > INCLUDES_MAX_DEPTH) {
        diag_error(l->d, value->at, "includes more than %d deep", INCLUDES_MAX_DEPTH);
        return false;
    }
    const diag_source *source = loader_read(l, value->at, path);
    const size_t before = l->d->errors;
    yaml_node *root = source ? yaml_parse(&l->p->mem, l->d, source) : NULL;
    if (!root) {
        l->incomplete = true;
        return false;
    }
    const bool replaced = vars_replace(l->vars, root);
    const yaml_node *list = included_list(l, root);
    return list && loader_stages(l, list, &file) && replaced && l->d->errors == before;
}

/* ---- stages ---- */

static bool add_stage(loader *l, yaml_node *node, diag_at at)
{
    pipeline *p = l->p;
    if (p->n_stages == STAGES_MAX) {
        if (!l->full)
            diag_error(l->d, at, "more than %d stages", STAGES_MAX);
        l->full = true;
        return false;
    }
    if (p->n_stages == l->room) {
        const size_t room = l->room ? l->room * 2 : 16;
        pipeline_stage *stages = arena_alloc(&p->mem, room * sizeof *stages, _Alignof(pipeline_stage));
        if (!stages) {
            diag_nomem(l->d);
            return false;
        }
        if (p->n_stages)
            memcpy(stages, p->stages, p->n_stages * sizeof *stages);
        p->stages = stages;
        l->room = room;
    }
    p->stages[p->n_stages++] = (pipeline_stage){ .node = node, .at = at };
    return true;
}

static bool no_use(loader *l, const yaml_node *item)
{
    static const char *const names[] = { "use", "include" };
    static const char hint[] = "- use: filter.length";
    for (size_t i = 0; i < item->n && report_wanted(l->d); i++) {
        const yaml_node *key = item->pairs[i].key;
        if (str_suggest(key->text, names, 2)) {
            report_error(l->d, key->at, hint, "a stage needs 'use', and this says '%s'", report_text(l->d, key->text));
            return false;
        }
    }
    report_error(l->d, item->at, hint, "a stage needs 'use'");
    return false;
}

/* false: a mistake, and no stage. */
static bool one_item(loader *l, yaml_node *item, const include_chain *chain)
{
    if (item->reported)
        return false;
    if (item->kind != YAML_MAP) {
        sbuf hint = { 0 };
        if (item->kind == YAML_SCALAR && *item->text)
            sbuf_printf(&hint, "- use: %s", report_text(l->d, item->text));
        report_error(l->d, item->at, sbuf_z(&hint), "a stage is a map with 'use', and this is %s",
                     item->kind == YAML_LIST ? "a list" : "one value");
        sbuf_free(&hint);
        return false;
    }
    const yaml_node *file = yaml_get(item, "include"), *use = yaml_get(item, "use");
    if (file && item->n > 1) {
        diag_error(l->d, item->at, "'include' stands alone: it takes no options");
        return false;
    }
    if (file)
        return !file->reported && include(l, file, chain);
    if (!use)
        return no_use(l, item);
    if (use->reported)
        return false;
    if (use->kind != YAML_SCALAR || !*use->text || yaml_is_null(use)) {
        report_error(l->d, use->at, "such as filter.length", "'use' wants the name of a stage");
        return false;
    }
    return add_stage(l, item, use->at);
}

bool loader_stages(loader *l, const yaml_node *list, const include_chain *chain)
{
    if (list->reported)
        return false;
    if (list->kind != YAML_LIST || list->n == 0) {
        report_error(l->d, list->at, "stages: [ { use: source.jsonl, path: … }, … ]", "stages wants a list of stages");
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < list->n; i++) {
        yaml_node *item = list->items[i];
        const size_t before = l->p->n_stages;
        if (one_item(l, item, chain))
            continue;
        ok = false;
        item->reported = true;
        if (l->p->n_stages == before) /* its place is kept: the stages around it are not each other's neighbours */
            add_stage(l, item, item->at);
    }
    return ok;
}
