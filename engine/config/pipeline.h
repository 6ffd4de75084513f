/* A pipeline file: its head, the list of stages with variables and includes resolved, and its tests; not yet bound to
 * plugins. */
#ifndef SLUICE_PIPELINE_H
#define SLUICE_PIPELINE_H
#include "config/option.h"

enum { ON_ERROR_FAIL, ON_ERROR_SKIP_RECORD, ON_ERROR_SKIP_FILE };
enum { ON_REJECT_DROP, ON_REJECT_QUARANTINE };
enum { MODE_DROP, MODE_ANNOTATE };
enum { MATERIALIZE_AUTO, MATERIALIZE_ALWAYS, MATERIALIZE_NEVER };

/* What stands at the head of the file beside `stages`, `vars` and `tests`; one option table (pipeline_head_table) reads
 * it. */
typedef struct pipeline_head {
    const char *name; /* letters, digits, - _ .; default: the file's name without its ending */
    const char *description;
    int64_t seed;              /* default 0 */
    uint32_t on_error;         /* fail | skip_record | skip_file */
    uint32_t on_reject;        /* drop | quarantine */
    sl_amount max_errors;      /* count or share; unset: unlimited */
    uint64_t max_record_bytes; /* default 128 MiB */
    uint64_t split_bytes;      /* default 8 MiB: input that one worker takes at a time */
    uint64_t batch_bytes;      /* default 2 MiB */
    int64_t batch_rows;        /* default 1024, 1..65535 */
    uint32_t materialize;      /* auto | always | never */
} pipeline_head;
option_table pipeline_head_table(void);

/* What the engine reads in every stage, beside the stage's own options: use, from, name, mode, as, on_reject. */
typedef struct stage_common {
    const char *use, *name;
    sl_many from;       /* of const char *: names or uses of stages above; empty: the stage before */
    uint32_t mode;      /* MODE_DROP | MODE_ANNOTATE */
    const char *as;     /* annotate: the column; NULL: short name of the stage */
    uint32_t on_reject; /* ON_REJECT_*; default: the head's (stored as ON_REJECT_INHERIT) */
} stage_common;
enum { ON_REJECT_INHERIT = 2 };
option_table stage_common_table(void);
/* use, from, name, mode, as, on_reject: other_names when the stage's own table is read. A stage may have an option `as`
 * of its own: option_read gives the key to the stage's table, and the common table yields it. NULL-terminated. */
extern const char *const stage_common_names[];

typedef struct pipeline_stage {
    const yaml_node
        *node;  /* the stage's map, variables replaced; reported: something that names no stage stands here */
    diag_at at; /* of the value of `use` */
} pipeline_stage;

typedef struct pipeline_var {
    const char *name, *value;
} pipeline_var;

/* A case under `tests`: documents that come in at a place of the pipeline, and what must become of them. Stages,
 * reasons and ports are only names here; run/cases.h binds them. No part of the plan. */
typedef struct pipeline_doc {
    const char *json; /* one line */
    size_t n;
    diag_at at;
} pipeline_doc;
typedef struct pipeline_docs {
    pipeline_doc *v;
    size_t n;
} pipeline_docs;
typedef struct pipeline_tally { /* how many documents are dropped for a reason */
    const char *reason;
    uint64_t n;
    diag_at at; /* of the reason */
} pipeline_tally;
typedef struct pipeline_port_docs {
    const char *name;
    diag_at at;
    pipeline_docs docs;
} pipeline_port_docs;
enum { CASE_OUT_ANY, CASE_OUT_COUNT, CASE_OUT_DOCS };
typedef struct pipeline_case {
    const char *name;           /* may be NULL */
    const char *at, *from, *to; /* a stage, or a range; NULL: not said */
    uint8_t unordered;
    diag_at place, at_place, from_place, to_place; /* of the case, and of the values above */
    const yaml_node *options;                      /* a map, or NULL */
    pipeline_docs in, out;                         /* out: where out_kind is CASE_OUT_DOCS */
    int out_kind;
    uint64_t out_count; /* where it is CASE_OUT_COUNT */
    pipeline_tally *rejects;
    size_t n_rejects;
    bool has_rejects; /* what is not named must be 0 then */
    pipeline_port_docs *ports;
    size_t n_ports;
} pipeline_case;
/* The keys of a case that are one value each: name, at, from, to, unordered. */
option_table pipeline_case_table(void);

typedef struct pipeline {
    arena mem;
    diag_source *sources; /* the file and what it includes: for messages and for the plan hash */
    size_t n_sources;
    const char *path;
    const yaml_node *root;
    pipeline_head head;
    pipeline_stage *stages;
    size_t n_stages;
    pipeline_var *vars; /* effective, sorted by name: part of run.json */
    size_t n_vars;
    pipeline_case *cases; /* those without a mistake */
    size_t n_cases;
} pipeline;

/* Reads path ("-": standard input), replaces ${name} in all scalars (from `sets`, else the environment variable of that
 * name, else `vars:` of the file; $${ stands for ${), and pulls in `- include: file.yaml` (a list of stages, or a map
 * with `stages`; path relative to the including file; at most 16 deep, no cycles). A `--set` of a variable that the
 * file never uses is an error with a did-you-mean. Adds every mistake to d. false: errors; what could be read is in p,
 * so that the planner may look for more. A value whose error is known is marked (yaml_node.reported). The places in d
 * point into p: print d before pipeline_free, which is due in any case. */
bool pipeline_load(pipeline *p, diags *d, const char *path, const pipeline_var *sets, size_t n_sets);
/* The same from memory, for tests and fuzzing: reads no file, so an `include` is an error. */
bool pipeline_parse(pipeline *p, diags *d, const char *name, const char *text, size_t n, const pipeline_var *sets,
                    size_t n_sets);
void pipeline_free(pipeline *p);
#endif
