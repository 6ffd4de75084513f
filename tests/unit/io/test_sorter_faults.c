/* What goes wrong under the sort: no memory, no folder, a full disk, damage, callers that break the contract. Each
 * comes out with a sentence; nothing leaks, and the budget has all of it back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "unit/alloc_fails.h"
#include "unit/io/sorter_test.h"

void *__real_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
    return alloc_fails() ? (errno = ENOMEM, MAP_FAILED) : __real_mmap(at, n, prot, flags, fd, offset);
}

enum { THREADS = 2, DOCS = 400, PIECE = 100000 };

typedef struct trial {
    budget b;
    scratch *sc;
    sorter *s;
    sorter_piece p;
    sbuf err;
} trial;

static void trial_new(trial *t)
{
    *t = (trial){ 0 };
    budget_init(&t->b, 1 << 30, true);
    t->sc = scratch_new(test_dir, THREADS, 1);
    t->s = t->sc ? sorter_new(t->sc, &t->b, THREADS, PIECE) : NULL;
}

static void trial_end(trial *t)
{
    sorter_piece_free(&t->p);
    sorter_free(t->s);
    assert_true(t->b.used == 0);
    scratch_free(t->sc);
    sbuf_free(&t->err);
}

static const sorter_doc *doc(size_t i) /* the nth document in order: one of them is large */
{
    static sorter_doc d;
    d = (sorter_doc){ i / 2, i * 3, content(i * 3), i == 200 ? 70000 : 2000 + i };
    return &d;
}

static int add(trial *t, size_t i)
{
    const sorter_doc *d = doc((i * 173) % DOCS);
    return sorter_add(t->s, i % THREADS, d->order, d->pos, d->p, d->n, &t->err);
}

static int add_all(trial *t)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < DOCS; i++)
        r = add(t, i);
    return r;
}

static int load_all(trial *t)
{
    size_t at = 0;
    int r = 0;
    for (size_t i = 0; r == 0 && i < sorter_pieces(t->s); i++) {
        r = sorter_load(t->s, i % THREADS, i, &t->p, &t->err);
        for (size_t k = 0; k < t->p.n; k++, at++) {
            const sorter_doc *d = &t->p.v[k], *want = doc(at);
            assert_true(d->order == want->order && d->pos == want->pos && d->n == want->n);
            assert_memory_equal(d->p, want->p, want->n);
        }
    }
    assert_int_equal(r == 0, at == DOCS);
    return r;
}

static void each_allocation_fails(void **state)
{
    (void)state;
    long failures = 0;
    for (long i = 0, more = 1; more; i++) {
        trial t;
        alloc_fail_at(i);
        trial_new(&t);
        int r = t.s ? add_all(&t) : SL_E_NOMEM;
        const bool made = t.s;
        if (r == 0)
            r = sorter_finish(t.s, 1000, &t.err);
        if (r == 0) {
            assert_true(sorter_pieces(t.s) >= 8 && t.s->runs.n > t.s->max_runs);
            r = load_all(&t);
        }
        more = alloc_failed();
        if (r < 0) {
            assert_int_equal(r, SL_E_NOMEM);
            const char *says = sbuf_z(&t.err);
            assert_true(!made || strstr(says, "out of memory for ") || strstr(says, "Cannot allocate memory"));
            failures++;
        }
        trial_end(&t);
    }
    assert_true(failures > 30);
}

static void assert_says(trial *t, int r, int code, const char *sentence)
{
    assert_int_equal(r, code);
    assert_string_equal(sbuf_z(&t->err), sentence);
    sbuf_clear(&t->err);
}

static void a_folder_that_cannot_be(void **state)
{
    (void)state;
    trial t;
    char want[200];
    assert_int_equal(fs_write_atomic(test_dir, "", 0), 0);
    trial_new(&t);
    snprintf(want, sizeof want, "cannot make the folder %s for scratch space: Not a directory", test_dir);
    const int r = add_all(&t);
    assert_says(&t, r, SL_E_IO, want);
    trial_end(&t);
    assert_int_equal(unlink(test_dir), 0);
}

/* Some KiB are left to the longest file. */
static void with_a_full_disk(trial *t, int (*what)(trial *))
{
    struct rlimit old, small;
    struct stat st;
    char want[200];
    rlim_t longest = 0;
    for (unsigned f = 0; f < THREADS && scratch_fd(f) >= 0; f++) {
        assert_int_equal(fstat(scratch_fd(f), &st), 0);
        longest = (rlim_t)st.st_size > longest ? (rlim_t)st.st_size : longest;
    }
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = longest + 20000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int r = what(t);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    snprintf(want, sizeof want, "cannot write scratch space in %s: File too large (after %llu bytes)", test_dir,
             (unsigned long long)scratch_bytes(t->sc));
    assert_says(t, r, SL_E_IO, want);
}

static void a_full_disk(void **state)
{
    (void)state;
    trial t;
    trial_new(&t);
    with_a_full_disk(&t, add_all);
    trial_end(&t);
    trial_new(&t); /* and while runs are merged, which stays so */
    assert_int_equal(add_all(&t), 0);
    assert_int_equal(sorter_finish(t.s, 1000, &t.err), 0);
    assert_true(t.s->runs.n > t.s->max_runs);
    with_a_full_disk(&t, load_all);
    char want[200];
    snprintf(want, sizeof want, "cannot write scratch space in %s: File too large (after ", test_dir);
    for (unsigned thread = 0; thread < THREADS; thread++) {
        assert_int_equal(sorter_load(t.s, thread, 3, &t.p, &t.err), SL_E_IO);
        assert_int_equal(strncmp(sbuf_z(&t.err), want, strlen(want)), 0);
        assert_int_equal(t.p.n, 0);
        sbuf_clear(&t.err);
    }
    trial_end(&t);
}

static void damage_is_told(void **state)
{
    (void)state;
    for (int merging = 0; merging < 2; merging++)
        for (int cut_off = 0; cut_off < 2; cut_off++) {
            trial t;
            trial_new(&t);
            assert_int_equal(add_all(&t), 0);
            assert_int_equal(sorter_finish(t.s, 1000, &t.err), 0);
            if (!merging)
                assert_int_equal(sorter_load(t.s, 0, 0, &t.p, &t.err), 0);
            for (unsigned f = 0; f < THREADS; f++) {
                const int fd = scratch_fd(f);
                struct stat st;
                assert_int_equal(fstat(fd, &st), 0);
                for (off_t at = 1000; !cut_off && at < st.st_size; at += 1000)
                    flip_byte(fd, at);
                assert_true(!cut_off || ftruncate(fd, 500) == 0);
            }
            for (int again = 0; again < 2; again++) {
                assert_int_equal(sorter_load(t.s, 1, 2, &t.p, &t.err), SL_E_DATA);
                assert_non_null(strstr(sbuf_z(&t.err), test_dir));
                assert_non_null(strstr(sbuf_z(&t.err), cut_off ? " bytes are there" : "their checksum is "));
                assert_int_equal(t.p.n, 0);
                sbuf_clear(&t.err);
            }
            trial_end(&t);
        }
}

/* In one lane, in one block, at the start of blocks, as extents, in memory: told, and never lost. */
static void two_of_the_same_key(void **state)
{
    (void)state;
    for (unsigned other = 0; other < THREADS; other++)
        for (size_t n = 10; n <= 70000; n *= 7)
            for (int spills = 0; spills < 2; spills++) {
                trial t;
                trial_new(&t);
                t.b.tight = spills;
                int r = 0;
                for (size_t i = 0; r == 0 && i < 40; i++)
                    for (unsigned twice = 0; r == 0 && twice < (i == 20 ? 2 : 1); twice++)
                        r = sorter_add(t.s, twice ? other : 0, 7, i, content(i), n, &t.err);
                r = r < 0 ? r : sorter_finish(t.s, 1, &t.err);
                r = r < 0 ? r : sorter_load(t.s, 0, 0, &t.p, &t.err);
                assert_says(&t, r, SL_E_INTERNAL, "internal error: two documents to be sorted have order 7 and pos 20");
                assert_int_equal(t.p.n, 0);
                trial_end(&t);
            }
}

static void calls_out_of_turn(void **state)
{
    (void)state;
    trial t;
    trial_new(&t);
    assert_int_equal(sorter_pieces(t.s), 0);
    assert_says(&t, sorter_add(t.s, 2, 1, 1, "x", 1, &t.err), SL_E_INTERNAL,
                "internal error: thread 2 adds a document to a sort of 2 threads");
    assert_says(&t, sorter_add(t.s, 1, 1, 1, "x", SIZE_MAX / 2, &t.err), SL_E_NOMEM, "out of memory for the sort");
    assert_says(&t, sorter_load(t.s, 0, 0, &t.p, &t.err), SL_E_INTERNAL,
                "internal error: thread 0 asks for piece 0 of a sort of 0");
    assert_int_equal(sorter_add(t.s, 1, 1, 1, "x", 1, &t.err), 0);
    assert_int_equal(sorter_finish(t.s, 10, &t.err), 0);
    assert_says(&t, sorter_finish(t.s, 10, &t.err), SL_E_INTERNAL, "internal error: a sort is finished twice");
    assert_says(&t, sorter_add(t.s, 1, 1, 2, "x", 1, &t.err), SL_E_INTERNAL,
                "internal error: thread 1 adds a document to a sort of 2 threads, which is finished");
    assert_says(&t, sorter_load(t.s, 0, 1, &t.p, &t.err), SL_E_INTERNAL,
                "internal error: thread 0 asks for piece 1 of a sort of 1");
    assert_says(&t, sorter_load(t.s, 2, 0, &t.p, &t.err), SL_E_INTERNAL,
                "internal error: thread 2 asks for piece 0 of a sort of 1");
    assert_int_equal(sorter_load(t.s, 0, 0, &t.p, &t.err), 0);
    assert_int_equal(t.p.n, 1);
    trial_end(&t);
    sorter_free(NULL);
}

static void given_up_midway(void **state)
{
    (void)state;
    for (int finished = 0; finished < 2; finished++) {
        trial t;
        trial_new(&t);
        assert_int_equal(add_all(&t), 0);
        if (finished)
            assert_int_equal(sorter_finish(t.s, 10, &t.err), 0);
        assert_true(t.b.used > 0);
        trial_end(&t);
    }
}

static int make_all(void **state)
{
    pool_make(100000);
    return make_test_folder(state);
}

static int remove_all(void **state)
{
    pool_free();
    assert_empty_folder(test_folder);
    return remove_test_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails), cmocka_unit_test(a_folder_that_cannot_be),
        cmocka_unit_test(a_full_disk),           cmocka_unit_test(damage_is_told),
        cmocka_unit_test(two_of_the_same_key),   cmocka_unit_test(calls_out_of_turn),
        cmocka_unit_test(given_up_midway),
    };
    return cmocka_run_group_tests_name("sorter_faults", tests, make_all, remove_all);
}
