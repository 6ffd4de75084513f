/* Counts that add up, and each way in which they may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "run/conservation.h"

/* source -> filter -> sink, and a second sink beside the filter. */
typedef struct world {
    stage_def def[4];
    plan_stage stage[4];
    uint32_t up[4];
    exec_metric metric[2];
    exec_stage count[4];
    plan p;
} world;

static void make(world *w)
{
    static const char *const names[] = { "docs", "long", "out", "all" };
    static const uint32_t kind[] = { SL_SOURCE, SL_TRANSFORM, SL_SINK, SL_SINK };
    *w = (world){ .up = { 0, 0, 1, 0 },
                  .metric = { { .name = "short", .kind = SL_M_REJECT, .n = 3 },
                              { .name = "broken", .kind = SL_M_ERROR, .n = 1 } } };
    for (uint32_t i = 0; i < 4; i++) {
        w->def[i].s.kind = kind[i];
        w->stage[i] = (plan_stage){ .def = &w->def[i], .name = names[i], .from = &w->up[i], .n_from = i > 0 };
    }
    w->count[0] = (exec_stage){ .in = 10, .kept = 10 };
    w->count[1] = (exec_stage){ .in = 10, .kept = 6, .rejected = 3, .errors = 1, .metrics = w->metric, .n_metrics = 2 };
    w->count[2] = (exec_stage){ .in = 6, .kept = 6 };
    w->count[3] = (exec_stage){ .in = 10, .kept = 10 };
    for (size_t i = 0; i < 4; i++) {
        w->count[i].ran = true;
        w->count[i].out = w->count[i].kept;
    }
    w->p = (plan){ .stages = w->stage, .n_stages = 4 };
}

static void complains(const world *w, const char *want)
{
    sbuf err = { 0 };
    assert_false(conservation_check(&w->p, w->count, &err));
    assert_string_equal(sbuf_z(&err), want);
    sbuf_free(&err);
}

static void test_adds_up(void **state)
{
    (void)state;
    world w;
    sbuf err = { 0 };
    make(&w);
    assert_true(conservation_check(&w.p, w.count, &err));
    assert_int_equal(err.n, 0);
    w.count[1].kept = w.count[1].out = 4; /* absorbed into others */
    w.count[1].absorbed = 2;
    w.count[2].in = w.count[2].kept = 4;
    assert_true(conservation_check(&w.p, w.count, &err));
    sbuf_free(&err);
}

static void test_lost(void **state)
{
    (void)state;
    world w;
    make(&w);
    w.count[1].kept = w.count[1].out = 5;
    w.count[2].in = w.count[2].kept = 5;
    complains(&w, "counts of stage 'long' do not add up: 10 in, but 5 kept + 3 rejected + 1 errors + 0 absorbed = 9");
}

static void test_lost_between(void **state)
{
    (void)state;
    world w;
    make(&w);
    w.count[3].in = w.count[3].kept = 9;
    complains(&w, "counts of stage 'all' do not add up: 9 in, but the stages above handed on 10");
}

static void test_reasons(void **state)
{
    (void)state;
    world w;
    make(&w);
    w.metric[0].n = 2;
    complains(&w, "counts of stage 'long' do not add up: 3 rejected and 1 errors, but 2 and 1 by reason");
}

static void test_merge(void **state)
{
    (void)state;
    world w;
    uint32_t both[] = { 1, 0 };
    make(&w);
    w.stage[3].from = both;
    w.stage[3].n_from = 2;
    complains(&w, "counts of stage 'all' do not add up: 10 in, but the stages above handed on 16");
}

static void test_reshape(void **state)
{
    (void)state;
    world w;
    sbuf err = { 0 };
    make(&w);
    w.def[1].s.kind = SL_RESHAPE; /* makes rows of its own */
    w.count[1].out = w.count[2].in = w.count[2].kept = 60;
    assert_true(conservation_check(&w.p, w.count, &err));
    w.count[2].in = w.count[2].kept = 6;
    complains(&w, "counts of stage 'out' do not add up: 6 in, but the stages above handed on 60");
    sbuf_free(&err);
}

/* The stages of a port whose state was found rest, and what they would count says nothing. */
static void test_rests(void **state)
{
    (void)state;
    world w;
    sbuf err = { 0 };
    make(&w);
    w.count[1] = (exec_stage){ .in = 7 };
    w.count[2] = (exec_stage){ .kept = 3 };
    assert_true(conservation_check(&w.p, w.count, &err));
    w.count[2].ran = true;
    complains(&w, "counts of stage 'out' do not add up: 0 in, but 3 kept + 0 rejected + 0 errors + 0 absorbed = 3");
    sbuf_free(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_adds_up),      cmocka_unit_test(test_lost),
                                        cmocka_unit_test(test_lost_between), cmocka_unit_test(test_reasons),
                                        cmocka_unit_test(test_merge),        cmocka_unit_test(test_reshape),
                                        cmocka_unit_test(test_rests) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
