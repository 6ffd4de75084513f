/* Saved states while the system fails: each call of the kernel in turn, and each allocation. Whatever fails, there is
 * a sentence, the file is the old one or the new one, whole, and nothing else is left. The calls are taken over by
 * functions of the same name in this program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/mman.h>
#include "unit/io/artifact_help.h"
#include "unit/io/call_fails.h"

enum { BLOCK = ARTIFACT_BLOCK, OLD = 10, NEW = 2 * BLOCK + BLOCK / 2 };

/* ---- the calls ---- */

ssize_t write(int fd, const void *p, size_t n)
{
    const size_t k = stuttered(n);
    return fails("write") || (n && !k) ? -1 : syscall(SYS_write, fd, p, k);
}

int mkdir(const char *path, mode_t mode) { return fails("mkdir") ? -1 : (int)syscall(SYS_mkdir, path, mode); }

int close(int fd)
{
    const int r = (int)syscall(SYS_close, fd);
    return fails("close") ? -1 : r;
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t from)
{
    return fails("mmap") ? MAP_FAILED : (void *)syscall(SYS_mmap, at, n, prot, flags, fd, from);
}

int rename(const char *from, const char *to) { return fails("rename") ? -1 : (int)syscall(SYS_rename, from, to); }

/* ---- the steps ---- */

static artifact_head new_head(void)
{
    artifact_head h = head_a;
    h.state_version = 8;
    h.report = "{\"late\":true}";
    return h;
}

static const char *state_path(void) { return in_folder("x.state"); }

/* Writes the new state; 0 or < 0. */
static int step_write(sbuf *err)
{
    static char bytes[NEW];
    const artifact_head h = new_head();
    if (!bytes[1])
        for (size_t i = 0; i < NEW; i++)
            bytes[i] = payload_byte(i);
    artifact_writer *w = artifact_create(state_path(), &h, err);
    if (!w)
        return SL_E_INTERNAL; /* create has no code */
    const int r = artifact_put(w, bytes, NEW, err);
    if (r) {
        sbuf more = { 0 };
        assert_int_equal(artifact_put(w, bytes, 1, &more), r); /* it stays */
        assert_int_equal(artifact_commit(w, &more), r);
        sbuf_free(&more);
        return r;
    }
    return artifact_commit(w, err);
}

/* Reads the old state, all of it, in both ways. */
static int step_read(sbuf *err)
{
    char buf[OLD];
    const void *p;
    int code;
    artifact_reader *r = artifact_open(state_path(), &code, err);
    if (r)
        code = artifact_get(r, buf, 4, err);
    if (code == 0)
        code = artifact_map(r, artifact_left(r), &p, err);
    artifact_close(r);
    return code;
}

/* 8: the new one, whole; 7: the old one. */
static uint32_t version_there(void)
{
    assert_folder("x.state\n");
    assert_int_equal(artifact_verify(state_path(), NULL), 0);
    artifact_reader *r = open_state(state_path());
    const uint32_t v = artifact_head_of(r)->state_version;
    assert_int_equal(artifact_left(r), v == 8 ? NEW : OLD);
    assert_string_equal(artifact_head_of(r)->report, v == 8 ? "{\"late\":true}" : "");
    artifact_close(r);
    return v;
}

static void assert_says(const sbuf *err, const char *fmt)
{
    sbuf want = { 0 };
    const char *at = strstr(fmt, "$");
    sbuf_add(&want, fmt, at ? (size_t)(at - fmt) : strlen(fmt));
    if (at) {
        sbuf_puts(&want, state_path());
        sbuf_puts(&want, at + 1);
    }
    assert_string_equal(sbuf_z(err), sbuf_z(&want));
    sbuf_free(&want);
}

/* ---- tests ---- */

/* $: the path. */
static const struct {
    const char *call;
    int nth, error, code;
    uint32_t there;
    const char *says;
} writes[] = {
    { "open", 1, EROFS, SL_E_INTERNAL, 7, "cannot create $: Read-only file system" },
    { "open", 2, EACCES, SL_E_IO, 8, "cannot sync the folder of $: Permission denied" },
    { "lseek", 1, EIO, SL_E_INTERNAL, 7, "cannot write $: Input/output error" },
    { "lseek", 2, EIO, SL_E_IO, 7, "cannot write $: Input/output error" },
    { "write", 1, ENOSPC, SL_E_IO, 7, "cannot write $: No space left on device (after 64 bytes)" },
    { "write", 2, ENOSPC, SL_E_IO, 7, "cannot write $: No space left on device (after 1048640 bytes)" },
    { "write", 3, EDQUOT, SL_E_IO, 7, "cannot write $: Disk quota exceeded (after 2097216 bytes)" },
    { "write", 4, EFBIG, SL_E_IO, 7, "cannot write $: File too large (after 2621504 bytes)" },
    { "write", 5, EIO, SL_E_IO, 7, "cannot write $: Input/output error (after 2621663 bytes)" },
    { "fsync", 1, EIO, SL_E_IO, 7, "cannot write $: Input/output error" },
    { "fsync", 2, EIO, SL_E_IO, 8, "cannot sync the folder of $: Input/output error" },
    { "fsync", 1, EINVAL, 0, 8, "" }, /* a file system that cannot */
    { "fsync", 2, EINVAL, 0, 8, "" },
    { "close", 1, EIO, SL_E_IO, 7, "cannot write $: Input/output error" },
    { "close", 2, EIO, 0, 8, "" }, /* of the folder, which was synced */
    { "rename", 1, EACCES, SL_E_IO, 7, "cannot rename the finished state to $: Permission denied" },
};

static void writing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        sbuf err = { 0 };
        make_state(state_path(), &head_a, OLD, OLD);
        arm(writes[i].call, writes[i].nth, writes[i].error);
        const int r = step_write(&err);
        assert_true(disarm());
        assert_says(&err, writes[i].says);
        assert_int_equal(r, writes[i].code);
        assert_int_equal(version_there(), writes[i].there);
        sbuf_free(&err);
    }
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) { /* and these are all there are */
        const bool last = i + 1 == sizeof writes / sizeof *writes || strcmp(writes[i].call, writes[i + 1].call);
        if (!last)
            continue;
        arm(writes[i].call, writes[i].nth + 1, EIO);
        assert_int_equal(step_write(NULL), 0);
        assert_false(disarm());
    }
    unlink(state_path());
}

static void making_the_folder(void **state)
{
    (void)state;
    sbuf err = { 0 }, want = { 0 };
    const char *path = in_folder("a/b/x.state");
    arm("mkdir", 3, ENOSPC); /* /tmp, the folder of the test, a */
    assert_null(artifact_create(path, &head_a, &err));
    assert_true(disarm());
    sbuf_printf(&want, "cannot make the folder %s: No space left on device", in_folder("a/b"));
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    assert_folder("");
    sbuf_free(&err);
    sbuf_free(&want);
}

static void reading(void **state)
{
    (void)state;
    static const struct {
        const char *call;
        int nth, error, code;
        const char *says;
    } v[] = {
        { "open", 1, EMFILE, SL_E_IO, "cannot open $: Too many open files" },
        { "pread", 1, EIO, SL_E_IO, "cannot read $: Input/output error" }, /* preamble */
        { "pread", 2, EIO, SL_E_IO, "cannot read $: Input/output error" }, /* checksums and head */
        { "pread", 3, EIO, SL_E_IO, "cannot read $: Input/output error" }, /* the block */
        { "mmap", 1, EPERM, SL_E_IO, "cannot map $: Operation not permitted" },
        { "mmap", 1, ENOMEM, SL_E_NOMEM, "cannot map $: Cannot allocate memory" },
    };
    make_state(state_path(), &head_a, OLD, OLD);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        sbuf err = { 0 };
        arm(v[i].call, v[i].nth, v[i].error);
        assert_int_equal(step_read(&err), v[i].code);
        assert_true(disarm());
        assert_says(&err, v[i].says);
        sbuf_free(&err);
    }
    arm("pread", 4, EIO);
    assert_int_equal(step_read(NULL), 0);
    assert_false(disarm());

    sbuf err = { 0 };
    arena mem;
    artifact_entry *e;
    size_t n;
    arena_init(&mem, 0);
    arm("pread", 2, EIO); /* one file that cannot be read does not spoil the list */
    assert_int_equal(artifact_list(&mem, test_folder, &e, &n, &err), 0);
    assert_true(disarm());
    assert_int_equal(n, 1);
    sbuf_puts(&err, e->problem);
    assert_says(&err, "cannot read $: Input/output error");
    arena_free(&mem);
    sbuf_free(&err);
    unlink(state_path());
}

static void short_and_interrupted(void **state)
{
    (void)state;
    fault.stutter = true;
    assert_int_equal(step_write(NULL), 0);
    assert_int_equal(version_there(), 8);
    fault.stutter = false;
    assert_int_equal(version_there(), 8);
    unlink(state_path());
}

/* ---- memory ---- */

#ifdef CAN_FAIL_MALLOC
static int step_list(sbuf *err)
{
    arena mem;
    artifact_entry *v;
    size_t n;
    arena_init(&mem, 0);
    const int code = artifact_list(&mem, test_folder, &v, &n, err);
    if (code == 0)
        assert_int_equal(n, 1);
    arena_free(&mem);
    return code;
}

static void out_of_memory(void **state)
{
    (void)state;
    static int (*const steps[])(sbuf *) = { step_write, step_read, step_list };
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        int nth = 1;
        for (bool met = true; met; nth++) {
            sbuf err = { 0 };
            make_state(state_path(), &head_a, OLD, OLD);
            arm("malloc", nth, ENOMEM);
            const int r = steps[s](&err);
            met = disarm();
            if (r == 0)
                assert_string_equal(sbuf_z(&err), "");
            else
                assert_true(met && r < 0 && (err.n || err.failed));
            const bool renamed = s == 0 && (r == 0 || strstr(sbuf_z(&err), "sync the folder"));
            assert_int_equal(version_there(), renamed ? 8 : 7);
            sbuf_free(&err);
        }
        assert_in_range(nth, 5, 60); /* there were some */
    }
    unlink(state_path());
}
#else
static void out_of_memory(void **state)
{
    (void)state;
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing),       cmocka_unit_test(making_the_folder),
        cmocka_unit_test(reading),       cmocka_unit_test(short_and_interrupted),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests_name("artifact_faults", tests, make_test_folder, remove_test_folder);
}
