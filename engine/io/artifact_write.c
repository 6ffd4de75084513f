/* Writing a saved state: under a temporary name, then everything that makes it one, then the rename. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/hash.h"
#include "io/artifact_format.h"
#include "sluice/plugin.h"

enum { NAMES_TRIED = 1000 };

struct artifact_writer {
    arena mem; /* of the strings */
    artifact_head head;
    const char *path, *tmp;
    int fd;
    int failed;                /* the code of the first failure; nothing is written after it */
    uint64_t payload, written; /* bytes of payload handed over; of the file written */
    char *block;               /* ARTIFACT_BLOCK bytes, of which `fill` wait */
    size_t fill;
    sbuf tail; /* checksums of blocks; at the end all that stands behind the payload */
};

static int out_of_memory(const char *path, sbuf *err)
{
    return artifact_say(err, SL_E_NOMEM, "out of memory while writing %s", path);
}

static int system_failed(const char *doing, const char *path, int error, sbuf *err)
{
    return artifact_say(err, SL_E_IO, "cannot %s %s: %s", doing, path, strerror(error));
}

/* ---- beginning ---- */

static bool copy(arena *mem, const char **s)
{
    *s = arena_strdup(mem, *s ? *s : "");
    return *s != NULL;
}

static int begin(artifact_writer *w, const char *path, const artifact_head *head, sbuf *err)
{
    artifact_head *h = &w->head;
    *h = *head;
    w->path = arena_strdup(&w->mem, path);
    w->block = malloc(ARTIFACT_BLOCK);
    if (!w->path || !w->block || !copy(&w->mem, &h->stage) || !copy(&w->mem, &h->name) || !copy(&w->mem, &h->what) ||
        !copy(&w->mem, &h->plugin) || !copy(&w->mem, &h->made_by) || !copy(&w->mem, &h->report))
        return out_of_memory(path, err);
    const char *problem = artifact_head_problem(h);
    return problem ? artifact_say(err, SL_E_INTERNAL, "internal error: cannot write the state %s: %s", path, problem)
                   : 0;
}

/* Makes the folder and a file in it that no other writer has, on this machine or another one. */
static int create(artifact_writer *w, sbuf *err)
{
    sbuf name = { 0 };
    const char *dir = fs_dirname(w->path, &name);
    const int made = name.failed ? 0 : fs_mkdirs(dir);
    int r = name.failed ? out_of_memory(w->path, err) : made ? system_failed("make the folder", dir, -made, err) : 0;
    if (r == 0)
        artifact_clear_leftovers(w->path);
    for (unsigned n = 0; r == 0 && w->fd < 0; n++) {
        sbuf_clear(&name);
        artifact_temporary(w->path, n, &name);
        w->fd = name.failed ? -1 : open(name.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (name.failed)
            r = out_of_memory(w->path, err);
        else if (w->fd < 0 && (errno != EEXIST || n == NAMES_TRIED))
            r = system_failed("create", w->path, errno, err);
    }
    if (r == 0 && !(w->tmp = arena_strdup(&w->mem, name.p))) {
        unlink(name.p);
        r = out_of_memory(w->path, err);
    }
    if (r == 0 && lseek(w->fd, ARTIFACT_PREAMBLE, SEEK_SET) < 0)
        r = system_failed("write", w->path, errno, err);
    sbuf_free(&name);
    return r;
}

artifact_writer *artifact_create(const char *path, const artifact_head *head, sbuf *err)
{
    artifact_writer *w = calloc(1, sizeof *w);
    if (!w) {
        out_of_memory(path, err);
        return NULL;
    }
    arena_init(&w->mem, 4096);
    w->fd = -1;
    w->written = ARTIFACT_PREAMBLE;
    if (begin(w, path, head, err) == 0 && create(w, err) == 0)
        return w;
    artifact_abort(w);
    return NULL;
}

void artifact_abort(artifact_writer *w)
{
    if (!w)
        return;
    if (w->fd >= 0)
        close(w->fd);
    if (w->tmp)
        unlink(w->tmp);
    free(w->block);
    sbuf_free(&w->tail);
    arena_free(&w->mem);
    free(w);
}

/* ---- payload ---- */

static int write_bytes(artifact_writer *w, const void *p, size_t n, sbuf *err)
{
    const int r = fs_write_all(w->fd, p, n);
    if (r)
        return w->failed = artifact_say(err, SL_E_IO, "cannot write %s: %s (after %llu bytes)", w->path, strerror(-r),
                                        (unsigned long long)w->written);
    w->written += n;
    return 0;
}

static int write_block(artifact_writer *w, const void *p, size_t n, sbuf *err)
{
    const uint64_t sum = hash_bytes(p, n);
    sbuf_add(&w->tail, &sum, sizeof sum);
    if (w->tail.failed)
        return w->failed = out_of_memory(w->path, err);
    return write_bytes(w, p, n, err);
}

/* A failure stays; its sentence was given when it happened. */
static int failed_before(const artifact_writer *w, sbuf *err)
{
    return artifact_say(err, w->failed, "%s was not written: %s", w->path,
                        w->failed == SL_E_NOMEM ? "out of memory" : "an earlier write failed");
}

int artifact_put(artifact_writer *w, const void *p, size_t n, sbuf *err)
{
    const char *at = p;
    int r = 0;
    if (w->failed)
        return failed_before(w, err);
    if (n > ARTIFACT_PAYLOAD_MAX - w->payload)
        return w->failed = artifact_say(err, SL_E_IO, "cannot write %s: a state holds at most %llu bytes", w->path,
                                        ARTIFACT_PAYLOAD_MAX);
    w->payload += n;
    while (r == 0 && n) {
        if (w->fill == 0 && n >= ARTIFACT_BLOCK) { /* whole blocks go as they are */
            r = write_block(w, at, ARTIFACT_BLOCK, err);
            at += ARTIFACT_BLOCK;
            n -= ARTIFACT_BLOCK;
            continue;
        }
        const size_t room = ARTIFACT_BLOCK - w->fill, take = n < room ? n : room;
        memcpy(w->block + w->fill, at, take);
        w->fill += take;
        at += take;
        n -= take;
        if (w->fill == ARTIFACT_BLOCK) {
            r = write_block(w, w->block, ARTIFACT_BLOCK, err);
            w->fill = 0;
        }
    }
    return r;
}

/* ---- the end ---- */

static uint64_t make_preamble(char p[ARTIFACT_PREAMBLE], uint64_t payload, uint64_t head)
{
    const uint32_t format = ARTIFACT_FORMAT;
    memset(p, 0, ARTIFACT_PREAMBLE);
    memcpy(p, ARTIFACT_MAGIC, ARTIFACT_MAGIC_BYTES);
    memcpy(p + AT_FORMAT, &format, sizeof format);
    memcpy(p + AT_PAYLOAD, &payload, sizeof payload);
    memcpy(p + AT_HEAD, &head, sizeof head);
    const uint64_t sum = hash_bytes(p, AT_SUM);
    memcpy(p + AT_SUM, &sum, sizeof sum);
    return sum;
}

/* What makes the payload a state. */
static int complete(artifact_writer *w, sbuf *err)
{
    char preamble[ARTIFACT_PREAMBLE];
    if (w->failed)
        return failed_before(w, err);
    int r = w->fill ? write_block(w, w->block, w->fill, err) : 0;
    if (r)
        return r;
    const size_t sums = w->tail.n;
    artifact_head_write(&w->head, &w->tail);
    if (w->tail.n - sums > ARTIFACT_HEAD_MAX)
        return artifact_say(err, SL_E_IO, "cannot write %s: its head would have more than %llu bytes", w->path,
                            ARTIFACT_HEAD_MAX);
    const uint64_t seed = make_preamble(preamble, w->payload, w->tail.n - sums),
                   sum = hash_seeded(sbuf_z(&w->tail), w->tail.n, seed);
    sbuf_add(&w->tail, &sum, sizeof sum);
    sbuf_add(&w->tail, ARTIFACT_END_MAGIC, ARTIFACT_MAGIC_BYTES);
    if (w->tail.failed)
        return out_of_memory(w->path, err);
    r = write_bytes(w, w->tail.p, w->tail.n, err);
    if (r == 0 && lseek(w->fd, 0, SEEK_SET) < 0)
        r = system_failed("write", w->path, errno, err);
    return r ? r : write_bytes(w, preamble, sizeof preamble, err);
}

/* Synced while it is open: an error of writing back may not be told to a later descriptor. */
static int publish(artifact_writer *w, sbuf *err)
{
    const int fd = w->fd;
    int error = fsync(fd) && errno != EINVAL ? errno : 0; /* some file systems cannot */
    w->fd = -1;
    if (close(fd) && !error)
        error = errno;
    if (error)
        return system_failed("write", w->path, error, err);
    if (rename(w->tmp, w->path))
        return system_failed("rename the finished state to", w->path, errno, err);
    w->tmp = NULL;
    const int r = fs_fsync_dir_of(w->path);
    return r ? system_failed("sync the folder of", w->path, -r, err) : 0;
}

int artifact_commit(artifact_writer *w, sbuf *err)
{
    int r = complete(w, err);
    if (r == 0)
        r = publish(w, err);
    artifact_abort(w);
    return r;
}
