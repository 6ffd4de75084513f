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
/* Makes the folder of path, and keeps other runs off what it may write until it is freed: a locked file beside it.
 * Opened before the threads start. NULL: sentence in err. `order` of opening is the order in run.json. */
output *outputs_open(outputs *o, const output_spec *spec, sbuf *err);
/* SL_E_* of the last outputs_open that gave NULL: SL_E_CONFIG, SL_E_IO, SL_E_NOMEM, SL_E_CANCEL: another run writes it
 */
int outputs_refused(const outputs *o);

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
/* Closes; removes temporary files that were not published, unless outputs_keep was called. Always called. */
void outputs_free(outputs *o);

/* ---- continuing an interrupted run ---- */
/* [any thread, until publish; one at a time goes on, others wait] What is committed: appends one line of JSON, without
 * a newline, to json. It holds, for each output, what stands in frames that are written, and the records of an open
 * frame that is older than half a second, so that an output which hardly gets anything does not hold the others back.
 * sync: that is on the disk when the call returns. (*split, *chunk): the lowest chunk with a record, of any output,
 * that is not in the mark; a continued run starts there. It never goes back, not even over a resume: for that the call
 * may have to compress and write a frame. Where an output is "-", the mark is null and the place (0, 0): such a run can
 * only start anew. Also after a failure to write. 0; SL_E_NOMEM; SL_E_IO (a failed fdatasync fails the outputs as
 * well); the code of the failure, where it left in doubt what was cut or written. Nothing is appended then.
 */
int outputs_mark(outputs *o, bool sync, sbuf *json, uint64_t *split, uint64_t *chunk, sbuf *err);
/* From now on outputs_free leaves the temporary files. */
void outputs_keep(outputs *o);
/* Marks hold open frames of this age, in ns; otherwise half a second. Returns what it was. */
uint64_t outputs_tail_age(outputs *o, uint64_t ns);

/* Before the first outputs_open of a process that wants to continue a run: same specs, order and tag. No file is made,
 * and outputs_free keeps the temporary files. Then either outputs_resume succeeds, or outputs_anew. */
void outputs_continue(outputs *o);
/* [one thread] After the last outputs_open. Checks that json is a mark of these outputs and that its files are there:
 * finished ones with their length (what was changed inside is not told), open ones with at least the committed length,
 * whose bytes are read and compared with their digest. A finished file may have its final name already, if it has the
 * right digest. Only then cuts files to what is committed. From now on the sequencers wait for the place of the mark
 * (outputs_next): chunks from there on are to be ended, whole, and records that are committed are passed over.
 * SL_E_STATE: does not fit, with the reason in err, and nothing was touched. SL_E_IO, SL_E_NOMEM: nothing committed was
 * lost. */
int outputs_resume(outputs *o, const char *json, size_t n, sbuf *err);
/* [one thread] Instead: removes what the other run left and makes the first files. Remove a stored mark before. */
int outputs_anew(outputs *o, sbuf *err);

/* ---- before a run ---- */
/* Final names that are there now and match the pattern of path ({shard}: digits). Allocated with malloc, each and the
 * list. */
int output_existing(const char *path, char ***names, size_t *n);
/* Removes temporary files "*.sluice-<tag>" beside path, and a lock that nobody holds. */
int output_sweep(const char *path, const char *tag);
/* NULL, or why the path cannot be an output: "{shrad} is no placeholder; there is {shard}". Static or in err. */
bool output_check(const output_spec *spec, sbuf *err);
#endif
