/* The steps of plan_make; each adds its mistakes to d and leaves the plan in a state that the next can read. */
#ifndef SLUICE_BIND_H
#define SLUICE_BIND_H
#include "plan/plan.h"

void bind_stages(plan *p, diags *d, registry *reg); /* def, name, common, cfg */
void bind_graph(plan *p, diags *d);                 /* from, to, order of the sources */
void bind_columns(plan *p, diags *d);               /* slots, views, what sources must fill; wants a sound graph */
void check_stages(plan *p, diags *d);               /* `check` of each stage */

#endif
