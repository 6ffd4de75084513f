/* Input files: finding them, telling codecs apart by content, cutting them into pieces that workers read on their own,
 * and walking the records of a piece. Nothing here knows of stages or batches. Functions return INPUT_* or a negative
 * errno-like INPUT_E_*; on failure `err` holds a whole sentence that names the file. */
#ifndef SLUICE_INPUT_H
#define SLUICE_INPUT_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/str.h"

enum { INPUT_OK = 0, INPUT_MORE = 1, INPUT_END = 2 };
enum { INPUT_E_NOMEM = -1, INPUT_E_CONFIG = -2, INPUT_E_IO = -3, INPUT_E_DATA = -4 }; /* values of SL_E_* */
enum { INPUT_SLACK = 64 }; /* readable bytes behind every chunk */

typedef enum { CODEC_PLAIN, CODEC_ZSTD, CODEC_GZIP, CODEC_XZ, CODEC_BZIP2, CODEC_LZ4 } input_codec;
const char *input_codec_name(input_codec c);
/* By magic number, never by name. `head` is the start of the file, as much as there is of its first 512 bytes. */
input_codec input_sniff(const void *head, size_t n);

/* ---- files ---- */

typedef struct input_file {
    const char *path; /* as opened; "-" is standard input */
    uint64_t size;    /* bytes on disk; 0 for standard input and pipes */
    int64_t mtime_ns;
    uint64_t fingerprint; /* xxh3 of size, and of the first, middle and last 64 KiB: of the content, not of the name or
                             time */
    input_codec codec;
    bool sequential;          /* pipe or stdin: read once, in order */
    const atomic_int *cancel; /* set by the caller, or NULL: a pipe that is silent is left when this is not 0 */
} input_file;

typedef struct input_list {
    input_file *v;
    size_t n;
    uint64_t bytes;
} input_list;

/* Files, globs (also ** across folders), and folders (recursive; hidden files and folders left out; sorted bytewise
 * within each path given; in the order of the paths given; a file named twice is read once, with a note in `note`). A
 * folder loop, a glob or folder without any file, a missing or unreadable file: INPUT_E_CONFIG / INPUT_E_IO with the
 * sentence in err. Opens each file once, for codec and fingerprint. Everything lives in mem. */
int input_find(arena *mem, const char *const *paths, size_t n, input_list *out, sbuf *note, sbuf *err);

/* ---- cutting ---- */

/* A piece of a file. Bounds are compressed bytes (plain files: bytes). stream: it cannot be cut beforehand, or is one
 * large frame; chunks of it are taken one after the other from an input_stream. Otherwise input_load reads it in one
 * go. */
typedef struct input_piece {
    uint64_t begin, end;
    bool stream;
} input_piece;
typedef struct input_pieces {
    input_piece *v;
    size_t n;
} input_pieces;

/* Plain files: ranges of split_bytes. zstd files of several frames: runs of frames of about split_bytes decompressed
 * (found by walking block headers with pread, not by decompressing); a frame above 2 * split_bytes, or of unknown and
 * possibly larger size, is a stream of its own. Everything else: one stream. A function of the file's content and
 * split_bytes alone. A damaged file is cut as far as it can be understood; reading then reports the damage. Empty file:
 * one piece. archive: always one stream. */
int input_cut(arena *mem, const input_file *f, uint64_t split_bytes, bool archive, input_pieces *out, sbuf *err);

/* ---- reading ---- */

/* on_error fail and skip_file end the piece; skip_record resumes at the next frame or member. Nothing says whether that
 * one begins inside a record: its first line is kept if it starts with '{', and is discarded otherwise. */
enum { DAMAGE_STOPS, DAMAGE_SKIPS };
typedef struct input_limits {
    uint64_t chunk_bytes;      /* decompressed bytes of a stream's chunk (about; always whole records) */
    uint64_t max_record_bytes; /* larger records are not buffered: the reader skips them and says so */
    int damage;                /* DAMAGE_* */
} input_limits;

enum {
    MEMBERS_NONE,
    MEMBERS_TEXT,
    MEMBERS_LINES
}; /* bare file of lines; archive of documents; archive of files of lines */

/* Decompressed bytes with all that is needed to walk them; reused from piece to piece. One owner at a time. Pointers
 * into it stay good until the next load into it. Zero it before the first use. */
typedef struct input_chunk input_chunk;
input_chunk *input_chunk_new(void);
void input_chunk_free(input_chunk *c);

/* Loads a piece that is no stream. INPUT_OK also when damage was met: see input_chunk_damage. */
int input_load(const input_file *f, input_piece piece, const input_limits *lim, input_chunk *c, sbuf *err);

/* A stream: any thread may call next, one at a time (the caller holds a lock). INPUT_OK: c has the next chunk, whole
 * lines or members (a member of lines may go on in the next chunk; a record of more than chunk_bytes makes a larger
 * chunk). INPUT_END: no more, c is empty. A chunk may have no records at all. */
typedef struct input_stream input_stream;
int input_stream_open(const input_file *f, input_piece piece, int members, const input_limits *lim, input_stream **out,
                      sbuf *err);
int input_stream_next(input_stream *s, input_chunk *c, sbuf *err);
void input_stream_close(input_stream *s);

/* What went wrong while c was read: sentences that name file, compressed offset and cause ("… is cut off: zstd frame at
 * byte 48211968 ends early"), one for each place of damage. All records before the damage are in c; a record that it
 * cuts is not. With DAMAGE_STOPS nothing follows. */
typedef struct input_damage {
    const char *text;
    uint64_t offset;
} input_damage;
size_t input_chunk_damage(const input_chunk *c, const input_damage **out);
uint64_t
input_chunk_consumed(const input_chunk *c); /* compressed bytes that this chunk took from the file: for progress */
bool input_chunk_holds(const input_chunk *c, const void *p, size_t n); /* do these n bytes lie in it? */

/* Walking. A record's nth names it within its file and does not depend on how the file was cut: for lines
 * hash_two(compressed offset of the frame or member it begins in (plain: 0), offset of its first byte in that frame);
 * for archives hash_two(number of the archive member from 1, offset in it). */
typedef struct input_record {
    const char *p; /* no newline; a trailing CR is taken off; 64 readable bytes follow */
    size_t n;
    uint64_t nth;
    uint64_t offset;    /* of its first byte in that frame, for messages */
    const char *member; /* archives: name of the member, UTF-8, NUL-terminated; else NULL */
} input_record;

/* INPUT_OK: a record (n may be 0: a blank line; lines of white space only are blank too). INPUT_MORE: a record above
 * max_record_bytes; r->p has its first bytes (at most 4096), r->n their number, r->offset its place. INPUT_END: no more
 * in this chunk. A UTF-8 BOM at the start of a file or member is left out. With MEMBERS_TEXT each text member is one
 * record, exactly its bytes. */
int input_chunk_next(input_chunk *c, input_record *r);
#endif
