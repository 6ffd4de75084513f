/* The steps of plan_make; each adds its mistakes to d, notes them as flaws of the stages, and leaves the plan in a
 * state that the next can read. */
#ifndef SLUICE_BIND_H
#define SLUICE_BIND_H
#include "plan/plan.h"

void bind_stages(plan *p, diags *d, registry *reg); /* def, name, common, cfg */
/* The ports of a stage, their chains added to the plan before it. */
void bind_ports(plan *p, diags *d, registry *reg, plan_stage *s, uint32_t depth);
/* One stage of the file, or of a port, behind those of its ports; its number, or PLAN_NONE. */
uint32_t bind_stage(plan *p, diags *d, registry *reg, const pipeline_stage *in_file, uint32_t prev, uint32_t depth);
void bind_graph(plan *p, diags *d);   /* from, to, order of the sources */
void bind_columns(plan *p, diags *d); /* slots, views, what sources must fill */
void check_stages(plan *p, diags *d); /* `check` and `fits` of each stage */
void bind_keep(plan *p);              /* where documents are kept between passes; wants a sound plan */

#endif
