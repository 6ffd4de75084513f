/* What a run tells: the tap of peek, the look at the first records, distributions, tables, notes. */
#include <math.h>
#include "exec_test.h"

/* ---- peek ---- */

typedef struct seen {
    sbuf text;
    unsigned left; /* rows until the tap has enough */
    bool json;
} seen;

/* One line a row: "stage ordinal fate reason value json". */
static bool tap(void *u, const exec_row *r)
{
    static const char *const fate[] = { "kept", "rejected", "annotated" };
    seen *s = u;
    sbuf_printf(&s->text, "%u %llu %s", r->stage, (unsigned long long)(r->pos & UINT32_MAX), fate[r->fate]);
    if (r->reason)
        sbuf_printf(&s->text, " %s%s %g", r->reason, r->is_error ? "!" : "", r->why.value);
    if (s->json) {
        sbuf_putc(&s->text, ' ');
        exec_row_json(r, false, &s->text);
    }
    sbuf_putc(&s->text, '\n');
    return s->left == 0 || --s->left > 0;
}

static void peek(const char *text, seen *s, const char *want)
{
    job j;
    s->text = (sbuf){ 0 };
    assert_int_equal(
        job_run(&j, text, (exec_options){ .threads = 1, .no_sinks = true, .explain = true, .tap = tap, .tap_u = s }),
        EXEC_OK);
    assert_string_equal(sbuf_z(&s->text), want);
    sbuf_free(&s->text);
    job_free(&j);
    assert_int_equal(files_in("@/out"), 0); /* sinks are not opened */
}

static void test_tap(void **u)
{
    (void)u;
    put_text("@/t.jsonl", "{\"text\":\"abcd\"}\nbad\n{\"text\":\"a\",\"x\": 1}\n{\"text\":\"abcdefgh\"}\n");
#define TAPPED                                                                                                         \
    "stages:\n  - { use: source.jsonl, path: '@/t.jsonl' }\n  - { use: test.upper }\n  - { use: filter.length, min: "  \
    "2 }\n"                                                                                                            \
    "  - { use: filter.length, max: 4, mode: annotate, as: big }\n  - { use: sink.jsonl, path: '@/out/t.jsonl' }\n"
    /* One document after the other, each through all stages. */
    peek(TAPPED, &(seen){ .json = true },
         "0 1 kept {\"text\":\"abcd\"}\n1 1 kept {\"text\":\"ABCD\"}\n2 1 kept {\"text\":\"ABCD\"}\n"
         "3 1 kept {\"text\":\"ABCD\",\"big\":null,\"big_value\":null}\n"
         "4 1 kept {\"text\":\"ABCD\",\"big\":null,\"big_value\":null}\n"
         "0 2 rejected bad_json! 16 \"bad\"\n"
         "0 3 kept {\"text\":\"a\",\"x\": 1}\n1 3 kept {\"text\":\"a\",\"x\": 1}\n"
         "2 3 rejected too_short 1 {\"text\":\"a\",\"x\": 1}\n"
         "0 4 kept {\"text\":\"abcdefgh\"}\n1 4 kept {\"text\":\"ABCDEFGH\"}\n2 4 kept {\"text\":\"ABCDEFGH\"}\n"
         "3 4 annotated too_long 8 {\"text\":\"ABCDEFGH\",\"big\":\"too_long\",\"big_value\":8}\n"
         "4 4 kept {\"text\":\"ABCDEFGH\",\"big\":\"too_long\",\"big_value\":8}\n");
    peek(TAPPED, &(seen){ .left = 8 },
         "0 1 kept\n1 1 kept\n2 1 kept\n3 1 kept\n4 1 kept\n0 2 rejected bad_json! 16\n0 3 kept\n1 3 kept\n");
    peek(TAPPED, &(seen){ .left = 2 }, "0 1 kept\n1 1 kept\n");
    peek("batch_rows: 100\n" TAPPED, &(seen){ .left = 6 },
         "0 1 kept\n1 1 kept\n2 1 kept\n3 1 kept\n4 1 kept\n0 2 rejected bad_json! 16\n");
}

static bool tap_column(void *u, const exec_row *r)
{
    sbuf *s = u;
    if (r->stage != 2)
        return true;
    static const char *const names[] = { "n", "w_hidden", "w_vec", "text", "nothing" };
    for (size_t i = 0; i < 5; i++) {
        exec_row_column(r, names[i], s);
        sbuf_putc(s, ' ');
    }
    exec_row_json(r, true, s);
    sbuf_putc(s, '\n');
    return true;
}

static void test_tap_columns(void **u)
{
    (void)u;
    job j;
    sbuf s = { 0 };
    put_text("@/tc.jsonl", "{\"text\":\"ab\",\"n\":5}\n");
    assert_int_equal(
        job_run(&j,
                "stages:\n  - { use: source.jsonl, path: '@/tc.jsonl' }\n  - { use: test.contract, number: n, explain: "
                "true }\n"
                "  - { use: test.write }\n  - { use: sink.null }\n",
                (exec_options){ .threads = 1, .no_sinks = true, .explain = true, .tap = tap_column, .tap_u = &s }),
        EXEC_OK);
    assert_non_null(strstr(s.p, "5 2 [2,3,4] \"ab\"  {\"text\":\"ab\",\"n\":5,\"w_bool\":false,"));
    assert_non_null(strstr(s.p, ",\"w_hidden\":2"));
    sbuf_free(&s);
    job_free(&j);
}

/* ---- the look before the run ---- */

static void probes(const char *text, const char *want)
{
    job j;
    sbuf s = { 0 };
    assert_int_equal(job_open(&j, text, (exec_options){ .threads = 2, .probe = true }), !*want);
    job_show(&j, &s);
    assert_string_equal(sbuf_z(&s), want);
    sbuf_free(&s);
    job_free(&j);
}

static void test_probe(void **u)
{
    (void)u;
    put_docs("@/p.jsonl", 0, 20);
    put_text("@/p2.jsonl", "{\"text\":\"a\",\"metadata\":{\"url\":\"u\"}}\nbad\n{\"text\":\"b\",\"other\":null}\n");
    put_text("@/p3.jsonl", "");
    put_text("@/p4.jsonl", "bad\nbad\n");
    run_to("stages:\n  - { use: source.jsonl, path: '@/p.jsonl' }\n  - { use: sink.jsonl, path: '@/p5.jsonl.gz' }\n",
           1);
#define LOOK(file, column)                                                                                             \
    "stages:\n  - { use: source.jsonl, path: '@/" file "' }\n  - { use: filter.where, all: [{ column: " column         \
    ", is: x }] }\n  - { use: sink.null }\n"
    probes(LOOK("p.jsonl", "lang"), "");
    probes(LOOK("p.jsonl", "text"), "");
    probes(LOOK("p.jsonl", "source"), "");
    probes(LOOK("p2.jsonl", "id"), ""); /* every document has one, be it null */
    probes(LOOK("p2.jsonl", "metadata.url"), "");
    probes(LOOK("p3.jsonl", "lang"), ""); /* nothing to be learned */
    probes(LOOK("p4.jsonl", "lang"), "");
    probes(LOOK("p5.jsonl.gz", "lang"), "");
    probes(LOOK("p.jsonl", "lnag"), "filter.where reads the column 'lnag', which none of the first 20 records of "
                                    "source.jsonl has; did you mean 'lang'? | columns there: id, text, n, "
                                    "lang. If later records have it, list it under 'columns' of the source\n");
    probes(LOOK("p5.jsonl.gz", "url"), "filter.where reads the column 'url', which none of the first 20 records of "
                                       "source.jsonl has | columns there: id, text, n, lang. If later records "
                                       "have it, list it under 'columns' of the source\n");
    probes(LOOK("p2.jsonl", "metadata.uri"), "filter.where reads the column 'metadata.uri', which none of the first 2 "
                                             "records of source.jsonl has | columns there: text, metadata, other. If "
                                             "later records have it, list it under 'columns' of the source\n");
    probes("stages:\n  - { use: source.jsonl, path: '@/p.jsonl', columns: [url] }\n  - { use: filter.where, all: [{ "
           "column: url, is: x }] }\n  - { use: "
           "sink.null }\n",
           "");
    probes("stages:\n  - { use: source.jsonl, path: '@/p.jsonl', name: a }\n  - { use: source.jsonl, path: "
           "'@/p2.jsonl', name: b }\n"
           "  - { use: filter.where, all: [{ column: lang, is: x }], from: [a, b] }\n  - { use: sink.null }\n",
           "filter.where reads the column 'lang', which none of the first 2 records of b has | columns there: text, "
           "metadata, other. If later records have it, "
           "list it under 'columns' of the source\n");
}

/* Each mistake is told, whatever else is wrong; a source that is not sound is not looked at. */
static void test_probe_beside_mistakes(void **u)
{
    (void)u;
    static const char missing[] =
        "filter.where reads the column 'lnag', which none of the first 20 records of a has; did "
        "you mean 'lang'? | columns there: id, text, n, lang. If later records have it, list "
        "it under 'columns' of the source\n";
    char want[600];
    put_docs("@/pm.jsonl", 0, 20);
#define SLIP                                                                                                           \
    "stages:\n  - { use: source.jsonl, path: '@/pm.jsonl', name: a }\n  - { use: filter.where, all: [{ column: "       \
    "lnag, is: x }] }\n"
    snprintf(want, sizeof want, "cannot open no.state: No such file or directory\n%s", missing);
    probes(SLIP "  - { use: dedup.exact, index: { state: no.state } }\n  - { use: sink.null }\n", want);
    snprintf(want, sizeof want, "unknown stage 'no.such' | 'sluice inspect' lists the stages there are\n%s", missing);
    probes(SLIP "  - { use: no.such }\n  - { use: sink.null }\n", want);
    snprintf(want, sizeof want,
             "min = -1 is outside 0..inf\ndocuments of 'a' reach 'filter.length' on two ways and "
             "would stand in it twice\n%s",
             missing);
    probes(SLIP "  - { use: filter.length, min: -1, from: [a, filter.where] }\n  - { use: sink.null }\n", want);
    probes(
        "stages:\n  - { use: source.jsonl, path: '@/pm.jsonl', nmae: a }\n"
        "  - { use: filter.where, all: [{ column: lnag, is: x }] }\n  - { use: sink.null, from: [] }\n",
        "source.jsonl has no option 'nmae'; did you mean 'name'? | options: path, text, id, key, columns, use, from, "
        "name, mode, as, on_reject\n");
}

/* The look must leave no trace in the counts. */
static void test_probe_counts(void **u)
{
    (void)u;
    put_text("@/pc.jsonl", "{\"text\":\"abc\",\"lang\":\"x\"}\n{\"lang\":\"x\"}\n{\"text\":\"\",\"lang\":\"x\"}\n");
    for (unsigned threads = 1; threads <= 2; threads++) {
        job j;
        run_good(&j,
                 "batch_rows: 2\nstages:\n  - { use: test.lines, path: '@/pc.jsonl' }\n  - { use: filter.where, all: "
                 "[{ column: lang, is: x }] }\n"
                 "  - { use: sink.null }\n",
                 threads);
        assert_int_equal(counts(&j, "test.lines")->in, 3);
        assert_int_equal(metric(&j, "test.lines", "bad")->n, 1);
        const exec_metric *m = metric(&j, "test.lines", "length");
        assert_int_equal(m->n, 3);
        const double middle = histogram_quantile(m->values, 0.5);
        assert_true(histogram_min(m->values) == 12 && histogram_max(m->values) == 25);
        assert_true(middle >= 21.5 && middle <= 22.6); /* 22: with the look's two counted too it would be 12 */
        assert_int_equal(counts(&j, "sink.null")->in, 2);
        job_free(&j);
    }
}

/* ---- what is measured ---- */

static void test_metrics(void **u)
{
    (void)u;
    put_docs("@/o.jsonl", 1, 1000);
    double mean = 0;
    for (unsigned t = 1; t <= 4; t++) {
        job j;
        run_good(&j,
                 "batch_rows: 20\nsplit_bytes: 2000\nstages:\n  - { use: source.jsonl, path: '@/o.jsonl' }\n  - { use: "
                 "test.observe }\n  - { use: test.report }\n"
                 "  - { use: sink.null }\n",
                 t);
        const exec_metric *m = metric(&j, "test.observe", "length");
        assert_int_equal(m->kind, SL_M_VALUE);
        assert_int_equal(m->n, 999);
        assert_true(histogram_min(m->values) == 0 && histogram_max(m->values) == 36);
        assert_true(fabs(histogram_quantile(m->values, 0.5) - 18) <= 18 * 0.03 &&
                    fabs(histogram_quantile(m->values, 0.95) - 35) <= 35 * 0.03 &&
                    fabs(histogram_mean(m->values) - 18) <= 18 * 0.02);
        if (t == 1)
            mean = histogram_mean(m->values);
        assert_true(histogram_mean(m->values) == mean); /* to the last bit */
        assert_int_equal(metric(&j, "test.observe", "rows")->n, 999);
        m = metric(&j, "test.observe", "nothing");
        assert_int_equal(m->n, 0);
        assert_null(m->values);
        const exec_stage *r = counts(&j, "test.report");
        assert_int_equal(r->n_tables, 2);
        assert_string_equal(r->tables[0].title, "totals");
        assert_string_equal(r->tables[0].rows, "[{\"rows\":999}]");
        assert_string_equal(r->tables[1].title, "nothing");
        assert_string_equal(r->tables[1].rows, "[]");
        assert_int_equal(counts(&j, "test.observe")->n_tables, 0);
        job_free(&j);
    }
}

static void test_open_errors(void **u)
{
    (void)u;
    job j;
    put_docs("@/e.jsonl", 0, 3);
    assert_false(job_open(&j,
                          "stages:\n  - { use: source.jsonl, path: ['@/gone.jsonl', '@/e.jsonl'], name: a }\n  - { "
                          "use: source.jsonl, path: '@/no/*.jsonl', name: b }\n"
                          "  - { use: sink.jsonl, path: '@/e.jsonl/x.jsonl', from: [a, b] }\n",
                          (exec_options){ .threads = 2 }));
    assert_int_equal(j.d.errors, 3); /* all at once */
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(j.d.v[i].at.line, i + 2);
    assert_non_null(strstr(j.d.v[0].text, "gone.jsonl"));
    assert_non_null(strstr(j.d.v[1].text, "*.jsonl"));
    assert_non_null(strstr(j.d.v[2].text, "e.jsonl"));
    job_free(&j);
    /* The same file twice is read once, and said. */
    run_good(&j, "stages:\n  - { use: source.jsonl, path: ['@/e.jsonl', '@/e*.jsonl'] }\n  - { use: sink.null }\n", 1);
    const exec_file *f;
    assert_int_equal(exec_files(j.x, &f), 1);
    assert_int_equal(counts(&j, "source.jsonl")->in, 3);
    assert_non_null(strstr(exec_notes(j.x), "e.jsonl"));
    job_free(&j);
}

/* A list longer than any table inside: every name in it counts. */
static void test_many_drops(void **u)
{
    (void)u;
    sbuf pipe = { 0 };
    put_text("@/md.jsonl", "{\"text\":\"a\",\"f0\":1,\"f899\":2,\"kept\":3}\n");
    sbuf_puts(&pipe, "stages:\n  - { use: source.jsonl, path: '@/md.jsonl' }\n  - { use: sink.jsonl, path: "
                     "'@/md-out.jsonl', drop: [");
    for (unsigned i = 0; i < 900; i++)
        sbuf_printf(&pipe, "%sf%u", i ? ", " : "", i);
    sbuf_puts(&pipe, "] }\n");
    job j;
    if (job_open(&j, pipe.p, (exec_options){ .threads = 1 })) { /* or refused, but never half done */
        assert_int_equal(exec_run(j.x), EXEC_OK);
        assert_true(exec_publish(j.x));
        file_is("@/md-out.jsonl", "{\"text\":\"a\",\"kept\":3}\n");
    }
    job_free(&j);
    sbuf_free(&pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tap),          cmocka_unit_test(test_tap_columns),
        cmocka_unit_test(test_probe),        cmocka_unit_test(test_probe_beside_mistakes),
        cmocka_unit_test(test_probe_counts), cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_open_errors),  cmocka_unit_test(test_many_drops),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
