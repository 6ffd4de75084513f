/* Where to keep documents between passes, rather than to read and run everything above again. By cost, in units of
 * reading and parsing a byte once; measured on documentation in Markdown (engine/exec/README.md). */
#include "base/str.h"
#include "plan/bind.h"

/* In hundredths of the cost of reading: what a stage costs when it runs once more, and what keeping costs. */
enum { COST_SOURCE = 100, COST_TRANSFORM = 50, COST_RESHAPE = 60, COST_KEEP = 180, COST_READ_KEPT = 80 };

/* What one more pass through s and all above it costs, up to places where documents are kept anyway. */
static uint32_t cost_above(const plan *p, uint32_t i)
{
    const plan_stage *s = &p->stages[i];
    uint32_t most = 0;
    if (s->sorts || s->keep)
        return COST_READ_KEPT;
    for (size_t k = 0; k < s->n_from;
         k++) { /* several inputs share the documents among them: the dearest stands for all */
        const uint32_t one = cost_above(p, s->from[k]);
        most = one > most ? one : most;
    }
    return most + (s->def->s.kind == SL_SOURCE    ? COST_SOURCE
                   : s->def->s.kind == SL_RESHAPE ? COST_RESHAPE
                                                  : COST_TRANSFORM);
}

static void keep(plan_stage *s, const char *why)
{
    if (!s->keep)
        s->keep_why = why;
    s->keep = true;
}

void bind_keep(plan *p)
{
    const uint32_t how = p->file->head.materialize;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        plan_stage *s = &p->stages[i];
        if ((s->def->s.flags & SL_F_ONCE) && !s->sorts && s->def->s.kind != SL_SINK)
            keep(s, "it is costly and must not run twice");
        if (!s->fits || (s->def->s.flags & SL_F_PORTS_ONLY) || how == MATERIALIZE_NEVER)
            continue;
        for (size_t k = 0; k < s->n_from; k++) {
            plan_stage *above = &p->stages[s->from[k]];
            if (above->sorts || above->keep)
                continue;
            if (how == MATERIALIZE_ALWAYS)
                keep(above, "materialize: always");
            else if (cost_above(p, s->from[k]) > COST_KEEP + COST_READ_KEPT)
                keep(above, "reading it back costs less than running the stages above again");
        }
    }
}
