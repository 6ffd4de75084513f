/* Cases of stages: what a case file says, and the steps of running it. One thread. */
#ifndef CASE_H
#define CASE_H
#include "base/str.h"
#include "config/yaml.h"

enum { MAX_STAGES = 16 };

typedef struct test_case {
    const char *about;
    diag_at at;
    const yaml_node *stages[MAX_STAGES]; /* in order; the last one but a sink is under test */
    size_t n_stages;
    bool has_source, has_sink; /* the stages begin with a source, end with a sink: none is put around them */
    /* any of these may be NULL */
    const yaml_node *source, *head;    /* further options of the source in front, and of the pipeline */
    const yaml_node *in, *in_files;    /* contents of in.jsonl; map of file name to content */
    const yaml_node *out, *out_files;  /* what out.jsonl, and what other files, must hold */
    const yaml_node *rejects, *counts; /* maps of a metric's name to its number */
    const yaml_node *evidence;         /* list: what each line of the quarantine must have in it; sets on_reject */
    const yaml_node *error;            /* a text, or a list of texts, that standard error must show */
    const yaml_node *exit;             /* expected exit code of `run`; with `error` and without this: of `check`, 78 */
} test_case;

/* One way to run a case. None of these may change what comes out. */
typedef struct variant {
    unsigned batch_rows, threads, split_bytes; /* split_bytes 0: the default */
    bool decoys; /* more records among those of the case, dropped by a stage in front: the selection has holes */
} variant;

/* ---- case_file.c ---- */
typedef struct case_list {
    test_case *v;
    size_t n;
} case_list;
/* Reads the cases of a file; they live in mem. false: mistakes, in d. */
bool case_read(arena *mem, diags *d, const diag_source *source, case_list *out);

/* ---- case_yaml.c ---- */
/* node as block YAML, each line behind `indent` blanks; for the pairs of a map: case_yaml_pairs. */
void case_yaml_pairs(sbuf *out, const yaml_node *map, unsigned indent);
/* The pipeline file for a case. */
void case_pipeline(sbuf *out, const test_case *t, const variant *v);

/* ---- case_folder.c: false: a sentence in why ---- */
bool folder_fill(const char *folder, const test_case *t, const variant *v, sbuf *why);
/* The content of a file, decompressed. */
bool folder_read(const char *folder, const char *name, sbuf *out, sbuf *why);

/* ---- case_report.c ---- */
/* Does run.json agree with `rejects` and `counts`, and do its numbers add up? false: why not. */
bool report_agrees(const char *folder, const test_case *t, sbuf *why);

/* Is the quarantine what `evidence` says, line by line? false: why not. */
bool quarantine_agrees(const char *folder, const test_case *t, sbuf *why);

/* ---- case_run.c ---- */
/* Runs a case in all its variants. false: why the first one failed. */
bool case_run(const char *program, const test_case *t, sbuf *why);

#endif
