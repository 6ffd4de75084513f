/* The first version of this service, word for word: never changed. Plugins that ask for it get this. */
/* sluice/service_output.h — service "output" 1: byte streams that come out in stream order, whatever thread writes. The engine
 * restores the order in a bounded window, cuts shards and frames between records, compresses in parallel, renames at the end. */
#ifndef SL_SERVICE_OUTPUT_H
#define SL_SERVICE_OUTPUT_H
#include "sluice/plugin.h"

enum { SL_FORMAT_AUTO /* by the path's ending */, SL_FORMAT_PLAIN, SL_FORMAT_ZSTD, SL_FORMAT_GZIP };

typedef struct sl_output sl_output;
typedef struct sl_output_spec {
    uint32_t size, format;
    int32_t  level;                      /* zstd -7..22, gzip 1..9 */
    uint32_t reserved;
    const char *path;                    /* "out/part-{shard}.jsonl.zst"; "-": standard output */
    uint64_t shard_bytes, shard_records; /* 0: no bound. Bytes before compression */
} sl_output_spec;

typedef struct sl_output_api {
    uint32_t struct_size, version;
    /* [1] In `check`: is this spec possible at all? No I/O. */
    int (*check)(sl_ctx *, const sl_output_spec *);
    /* [1] In `open`. Closed by the engine after `finish`. */
    int (*open)(sl_ctx *, const sl_output_spec *, sl_output **);
    /* [n] One record, with whatever ends it. Rows of a split in their order. */
    int (*put)(sl_ctx *, sl_output *, const sl_batch *, uint32_t row, const void *p, size_t n);
} sl_output_api;
#endif
