/* Continuing: outputs as a mark describes them. First everything is looked up, opened, read and checked beside the
 * outputs; then files are cut to what is committed; then the outputs take it over, which cannot fail. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include "base/base64.h"
#include "base/fs.h"
#include "io/output_mark.h"
#include "sluice/plugin.h"

enum { READ_SIZE = 1 << 20 };

/* One output, made from its mark. */
typedef struct restored {
    shard *shards, *last;
    uint64_t n;
    shard *next; /* the last of them, if it is not finished */
    frame *open;
    int fd; /* of next, if some of it is committed; else -1 */
    sha256 *digest;
} restored;

static int no_memory(sbuf *err)
{
    sbuf_puts(err, "out of memory");
    return SL_E_NOMEM;
}

static void restored_free(restored *t)
{
    for (shard *s = t->shards, *next; s; s = next) {
        next = s->next;
        shard_free(s);
    }
    frame_free(t->open);
    if (t->fd >= 0)
        close(t->fd);
    sha256_free(t->digest);
}

/* ---- does the mark fit? ---- */

static int check_path(const char *mine, const char *marked, sbuf *err)
{
    sbuf a = { 0 }, b = { 0 };
    int r = 0;
    sbuf_json_z(&a, mine);
    sbuf_json_z(&b, marked);
    if (a.failed || b.failed) {
        r = no_memory(err);
    } else if (strcmp(a.p, b.p)) {
        sbuf_printf(err, "the run wrote %s where it writes %s now", marked, mine);
        r = SL_E_STATE;
    }
    sbuf_free(&a);
    sbuf_free(&b);
    return r;
}

static int check_spec(const output_spec *spec, const mark_output *m, sbuf *err)
{
    if (path_is_stdout(spec->path)) {
        sbuf_puts(err, "standard output cannot be continued");
        return SL_E_STATE;
    }
    const int r = check_path(spec->path, m->path, err);
    if (r < 0)
        return r;
    const uint64_t files = m->n_shards + (m->open || m->tail);
    if (m->format != (uint64_t)spec->format || m->level != spec->level || m->shard_bytes != spec->shard_bytes ||
        m->shard_records != spec->shard_records || (files > 1 && !path_is_sharded(spec->path))) {
        sbuf_printf(err, "%s was written with other settings", spec->path);
        return SL_E_STATE;
    }
    return 0;
}

/* ---- the files ---- */

static int gone_or_broken(const char *path, int error, sbuf *err)
{
    if (error == ENOMEM)
        return no_memory(err);
    sbuf_printf(err, "cannot look at %s: %s", path, strerror(error));
    return error == ENOENT || error == ENOTDIR || error == ELOOP ? SL_E_STATE : SL_E_IO;
}

static int wrong_size(const char *path, uint64_t size, uint64_t want, sbuf *err)
{
    sbuf_printf(err, "%s has %llu bytes, and %llu were written", path, (unsigned long long)size,
                (unsigned long long)want);
    return SL_E_STATE;
}

/* Killed while it published: is the file with the final name ours? */
static int find_published(shard *s, sbuf *err)
{
    struct stat st;
    char digest[65];
    if (lstat(s->path, &st) || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != s->info.file_bytes) {
        sbuf_printf(err, "%s is gone", s->tmp);
        return SL_E_STATE;
    }
    const int r = sha256_file(s->path, digest);
    if (r < 0)
        return gone_or_broken(s->path, -r, err);
    if (strcmp(digest, s->info.sha256)) {
        sbuf_printf(err, "%s is gone", s->tmp);
        return SL_E_STATE;
    }
    s->published = true;
    return 0;
}

static int find_finished(shard *s, sbuf *err)
{
    struct stat st;
    if (lstat(s->tmp, &st))
        return errno == ENOENT ? find_published(s, err) : gone_or_broken(s->tmp, errno, err);
    if (!S_ISREG(st.st_mode)) {
        sbuf_printf(err, "%s is no regular file", s->tmp);
        return SL_E_STATE;
    }
    return (uint64_t)st.st_size == s->info.file_bytes
               ? 0
               : wrong_size(s->tmp, (uint64_t)st.st_size, s->info.file_bytes, err);
}

/* The digest goes on from what is committed: that is read once, and so checked. */
static int read_committed(restored *t, const shard *s, const char *want, sbuf *err)
{
    char digest[65];
    char *buf = malloc(READ_SIZE);
    t->digest = sha256_new();
    int r = buf && t->digest ? 0 : no_memory(err);
    for (uint64_t at = 0; r == 0 && at < s->info.file_bytes;) {
        const uint64_t left = s->info.file_bytes - at;
        const size_t n = left < READ_SIZE ? (size_t)left : READ_SIZE;
        const ssize_t got = fs_pread_full(t->fd, buf, n, at);
        if (got != (ssize_t)n) {
            sbuf_printf(err, "cannot read %s: %s", s->tmp, got < 0 ? strerror((int)-got) : "it became shorter");
            r = SL_E_IO;
            break;
        }
        sha256_add(t->digest, buf, n);
        at += n;
    }
    free(buf);
    if (r == 0 && !sha256_so_far(t->digest, digest))
        r = no_memory(err);
    if (r == 0 && strcmp(digest, want)) {
        sbuf_printf(err, "%s was changed: its first %llu bytes are not those that were written", s->tmp,
                    (unsigned long long)s->info.file_bytes);
        r = SL_E_STATE;
    }
    return r;
}

static int find_open(restored *t, const shard *s, const char *digest, sbuf *err)
{
    struct stat st;
    t->fd = open(s->tmp, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (t->fd < 0 || fstat(t->fd, &st))
        return gone_or_broken(s->tmp, errno, err);
    if (!S_ISREG(st.st_mode)) {
        sbuf_printf(err, "%s is no regular file", s->tmp);
        return SL_E_STATE;
    }
    if ((uint64_t)st.st_size < s->info.file_bytes)
        return wrong_size(s->tmp, (uint64_t)st.st_size, s->info.file_bytes, err);
    return read_committed(t, s, digest, err);
}

/* ---- from the mark to what the output will be ---- */

static shard *add_shard(output *out, restored *t)
{
    shard *s = shard_new(out, t->n);
    if (!s)
        return NULL;
    if (t->last)
        t->last->next = s;
    else
        t->shards = s;
    t->n++;
    return t->last = s;
}

static int restore_finished(output *out, const mark_part *p, restored *t, sbuf *err)
{
    shard *s = add_shard(out, t);
    if (!s)
        return no_memory(err);
    s->info.records = p->records;
    s->info.bytes = p->bytes;
    s->info.file_bytes = p->file_bytes;
    memcpy(s->info.sha256, p->sha256, sizeof s->info.sha256);
    s->created = true;
    return find_finished(s, err);
}

static int unpack_tail(output *out, const mark_output *m, gather *g, sbuf *err)
{
    sbuf packed = { 0 };
    char *p = malloc(m->tail_bytes ? m->tail_bytes : 1);
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    int r = SL_E_STATE;
    const bool good = base64_get(m->tail_text, m->tail_n, &packed);
    if (!p || !zstd || packed.failed)
        r = SL_E_NOMEM;
    else if (good && packed.n && ZSTD_decompressDCtx(zstd, p, m->tail_bytes, packed.p, packed.n) == m->tail_bytes)
        r = !m->tail_bytes || gather_append(g, p, m->tail_bytes) ? 0 : SL_E_NOMEM;
    if (r == SL_E_STATE)
        sbuf_printf(err, "the mark cannot be used: the open frame of %s is damaged", out->spec.path);
    else if (r < 0)
        no_memory(err);
    ZSTD_freeDCtx(zstd);
    free(p);
    sbuf_free(&packed);
    return r;
}

static int restore_tail(output *out, const mark_output *m, restored *t, sbuf *err)
{
    frame *f = calloc(1, sizeof *f);
    gather *g = gather_get(out, true);
    if (!f || !g) {
        free(f);
        gather_unref(g);
        return no_memory(err);
    }
    *f = (frame){ .out = out, .shard = t->next, .g = g, .bytes = m->tail_bytes, .start = m->start };
    t->open = f;
    t->next->info.records += m->tail_records;
    t->next->info.bytes += m->tail_bytes;
    return unpack_tail(out, m, g, err);
}

static int restore(output *out, const mark_output *m, restored *t, sbuf *err)
{
    int r = check_spec(&out->spec, m, err);
    for (size_t i = 0; i < m->n_shards && r == 0; i++)
        r = restore_finished(out, &m->shards[i], t, err);
    if (r < 0 || (m->n_shards && !m->open && !m->tail))
        return r;
    t->next = add_shard(out, t);
    if (!t->next)
        return no_memory(err);
    if (m->open) {
        t->next->info.records = m->part.records;
        t->next->info.bytes = m->part.bytes;
        t->next->info.file_bytes = m->part.file_bytes;
        t->next->created = true;
        r = find_open(t, t->next, m->part.sha256, err);
    }
    return r == 0 && m->tail ? restore_tail(out, m, t, err) : r;
}

/* ---- taking over ---- */

/* Behind what is committed nothing is of worth: should this fail half way, the next attempt finds as much. */
static int cut_file(const restored *t, sbuf *err)
{
    if (t->fd < 0)
        return 0;
    const off_t end = (off_t)t->next->info.file_bytes;
    if (ftruncate(t->fd, end) == 0 && lseek(t->fd, end, SEEK_SET) == end)
        return 0;
    sbuf_printf(err, "cannot cut %s to %llu bytes: %s", t->next->tmp, (unsigned long long)end, strerror(errno));
    return SL_E_IO;
}

static void take_over(output *out, const mark_output *m, restored *t)
{
    outputs *o = out->set;
    for (shard *s = out->shards, *next; s; s = next) { /* the empty first one of outputs_open */
        next = s->next;
        shard_free(s);
    }
    out->shards = t->shards;
    out->last_shard = t->last;
    out->n_shards = t->n;
    out->shard = t->next;
    out->open = t->open;
    out->fd = t->fd;
    out->digest = t->digest;
    out->file_shard = t->fd >= 0 ? t->next : NULL;
    out->from = m->at;
    out->done = (committed){ .shards = m->n_shards };
    if (m->open) {
        out->done.open = t->next;
        out->done.records = m->part.records;
        out->done.bytes = m->part.bytes;
        out->done.file_bytes = m->part.file_bytes;
        memcpy(out->done.sha256, m->part.sha256, sizeof out->done.sha256);
    }
    o->opened += t->open ? t->open->bytes : 0;
    if (out == o->v[0] || stream_before(m->at.split, m->at.chunk, &(stream_at){ o->split, o->chunk, 0 })) {
        o->split = m->at.split;
        o->chunk = m->at.chunk;
    }
    *t = (restored){ .fd = -1 };
}

/* As outputs_open makes it. */
static int first_file(output *out, sbuf *err)
{
    const int r = file_begin(out, out->shards, err);
    return r == SL_E_NOMEM ? no_memory(err) : r;
}

static int resume(outputs *o, const mark *m, restored *v, sbuf *err)
{
    int r = 0;
    if (m->n != o->n) {
        sbuf_printf(err, "the run wrote %zu outputs, and there are %zu now", m->n, o->n);
        return SL_E_STATE;
    }
    for (size_t i = 0; i < o->n && r == 0; i++)
        r = restore(o->v[i], &m->v[i], &v[i], err);
    for (size_t i = 0; i < o->n && r == 0; i++)
        r = cut_file(&v[i], err);
    for (size_t i = 0; i < o->n && r == 0; i++)
        take_over(o->v[i], &m->v[i], &v[i]);
    for (size_t i = 0; i < o->n && r == 0; i++)
        if (!o->v[i]->done.shards && !o->v[i]->done.open)
            r = first_file(o->v[i], err);
    return r;
}

int outputs_resume(outputs *o, const char *json, size_t n, sbuf *reterr)
{
    arena mem;
    mark m = { 0 };
    sbuf ignored = { 0 }, *err = reterr ? reterr : &ignored;
    if (!o->continuing) {
        sbuf_puts(err, "internal error: outputs are resumed that were not opened for it");
        sbuf_free(&ignored);
        return SL_E_INTERNAL;
    }
    restored *v = malloc((o->n + 1) * sizeof *v);
    arena_init(&mem, 0);
    for (size_t i = 0; v && i < o->n; i++)
        v[i] = (restored){ .fd = -1 };
    int r = v ? mark_read(json, n, &mem, &m, err) : no_memory(err);
    if (r == 0)
        r = resume(o, &m, v, err);
    for (size_t i = 0; v && i < o->n; i++)
        restored_free(&v[i]);
    free(v);
    arena_free(&mem);
    sbuf_free(&ignored);
    if (r == 0) {
        o->continuing = o->keep = false;
        o->resumed = true;
        o->marked = (stream_at){ o->split, o->chunk, 0 };
    }
    return r;
}

int outputs_anew(outputs *o, sbuf *reterr)
{
    sbuf ignored = { 0 }, *err = reterr ? reterr : &ignored;
    int r = 0;
    for (size_t i = 0; i < o->n && r == 0; i++) {
        r = output_sweep(o->v[i]->spec.path, o->tag);
        if (r < 0) {
            sbuf_printf(err, "cannot remove what an earlier run left of %s: %s", o->v[i]->spec.path, strerror(-r));
            r = r == -ENOMEM ? SL_E_NOMEM : SL_E_IO;
        }
    }
    for (size_t i = 0; i < o->n && r == 0; i++)
        r = first_file(o->v[i], err);
    sbuf_free(&ignored);
    if (r == 0)
        o->continuing = o->keep = false;
    return r;
}

void outputs_continue(outputs *o) { o->continuing = o->keep = true; }
void outputs_keep(outputs *o) { o->keep = true; }

uint64_t outputs_tail_age(outputs *o, uint64_t ns)
{
    const uint64_t before = o->tail_age;
    o->tail_age = ns;
    return before;
}
