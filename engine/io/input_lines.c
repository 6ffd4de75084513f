#include "io/input_lines.h"
#include <stdlib.h>
#include <string.h>

enum { STEP_SMALL = 64 << 10, STEP_LOAD = 1 << 20 };

void lines_free(lines *L)
{
    if (!L)
        return;
    decoder_free(&L->d);
    free(L->tail);
    L->tail = NULL;
}

void lines_start(lines *L, const input_limits *lim, const char *name, uint64_t begin, uint64_t own_end, bool begins)
{
    *L = (lines){ .d = L->d,
                  .lim = *lim,
                  .name = name,
                  .own_end = own_end,
                  .counted = begin,
                  .skip = !begins,
                  .tail = L->tail,
                  .tail_cap = L->tail_cap };
}

static int nomem(lines *L, sbuf *err)
{
    sbuf_printf(err, "out of memory while %s is read", L->name);
    return INPUT_E_NOMEM;
}

static size_t behind_last_newline(const input_chunk *c, size_t from)
{
    const uint8_t *nl = c->n > from ? memrchr(c->buf + from, '\n', c->n - from) : NULL;
    return nl ? (size_t)(nl - c->buf) + 1 : from;
}

static bool mark(lines *L, input_chunk *c, size_t at, uint64_t offset)
{
    L->marked = true;
    return chunk_mark_add(c, MARK_LINES, at, 0, L->frame, offset);
}

/* ---- the tail ---- */

static bool tail_out(lines *L, input_chunk *c)
{
    L->line = c->n;
    L->marked = false;
    if (!L->tail_n)
        return true;
    if (!chunk_room(c, L->tail_n) || !chunk_mark_add(c, MARK_LINES, c->n, 0, L->tail_frame, L->tail_offset))
        return false;
    memcpy(c->buf + c->n, L->tail, L->tail_n);
    c->n += L->tail_n;
    L->tail_n = 0;
    return true;
}

static bool tail_in(lines *L, input_chunk *c)
{
    const size_t n = c->n - L->line;
    if (n > L->tail_cap) {
        uint8_t *p = realloc(L->tail, n);
        if (!p)
            return false;
        L->tail = p;
        L->tail_cap = n;
    }
    if (n)
        memcpy(L->tail, c->buf + L->line, n);
    L->tail_n = n;
    chunk_place(c, L->line, &L->tail_frame, &L->tail_offset);
    c->n = L->line;
    chunk_mark_cut(c, c->n);
    return true;
}

/* ---- records that are too large ---- */

/* Whether the line under way need not be kept whole. Short ones above a tiny limit are told apart when the chunk is
 * walked, so that the head that is shown does not depend on where chunks end. */
static bool is_too_large(const lines *L, const input_chunk *c)
{
    const size_t n = c->n - L->line;
    return n > L->lim.max_record_bytes && n > RECORD_HEAD;
}

/* The line under way is above the limit: only its head stays, the rest of it is dropped as it comes. */
static bool too_large(lines *L, input_chunk *c)
{
    uint64_t frame, offset;
    chunk_place(c, L->line, &frame, &offset);
    chunk_mark_cut(c, L->line);
    if (!chunk_mark_add(c, MARK_LARGE, L->line, RECORD_HEAD, frame, offset))
        return false;
    c->n = L->line + RECORD_HEAD;
    L->line = c->n;
    L->skip = true;
    L->marked = false;
    if (L->past)
        L->done = true;
    return true;
}

/* ---- bytes that came ---- */

/* Drops through a newline. Bytes of the read that stay; they have moved to the end of the chunk. */
static size_t drop(lines *L, input_chunk *c, size_t got)
{
    uint8_t *p = c->buf + c->n;
    if (L->past) { /* the line that began here is not this piece's, or is already told */
        L->done = true;
        return 0;
    }
    const uint8_t *nl = memchr(p, '\n', got);
    if (!nl)
        return 0;
    const size_t gone = (size_t)(nl - p) + 1;
    memmove(p, p + gone, got - gone);
    L->skip = false;
    L->marked = false;
    L->line = c->n;
    return got - gone;
}

/* Behind the piece's end: through the first newline. */
static bool take_past(lines *L, input_chunk *c, size_t got)
{
    const uint8_t *nl = memchr(c->buf + c->n - got, '\n', got);
    if (nl) {
        c->n = (size_t)(nl - c->buf) + 1;
        L->done = true;
        return true;
    }
    return !is_too_large(L, c) || too_large(L, c);
}

static bool take(lines *L, input_chunk *c, size_t got)
{
    const uint64_t frame = L->number ? L->number : L->d.frame;
    const uint64_t end = L->number ? L->total += got : L->d.offset;
    const bool past = (L->d.ops ? L->d.frame : L->d.offset - got) >= L->own_end;
    if (past && !L->past) {
        L->past = true;
        L->line = behind_last_newline(c, L->line);
    }
    if (L->resumed) {
        L->resumed = false;
        L->skip = c->buf[c->n] != '{';
    }
    if (L->skip && !(got = drop(L, c, got)))
        return true;
    if (!L->marked || frame != L->frame || end - got != L->next_offset) {
        L->frame = frame;
        if (!mark(L, c, c->n, end - got))
            return false;
    }
    L->next_offset = end;
    c->n += got;
    return !L->past || take_past(L, c, got);
}

/* ---- ends ---- */

static int at_end(lines *L, input_chunk *c)
{
    if (!L->skip && c->n > L->line && c->buf[c->n - 1] != '\n')
        c->buf[c->n++] = '\n'; /* room for it is always there */
    L->done = true;
    return INPUT_OK;
}

static int at_damage(lines *L, input_chunk *c, sbuf *err)
{
    const decoder_fault *f = &L->d.fault;
    L->line = behind_last_newline(c, L->line);
    if (!L->skip && is_too_large(L, c) && !too_large(L, c)) /* known by now, wherever chunks end */
        return nomem(L, err);
    c->n = L->line;
    chunk_mark_cut(c, c->n);
    L->marked = false;
    if (f->at >= L->own_end || L->past || f->kind == FAULT_BROKEN) { /* the next piece tells it, or the archive */
        L->done = true;
        return INPUT_OK;
    }
    sbuf text = { 0 };
    decoder_describe(&L->d, L->name, &text);
    if (++L->damages == LINES_DAMAGES)
        sbuf_puts(&text, "; after so many damaged places the rest is not read");
    const bool told = chunk_damage_add(c, &text, f->at);
    sbuf_free(&text);
    if (!told)
        return nomem(L, err);
    uint64_t at = 0;
    const int r =
        L->lim.damage == DAMAGE_STOPS || L->damages >= LINES_DAMAGES ? DECODER_END : decoder_resume(&L->d, &at);
    if (r == DECODER_IO) {
        sbuf_printf(err, "cannot read %s: %s", L->name, strerror(L->d.in.error));
        return INPUT_E_IO;
    }
    L->skip = false;
    L->resumed = true;
    L->done = r == DECODER_END || at > L->own_end;
    return INPUT_OK;
}

/* The chunk has what was asked for. True: it ends here, at a line; else the line under way wants more room. */
static bool full(lines *L, input_chunk *c, bool *ok)
{
    *ok = true;
    const size_t line = behind_last_newline(c, L->line);
    const bool found = line > L->line;
    L->line = line;
    if (is_too_large(L, c))
        return *ok = too_large(L, c), found;
    if (found || c->n == line)
        *ok = tail_in(L, c);
    return found || c->n == line;
}

static size_t step(const lines *L, const input_chunk *c, uint64_t left)
{
    size_t n = L->skip || L->past ? STEP_SMALL : left < SIZE_MAX / 8 ? (size_t)left : STEP_LOAD;
    if (n == STEP_LOAD && left > chunk_free(c) && chunk_free(c) >= STEP_SMALL)
        n = chunk_free(c);
    if (!L->d.ops) { /* a read of plain bytes lies on one side of the piece's end */
        const uint64_t at = L->d.in.at;
        if (at < L->own_end && L->own_end - at < n)
            n = (size_t)(L->own_end - at);
    }
    return n ? n : 1;
}

static void count(lines *L, input_chunk *c)
{
    uint64_t at = L->d.in.at;
    if (L->own_end != UINT64_MAX && (L->done || at > L->own_end))
        at = L->own_end;
    if (at > L->counted) {
        c->consumed += at - L->counted;
        L->counted = at;
    }
}

static int fill(lines *L, input_chunk *c, uint64_t goal, sbuf *err)
{
    const size_t base = c->n;
    uint64_t want = goal ? goal : 1;
    if (!tail_out(L, c))
        return nomem(L, err);
    while (!L->done) {
        if (!L->past && c->n - base >= want) {
            bool ok;
            const bool ends = full(L, c, &ok);
            if (!ok)
                return nomem(L, err);
            if (ends)
                return INPUT_OK;
            if (c->n - base >= want) { /* no further than to where the line is known to be too large */
                const uint64_t limit = L->lim.max_record_bytes > RECORD_HEAD ? L->lim.max_record_bytes : RECORD_HEAD;
                const uint64_t most = limit < UINT64_MAX / 2 ? L->line - base + limit + 1 : UINT64_MAX;
                want = want > most / 2 && most > want ? most : want > UINT64_MAX / 2 ? UINT64_MAX : want * 2;
            }
        }
        const size_t n = step(L, c, want - (c->n - base));
        size_t got;
        if (!chunk_room(c, n))
            return nomem(L, err);
        int r = INPUT_OK;
        switch (decoder_read(&L->d, c->buf + c->n, n, &got)) {
        case DECODED: r = take(L, c, got) ? INPUT_OK : nomem(L, err); break;
        case DECODER_END: r = at_end(L, c); break;
        case DECODER_DAMAGE: r = at_damage(L, c, err); break;
        case DECODER_NOMEM: r = nomem(L, err); break;
        default: sbuf_printf(err, "cannot read %s: %s", L->name, strerror(L->d.in.error)); r = INPUT_E_IO;
        }
        if (r < 0)
            return r;
    }
    return INPUT_END;
}

int lines_fill(lines *L, input_chunk *c, uint64_t goal, sbuf *err)
{
    const int r = fill(L, c, goal, err);
    if (!L->number) /* of a member, the archive counts */
        count(L, c);
    return r;
}
