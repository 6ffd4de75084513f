/* What passes keep, written down after each of them. */
#include "exec/kept.h"
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "base/log.h"
#include "exec/ledger.h"
#include "exec/states.h"
#include "io/journal.h"

bool kept_begin(exec *x)
{
    if (x->keeps || !x->o.kept || !x->o.kept_index || x->o.tap || ledger_reads_pipe(x))
        return true;
    keeping *k = calloc(1, sizeof *k);
    if (!k || !(k->st = calloc(x->p->n_stages + 1, sizeof *k->st))) {
        free(k);
        return false;
    }
    arena_init(&k->mem, 0);
    x->keeps = k;
    return true;
}

void kept_free(exec *x)
{
    if (!x->keeps)
        return;
    arena_free(&x->keeps->mem);
    free(x->keeps->st);
    free(x->keeps);
    x->keeps = NULL;
}

bool kept_seals(const exec *x) { return x->keeps && !x->keeps->off; }
bool kept_holds(const exec *x, uint32_t stage) { return x->keeps && x->keeps->st[stage].holds; }
bool kept_there(const exec *x) { return x->keeps && x->keeps->there; }

/* Rows are kept as this program has them in memory: another version of it might not understand them. */
uint64_t kept_identity(exec *x) { return hash_two(states_run_identity(x), states_file_identity("/proc/self/exe")); }

static bool is_held(void *u, const char *name, size_t n)
{
    const exec *x = u;
    uint64_t stage;
    return str_to_u64(name, n, &stage) && stage < x->p->n_stages && x->keeps->st[stage].holds;
}

void kept_sweep(exec *x) { scratch_sweep(x->o.kept, is_held, x); }

static void give_up(exec *x, const sbuf *err)
{
    keeping *k = x->keeps;
    sbuf ignored = { 0 };
    log_line(LOG_INFO, "if this run is interrupted, it cannot go on with documents that it kept: %s",
             err->n ? sbuf_z(err) : "out of memory");
    k->off = true;
    k->there = journal_remove(x->o.kept_index, &ignored) < 0 && k->there;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        k->st[i].holds = false;
    sbuf_free(&ignored);
}

/* ---- what is there to go on with ---- */

/* Lines go along with what the pass keeps, and come out where it is read last. */
static void follow_lines(exec *x)
{
    kept_stage *st = x->keeps->st;
    const uint32_t to = x->now.writes && x->now.keeper < x->p->n_stages ? x->now.keeper : LINES_OUT;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        if (st[i].counted && st[i].lines != LINES_OUT && pass_of(x, st[i].lines)->read_last)
            st[i].lines = to;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        if (pass_of(x, i)->official) {
            st[i].counted = true;
            st[i].lines = to;
        }
}

static int seal(exec *x, sbuf *err)
{
    int r = SL_OK;
    for (uint32_t i = 0; i < x->p->n_stages && r >= 0; i++) {
        store *s = &x->st[i].store;
        if (pass_of(x, i)->capture != CAPTURE_KEEP || !s->files)
            continue;
        r = pieces_seal(s->kept, err);
        s->sealed = r >= 0;
    }
    return r;
}

/* As another process would find it: no sorts, and no fits that are not saved. */
static bool as_found(const exec *x, arena *mem, pass_state *st)
{
    const plan *p = x->p;
    if (!pass_state_init(st, p, PLAN_NONE, mem))
        return false;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const bool saved = x->o.states && x->st[i].s->save && x->st[i].s->load;
        st->fitted[i] |= saved && x->todo.fitted[i];
        st->stored[i] = x->todo.stored[i] && x->st[i].store.sealed;
    }
    return true;
}

/* Which stores another process would read. */
static bool choose_held(exec *x, bool *any)
{
    const size_t n = x->p->n_stages;
    arena mem;
    pass_state st;
    arena_init(&mem, 0);
    bool *runs = arena_zalloc(&mem, n + 1, 1), *reads = arena_zalloc(&mem, n + 1, 1);
    const bool good = runs && reads && as_found(x, &mem, &st) && pass_later(x->p, &st, runs, reads);
    *any = false;
    for (size_t i = 0; good && i < n; i++) {
        x->keeps->st[i].holds = st.stored[i] && reads[i];
        *any |= x->keeps->st[i].holds;
    }
    arena_free(&mem);
    return good;
}

/* ---- the index ---- */

static void add_stage(const exec *x, uint32_t i, sbuf *out)
{
    const kept_stage *k = &x->keeps->st[i];
    const stage_state *s = &x->st[i];
    const exec_stage *r = &x->result[i];
    const uint64_t v[KEPT_HEAD] = { k->counted, k->lines,  s->n_tables, r->in,        r->kept,    r->absorbed,
                                    r->out,     r->errors, r->rejected, r->annotated, r->batches, r->ns };
    for (size_t k0 = 0; k0 < KEPT_HEAD; k0++)
        sbuf_printf(out, "%s%llu", i + k0 ? "," : "", (unsigned long long)v[k0]);
    for (size_t m = 0; m < s->n_metrics; m++)
        sbuf_printf(out, ",%llu,%llu", (unsigned long long)r->metrics[m].n, (unsigned long long)s->fit_counts[m]);
}

static void add_values(const exec *x, sbuf *out)
{
    size_t which = 0, n = 0;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        for (size_t m = 0; m < x->result[i].n_metrics; m++, which++)
            if (x->keeps->st[i].counted && x->result[i].metrics[m].values) {
                sbuf_printf(out, "%s%zu,", n++ ? "," : "", which);
                histogram_save(x->result[i].metrics[m].values, out);
            }
}

static void add_tables(const exec *x, sbuf *out)
{
    size_t n = 0;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        for (size_t k = 0; k < x->st[i].n_tables; k++) {
            sbuf_puts(out, n++ ? "," : "");
            sbuf_json_z(out, x->st[i].tables[k].title);
            sbuf_putc(out, ',');
            sbuf_json_z(out, x->st[i].tables[k].rows);
        }
}

static void add_splits(const exec *x, sbuf *out)
{
    for (size_t i = 0, n = 0; i < x->n_splits; i++)
        if (x->splits[i].chunks)
            sbuf_printf(out, "%s%zu,%llu,%llu", n++ ? "," : "", i, (unsigned long long)x->splits[i].chunks,
                        (unsigned long long)x->splits[i].records);
}

static void add_stores(const exec *x, sbuf *out)
{
    for (uint32_t i = 0, n = 0; i < x->p->n_stages; i++)
        if (x->keeps->st[i].holds) {
            sbuf_printf(out, "%s%u,", n++ ? "," : "", i);
            pieces_describe(x->st[i].store.kept, out);
        }
}

static void add_first_error(const exec *x, sbuf *out)
{
    const worker *first = &x->workers[0];
    for (unsigned i = 1; i < x->threads; i++)
        first = x->workers[i].first_error < first->first_error ? &x->workers[i] : first;
    sbuf_printf(out, ",\"first_error\":%llu,\"first_text\":", (unsigned long long)first->first_error);
    sbuf_json_z(out, sbuf_z(&first->first_text));
}

static int write_index(exec *x, sbuf *err)
{
    sbuf json = { 0 };
    sbuf_printf(&json, "{\"format\":%d,\"made_by\":%llu,\"stages\":[", KEPT_FORMAT,
                (unsigned long long)kept_identity(x));
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        add_stage(x, i, &json);
    sbuf_puts(&json, "],\"values\":[");
    add_values(x, &json);
    sbuf_puts(&json, "],\"tables\":[");
    add_tables(x, &json);
    sbuf_puts(&json, "],\"splits\":[");
    add_splits(x, &json);
    sbuf_puts(&json, "],\"stores\":[");
    add_stores(x, &json);
    sbuf_putc(&json, ']');
    add_first_error(x, &json);
    damage_save_all(x, &json);
    sbuf_putc(&json, '}');
    const int r = json.failed ? SL_E_NOMEM : journal_write(x->o.kept_index, json.p, json.n, err);
    sbuf_free(&json);
    return r;
}

void kept_after_pass(exec *x)
{
    keeping *k = x->keeps;
    sbuf err = { 0 };
    bool any = false;
    if (!kept_seals(x))
        return;
    follow_lines(x);
    int r = seal(x, &err);
    if (r >= 0)
        r = !choose_held(x, &any) ? SL_E_NOMEM : any ? write_index(x, &err) : SL_OK;
    k->there |= any && r >= 0;
    if (r >= 0 && !any && k->there) {
        r = journal_remove(x->o.kept_index, &err);
        k->there = r < 0;
    }
    if (r < 0)
        give_up(x, &err);
    kept_sweep(x);
    sbuf_free(&err);
}
