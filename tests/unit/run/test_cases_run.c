/* Tests of pipeline files: bound to stages, run over their own documents, compared. ctest runs in the build folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "run/cases.h"

static registry *plugins;

static int open_plugins(void **u)
{
    (void)u;
    plugins = registry_new("lib/sluice/test-plugins", "lib/sluice/plugins");
    return plugins ? 0 : -1;
}

static int close_plugins(void **u)
{
    (void)u;
    registry_free(plugins);
    return 0;
}

typedef struct job {
    pipeline file;
    plan plan;
    diags d;
    bool good;
} job;

/* head and stages, then one or more cases in flow style. */
static void make(job *j, const char *stages, const char *cases)
{
    sbuf text = { 0 };
    sbuf_printf(&text, "stages:\n%stests:\n%s", stages, cases);
    diags_init(&j->d);
    j->good = pipeline_parse(&j->file, &j->d, "p.yaml", sbuf_z(&text), text.n, NULL, 0);
    j->good &= plan_make(&j->plan, &j->d, &j->file, plugins);
    j->good &= cases_check(&j->d, &j->plan, plugins);
    sbuf_free(&text);
}

static void unmake(job *j)
{
    plan_free(&j->plan);
    pipeline_free(&j->file);
    diags_free(&j->d);
}

static void show_diags(const diags *d, sbuf *out)
{
    for (size_t i = 0; i < d->n; i++)
        sbuf_printf(out, "%u:%u+%u %s%s%s\n", d->v[i].at.line, d->v[i].at.col, d->v[i].at.len, d->v[i].text,
                    d->v[i].hint ? " | " : "", d->v[i].hint ? d->v[i].hint : "");
}

static void refused(const char *stages, const char *cases, const char *want)
{
    job j;
    sbuf got = { 0 };
    make(&j, stages, cases);
    assert_false(j.good);
    show_diags(&j.d, &got);
    assert_string_equal(sbuf_z(&got), want);
    sbuf_free(&got);
    unmake(&j);
}

/* "ok where | documents that came | reason expected/came …| problem" of the first case */
static void ends(const char *stages, const char *the_case, const char *want)
{
    job j;
    case_result r;
    sbuf got = { 0 };
    make(&j, stages, the_case);
    if (!j.good) {
        show_diags(&j.d, &got);
        fail_msg("%s", sbuf_z(&got));
    }
    char hash[17];
    memcpy(hash, j.plan.hash, sizeof hash);
    case_run(&j.plan, plugins, &j.file.cases[0], NULL, &r);
    sbuf_printf(&got, "%s %s |", r.ok ? "ok" : "not", r.where);
    for (size_t i = 0; i < r.n_came; i++)
        sbuf_printf(&got, " %.*s", (int)r.came[i].raw_n, r.came[i].raw);
    sbuf_puts(&got, " |");
    for (size_t i = 0; i < r.n_tallies; i++)
        sbuf_printf(&got, " %s %llu/%llu%s", r.tallies[i].reason, (unsigned long long)r.tallies[i].expected,
                    (unsigned long long)r.tallies[i].came, r.tallies[i].wrong ? "!" : "");
    if (r.problem)
        sbuf_printf(&got, " | %s", r.problem);
    assert_string_equal(sbuf_z(&got), want);
    sbuf_free(&got);
    case_result_free(&r);
    unmake(&j);
    make(&j, stages, ""); /* no part of the plan */
    assert_string_equal(j.plan.hash, hash);
    unmake(&j);
}

#define LINE                                                                                                           \
    "  - { use: source.jsonl, path: nowhere.jsonl }\n"                                                                 \
    "  - { use: filter.length, min: 3 }\n"                                                                             \
    "  - { use: test.upper, all: true }\n"                                                                             \
    "  - { use: sink.null }\n"

/* Two sources, a merge, a branch with two sinks; two stages of one use. */
#define GRAPH                                                                                                          \
    "  - { use: source.jsonl, name: a, path: a.jsonl, text: body }\n"                                                  \
    "  - { use: test.upper, name: up }\n"                                                                              \
    "  - { use: source.jsonl, name: b, path: b.jsonl }\n"                                                              \
    "  - { use: filter.length, from: [up, b], min: 3 }\n"                                                              \
    "  - { use: sink.null, name: all }\n"                                                                              \
    "  - { use: filter.length, from: filter.length, max: 5 }\n"                                                        \
    "  - { use: sink.null, name: short }\n"

/* ---- ranges ---- */

static void one_stage(void **state)
{
    (void)state;
    ends(LINE, "  - { at: filter.length, in: [ { text: ab }, { text: abc } ], out: [ { text: abc } ] }\n",
         "ok filter.length | {\"text\":\"abc\"} | too_short 0/1");
    ends(LINE, "  - { at: filter.length, options: { min: ~, max: 2 }, in: [ { text: ab }, { text: abc } ], out: 1 }\n",
         "ok filter.length | {\"text\":\"ab\"} | too_long 0/1");
    ends(LINE, "  - { at: filter.length, options: { mode: annotate }, in: [ { text: ab } ], rejects: {} }\n",
         "ok filter.length | {\"text\":\"ab\",\"length\":\"too_short\",\"length_value\":2} |");
    ends(LINE, "  - { at: test.upper, in: [ { text: ab, x: [1] } ], out: [ { x: [1.0], text: AB } ] }\n",
         "ok test.upper | {\"text\":\"AB\",\"x\":[1]} |");
    ends(GRAPH, "  - { at: filter.length-2, in: [ { text: ab }, { text: abcdefg } ], out: 1 }\n",
         "ok filter.length-2 | {\"text\":\"ab\"} | too_long 0/1");
    ends(LINE, "  - { at: test.upper, in: [], out: [] }\n", "ok test.upper | |");
}

static void whole(void **state)
{
    (void)state;
    ends(LINE, "  - { in: [ { text: ab }, { text: abc } ], out: [ { text: ABC } ], rejects: { too_short: 1 } }\n",
         "ok p | {\"text\":\"ABC\"} | too_short 1/1");
    ends(LINE, "  - { to: filter.length, in: [ { text: abc } ], out: 1 }\n",
         "ok source.jsonl to filter.length | {\"text\":\"abc\"} |");
    ends(LINE, "  - { from: test.upper, in: [ { text: ab } ], out: 1 }\n",
         "ok test.upper to sink.null | {\"text\":\"AB\"} |");
}

static void ranges(void **state)
{
    (void)state;
    /* a source's own options count; what merges from elsewhere is not there */
    ends(GRAPH, "  - { from: a, to: all, in: [ { body: abcd }, { body: ab } ], out: [ { body: ABCD } ] }\n",
         "ok a to all | {\"body\":\"ABCD\"} | too_short 0/1");
    ends(GRAPH, "  - { from: b, to: short, in: [ { text: abcd }, { text: abcdef }, { text: x } ], out: 1 }\n",
         "ok b to short | {\"text\":\"abcd\"} | too_short 0/1 too_long 0/1");
    ends(GRAPH, "  - { from: up, to: up, in: [ { text: ab } ], out: 1 }\n", "ok up to up | {\"text\":\"AB\"} |");
    ends(GRAPH, "  - { from: up, to: filter.length-2, in: [ { text: abcd } ], out: 1 }\n",
         "ok up to filter.length-2 | {\"text\":\"ABCD\"} |");
    ends("  - { use: source.jsonl, path: x }\n  - { use: sink.null }\n", "  - { in: [ { text: x } ], out: 1 }\n",
         "ok p | {\"text\":\"x\"} |");
}

/* ---- verdicts ---- */

static void wrong(void **state)
{
    (void)state;
    ends(LINE, "  - { at: filter.length, in: [ { text: ab } ], out: 1 }\n", "not filter.length | | too_short 0/1");
    ends(LINE, "  - { at: filter.length, in: [ { text: ab } ], rejects: {} }\n",
         "not filter.length | | too_short 0/1!");
    ends(LINE, "  - { at: filter.length, in: [ { text: ab } ], rejects: { too_long: 1, too_short: 1 } }\n",
         "not filter.length | | too_long 1/0! too_short 1/1");
    ends(LINE, "  - { at: test.upper, in: [ { text: ab }, { text: cd } ], out: [ { text: CD }, { text: AB } ] }\n",
         "not test.upper | {\"text\":\"AB\"} {\"text\":\"CD\"} |");
    ends(LINE,
         "  - { at: test.upper, in: [ { text: ab }, { text: cd } ], out: [ { text: CD }, { text: AB } ], unordered: on "
         "}\n",
         "ok test.upper | {\"text\":\"AB\"} {\"text\":\"CD\"} |");
    ends(LINE, "  - { at: test.upper, in: [ { text: ab } ], out: [ { text: AB, x: 1 } ] }\n",
         "not test.upper | {\"text\":\"AB\"} |");
}

/* What the source of the documents refuses has not been tested, so it must be expected. */
static void refused_documents(void **state)
{
    (void)state;
    ends(LINE, "  - { at: filter.length, in: [ { x: 1 } ], out: 0 }\n", "not filter.length | | no_text 0/1!");
    ends(LINE, "  - { at: filter.length, in: [ { x: 1 } ], rejects: { no_text: 1 } }\n",
         "ok filter.length | | no_text 1/1");
}

static void problems(void **state)
{
    (void)state;
#define FAILS(options)                                                                                                 \
    "  - { use: source.jsonl, path: x }\n  - { use: test.fail, " options " }\n  - { use: sink.null }\n"
    ends(FAILS("in: open, code: io"), "  - { at: test.fail, in: [ { text: x } ], out: 1 }\n",
         "not test.fail | | | test.fail: failed in open, split 0");
    ends(FAILS("in: process, code: internal"), "  - { at: test.fail, in: [ { text: x } ], out: 1 }\n",
         "not test.fail | | | failed in process, split 1");
}

static void cancelled(void **state)
{
    (void)state;
    job j;
    case_result r;
    atomic_int cancel = 1;
    make(&j, LINE, "  - { in: [ { text: abc } ], out: 1 }\n");
    assert_true(j.good);
    case_run(&j.plan, plugins, &j.file.cases[0], &cancel, &r);
    assert_true(r.cancelled && !r.ok);
    assert_string_equal(r.problem, "stopped");
    case_result_free(&r);
    unmake(&j);
}

/* ---- mistakes ---- */

static void bad_stages(void **state)
{
    (void)state;
    refused(LINE, "  - { at: filter.lenght, in: [], out: 1 }\n",
            "7:11+13 the pipeline has no stage 'filter.lenght'; did you mean 'filter.length'? | stages here: "
            "source.jsonl, filter.length, test.upper, sink.null\n");
    refused(LINE, "  - { at: source.jsonl, in: [], out: 1 }\n  - { at: sink.null, in: [], out: 1 }\n",
            "7:11+12 'source.jsonl' is a source, and documents come in below it: say from, not at\n"
            "8:11+9 'sink.null' is a sink, and nothing comes out of it: say to, not at\n");
    refused(LINE, "  - { from: sink.null, to: source.jsonl, in: [], out: 1 }\n",
            "7:13+9 'sink.null' is a sink: no document comes out of it\n"
            "7:28+12 'source.jsonl' is a source: no document comes to it\n");
    refused(LINE, "  - { from: test.upper, to: filter.length, in: [], out: 1 }\n",
            "7:29+13 no way leads from 'test.upper' to 'filter.length'\n");
    refused(GRAPH, "  - { in: [], out: 1 }\n",
            "10:5+18 the pipeline has 2 sources: say with 'from' which one the documents are of | from: one of a, b\n");
    refused(GRAPH, "  - { from: b, in: [], out: 1 }\n",
            "10:5+27 documents come to 2 sinks: say with 'to' which one is looked at | to: one of all, short\n");
    refused("  - { use: source.jsonl, path: x }\n  - { use: filter.length, name: one, min: 1 }\n"
            "  - { use: filter.length, name: two, min: 1 }\n  - { use: sink.null }\n",
            "  - { at: filter.length, in: [], out: 1 }\n",
            "7:11+13 several stages use 'filter.length' | give them names and say which\n");
}

static void bad_details(void **state)
{
    (void)state;
    refused(LINE, "  - { at: filter.length, in: [], rejects: { too_shrt: 1, first: 1 } }\n",
            "7:45+8 no stage of this test has the reason 'too_shrt'; did you mean 'too_short'? | reasons here: "
            "too_short, too_long\n"
            "7:58+5 no stage of this test has the reason 'first' | reasons here: too_short, too_long\n");
    refused(LINE, "  - { at: test.upper, in: [], rejects: { too_short: 1 } }\n",
            "7:42+9 no stage of this test has the reason 'too_short' | nothing is dropped here\n");
    refused(LINE, "  - { at: filter.length, options: { mim: 3, unit: bits }, in: [], out: 1 }\n",
            "7:37+3 filter.length has no option 'mim'; did you mean 'min'? | options: min, max, unit, use, from, name, "
            "mode, as, on_reject\n"
            "7:51+4 unit = bits is no choice | one of: chars, bytes, words\n");
    refused(LINE, "  - { at: filter.length, ports: { index: [] }, in: [], out: 1 }\n",
            "7:35+5 no stage of this test has the port 'index' | there are no ports here\n");
}

/* Mistakes of the pipeline itself: those of its tests that would be guesses are not told, names are. */
static void bad_pipeline(void **state)
{
    (void)state;
    refused("  - { use: source.jsonl, path: x }\n  - { use: filter.length, mim: 3 }\n  - { use: sink.null }\n",
            "  - { at: filter.lenght, in: [], out: 1 }\n  - { at: filter.length, in: [], rejects: { x: 1 } }\n",
            "3:27+3 filter.length has no option 'mim'; did you mean 'min'? | options: min, max, unit, use, from, name, "
            "mode, as, on_reject\n"
            "6:11+13 the pipeline has no stage 'filter.lenght'; did you mean 'filter.length'? | stages here: "
            "source.jsonl, filter.length, sink.null\n"
            "7:45+1 no stage of this test has the reason 'x' | reasons here: too_short, too_long\n");
    /* What a stage that is not known would have is not told, nor what such a graph leads to. */
    refused("  - { use: source.jsonl, path: x }\n  - { use: filter.lenght, name: x }\n  - { use: sink.null }\n",
            "  - { at: x, in: [], rejects: { x: 1 } }\n  - { at: filter.length, in: [], out: 1 }\n"
            "  - { in: [], rejects: { x: 1 } }\n",
            "3:12+13 unknown stage 'filter.lenght'; did you mean 'filter.length'?\n"
            "7:11+13 the pipeline has no stage 'filter.length' | stages here: source.jsonl, x, sink.null\n");
}

/* ---- the diff ---- */

/* Documents are the letters of a text: " =a -b +c" */
static void differ(const char *a, const char *b, bool unordered, bool same, bool reordered, const char *want)
{
    arena mem;
    json_tree x[64], y[64];
    case_line *v;
    size_t n;
    bool moved;
    sbuf got = { 0 };
    arena_init(&mem, 0);
    for (const char *p = a; *p; p++)
        assert_int_equal(json_tree_parse(&mem, arena_printf(&mem, "\"%c\"", *p), 3, &x[p - a]), JSON_OK);
    for (const char *p = b; *p; p++)
        assert_int_equal(json_tree_parse(&mem, arena_printf(&mem, "\"%c\"", *p), 3, &y[p - b]), JSON_OK);
    assert_true(case_compare(&mem, x, strlen(a), y, strlen(b), unordered, &v, &n, &moved) == same);
    assert_true(moved == reordered);
    for (size_t i = 0; i < n; i++) {
        sbuf_printf(&got, "%c%s", "=-+"[v[i].kind], v[i].doc->text);
        assert_ptr_equal(v[i].doc, v[i].kind == LINE_EXTRA ? &y[v[i].nth - 1] : &x[v[i].nth - 1]);
    }
    assert_string_equal(sbuf_z(&got), want);
    sbuf_free(&got);
    arena_free(&mem);
}

static void diffs(void **state)
{
    (void)state;
    differ("", "", false, true, false, "");
    differ("abc", "abc", false, true, false, "=a=b=c");
    differ("abc", "", false, false, false, "-a-b-c");
    differ("", "ab", false, false, false, "+a+b");
    differ("abc", "ac", false, false, false, "=a-b=c");
    differ("ac", "abc", false, false, false, "=a+b=c");
    differ("abcd", "axcyd", false, false, false, "=a-b+x=c+y=d");
    differ("aab", "ab", false, false, false, "=a-a=b");
    differ("ab", "ba", false, false, true, "-a=b+a");
    differ("ab", "ba", true, true, false, "=a=b");
    differ("aab", "aba", true, true, false, "=a=a=b");
    differ("aab", "abb", true, false, false, "=a-a=b+b");
    differ("aab", "abb", false, false, false, "=a-a+b=b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_stage),
        cmocka_unit_test(whole),
        cmocka_unit_test(ranges),
        cmocka_unit_test(wrong),
        cmocka_unit_test(problems),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(refused_documents),
        cmocka_unit_test(diffs),
        cmocka_unit_test(bad_stages),
        cmocka_unit_test(bad_details),
        cmocka_unit_test(bad_pipeline),
    };
    return cmocka_run_group_tests(tests, open_plugins, close_plugins);
}
