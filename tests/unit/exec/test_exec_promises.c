/* The stages that watch the engine, in the engine: fits, ports, reshapes, families, order, stages that run once; for
 * any threads, any batches, with and without spilling, the same documents, counts and keys. */
#include "exec_test.h"

enum { MAX_OUT = 3 };

/* Runs it in many ways; $R in the text is the number of rows in a batch. Outputs are @/o1.jsonl … */
static void run_in_many_ways(const char *text, const char *const *metrics)
{
    static const unsigned threads[] = { 1, 2, 7 }, rows[] = { 1024, 7, 1 };
    char *want[MAX_OUT] = { NULL };
    uint64_t counted[8] = { 0 };
    for (unsigned k = 0; k < 18; k++) {
        sbuf pipe = { 0 };
        job j;
        const exec_options o = { .threads = threads[k % 3], .spill = k >= 9, .scratch = folder };
        for (const char *p = text; *p; p++)
            if (p[0] == '$' && p[1] == 'R')
                sbuf_printf(&pipe, "%u", rows[k / 3 % 3]), p++;
            else
                sbuf_putc(&pipe, *p);
        if (job_run(&j, sbuf_z(&pipe), o) != EXEC_OK)
            fail_msg("%u threads, batches of %u, spilling %d: %s", o.threads, rows[k / 3 % 3], o.spill,
                     exec_error(j.x));
        conserves(&j);
        for (unsigned i = 0; metrics[2 * i]; i++) {
            const uint64_t n = metric(&j, metrics[2 * i], metrics[2 * i + 1])->n;
            assert_true(n > 0);
            if (k && n != counted[i])
                fail_msg("%s of %s: %llu, not %llu", metrics[2 * i + 1], metrics[2 * i], (unsigned long long)n,
                         (unsigned long long)counted[i]);
            counted[i] = n;
        }
        job_free(&j);
        for (unsigned i = 0; i < MAX_OUT; i++) {
            char name[32];
            snprintf(name, sizeof name, "@/o%u.jsonl", i + 1);
            if (access(in(name), F_OK) != 0)
                continue;
            char *got = get_file(name);
            if (k)
                assert_string_equal(got, want[i]);
            free(want[i]);
            want[i] = got;
            unlink(in(name));
        }
        sbuf_free(&pipe);
    }
    for (unsigned i = 0; i < MAX_OUT; i++)
        free(want[i]);
}

#define HEAD "seed: 5\nbatch_rows: $R\nsplit_bytes: 2000\nstages:\n"
#define MADE "  - { use: test.source, splits: 9, rows: 23, number: k, name: in }\n"

static void test_fits(void **u)
{
    static const char *const metrics[] = { "one", "rows", "one", "keys", "last", "rows", "last", "keys", NULL };
    (void)u;
    run_in_many_ways(HEAD MADE "  - { use: test.fit, rounds: 3, fit_column: k, name: one }\n"
                               "  - { use: test.fit, fits: false }\n"
                               "  - { use: filter.where, all: [{ column: k, max: 17 }] }\n"
                               "  - { use: test.ordered, rounds: 2, apply_column: k }\n"
                               "  - { use: test.fit, name: last, fit_column: k, apply_column: id }\n"
                               "  - { use: sink.jsonl, path: '@/o1.jsonl' }\n"
                               "  - { use: test.fit, name: branch, from: one }\n"
                               "  - { use: sink.jsonl, path: '@/o2.jsonl', name: two }\n",
                     metrics);
}

static void test_ports(void **u)
{
    static const char *const metrics[] = { "both", "rows", "only", "keys", NULL };
    (void)u;
    run_in_many_ways(HEAD MADE
                     "  - use: test.ports\n    name: both\n    rounds: 2\n    fit_column: k\n"
                     "    target: [{ use: test.source, splits: 4, number: k }, { use: test.fit, name: inner }]\n"
                     "    other: { use: test.source, splits: 2, rows: 40, number: k, name: other }\n"
                     "  - { use: test.ports_only, name: only, target: { use: test.source, name: t2 } }\n"
                     "  - { use: sink.jsonl, path: '@/o1.jsonl' }\n",
                     metrics);
}

static void test_reshapes(void **u)
{
    static const char *const metrics[] = {
        "test.reshape", "made",       "test.reshape", "held", "test.reshape", "keys", "test.families",
        "children",     "test.whole", "keys",         NULL
    };
    (void)u;
    run_in_many_ways(HEAD MADE "  - { use: test.reshape }\n"
                               "  - { use: filter.where, all: [{ column: nth, is_not: 1 }] }\n"
                               "  - { use: test.families }\n"
                               "  - { use: test.fit }\n"
                               "  - { use: test.whole }\n"
                               "  - { use: test.fit, name: behind }\n"
                               "  - { use: sink.jsonl, path: '@/o1.jsonl' }\n",
                     metrics);
}

/* What an ordered stage gives out at the end goes through stages with local states, and through other reshapes. */
static void test_ordered_reshape(void **u)
{
    static const char *const metrics[] = {
        "test.reshape_ordered", "held", "test.reshape_ordered", "keys", "two", "made", NULL
    };
    (void)u;
    run_in_many_ways(HEAD MADE "  - { use: test.reshape_ordered }\n"
                               "  - { use: test.fit, fits: false }\n"
                               "  - { use: sink.jsonl, path: '@/o1.jsonl' }\n"
                               "  - { use: test.reshape, name: two, from: test.fit }\n"
                               "  - { use: test.fit, rounds: 2, name: behind }\n"
                               "  - { use: sink.jsonl, path: '@/o2.jsonl', name: second }\n",
                     metrics);
}

/* Exactly as many rows as a batch holds, and not one more. */
static void test_full(void **u)
{
    (void)u;
    for (unsigned rows = 1; rows <= 64; rows *= 4) {
        sbuf pipe = { 0 };
        sbuf_printf(&pipe,
                    "batch_rows: %u\nstages:\n" MADE "  - { use: test.reshape, batch_rows: %u }\n"
                    "  - { use: test.reshape_ordered, batch_rows: %u }\n  - { use: sink.null }\n",
                    rows, rows, rows);
        run_to(pipe.p, 2);
        sbuf_free(&pipe);
    }
}

static void test_order(void **u)
{
    static const char *const by[] = { "reversed", "key", "groups", "same" };
    static const char *const metrics[] = { "test.sorted", "rows", "again", "rows", NULL };
    (void)u;
    for (size_t i = 0; i < 4; i++) {
        sbuf pipe = { 0 };
        sbuf_printf(&pipe,
                    HEAD MADE "  - { use: test.order, by: %s }\n"
                              "  - { use: test.sorted }\n"
                              "  - { use: test.fit }\n"
                              "  - { use: test.order, by: reversed, name: backwards }\n"
                              "  - { use: test.sorted, name: again }\n"
                              "  - { use: test.ordered }\n"
                              "  - { use: sink.jsonl, path: '@/o1.jsonl' }\n",
                    by[i]);
        run_in_many_ways(pipe.p, metrics);
        sbuf_free(&pipe);
    }
}

static void test_once(void **u)
{
    static const char *const metrics[] = { "test.once", "rows", "two", "keys", NULL };
    (void)u;
    run_in_many_ways(HEAD MADE "  - { use: test.once }\n"
                               "  - { use: test.fit, rounds: 3, once: _probe_once }\n"
                               "  - { use: filter.where, all: [{ column: k, min: 3 }] }\n"
                               "  - { use: test.fit, rounds: 2, once: _probe_once, name: two }\n"
                               "  - { use: sink.jsonl, path: '@/o1.jsonl' }\n"
                               "  - { use: test.fit, from: in, name: other }\n"
                               "  - { use: sink.jsonl, path: '@/o2.jsonl', name: second }\n",
                     metrics);
}

/* Files: cut, and in a stream that is taken apart into chunks. */
static void test_files(void **u)
{
    static const char *const metrics[] = { "one", "keys", "ordered", "keys", "test.whole", "keys", NULL };
    (void)u;
    put_docs("@/p1.jsonl", 1, 400);
    put_docs("@/p2.jsonl", 400, 500);
    run_to("stages:\n  - { use: source.jsonl, path: '@/p1.jsonl' }\n  - { use: sink.jsonl, path: '@/p3.jsonl.gz' }\n",
           1);
    run_in_many_ways(HEAD "  - { use: source.jsonl, path: ['@/p1.jsonl', '@/p2.jsonl', '@/p3.jsonl.gz'] }\n"
                          "  - { use: test.fit, name: one, rounds: 2, fit_column: n }\n"
                          "  - { use: test.ordered, name: ordered, fit_column: lang }\n"
                          "  - { use: sink.jsonl, path: '@/o1.jsonl' }\n"
                          "  - { use: test.reshape, from: one }\n"
                          "  - { use: test.whole }\n"
                          "  - { use: sink.jsonl, path: '@/o2.jsonl', name: second }\n",
                     metrics);
}

/* Our own stages over the same. */
static void test_ours(void **u)
{
    static const char *const metrics[] = { "sample.random", "not_drawn", NULL };
    (void)u;
    put_docs("@/q1.jsonl", 1, 400);
    run_in_many_ways(HEAD
                     "  - { use: source.jsonl, path: '@/q1.jsonl' }\n"
                     "  - { use: shuffle }\n"
                     "  - { use: sample.random, keep: 100 }\n"
                     "  - { use: order.by, column: n, descending: true }\n"
                     "  - { use: sink.jsonl, path: '@/o1.jsonl' }\n"
                     "  - { use: expand.split, by: window, size: 5, overlap: 2, from: source.jsonl, span_as: at }\n"
                     "  - { use: test.fit }\n"
                     "  - { use: join.parts, separator: none, parts_as: parts }\n"
                     "  - { use: sink.jsonl, path: '@/o2.jsonl', name: second }\n",
                     metrics);
}

/* A state that is found stands in for the passes; another configuration has another. */
static void test_states(void **u)
{
    (void)u;
    const char *states = in("@/states");
    char path[128];
    snprintf(path, sizeof path, "%s", states);
    for (unsigned k = 0; k < 4; k++) {
        job j;
        const char *text =
            k < 2 ? "stages:\n" MADE "  - { use: test.fit, rounds: 3 }\n  - { use: sink.null }\n"
                  : "stages:\n" MADE
                    "  - { use: test.ports, target: { use: test.source, name: t } }\n  - { use: sink.null }\n";
        if (job_run(&j, text, (exec_options){ .threads = 2, .states = path }) != EXEC_OK)
            fail_msg("%s", exec_error(j.x));
        assert_int_equal(metric(&j, k < 2 ? "test.fit" : "test.ports", "rows")->n, 207);
        job_free(&j);
    }
}

/* Which failure, told by whom: the first message, whatever is not called any more. */
static void test_failures(void **u)
{
    static const char *const where[] = { "fit", "process", "finalize" };
    (void)u;
    for (unsigned k = 0; k < 3; k++)
        for (unsigned threads = 1; threads <= 4; threads += 3) {
            job j;
            sbuf pipe = { 0 };
            sbuf_printf(&pipe, "stages:\n" MADE "  - { use: test.fit, fail: %s }\n  - { use: sink.null }\n", where[k]);
            assert_int_equal(job_run(&j, pipe.p, (exec_options){ .threads = threads }), EXEC_FAILED);
            assert_string_equal(exec_error(j.x), "failed as it was told");
            job_free(&j);
            sbuf_free(&pipe);
        }
}

/* Stages that break the contract: in ways that every build catches, and in those that debug builds look for. */
static void test_breaks(void **u)
{
    static const struct {
        const char *stage, *how, *says;
    } rows[] = {
        { "test.break", "code", "test.break answered 77, which means nothing here" },
        { "test.break", "more", "test.break answered 1, which means nothing here" },
        { "test.break", "end", "test.break answered 2, which means nothing here" },
        { "test.break_reshape", "code", "test.break_reshape answered 77, which means nothing here" },
        { "test.break_reshape", "end", "test.break_reshape answered 2, which means nothing here" },
        { "test.break_reshape", "no_identity", "test.break_reshape made rows without add" },
        { "test.break_reshape", "overfill", "test.break_reshape added a row to a batch that was full" },
        { "test.break_reshape", "stuck", "test.break_reshape wants another batch, and put nothing into this one" },
        { "test.break_reshape", "no_row",
          "test.break_reshape added a row from row 12 of its input, which is not there" },
        { "test.break_reshape", "not_cut", "test.break_reshape asked for the whole of a document that was not cut" },
        { "test.break_reshape", "into_in", "test.break_reshape added a row to a batch that is not its output" },
        { "test.break_reshape", "same_nth",
          "test.break_reshape gave two rows the same number; a row is named by its parent and that" },
        { "test.break_reshape", "shrink", "test.break_reshape made rows without add" },
        { "test.break_fit", "reject", "test.break_fit rejected a row of a batch that it may not reject from" },
        { "test.break", "shrink", "test.break changed how many rows its batch has; it calls reject" },
#ifndef NDEBUG
        { "test.break", "overrun", "test.break wrote outside of the column '_probe_number'" },
        { "test.break", "underrun", "test.break wrote outside of the column '_probe_number'" },
        { "test.break", "alloc_overrun", "test.break wrote outside of the 24 bytes that alloc gave it" },
        { "test.break", "alloc_underrun", "test.break wrote outside of the 24 bytes that alloc gave it" },
        { "test.break", "read_text", "test.break wrote into the column 'text', which it says it only reads" },
        { "test.break", "read_view", "test.break wrote into the column 'text', which it says it only reads" },
        { "test.break", "read_valid", "test.break wrote into the column 'text', which it says it only reads" },
        { "test.break", "header", "test.break changed what the column 'text' is" },
        { "test.break", "sel",
          "test.break changed the selection, the places or the keys of its rows; it calls reject" },
        { "test.break", "pos",
          "test.break changed the selection, the places or the keys of its rows; it calls reject" },
        { "test.break", "key",
          "test.break changed the selection, the places or the keys of its rows; it calls reject" },
        { "test.break", "null_view",
          "test.break left a view that points outside of the batch in the column '_probe_name'" },
        { "test.break", "long_view",
          "test.break left a view that points outside of the batch in the column '_probe_name'" },
        { "test.break", "own_memory",
          "test.break left a view that points outside of the batch in the column '_probe_name'" },
        { "test.break", "span", "test.break left a span that is not of the text in the column '_probe_span'" },
        { "test.break", "list", "test.break left a view that points outside of the batch in the column '_probe_list'" },
        { "test.break", "list_texts",
          "test.break left a view that points outside of the batch in the column '_probe_list'" },
        { "test.break", "frozen", "test.break changed its shared state in process, where it is frozen" },
        { "test.break_reshape", "same_apart",
          "test.break_reshape gave two rows the same number; a row is named by its parent and that" },
        { "test.break_reshape", "frozen",
          "test.break_reshape changed its shared state in reshape, where it is frozen" },
        { "test.break_fit", "frozen", "test.break_fit changed its shared state in fit, where it is frozen" },
        { "test.break_fit", "thread",
          "test.break_fit gathered something else from the same documents on other threads, combined in another "
          "order" },
        { "test.break_fit", "combine_order",
          "test.break_fit gathered something else from the same documents on other threads, combined in another "
          "order" },
        { "test.break_fit", "save_differs", "test.break_fit saved its state twice, and the bytes differ" },
        { "test.break_fit", "load_leaves", "test.break_fit saved 24 bytes of state, and loads 16 of them" },
        { "test.break_fit", "load_forgets", "test.break_fit loads what it saved, and has another state then" },
#endif
    };
    (void)u;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned threads = 1; threads <= 4; threads += 3) {
            job j;
            sbuf pipe = { 0 };
            sbuf_printf(&pipe, "stages:\n  - { use: test.source }\n  - { use: %s, how: %s }\n  - { use: sink.null }\n",
                        rows[i].stage, rows[i].how);
            const exec_end end = job_run(&j, pipe.p, (exec_options){ .threads = threads });
            if (end != EXEC_FAILED || exec_error_code(j.x) != SL_E_INTERNAL ||
                strcmp(exec_error(j.x), rows[i].says) != 0)
                fail_msg("%s, how: %s, %u threads: ended with %d: '%s', not '%s'", rows[i].stage, rows[i].how, threads,
                         (int)end, exec_error(j.x), rows[i].says);
            job_free(&j);
            sbuf_free(&pipe);
        }
}

/* Many documents, a number of them drawn exactly, in more than one round. */
static void test_many(void **u)
{
    (void)u;
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        job j;
        run_good(&j,
                 "stages:\n  - { use: test.synthetic, splits: 20, count: 10000, duplicates: 10%, bytes: 16 }\n"
                 "  - { use: sample.random, keep: 150k }\n  - { use: sink.null }\n",
                 threads);
        assert_int_equal(counts(&j, "sample.random")->kept, 150000);
        assert_int_equal(counts(&j, "sample.random")->rejected, 50000);
        assert_in_range(metric(&j, "test.synthetic", "duplicates")->n, 19000, 21000);
        job_free(&j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fits),     cmocka_unit_test(test_ports),
        cmocka_unit_test(test_reshapes), cmocka_unit_test(test_ordered_reshape),
        cmocka_unit_test(test_full),     cmocka_unit_test(test_order),
        cmocka_unit_test(test_once),     cmocka_unit_test(test_files),
        cmocka_unit_test(test_ours),     cmocka_unit_test(test_states),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_breaks),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
