/* JSON for files that people read as well: indented, one member a line. The key is NULL inside lists. Nesting is the
 * caller's to keep right; lack of memory shows in out->failed. */
#ifndef SLUICE_JSON_WRITER_H
#define SLUICE_JSON_WRITER_H
#include "base/str.h"

typedef struct json_writer {
    sbuf *out;
    bool compact;   /* all on one line */
    unsigned depth; /* at most 63 */
    uint64_t lists; /* bit d: the value open at depth d is a list */
    bool filled;    /* the innermost value has a member already */
} json_writer;

void jw_object(json_writer *w, const char *key);
void jw_list(json_writer *w, const char *key);
void jw_close(json_writer *w);                                   /* the innermost object or list */
void jw_str(json_writer *w, const char *key, const char *value); /* NULL: null */
void jw_text(json_writer *w, const char *key, const char *p, size_t n);
void jw_u64(json_writer *w, const char *key, uint64_t value);
void jw_i64(json_writer *w, const char *key, int64_t value);
void jw_double(json_writer *w, const char *key, double value);
void jw_bool(json_writer *w, const char *key, bool value);
void jw_raw(json_writer *w, const char *key, const char *json); /* a value that is JSON already; not indented anew */
#endif
