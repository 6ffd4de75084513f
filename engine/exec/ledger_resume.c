/* Going on: what an earlier process noted in its last mark, read back and taken up. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "exec/ledger_internal.h"

static bool read_counts(ledger *l, const json_cell *c)
{
    if (c->state != CELL_OK || c->v.list.n != l->n_counts)
        return false;
    memcpy(l->sum.n, c->v.list.p, l->n_counts * sizeof *l->sum.n);
    return true;
}

static bool read_values(ledger *l, const json_cell *c)
{
    const uint64_t *v = c->v.list.p;
    if (c->state != CELL_OK)
        return false;
    for (uint32_t at = 0; at < c->v.list.n;) {
        const uint64_t which = v[at++];
        if (which >= l->n_hist || l->sum.hist[which] || !(l->sum.hist[which] = histogram_new()))
            return false;
        const uint32_t used = histogram_load(l->sum.hist[which], v + at, c->v.list.n - at);
        if (!used)
            return false;
        at += used;
    }
    return true;
}

/* Lines of splits.part into the manifest: what earlier processes counted. */
static bool read_splits(ledger *l, const char *path, uint64_t bytes)
{
    FILE *f = fopen(path, "r");
    bool good = f != NULL && l->split <= UINT32_MAX && (l->before = calloc(l->split + 1, sizeof *l->before));
    for (uint64_t i = 0; good && i < l->split; i++) {
        unsigned long long v[3];
        good = fscanf(f, "%llu %llu %llu\n", &v[0], &v[1], &v[2]) == 3;
        for (size_t k = 0; good && k < 3; k++)
            l->before[i][k] = v[k];
    }
    if (f)
        fclose(f);
    return good && truncate(path, (off_t)bytes) == 0;
}

bool exec_resume(exec *x, const char *journal, size_t size, sbuf *why)
{
    static const json_field fields[] = {
        { "made_by", SL_T_U64 },
        { "pass", SL_T_U64 },
        { "base", SL_T_U64 },
        { "start", SL_LIST_OF(SL_T_U64) },
        { "counts", SL_LIST_OF(SL_T_U64) },
        { "values", SL_LIST_OF(SL_T_U64) },
        { "first_error", SL_T_U64 },
        { "first_text", SL_T_STR },
        { "split", SL_LIST_OF(SL_T_U64) },
        { "splits_bytes", SL_T_U64 },
        { "damage", SL_LIST_OF(SL_T_U64) },
        { "damage_text", SL_LIST_OF(SL_T_STR) },
        { "outputs", SL_T_JSON },
    };
    enum { MADE_BY, PASS, BASE, START, COUNTS, VALUES, FIRST, TEXT, SPLIT, SIZE, DAMAGE, TEXTS, OUTPUTS, N };
    json_cell c[N];
    arena mem;
    arena_init(&mem, 0);
    ledger *l = ledger_new(x);
    json_parser *parser = json_parser_new(fields, N);
    char *copy = arena_zalloc(&mem, size + INPUT_SLACK + 1, 8);
    if (copy)
        memcpy(copy, journal, size);
    bool good = l && parser && copy && json_parse(parser, copy, size, &mem, c) == JSON_OK;
    for (size_t i = 0; good && i < N; i++)
        good = c[i].state == CELL_OK;
    good = good && c[START].v.list.n == 2 && c[SPLIT].v.list.n == 4 && read_counts(l, &c[COUNTS]) &&
           read_values(l, &c[VALUES]) && c[MADE_BY].v.u64 == states_run_identity(x);
    if (good) {
        const uint64_t *start = c[START].v.list.p, *split = c[SPLIT].v.list.p;
        l->resumed = true;
        l->base = c[BASE].v.u64;
        l->marked = true; /* and stays so, should this process end before it writes one */
        l->start = l->settled = (item){ (uint32_t)start[0], start[1] };
        l->pass = c[PASS].v.u64;
        l->split = split[0];
        l->chunks = split[1];
        l->records = split[2];
        l->kept = split[3];
        l->sum.first_error = c[FIRST].v.u64;
        if (c[TEXT].v.str.n)
            l->sum.first_text = strndup(c[TEXT].v.str.p, c[TEXT].v.str.n);
        good = start[0] <= UINT32_MAX && l->split <= start[0] && read_splits(l, x->o.journal_splits, c[SIZE].v.u64);
    }
    const size_t before = x->n_damages;
    const json_cell *numbers = &c[DAMAGE], *texts = &c[TEXTS];
    good = good && damage_load(x, numbers->v.list.p, numbers->v.list.n, texts->v.list.p, texts->v.list.n);
    if (good && outline_reads_kept(x)) {
        sbuf_puts(why, "documents that it had kept on disk for its last pass are gone");
        good = false;
    }
    if (!good && !why->n)
        sbuf_puts(why, "its record of progress is of no use, or of other inputs or plugins");
    if (good)
        good = outputs_resume(x->outs, c[OUTPUTS].v.str.p, c[OUTPUTS].v.str.n, why) >= 0;
    if (good) {
        x->ledger = l;
    } else {
        ledger_drop(l);
        x->n_damages = before;
    }
    json_parser_free(parser);
    arena_free(&mem);
    return good;
}

/* ---- in the pass ---- */

static void add_split(exec *x, uint64_t at, const uint64_t v[3])
{
    const uint32_t input = at < x->now.n ? x->now.v[at].input : PLAN_NONE;
    if (input == PLAN_NONE)
        return;
    x->splits[input].chunks += v[0];
    x->splits[input].records += v[1];
    x->splits[input].kept += v[2];
}

void ledger_take_up(exec *x)
{
    const ledger *l = x->ledger;
    const uint64_t open[3] = { l->chunks, l->records, l->kept };
    for (uint64_t i = 0; l->before && i < l->split; i++)
        add_split(x, i, l->before[i]);
    add_split(x, l->split, open);
    atomic_fetch_add(&x->documents, l->sum.n[LEDGER_DOCUMENTS]);
    atomic_fetch_add(&x->kept, l->sum.n[LEDGER_KEPT]);
    atomic_fetch_add(&x->bytes_done, l->sum.n[LEDGER_BYTES]);
    atomic_fetch_add(&x->errors, l->sum.n[LEDGER_ERRORS]);
}

bool ledger_fits(exec *x, bool can)
{
    const ledger *l = x->ledger;
    if (!l || !x->now.writes || (can && l->pass == ledger_pass(x)))
        return true;
    sched_fail(x, (item){ 0, 0 }, SL_E_STATE,
               "the run cannot go on where it was interrupted: saved states that it found then are missing, or others "
               "are there now. The same command begins anew");
    return false;
}
