/* Frames on their way to the file: compressed by any thread, oldest first, and written in order by the thread that
 * finishes the one that is due; frames that were waiting for it go along. The mutex is never held over compression or
 * write(2). */
#include "io/output_internal.h"
#include <string.h>
#include <time.h>
#include "sluice/plugin.h"

static frame *take_job(outputs *o)
{
    frame *f = o->first_job;
    if (!f)
        return NULL;
    o->first_job = f->next_job;
    if (!o->first_job)
        o->last_job = NULL;
    return f;
}

static bool may_write(const output *out) { return !out->writing && out->frames.first && out->frames.first->done; }

/* [mutex held] The frame is written. */
static void commit(output *out, const frame *f, const char *digest)
{
    committed *c = &out->done;
    if (f->last) {
        *c = (committed){ .shards = c->shards + 1 };
        return;
    }
    c->open = f->shard;
    c->records = f->shard_records;
    c->bytes = f->shard_bytes;
    c->file_bytes = f->shard->info.file_bytes;
    memcpy(c->sha256, digest, sizeof c->sha256);
}

/* [mutex held, given up meanwhile] The caller is the writer of f->out. */
static int write_frame(outputs *o, frame *f)
{
    output *out = f->out;
    sbuf why = { 0 };
    char so_far[65] = "";
    pthread_mutex_unlock(&o->mutex);
    const uint64_t began = clock_ns();
    int r = f->shard == out->file_shard ? 0 : file_begin(out, f->shard, &why);
    if (r == 0)
        r = file_write(out, f, &why);
    const bool written = r == 0;
    if (r == 0 && f->last)
        r = file_end(out, &why);
    else if (r == 0 && f->shard->tmp)
        r = sha256_so_far(out->digest, so_far) ? 0 : SL_E_NOMEM;
    const uint64_t took = clock_ns() - began;
    pthread_mutex_lock(&o->mutex);
    out->ns += took;
    if (r == 0)
        commit(out, f, so_far);
    else if (written && f->last)
        o->torn = true; /* could not be synced: what this file holds, nobody knows */
    if (r < 0)
        r = why.n ? outputs_fail(o, r, "%s", sbuf_z(&why)) : outputs_nomem(o);
    sbuf_free(&why);
    return r;
}

/* [mutex held, given up meanwhile] Writes all that is due. */
static void drain(outputs *o, output *out)
{
    out->writing = true;
    while (!o->failed && out->frames.first && out->frames.first->done) {
        frame *f = out->frames.first;
        if (write_frame(o, f) < 0)
            break; /* the frame stays: outputs_free has it */
        out->frames.first = f->next;
        if (!f->next)
            out->frames.last = NULL;
        o->waiting -= f->packed ? f->packed_n : f->bytes;
        frame_free(f);
        outputs_changed(o);
    }
    out->writing = false;
}

/* [mutex held, given up meanwhile] */
static void pack(outputs *o, frame *f)
{
    const char *why = "";
    packer *k = packer_take(o);
    if (!k) {
        outputs_nomem(o);
        return;
    }
    pthread_mutex_unlock(&o->mutex);
    const uint64_t began = clock_ns();
    const int r = packer_pack(k, f, &why);
    const uint64_t took = clock_ns() - began;
    gather_unref(f->g);
    f->g = NULL;
    pthread_mutex_lock(&o->mutex);
    f->out->ns += took;
    packer_return(o, k);
    if (r < 0) {
        if (r == SL_E_NOMEM)
            outputs_nomem(o);
        else
            outputs_fail(o, r, "cannot compress %s: %s", f->shard->path, why);
        return;
    }
    o->waiting -= f->bytes;
    o->waiting += f->packed_n;
    f->done = true;
    outputs_changed(o);
    if (may_write(f->out))
        drain(o, f->out);
}

int outputs_work(outputs *o, unsigned thread, sbuf *err)
{
    (void)thread; /* memory for compression goes to whoever works */
    if (!o->n)
        return 0;
    pthread_mutex_lock(&o->mutex);
    int did = 0;
    for (size_t i = 0; i < o->n && !did && !o->failed; i++)
        if (may_write(o->v[i])) {
            drain(o, o->v[i]);
            did = 1;
        }
    frame *f = did || o->failed ? NULL : take_job(o);
    if (f) {
        pack(o, f);
        did = 1;
    }
    const int r = outputs_failure(o, err);
    pthread_mutex_unlock(&o->mutex);
    return r < 0 ? r : did;
}

int outputs_pressure(outputs *o)
{
    const uint64_t waiting = atomic_load_explicit(&o->waiting, memory_order_relaxed);
    if (waiting <= o->window)
        return PRESSURE_NONE;
    return waiting - o->window <= o->window ? PRESSURE_SOFT : PRESSURE_HARD; /* more than twice; cannot overflow */
}

uint64_t outputs_bytes(outputs *o)
{
    pthread_mutex_lock(&o->mutex);
    const uint64_t n = o->waiting + o->opened;
    pthread_mutex_unlock(&o->mutex);
    return n;
}

void outputs_wait(outputs *o, unsigned ms)
{
    if (!o->n)
        return;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&o->mutex);
    const uint64_t seen = o->changes;
    int r = 0;
    while (!o->failed && o->changes == seen && r == 0)
        r = pthread_cond_timedwait(&o->changed, &o->mutex, &until);
    pthread_mutex_unlock(&o->mutex);
}
