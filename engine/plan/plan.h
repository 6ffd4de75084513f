/* From a checked pipeline file to what runs: stages bound to plugins, the graph, the columns, the splits. */
#ifndef SLUICE_PLAN_H
#define SLUICE_PLAN_H
#include "config/pipeline.h"
#include "registry/registry.h"

enum { PLAN_NONE = 0xffffffffu, PLAN_MAX_COLUMNS = 500 };

/* A column has one slot and one type in the whole plan. */
typedef struct plan_column {
    const char *name;
    uint32_t type; /* SL_T_* or SL_LIST_OF */
    bool hidden, shared;
} plan_column;

/* One place of a stage's view. */
typedef struct plan_place {
    uint32_t slot /* PLAN_NONE: an optional column that is not there */, flags /* SL_READ … */,
        field /* row of the field table */;
} plan_place;

/* A second input of a stage: a chain of stages of its own, or a saved part. */
typedef struct plan_port {
    const char *name;
    uint32_t flags;    /* SL_PORT_* */
    uint32_t last;     /* the stage whose documents come in; PLAN_NONE: no stream */
    const char *state; /* path or name of a saved part; NULL: none */
    diag_at at;
} plan_port;

/* What is wrong with a stage, where a plan has mistakes: later steps leave out what hangs on it. */
enum {
    FLAW_USE = 1,     /* no stage of that name is known: its kind is 0 */
    FLAW_COMMON = 2,  /* the engine's own keys */
    FLAW_OPTIONS = 4, /* its own options and ports */
    FLAW_FROM = 8,    /* which stages it reads from cannot be told */
};

typedef struct plan_stage {
    const stage_def *def; /* never NULL */
    unsigned flaws;
    const char *name; /* unique in the plan: `name:`, else `use`, else use-2 … */
    const pipeline_stage *in_file;
    stage_common common;
    uint32_t mode, on_reject; /* effective */
    void *cfg;                /* the plugin's options */
    uint32_t *from, *to;      /* stages above in stated order, and below */
    uint32_t *to_port;        /* for each of `to`: which port of it; 0: its main stream */
    size_t n_from, n_to;
    plan_port *ports; /* row i of its table; port number i + 1 */
    size_t n_ports;
    uint32_t owner, owner_port; /* of a port's chain: whose port, and which; else PLAN_NONE */
    uint32_t prev;              /* the stage before it in its list; PLAN_NONE: it is the first */
    bool fits;                  /* its fit passes are needed */
    bool sorts;                 /* writes an SL_ORDER column that is used */
    uint32_t order_slot;        /* then: which; else PLAN_NONE */
    bool keep;                  /* what leaves it is kept where a later pass needs it: `plan` says why in keep_why */
    const char *keep_why;
    plan_place *view;
    size_t n_view;
    uint32_t as_slot, as_value_slot; /* annotate; else PLAN_NONE */
    const char **removed; /* columns that some stage above (or this one) removed: sinks leave the fields out */
    size_t n_removed;
    bool whole_row; /* has a "*" field */
    bool unclear;   /* a flaw: which columns leave it is not known */
    /* sources */
    uint32_t *wanted; /* slots that it fills beside its own: what is read below */
    size_t n_wanted;
    const char *
        *asked_by;     /* for each wanted slot: the name of the first stage that reads it; NULL: nobody does by name */
    diag_at *asked_at; /* … and where */
} plan_stage;

typedef struct plan {
    arena mem;
    const pipeline *file;
    plan_stage *stages; /* order of the file, a port's chain before its owner: each stands below those it reads from */
    size_t n_stages;
    plan_column *columns;
    size_t n_columns;
    uint32_t *sources; /* stage numbers in stream order: merges decide it */
    size_t n_sources;
    uint32_t *places; /* sources and stages that sort, in stream order */
    size_t n_places;
    uint32_t text, id, source; /* slots, always there */
    char hash[17]; /* xxh3 of all that decides the output: plugins with versions, options, graph, seed, head */
} plan;

/* Binds stages, fills options, runs `check` of each stage, resolves columns. Every mistake goes to d, and none that
 * only follows from another. false: errors; then the plan has no hash, and is good for nothing but a further search for
 * mistakes (exec_open, cases_check). plan_free in any case. */
bool plan_make(plan *p, diags *d, const pipeline *file, registry *reg);
void plan_free(plan *p);
/* Columns visible behind stage `s` (PLAN_NONE: none), names into out; returns how many. For messages and `peek`. */
size_t plan_columns_after(const plan *p, uint32_t s, const char **out, size_t max);
/* The plan as JSON, without run-time facts: plan.json of a run, and `plan --json`. */
void plan_json(const plan *p, sbuf *out);
uint64_t plan_stage_seed(const plan *p, uint32_t s);
/* Where the file says `value` in the stage; else the stage. */
diag_at plan_value_at(const plan_stage *s, const char *value);
/* What a message of the stage is about: the option that it begins with ("min (5) is above max (3)"), the file that it
 * names, the option `fallback` (may be NULL), else the stage. */
diag_at plan_message_at(const plan_stage *s, const char *message, const char *fallback);
/* No stage is called `name`, and the first `n` stages have a mistake that may be why. */
bool plan_may_mean(const plan *p, size_t n, const char *name);
#endif
