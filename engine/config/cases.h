/* The cases under `tests`, for pipeline.c. */
#ifndef SLUICE_CASES_H
#define SLUICE_CASES_H
#include "config/pipeline.h"

enum { CASES_MAX = 10000 };

/* Reads the list, variables replaced already, into p->cases; those with a mistake are left out. */
bool cases_read(pipeline *p, diags *d, const yaml_node *list);
#endif
