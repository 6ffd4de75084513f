/* zstd. The decompressor is given one header or one block body at a time: when ZSTD_decompressStream fails it forgets
 * what it wrote earlier in the same call, and up to a buffer of good records would be lost. */
#include "io/codec.h"
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

size_t zstd_header_size(const uint8_t *p)
{
    static const uint8_t dictionary[4] = { 0, 1, 2, 4 }, content[4] = { 0, 2, 4, 8 };
    const unsigned d = p[4], single = d >> 5 & 1;
    return 5u + !single + dictionary[d & 3] + (d >> 6 ? content[d >> 6] : single);
}

void zstd_header_parse(const uint8_t *p, zstd_header *h)
{
    const unsigned d = p[4], single = d >> 5 & 1, kind = d >> 6;
    const size_t size = zstd_header_size(p), width = kind ? (size_t)1 << kind : single;
    uint64_t v = 0, window = 0;
    for (size_t i = width; i-- > 0;)
        v = v << 8 | p[size - width + i];
    if (kind == 1)
        v += 256;
    if (single)
        window = v;
    else
        window = ((uint64_t)1 << (10 + (p[5] >> 3))) / 8 * (8 + (p[5] & 7));
    *h = (zstd_header){ .size = size, .checksum = d >> 2 & 1, .known = width > 0, .content = v };
    h->block_max = window < 128 << 10 ? window : 128 << 10;
}

zstd_block zstd_block_parse(const uint8_t p[3])
{
    const uint32_t v = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
    const unsigned type = v >> 1 & 3;
    return (zstd_block){ .last = v & 1, .type = type, .size = v >> 3, .stored = type == 1 ? 1 : v >> 3 };
}

typedef struct zstd_state {
    ZSTD_DCtx *d;
    enum { AT_HEADER, AT_BLOCK, AT_BODY, AT_FLUSH, AT_SUM } step;
    uint8_t head[ZSTD_HEADER_MAX];
    size_t have;
    zstd_header h;
    zstd_block block;
    size_t left; /* of the body */
    uint64_t out;
} zstd_state;

static int probe(const uint8_t *p, size_t n, uint64_t *skip, const char **why)
{
    (void)why;
    if (codec_is_skippable(p, n))
        return *skip = 8 + (uint64_t)codec_le32(p + 4), PROBE_SKIP;
    return n >= 4 && codec_le32(p) == ZSTD_MAGICNUMBER && (n < 5 || !(p[4] & 8)) ? PROBE_FRAME : PROBE_FOREIGN;
}

static void destroy(void *state)
{
    zstd_state *s = state;
    if (s)
        ZSTD_freeDCtx(s->d);
    free(s);
}

static void *create(void)
{
    zstd_state *s = calloc(1, sizeof *s);
    if (s && !(s->d = ZSTD_createDCtx())) {
        free(s);
        return NULL;
    }
    if (s) /* zstd --long=31 makes such windows; the bound of the library's own is 27 */
        (void)ZSTD_DCtx_setParameter(s->d, ZSTD_d_windowLogMax,
                                     (int)ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound);
    return s;
}

static int begin(void *state)
{
    zstd_state *s = state;
    (void)ZSTD_DCtx_reset(s->d, ZSTD_reset_session_only); /* cannot fail for a session */
    s->step = AT_HEADER;
    s->have = 0;
    s->out = 0;
    return 0;
}

static const char *cause(size_t code)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_checksum_wrong: return "wrong checksum";
    case ZSTD_error_dictionary_wrong: return "it needs a dictionary";
    case ZSTD_error_frameParameter_windowTooLarge: return "its window is larger than 2 GiB";
    case ZSTD_error_frameParameter_unsupported: return "its header is not supported";
    default: return "corrupt block"; /* which of the library's codes it is may depend on the room it was given */
    }
}

/* n bytes of p to the decompressor. CODEC_DONE where the frame is complete. */
static int push(zstd_state *s, codec_io *io, const uint8_t *p, size_t n, size_t *used)
{
    ZSTD_inBuffer ib = { p, n, 0 };
    ZSTD_outBuffer ob = { io->out, io->room, io->got };
    const size_t r = ZSTD_decompressStream(s->d, &ob, &ib);
    *used = ib.pos;
    if (ZSTD_isError(r)) {
        io->why = cause(r);
        return ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation ? CODEC_NOMEM : CODEC_BAD;
    }
    s->out += ob.pos - io->got;
    io->got = ob.pos;
    if (s->h.known && s->out > s->h.content) { /* the library looks only at the end of the frame */
        io->why = "longer than its header says";
        return CODEC_BAD;
    }
    return r == 0 ? CODEC_DONE : CODEC_MORE;
}

/* The small piece of `want` bytes in s->head, whole or not at all. *complete: it went in. */
static int push_head(zstd_state *s, codec_io *io, size_t want, bool *complete)
{
    *complete = codec_gather(io, s->head, &s->have, want);
    if (!*complete)
        return CODEC_MORE;
    size_t used;
    s->have = 0;
    const int r = push(s, io, s->head, want, &used);
    if (r != CODEC_BAD && r != CODEC_NOMEM && used != want) {
        io->why = "corrupt block";
        return CODEC_BAD;
    }
    return r;
}

static int at_header(zstd_state *s, codec_io *io, bool *go)
{
    *go = false;
    if (!codec_gather(io, s->head, &s->have, ZSTD_HEADER_MIN) ||
        !codec_gather(io, s->head, &s->have, zstd_header_size(s->head)))
        return CODEC_MORE;
    zstd_header_parse(s->head, &s->h);
    s->step = AT_BLOCK;
    return push_head(s, io, s->h.size, go);
}

static int at_block(zstd_state *s, codec_io *io, bool *go)
{
    const int r = push_head(s, io, 3, go);
    if (!*go || r == CODEC_BAD || r == CODEC_NOMEM)
        return r;
    s->block = zstd_block_parse(s->head);
    s->left = s->block.stored;
    s->step = s->left ? AT_BODY : s->block.last ? AT_SUM : AT_BLOCK;
    return r;
}

/* Also the flush of what the decompressor still holds after a body: with no input at all, so that nothing can fail
 * then. */
static int at_body(zstd_state *s, codec_io *io, bool *go)
{
    size_t used;
    const size_t left = io->in_n - io->used, n = left < s->left ? left : s->left;
    *go = false;
    if (s->step == AT_BODY && !n)
        return CODEC_MORE;
    const int r = push(s, io, io->in + io->used, s->step == AT_BODY ? n : 0, &used);
    if (r == CODEC_BAD || r == CODEC_NOMEM)
        return r;
    io->used += used;
    s->left -= used;
    if (s->step == AT_BODY && s->left) {
        *go = io->got < io->room;
        return r;
    }
    *go = io->got < io->room;
    s->step = !*go ? AT_FLUSH : s->block.last ? AT_SUM : AT_BLOCK;
    return r;
}

static int decode(void *state, codec_io *io)
{
    zstd_state *s = state;
    for (;;) {
        bool go = false;
        int r;
        switch (s->step) {
        case AT_HEADER: r = at_header(s, io, &go); break;
        case AT_BLOCK: r = at_block(s, io, &go); break;
        case AT_BODY:
        case AT_FLUSH: r = at_body(s, io, &go); break;
        default:
            r = push_head(s, io, 4, &go);
            break; /* AT_SUM: reached only where there is one; else DONE came before */
        }
        if (r != CODEC_MORE || !go)
            return r;
    }
}

const codec codec_zstd = {
    .name = "zstd",
    .unit = "frame",
    .magic = { 0x28, 0xB5, 0x2F, 0xFD },
    .magic_n = 4,
    .probe_n = 8,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .decode = decode,
};
