/* Going on with what an earlier process kept. */
#include <string.h>
#include "base/log.h"
#include "exec/kept.h"
#include "exec/ledger.h"
#include "io/journal.h"

enum { MAX_FILES = 4096 };
enum { FORMAT, MADE_BY, STAGES, VALUES, TABLES, SPLITS, STORES, FIRST, TEXT, DAMAGE, TEXTS, N_FIELDS };
static const json_field fields[N_FIELDS] = {
    [FORMAT] = { "format", SL_T_U64 },
    [MADE_BY] = { "made_by", SL_T_U64 },
    [STAGES] = { "stages", SL_LIST_OF(SL_T_U64) },
    [VALUES] = { "values", SL_LIST_OF(SL_T_U64) },
    [TABLES] = { "tables", SL_LIST_OF(SL_T_STR) },
    [SPLITS] = { "splits", SL_LIST_OF(SL_T_U64) },
    [STORES] = { "stores", SL_LIST_OF(SL_T_U64) },
    [FIRST] = { "first_error", SL_T_U64 },
    [TEXT] = { "first_text", SL_T_STR },
    [DAMAGE] = { "damage", SL_LIST_OF(SL_T_U64) },
    [TEXTS] = { "damage_text", SL_LIST_OF(SL_T_STR) },
};

static const uint64_t *numbers(const keeping *k, int field) { return k->found[field].v.list.p; }
static size_t count(const keeping *k, int field) { return k->found[field].v.list.n; }

/* ---- finding ---- */

static int parse(keeping *k, const sbuf *line)
{
    json_parser *parser = json_parser_new(fields, N_FIELDS);
    char *copy = arena_zalloc(&k->mem, line->n + INPUT_SLACK + 1, 8);
    k->found = arena_zalloc(&k->mem, N_FIELDS * sizeof *k->found, _Alignof(json_cell));
    json_error e = parser && copy && k->found ? JSON_OK : JSON_NOMEM;
    if (e == JSON_OK) {
        memcpy(copy, sbuf_z(line), line->n);
        e = json_parse(parser, copy, line->n, &k->mem, k->found);
    }
    json_parser_free(parser);
    bool good = e == JSON_OK;
    for (size_t i = 0; good && i < N_FIELDS; i++)
        good = k->found[i].state == CELL_OK;
    return e == JSON_NOMEM ? SL_E_NOMEM : good ? SL_OK : SL_E_STATE;
}

/* Where the numbers of each stage stand; do they go together? */
static bool look_at_stages(const exec *x)
{
    keeping *k = x->keeps;
    const uint64_t *v = numbers(k, STAGES);
    size_t at = 0, hist = 0, table = 0;
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        const size_t n = KEPT_HEAD + KEPT_METRIC * x->st[i].n_metrics;
        kept_stage *s = &k->st[i];
        if (at + n > count(k, STAGES) || (v[at + 1] != LINES_OUT && v[at + 1] >= x->p->n_stages) ||
            v[at + 2] > count(k, TABLES) / 2)
            return false;
        *s =
            (kept_stage){ .counted = v[at] != 0, .lines = (uint32_t)v[at + 1], .at = at, .hist = hist, .table = table };
        s->had_lines = x->quarantine && x->p->stages[i].on_reject == ON_REJECT_QUARANTINE && v[at + 7] + v[at + 8];
        at += n;
        hist += x->st[i].n_metrics;
        table += v[at - n + 2];
    }
    return at == count(k, STAGES) && 2 * table == count(k, TABLES) && count(k, SPLITS) % 3 == 0;
}

static int open_stores(exec *x, sbuf *why)
{
    const uint64_t *v = numbers(x->keeps, STORES);
    const size_t n = count(x->keeps, STORES);
    int r = SL_OK;
    for (size_t at = 0, used = 0; r == SL_OK && at < n; at += used) {
        const uint64_t i = v[at++];
        if (i >= x->p->n_stages || at == n || v[at] > MAX_FILES || x->st[i].store.kept)
            return SL_E_STATE;
        store *s = &x->st[i].store;
        const unsigned threads = v[at] > x->threads ? (unsigned)v[at] : x->threads;
        if (!(s->files = store_files(x, (uint32_t)i, threads)))
            return SL_E_NOMEM;
        s->kept = pieces_restore(s->files, &x->memory, threads, v + at, n - at, &used, &r, why);
        s->sealed = s->kept != NULL;
        x->keeps->st[i].holds = s->sealed;
    }
    return r;
}

static void forget(exec *x, const char *why)
{
    keeping *k = x->keeps;
    sbuf err = { 0 };
    log_line(LOG_INFO, "documents that an earlier process kept on disk are made again: %s", why);
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        if (x->st[i].store.files)
            store_close(x, i);
        x->todo.stored[i] = false;
        k->st[i] = (kept_stage){ 0 };
    }
    k->found = NULL;
    k->there = false;
    if (journal_remove(x->o.kept_index, &err) < 0) { /* it would be found again, with other files */
        log_line(LOG_INFO, "%s", sbuf_z(&err));
        k->off = true;
    }
    sbuf_free(&err);
}

bool kept_find(exec *x)
{
    keeping *k = x->keeps;
    sbuf line = { 0 }, why = { 0 };
    if (!k || !x->o.resume || k->looked)
        return k && k->found;
    k->looked = true;
    int r = journal_read(x->o.kept_index, &line, &why);
    if (r == SL_OK)
        r = parse(k, &line);
    if (r == SL_OK && (k->found[FORMAT].v.u64 != KEPT_FORMAT || k->found[MADE_BY].v.u64 != kept_identity(x))) {
        sbuf_puts(&why, "they are of other inputs, plugins or of another version of sluice");
        r = SL_E_STATE;
    }
    if (r == SL_OK)
        r = look_at_stages(x) ? open_stores(x, &why) : SL_E_STATE;
    k->there = r == SL_OK;
    if (r < 0)
        forget(x, why.n ? sbuf_z(&why) : r == SL_E_NOMEM ? "out of memory" : "what is said of them makes no sense");
    sbuf_free(&line);
    sbuf_free(&why);
    return r == SL_OK;
}

/* ---- is it of use? ---- */

/* Each document's counts and lines must be there once: from the earlier process, or from a pass that is still to come.
 */
static bool fits(const exec *x, uint32_t i, const bool *runs, const bool *reads, bool marked)
{
    const kept_stage *s = &x->keeps->st[i];
    if (runs[i]) /* it counts again, and writes its lines again */
        return !s->counted || !s->had_lines || s->lines == LINES_OUT;
    if (!s->counted) /* a port whose state was found is not read, and does not count */
        return x->p->stages[i].owner != PLAN_NONE;
    if (!s->had_lines)
        return true;
    return s->lines == LINES_OUT ? marked : reads[s->lines];
}

bool kept_usable(const exec *x, const pass_state *st, bool marked)
{
    const size_t n = x->p->n_stages;
    arena mem;
    arena_init(&mem, 0);
    bool *runs = arena_zalloc(&mem, n + 1, 1), *reads = arena_zalloc(&mem, n + 1, 1);
    bool good = runs && reads && pass_later(x->p, st, runs, reads);
    for (uint32_t i = 0; good && i < n; i++)
        good = fits(x, i, runs, reads, marked);
    arena_free(&mem);
    return good;
}

/* ---- taking it up ---- */

static void take_stage(exec *x, uint32_t i)
{
    stage_state *s = &x->st[i];
    exec_stage *r = &x->result[i];
    const uint64_t *v = numbers(x->keeps, STAGES) + x->keeps->st[i].at;
    r->ran = true;
    r->in = v[3];
    r->kept = v[4];
    r->absorbed = v[5];
    r->out = v[6];
    r->errors = v[7];
    r->rejected = v[8];
    r->annotated = v[9];
    r->batches = v[10];
    r->ns = v[11];
    for (size_t m = 0; m < s->n_metrics; m++) {
        r->metrics[m].n = v[KEPT_HEAD + KEPT_METRIC * m];
        s->fit_counts[m] = v[KEPT_HEAD + KEPT_METRIC * m + 1];
    }
}

/* Those of its state as well. */
static bool take_tables(exec *x, uint32_t i)
{
    stage_state *s = &x->st[i];
    const kept_stage *k = &x->keeps->st[i];
    const sl_str *text = (const sl_str *)x->keeps->found[TABLES].v.list.p + 2 * k->table;
    const size_t n = numbers(x->keeps, STAGES)[k->at + 2];
    s->tables = NULL;
    for (s->n_tables = 0; s->n_tables < n; s->n_tables++) {
        const size_t t = s->n_tables;
        exec_table *v = arena_grow(&x->mem, s->tables, t, sizeof *v);
        if (!v)
            return false;
        s->tables = v;
        v[t] = (exec_table){ arena_strndup(&x->mem, text[2 * t].p, text[2 * t].n),
                             arena_strndup(&x->mem, text[2 * t + 1].p, text[2 * t + 1].n) };
        if (!v[t].title || !v[t].rows)
            return false;
    }
    return true;
}

static exec_metric *metric_of(exec *x, uint64_t which)
{
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        const kept_stage *k = &x->keeps->st[i];
        if (which >= k->hist && which < k->hist + x->st[i].n_metrics)
            return k->counted ? &x->result[i].metrics[which - k->hist] : NULL;
    }
    return NULL;
}

static bool take_values(exec *x)
{
    const uint64_t *v = numbers(x->keeps, VALUES);
    const size_t n = count(x->keeps, VALUES);
    for (size_t at = 0; at < n;) {
        exec_metric *m = metric_of(x, v[at++]);
        histogram *h = histogram_new();
        const uint32_t used = h ? histogram_load(h, v + at, (uint32_t)(n - at)) : 0;
        if (used && m && !m->values)
            m->values = h;
        else
            histogram_free(h);
        if (!used)
            return false;
        at += used;
    }
    return true;
}

static void take_splits(exec *x)
{
    const uint64_t *v = numbers(x->keeps, SPLITS);
    for (size_t i = 0; i + 2 < count(x->keeps, SPLITS); i += 3) {
        work_split *sp = v[i] < x->n_splits ? &x->splits[v[i]] : NULL;
        if (sp && x->keeps->st[sp->source].counted) {
            sp->chunks = v[i + 1];
            sp->records = v[i + 2];
        }
    }
}

static bool take_damage(exec *x)
{
    const json_cell *c = x->keeps->found;
    const size_t before = x->n_damages;
    if (!damage_load(x, UINT32_MAX, c[DAMAGE].v.list.p, c[DAMAGE].v.list.n, c[TEXTS].v.list.p, c[TEXTS].v.list.n))
        return false;
    size_t n = before;
    for (size_t i = before; i < x->n_damages; i++) { /* but what will be met again */
        const uint32_t file = x->damages[i].file;
        if (file == PLAN_NONE || x->keeps->st[x->files[file].source].counted)
            x->damages[n++] = x->damages[i];
    }
    x->n_damages = n;
    return true;
}

static bool take_first_error(exec *x)
{
    worker *w = &x->workers[0];
    const json_cell *c = x->keeps->found;
    w->first_error = c[FIRST].v.u64;
    sbuf_clear(&w->first_text);
    sbuf_add(&w->first_text, c[TEXT].v.str.p, c[TEXT].v.str.n);
    return !w->first_text.failed;
}

static bool take_all(exec *x)
{
    const size_t n = x->p->n_stages;
    arena mem;
    arena_init(&mem, 0);
    bool *runs = arena_zalloc(&mem, n + 1, 1), *reads = arena_zalloc(&mem, n + 1, 1);
    bool good = runs && reads && pass_later(x->p, &x->todo, runs, reads);
    for (uint32_t i = 0; good && i < n; i++) {
        kept_stage *k = &x->keeps->st[i];
        k->counted = k->counted && !runs[i];
        if (k->counted) {
            take_stage(x, i);
            good = take_tables(x, i);
            x->todo.fitted[i] = true; /* not again */
        }
        if (good && k->holds && !reads[i]) {
            store_close(x, i);
            k->holds = false;
        }
    }
    arena_free(&mem);
    if (!good || !take_values(x) || !take_damage(x) || !take_first_error(x))
        return false;
    take_splits(x);
    return true;
}

bool kept_take_up(exec *x)
{
    keeping *k = x->keeps;
    bool good = true;
    if (!k || !x->o.resume)
        return true;
    if (kept_find(x)) {
        for (uint32_t i = 0; i < x->p->n_stages; i++)
            x->todo.stored[i] = k->st[i].holds;
        if (kept_usable(x, &x->todo, ledger_resumed(x)))
            good = take_all(x);
        else
            forget(x, "other states are there now, or what was dropped beside them would be lost");
    }
    if (k->found)
        log_line(LOG_INFO, "going on with documents that an earlier process kept on disk");
    k->found = NULL;
    arena_free(&k->mem);
    arena_init(&k->mem, 0);
    kept_sweep(x);
    return good;
}
