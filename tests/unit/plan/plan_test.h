/* A pipeline text made into a plan with the plugins of the build. ctest runs in the build folder. */
#ifndef PLAN_TEST_H
#define PLAN_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "plan/plan.h"

static registry *plugins;

static inline int open_plugins(void **u)
{
    (void)u;
    plugins = registry_new("lib/sluice/test-plugins", "lib/sluice/plugins");
    return plugins ? 0 : -1;
}

static inline int close_plugins(void **u)
{
    (void)u;
    registry_free(plugins);
    return 0;
}

typedef struct planned {
    pipeline file;
    plan p;
    diags d;
    bool good;
} planned;

static inline void make_plan(planned *t, const char *text)
{
    diags_init(&t->d);
    const bool read = pipeline_parse(&t->file, &t->d, "p.yaml", text, strlen(text), NULL, 0);
    t->good = plan_make(&t->p, &t->d, &t->file, plugins) && read;
}

static inline void free_plan(planned *t)
{
    plan_free(&t->p);
    diags_free(&t->d);
    pipeline_free(&t->file);
}

/* "line:col+len text | hint", one a line, in the order found. */
static inline void diags_text(const diags *d, sbuf *out)
{
    for (size_t i = 0; i < d->n; i++) {
        const diag *g = &d->v[i];
        if (g->at.line)
            sbuf_printf(out, "%u:%u+%u ", g->at.line, g->at.col, g->at.len);
        sbuf_printf(out, "%s%s%s%s\n", g->severity == DIAG_WARNING ? "warning: " : "", g->text, g->hint ? " | " : "",
                    g->hint ? g->hint : "");
    }
}

static inline void refuse_at(const char *text, const char *want, const char *file, int line)
{
    planned t;
    sbuf got = { 0 };
    make_plan(&t, text);
    diags_text(&t.d, &got);
    const bool as_wanted = !t.good && !strcmp(sbuf_z(&got), want);
    if (!as_wanted)
        print_error("wanted:\n%s\ngot%s:\n%s\n", want, t.good ? " a plan" : "", sbuf_z(&got));
    sbuf_free(&got);
    free_plan(&t);
    if (!as_wanted)
        _fail(file, line);
}
/* The text must be refused with just these errors. */
#define refuse(text, want) refuse_at(text, want, __FILE__, __LINE__)

static inline void accept_at(planned *t, const char *text, const char *file, int line)
{
    sbuf got = { 0 };
    make_plan(t, text);
    if (!t->good) {
        diags_text(&t->d, &got);
        print_error("refused:\n%s\n", sbuf_z(&got));
        sbuf_free(&got);
        free_plan(t);
        _fail(file, line);
    }
}
#define accept(t, text) accept_at(t, text, __FILE__, __LINE__)

static inline const plan_stage *stage_named(const plan *p, const char *name)
{
    for (size_t i = 0; i < p->n_stages; i++)
        if (!strcmp(p->stages[i].name, name))
            return &p->stages[i];
    fail_msg("no stage '%s'", name);
    return NULL;
}

#define SRC "  - { use: source.jsonl, path: x.jsonl }\n"
#define NUL "  - { use: sink.null }\n"
#endif
