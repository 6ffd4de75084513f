/* The stages that watch the engine: content with an engine that keeps its promises, and not with one that breaks any.
 */
#include <sys/wait.h>
#include <unistd.h>
#include "stage_test.h"

typedef struct streams {
    mock *m;
    mock_docs in, ports[MOCK_PORTS];
    mock_docs *port[MOCK_PORTS];
} streams;

static void begin(streams *s, bool holes)
{
    *s = (streams){ .m = mock_new() };
    s->in = some_docs(s->m, 7, holes);
    for (int i = 0; i < 2; i++) {
        s->ports[i] = some_docs(s->m, 3 - (uint32_t)i, holes);
        s->port[i] = &s->ports[i];
    }
}

static void end(streams *s)
{
    mock_docs_free(&s->in);
    mock_docs_free(&s->ports[0]);
    mock_docs_free(&s->ports[1]);
    mock_free(s->m);
}

/* The stream that a stage wants to see, made by the stage that goes with it. */
static void prepare(streams *s, const char *stage)
{
    mock *m = s->m;
    const mock_fault fault = m->fault;
    mock_docs made = { 0 };
    const bool families = !strcmp(stage, "test.families") || !strcmp(stage, "test.whole");
    const bool sorted = !strcmp(stage, "test.sorted");
    if (!families && !sorted)
        return;
    mock_column(m, families ? "_probe_parent_key" : "_probe_order", SL_T_U64);
    m->fault = F_NONE;
    run_well(m, load(m, PROBE, families ? "test.reshape" : "test.order", ""), NULL, &s->in, &made);
    m->fault = fault;
    if (sorted)
        mock_sort(m, &made, "_probe_order", 5);
    mock_docs_free(&s->in);
    s->in = made;
}

/* ---- content ---- */

static const struct {
    const char *stage, *cfg;
} stages[] = {
    { "test.fit", "" },
    { "test.fit", "{ rounds: 4, fit_column: id, apply_column: text }" },
    { "test.fit", "{ fits: false }" },
    { "test.ordered", "{ rounds: 2, fit_column: id }" },
    { "test.ports", "{ apply_column: id }" },
    { "test.ports", "{ rounds: 3 }" },
    { "test.ports_only", "" },
    { "test.reshape", "" },
    { "test.reshape_ordered", "" },
    { "test.families", "" },
    { "test.whole", "" },
    { "test.order", "" },
    { "test.sorted", "" },
    { "test.once", "" },
    { "test.break", "" },
    { "test.break_reshape", "" },
    { "test.break_fit", "" },
};

static void test_content(void **u)
{
    (void)u;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        uint64_t hash[2] = { 0 }, count[2][MOCK_METRICS] = { { 0 } };
        for (uint32_t k = 0; k < SIZES * 4; k++) {
            const bool holes = k % 2;
            streams s;
            begin(&s, holes);
            mock_docs out = { 0 };
            prepare(&s, stages[i].stage);
            s.m->rows = batch_sizes[k / 4];
            s.m->workers = k & 2 ? 3 : 1;
            run_well(s.m, load(s.m, PROBE, stages[i].stage, stages[i].cfg), s.port, &s.in, &out);
            if (k < 2) { /* the same for any batches and any workers */
                hash[holes] = docs_hash(&out);
                memcpy(count[holes], s.m->count, sizeof s.m->count);
            } else {
                assert_int_equal(docs_hash(&out), hash[holes]);
                assert_memory_equal(s.m->count, count[holes], sizeof s.m->count);
            }
            mock_docs_free(&out);
            end(&s);
        }
    }
}

/* ---- not content ---- */

static const struct {
    mock_fault fault;
    const char *stage, *cfg, *says;
} faults[] = {
    { F_OPEN_TWICE, "test.fit", "", "open is called once" },
    { F_OPEN_TWICE, "test.reshape", "", "open is called once" },
    { F_LOCAL_DIRTY, "test.fit", "", "l is zeroed before open_local" },
    { F_SEED, "test.ordered", "", "a stage has one seed" },
    { F_ROUND, "test.fit", "", "rounds of fit count from 0" },
    { F_NO_FINALIZE, "test.fit", "", "no document is processed before finalize" },
    { F_COMBINE_TWICE, "test.fit", "", "combine is called once for each l" },
    { F_NO_COMBINE, "test.ports", "", "every l of a fit pass is combined" },
    { F_FINALIZE_EARLY, "test.fit", "", "close_local comes before finalize" },
    { F_FIT_AGAIN, "test.fit", "", "no fit after the last finalize" },
    { F_FIT_UNWANTED, "test.fit", "{ fits: false }", "only stages with fit have a fit pass" },
    { F_MAIN_FIRST, "test.ports", "", "fit sees the ports in table order, then the main stream" },
    { F_MAIN_TOO, "test.ports_only", "", "fit with SL_F_PORTS_ONLY sees no main stream" },
    { F_PORT_AGAIN, "test.ports", "{ rounds: 2 }", "further rounds of fit are over the main stream alone" },
    { F_ONE_LOCAL, "test.ports", "", "l is of one pass: it sees one stream" },
    { F_SEL, "test.fit", "", "sel ascends and stays inside the batch" },
    { F_SEL, "test.reshape", "", "sel ascends and stays inside the batch" },
    { F_MIXED_SPLITS, "test.fit", "", "all rows of a batch come from one split" },
    { F_POS_TWICE, "test.fit", "", "pos ascends within a split" },
    { F_INTERLEAVED, "test.fit", "", "with none of another in between" },
    { F_SHARED_SPLIT, "test.fit", "", "a split comes to one thread" },
    { F_LOST, "test.fit", "", "every pass over the main stream sees the same" },
    { F_OTHER_KEY, "test.fit", "", "every pass over the main stream sees the same documents" },
    { F_OTHER_TEXT, "test.ordered", "", "every pass over the main stream sees the same documents" },
    { F_FIT_COLUMN, "test.fit", "{ fit_column: id }", "a column with SL_FIT_ONLY is there in fit, and NULL in apply" },
    { F_APPLY_COLUMN, "test.fit", "{ apply_column: id }", "a column with SL_APPLY_ONLY is there in apply" },
    { F_BACKWARDS, "test.ordered", "", "an ordered stage sees the stream in order" },
    { F_TWO_LOCALS, "test.ordered", "", "an ordered stage has one l a pass" },
    { F_NO_END, "test.reshape", "", "in is NULL at the end of each split" },
    { F_NO_END, "test.reshape_ordered", "", "in is NULL at the end of the last split" },
    { F_END_TWICE, "test.reshape_ordered", "", "in is NULL once at the end" },
    { F_OTHER_IN, "test.reshape", "", "after SL_MORE comes the same in" },
    { F_OUT_USED, "test.reshape", "", "every call has a fresh out" },
    { F_MORE_EARLY, "test.reshape", "{ batch_rows: 3 }", "add answers SL_MORE when out is full, and only then" },
    { F_NO_PARENT, "test.reshape", "", "a child's parent is the pos of the row" },
    { F_KEY_OF_PARENT, "test.reshape", "", "a child has a key of its own" },
    { F_KEY_TWICE, "test.reshape", "", "children of one row have different keys" },
    { F_TORN, "test.families", "", "a family comes in one batch" },
    { F_SCATTERED, "test.families", "", "the rows of a family stand next to each other" },
    { F_WHOLE_POS, "test.whole", "", "SL_WHOLE_DOC has the pos of the document" },
    { F_WHOLE_KEY, "test.whole", "", "SL_WHOLE_DOC has the key of the document" },
    { F_UNSORTED, "test.sorted", "", "the stream is sorted by (order, pos)" },
    { F_TWICE, "test.once", "", "a stage with SL_F_ONCE sees no document twice" },
    { F_PARALLEL_TWICE, "test.fit", "", "parallel_for covers [0, n), nothing twice" },
    { F_RESERVE, "test.fit", "", "reserve with less always succeeds" },
};

static void test_faults(void **u)
{
    (void)u;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        streams s;
        begin(&s, false);
        mock_docs out = { 0 };
        s.m->fault = faults[i].fault;
        prepare(&s, faults[i].stage);
        s.m->workers = 2;
        s.m->rows = faults[i].fault == F_TORN ? 1 : faults[i].fault == F_SCATTERED ? 7 : 3;
        mock_stage *st = load(s.m, PROBE, faults[i].stage, faults[i].cfg);
        const int ret = mock_whole(s.m, st, s.port, &s.in, &out);
        if (ret != SL_E_INTERNAL || !strstr(s.m->error, faults[i].says))
            fail_msg("row %zu, %s: answered %d with '%s', not '%s'", i, faults[i].stage, ret, s.m->error,
                     faults[i].says);
        mock_docs_free(&out);
        end(&s);
    }
}

/* What no message could tell, since a failure came before it or the run is over: the process stops. */
static void test_aborts(void **u)
{
    static const struct {
        mock_fault fault;
        const char *cfg;
    } rows[] = {
        { F_NO_CLOSE_LOCAL, "" },
        { F_COMBINE_AFTER_FAILURE, "{ fail: fit }" },
        { F_COMBINE_AFTER_FAILURE, "{ fail: process }" },
    };
    (void)u;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            streams s;
            begin(&s, false);
            s.m->fault = rows[i].fault;
            if (!freopen("/dev/null", "w", stderr))
                _exit(3);
            mock_whole(s.m, mock_stage_load(s.m, PROBE, "test.fit", rows[i].cfg), s.port, &s.in, NULL);
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
    }
}

/* A failure ends the life in good order, and its message is what is heard. */
static void test_failures(void **u)
{
    static const char *const cfg[] = { "{ fail: fit }", "{ fail: process }", "{ fail: finalize }" };
    (void)u;
    for (size_t i = 0; i < 3; i++) {
        streams s;
        begin(&s, false);
        s.m->workers = 3;
        assert_int_equal(mock_whole(s.m, load(s.m, PROBE, "test.fit", cfg[i]), s.port, &s.in, NULL), SL_E_DATA);
        assert_string_equal(s.m->error, "failed as it was told");
        end(&s);
    }
}

/* ---- stages that break the contract do so, each in its way ---- */

static const struct {
    const char *stage, *how, *says;
} breaks[] = {
    { "test.break", "overrun", "the stage wrote past the column '_probe_number'" },
    { "test.break", "underrun", "the stage wrote past the column '_probe_number'" },
    { "test.break", "read_text", "the stage wrote into a text that it only reads" },
    { "test.break", "read_view", "the stage wrote into a column that it only reads" },
    { "test.break", "read_valid", "the stage wrote into a column that it only reads" },
    { "test.break", "sel", "the stage wrote into sel" },
    { "test.break", "pos", "the stage wrote into pos or key" },
    { "test.break", "key", "the stage wrote into pos or key" },
    { "test.break", "null_view", "a view of '_probe_name' points outside of the batch" },
    { "test.break", "long_view", "a view of '_probe_name' points outside of the batch" },
    { "test.break", "own_memory", "a view of '_probe_name' points outside of the batch" },
    { "test.break", "code", "the stage answered 77" },
    { "test.break", "more", "the stage answered 1" },
    { "test.break", "end", "the stage answered 2" },
    { "test.break", "frozen", "the stage wrote into its frozen state" },
    { "test.break", "alloc_overrun", "the stage wrote past what alloc gave it" },
    { "test.break", "alloc_underrun", "the stage wrote past what alloc gave it" },
    { "test.break", "header", "the stage changed what a column is" },
    { "test.break", "shrink", "the stage changed how many rows there are" },
    { "test.break", "span", "a span of '_probe_span' is not of the text" },
    { "test.break", "list", "a view of '_probe_list' points outside of the batch" },
    { "test.break", "list_texts", "a view of '_probe_list' points outside of the batch" },
    { "test.break_reshape", "no_identity", "the stage made rows without add" },
    { "test.break_reshape", "overfill", "the stage added a row to a full batch" },
    { "test.break_reshape", "stuck", "the stage wants to go on, but added nothing" },
    { "test.break_reshape", "code", "the stage answered 77" },
    { "test.break_reshape", "end", "the stage answered 2" },
    { "test.break_reshape", "no_row", "the stage added a row from a row that is not there" },
    { "test.break_reshape", "into_in", "the stage added a row to a batch that is not its out" },
    { "test.break_reshape", "same_nth", "the stage gave two children one number" },
    { "test.break_reshape", "same_apart", "the stage gave two children one number" },
    { "test.break_reshape", "shrink", "the stage made rows without add" },
    { "test.break_reshape", "frozen", "the stage wrote into its frozen state" },
    { "test.break_reshape", "not_cut", "the stage asked for the whole of a document that was not cut" },
    { "test.break_fit", "frozen", "the stage wrote into its frozen state" },
    { "test.break_fit", "reject", "the stage rejected in fit" },
};

static void test_breaks(void **u)
{
    (void)u;
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        streams s;
        begin(&s, false);
        char cfg[64];
        snprintf(cfg, sizeof cfg, "{ how: %s }", breaks[i].how);
        s.m->frozen = true;
        const int ret = mock_whole(s.m, load(s.m, PROBE, breaks[i].stage, cfg), NULL, &s.in, NULL);
        if (ret != SL_E_INTERNAL || !strstr(s.m->error, breaks[i].says))
            fail_msg("%s %s: answered %d with '%s', not '%s'", breaks[i].stage, cfg, ret, s.m->error, breaks[i].says);
        end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content),  cmocka_unit_test(test_faults), cmocka_unit_test(test_aborts),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
