/* A piece read in one go. */
#include "io/input_lines.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int input_load(const input_file *f, input_piece piece, const input_limits *lim, input_chunk *c, sbuf *err)
{
    chunk_start(c, lim);
    if (!c->load && !(c->load = calloc(1, sizeof *c->load))) {
        sbuf_printf(err, "out of memory while %s is read", f->path);
        return INPUT_E_NOMEM;
    }
    lines *L = c->load;
    const int opened = decoder_open(&L->d, f, piece.begin);
    if (opened < 0) {
        sbuf_printf(err, "cannot open %s: %s", f->path, strerror(-opened));
        return opened == -ENOMEM ? INPUT_E_NOMEM : INPUT_E_IO;
    }
    lines_start(L, lim, f->path, piece.begin, f->sequential ? UINT64_MAX : piece.end, piece.begin == 0);
    int r = INPUT_OK;
    if (!L->d.ops && !f->sequential && !chunk_room(c, (size_t)(piece.end - piece.begin) + (64 << 10))) {
        sbuf_printf(err, "out of memory while %s is read", f->path);
        r = INPUT_E_NOMEM;
    }
    while (r == INPUT_OK)
        r = lines_fill(L, c, UINT64_MAX, err);
    decoder_close(&L->d);
    chunk_finish(c);
    return r < 0 ? r : INPUT_OK;
}
