/* A run: its folder, its lock, what it leaves behind. Exit codes are sysexits-like: design §7. */
#ifndef SLUICE_RUN_H
#define SLUICE_RUN_H
#include "exec/exec.h"

enum {
    EXIT_DONE = 0,
    EXIT_USAGE = 64,
    EXIT_BAD_DATA = 65,
    EXIT_INTERNAL = 70,
    EXIT_IO = 74,
    EXIT_AGAIN = 75,
    EXIT_CONFIG = 78
};

typedef struct run_options {
    unsigned threads;
    uint64_t memory;
    const char *run_dir;   /* NULL: runs/<name>-<n> */
    const char *state_dir; /* NULL: no states are saved */
    bool fresh, spill;     /* as in exec_options */
    const char *version;   /* of the program */
    atomic_int *cancel;
    void (*started)(void *u, const exec *x, const char *dir); /* before the first data: progress may begin */
    void (*ended)(void *u);                                   /* progress must stop */
    void *u;
} run_options;

typedef struct run_result {
    int exit_code;
    char *dir;     /* the run's folder; "" if none was made */
    char *message; /* what went wrong, whole sentences; "" if nothing */
    char *summary; /* run.json's text; "" if none was made */
} run_result;

/* The whole life of a run: lock, folder, exec, conservation check, publish, run.json. Mistakes of the configuration go
 * to d (exit 78). Prints nothing. run_result_free in any case. */
void run_pipeline(const plan *p, const run_options *o, diags *d, run_result *out);
void run_result_free(run_result *r);
/* The exit code for a failure of a stage or of the engine: SL_E_*. */
int run_exit_code(int sl_error);
/* Of a pipeline that cannot be run: d says why; open_code: what exec_open left, or SL_OK. */
int run_refused_code(const diags *d, int open_code);
#endif
