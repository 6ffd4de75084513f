/* Running a plan: instances of stages, splits, threads, order, counters. One exec at a time in a process. */
#ifndef SLUICE_EXEC_H
#define SLUICE_EXEC_H
#include <stdatomic.h>
#include "io/output.h"
#include "plan/plan.h"

typedef struct exec exec;
typedef struct exec_row exec_row;

typedef struct exec_options {
    unsigned threads;       /* 1.. */
    uint64_t memory;        /* budget in bytes; 0: default */
    const char *tag;        /* of temporary output names */
    const char *quarantine; /* path of the quarantine file; NULL: none */
    bool no_sinks;          /* peek: sinks are neither opened nor called */
    bool explain;
    /* peek: called after each stage for each row of the last pass, on one thread; false: stop, without an error. */
    bool (*tap)(void *u, const exec_row *row);
    void *tap_u;
    /* why: called for each record that a source reads, in passes that fit nothing, from all threads; false: it goes
     * no further. With it the tap is called from all threads too, one at a time: for each stage in the pass that
     * counts, and for documents that come back sorted or from where they were kept. */
    bool (*pick)(void *u, const exec_row *row);
    atomic_int *cancel;                   /* != 0: stop soon. Set by a signal handler */
    uint32_t goal;                        /* 1 + the stage that shall be reached, and no sink; 0: all sinks */
    bool spill;                           /* a test setting: whatever can spill does, at once */
    const char *scratch;                  /* folder for what does not fit into memory; NULL: that of temporary files */
    const char *states;                   /* folder of saved states; NULL: none are looked for and none saved */
    const char *journal, *journal_splits; /* files of the run in which it notes how far it is; NULL: it does not */
    bool resume;                          /* an earlier process left off: exec_resume or exec_anew follows exec_open */
    bool fresh;                           /* do not use the saved states that are there; save new ones */
    bool probe; /* look at the first records of each source: a column that a stage reads by name and that none of them
                 * has is a mistake */
    /* With pick: ascending places (pos). Pieces of input without one of them are not read in those passes; a stream is
     * read up to the last of them. n 0: all is read. */
    const uint64_t *places;
    size_t n_places;
    /* Where exec_open leaves SL_E_IO if nothing but files failed, SL_E_CANCEL if nothing but another run is in the way,
     * else SL_E_CONFIG; may be NULL. */
    int *open_code;
} exec_options;

/* What a tap sees. */
struct exec_row {
    uint32_t stage; /* of the plan */
    uint32_t row;
    enum { ROW_KEPT, ROW_REJECTED, ROW_ANNOTATED } fate;
    const char *reason; /* metric name; NULL if kept */
    bool is_error;
    sl_why why;
    uint64_t pos, key;
    bool first;                  /* the document enters the pass here */
    const void *engine;          /* for exec_row_json */
    uint64_t parent, parent_key; /* of the document that the row was cut from; 0: it was not cut */
    const char *file;            /* that it, or what it was cut from, was read from; NULL: none */
};
typedef struct exec_measure {
    const char *name, *unit; /* unit: NULL: none */
    double value;
} exec_measure;
/* The document as it stands behind that stage, as a sink would write it (hidden columns too if `hidden`), without a
 * newline. */
void exec_row_json(const exec_row *row, bool hidden, sbuf *out);
/* One column's value as JSON, "" if absent. */
void exec_row_column(const exec_row *row, const char *name, sbuf *out);

/* The i-th value that the stage measured of this row (`observe`); false: there are no more. */
bool exec_row_measured(const exec_row *row, size_t i, exec_measure *out);

/* ---- counts ---- */
typedef struct exec_metric {
    const char *name;
    uint32_t kind;
    uint64_t n;                      /* VALUE: observations */
    double min, max, p50, p95, mean; /* NaN of no observations */
} exec_metric;
typedef struct exec_table {
    const char *title, *rows;
} exec_table;
typedef struct exec_stage {
    uint64_t in, kept, absorbed; /* a source: in = records found. in = kept + rejected + errors + absorbed */
    uint64_t out;                /* documents that leave it: a reshape makes other ones; else as kept */
    bool ran;                    /* in a pass that was run; false: of a port whose state was found */
    uint64_t rejected, errors;   /* sums over metrics */
    uint64_t annotated;
    uint64_t batches,
        ns; /* time in its callbacks over all threads; sources: decompression too, sinks: compression and writing */
    exec_metric *metrics; /* row i of its table */
    size_t n_metrics;
    exec_table *tables; /* of the report service */
    size_t n_tables;
} exec_stage;

typedef struct exec_file { /* an input file */
    const char *path, *codec;
    uint32_t source; /* stage */
    uint64_t size, fingerprint, records, splits;
    int64_t mtime_ns;
    const char **damage; /* sentences */
    size_t n_damage;
} exec_file;

typedef struct exec_split { /* a piece of input: what a manifest needs */
    uint32_t source, file;  /* stage; index in exec_files, PLAN_NONE if it is no file */
    uint64_t first, chunks; /* pos = (first + chunk) << 32 | ordinal; chunks read: 1 unless it is a stream */
    uint64_t begin, end, records, kept; /* kept: rows that reached at least one sink */
} exec_split;

typedef struct exec_pass { /* a pass that was run */
    const char *what;      /* "fit dedup.exact" */
    double seconds;
    uint64_t documents;
} exec_pass;
typedef struct exec_state { /* a fitted state that was found, or saved */
    uint32_t stage;
    const char *what, *path; /* "whole", "port 0" … */
    const char *waits;       /* where it lies until exec_settle; NULL: it has its name */
    bool found;
} exec_state;
typedef struct exec_step { /* a line of what a run would do */
    unsigned pass;         /* from 1; several steps may share a pass. 0: nothing is read for it */
    bool found;            /* a saved state */
    const char *text, *note;
} exec_step;

/* How a run ended. */
typedef enum { EXEC_OK, EXEC_CANCELLED, EXEC_TOO_MANY_ERRORS, EXEC_FAILED } exec_end;

/* [1] Opens all stages (their `open`), finds the inputs, lists the splits; reads nothing but heads of files and what
 * o.probe looks at, writes nothing but what sinks' outputs need (their folders). Mistakes go to d (with the place of
 * the stage), all that there are. NULL: errors, also of a plan that has mistakes of its own: of it as much is opened as
 * has none. */
exec *exec_open(const plan *p, const exec_options *o, diags *d);
/* With o.resume, after exec_open: takes up what the line of JSON in the journal says. false: it cannot,
 * why says why, and exec_anew is to be called; that removes what the earlier process left of the outputs. */
bool exec_resume(exec *x, const char *journal, size_t size, sbuf *why);
bool exec_anew(exec *x, sbuf *err);
/* After a run that did not end well: leaves what it has committed, so that it can be continued. false: there is
 * nothing. */
bool exec_keep(exec *x);
/* What exec_run would do, in order; after exec_open. */
size_t exec_outline(exec *x, const exec_step **out);
/* Runs all passes. May be called once. exec_error tells what went wrong. */
exec_end exec_run(exec *x);
/* Renames the outputs to their final names; after EXEC_OK. false: exec_error. */
bool exec_publish(exec *x);
/* The run is on record as done: states that waited for that get their names. */
void exec_settle(exec *x);
/* After EXEC_TOO_MANY_ERRORS: gives the quarantine its final name, with what came to it so far. false: there is none,
 * or it failed. */
bool exec_salvage(exec *x);
void exec_free(exec *x); /* closes stages, removes what was not published */

const char *exec_error(const exec *x); /* a whole sentence, maybe with further lines; "" if none */
int exec_error_code(const exec *x);    /* SL_E_* */
/* The first broken document of the stream: file, place and what is wrong with it; "" if there was none. */
const char *exec_first_error(const exec *x);
const exec_stage *exec_stages(const exec *x);              /* n = plan stages; after exec_run */
size_t exec_files(const exec *x, const exec_file **out);   /* after exec_open; counts after exec_run */
size_t exec_splits(const exec *x, const exec_split **out); /* after exec_run, in stream order */
size_t exec_outputs(const exec *x, output *const **out,
                    const uint32_t **stage); /* sinks' outputs with their stage; the quarantine's stage is PLAN_NONE */
size_t exec_passes(const exec *x, const exec_pass **out); /* after exec_run */
size_t exec_states(const exec *x, const exec_state **out);
uint64_t exec_scratch_bytes(const exec *x); /* written beside the outputs */
const char *exec_notes(const exec *x);      /* lines for the user: files named twice and so on; "" if none */

/* ---- progress: any thread, while exec_run runs ---- */
typedef struct exec_progress {
    uint64_t bytes_done, bytes_total; /* compressed input; total 0: unknown */
    uint64_t documents, kept;         /* found by sources; written by sinks (rows over all sinks) */
    uint64_t errors;
    unsigned pass;    /* from 1 */
    const char *what; /* what this pass is for: "fit dedup.exact"; NULL: it is the only one, or not begun */
} exec_progress;
void exec_progress_now(const exec *x, exec_progress *out);
#endif
