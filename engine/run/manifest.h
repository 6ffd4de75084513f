/* run.json and splits.jsonl: what a run says about itself, to people and to later runs. schemas/run.schema.json has
 * every field. */
#ifndef SLUICE_MANIFEST_H
#define SLUICE_MANIFEST_H
#include <sys/resource.h>
#include <time.h>
#include "run/run.h"
#include "run/run_folder.h"

enum { RUN_JSON_FORMAT = 1 }; /* raised when a field changes its meaning; new fields may come at any time */

typedef enum { RUN_RUNNING, RUN_DONE, RUN_FAILED, RUN_STOPPED } run_state;

/* How far the run has come: each step knows all that the steps before know. */
typedef enum { KNOWN_PLAN, KNOWN_INPUTS /* exec_open */, KNOWN_COUNTS /* exec_run, whatever its end */ } run_known;

typedef struct run_facts {
    const plan *plan;
    const run_options *options;
    const run_folder *folder;
    const exec *exec; /* NULL while known is KNOWN_PLAN */
    run_known known;
    run_state state;
    int exit_code;
    bool published; /* the outputs have, or are about to get, their final names */
    const char *message;
    struct timespec started, ended;   /* ended: only if state is not RUN_RUNNING */
    struct rusage used_before;        /* of the process when the run began */
    const char *const *plugin_digest; /* SHA-256 in hex of each plugin that manifest_plugins lists */
} run_facts;

/* The plugins that the plan uses, each once, in order of the stages. Returns how many; fills at most max. */
size_t manifest_plugins(const plan *p, const plugin_def **out, size_t max);
void manifest_run(const run_facts *f, sbuf *json);
void manifest_plan(const plan *p, sbuf *json);
void manifest_splits(const plan *p, const exec *x, sbuf *lines);
#endif
