#include "exec/ledger.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/hash.h"
#include "base/log.h"
#include "io/journal.h"

enum { FIXED = 6 /* in, kept, out, absorbed, annotated, batches */, HEAD = 4, DOCUMENTS = 0, KEPT, BYTES, ERRORS };
#define MARK_EVERY 2000 /* ms; SLUICE_MARK_MS: a test setting */

/* The counts of one item, or the sum of many: HEAD, then FIXED and the metrics of each stage; distributions beside
 * them. */
typedef struct tally {
    struct tally *next;
    item at;
    uint64_t *n;
    histogram **hist;
    uint64_t first_error;
    char *first_text;
} tally;

struct ledger {
    bool on, marked;
    size_t n_counts, n_hist;
    pthread_mutex_t lock, marking;
    tally *first, *last;            /* items that are done, ascending, not in `sum` */
    tally sum;                      /* of all items below those */
    item settled;                   /* where they begin */
    item start;                     /* where the pass began */
    atomic_uint_fast64_t last_mark; /* ns */
    uint64_t every;
    /* splits.part: a line of three numbers for each split that is in `sum` */
    FILE *splits;
    uint64_t split, chunks, records, kept; /* of the split that `sum` ends in */
    uint64_t pass;         /* what it does, and with how many items: an earlier process must have done the same */
    uint64_t (*before)[3]; /* chunks, records and kept of the splits below `start`, that an earlier process had */
};

static size_t counts_of(const exec *x)
{
    size_t n = HEAD;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        n += FIXED + x->st[i].n_metrics;
    return n;
}

static size_t hists_of(const exec *x)
{
    size_t n = 0;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        n += x->st[i].n_metrics;
    return n;
}

static void tally_free(const ledger *l, tally *t)
{
    for (size_t i = 0; t->hist && i < l->n_hist; i++)
        histogram_free(t->hist[i]);
    free(t->hist);
    free(t->n);
    free(t->first_text);
}

static bool tally_make(const ledger *l, tally *t)
{
    t->n = calloc(l->n_counts + 1, sizeof *t->n);
    t->hist = calloc(l->n_hist + 1, sizeof(histogram *));
    t->first_error = UINT64_MAX;
    return t->n && t->hist;
}

/* `from` is empty afterwards. */
static void tally_add(const ledger *l, tally *to, tally *from)
{
    for (size_t i = 0; i < l->n_counts; i++)
        to->n[i] += from->n[i];
    for (size_t i = 0; i < l->n_hist; i++) {
        if (!from->hist[i])
            continue;
        if (to->hist[i]) {
            histogram_merge(to->hist[i], from->hist[i]);
            histogram_free(from->hist[i]);
        } else {
            to->hist[i] = from->hist[i];
        }
        from->hist[i] = NULL;
    }
    if (from->first_error < to->first_error) {
        free(to->first_text);
        to->first_error = from->first_error;
        to->first_text = from->first_text;
        from->first_text = NULL;
    }
}

/* ---- from and to workers ---- */

static void take(uint64_t *from, uint64_t *to)
{
    *to += *from;
    *from = 0;
}

static void from_worker(worker *w, tally *t)
{
    const exec *x = w->x;
    size_t n = HEAD, h = 0;
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        stage_thread *st = &w->st[i];
        uint64_t *v[FIXED] = { &st->in, &st->kept, &st->out, &st->absorbed, &st->annotated, &st->batches };
        for (size_t k = 0; k < FIXED; k++)
            take(v[k], &t->n[n++]);
        for (size_t m = 0; m < x->st[i].n_metrics; m++) {
            if (x->st[i].metric_kinds[m] == SL_M_ERROR)
                t->n[ERRORS] += st->counts[m];
            take(&st->counts[m], &t->n[n++]);
            t->hist[h++] = st->hist[m];
            st->hist[m] = NULL;
        }
    }
}

static void to_worker(worker *w, tally *t)
{
    const exec *x = w->x;
    size_t n = HEAD, h = 0;
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        stage_thread *st = &w->st[i];
        uint64_t *v[FIXED] = { &st->in, &st->kept, &st->out, &st->absorbed, &st->annotated, &st->batches };
        for (size_t k = 0; k < FIXED; k++)
            take(&t->n[n++], v[k]);
        for (size_t m = 0; m < x->st[i].n_metrics; m++, h++) {
            take(&t->n[n++], &st->counts[m]);
            if (t->hist[h] && st->hist[m])
                histogram_merge(st->hist[m], t->hist[h]);
            else if (t->hist[h])
                st->hist[m] = t->hist[h];
            else
                continue;
            if (st->hist[m] != t->hist[h])
                histogram_free(t->hist[h]);
            t->hist[h] = NULL;
        }
    }
    if (t->first_error < w->first_error && t->first_text) {
        w->first_error = t->first_error;
        sbuf_clear(&w->first_text);
        sbuf_puts(&w->first_text, t->first_text);
    }
}

/* ---- items ---- */

bool ledger_item(worker *w)
{
    exec *x = w->x;
    ledger *l = x->ledger;
    if (!l || !l->on)
        return true;
    tally *t = calloc(1, sizeof *t);
    if (!t || !tally_make(l, t)) {
        if (t)
            tally_free(l, t);
        free(t);
        return worker_fail(w, SL_E_NOMEM, "out of memory"), false;
    }
    t->at = w->at;
    from_worker(w, t);
    t->n[DOCUMENTS] = w->item_records;
    t->n[KEPT] = w->item_kept;
    t->n[BYTES] = item_bytes(w);
    t->first_error = w->first_error;
    if (w->first_error != UINT64_MAX)
        t->first_text = strdup(sbuf_z(&w->first_text));
    w->first_error = UINT64_MAX;
    pthread_mutex_lock(&l->lock);
    tally **at = &l->first; /* nearly always the last: the list is short, as long as the window of the outputs */
    if (l->last && item_before(l->last->at, t->at))
        at = &l->last->next;
    while (*at && item_before((*at)->at, t->at))
        at = &(*at)->next;
    t->next = *at;
    *at = t;
    if (!t->next)
        l->last = t;
    pthread_mutex_unlock(&l->lock);
    return true;
}

void ledger_forget(worker *w)
{
    const ledger *l = w->x->ledger;
    tally t = { 0 };
    if (!l || !l->on)
        return;
    if (tally_make(l, &t))
        from_worker(w, &t);
    tally_free(l, &t);
    w->first_error = UINT64_MAX;
}

/* [lock held] A split that `sum` has in full gets its line. */
static void next_split(ledger *l, uint64_t split)
{
    while (l->split < split) {
        if (l->splits)
            fprintf(l->splits, "%llu %llu %llu\n", (unsigned long long)l->chunks, (unsigned long long)l->records,
                    (unsigned long long)l->kept);
        l->chunks = l->records = l->kept = 0;
        l->split++;
    }
}

/* [lock held] Items below (split, chunk) into the sum. */
static void settle(ledger *l, uint64_t split, uint64_t chunk)
{
    const item end = { (uint32_t)split, chunk };
    while (l->first && item_before(l->first->at, end)) {
        tally *t = l->first;
        l->first = t->next;
        if (!l->first)
            l->last = NULL;
        next_split(l, t->at.split);
        l->chunks++;
        l->records += t->n[DOCUMENTS];
        l->kept += t->n[KEPT];
        tally_add(l, &l->sum, t);
        tally_free(l, t);
        free(t);
    }
    next_split(l, split);
    l->settled = end;
}

/* ---- marks ---- */

static void write_sum(const ledger *l, sbuf *out)
{
    sbuf_puts(out, ",\"counts\":[");
    for (size_t i = 0; i < l->n_counts; i++)
        sbuf_printf(out, "%s%llu", i ? "," : "", (unsigned long long)l->sum.n[i]);
    sbuf_puts(out, "],\"values\":[");
    for (size_t i = 0, n = 0; i < l->n_hist; i++)
        if (l->sum.hist[i]) {
            sbuf_printf(out, "%s%zu,", n++ ? "," : "", i);
            histogram_save(l->sum.hist[i], out);
        }
    sbuf_printf(out, "],\"first_error\":%llu,\"first_text\":", (unsigned long long)l->sum.first_error);
    sbuf_json_z(out, l->sum.first_text ? l->sum.first_text : "");
    sbuf_printf(out, ",\"split\":[%llu,%llu,%llu,%llu]", (unsigned long long)l->split, (unsigned long long)l->chunks,
                (unsigned long long)l->records, (unsigned long long)l->kept);
}

static int write_mark(exec *x, ledger *l, sbuf *err)
{
    sbuf json = { 0 }, mark = { 0 };
    uint64_t split, chunk;
    int r = outputs_mark(x->outs, true, &mark, &split, &chunk, err);
    if (r < 0 || !strcmp(sbuf_z(&mark), "null"))
        goto end;
    if (item_before((item){ (uint32_t)split, chunk }, l->settled))
        goto end; /* an open frame that was in the last mark waits to be written now: that mark is better */
    pthread_mutex_lock(&l->lock);
    settle(l, split, chunk);
    sbuf_printf(&json, "{\"made_by\":%llu,\"pass\":%llu,\"start\":[%llu,%llu]",
                (unsigned long long)states_run_identity(x), (unsigned long long)l->pass, (unsigned long long)split,
                (unsigned long long)chunk);
    write_sum(l, &json);
    pthread_mutex_unlock(&l->lock);
    damage_save(x, (item){ (uint32_t)split, chunk }, &json);
    long at = 0;
    if (l->splits && (fflush(l->splits) || fdatasync(fileno(l->splits)) || (at = ftell(l->splits)) < 0))
        r = SL_E_IO;
    sbuf_printf(&json, ",\"splits_bytes\":%ld,\"outputs\":%s}", at, sbuf_z(&mark));
    if (r >= 0)
        r = json.failed ? SL_E_NOMEM : journal_write(x->o.journal, json.p, json.n, err);
    l->marked |= r >= 0;
end:
    sbuf_free(&mark);
    sbuf_free(&json);
    return r;
}

void ledger_mark(worker *w, bool now)
{
    exec *x = w->x;
    ledger *l = x->ledger;
    sbuf err = { 0 };
    if (!l || !l->on || (!now && now_ns() - l->last_mark < l->every) || pthread_mutex_trylock(&l->marking))
        return;
    if (now && !l->marked) { /* it has hardly begun: to begin again costs less than what it would leave lying about */
        pthread_mutex_unlock(&l->marking);
        return;
    }
    if (now || now_ns() - l->last_mark >= l->every) {
        if (write_mark(x, l, &err) < 0)
            log_line(LOG_DEBUG, "no mark was written: %s", sbuf_z(&err)); /* the run itself says what matters of it */
        l->last_mark = now_ns();
    }
    pthread_mutex_unlock(&l->marking);
    sbuf_free(&err);
}

/* ---- begin and end ---- */

static void ledger_drop(ledger *l)
{
    if (!l)
        return;
    for (tally *t = l->first, *next; t; t = next) {
        next = t->next;
        tally_free(l, t);
        free(t);
    }
    tally_free(l, &l->sum);
    if (l->splits)
        fclose(l->splits);
    free(l->before);
    pthread_mutex_destroy(&l->lock);
    pthread_mutex_destroy(&l->marking);
    free(l);
}

void ledger_free(exec *x) { ledger_drop(x->ledger); }

/* How often marks are written, and how old what they hold of open frames. */
static uint64_t mark_every(const exec *x)
{
    const char *text = getenv("SLUICE_MARK_MS");
    uint64_t ms;
    if (!text || !str_to_u64(text, strlen(text), &ms))
        return (uint64_t)MARK_EVERY * 1000000;
    outputs_tail_age(x->outs, ms * 1000000);
    return ms * 1000000;
}

static ledger *ledger_new(const exec *x)
{
    ledger *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->every = mark_every(x);
    l->n_counts = counts_of(x);
    l->n_hist = hists_of(x);
    pthread_mutex_init(&l->lock, NULL);
    pthread_mutex_init(&l->marking, NULL);
    if (tally_make(l, &l->sum))
        return l;
    ledger_drop(l);
    return NULL;
}

/* Which stages do what in the pass, from where, and in how many items. Fits that are found make other passes. */
static uint64_t pass_identity(const exec *x)
{
    uint64_t h = x->now.n;
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        const pass_stage *s = pass_of(x, i);
        h = hash_two(h, (uint64_t)s->role | (uint64_t)s->feed << 8 | (uint64_t)s->official << 9 |
                            (uint64_t)(x->st[i].store.sort != NULL) << 10);
    }
    return h;
}

/* A pass can go on where it was left if nothing but the outputs knows of the documents before: no stage gathers
 * anything, or must see them all in order; and no earlier pass wrote. What was kept for it is gone with the process,
 * and would not be made again: the fits that needed it are found. */
static bool can_continue(const exec *x)
{
    if (!x->o.journal || !x->now.plan.last || !x->now.writes || x->now.base || x->o.tap)
        return false;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        if ((pass_of(x, i)->feed && x->st[i].store.kept) ||
            (pass_of(x, i)->role != ROLE_OFF &&
             ((x->st[i].s->flags & SL_F_ORDERED) || (x->st[i].s->combine && x->st[i].s->finish))))
            return false;
    for (size_t i = 0; i < x->n_outs; i++)
        if (!strcmp(output_spec_of(x->out_list[i])->path, "-"))
            return false;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        for (size_t k = 0; k < x->st[i].files.n; k++)
            if (x->st[i].files.v[k].sequential) /* nobody can tell whether a pipe says the same again */
                return false;
    return true;
}

static void add_split(exec *x, uint64_t at, const uint64_t v[3])
{
    const uint32_t input = at < x->now.n ? x->now.v[at].input : PLAN_NONE;
    if (input == PLAN_NONE)
        return;
    x->splits[input].chunks += v[0];
    x->splits[input].records += v[1];
    x->splits[input].kept += v[2];
}

/* What an earlier process has done of this pass. */
static void take_up(exec *x, ledger *l)
{
    const uint64_t open[3] = { l->chunks, l->records, l->kept };
    for (uint64_t i = 0; l->before && i < l->split; i++)
        add_split(x, i, l->before[i]);
    add_split(x, l->split, open);
    atomic_fetch_add(&x->documents, l->sum.n[DOCUMENTS]);
    atomic_fetch_add(&x->kept, l->sum.n[KEPT]);
    atomic_fetch_add(&x->bytes_done, l->sum.n[BYTES]);
    atomic_fetch_add(&x->errors, l->sum.n[ERRORS]);
}

/* The outputs go on behind what an earlier process wrote, so the pass has to. */
static bool fits(exec *x, const ledger *l, bool can)
{
    if (!l || !x->now.writes || (can && l->pass == pass_identity(x)))
        return true;
    sched_fail(x, (item){ 0, 0 }, SL_E_STATE,
               "the run cannot go on where it was interrupted: saved states that it found then are missing, or others "
               "are there now. The same command begins anew");
    return false;
}

bool ledger_begin(exec *x)
{
    ledger *l = x->ledger;
    const bool can = can_continue(x);
    if (!fits(x, l, can))
        return false;
    if (!can)
        return true;
    if (!l && !(l = x->ledger = ledger_new(x)))
        return false;
    l->pass = pass_identity(x);
    const char *mode = l->start.split || l->start.chunk ? "r+" : "w";
    l->splits = x->o.journal_splits ? fopen(x->o.journal_splits, mode) : NULL;
    if (l->splits)
        (void)fseek(l->splits, 0, SEEK_END);
    l->on = true;
    l->last_mark = now_ns();
    take_up(x, l);
    return true;
}

void ledger_end(exec *x)
{
    ledger *l = x->ledger;
    if (!l || !l->on)
        return;
    l->on = false;
    while (l->first) {
        tally *t = l->first;
        l->first = t->next;
        to_worker(&x->workers[0], t);
        tally_free(l, t);
        free(t);
    }
    l->last = NULL;
    to_worker(&x->workers[0], &l->sum);
}

bool ledger_marked(const exec *x) { return x->ledger && x->ledger->marked; }
item ledger_start(const exec *x) { return x->ledger && x->ledger->on ? x->ledger->start : (item){ 0, 0 }; }

/* ---- going on ---- */

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
    enum { MADE_BY, PASS, START, COUNTS, VALUES, FIRST, TEXT, SPLIT, SPLITS_BYTES, DAMAGE, DAMAGE_TEXT, OUTPUTS, N };
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
        good = start[0] <= UINT32_MAX && l->split <= start[0] &&
               read_splits(l, x->o.journal_splits, c[SPLITS_BYTES].v.u64);
    }
    const size_t before = x->n_damages;
    const json_cell *numbers = &c[DAMAGE], *texts = &c[DAMAGE_TEXT];
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
