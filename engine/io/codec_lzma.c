/* xz through liblzma, one stream at a time; padding between streams is the probe's. */
#include "io/codec.h"
#include <lzma.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t MEMORY = (uint64_t)2 << 30; /* xz makes dictionaries of up to 1.5 GiB */

static int probe(const uint8_t *p, size_t n, uint64_t *skip, const char **why)
{
    if (n >= 6 && !memcmp(p, codec_xz.magic, 6))
        return PROBE_FRAME;
    if (n >= 4 && !codec_le32(p)) /* stream padding comes in fours */
        return *skip = 4, PROBE_SKIP;
    if (!p[0])
        *why = "padding is no multiple of four bytes";
    return PROBE_FOREIGN;
}

static void *create(void) { return calloc(1, sizeof(lzma_stream)); } /* all zero is LZMA_STREAM_INIT */

static void destroy(void *state)
{
    if (state)
        lzma_end(state);
    free(state);
}

static int begin(void *state) { return lzma_stream_decoder(state, MEMORY, 0) == LZMA_OK ? 0 : CODEC_NOMEM; }

static int decode(void *state, codec_io *io)
{
    lzma_stream *z = state;
    z->next_in = io->in;
    z->avail_in = io->in_n;
    z->next_out = io->out;
    z->avail_out = io->room;
    const lzma_ret r = lzma_code(z, LZMA_RUN);
    io->used = io->in_n - z->avail_in;
    io->got = io->room - z->avail_out;
    switch (r) {
    case LZMA_OK:
    case LZMA_BUF_ERROR: return CODEC_MORE;
    case LZMA_STREAM_END: return CODEC_DONE;
    case LZMA_MEM_ERROR: return CODEC_NOMEM;
    case LZMA_MEMLIMIT_ERROR: io->why = "it needs more than 2 GiB of memory"; return CODEC_BAD;
    case LZMA_OPTIONS_ERROR: io->why = "its options are not supported"; return CODEC_BAD;
    default: io->why = "corrupt data"; return CODEC_BAD;
    }
}

const codec codec_xz = {
    .name = "xz",
    .unit = "stream",
    .magic = { 0xFD, '7', 'z', 'X', 'Z', 0 },
    .magic_n = 6,
    .probe_n = 6,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .decode = decode,
};
