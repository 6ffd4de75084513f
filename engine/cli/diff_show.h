/* Two runs side by side, for people and as JSON. */
#ifndef SLUICE_DIFF_SHOW_H
#define SLUICE_DIFF_SHOW_H
#include "cli/cli.h"
#include "run/run_diff.h"

typedef struct diff_view {
    unsigned width;
    bool color;
    const char *name_a, *name_b; /* heads of the columns */
    const char *tolerance;       /* as given, or NULL */
    bool same;                   /* the verdict */
} diff_view;

void diff_show(const diff_view *v, const run_diff *d, sbuf *out);
void diff_json(const diff_view *v, const run_diff *d, json_writer *w);
#endif
