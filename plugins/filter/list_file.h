/* A list in a file, one entry a line. */
#ifndef FILTER_LIST_FILE_H
#define FILTER_LIST_FILE_H
#include "list_table.h"

/* What an entry is: any text; a host; a host and all below it; a text without the white space around it; the ASCII
 * letters, in lower case, and digits of the line. */
enum { LIST_EXACT, LIST_HOST, LIST_SUFFIX_HOST, LIST_STRIPPED, LIST_WORD };

typedef struct list_spec {
    const char *path;
    uint32_t match;
    bool strip_www;
    bool comments; /* lines that begin with # are none */
} list_spec;

/* UTF-8, lines of at most LIST_ENTRY_MAX bytes that end in \n or \r\n; blank lines and a byte order mark are skipped.
 * Hosts are read as url_host does; for LIST_SUFFIX_HOST, "*." and "." in front go. Entries are added, and the table is
 * not sealed. hash: xxh3-64 of the file's bytes. 0, or a failure with its message left. */
int list_read(sl_ctx *c, const list_spec *spec, list_table *out, uint64_t *hash);

/* Several files (const char *) into one table, which is sealed; spec->path is not looked at. Each is named in the log.
 * A file without entries is a failure. */
int list_read_all(sl_ctx *c, list_spec spec, sl_many paths, list_table *out);

#endif
