/* Second inputs of a stage: how they are written down, what they are refused for, and what they do to the graph, the
 * columns and the hash. */
#include "plan_test.h"

#define P(port)   "stages:\n" SRC "  - use: test.ports\n    name: p\n    target: " port "\n" NUL
#define SOURCE    "{ use: source.jsonl, path: t.jsonl }"
#define TWO(a, b) "stages:\n" SRC "  - { use: test.ports, name: p, target: " a ", other: " b " }\n" NUL

static void test_shapes(void **u)
{
    (void)u;
    planned t;
    accept(&t, P(SOURCE));
    const plan_stage *p = stage_named(&t.p, "p");
    assert_int_equal(p->n_ports, 2);
    assert_string_equal(p->ports[0].name, "target");
    assert_string_equal(t.p.stages[p->ports[0].last].name, "target:source.jsonl");
    assert_null(p->ports[0].state);
    assert_int_equal(p->ports[1].last, PLAN_NONE);
    assert_null(p->ports[1].state);
    free_plan(&t);

    accept(&t,
           TWO("[" SOURCE ", { use: filter.length, min: 1 }, { use: test.upper, name: up }]", "{ state: x.state }"));
    p = stage_named(&t.p, "p");
    assert_string_equal(t.p.stages[p->ports[0].last].name, "up");
    assert_int_equal(p->ports[1].last, PLAN_NONE);
    assert_string_equal(p->ports[1].state, "x.state");
    const plan_stage *up = stage_named(&t.p, "up"), *length = stage_named(&t.p, "target:filter.length");
    assert_int_equal(up->n_from, 1);
    assert_ptr_equal(&t.p.stages[up->from[0]], length);
    assert_ptr_equal(&t.p.stages[length->from[0]], stage_named(&t.p, "target:source.jsonl"));
    assert_int_equal(up->n_to, 1);
    assert_ptr_equal(&t.p.stages[up->to[0]], p);
    assert_int_equal(up->to_port[0], 1);
    assert_ptr_equal(&t.p.stages[up->owner], p);
    assert_int_equal(up->owner_port, 1);
    assert_int_equal(p->owner, PLAN_NONE);
    assert_int_equal(p->n_from, 1); /* the main stream alone */
    assert_string_equal(t.p.stages[p->from[0]].name, "source.jsonl");
    free_plan(&t);

    accept(&t, TWO("a.state", "'b.state'")); /* a text is a state */
    p = stage_named(&t.p, "p");
    assert_string_equal(p->ports[0].state, "a.state");
    assert_string_equal(p->ports[1].state, "b.state");
    free_plan(&t);
}

static void test_names(void **u)
{
    (void)u;
    planned t;
    accept(&t, "stages:\n" SRC "  - { use: test.ports, target: " SOURCE ", other: " SOURCE " }\n"
               "  - { use: test.ports, target: " SOURCE " }\n" NUL);
    static const char *const want[] = {
        "source.jsonl",          "target:source.jsonl", "other:source.jsonl", "test.ports",
        "target:source.jsonl-2", "test.ports-2",        "sink.null",
    };
    assert_int_equal(t.p.n_stages, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(t.p.stages[i].name, want[i]);
    free_plan(&t);
    refuse("stages:\n" SRC "  - { use: test.ports, name: x, target: { use: source.jsonl, name: x, path: t } }\n" NUL,
           "3:30+1 two stages are named 'x'\n");
    /* A port's stages are its own. */
    refuse("stages:\n" SRC "  - { use: test.ports, target: { use: source.jsonl, name: inner, path: t } }\n"
           "  - { use: test.upper, from: [inner] }\n" NUL,
           "4:31+5 no stage above is called 'inner'\n");
}

static void test_refused(void **u)
{
    (void)u;
    refuse("stages:\n" SRC "  - { use: test.ports }\n" NUL,
           "3:12+10 test.ports needs the input 'target': a stage, a list of stages, or a saved state\n");
    refuse(P("[]"), "5:13+2 the list of stages for 'target' is empty\n");
    refuse(P("{}"), "5:13+2 an input is a stage { use: … }, a list of stages, or a saved state { state: PATH }\n");
    refuse(P("{ path: t.jsonl }"),
           "5:13+17 an input is a stage { use: … }, a list of stages, or a saved state { state: PATH }\n");
    refuse(P("[source.jsonl]"),
           "5:14+12 an input is a stage { use: … }, a list of stages, or a saved state { state: PATH }\n");
    refuse(P("{ state: x, path: y }"), "5:13+21 a saved state is named as { state: PATH }, and nothing else\n");
    refuse(P("{ state: [x] }"), "5:13+14 a saved state is named as { state: PATH }, and nothing else\n");
    refuse(P("{ state: '' }"), "5:13+13 a saved state is named as { state: PATH }, and nothing else\n");
    refuse(P("{ use: source.json, path: t }"), "5:20+11 unknown stage 'source.json'; did you mean 'source.jsonl'?\n");
    refuse(P("{ use: source.jsonl, path: t, colums: [x] }"),
           "5:43+6 source.jsonl has no option 'colums'; did you mean 'columns'? | options: path, text, id, key, "
           "columns, use, from, name, mode, as, on_reject\n");
    refuse(P("{ use: source.jsonl, path: t, from: [source.jsonl] }"),
           "5:50+12 source.jsonl is a source; it reads from no stage\n");
    refuse(P("{ use: filter.length, min: 1 }"),
           "5:20+13 'target:filter.length' stands first and has nothing to read from; an input begins with a source\n");
    refuse(P("[" SOURCE ", { use: filter.length, min: 1, from: [source.jsonl] }]"),
           "5:89+12 a stage of an input reads from the one before it in the list\n");
    refuse(P("[" SOURCE ", { use: sink.null }]"),
           "3:10+10 nothing comes out of the sink 'target:sink.null' that 'p' would read from; say which stage with "
           "'from'\n");
    refuse(P("[" SOURCE ", " SOURCE "]"), "5:21+12 'target:source.jsonl' leads nowhere: no stage reads from it | an "
                                          "input is one source and the stages below it\n");
    refuse("stages:\n" SRC "  - { use: test.ports, target: x, tagret: x }\n" NUL,
           "3:35+6 test.ports has no option 'tagret'; did you mean 'target'? | options: rounds, fits, fail, "
           "fit_column, apply_column, once, use, from, name, mode, as, on_reject, target, other\n");
}

/* Inputs of inputs are fine up to a depth that nobody needs. */
static void test_depth(void **u)
{
    (void)u;
    sbuf text = { 0 };
    for (unsigned depth = 1; depth <= 5; depth++) {
        planned t;
        sbuf_clear(&text);
        sbuf_puts(&text, "stages:\n" SRC "  - use: test.ports\n    target: ");
        for (unsigned i = 1; i < depth; i++)
            sbuf_puts(&text, "[{ use: source.jsonl, path: t }, { use: test.ports, target: ");
        sbuf_puts(&text, "{ use: source.jsonl, path: t }");
        for (unsigned i = 1; i < depth; i++)
            sbuf_puts(&text, " }]");
        sbuf_puts(&text, "\n" NUL);
        make_plan(&t, text.p);
        assert_int_equal(t.good, depth <= 4);
        if (t.good)
            assert_int_equal(t.p.n_stages, 3 + 2 * depth - 1);
        else
            assert_string_equal(t.d.v[0].text, "inputs of inputs more than 4 deep");
        free_plan(&t);
    }
    sbuf_free(&text);
}

static uint32_t slot_named(const plan *p, const char *name)
{
    for (uint32_t i = 0; i < p->n_columns; i++)
        if (!strcmp(p->columns[i].name, name))
            return i;
    return PLAN_NONE;
}

static bool wants(const plan *p, const char *source, const char *column)
{
    const plan_stage *s = stage_named(p, source);
    bool found = false;
    for (size_t i = 0; i < s->n_wanted; i++)
        found |= s->wanted[i] == slot_named(p, column);
    return found;
}

static void test_columns(void **u)
{
    (void)u;
    planned t;
    /* What the stage looks at in its fit is asked of the port's source too; what only apply reads is not. */
    accept(&t, "stages:\n" SRC "  - { use: test.ports, fit_column: f, apply_column: g, target: " SOURCE " }\n" NUL);
    assert_true(wants(&t.p, "target:source.jsonl", "text") && wants(&t.p, "target:source.jsonl", "f"));
    assert_false(wants(&t.p, "target:source.jsonl", "g"));
    assert_true(wants(&t.p, "source.jsonl", "f") && wants(&t.p, "source.jsonl", "g"));
    free_plan(&t);
    /* Who looks at its ports only does not read the fit's columns from the main stream. */
    accept(&t, "stages:\n" SRC "  - { use: test.ports_only, fit_column: f, target: " SOURCE " }\n" NUL);
    assert_true(wants(&t.p, "target:source.jsonl", "f"));
    assert_false(wants(&t.p, "source.jsonl", "f"));
    free_plan(&t);
    /* A port's chain may write it. */
    accept(&t, "stages:\n" SRC "  - use: test.ports\n    fit_column: f\n    target: [" SOURCE
               ", { use: map.fields, set: [{ column: f, value: x }] }]\n" NUL);
    assert_false(wants(&t.p, "target:source.jsonl", "f"));
    assert_true(wants(&t.p, "source.jsonl", "f"));
    free_plan(&t);
    /* It may also remove it, or have a source that cannot have it. */
    refuse("stages:\n" SRC "  - use: test.ports\n    fit_column: f\n    target: [" SOURCE
           ", { use: map.fields, drop: [f] }]\n" NUL,
           "5:13+70 test.ports reads the column 'f', which the documents of 'target' do not have | columns here: "
           "text, id, source\n");
    refuse("stages:\n" SRC "  - { use: test.ports, fit_column: f, target: { use: test.source } }\n" NUL,
           "3:47+20 test.ports reads the column 'f', which the documents of 'target' do not have | columns here: "
           "text, id, source\n");
    accept(&t, "stages:\n" SRC "  - { use: test.ports, apply_column: f, target: { use: test.source } }\n" NUL);
    free_plan(&t);
    /* A column that stages of the main stream write is asked of the port's records. */
#define ONCE "stages:\n" SRC "  - { use: test.once }\n  - { use: test.ports, once: _probe_once, target: "
    accept(&t, ONCE SOURCE " }\n" NUL);
    assert_true(wants(&t.p, "target:source.jsonl", "_probe_once"));
    assert_false(wants(&t.p, "source.jsonl", "_probe_once"));
    free_plan(&t);
    refuse(ONCE "{ use: test.source } }\n" NUL,
           "4:51+20 test.ports reads the column '_probe_once', which the documents of 'target' do not have | columns "
           "here: text, id, source\n");
}

static void test_families(void **u)
{
    (void)u;
    planned t;
    accept(&t, "stages:\n" SRC "  - { use: test.reshape }\n  - { use: filter.length, min: 1 }\n"
               "  - { use: test.families }\n" NUL);
    free_plan(&t);
    refuse("stages:\n" SRC "  - { use: test.families }\n" NUL,
           "3:12+13 test.families wants the parts that documents were cut into, and no stage above cuts those of "
           "'source.jsonl' | such "
           "as expand.split\n");
    refuse("stages:\n" SRC "  - { use: test.reshape }\n  - { use: test.order }\n  - { use: test.families }\n" NUL,
           "5:12+13 test.families wants all parts of a document together, but 'test.order' above sorts the stream\n");
    accept(&t, "stages:\n" SRC "  - { use: test.order }\n  - { use: test.reshape }\n  - { use: test.families }\n" NUL);
    free_plan(&t);
    refuse("stages:\n" SRC "  - { use: join.parts }\n" NUL,
           "3:12+10 join.parts wants the parts that documents were cut into, and no stage above cuts those of "
           "'source.jsonl' | such as "
           "expand.split\n");
    /* On every way that leads to it. */
    refuse("stages:\n  - { use: source.jsonl, name: a, path: a }\n  - { use: expand.split }\n"
           "  - { use: source.jsonl, name: b, path: b }\n  - { use: join.parts, from: [expand.split, b] }\n" NUL,
           "5:12+10 join.parts wants the parts that documents were cut into, and no stage above cuts those of 'b' | "
           "such as "
           "expand.split\n");
    refuse("stages:\n  - { use: source.jsonl, name: a, path: a }\n  - { use: expand.split, name: x }\n"
           "  - { use: test.order }\n  - { use: source.jsonl, name: b, path: b }\n"
           "  - { use: expand.split, name: y }\n  - { use: join.parts, from: [y, test.order] }\n" NUL,
           "7:12+10 join.parts wants all parts of a document together, but 'test.order' above sorts the stream\n");
}

/* Merges put streams behind each other: what counts for a sorted one is the place of the sort. */
static void test_sorted_merges(void **u)
{
    (void)u;
    planned t;
#define AB "stages:\n  - { use: source.jsonl, name: a, path: a }\n  - { use: source.jsonl, name: b, path: b }\n"
#define O  "  - { use: test.order, name: o, from: [a] }\n"
    accept(&t, AB O "  - { use: test.upper, from: [b, o] }\n" NUL);
    assert_int_equal(t.p.n_places, 3);
    size_t at[3] = { 0 };
    for (size_t i = 0; i < 3; i++)
        at[t.p.places[i]] = i;
    assert_true(at[1] < at[2]); /* b before what was sorted */
    assert_int_equal(t.p.n_sources, 2);
    free_plan(&t);
    accept(&t, AB O "  - { use: test.upper, from: [o, b] }\n" NUL);
    for (size_t i = 0; i < 3; i++)
        at[t.p.places[i]] = i;
    assert_true(at[2] < at[1]);
    free_plan(&t);
    /* The same documents, once as they came and once sorted, are not the same places: nothing stands twice at one. */
    accept(&t, AB O "  - { use: test.upper, from: [o, a, b] }\n" NUL);
    free_plan(&t);
    refuse(AB O
           "  - { use: filter.length, name: x, min: 1, from: [o] }\n  - { use: test.upper, from: [x, o, b] }\n" NUL,
           "6:34+1 documents of 'o' reach 'test.upper' on two ways and would stand in it twice\n");
    refuse(AB O "  - { use: test.upper, name: x, from: [o, b] }\n" NUL
                "  - { use: test.upper, name: y, from: [b, o] }\n  - { use: sink.null, name: z }\n",
           "the stages that merge several inputs ask for orders that contradict each other\n");
}

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
        P("{ use: source.jsonl, path: u.jsonl }"),
        P("{ use: source.jsonl, path: t.jsonl, key: k }"),
        P("[" SOURCE ", { use: filter.length, min: 1 }]"),
        P("[" SOURCE ", { use: filter.length, min: 2 }]"),
        P("{ state: t.jsonl }"),
        P("{ state: u.jsonl }"),
        TWO(SOURCE, SOURCE),
        TWO(SOURCE, "{ state: x }"),
        "stages:\n" SRC "  - { use: test.ports, name: p, target: x, other: " SOURCE " }\n" NUL,
    };
    enum { N = sizeof other / sizeof *other };
    char hash[N + 1][17], again[17];
    hash_of(P(SOURCE), hash[N]);
    for (size_t i = 0; i < N; i++)
        hash_of(other[i], hash[i]);
    for (size_t i = 0; i <= N; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(hash[i], hash[k]);
    hash_of(P(SOURCE), again);
    assert_string_equal(again, hash[N]);
    hash_of("materialize: always\n" P(SOURCE), again); /* how it is done is not what comes out */
    assert_string_equal(again, hash[N]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),        cmocka_unit_test(test_names),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_depth),         cmocka_unit_test(test_columns), cmocka_unit_test(test_families),
        cmocka_unit_test(test_sorted_merges), cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests(tests, open_plugins, close_plugins);
}
