#include <glob.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"
#include "cli/cases_show.h"

static const arg own[] = {
    { "json", 0, ARG_FLAG, NULL, offsetof(args, json), "print one JSON value: every test with what came", NULL, 0, 0 },
    { 0 },
};
static const arg *const groups[] = { own, args_pipeline, args_common, NULL };

typedef struct suite { /* a pipeline file with its tests */
    const char *path;
    pipeline file;
    plan plan;
    bool loaded, planned;
} suite;

typedef struct job {
    cli *c;
    suite *v;
    size_t n;
    json_writer *w; /* NULL: lines */
    cases_view view;
    size_t cases, failed;
    bool stopped;
} job;

/* ---- files ---- */

static bool add_suite(job *j, const char *path)
{
    suite *v = arena_grow(&j->c->mem, j->v, j->n, sizeof *v);
    const char *copy = arena_strdup(&j->c->mem, path);
    if (!v || !copy)
        return false;
    j->v = v;
    v[j->n++] = (suite){ .path = copy };
    return true;
}

/* The operands; without any, the pipelines that lie here. false: none, or no memory; said so. */
static bool find_files(job *j)
{
    const char *pattern = fs_exists("pipelines") ? "pipelines/*.yaml" : "*.yaml";
    bool good = true;
    glob_t found;
    for (unsigned i = 0; good && i < j->c->a.n_operands; i++)
        good = add_suite(j, j->c->a.operands[i]);
    if (good && !j->n) {
        const int r = glob(pattern, 0, NULL, &found);
        for (size_t i = 0; r == 0 && good && i < found.gl_pathc; i++)
            good = add_suite(j, found.gl_pathv[i]);
        if (r == 0)
            globfree(&found);
        if (r == GLOB_NOMATCH)
            diag_error(&j->c->d, (diag_at){ 0 }, "no file was named, and there is no %s", pattern);
        good &= r != GLOB_NOSPACE;
    }
    if (!good)
        diag_nomem(&j->c->d);
    return j->n > 0 && good;
}

static void load(job *j, suite *s)
{
    cli *c = j->c;
    s->loaded = true;
    if (!pipeline_load(&s->file, &c->d, s->path, c->a.sets, c->a.n_sets) && !s->file.n_stages)
        return;
    if (c->a.seed != INT64_MIN)
        s->file.head.seed = c->a.seed;
    s->planned = true;
    (void)plan_make(&s->plan, &c->d, &s->file, c->reg);
    (void)cases_check(&c->d, &s->plan, c->reg);
}

/* ---- running ---- */

static void run_one(job *j, const suite *s, const pipeline_case *what)
{
    sbuf text = { 0 };
    case_result r;
    case_run(&s->plan, j->c->reg, what, j->c->cancel, &r);
    j->stopped |= r.cancelled;
    if (!r.cancelled) {
        j->cases++;
        j->failed += !r.ok;
        if (j->w)
            cases_json(what, &r, j->w);
        else if (!r.ok || !j->c->a.quiet)
            cases_show(&j->view, what, &r, j->cases, &text);
        fputs(sbuf_z(&text), stdout);
        fflush(stdout);
    }
    sbuf_free(&text);
    case_result_free(&r);
}

static void run_suite(job *j, const suite *s)
{
    if (j->w) {
        jw_object(j->w, NULL);
        jw_str(j->w, "pipeline", s->path);
        jw_list(j->w, "tests");
    } else if (j->n > 1 && s->file.n_cases && !j->c->a.quiet) {
        printf("# %s\n", s->path);
    }
    for (size_t i = 0; i < s->file.n_cases && !j->stopped; i++)
        run_one(j, s, &s->file.cases[i]);
    if (j->w) {
        jw_close(j->w);
        jw_close(j->w);
    }
}

static void summary(const job *j)
{
    if (!j->cases) {
        if (j->n == 1)
            printf("%s has no tests\n", j->v[0].path);
        else
            printf("none of %zu files has tests\n", j->n);
        return;
    }
    printf("\n%zu test%s: %zu ok", j->cases, j->cases == 1 ? "" : "s", j->cases - j->failed);
    if (j->failed)
        printf(", %zu failed", j->failed);
    putchar('\n');
}

static int run_all(job *j)
{
    sbuf json = { 0 };
    json_writer w = { .out = &json };
    const bool mistakes = j->c->d.errors > 0;
    if (j->c->a.json) {
        j->w = &w;
        jw_object(&w, NULL);
        cli_diags_json(j->c, &w);
        jw_list(&w, "files");
    }
    cli_print_diags(j->c, "nothing was run");
    for (size_t i = 0; !mistakes && i < j->n; i++)
        run_suite(j, &j->v[i]);
    if (j->w) {
        jw_close(&w);
        jw_u64(&w, "tests", j->cases);
        jw_u64(&w, "failed", j->failed);
        jw_close(&w);
        puts(sbuf_z(&json));
    } else if (!mistakes && !j->c->a.quiet) {
        summary(j);
    }
    const bool failed = json.failed;
    sbuf_free(&json);
    return failed ? EXIT_INTERNAL : mistakes ? EXIT_CONFIG : j->stopped ? EXIT_AGAIN : j->failed ? EXIT_BAD_DATA : 0;
}

static int test(cli *c)
{
    job j = { .c = c, .view = { cli_width(STDOUT_FILENO), c->color_out } };
    if (!cli_registry(c))
        return EXIT_INTERNAL;
    if (!find_files(&j))
        return EXIT_USAGE;
    for (size_t i = 0; i < j.n; i++)
        load(&j, &j.v[i]);
    const int code = run_all(&j);
    for (size_t i = 0; i < j.n; i++) {
        if (j.v[i].planned)
            plan_free(&j.v[i].plan);
        if (j.v[i].loaded)
            pipeline_free(&j.v[i].file);
    }
    return code;
}

const command cmd_test = {
    .name = "test",
    .operands = "[PIPELINE…]",
    .max_operands = ANY_OPERANDS,
    .summary = "Run the tests that pipeline files carry",
    .text = "A case under `tests:` puts documents in at a stage and says what must come out, and what is dropped for "
            "which reason.\n"
            "It is run on those documents alone: no input is read, nothing is written. Without a file, all of "
            "pipelines/*.yaml are\n"
            "tested, or *.yaml where there is no such folder. Exit code 65 if a test failed, 78 if a file has a "
            "mistake.\n",
    .groups = groups,
    .run = test,
};
