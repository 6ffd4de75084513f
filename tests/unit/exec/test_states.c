/* Saved states: left by one run, found by the next, refused where they do not fit. */
#include "exec_test.h"
#include <fcntl.h>
#include <sys/stat.h>
#include "io/artifact.h"

enum { DOCS = 400 };
#define IN(file) "stages:\n  - { use: source.jsonl, name: in, path: '@/" file "' }\n"
#define OUT      "  - { use: sink.jsonl, path: '@/out.jsonl' }\n"
#define FIT      "  - { use: test.fit, name: f }\n"
#define DEDUP    "  - { use: dedup.exact, name: d, of: [lang, text] }\n"

static char states[128];

static int make_docs(void **u)
{
    if (set_up(u))
        return -1;
    put_docs("@/a.jsonl", 0, DOCS);
    put_docs("@/b.jsonl", DOCS / 2, 2 * DOCS);
    snprintf(states, sizeof states, "%s/states", folder);
    return 0;
}

static int no_states(void **u)
{
    (void)u;
    return fs_remove_tree(states);
}

static exec_options with_states(void) { return (exec_options){ .threads = 2, .states = states }; }

static void run_with(job *j, const char *text, exec_options o)
{
    if (job_run(j, text, o) != EXEC_OK)
        fail_msg("ended with %d: %s", (int)j->end, exec_error(j->x));
}

static unsigned passes_of(const job *j)
{
    const exec_pass *v;
    return (unsigned)exec_passes(j->x, &v);
}

/* Runs, and says how many passes it took. */
static unsigned passes_with(const char *text, exec_options o)
{
    job j;
    run_with(&j, text, o);
    assert_string_equal(exec_notes(j.x), "");
    const unsigned n = passes_of(&j);
    job_free(&j);
    return n;
}

static unsigned passes_run(const char *text) { return passes_with(text, with_states()); }

/* The one state of this stage and kind ("whole", "port0"), for the caller to free. */
static char *state_path(const char *stage, const char *kind)
{
    DIR *d = opendir(states);
    char *found = NULL;
    const size_t n = strlen(stage);
    for (const struct dirent *e; d && (e = readdir(d));)
        if (!strncmp(e->d_name, stage, n) && e->d_name[n] == '-' && strstr(e->d_name, kind)) {
            assert_null(found);
            assert_true(asprintf(&found, "%s/%s", states, e->d_name) > 0);
        }
    if (d)
        closedir(d);
    assert_non_null(found);
    return found;
}

static void outputs_equal(const char *text, const char *other)
{
    run_to(text, 2);
    char *want = get_file("@/out.jsonl");
    assert_true(passes_run(other) > 0);
    file_is("@/out.jsonl", want);
    free(want);
}

/* ---- found ---- */

static void test_found(void **u)
{
    (void)u;
    job j;
    static const char text[] = IN("a.jsonl") FIT DEDUP OUT;
    run_with(&j, text, with_states());
    assert_int_equal(passes_of(&j), 3);
    assert_int_equal(files_in("@/states"), 3); /* f whole; d whole, and what it gathered of its main stream */
    const exec_stage first = *counts(&j, "d");
    const exec_table table = first.tables[0];
    assert_true(first.n_tables > 0 && first.rejected > 0);
    char *rows = strdup(table.rows), *want = get_file("@/out.jsonl");
    job_free(&j);
    for (unsigned threads = 1; threads <= 3; threads++) {
        run_with(&j, text, (exec_options){ .threads = threads, .states = states });
        assert_int_equal(passes_of(&j), 1);
        const exec_stage *again = counts(&j, "d"); /* what the fit reported is not lost */
        assert_int_equal(again->rejected, first.rejected);
        assert_int_equal(again->n_tables, first.n_tables);
        assert_string_equal(again->tables[0].rows, rows);
        assert_int_equal(metric(&j, "f", "rows")->n, DOCS);
        file_is("@/out.jsonl", want);
        job_free(&j);
    }
    free(rows);
    free(want);
    assert_int_equal(files_in("@/states"), 3);
    assert_int_equal(passes_with(text, (exec_options){ .threads = 2 }),
                     3); /* without a folder they are not looked for */
}

/* What makes a state another one, and what does not. */
static void test_names(void **u)
{
    (void)u;
    static const char *const same[] = {
        "materialize: always\n" IN("a.jsonl") FIT OUT,
        "batch_rows: 3\nmax_errors: 1\n" IN("a.jsonl") FIT OUT,
        IN("a.jsonl") FIT "  - { use: filter.length, min: 3 }\n" OUT,
        IN("a.jsonl") FIT "  - { use: sink.null }\n",
    };
    static const char *const other[] = {
        "seed: 2\n" IN("a.jsonl") FIT OUT,
        "split_bytes: 2k\n" IN("a.jsonl") FIT OUT, /* a state names places */
        IN("a.jsonl") "  - { use: test.fit, name: f, rounds: 2 }\n" OUT,
        IN("b.jsonl") FIT OUT,
        IN("a.jsonl") "  - { use: filter.length, min: 3 }\n" FIT OUT,
        IN("a.jsonl") "  - { use: filter.length, min: 4 }\n" FIT OUT,
        IN("a.jsonl") "  - { use: filter.length, min: 4, mode: annotate }\n" FIT OUT,
        IN("a.jsonl") "  - { use: test.order }\n" FIT OUT,
        "stages:\n  - { use: source.jsonl, name: in, path: '@/a.jsonl', key: id }\n" FIT OUT,
    };
    assert_int_equal(passes_run(IN("a.jsonl") FIT OUT), 2);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_int_equal(passes_run(same[i]), 1);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        const unsigned n = passes_run(other[i]);
        assert_true(n > 1);
        assert_int_equal(passes_run(other[i]), n - 1 - (strstr(other[i], "rounds") != NULL));
        assert_int_equal(files_in("@/states"), i + 2);
    }
    /* The file itself: a line more, and it is another input. */
    put_docs("@/c.jsonl", 0, 10);
    assert_int_equal(passes_run(IN("c.jsonl") FIT OUT), 2);
    assert_int_equal(passes_run(IN("c.jsonl") FIT OUT), 1);
    put_docs("@/c.jsonl", 0, 11);
    assert_int_equal(passes_run(IN("c.jsonl") FIT OUT), 2);
}

/* Two in a row: the second depends on what the first lets through. */
static void test_two(void **u)
{
    (void)u;
#define TWO(max)                                                                                                       \
    IN("a.jsonl")                                                                                                      \
    DEDUP "  - { use: filter.length, max: " max " }\n  - { use: dedup.exact, name: e, of: [text] "                     \
          "}\n" OUT
    assert_int_equal(passes_run(TWO("30")), 3);
    assert_int_equal(passes_run(TWO("30")), 1);
    assert_int_equal(passes_run(TWO("20")), 2); /* the first is there */
}

static void test_fresh(void **u)
{
    (void)u;
    exec_options o = with_states();
    struct stat before, after;
    assert_int_equal(passes_run(IN("a.jsonl") FIT OUT), 2);
    char *path = state_path("test.fit", "whole");
    assert_int_equal(stat(path, &before), 0);
    o.fresh = true;
    assert_int_equal(passes_with(IN("a.jsonl") FIT OUT, o), 2);
    assert_int_equal(stat(path, &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino); /* saved anew */
    assert_int_equal(passes_run(IN("a.jsonl") FIT OUT), 1);
    free(path);
}

/* ---- damaged ---- */

static void flip(const char *path, off_t at)
{
    const int fd = open(path, O_RDWR);
    unsigned char c;
    assert_true(fd >= 0);
    const off_t size = lseek(fd, 0, SEEK_END);
    at = at < 0 ? size + at : at;
    assert_int_equal(pread(fd, &c, 1, at), 1);
    c ^= 0x40;
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
    close(fd);
}

static void test_damaged(void **u)
{
    (void)u;
    static const char text[] = IN("a.jsonl") FIT OUT;
    assert_int_equal(passes_run(text), 2);
    char *want = get_file("@/out.jsonl"), *path = state_path("test.fit", "whole");
    for (int how = 0; how < 6; how++) {
        job j;
        switch (how) {
        case 0: flip(path, 3); break;
        case 1: flip(path, 200); break;
        case 2: flip(path, 30000); break;
        case 3: flip(path, -1); break;
        case 4: assert_int_equal(truncate(path, 5000), 0); break;
        default: assert_int_equal(truncate(path, 0), 0); break;
        }
        run_with(&j, text, with_states());
        assert_int_equal(passes_of(&j), 2);
        if (!strstr(exec_notes(j.x), path) || !strstr(exec_notes(j.x), "; f is fitted again\n"))
            fail_msg("%d: the notes say '%s'", how, exec_notes(j.x));
        job_free(&j);
        file_is("@/out.jsonl", want);
        assert_int_equal(passes_run(text), 1); /* and there is a good one again */
    }
    free(path);
    free(want);
}

/* A folder that cannot be one. */
static void test_no_folder(void **u)
{
    (void)u;
    job j;
    put_text("@/states", "a file\n");
    assert_int_equal(job_run(&j, IN("a.jsonl") FIT OUT, with_states()), EXEC_FAILED);
    assert_int_equal(exec_error_code(j.x), SL_E_IO);
    assert_non_null(strstr(exec_error(j.x), states));
    job_free(&j);
    assert_int_equal(unlink(states), 0);
}

/* A fit that fails leaves nothing that a later run would find. */
static void test_failed(void **u)
{
    (void)u;
    job j;
    assert_int_equal(job_run(&j, IN("a.jsonl") "  - { use: test.fit, name: f, fail: finalize }\n" OUT, with_states()),
                     EXEC_FAILED);
    job_free(&j);
    assert_int_equal(files_in("@/states"), 0);
    /* One that was fitted before the failure stays. */
    assert_int_equal(job_run(&j, IN("a.jsonl") FIT "  - { use: test.fit, name: g, fail: fit }\n" OUT, with_states()),
                     EXEC_FAILED);
    job_free(&j);
    assert_int_equal(files_in("@/states"), 1);
    assert_int_equal(passes_run(IN("a.jsonl") FIT OUT), 1);
}

/* ---- given as an input ---- */

/* With the state in place of %s. */
static const char *given(const char *path)
{
    static char text[1024];
    snprintf(text, sizeof text,
             IN("b.jsonl") "  - { use: dedup.exact, name: d, of: [lang, text], index: { state: '%s' } "
                           "}\n" OUT,
             path);
    return text;
}

/* Before anything is read. */
static void refused(const char *path, const char *because)
{
    job j;
    sbuf said = { 0 };
    assert_false(job_open(&j, given(path), (exec_options){ .threads = 2 }));
    job_show(&j, &said);
    if (j.d.errors != 1 || !strstr(sbuf_z(&said), because) || !strstr(sbuf_z(&said), path))
        fail_msg("'%s' does not say '%s' and where", sbuf_z(&said), because);
    sbuf_free(&said);
    job_free(&j);
}

/* A payload is looked at when it is loaded. */
static void fails_to_load(const char *path, const char *because)
{
    job j;
    assert_int_equal(job_run(&j, given(path), (exec_options){ .threads = 2 }), EXEC_FAILED);
    assert_int_equal(exec_error_code(j.x), SL_E_STATE);
    if (!strstr(exec_error(j.x), because) || !strstr(exec_error(j.x), path))
        fail_msg("'%s' does not say '%s' and where", exec_error(j.x), because);
    assert_int_equal(passes_of(&j), 0);
    job_free(&j);
}

static void test_given(void **u)
{
    (void)u;
    assert_int_equal(passes_run(IN("a.jsonl") DEDUP OUT), 2);
    char *part = state_path("dedup.exact", "port0");
    /* The saved part does what its documents would have done. */
    outputs_equal(IN("b.jsonl") "  - { use: dedup.exact, name: d, of: [lang, text], index: { use: source.jsonl, path: "
                                "'@/a.jsonl' } }\n" OUT,
                  given(part));
    job j;
    run_with(&j, given(part), (exec_options){ .threads = 2, .states = states });
    assert_int_equal(passes_of(&j), 1); /* the whole of that fit was found */
    assert_true(counts(&j, "d")->rejected > 0);
    job_free(&j);
    free(part);
}

static void test_refused(void **u)
{
    (void)u;
    char *path;
    assert_int_equal(passes_run(IN("a.jsonl") DEDUP OUT), 2);
    path = state_path("dedup.exact", "whole");
    refused(path, "it holds 'whole'; what a fit gathered ('port 0') is wanted");
    free(path);
    path = state_path("dedup.exact", "port0");
    flip(path, -1000);
    fails_to_load(path, "damaged");
    flip(path, -1000);
    assert_int_equal(truncate(path, 100), 0);
    refused(path, "");
    free(path);
    refused(in("@/nothing"), "");
    refused(in("@/a.jsonl"), "");
    no_states(NULL);
    assert_int_equal(passes_run(IN("a.jsonl") "  - { use: dedup.exact, of: [text], normalize: lower }\n" OUT), 2);
    path = state_path("dedup.exact", "port0");
    refused(path, "it was made with other options: ");
    free(path);
    no_states(NULL);
    assert_int_equal(passes_run(IN("a.jsonl") "  - { use: test.ports, target: { use: source.jsonl, path: '@/b.jsonl' } "
                                              "}\n" OUT),
                     3);
    path = state_path("test.ports", "port1");
    refused(path, "it is a state of test.ports, not of dedup.exact");
    free(path);
}

static void make_state(const char *path, const char *stage, uint32_t version, const char *made_by)
{
    const artifact_head head = { .stage = stage,
                                 .name = "0123456789abcdef",
                                 .what = "port 0",
                                 .state_version = version,
                                 .plugin = "dedup 0",
                                 .made_by = made_by,
                                 .report = "" };
    sbuf err = { 0 };
    artifact_writer *w = artifact_create(path, &head, &err);
    assert_non_null(w);
    assert_int_equal(artifact_put(w, "x", 1, &err), 0);
    assert_int_equal(artifact_commit(w, &err), 0);
    sbuf_free(&err);
}

/* Well-formed files that say the wrong things of themselves. */
static void test_strange(void **u)
{
    (void)u;
    char *path = strdup(in("@/strange.state"));
    make_state(path, "dedup.exact", 4000, "{}");
    refused(path, "it is of version 4000 of dedup.exact; this is version ");
    const stage_def *def = registry_find(plugins, "dedup.exact", NULL, (diag_at){ 0 });
    make_state(path, "dedup.exact", def->s.state_version, "{}");
    refused(path, "it does not say which options it was made with");
    make_state(path, "dedup.exact", def->s.state_version, "no JSON");
    refused(path, "it does not say which options it was made with");
    make_state(path, "dedup.exact", def->s.state_version, "{\"fit\":{\"of\":[\"text\"]}}");
    refused(path, "it was made with other options: {\"of\":[\"text\"]} there, {");
    free(path);
}

/* ---- parts ---- */

/* What the ports and the main stream gave is saved one by one, and serves a run of which only one has changed. */
static void test_parts(void **u)
{
    (void)u;
#define PORTS(main, target)                                                                                            \
    IN(main) "  - { use: test.ports, name: p, target: { use: source.jsonl, name: t, path: '@/" target "' } }\n" OUT
    put_docs("@/c.jsonl", 5, 50);
    assert_int_equal(passes_run(PORTS("a.jsonl", "b.jsonl")), 3);
    assert_int_equal(files_in("@/states"), 3);
    assert_int_equal(passes_run(PORTS("a.jsonl", "b.jsonl")), 1);
    job j;
    run_with(&j, PORTS("a.jsonl", "c.jsonl"), with_states()); /* another target: the raw side is not fitted again */
    assert_int_equal(passes_of(&j), 2);
    assert_int_equal(counts(&j, "t")->in, 45);
    assert_true(counts(&j, "t")->ran);
    job_free(&j);
    run_with(&j, PORTS("c.jsonl", "b.jsonl"), with_states()); /* another raw side: the target is not read again */
    assert_int_equal(passes_of(&j), 2);
    assert_false(counts(&j, "t")->ran);
    assert_int_equal(counts(&j, "in")->in, 45);
    job_free(&j);
}

/* Where a quarantine is written, what spares the next run a port gets its name when the quarantine has its own. */
static void test_waits(void **u)
{
    (void)u;
#define DROPS "on_reject: quarantine\n"
    char *path = strdup(in("@/quarantine.jsonl"));
    const exec_options o = { .threads = 2, .states = states, .quarantine = path };
    const exec_state *v;
    job j;
    put_docs("@/c.jsonl", 5, 50);
    for (int published = 0; published < 2; published++) {
        assert_true(job_open(&j, DROPS PORTS("a.jsonl", "c.jsonl"), o));
        assert_int_equal(exec_run(j.x), EXEC_OK);
        assert_int_equal(exec_passes(j.x, &(const exec_pass *){ NULL }), published ? 2 : 3); /* port 0 did not wait */
        size_t waiting = 0;
        for (size_t i = 0, n = exec_states(j.x, &v); i < n; i++) {
            assert_int_equal(fs_exists(v[i].path), !v[i].waits);
            assert_true(!v[i].waits || fs_exists(v[i].waits));
            waiting += v[i].waits != NULL;
        }
        assert_int_equal(waiting, 2); /* the whole, and port 1 */
        assert_int_equal(files_in("@/states"), 3);
        if (published) {
            assert_true(exec_publish(j.x));
            exec_settle(j.x);
        }
        job_free(&j);
        assert_int_equal(files_in("@/states"), published ? 3 : 1);
    }
    run_with(&j, DROPS PORTS("a.jsonl", "c.jsonl"), o);
    assert_int_equal(passes_of(&j), 1);
    for (size_t i = 0, n = exec_states(j.x, &v); i < n; i++)
        assert_true(v[i].found && !v[i].waits);
    job_free(&j);
    no_states(NULL);
    run_with(&j, DROPS PORTS("a.jsonl", "c.jsonl"), with_states()); /* without a quarantine nothing waits */
    for (size_t i = 0, n = exec_states(j.x, &v); i < n; i++)
        assert_true(!v[i].found && !v[i].waits);
    job_free(&j);
    free(path);
}

/* ---- told beforehand ---- */

static void outline_is(const char *text, const char *want)
{
    job j;
    const exec_step *v;
    sbuf got = { 0 };
    assert_true(job_open(&j, text, with_states()));
    const size_t n = exec_outline(j.x, &v);
    for (size_t i = 0; i < n; i++)
        sbuf_printf(&got, "%u%s %s\n", v[i].pass, v[i].found ? " found" : "", v[i].text);
    assert_string_equal(sbuf_z(&got), want);
    sbuf_free(&got);
    assert_int_equal(exec_run(j.x), EXEC_OK); /* to ask changes nothing */
    job_free(&j);
}

static void test_outline(void **u)
{
    (void)u;
    outline_is(IN("a.jsonl") FIT DEDUP OUT, "1 in ─ f·fit\n2 in ─ f ─ d·fit\n3 in ─ f ─ d ─ sink.jsonl\n");
    outline_is(IN("a.jsonl") FIT DEDUP OUT, "0 found f\n0 found d\n1 in ─ f ─ d ─ sink.jsonl\n");
    no_states(NULL);
    outline_is(PORTS("a.jsonl", "b.jsonl"), "1 t ─ p·fit(target)\n2 in ─ p·fit\n3 in ─ p ─ sink.jsonl\n");
    outline_is(PORTS("c.jsonl", "b.jsonl"), "0 found p(target)\n1 in ─ p·fit\n2 in ─ p ─ sink.jsonl\n");
    outline_is("materialize: always\n" IN("a.jsonl") "  - { use: test.upper }\n" FIT
                                                     "  - { use: test.order, name: o }\n" OUT,
               "1 in ─ test.upper ─ f·fit\n1 test.upper ─ disk\n2 (kept after test.upper) ─ f ─ o\n"
               "3 (sorted by o) ─ sink.jsonl\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_found, no_states),
        cmocka_unit_test_teardown(test_names, no_states),
        cmocka_unit_test_teardown(test_two, no_states),
        cmocka_unit_test_teardown(test_fresh, no_states),
        cmocka_unit_test_teardown(test_damaged, no_states),
        cmocka_unit_test_teardown(test_failed, no_states),
        cmocka_unit_test_teardown(test_given, no_states),
        cmocka_unit_test_teardown(test_refused, no_states),
        cmocka_unit_test_teardown(test_strange, no_states),
        cmocka_unit_test_teardown(test_parts, no_states),
        cmocka_unit_test_teardown(test_waits, no_states),
        cmocka_unit_test_teardown(test_outline, no_states),
        cmocka_unit_test(test_no_folder),
    };
    return cmocka_run_group_tests(tests, make_docs, tear_down);
}
