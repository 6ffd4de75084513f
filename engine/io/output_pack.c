/* Compression of one frame: an independent zstd frame or gzip member, whose bytes depend on its records and the level
 * alone. */
#include "io/output_internal.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "sluice/plugin.h"

enum { SCRATCH_KEEP = 2 * OUTPUT_FRAME }; /* larger scratch memory was made for a giant record and is given back */

typedef struct scratch {
    char *p;
    size_t cap;
} scratch;

struct packer {
    ZSTD_CCtx *zstd;
    z_stream gzip;
    bool gzip_ready;
    int gzip_level;
    scratch in, out; /* in: a frame of several pieces, put together */
};

packer *packer_new(void) { return calloc(1, sizeof(packer)); }

void packer_free(packer *k)
{
    if (!k)
        return;
    ZSTD_freeCCtx(k->zstd);
    if (k->gzip_ready)
        deflateEnd(&k->gzip);
    free(k->in.p);
    free(k->out.p);
    free(k);
}

static bool scratch_room(scratch *s, size_t n)
{
    if (n <= s->cap)
        return true;
    free(s->p);
    *s = (scratch){ .p = malloc(n), .cap = n };
    if (!s->p)
        s->cap = 0;
    return s->p != NULL;
}

static void scratch_trim(scratch *s)
{
    if (s->cap <= SCRATCH_KEEP)
        return;
    free(s->p);
    *s = (scratch){ 0 };
}

/* The frame's bytes in one piece. A frame of one piece, the usual case, is not copied. */
static const char *contiguous(packer *k, const frame *f)
{
    if (!f->n_pieces)
        return "";
    if (f->n_pieces == 1)
        return f->pieces[0].g->p + f->pieces[0].at;
    if (!scratch_room(&k->in, f->bytes))
        return NULL;
    size_t at = 0;
    for (size_t i = 0; i < f->n_pieces; i++) {
        memcpy(k->in.p + at, f->pieces[i].g->p + f->pieces[i].at, f->pieces[i].n);
        at += f->pieces[i].n;
    }
    return k->in.p;
}

static int pack_zstd(packer *k, int level, const char *p, size_t n, size_t *packed, const char **why)
{
    if (!k->zstd && !(k->zstd = ZSTD_createCCtx()))
        return SL_E_NOMEM;
    if (!scratch_room(&k->out, ZSTD_compressBound(n)))
        return SL_E_NOMEM;
    size_t r = ZSTD_CCtx_setParameter(k->zstd, ZSTD_c_compressionLevel, level);
    if (!ZSTD_isError(r))
        r = ZSTD_CCtx_setParameter(k->zstd, ZSTD_c_checksumFlag, 1);
    if (!ZSTD_isError(r))
        r = ZSTD_compress2(k->zstd, k->out.p, k->out.cap, p, n);
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
    if (!scratch_room(&k->out, bound))
        return SL_E_NOMEM;
    size_t done = 0;
    k->gzip.next_in = (Bytef *)(uintptr_t)p;
    k->gzip.avail_in = (uInt)n; /* a record has less than 4 GiB, and so has a frame */
    do {                        /* the bound may exceed what avail_out can say */
        const size_t room = k->out.cap - done < 1u << 30 ? k->out.cap - done : 1u << 30;
        k->gzip.next_out = (Bytef *)k->out.p + done;
        k->gzip.avail_out = (uInt)room;
        r = deflate(&k->gzip, Z_FINISH);
        done += room - k->gzip.avail_out;
    } while ((r == Z_OK || r == Z_BUF_ERROR) && done < k->out.cap);
    *packed = done;
    return r == Z_STREAM_END ? 0 : SL_E_INTERNAL;
}

int packer_pack(packer *k, frame *f, const char **why)
{
    const output_spec *spec = &f->out->spec;
    const char *p = contiguous(k, f);
    int r = SL_E_NOMEM;
    if (p && spec->format == FORMAT_GZIP)
        r = pack_gzip(k, spec->level, p, f->bytes, &f->packed_n, why);
    else if (p)
        r = pack_zstd(k, spec->level, p, f->bytes, &f->packed_n, why);
    if (r == 0) { /* it may wait for a while: in memory that fits */
        f->packed = malloc(f->packed_n);
        if (f->packed)
            memcpy(f->packed, k->out.p, f->packed_n);
        else
            r = SL_E_NOMEM;
    }
    scratch_trim(&k->in);
    scratch_trim(&k->out);
    return r;
}
