#include "cli/cli.h"
#include "run/state_dir.h"
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "cli/progress.h"
#include "cli/summary.h"

static const arg own[] = {
    { "run-dir", 0, ARG_TEXT, "DIR", offsetof(args, run_dir), "the run's folder, instead of runs/<name>-<n>", NULL, 0,
      0 },
    { "json", 0, ARG_FLAG, NULL, offsetof(args, json), "print the run's run.json instead of a summary", NULL, 0, 0 },
    { 0 },
};
static const arg *const groups[] = { own, args_pipeline, args_machine, args_states, args_common, NULL };

typedef struct view {
    cli *c;
    const exec *x;
    const char *dir;
    progress *progress;
    struct timespec began;
    sbuf summary;
} view;

/* Each line of notes as one of the log. */
static void say(int level, const char *lines)
{
    for (const char *at = lines; *at;) {
        const size_t n = strcspn(at, "\n");
        if (n)
            log_line(level, "%.*s", (int)n, at);
        at += n + (at[n] == '\n');
    }
}

static void started(void *u, const exec *x, const char *dir)
{
    view *v = u;
    size_t sinks = 0;
    v->x = x;
    v->dir = dir;
    clock_gettime(CLOCK_MONOTONIC, &v->began);
    cli_print_diags(v->c, NULL); /* warnings */
    say(LOG_WARN, exec_notes(x));
    for (size_t i = 0; i < v->c->plan.n_stages; i++)
        sinks += v->c->plan.stages[i].def->s.kind == SL_SINK;
    if (!v->c->a.quiet)
        v->progress = progress_start(x, v->c->file.head.name, sinks);
}

/* The summary is made here, while the counters are there. */
static void ended(void *u)
{
    view *v = u;
    struct timespec now;
    const exec_file *files;
    progress_stop(v->progress);
    v->progress = NULL;
    const bool failed = *exec_error(v->x); /* then the error tells of the damage */
    for (size_t i = 0, n = failed ? 0 : exec_files(v->x, &files); i < n; i++)
        for (size_t k = 0; k < files[i].n_damage; k++)
            log_line(LOG_WARN, "%s", files[i].damage[k]);
    clock_gettime(CLOCK_MONOTONIC, &now);
    const double seconds = (double)(now.tv_sec - v->began.tv_sec) + (double)(now.tv_nsec - v->began.tv_nsec) / 1e9;
    summary_text(&v->c->plan, v->x, v->dir, seconds, cli_width(STDOUT_FILENO), &v->summary);
}

/* Documents on standard output leave no place there for anything else. */
static bool documents_on_stdout(const plan *p)
{
    for (size_t i = 0; i < p->n_stages; i++) {
        const char *path;
        const plan_stage *s = &p->stages[i];
        if (s->def->s.kind == SL_SINK && option_strings(s->def->options, s->cfg, "path", &path, 1) == 1 &&
            !strcmp(path, "-"))
            return true;
    }
    return false;
}

static void report(cli *c, const view *v, const run_result *r, bool to_err)
{
    if (r->exit_code == 0 && !c->a.quiet && !c->a.json)
        fputs(sbuf_z(&v->summary), to_err ? stderr : stdout);
    if (c->a.json && r->summary)
        fputs(r->summary, stdout);
    fflush(stdout); /* errors come last where both go to one place */
    const bool told = c->d.errors > 0;
    cli_print_diags(c, "nothing was read");
    if (r->message && *r->message)
        cli_error(c, r->message);
    else if (r->exit_code && !told) /* not even the words */
        cli_error(c, "out of memory");
}

static int run(cli *c)
{
    if (!cli_plan(c, 0))
        return cli_refuse(c, SL_OK);
    const bool documents = documents_on_stdout(&c->plan);
    if (documents && c->a.json) {
        diag_error(&c->d, (diag_at){ 0 }, "--json and a sink that writes to standard output cannot have it both");
        return EXIT_USAGE;
    }
    view v = { .c = c };
    run_result r;
    const run_options o = { .threads = cli_threads(c),
                            .memory = cli_memory(c),
                            .state_dir = state_dir(c->a.state_dir),
                            .fresh = c->a.fresh,
                            .spill = c->a.spill,
                            .run_dir = c->a.run_dir,
                            .version = SLUICE_VERSION,
                            .cancel = c->cancel,
                            .started = started,
                            .ended = ended,
                            .u = &v };
    run_pipeline(&c->plan, &o, &c->d, &r);
    report(c, &v, &r, documents);
    const int code = r.exit_code;
    run_result_free(&r);
    sbuf_free(&v.summary);
    return code;
}

const command cmd_run = {
    .name = "run",
    .operands = "PIPELINE",
    .min_operands = 1,
    .max_operands = 1,
    .summary = "Run a pipeline file",
    .text = "Output appears under its final names when all of it is there, and not before. The run's folder, "
            "runs/<name>-<n>, holds\n"
            "run.json (counts, digests), plan.json, splits.jsonl, the log, and quarantine.jsonl.zst where stages ask "
            "for it.\n",
    .groups = groups,
    .run = run,
};
