/* Two runs side by side: whether what decides the output is the same, and what became of the documents. */
#ifndef SLUICE_RUN_DIFF_H
#define SLUICE_RUN_DIFF_H
#include "run/run_report.h"
#include "sluice/plugin.h"

typedef enum {
    ABOUT_STATE, /* one of them is not done */
    ABOUT_PLAN,
    ABOUT_INPUTS,
    ABOUT_PLUGINS,
    ABOUT_SEED,
    ABOUT_VERSION,
    /* these decide nothing by themselves: */
    ABOUT_VARS,
    ABOUT_FILES, /* the pipeline file and what it includes */
    N_ABOUT
} diff_about;

typedef struct diff_fact { /* something that differs */
    diff_about about;
    const char *what;  /* "filter.length.min", a path, a plugin; "" if there is only one */
    const char *a, *b; /* JSON or plain words; NULL: it is not there */
    bool decides;
} diff_fact;

typedef struct diff_count {
    const char *stage, *group, *what; /* group: "" for in, kept …, else rejected, errors, counts */
    bool in_a, in_b;                  /* does the run have that stage? */
    uint64_t a, b;
    bool moved; /* by more than the tolerance; without one: at all */
} diff_count;

typedef struct diff_value {             /* a distribution that differs; NaN: nothing was observed */
    const char *stage, *what, *measure; /* mean, p50, p95 */
    double a, b;
} diff_value;

typedef struct diff_output {
    const char *stage;      /* the sink, or "quarantine" */
    const json_tree *a, *b; /* elements of `outputs`; NULL: the run has no such shard */
    bool same;              /* to the byte */
} diff_output;

typedef struct run_diff {
    arena mem;
    const run_report *a, *b;
    diff_fact *facts;
    size_t n_facts;
    diff_count *counts;
    size_t n_counts;
    diff_value *values;
    size_t n_values;
    diff_output *outputs;
    size_t n_outputs;
    bool about[N_ABOUT]; /* something of it differs */
    bool plan_known;     /* both plans are there to be compared option by option */
    bool decides_same, outputs_same, states_done;
    size_t n_moved;
    bool failed; /* out of memory */
} run_diff;

/* tolerance: SL_UNSET, a share of the first run's count, or a number (SL_ROWS). The reports must outlive the diff.
 * run_diff_free in any case. */
void run_diff_make(run_diff *d, const run_report *a, const run_report *b, sl_amount tolerance);
void run_diff_free(run_diff *d);
/* What diff(1) would answer: without a tolerance, the same in all that decides the output, and in the outputs; with
 * one, both done and no count moved by more. */
bool run_diff_same(const run_diff *d, sl_amount tolerance);
#endif
