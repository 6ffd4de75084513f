/* The graph: who reads from whom, names, the order of sources, the plan's hash. */
#include "plan_test.h"
#include <time.h>

static void sources_are(const char *text, const char *want)
{
    planned t;
    sbuf got = { 0 };
    accept(&t, text);
    for (size_t i = 0; i < t.p.n_sources; i++)
        sbuf_printf(&got, "%s%s", i ? " " : "", t.p.stages[t.p.sources[i]].name);
    assert_string_equal(sbuf_z(&got), want);
    sbuf_free(&got);
    free_plan(&t);
}

static void test_chain(void **u)
{
    (void)u;
    planned t;
    accept(&t, "stages:\n" SRC "  - { use: filter.length, min: 1 }\n" NUL);
    assert_int_equal(t.p.n_stages, 3);
    assert_int_equal(t.p.n_sources, 1);
    assert_int_equal(t.p.stages[0].n_from, 0);
    assert_int_equal(t.p.stages[0].to[0], 1);
    assert_int_equal(t.p.stages[1].from[0], 0);
    assert_int_equal(t.p.stages[2].from[0], 1);
    assert_int_equal(t.p.stages[2].n_to, 0);
    assert_string_equal(t.p.stages[1].name, "filter.length");
    assert_int_equal(t.p.stages[1].mode, MODE_DROP);
    assert_int_equal(t.p.stages[1].as_slot, PLAN_NONE);
    assert_int_equal(strlen(t.p.hash), 16);
    assert_string_equal(t.p.columns[t.p.text].name, "text");
    assert_string_equal(t.p.columns[t.p.id].name, "id");
    assert_string_equal(t.p.columns[t.p.source].name, "source");
    free_plan(&t);
}

static void test_branches(void **u)
{
    (void)u;
    planned t;
    accept(&t, "stages:\n"
               "  - { use: source.jsonl, path: x.jsonl, name: in }\n"
               "  - { use: filter.length, min: 1, name: long }\n"
               "  - { use: sink.null, name: one }\n"
               "  - { use: filter.length, max: 9, from: in }\n"
               "  - { use: sink.null, name: two }\n"
               "  - { use: sink.null, from: [filter.length], name: three }\n"
               "  - { use: sink.null, from: long, name: four }\n");
    const plan_stage *in = stage_named(&t.p, "in"), *lng = stage_named(&t.p, "long"),
                     *shrt = stage_named(&t.p, "filter.length");
    assert_int_equal(in->n_to, 2);
    assert_int_equal(in->to[0], 1);
    assert_int_equal(in->to[1], 3);
    assert_int_equal(lng->n_to, 2);
    assert_int_equal(lng->to[0], 2);
    assert_int_equal(lng->to[1], 6);
    assert_int_equal(shrt->n_to, 2); /* the name goes before the use of another */
    assert_int_equal(stage_named(&t.p, "three")->from[0], 3);
    free_plan(&t);
}

static void test_merges(void **u)
{
    (void)u;
#define ABC                                                                                                            \
    "stages:\n  - { use: source.jsonl, path: a, name: a }\n  - { use: source.jsonl, path: b, name: b }\n  - { use: "   \
    "source.jsonl, path: c, name: c }\n"
    sources_are(ABC "  - { use: sink.null, from: [a, b, c] }\n", "a b c");
    sources_are(ABC "  - { use: sink.null, from: [c, a, b] }\n", "c a b");
    sources_are(ABC "  - { use: sink.null, from: [b, a] }\n  - { use: sink.null, from: c }\n", "b a c");
    sources_are(ABC "  - { use: sink.null, from: [c, a] }\n  - { use: sink.null, from: [b, c] }\n", "b c a");
    sources_are(ABC
                "  - { use: sink.null, from: a }\n  - { use: sink.null, from: b }\n  - { use: sink.null, from: c }\n",
                "a b c");
    sources_are(ABC "  - { use: filter.length, min: 1, from: [c, b], name: m }\n  - { use: sink.null, from: [m, a] }\n",
                "c b a");
    sources_are(ABC "  - { use: filter.length, min: 1, from: [c, b], name: m }\n  - { use: sink.null, from: [a, m] }\n",
                "a c b");
    refuse(ABC "  - { use: sink.null, from: [a, b], name: s }\n  - { use: sink.null, from: [b, a, c], name: t }\n",
           "the stages that merge several inputs ask for orders that contradict each other\n");
    refuse(ABC "  - { use: sink.null, from: [a, b], name: s }\n  - { use: sink.null, from: [b, c], name: t }\n"
               "  - { use: sink.null, from: [c, a], name: u }\n",
           "the stages that merge several inputs ask for orders that contradict each other\n");
    planned t;
    accept(&t, ABC "  - { use: sink.null, from: [c, a, b], name: s }\n");
    const plan_stage *s = stage_named(&t.p, "s");
    assert_int_equal(s->n_from, 3);
    assert_int_equal(s->from[0], 2);
    assert_int_equal(s->from[1], 0);
    assert_int_equal(s->from[2], 1);
    free_plan(&t);
}

static void test_diamond(void **u)
{
    (void)u;
    refuse("stages:\n"
           "  - { use: source.jsonl, path: x, name: in }\n"
           "  - { use: filter.length, min: 5, name: long }\n"
           "  - { use: filter.length, max: 4, name: short, from: in }\n"
           "  - { use: sink.null, from: [long, short] }\n",
           "5:36+5 documents of 'in' reach 'sink.null' on two ways and would stand in it twice\n");
    refuse("stages:\n" SRC "  - { use: sink.null, from: [source.jsonl, source.jsonl] }\n",
           "3:44+12 'source.jsonl' is named twice\n");
    refuse("stages:\n  - { use: source.jsonl, path: x, name: in }\n  - { use: sink.null, from: [in, source.jsonl] }\n",
           "3:34+12 'source.jsonl' is named twice\n"); /* by name and by use */
}

/* Refused diamonds upon diamonds: two ways at each step are a million at the twentieth. */
static void test_many_diamonds(void **u)
{
    (void)u;
    planned t;
    sbuf text = { 0 };
    sbuf_puts(&text, "stages:\n  - { use: source.jsonl, path: x, name: m0 }\n");
    for (unsigned i = 1; i <= 40; i++)
        sbuf_printf(&text,
                    "  - { use: filter.length, min: 1, name: a%u, from: m%u }\n  - { use: filter.length, min: 1, name: "
                    "b%u, from: m%u }\n"
                    "  - { use: filter.length, min: 1, name: m%u, from: [a%u, b%u] }\n",
                    i, i - 1, i, i - 1, i, i, i);
    sbuf_puts(&text, "  - { use: filter.where, all: [{ column: lang, is: en }] }\n" NUL);
    make_plan(&t, text.p);
    assert_false(t.good);
    free_plan(&t);
    sbuf_free(&text);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Long files are planned in a time that a person waits for. */
static void test_large(void **u)
{
    (void)u;
    planned t;
    sbuf text = { 0 };
    double start = seconds();
    sbuf_puts(&text, "stages:\n" SRC);
    for (unsigned i = 0; i < 1900; i++)
        sbuf_puts(&text, "  - { use: filter.length, min: 1 }\n");
    sbuf_puts(&text, NUL);
    accept(&t, text.p);
    assert_string_equal(t.p.stages[1].name, "filter.length");
    assert_string_equal(t.p.stages[1900].name, "filter.length-1900");
    free_plan(&t);
    assert_true(seconds() - start < 15);

    start = seconds();
    sbuf_clear(&text);
    sbuf_puts(&text, "stages:\n");
    for (unsigned i = 0; i < 1500; i++)
        sbuf_printf(&text, "  - { use: source.jsonl, path: x%u.jsonl, name: s%u }\n", i, i);
    sbuf_puts(&text, "  - { use: sink.null, from: [");
    for (unsigned i = 0; i < 1500; i++)
        sbuf_printf(&text, "%ss%u", i ? ", " : "", 1499 - i);
    sbuf_puts(&text, "] }\n");
    accept(&t, text.p);
    assert_int_equal(t.p.n_sources, 1500);
    for (unsigned i = 0; i < 1500; i++)
        assert_int_equal(t.p.sources[i], 1499 - i);
    free_plan(&t);
    assert_true(seconds() - start < 15);
    sbuf_free(&text);
}

static void test_from_errors(void **u)
{
    (void)u;
    refuse("stages:\n" SRC "  - { use: filter.length, min: 1, name: lng }\n  - { use: sink.null, from: lnh }\n",
           "4:29+3 no stage above is called 'lnh'; did you mean 'lng'?\n");
    refuse("stages:\n" SRC "  - { use: sink.null, from: elsewhere }\n",
           "3:29+9 no stage above is called 'elsewhere'\n");
    refuse("stages:\n" SRC "  - { use: sink.null, from: later, name: one }\n  - { use: filter.length, min: 1, name: "
           "later, from: source.jsonl }\n"
           "  - { use: sink.null, name: two }\n",
           "3:29+5 'later' stands below; a stage reads from stages above it\n");
    refuse("stages:\n" SRC "  - { use: filter.length, min: 1, name: me, from: me }\n" NUL,
           "3:51+2 'me' reads from itself\n");
    refuse("stages:\n" SRC "  - { use: filter.length, min: 1, name: a }\n  - { use: filter.length, max: 9, name: b }\n"
           "  - { use: sink.null, from: filter.length }\n  - { use: sink.null, from: b }\n",
           "5:29+13 2 stages above use 'filter.length'; give them names and say which\n");
    refuse("stages:\n" SRC "  - { use: sink.null }\n  - { use: sink.null, name: x }\n",
           "4:12+9 nothing comes out of the sink 'sink.null' that 'x' would read from; say which stage with 'from'\n");
    refuse("stages:\n" SRC "  - { use: sink.null }\n  - { use: filter.length, min: 1, from: sink.null }\n" NUL,
           "4:12+13 nothing comes out of the sink 'sink.null' that 'filter.length' would read from; say which stage "
           "with 'from'\n");
    refuse("stages:\n" SRC "  - { use: source.jsonl, path: y, name: y, from: source.jsonl }\n  - { use: sink.null, "
           "from: [source.jsonl, y] }\n",
           "3:50+12 source.jsonl is a source; it reads from no stage\n");
}

/* A name that some stage above merely uses is no name of the reader itself. */
static void test_from_use(void **u)
{
    (void)u;
    planned t;
    accept(&t, "stages:\n" SRC "  - { use: filter.length, min: 1, name: first }\n  - { use: filter.length, max: 9, "
               "from: filter.length }\n" NUL);
    assert_int_equal(t.p.stages[2].n_from, 1);
    assert_int_equal(t.p.stages[2].from[0], 1);
    free_plan(&t);
}

static void test_ends(void **u)
{
    (void)u;
    refuse("stages:\n  - { use: filter.length, min: 1 }\n" NUL,
           "2:12+13 'filter.length' stands first and has nothing to read from; a pipeline begins with a source\n");
    refuse("stages:\n" NUL,
           "2:12+9 'sink.null' stands first and has nothing to read from; a pipeline begins with a source\n");
    refuse("stages:\n" SRC,
           "2:12+12 'source.jsonl' leads nowhere: no stage reads from it | a pipeline ends with a sink\n");
    refuse("stages:\n" SRC "  - { use: filter.length, min: 1 }\n",
           "3:12+13 'filter.length' leads nowhere: no stage reads from it | a pipeline ends with a sink\n");
    refuse("stages:\n" SRC "  - { use: source.jsonl, path: y, name: y }\n" NUL,
           "2:12+12 'source.jsonl' leads nowhere: no stage reads from it | a stage reads from the one before it; to "
           "read several, say 'from: "
           "[source.jsonl, \xE2\x80\xA6]'\n");
    refuse("stages:\n" SRC "  - { use: sink.jsonl, path: o.jsonl, name: a }\n  - { use: sink.jsonl, path: o.jsonl, "
           "from: source.jsonl, name: b }\n",
           "4:30+7 'a' and 'b' write to the same path\n");
}

static void test_names(void **u)
{
    (void)u;
    planned t;
    accept(&t, "stages:\n" SRC
               "  - { use: filter.length, min: 1 }\n  - { use: filter.length, min: 1, name: filter.length-2 }\n"
               "  - { use: filter.length, min: 1 }\n  - { use: filter.length, min: 1, name: mine }\n  - { use: "
               "filter.length, min: 1 }\n" NUL);
    for (size_t i = 0; i < t.p.n_stages; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(t.p.stages[i].name, t.p.stages[k].name);
    assert_string_equal(t.p.stages[1].name, "filter.length");
    assert_string_equal(t.p.stages[2].name, "filter.length-2");
    free_plan(&t);
    accept(&t, "stages:\n" SRC "  - { use: filter.length, min: 1 }\n  - { use: filter.length, min: 1 }\n  - { use: "
               "filter.length, min: 1 }\n" NUL);
    assert_string_equal(t.p.stages[2].name, "filter.length-2");
    assert_string_equal(t.p.stages[3].name, "filter.length-3");
    assert_true(plan_stage_seed(&t.p, 2) != plan_stage_seed(&t.p, 3));
    free_plan(&t);
    refuse("stages:\n" SRC
           "  - { use: filter.length, min: 1, name: x }\n  - { use: filter.length, min: 1, name: x }\n" NUL,
           "4:41+1 two stages are named 'x'\n");
    /* A name that is given goes before one that is made up, wherever it stands. */
    accept(&t, "stages:\n" SRC "  - { use: filter.length, min: 1 }\n  - { use: sink.null, name: filter.length }\n");
    assert_string_equal(t.p.stages[1].name, "filter.length-2");
    assert_string_equal(t.p.stages[2].name, "filter.length");
    free_plan(&t);
}

static void test_unknown(void **u)
{
    (void)u;
    refuse("stages:\n" SRC "  - { use: filter.lenght, min: 1 }\n" NUL,
           "3:12+13 unknown stage 'filter.lenght'; did you mean 'filter.length'?\n");
    planned t;
    make_plan(&t, "stages:\n" SRC
                  "  - { use: filter.length, min: 9, max: 1, mni: 3 }\n  - { use: sink.jsonl, path: 'a-{shrad}' }\n");
    assert_false(t.good);
    assert_true(t.d.errors >= 1);
    free_plan(&t);
    refuse("stages:\n" SRC "  - { use: filter.length, min: 9, max: 1 }\n  - { use: sample.random, keep: 4 GiB }\n" NUL,
           "3:32+1 filter.length: min (9) is above max (1)\n4:33+5 sample.random: keep takes a share "
           "such as 10%, or a number of documents such as 1000\n");
}

/* Every shape of stage that the header has is planned. */
static void test_shapes(void **u)
{
    (void)u;
    static const struct {
        const char *use;
        bool fits, sorts;
    } all[] = {
        { "fit", true, false },     { "reshape", false, false },
        { "ordered", true, false }, { "reshape }\n  - { use: test.families", false, false },
        { "order", false, true },
    };
    char text[256];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        planned t;
        snprintf(text, sizeof text, "stages:\n" SRC "  - { use: test.%s }\n" NUL, all[i].use);
        accept(&t, text);
        const plan_stage *s = &t.p.stages[t.p.n_stages - 2];
        assert_true(s->fits == all[i].fits);
        assert_true(s->sorts == all[i].sorts);
        assert_int_equal(s->n_ports, 0);
        free_plan(&t);
    }
}

#define HEAD  "name: h\nseed: 1\nstages:\n"
#define IN    "  - { use: source.jsonl, path: x }\n"
#define LEN   "  - { use: filter.length, min: 1 }\n"
#define HALF  "  - { use: sample.random, keep: 50% }\n"
#define OUT   "  - { use: sink.jsonl, path: o.jsonl }\n"
#define PLAIN HEAD IN LEN HALF OUT

static void hash_of(const char *text, char out[17])
{
    planned t;
    accept(&t, text);
    memcpy(out, t.p.hash, 17);
    free_plan(&t);
}

static void test_hash(void **u)
{
    (void)u;
    static const char *const other[] = {
        "name: g\nseed: 1\nstages:\n" IN LEN HALF OUT,
        "name: h\nseed: 2\nstages:\n" IN LEN HALF OUT,
        HEAD "  - { use: source.jsonl, path: y }\n" LEN HALF OUT,
        HEAD IN "  - { use: filter.length, min: 2 }\n" HALF OUT,
        HEAD IN LEN "  - { use: sample.random, keep: 51% }\n" OUT,
        HEAD IN HALF LEN OUT,
        HEAD IN "  - { use: filter.length, min: 1, name: n }\n" HALF OUT,
        HEAD IN "  - { use: filter.length, min: 1, mode: annotate }\n" HALF OUT,
        HEAD IN "  - { use: filter.length, min: 1, mode: annotate, as: l }\n" HALF OUT,
        HEAD IN "  - { use: filter.length, min: 1, on_reject: quarantine }\n" HALF OUT,
        HEAD IN LEN "  - { use: sample.random, keep: 50%, from: source.jsonl }\n" OUT
                    "  - { use: sink.null, from: filter.length }\n",
        HEAD IN LEN HALF "  - { use: sink.jsonl, path: o.jsonl, level: 4 }\n",
        "name: h\nseed: 1\non_error: skip_file\nstages:\n" IN LEN HALF OUT,
        "name: h\nseed: 1\nmax_errors: 5\nstages:\n" IN LEN HALF OUT,
        "name: h\nseed: 1\nmax_errors: 5%\nstages:\n" IN LEN HALF OUT,
        "name: h\nseed: 1\nmax_record_bytes: 1 MiB\nstages:\n" IN LEN HALF OUT,
        "name: h\nseed: 1\nsplit_bytes: 1 MiB\nstages:\n" IN LEN HALF OUT,
    };
    enum { N = sizeof other / sizeof *other };
    char plain[17], again[17], all[N][17];
    hash_of(PLAIN, plain);
    hash_of(PLAIN, again);
    assert_string_equal(plain, again);
    for (size_t i = 0; i < N; i++) {
        hash_of(other[i], all[i]);
        if (!strcmp(all[i], plain))
            fail_msg("variant %zu has the hash of the original", i);
        for (size_t k = 0; k < i; k++)
            if (!strcmp(all[i], all[k]))
                fail_msg("variants %zu and %zu have one hash", i, k);
    }
    /* What does not change the output: batches, words for people, the way the file is written, defaults said aloud. */
    hash_of("# a comment\n" PLAIN, again);
    assert_string_equal(plain, again);
    hash_of("batch_rows: 7\nbatch_bytes: 1 KiB\ndescription: words\n" PLAIN, again);
    assert_string_equal(plain, again);
    hash_of("vars: { least: 1 }\nname: h\nseed: 1\nstages:\n  - use: source.jsonl\n    path: [x]\n  - use: "
            "filter.length\n    unit: chars\n    min: ${least}\n"
            "  - use: sample.random\n    from: filter.length\n    keep: 0.5e2%\n  - { path: 'o.jsonl', use: "
            "sink.jsonl, level: 3 }\n",
            again);
    assert_string_equal(plain, again);
}

static void test_json(void **u)
{
    (void)u;
    planned t;
    sbuf json = { 0 };
    accept(&t, "name: j\nstages:\n" SRC
               "  - { use: filter.where, all: [{ column: lang, is: en }], mode: annotate, as: w }\n" NUL);
    plan_json(&t.p, &json);
    const plan_stage *where = stage_named(&t.p, "filter.where");
    assert_string_equal(t.p.columns[where->as_slot].name, "w");
    assert_non_null(strstr(json.p, "{\"format\":1,\"name\":\"j\",\"seed\":0,\"on_error\":\"fail\",\"max_record_bytes\":"
                                   "134217728,\"split_bytes\":8388608,"
                                   "\"max_errors\":null,"));
    assert_non_null(strstr(json.p, "\"sources\":[\"source.jsonl\"]"));
    assert_non_null(strstr(json.p, "\"mode\":\"annotate\",\"as\":\"w\",\"reads\":[\"lang\"],\"writes\":[]}"));
    assert_non_null(strstr(json.p, "\"reads\":[],\"writes\":[\"text\",\"lang\"]}"));
    sbuf_free(&json);
    free_plan(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),         cmocka_unit_test(test_branches),    cmocka_unit_test(test_merges),
        cmocka_unit_test(test_diamond),       cmocka_unit_test(test_from_errors), cmocka_unit_test(test_from_use),
        cmocka_unit_test(test_ends),          cmocka_unit_test(test_names),       cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_hash),          cmocka_unit_test(test_shapes),      cmocka_unit_test(test_json),
        cmocka_unit_test(test_many_diamonds), cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, open_plugins, close_plugins);
}
