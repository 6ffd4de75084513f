/* Fitted states: saving and finding them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/hash.h"
#include "exec/ledger.h"
#include "exec/states.h"

static void what_name(uint32_t what, char out[24])
{
    if (what == SL_WHOLE)
        snprintf(out, 24, "whole");
    else
        snprintf(out, 24, "port %u", what);
}

/* The options that a fit depends on, as text: states of other options are of no use. */
static void fit_options(const plan_stage *p, sbuf *out) { option_dump(p->def->options, p->cfg, SL_OPT_APPLY, out); }

/* For people: which options, what inputs. */
static void made_by(const exec *x, uint32_t stage, sbuf *out)
{
    const plan_stage *p = &x->p->stages[stage];
    sbuf_puts(out, "{\"use\":");
    sbuf_json_z(out, p->common.use);
    sbuf_puts(out, ",\"pipeline\":");
    sbuf_json_z(out, x->p->file->head.name);
    sbuf_puts(out, ",\"options\":");
    option_dump(p->def->options, p->cfg, 0, out);
    sbuf_puts(out, ",\"fit\":");
    fit_options(p, out);
    sbuf_puts(out, ",\"inputs\":[");
    for (size_t i = 0; i < x->n_files && i < 100; i++) {
        sbuf_puts(out, i ? ",{\"path\":" : "{\"path\":");
        sbuf_json_z(out, x->files[i].path);
        sbuf_printf(out, ",\"bytes\":%llu,\"fingerprint\":\"%016llx\"}", (unsigned long long)x->files[i].size,
                    (unsigned long long)x->files[i].fingerprint);
    }
    sbuf_printf(out, "],\"files\":%zu,\"above\":[", x->n_files);
    for (uint32_t i = 0, n = 0; i < stage; i++) {
        if (x->p->stages[i].owner != PLAN_NONE)
            continue;
        sbuf_puts(out, n++ ? "," : "");
        sbuf_json_z(out, x->p->stages[i].name);
    }
    sbuf_puts(out, "]}");
}

/* ---- the report of a fit, which must not be lost where the fit is skipped ---- */

static void report_of(const exec *x, uint32_t stage, sbuf *out)
{
    const stage_state *s = &x->st[stage];
    sbuf_puts(out, "{\"counts\":[");
    for (size_t m = 0; m < s->n_metrics; m++)
        sbuf_printf(out, "%s%llu", m ? "," : "", (unsigned long long)s->fit_counts[m]);
    sbuf_puts(out, "],\"tables\":[");
    for (size_t i = 0; i < s->n_tables; i++) {
        sbuf_puts(out, i ? "," : "");
        sbuf_json_z(out, s->tables[i].title);
        sbuf_putc(out, ',');
        sbuf_json_z(out, s->tables[i].rows);
    }
    sbuf_puts(out, "]}");
}

static int take_report(exec *x, uint32_t stage, const char *report)
{
    static const json_field fields[] = { { "counts", SL_LIST_OF(SL_T_U64) }, { "tables", SL_LIST_OF(SL_T_STR) } };
    stage_state *s = &x->st[stage];
    json_cell cell[2];
    const size_t n = strlen(report);
    char *copy = arena_zalloc(&x->mem, n + INPUT_SLACK + 1, 8);
    json_parser *parser = json_parser_new(fields, 2);
    json_error read = copy && parser ? JSON_OK : JSON_NOMEM;
    bool good = read == JSON_OK;
    if (good && n) {
        memcpy(copy, report, n);
        read = json_parse(parser, copy, n, &x->mem, cell);
        good = read == JSON_OK && cell[0].state == CELL_OK && cell[1].state == CELL_OK &&
               cell[0].v.list.n == s->n_metrics && cell[1].v.list.n % 2 == 0;
        for (size_t m = 0; good && m < s->n_metrics; m++)
            s->fit_counts[m] = ((const uint64_t *)cell[0].v.list.p)[m];
        const sl_str *t = good ? cell[1].v.list.p : NULL;
        for (uint32_t i = 0; read == JSON_OK && good && i + 1 < cell[1].v.list.n; i += 2) {
            exec_table *v = arena_grow(&x->mem, s->tables, s->n_tables, sizeof *v);
            const exec_table table = { arena_strndup(&x->mem, t[i].p, t[i].n),
                                       arena_strndup(&x->mem, t[i + 1].p, t[i + 1].n) };
            if (!v || !table.title || !table.rows) {
                read = JSON_NOMEM;
            } else {
                s->tables = v;
                v[s->n_tables++] = table;
            }
        }
    }
    json_parser_free(parser);
    return read == JSON_NOMEM ? SL_E_NOMEM : good ? SL_OK : SL_E_STATE;
}

const char *states_path(exec *x, uint32_t stage, uint32_t what, char name[17])
{
    char kind[24];
    if (!x->o.states || !states_name(x, stage, what, name))
        return NULL;
    what_name(what, kind);
    return artifact_path(&x->mem, x->o.states, x->p->stages[stage].common.use, name, kind);
}

bool states_there(exec *x, uint32_t stage, uint32_t what, bool resumed, char name[17], const char **path)
{
    const char *waits = NULL;
    *path = states_path(x, stage, what, name);
    if (!*path)
        return !x->o.states;
    if (fs_exists(*path))
        return true;
    const bool room = !resumed || states_waiting(x, stage, what, *path, &waits);
    *path = waits && fs_exists(waits) ? waits : NULL;
    return room;
}

/* false: out of memory. */
static bool note_state(exec *x, uint32_t stage, const char *what, const char *path, const char *waits, bool found)
{
    exec_state *v = arena_grow(&x->mem, x->states, x->n_states, sizeof *v);
    if (!v)
        return false;
    x->states = v;
    v[x->n_states] = (exec_state){ stage, arena_strdup(&x->mem, what), arena_strdup(&x->mem, path), waits, found };
    const bool good = v[x->n_states].what && v[x->n_states].path;
    x->n_states += good;
    return good;
}

size_t exec_states(const exec *x, const exec_state **out)
{
    *out = x->states;
    return x->n_states;
}

/* ---- saving ---- */

bool states_save(exec *x, uint32_t stage, uint32_t what)
{
    stage_state *s = &x->st[stage];
    worker *w = &x->workers[0];
    char name[17], kind[24];
    sbuf err = { 0 }, by = { 0 }, report = { 0 };
    bool part = false;
    for (size_t k = 0; k < s->p->n_ports; k++)
        part |= (s->p->ports[k].flags & SL_PORT_STATE) != 0;
    if (!x->o.states || !s->s->save || !s->s->load || (what != SL_WHOLE && !part))
        return true;
    const char *path = states_path(x, stage, what, name);
    what_name(what, kind);
    if (states_file_identity(s->p->def->plugin->path) != states_plugin_identity(s->p->def->plugin)) {
        sbuf_printf(&x->notes, "%s changed while it ran; what %s was fitted to is not saved\n", s->p->def->plugin->path,
                    s->p->name);
        return true; /* nobody could tell which of the two made it */
    }
    made_by(x, stage, &by);
    report_of(x, stage, &report);
    const char *plugin_name = arena_printf(&x->mem, "%s %s", s->p->def->plugin->name, s->p->def->plugin->version);
    const char *waits = NULL;
    if (!path || !states_waiting(x, stage, what, path, &waits) || !plugin_name || by.failed ||
        report.failed) { /* saved, it would mislead every later run */
        sbuf_free(&by);
        sbuf_free(&report);
        return worker_fail(w, SL_E_NOMEM, "out of memory"), false;
    }
    const artifact_head head = { .stage = s->p->common.use,
                                 .name = name,
                                 .what = kind,
                                 .state_version = s->s->state_version,
                                 .plugin = plugin_name,
                                 .made_by = sbuf_z(&by),
                                 .report = what == SL_WHOLE ? sbuf_z(&report) : "",
                                 .created = (int64_t)time(NULL) };
    struct sl_io io = { .out = artifact_create(waits ? waits : path, &head, &err) };
    int r = io.out ? SL_OK : SL_E_IO;
    if (r == SL_OK) {
        stage_thread *st = &w->st[stage];
        st->ctx.phase = SL_FIT;
        const uint64_t t0 = now_ns();
        r = stage_failed(w, stage, s->s->save(&st->ctx, s->g, what, &io));
        s->fit_ns += now_ns() - t0;
    }
    if (r >= 0)
        r = artifact_commit(io.out, &err);
    else
        artifact_abort(io.out);
    if (r >= 0 && !note_state(x, stage, kind, path, waits, false)) {
        r = SL_E_NOMEM;
        if (waits)
            (void)unlink(waits); /* nobody knows of it */
    }
    if (r < 0)
        worker_fail(w, r, "%s", err.n ? sbuf_z(&err) : "out of memory");
    sbuf_free(&err);
    sbuf_free(&by);
    sbuf_free(&report);
    return r >= 0;
}

/* ---- finding ---- */

static bool same_options(const plan_stage *p, const char *made_by, sbuf *why)
{
    static const json_field field = { "fit", SL_T_JSON };
    const size_t n = strlen(made_by);
    sbuf ours = { 0 };
    json_cell theirs = { .state = CELL_MISSING };
    json_parser *parser = json_parser_new(&field, 1);
    arena mem;
    arena_init(&mem, 0);
    char *copy = arena_zalloc(&mem, n + INPUT_SLACK + 1, 8);
    if (copy)
        memcpy(copy, made_by, n);
    fit_options(p, &ours);
    const json_error read = copy && parser ? json_parse(parser, copy, n, &mem, &theirs) : JSON_NOMEM;
    const bool known = read == JSON_OK && theirs.state == CELL_OK;
    why->failed |= read == JSON_NOMEM || ours.failed;
    if (!known)
        sbuf_puts(why, "it does not say which options it was made with");
    else if (theirs.v.str.n != ours.n || memcmp(theirs.v.str.p, sbuf_z(&ours), ours.n) != 0)
        sbuf_printf(why, "it was made with other options: %.*s there, %s here", (int)theirs.v.str.n, theirs.v.str.p,
                    sbuf_z(&ours));
    json_parser_free(parser);
    arena_free(&mem);
    sbuf_free(&ours);
    return !why->n && !why->failed;
}

/* false: why says it, or has failed: no memory. */
static bool is_ours(const exec *x, uint32_t stage, const artifact_head *h, bool part, sbuf *why)
{
    const plan_stage *p = &x->p->stages[stage];
    if (strcmp(h->stage, p->common.use))
        sbuf_printf(why, "it is a state of %s, not of %s", h->stage, p->common.use);
    else if (h->state_version != p->def->s.state_version)
        sbuf_printf(why, "it is of version %u of %s; this is version %u", h->state_version, h->stage,
                    p->def->s.state_version);
    else if (strncmp(h->what, part ? "port " : "whole", 5) != 0)
        sbuf_printf(why, "it holds '%s'; %s is wanted", h->what, part ? "what a fit gathered ('port 0')" : "'whole'");
    return !why->n && !why->failed && same_options(p, h->made_by, why);
}

/* What reads the file names it first. */
static void refuse(sbuf *why, const char *path, const char *reason)
{
    if (strncmp(reason, path, strlen(path)))
        sbuf_printf(why, "%s cannot be used: ", path);
    sbuf_puts(why, reason);
}

static bool note_found(exec *x, uint32_t stage, uint32_t what, const char *kind, const char *path)
{
    char name[17];
    const char *named = states_path(x, stage, what, name);
    const char *waits = NULL;
    if (x->o.states && (!named || !states_waiting(x, stage, what, named, &waits)))
        return false;
    const bool still = waits && !strcmp(waits, path);
    return note_state(x, stage, kind, still ? named : path, still ? waits : NULL, true);
}

/* A state into the stage. SL_OK; < 0 with a sentence in why. */
static int load(exec *x, uint32_t stage, uint32_t what, const char *path, sbuf *why)
{
    stage_state *s = &x->st[stage];
    worker *w = &x->workers[0];
    stage_thread *st = &w->st[stage];
    artifact_reader **readers = arena_grow(&x->mem, s->readers, s->n_readers, sizeof(artifact_reader *));
    struct sl_io io = { 0 };
    sbuf reason = { 0 };
    int r = SL_OK;
    if (!readers || !(io.in = artifact_open(path, &r, why)))
        return readers ? r : SL_E_NOMEM;
    s->readers = readers;
    readers[s->n_readers++] = io.in; /* what it mapped must stay */
    if (!is_ours(x, stage, artifact_head_of(io.in), what != SL_WHOLE, &reason)) {
        r = reason.failed ? SL_E_NOMEM : SL_E_STATE;
        if (r == SL_E_STATE)
            sbuf_printf(why, "%s cannot be used: %s", path, sbuf_z(&reason));
        sbuf_free(&reason);
        return r;
    }
    st->ctx.phase = SL_FIT;
    const uint64_t t0 = now_ns();
    r = stage_failed(w, stage, s->s->load(&st->ctx, s->g, what, &io));
    s->fit_ns += now_ns() - t0;
    if (r >= 0 && artifact_left(io.in))
        r = worker_fail(w, SL_E_STATE, "%s left %llu bytes unread", s->p->name,
                        (unsigned long long)artifact_left(io.in));
    if (r >= 0 && what == SL_WHOLE && (r = take_report(x, stage, artifact_head_of(io.in)->report)) == SL_E_STATE)
        worker_fail(w, r, "what it says of the fit cannot be read");
    if (r >= 0 && !note_found(x, stage, what, artifact_head_of(io.in)->what, path))
        r = SL_E_NOMEM;
    if (r < 0)
        refuse(why, path, w->error.n ? sbuf_z(&w->error) : "out of memory");
    else
        artifact_touch(path);
    sbuf_clear(&w->error);
    w->error_code = 0;
    return r;
}

/* A state that an earlier run left. SL_OK: loaded. SL_END: there is none. < 0: failed. A file that is damaged is as
 * good as none, but for a note. */
static int find(exec *x, uint32_t stage, uint32_t what, sbuf *why)
{
    stage_state *s = &x->st[stage];
    char name[17];
    sbuf broken = { 0 };
    const char *path;
    if (!states_there(x, stage, what, ledger_resumed(x), name, &path))
        return SL_E_NOMEM;
    if (!path)
        return SL_END;
    if (artifact_verify(path, &broken) < 0) {
        sbuf_printf(&x->notes, "%s; %s is fitted again\n", sbuf_z(&broken), s->p->name);
        sbuf_free(&broken);
        return SL_END;
    }
    sbuf_free(&broken);
    return load(x, stage, what, path, why);
}

/* As it is written, else in the folder of states. */
const char *states_port_path(exec *x, const plan_port *port)
{
    if (fs_exists(port->state) || !x->o.states || strchr(port->state, '/'))
        return port->state;
    const char *path = arena_printf(&x->mem, "%s/%s", x->o.states, port->state);
    return path && fs_exists(path) ? path : port->state;
}

void states_check_ports(exec *x, diags *d)
{
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        for (size_t k = 0; k < x->p->stages[i].n_ports; k++) {
            const plan_port *port = &x->p->stages[i].ports[k];
            sbuf why = { 0 };
            int code = SL_OK;
            if (!port->state || (x->p->stages[i].flaws & FLAW_OPTIONS))
                continue;
            artifact_reader *r = artifact_open(states_port_path(x, port), &code, &why);
            if (r && !x->st[i].s->load)
                diag_error(d, port->at, "%s cannot load a saved state", x->p->stages[i].common.use);
            else if (r && !is_ours(x, i, artifact_head_of(r), true, &why) && !why.failed)
                diag_error(d, port->at, "%s cannot be used: %s", port->state, sbuf_z(&why));
            else if (!r && code != SL_E_NOMEM)
                diag_error(d, port->at, "%s", sbuf_z(&why));
            if (why.failed || code == SL_E_NOMEM)
                diag_nomem(d);
            artifact_close(r);
            sbuf_free(&why);
        }
}

static int find_stage(exec *x, uint32_t i, sbuf *why)
{
    stage_state *s = &x->st[i];
    const bool may = x->o.states && !x->o.fresh && s->s->save && s->s->load;
    int r = may ? find(x, i, SL_WHOLE, why) : SL_END;
    if (r == SL_OK) {
        x->todo.fitted[i] = true;
        s->loaded = true;
        return SL_OK;
    }
    for (uint32_t k = 0; k <= s->p->n_ports && r >= 0; k++) {
        const plan_port *port = k ? &s->p->ports[k - 1] : NULL;
        if (port && port->state) {
            r = load(x, i, k, states_port_path(x, port), why);
        } else if (may && !x->todo.done[i][k] && (r = find(x, i, k, why)) == SL_OK) {
            x->todo.done[i][k] = true;
        }
    }
    return r < 0 ? r : SL_OK;
}

bool states_find(exec *x)
{
    sbuf why = { 0 };
    for (uint32_t i = 0; i < x->p->n_stages && !x->failed; i++) {
        if (!x->p->stages[i].fits || !x->st[i].opened)
            continue;
        const int r = find_stage(x, i, &why);
        if (r < 0)
            sched_fail(x, (item){ 0, 0 }, r, why.n ? sbuf_z(&why) : "out of memory");
    }
    sbuf_free(&why);
    return true;
}
