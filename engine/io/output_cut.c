/* The cutter: where frames and shards end. A function of the lengths of the records alone, so that the same records
 * make the same bytes. A frame that lies within one chunk refers to its records; only one that crosses chunks is put
 * together by copying, which also lets go of the chunks. */
#include "io/output_internal.h"
#include <stdlib.h>
#include <time.h>
#include "sluice/plugin.h"

void frame_append(frame_list *list, frame *f)
{
    if (list->last)
        list->last->next = f;
    else
        list->first = f;
    list->last = f;
}

void frame_free(frame *f)
{
    if (!f)
        return;
    gather_unref(f->g);
    free(f->packed);
    free(f);
}

uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

shard *shard_new(const output *out, uint64_t index)
{
    const bool file = !path_is_stdout(out->spec.path);
    shard *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->path = path_final(out->spec.path, index);
    s->tmp = s->path && file ? path_temporary(s->path, out->set->tag) : NULL;
    if (!s->path || (file && !s->tmp)) {
        shard_free(s);
        return NULL;
    }
    s->info = (output_shard){ .path = s->path, .index = index };
    return s;
}

void shard_free(shard *s)
{
    free(s->path);
    free(s->tmp);
    free(s);
}

shard *cut_shard(output *out)
{
    shard *s = shard_new(out, out->n_shards);
    if (!s)
        return NULL;
    out->n_shards++;
    if (out->last_shard)
        out->last_shard->next = s;
    else
        out->shards = s;
    return out->last_shard = out->shard = s;
}

static int frame_open(output *out, stream_at start)
{
    frame *f = out->shard || cut_shard(out) ? calloc(1, sizeof *f) : NULL;
    if (!f)
        return SL_E_NOMEM;
    f->out = out;
    f->shard = out->shard;
    f->start = start;
    f->opened = clock_ns();
    out->open = f;
    return 0;
}

static void frame_close(output *out, bool ends_shard, frame_list *cut)
{
    frame *f = out->open;
    f->last = ends_shard;
    f->shard_records = f->shard->info.records;
    f->shard_bytes = f->shard->info.bytes;
    f->done = out->spec.format == FORMAT_PLAIN; /* nothing to compress */
    out->open = NULL;
    if (ends_shard)
        out->shard = NULL;
    frame_append(cut, f);
}

/* The frame goes on with n bytes of g at `at`. */
static int frame_extend(frame *f, gather *g, size_t at, size_t n)
{
    if (!n)
        return 0;
    if (f->g) /* from an earlier chunk: frame_keep made it a block */
        return gather_append(f->g, g->p + at, n) ? 0 : SL_E_NOMEM;
    f->g = gather_ref(g);
    f->at = at;
    return 0;
}

/* The chunk ends and the frame stays open: it gets a block of its own, unless it is full and only waits to be closed.
 */
static int frame_keep(frame *f)
{
    if (!f || !f->g || f->g->block || f->bytes >= OUTPUT_FRAME)
        return 0;
    gather *b = gather_get(f->out, true);
    if (!b)
        return SL_E_NOMEM;
    const bool ok = gather_append(b, f->g->p + f->at, f->bytes);
    gather_unref(ok ? f->g : b);
    if (!ok)
        return SL_E_NOMEM;
    f->g = b;
    f->at = 0;
    return 0;
}

static bool shard_is_full(const output *out, size_t len)
{
    const output_spec *spec = &out->spec;
    const shard *s = out->shard;
    if (!s)
        return false;
    return (spec->shard_bytes && s->info.bytes && s->info.bytes + len > spec->shard_bytes) ||
           (spec->shard_records && s->info.records == spec->shard_records);
}

static bool frame_is_full(const frame *f, size_t len) { return f && f->bytes && f->bytes + len > OUTPUT_FRAME; }

int cut_records(gather *g, stream_at place, size_t from, frame_list *cut)
{
    output *out = g->out;
    size_t at = from; /* g[from, at) belongs to the open frame and is not in it yet */
    int r = 0;
    for (size_t i = place.records; i < g->records; i++) {
        const size_t len = g->len[i];
        const bool border = shard_is_full(out, len);
        if (border || frame_is_full(out->open, len)) {
            if ((r = frame_extend(out->open, g, from, at - from)) < 0)
                return r;
            from = at;
            frame_close(out, border, cut);
        }
        place.records = i;
        if (!out->open && (r = frame_open(out, place)) < 0)
            return r;
        out->open->bytes += len;
        out->shard->info.bytes += len;
        out->shard->info.records++;
        at += len;
    }
    if (out->open && (r = frame_extend(out->open, g, from, at - from)) < 0)
        return r;
    return frame_keep(out->open);
}

int cut_end(output *out, frame_list *cut)
{
    const outputs *o = out->set;
    if (!out->open && !out->shard && out->n_shards)
        return 0; /* continued where all was written */
    const int r = out->open ? 0 : frame_open(out, (stream_at){ o->split, o->chunk, 0 }); /* there was no record */
    if (r == 0)
        frame_close(out, true, cut);
    return r;
}
