/* What passes keep, for another process: files of the stores in a folder of the run, and an index that says where their
 * pieces are and what the passes so far have counted. engine/exec/README.md, "Continuing". One thread, between passes.
 */
#ifndef SLUICE_KEPT_H
#define SLUICE_KEPT_H
#include "exec/engine.h"

enum { LINES_OUT = PLAN_NONE /* in the output */ };

typedef struct kept_stage {
    bool counted;   /* what it counts for good is there */
    bool holds;     /* its store is in the index */
    bool had_lines; /* it put something into the quarantine … */
    uint32_t lines; /* … which goes along with the documents in the store of this stage */
    size_t at;      /* of what is found: its numbers, its distributions, its tables */
    size_t hist, table;
} kept_stage;

struct keeping {
    kept_stage *st; /* by stage */
    bool off;       /* something could not be written: nobody can go on with it */
    bool there;     /* there is an index on the disk */
    bool looked;
    arena mem; /* of what is found */
    struct json_cell *found;
};

enum { KEPT_FORMAT = 1 };
enum { KEPT_HEAD = 12, KEPT_METRIC = 2 }; /* numbers of a stage, and of each of its metrics */

bool kept_begin(exec *x); /* before exec_resume and the first pass; false: out of memory */
void kept_free(exec *x);
bool kept_seals(const exec *x); /* are stores made so that another process can go on with them? */
/* A pass went well, and is not the last. What cannot be written is a note, no more. */
void kept_after_pass(exec *x);
bool kept_holds(const exec *x, uint32_t stage); /* another process would need its store, if not this one */
bool kept_there(const exec *x);
uint64_t kept_identity(exec *x);
/* No file stays that is not in the index. */
void kept_sweep(exec *x);

/* ---- kept_resume.c ---- */
/* What an earlier process kept, its stores opened; false: nothing, or nothing of use, which then is removed. */
bool kept_find(exec *x);
/* Can a run go on with it that has the states in st? marked: and with what stands in the outputs. */
bool kept_usable(const exec *x, const pass_state *st, bool marked);
/* When states were found, before the first pass. false: out of memory. */
bool kept_take_up(exec *x);
#endif
