#include "run/manifest.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/hash.h"
#include "run/json_writer.h"

static void utc(json_writer *w, const char *key, int64_t seconds, int64_t ns)
{
    char text[48];
    const time_t t = (time_t)seconds;
    struct tm tm;
    if (!gmtime_r(&t, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm)) {
        jw_str(w, key, NULL);
        return;
    }
    snprintf(text + strlen(text), sizeof text - strlen(text), ".%03dZ", (int)(ns / 1000000));
    jw_str(w, key, text);
}

static void hex(json_writer *w, const char *key, uint64_t v)
{
    char text[17];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)v);
    jw_str(w, key, text);
}

static double seconds_between(struct timespec a, struct timespec b)
{
    return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

static double cpu_of(const struct rusage *u)
{
    return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
           (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

/* ru_maxrss would do, but it survives exec: a run started from a large process would inherit its figure. */
static uint64_t peak_memory(const struct rusage *u)
{
    sbuf text = { 0 };
    uint64_t kb = (uint64_t)u->ru_maxrss;
    const char *line =
        fs_read_file("/proc/self/status", 1 << 16, &text) == 0 ? strstr(sbuf_z(&text), "\nVmHWM:") : NULL;
    if (line) {
        line += strcspn(line, "0123456789");
        (void)str_to_u64(line, strspn(line, "0123456789"), &kb);
    }
    sbuf_free(&text);
    return kb * 1024;
}

/* ---- head ---- */

static void write_time(json_writer *w, const run_facts *f)
{
    struct rusage now;
    utc(w, "started", f->started.tv_sec, f->started.tv_nsec);
    if (f->state == RUN_RUNNING)
        return;
    utc(w, "ended", f->ended.tv_sec, f->ended.tv_nsec);
    jw_double(w, "seconds", seconds_between(f->started, f->ended));
    if (getrusage(RUSAGE_SELF, &now) == 0) {
        jw_double(w, "cpu_seconds", cpu_of(&now) - cpu_of(&f->used_before));
        jw_u64(w, "peak_memory_bytes", peak_memory(&now));
    }
}

static void write_head(json_writer *w, const run_facts *f)
{
    static const char *const state[] = { "running", "done", "failed", "stopped" };
    char host[256] = "";
    jw_i64(w, "sluice_run", RUN_JSON_FORMAT);
    jw_str(w, "state", state[f->state]);
    if (f->state != RUN_RUNNING)
        jw_i64(w, "exit_code", f->exit_code);
    if (f->message && *f->message)
        jw_str(w, "message", f->message);
    jw_str(w, "name", f->plan->file->head.name);
    jw_str(w, "run", f->folder->dir);
    jw_str(w, "version", f->options->version);
    jw_str(w, "plan_hash", f->plan->hash);
    jw_i64(w, "seed", f->plan->file->head.seed);
    write_time(w, f);
    jw_u64(w, "threads", f->options->threads);
    jw_i64(w, "process", getpid());
    if (gethostname(host, sizeof host - 1) == 0)
        jw_str(w, "host", host);
    jw_str(w, "working_directory", f->folder->directory);
}

static void write_pipeline(json_writer *w, const plan *p)
{
    jw_object(w, "vars");
    for (size_t i = 0; i < p->file->n_vars; i++)
        jw_str(w, p->file->vars[i].name, p->file->vars[i].value);
    jw_close(w);
    jw_list(w, "pipeline");
    for (size_t i = 0; i < p->file->n_sources; i++) {
        const diag_source *s = &p->file->sources[i];
        jw_object(w, NULL);
        jw_str(w, "path", s->name);
        hex(w, "xxh3", hash_bytes(s->text, s->n));
        jw_close(w);
    }
    jw_close(w);
}

size_t manifest_plugins(const plan *p, const plugin_def **out, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_stages; i++) {
        const plugin_def *d = p->stages[i].def->plugin;
        bool again = false;
        for (size_t j = 0; j < n && j < max && !again; j++)
            again = out[j] == d;
        if (again)
            continue;
        if (n < max)
            out[n] = d;
        n++;
    }
    return n < max ? n : max;
}

static void write_plugins(json_writer *w, const run_facts *f)
{
    const plugin_def *used[256];
    const size_t n = manifest_plugins(f->plan, used, sizeof used / sizeof *used);
    jw_list(w, "plugins");
    for (size_t i = 0; i < n; i++) {
        jw_object(w, NULL);
        jw_str(w, "name", used[i]->name);
        jw_str(w, "version", used[i]->version);
        jw_str(w, "path", used[i]->path);
        jw_str(w, "sha256", f->plugin_digest[i]);
        jw_close(w);
    }
    jw_close(w);
}

/* ---- inputs and stages ---- */

static void write_inputs(json_writer *w, const run_facts *f)
{
    const exec_file *v;
    const size_t n = exec_files(f->exec, &v);
    jw_list(w, "inputs");
    for (size_t i = 0; i < n; i++) {
        jw_object(w, NULL);
        jw_str(w, "stage", f->plan->stages[v[i].source].name);
        jw_str(w, "path", v[i].path);
        jw_str(w, "codec", v[i].codec);
        jw_u64(w, "bytes", v[i].size);
        hex(w, "fingerprint", v[i].fingerprint);
        if (v[i].mtime_ns)
            utc(w, "modified", v[i].mtime_ns / 1000000000, v[i].mtime_ns % 1000000000);
        if (f->known >= KNOWN_COUNTS) {
            jw_u64(w, "records", v[i].records);
            jw_list(w, "damage");
            for (size_t k = 0; k < v[i].n_damage; k++)
                jw_str(w, NULL, v[i].damage[k]);
            jw_close(w);
        }
        jw_close(w);
    }
    jw_close(w);
}

static void write_metrics(json_writer *w, const char *key, uint32_t kind, const exec_stage *s)
{
    jw_object(w, key);
    for (size_t i = 0; i < s->n_metrics; i++)
        if (s->metrics[i].kind == kind)
            jw_u64(w, s->metrics[i].name, s->metrics[i].n);
    jw_close(w);
}

static void write_bars(json_writer *w, const exec_metric *m)
{
    jw_list(w, "histogram");
    for (size_t i = 0; i < m->n_bars; i++) {
        jw_object(w, NULL);
        jw_double(w, "from", m->bars[i].from);
        jw_double(w, "below", m->bars[i].below);
        jw_u64(w, "n", m->bars[i].n);
        jw_close(w);
    }
    jw_close(w);
}

static void write_values(json_writer *w, const exec_stage *s)
{
    char name[16];
    jw_object(w, "values");
    for (size_t i = 0; i < s->n_metrics; i++) {
        const exec_metric *m = &s->metrics[i];
        if (m->kind != SL_M_VALUE || !m->n) /* many are observed only where somebody looks */
            continue;
        jw_object(w, m->name);
        jw_u64(w, "n", m->n);
        jw_double(w, "min", m->min);
        jw_double(w, "max", m->max);
        jw_double(w, "mean", m->mean);
        for (int q = 0; q < EXEC_QUANTILES; q++) {
            snprintf(name, sizeof name, "p%u", exec_percents[q]);
            jw_double(w, name, m->p[q]);
        }
        write_bars(w, m);
        jw_close(w);
    }
    jw_close(w);
}

static void write_stages(json_writer *w, const run_facts *f)
{
    const exec_stage *v = exec_stages(f->exec);
    jw_list(w, "stages");
    for (size_t i = 0; i < f->plan->n_stages; i++) {
        const exec_stage *s = &v[i];
        jw_object(w, NULL);
        jw_str(w, "name", f->plan->stages[i].name);
        jw_str(w, "use", f->plan->stages[i].common.use);
        jw_u64(w, "in", s->in);
        jw_u64(w, "kept", s->kept);
        write_metrics(w, "rejected", SL_M_REJECT, s);
        write_metrics(w, "errors", SL_M_ERROR, s);
        jw_u64(w, "absorbed", s->absorbed);
        jw_u64(w, "out", s->out);
        jw_u64(w, "annotated", s->annotated);
        write_metrics(w, "counts", SL_M_COUNT, s);
        write_values(w, s);
        jw_double(w, "seconds", (double)s->ns / 1e9);
        jw_list(w, "tables");
        for (size_t k = 0; k < s->n_tables; k++) {
            jw_object(w, NULL);
            jw_str(w, "title", s->tables[k].title);
            jw_raw(w, "rows", s->tables[k].rows);
            jw_close(w);
        }
        jw_close(w);
        jw_close(w);
    }
    jw_close(w);
}

static void write_passes(json_writer *w, const run_facts *f)
{
    const exec_pass *v;
    const exec_state *s;
    jw_list(w, "passes");
    for (size_t i = 0, n = exec_passes(f->exec, &v); i < n; i++) {
        jw_object(w, NULL);
        jw_str(w, "what", v[i].what);
        jw_u64(w, "documents", v[i].documents);
        jw_double(w, "seconds", v[i].seconds);
        jw_close(w);
    }
    jw_close(w);
    jw_list(w, "states");
    for (size_t i = 0, n = exec_states(f->exec, &s); i < n; i++) {
        jw_object(w, NULL);
        jw_str(w, "stage", f->plan->stages[s[i].stage].name);
        jw_str(w, "what", s[i].what);
        jw_str(w, "path", s[i].path);
        jw_bool(w, "found", s[i].found);
        jw_close(w);
    }
    jw_close(w);
    jw_u64(w, "scratch_bytes", exec_scratch_bytes(f->exec));
}

/* ---- outputs ---- */

static void write_shard(json_writer *w, const output_shard *s)
{
    jw_str(w, "path", s->path);
    jw_u64(w, "records", s->records);
    jw_u64(w, "bytes", s->bytes);
    jw_u64(w, "file_bytes", s->file_bytes);
    jw_str(w, "sha256", s->sha256);
}

static void write_outputs(json_writer *w, const run_facts *f)
{
    output *const *v;
    const uint32_t *stage;
    const output_shard *shards;
    const size_t n = exec_outputs(f->exec, &v, &stage);
    jw_list(w, "outputs");
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0, m = stage[i] == PLAN_NONE ? 0 : output_shards(v[i], &shards); k < m; k++) {
            jw_object(w, NULL);
            jw_str(w, "stage", f->plan->stages[stage[i]].name);
            write_shard(w, &shards[k]);
            jw_close(w);
        }
    jw_close(w);
    for (size_t i = 0; i < n; i++)
        if (stage[i] == PLAN_NONE && output_shards(v[i], &shards)) {
            jw_object(w, "quarantine");
            write_shard(w, &shards[0]);
            jw_close(w);
        }
}

/* For later runs: what is theirs to replace, and what a killed run leaves behind. */
static void write_claims(json_writer *w, const run_facts *f)
{
    output *const *v;
    const uint32_t *stage;
    const output_shard *shards;
    const size_t n = f->known >= KNOWN_INPUTS ? exec_outputs(f->exec, &v, &stage) : 0;
    jw_list(w, "claims");
    for (size_t i = 0; i < n && f->published; i++)
        for (size_t k = 0, m = stage[i] == PLAN_NONE ? 0 : output_shards(v[i], &shards); k < m; k++)
            if (strcmp(shards[k].path, "-"))
                jw_str(w, NULL, shards[k].path);
    for (size_t i = 0; i < f->folder->carried.n; i++)
        jw_str(w, NULL, f->folder->carried.v[i]);
    jw_close(w);
    jw_object(w, "temporary");
    jw_str(w, "tag", f->folder->tag);
    jw_list(w, "outputs");
    for (size_t i = 0; i < n; i++)
        if (strcmp(output_spec_of(v[i])->path, "-"))
            jw_str(w, NULL, output_spec_of(v[i])->path);
    jw_close(w);
    jw_close(w);
}

void manifest_run(const run_facts *f, sbuf *json)
{
    json_writer w = { .out = json };
    jw_object(&w, NULL);
    write_head(&w, f);
    write_pipeline(&w, f->plan);
    write_plugins(&w, f);
    if (f->known >= KNOWN_INPUTS)
        write_inputs(&w, f);
    if (f->known >= KNOWN_COUNTS)
        write_stages(&w, f);
    if (f->known >= KNOWN_COUNTS)
        write_passes(&w, f);
    if (f->published)
        write_outputs(&w, f);
    write_claims(&w, f);
    jw_close(&w);
    sbuf_putc(json, '\n');
}

/* ---- the other files ---- */

void manifest_plan(const plan *p, sbuf *json)
{
    json_writer w = { .out = json };
    sbuf frozen = { 0 };
    plan_json(p, &frozen);
    jw_object(&w, NULL);
    jw_i64(&w, "sluice_plan", RUN_JSON_FORMAT);
    jw_str(&w, "plan_hash", p->hash);
    write_pipeline(&w, p);
    jw_raw(&w, "plan", sbuf_z(&frozen));
    jw_close(&w);
    sbuf_putc(json, '\n');
    json->failed = json->failed || frozen.failed;
    sbuf_free(&frozen);
}

void manifest_splits(const plan *p, const exec *x, sbuf *lines)
{
    const exec_split *v;
    const exec_file *files;
    const size_t n = exec_splits(x, &v), n_files = exec_files(x, &files);
    for (size_t i = 0; i < n; i++) {
        json_writer w = { .out = lines, .compact = true };
        jw_object(&w, NULL);
        jw_str(&w, "source", p->stages[v[i].source].name);
        jw_str(&w, "path", v[i].file < n_files ? files[v[i].file].path : NULL);
        jw_u64(&w, "first", v[i].first);
        jw_u64(&w, "chunks", v[i].chunks);
        jw_u64(&w, "begin", v[i].begin);
        jw_u64(&w, "end", v[i].end);
        jw_u64(&w, "records", v[i].records);
        jw_u64(&w, "kept", v[i].kept);
        jw_close(&w);
        sbuf_putc(lines, '\n');
    }
}
