/* Columns: what a stage finds, what sources must fill, which types go together. */
#include "plan_test.h"

static uint32_t slot(const plan *p, const char *name)
{
    for (size_t i = 0; i < p->n_columns; i++)
        if (!strcmp(p->columns[i].name, name))
            return (uint32_t)i;
    fail_msg("no column '%s'", name);
    return 0;
}

/* "text lang:filter.where": slots that the source fills, with the stage that asks by name. */
static void wants(const plan *p, const char *source, const char *want)
{
    const plan_stage *s = stage_named(p, source);
    sbuf got = { 0 };
    for (size_t i = 0; i < s->n_wanted; i++)
        sbuf_printf(&got, "%s%s%s%s", i ? " " : "", p->columns[s->wanted[i]].name, s->asked_by[i] ? ":" : "",
                    s->asked_by[i] ? s->asked_by[i] : "");
    assert_string_equal(sbuf_z(&got), want);
    sbuf_free(&got);
}

static void columns_after(const plan *p, const char *stage, const char *want)
{
    const char *v[64];
    sbuf got = { 0 };
    const size_t n = plan_columns_after(p, (uint32_t)(stage_named(p, stage) - p->stages), v, 64);
    for (size_t i = 0; i < n; i++)
        sbuf_printf(&got, "%s%s", i ? " " : "", v[i]);
    assert_string_equal(sbuf_z(&got), want);
    sbuf_free(&got);
}

#define WHERE(column) "  - { use: filter.where, all: [{ column: " column ", is: x }] }\n"

static void test_wanted(void **u)
{
    (void)u;
    planned t;
    accept(&t, "stages:\n" SRC NUL);
    wants(&t.p, "source.jsonl", "text"); /* always: who else would miss a text */
    assert_int_equal(t.p.n_columns, 3);
    assert_int_equal(plan_columns_after(&t.p, PLAN_NONE, NULL, 0), 0);
    free_plan(&t);
    accept(&t, "stages:\n" SRC WHERE("lang") "  - { use: filter.where, name: two, all: [{ column: lang, is: x }, { "
                                             "column: metadata.url, is: y }] }\n" NUL);
    wants(&t.p, "source.jsonl", "text lang:filter.where metadata.url:two");
    const plan_stage *src = stage_named(&t.p, "source.jsonl");
    assert_int_equal(src->asked_at[1].line, 3);
    assert_int_equal(src->asked_at[1].col, 42);
    assert_int_equal(src->asked_at[2].line, 4);
    assert_int_equal(stage_named(&t.p, "two")->n_view, 2);
    columns_after(&t.p, "two", "text id source lang metadata.url");
    free_plan(&t);
    accept(&t, "stages:\n" SRC
               "  - { use: test.contract, number: n }\n" NUL); /* "absent" is optional: nobody insists on it */
    wants(&t.p, "source.jsonl", "text:test.contract id:test.contract n absent");
    assert_int_equal(t.p.columns[slot(&t.p, "n")].type, SL_T_I64);
    assert_int_equal(t.p.columns[slot(&t.p, "absent")].type, SL_T_F64);
    free_plan(&t);
    accept(&t, "stages:\n" SRC
               "  - { use: test.contract }\n" NUL); /* an option that is unset keeps its place in the view */
    const plan_stage *contract = stage_named(&t.p, "test.contract");
    assert_int_equal(contract->n_view, 4);
    assert_int_equal(contract->view[2].slot, PLAN_NONE);
    free_plan(&t);
}

static void test_written(void **u)
{
    (void)u;
    planned t;
    accept(&t, "stages:\n" SRC "  - { use: test.write }\n  - { use: test.vector }\n" WHERE("w_str") NUL);
    wants(&t.p, "source.jsonl", "text:test.write");
    assert_int_equal(t.p.columns[slot(&t.p, "w_list")].type, SL_LIST_OF(SL_T_I32));
    assert_int_equal(t.p.columns[slot(&t.p, "w_str")].type, SL_T_STR);
    assert_true(t.p.columns[slot(&t.p, "w_hidden")].hidden);
    assert_false(t.p.columns[slot(&t.p, "w_vec")].hidden);
    free_plan(&t);
    accept(&t, "stages:\n  - { use: source.jsonl, path: a, name: a }\n  - { use: map.fields, set: [{ column: lang, "
               "value: x }], name: m }\n"
               "  - { use: source.jsonl, path: b, name: b }\n  - { use: filter.where, all: [{ column: lang, is: x }], "
               "from: [m, b] }\n" NUL);
    wants(&t.p, "a", "text"); /* here a stage writes it … */
    wants(&t.p, "b", "text lang:filter.where");
    free_plan(&t);
}

static void test_unknown(void **u)
{
    (void)u;
    refuse("stages:\n  - { use: test.source, number: n }\n" WHERE("lang") NUL,
           "3:42+4 filter.where reads the column 'lang', which nothing above writes | columns here: text, id, source, "
           "n\n");
    refuse("stages:\n  - { use: test.source }\n  - { use: test.vector }\n" NUL,
           "3:12+11 test.vector reads the column 'w_vec', which nothing above writes | columns here: text, id, source\n"
           "3:12+11 test.vector reads the column 'w_hidden', which nothing above writes | columns here: text, id, "
           "source\n");
    planned t; /* optional: not there */
    accept(&t, "stages:\n  - { use: test.source, number: n }\n  - { use: test.contract, number: n }\n" NUL);
    const plan_stage *c = stage_named(&t.p, "test.contract");
    assert_int_equal(c->view[3].slot, PLAN_NONE);
    assert_int_equal(c->view[2].slot, slot(&t.p, "n"));
    wants(&t.p, "test.source", "");
    free_plan(&t);
    /* A column must come on every way. */
    refuse("stages:\n  - { use: test.source, number: n, name: a }\n  - { use: test.source, name: b }\n"
           "  - { use: filter.where, all: [{ column: n, min: 1 }], from: [a, b] }\n" NUL,
           "4:42+1 filter.where reads the column 'n', which nothing above writes | columns here: text, id, source\n");
}

static void test_removed(void **u)
{
    (void)u;
    planned t;
    refuse(
        "stages:\n" SRC "  - { use: map.fields, drop: [lang] }\n" WHERE("lang") NUL,
        "4:42+4 filter.where reads the column 'lang', which a stage above removes | columns here: text, id, source\n");
    refuse("stages:\n" SRC "  - { use: map.fields, rename: [{ from: lang, to: language }] }\n" WHERE("lang") NUL,
           "4:42+4 filter.where reads the column 'lang', which a stage above removes | columns here: text, id, source, "
           "language\n");
    accept(&t, "stages:\n" SRC
               "  - { use: map.fields, rename: [{ from: lang, to: language }], drop: [junk] }\n" WHERE("language") NUL);
    wants(&t.p, "source.jsonl", "text lang:map.fields");
    const plan_stage *m = stage_named(&t.p, "map.fields");
    assert_int_equal(m->n_removed, 2);
    assert_string_equal(m->removed[0], "lang");
    assert_string_equal(m->removed[1], "junk");
    columns_after(&t.p, "filter.where", "text id source language");
    free_plan(&t);
    accept(&t, "stages:\n" SRC "  - { use: map.fields, drop: [lang], name: d }\n  - { use: map.fields, set: [{ column: "
               "lang, value: x }] }\n" WHERE("lang") NUL);
    assert_int_equal(stage_named(&t.p, "map.fields")->n_removed, 0); /* it is back */
    free_plan(&t);
    accept(&t, "stages:\n" SRC "  - { use: map.fields, drop: [lang], name: d }\n" NUL /* another branch still has it */
               "  - { use: filter.where, all: [{ column: lang, is: x }], from: source.jsonl }\n  - { use: sink.null, "
               "name: n2 }\n");
    wants(&t.p, "source.jsonl", "text lang:filter.where");
    free_plan(&t);
}

static void test_types(void **u)
{
    (void)u;
    refuse("stages:\n" SRC "  - { use: test.contract, number: w_str }\n  - { use: test.write }\n" NUL,
           "4:12+10 test.write takes the column 'w_str' as text; for test.contract it is i64\n");
    refuse("stages:\n" SRC "  - { use: test.contract, number: text }\n" NUL,
           "3:35+4 test.contract takes the column 'text' as i64; for every document it is text\n");
    refuse("stages:\n" SRC "  - { use: test.write }\n  - { use: test.contract, number: w_list }\n" NUL,
           "4:35+6 test.contract takes the column 'w_list' as i64; for test.write it is a list\n");
    refuse("stages:\n" SRC
           "  - { use: filter.length, min: 1, mode: annotate, as: w_i32 }\n  - { use: test.write }\n" NUL,
           "4:12+10 test.write takes the column 'w_i32' as i32; for filter.length it is text\n");
}

static void test_shared(void **u)
{
    (void)u;
    planned t;
    accept(&t, "stages:\n" SRC "  - { use: test.spans }\n  - { use: test.upper }\n  - { use: test.spans }\n" NUL);
    wants(&t.p, "source.jsonl", "text:test.spans"); /* a cache is no field of a record */
    const uint32_t s = slot(&t.p, "spans.test");
    assert_true(t.p.columns[s].shared && t.p.columns[s].hidden);
    assert_int_equal(stage_named(&t.p, "test.spans")->view[1].slot, s);
    assert_int_equal(stage_named(&t.p, "test.spans-2")->view[1].slot, s);
    columns_after(&t.p, "test.spans-2", "text id source");
    free_plan(&t);
}

static void test_annotate(void **u)
{
    (void)u;
    planned t;
    accept(&t,
           "stages:\n" SRC "  - { use: filter.length, min: 1, mode: annotate }\n  - { use: sample.random, keep: 10%, "
           "mode: annotate, as: drawn }\n"
           "  - { use: filter.where, all: [{ column: length_value, below: 5 }, { column: drawn, null: yes }] }\n" NUL);
    const plan_stage *s = stage_named(&t.p, "filter.length"), *r = stage_named(&t.p, "sample.random");
    assert_string_equal(t.p.columns[s->as_slot].name, "length");
    assert_string_equal(t.p.columns[s->as_value_slot].name, "length_value");
    assert_string_equal(t.p.columns[r->as_slot].name, "drawn");
    assert_string_equal(t.p.columns[r->as_value_slot].name, "drawn_value");
    assert_int_equal(t.p.columns[s->as_slot].type, SL_T_STR);
    assert_int_equal(t.p.columns[s->as_value_slot].type, SL_T_F64);
    wants(&t.p, "source.jsonl", "text:filter.length");
    columns_after(&t.p, "filter.where", "text id source length length_value drawn drawn_value");
    free_plan(&t);
    refuse("stages:\n" SRC "  - { use: test.upper, mode: annotate }\n" NUL,
           "3:12+10 test.upper drops no documents, so it has nothing to annotate\n");
    refuse("stages:\n  - { use: source.jsonl, path: x, mode: annotate }\n" NUL,
           "2:12+12 source.jsonl drops no documents, so it has nothing to annotate\n");
}

/* Two stages must not write their reasons into the same columns: the later would erase what the earlier said. */
static void test_annotate_twice(void **u)
{
    (void)u;
    planned t;
    make_plan(
        &t,
        "stages:\n" SRC
        "  - { use: filter.length, min: 1, mode: annotate }\n  - { use: filter.length, max: 9, mode: annotate }\n" NUL);
    assert_false(t.good);
    free_plan(&t);
    make_plan(&t, "stages:\n" SRC "  - { use: filter.length, min: 1, mode: annotate, as: text }\n" NUL);
    assert_false(t.good); /* would replace every text */
    free_plan(&t);
}

static void test_too_many(void **u)
{
    (void)u;
    planned t;
    sbuf text = { 0 };
    sbuf_puts(&text, "stages:\n  - { use: source.jsonl, path: x, columns: [");
    for (unsigned i = 0; i < 1500; i++)
        sbuf_printf(&text, "%sc%u", i ? "," : "", i);
    sbuf_puts(&text, "] }\n  - { use: map.fields, set: [");
    for (unsigned i = 0; i < 1500; i++)
        sbuf_printf(&text, "%s{ column: c%u, value: x }", i ? "," : "", i);
    sbuf_puts(&text, "] }\n" NUL);
    make_plan(&t, text.p);
    assert_false(t.good); /* more columns than are ever written out: an error, not a loss */
    free_plan(&t);
    sbuf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wanted),   cmocka_unit_test(test_written),        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_removed),  cmocka_unit_test(test_types),          cmocka_unit_test(test_shared),
        cmocka_unit_test(test_annotate), cmocka_unit_test(test_annotate_twice), cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, open_plugins, close_plugins);
}
