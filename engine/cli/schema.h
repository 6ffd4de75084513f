/* JSON Schema of pipeline files, for editors and for the eyes: from the same option tables that are parsed by. */
#ifndef SLUICE_SCHEMA_H
#define SLUICE_SCHEMA_H
#include "registry/registry.h"

/* Of one stage as it stands in a pipeline file; a whole schema, on indented lines. */
void schema_stage(const stage_def *s, sbuf *out);
/* Of a pipeline file that may use the n stages of v. */
void schema_pipeline(const stage_def *const *v, size_t n, sbuf *out);
#endif
