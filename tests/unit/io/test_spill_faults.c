/* Spills where something fails. Records that are lost are never kept quiet: whatever is asked afterwards fails the same
 * way. What can be tried again may be. Records are never wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include "unit/alloc_fails.h"
#include "unit/io/spill_state.h"
#include "unit/io/spill_test.h"

enum { SIZE = 24 };

static struct rlimit no_limit;

static void limit_files(rlim_t bytes)
{
    struct rlimit l = no_limit;
    l.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void unlimit_files(void) { assert_int_equal(setrlimit(RLIMIT_FSIZE, &no_limit), 0); }

static int set_up(void **state)
{
    signal(SIGXFSZ, SIG_IGN);
    return getrlimit(RLIMIT_FSIZE, &no_limit) ? -1 : make_test_folder(state);
}

static int never(void *u, const void *p, size_t n)
{
    (void)u;
    (void)p;
    (void)n;
    fail();
    return 0;
}

static int count(void *u, const void *p, size_t n)
{
    (void)p;
    *(uint64_t *)u += n;
    return 0;
}

/* Everything fails as it did at first. */
static void assert_lost(rig *g, int code, const char *says)
{
    uint8_t v[200 * SIZE] = { 0 };
    state_bytes out = { 0 }, in = { 0 };
    const uint32_t head[4] = { htole32(0x316c7073), htole32(g->s->partitions), htole32(SIZE), 0 };
    const uint64_t n = htole64(200);
    sbuf_add(&in.buf, head, sizeof head);
    sbuf_add(&in.buf, &n, sizeof n);
    sbuf_add(&in.buf, v, sizeof v);
    for (int i = 0; i < 2; i++) {
        ASSERT_SAYS(spill_add(g->s, 0, 0, v, 200, err), code, says);
        ASSERT_SAYS(spill_sorted(g->s, 0, g->s->partitions - 1, never, NULL, err), code, says);
        ASSERT_SAYS(spill_save(g->s, state_put, &out, err), code, says);
        in.at = 0;
        ASSERT_SAYS(spill_load(g->s, state_get, &in, err), code, says);
    }
    sbuf_free(&out.buf);
    sbuf_free(&in.buf);
}

/* Adds until that fails; the sentence. */
static void add_until_it_fails(rig *g, const records *r, int code, sbuf *err)
{
    int e = 0;
    for (size_t i = 0; i < r->n && e == 0; i++)
        e = spill_add(g->s, 0, partition_of(r, i), record_of(r, i), 1, err);
    assert_int_equal(e, code);
}

static void a_disk_that_fills_up(void **state)
{
    (void)state;
    records r = make_records(200000, SIZE, 8, RANDOM, 1);
    sbuf err = { 0 };
    char want[200];
    rig *g = rig_make(1, 8, SIZE, 1 << 20, false);
    limit_files(400000);
    add_until_it_fails(g, &r, SL_E_IO, &err);
    unlimit_files();
    snprintf(want, sizeof want, "cannot write scratch space in %s: File too large (after %llu bytes)", test_dir,
             (unsigned long long)scratch_bytes(g->disk));
    assert_string_equal(sbuf_z(&err), want);
    assert_in_range(scratch_bytes(g->disk), 200000, 400000);
    assert_lost(g, SL_E_IO, want);
    sbuf_free(&err);
    rig_free(g);
    free(r.v);
}

/* Not while adding, but when more runs than can be merged become fewer: nothing is lost, it can be tried again. */
static void a_disk_that_fills_up_while_merging(void **state)
{
    (void)state;
    records r = make_records(12000, SIZE, 1, RANDOM, 2);
    sbuf err = { 0 };
    rig *g = rig_make(1, 1, SIZE, 0, true);
    add_records(g, &r, 0, r.n);
    sort_records(&r);
    const size_t runs = g->s->parts[0].n_runs;
    assert_in_range(runs, 4 * SPILL_FAN_IN, SIZE_MAX);
    limit_files(scratch_bytes(g->disk) + 40000);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(spill_sorted(g->s, 0, 0, never, NULL, &err), SL_E_IO);
        assert_non_null(strstr(sbuf_z(&err), "File too large"));
        sbuf_clear(&err);
    }
    unlimit_files();
    assert_in_range(g->s->parts[0].n_runs, SPILL_FAN_IN + 1, runs);
    assert_gives(g, &r);
    sbuf_free(&err);
    rig_free(g);
    free(r.v);
}

/* A merge needs memory, another partition has to give it, and that cannot be written: its records are lost. */
static void a_disk_that_is_full_for_somebody_else(void **state)
{
    (void)state;
    records r = make_records(60000, SIZE, 2, RANDOM, 7);
    sbuf why = { 0 };
    char want[200];
    rig *g = rig_make(1, 2, SIZE, 0, false);
    const part *p = g->s->parts;
    for (size_t n = 0; p[0].n_runs < 2 || p[1].mem.records < 1000 || atomic_load(&g->s->reserved) + 8192 < g->s->least;
         n++) {
        assert_true(n < r.n);
        ASSERT_OK(spill_add(g->s, 0, partition_of(&r, n), record_of(&r, n), 1, err));
    }
    limit_files(scratch_bytes(g->disk));
    assert_int_equal(spill_sorted(g->s, 0, 0, never, NULL, &why), SL_E_IO);
    unlimit_files();
    snprintf(want, sizeof want, "cannot write scratch space in %s: File too large (after %llu bytes)", test_dir,
             (unsigned long long)scratch_bytes(g->disk));
    assert_string_equal(sbuf_z(&why), want);
    assert_lost(g, SL_E_IO, want);
    sbuf_free(&why);
    rig_free(g);
    free(r.v);
}

static void a_folder_that_is_not_there(void **state)
{
    (void)state;
    records r = make_records(60000, SIZE, 8, RANDOM, 3);
    sbuf err = { 0 };
    char want[200];
    rig *g = rig_make(1, 8, SIZE, 0, false);
    assert_int_equal(fs_write_atomic(test_dir, "x", 1), 0); /* a file in its place */
    snprintf(want, sizeof want, "cannot make the folder %s for scratch space: Not a directory", test_dir);
    add_until_it_fails(g, &r, SL_E_IO, &err);
    assert_string_equal(sbuf_z(&err), want);
    assert_int_equal(unlink(test_dir), 0);
    assert_lost(g, SL_E_IO, want); /* also when it is possible again: records are gone */
    sbuf_free(&err);
    rig_free(g);

    g = rig_make(1, 8, SIZE, 0, false);
    add_records(g, &r, 0, 40000);
    assert_int_equal(rmdir(test_dir), 0); /* while it is in use: nobody minds */
    add_records(g, &r, 40000, r.n);
    sort_records(&r);
    assert_gives(g, &r);
    rig_free(g);
    free(r.v);
}

static void a_block_that_is_damaged(void **state)
{
    (void)state;
    records r = make_records(40000, SIZE, 2, RANDOM, 4);
    rig *g = rig_make(1, 2, SIZE, 0, false);
    add_records(g, &r, 0, r.n);
    sort_records(&r);
    const int fd = scratch_fd(0);
    assert_true(fd >= 0);
    const part *p = &g->s->parts[0];
    const run *last = &p->runs[p->n_runs - 1];
    const block_at first = p->runs[0].at[0], end = last->at[last->n - 1];
    for (int i = 0; i < 2; i++) {
        const block_at at = i ? end : first;
        uint64_t n = 0;
        sbuf why = { 0 };
        char want[200];
        flip_byte(fd, (off_t)at.offset + at.stored / 2);
        assert_int_equal(spill_sorted(g->s, 0, 0, count, &n, &why), SL_E_DATA);
        snprintf(want, sizeof want, "scratch space in %s is damaged: file 0, offset %llu, %u bytes: their checksum is ",
                 test_dir, (unsigned long long)at.offset, at.stored);
        assert_memory_equal(sbuf_z(&why), want, strlen(want));
        assert_true(n < spill_count(g->s, 0));
        n = 0;
        ASSERT_OK(spill_sorted(g->s, 0, 1, count, &n, err)); /* the other partition is not damaged */
        assert_int_equal(n, spill_count(g->s, 1));
        flip_byte(fd, (off_t)at.offset + at.stored / 2);
        sbuf_free(&why);
    }
    assert_gives(g, &r);
    rig_free(g);
    free(r.v);
}

/* ---- threads ---- */

enum { THREADS = 4 };

typedef struct adder {
    rig *g;
    const records *r;
    unsigned thread;
    int code;
    sbuf err;
} adder;

static void *add_all(void *u)
{
    adder *a = u;
    for (size_t i = a->thread; i < a->r->n && a->code == 0; i += THREADS)
        a->code = spill_add(a->g->s, a->thread, partition_of(a->r, i), record_of(a->r, i), 1, &a->err);
    return NULL;
}

static void all_threads_are_told(void **state)
{
    (void)state;
    records r = make_records(200000, SIZE, 64, RANDOM, 5);
    for (uint32_t partitions = 64; partitions > 0; partitions /= 64) {
        rig *g = rig_make(THREADS, 64, SIZE, 1 << 20, false);
        adder a[THREADS];
        pthread_t t[THREADS];
        for (size_t i = 0; partitions == 1 && i < r.n; i++)
            memset(r.v + i * r.stride, 0, 4); /* all in one, so that they wait for each other */
        limit_files(200000);
        for (unsigned i = 0; i < THREADS; i++) {
            a[i] = (adder){ .g = g, .r = &r, .thread = i };
            assert_int_equal(pthread_create(&t[i], NULL, add_all, &a[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++)
            pthread_join(t[i], NULL);
        unlimit_files();
        for (unsigned i = 0; i < THREADS; i++) {
            assert_int_equal(a[i].code, SL_E_IO);
            assert_non_null(strstr(sbuf_z(&a[i].err), "File too large"));
        }
        assert_lost(g, SL_E_IO, sbuf_z(&g->s->why));
        for (unsigned i = 0; i < THREADS; i++)
            sbuf_free(&a[i].err);
        rig_free(g);
    }
    free(r.v);
}

/* ---- memory ---- */

typedef struct gathered {
    uint8_t *v;
    size_t n, room;
} gathered;

static int gather(void *u, const void *p, size_t n)
{
    gathered *v = u;
    assert_true(v->n + n <= v->room);
    memcpy(v->v + v->n * SIZE, p, n * SIZE);
    v->n += n;
    return 0;
}

/* Makes a spill, fills it, reads it twice. What it gives is right, or it is told that it is not there. */
static int whole_life(const records *r, uint64_t limit, bool tight, gathered *out)
{
    sbuf err = { 0 };
    budget b;
    budget_init(&b, limit, tight);
    scratch *disk = scratch_new(test_dir, 2, 1);
    spill *s = disk ? spill_new(disk, &b, 2, &(spill_spec){ 3, SIZE, 16 }, &err) : NULL;
    int e = s ? 0 : SL_E_NOMEM;
    for (size_t i = 0; i < r->n && e == 0; i++)
        e = spill_add(s, i % 2, partition_of(r, i), record_of(r, i), 1, &err);
    const bool lost = e < 0;
    for (int again = 0; again < 2 && s; again++) {
        int first = 0;
        out->n = 0;
        for (uint32_t p = 0; p < 3 && first == 0; p++)
            first = spill_sorted(s, p % 2, p, gather, out, &err);
        assert_true(first < 0 || !lost); /* never as if nothing had happened */
        assert_true(first < 0 || out->n == r->n);
        for (size_t i = 0; first == 0 && i < r->n; i++)
            assert_memory_equal(out->v + i * SIZE, out->v + (r->n + i) * SIZE, SIZE);
        if (first < 0)
            e = first;
    }
    assert_true(e == 0 || e == SL_E_NOMEM);
    assert_true(e == 0 || !s || err.n);
    spill_free(s);
    scratch_free(disk);
    assert_int_equal(atomic_load(&b.used), 0);
    assert_empty_folder(test_folder);
    sbuf_free(&err);
    return e;
}

static void memory_that_is_not_there(void **state)
{
    (void)state;
    records r = make_records(2500, SIZE, 3, RANDOM, 6), order = make_records(2500, SIZE, 3, RANDOM, 6);
    gathered out = { malloc(2 * r.n * SIZE), 0, r.n };
    assert_non_null(out.v);
    sort_records(&order);
    for (size_t i = 0; i < r.n; i++) /* behind what is gathered, what it should be */
        memcpy(out.v + (r.n + i) * SIZE, record_of(&order, i), SIZE);
    for (int tight = 0; tight < 2; tight++) {
        long failures = 0;
        for (long i = 0, more = 1; more; i += i < 60 ? 1 : 23) {
            alloc_fail_at(i);
            const int e = whole_life(&r, tight ? 0 : 1 << 20, tight, &out);
            more = alloc_failed();
            assert_int_equal(e, more ? SL_E_NOMEM : 0);
            failures += more;
        }
        assert_in_range(failures, tight ? 80 : 10, 10000);
    }
    free(out.v);
    free(r.v);
    free(order.v);
}

static void memory_for_load(void **state)
{
    (void)state;
    rig *g = rig_make(1, 1, SIZE, 1 << 20, false);
    state_bytes in = { 0 };
    alloc_fail_at(0);
    ASSERT_SAYS(spill_load(g->s, state_get, &in, err), SL_E_NOMEM, "out of memory for records that are gathered");
    assert_true(alloc_failed());
    rig_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_that_fills_up),
        cmocka_unit_test(a_disk_that_fills_up_while_merging),
        cmocka_unit_test(a_disk_that_is_full_for_somebody_else),
        cmocka_unit_test(a_folder_that_is_not_there),
        cmocka_unit_test(a_block_that_is_damaged),
        cmocka_unit_test(all_threads_are_told),
        cmocka_unit_test(memory_that_is_not_there),
        cmocka_unit_test(memory_for_load),
    };
    return cmocka_run_group_tests_name("spill_faults", tests, set_up, remove_test_folder);
}
