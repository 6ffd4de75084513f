/* Any number of threads, any order of arrival: the same bytes. And the window: what it counts, and that it bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include "unit/io/output_test.h"

enum { SPLITS = 9, MAX_CHUNKS = 7, OUTPUTS = 4, MAX_TASKS = SPLITS * (MAX_CHUNKS + 1) };
static const unsigned chunks_of[SPLITS] = { 3, 1, 0, 7, 2, 1, 0, 5, 1 };

typedef struct task {
    unsigned split, chunk;
    bool end; /* ends the split */
} task;

typedef struct job {
    outputs *o;
    output *out[OUTPUTS];
    task task[MAX_TASKS];
    unsigned n;
    _Atomic unsigned at, failures;
    _Atomic uint64_t most; /* bytes held */
    bool obey;             /* the window */
    uint64_t window;
} job;

typedef struct worker {
    job *j;
    unsigned thread;
} worker;

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* The records of a chunk for one output: mostly small, now and then large or none at all. */
static unsigned records_of(unsigned out, unsigned split, unsigned chunk, uint32_t *seed)
{
    *seed = out * 7919u + split * 104729u + chunk * 1299709u + 1;
    return (split + chunk + out) % 5 == 0 ? 0 : 20 + next_random(seed) % 80;
}

static size_t length_of(uint32_t *seed)
{
    const uint32_t r = next_random(seed);
    return r % 200 == 0 ? 1500000 : r % 50 == 0 ? 90000 : 1 + r % 3000;
}

static void do_task(job *j, unsigned thread, const task *t)
{
    if (t->end) {
        j->failures += outputs_end_split(j->o, t->split, chunks_of[t->split], NULL) != 0;
        return;
    }
    for (unsigned i = 0; i < OUTPUTS; i++) {
        uint32_t seed;
        for (unsigned n = records_of(i, t->split, t->chunk, &seed); n; n--) {
            const size_t len = length_of(&seed);
            char *p = malloc(len + 1);
            if (!p) {
                j->failures++;
                return;
            }
            make_record(p, len, seed);
            j->failures += output_put(j->out[i], thread, p, len) != 0;
            free(p);
        }
    }
    j->failures += outputs_end_chunk(j->o, thread, t->split, t->chunk, NULL) != 0;
}

/* Before a task: as exec does it. Tasks are claimed in order, so the very next chunk is always with somebody. */
static void hold_back(job *j, unsigned thread, const task *t)
{
    while (outputs_pressure(j->o) == PRESSURE_HARD) {
        uint64_t split, chunk;
        outputs_next(j->o, &split, &chunk);
        if (split == t->split && chunk == t->chunk)
            return;
        const int r = outputs_work(j->o, thread, NULL);
        if (r == 0)
            outputs_wait(j->o, 5);
        j->failures += r < 0;
    }
}

static void *work(void *u)
{
    const worker *w = u;
    job *j = w->j;
    for (unsigned i; (i = atomic_fetch_add(&j->at, 1)) < j->n;) {
        if (j->obey)
            hold_back(j, w->thread, &j->task[i]);
        do_task(j, w->thread, &j->task[i]);
        const uint64_t held = outputs_bytes(j->o);
        for (uint64_t most = j->most; held > most && !atomic_compare_exchange_weak(&j->most, &most, held);)
            ;
        if (j->obey || i % 3 == 0)
            while (outputs_work(j->o, w->thread, NULL) > 0)
                ;
    }
    while (outputs_work(j->o, w->thread, NULL) > 0)
        ;
    return NULL;
}

static void make_tasks(job *j, uint32_t shuffle)
{
    j->n = 0;
    for (unsigned s = 0; s < SPLITS; s++) {
        for (unsigned c = 0; c < chunks_of[s]; c++)
            j->task[j->n++] = (task){ .split = s, .chunk = c };
        j->task[j->n++] = (task){ .split = s, .chunk = chunks_of[s], .end = true };
    }
    for (unsigned i = j->n; shuffle && i > 1; i--) {
        const unsigned k = next_random(&shuffle) % i;
        const task t = j->task[k];
        j->task[k] = j->task[i - 1];
        j->task[i - 1] = t;
    }
}

/* All shards of all outputs: digest, records, bytes. Checked against the files. */
static void run(unsigned threads, uint32_t shuffle, bool obey, uint64_t window, sbuf *told, uint64_t *most)
{
    static const char *const names[OUTPUTS] = { "o-{shard}.zst", "one.zst", "g-{shard}.gz", "p-{shard}.jsonl" };
    static const output_spec specs[OUTPUTS] = { { .level = 1, .shard_bytes = 3 << 20 },
                                                { .level = 5 },
                                                { .level = 1, .shard_records = 300 },
                                                { .shard_bytes = 1500000, .shard_records = 400 } };
    pthread_t thread[8];
    worker w[8];
    sbuf err = { 0 };
    job j = { .o = outputs_new(threads, "order", window), .obey = obey, .window = window };
    for (unsigned i = 0; i < OUTPUTS; i++) {
        output_spec spec = specs[i];
        spec.path = in_folder(names[i]);
        j.out[i] = outputs_open(j.o, &spec, &err);
        assert_non_null(j.out[i]);
    }
    make_tasks(&j, shuffle);
    for (unsigned t = 0; t < threads; t++) {
        w[t] = (worker){ &j, t };
        assert_int_equal(pthread_create(&thread[t], NULL, work, &w[t]), 0);
    }
    for (unsigned t = 0; t < threads; t++)
        pthread_join(thread[t], NULL);
    assert_int_equal(j.failures, 0);
    assert_int_equal(outputs_finish(j.o, &err), 0);
    assert_int_equal(outputs_publish(j.o, &err), 0);
    assert_int_equal(err.n, 0);
    assert_int_equal(outputs_bytes(j.o), 0);
    sbuf_clear(told);
    for (unsigned i = 0; i < OUTPUTS; i++) {
        const output_shard *v;
        const size_t n = output_shards(j.out[i], &v);
        for (size_t k = 0; k < n; k++) {
            check_shard_file(&v[k]);
            sbuf_printf(told, "%s %s %llu %llu\n", fs_basename(v[k].path), v[k].sha256,
                        (unsigned long long)v[k].records, (unsigned long long)v[k].bytes);
        }
    }
    *most = j.most;
    outputs_free(j.o);
    sbuf_free(&err);
}

/* What output i holds, made the slow and obvious way. */
static void expected(unsigned i, sbuf *all)
{
    sbuf_clear(all);
    for (unsigned s = 0; s < SPLITS; s++)
        for (unsigned c = 0; c < chunks_of[s]; c++) {
            uint32_t seed;
            for (unsigned n = records_of(i, s, c, &seed); n; n--) {
                const size_t len = length_of(&seed);
                assert_true(sbuf_room(all, len));
                make_record(all->p + all->n, len, seed);
                all->n += len;
            }
        }
}

static void check_content(void)
{
    sbuf want = { 0 }, file = { 0 }, part = { 0 }, all = { 0 };
    static size_t sizes[1000];
    for (unsigned i = 0; i < OUTPUTS; i++) {
        char **names;
        size_t n;
        static const char *const pattern[OUTPUTS] = { "o-{shard}.zst", "one.zst", "g-{shard}.gz", "p-{shard}.jsonl" };
        assert_int_equal(output_existing(in_folder(pattern[i]), &names, &n), 0);
        assert_true(i == 1 ? n == 1 : n > 2);
        sbuf_clear(&all);
        for (size_t k = 0; k < n; k++) {
            read_file(names[k], &file);
            if (i < 2)
                zstd_frames(&file, &part, sizes, 1000);
            else if (i == 2)
                gzip_members(&file, &part, sizes, 1000);
            sbuf_add(&all, i < 3 ? part.p : file.p, i < 3 ? part.n : file.n);
            free(names[k]);
        }
        free(names);
        expected(i, &want);
        assert_int_equal(all.n, want.n);
        assert_memory_equal(all.p, want.p, want.n);
    }
    sbuf_free(&want);
    sbuf_free(&file);
    sbuf_free(&part);
    sbuf_free(&all);
}

static void any_order_any_threads_same_bytes(void **state)
{
    (void)state;
    sbuf first = { 0 }, told = { 0 };
    uint64_t most;
    run(1, 0, false, 1 << 20, &first, &most);
    check_content();
    for (unsigned threads = 1; threads <= 8; threads += threads < 3 ? 1 : 5) {
        run(threads, threads * 77, false, 1 << 20, &told, &most);
        assert_string_equal(sbuf_z(&told), sbuf_z(&first));
    }
    for (unsigned threads = 2; threads <= 5; threads += 3) { /* windows of nothing and of little: no deadlock */
        run(threads, 0, true, threads == 2 ? 0 : 3 << 20, &told, &most);
        assert_string_equal(sbuf_z(&told), sbuf_z(&first));
    }
    sbuf_free(&first);
    sbuf_free(&told);
}

/* ---- the window, step by step ---- */

static void put_mb(output *out, unsigned thread, unsigned mb)
{
    for (unsigned i = 0; i < mb; i++)
        put_record(out, thread, 1 << 20, i);
}

static void what_the_window_counts(void **state)
{
    (void)state;
    const uint64_t M = 1 << 20;
    sbuf err = { 0 };
    uint64_t split, chunk;
    outputs *o = outputs_new(1, "w", 4 * M);
    output *out =
        outputs_open(o, &(output_spec){ .path = in_folder("window"), .format = FORMAT_ZSTD, .level = 1 }, &err);
    assert_non_null(out);
    put_mb(out, 0, 4);
    assert_int_equal(outputs_bytes(o), 0); /* not handed over yet */
    assert_int_equal(outputs_end_chunk(o, 0, 1, 1, &err), 0);
    assert_int_equal(outputs_bytes(o), 4 * M);
    assert_int_equal(outputs_pressure(o), PRESSURE_NONE);
    put_mb(out, 0, 1);
    assert_int_equal(outputs_end_chunk(o, 0, 1, 0, &err), 0); /* early as well: split 0 is not there */
    assert_int_equal(outputs_pressure(o), PRESSURE_SOFT);
    put_mb(out, 0, 3);
    assert_int_equal(outputs_end_chunk(o, 0, 1, 2, &err), 0);
    assert_int_equal(outputs_bytes(o), 8 * M);
    assert_int_equal(outputs_pressure(o), PRESSURE_SOFT); /* twice the window is still soft */
    put_record(out, 0, 1, 0);
    assert_int_equal(outputs_end_chunk(o, 0, 2, 0, &err), 0);
    assert_int_equal(outputs_pressure(o), PRESSURE_HARD);
    assert_int_equal(outputs_work(o, 0, &err), 0); /* nothing to be done before the next chunk */
    outputs_next(o, &split, &chunk);
    assert_true(split == 0 && chunk == 0);
    assert_int_equal(outputs_end_chunk(o, 0, 0, 0, &err), 0);
    outputs_next(o, &split, &chunk);
    assert_true(split == 0 && chunk == 1); /* it could have another one */
    assert_int_equal(outputs_pressure(o), PRESSURE_HARD);
    assert_int_equal(outputs_end_split(o, 0, 1, &err), 0);
    outputs_next(o, &split, &chunk);
    assert_true(split == 1 && chunk == 3);
    /* 8 MiB were cut: one frame is closed, 4 MiB are open and weigh nothing; the byte of split 2 waits. */
    assert_int_equal(outputs_bytes(o), 8 * M + 1);
    assert_int_equal(outputs_pressure(o), PRESSURE_SOFT);
    assert_int_equal(outputs_work(o, 0, &err), 1);
    assert_int_equal(outputs_bytes(o), 4 * M + 1);
    assert_int_equal(outputs_pressure(o), PRESSURE_NONE);
    assert_int_equal(outputs_work(o, 0, &err), 0);
    assert_int_equal(outputs_end_split(o, 2, 1, &err), 0);
    assert_int_equal(outputs_end_split(o, 1, 3, &err), 0);
    outputs_next(o, &split, &chunk);
    assert_true(split == 3 && chunk == 0);
    assert_int_equal(outputs_finish(o, &err), 0);
    assert_int_equal(outputs_bytes(o), 0);
    outputs_free(o);
}

/* In a plain output nothing is compressed, but somebody has to write. */
static void plain_frames_wait_for_a_writer(void **state)
{
    (void)state;
    sbuf err = { 0 };
    outputs *o = outputs_new(1, "w", 1 << 20);
    output *out = outputs_open(o, &(output_spec){ .path = in_folder("plain.jsonl") }, &err);
    put_mb(out, 0, 9);
    assert_int_equal(outputs_end_chunk(o, 0, 0, 0, &err), 0);
    assert_int_equal(outputs_pressure(o), PRESSURE_HARD);
    assert_int_equal(outputs_work(o, 0, &err), 1);
    assert_int_equal(outputs_pressure(o), PRESSURE_NONE);
    assert_int_equal(outputs_bytes(o), 1 << 20);
    assert_int_equal(outputs_work(o, 0, &err), 0);
    outputs_free(o);
    assert_false(fs_exists(in_folder("plain.jsonl")));
}

static void a_small_window_bounds_memory(void **state)
{
    (void)state;
    sbuf told = { 0 };
    uint64_t held;
    const uint64_t window = 2 << 20;
    run(3, 0, true, window, &told, &held);
    /* Twice the window, a chunk (at most 8 MiB here, all outputs together) of each thread, an open frame of each
     * output. */
    assert_true(held > 0);
    assert_true(held <= 2 * window + 3 * (8 << 20) + OUTPUTS * OUTPUT_FRAME);
    sbuf_free(&told);
}

typedef struct changer {
    outputs *o;
    atomic_bool enough;
} changer;

/* Again and again: what changes before the wait begins does not end it. */
static void *end_chunks(void *u)
{
    changer *c = u;
    int r = 0;
    for (uint64_t chunk = 0; r == 0 && !c->enough; chunk++) {
        const struct timespec t = { .tv_nsec = 10000000 };
        nanosleep(&t, NULL);
        r = outputs_end_chunk(c->o, 0, 0, chunk, NULL);
    }
    return (void *)(intptr_t)r;
}

static void wait_ends_with_a_change_or_in_time(void **state)
{
    (void)state;
    sbuf err = { 0 };
    struct timespec a, b;
    pthread_t thread;
    outputs *o = outputs_new(2, "w", 1 << 20);
    assert_non_null(outputs_open(o, &(output_spec){ .path = in_folder("wait.jsonl") }, &err));
    clock_gettime(CLOCK_MONOTONIC, &a);
    outputs_wait(o, 20);
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert_true((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >= 19);
    changer c = { .o = o };
    void *failed;
    assert_int_equal(pthread_create(&thread, NULL, end_chunks, &c), 0);
    outputs_wait(o, 3600000);
    c.enough = true;
    pthread_join(thread, &failed);
    assert_null(failed);
    clock_gettime(CLOCK_MONOTONIC, &a);
    assert_true(a.tv_sec - b.tv_sec < 60);
    outputs_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_any_threads_same_bytes),   cmocka_unit_test(what_the_window_counts),
        cmocka_unit_test(plain_frames_wait_for_a_writer),     cmocka_unit_test(a_small_window_bounds_memory),
        cmocka_unit_test(wait_ends_with_a_change_or_in_time),
    };
    return cmocka_run_group_tests_name("output_order", tests, make_test_folder, remove_test_folder);
}
