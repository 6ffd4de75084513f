/* The passes of a plan as text, and what must hold of the passes of any plan. */
#ifndef PASSES_TEST_H
#define PASSES_TEST_H
#include "plan/passes.h"
#include "plan_test.h"

enum { MAX_STAGES = 64, MAX_PASSES = 200 };

typedef struct passes {
    planned t;
    arena mem;
    pass_state st;
    pass_plan now;
    uint32_t rounds[MAX_STAGES]; /* that finalize will ask for beyond the first */
    /* what came of it */
    bool gone[MAX_STAGES]; /* what was stored behind it was given up */
    unsigned n, runs[MAX_STAGES], fits[MAX_STAGES][4], captures[MAX_STAGES], official[MAX_STAGES],
        read_last[MAX_STAGES];
    sbuf text;
} passes;

static inline uint32_t number_of(const plan *p, const char *name)
{
    return (uint32_t)(stage_named(p, name) - p->stages);
}

/* goal: name of a stage; NULL: all sinks. */
static inline void passes_open(passes *v, const char *text, const char *goal)
{
    memset(v, 0, sizeof *v);
    accept(&v->t, text);
    assert_true(v->t.p.n_stages <= MAX_STAGES);
    arena_init(&v->mem, 0);
    assert_true(pass_state_init(&v->st, &v->t.p, goal ? number_of(&v->t.p, goal) : PLAN_NONE, &v->mem));
    assert_true(pass_plan_init(&v->now, &v->t.p, &v->mem));
}

static inline void passes_close(passes *v)
{
    sbuf_free(&v->text);
    arena_free(&v->mem);
    free_plan(&v->t);
}

/* A pass in words: "(x)" documents come from here, be it a source or what was kept or sorted behind x; "x!" x runs for
 * good, or its store is read for the last time; "x?" it looks; "x?target" … at a port; "x>kept", "x>sorted". */
static inline void pass_text(passes *v)
{
    const plan *p = &v->t.p;
    sbuf *s = &v->text;
    for (size_t i = 0, n = 0; i < p->n_stages; i++) {
        const pass_stage *k = &v->now.st[i];
        if (k->role == ROLE_OFF && !k->feed && k->capture == CAPTURE_NONE)
            continue;
        sbuf_puts(s, n++ ? " " : "");
        sbuf_printf(s, k->feed ? "(%s)" : "%s", p->stages[i].name);
        if (k->role == ROLE_FIT)
            sbuf_printf(s, "?%s", k->port ? p->stages[i].ports[k->port - 1].name : "");
        sbuf_puts(s, k->official || k->read_last ? "!" : "");
        sbuf_puts(s, k->capture == CAPTURE_KEEP ? ">kept" : k->capture == CAPTURE_SORT ? ">sorted" : "");
    }
    sbuf_puts(s, v->now.last ? " end\n" : "\n");
}

/* Does stage i hand anything on to stage `to` in this pass? */
static inline bool gives(const passes *v, uint32_t i) { return v->now.st[i].feed || v->now.st[i].role == ROLE_RUN; }

/* What any pass owes: documents come into every stage that works, by every way, once. */
static inline void pass_sound(const passes *v)
{
    const plan *p = &v->t.p;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const plan_stage *s = &p->stages[i];
        const pass_stage *k = &v->now.st[i];
        const bool source = s->def->s.kind == SL_SOURCE;
        assert_false(k->feed && v->gone[i]);
        assert_false(k->official && k->role != ROLE_RUN);
        assert_false(k->read_last && !(k->feed && v->st.stored[i]));
        assert_false(k->capture != CAPTURE_NONE && k->role != ROLE_RUN);
        assert_true(k->capture != CAPTURE_SORT || s->sorts);
        assert_true(!s->sorts || k->role != ROLE_RUN || k->capture == CAPTURE_SORT);
        if (source)
            assert_true(k->role == ROLE_FIT || (k->role == ROLE_RUN) + v->st.stored[i] >= k->feed);
        else
            assert_true(!k->feed || (k->role == ROLE_OFF && v->st.stored[i]));
        if (k->role == ROLE_RUN)
            assert_true(v->st.fitted[i]);
        if (k->role == ROLE_FIT) {
            assert_false(v->st.fitted[i]);
            assert_false(v->st.done[i][k->port]);
            for (size_t port = 1; !k->port && port <= s->n_ports; port++)
                assert_true(v->st.done[i][port]); /* the main stream comes last */
            if (k->port)
                assert_true(gives(v, s->ports[k->port - 1].last));
        }
        for (size_t j = 0; (k->role == ROLE_RUN || (k->role == ROLE_FIT && !k->port)) && j < s->n_from; j++) {
            assert_true(gives(v, s->from[j]));
            assert_int_not_equal(v->now.st[s->from[j]].capture, CAPTURE_SORT);
        }
    }
}

static inline void pass_count(passes *v)
{
    for (uint32_t i = 0; i < v->t.p.n_stages; i++) {
        const pass_stage *k = &v->now.st[i];
        v->runs[i] += k->role == ROLE_RUN;
        v->fits[i][k->port] += k->role == ROLE_FIT;
        v->captures[i] += k->capture != CAPTURE_NONE;
        if (k->role == ROLE_RUN)
            assert_int_equal(v->official[i], 0); /* who ran for good does not run again */
        v->official[i] += k->official && k->role == ROLE_RUN;
        if (k->feed && v->st.stored[i])
            assert_int_equal(v->read_last[i], 0); /* nor is a store read again */
        v->read_last[i] += k->read_last;
    }
}

static inline void finalize_all(passes *v)
{
    for (uint32_t i = 0; i < v->t.p.n_stages; i++) {
        if (!pass_complete(&v->t.p, &v->st, i))
            continue;
        if (v->rounds[i] && !(v->t.p.stages[i].def->s.flags & SL_F_PORTS_ONLY)) {
            v->rounds[i]--;
            v->st.done[i][0] = false;
        } else {
            v->st.fitted[i] = true;
        }
    }
}

/* All passes, one a line of v->text, each of them looked at. */
static inline void passes_run(passes *v)
{
    const plan *p = &v->t.p;
    finalize_all(v);
    while (!v->now.last) {
        pass_plan again;
        assert_true(v->n++ < MAX_PASSES);
        assert_true(pass_plan_init(&again, p, &v->mem));
        assert_true(pass_next(p, &v->st, &again));
        assert_true(pass_next(p, &v->st, &v->now)); /* to ask changes nothing */
        assert_memory_equal(again.st, v->now.st, p->n_stages * sizeof *again.st);
        assert_int_equal(again.last, v->now.last);
        pass_text(v);
        pass_sound(v);
        pass_count(v);
        pass_done(p, &v->st, &v->now);
        for (uint32_t i = 0; i < p->n_stages; i++) /* before anybody knows whether there will be another round */
            v->gone[i] |= v->st.stored[i] && !pass_store_needed(p, &v->st, i);
        if (!v->now.last)
            finalize_all(v);
    }
}

/* What all passes together owe, where nothing was there before. */
static inline void passes_sound(const passes *v)
{
    const plan *p = &v->t.p;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const plan_stage *s = &p->stages[i];
        assert_int_equal(v->official[i], 1);
        assert_true(v->captures[i] <= 1);
        assert_int_equal(v->read_last[i], v->captures[i]);
        assert_true(v->captures[i] || !s->sorts);
        if (s->def->s.flags & SL_F_ONCE)
            assert_int_equal(v->runs[i], 1);
        if (s->def->s.kind == SL_SINK)
            assert_int_equal(v->runs[i], 1);
        for (size_t k = 0; s->fits && k < s->n_ports; k++)
            assert_int_equal(v->fits[i][k + 1], s->ports[k].last != PLAN_NONE);
        if (s->fits)
            assert_true((v->fits[i][0] > 0) == !(s->def->s.flags & SL_F_PORTS_ONLY));
        assert_true(v->st.fitted[i]);
    }
}

static inline void passes_are(const char *text, const char *goal, const char *want, const char *file, int line)
{
    passes v;
    passes_open(&v, text, goal);
    passes_run(&v);
    if (!goal)
        passes_sound(&v);
    const bool same = !strcmp(sbuf_z(&v.text), want);
    if (!same)
        print_error("wanted:\n%sgot:\n%s", want, sbuf_z(&v.text));
    passes_close(&v);
    if (!same)
        _fail(file, line);
}
#define expect_passes(text, want)          passes_are(text, NULL, want, __FILE__, __LINE__)
#define expect_passes_to(text, goal, want) passes_are(text, goal, want, __FILE__, __LINE__)
#endif
