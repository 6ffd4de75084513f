/* No document is lost: what goes into a stage comes out of it, one way or another, and what it gets is what the stages
 * above gave. */
#ifndef SLUICE_CONSERVATION_H
#define SLUICE_CONSERVATION_H
#include "exec/exec.h"

/* v: one entry for each stage of the plan. true: it adds up. Otherwise a sentence for each stage that does not, in err.
 */
bool conservation_check(const plan *p, const exec_stage *v, sbuf *err);
#endif
