/* Folders of runs: numbers, locks, whose files are whose. Each test has an empty working directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fs.h"
#include "run/run.h"
#include "run/run_folder.h"

static char home[] = "/tmp/test_run_folder_XXXXXX";

static int enter(void **state)
{
    (void)state;
    strcpy(home + sizeof home - 7, "XXXXXX");
    return mkdtemp(home) && chdir(home) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    return chdir("/") || fs_remove_tree(home);
}

static void put(const char *path, const char *text)
{
    sbuf dir = { 0 };
    assert_int_equal(fs_mkdirs(fs_dirname(path, &dir)), 0);
    assert_int_equal(fs_write_atomic(path, text, strlen(text)), 0);
    sbuf_free(&dir);
}

static void open_is(run_folder *f, const char *run_dir, int code, const char *want)
{
    sbuf err = { 0 };
    assert_int_equal(run_folder_open(f, "x", run_dir, NULL, &err), code);
    assert_string_equal(sbuf_z(&err), want);
    sbuf_free(&err);
}

static void clear_is(run_folder *f, const char *pattern, int code, size_t present, const char *want)
{
    sbuf err = { 0 };
    name_list found = { 0 };
    assert_int_equal(run_folder_clear(f, "x", &pattern, 1, &found, &err), code);
    assert_string_equal(sbuf_z(&err), want);
    assert_int_equal(found.n, present);
    name_list_free(&found);
    sbuf_free(&err);
}

static void test_numbers(void **state)
{
    (void)state;
    run_folder f;
    open_is(&f, NULL, 0, "");
    assert_string_equal(f.dir, "runs/x-1");
    assert_true(f.made);
    run_folder_close(&f);
    put("runs/x-41/run.json", "{\"sluice_run\":1,\"state\":\"running\"}"); /* unfinished ones count */
    put("runs/x-y-99/run.json", "{}");                                     /* of other names do not */
    put("runs/x-100x/run.json", "{}");
    put("runs/xx-77/run.json", "{}");
    open_is(&f, NULL, 0, "");
    assert_string_equal(f.dir, "runs/x-42");
    run_folder_discard(&f);
    run_folder_close(&f);
    assert_false(fs_exists("runs/x-42"));
}

static void test_tags_differ(void **state)
{
    (void)state;
    run_folder f;
    char first[128];
    open_is(&f, "r", 0, "");
    snprintf(first, sizeof first, "%s", f.tag);
    run_folder_close(&f);
    open_is(&f, "r", 0, "");
    assert_string_not_equal(first, f.tag);
    run_folder_close(&f);
}

static void test_lock(void **state)
{
    (void)state;
    run_folder f, g;
    sbuf err = { 0 };
    open_is(&f, NULL, 0, "");
    assert_int_equal(run_folder_open(&g, "x", NULL, NULL, &err), EXIT_AGAIN);
    assert_non_null(strstr(sbuf_z(&err), "another run of 'x' is under way (process "));
    run_folder_close(&g);
    sbuf_clear(&err);
    assert_int_equal(run_folder_open(&g, "y", NULL, NULL, &err), 0); /* another name */
    run_folder_close(&g);
    run_folder_close(&f);
    open_is(&f, NULL, 0, "");
    run_folder_close(&f);
    sbuf_free(&err);
}

static void test_whose(void **state)
{
    (void)state;
    run_folder f;
    put("runs/x-1/run.json",
        "{\"sluice_run\":1,\"state\":\"done\",\"claims\":[\"out/p-00000.txt\",\"./out//p-00001.txt\"]}");
    put("runs/x-2/run.json", "not JSON at all");
    put("runs/x-3/run.json", "{\"state\":\"done\",\"claims\":[\"out/p-00002.txt\"]}"); /* not ours */
    put("out/p-00000.txt", "");
    put("out/p-00001.txt", "");
    open_is(&f, NULL, 0, "");
    clear_is(&f, "out/p-{shard}.txt", 0, 2, "");
    clear_is(&f, "./out/p-{shard}.txt", 0, 2, "");
    put("out/p-00002.txt", "");
    clear_is(&f, "out/p-{shard}.txt", EXIT_CONFIG, 2,
             "out/p-00002.txt is in the way: no run of 'x' wrote it; move it or choose another path");
    clear_is(&f, "gone/p-{shard}.txt", 0, 0, "");
    for (char path[] = "out/p-00003.txt"; path[10] < '9'; path[10]++)
        put(path, "");
    sbuf err = { 0 };
    name_list found = { 0 };
    const char *pattern = "out/p-{shard}.txt";
    assert_int_equal(run_folder_clear(&f, "x", &pattern, 1, &found, &err), EXIT_CONFIG);
    assert_non_null(strstr(sbuf_z(&err), "p-00006.txt is in the way"));
    assert_non_null(strstr(sbuf_z(&err), "\nand 2 more like it"));
    name_list_free(&found);
    sbuf_free(&err);
    run_folder_close(&f);
}

static void test_link_to_folder(void **state)
{
    (void)state;
    run_folder f;
    put("real/p-00000.txt", "");
    assert_int_equal(symlink("real", "out"), 0);
    put("runs/x-1/run.json", "{\"sluice_run\":1,\"state\":\"done\",\"claims\":[\"real/p-00000.txt\"]}");
    open_is(&f, NULL, 0, "");
    clear_is(&f, "out/p-{shard}.txt", 0, 1, ""); /* the same file */
    run_folder_close(&f);
}

static void test_dead(void **state)
{
    (void)state;
    run_folder f;
    put("runs/x-1/run.json",
        "{\"sluice_run\":1,\"state\":\"running\",\"temporary\":{\"tag\":\"x-1-aa\",\"outputs\":[\"old/a.txt\"]}}");
    put("runs/x-2/run.json",
        "{\"sluice_run\":1,\"state\":\"done\",\"temporary\":{\"tag\":\"x-2-bb\",\"outputs\":[\"old/a.txt\"]}}");
    put("old/.a.txt.sluice-x-1-aa", "");
    put("old/.a.txt.sluice-x-2-bb", "");
    put("new/.b.txt.sluice-x-1-aa", "");
    put("new/b.txt.sluice-x-1-aa", ""); /* not hidden: not one of ours */
    open_is(&f, NULL, 0, "");
    clear_is(&f, "new/b.txt", 0, 0, "");
    assert_false(fs_exists("old/.a.txt.sluice-x-1-aa"));
    assert_false(fs_exists("new/.b.txt.sluice-x-1-aa"));
    assert_true(fs_exists("old/.a.txt.sluice-x-2-bb"));
    assert_true(fs_exists("new/b.txt.sluice-x-1-aa"));
    run_folder_close(&f);
}

static void test_dead_elsewhere(void **state)
{
    (void)state;
    run_folder f;
    put("runs/x-1/run.json",
        "{\"sluice_run\":1,\"state\":\"running\",\"temporary\":{\"tag\":\"x-1-aa\",\"outputs\":[\"a.txt\"]}}");
    put(".a.txt.sluice-x-1-aa", "");
    open_is(&f, "r", 0, ""); /* holds r/lock: the run in runs/ may be alive */
    clear_is(&f, "a.txt", 0, 0, "");
    assert_true(fs_exists(".a.txt.sluice-x-1-aa"));
    run_folder_close(&f);
}

static void test_given(void **state)
{
    (void)state;
    run_folder f;
    put("mine/thesis.tex", "");
    open_is(&f, "mine", EXIT_CONFIG,
            "mine is not empty, and no run of sluice made it; give --run-dir a new or empty folder");
    run_folder_close(&f);
    assert_false(fs_exists("mine/lock"));
    put("file", "");
    open_is(&f, "file", EXIT_IO, "cannot make the folder file: Not a directory");
    run_folder_close(&f);
    open_is(&f, "new/deep", 0, "");
    run_folder_discard(&f);
    run_folder_close(&f);
    assert_false(fs_exists("new/deep"));
}

static void test_given_again(void **state)
{
    (void)state;
    run_folder f;
    sbuf text = { 0 }, err = { 0 };
    const char *before =
        "{\"sluice_run\":1,\"state\":\"done\",\"working_directory\":\"/\",\"claims\":[\"p-00000.txt\"]}";
    put("r/run.json", before);
    put("r/notes.txt", "");
    open_is(&f, "r", 0, "");
    assert_false(f.made);
    assert_int_equal(f.carried.n, 1);
    assert_string_equal(f.carried.v[0], "/p-00000.txt"); /* relative to where that run was started */
    sbuf_puts(&text, "{}");
    assert_int_equal(run_folder_write(&f, "run.json", &text, &err), 0);
    run_folder_discard(&f);
    run_folder_close(&f);
    sbuf_clear(&text);
    assert_int_equal(fs_read_file("r/run.json", 1000, &text), 0);
    assert_string_equal(sbuf_z(&text), before);
    assert_true(fs_exists("r/notes.txt"));
    sbuf_free(&text);
    sbuf_free(&err);
}

static void test_write_fails(void **state)
{
    (void)state;
    run_folder f;
    sbuf text = { 0 }, err = { 0 };
    sbuf_puts(&text, "{}");
    open_is(&f, NULL, 0, "");
    assert_int_equal(fs_remove_tree("runs/x-1"), 0);
    assert_int_equal(run_folder_write(&f, "run.json", &text, &err), EXIT_IO);
    assert_string_equal(sbuf_z(&err), "cannot write runs/x-1/run.json: No such file or directory");
    run_folder_close(&f);
    sbuf_free(&text);
    sbuf_free(&err);
}

static void test_set(void **state)
{
    (void)state;
    arena mem;
    name_set s = { 0 };
    char name[16];
    arena_init(&mem, 0);
    assert_false(name_set_has(&s, "a"));
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            snprintf(name, sizeof name, "n%d", i);
            assert_true(name_set_add(&mem, &s, name));
        }
    assert_int_equal(s.n, 1000);
    assert_true(name_set_has(&s, "n999"));
    assert_false(name_set_has(&s, "n1000"));
    name_set_free(&s);
    arena_free(&mem);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = { TEST(test_numbers),
                                        TEST(test_tags_differ),
                                        TEST(test_lock),
                                        TEST(test_whose),
                                        TEST(test_link_to_folder),
                                        TEST(test_dead),
                                        TEST(test_dead_elsewhere),
                                        TEST(test_given),
                                        TEST(test_given_again),
                                        TEST(test_write_fails),
                                        TEST(test_set) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
