/* Running a case: the program in a fresh folder, once for each variant. */
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/fs.h"
#include "case.h"

enum { EXIT_CONFIG = 78 }; /* what the program answers to a wrong pipeline file */

extern char **environ;

/* ---- the program ---- */

/* Its exit code, 128 + signal, or -1. Its output goes to the files stdout and stderr in the folder. */
static int spawn(const char *folder, char *const *argv)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    const int mode = O_CREAT | O_WRONLY | O_TRUNC;
    const bool spawned = posix_spawn_file_actions_addchdir_np(&actions, folder) == 0 &&
                         posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
                         posix_spawn_file_actions_addopen(&actions, 1, "stdout", mode, 0644) == 0 &&
                         posix_spawn_file_actions_addopen(&actions, 2, "stderr", mode, 0644) == 0 &&
                         posix_spawn(&child, argv[0], &actions, NULL, argv, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    if (!spawned || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_program(const char *program, const char *folder, const test_case *t, const variant *v)
{
    char threads[16];
    snprintf(threads, sizeof(threads), "%u", v->threads);
    char *const run[] = {
        (char *)program, "run", "--quiet", "--run-dir", "run", "--threads", threads, "case.yaml", NULL
    };
    char *const check[] = { (char *)program, "check", "case.yaml", NULL };
    return spawn(folder, t->error && !t->exit ? check : run);
}

/* ---- comparing ---- */

static size_t line_length(const char *p, const char *end)
{
    const char *newline = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    return newline ? (size_t)(newline - p) + 1 : (size_t)(end - p);
}

static void quote_line(sbuf *why, const char *label, const char *p, size_t n)
{
    enum { SHOWN = 300 };
    if (n == 0)
        sbuf_printf(why, "\n    %s (nothing)", label);
    else
        sbuf_printf(why, "\n    %s %.*s%s", label, (int)(n < SHOWN ? n : SHOWN), p,
                    p[n - 1] == '\n' ? "" : " (no newline)\n");
    if (why->n && why->p[why->n - 1] == '\n')
        why->p[--why->n] = '\0';
}

/* Says where two texts part. */
static void differ(sbuf *why, const char *name, const sbuf *got, const char *want, size_t want_n)
{
    const char *a = sbuf_z(got), *a_end = a + got->n, *b = want, *b_end = want + want_n;
    for (unsigned line = 1;; line++) {
        const size_t n = line_length(a, a_end), m = line_length(b, b_end);
        if (n != m || memcmp(a, b, n) != 0) {
            sbuf_printf(why, "%s, line %u:", name, line);
            quote_line(why, "expected", b, m);
            quote_line(why, "got     ", a, n);
            return;
        }
        a += n;
        b += m;
    }
}

static bool file_holds(const char *folder, const char *name, const yaml_node *want, sbuf *why)
{
    sbuf got = { 0 };
    bool ok = folder_read(folder, name, &got, why);
    if (ok && (got.n != want->n || memcmp(sbuf_z(&got), want->text, got.n) != 0)) {
        differ(why, name, &got, want->text, want->n);
        ok = false;
    }
    sbuf_free(&got);
    return ok;
}

static bool shows(const sbuf *text, const yaml_node *want, sbuf *why)
{
    bool ok = true;
    if (want->kind == YAML_SCALAR) {
        ok = strstr(sbuf_z(text), want->text) != NULL;
        if (!ok)
            sbuf_printf(why, "the message lacks '%s':\n%s", want->text, sbuf_z(text));
    }
    for (size_t i = 0; ok && want->kind == YAML_LIST && i < want->n; i++)
        ok = shows(text, want->items[i], why);
    return ok;
}

/* ---- one variant ---- */

static int expected_exit(const test_case *t)
{
    if (t->exit)
        return atoi(t->exit->text);
    return t->error ? EXIT_CONFIG : 0;
}

static bool judge(const char *folder, const test_case *t, int code, sbuf *why)
{
    sbuf said = { 0 };
    bool ok = folder_read(folder, "stderr", &said, why);
    if (ok && code != expected_exit(t)) {
        sbuf_printf(why, "exit code %d, not %d:\n%s", code, expected_exit(t), sbuf_z(&said));
        ok = false;
    }
    ok = ok && (!t->error || shows(&said, t->error, why));
    if (ok && t->out)
        ok = file_holds(folder, "out.jsonl", t->out, why);
    for (size_t i = 0; ok && t->out_files && i < t->out_files->n; i++)
        ok = file_holds(folder, t->out_files->pairs[i].key->text, t->out_files->pairs[i].value, why);
    if (ok && code == 0)
        ok = report_agrees(folder, t, why) && (!t->evidence || quarantine_agrees(folder, t, why));
    sbuf_free(&said);
    return ok;
}

static bool run_variant(const char *program, const test_case *t, const variant *v, sbuf *why)
{
    const char *base = getenv("TMPDIR");
    char folder[4096];
    const int n = snprintf(folder, sizeof(folder), "%s/sluice-case-XXXXXX", base && *base ? base : "/tmp");
    if (n < 0 || (size_t)n >= sizeof(folder) || !mkdtemp(folder))
        return sbuf_puts(why, "cannot make a temporary folder"), false;
    bool ok = folder_fill(folder, t, v, why);
    if (ok)
        ok = judge(folder, t, run_program(program, folder, t, v), why);
    if (!ok)
        sbuf_printf(why, "\n    with batch_rows %u, threads %u, split_bytes %s%s", v->batch_rows, v->threads,
                    v->split_bytes ? "64" : "default", v->decoys ? ", decoys" : "");
    fs_remove_tree(folder);
    return ok;
}

bool case_run(const char *program, const test_case *t, sbuf *why)
{
    /* Every pair of two settings occurs in one of these. */
    static const variant all[] = {
        { .batch_rows = 1024, .threads = 1, .split_bytes = 0, .decoys = 0 },
        { .batch_rows = 1024, .threads = 3, .split_bytes = 64, .decoys = 1 },
        { .batch_rows = 3, .threads = 1, .split_bytes = 64, .decoys = 0 },
        { .batch_rows = 3, .threads = 3, .split_bytes = 0, .decoys = 1 },
        { .batch_rows = 1, .threads = 3, .split_bytes = 64, .decoys = 0 },
        { .batch_rows = 1, .threads = 1, .split_bytes = 0, .decoys = 1 },
    };
    const size_t n = t->error ? 1 : sizeof all / sizeof *all; /* a mistake is one in every variant */
    for (size_t i = 0; i < n; i++) {
        variant v = all[i];
        v.decoys = v.decoys && !t->has_source; /* nothing stands in front of a source */
        if (!run_variant(program, t, &v, why))
            return false;
    }
    return true;
}
