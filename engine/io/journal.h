/* A file that holds one line of JSON, checked when it is read and replaced whole: at any instant, also when the process
 * is killed or the power fails, it has the old line or the new one. */
#ifndef SLUICE_JOURNAL_H
#define SLUICE_JOURNAL_H
#include "base/str.h"

/* Durable when it returns: two fsyncs. One writer at a time. json: n bytes without a line break. 0; SL_E_IO or
 * SL_E_NOMEM with a sentence in err, and the old line is still there. What a killed writer leaves: path.<pid>.tmp. */
int journal_write(const char *path, const char *json, size_t n, sbuf *err);
/* Appends the line, without its end, to json. 0; SL_END: there is no file; SL_E_STATE: it is damaged or none of ours;
 * SL_E_IO, SL_E_NOMEM. Each < 0 with a sentence in err. */
int journal_read(const char *path, sbuf *json, sbuf *err);
/* Gone for good when it returns; also if there was none. 0 or SL_E_IO with a sentence. */
int journal_remove(const char *path, sbuf *err);
#endif
