/* The first version of this service, word for word: never changed. Plugins that ask for it get this. */
/* sluice/service_input.h — service "input" 1: files, globs, folders, standard input, archives; every codec, told by content.
 * The engine cuts files into splits, takes large streams apart into chunks that many threads read as splits of their own,
 * decompresses, counts bytes for progress, and treats damaged files as the pipeline's on_error says. */
#ifndef SL_SERVICE_INPUT_H
#define SL_SERVICE_INPUT_H
#include "sluice/plugin.h"

enum { SL_LINES,          /* files of lines */
       SL_MEMBERS_TEXT,   /* archives: each member is one record */
       SL_MEMBERS_LINES };/* archives: each member is a file of lines, compressed or not */

typedef struct sl_record {
    sl_str   bytes;  /* without its newline; good until the thread begins another split */
    uint64_t nth;    /* for host->add: names the record within its file, however the file was cut */
    uint64_t offset; /* of its first byte, decompressed, in its frame or member: for messages */
    sl_str   member; /* archives: name of the member; else n == 0 */
} sl_record;

typedef struct sl_input sl_input;
typedef struct sl_input_api {
    uint32_t struct_size, version;
    /* [1] In `open`. paths: const char *; what: SL_LINES … A path that is missing or unreadable, a glob without a match: fails. */
    int (*find)(sl_ctx *, sl_many paths, uint32_t what);
    /* [1] In `split`: piece i of what find found; SL_END past the last. label: the path. */
    int (*split)(sl_ctx *, uint64_t i, sl_split *out);
    /* [n] In `read`, for the split that read was called with. */
    int (*open)(sl_ctx *, const sl_split *, sl_input **);
    /* The next record. SL_OK: a record, n == 0 for a blank line. SL_MORE: a record above max_record_bytes; bytes holds its first
     * ones. SL_END: the split is done. Damage in the file is the engine's: the records before it come, then SL_END. */
    int (*record)(sl_ctx *, sl_input *, sl_record *);
    void (*close)(sl_ctx *, sl_input *); /* NULL is fine */
} sl_input_api;
#endif
