/* Streams: chunk after chunk, of lines or of an archive. */
#include "io/input_archive.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct input_stream {
    lines lines;
    input_archive *archive; /* NULL: bare lines */
    input_limits lim;
    bool ended;
};

int input_stream_open(const input_file *f, input_piece piece, int members, const input_limits *lim, input_stream **out,
                      sbuf *err)
{
    input_stream *s = calloc(1, sizeof *s);
    if (!s) {
        sbuf_printf(err, "out of memory while %s is opened", f->path);
        return INPUT_E_NOMEM;
    }
    s->lim = *lim;
    s->lines.d.in.fd = -1;
    int r = INPUT_OK;
    if (members != MEMBERS_NONE) {
        r = input_archive_open(f, members, lim, &s->archive, err);
    } else {
        const int opened = decoder_open(&s->lines.d, f, piece.begin);
        if (opened < 0) {
            sbuf_printf(err, "cannot open %s: %s", f->path, strerror(-opened));
            r = opened == -ENOMEM ? INPUT_E_NOMEM : INPUT_E_IO;
        }
        lines_start(&s->lines, lim, strcmp(f->path, "-") ? f->path : "standard input", piece.begin,
                    f->sequential ? UINT64_MAX : piece.end, piece.begin == 0);
    }
    if (r < 0) {
        input_stream_close(s);
        return r;
    }
    *out = s;
    return INPUT_OK;
}

int input_stream_next(input_stream *s, input_chunk *c, sbuf *err)
{
    chunk_start(c, &s->lim);
    if (s->ended) {
        chunk_finish(c);
        return INPUT_END;
    }
    const int r =
        s->archive ? input_archive_fill(s->archive, c, err) : lines_fill(&s->lines, c, s->lim.chunk_bytes, err);
    chunk_finish(c);
    s->ended = r != INPUT_OK;
    if (r < 0)
        return r;
    /* What came with the end is a chunk of its own; END itself is always empty. */
    return r == INPUT_END && !c->n_marks && !c->n_damage && !c->consumed ? INPUT_END : INPUT_OK;
}

void input_stream_close(input_stream *s)
{
    if (!s)
        return;
    input_archive_close(s->archive);
    lines_free(&s->lines);
    free(s);
}
