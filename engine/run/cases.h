/* The tests of a pipeline file. Each case is run as a small pipeline of its own: its documents as the source, the
 * stages as they stand in the file, and nothing that writes. Prints nothing. */
#ifndef SLUICE_RUN_CASES_H
#define SLUICE_RUN_CASES_H
#include "exec/exec.h"
#include "io/json_tree.h"

/* What is wrong with the cases of a file: stages, reasons and ports that are not there, options that a stage does not
 * take. p: the plan of the file, or what plan_make left of it. false: mistakes in d. */
bool cases_check(diags *d, const plan *p, registry *reg);

typedef struct case_tally { /* documents dropped for a reason, over all stages at hand */
    const char *reason;
    uint64_t expected, came;
    bool wrong;
} case_tally;

typedef enum { LINE_SAME, LINE_MISSING /* expected, and did not come */, LINE_EXTRA } line_kind;
typedef struct case_line { /* of the documents, expected and come, as a diff */
    line_kind kind;
    const json_tree *doc;
    size_t nth; /* from 1: among the expected ones, or (EXTRA) among those that came */
} case_line;

typedef struct case_result {
    arena mem;
    bool ok, cancelled;
    const char *where;   /* "filter.length", "filter.length to terse", the pipeline's name */
    const char *problem; /* why it could not be run to its end, sentences; NULL: it was */
    json_tree *expected, *came;
    size_t n_expected, n_came; /* expected: also where only their number is given */
    bool docs_wrong, reordered /* the right documents in another order */;
    case_line *diff; /* where documents were compared and are wrong */
    size_t n_diff;
    case_tally *tallies; /* every reason that was expected or came */
    size_t n_tallies;
} case_result;

/* Runs one case of a file without mistakes. One thread; no other exec may be under way. case_result_free in any case.
 */
void case_run(const plan *p, registry *reg, const pipeline_case *c, atomic_int *cancel, case_result *out);
void case_result_free(case_result *r);

/* Two lists of documents as a diff; true: the same. Lines live in mem. *reordered: only the order differs. */
bool case_compare(arena *mem, const json_tree *expected, size_t n_expected, const json_tree *came, size_t n_came,
                  bool unordered, case_line **lines, size_t *n_lines, bool *reordered);
#endif
