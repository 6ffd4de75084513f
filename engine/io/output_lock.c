/* Two runs that would write the same file: each output has a locked file beside it, ".<name>.sluice-lock", {shard} and
 * all, while it is open. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/lock.h"
#include "io/output_internal.h"
#include "sluice/plugin.h"

static const char lock_end[] = ".sluice-lock";

static char *lock_name(const char *path) { return path_temporary(path, lock_end + sizeof ".sluice-" - 1); }

typedef struct rival {
    const output *out;
    sbuf path, who;
} rival;

/* Another pattern whose files may be ours as well: part-{shard}.jsonl and part-00000.jsonl. */
static int look_at(void *u, int folder, const char *name)
{
    rival *r = u;
    const char *mine = r->out->lock_path, *own = r->out->spec.path;
    const size_t n = strlen(name), k = sizeof lock_end - 1;
    const int dir = (int)(fs_basename(own) - own);
    sbuf other = { 0 };
    int found = 0;
    (void)folder;
    if (n < k + 2 || name[0] != '.' || strcmp(name + n - k, lock_end) || !strcmp(name, fs_basename(mine)))
        return 0;
    sbuf_clear(&r->path);
    sbuf_printf(&r->path, "%.*s%.*s", dir, own, (int)(n - k - 1), name + 1);
    sbuf_printf(&other, "%.*s%s", dir, own, name);
    if (r->path.failed || other.failed)
        found = -ENOMEM;
    else
        found = path_overlap(own, r->path.p) && lock_is_held(other.p, &r->who);
    sbuf_free(&other);
    return found;
}

static int taken(const char *path, const char *who, sbuf *err)
{
    sbuf_printf(err, "another run writes %s", path);
    if (*who)
        sbuf_printf(err, " (%s)", who);
    sbuf_puts(err, "; wait for it, or choose another path");
    return SL_E_CANCEL;
}

/* Where a file system has no locks, nobody can be kept off. */
static bool without_locks(int error) { return error == -ENOLCK || error == -EOPNOTSUPP || error == -ENOSYS; }

/* Ours first, then a look at the others: of two that do so at once, at least one sees the other. */
int output_lock(output *out, sbuf *err)
{
    rival other = { .out = out };
    if (path_is_stdout(out->spec.path))
        return 0;
    out->lock_path = lock_name(out->spec.path);
    if (!out->lock_path)
        return SL_E_NOMEM;
    const int got = lock_take(out->lock_path, &out->lock, &other.who);
    int r = got;
    if (got == 0)
        r = path_neighbours(out->spec.path, look_at, &other);
    if (got == -EWOULDBLOCK)
        r = taken(out->spec.path, sbuf_z(&other.who), err);
    else if (r > 0)
        r = taken(sbuf_z(&other.path), sbuf_z(&other.who), err);
    else if (r == -ENOMEM)
        r = SL_E_NOMEM;
    else if (without_locks(r)) {
        unlink(out->lock_path);
        r = 0;
    } else if (r < 0) {
        sbuf_printf(err, "cannot create %s: %s", out->shard->path, strerror(-r)); /* as its first file would say */
        r = SL_E_IO;
    }
    sbuf_free(&other.path);
    sbuf_free(&other.who);
    return r;
}

void output_unlock(output *out)
{
    if (out->lock_path)
        lock_drop(out->lock_path, out->lock);
    out->lock = -1;
    free(out->lock_path);
    out->lock_path = NULL;
}

void path_lock_sweep(const char *path)
{
    char *name = lock_name(path);
    if (name)
        lock_sweep(name);
    free(name);
}
