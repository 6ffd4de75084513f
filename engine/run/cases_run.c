#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/fs.h"
#include "run/cases.h"
#include "run/cases_bind.h"

enum { MAX_PORTS = 64 };

bool cases_check(diags *d, const plan *p, registry *reg)
{
    static const char *paths[MAX_PORTS];
    const size_t before = d->errors;
    for (size_t i = 0; i < MAX_PORTS; i++)
        paths[i] = "port.jsonl";
    for (size_t i = 0; i < p->file->n_cases; i++) {
        const pipeline_case *c = &p->file->cases[i];
        bound_case b;
        pipeline small;
        plan made;
        arena mem;
        arena_init(&mem, 0);
        if (c->n_ports > MAX_PORTS)
            diag_error(d, c->place, "more than %d ports", MAX_PORTS);
        else if (case_bind(&b, &mem, d, p, reg, c) && case_build(&small, &mem, d, &b, "in.jsonl", paths)) {
            (void)plan_make(&made, d, &small, reg);
            plan_free(&made);
        }
        arena_free(&mem);
    }
    return d->errors == before;
}

/* ---- documents as files in memory ---- */

typedef struct memory_file {
    int fd;
    char path[40];
} memory_file;

/* 0 or -errno. */
static int memory_file_make(memory_file *f, const pipeline_docs *docs)
{
    sbuf text = { 0 };
    for (size_t i = 0; i < docs->n; i++) {
        sbuf_add(&text, docs->v[i].json, docs->v[i].n);
        sbuf_putc(&text, '\n');
    }
    f->fd = memfd_create("sluice-test", MFD_CLOEXEC);
    int r = f->fd < 0 ? -errno : text.failed ? -ENOMEM : fs_write_all(f->fd, sbuf_z(&text), text.n);
    snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
    sbuf_free(&text);
    return r;
}

static void memory_file_close(memory_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
}

/* ---- running ---- */

typedef struct job {
    const plan *p;
    registry *reg;
    const pipeline_case *c;
    atomic_int *cancel;
    case_result *out;
    uint32_t end; /* the sink of the small plan */
} job;

static void problem(case_result *out, const char *text)
{
    const char *copy = text ? arena_strdup(&out->mem, text) : NULL;
    out->problem = copy && *copy ? copy : "out of memory";
}

/* Every document that comes to the sink. */
static bool take(void *u, const exec_row *row)
{
    job *j = u;
    case_result *out = j->out;
    if (row->stage != j->end || row->fate == ROW_REJECTED)
        return true;
    sbuf json = { 0 };
    exec_row_json(row, false, &json);
    json_tree *came = arena_grow(&out->mem, out->came, out->n_came, sizeof *came);
    const char *text = json.failed ? NULL : arena_strndup(&out->mem, sbuf_z(&json), json.n);
    json_error e = JSON_NOMEM;
    if (came && text) {
        out->came = came;
        e = json_tree_parse(&out->mem, text, json.n, &came[out->n_came++]);
    }
    sbuf_free(&json);
    if (e)
        problem(out, e == JSON_NOMEM ? "out of memory"
                                     : arena_printf(&out->mem, "a document came out of which nothing can be said: %s",
                                                    json_error_text(e)));
    return e == JSON_OK;
}

/* The first mistake is why the case cannot be run; the others mostly follow from it. */
static void problem_from(case_result *out, const diags *d)
{
    for (size_t i = 0; i < d->n && !out->problem; i++)
        if (d->v[i].severity == DIAG_ERROR)
            problem(out, d->v[i].text);
    if (!out->problem)
        problem(out, "out of memory");
}

/* ---- counts ---- */

static case_tally *tally_of(case_result *out, const char *reason)
{
    for (size_t i = 0; i < out->n_tallies; i++)
        if (!strcmp(out->tallies[i].reason, reason))
            return &out->tallies[i];
    case_tally *v = arena_grow(&out->mem, out->tallies, out->n_tallies, sizeof *v);
    const char *name = arena_strdup(&out->mem, reason);
    if (!v || !name)
        return NULL;
    out->tallies = v;
    v[out->n_tallies] = (case_tally){ .reason = name };
    return &v[out->n_tallies++];
}

/* What a source refuses of the documents has not been tested, so somebody must have expected it. */
static bool tally(job *j, const exec *x, const plan *small)
{
    const exec_stage *v = exec_stages(x);
    for (size_t i = 0; i < j->c->n_rejects; i++) {
        case_tally *t = tally_of(j->out, j->c->rejects[i].reason);
        if (!t)
            return false;
        t->expected = j->c->rejects[i].n;
    }
    for (size_t s = 0; v && s < small->n_stages; s++)
        for (size_t m = 0; m < v[s].n_metrics; m++) {
            const exec_metric *e = &v[s].metrics[m];
            if (!e->n || (e->kind != SL_M_REJECT && e->kind != SL_M_ERROR))
                continue;
            case_tally *t = tally_of(j->out, e->name);
            if (!t)
                return false;
            t->came += e->n;
            t->wrong |= small->stages[s].def->s.kind == SL_SOURCE && !j->c->has_rejects;
        }
    for (size_t i = 0; i < j->out->n_tallies; i++) {
        case_tally *t = &j->out->tallies[i];
        t->wrong |= j->c->has_rejects && t->expected != t->came;
        j->out->ok &= !t->wrong;
    }
    return v != NULL;
}

/* ---- documents ---- */

static bool judge_documents(job *j)
{
    case_result *out = j->out;
    const pipeline_case *c = j->c;
    if (c->out_kind == CASE_OUT_COUNT) {
        out->n_expected = (size_t)c->out_count;
        out->docs_wrong = out->n_expected != out->n_came;
    } else if (c->out_kind == CASE_OUT_DOCS) {
        out->expected = arena_zalloc(&out->mem, (c->out.n + 1) * sizeof *out->expected, _Alignof(json_tree));
        for (size_t i = 0; out->expected && i < c->out.n; i++)
            if (json_tree_parse(&out->mem, c->out.v[i].json, c->out.v[i].n, &out->expected[i]) != JSON_OK)
                return false;
        out->n_expected = c->out.n;
        if (!out->expected)
            return false;
        out->docs_wrong = !case_compare(&out->mem, out->expected, out->n_expected, out->came, out->n_came, c->unordered,
                                        &out->diff, &out->n_diff, &out->reordered);
        if (out->docs_wrong && !out->reordered && !out->diff)
            return false;
    }
    out->ok &= !out->docs_wrong;
    return true;
}

static void run_plan(job *j, const plan *small)
{
    const exec_options o = {
        .threads = 1, .tag = "test", .no_sinks = true, .tap = take, .tap_u = j, .cancel = j->cancel
    };
    case_result *out = j->out;
    diags d;
    diags_init(&d);
    j->end = (uint32_t)small->n_stages - 1;
    exec *x = exec_open(small, &o, &d);
    if (x) {
        const exec_end end = exec_run(x);
        out->cancelled = end == EXEC_CANCELLED;
        if (end != EXEC_OK)
            problem(out, end == EXEC_CANCELLED ? "stopped" : exec_error(x));
        else if (!out->problem && (!tally(j, x, small) || !judge_documents(j)))
            problem(out, "out of memory");
    } else {
        problem_from(out, &d);
    }
    exec_free(x);
    diags_free(&d);
}

static void run_with(job *j, arena *mem, memory_file *in, memory_file *ports)
{
    const char *paths[MAX_PORTS];
    bound_case b;
    pipeline small;
    plan made;
    diags d;
    diags_init(&d);
    for (size_t i = 0; i < j->c->n_ports; i++)
        paths[i] = ports[i].path;
    if (case_bind(&b, mem, &d, j->p, j->reg, j->c) && case_build(&small, mem, &d, &b, in->path, paths)) {
        const char *where = arena_strdup(&j->out->mem, b.where);
        j->out->where = where ? where : "";
        if (plan_make(&made, &d, &small, j->reg))
            run_plan(j, &made);
        else
            problem_from(j->out, &d);
        plan_free(&made);
    } else {
        problem_from(j->out, &d);
    }
    diags_free(&d);
}

void case_run(const plan *p, registry *reg, const pipeline_case *c, atomic_int *cancel, case_result *out)
{
    memory_file in = { .fd = -1 }, ports[MAX_PORTS];
    job j = { .p = p, .reg = reg, .c = c, .cancel = cancel, .out = out };
    arena mem;
    size_t made = 0;
    *out = (case_result){ .ok = true, .where = "" };
    arena_init(&out->mem, 0);
    arena_init(&mem, 0);
    int r = c->n_ports > MAX_PORTS ? -E2BIG : memory_file_make(&in, &c->in);
    for (; r == 0 && made < c->n_ports; made++)
        r = memory_file_make(&ports[made], &c->ports[made].docs);
    if (r == 0)
        run_with(&j, &mem, &in, ports);
    else
        problem(out, strerror(-r));
    memory_file_close(&in);
    for (size_t i = 0; i < made; i++)
        memory_file_close(&ports[i]);
    out->ok &= !out->problem;
    arena_free(&mem);
}

void case_result_free(case_result *r) { arena_free(&r->mem); }
