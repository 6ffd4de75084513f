#include "run/run_folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/hash.h"
#include "base/lock.h"
#include "io/output.h"
#include "io/scratch.h"
#include "run/run.h"

/* What a run leaves in its folder, beside outputs that the pipeline itself puts there. */
static const char *const own_files[] = { "run.json",  "plan.json", "splits.jsonl", "quarantine.jsonl.zst",
                                         "log",       "lock",      "progress",     "splits.part",
                                         "kept.index" };

static int no_memory(sbuf *err)
{
    sbuf_puts(err, "out of memory");
    return EXIT_INTERNAL;
}

const char *run_folder_path(run_folder *f, const char *file) { return arena_printf(&f->mem, "%s/%s", f->dir, file); }

/* ---- the lock ---- */

static int take_lock(run_folder *f, const char *name, sbuf *err)
{
    sbuf who = { 0 };
    const int r = lock_take(f->lock_path, &f->lock, &who);
    if (r == -EWOULDBLOCK) {
        if (f->given)
            sbuf_printf(err, "another run uses %s", f->dir);
        else
            sbuf_printf(err, "another run of '%s' is under way", name);
        if (who.n)
            sbuf_printf(err, " (%s)", sbuf_z(&who));
        sbuf_puts(err, f->given ? "; wait for it, or give another --run-dir"
                                : "; wait for it, or give this one another name or --run-dir");
    } else if (r < 0)
        sbuf_printf(err, "cannot take the lock %s: %s", f->lock_path, strerror(-r));
    sbuf_free(&who);
    return r == -EWOULDBLOCK ? EXIT_AGAIN : r < 0 ? EXIT_IO : 0;
}

/* ---- files of a run ---- */

static bool is_own_file(const char *name)
{
    for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++)
        if (!strcmp(name, own_files[i]))
            return true;
    return false;
}

/* run.json.4711.tmp: half a file. */
static bool is_half_file(const char *name)
{
    for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++) {
        const size_t n = strlen(own_files[i]);
        const size_t digits = strncmp(name, own_files[i], n) || name[n] != '.' ? 0 : strspn(name + n + 1, "0123456789");
        if (digits && !strcmp(name + n + 1 + digits, ".tmp"))
            return true;
    }
    return false;
}

/* That, and .quarantine.jsonl.zst.sluice-…: what a run that was killed leaves of its own files. */
static bool is_own_temporary(const char *name)
{
    static const char quarantine[] = ".quarantine.jsonl.zst.sluice-";
    return !strncmp(name, quarantine, sizeof quarantine - 1) || is_half_file(name);
}

static void sweep_kept(const char *dir)
{
    sbuf path = { 0 };
    sbuf_printf(&path, "%s/kept", dir);
    if (!path.failed)
        scratch_sweep(path.p, NULL, NULL);
    sbuf_free(&path);
}

/* Of a folder whose run is dead; what cannot be removed does no harm. continues: what it had done is of use. */
static void sweep_folder(const char *dir, bool continues)
{
    DIR *d = opendir(dir);
    for (const struct dirent *e; d && (e = readdir(d));)
        if (continues ? is_half_file(e->d_name) : is_own_temporary(e->d_name))
            (void)unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        (void)unlinkat(dirfd(d), "scratch", AT_REMOVEDIR); /* its files have no names */
    if (d && !continues) {
        (void)unlinkat(dirfd(d), "progress", 0);
        (void)unlinkat(dirfd(d), "splits.part", 0);
        (void)unlinkat(dirfd(d), "kept.index", 0);
        sweep_kept(dir);
    }
    if (d)
        closedir(d);
}

/* ---- earlier runs ---- */

/* Takes over what a run said of itself. base: what its relative paths are relative to. ours_to_sweep: we hold the lock
 * that it would hold if it were alive. carry: its run.json is about to be replaced by ours. */
static int learn(run_folder *f, const run_record *r, const char *base, bool ours_to_sweep, bool carry)
{
    for (size_t i = 0; i < r->claims.n; i++) {
        const char *full = name_resolve(&f->resolver, base, r->claims.v[i]);
        if (full && name_set_has(&f->claims, full)) /* carried before, and written again */
            continue;
        if (!full || !name_set_add(&f->mem, &f->claims, full) || (carry && !name_list_add(&f->mem, &f->carried, full)))
            return -ENOMEM;
    }
    if (r->finished || !r->tag || !ours_to_sweep)
        return 0;
    if (!name_list_add(&f->mem, &f->dead_tags, r->tag))
        return -ENOMEM;
    for (size_t i = 0; i < r->patterns.n; i++) {
        const char *full = name_resolve(&f->resolver, base, r->patterns.v[i]);
        if (!full || !name_list_add(&f->mem, &f->dead_patterns, full))
            return -ENOMEM;
    }
    return 0;
}

/* The number of a folder runs/<name>-<n>; 0: it is none. */
static uint64_t number_of(const char *entry, const char *name)
{
    const size_t n = strlen(name);
    uint64_t v = 0;
    if (strncmp(entry, name, n) || entry[n] != '-' || !str_to_u64(entry + n + 1, strlen(entry + n + 1), &v))
        return 0;
    return v;
}

/* The lock of runs/<name>-<n>, if it was made with --run-dir: then it is not the one that we hold. -1: it has none.
 * alive: a run holds it. To be closed when the folder has been swept. */
static int lock_inside(const char *dir, bool *alive)
{
    sbuf path = { 0 };
    sbuf_printf(&path, "%s/lock", dir);
    const int fd = path.failed ? -1 : open(path.p, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    *alive = path.failed || (fd < 0 && errno != ENOENT) || (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0);
    sbuf_free(&path);
    return fd;
}

/* The run left off, and is of this plan: we go on with it. */
static bool take_over(run_folder *f, const run_record *r, const char *hash)
{
    if (!r->ours || !r->left_off || !r->tag || !hash || !r->plan || strcmp(r->plan, hash))
        return false;
    f->tag = arena_strdup(&f->mem, r->tag);
    return f->continues = f->tag != NULL;
}

/* The last of runs/<name>-*, if it can be continued: then f->dir is it. */
static int find_left_off(run_folder *f, const char *name, const char *hash)
{
    DIR *d = opendir("runs");
    uint64_t highest = 0;
    run_record record = { 0 };
    for (const struct dirent *e; d && (e = readdir(d));) {
        const uint64_t n = number_of(e->d_name, name);
        highest = n > highest ? n : highest;
    }
    if (d)
        closedir(d);
    const char *dir = highest ? arena_printf(&f->mem, "runs/%s-%llu", name, (unsigned long long)highest) : NULL;
    if (dir && run_record_read(&f->mem, dir, &record, NULL) == 0 && take_over(f, &record, hash))
        f->dir = dir;
    const int r = f->continues ? learn(f, &record, f->directory, false, true) : 0;
    run_record_free(&record);
    return r;
}

/* Walks runs/<name>-*: the highest number, and what the runs said. */
static int scan(run_folder *f, const char *name, uint64_t *highest, sbuf *err)
{
    DIR *d = opendir("runs");
    arena mem;
    int r = 0;
    *highest = 0;
    if (!d && errno == ENOENT)
        return 0;
    if (!d) {
        sbuf_printf(err, "cannot list runs: %s", strerror(errno));
        return EXIT_IO;
    }
    arena_init(&mem, 0);
    for (const struct dirent *e; r == 0 && (errno = 0, e = readdir(d));) {
        const uint64_t n = number_of(e->d_name, name);
        run_record record = { 0 };
        sbuf dir = { 0 };
        if (!n)
            continue;
        *highest = n > *highest ? n : *highest;
        sbuf_printf(&dir, "runs/%s", e->d_name);
        if (f->continues && !dir.failed && !strcmp(dir.p, f->dir)) { /* what it left is what we need */
            sbuf_free(&dir);
            continue;
        }
        r = dir.failed ? -ENOMEM : run_record_read(&mem, dir.p, &record, NULL);
        if (r == -EACCES)
            r = 0; /* somebody else's run: nothing of it is ours */
        else if (r < 0)
            sbuf_printf(err, "cannot read %s/run.json: %s", sbuf_z(&dir), strerror(-r));
        else {
            bool alive;
            const int lock = lock_inside(sbuf_z(&dir), &alive);
            r = learn(f, &record, f->directory, !f->given && !alive,
                      false); /* runs/ may have moved, with its outputs */
            if (r == 0 && !f->given && !alive && (!record.finished || record.left_behind))
                sweep_folder(sbuf_z(&dir), false);
            if (lock >= 0)
                close(lock);
        }
        run_record_free(&record);
        arena_reset(&mem, 1 << 20);
        sbuf_free(&dir);
    }
    if (r == 0 && errno) { /* some of them were not seen */
        r = -errno;
        sbuf_printf(err, "cannot list runs: %s", strerror(errno));
    }
    arena_free(&mem);
    closedir(d);
    if (r < 0 && !err->n)
        return no_memory(err);
    return r ? EXIT_IO : 0;
}

/* ---- making the folder ---- */

/* --run-dir: may we use it? Also if it is empty but for a lock: a run that never began leaves one. */
static int look_given(run_folder *f, const char *hash, sbuf *err)
{
    DIR *d = opendir(f->dir);
    bool foreign = false;
    run_record record = { 0 };
    if (!d) {
        sbuf_printf(err, "cannot list %s: %s", f->dir, strerror(errno));
        return EXIT_IO;
    }
    for (const struct dirent *e; !foreign && (errno = 0, e = readdir(d));)
        foreign = strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && !is_own_file(e->d_name) &&
                  !is_own_temporary(e->d_name);
    int r = foreign ? 0 : -errno;
    closedir(d);
    if (r < 0) {
        sbuf_printf(err, "cannot list %s: %s", f->dir, strerror(-r));
        return EXIT_IO;
    }
    r = run_record_read(&f->mem, f->dir, &record, &f->before);
    if (r == 0 && (record.ours || (!foreign && !f->before.n)))
        r = learn(f, &record, record.directory ? record.directory : f->directory, !take_over(f, &record, hash), true);
    else if (r == 0) {
        sbuf_printf(err, "%s is not empty, and no run of sluice made it; give --run-dir a new or empty folder", f->dir);
        r = EXIT_CONFIG;
    } else
        sbuf_printf(err, "cannot read %s/run.json: %s", f->dir, strerror(-r));
    run_record_free(&record);
    return r < 0 ? EXIT_IO : r;
}

static int open_given(run_folder *f, const char *name, const char *run_dir, const char *hash, sbuf *err)
{
    struct stat st;
    uint64_t ignored;
    f->dir = arena_strdup(&f->mem, run_dir);
    f->lock_path = f->dir ? run_folder_path(f, "lock") : NULL;
    if (!f->lock_path)
        return no_memory(err);
    f->made = stat(run_dir, &st) && errno == ENOENT;
    const int made = fs_mkdirs(run_dir);
    if (made) {
        sbuf_printf(err, "cannot make the folder %s: %s", run_dir, strerror(-made));
        return EXIT_IO;
    }
    int r = f->made ? 0 : look_given(f, NULL, err); /* before the lock file is made in a folder that is not ours */
    if (r == 0)
        r = take_lock(f, name, err);
    if (r == 0 && !f->made) { /* once more: another run may have ended in between */
        name_set_free(&f->claims);
        name_list_free(&f->carried);
        name_list_free(&f->dead_tags);
        name_list_free(&f->dead_patterns);
        sbuf_clear(&f->before);
        r = look_given(f, hash, err);
        if (r == 0)
            sweep_folder(f->dir, f->continues);
    }
    return r ? r : scan(f, name, &ignored, err);
}

static int open_numbered(run_folder *f, const char *name, const char *hash, sbuf *err)
{
    uint64_t n;
    f->lock_path = arena_printf(&f->mem, "runs/.%s.lock", name);
    if (!f->lock_path)
        return no_memory(err);
    const int made = fs_mkdirs("runs");
    if (made) {
        sbuf_printf(err, "cannot make the folder runs: %s", strerror(-made));
        return EXIT_IO;
    }
    int r = take_lock(f, name, err);
    if (r == 0 && find_left_off(f, name, hash) < 0)
        return no_memory(err);
    if (r == 0)
        r = scan(f, name, &n, err);
    if (r == 0 && f->continues)
        sweep_folder(f->dir, true);
    if (r || f->continues)
        return r;
    f->dir = arena_printf(&f->mem, "runs/%s-%llu", name, (unsigned long long)n + 1);
    if (!f->dir)
        return no_memory(err);
    if (mkdir(f->dir, 0777)) {
        sbuf_printf(err, "cannot make the folder %s: %s", f->dir, strerror(errno));
        return EXIT_IO;
    }
    f->made = true;
    return 0;
}

int run_folder_open(run_folder *f, const char *name, const char *run_dir, const char *hash, sbuf *err)
{
    struct timespec now;
    *f = (run_folder){ .lock = -1, .given = run_dir != NULL };
    arena_init(&f->mem, 4096);
    f->directory = name_working_directory(&f->mem);
    if (!f->directory) {
        sbuf_printf(err, "cannot tell the working directory: %s", strerror(errno));
        return EXIT_IO;
    }
    const int r = run_dir ? open_given(f, name, run_dir, hash, err) : open_numbered(f, name, hash, err);
    if (r || f->continues)
        return r;
    clock_gettime(CLOCK_REALTIME, &now);
    const uint64_t salt = hash_two((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec, (uint64_t)getpid());
    f->tag = arena_printf(&f->mem, "%.32s-%08x", f->given ? name : fs_basename(f->dir), (unsigned)salt);
    if (!f->tag)
        return no_memory(err);
    return 0;
}

/* ---- before the data ---- */

static int sweep(const run_folder *f, const char *pattern, sbuf *err)
{
    for (size_t i = 0; i < f->dead_tags.n; i++) {
        const int r = output_sweep(pattern, f->dead_tags.v[i]);
        if (r < 0) {
            sbuf_printf(err, "cannot remove temporary files of an earlier run beside %s: %s", pattern, strerror(-r));
            return EXIT_IO;
        }
    }
    return 0;
}

static int clear_one(run_folder *f, const char *name, const char *pattern, name_list *present, sbuf *err)
{
    enum { MAX_NAMED = 5 };
    char **v;
    size_t n, strangers = 0;
    int r = output_existing(pattern, &v, &n);
    if (r < 0) {
        sbuf_printf(err, "cannot list the files that %s would replace: %s", pattern, strerror(-r));
        return EXIT_IO;
    }
    for (size_t i = 0; i < n; i++) {
        const char *full = name_resolve(&f->resolver, f->directory, v[i]);
        if (!full || (name_set_has(&f->claims, full) && !name_list_add(&f->mem, present, v[i])))
            r = EXIT_INTERNAL;
        else if (!name_set_has(&f->claims, full) && strangers++ < MAX_NAMED)
            sbuf_printf(err, "%s%s is in the way: no run of '%s' wrote it; move it or choose another path",
                        err->n ? "\n" : "", v[i], name);
        free(v[i]);
    }
    free(v);
    if (strangers > MAX_NAMED)
        sbuf_printf(err, "\nand %zu more like it", strangers - MAX_NAMED);
    if (r)
        return no_memory(err);
    return strangers ? EXIT_CONFIG : 0;
}

int run_folder_clear(run_folder *f, const char *name, const char *const *patterns, size_t n, name_list *present,
                     sbuf *err)
{
    int worst = 0;
    for (size_t i = 0; i < f->dead_patterns.n; i++)
        if (sweep(f, f->dead_patterns.v[i], err))
            return EXIT_IO;
    for (size_t i = 0; i < n; i++)
        if (sweep(f, patterns[i], err))
            return EXIT_IO;
    for (size_t i = 0; i < n; i++) { /* all of them, so that all are reported */
        const int r = clear_one(f, name, patterns[i], present, err);
        worst = r ? r : worst;
    }
    return worst;
}

/* ---- files of the folder ---- */

int run_folder_write(const run_folder *f, const char *file, const sbuf *text, sbuf *err)
{
    sbuf path = { 0 };
    sbuf_printf(&path, "%s/%s", f->dir, file);
    const int r = text->failed || path.failed ? -ENOMEM : fs_write_atomic(path.p, sbuf_z(text), text->n);
    if (r)
        sbuf_printf(err, "%scannot write %s/%s: %s", err->n ? "\n" : "", f->dir, file, strerror(-r));
    sbuf_free(&path);
    return r == -ENOMEM ? EXIT_INTERNAL : r ? EXIT_IO : 0;
}

void run_folder_discard(run_folder *f)
{
    sbuf ignored = { 0 };
    if (!f->dir)
        return;
    if (f->given && f->before.n)
        (void)run_folder_write(f, "run.json", &f->before, &ignored);
    for (size_t i = 0; f->made && i < sizeof own_files / sizeof *own_files; i++) {
        const char *path = run_folder_path(f, own_files[i]);
        if (path)
            unlink(path);
    }
    if (f->made)
        rmdir(f->dir); /* stays if something else got into it */
    else if (f->given && !f->before.n) {
        const char *path = run_folder_path(f, "run.json");
        if (path)
            unlink(path);
    }
    sbuf_free(&ignored);
}

void run_folder_close(run_folder *f)
{
    if (f->lock >= 0)
        close(f->lock); /* gives the lock back */
    f->lock = -1;
    name_set_free(&f->claims);
    name_list_free(&f->carried);
    name_list_free(&f->dead_tags);
    name_list_free(&f->dead_patterns);
    name_resolver_free(&f->resolver);
    sbuf_free(&f->before);
    arena_free(&f->mem);
}
