/* The folder of saved states: names of files, what killed writers leave, the list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include "unit/io/artifact_help.h"

/* ---- names ---- */

static void paths_and_their_names(void **state)
{
    (void)state;
    arena mem;
    arena_init(&mem, 0);
    const char *name = "0123456789abcdef";
    assert_string_equal(artifact_path(&mem, "runs/states", "dedup.exact", name, "whole"),
                        "runs/states/dedup.exact-0123456789abcdef.whole.state");
    assert_string_equal(artifact_path(&mem, "/", "a_b-c.9", name, "port 0"), "/a_b-c.9-0123456789abcdef.port0.state");
    assert_string_equal(artifact_path(&mem, ".", "mix", name, "port 65535"), "./mix-0123456789abcdef.port65535.state");
    assert_string_equal(artifact_path(&mem, "d", "mix", name, "applied"), "d/mix-0123456789abcdef.applied.state");
    static const char *const wrong[][4] = {
        { "../x", "0123456789abcdef", "whole", "its stage is no name of a stage" },
        { "", "0123456789abcdef", "whole", "its stage is no name of a stage" },
        { ".x", "0123456789abcdef", "whole", "its stage is no name of a stage" },
        { "Dedup", "0123456789abcdef", "whole", "its stage is no name of a stage" },
        { "a b", "0123456789abcdef", "whole", "its stage is no name of a stage" },
        { "x", "0123456789abcde", "whole", "its name is not 16 hexadecimal digits" },
        { "x", "0123456789abcdef0", "whole", "its name is not 16 hexadecimal digits" },
        { "x", "0123456789ABCDEF", "whole", "its name is not 16 hexadecimal digits" },
        { "x", "0123456789abcdef", "", "it is neither whole, nor of a port, nor applied" },
        { "x", "0123456789abcdef", "port", "it is neither whole, nor of a port, nor applied" },
        { "x", "0123456789abcdef", "port ", "it is neither whole, nor of a port, nor applied" },
        { "x", "0123456789abcdef", "port 01", "it is neither whole, nor of a port, nor applied" },
        { "x", "0123456789abcdef", "port 123456", "it is neither whole, nor of a port, nor applied" },
        { "x", "0123456789abcdef", "port 1/..", "it is neither whole, nor of a port, nor applied" },
        { "x", "0123456789abcdef", "Whole", "it is neither whole, nor of a port, nor applied" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const artifact_head h = { .stage = wrong[i][0], .name = wrong[i][1], .what = wrong[i][2] };
        sbuf err = { 0 }, want = { 0 };
        assert_null(artifact_path(&mem, "d", h.stage, h.name, h.what));
        assert_null(artifact_create(in_folder("x.state"), &h, &err));
        sbuf_printf(&want, "internal error: cannot write the state %s: %s", in_folder("x.state"), wrong[i][3]);
        assert_string_equal(sbuf_z(&err), sbuf_z(&want));
        sbuf_free(&err);
        sbuf_free(&want);
    }
    assert_folder("");
    arena_free(&mem);
}

/* ---- what killed writers leave ---- */

static void set_age(const char *path, time_t seconds)
{
    const struct timespec t = { .tv_sec = time(NULL) - seconds }, both[2] = { t, t };
    assert_int_equal(utimensat(AT_FDCWD, path, both, 0), 0);
}

static void killed_writers(void **state)
{
    (void)state;
    const char *path = in_folder("mix-0123456789abcdef.whole.state");
    sbuf left = { 0 };
    arena mem;
    artifact_entry *v;
    size_t n;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        artifact_writer *w = artifact_create(path, &head_a, NULL);
        if (w && artifact_put(w, "abc", 3, NULL) == 0)
            raise(SIGKILL);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    sbuf_printf(&left, "%s/.mix-0123456789abcdef.whole.state.%ld.0.tmp", test_folder, (long)child);
    const char *tmp = sbuf_z(&left);
    assert_true(fs_exists(tmp));
    arena_init(&mem, 0);
    assert_int_equal(artifact_list(&mem, test_folder, &v, &n, NULL), 0);
    assert_int_equal(n, 0);
    arena_free(&mem);

    static const char *const not_ours[] = { ".x.state.1.tmp",    ".state.1.2.tmp",   "x.state.1.2.tmp",
                                            ".x.state.1.2.tmp~", ".x.state.1.b.tmp", ".x.stat.1.2.tmp",
                                            ".x.state..2.tmp",   ".x.state.1..tmp",  ".x.state.1.2.tmpx",
                                            ".x.state1.2.tmp",   "1.2.tmp",          "x.state.run.waits",
                                            ".x.state.waits",    ".x.run.waits" };
    for (size_t i = 0; i < sizeof not_ours / sizeof *not_ours; i++) {
        write_file(in_folder(not_ours[i]), "");
        set_age(in_folder(not_ours[i]), 10000000);
    }
    set_age(tmp, 23 * 3600);
    artifact_abort(artifact_create(in_folder("y.state"), &head_a, NULL));
    assert_true(fs_exists(tmp)); /* its writer may be alive */
    set_age(tmp, 25 * 3600);
    write_file(in_folder(".x.state.run-1.waits"), "");
    set_age(in_folder(".x.state.run-1.waits"), 31 * 24 * 3600);
    write_file(in_folder(".x.state.run-2.waits"), "");
    set_age(in_folder(".x.state.run-2.waits"), 29 * 24 * 3600);
    assert_int_equal(mkdir(in_folder(".d.state.1.1.tmp"), 0777), 0);
    set_age(in_folder(".d.state.1.1.tmp"), 10000000);
    artifact_abort(artifact_create(in_folder("y.state"), &head_a, NULL));
    assert_false(fs_exists(tmp));
    assert_false(fs_exists(in_folder(".x.state.run-1.waits")));
    assert_int_equal(unlink(in_folder(".x.state.run-2.waits")), 0);
    assert_int_equal(rmdir(in_folder(".d.state.1.1.tmp")), 0);
    for (size_t i = 0; i < sizeof not_ours / sizeof *not_ours; i++)
        assert_int_equal(unlink(in_folder(not_ours[i])), 0);
    assert_folder("");
    sbuf_free(&left);
}

/* ---- the folder ---- */

static void the_list(void **state)
{
    (void)state;
    arena mem;
    artifact_entry *v;
    size_t n;
    struct stat st;
    arena_init(&mem, 0);
    artifact_head h = head_a;
    const char *good = artifact_path(&mem, test_folder, h.stage, h.name, h.what);
    make_state(good, &h, 100, 100);
    h.what = "port 1";
    h.stage = "a";
    make_state(artifact_path(&mem, test_folder, h.stage, h.name, h.what), &h, 0, 1);
    make_state(in_folder("b.state"), &h, 0, 1);
    write_file(in_folder("c.state"), "hello");
    write_file(in_folder(".hidden.state"), "hello");
    write_file(in_folder("d.state.tmp"), "hello");
    write_file(in_folder("state"), "hello");
    assert_int_equal(mkdir(in_folder("e.state"), 0777), 0);
    assert_int_equal(symlink("nowhere", in_folder("f.state")), 0);
    assert_int_equal(symlink(fs_basename(good), in_folder("g.state")), 0);

    char *slash = arena_printf(&mem, "%s/", test_folder);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(artifact_list(&mem, i ? slash : test_folder, &v, &n, NULL), 0);
        assert_int_equal(n, 7);
        assert_string_equal(v[0].path, in_folder("a-3f9c1a2b00112233.port1.state"));
        assert_null(v[0].problem);
        assert_string_equal(v[0].head.what, "port 1");
        assert_string_equal(v[1].path, in_folder("b.state"));
        sbuf said = { 0 };
        sbuf_puts(&said, v[1].problem);
        assert_about(&said, v[1].path, "is misnamed: by its head it is a-3f9c1a2b00112233.port1.state");
        assert_null(v[1].head.stage);
        sbuf_clear(&said);
        sbuf_puts(&said, v[2].problem);
        assert_about(&said, in_folder("c.state"), "is no saved state");
        assert_int_equal(v[2].bytes, 5);
        assert_string_equal(v[3].path, good);
        assert_null(v[3].problem);
        assert_int_equal(stat(good, &st), 0);
        assert_int_equal(v[3].bytes, st.st_size);
        assert_int_equal(v[3].used, st.st_mtime);
        assert_string_equal(v[3].head.plugin, "dedup 1.0.0");
        assert_string_equal(v[3].head.made_by, head_a.made_by);
        assert_true(v[3].head.created == head_a.created);
        sbuf_clear(&said);
        sbuf_puts(&said, v[4].problem);
        assert_about(&said, in_folder("e.state"), "is no regular file");
        sbuf_clear(&said);
        sbuf_puts(&said, v[5].problem);
        sbuf_free(&said);
        assert_non_null(strstr(v[5].problem, "cannot open "));
        assert_non_null(strstr(v[5].problem, "f.state: No such file or directory"));
        assert_non_null(strstr(v[6].problem, "g.state is misnamed"));
    }
    rmdir(in_folder("e.state"));
    fs_remove_tree(test_folder);
    assert_int_equal(mkdir(test_folder, 0777), 0);
    arena_free(&mem);
}

static void folders_that_are_none(void **state)
{
    (void)state;
    arena mem;
    artifact_entry *v;
    size_t n = 9;
    sbuf err = { 0 }, want = { 0 };
    arena_init(&mem, 0);
    assert_int_equal(artifact_list(&mem, in_folder("nowhere"), &v, &n, &err), 0);
    assert_int_equal(n, 0);
    assert_string_equal(sbuf_z(&err), "");
    write_file(in_folder("file"), "");
    assert_int_equal(artifact_list(&mem, in_folder("file"), &v, &n, &err), SL_E_IO);
    sbuf_printf(&want, "cannot read the folder %s: Not a directory", in_folder("file"));
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    sbuf_clear(&err);
    sbuf_clear(&want);
    assert_null(artifact_create(in_folder("file/x.state"), &head_a, &err));
    sbuf_printf(&want, "cannot make the folder %s: Not a directory", in_folder("file"));
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    unlink(in_folder("file"));
    sbuf_free(&err);
    sbuf_free(&want);
    arena_free(&mem);
}

static void touching(void **state)
{
    (void)state;
    const char *path = in_folder("x.state");
    struct stat st;
    make_state(path, &head_a, 1, 1);
    set_age(path, 100000);
    artifact_touch(path);
    assert_int_equal(stat(path, &st), 0);
    assert_in_range(time(NULL) - st.st_mtime + 5, 0, 10);
    unlink(path);
    artifact_touch(path); /* nothing to say */
    assert_folder("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_and_their_names), cmocka_unit_test(killed_writers), cmocka_unit_test(the_list),
        cmocka_unit_test(folders_that_are_none), cmocka_unit_test(touching),
    };
    return cmocka_run_group_tests_name("artifact_folder", tests, make_test_folder, remove_test_folder);
}
