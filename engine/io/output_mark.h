/* A mark as it is read back (output_mark.c writes it, output_resume.c uses it). */
#ifndef SLUICE_OUTPUT_MARK_H
#define SLUICE_OUTPUT_MARK_H
#include "base/arena.h"
#include "io/output_internal.h"

enum { MARK_VERSION = 1 };

typedef struct mark_part {
    uint64_t records, bytes, file_bytes;
    char sha256[65];
} mark_part;

typedef struct mark_output {
    const char *path; /* as JSON holds it: bytes that are no UTF-8 are U+FFFD */
    uint64_t format, shard_bytes, shard_records;
    int64_t level;
    stream_at at; /* where it goes on */
    mark_part *shards;
    size_t n_shards;
    bool open; /* some of the next shard is committed: */
    mark_part part;
    bool tail; /* records of an open frame: */
    stream_at start;
    uint64_t tail_records, tail_bytes;
    const char *tail_text; /* zstd, base64 */
    size_t tail_n;
} mark_output;

typedef struct mark {
    mark_output *v;
    size_t n;
} mark;

/* The libraries whose version decides the compressed bytes. */
void mark_made_by(char out[64]);
/* json, n bytes; what ret points to is in mem. Checks all that can be told without the outputs. 0, SL_E_STATE with a
 * sentence in err, SL_E_NOMEM. */
int mark_read(const char *json, size_t n, arena *mem, mark *ret, sbuf *err);
#endif
