/* gzip through zlib, which checks CRC and length of each member. */
#include "io/codec.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static int probe(const uint8_t *p, size_t n, uint64_t *skip, const char **why)
{
    (void)why;
    if (n >= 3 && p[0] == 0x1F && p[1] == 0x8B && p[2] == 8)
        return PROBE_FRAME;
    if (!p[0]) /* tapes pad with zeros */
        return *skip = 1, PROBE_SKIP;
    return PROBE_FOREIGN;
}

/* Reserved flags, extra flags, operating system: what compressors really write. */
static bool likely(const uint8_t *p, size_t n)
{
    return n >= 10 && !(p[3] & 0xE0) && (p[8] == 0 || p[8] == 2 || p[8] == 4) && (p[9] <= 19 || p[9] == 255);
}

static void *create(void)
{
    z_stream *z = calloc(1, sizeof *z);
    if (z && inflateInit2(z, 15 + 16) != Z_OK) {
        free(z);
        return NULL;
    }
    return z;
}

static void destroy(void *state)
{
    if (state)
        inflateEnd(state);
    free(state);
}

static int begin(void *state) { return inflateReset(state) == Z_OK ? 0 : CODEC_NOMEM; }

static const char *cause(const char *msg)
{
    if (!msg)
        return "corrupt data";
    if (!strcmp(msg, "incorrect data check"))
        return "wrong CRC";
    if (!strcmp(msg, "incorrect length check"))
        return "wrong length";
    return msg; /* zlib's messages are static */
}

static int decode(void *state, codec_io *io)
{
    static const size_t MOST = 1u << 30; /* zlib counts in 32 bits */
    z_stream *z = state;
    const size_t in = io->in_n < MOST ? io->in_n : MOST, room = io->room < MOST ? io->room : MOST;
    z->next_in = (Bytef *)(uintptr_t)io->in; /* zlib does not write there */
    z->avail_in = (uInt)in;
    z->next_out = io->out;
    z->avail_out = (uInt)room;
    const int r = inflate(z, Z_NO_FLUSH);
    io->used = in - z->avail_in;
    io->got = room - z->avail_out;
    switch (r) {
    case Z_OK:
    case Z_BUF_ERROR: return CODEC_MORE;
    case Z_STREAM_END: return CODEC_DONE;
    case Z_MEM_ERROR: return CODEC_NOMEM;
    default: io->why = cause(z->msg); return CODEC_BAD;
    }
}

const codec codec_gzip = {
    .name = "gzip",
    .unit = "member",
    .magic = { 0x1F, 0x8B, 8 },
    .magic_n = 3,
    .probe_n = 10,
    .probe = probe,
    .likely = likely,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .decode = decode,
};
