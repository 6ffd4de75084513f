/* The cutter: where frames and shards end. A function of the lengths of the records alone, so that the same records
 * make the same bytes. Only lengths are walked here: a frame is a list of pieces of gathered buffers, and nothing is
 * copied. */
#include "io/output_internal.h"
#include <stdlib.h>

void frame_release(outputs *o, frame *f)
{
    for (size_t i = 0; i < f->n_pieces; i++)
        gather_unref(o, f->pieces[i].g);
    free(f->pieces);
    f->pieces = NULL;
    f->n_pieces = f->cap = 0;
}

void frame_free(outputs *o, frame *f)
{
    if (!f)
        return;
    frame_release(o, f);
    free(f->packed);
    free(f);
}

/* Without memory for a name the shard is not made. */
shard *cut_shard(output *out)
{
    shard *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->path = path_final(out->spec.path, out->n_shards);
    s->tmp = s->path && !path_is_stdout(out->spec.path) ? path_temporary(s->path, out->set->tag) : NULL;
    if (!s->path || (!s->tmp && !path_is_stdout(out->spec.path))) {
        free(s->path);
        free(s);
        return NULL;
    }
    s->info = (output_shard){ .path = s->path, .index = out->n_shards++ };
    if (out->last_shard)
        out->last_shard->next = s;
    else
        out->shards = s;
    return out->last_shard = out->shard = s;
}

static int frame_open(output *out)
{
    if (!out->shard && !cut_shard(out))
        return outputs_nomem(out->set);
    frame *f = calloc(1, sizeof *f);
    if (!f)
        return outputs_nomem(out->set);
    f->out = out;
    f->shard = out->shard;
    out->open = f;
    return 0;
}

static int frame_add(frame *f, gather *g, size_t at, size_t n)
{
    if (!n)
        return 0;
    if (f->n_pieces == f->cap) {
        const size_t cap = f->cap ? f->cap * 2 : 4;
        piece *v = realloc(f->pieces, cap * sizeof *v);
        if (!v)
            return outputs_nomem(f->out->set);
        f->pieces = v;
        f->cap = cap;
    }
    f->pieces[f->n_pieces++] = (piece){ g, at, n };
    g->refs++;
    return 0;
}

static void frame_close(output *out, bool ends_shard)
{
    outputs *o = out->set;
    frame *f = out->open;
    f->last = ends_shard;
    out->open = NULL;
    if (ends_shard)
        out->shard = NULL;
    o->opened -= f->bytes;
    o->waiting += f->bytes;
    if (out->last)
        out->last->next = f;
    else
        out->first = f;
    out->last = f;
    f->done = out->spec.format == FORMAT_PLAIN;
    if (f->done)
        return;
    if (o->last_job)
        o->last_job->next_job = f;
    else
        o->first_job = f;
    o->last_job = f;
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

static int cut(output *out, gather *g)
{
    size_t from = 0, at = 0;
    int r = 0;
    for (size_t i = 0; i < g->records; i++) {
        const size_t len = g->len[i];
        const bool border = shard_is_full(out, len);
        if (border || frame_is_full(out->open, len)) {
            if ((r = frame_add(out->open, g, from, at - from)) < 0)
                return r;
            from = at;
            frame_close(out, border);
        }
        if (!out->open && (r = frame_open(out)) < 0)
            return r;
        out->open->bytes += len;
        out->shard->info.bytes += len;
        out->shard->info.records++;
        at += len;
    }
    return out->open ? frame_add(out->open, g, from, at - from) : 0;
}

int cut_records(output *out, gather *g)
{
    outputs *o = out->set;
    o->waiting -= g->n;
    o->opened += g->n;
    const int r = cut(out, g);
    gather_unref(o, g);
    return r;
}

int cut_end(output *out)
{
    if (!out->open) { /* there was no record at all */
        const int r = frame_open(out);
        if (r < 0)
            return r;
    }
    frame_close(out, true);
    return 0;
}
