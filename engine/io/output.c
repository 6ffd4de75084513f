/* The outputs of a pass: opening, finishing, publishing, and the one failure that all calls report. */
#include "io/output_internal.h"
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"
#include "sluice/plugin.h"

/* ---- failure ---- */

void outputs_changed(outputs *o)
{
    o->changes++;
    pthread_cond_broadcast(&o->changed);
}

int outputs_fail(outputs *o, int code, const char *fmt, ...)
{
    va_list ap;
    if (o->failed)
        return code;
    va_start(ap, fmt);
    sbuf_vprintf(&o->why, fmt, ap);
    va_end(ap);
    o->failed = code;
    outputs_changed(o);
    return code;
}

int outputs_nomem(outputs *o) { return outputs_fail(o, SL_E_NOMEM, "out of memory while writing"); }

int outputs_failure(const outputs *o, sbuf *err)
{
    if (o->failed && err)
        sbuf_puts(err, o->why.failed ? "out of memory while writing" : sbuf_z(&o->why));
    return o->failed;
}

/* ---- opening ---- */

outputs *outputs_new(unsigned threads, const char *tag, uint64_t window)
{
    outputs *o = calloc(1, sizeof *o);
    pthread_condattr_t attr;
    if (!o)
        return NULL;
    o->threads = threads ? threads : 1;
    o->window = window;
    o->tail_age = TAIL_AGE;
    pthread_mutex_init(&o->pool_mutex, NULL);
    pthread_mutex_init(&o->mark_mutex, NULL);
    pthread_mutex_init(&o->mutex, NULL); /* these cannot fail on Linux */
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&o->changed, &attr);
    pthread_condattr_destroy(&attr);
    o->tag = strdup(tag);
    if (!o->tag) {
        outputs_free(o);
        return NULL;
    }
    return o;
}

static void output_free(output *out)
{
    file_abandon(out);
    for (unsigned i = 0; out->slots && i < out->set->threads; i++)
        gather_free_list(out->slots[i].g);
    free(out->slots);
    frame_free(out->open);
    for (frame *f = out->frames.first, *next; f; f = next) {
        next = f->next;
        frame_free(f);
    }
    for (shard *s = out->shards, *next; s; s = next) {
        next = s->next;
        if (s->created && !s->published && !out->set->keep)
            unlink(s->tmp);
        shard_free(s);
    }
    if (out->set->resumed && !out->set->keep)
        (void)output_sweep(out->spec.path, out->set->tag);
    output_unlock(out);
    sbuf_free(&out->tail.text);
    free(out->list);
    free((char *)(uintptr_t)out->spec.path);
    free(out);
}

static int make_folder(const char *path, sbuf *err)
{
    sbuf dir = { 0 };
    fs_dirname(path, &dir);
    const int r = dir.failed ? -ENOMEM : fs_mkdirs(dir.p);
    if (r < 0)
        sbuf_printf(err, "cannot make the folder %s: %s", sbuf_z(&dir), strerror(-r));
    sbuf_free(&dir);
    return r;
}

static output *output_new(outputs *o, const output_spec *spec)
{
    output *out = calloc(1, sizeof *out);
    if (!out)
        return NULL;
    out->set = o;
    out->fd = out->lock = -1;
    out->spec = *spec;
    out->spec.format = path_format(spec);
    out->spec.path = strdup(spec->path);
    out->slots = aligned_alloc(_Alignof(slot), o->threads * sizeof *out->slots);
    if (out->slots)
        memset(out->slots, 0, o->threads * sizeof *out->slots);
    if (!out->spec.path || !out->slots || !cut_shard(out)) {
        output_free(out);
        return NULL;
    }
    return out;
}

static bool list_room(outputs *o)
{
    if (o->n < o->cap)
        return true;
    const size_t cap = o->cap ? o->cap * 2 : 4;
    output **v = realloc(o->v, cap * sizeof(output *));
    if (!v)
        return false;
    o->v = v;
    o->cap = cap;
    return true;
}

/* The first file is created here already: a folder that cannot be written is told before any data is read. */
output *outputs_open(outputs *o, const output_spec *spec, sbuf *err)
{
    o->refused = SL_E_CONFIG;
    if (!output_check(spec, err))
        return NULL;
    for (size_t i = 0; i < o->n; i++)
        if (path_overlap(o->v[i]->spec.path, spec->path)) {
            sbuf_printf(err, "two outputs write %s", spec->path);
            return NULL;
        }
    o->refused = SL_E_IO;
    if (!path_is_stdout(spec->path) && make_folder(spec->path, err) < 0)
        return NULL;
    o->refused = path_is_stdout(spec->path) ? 0 : path_in_the_way(spec->path, err);
    if (o->refused < 0)
        return NULL;
    output *out = list_room(o) ? output_new(o, spec) : NULL;
    o->refused = !out ? SL_E_NOMEM : output_lock(out, err);
    if (o->refused == 0 && !o->continuing)
        o->refused = file_begin(out, out->shard, err);
    if (o->refused == SL_E_NOMEM)
        sbuf_puts(err, "out of memory");
    if (o->refused < 0) {
        if (out)
            output_free(out);
        return NULL;
    }
    return o->v[o->n++] = out;
}

int outputs_refused(const outputs *o) { return o->refused; }

const output_spec *output_spec_of(const output *out) { return &out->spec; }
uint64_t output_ns(const output *out) { return out->ns; }

/* ---- the end ---- */

/* [mutex held] Has every record arrived? */
static int check_complete(outputs *o)
{
    for (size_t i = 0; i < o->n; i++)
        for (unsigned t = 0; t < o->threads; t++) {
            const slot *s = &o->v[i]->slots[t];
            if (s->failed)
                return outputs_nomem(o);
            if (s->g && s->g->records)
                return outputs_fail(o, SL_E_INTERNAL,
                                    "internal error: thread %u has records of a chunk that did not end", t);
        }
    if (o->heap_n || o->chunk)
        return outputs_fail(o, SL_E_INTERNAL, "internal error: split %llu did not end (at chunk %llu)",
                            (unsigned long long)o->split, (unsigned long long)o->chunk);
    if (!skip_all_met(o))
        return outputs_fail(o, SL_E_STATE, "the input ended before the place where the run was interrupted");
    return 0;
}

/* [mutex held] */
static void end_cuts(outputs *o)
{
    frame_list cut = { 0 };
    int r = 0;
    for (size_t i = 0; i < o->n && r == 0; i++)
        r = cut_end(o->v[i], &cut);
    order_queue(o, cut);
    if (r < 0)
        outputs_nomem(o);
}

static int end_all(outputs *o, sbuf *err)
{
    pthread_mutex_lock(&o->mutex);
    order_settle(o);
    if (!o->failed && !o->finished && check_complete(o) == 0)
        end_cuts(o);
    o->finished = true;
    const int r = outputs_failure(o, err);
    pthread_mutex_unlock(&o->mutex);
    return r;
}

/* Nothing left to write (only: for this output), or failed. */
static bool all_written(outputs *o, const output *only)
{
    bool all = true;
    pthread_mutex_lock(&o->mutex);
    for (size_t i = 0; i < o->n; i++)
        all = all && ((only && o->v[i] != only) || (!o->v[i]->frames.first && !o->v[i]->writing));
    all = all || o->failed;
    pthread_mutex_unlock(&o->mutex);
    return all;
}

static int write_all(outputs *o, const output *only, sbuf *err)
{
    int r = 0;
    while (r == 0 && !all_written(o, only)) {
        r = outputs_work(o, 0, err);
        if (r == 0)
            outputs_wait(o, 100); /* others have the rest in hand */
        r = r < 0 ? r : 0;
    }
    return r;
}

static int make_list(output *out)
{
    if (out->list)
        return 0;
    out->list = malloc(out->n_shards * sizeof *out->list);
    if (!out->list)
        return SL_E_NOMEM;
    size_t n = 0;
    for (const shard *s = out->shards; s; s = s->next)
        out->list[n++] = s->info;
    return 0;
}

int outputs_finish(outputs *o, sbuf *err)
{
    int r = end_all(o, err);
    if (r == 0)
        r = write_all(o, NULL, err);
    if (r < 0)
        return r;
    pthread_mutex_lock(&o->mutex);
    for (size_t i = 0; i < o->n && !o->failed; i++)
        if (make_list(o->v[i]) < 0)
            outputs_nomem(o);
    r = outputs_failure(o, err);
    pthread_mutex_unlock(&o->mutex);
    return r;
}

size_t output_shards(const output *out, const output_shard **v)
{
    *v = out->list;
    return out->list ? out->n_shards : 0;
}

static int publish(output *out, uint64_t *done, sbuf *why)
{
    for (shard *s = out->shards; s; s = s->next, ++*done) {
        const int r = file_publish(s, why);
        if (r < 0)
            return r;
    }
    const int r = path_is_stdout(out->spec.path) ? 0 : fs_fsync_dir_of(out->spec.path);
    if (r < 0)
        sbuf_printf(why, "cannot sync the folder of %s: %s", out->spec.path, strerror(-r));
    return r < 0 ? SL_E_IO : 0;
}

int outputs_publish(outputs *o, sbuf *err)
{
    sbuf why = { 0 };
    uint64_t done = 0, all = 0;
    pthread_mutex_lock(&o->mutex);
    for (size_t i = 0; i < o->n && !o->failed; i++) {
        all += o->v[i]->n_shards;
        if (!o->v[i]->list)
            outputs_fail(o, SL_E_INTERNAL, "internal error: outputs are published before they are finished");
    }
    for (size_t i = 0; i < o->n && !o->failed; i++) {
        const int r = publish(o->v[i], &done, &why);
        if (r < 0)
            outputs_fail(o, r, "%s (%llu of %llu files have their final names)", sbuf_z(&why), (unsigned long long)done,
                         (unsigned long long)all);
    }
    sbuf_free(&why);
    const int r = outputs_failure(o, err);
    pthread_mutex_unlock(&o->mutex);
    return r;
}

int outputs_salvage(outputs *o, output *out, sbuf *err)
{
    frame_list cut = { 0 };
    uint64_t done = 0;
    sbuf why = { 0 };
    pthread_mutex_lock(&o->mutex);
    order_settle(o);
    for (size_t i = 0; i < o->heap_n; i++) /* behind a gap that nobody will fill */
        gather_free_list(o->heap[i].gathers);
    o->heap_n = 0;
    if (!o->failed && !o->finished && cut_end(out, &cut) < 0)
        outputs_nomem(o);
    order_queue(o, cut);
    o->finished = true;
    int r = outputs_failure(o, err);
    pthread_mutex_unlock(&o->mutex);
    if (r == 0)
        r = write_all(o, out, err);
    if (r < 0)
        return r;
    pthread_mutex_lock(&o->mutex);
    if (make_list(out) < 0)
        outputs_nomem(o);
    else if ((r = publish(out, &done, &why)) < 0)
        outputs_fail(o, r, "%s", sbuf_z(&why));
    r = outputs_failure(o, err);
    pthread_mutex_unlock(&o->mutex);
    sbuf_free(&why);
    return r;
}

void outputs_free(outputs *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->heap_n; i++)
        gather_free_list(o->heap[i].gathers);
    for (size_t i = 0; i < o->n; i++)
        output_free(o->v[i]);
    gather_free_list(o->gathers.first);
    gather_free_list(o->blocks.first);
    packer_free_all(o->packers);
    free(o->heap);
    free(o->v);
    free(o->tag);
    sbuf_free(&o->why);
    pthread_cond_destroy(&o->changed);
    pthread_mutex_destroy(&o->mutex);
    pthread_mutex_destroy(&o->mark_mutex);
    pthread_mutex_destroy(&o->pool_mutex);
    free(o);
}
