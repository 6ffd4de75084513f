/* The file of a saved state, format 1. Numbers are little-endian, nothing is padded.
 *
 *      0  preamble: 64 bytes, written last, so that whoever died while writing left none
 *             0  magic
 *             8  u32 format
 *            12  u32 0
 *            16  u64 bytes of payload
 *            24  u64 bytes of head
 *            32  0 …
 *            56  u64 checksum of bytes 0 to 55
 *     64  payload
 *         checksums of the payload's blocks, u64 each: ARTIFACT_BLOCK bytes under one, the last may be shorter
 *         head: u32 state_version, i64 created; stage, name, what, plugin, made_by, report: u32 bytes, the bytes, a NUL
 *         u64 checksum of all from the payload's end to here, seeded with that of the preamble
 *         end magic: 8 bytes
 *
 * Checksums are xxh3-64. Every byte is under one or is compared, and the lengths give the size of the file: no byte can
 * change, be missing or come on top unnoticed. Magic, format and checksum of the preamble stay where they are in all
 * formats to come, so that another format can be told from damage. The head stands behind the payload, with the
 * checksums, so that nothing but the preamble is written out of turn. */
#ifndef SLUICE_ARTIFACT_FORMAT_H
#define SLUICE_ARTIFACT_FORMAT_H
#include <string.h>
#include "io/artifact.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers in files are copied as they are in memory");

#define ARTIFACT_MAGIC     "\x93SLstate" /* no text and no UTF-8, so that nobody takes it for either */
#define ARTIFACT_END_MAGIC "SLstend\n"
enum { ARTIFACT_MAGIC_BYTES = 8, ARTIFACT_FORMAT = 1, ARTIFACT_PREAMBLE = 64, ARTIFACT_END = 16 };
enum { AT_FORMAT = 8, AT_PAYLOAD = 16, AT_HEAD = 24, AT_REST = 32, AT_SUM = 56 };

/* Bounds, so that a hostile file cannot ask for much memory: its checksums and its head are held. */
#define ARTIFACT_PAYLOAD_MAX (16ull << 40)
#define ARTIFACT_HEAD_MAX    (256ull << 20)

static inline uint64_t artifact_blocks(uint64_t payload) { return (payload + ARTIFACT_BLOCK - 1) / ARTIFACT_BLOCK; }

static inline uint64_t get_u64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t get_u32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The head as bytes, appended. Lack of memory shows in out->failed. */
void artifact_head_write(const artifact_head *head, sbuf *out);
/* And back; strings point into p. NULL, or what is wrong with it: "its head ends early". */
const char *artifact_head_read(const char *p, size_t n, artifact_head *out);
/* NULL, or which of stage, name and what is none: these make up names of files. */
const char *artifact_head_problem(const artifact_head *head);

/* Adds a sentence to err (may be NULL); returns code. */
int artifact_say(sbuf *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Removes what writers left in the folder of `path` that were killed more than a day ago. */
void artifact_clear_leftovers(const char *path);
/* ".<name of path>.<process>.<n>.tmp" beside path: what artifact_clear_leftovers looks for. */
void artifact_temporary(const char *path, unsigned n, sbuf *out);
#endif
