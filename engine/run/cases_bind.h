/* A case bound to the plan of its file, and the small pipeline that it becomes: for cases*.c. */
#ifndef SLUICE_CASES_BIND_H
#define SLUICE_CASES_BIND_H
#include "plan/plan.h"

typedef struct bound_case {
    const pipeline_case *c;
    const plan *p;
    uint32_t first, last;    /* first: a source, or the first stage of the range; last: its last stage, or a sink */
    uint8_t *within;         /* by stage of the plan: part of the range */
    const uint32_t *port_of; /* for each port of the case: the stage that has it */
    const char *where;
} bound_case;

/* Names to stages, and all that can be said of reasons and ports, into d. true: case_build can go on, maybe beside
 * mistakes. What would only follow from mistakes of the plan is not said. */
bool case_bind(bound_case *b, arena *mem, diags *d, const plan *p, registry *reg, const pipeline_case *c);
/* The small pipeline, in mem: a source over the file `in`, the range, sink.null. ports: a file for each port of the
 * case. Stage 0 is the source, the last one the sink. false: no memory, in d. */
bool case_build(pipeline *small, arena *mem, diags *d, const bound_case *b, const char *in, const char *const *ports);
#endif
