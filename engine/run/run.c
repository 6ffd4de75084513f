#include "run/run.h"
#include "io/journal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/hash.h"
#include "base/log.h"
#include "run/conservation.h"
#include "run/manifest.h"

enum { MAX_PLUGINS = 256, DIGEST = 65 };

/* Everything of one run. */
typedef struct job {
    const plan *p;
    const run_options *o;
    diags *d;
    run_folder folder;
    run_facts facts;
    exec *x;
    name_list present; /* shards of earlier runs at our output paths */
    char digest[MAX_PLUGINS][DIGEST];
    const char *digests[MAX_PLUGINS];
    struct stat loaded[MAX_PLUGINS]; /* the files of the plugins */
    sbuf error;                      /* whole sentences */
    sbuf summary;                    /* the last run.json */
    FILE *log;
    bool continued; /* an earlier run's work was taken up */
    bool kept;      /* what is done so far stays, to be taken up */
} job;

int run_exit_code(int sl_error)
{
    switch (sl_error) {
    case SL_E_CONFIG: return EXIT_CONFIG;
    case SL_E_IO:
    case SL_E_DATA:
    case SL_E_STATE: return EXIT_IO;
    case SL_E_CANCEL: return EXIT_AGAIN;
    default: return EXIT_INTERNAL;
    }
}

int run_refused_code(const diags *d, int open_code)
{
    const bool memory = !d->errors || d->nomem || open_code == SL_E_NOMEM;
    return memory ? EXIT_INTERNAL : open_code ? run_exit_code(open_code) : EXIT_CONFIG;
}

/* The run's own lines go to its log only: whoever called has its own way of telling. Before and after the threads run.
 */
static void note(job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(job *j, const char *fmt, ...)
{
    FILE *to = log_state.to;
    va_list ap;
    if (!j->log)
        return;
    log_state.to = NULL;
    va_start(ap, fmt);
    log_vline(LOG_INFO, fmt, ap);
    va_end(ap);
    log_state.to = to;
}

/* ---- before the data ---- */

static int open_log(job *j)
{
    const char *path = run_folder_path(&j->folder, "log");
    j->log = path ? fopen(path, j->folder.given ? "ae" : "we") : NULL;
    if (!j->log) {
        sbuf_printf(&j->error, "cannot write %s/log: %s", j->folder.dir, strerror(errno));
        return EXIT_IO;
    }
    log_state.file = j->log;
    note(j, "%s: pipeline %s, plan %s, %u threads", j->folder.dir, j->p->file->path, j->p->hash, j->o->threads);
    return 0;
}

static int digest_plugins(job *j)
{
    const plugin_def *used[MAX_PLUGINS];
    const size_t n = manifest_plugins(j->p, used, MAX_PLUGINS);
    for (size_t i = 0; i < n; i++) {
        const int r = stat(used[i]->path, &j->loaded[i]) ? -errno : sha256_file(used[i]->path, j->digest[i]);
        if (r) {
            sbuf_printf(&j->error, "cannot read the plugin %s: %s", used[i]->path, strerror(-r));
            return r == -ENOMEM ? EXIT_INTERNAL : EXIT_IO;
        }
        j->digests[i] = j->digest[i];
    }
    j->facts.plugin_digest = j->digests;
    return 0;
}

/* A plugin may be replaced while we run: what is loaded stays the old file. But one that is written over changes under
 * our feet, as far as it was not read yet. */
static int check_plugins(job *j)
{
    const plugin_def *used[MAX_PLUGINS];
    const size_t n = manifest_plugins(j->p, used, MAX_PLUGINS);
    for (size_t i = 0; i < n; i++) {
        const struct stat *was = &j->loaded[i];
        struct stat now;
        if (stat(used[i]->path, &now) || now.st_ino != was->st_ino || now.st_dev != was->st_dev ||
            (now.st_size == was->st_size && now.st_mtim.tv_sec == was->st_mtim.tv_sec &&
             now.st_mtim.tv_nsec == was->st_mtim.tv_nsec))
            continue;
        sbuf_printf(&j->error,
                    "the plugin %s was written over while it ran, so nothing was published; put a new one in its place "
                    "by renaming, or with cmake --install",
                    used[i]->path);
        return EXIT_IO;
    }
    return 0;
}

static int write_run_json(job *j)
{
    sbuf json = { 0 };
    manifest_run(&j->facts, &json);
    const int r = run_folder_write(&j->folder, "run.json", &json, &j->error);
    sbuf_free(&json);
    return r;
}

static int write_plan_json(job *j)
{
    sbuf json = { 0 };
    manifest_plan(j->p, &json);
    const int r = run_folder_write(&j->folder, "plan.json", &json, &j->error);
    sbuf_free(&json);
    return r;
}

static bool wants_quarantine(const plan *p)
{
    for (size_t i = 0; i < p->n_stages; i++)
        if (p->stages[i].on_reject == ON_REJECT_QUARANTINE)
            return true;
    return false;
}

/* Goes on where an earlier run left off, or from the start if that cannot be done. */
static int take_up(job *j)
{
    const char *path = run_folder_path(&j->folder, "progress");
    sbuf journal = { 0 }, why = { 0 };
    int r = path ? journal_read(path, &journal, &why) : SL_E_NOMEM;
    if (r == 0 && exec_resume(j->x, sbuf_z(&journal), journal.n, &why)) {
        note(j, "%s: going on where an earlier run left off", j->folder.dir);
        j->continued = true;
    } else {
        note(j, "%s: cannot go on where an earlier run left off, so it begins anew: %s", j->folder.dir,
             r == SL_END ? "it had written nothing yet" : sbuf_z(&why));
        r = path ? journal_remove(path, &j->error) : SL_E_NOMEM;
        if (r >= 0 && !exec_anew(j->x, &j->error))
            r = SL_E_IO;
    }
    sbuf_free(&journal);
    sbuf_free(&why);
    return r < 0 ? run_exit_code(r) : 0;
}

/* A fit may take hours, and then its state wants a place. */
static int make_state_dir(job *j)
{
    bool saves = false;
    for (size_t i = 0; i < j->p->n_stages; i++)
        saves |= j->p->stages[i].fits && j->p->stages[i].def->s.save;
    const int r = saves && j->o->state_dir ? fs_mkdirs(j->o->state_dir) : 0;
    if (r)
        sbuf_printf(&j->error, "cannot make the folder %s for the states of fits: %s", j->o->state_dir, strerror(-r));
    return r ? EXIT_IO : 0;
}

/* Opens the stages, looks at the first records, makes room for the outputs. */
static int prepare(job *j)
{
    int code = SL_OK, r;
    exec_options o = { .open_code = &code,
                       .threads = j->o->threads,
                       .memory = j->o->memory,
                       .states = j->o->state_dir,
                       .fresh = j->o->fresh,
                       .spill = j->o->spill,
                       .journal = run_folder_path(&j->folder, "progress"),
                       .journal_splits = run_folder_path(&j->folder, "splits.part"),
                       .kept = run_folder_path(&j->folder, "kept"),
                       .kept_index = run_folder_path(&j->folder, "kept.index"),
                       .resume = j->folder.continues,
                       .probe = true,
                       .scratch = run_folder_path(&j->folder, "scratch"),
                       .tag = j->folder.tag,
                       .cancel = j->o->cancel };
    if (wants_quarantine(j->p) && !(o.quarantine = run_folder_path(&j->folder, "quarantine.jsonl.zst"))) {
        sbuf_puts(&j->error, "out of memory");
        return EXIT_INTERNAL;
    }
    j->x = exec_open(j->p, &o, j->d);
    if (!j->x) {
        if (!j->d->errors)
            sbuf_puts(&j->error, "out of memory");
        return run_refused_code(j->d, code);
    }
    if ((r = make_state_dir(j)) || (j->folder.continues && (r = take_up(j))))
        return r;
    j->facts.exec = j->x;
    j->facts.known = KNOWN_INPUTS;

    output *const *v;
    const uint32_t *stage;
    const size_t n = exec_outputs(j->x, &v, &stage);
    const char **pattern = calloc(n + 1, sizeof *pattern);
    size_t used = 0;
    if (!pattern) {
        sbuf_puts(&j->error, "out of memory");
        return EXIT_INTERNAL;
    }
    for (size_t i = 0; i < n; i++)
        if (stage[i] != PLAN_NONE && strcmp(output_spec_of(v[i])->path, "-"))
            pattern[used++] = output_spec_of(v[i])->path;
    r = run_folder_clear(&j->folder, j->p->file->head.name, pattern, used, &j->present, &j->error);
    free(pattern);
    return r ? r : write_run_json(j);
}

/* ---- the data ---- */

/* " at 61 %", or nothing where the whole is not known. Never 100 %: it is not done. */
static void add_percent(const exec *x, sbuf *out)
{
    exec_progress now = { 0 };
    exec_progress_now(x, &now);
    const double percent = now.bytes_total ? 100.0 * (double)now.bytes_done / (double)now.bytes_total : 0;
    if (now.bytes_total)
        sbuf_printf(out, " at %d %%", percent < 99 ? (int)percent : 99);
}

static void explain_errors(job *j, sbuf *out)
{
    const exec_stage *v = exec_stages(j->x);
    const sl_amount most = j->p->file->head.max_errors;
    uint64_t errors = 0, documents = 0;
    char a[32], b[32];
    for (size_t i = 0; i < j->p->n_stages; i++) {
        errors += v[i].errors;
        documents += j->p->stages[i].def->s.kind == SL_SOURCE ? v[i].in : 0;
    }
    sbuf_printf(out, "%s of %s documents are broken, more than max_errors allows (", human_count(a, errors),
                human_count(b, documents));
    if (most.unit == SL_SHARE)
        sbuf_printf(out, "%.6g%%)", most.value * 100);
    else
        sbuf_printf(out, "%.0f)", most.value);
    if (*exec_first_error(j->x))
        sbuf_printf(out, "\nThe first: %s", exec_first_error(j->x));
    if (exec_salvage(j->x))
        sbuf_printf(out, "\nThe quarantine has those that were met so far: %s/quarantine.jsonl.zst", j->folder.dir);
    else
        sbuf_puts(out, "\nTo see them all, run with 'on_reject: quarantine' and without max_errors");
}

static int judge(job *j, exec_end end)
{
    if (!exec_stages(j->x)) { /* it could not even count */
        sbuf_puts(&j->error, "out of memory");
        return EXIT_INTERNAL;
    }
    j->facts.known = KNOWN_COUNTS;
    if (end == EXEC_OK) {
        if (conservation_check(j->p, exec_stages(j->x), &j->error))
            return 0;
        sbuf_puts(&j->error, "\nThis is a mistake in sluice or in a plugin; nothing was published");
        return EXIT_INTERNAL;
    }
    if (end == EXEC_CANCELLED) {
        sbuf_printf(&j->error, "run %s stopped", j->folder.dir);
        add_percent(j->x, &j->error);
        j->kept = exec_keep(j->x);
        sbuf_printf(&j->error, "; the same command %s", j->kept ? "continues it" : "starts it again");
        return EXIT_AGAIN;
    }
    if (end == EXEC_TOO_MANY_ERRORS)
        explain_errors(j, &j->error);
    else
        sbuf_puts(&j->error, exec_error(j->x));
    sbuf_printf(&j->error, "\nrun %s failed", j->folder.dir);
    add_percent(j->x, &j->error);
    sbuf_puts(&j->error, "; nothing was published");
    const int code = end == EXEC_TOO_MANY_ERRORS ? EXIT_BAD_DATA : run_exit_code(exec_error_code(j->x));
    /* SL_E_STATE: what is there does not fit what was done before; it never will */
    if (code == EXIT_IO && exec_error_code(j->x) != SL_E_STATE && (j->kept = exec_keep(j->x)))
        sbuf_puts(&j->error, ". The same command continues it");
    return code;
}

static int write_splits(job *j)
{
    sbuf lines = { 0 };
    manifest_splits(j->p, j->x, &lines);
    const int r = run_folder_write(&j->folder, "splits.jsonl", &lines, &j->error);
    sbuf_free(&lines);
    return r;
}

/* Shards that an earlier run wrote under our patterns, and that this one did not write again. */
static int remove_stale(job *j)
{
    output *const *v;
    const uint32_t *stage;
    const output_shard *shards;
    name_set fresh = { 0 };
    arena mem;
    int r = 0;
    arena_init(&mem, 0);
    for (size_t i = 0, n = exec_outputs(j->x, &v, &stage); i < n; i++)
        for (size_t k = 0, m = output_shards(v[i], &shards); k < m; k++)
            if (!name_set_add(&mem, &fresh, shards[k].path))
                r = -ENOMEM;
    for (size_t i = 0; i < j->present.n && r == 0; i++)
        if (!name_set_has(&fresh, j->present.v[i])) {
            note(j, "removing %s, which an earlier run wrote and this one did not", j->present.v[i]);
            if (unlink(j->present.v[i]) && errno != ENOENT) {
                r = -errno;
                sbuf_printf(&j->error, "cannot remove %s of an earlier run: %s", j->present.v[i], strerror(errno));
            }
        }
    if (r == -ENOMEM)
        sbuf_puts(&j->error, "out of memory");
    name_set_free(&fresh);
    arena_free(&mem);
    return r ? EXIT_IO : 0;
}

static int publish(job *j)
{
    j->facts.published =
        true; /* said before it is done: if we are killed in between, the next run knows these files as ours */
    int r = write_run_json(j);
    if (r == 0 && !exec_publish(j->x)) {
        sbuf_puts(&j->error, exec_error(j->x));
        r = run_exit_code(exec_error_code(j->x));
    }
    if (r == 0)
        r = remove_stale(j);
    return r ? r : write_splits(j);
}

static int run_data(job *j)
{
    if (j->o->started)
        j->o->started(j->o->u, j->x, j->folder.dir);
    int r = judge(j, exec_run(j->x));
    if (r == 0)
        r = check_plugins(j);
    if (r == 0)
        r = publish(j);
    if (j->o->ended)
        j->o->ended(j->o->u);
    return r;
}

/* ---- the whole life ---- */

/* The last word: run.json with the end of the run in it. */
static int conclude(job *j, int code)
{
    clock_gettime(CLOCK_REALTIME, &j->facts.ended);
    j->facts.state = code == 0 ? RUN_DONE : code == EXIT_AGAIN ? RUN_STOPPED : RUN_FAILED;
    j->facts.exit_code = code;
    j->facts.message = sbuf_z(&j->error);
    note(j, "%s: exit code %d%s%s", j->folder.dir, code, j->error.n ? ": " : "", sbuf_z(&j->error));
    sbuf error = { 0 }; /* not j->error, which facts.message points into */
    manifest_run(&j->facts, &j->summary);
    int r = run_folder_write(&j->folder, "run.json", &j->summary, &error);
    const char *journal = run_folder_path(&j->folder, "progress"), *splits = run_folder_path(&j->folder, "splits.part");
    if (!r && !j->kept && journal && splits) { /* after the state is known not to be "running" any more */
        r = journal_remove(journal, &error) < 0 || !exec_forget(j->x, &error) ? EXIT_IO : 0;
        (void)unlink(splits);
    }
    if (!r && code == 0)
        exec_settle(j->x);
    if (r)
        sbuf_printf(&j->error, "%s%s", j->error.n ? "\n" : "", sbuf_z(&error));
    sbuf_free(&error);
    return code ? code : r;
}

static int run_job(job *j)
{
    int r =
        run_folder_open(&j->folder, j->p->file->head.name, j->o->run_dir, j->o->fresh ? NULL : j->p->hash, &j->error);
    if (r)
        return r;
    bool began = false;
    if ((r = open_log(j)) == 0 && (r = digest_plugins(j)) == 0 && (r = write_run_json(j)) == 0 &&
        (r = prepare(j)) == 0 && (r = write_plan_json(j)) == 0) {
        began = true;
        r = conclude(j, run_data(j));
    }
    if (!began) { /* nothing was read: leave no trace of it */
        exec_free(j->x);
        j->x = NULL;
        log_state.file = NULL;
        run_folder_discard(&j->folder);
    }
    return r;
}

void run_pipeline(const plan *p, const run_options *o, diags *d, run_result *out)
{
    *out = (run_result){ .exit_code = EXIT_INTERNAL };
    job *j = calloc(1, sizeof *j);
    if (!j)
        return;
    *j = (job){ .p = p, .o = o, .d = d, .folder = { .lock = -1 } };
    j->facts = (run_facts){ .plan = p, .options = o, .folder = &j->folder };
    clock_gettime(CLOCK_REALTIME, &j->facts.started);
    (void)getrusage(RUSAGE_SELF, &j->facts.used_before);
    out->exit_code = run_job(j);
    out->dir = strdup(j->x ? j->folder.dir : ""); /* x: it began */
    out->summary = strdup(sbuf_z(&j->summary));
    out->message = strdup(sbuf_z(&j->error));
    exec_free(j->x);
    log_state.file = NULL;
    if (j->log)
        fclose(j->log);
    name_list_free(&j->present);
    run_folder_close(&j->folder);
    sbuf_free(&j->error);
    sbuf_free(&j->summary);
    free(j);
}

void run_result_free(run_result *r)
{
    free(r->dir);
    free(r->message);
    free(r->summary);
    *r = (run_result){ 0 };
}
