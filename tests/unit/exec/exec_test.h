/* A pipeline text run over small files in a folder of its own. ctest runs in the build folder. */
#ifndef EXEC_TEST_H
#define EXEC_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"
#include "exec/exec.h"
#include "unit/quick_folder.h"

static registry *plugins;
static char folder[64];

static inline int set_up(void **u)
{
    (void)u;
    plugins = registry_new("lib/sluice/test-plugins", "lib/sluice/plugins");
    return plugins ? quick_folder("exec", folder, sizeof folder) : -1;
}

static inline int tear_down(void **u)
{
    (void)u;
    registry_free(plugins);
    return fs_remove_tree(folder);
}

/* "@/" in a text stands for the folder. One of eight buffers that grow. */
static inline const char *in(const char *text)
{
    static sbuf v[8];
    static unsigned at;
    sbuf *s = &v[at++ % 8];
    sbuf_clear(s);
    for (; *text; text++)
        if (text[0] == '@' && text[1] == '/')
            sbuf_puts(s, folder);
        else
            sbuf_putc(s, *text);
    return s->p;
}

static inline void put_file(const char *path, const void *p, size_t n)
{
    assert_int_equal(fs_write_atomic(in(path), p, n), 0);
}

static inline void put_text(const char *path, const char *text) { put_file(path, text, strlen(text)); }

static inline char *get_file(const char *path)
{
    sbuf s = { 0 };
    if (fs_read_file(in(path), 1 << 26, &s) < 0)
        fail_msg("cannot read %s", in(path));
    return s.p ? s.p : strdup("");
}

static inline void file_is(const char *path, const char *want)
{
    char *got = get_file(path);
    assert_string_equal(got, want);
    free(got);
}

/* Files in a folder of ours; 0 if it is not there. */
static inline size_t files_in(const char *path)
{
    DIR *d = opendir(in(path));
    size_t n = 0;
    for (const struct dirent *e; d && (e = readdir(d));)
        n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    if (d)
        closedir(d);
    return n;
}

/* Documents from..to-1: {"id":"d7","text":"xxxxxxx","n":7,"lang":"de"}; the text has i % 37 bytes, lang is en where i
 * is even. */
static inline void add_docs(sbuf *out, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        sbuf_printf(out, "{\"id\":\"d%u\",\"text\":\"%.*s\",\"n\":%u,\"lang\":\"%s\"}\n", i, (int)(i % 37),
                    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", i, i % 2 ? "de" : "en");
}

static inline void put_docs(const char *path, unsigned from, unsigned to)
{
    sbuf s = { 0 };
    add_docs(&s, from, to);
    put_file(path, sbuf_z(&s), s.n);
    sbuf_free(&s);
}

typedef struct job {
    pipeline file;
    plan p;
    diags d;
    exec *x; /* NULL: refused */
    exec_end end;
    exec_options o;
} job;

static inline void job_show(const job *j, sbuf *out)
{
    for (size_t i = 0; i < j->d.n; i++)
        sbuf_printf(out, "%s%s%s\n", j->d.v[i].text, j->d.v[i].hint ? " | " : "", j->d.v[i].hint ? j->d.v[i].hint : "");
}

/* Plans and opens, also what has mistakes. false: refused. job_free in any case. */
static inline bool job_open(job *j, const char *text, exec_options o)
{
    const char *full = in(text);
    memset(j, 0, sizeof *j);
    diags_init(&j->d);
    j->o = o;
    j->o.tag = "t";
    const bool read = pipeline_parse(&j->file, &j->d, "p.yaml", full, strlen(full), NULL, 0);
    const bool planned = plan_make(&j->p, &j->d, &j->file, plugins);
    j->x = exec_open(&j->p, &j->o, &j->d);
    if (!planned && j->x)
        fail_msg("a plan with mistakes was opened");
    return read && j->x;
}

/* Everything up to publishing. */
static inline exec_end job_run(job *j, const char *text, exec_options o)
{
    o.probe = true;
    if (!job_open(j, text, o)) {
        sbuf s = { 0 };
        job_show(j, &s);
        fail_msg("refused:\n%s", sbuf_z(&s));
    }
    j->end = exec_run(j->x);
    if (j->end == EXEC_OK && !o.tap && !exec_publish(j->x))
        fail_msg("not published: %s", exec_error(j->x));
    if (j->end == EXEC_OK && !o.tap)
        exec_settle(j->x);
    return j->end;
}

static inline void job_free(job *j)
{
    exec_free(j->x);
    plan_free(&j->p);
    diags_free(&j->d);
    pipeline_free(&j->file);
}

static inline const exec_stage *counts(const job *j, const char *stage)
{
    for (size_t i = 0; i < j->p.n_stages; i++)
        if (!strcmp(j->p.stages[i].name, stage))
            return &exec_stages(j->x)[i];
    fail_msg("no stage '%s'", stage);
    return NULL;
}

static inline const exec_metric *metric(const job *j, const char *stage, const char *name)
{
    const exec_stage *s = counts(j, stage);
    for (size_t i = 0; i < s->n_metrics; i++)
        if (!strcmp(s->metrics[i].name, name))
            return &s->metrics[i];
    fail_msg("%s has no metric '%s'", stage, name);
    return NULL;
}

/* in = kept + rejected + errors + absorbed everywhere, and what leaves a stage arrives below. */
static inline void conserves(const job *j)
{
    const exec_stage *v = exec_stages(j->x);
    for (size_t i = 0; i < j->p.n_stages; i++) {
        const plan_stage *s = &j->p.stages[i];
        uint64_t given = 0;
        assert_int_equal(v[i].in, v[i].kept + v[i].rejected + v[i].errors + v[i].absorbed);
        for (size_t k = 0; k < s->n_from; k++)
            given += v[s->from[k]].out;
        if (s->n_from)
            assert_int_equal(v[i].in, given);
    }
}

/* Runs to the end, checks the sums, leaves the counts to be looked at. */
static inline void run_good(job *j, const char *text, unsigned threads)
{
    if (job_run(j, text, (exec_options){ .threads = threads }) != EXEC_OK)
        fail_msg("ended with %d: %s", (int)j->end, exec_error(j->x));
    assert_string_equal(exec_error(j->x), "");
    assert_int_equal(exec_error_code(j->x), SL_OK);
    conserves(j);
}

/* Runs and forgets. */
static inline void run_to(const char *text, unsigned threads)
{
    job j;
    run_good(&j, text, threads);
    job_free(&j);
}
#endif
