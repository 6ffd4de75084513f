/* States that wait for their run. One that spares later runs the input of a port spares them also what that input puts
 * into the quarantine, which is only right once there is a run that has it: so such a state gets its name when the run
 * is on record as done. Until then only this run knows it, and finds it again if it goes on behind a mark; a run that
 * begins anew, for whatever reason, reads that input again. */
#include <stdio.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/log.h"
#include "exec/engine.h"
#include "exec/states.h"

static bool spares_port(const plan_stage *p, uint32_t what)
{
    bool spares = false;
    for (size_t k = 0; k < p->n_ports; k++)
        spares |= p->ports[k].last != PLAN_NONE && (what == SL_WHOLE || what == k + 1);
    return spares;
}

bool states_waiting(exec *x, uint32_t stage, uint32_t what, const char *path, const char **waits)
{
    *waits = NULL;
    if (!x->quarantine || !spares_port(&x->p->stages[stage], what))
        return true;
    const char *name = fs_basename(path);
    *waits = arena_printf(&x->mem, "%.*s.%s.%s.waits", (int)(name - path), path, name, x->o.tag ? x->o.tag : "x");
    return *waits;
}

void exec_settle(exec *x)
{
    for (size_t i = 0; i < x->n_states; i++) {
        exec_state *s = &x->states[i];
        if (!s->waits)
            continue;
        if (rename(s->waits, s->path) || fs_fsync_dir_of(s->path))
            log_line(LOG_INFO, "what %s was fitted to is not saved: %s cannot be named", x->p->stages[s->stage].name,
                     s->waits);
        s->waits = NULL;
    }
}

void states_drop(exec *x)
{
    for (size_t i = 0; i < x->n_states; i++)
        if (x->states[i].waits)
            (void)unlink(x->states[i].waits);
}
