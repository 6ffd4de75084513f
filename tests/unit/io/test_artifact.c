/* Saved states: what is written is read again, in whatever pieces; they appear whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/wait.h>
#include "unit/io/artifact_help.h"

enum { BLOCK = ARTIFACT_BLOCK };

/* ---- bytes ---- */

static void read_in_steps(const char *path, size_t n, size_t step, bool map)
{
    sbuf err = { 0 };
    artifact_reader *r = open_state(path);
    char *buf = malloc(step);
    assert_non_null(buf);
    assert_int_equal(artifact_left(r), n);
    for (size_t at = 0, k; at < n; at += k) {
        const void *p = buf;
        k = n - at < step ? n - at : step;
        assert_int_equal(artifact_left(r), n - at);
        assert_int_equal(map ? artifact_map(r, k, &p, &err) : artifact_get(r, buf, k, &err), 0);
        for (size_t i = 0; i < k; i++)
            if (((const char *)p)[i] != payload_byte(at + i))
                fail_msg("byte %zu", at + i);
        if (map)
            assert_int_equal((uintptr_t)p % 64, at % 64);
    }
    assert_int_equal(artifact_left(r), 0);
    assert_int_equal(artifact_get(r, buf, 0, &err), 0);
    assert_int_equal(artifact_get(r, buf, 1, &err), SL_END);
    assert_string_equal(sbuf_z(&err), "");
    artifact_close(r);
    free(buf);
    sbuf_free(&err);
}

static void every_size_in_every_step(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 63, 4097, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 17 };
    static const size_t steps[] = { 997, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK };
    sbuf first = { 0 }, other = { 0 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            const char *path = in_folder("s/x.state");
            make_state(path, &head_a, sizes[i], steps[k]);
            read_file(path, k ? &other : &first);
            if (k) { /* the bytes depend on the content alone */
                assert_int_equal(other.n, first.n);
                assert_memory_equal(other.p, first.p, first.n);
            }
            assert_int_equal(artifact_verify(path, NULL), 0);
            read_in_steps(path, sizes[i], steps[k], false);
            read_in_steps(path, sizes[i], steps[k], true);
        }
    assert_folder("s\n");
    fs_remove_tree(in_folder("s"));
    sbuf_free(&first);
    sbuf_free(&other);
}

static void get_and_map_take_turns(void **state)
{
    (void)state;
    const char *path = in_folder("x.state");
    sbuf err = { 0 };
    char got[100];
    const void *p;
    char *want = payload(4 * BLOCK);
    make_state(path, &head_a, 4 * BLOCK, 4 * BLOCK);
    artifact_reader *r = open_state(path);
    assert_int_equal(artifact_get(r, got, 100, &err), 0);
    assert_memory_equal(got, want, 100);
    assert_int_equal(artifact_map(r, 2 * BLOCK, &p, &err), 0);
    assert_memory_equal(p, want + 100, 2 * BLOCK);
    const void *kept = p;
    assert_int_equal(artifact_get(r, got, 100, &err), 0);
    assert_memory_equal(got, want + 100 + 2 * BLOCK, 100);
    assert_int_equal(artifact_map(r, 0, &p, &err), 0);
    assert_non_null(p);
    assert_int_equal(artifact_map(r, artifact_left(r), &p, &err), 0);
    assert_memory_equal(p, want + 200 + 2 * BLOCK, 2 * BLOCK - 200);
    assert_memory_equal(kept, want + 100, 2 * BLOCK); /* until close */
    assert_int_equal(artifact_map(r, 1, &p, &err), SL_E_STATE);
    assert_null(p);
    assert_about(&err, path, "ends early: 1 bytes are wanted and 0 are left");
    artifact_close(r);
    unlink(path);
    free(want);
    sbuf_free(&err);
}

static void wanting_too_much_takes_nothing(void **state)
{
    (void)state;
    const char *path = in_folder("x.state");
    sbuf err = { 0 };
    char got[9];
    const void *p = got;
    make_state(path, &head_a, 8, 8);
    artifact_reader *r = open_state(path);
    assert_int_equal(artifact_get(r, got, 9, &err), SL_E_STATE);
    assert_about(&err, path, "ends early: 9 bytes are wanted and 8 are left");
    assert_int_equal(artifact_map(r, UINT64_MAX, &p, NULL), SL_E_STATE);
    assert_null(p);
    assert_int_equal(artifact_left(r), 8);
    assert_int_equal(artifact_get(r, got, 8, NULL), 0);
    assert_int_equal(got[7], payload_byte(7));
    artifact_close(r);
    unlink(path);
    sbuf_free(&err);
}

/* ---- the head ---- */

static void the_head_comes_back(void **state)
{
    (void)state;
    const char *path = in_folder("x.state");
    artifact_head h = head_a;
    h.created = -1;
    h.state_version = UINT32_MAX;
    h.report = "{\"kept\":4}";
    artifact_writer *w = artifact_create(path, &h, NULL);
    assert_non_null(w);
    assert_int_equal(artifact_put(w, "abc", 3, NULL), 0);
    assert_int_equal(artifact_commit(w, NULL), 0);
    artifact_reader *r = open_state(path);
    const artifact_head *g = artifact_head_of(r);
    assert_string_equal(g->stage, "dedup.exact");
    assert_string_equal(g->name, "3f9c1a2b00112233");
    assert_string_equal(g->what, "whole");
    assert_int_equal(g->state_version, UINT32_MAX);
    assert_string_equal(g->plugin, "dedup 1.0.0");
    assert_string_equal(g->made_by, "{\"use\":\"dedup.exact\"}");
    assert_string_equal(g->report, "{\"kept\":4}");
    assert_true(g->created == -1);
    artifact_close(r);

    h = (artifact_head){ .stage = "a", .name = "0123456789abcdef", .what = "port 12" }; /* NULL: nothing */
    make_state(path, &h, 0, 1);
    r = open_state(path);
    g = artifact_head_of(r);
    assert_string_equal(g->what, "port 12");
    assert_string_equal(g->plugin, "");
    assert_string_equal(g->made_by, "");
    assert_string_equal(g->report, "");
    artifact_close(r);
    unlink(path);
}

/* The layout as it is written down: files must be readable by programs to come. */
static void the_layout_is_the_one_written_down(void **state)
{
    (void)state;
    static const char head[] = "\x07\0\0\0"
                               "\x80\x3b\xb1\x6a\0\0\0\0"
                               "\x0b\0\0\0dedup.exact\0\x10\0\0\0"
                               "3f9c1a2b00112233\0\x05\0\0\0whole\0\x0b\0\0\0dedup 1.0.0\0"
                               "\x15\0\0\0{\"use\":\"dedup.exact\"}\0\0\0\0\0";
    const size_t head_n = sizeof head; /* the NUL at the end is the last string's */
    const char *path = in_folder("x.state");
    char want[1024] = "\x93SLstate\x01";
    put_number(want + 16, 10, 8);
    put_number(want + 24, head_n, 8);
    for (size_t i = 0; i < 10; i++)
        want[64 + i] = payload_byte(i);
    memcpy(want + 64 + 10 + 8, head, head_n);
    const size_t n = 64 + 10 + 8 + head_n + 16;
    memcpy(want + n - 8, "SLstend\n", 8);
    seal(want, n);
    sbuf got = { 0 };
    make_state(path, &head_a, 10, 3);
    read_file(path, &got);
    assert_int_equal(got.n, n);
    assert_memory_equal(got.p, want, n);
    unlink(path);
    sbuf_free(&got);
}

/* ---- whole or not at all ---- */

static void aborting_leaves_what_was_there(void **state)
{
    (void)state;
    const char *path = in_folder("x.state");
    sbuf before = { 0 }, after = { 0 };
    make_state(path, &head_a, 100, 100);
    read_file(path, &before);
    artifact_writer *w = artifact_create(path, &head_a, NULL);
    assert_non_null(w);
    char *p = payload(2 * BLOCK);
    assert_int_equal(artifact_put(w, p, 2 * BLOCK, NULL), 0);
    read_file(path, &after);
    assert_int_equal(after.n, before.n);
    artifact_abort(w);
    artifact_abort(NULL);
    artifact_close(NULL);
    assert_folder("x.state\n");
    read_file(path, &after);
    assert_memory_equal(after.p, before.p, before.n);
    unlink(path);
    free(p);
    sbuf_free(&before);
    sbuf_free(&after);
}

static void two_writers_of_one_path(void **state)
{
    (void)state;
    const char *path = in_folder("x.state");
    artifact_writer *a = artifact_create(path, &head_a, NULL), *b = artifact_create(path, &head_a, NULL);
    assert_true(a && b);
    assert_int_equal(artifact_put(a, "aa", 2, NULL), 0);
    assert_int_equal(artifact_put(b, "bbbb", 4, NULL), 0);
    assert_int_equal(artifact_commit(b, NULL), 0);
    artifact_reader *r = open_state(path); /* stays what it was */
    assert_int_equal(artifact_commit(a, NULL), 0);
    char got[5] = { 0 };
    assert_int_equal(artifact_get(r, got, 4, NULL), 0);
    assert_string_equal(got, "bbbb");
    artifact_close(r);
    r = open_state(path);
    assert_int_equal(artifact_left(r), 2);
    artifact_close(r);
    assert_folder("x.state\n");
    unlink(path);
}

/* Two processes write the same path over and over; whoever looks finds one of the two, whole. */
static void two_processes_of_one_path(void **state)
{
    (void)state;
    enum { ROUNDS = 15, SMALL = 1000, LARGE = BLOCK + 5 };
    const char *path = in_folder("x.state");
    pid_t child[2];
    int ended = 0;
    make_state(path, &head_a, SMALL, SMALL);
    for (int c = 0; c < 2; c++) {
        child[c] = fork();
        assert_true(child[c] >= 0);
        if (child[c])
            continue;
        char *p = payload(LARGE);
        for (int i = 0; i < ROUNDS; i++) {
            artifact_writer *w = artifact_create(path, &head_a, NULL);
            if (!w || artifact_put(w, p, c ? LARGE : SMALL, NULL) || artifact_commit(w, NULL))
                _exit(1);
        }
        free(p);
        _exit(0);
    }
    while (ended < 2) {
        int status;
        const pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid > 0) {
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            ended++;
        }
        artifact_reader *r = open_state(path);
        assert_true(artifact_left(r) == SMALL || artifact_left(r) == LARGE);
        artifact_close(r);
        assert_int_equal(artifact_verify(path, NULL), 0);
    }
    assert_folder("x.state\n");
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_in_every_step),
        cmocka_unit_test(get_and_map_take_turns),
        cmocka_unit_test(wanting_too_much_takes_nothing),
        cmocka_unit_test(the_head_comes_back),
        cmocka_unit_test(the_layout_is_the_one_written_down),
        cmocka_unit_test(aborting_leaves_what_was_there),
        cmocka_unit_test(two_writers_of_one_path),
        cmocka_unit_test(two_processes_of_one_path),
    };
    return cmocka_run_group_tests_name("artifact", tests, make_test_folder, remove_test_folder);
}
