/* Output: byte streams that come out in stream order, whatever thread writes. Records of a split are gathered by the
 * thread that has it; a sequencer puts the splits in order, cuts shards and frames between records, and threads
 * compress frames in parallel; frames are written in order to a temporary file, which is renamed when all is done. The
 * bytes of a shard depend on the records and the spec alone. */
#ifndef SLUICE_OUTPUT_H
#define SLUICE_OUTPUT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/str.h"

enum { OUTPUT_FRAME = 4 << 20 }; /* bytes of records in a frame: it closes before the record that would exceed this */

typedef enum { FORMAT_AUTO /* by the path's ending */, FORMAT_PLAIN, FORMAT_ZSTD, FORMAT_GZIP } output_format;

typedef struct output_spec {
    const char *path; /* with {shard} (five digits, from 00000) or without: then one file, and shard_* must be 0 */
    output_format format;
    int level;              /* zstd -7..22, gzip 1..9 */
    uint64_t shard_bytes;   /* 0: no bound. A shard closes before the record that would exceed it; uncompressed bytes */
    uint64_t shard_records; /* 0: no bound */
} output_spec;

typedef struct output_shard {
    const char *path; /* final name */
    uint64_t index, records, bytes /* uncompressed */, file_bytes;
    char sha256[65]; /* of the file */
} output_shard;

/* All outputs of a pass. threads: how many will call; tag: part of the temporary names, unique to the run. window:
 * bytes of finished splits and frames that may wait before outputs_pressure says so. */
typedef struct outputs outputs;
typedef struct output output;
outputs *outputs_new(unsigned threads, const char *tag, uint64_t window);
/* Makes the folder of path. Opened before the threads start. NULL: sentence in err. `order` of opening is the order in
 * run.json. */
output *outputs_open(outputs *o, const output_spec *spec, sbuf *err);
int outputs_refused(
    const outputs *o); /* SL_E_* of the last outputs_open that gave NULL: SL_E_CONFIG, SL_E_IO, SL_E_NOMEM */

/* One record, newline included, of the split that `thread` works on; records of one split come in order. 0, or
 * SL_E_NOMEM. */
int output_put(output *out, unsigned thread, const void *p, size_t n);

/* The thread has put all records of (split, chunk), for all outputs: hands them to the sequencers. Each (split, chunk)
 * must be ended exactly once, also without records. (split, chunk) come in any order. */
int outputs_end_chunk(outputs *o, unsigned thread, uint64_t split, uint64_t chunk, sbuf *err);
/* Split `split` has `chunks` chunks in all (an unchunked split: 1). Called once a split, at any time. */
int outputs_end_split(outputs *o, uint64_t split, uint64_t chunks, sbuf *err);

/* Compresses or writes one frame that waits, if there is any. 1: did something. 0: nothing to do. < 0: failed, sentence
 * in err. Any thread. */
int outputs_work(outputs *o, unsigned thread, sbuf *err);

/* How full the window is. NONE: go on. SOFT: only take work from the lowest open split. HARD: only take the very next
 * chunk (see outputs_next), else work or wait. */
enum { PRESSURE_NONE, PRESSURE_SOFT, PRESSURE_HARD };
int outputs_pressure(outputs *o);
void outputs_next(outputs *o, uint64_t *split, uint64_t *chunk); /* what the sequencers wait for */
/* Sleeps until something changed since the call began, at most `ms` milliseconds. */
void outputs_wait(outputs *o, unsigned ms);
uint64_t outputs_bytes(outputs *o); /* bytes held now */

/* [one thread] After all splits ended: cuts and writes what is left, makes an empty first shard where there was no
 * record, fsyncs. Frames that wait are compressed with `parallel` threads by calling outputs_work from within (the
 * caller may also loop on outputs_work from many threads before). */
int outputs_finish(outputs *o, sbuf *err);
size_t output_shards(const output *out, const output_shard **v); /* after finish */
const output_spec *output_spec_of(const output *out);
uint64_t output_ns(const output *out); /* [one thread] time that all threads spent compressing and writing it */
/* [one thread] Renames all shards of all outputs to their final names, then fsyncs their folders. */
int outputs_publish(outputs *o, sbuf *err);
/* [one thread] For a run that is given up: what came to `out` so far, as far as it is in order, is finished and
 * renamed; all other outputs are lost, also what they were handed. Instead of finish and publish. */
int outputs_salvage(outputs *o, output *out, sbuf *err);
/* Closes; removes temporary files that were not published. Always called. */
void outputs_free(outputs *o);

/* ---- before a run ---- */
/* Final names that are there now and match the pattern of path ({shard}: digits). Allocated with malloc, each and the
 * list. */
int output_existing(const char *path, char ***names, size_t *n);
/* Removes temporary files "*.sluice-<tag>" beside path. */
int output_sweep(const char *path, const char *tag);
/* NULL, or why the path cannot be an output: "{shrad} is no placeholder; there is {shard}". Static or in err. */
bool output_check(const output_spec *spec, sbuf *err);
#endif
