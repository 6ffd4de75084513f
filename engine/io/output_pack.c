/* Compression of one frame: an independent zstd frame or gzip member, whose bytes depend on its records and the level
 * alone. */
#include "io/output_internal.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "sluice/plugin.h"

enum { SCRATCH_KEEP = 2 * OUTPUT_FRAME }; /* larger scratch memory was made for a giant record and is given back */

struct packer {
    packer *next;
    ZSTD_CCtx *zstd;
    z_stream gzip;
    bool gzip_ready;
    int gzip_level;
    char *out;
    size_t cap;
};

packer *packer_take(outputs *o)
{
    packer *k = o->packers;
    if (!k)
        return calloc(1, sizeof *k);
    o->packers = k->next;
    return k;
}

void packer_return(outputs *o, packer *k)
{
    k->next = o->packers;
    o->packers = k;
}

void packer_free_all(packer *k)
{
    while (k) {
        packer *next = k->next;
        ZSTD_freeCCtx(k->zstd);
        if (k->gzip_ready)
            deflateEnd(&k->gzip);
        free(k->out);
        free(k);
        k = next;
    }
}

static bool scratch_room(packer *k, size_t n)
{
    if (n <= k->cap)
        return true;
    free(k->out);
    k->out = malloc(n);
    k->cap = k->out ? n : 0;
    return k->out != NULL;
}

static int pack_zstd(packer *k, int level, const char *p, size_t n, size_t *packed, const char **why)
{
    if (!k->zstd && !(k->zstd = ZSTD_createCCtx()))
        return SL_E_NOMEM;
    if (!scratch_room(k, ZSTD_compressBound(n)))
        return SL_E_NOMEM;
    size_t r = ZSTD_CCtx_setParameter(k->zstd, ZSTD_c_compressionLevel, level);
    if (!ZSTD_isError(r))
        r = ZSTD_CCtx_setParameter(k->zstd, ZSTD_c_checksumFlag, 1);
    if (!ZSTD_isError(r))
        r = ZSTD_compress2(k->zstd, k->out, k->cap, p, n);
    if (ZSTD_isError(r)) {
        *why = ZSTD_getErrorName(r);
        return SL_E_INTERNAL;
    }
    *packed = r;
    return 0;
}

/* No time and no system in the header: the bytes are the same everywhere. */
static int gzip_start(packer *k, int level, gz_header *header)
{
    if (k->gzip_ready && k->gzip_level != level) {
        deflateEnd(&k->gzip);
        k->gzip_ready = false;
    }
    if (!k->gzip_ready) {
        memset(&k->gzip, 0, sizeof k->gzip);
        if (deflateInit2(&k->gzip, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            return SL_E_NOMEM;
        k->gzip_ready = true;
        k->gzip_level = level;
    } else if (deflateReset(&k->gzip) != Z_OK) {
        return SL_E_INTERNAL;
    }
    *header = (gz_header){ .os = 255 };
    return deflateSetHeader(&k->gzip, header) == Z_OK ? 0 : SL_E_INTERNAL;
}

static int pack_gzip(packer *k, int level, const char *p, size_t n, size_t *packed, const char **why)
{
    gz_header header;
    int r = gzip_start(k, level, &header);
    *why = "deflate refuses";
    if (r < 0)
        return r;
    const size_t bound = deflateBound(&k->gzip, n);
    if (!scratch_room(k, bound))
        return SL_E_NOMEM;
    size_t done = 0;
    k->gzip.next_in = (Bytef *)(uintptr_t)p;
    k->gzip.avail_in = (uInt)n; /* a record has less than 4 GiB, and so has a frame */
    do {                        /* the bound may exceed what avail_out can say */
        const size_t room = k->cap - done < 1u << 30 ? k->cap - done : 1u << 30;
        k->gzip.next_out = (Bytef *)k->out + done;
        k->gzip.avail_out = (uInt)room;
        r = deflate(&k->gzip, Z_FINISH);
        done += room - k->gzip.avail_out;
    } while ((r == Z_OK || r == Z_BUF_ERROR) && done < k->cap);
    *packed = done;
    return r == Z_STREAM_END ? 0 : SL_E_INTERNAL;
}

int packer_pack(packer *k, frame *f, const char **why)
{
    const output_spec *spec = &f->out->spec;
    const char *p = f->g ? f->g->p + f->at : "";
    int r;
    if (spec->format == FORMAT_GZIP)
        r = pack_gzip(k, spec->level, p, f->bytes, &f->packed_n, why);
    else
        r = pack_zstd(k, spec->level, p, f->bytes, &f->packed_n, why);
    if (r == 0) { /* it may wait for a while: in memory that fits */
        f->packed = malloc(f->packed_n);
        if (f->packed)
            memcpy(f->packed, k->out, f->packed_n);
        else
            r = SL_E_NOMEM;
    }
    if (k->cap > SCRATCH_KEEP) {
        free(k->out);
        k->out = NULL;
        k->cap = 0;
    }
    return r;
}
