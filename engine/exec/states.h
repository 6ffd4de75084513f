/* Fitted states: named by what made them, so that a later run finds them. engine/exec/README.md, "States". */
#ifndef SLUICE_STATES_H
#define SLUICE_STATES_H
#include "exec/engine.h"

/* ---- states_name.c: what a state depends on, as a hash ---- */
/* Of a file's content; of a large one size and time. 0: it is no file. */
uint64_t states_file_identity(const char *path);
uint64_t states_plugin_identity(const plugin_def *p);                   /* as it was when it was first asked for */
bool states_name(exec *x, uint32_t stage, uint32_t what, char out[17]); /* false: out of memory */

/* ---- states.c ---- */
const char *states_port_path(exec *x, const plan_port *port);
void states_check_ports(exec *x,
                        diags *d); /* saved states that the pipeline names: are they there, and of this stage? */
bool states_find(exec *x);         /* loads what is there */
bool states_save(exec *x, uint32_t stage, uint32_t what);
/* *path: the one that is there; NULL: none. resumed: also one that this run saved in an earlier process and has not
 * named. false: out of memory. */
bool states_there(exec *x, uint32_t stage, uint32_t what, bool resumed, char name[17], const char **path);
/* Of plan, plugins and inputs: what a run that is continued must have in common with the one that left off. */
uint64_t states_run_identity(exec *x);
/* Where the state of a stage would be, by what makes it; NULL: nowhere, or out of memory. */
const char *states_path(exec *x, uint32_t stage, uint32_t what, char name[17]);

/* ---- states_wait.c ---- */
/* *waits: where the state lies until the run is published; NULL: it need not wait. false: out of memory. */
bool states_waiting(exec *x, uint32_t stage, uint32_t what, const char *path, const char **waits);
void states_drop(exec *x); /* [one thread] those that still wait are removed */
#endif
