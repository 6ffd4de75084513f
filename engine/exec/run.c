/* All passes of a run, one after the other. */
#include <string.h>
#include "exec/kept.h"
#include "exec/ledger.h"
#include "exec/states.h"
#include "io/journal.h"

const char *pass_describe(exec *x)
{
    sbuf text = { 0 }, *out = &text;
    for (uint32_t i = 0, n = 0; i < x->p->n_stages; i++) {
        const pass_stage *s = pass_of(x, i);
        const plan_stage *p = &x->p->stages[i];
        if (s->role == ROLE_FIT)
            sbuf_printf(out, "%sfit %s%s%s", n++ ? ", " : "", p->name, s->port ? " " : "",
                        s->port ? p->ports[s->port - 1].name : "");
        else if (s->capture == CAPTURE_SORT)
            sbuf_printf(out, "%ssort %s", n++ ? ", " : "", p->name);
    }
    if (x->now.plan.last)
        sbuf_puts(out, "write");
    const char *z = text.failed ? NULL : arena_strdup(&x->mem, sbuf_z(&text));
    sbuf_free(&text);
    return z;
}

static bool note_pass(exec *x, uint64_t began)
{
    exec_pass *v = arena_grow(&x->mem, x->passes, x->n_run, sizeof *v);
    const char *what = pass_describe(x);
    if (v && what) {
        x->passes = v;
        v[x->n_run++] = (exec_pass){ .what = what,
                                     .seconds = (double)(now_ns() - began) / 1e9,
                                     .documents = atomic_load(&x->documents) };
    }
    return v && what;
}

static void fail_all(exec *x, const char *why)
{
    if (!x->failed)
        sched_fail(x, (item){ 0, 0 }, SL_E_NOMEM, why);
}

exec_end exec_run(exec *x)
{
    bool errors = false, last = false, stop = false;
    if (!result_make(x) || !states_find(x) || !kept_take_up(x) || !fit_after_pass(x))
        fail_all(x, "out of memory");
    while (!last && !x->failed && !errors && !stop) {
        const uint64_t began = now_ns();
        if (exec_cancelled(x)) /* maybe before all was finalized: no pass may count on it */
            break;
        if (!pass_begin(x)) {
            fail_all(x, "out of memory");
            break;
        }
        pass_work(x);
        pass_end(x);
        if (!note_pass(x, began))
            fail_all(x, "out of memory");
        last = x->now.plan.last;
        errors = exec_too_many_errors(x);
        stop = exec_cancelled(x);
        for (unsigned i = 0; i < x->threads; i++)
            stop |= x->workers[i].stop;
        if (!x->failed && !errors && !stop && !last && !fit_after_pass(x))
            fail_all(x, "out of memory");
    }
    if (!x->failed && !stop && !errors && !x->o.tap) {
        sbuf err = { 0 };
        const int r = outputs_finish(x->outs, &err);
        if (r < 0)
            sched_fail(x, (item){ UINT32_MAX, 0 }, r, sbuf_z(&err));
        sbuf_free(&err);
    }
    exec_collect(x);
    return exec_cancelled(x)   ? EXEC_CANCELLED
           : x->failed         ? EXEC_FAILED
           : stop && !x->o.tap ? EXEC_CANCELLED
           : errors            ? EXEC_TOO_MANY_ERRORS
                               : EXEC_OK;
}

bool exec_anew(exec *x, sbuf *err) { return outputs_anew(x->outs, err) >= 0; }

bool exec_keep(exec *x)
{
    if (!ledger_marked(x)) /* the outputs begin anew then */
        return kept_there(x);
    outputs_keep(x->outs);
    for (size_t i = 0; i < x->n_states; i++)
        x->states[i].waits = NULL; /* so that they are found again */
    return true;
}

bool exec_forget(exec *x, sbuf *err)
{
    const bool good = !x->o.kept_index || journal_remove(x->o.kept_index, err) >= 0;
    if (x->o.kept)
        scratch_sweep(x->o.kept, NULL, NULL);
    return good;
}

size_t exec_passes(const exec *x, const exec_pass **out)
{
    *out = x->passes;
    return x->n_run;
}

uint64_t exec_scratch_bytes(const exec *x)
{
    uint64_t n = scratch_bytes(x->scratch) + x->kept_bytes;
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        n += x->st[i].store.files ? scratch_bytes(x->st[i].store.files) : 0;
    return n;
}

bool exec_publish(exec *x)
{
    sbuf err = { 0 };
    const bool good = outputs_publish(x->outs, &err) >= 0;
    if (!good)
        sched_fail(x, (item){ UINT32_MAX, 0 }, SL_E_IO, sbuf_z(&err));
    sbuf_free(&err);
    return good;
}

bool exec_salvage(exec *x)
{
    sbuf err = { 0 };
    const bool good = x->quarantine && outputs_salvage(x->outs, x->quarantine, &err) >= 0;
    sbuf_free(&err);
    return good;
}
