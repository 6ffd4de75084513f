/* Errors with a hint that belongs to them, for this layer's own use. */
#ifndef SLUICE_REPORT_H
#define SLUICE_REPORT_H
#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

/* diag_error, and `hint` (may be NULL or empty) for that error and no other: diag_error may find that it said so
 * already. */
void report_error(diags *d, diag_at at, const char *hint, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* False once so many errors are known that a further one is only counted: then save the search for a suggestion. */
bool report_wanted(const diags *d);
/* A user's text for a message: one line, at most 60 bytes. Lives in d. */
const char *report_text(diags *d, const char *text);
/* "; did you mean 'min'?" for a suggestion, "" for NULL. Lives in d. */
const char *report_near(diags *d, const char *near);
/* "a, b, c" */
void report_names(sbuf *out, const char *const *names, size_t n);
#endif
