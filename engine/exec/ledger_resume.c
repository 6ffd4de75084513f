/* Going on: what an earlier process noted in its last mark, read back and taken up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "exec/ledger_internal.h"
#include "exec/states.h"

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

/* ---- splits.part ---- */

static bool next_number(char **at, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(*at, &end, 10);
    const bool good = end != *at && !errno;
    *at = end;
    return good;
}

/* "chunks records kept" */
static bool read_split(char *at, uint64_t out[3])
{
    for (size_t k = 0; k < 3; k++)
        if (!next_number(&at, &out[k]))
            return false;
    return *at == '\n';
}

/* " input kept input kept …" */
static bool read_inputs(const exec *x, char *at, uint64_t *kept)
{
    uint64_t input, n;
    while (*at == ' ') {
        if (!next_number(&at, &input) || !next_number(&at, &n) || input >= x->n_splits)
            return false;
        kept[input] += n;
    }
    return *at == '\n';
}

/* What earlier processes counted; what they wrote behind the mark is cut off. */
static bool read_splits(const exec *x, ledger *l, uint64_t bytes)
{
    const char *path = x->o.journal_splits;
    FILE *f = path ? fopen(path, "r") : NULL;
    char *line = NULL;
    size_t room = 0;
    uint64_t at = 0, n = 0;
    ssize_t size;
    bool good = f && l->split <= UINT32_MAX && (l->before = calloc(l->split + 1, sizeof *l->before)) &&
                (l->kept_before = calloc(x->n_splits + 1, sizeof *l->kept_before));
    while (good && at < bytes && (size = getline(&line, &room, f)) > 0) {
        at += (uint64_t)size;
        good =
            *line == '@' ? read_inputs(x, line + 1, l->kept_before) : n < l->split && read_split(line, l->before[n++]);
    }
    free(line);
    if (f)
        fclose(f);
    return good && at == bytes && n == l->split && truncate(path, (off_t)bytes) == 0;
}

/* ---- the mark ---- */

enum { MADE_BY, PASS, BASE, START, COUNTS, VALUES, FIRST, TEXT, SPLIT, SIZE, DAMAGE, TEXTS, OUTPUTS, N_FIELDS };
static const json_field mark_fields[N_FIELDS] = {
    [MADE_BY] = { "made_by", SL_T_U64 },
    [PASS] = { "pass", SL_LIST_OF(SL_T_U64) },
    [BASE] = { "base", SL_T_U64 },
    [START] = { "start", SL_LIST_OF(SL_T_U64) },
    [COUNTS] = { "counts", SL_LIST_OF(SL_T_U64) },
    [VALUES] = { "values", SL_LIST_OF(SL_T_U64) },
    [FIRST] = { "first_error", SL_T_U64 },
    [TEXT] = { "first_text", SL_T_STR },
    [SPLIT] = { "split", SL_LIST_OF(SL_T_U64) },
    [SIZE] = { "splits_bytes", SL_T_U64 },
    [DAMAGE] = { "damage", SL_LIST_OF(SL_T_U64) },
    [TEXTS] = { "damage_text", SL_LIST_OF(SL_T_STR) },
    [OUTPUTS] = { "outputs", SL_T_JSON },
};

static bool parse_mark(const char *journal, size_t size, arena *mem, json_cell *c)
{
    json_parser *parser = json_parser_new(mark_fields, N_FIELDS);
    char *copy = arena_zalloc(mem, size + INPUT_SLACK + 1, 8);
    if (copy)
        memcpy(copy, journal, size);
    bool good = parser && copy && json_parse(parser, copy, size, mem, c) == JSON_OK;
    for (size_t i = 0; good && i < N_FIELDS; i++)
        good = c[i].state == CELL_OK;
    json_parser_free(parser);
    return good && c[PASS].v.list.n == 2 && c[START].v.list.n == 2 && c[SPLIT].v.list.n == 4;
}

static bool read_mark(exec *x, ledger *l, const json_cell *c)
{
    const uint64_t *start = c[START].v.list.p, *split = c[SPLIT].v.list.p;
    const sl_str *text = &c[TEXT].v.str;
    if (c[MADE_BY].v.u64 != states_run_identity(x) || start[0] > UINT32_MAX || split[0] > start[0])
        return false;
    l->resumed = true;
    l->marked = true; /* and stays so, should this process end before it writes one */
    l->pass = ((const uint64_t *)c[PASS].v.list.p)[0];
    l->items = ((const uint64_t *)c[PASS].v.list.p)[1];
    l->base = c[BASE].v.u64;
    l->start = l->settled = (item){ (uint32_t)start[0], start[1] };
    l->split = split[0];
    l->chunks = split[1];
    l->records = split[2];
    l->kept = split[3];
    l->sum.first_error = c[FIRST].v.u64;
    if (text->n && !(l->sum.first_text = strndup(text->p, text->n)))
        return false;
    return read_counts(l, &c[COUNTS]) && read_values(l, &c[VALUES]) && read_splits(x, l, c[SIZE].v.u64);
}

bool exec_resume(exec *x, const char *journal, size_t size, sbuf *why)
{
    const size_t damages = x->n_damages;
    json_cell c[N_FIELDS];
    arena mem;
    arena_init(&mem, 0);
    ledger *l = ledger_new(x);
    bool good = l && parse_mark(journal, size, &mem, c) && read_mark(x, l, c) &&
                damage_load(x, 0, c[DAMAGE].v.list.p, c[DAMAGE].v.list.n, c[TEXTS].v.list.p, c[TEXTS].v.list.n);
    if (!good) {
        sbuf_puts(why, "its record of progress is of no use, or of other inputs or plugins");
    } else if (outline_last_pass(x) != l->pass) {
        sbuf_puts(why, "states that it had found, or documents that it had kept on disk, are gone");
        good = false;
    } else {
        good = outputs_resume(x->outs, c[OUTPUTS].v.str.p, c[OUTPUTS].v.str.n, why) >= 0;
    }
    if (good) {
        x->ledger = l;
    } else {
        ledger_drop(l);
        x->n_damages = damages;
    }
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
    for (size_t i = 0; l->kept_before && i < x->n_splits; i++)
        x->splits[i].kept += l->kept_before[i];
    atomic_fetch_add(&x->documents, l->sum.n[LEDGER_DOCUMENTS]);
    atomic_fetch_add(&x->kept, l->sum.n[LEDGER_KEPT]);
    atomic_fetch_add(&x->bytes_done, l->sum.n[LEDGER_BYTES]);
    atomic_fetch_add(&x->errors, l->sum.n[LEDGER_ERRORS]);
}

bool ledger_fits(exec *x, bool can)
{
    const ledger *l = x->ledger;
    if (!l || !x->now.writes || (can && l->pass == outline_pass_hash(x->p, &x->now.plan) && l->items == x->now.n))
        return true;
    sched_fail(x, (item){ 0, 0 }, SL_E_STATE,
               "the run cannot go on where it was interrupted: saved states that it found then are missing, or others "
               "are there now. The same command begins anew");
    return false;
}
