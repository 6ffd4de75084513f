/* From a run's folder back to its plan: the pipeline file of today with the run's variables and seed, in the run's
 * working directory. What has changed since is said. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/hash.h"
#include "cli/why.h"
#include "run/manifest.h"
#include "run/state_dir.h"

enum { MOST_PLUGINS = 256, SHOWN_FACTS = 20, SHOWN_INPUTS = 5 };

/* A warning: printed at once (unless --json), and kept. */
static void why_warn(why *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void why_warn(why *w, const char *fmt, ...)
{
    sbuf text = { 0 };
    va_list ap;
    va_start(ap, fmt);
    sbuf_vprintf(&text, fmt, ap);
    va_end(ap);
    const char **v = arena_grow(&w->c->mem, w->said, w->n_said, sizeof *v);
    if (!text.failed && v && (v[w->n_said] = arena_strdup(&w->c->mem, sbuf_z(&text)))) {
        w->said = v;
        w->n_said++;
    } else {
        diag_nomem(&w->c->d);
    }
    if (!w->c->a.quiet && !w->c->a.json)
        fprintf(stderr, "%swarning:%s %s\n", w->c->color_err ? "\033[1;33m" : "", w->c->color_err ? "\033[0m" : "",
                sbuf_z(&text));
    sbuf_free(&text);
}

/* ---- which run ---- */

static bool later(const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec > b->st_mtim.tv_sec
                                                  : a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static bool is_gone(void) { return errno == ENOENT || errno == ENOTDIR; }

/* The run whose run.json was written last. 0, or an exit code, and what is wrong is said. */
static int newest(why *w, const char **best)
{
    struct stat best_stat = { .st_size = 0 }, st;
    const char *path = "runs";
    DIR *dir = opendir(path);
    int error = dir || is_gone() ? 0 : errno;
    for (const struct dirent *e; dir && !error && (errno = 0, e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        path = arena_printf(&w->c->mem, "runs/%s/run.json", e->d_name);
        const bool there = path && stat(path, &st) == 0;
        if (!there)
            error = !path ? ENOMEM : is_gone() ? 0 : errno;
        else if (!*best || later(&st, &best_stat)) {
            error = (*best = arena_printf(&w->c->mem, "runs/%s", e->d_name)) ? 0 : ENOMEM;
            best_stat = st;
        }
    }
    if (dir && !error)
        error = errno; /* of readdir, which says so that it did not come to the end */
    if (dir)
        closedir(dir);
    if (error == ENOMEM)
        return why_no_memory(w);
    if (error)
        diag_error(&w->c->d, (diag_at){ 0 }, "cannot read %s: %s", path, strerror(error));
    else if (!*best)
        diag_error(&w->c->d, (diag_at){ 0 }, "there is no run in runs/; name its folder: sluice why RUN %s", w->what);
    return error || !*best ? EXIT_IO : 0;
}

static int read_run(why *w, const char *name)
{
    cli *c = w->c;
    sbuf err = { 0 }, dir = { 0 };
    int code = name ? 0 : newest(w, &name);
    if (code)
        return code;
    code = run_report_read(&w->run, name, &err);
    if (code)
        diag_error(&c->d, (diag_at){ 0 }, "%s", sbuf_z(&err));
    char *real = code ? NULL : realpath(fs_dirname(w->run.path, &dir), NULL);
    if (real)
        w->dir = arena_strdup(&c->mem, real);
    free(real);
    sbuf_free(&dir);
    sbuf_free(&err);
    return code;
}

/* ---- where it ran ---- */

/* A folder as seen from here, for when we are elsewhere. */
static const char *absolute(arena *mem, const char *here, const char *path, size_t n)
{
    return *path == '/' || !n ? arena_strndup(mem, path, n) : arena_printf(mem, "%s/%.*s", here, (int)n, path);
}

static const char *absolute_list(arena *mem, const char *here, const char *list)
{
    sbuf out = { 0 };
    while (list && *list) {
        const size_t n = strcspn(list, ":");
        const char *one = absolute(mem, here, list, n);
        sbuf_printf(&out, "%s%s", out.n ? ":" : "", one ? one : "");
        out.failed |= !one;
        list += n + (list[n] == ':');
    }
    const char *copy = out.failed ? NULL : arena_strdup(mem, sbuf_z(&out));
    sbuf_free(&out);
    return copy;
}

/* The pipeline's relative paths are those of the run's working directory; what the command line and the environment
 * name is relative to ours. */
static void go_there(why *w)
{
    cli *c = w->c;
    const char *there = report_str(&w->run.root, "working_directory"), *env = getenv("SLUICE_PLUGIN_PATH"),
               *state_env = getenv("SLUICE_STATE_DIR");
    char *here = name_working_directory(&c->mem);
    w->failed |= !here && errno == ENOMEM;
    if (!*there || !here || !strcmp(here, there))
        return;
    if (c->a.state_dir || (state_env && *state_env)) {
        const char *dir = c->a.state_dir ? c->a.state_dir : state_env;
        w->failed |= !(c->a.state_dir = absolute(&c->mem, here, dir, strlen(dir)));
    }
    if (c->a.plugin_path)
        w->failed |= !(c->a.plugin_path = absolute_list(&c->mem, here, c->a.plugin_path));
    const char *list = env && *env ? absolute_list(&c->mem, here, env) : NULL;
    w->failed |= env && *env && !list;
    if (list)
        (void)setenv("SLUICE_PLUGIN_PATH", list, 1);
    if (chdir(there))
        why_warn(w, "the run's working directory %s cannot be entered (%s); relative paths are taken from here", there,
                 strerror(errno));
}

/* ---- its pipeline ---- */

/* Variables that today's file does not know any more would be mistakes on a command line; here they are a change. */
static bool drop_unknown(why *w, const char *path)
{
    static const char head[] = "--set ";
    args *a = &w->c->a;
    diags d;
    pipeline file;
    bool dropped = false;
    diags_init(&d);
    (void)pipeline_load(&file, &d, path, a->sets, a->n_sets);
    for (size_t i = 0; i < d.n && !dropped; i++)
        for (size_t k = 0; k < a->n_sets && !dropped; k++) {
            const char *name = a->sets[k].name, *text = d.v[i].text;
            const size_t n = strlen(name);
            if (strncmp(text, head, sizeof head - 1) || strncmp(text + sizeof head - 1, name, n) ||
                text[sizeof head - 1 + n] != ':')
                continue;
            why_warn(w, "the run had the variable %s = %s, which %s does not use any more", name, a->sets[k].value,
                     path);
            memmove(&a->sets[k], &a->sets[k + 1], (a->n_sets - k - 1) * sizeof *a->sets);
            a->n_sets--;
            dropped = true;
        }
    pipeline_free(&file);
    diags_free(&d);
    return dropped;
}

static int take_pipeline(why *w)
{
    cli *c = w->c;
    const json_tree *vars = json_tree_get(&w->run.root, "vars"), *seed = json_tree_get(&w->run.root, "seed");
    const char *path = report_str(report_item(&w->run.root, "pipeline", 0), "path");
    int64_t n = 0;
    const bool piped = !strcmp(path, "-") || !strcmp(path, "stdin"); /* that is how messages call it */
    if (!*path || (!fs_exists(path) && is_gone())) {
        if (*path && !piped)
            diag_error(&c->d, (diag_at){ 0 }, "%s, the pipeline file of %s, is not there any more", path, w->run.label);
        else
            diag_error(&c->d, (diag_at){ 0 }, "%s read its pipeline from standard input; it cannot be replayed",
                       w->run.label);
        return EXIT_CONFIG;
    }
    c->a.operands[0] = arena_strdup(&c->mem, path);
    c->a.sets = arena_zalloc(&c->mem, (vars->n + 1) * sizeof *c->a.sets, _Alignof(pipeline_var));
    if (!c->a.operands[0] || !c->a.sets)
        return why_no_memory(w);
    for (size_t i = 0; i < vars->n; i++)
        c->a.sets[c->a.n_sets++] = (pipeline_var){ vars->items[i].key, vars->items[i].text };
    if (str_to_i64(seed->text, seed->n, &n))
        c->a.seed = n;
    while (drop_unknown(w, path))
        ;
    return 0;
}

/* ---- what has changed ---- */

/* The run's report, but for the plan: what a run of today would say. */
static bool today(why *w, run_report *out, sbuf *text)
{
    json_tree *items = arena_alloc(&w->c->mem, (w->run.root.n + 1) * sizeof *items, _Alignof(json_tree));
    *out = w->run;
    if (!items)
        return false;
    memcpy(items, w->run.root.items, w->run.root.n * sizeof *items);
    for (size_t i = 0; i < w->run.root.n; i++)
        if (!strcmp(items[i].key, "plan_hash")) {
            items[i].text = w->c->plan.hash;
            items[i].n = strlen(w->c->plan.hash);
        }
    out->root.items = items;
    manifest_plan(&w->c->plan, text);
    return !text->failed && json_tree_parse(&w->c->mem, text->p, text->n, &out->plan) == JSON_OK;
}

static void say_plan(why *w)
{
    run_report now;
    run_diff d;
    sbuf json = { 0 }, text = { 0 };
    const char *path = w->c->a.operands[0];
    size_t n = 0;
    if (!w->run.plan.kind || !today(w, &now, &json)) {
        why_warn(w, "%s has changed since the run, and plan.json of the run is not there to say in what", path);
        sbuf_free(&json);
        return;
    }
    run_diff_make(&d, &w->run, &now, (sl_amount){ .unit = SL_UNSET });
    sbuf_printf(&text, "%s has changed since the run; this is the way through the pipeline of today", path);
    for (size_t i = 0; i < d.n_facts; i++) {
        const diff_fact *f = &d.facts[i];
        if (f->about != ABOUT_PLAN || !*f->what)
            continue;
        if (n++ < SHOWN_FACTS)
            sbuf_printf(&text, "\n  %s: %s → %s", *f->what == '.' ? f->what + 1 : f->what, f->a ? f->a : "not there",
                        f->b ? f->b : "not there");
    }
    if (n > SHOWN_FACTS)
        sbuf_printf(&text, "\n  and %zu more", n - SHOWN_FACTS);
    w->failed |= text.failed;
    why_warn(w, "%s", sbuf_z(&text));
    run_diff_free(&d);
    sbuf_free(&text);
    sbuf_free(&json);
}

static void say_plugins(why *w)
{
    const plugin_def *used[MOST_PLUGINS];
    const size_t n = manifest_plugins(&w->c->plan, used, MOST_PLUGINS);
    const json_tree *then;
    char digest[65];
    for (size_t k = 0; (then = report_item(&w->run.root, "plugins", k)); k++)
        for (size_t i = 0; i < n; i++)
            if (!strcmp(used[i]->name, report_str(then, "name")) && sha256_file(used[i]->path, digest) == 0 &&
                strcmp(digest, report_str(then, "sha256")))
                why_warn(w, "the plugin %s is another build than the run had", used[i]->name);
}

/* Inputs by their place in the list, as the engine finds them. */
static void say_inputs(why *w, const exec *x)
{
    const exec_file *v;
    const size_t n = exec_files(x, &v), then = report_count(&w->run.root, "inputs");
    size_t changed = 0;
    char text[17];
    for (size_t i = 0; i < n || i < then; i++) {
        const json_tree *t = report_item(&w->run.root, "inputs", i);
        const char *path = t ? report_str(t, "path") : v[i].path;
        if (i < n)
            snprintf(text, sizeof text, "%016llx", (unsigned long long)v[i].fingerprint);
        if (t && i < n && !strcmp(path, v[i].path) && !strcmp(report_str(t, "fingerprint"), text))
            continue;
        if (changed++ < SHOWN_INPUTS)
            why_warn(w, "the input has changed since the run: %s%s", path,
                     !t       ? " is new"
                     : i >= n ? " is not there any more"
                              : "");
    }
    if (changed > SHOWN_INPUTS)
        why_warn(w, "and %zu inputs more", changed - SHOWN_INPUTS);
    w->same_inputs = !changed;
}

/* ---- fits ---- */

static bool is_fit(const exec_step *s) { return s->pass && strstr(s->text, "·fit"); }

/* Fits without a saved state would have to look at everything. */
static int check_states(why *w, exec *x)
{
    const exec_step *v;
    const size_t n = exec_outline(x, &v);
    if (!n)
        return why_no_memory(w);
    sbuf text = { 0 };
    for (size_t i = 0; i < n && !w->c->a.fit; i++)
        if (is_fit(&v[i]))
            sbuf_printf(&text, "\n  %s", v[i].text);
    w->failed |= text.failed;
    if (text.n) {
        diag_error(&w->c->d, (diag_at){ 0 }, "no saved state in %s for:%s", w->states, sbuf_z(&text));
        diag_hint(&w->c->d,
                  "run the pipeline again with the states kept there (sluice run %s), or give --fit: that reads "
                  "everything",
                  w->c->a.operands[0]);
    }
    sbuf_free(&text);
    return w->c->d.errors ? EXIT_CONFIG : 0;
}

/* Opens the inputs once to see what they are. */
static int look(why *w)
{
    cli *c = w->c;
    exec_options o = why_options(w);
    int open_code = 0;
    o.open_code = &open_code;
    o.threads = 1;
    o.probe = true;
    exec *x = exec_open(&c->plan, &o, &c->d);
    if (!x)
        return run_refused_code(&c->d, open_code);
    say_inputs(w, x);
    const int code = check_states(w, x);
    const exec_file *v;
    const char *hit = NULL;
    for (size_t i = 0, n = exec_files(x, &v); i < n && w->file; i++) {
        const size_t have = strlen(v[i].path), want = strlen(w->file);
        if (have < want || strcmp(v[i].path + have - want, w->file) || !why_is_main(&c->plan, v[i].source) ||
            (have > want && v[i].path[have - want - 1] != '/' && *w->file != '/'))
            continue;
        if (hit && !code)
            diag_error(&c->d, (diag_at){ 0 }, "'%s' may be %s or %s", w->file, hit, v[i].path);
        hit = v[i].path;
        w->file_source = v[i].source;
    }
    w->file = hit ? arena_strdup(&c->mem, hit) : NULL; /* no such file: then all of it is an id */
    w->failed |= hit && !w->file;
    exec_free(x);
    return code ? code : c->d.errors ? EXIT_USAGE : 0;
}

int why_load(why *w, const char *run)
{
    cli *c = w->c;
    int code = read_run(w, run);
    if (code)
        return code;
    go_there(w);
    w->states = state_dir(c->a.state_dir);
    if ((code = take_pipeline(w)))
        return code;
    if (!cli_plan(c, 0))
        return run_refused_code(&c->d, SL_OK);
    w->same_plan = !strcmp(c->plan.hash, report_str(&w->run.root, "plan_hash"));
    if (!w->same_plan)
        say_plan(w);
    say_plugins(w);
    return look(w);
}
