/* What a continued run gets again: records that are committed already are passed over before they are cut. */
#include "io/output_internal.h"
#include "sluice/plugin.h"

bool stream_before(uint64_t split, uint64_t chunk, const stream_at *at)
{
    return split != at->split ? split < at->split : chunk < at->chunk;
}

static bool same_chunk(uint64_t split, uint64_t chunk, const stream_at *at)
{
    return split == at->split && chunk == at->chunk;
}

int skip_committed(const gather *g, stream_at *at, size_t *skipped)
{
    stream_at *from = &g->out->from;
    *skipped = 0;
    if (stream_before(at->split, at->chunk, from)) {
        at->records = g->records;
        *skipped = g->n;
        return 0;
    }
    if (!from->records || !same_chunk(at->split, at->chunk, from))
        return 0;
    if (from->records > g->records)
        return SL_E_STATE;
    for (size_t i = 0; i < from->records; i++)
        *skipped += g->len[i];
    at->records = from->records;
    from->records = 0;
    return 0;
}

int skip_check(const outputs *o, const entry *e)
{
    for (size_t i = 0; i < o->n; i++) {
        const stream_at *from = &o->v[i]->from;
        if (from->records && !stream_before(e->split, e->chunk, from))
            return SL_E_STATE;
    }
    return 0;
}

bool skip_all_met(const outputs *o)
{
    for (size_t i = 0; i < o->n; i++) {
        const stream_at *from = &o->v[i]->from;
        if (from->records || stream_before(o->split, o->chunk, from))
            return false;
    }
    return true;
}
