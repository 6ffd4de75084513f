/* Interrupted anywhere, by any number of kills, and continued from any mark: the same bytes as a run that was never
 * interrupted, and nothing left beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include "io/journal.h"
#include "io/output_internal.h"
#include "unit/io/output_test.h"

enum { SPLITS = 8, MAX_CHUNKS = 9, OUTPUTS = 7, MAX_TASKS = SPLITS * (MAX_CHUNKS + 1), MARKS = 4 };
static const unsigned chunks_of[SPLITS] = { 3, 1, 0, 9, 2, 1, 6, 1 };

/* What all attempts of a test write. seldom and gap: so little that no frame closes on its own. */
enum { ONE, SHARDED, MEMBERS, PLAIN, SELDOM, GAP, NONE };
static const char *const names[OUTPUTS] = { "one.zst",    "s-{shard}.zst", "g-{shard}.gz", "p-{shard}.jsonl",
                                            "seldom.zst", "gap.jsonl",     "none.gz" };
static const output_spec specs[OUTPUTS] = {
    [ONE] = { .level = 1 },
    [SHARDED] = { .level = 3, .shard_bytes = 5 << 20 },
    [MEMBERS] = { .level = 1, .shard_records = 90 },
    [PLAIN] = { .shard_bytes = 6000000, .shard_records = 300 },
    [SELDOM] = { .level = 1 },
    [NONE] = { .level = 1 },
};

typedef struct task {
    unsigned split, chunk;
    bool end; /* ends the split */
} task;

typedef struct job {
    outputs *o;
    output *out[OUTPUTS];
    task task[MAX_TASKS];
    unsigned n, stop; /* tasks; after how many everything stops */
    uint32_t seed;
    _Atomic unsigned at, failures;
    _Atomic bool done;
    sbuf mark[MARKS]; /* the marker's; the latest is n_marks - 1, modulo MARKS */
    unsigned n_marks;
    stream_at place; /* of the latest */
    const char *journal;
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

static unsigned records_of(unsigned out, unsigned split, unsigned chunk, uint32_t *seed)
{
    *seed = out * 7919u + split * 104729u + chunk * 1299709u + 1;
    if (out == NONE)
        return 0;
    if (out == SELDOM || out == GAP)
        return next_random(seed) % 3 == 0;
    return (split + chunk + out) % 5 == 0 ? 0 : 20 + next_random(seed) % 60;
}

static size_t length_of(unsigned out, uint32_t *seed)
{
    const uint32_t r = next_random(seed);
    if (out == GAP)
        return r % 8 == 0 ? 9 << 20 : 1 + r % 50; /* larger than what a mark takes in */
    return r % 120 == 0 ? 1500000 : r % 20 == 0 ? 150000 : r % 50 == 1 ? 0 : 1 + r % 3000;
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
            const size_t len = length_of(i, &seed);
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

static void *work(void *u)
{
    const worker *w = u;
    job *j = w->j;
    for (unsigned i; (i = atomic_fetch_add(&j->at, 1)) < j->stop;) {
        do_task(j, w->thread, &j->task[i]);
        if ((i + j->seed) % 3)
            while (outputs_work(j->o, w->thread, NULL) > 0)
                ;
    }
    return NULL;
}

static void take_mark(job *j, bool sync)
{
    sbuf *m = &j->mark[j->n_marks % MARKS];
    uint64_t split, chunk;
    sbuf_clear(m);
    j->failures += outputs_mark(j->o, sync, m, &split, &chunk, NULL) != 0;
    const stream_at last = j->place;
    j->failures += stream_before(split, chunk, &last); /* never back */
    j->place = (stream_at){ split, chunk, 0 };
    j->n_marks++;
    if (j->journal) {
        sbuf err = { 0 };
        j->failures += journal_write(j->journal, m->p, m->n, &err) != 0;
        sbuf_free(&err);
    }
}

static void *mark_again_and_again(void *u)
{
    job *j = u;
    uint32_t seed = j->seed;
    for (unsigned i = 0; !j->done; i++) {
        const struct timespec t = { .tv_nsec = next_random(&seed) % 8 * 700000 };
        nanosleep(&t, NULL);
        take_mark(j, i % 4 == 0);
    }
    return NULL;
}

/* Everything that is not done at (split, chunk), in order or in disorder. */
static void make_tasks(job *j, uint64_t split, uint64_t chunk, uint32_t shuffle)
{
    j->n = 0;
    for (unsigned s = (unsigned)split; s < SPLITS; s++) {
        for (unsigned c = s == split ? (unsigned)chunk : 0; c < chunks_of[s]; c++)
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

static void open_all(job *j, unsigned threads, const char *folder, bool again)
{
    sbuf err = { 0 };
    j->o = outputs_new(threads, "resume", 1 << 20);
    assert_non_null(j->o);
    if (again)
        outputs_continue(j->o);
    for (unsigned i = 0; i < OUTPUTS; i++) {
        output_spec spec = specs[i];
        sbuf path = { 0 };
        sbuf_printf(&path, "%s/%s/%s", test_folder, folder, names[i]);
        spec.path = sbuf_z(&path);
        j->out[i] = outputs_open(j->o, &spec, &err);
        assert_string_equal(sbuf_z(&err), "");
        assert_non_null(j->out[i]);
        sbuf_free(&path);
    }
}

static void run_threads(job *j, unsigned threads)
{
    pthread_t thread[8], marker;
    worker w[8];
    assert_int_equal(pthread_create(&marker, NULL, mark_again_and_again, j), 0);
    for (unsigned t = 0; t < threads; t++) {
        w[t] = (worker){ j, t };
        assert_int_equal(pthread_create(&thread[t], NULL, work, &w[t]), 0);
    }
    for (unsigned t = 0; t < threads; t++)
        pthread_join(thread[t], NULL);
    j->done = j->stop < j->n;
    if (!j->done) {
        sbuf err = { 0 };
        assert_int_equal(outputs_finish(j->o, &err), 0); /* marks go on meanwhile */
        j->done = true;
        sbuf_free(&err);
    }
    pthread_join(marker, NULL);
    assert_int_equal(j->failures, 0);
}

/* Digest, records, bytes of every shard; each checked against its file. Publishes. */
static void tell(job *j, sbuf *told)
{
    sbuf err = { 0 };
    sbuf_clear(told);
    assert_int_equal(outputs_publish(j->o, &err), 0);
    for (unsigned i = 0; i < OUTPUTS; i++) {
        const output_shard *v;
        const size_t n = output_shards(j->out[i], &v);
        for (size_t k = 0; k < n; k++) {
            check_shard_file(&v[k]);
            assert_int_equal(v[k].index, k);
            sbuf_printf(told, "%s %s %llu %llu\n", fs_basename(v[k].path), v[k].sha256,
                        (unsigned long long)v[k].records, (unsigned long long)v[k].bytes);
        }
    }
    sbuf_free(&err);
}

/* No more files than lines that were told; the outputs are still open. */
static void check_nothing_else(const char *folder, const sbuf *told)
{
    sbuf cmd = { 0 };
    unsigned lines = 0, files = 0;
    char line[300];
    for (size_t i = 0; i < told->n; i++)
        lines += told->p[i] == '\n';
    sbuf_printf(&cmd, "ls -A --ignore='.*.sluice-lock' %s/%s", test_folder, folder);
    FILE *f = popen(sbuf_z(&cmd), "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        assert_true(line[0] != '.');
        files++;
    }
    pclose(f);
    assert_int_equal(files, lines);
    sbuf_free(&cmd);
}

static void uninterrupted(sbuf *told)
{
    job j = { .done = true };
    open_all(&j, 1, "whole", false);
    make_tasks(&j, 0, 0, 0);
    j.stop = j.n;
    work(&(worker){ &j, 0 });
    assert_int_equal(outputs_finish(j.o, NULL), 0);
    tell(&j, told);
    check_nothing_else("whole", told);
    outputs_free(j.o);
}

/* ---- stopped in the same process ---- */

static void free_job(job *j)
{
    outputs_free(j->o);
    for (unsigned i = 0; i < MARKS; i++)
        sbuf_free(&j->mark[i]);
}

/* One attempt: from `mark` (empty: from the beginning) to the end or some way. true: to the end. */
static bool attempt(uint32_t *seed, const char *folder, sbuf *mark, unsigned longest, sbuf *told)
{
    static const uint64_t ages[] = { 0, 0, TAIL_AGE, UINT64_MAX };
    const unsigned threads = 1 + next_random(seed) % 4;
    job j = { .seed = next_random(seed) };
    uint64_t split = 0, chunk = 0;
    sbuf err = { 0 };
    open_all(&j, threads, folder, mark->n > 0);
    if (mark->n) {
        const int r = outputs_resume(j.o, mark->p, mark->n, &err);
        assert_string_equal(sbuf_z(&err), "");
        assert_int_equal(r, 0);
        outputs_next(j.o, &split, &chunk);
        j.place = (stream_at){ split, chunk, 0 };
    }
    j.o->tail_age = ages[next_random(seed) % 4];
    make_tasks(&j, split, chunk, next_random(seed) % 2 ? next_random(seed) : 0);
    j.stop = next_random(seed) % (longest + 1);
    const bool whole = j.stop >= j.n;
    j.stop = whole ? j.n : j.stop;
    run_threads(&j, threads);
    if (whole) {
        tell(&j, told);
    } else {
        if (next_random(seed) % 2)
            take_mark(&j, false);
        outputs_keep(j.o);
        if (j.n_marks) { /* any of them will do */
            const unsigned back = next_random(seed) % (j.n_marks < MARKS ? j.n_marks : MARKS);
            const sbuf *m = &j.mark[(j.n_marks - 1 - back) % MARKS];
            sbuf_clear(mark);
            sbuf_add(mark, m->p, m->n);
        }
    }
    free_job(&j);
    return whole;
}

static unsigned schedules(void)
{
    const char *s = getenv("SLUICE_RESUME_SCHEDULES");
    return s ? (unsigned)atoi(s) : 6;
}

static void stopped_anywhere_same_bytes(void **state)
{
    (void)state;
    sbuf want = { 0 }, told = { 0 }, mark = { 0 };
    const char *given = getenv("SLUICE_RESUME_SEED");
    uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 10) : (uint32_t)time(NULL);
    print_message("SLUICE_RESUME_SEED=%u\n", (unsigned)seed);
    uninterrupted(&want);
    for (unsigned i = 0, most = schedules(); i < most; i++) {
        unsigned longest = 3 + next_random(&seed) % 40;
        char folder[32];
        snprintf(folder, sizeof folder, "stopped-%u", i);
        sbuf_clear(&mark);
        while (!attempt(&seed, folder, &mark, longest, &told))
            longest += 2; /* ends at some time */
        assert_string_equal(sbuf_z(&told), sbuf_z(&want));
        check_nothing_else(folder, &told);
        assert_int_equal(fs_remove_tree(in_folder(folder)), 0);
    }
    sbuf_free(&want);
    sbuf_free(&told);
    sbuf_free(&mark);
}

/* ---- killed ---- */

/* In a process of its own: continues where the journal says, to the end. */
static void child(const char *folder, const char *journal, unsigned threads, uint32_t seed)
{
    job j = { .seed = seed, .journal = journal };
    sbuf mark = { 0 }, err = { 0 }, told = { 0 };
    uint64_t split = 0, chunk = 0;
    const int r = journal_read(journal, &mark, &err);
    assert_true(r == 0 || r == SL_END);
    open_all(&j, threads, folder, true);
    assert_int_equal(r == 0 ? outputs_resume(j.o, mark.p, mark.n, &err) : outputs_anew(j.o, &err), 0);
    j.o->tail_age = seed % 2 ? 0 : TAIL_AGE;
    outputs_next(j.o, &split, &chunk);
    make_tasks(&j, split, chunk, 0);
    j.stop = j.n;
    run_threads(&j, threads);
    j.journal = NULL;
    tell(&j, &told);
    assert_int_equal(fs_write_atomic(in_folder("told"), told.p, told.n), 0);
    free_job(&j);
}

static void killed_anywhere_same_bytes(void **state)
{
    (void)state;
    sbuf want = { 0 }, told = { 0 };
    uint32_t seed = (uint32_t)time(NULL) * 3;
    unsigned killed = 0;
    int status = -1;
    const char *journal = in_folder("progress");
    char path[256];
    snprintf(path, sizeof path, "%s", journal);
    assert_int_equal(fs_remove_tree(in_folder("whole")), 0);
    uninterrupted(&want);
    for (long ms = 5; !(WIFEXITED(status) && !WEXITSTATUS(status)); ms += 5 + ms / 4) {
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            child("killed", path, 1 + killed % 3, next_random(&seed));
            _exit(0); /* a failed assertion ends up elsewhere: with another code */
        }
        const struct timespec t = { .tv_sec = ms / 1000,
                                    .tv_nsec = (long)(ms % 1000 + next_random(&seed) % 9) * 1000000 };
        nanosleep(&t, NULL);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        killed += WIFSIGNALED(status);
        next_random(&seed);
    }
    assert_true(killed > 0);
    read_file(in_folder("told"), &told);
    assert_string_equal(sbuf_z(&told), sbuf_z(&want));
    check_nothing_else("killed", &told);
    sbuf_free(&want);
    sbuf_free(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_anywhere_same_bytes),
        cmocka_unit_test(killed_anywhere_same_bytes),
    };
    return cmocka_run_group_tests_name("output_resume", tests, make_test_folder, remove_test_folder);
}
