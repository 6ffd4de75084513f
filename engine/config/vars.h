/* ${name} in the values of a pipeline file. */
#ifndef SLUICE_VARS_H
#define SLUICE_VARS_H
#include "config/pipeline.h"

enum { VARS_MAX = 1000, VARS_MAX_NAME = 64, VARS_MAX_BYTES = YAML_MAX_BYTES };

typedef struct vars {
    arena *mem;
    diags *d;
    const pipeline_var *sets; /* of the command line: they win */
    size_t n_sets;
    bool *set_used;
    pipeline_var *known; /* sorted by name; value NULL: a reported mistake */
    size_t n;
    size_t bytes; /* of all replaced values, against variables that double each other */
    bool exploded;
} vars;

/* false: out of memory, reported. The sets live as long as v. */
bool vars_init(vars *v, arena *mem, diags *d, const pipeline_var *sets, size_t n_sets);
/* The map under `vars:`, top to bottom; each value may use what stands above it. */
bool vars_define(vars *v, const yaml_node *map);
/* Replaces in all values below node. A value with a mistake is marked as reported. */
bool vars_replace(vars *v, yaml_node *node);
/* Complains of sets that nothing asked for. */
bool vars_check_sets(vars *v);
#endif
