/* A kept stream that another process goes on with: sealed, described in numbers, restored from them; and what may have
 * happened to it in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include "unit/alloc_fails.h"
#include "unit/io/pieces_test.h"

enum { N = 16, MORE = 5 /* threads of the other process */ };

typedef struct words { /* of pieces_describe */
    uint64_t v[2000];
    size_t n;
} words;

static void named_new(trial *t, uint64_t limit)
{
    *t = (trial){ 0 };
    budget_init(&t->b, limit, false);
    t->sc = scratch_named(test_dir, "7", THREADS, 1);
    t->p = t->sc ? pieces_new(t->sc, &t->b, THREADS) : NULL;
    assert_non_null(t->p);
}

static void read_words(const pieces *p, words *w)
{
    sbuf text = { 0 };
    pieces_describe(p, &text);
    w->n = 0;
    for (char *at = text.p, *end; at && *at; at = *end ? end + 1 : end) {
        assert_true(w->n < sizeof w->v / sizeof *w->v);
        w->v[w->n++] = strtoull(at, &end, 10);
        assert_true(end != at && (!*end || *end == ','));
    }
    sbuf_free(&text);
}

/* A stream that is sealed, and whose process is gone. */
static void leave(uint64_t limit, words *w)
{
    trial t;
    named_new(&t, limit);
    for (uint64_t i = 0; i < N; i++)
        assert_int_equal(make(&t, i % THREADS, i * 1000, size_of(i), 70000), 0);
    assert_int_equal(pieces_finish(t.p, &t.err), 0);
    assert_int_equal(pieces_seal(t.p, &t.err), 0);
    read_words(t.p, w);
    for (uint64_t i = 0; i < N; i++) /* as before */
        assert_piece(&t, 0, i, i * 1000, size_of(i));
    trial_end(&t);
}

static int restore(trial *t, unsigned threads, const words *w)
{
    size_t used = 0;
    int code = 0;
    *t = (trial){ 0 };
    budget_init(&t->b, 1 << 30, false);
    t->sc = scratch_named(test_dir, "7", threads, 1);
    t->p = t->sc ? pieces_restore(t->sc, &t->b, threads, w->v, w->n, &used, &code, &t->err) : NULL;
    if (t->p)
        assert_int_equal(used, w->n);
    return t->p ? 0 : t->sc ? code : SL_E_NOMEM;
}

static void assert_left(const char *file, bool there)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", test_dir, file);
    assert_int_equal(fs_exists(path), there);
}

static void sealed_ones_come_back(void **state)
{
    (void)state;
    static const uint64_t limits[] = { 0, 1 << 20, 1 << 30 };
    for (size_t k = 0; k < 3; k++) {
        words w, again;
        trial t;
        leave(limits[k], &w);
        assert_left("7.0", true);
        assert_int_equal(restore(&t, THREADS, &w), 0);
        read_words(t.p, &again);
        assert_int_equal(again.n, w.n);
        assert_memory_equal(again.v, w.v, w.n * sizeof *w.v);
        trial_end(&t);

        assert_int_equal(restore(&t, MORE, &w), 0); /* one more process */
        assert_int_equal(pieces_count(t.p), N);
        for (uint64_t i = 0; i < 2 * N; i++)
            assert_piece(&t, (unsigned)i % MORE, i % N, i % N * 1000, size_of(i));
        read_words(t.p, &w);
        trial_end(&t);
        assert_int_equal(w.v[0], MORE);
        assert_int_equal(restore(&t, MORE, &w), 0);
        assert_piece(&t, MORE - 1, 7, 7000, size_of(7));
        trial_end(&t);
    }
    scratch_sweep(test_dir, NULL, NULL);
    assert_false(fs_exists(test_dir));
}

static void of_nothing(void **state)
{
    (void)state;
    words w;
    trial t;
    named_new(&t, 0);
    assert_int_equal(pieces_finish(t.p, &t.err), 0);
    assert_int_equal(pieces_seal(t.p, &t.err), 0);
    read_words(t.p, &w);
    trial_end(&t);
    assert_false(fs_exists(test_dir));
    assert_int_equal(restore(&t, THREADS, &w), 0);
    assert_int_equal(pieces_count(t.p), 0);
    trial_end(&t);
}

static void damage_is_told(void **state)
{
    (void)state;
    static const char *const says[] = { "No such file", "cut off" };
    char path[200];
    snprintf(path, sizeof path, "%s/7.1", test_dir);
    for (int gone = 0; gone < 2; gone++) {
        words w;
        trial t;
        struct stat st;
        leave(0, &w);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(gone ? truncate(path, st.st_size - 1) : unlink(path), 0);
        assert_int_equal(restore(&t, THREADS, &w), SL_E_STATE);
        assert_non_null(strstr(sbuf_z(&t.err), path));
        assert_non_null(strstr(sbuf_z(&t.err), says[gone]));
        trial_end(&t);
    }
    words w;
    trial t;
    leave(0, &w);
    const int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    flip_byte(fd, 20); /* in the first piece of thread 1: of one byte, and of 5000 bytes behind it */
    close(fd);
    assert_int_equal(restore(&t, THREADS, &w), 0);
    int broken = 0;
    for (uint64_t i = 0; i < N; i++) {
        const int r = pieces_load(t.p, 0, i, &t.out, &t.err);
        broken += r == SL_E_DATA;
        assert_true(r == 0 || r == SL_E_DATA);
    }
    assert_int_equal(broken, 1);
    trial_end(&t);
    scratch_sweep(test_dir, NULL, NULL);
}

static void numbers_that_make_no_sense(void **state)
{
    (void)state;
    static const uint64_t others[] = { 0, 1, 3, UINT32_MAX, UINT64_MAX / 2, UINT64_MAX };
    words w;
    trial t;
    leave(0, &w);
    const size_t n = w.n;
    for (w.n = 0; w.n < n; w.n++) {
        assert_int_equal(restore(&t, THREADS, &w), SL_E_STATE);
        trial_end(&t);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
            words bad = w;
            size_t used;
            int code = 0;
            bad.v[i] = others[k];
            t = (trial){ 0 };
            budget_init(&t.b, 1 << 30, false);
            t.sc = scratch_named(test_dir, "7", THREADS, 1);
            t.p = pieces_restore(t.sc, &t.b, THREADS, bad.v, n, &used, &code, &t.err);
            assert_true(t.p || code == SL_E_STATE);
            assert_true(used <= n);
            for (size_t p = 0; t.p && p < pieces_count(t.p) && p < 2 * N; p++)
                if (pieces_bytes(t.p, p) < 10 * MIB) /* whatever it answers */
                    (void)pieces_load(t.p, 0, p, &t.out, &t.err);
            trial_end(&t);
        }
    scratch_sweep(test_dir, NULL, NULL);
}

static bool keeps_nine(void *u, const char *name, size_t n)
{
    ++*(int *)u;
    return n == 1 && *name == '9';
}

static void a_sweep_knows_its_files(void **state)
{
    (void)state;
    static const char *const names[] = { "7.0", "9.12", "notes", "7.x", ".5", "a.b.3" };
    static const bool stays[] = { false, true, true, true, true, false };
    char path[200];
    int asked = 0;
    assert_int_equal(fs_mkdirs(test_dir), 0);
    for (size_t i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "%s/%s", test_dir, names[i]);
        assert_int_equal(fs_write_atomic(path, "x", 1), 0);
    }
    scratch_sweep(test_dir, keeps_nine, &asked);
    assert_int_equal(asked, 3);
    for (size_t i = 0; i < 6; i++)
        assert_left(names[i], stays[i]);
    assert_int_equal(fs_remove_tree(test_dir), 0);
    scratch_sweep(test_dir, NULL, NULL); /* is not there */
}

/* What cannot be sealed is there for this process all the same. */
static void a_full_disk(void **state)
{
    (void)state;
    struct rlimit old, small;
    trial t;
    named_new(&t, 1 << 30);
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(make(&t, 0, i, 100 * KIB, MIB), 0);
    assert_int_equal(pieces_finish(t.p, &t.err), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 700;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int r = pieces_seal(t.p, &t.err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(r, SL_E_IO);
    assert_non_null(strstr(sbuf_z(&t.err), "File too large"));
    sbuf_clear(&t.err);
    for (uint64_t i = 0; i < 4; i++)
        assert_piece(&t, 1, i, i, 100 * KIB);
    trial_end(&t);
    scratch_sweep(test_dir, NULL, NULL);
}

static void each_allocation_fails(void **state)
{
    (void)state;
    words w;
    long failures = 0;
    leave(0, &w);
    for (long i = 0, more = 1; more; i++) {
        trial t;
        alloc_fail_at(i);
        const int r = restore(&t, THREADS, &w);
        more = alloc_failed();
        assert_true(r == 0 || r == SL_E_NOMEM);
        failures += r < 0;
        if (r == 0)
            assert_piece(&t, 2, 3, 3000, size_of(3));
        trial_end(&t);
    }
    assert_true(failures > 8);
    scratch_sweep(test_dir, NULL, NULL);
}

static void callers_that_break_the_contract(void **state)
{
    (void)state;
    trial t;
    named_new(&t, 0);
    assert_int_equal(scratch_attach(t.sc, THREADS, 0, &t.err), SL_E_INTERNAL);
    assert_string_equal(sbuf_z(&t.err), "internal error: file 3 of scratch space is opened again");
    trial_end(&t);
    trial_new(&t, 0, false); /* without names */
    assert_int_equal(scratch_attach(t.sc, 0, 0, &t.err), SL_E_INTERNAL);
    trial_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_ones_come_back),   cmocka_unit_test(of_nothing),
        cmocka_unit_test(damage_is_told),          cmocka_unit_test(numbers_that_make_no_sense),
        cmocka_unit_test(a_sweep_knows_its_files), cmocka_unit_test(a_full_disk),
        cmocka_unit_test(each_allocation_fails),   cmocka_unit_test(callers_that_break_the_contract),
    };
    return cmocka_run_group_tests_name("pieces, sealed", tests, make_test_folder, remove_test_folder);
}
