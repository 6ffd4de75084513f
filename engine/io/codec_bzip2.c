/* bzip2 through libbz2, one stream at a time. */
#include "io/codec.h"
#include <bzlib.h>
#include <stdlib.h>
#include <string.h>

typedef struct bzip2_state {
    bz_stream z;
    bool live;
} bzip2_state;

static int probe(const uint8_t *p, size_t n, uint64_t *skip, const char **why)
{
    static const uint8_t block[6] = { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 },
                         end[6] = { 0x17, 0x72, 0x45, 0x38, 0x50, 0x90 };
    (void)skip;
    (void)why;
    if (n < 4 || memcmp(p, "BZh", 3) || p[3] < '1' || p[3] > '9')
        return PROBE_FOREIGN;
    const size_t more = n - 4 < 6 ? n - 4 : 6;
    return !memcmp(p + 4, block, more) || !memcmp(p + 4, end, more) ? PROBE_FRAME : PROBE_FOREIGN;
}

static void *create(void) { return calloc(1, sizeof(bzip2_state)); }

static void destroy(void *state)
{
    bzip2_state *s = state;
    if (s && s->live)
        BZ2_bzDecompressEnd(&s->z);
    free(s);
}

static int begin(void *state)
{
    bzip2_state *s = state;
    if (s->live)
        BZ2_bzDecompressEnd(&s->z);
    s->z = (bz_stream){ 0 };
    s->live = BZ2_bzDecompressInit(&s->z, 0, 0) == BZ_OK;
    return s->live ? 0 : CODEC_NOMEM;
}

static int decode(void *state, codec_io *io)
{
    static const size_t MOST = 1u << 30; /* libbz2 counts in 32 bits */
    bz_stream *z = &((bzip2_state *)state)->z;
    const size_t in = io->in_n < MOST ? io->in_n : MOST, room = io->room < MOST ? io->room : MOST;
    z->next_in = (char *)(uintptr_t)io->in; /* libbz2 does not write there */
    z->avail_in = (unsigned)in;
    z->next_out = (char *)io->out;
    z->avail_out = (unsigned)room;
    const int r = BZ2_bzDecompress(z);
    io->used = in - z->avail_in;
    io->got = room - z->avail_out;
    switch (r) {
    case BZ_OK: return CODEC_MORE;
    case BZ_STREAM_END: return CODEC_DONE;
    case BZ_MEM_ERROR: return CODEC_NOMEM;
    default: io->why = "corrupt data or wrong CRC"; return CODEC_BAD;
    }
}

const codec codec_bzip2 = {
    .name = "bzip2",
    .unit = "stream",
    .magic = { 'B', 'Z', 'h' },
    .magic_n = 3,
    .probe_n = 10,
    .probe = probe,
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .decode = decode,
};
