/* `sluice stats`: what stages measured of a sample, and what their rules would drop with other limits. */
#ifndef SLUICE_STATS_H
#define SLUICE_STATS_H
#include "cli/cli.h"

enum { STATS_NONE = UINT32_MAX, STATS_VALUES = 64 /* of a stage; more are not looked at */ };

typedef struct stats_value {
    const char *name, *unit; /* of the metric */
    double *v;               /* by row of the stage; NaN: not measured there */
    double *sorted;          /* those that are measured: n of them; stats_finish */
    size_t room, n;
} stats_value;

/* A reason to drop. What it compares is told by the tables of the stage, or found in the rows that it dropped. */
typedef struct stats_rule {
    const char *reason, *option; /* option: what sets its limit; NULL: the tables do not tell */
    uint64_t dropped;
    double limit;        /* NaN: not known, or none is set */
    bool above, unclear; /* drops values above the limit, else below; unclear: its evidence has no number to compare */
    uint64_t may;        /* bit i: value i may be what it compares */
    uint32_t told;       /* the value that it compares by the tables; STATS_NONE: they do not tell */
    uint32_t value;      /* which it is; STATS_NONE: cannot be told. stats_finish */
} stats_rule;

typedef struct stats_stage {
    uint64_t rows, dropped;
    uint8_t *gone; /* by row: dropped or marked */
    size_t room;
    stats_value *values;
    size_t n_values;
    stats_rule *rules;
    size_t n_rules;
} stats_stage;

/* The limits that are looked at, in ascending order, around that of the rule (which compares a value), which is among
 * them: as a person would write them. Returns how many. */
enum { STATS_STEPS = 7 };
unsigned stats_limits(const stats_stage *s, const stats_rule *r, double out[STATS_STEPS]);

/* Values and rules of a stage, in the order of its tables, before the first row. false: out of memory. */
bool stats_declare(stats_stage *s, arena *mem, const plan_stage *p);
/* Takes one row of that stage in. false: out of memory. */
bool stats_take(stats_stage *s, const exec_row *row);
/* Behind the last row. false: out of memory. */
bool stats_finish(stats_stage *s);
void stats_free(stats_stage *s);
/* The q-th quantile, 0 <= q <= 1, nearest rank, of a value that was measured (n > 0). */
double stats_quantile(const stats_value *v, double q);
/* How many documents the rule would drop if nothing else did and its limit was that. */
uint64_t stats_would_drop(const stats_stage *s, const stats_rule *r, double limit);

typedef struct stats_view {
    const plan *plan;
    const stats_stage *stages; /* by stage of the plan; those without rows or values are left out */
    uint64_t documents;
    bool all; /* the sample is the whole stream */
    bool color;
} stats_view;
void stats_show(const stats_view *v, sbuf *out);
void stats_json(const stats_view *v, sbuf *out); /* one value */
#endif
