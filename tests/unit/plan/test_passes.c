/* Which sweeps over the data a plan needs. See passes_test.h for how a pass is written down. */
#include "passes_test.h"

#define HEAD      "stages:\n  - { use: source.jsonl, name: a, path: a.jsonl }\n"
#define NEVER     "materialize: never\n" HEAD
#define ALWAYS    "materialize: always\n" HEAD
#define B         "  - { use: source.jsonl, name: b, path: b.jsonl }\n"
#define LEN       "  - { use: filter.length, name: len, min: 1 }\n"
#define FIT(name) "  - { use: test.fit, name: " name " }\n"
#define OUT       "  - { use: sink.null, name: out }\n"

static void test_none(void **u)
{
    (void)u;
    expect_passes(HEAD LEN OUT, "(a)! len! out! end\n");
    expect_passes(ALWAYS LEN OUT, "(a)! len! out! end\n"); /* nothing is read twice */
    expect_passes(HEAD "  - { use: test.fit, fits: false }\n" OUT, "(a)! test.fit! out! end\n");
    expect_passes(HEAD LEN "  - { use: sink.null, name: o1 }\n  - { use: sink.null, name: o2, from: len }\n",
                  "(a)! len! o1! o2! end\n");
}

static void test_fits(void **u)
{
    (void)u;
    expect_passes(NEVER FIT("f") OUT, "(a) f?\n(a)! f! out! end\n");
    expect_passes(NEVER LEN FIT("f") FIT("g") OUT, "(a) len f?\n(a) len f g?\n(a)! len! f! g! out! end\n");
    /* Cheap stages are run again, many of them are not. */
    expect_passes(HEAD LEN FIT("f") OUT, "(a) len f?\n(a)! len! f! out! end\n");
    expect_passes(ALWAYS LEN FIT("f") FIT("g") OUT, "(a)! len!>kept f?\n(len)! f!>kept g?\n(f)! g! out! end\n");
    expect_passes(HEAD LEN "  - { use: test.upper }\n  - { use: test.spans }\n" FIT("f") FIT("g") OUT,
                  "(a) len test.upper test.spans f?\n(a)! len! test.upper! test.spans! f!>kept g?\n(f)! g! out! end\n");
}

/* Fits that do not need each other look in one sweep, wherever they stand. */
static void test_shared(void **u)
{
    (void)u;
    expect_passes(NEVER LEN FIT("f") "  - { use: sink.null, name: o1 }\n  - { use: test.fit, name: g, from: len }\n"
                                     "  - { use: sink.null, name: o2 }\n",
                  "(a) len f? g?\n(a)! len! f! o1! g! o2! end\n");
    expect_passes(NEVER FIT("f") "  - { use: sink.null, name: o1 }\n" B FIT("g") FIT("h") OUT,
                  "(a) f? (b) g?\n(b) g h?\n(a)! f! o1! (b)! g! h! out! end\n");
    /* One that merges must wait for what it merges. */
    expect_passes(NEVER FIT("f") B FIT("g") "  - { use: test.fit, name: h, from: [f, b] }\n" OUT
                                            "  - { use: sink.null, name: o2, from: g }\n",
                  "(a) f? (b) g?\n(a) f (b) h?\n(a)! f! (b)! g! h! out! o2! end\n");
}

static void test_rounds(void **u)
{
    (void)u;
    passes v;
    passes_open(&v, NEVER LEN FIT("f") FIT("g") OUT, NULL);
    v.rounds[number_of(&v.t.p, "f")] = 2;
    passes_run(&v);
    passes_sound(&v);
    assert_string_equal(v.text.p, "(a) len f?\n(a) len f?\n(a) len f?\n(a) len f g?\n(a)! len! f! g! out! end\n");
    passes_close(&v);
    /* What is kept is kept once, whatever rounds come. */
    passes_open(&v, ALWAYS LEN FIT("f") OUT, NULL);
    v.rounds[number_of(&v.t.p, "f")] = 2;
    passes_run(&v);
    passes_sound(&v);
    assert_string_equal(v.text.p, "(a)! len!>kept f?\n(len) f?\n(len) f?\n(len)! f! out! end\n");
    passes_close(&v);
    /* Of two that shared the first sweep one looks again. */
    passes_open(&v, NEVER FIT("f") "  - { use: sink.null }\n  - { use: test.fit, name: g, from: a }\n" OUT, NULL);
    v.rounds[number_of(&v.t.p, "g")] = 1;
    passes_run(&v);
    passes_sound(&v);
    assert_string_equal(v.text.p, "(a) f? g?\n(a) g?\n(a)! f! sink.null! g! out! end\n");
    passes_close(&v);
}

#define PORTS(name, more) "  - { use: test.ports, name: " name ", target: { use: source.jsonl, path: t }" more " }\n"

static void test_ports(void **u)
{
    (void)u;
    expect_passes(NEVER PORTS("p", "") OUT, "(target:source.jsonl)! p?target\n(a) p?\n(a)! p! out! end\n");
    expect_passes(NEVER PORTS("p", ", other: { use: source.jsonl, path: o }") OUT,
                  "(target:source.jsonl)! p?target\n(other:source.jsonl)! p?other\n(a) p?\n(a)! p! out! end\n");
    /* Ports of several stages share a sweep, also of those far below, and go before the main stream. */
    expect_passes(NEVER FIT("f") PORTS("p", "") PORTS("q", "") OUT,
                  "(target:source.jsonl)! p?target (target:source.jsonl-2)! q?target\n"
                  "(a) f?\n(a) f p?\n(a) f p q?\n(a)! f! p! q! out! end\n");
    /* Who looks at ports only needs no sweep over the main stream. */
    expect_passes(NEVER "  - { use: test.ports_only, name: p, target: { use: source.jsonl, path: t } }\n" FIT("f") OUT,
                  "(target:source.jsonl)! p?target\n(a) p f?\n(a)! p! f! out! end\n");
    /* Without a fit its ports are not read either. */
    passes v;
    passes_open(&v, NEVER "  - { use: test.ports, name: p, fits: false, target: { use: source.jsonl, path: t } }\n" OUT,
                NULL);
    passes_run(&v);
    assert_string_equal(v.text.p, "(a)! p! out! end\n");
    passes_close(&v);
}

static void test_nested(void **u)
{
    (void)u;
    /* A fit in a port's chain: it can share with the main stream, and the port waits for it. */
    expect_passes(NEVER FIT("f") "  - use: test.ports\n    name: p\n    target:\n"
                                 "      - { use: source.jsonl, path: t }\n      - { use: test.fit, name: g }\n" OUT,
                  "(a) f? (target:source.jsonl) g?\n(target:source.jsonl)! g! p?target\n(a) f p?\n"
                  "(a)! f! p! out! end\n");
    /* A port of a stage of a port. */
    expect_passes(NEVER "  - use: test.ports_only\n    name: p\n    target:\n      - { use: source.jsonl, path: t }\n"
                        "      - use: test.ports_only\n        name: q\n"
                        "        target: { use: source.jsonl, path: u }\n" OUT,
                  "(target:source.jsonl-2)! q?target\n(target:source.jsonl)! q! p?target\n(a)! p! out! end\n");
    /* A sort in a port's chain. */
    expect_passes(NEVER "  - use: test.ports_only\n    name: p\n    target:\n      - { use: source.jsonl, path: t }\n"
                        "      - { use: test.order, name: o }\n      - { use: filter.length, name: l, min: 1 }\n" OUT,
                  "(target:source.jsonl)! o!>sorted\n(o)! l! p?target\n(a)! p! out! end\n");
}

static void test_sorts(void **u)
{
    (void)u;
#define ORDER "  - { use: test.order, name: o }\n"
    expect_passes(NEVER LEN ORDER OUT, "(a)! len! o!>sorted\n(o)! out! end\n");
    expect_passes(NEVER FIT("f") ORDER OUT, "(a) f?\n(a)! f! o!>sorted\n(o)! out! end\n");
    expect_passes(NEVER ORDER FIT("f") OUT, "(a)! o!>sorted\n(o) f?\n(o)! f! out! end\n");
    /* Behind a sort nothing has to be kept: it is on disk already. */
    expect_passes(ALWAYS ORDER FIT("f") OUT, "(a)! o!>sorted\n(o) f?\n(o)! f! out! end\n");
    expect_passes(NEVER ORDER "  - { use: test.order, name: p }\n" OUT,
                  "(a)! o!>sorted\n(o)! p!>sorted\n(p)! out! end\n");
    /* A sort shares its sweep with a fit beside it. */
    expect_passes(NEVER LEN ORDER OUT "  - { use: test.fit, name: f, from: len }\n  - { use: sink.null, name: o2 }\n",
                  "(a) len o!>sorted f?\n(a)! len! (o)! out! f! o2! end\n");
    /* One order in two branches. */
    expect_passes(NEVER ORDER OUT "  - { use: test.fit, name: f, from: o }\n  - { use: sink.null, name: o2 }\n",
                  "(a)! o!>sorted\n(o) f?\n(o)! out! f! o2! end\n");
    expect_passes(NEVER ORDER B "  - { use: test.fit, name: f, from: [o, b] }\n" OUT,
                  "(a)! o!>sorted\n(o) (b) f?\n(o)! (b)! f! out! end\n");
#undef ORDER
}

static void test_once(void **u)
{
    (void)u;
#define ONCE "  - { use: test.once, name: c }\n"
    expect_passes(NEVER ONCE OUT, "(a)! c! out! end\n");
    expect_passes(NEVER ONCE FIT("f") OUT, "(a)! c!>kept f?\n(c)! f! out! end\n"); /* whatever materialize says */
    expect_passes(NEVER FIT("f") ONCE OUT, "(a) f?\n(a)! f! c! out! end\n");
    expect_passes(NEVER ONCE LEN FIT("f") FIT("g") OUT,
                  "(a)! c!>kept len f?\n(c) len f g?\n(c)! len! f! g! out! end\n");
    /* Two branches below it, of which one needs more sweeps. */
    expect_passes(NEVER ONCE OUT "  - { use: test.fit, name: f, from: c }\n  - { use: sink.null, name: o2 }\n",
                  "(a)! c!>kept f?\n(c)! out! f! o2! end\n");
    expect_passes(NEVER ONCE "  - { use: test.order, name: o }\n" FIT("f") OUT,
                  "(a)! c! o!>sorted\n(o) f?\n(o)! f! out! end\n");
    /* In a port's chain it runs for the port alone. */
    expect_passes(NEVER "  - use: test.ports\n    name: p\n    target:\n      - { use: source.jsonl, path: t }\n"
                        "      - { use: test.once, name: c }\n" OUT,
                  "(target:source.jsonl)! c! p?target\n(a) p?\n(a)! p! out! end\n");
    expect_passes(NEVER "  - use: test.ports\n    name: p\n    target:\n      - { use: source.jsonl, path: t }\n"
                        "      - { use: test.once, name: c }\n      - { use: test.fit, name: f }\n" OUT,
                  "(target:source.jsonl)! c!>kept f?\n(c)! f! p?target\n(a) p?\n(a)! p! out! end\n");
    /* What is kept below is enough; where a branch needs it, both are kept. */
    expect_passes(ALWAYS ONCE LEN FIT("f") OUT, "(a)! c! len!>kept f?\n(len)! f! out! end\n");
    expect_passes(ALWAYS ONCE LEN FIT("f") OUT "  - { use: sink.null, name: o2, from: c }\n",
                  "(a)! c!>kept len!>kept f?\n(c)! (len)! f! out! o2! end\n");
#undef ONCE
}

/* Somebody looks behind a stage; what stands below or beside is of no interest. */
static void test_goal(void **u)
{
    (void)u;
#define ALL LEN FIT("f") OUT "  - { use: test.fit, name: g, from: len }\n  - { use: sink.null, name: o2 }\n"
    expect_passes_to(NEVER ALL, "a", "(a)! end\n");
    expect_passes_to(NEVER ALL, "len", "(a)! len! end\n");
    expect_passes_to(NEVER ALL, "f", "(a) len f?\n(a)! len! f! end\n");
    expect_passes_to(NEVER ALL, "o2", "(a) len g?\n(a)! len! g! o2! end\n");
    expect_passes_to(NEVER "  - { use: test.order, name: o }\n" OUT, "o", "(a)! o!>sorted\n(o)! end\n");
    expect_passes_to(ALWAYS LEN FIT("f") OUT, "len", "(a)! len! end\n");
    expect_passes_to(NEVER "  - { use: test.ports, name: p, target: { use: source.jsonl, path: t } }\n" OUT, "a",
                     "(a)! end\n");
    expect_passes_to(NEVER "  - { use: test.ports, name: p, target: { use: source.jsonl, path: t } }\n" OUT,
                     "target:source.jsonl", "(target:source.jsonl)! end\n");
#undef ALL
}

/* States of an earlier run: what is there is not looked at. */
static void test_found(void **u)
{
    (void)u;
    passes v;
    passes_open(&v, NEVER FIT("f") FIT("g") OUT, NULL);
    v.st.fitted[number_of(&v.t.p, "f")] = true;
    passes_run(&v);
    assert_string_equal(v.text.p, "(a) f g?\n(a)! f! g! out! end\n");
    passes_close(&v);
    passes_open(&v, NEVER FIT("f") FIT("g") OUT, NULL); /* the later one alone does not help the first */
    v.st.fitted[number_of(&v.t.p, "g")] = true;
    passes_run(&v);
    assert_string_equal(v.text.p, "(a) f?\n(a)! f! g! out! end\n");
    passes_close(&v);
    passes_open(&v, NEVER PORTS("p", ", other: { use: source.jsonl, path: o }") OUT, NULL);
    v.st.done[number_of(&v.t.p, "p")][2] = true; /* a part */
    passes_run(&v);
    assert_string_equal(v.text.p, "(target:source.jsonl)! p?target\n(a) p?\n(a)! p! out! end\n");
    passes_close(&v);
    passes_open(&v, NEVER PORTS("p", "") OUT, NULL);
    v.st.done[number_of(&v.t.p, "p")][0] = true; /* the part of the main stream, but not of the port */
    passes_run(&v);
    assert_string_equal(v.text.p, "(target:source.jsonl)! p?target\n(a)! p! out! end\n");
    passes_close(&v);
    passes_open(&v, NEVER PORTS("p", "") OUT, NULL);
    v.st.fitted[number_of(&v.t.p, "p")] = true;
    passes_run(&v);
    assert_string_equal(v.text.p, "(a)! p! out! end\n");
    assert_int_equal(v.runs[number_of(&v.t.p, "target:source.jsonl")], 0);
    passes_close(&v);
}

/* A pipe is kept where a later pass needs it, and only there. */
static void test_keep(void **u)
{
    (void)u;
    passes v;
    passes_open(&v, NEVER LEN FIT("f") OUT, NULL);
    v.st.keep[0] = true;
    passes_run(&v);
    passes_sound(&v);
    assert_string_equal(v.text.p, "(a)!>kept len f?\n(a)! len! f! out! end\n");
    passes_close(&v);
    passes_open(&v, NEVER LEN "  - { use: test.order, name: o }\n" FIT("f") OUT, NULL);
    v.st.keep[0] = true;
    passes_run(&v);
    assert_string_equal(v.text.p, "(a)! len! o!>sorted\n(o) f?\n(o)! f! out! end\n");
    passes_close(&v);
}

/* What was stored can go as soon as nobody reads it any more. */
static void test_needed(void **u)
{
    (void)u;
    passes v;
    passes_open(&v, ALWAYS LEN FIT("f") "  - { use: test.order, name: o }\n" OUT, NULL);
    const uint32_t len = number_of(&v.t.p, "len"), o = number_of(&v.t.p, "o"), f = number_of(&v.t.p, "f");
    assert_true(pass_next(&v.t.p, &v.st, &v.now));
    pass_done(&v.t.p, &v.st, &v.now);
    assert_true(v.st.stored[len] && pass_complete(&v.t.p, &v.st, f));
    assert_true(pass_store_needed(&v.t.p, &v.st, len)); /* asked before f is finalized, too */
    v.st.fitted[f] = true;
    assert_false(pass_complete(&v.t.p, &v.st, f));
    assert_true(pass_store_needed(&v.t.p, &v.st, len));
    assert_true(pass_next(&v.t.p, &v.st, &v.now));
    pass_done(&v.t.p, &v.st, &v.now);
    assert_true(v.st.stored[o] && pass_store_needed(&v.t.p, &v.st, o));
    assert_false(pass_store_needed(&v.t.p, &v.st, len));
    assert_true(pass_next(&v.t.p, &v.st, &v.now));
    assert_true(v.now.last);
    pass_done(&v.t.p, &v.st, &v.now);
    passes_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),   cmocka_unit_test(test_fits),  cmocka_unit_test(test_shared),
        cmocka_unit_test(test_rounds), cmocka_unit_test(test_ports), cmocka_unit_test(test_nested),
        cmocka_unit_test(test_sorts),  cmocka_unit_test(test_once),  cmocka_unit_test(test_goal),
        cmocka_unit_test(test_found),  cmocka_unit_test(test_keep),  cmocka_unit_test(test_needed),
    };
    return cmocka_run_group_tests(tests, open_plugins, close_plugins);
}
