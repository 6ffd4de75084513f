/* Marks: what the outputs have on the disk, and the sums of all items below. */
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "exec/ledger_internal.h"
#include "io/journal.h"
#include "exec/states.h"

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
    const item at = { (uint32_t)(split - l->base), chunk };
    if (r < 0 || !strcmp(sbuf_z(&mark), "null") || split < l->base) /* what an earlier pass wrote is not all there */
        goto end;
    if (item_before(at, l->settled))
        goto end; /* an open frame that was in the last mark waits to be written now: that mark is better */
    pthread_mutex_lock(&l->lock);
    ledger_settle(l, at);
    sbuf_printf(&json, "{\"made_by\":%llu,\"pass\":[%llu,%llu],\"base\":%llu,\"start\":[%llu,%llu]",
                (unsigned long long)states_run_identity(x), (unsigned long long)l->pass, (unsigned long long)l->items,
                (unsigned long long)l->base, (unsigned long long)at.split, (unsigned long long)chunk);
    write_sum(l, &json);
    pthread_mutex_unlock(&l->lock);
    damage_save(x, at, &json);
    long size = 0;
    if (l->splits &&
        (fflush(l->splits) || ferror(l->splits) || fdatasync(fileno(l->splits)) || (size = ftell(l->splits)) < 0))
        r = SL_E_IO;
    sbuf_printf(&json, ",\"splits_bytes\":%ld,\"outputs\":%s}", size, sbuf_z(&mark));
    if (r >= 0)
        r = json.failed ? SL_E_NOMEM : journal_write(x->o.journal, json.p, json.n, err);
    l->marked |= r >= 0;
end:
    sbuf_free(&mark);
    sbuf_free(&json);
    return r;
}

void ledger_mark_first(exec *x)
{
    sbuf err = { 0 };
    const uint64_t age = outputs_tail_age(x->outs, 0); /* whatever waits to be a frame goes along */
    int r = 0;
    while ((r = outputs_work(x->outs, 0, &err)) > 0)
        ;
    if (r == 0)
        r = write_mark(x, x->ledger, &err);
    if (r < 0)
        log_line(LOG_DEBUG, "no mark was written: %s", sbuf_z(&err));
    (void)outputs_tail_age(x->outs, age);
    sbuf_free(&err);
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
