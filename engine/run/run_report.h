/* A run.json read back, strictly, to be compared with another. */
#ifndef SLUICE_RUN_REPORT_H
#define SLUICE_RUN_REPORT_H
#include "io/json_tree.h"

typedef struct run_report {
    arena mem;
    const char *path;  /* of run.json */
    const char *label; /* what people call the run: its folder's last name */
    json_tree root;    /* every field that is there has the type of schemas/run.schema.json */
    json_tree plan;    /* of plan.json beside it; kind 0: there is none, or it is of another plan */
} run_report;

/* name: a run's folder, a run.json, or the name of a folder under runs/. 0, or an exit code of run.h with sentences in
 * err. run_report_free in any case. */
int run_report_read(run_report *r, const char *name, sbuf *err);
void run_report_free(run_report *r);

/* Fields of an object of a report: "" and 0 where they are absent. */
const char *report_str(const json_tree *map, const char *key);
uint64_t report_u64(const json_tree *map, const char *key);
double report_f64(const json_tree *map, const char *key);
/* Element i of the list `key`; NULL past the last, or where there is no list. */
const json_tree *report_item(const json_tree *map, const char *key, size_t i);
size_t report_count(const json_tree *map, const char *key); /* elements of a list, members of an object */
#endif
