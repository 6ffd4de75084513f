/* A list in a file, one entry a line. */
#ifndef FILTER_LIST_FILE_H
#define FILTER_LIST_FILE_H
#include "list_table.h"

enum { LIST_EXACT, LIST_HOST, LIST_SUFFIX_HOST }; /* what an entry is: any text; a host; a host and all below it */

typedef struct list_spec {
    const char *path;
    uint32_t match;
    bool strip_www;
} list_spec;

/* UTF-8, lines of at most LIST_ENTRY_MAX bytes that end in \n or \r\n; blank lines and a byte order mark are skipped.
 * Hosts are read as url_host does; for LIST_SUFFIX_HOST, "*." and "." in front go. The table is sealed. hash: xxh3-64
 * of the file's bytes. 0, or a failure with its message left. */
int list_read(sl_ctx *c, const list_spec *spec, list_table *out, uint64_t *hash);

#endif
