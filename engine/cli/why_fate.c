/* What became of a document, put together from its steps and those of its parts. */
#include <string.h>
#include "cli/why.h"

const why_step *why_step_at(const why *w, uint32_t row, uint32_t stage)
{
    const why_row *r = &w->rows[row];
    for (size_t i = 0; i < r->n_steps; i++)
        if (r->steps[i].stage == stage)
            return &r->steps[i];
    return NULL;
}

size_t why_parts(const why *w, uint32_t row, uint32_t stage)
{
    size_t n = 0;
    for (uint32_t i = w->rows[row].first_part; i != PLAN_NONE; i = w->rows[i].next_part)
        n += w->rows[i].made_by == stage;
    return n;
}

uint32_t why_taken_by(const why *w, uint32_t row)
{
    const plan *p = &w->c->plan;
    const why_row *r = &w->rows[row];
    if (!r->n_steps)
        return PLAN_NONE;
    const why_step *last = &r->steps[r->n_steps - 1];
    const plan_stage *s = &p->stages[last->stage];
    if (last->fate == ROW_REJECTED || last->unsure == UNSURE_PLACE)
        return PLAN_NONE;
    for (size_t i = 0; i < s->n_to; i++) {
        bool gone_on = s->to_port[i] || why_parts(w, row, s->to[i]);
        for (uint32_t at = row; at != PLAN_NONE && !gone_on; at = w->rows[at].parent) /* it may be part of a whole */
            gone_on = why_step_at(w, at, s->to[i]) != NULL;
        if (!gone_on)
            return s->to[i];
    }
    return PLAN_NONE;
}

int why_fate(const why *w, uint32_t row)
{
    const why_row *r = &w->rows[row];
    int fate = FATE_TAKEN;
    for (size_t i = 0; i < r->n_steps; i++) {
        const why_step *s = &r->steps[i];
        if (s->unsure == UNSURE_PLACE)
            return FATE_UNKNOWN;
        if (w->c->plan.stages[s->stage].def->s.kind == SL_SINK)
            fate = FATE_WRITTEN;
        else if (s->fate == ROW_REJECTED && fate != FATE_WRITTEN)
            fate = FATE_DROPPED;
    }
    for (uint32_t i = r->first_part; i != PLAN_NONE && fate != FATE_WRITTEN; i = w->rows[i].next_part) {
        const int part = why_fate(w, i);
        if (part == FATE_WRITTEN || part == FATE_UNKNOWN)
            fate = part;
        else if (part == FATE_DROPPED && fate == FATE_TAKEN)
            fate = FATE_DROPPED;
    }
    return fate;
}

size_t why_shards(const why *w, uint32_t sink, const char **first, const char **last)
{
    const json_tree *shard;
    size_t n = 0;
    *first = *last = NULL;
    for (size_t i = 0; (shard = report_item(&w->run.root, "outputs", i)); i++) {
        if (strcmp(report_str(shard, "stage"), w->c->plan.stages[sink].name))
            continue;
        *last = report_str(shard, "path");
        *first = n++ ? *first : *last;
    }
    return n;
}
