/* A kept stream: pieces come back whole, in order of their numbers, whoever made them; and what goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include "unit/alloc_fails.h"
#include "unit/io/pieces_test.h"

static void pieces_come_back(void **state)
{
    (void)state;
    static const size_t steps[] = { SIZE_MAX / 2, 100, 4096, BLOCK, BLOCK + 1, 99999, BLOCK - 1, 700000 };
    enum { N = 64 };
    for (int setting = 0; setting < 3; setting++) {
        trial t;
        trial_new(&t, setting == 1 ? 0 : 1 << 30, setting == 2);
        for (uint64_t i = 0; i < N; i++) {
            const uint64_t number = i * 37 % N; /* in any order */
            assert_int_equal(make(&t, i % THREADS, number * 1000, size_of(number), steps[number / 8]), 0);
        }
        assert_int_equal(pieces_finish(t.p, &t.err), 0);
        assert_int_equal(pieces_count(t.p), N);
        for (int round = 0; round < 2; round++)
            for (uint64_t i = 0; i < N; i++)
                assert_piece(&t, (unsigned)(i + round) % THREADS, i, i * 1000, size_of(i));
        trial_end(&t);
    }
}

static void small_ones_stay_in_memory(void **state)
{
    (void)state;
    trial t;
    trial_new(&t, 1 << 30, false);
    assert_int_equal(pieces_finish(t.p, &t.err), 0); /* none at all */
    assert_int_equal(pieces_count(t.p), 0);
    trial_end(&t);

    trial_new(&t, 1 << 30, false);
    assert_int_equal(make(&t, 0, 7, BLOCK - 1, 1000), 0);
    assert_int_equal(make(&t, 1, 3, 0, 1), 0);
    assert_int_equal(pieces_finish(t.p, &t.err), 0);
    assert_int_equal(scratch_bytes(t.sc), 0);
    assert_true(t.b.used >= BLOCK - 1 && t.b.used < BLOCK + 2000);
    assert_piece(&t, 2, 0, 3, 0);
    assert_piece(&t, 2, 1, 7, BLOCK - 1);
    trial_end(&t);

    trial_new(&t, 8 * 100 * KIB, false); /* an eighth of it: ten of these, and no more */
    for (uint64_t i = 0; i < 20; i++) {
        assert_int_equal(make(&t, 0, i, 10 * KIB, 10 * KIB), 0);
        assert_int_equal(scratch_bytes(t.sc) > 0, i >= 10);
    }
    assert_int_equal(make(&t, 0, 20, 0, 1), 0);
    assert_int_equal(pieces_finish(t.p, &t.err), 0);
    for (uint64_t i = 0; i < 20; i++)
        assert_piece(&t, 1, i, i, 10 * KIB);
    assert_piece(&t, 1, 20, 20, 0);
    trial_end(&t);
}

/* ---- threads ---- */

typedef struct worker {
    trial *t;
    unsigned thread;
    atomic_size_t *next;
    bool loads, ok;
    pthread_t id;
} worker;

enum { PIECES = 60 };

static void *work(void *u)
{
    worker *w = u;
    uint8_t p[50000];
    sbuf out = { 0 }, err = { 0 };
    w->ok = true;
    for (size_t i; w->ok && (i = atomic_fetch_add(w->next, 1)) < PIECES;) {
        const size_t n = i * 5000 % 49999, times = i % 13;
        for (size_t k = 0; k < n; k++)
            p[k] = byte_at(i, k);
        if (!w->loads) {
            for (size_t k = 0; k < times; k++)
                w->ok = w->ok && pieces_add(w->t->p, w->thread, p, n, &err) == 0;
            w->ok = w->ok && pieces_end(w->t->p, w->thread, i, &err) == 0;
            continue;
        }
        w->ok = pieces_load(w->t->p, w->thread, i, &out, &err) == 0 && out.n == n * times;
        for (size_t k = 0; w->ok && k < times; k++)
            w->ok = n == 0 || memcmp(out.p + k * n, p, n) == 0;
    }
    sbuf_free(&out);
    sbuf_free(&err);
    return NULL;
}

static void all_threads_make_and_load(void **state)
{
    (void)state;
    trial t;
    trial_new(&t, 4 * MIB, false);
    for (int loads = 0; loads < 2; loads++) {
        atomic_size_t next = 0;
        worker w[THREADS];
        for (unsigned i = 0; i < THREADS; i++) {
            w[i] = (worker){ &t, i, &next, loads, false, 0 };
            assert_int_equal(pthread_create(&w[i].id, NULL, work, &w[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++) {
            pthread_join(w[i].id, NULL);
            assert_true(w[i].ok);
        }
        if (!loads)
            assert_int_equal(pieces_finish(t.p, &t.err), 0);
    }
    trial_end(&t);
}

/* ---- what goes wrong ---- */

static void assert_says(trial *t, int r, int code, const char *sentence)
{
    assert_int_equal(r, code);
    assert_string_equal(sbuf_z(&t->err), sentence);
    sbuf_clear(&t->err);
}

static void callers_that_break_the_contract(void **state)
{
    (void)state;
    trial t;
    trial_new(&t, 0, false);
    assert_says(&t, pieces_add(t.p, 3, "x", 1, &t.err), SL_E_INTERNAL,
                "internal error: thread 3 adds to a kept stream of 3 threads");
    assert_says(&t, pieces_end(t.p, 3, 1, &t.err), SL_E_INTERNAL,
                "internal error: thread 3 adds to a kept stream of 3 threads");
    assert_says(&t, pieces_load(t.p, 0, 0, &t.out, &t.err), SL_E_INTERNAL,
                "internal error: thread 0 asks for piece 0 of a kept stream of 0");
    assert_int_equal(add(&t, 1, 5, 3, 3), 0);
    assert_says(&t, pieces_finish(t.p, &t.err), SL_E_INTERNAL,
                "internal error: thread 1 has a piece of a kept stream that did not end");
    assert_int_equal(pieces_end(t.p, 1, 5, &t.err), 0);
    assert_int_equal(pieces_finish(t.p, &t.err), 0);
    assert_says(&t, pieces_finish(t.p, &t.err), SL_E_INTERNAL, "internal error: a kept stream is finished twice");
    assert_says(&t, pieces_add(t.p, 0, "x", 1, &t.err), SL_E_INTERNAL,
                "internal error: thread 0 adds to a kept stream of 3 threads, which is finished");
    assert_says(&t, pieces_load(t.p, 0, 1, &t.out, &t.err), SL_E_INTERNAL,
                "internal error: thread 0 asks for piece 1 of a kept stream of 1");
    assert_says(&t, pieces_load(t.p, 3, 0, &t.out, &t.err), SL_E_INTERNAL,
                "internal error: thread 3 asks for piece 0 of a kept stream of 1");
    assert_piece(&t, 0, 0, 5, 3);
    trial_end(&t);

    trial_new(&t, 0, false);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(make(&t, i, i / 2 * 8, 10, 10), 0);
    assert_says(&t, pieces_finish(t.p, &t.err), SL_E_INTERNAL,
                "internal error: two pieces of a kept stream have the number 0");
    trial_end(&t);
    pieces_free(NULL);
}

static void each_allocation_fails(void **state)
{
    (void)state;
    long failures = 0;
    for (long i = 0, more = 1; more; i++) {
        trial t;
        alloc_fail_at(i);
        trial_new(&t, 1 * MIB, false);
        const bool made = t.p;
        int r = made ? 0 : SL_E_NOMEM;
        for (uint64_t k = 0; r == 0 && k < 16; k++)
            r = make(&t, k % THREADS, k, size_of(k), BLOCK / 2);
        r = r < 0 ? r : pieces_finish(t.p, &t.err);
        for (size_t k = 0; r == 0 && k < 16; k++) {
            r = pieces_load(t.p, k % THREADS, k, &t.out, &t.err);
            if (r == 0)
                assert_piece(&t, 0, k, k, size_of(k));
        }
        more = alloc_failed();
        if (r < 0) {
            const char *says = sbuf_z(&t.err);
            assert_int_equal(r, SL_E_NOMEM);
            assert_true(!made || strstr(says, "out of memory for ") || strstr(says, "Cannot allocate memory"));
            failures++;
        }
        trial_end(&t);
    }
    assert_true(failures > 15);
}

static void no_folder_and_a_full_disk(void **state)
{
    (void)state;
    trial t;
    char want[200];
    struct rlimit old, small;
    assert_int_equal(fs_write_atomic(test_dir, "", 0), 0);
    trial_new(&t, 0, false);
    snprintf(want, sizeof want, "cannot make the folder %s for scratch space: Not a directory", test_dir);
    assert_says(&t, add(&t, 0, 1, 2 * MIB, MIB), SL_E_IO, want);
    assert_says(&t, make(&t, 0, 1, 10, 10), SL_E_IO, want);
    trial_end(&t);
    assert_int_equal(unlink(test_dir), 0);

    trial_new(&t, 0, false);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int r = make(&t, 0, 1, 20 * MIB, 50000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    snprintf(want, sizeof want, "cannot write scratch space in %s: File too large (after %llu bytes)", test_dir,
             (unsigned long long)scratch_bytes(t.sc));
    assert_says(&t, r, SL_E_IO, want);
    trial_end(&t);
}

static void damage_is_told(void **state)
{
    (void)state;
    for (int cut_off = 0; cut_off < 2; cut_off++) {
        trial t;
        trial_new(&t, 0, false);
        assert_int_equal(make(&t, 0, 1, 5000, 5000), 0);
        const uint64_t first = scratch_bytes(t.sc);
        assert_int_equal(make(&t, 0, 2, 2 * MIB, MIB), 0);
        assert_int_equal(pieces_finish(t.p, &t.err), 0);
        if (cut_off)
            assert_int_equal(ftruncate(scratch_fd(0), (off_t)scratch_bytes(t.sc) - 1), 0);
        else
            flip_byte(scratch_fd(0), (off_t)(first + 20));
        for (int again = 0; again < 2; again++) {
            assert_int_equal(pieces_load(t.p, 2, 1, &t.out, &t.err), SL_E_DATA);
            assert_non_null(strstr(sbuf_z(&t.err), test_dir));
            assert_int_equal(t.out.n, 0);
            sbuf_clear(&t.err);
        }
        assert_piece(&t, 0, 0, 1, 5000); /* the others are there */
        trial_end(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_come_back),
        cmocka_unit_test(small_ones_stay_in_memory),
        cmocka_unit_test(all_threads_make_and_load),
        cmocka_unit_test(callers_that_break_the_contract),
        cmocka_unit_test(each_allocation_fails),
        cmocka_unit_test(no_folder_and_a_full_disk),
        cmocka_unit_test(damage_is_told),
    };
    return cmocka_run_group_tests_name("pieces", tests, make_test_folder, remove_test_folder);
}
