/* Marks: what is committed, as a line of JSON. The cutter makes way while the places are looked up and the open frames
 * are copied, which takes a few milliseconds at most; syncing, compressing and writing the text hold nobody up. */
#include "io/output_mark.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include "base/base64.h"
#include "base/fs.h"
#include "sluice/plugin.h"

/* What a mark says of one output. */
typedef struct seen {
    output *out;
    committed done;
    stream_at at;
    bool tail;  /* the records of the open frame are in the mark */
    bool known; /* and they are those of the mark before */
    stream_at start;
    uint64_t records, bytes; /* of the tail */
    char *copy;
} seen;

void mark_made_by(char out[64]) { snprintf(out, 64, "zstd %u, zlib %s", ZSTD_versionNumber(), zlibVersion()); }

/* ---- looking ---- */

/* [mutex held, nobody cuts] Where the output goes on, and whether its open frame belongs into the mark. */
static void look(output *out, uint64_t now, seen *s)
{
    const outputs *o = out->set;
    frame *f = out->open;
    *s = (seen){ .out = out, .done = out->done, .at = { o->split, o->chunk, 0 } };
    if (stream_before(o->split, o->chunk, &out->from) || out->from.records)
        s->at = out->from;
    if (out->frames.first) { /* closed and not written: it comes again, and so does all behind it */
        s->at = out->frames.first->start;
    } else if (f && f->bytes <= TAIL_MAX && (!f->opened || now - f->opened >= o->tail_age)) {
        f->opened = 0;
        s->tail = true;
        s->start = f->start;
        s->bytes = f->bytes;
        s->records = out->shard->info.records - out->done.records;
        s->known =
            out->tail.text.n && out->tail.bytes == f->bytes && !memcmp(&out->tail.start, &f->start, sizeof f->start);
    } else if (f) {
        s->at = f->start;
    }
}

/* [nobody cuts] */
static int copy_tail(seen *s)
{
    const frame *f = s->out->open;
    if (!s->tail || s->known)
        return 0;
    s->copy = malloc(s->bytes ? s->bytes : 1);
    if (!s->copy)
        return SL_E_NOMEM;
    if (s->bytes)
        memcpy(s->copy, f->g->p + f->at, s->bytes);
    return 0;
}

/* [mutex held, nobody cuts] An open frame was in the mark before and is closed now, but not written: this mark would go
 * back to its first record. */
static bool goes_back(const outputs *o, const seen *v)
{
    for (size_t i = 0; i < o->n; i++)
        if (o->v[i]->frames.first && stream_before(v[i].at.split, v[i].at.chunk, &o->marked))
            return true;
    return false;
}

/* 1: try again. 0: nobody cuts until order_go_on. */
static int try_to_look(outputs *o, seen *v, sbuf *err)
{
    int r = 0;
    pthread_mutex_lock(&o->mutex);
    order_pause(o);
    const uint64_t now = clock_ns();
    if (o->torn)
        r = outputs_failure(o, err);
    for (size_t i = 0; i < o->n && r == 0; i++)
        look(o->v[i], now, &v[i]);
    if (r == 0 && goes_back(o, v)) {
        r = outputs_failure(o, err); /* then it will never be written */
        r = r < 0 ? r : 1;
    }
    if (r != 0)
        order_go_on(o);
    pthread_mutex_unlock(&o->mutex);
    return r;
}

static int look_at_all(outputs *o, seen *v, sbuf *err)
{
    int r;
    while ((r = try_to_look(o, v, err)) > 0) {
        r = outputs_work(o, 0, err);
        if (r < 0)
            return r;
        if (r == 0)
            outputs_wait(o, 5); /* another has it in hand */
    }
    if (r < 0)
        return r;
    for (size_t i = 0; i < o->n && r == 0; i++)
        r = copy_tail(&v[i]);
    pthread_mutex_lock(&o->mutex);
    order_go_on(o);
    pthread_mutex_unlock(&o->mutex);
    if (r < 0)
        sbuf_puts(err, "out of memory");
    return r;
}

/* ---- syncing ---- */

/* By its name: the writer may close its descriptor at any time. Finished files are synced when they are closed. -ENOMEM
 * is never the word of a failed sync. */
static int sync_file(const char *path)
{
    const int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    const int r = fdatasync(fd) && errno != EINVAL ? -errno : 0; /* some file systems cannot */
    close(fd);
    return r == -ENOMEM ? -EIO : r;
}

static int sync_output(const seen *s)
{
    output *out = s->out;
    const uint64_t files = s->done.shards + (s->done.open != NULL);
    int r = 0;
    if (s->done.open && (files != out->synced_files || s->done.file_bytes != out->synced_bytes))
        r = sync_file(s->done.open->tmp);
    if (r == 0 && files != out->synced_files)
        r = fs_fsync_dir_of(out->spec.path);
    if (r == 0) {
        out->synced_files = files;
        out->synced_bytes = s->done.file_bytes;
    }
    return r;
}

/* After a failed sync the kernel forgets what it could not write: no later mark may count on it. */
static int sync_all(outputs *o, const seen *v, sbuf *err)
{
    for (size_t i = 0; i < o->n; i++) {
        const int e = sync_output(&v[i]);
        if (e == 0)
            continue;
        if (e == -ENOMEM) {
            sbuf_puts(err, "out of memory");
            return SL_E_NOMEM;
        }
        pthread_mutex_lock(&o->mutex);
        o->torn = true;
        outputs_fail(o, SL_E_IO, "cannot sync %s: %s", v[i].out->spec.path, strerror(-e));
        const int r = outputs_failure(o, err);
        pthread_mutex_unlock(&o->mutex);
        return r;
    }
    return 0;
}

/* ---- the text ---- */

static int pack_tail(seen *s)
{
    tail_text *t = &s->out->tail;
    if (s->known)
        return 0;
    sbuf_free(&t->text);
    if (!s->tail)
        return 0;
    const size_t room = ZSTD_compressBound(s->bytes);
    char *packed = malloc(room);
    size_t n = packed ? ZSTD_compress(packed, room, s->copy, s->bytes, 1) : 0;
    if (packed && !ZSTD_isError(n))
        base64_add(&t->text, packed, n);
    free(packed);
    t->start = s->start;
    t->bytes = s->bytes;
    return t->text.n && !t->text.failed ? 0 : SL_E_NOMEM;
}

static void add_at(sbuf *j, const char *name, const stream_at *at)
{
    sbuf_printf(j, "\"%s\":[%llu,%llu,%llu]", name, (unsigned long long)at->split, (unsigned long long)at->chunk,
                (unsigned long long)at->records);
}

static void add_part(sbuf *j, uint64_t records, uint64_t bytes, uint64_t file_bytes, const char *digest)
{
    sbuf_printf(j, "{\"records\":%llu,\"bytes\":%llu,\"file_bytes\":%llu,\"sha256\":\"%s\"}",
                (unsigned long long)records, (unsigned long long)bytes, (unsigned long long)file_bytes, digest);
}

/* Finished shards do not change any more, nor does the way to them: they are read without the mutex. */
static void add_output(sbuf *j, const seen *s)
{
    const output_spec *spec = &s->out->spec;
    const committed *c = &s->done;
    const shard *sh = s->out->shards;
    sbuf_puts(j, "{\"path\":");
    sbuf_json_z(j, spec->path);
    sbuf_printf(j, ",\"format\":%d,\"level\":%d,\"shard_bytes\":%llu,\"shard_records\":%llu,", (int)spec->format,
                spec->level, (unsigned long long)spec->shard_bytes, (unsigned long long)spec->shard_records);
    add_at(j, "at", &s->at);
    sbuf_puts(j, ",\"shards\":[");
    for (uint64_t i = 0; i < c->shards; i++, sh = i < c->shards ? sh->next : sh) {
        if (i)
            sbuf_putc(j, ',');
        add_part(j, sh->info.records, sh->info.bytes, sh->info.file_bytes, sh->info.sha256);
    }
    sbuf_puts(j, "],\"open\":");
    if (c->open)
        add_part(j, c->records, c->bytes, c->file_bytes, c->sha256);
    else
        sbuf_puts(j, "null");
    sbuf_puts(j, ",\"tail\":");
    if (s->tail) {
        sbuf_putc(j, '{');
        add_at(j, "start", &s->start);
        sbuf_printf(j, ",\"records\":%llu,\"bytes\":%llu,\"zstd\":\"", (unsigned long long)s->records,
                    (unsigned long long)s->bytes);
        sbuf_add(j, s->out->tail.text.p, s->out->tail.text.n);
        sbuf_puts(j, "\"}");
    } else {
        sbuf_puts(j, "null");
    }
    sbuf_putc(j, '}');
}

static int add_all(const outputs *o, seen *v, sbuf *json, sbuf *err)
{
    const size_t before = json->n;
    char made_by[64];
    int r = 0;
    mark_made_by(made_by);
    sbuf_printf(json, "{\"version\":%d,\"made_by\":\"%s\",\"frame\":%d,\"outputs\":[", MARK_VERSION, made_by,
                OUTPUT_FRAME);
    for (size_t i = 0; i < o->n && r == 0; i++) {
        r = pack_tail(&v[i]);
        if (i)
            sbuf_putc(json, ',');
        if (r == 0)
            add_output(json, &v[i]);
    }
    sbuf_puts(json, "]}");
    if (r == 0 && !json->failed)
        return 0;
    if (json->p)
        json->p[json->n = before] = 0;
    sbuf_puts(err, "out of memory");
    return SL_E_NOMEM;
}

static bool has_stdout(const outputs *o)
{
    for (size_t i = 0; i < o->n; i++)
        if (path_is_stdout(o->v[i]->spec.path))
            return true;
    return false;
}

/* The lowest chunk of all outputs. */
static stream_at lowest(const outputs *o, const seen *v)
{
    stream_at at = { 0 };
    for (size_t i = 0; i < o->n; i++)
        if (i == 0 || stream_before(v[i].at.split, v[i].at.chunk, &at))
            at = (stream_at){ v[i].at.split, v[i].at.chunk, 0 };
    return at;
}

static int take_mark(outputs *o, bool sync, sbuf *json, sbuf *err)
{
    seen *v = calloc(o->n + 1, sizeof *v);
    if (!v) {
        sbuf_puts(err, "out of memory");
        return SL_E_NOMEM;
    }
    int r = look_at_all(o, v, err);
    if (r == 0 && sync)
        r = sync_all(o, v, err);
    if (r == 0)
        r = add_all(o, v, json, err);
    if (r == 0)
        o->marked = lowest(o, v);
    for (size_t i = 0; i < o->n; i++)
        free(v[i].copy);
    free(v);
    return r;
}

int outputs_mark(outputs *o, bool sync, sbuf *json, uint64_t *split, uint64_t *chunk, sbuf *err)
{
    sbuf ignored = { 0 };
    int r;
    *split = *chunk = 0;
    if (has_stdout(o)) {
        sbuf_puts(json, "null");
        return json->failed ? SL_E_NOMEM : 0;
    }
    pthread_mutex_lock(&o->mark_mutex);
    r = take_mark(o, sync, json, err ? err : &ignored);
    *split = o->marked.split;
    *chunk = o->marked.chunk;
    pthread_mutex_unlock(&o->mark_mutex);
    sbuf_free(&ignored);
    return r;
}
