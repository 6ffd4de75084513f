#include "io/codec.h"
#include <string.h>

const codec *codec_of(input_codec c)
{
    static const codec *const all[] = {
        [CODEC_ZSTD] = &codec_zstd,   [CODEC_GZIP] = &codec_gzip, [CODEC_XZ] = &codec_xz,
        [CODEC_BZIP2] = &codec_bzip2, [CODEC_LZ4] = &codec_lz4,
    };
    return (size_t)c < sizeof all / sizeof *all ? all[c] : NULL;
}

const char *input_codec_name(input_codec c)
{
    const codec *ops = codec_of(c);
    return ops ? ops->name : "plain";
}

static bool has_magic(const codec *c, const uint8_t *p, size_t n)
{
    return n >= c->magic_n && !memcmp(p, c->magic, c->magic_n);
}

input_codec input_sniff(const void *head, size_t n)
{
    static const uint8_t lz4_legacy[4] = { 0x02, 0x21, 0x4C, 0x18 };
    const uint8_t *p = head;
    bool skipped = false;
    while (codec_is_skippable(p, n)) { /* zstd and lz4 share these; what follows tells them apart */
        const uint64_t step = 8 + (uint64_t)codec_le32(p + 4);
        skipped = true;
        if (step >= n)
            return CODEC_ZSTD;
        p += step;
        n -= (size_t)step;
    }
    if (n >= 4 && !memcmp(p, lz4_legacy, 4))
        return CODEC_LZ4; /* refused by name when it is read: as text it would be noise */
    static const input_codec order[] = { CODEC_ZSTD, CODEC_GZIP, CODEC_XZ, CODEC_LZ4 };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (has_magic(codec_of(order[i]), p, n))
            return order[i];
    uint64_t skip;
    const char *why;
    if (!skipped && codec_bzip2.probe(p, n, &skip, &why) == PROBE_FRAME) /* "BZh" alone may well begin a text */
        return CODEC_BZIP2;
    return skipped ? CODEC_ZSTD : CODEC_PLAIN;
}

bool codec_gather(codec_io *io, uint8_t *head, size_t *have, size_t want)
{
    if (*have < want) {
        const size_t left = io->in_n - io->used, step = left < want - *have ? left : want - *have;
        if (step)
            memcpy(head + *have, io->in + io->used, step);
        io->used += step;
        *have += step;
    }
    return *have >= want;
}
