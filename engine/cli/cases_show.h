/* What became of a test: a line, and behind a failure what was expected and what came. */
#ifndef SLUICE_CASES_SHOW_H
#define SLUICE_CASES_SHOW_H
#include "cli/cli.h"
#include "run/cases.h"

typedef struct cases_view {
    unsigned width;
    bool color;
} cases_view;

/* r->diff is used up. */
void cases_show(const cases_view *v, const pipeline_case *c, case_result *r, size_t number, sbuf *out);
void cases_json(const pipeline_case *c, const case_result *r, json_writer *w); /* one object */
#endif
