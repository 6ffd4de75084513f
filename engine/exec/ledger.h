/* What a pass that writes has counted, item by item, so that it can be continued: with each mark of the outputs goes
 * the sum of all items below it. engine/exec/README.md, "Continuing". */
#ifndef SLUICE_LEDGER_H
#define SLUICE_LEDGER_H
#include "exec/engine.h"

/* [one thread] Before the pass that writes. Off where the pass cannot be continued, or nobody asked. */
bool ledger_begin(exec *x);
/* [n] The item of w is done and about to be handed over: its counts move here. */
bool ledger_item(worker *w);
/* [n] The item of w is given up: what it counted so far is of no item. */
void ledger_forget(worker *w);
/* [n] Now and then: writes a mark if the last one is two seconds old. A failure is a note, no more: the run can do
 * without. */
void ledger_mark(worker *w, bool now);
/* [one thread] Everything back to worker 0, for the sums of the pass. */
void ledger_end(exec *x);
void ledger_free(exec *x);
/* Does this process go on where another left off? */
bool ledger_resumed(const exec *x);
/* [one thread] Number of the first item of the pass that begins, for the outputs: what they count on over all passes,
 * or what an earlier process had come to before the pass that writes. */
uint64_t ledger_base(const exec *x);
/* Nobody can tell whether a pipe says the same again. */
bool ledger_reads_pipe(const exec *x);
/* Is there a mark of this run on the disk? */
bool ledger_marked(const exec *x);
/* Where the pass goes on; {0, 0}: from the start. Bytes of input that are done. */
item ledger_start(const exec *x);
#endif
