#include <stdlib.h>
#include <unistd.h>
#include "cli/stats.h"
#include "run/state_dir.h"

enum { SAMPLE = 10000, ROWS = 64 }; /* batches are small: what is measured of a batch is looked through for each row */

static const arg own[] = {
    { "sample", 'n', ARG_COUNT, "N", offsetof(args, sample), "how many documents; default: 10000", NULL, 1, 1e6 },
    { "stage", 0, ARG_TEXT, "STAGE", offsetof(args, after), "only this stage; default: all of the first pass", NULL, 0,
      0 },
    { "json", 0, ARG_FLAG, NULL, offsetof(args, json), "print one JSON value", NULL, 0, 0 },
    { 0 },
};
static const arg *const groups[] = { own, args_pipeline, args_states, args_common, NULL };

typedef struct sample {
    cli *c;
    stats_stage *stages; /* of the plan */
    uint32_t only;       /* PLAN_NONE: all */
    uint64_t most, documents;
    bool more, failed;
} sample;

static bool tap(void *u, const exec_row *row)
{
    sample *s = u;
    if (row->first && s->documents == s->most) {
        s->more = true;
        return false;
    }
    s->documents += row->first;
    if (s->c->plan.stages[row->stage].def->s.kind == SL_TRANSFORM && (s->only == PLAN_NONE || s->only == row->stage))
        s->failed = !stats_take(&s->stages[row->stage], row);
    return !s->failed;
}

/* It, or something above it, looks at the whole stream before it acts. */
static bool needs_all(const plan *p, uint32_t stage)
{
    const plan_stage *s = &p->stages[stage];
    bool needs = s->fits || s->sorts || s->owner != PLAN_NONE;
    for (size_t i = 0; i < s->n_from && !needs; i++)
        needs = needs_all(p, s->from[i]);
    return needs;
}

/* For exec_options.goal. A sample ends where somebody must see everything: what is below is looked at by name only. */
static uint32_t goal_of(const sample *s)
{
    const plan *p = &s->c->plan;
    uint32_t last = PLAN_NONE;
    bool all = true;
    if (s->only != PLAN_NONE)
        return 1 + s->only;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const bool sink = p->stages[i].def->s.kind == SL_SINK;
        all &= sink || !needs_all(p, i);
        if (!sink && !needs_all(p, i))
            last = i;
    }
    return all ? 0 : 1 + last; /* there is a source at least */
}

static void print(sample *s)
{
    const stats_view v = {
        .plan = &s->c->plan, .stages = s->stages, .documents = s->documents, .all = !s->more, .color = s->c->color_out
    };
    sbuf out = { 0 };
    for (size_t i = 0; i < s->c->plan.n_stages && !s->failed; i++)
        s->failed = !stats_finish(&s->stages[i]);
    if (!s->failed && s->c->a.json)
        stats_json(&v, &out);
    else if (!s->failed)
        stats_show(&v, &out);
    s->failed |= out.failed;
    if (!s->failed)
        fputs(sbuf_z(&out), stdout);
    fflush(stdout);
    sbuf_free(&out);
}

static int measure(sample *s)
{
    cli *c = s->c;
    int code = SL_OK;
    const exec_options o = { .open_code = &code,
                             .threads = cli_threads(c),
                             .memory = cli_memory(c),
                             .states = state_dir(c->a.state_dir),
                             .goal = goal_of(s),
                             .tag = "stats",
                             .no_sinks = true,
                             .probe = true,
                             .explain = true,
                             .tap = tap,
                             .tap_u = s,
                             .cancel = c->cancel };
    exec *x = exec_open(&c->plan, &o, &c->d);
    if (!x)
        return cli_refuse(c, code);
    const exec_end end = exec_run(x);
    if (end == EXEC_FAILED) {
        cli_error(c, exec_error(x));
        code = run_exit_code(exec_error_code(x));
    } else if (end == EXEC_CANCELLED) {
        code = EXIT_AGAIN;
    } else {
        print(s);
    }
    exec_free(x);
    return code;
}

static bool choose_stage(sample *s)
{
    cli *c = s->c;
    if (!cli_stage(c, c->a.after, &s->only))
        return false;
    const stage_def *def = c->plan.stages[s->only].def;
    if (def->s.kind != SL_TRANSFORM)
        diag_error(&c->d, (diag_at){ 0 }, "'%s' is a %s; only a transform keeps or drops documents", c->a.after,
                   stage_kind_name(def));
    return def->s.kind == SL_TRANSFORM;
}

static int stats_command(cli *c)
{
    sample s = { .c = c, .only = PLAN_NONE, .most = c->a.sample ? c->a.sample : SAMPLE };
    if (!cli_plan(c, ROWS))
        return cli_refuse(c, SL_OK);
    if (c->a.after && !choose_stage(&s))
        return EXIT_USAGE;
    s.stages = arena_zalloc(&c->mem, (c->plan.n_stages + 1) * sizeof *s.stages, _Alignof(stats_stage));
    int code = 0;
    s.failed = !s.stages;
    for (size_t i = 0; i < c->plan.n_stages && !s.failed; i++)
        s.failed = !stats_declare(&s.stages[i], &c->mem, &c->plan.stages[i]);
    if (!s.failed)
        code = measure(&s);
    for (size_t i = 0; s.stages && i < c->plan.n_stages; i++)
        stats_free(&s.stages[i]);
    if (s.failed) {
        diag_nomem(&c->d);
        return EXIT_INTERNAL;
    }
    return code;
}

const command cmd_stats = {
    .name = "stats",
    .operands = "PIPELINE",
    .min_operands = 1,
    .max_operands = 1,
    .text = "What each stage measures of the first documents, and how many of them each rule would drop with\n"
            "other limits, and which share. A stage sees what the stages above keep; `mode: annotate` keeps all.\n"
            "Stages that must see the whole stream first, and those below them, are looked at with --stage\n"
            "only. For more than the beginning of a corpus, put sample.random with a share behind the source.\n",
    .summary = "Show what stages measure of a sample, and what other limits would drop",
    .groups = groups,
    .run = stats_command,
};
