/* Counts, item by item, and their sum; which passes have them. */
#include <stdlib.h>
#include <string.h>
#include "exec/kept.h"
#include "exec/ledger_internal.h"

enum { FIXED = 6 /* in, kept, out, absorbed, annotated, batches */ };
#define MARK_EVERY 2000 /* ms; SLUICE_MARK_MS: a test setting */

static size_t counts_of(const exec *x)
{
    size_t n = LEDGER_HEAD;
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
    free(t->kept);
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
    size_t n = LEDGER_HEAD, h = 0;
    for (uint32_t i = 0; i < x->p->n_stages; i++) {
        stage_thread *st = &w->st[i];
        uint64_t *v[FIXED] = { &st->in, &st->kept, &st->out, &st->absorbed, &st->annotated, &st->batches };
        for (size_t k = 0; k < FIXED; k++)
            take(v[k], &t->n[n++]);
        for (size_t m = 0; m < x->st[i].n_metrics; m++) {
            if (x->st[i].metric_kinds[m] == SL_M_ERROR)
                t->n[LEDGER_ERRORS] += st->counts[m];
            take(&st->counts[m], &t->n[n++]);
            t->hist[h++] = st->hist[m];
            st->hist[m] = NULL;
        }
    }
}

static void to_worker(worker *w, tally *t)
{
    const exec *x = w->x;
    size_t n = LEDGER_HEAD, h = 0;
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

static bool take_inputs(const worker *w, tally *t)
{
    if (!w->n_kept_from)
        return true;
    if (!(t->kept = malloc(w->n_kept_from * 2 * sizeof *t->kept)))
        return false;
    for (size_t i = 0; i < w->n_kept_from; i++) {
        t->kept[2 * i] = w->kept_from[i];
        t->kept[2 * i + 1] = w->kept_of[w->kept_from[i]];
    }
    t->n_kept = w->n_kept_from;
    return true;
}

bool ledger_item(worker *w)
{
    exec *x = w->x;
    ledger *l = x->ledger;
    if (!l || !l->on)
        return true;
    tally *t = calloc(1, sizeof *t);
    if (!t || !tally_make(l, t) || !take_inputs(w, t)) {
        if (t)
            tally_free(l, t);
        free(t);
        return worker_fail(w, SL_E_NOMEM, "out of memory"), false;
    }
    t->at = w->at;
    from_worker(w, t);
    t->n[LEDGER_DOCUMENTS] = w->item_records;
    t->n[LEDGER_KEPT] = w->item_kept;
    t->n[LEDGER_BYTES] = item_bytes(w);
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

/* [lock held] */
static void write_inputs(const ledger *l, const tally *t)
{
    if (!t->n_kept || !l->splits)
        return;
    fputc('@', l->splits);
    for (size_t i = 0; i < t->n_kept; i++)
        fprintf(l->splits, " %u %u", t->kept[2 * i], t->kept[2 * i + 1]);
    fputc('\n', l->splits);
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

void ledger_settle(ledger *l, item end)
{
    while (l->first && item_before(l->first->at, end)) {
        tally *t = l->first;
        l->first = t->next;
        if (!l->first)
            l->last = NULL;
        next_split(l, t->at.split);
        l->chunks++;
        l->records += t->n[LEDGER_DOCUMENTS];
        l->kept += t->n[LEDGER_KEPT];
        write_inputs(l, t);
        tally_add(l, &l->sum, t);
        tally_free(l, t);
        free(t);
    }
    next_split(l, end.split);
    l->settled = end;
}

/* ---- begin and end ---- */

void ledger_drop(ledger *l)
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
    free(l->kept_before);
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

ledger *ledger_new(const exec *x)
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

bool ledger_reads_pipe(const exec *x)
{
    bool any = false;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        for (size_t k = 0; k < x->st[i].files.n; k++)
            any |= x->st[i].files.v[k].sequential;
    return any;
}

/* A pass can go on where it was left if nothing but the outputs knows of the documents before: no stage gathers
 * anything, or must see them all in order; and what was kept for it will be found. */
static bool can_continue(const exec *x)
{
    if (!x->o.journal || !x->now.plan.last || !x->now.writes || x->o.tap)
        return false;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        if ((pass_of(x, i)->feed && x->st[i].store.kept && !kept_holds(x, i)) ||
            (pass_of(x, i)->role != ROLE_OFF &&
             ((x->st[i].s->flags & SL_F_ORDERED) || (x->st[i].s->combine && x->st[i].s->finish))))
            return false;
    for (size_t i = 0; i < x->n_outs; i++)
        if (!strcmp(output_spec_of(x->out_list[i])->path, "-"))
            return false;
    return !ledger_reads_pipe(x);
}

bool ledger_begin(exec *x)
{
    ledger *l = x->ledger;
    const bool can = can_continue(x);
    if (!ledger_fits(x, can))
        return false;
    if (!can)
        return true;
    if (!l && !(l = x->ledger = ledger_new(x)))
        return false;
    l->pass = outline_pass_hash(x->p, &x->now.plan);
    l->items = x->now.n;
    l->base = x->now.base;
    const char *mode = l->start.split || l->start.chunk ? "r+" : "w";
    l->splits = x->o.journal_splits ? fopen(x->o.journal_splits, mode) : NULL;
    if (l->splits)
        (void)fseek(l->splits, 0, SEEK_END);
    l->on = true;
    ledger_take_up(x);
    if (x->now.base && !l->resumed)
        ledger_mark_first(x);
    l->last_mark = now_ns();
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

bool ledger_resumed(const exec *x) { return x->ledger && x->ledger->resumed; }
uint64_t ledger_base(const exec *x) { return ledger_resumed(x) ? x->ledger->base : x->next_base; }
bool ledger_marked(const exec *x) { return x->ledger && x->ledger->marked; }
item ledger_start(const exec *x) { return x->ledger && x->ledger->on ? x->ledger->start : (item){ 0, 0 }; }
