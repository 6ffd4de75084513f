/* Cutting files into pieces. zstd frames are found by walking their block headers; nothing is decompressed. */
#include "io/codec.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"

enum { WINDOW = 4096 }; /* block headers lie up to 128 KiB apart: more would be read for nothing */

typedef struct walker {
    int fd;
    uint64_t size;
    uint64_t at; /* of the window */
    size_t n;
    int error;
    uint8_t window[WINDOW];
} walker;

/* n bytes (few) at `at`, or NULL where the file has fewer. */
static const uint8_t *peek(walker *w, uint64_t at, size_t n)
{
    if (at > w->size || n > w->size - at)
        return NULL;
    if (at < w->at || at - w->at > w->n || w->n - (size_t)(at - w->at) < n) {
        const uint64_t left = w->size - at;
        const ssize_t got = fs_pread_full(w->fd, w->window, left < WINDOW ? (size_t)left : WINDOW, at);
        w->at = at;
        w->n = got < 0 ? 0 : (size_t)got;
        if (got < 0)
            w->error = (int)-got; /* stays, whatever is looked at after it */
        if (w->n < n)
            return NULL;
    }
    return w->window + (at - w->at);
}

typedef struct frame {
    uint64_t begin, end;
    uint64_t bytes; /* decompressed: as the header says, else the most that its blocks can hold */
    bool skippable;
} frame;

/* The frame that begins at `at`. False: none that can be understood to its end. */
static bool walk_frame(walker *w, uint64_t at, frame *f)
{
    const uint8_t *p = peek(w, at, 8);
    *f = (frame){ .begin = at };
    if (p && codec_is_skippable(p, 8)) {
        const uint64_t n = 8 + (uint64_t)codec_le32(p + 4);
        f->skippable = true;
        f->end = at + n;
        return n <= w->size - at;
    }
    p = peek(w, at, ZSTD_HEADER_MIN);
    if (!p || memcmp(p, codec_zstd.magic, 4) || p[4] & 8)
        return false;
    const size_t header = zstd_header_size(p);
    if (!(p = peek(w, at, header)))
        return false;
    zstd_header h;
    zstd_header_parse(p, &h);
    at += header;
    for (zstd_block b = { 0 }; !b.last;) {
        if (!(p = peek(w, at, 3)))
            return false;
        b = zstd_block_parse(p);
        if (b.type == 3 || b.stored > w->size - at - 3)
            return false;
        at += 3 + b.stored;
        f->bytes += b.type == 2 ? h.block_max : b.size;
    }
    if (h.checksum && w->size - at < 4)
        return false;
    f->end = at + (h.checksum ? 4 : 0);
    if (h.known)
        f->bytes = h.content;
    return true;
}

typedef struct growing {
    input_piece *v;
    size_t n, cap;
    bool failed;
} growing;

static void open_piece(growing *g, uint64_t begin, bool stream)
{
    if (g->n == g->cap) {
        const size_t cap = g->cap ? g->cap * 2 : 64;
        input_piece *p = realloc(g->v, cap * sizeof *p);
        if (!p) {
            g->failed = true;
            return;
        }
        g->v = p;
        g->cap = cap;
    }
    if (g->n)
        g->v[g->n - 1].end = begin;
    g->v[g->n++] = (input_piece){ .begin = begin, .stream = stream };
}

/* The walk cannot go on at `at`; whoever reads the rest finds out why. Where a frame begins there, it is the damaged
 * one. Where none does, the frame before it may be, and its length with it: then nothing behind its first byte is a
 * place to cut. */
static void give_up(walker *w, uint64_t at, uint64_t before, growing *g)
{
    const uint8_t *p = peek(w, at, 4);
    const uint64_t from = p && !memcmp(p, codec_zstd.magic, 4) ? at : before;
    if (from > g->v[g->n - 1].begin)
        open_piece(g, from, true);
    if (!g->failed)
        g->v[g->n - 1].stream = true;
}

/* Pieces begin at frames that hold something; skippable and empty frames stay with what stands before them, so that
 * reading that resumes behind damage finds the same first frame whether or not the file was cut there. */
static void cut_zstd(walker *w, uint64_t split, growing *g)
{
    const uint64_t large = split > UINT64_MAX / 2 ? UINT64_MAX : 2 * split;
    uint64_t at = 0, run = 0, before = 0;
    size_t frames = 0;
    frame f;
    open_piece(g, 0, false);
    if (g->failed)
        return;
    for (; at < w->size && !g->failed; at = f.end) {
        if (!walk_frame(w, at, &f)) {
            give_up(w, at, before, g);
            break;
        }
        if (f.skippable || !f.bytes)
            continue;
        before = at;
        frames++;
        const bool fresh = !run && !g->v[g->n - 1].stream, stream = f.bytes > large;
        if (!fresh && (stream || g->v[g->n - 1].stream || run >= split || f.bytes > split + split / 2 - run))
            open_piece(g, at, stream), run = 0;
        if (g->failed)
            return;
        g->v[g->n - 1].stream |= stream;
        run += stream ? 0 : f.bytes;
    }
    if (g->failed)
        return;
    if (frames < 2 && g->n == 1)
        g->v[0].stream = true;
    g->v[g->n - 1].end = w->size;
}

static int cut_frames(const input_file *f, uint64_t split, growing *g, sbuf *err)
{
    walker *w = calloc(1, sizeof *w);
    if (!w)
        return g->failed = true, INPUT_OK;
    int error = 0;
    w->size = f->size;
    w->fd = open(f->path, O_RDONLY | O_CLOEXEC);
    if (w->fd < 0) {
        error = errno;
    } else {
        cut_zstd(w, split, g);
        error = w->error;
        close(w->fd);
    }
    free(w);
    if (error) {
        sbuf_printf(err, "cannot read %s: %s", f->path, strerror(error));
        return INPUT_E_IO;
    }
    return INPUT_OK;
}

int input_cut(arena *mem, const input_file *f, uint64_t split_bytes, bool archive, input_pieces *out, sbuf *err)
{
    growing g = { 0 };
    int r = INPUT_OK;
    const uint64_t split = split_bytes ? split_bytes : 1;
    *out = (input_pieces){ 0 };
    if (!f->size && !f->sequential) {
        open_piece(&g, 0, archive);
    } else if (archive || f->sequential || (f->codec != CODEC_PLAIN && f->codec != CODEC_ZSTD)) {
        open_piece(&g, 0, true);
    } else if (f->codec == CODEC_PLAIN) {
        for (uint64_t at = 0; at < f->size && !g.failed; at = f->size - at > split ? at + split : f->size)
            open_piece(&g, at, false);
    } else {
        r = cut_frames(f, split, &g, err);
    }
    if (g.n && !g.failed && r == INPUT_OK) {
        g.v[g.n - 1].end = f->size;
        out->v = arena_alloc(mem, g.n * sizeof *g.v, _Alignof(input_piece));
        out->n = out->v ? g.n : 0;
        if (out->v)
            memcpy(out->v, g.v, g.n * sizeof *g.v);
    }
    free(g.v);
    if (r == INPUT_OK && !out->n) {
        sbuf_printf(err, "out of memory while %s is cut", f->path);
        return INPUT_E_NOMEM;
    }
    return r;
}
