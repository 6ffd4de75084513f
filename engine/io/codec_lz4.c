/* lz4 frames. Like zstd it is given one header or block at a time, for the same reason: LZ4F_decompress forgets what it
 * wrote in a call that fails. */
#include "io/codec.h"
#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MIN = 7, HEADER_MAX = 19 };

typedef struct lz4_state {
    LZ4F_dctx *d;
    enum { AT_HEADER, AT_SIZE, AT_BODY, AT_FLUSH, AT_SUM } step;
    uint8_t head[HEADER_MAX];
    size_t have, left;
    bool block_sum;
} lz4_state;

static int probe(const uint8_t *p, size_t n, uint64_t *skip, const char **why)
{
    if (codec_is_skippable(p, n))
        return *skip = 8 + (uint64_t)codec_le32(p + 4), PROBE_SKIP;
    if (n >= 4 && codec_le32(p) == 0x184C2102u)
        *why = "the legacy lz4 format is not supported, compress it again with a current lz4";
    return n >= 4 && codec_le32(p) == 0x184D2204u && (n < 5 || p[4] >> 6 == 1) ? PROBE_FRAME : PROBE_FOREIGN;
}

static void destroy(void *state)
{
    lz4_state *s = state;
    if (s)
        LZ4F_freeDecompressionContext(s->d);
    free(s);
}

static void *create(void)
{
    lz4_state *s = calloc(1, sizeof *s);
    if (s && LZ4F_isError(LZ4F_createDecompressionContext(&s->d, LZ4F_VERSION))) {
        free(s);
        return NULL;
    }
    return s;
}

static int begin(void *state)
{
    lz4_state *s = state;
    LZ4F_resetDecompressionContext(s->d);
    s->step = AT_HEADER;
    s->have = 0;
    return 0;
}

static const char *cause(size_t code)
{
    const char *name = LZ4F_getErrorName(code);
    if (!strcmp(name, "ERROR_contentChecksum_invalid") || !strcmp(name, "ERROR_blockChecksum_invalid"))
        return "wrong checksum";
    if (!strcmp(name, "ERROR_headerChecksum_invalid"))
        return "wrong checksum of its header";
    if (!strcmp(name, "ERROR_frameSize_wrong"))
        return "its length is not what its header says";
    return "corrupt block";
}

static int push(lz4_state *s, codec_io *io, const uint8_t *p, size_t n, size_t *used)
{
    size_t src = n, dst = io->room - io->got;
    const size_t r = LZ4F_decompress(s->d, io->out + io->got, &dst, p, &src, NULL);
    if (LZ4F_isError(r)) {
        io->why = cause(r);
        return strcmp(LZ4F_getErrorName(r), "ERROR_allocation_failed") ? CODEC_BAD : CODEC_NOMEM;
    }
    *used = src;
    io->got += dst;
    return r == 0 ? CODEC_DONE : CODEC_MORE;
}

/* The `want` bytes gathered in s->head go in, whole. */
static int push_head(lz4_state *s, codec_io *io, size_t want)
{
    size_t used = 0;
    s->have = 0;
    const int r = push(s, io, s->head, want, &used);
    if (r == CODEC_MORE && used != want) {
        io->why = "corrupt block";
        return CODEC_BAD;
    }
    return r;
}

static int at_header(lz4_state *s, codec_io *io, bool *go)
{
    *go = false;
    if (!codec_gather(io, s->head, &s->have, HEADER_MIN))
        return CODEC_MORE;
    const unsigned flags = s->head[4];
    const size_t size = HEADER_MIN + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0);
    if (!codec_gather(io, s->head, &s->have, size))
        return CODEC_MORE;
    s->block_sum = flags & 16;
    s->step = AT_SIZE;
    *go = true;
    return push_head(s, io, size);
}

static int at_size(lz4_state *s, codec_io *io, bool *go)
{
    *go = codec_gather(io, s->head, &s->have, 4);
    if (!*go)
        return CODEC_MORE;
    const uint32_t size = codec_le32(s->head) & 0x7FFFFFFFu;
    s->left = size ? (size_t)size + (s->block_sum ? 4 : 0) : 0;
    s->step = size ? AT_BODY : AT_SUM;
    return push_head(s, io, 4);
}

/* Also the flush of what the decompressor still holds, without input. */
static int at_body(lz4_state *s, codec_io *io, bool *go)
{
    size_t used = 0;
    const size_t have = io->in_n - io->used, n = s->step == AT_FLUSH ? 0 : have < s->left ? have : s->left;
    *go = false;
    if (s->step == AT_BODY && !n)
        return CODEC_MORE;
    const int r = push(s, io, io->in + io->used, n, &used);
    if (r == CODEC_BAD || r == CODEC_NOMEM)
        return r;
    io->used += used;
    s->left -= used;
    *go = io->got < io->room;
    if (!s->left)
        s->step = *go ? AT_SIZE : AT_FLUSH;
    return r;
}

static int decode(void *state, codec_io *io)
{
    lz4_state *s = state;
    for (;;) {
        bool go = false;
        int r;
        switch (s->step) {
        case AT_HEADER: r = at_header(s, io, &go); break;
        case AT_SIZE: r = at_size(s, io, &go); break;
        case AT_BODY:
        case AT_FLUSH: r = at_body(s, io, &go); break;
        default: /* AT_SUM: only where the frame has one; else its end came before */
            go = codec_gather(io, s->head, &s->have, 4);
            r = go ? push_head(s, io, 4) : CODEC_MORE;
            break;
        }
        if (r != CODEC_MORE || !go)
            return r;
    }
}

const codec codec_lz4 = {
    .name = "lz4",
    .unit = "frame",
    .magic = { 0x04, 0x22, 0x4D, 0x18 },
    .magic_n = 4,
    .probe_n = 8,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .decode = decode,
};
