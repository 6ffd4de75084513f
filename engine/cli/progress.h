/* Progress of a run: one living line on a terminal, a plain line every half minute elsewhere. */
#ifndef SLUICE_PROGRESS_H
#define SLUICE_PROGRESS_H
#include "exec/exec.h"

typedef struct progress progress;
/* Starts showing on standard error until progress_stop. x and name must stay valid until then; sinks: how many the plan
 * has. NULL: out of memory or threads; nothing is shown then. */
progress *progress_start(const exec *x, const char *name, size_t sinks);
void progress_stop(progress *p); /* NULL is fine */

/* One line for `now`, at most `width` columns, without its newline. speed: bytes a second; left: seconds, < 0: unknown.
 */
void progress_line(const exec_progress *now, const char *name, size_t sinks, double speed, double left, unsigned width,
                   sbuf *out);
#endif
