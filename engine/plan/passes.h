/* Which sweeps over the data a plan needs, one after the other: fits of ports, fits of the main stream, sorts, and at
 * last the pass that writes. What can share a sweep does. Pure: the executor and `plan` ask the same functions. */
#ifndef SLUICE_PASSES_H
#define SLUICE_PASSES_H
#include "plan/plan.h"

enum { ROLE_OFF, ROLE_RUN /* acts on documents */, ROLE_FIT /* looks at them */ };
enum { CAPTURE_NONE, CAPTURE_KEEP /* what leaves the stage is kept for later passes */, CAPTURE_SORT };

typedef struct pass_stage {
    uint8_t role, capture;
    bool feed;      /* documents come from here: a source reads, or what was kept or sorted behind the stage is read */
    bool official;  /* ROLE_RUN: no later pass runs it, so this one counts, rejects and writes for good */
    bool read_last; /* a store that feeds: no later pass reads it */
    uint32_t port;  /* ROLE_FIT: the port that is looked at; 0: the main stream */
} pass_stage;

typedef struct pass_plan {
    pass_stage *st; /* by stage */
    bool last;
} pass_plan;

/* What is done so far. Allocated in one arena; all arrays by stage. */
typedef struct pass_state {
    bool *goal;   /* must be reached: sinks, or the stage that somebody looks at */
    bool *fitted; /* also: never to be fitted */
    bool *stored; /* what leaves it can be read again */
    bool *keep;   /* it shall be stored when it runs and is needed again */
    bool **done;  /* by stage and port (0: main stream): looked at in full, or loaded */
} pass_state;

/* goal: PLAN_NONE: all sinks. false: out of memory. */
bool pass_state_init(pass_state *st, const plan *p, uint32_t goal, arena *mem);
bool pass_plan_init(pass_plan *out, const plan *p, arena *mem);
/* The next pass. May be called again and again without pass_done: it changes nothing. false: out of memory. */
bool pass_next(const plan *p, const pass_state *st, pass_plan *out);
/* The pass has run: its captures are there, its units are done. Which stages have all they need is told by
 * pass_complete; the caller finalizes them and says so in st->fitted (or clears done[s][0] for one more round). */
void pass_done(const plan *p, pass_state *st, const pass_plan *pass);
bool pass_complete(const plan *p, const pass_state *st, uint32_t s); /* not fitted yet, and nothing left to look at */
/* By stage: does any pass from now on run it, and does any read it, or what is stored behind it? false: out of memory.
 */
bool pass_later(const plan *p, const pass_state *st, bool *runs, bool *reads);
/* Does any later pass read what is stored behind s? */
bool pass_store_needed(const plan *p, const pass_state *st, uint32_t s);
#endif
