#include "cli/cli.h"
#include "base/log.h"
#include "base/machine.h"
#include "run/state_dir.h"
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folder of our own plugins, by its place beside the program: SLUICE_PLUGINS_FROM_BIN, as ../lib/sluice/plugins.
 * NULL: it cannot be told. */
static const char *own_plugins(arena *mem)
{
    char path[4096];
    const char *rest = SLUICE_PLUGINS_FROM_BIN;
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return NULL;
    path[n] = 0;
    for (bool up = true; up;) { /* the program's name, then a folder for each "../" */
        char *slash = strrchr(path, '/');
        if (!slash)
            return NULL;
        *slash = 0;
        up = strncmp(rest, "../", 3) == 0;
        rest += up ? 3 : 0;
    }
    return arena_printf(mem, "%s/%s", path, rest);
}

bool cli_registry(cli *c)
{
    const char *env = getenv("SLUICE_PLUGIN_PATH"), *flag = c->a.plugin_path;
    if (env && !*env)
        env = NULL;
    const char *path = flag && env ? arena_printf(&c->mem, "%s:%s", flag, env) : flag ? flag : env;
    c->reg = registry_new(path, own_plugins(&c->mem));
    if (!c->reg)
        diag_nomem(&c->d);
    return c->reg != NULL;
}

exec *cli_look(cli *c, int *open_code)
{
    const exec_options o = { .open_code = open_code,
                             .threads = 1,
                             .tag = "look",
                             .no_sinks = true,
                             .probe = true,
                             .states = state_dir(c->a.state_dir),
                             .fresh = c->a.fresh,
                             .cancel = c->cancel };
    return exec_open(&c->plan, &o, &c->d);
}

bool cli_plan(cli *c, int64_t batch_rows)
{
    if (!cli_registry(c))
        return false;
    c->loaded = true;
    const bool good = pipeline_load(&c->file, &c->d, c->a.operands[0], c->a.sets, c->a.n_sets);
    if (!good && !c->file.n_stages)
        return false;
    if (c->a.seed != INT64_MIN)
        c->file.head.seed = c->a.seed;
    if (batch_rows)
        c->file.head.batch_rows = batch_rows;
    c->planned = true; /* also behind mistakes in the head: all of them are reported at once */
    if (plan_make(&c->plan, &c->d, &c->file, c->reg) && good)
        return true;
    const int level = log_state.level;
    log_state.level = LOG_ERROR; /* what stages tell of themselves would hide the mistakes */
    if (!c->d.nomem)
        exec_free(cli_look(c, NULL));
    log_state.level = level;
    return false;
}

void cli_print_diags(cli *c, const char *end)
{
    const size_t errors = c->d.errors;
    diags_print(&c->d, stderr, c->color_err);
    if (errors && end)
        fprintf(stderr, "%zu error%s; %s\n", errors, errors == 1 ? "" : "s", end);
    diags_free(&c->d);
    diags_init(&c->d);
}

int cli_refuse(cli *c, int open_code)
{
    if (!c->d.errors)
        diag_nomem(&c->d);
    const int code = run_refused_code(&c->d, open_code);
    cli_print_diags(c, "nothing was read");
    return code;
}

int cli_print(cli *c, sbuf *text)
{
    const bool failed = text->failed;
    if (failed)
        diag_nomem(&c->d);
    else
        fputs(sbuf_z(text), stdout);
    sbuf_free(text);
    return failed ? EXIT_INTERNAL : 0;
}

void cli_diags_json(cli *c, json_writer *w)
{
    static const char *const severity[] = { [DIAG_ERROR] = "error", [DIAG_WARNING] = "warning" };
    diags_sort(&c->d);
    jw_list(w, "diagnostics");
    for (size_t i = 0; i < c->d.n; i++) {
        const diag *g = &c->d.v[i];
        jw_object(w, NULL);
        jw_str(w, "severity", severity[g->severity]);
        if (g->at.source) {
            jw_str(w, "file", g->at.source->name);
            jw_u64(w, "line", g->at.line);
            jw_u64(w, "column", g->at.col);
            jw_u64(w, "length", g->at.len);
        }
        jw_str(w, "message", g->text);
        if (g->hint)
            jw_str(w, "hint", g->hint);
        jw_close(w);
    }
    if (c->d.nomem) {
        jw_object(w, NULL);
        jw_str(w, "severity", severity[DIAG_ERROR]);
        jw_str(w, "message", "out of memory");
        jw_close(w);
    }
    jw_close(w);
}

void cli_error(const cli *c, const char *lines)
{
    for (bool first = true; *lines; first = false) {
        const size_t n = strcspn(lines, "\n");
        fprintf(stderr, "%s%s%s%.*s\n", first && c->color_err ? "\033[1;31m" : "", first ? "error: " : "       ",
                first && c->color_err ? "\033[0m" : "", (int)n, lines);
        lines += n + (lines[n] == '\n');
    }
}

uint64_t cli_memory(const cli *c) { return c->a.memory ? c->a.memory : machine_memory() / 2; }

unsigned cli_threads(const cli *c)
{
    if (c->a.threads)
        return c->a.threads;
    cpu_set_t set[64]; /* the kernel refuses a set that is too small for its machine */
    const int n = sched_getaffinity(0, sizeof set, set) ? 1 : CPU_COUNT_S(sizeof set, set);
    return n > 1024 ? 1024 : n > 1 ? (unsigned)n : 1;
}

static uint32_t find_stage(const plan *p, const char *name)
{
    for (uint32_t i = 0; i < p->n_stages; i++)
        if (!strcmp(p->stages[i].name, name))
            return i;
    for (uint32_t i = 0; i < p->n_stages; i++)
        if (!strcmp(p->stages[i].common.use, name))
            return i;
    return PLAN_NONE;
}

bool cli_stage(cli *c, const char *name, uint32_t *out)
{
    const plan *p = &c->plan;
    *out = find_stage(p, name);
    if (*out != PLAN_NONE)
        return true;
    const char *names[256];
    size_t n = 0;
    sbuf all = { 0 };
    for (uint32_t i = 0; i < p->n_stages && n < 256; i++) {
        names[n++] = p->stages[i].name;
        sbuf_printf(&all, "%s%s", i ? ", " : "", p->stages[i].name);
    }
    const char *guess = str_suggest(name, names, n);
    diag_error(&c->d, (diag_at){ 0 }, "the pipeline has no stage '%s'%s%s%s", name, guess ? "; did you mean '" : "",
               guess ? guess : "", guess ? "'?" : "");
    diag_hint(&c->d, "stages here: %s", sbuf_z(&all));
    sbuf_free(&all);
    return false;
}
