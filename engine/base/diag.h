/* Diagnostics with a place: collected, then printed all at once, sorted by place. Library code adds, only the command
 * line prints. */
#ifndef SLUICE_DIAG_H
#define SLUICE_DIAG_H
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include "base/arena.h"

/* A text that places point into: a pipeline file, an included file, an argument of the command line. */
typedef struct diag_source {
    const char *name; /* as shown before the colon */
    const char *text; /* for the quoted line; NULL: quote nothing */
    size_t n;
} diag_source;

/* A place: line and col count from 1, in bytes; line 0: the whole file. len: bytes under the caret's tail, at least 1.
 */
typedef struct diag_at {
    const diag_source *source; /* NULL: no place */
    unsigned line, col, len;
} diag_at;

enum { DIAG_ERROR, DIAG_WARNING };
typedef struct diag {
    int severity;
    diag_at at;
    const char *text; /* "keep = 120% is outside 0%..100%" */
    const char *hint; /* printed to the right of the caret line, or NULL: "columns here: id, text" */
} diag;
typedef struct diags {
    arena mem;
    diag *v;
    size_t n, cap, errors;
    bool nomem;   /* memory ran out: one of the errors, and not the user's mistake */
    diag *newest; /* what diag_hint adds to; NULL if the newest was not kept */
} diags;

void diags_init(diags *d);
void diags_free(diags *d);
/* At most 100 errors and 100 warnings are kept; further ones are only counted. Equal ones at one place are kept once.
 */
void diag_error(diags *d, diag_at at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_warning(diags *d, diag_at at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Needs no memory, and no place: printed once. */
void diag_nomem(diags *d);
/* Adds a hint to the newest diagnostic, if that was kept. */
void diag_hint(diags *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* By source in order of appearance, then by place; those without a place last. */
void diags_sort(diags *d);
/* Sorted; file:line:col: error: text, the source line, the caret. */
void diags_print(diags *d, FILE *to, bool color);
#endif
