/* One small table per codec: pure functions from compressed to plain bytes, one frame at a time. Places in the file,
 * reading and resuming are the decoder's. "Frame" stands for zstd and lz4 frames, gzip members, xz and bzip2 streams.
 * Inner header of io. */
#ifndef SLUICE_CODEC_H
#define SLUICE_CODEC_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "io/input.h"

/* What bytes between frames are. */
enum {
    PROBE_FRAME,  /* a frame begins here */
    PROBE_SKIP,   /* *skip bytes of padding or of a skippable frame */
    PROBE_FOREIGN /* neither; *why may say more */
};

/* Results of decode. */
enum {
    CODEC_MORE, /* wants more input or more room */
    CODEC_DONE, /* the frame is complete and checked */
    CODEC_BAD,  /* damaged: io->why. What was written before stands */
    CODEC_NOMEM
};

typedef struct codec_io {
    const uint8_t *in;
    size_t in_n, used; /* used: how much of in was taken */
    uint8_t *out;
    size_t room, got; /* got: how much of out was written */
    const char *why;  /* static */
} codec_io;

typedef struct codec {
    const char *name, *unit; /* "gzip", "member" */
    uint8_t magic[6];
    size_t magic_n;
    size_t probe_n; /* bytes that probe wants to see; it gets fewer only at the end */
    int (*probe)(const uint8_t *p, size_t n, uint64_t *skip, const char **why);
    /* NULL, or a longer look at a frame that resuming has found: three bytes of magic come up by chance. */
    bool (*likely)(const uint8_t *p, size_t n);
    void *(*create)(void); /* NULL: out of memory */
    void (*destroy)(void *);
    int (*begin)(void *); /* before each frame: 0, or CODEC_NOMEM */
    int (*decode)(void *, codec_io *);
} codec;

/* NULL for CODEC_PLAIN. */
const codec *codec_of(input_codec c);
extern const codec codec_zstd, codec_gzip, codec_xz, codec_bzip2, codec_lz4;

static inline uint32_t codec_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
/* Skippable frames are the same in zstd and lz4: 8 bytes, then as many as bytes 4 to 7 say. */
static inline bool codec_is_skippable(const uint8_t *p, size_t n)
{
    return n >= 8 && (codec_le32(p) & 0xFFFFFFF0u) == 0x184D2A50u;
}
/* Gathers input until the small header in `head` has `want` bytes. True: complete. */
bool codec_gather(codec_io *io, uint8_t *head, size_t *have, size_t want);

/* ---- zstd frames, without decompressing ---- */
typedef struct zstd_header {
    size_t size; /* of the header, magic included */
    bool checksum, known;
    uint64_t content;   /* if known */
    uint64_t block_max; /* decompressed bytes of a block */
} zstd_header;
enum { ZSTD_HEADER_MAX = 18, ZSTD_HEADER_MIN = 5 };
size_t zstd_header_size(const uint8_t *p); /* p: ZSTD_HEADER_MIN bytes */
void zstd_header_parse(const uint8_t *p, zstd_header *h);
typedef struct zstd_block {
    bool last;
    unsigned type;         /* 0 raw, 1 one byte repeated, 2 compressed, 3 reserved */
    uint32_t size, stored; /* the size field; bytes in the file */
} zstd_block;
zstd_block zstd_block_parse(const uint8_t p[3]);
#endif
