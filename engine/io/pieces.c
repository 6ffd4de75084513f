/* A stream kept for later passes. A thread gathers the piece that it makes in a buffer and writes it block by block; a
 * piece that never fills a block may stay in memory. */
#include "io/pieces.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "sluice/plugin.h"

enum {
    BLOCK = 512 << 10,
    BUFFER_LEAST = 16 << 10,
    SLACK = 64,
    KEPT_SHARE = 8, /* pieces in memory take this part of the budget at most: a stream must not starve what sorts it */
};

typedef struct piece {
    uint64_t number, bytes;
    char *mem;    /* all of it, or */
    size_t first; /* its blocks, of the thread that made it */
    unsigned thread;
} piece;

typedef struct maker {      /* what one thread has; on cache lines of its own */
    _Alignas(64) char *buf; /* bytes of the piece it makes that are in no block yet */
    size_t n, cap;          /* cap: BLOCK at most */
    uint64_t bytes;         /* of that piece */
    size_t first;           /* and its first block */
    bool begun;             /* there is such a piece */
    block_at *block;        /* of all pieces */
    size_t n_block, cap_block;
    piece *piece;
    size_t n_piece, cap_piece;
} maker;

struct pieces {
    scratch *scratch;
    budget *budget;
    unsigned threads;
    bool finished;
    maker *maker;
    piece *v; /* all, by number */
    size_t n;
    atomic_uint_fast64_t kept, held; /* held: all that is charged; kept: pieces in memory */
};

/* ---- memory ---- */

static int nomem(sbuf *err)
{
    sbuf_puts(err, "out of memory for a stream that is kept");
    return SL_E_NOMEM;
}

static void charge(pieces *p, uint64_t n)
{
    (void)budget_change(p->budget, 0, n, UINT64_MAX);
    atomic_fetch_add_explicit(&p->held, n, memory_order_relaxed);
}

/* *(T **)v gets room for n elements of `size` bytes. */
static bool room(pieces *p, void *v, size_t *cap, size_t n, size_t size)
{
    if (n <= *cap)
        return true;
    const size_t grown = *cap + *cap / 2 + 8, want = n > grown ? n : grown;
    void *mem;
    memcpy(&mem, v, sizeof mem);
    mem = want > SIZE_MAX / size ? NULL : realloc(mem, want * size);
    if (!mem)
        return false;
    memcpy(v, &mem, sizeof mem);
    charge(p, (want - *cap) * size);
    *cap = want;
    return true;
}

pieces *pieces_new(scratch *s, budget *b, unsigned threads)
{
    pieces *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->maker = aligned_alloc(_Alignof(maker), (threads ? threads : 1) * sizeof *p->maker);
    if (!p->maker) {
        free(p);
        return NULL;
    }
    memset(p->maker, 0, threads * sizeof *p->maker);
    p->scratch = s;
    p->budget = b;
    p->threads = threads;
    return p;
}

void pieces_free(pieces *p)
{
    if (!p)
        return;
    for (unsigned t = 0; t < p->threads; t++) {
        maker *m = &p->maker[t];
        for (size_t i = 0; i < m->n_piece; i++)
            free(m->piece[i].mem);
        free(m->piece);
        free(m->block);
        free(m->buf);
    }
    for (size_t i = 0; i < p->n; i++)
        free(p->v[i].mem);
    free(p->v);
    budget_give(p->budget, p->held);
    free(p->maker);
    free(p);
}

/* ---- making them ---- */

static int out_of_turn(const pieces *p, unsigned thread, sbuf *err)
{
    if (!p->finished && thread < p->threads)
        return 0;
    sbuf_printf(err, "internal error: thread %u adds to a kept stream of %u threads%s", thread, p->threads,
                p->finished ? ", which is finished" : "");
    return SL_E_INTERNAL;
}

static int write_block(pieces *p, unsigned thread, const char *bytes, size_t n, sbuf *err)
{
    maker *m = &p->maker[thread];
    if (!room(p, &m->block, &m->cap_block, m->n_block + 1, sizeof *m->block))
        return nomem(err);
    const int r = scratch_write(p->scratch, thread, bytes, n, &m->block[m->n_block], err);
    m->n_block += r == 0;
    return r;
}

/* Doubles up to BLOCK: many a thread only makes small pieces. */
static bool buffer_room(pieces *p, maker *m, size_t n)
{
    size_t cap = m->cap ? m->cap : BUFFER_LEAST;
    while (cap < n)
        cap *= 2;
    return room(p, &m->buf, &m->cap, cap <= m->cap ? m->cap : cap, 1);
}

int pieces_add(pieces *p, unsigned thread, const void *bytes, size_t n, sbuf *err)
{
    const char *from = bytes;
    int r = out_of_turn(p, thread, err);
    if (r < 0)
        return r;
    maker *m = &p->maker[thread];
    m->begun = true;
    while (r == 0 && n) {
        size_t take = BLOCK - m->n;
        if (!m->n && n >= BLOCK) { /* straight from the caller's memory */
            r = write_block(p, thread, from, take, err);
        } else {
            take = take < n ? take : n;
            if (!buffer_room(p, m, m->n + take))
                return nomem(err);
            memcpy(m->buf + m->n, from, take);
            if (m->n + take == BLOCK)
                r = write_block(p, thread, m->buf, BLOCK, err);
            m->n = r < 0 ? m->n : (m->n + take) % BLOCK;
        }
        if (r == 0) {
            from += take;
            n -= take;
            m->bytes += take;
        }
    }
    return r;
}

/* The buffer as a piece in memory. false: not granted. */
static bool keep(pieces *p, const maker *m, piece *e)
{
    const uint64_t n = m->n, kept = atomic_fetch_add_explicit(&p->kept, n, memory_order_relaxed) + n;
    if (kept <= p->budget->limit / KEPT_SHARE && budget_change(p->budget, 0, n, 0)) {
        e->mem = malloc(n);
        if (e->mem) {
            memcpy(e->mem, m->buf, n);
            atomic_fetch_add_explicit(&p->held, n, memory_order_relaxed);
            return true;
        }
        budget_give(p->budget, n);
    }
    atomic_fetch_sub_explicit(&p->kept, n, memory_order_relaxed);
    return false;
}

int pieces_end(pieces *p, unsigned thread, uint64_t number, sbuf *err)
{
    int r = out_of_turn(p, thread, err);
    if (r < 0)
        return r;
    maker *m = &p->maker[thread];
    if (!room(p, &m->piece, &m->cap_piece, m->n_piece + 1, sizeof *m->piece))
        return nomem(err);
    piece e = { .number = number, .bytes = m->bytes, .first = m->first, .thread = thread };
    if (m->n && (m->n < m->bytes || !keep(p, m, &e)))
        r = write_block(p, thread, m->buf, m->n, err);
    if (r < 0)
        return r;
    m->piece[m->n_piece++] = e;
    m->first = m->n_block;
    m->n = 0;
    m->bytes = 0;
    m->begun = false;
    return 0;
}

/* ---- giving them back ---- */

static int by_number(const void *a, const void *b)
{
    const uint64_t x = ((const piece *)a)->number, y = ((const piece *)b)->number;
    return (x > y) - (x < y);
}

static int check_numbers(const pieces *p, sbuf *err)
{
    for (size_t i = 1; i < p->n; i++)
        if (p->v[i].number == p->v[i - 1].number) {
            sbuf_printf(err, "internal error: two pieces of a kept stream have the number %llu",
                        (unsigned long long)p->v[i].number);
            return SL_E_INTERNAL;
        }
    return 0;
}

int pieces_finish(pieces *p, sbuf *err)
{
    size_t n = 0, cap = 0;
    if (p->finished) {
        sbuf_puts(err, "internal error: a kept stream is finished twice");
        return SL_E_INTERNAL;
    }
    for (unsigned t = 0; t < p->threads; t++) {
        n += p->maker[t].n_piece;
        if (p->maker[t].begun) {
            sbuf_printf(err, "internal error: thread %u has a piece of a kept stream that did not end", t);
            return SL_E_INTERNAL;
        }
    }
    if (!room(p, &p->v, &cap, n, sizeof *p->v))
        return nomem(err);
    for (unsigned t = 0; t < p->threads; t++) {
        maker *m = &p->maker[t];
        if (m->n_piece)
            memcpy(p->v + p->n, m->piece, m->n_piece * sizeof *p->v);
        p->n += m->n_piece;
        const uint64_t gone = m->cap_piece * sizeof *m->piece + m->cap;
        budget_give(p->budget, gone);
        atomic_fetch_sub_explicit(&p->held, gone, memory_order_relaxed);
        free(m->piece);
        free(m->buf);
        m->piece = NULL;
        m->buf = NULL;
        m->n_piece = m->cap_piece = m->cap = 0;
    }
    if (p->n)
        qsort(p->v, p->n, sizeof *p->v, by_number);
    p->finished = true;
    return check_numbers(p, err);
}

size_t pieces_count(const pieces *p) { return p->n; }
uint64_t pieces_number(const pieces *p, size_t i) { return p->v[i].number; }
uint64_t pieces_bytes(const pieces *p, size_t i) { return p->v[i].bytes; }

static int load_blocks(pieces *p, unsigned thread, const piece *e, sbuf *out, sbuf *err)
{
    const maker *m = &p->maker[e->thread];
    for (size_t i = e->first; out->n < e->bytes; i++) {
        const int r = scratch_read(p->scratch, thread, m->block[i], out->p + out->n, err);
        if (r < 0)
            return r;
        out->n += m->block[i].bytes;
    }
    return 0;
}

int pieces_load(pieces *p, unsigned thread, size_t i, sbuf *out, sbuf *err)
{
    sbuf_clear(out);
    if (!p->finished || i >= p->n || thread >= p->threads) {
        sbuf_printf(err, "internal error: thread %u asks for piece %zu of a kept stream of %zu", thread, i,
                    p->finished ? p->n : 0);
        return SL_E_INTERNAL;
    }
    const piece *e = &p->v[i];
    if (e->bytes > SIZE_MAX / 4 || !sbuf_room(out, (size_t)e->bytes + SLACK))
        return nomem(err);
    int r = 0;
    if (e->mem)
        sbuf_add(out, e->mem, (size_t)e->bytes);
    else
        r = load_blocks(p, thread, e, out, err);
    memset(out->p + out->n, 0, SLACK + 1);
    if (r < 0)
        sbuf_clear(out);
    return r;
}

/* ---- for another process ---- */

/* What is in memory stays there too: whoever has it need not read it. */
int pieces_seal(pieces *p, sbuf *err)
{
    int r = 0;
    for (size_t i = 0; i < p->n && r == 0; i++) {
        piece *e = &p->v[i];
        if (!e->mem)
            continue;
        r = write_block(p, 0, e->mem, (size_t)e->bytes, err);
        e->thread = 0;
        e->first = p->maker[0].n_block - (r == 0);
    }
    return r == 0 ? scratch_sync(p->scratch, err) : r;
}

static void add_number(sbuf *out, uint64_t v) { sbuf_printf(out, ",%llu", (unsigned long long)v); }

void pieces_describe(const pieces *p, sbuf *out)
{
    sbuf_printf(out, "%u", p->threads);
    for (unsigned t = 0; t < p->threads; t++) {
        const maker *m = &p->maker[t];
        add_number(out, m->n_block);
        for (size_t i = 0; i < m->n_block; i++) {
            add_number(out, m->block[i].sum);
            add_number(out, m->block[i].stored);
            add_number(out, m->block[i].bytes);
        }
    }
    add_number(out, p->n);
    for (size_t i = 0; i < p->n; i++) {
        add_number(out, p->v[i].number);
        add_number(out, p->v[i].bytes);
        add_number(out, p->v[i].thread);
        add_number(out, p->v[i].first);
    }
}

typedef struct numbers {
    const uint64_t *v;
    size_t n, at;
} numbers;

/* `each` numbers for each of as many things as the next number says. */
static bool next_count(numbers *v, size_t each, size_t *count)
{
    if (v->at == v->n || v->v[v->at] > (v->n - v->at - 1) / each)
        return false;
    *count = v->v[v->at++];
    return true;
}

/* A thread's blocks stand one behind the other. 1: the numbers are none. */
static int restore_blocks(pieces *p, unsigned thread, numbers *v, uint64_t *end)
{
    maker *m = &p->maker[thread];
    size_t n;
    if (!next_count(v, 3, &n))
        return 1;
    if (!room(p, &m->block, &m->cap_block, n, sizeof *m->block))
        return SL_E_NOMEM;
    for (; m->n_block < n; v->at += 3) {
        const uint64_t *at = v->v + v->at;
        if (!at[1] || at[1] > at[2] || at[2] > BLOCK)
            return 1;
        m->block[m->n_block++] = (block_at){ *end, at[0], thread, (uint32_t)at[1], (uint32_t)at[2] };
        *end += at[1];
    }
    return 0;
}

/* Do the blocks of the piece have its bytes, and no more? */
static bool is_whole(const pieces *p, const piece *e)
{
    uint64_t bytes = 0;
    for (size_t i = e->first; bytes < e->bytes; i++) {
        if (i >= p->maker[e->thread].n_block)
            return false;
        bytes += p->maker[e->thread].block[i].bytes;
    }
    return bytes == e->bytes;
}

static int restore_pieces(pieces *p, unsigned files, numbers *v)
{
    size_t n, cap = 0;
    if (!next_count(v, 4, &n))
        return 1;
    if (!room(p, &p->v, &cap, n, sizeof *p->v))
        return SL_E_NOMEM;
    for (; p->n < n; v->at += 4) {
        const uint64_t *at = v->v + v->at;
        piece *e = &p->v[p->n];
        *e = (piece){ .number = at[0], .bytes = at[1], .first = at[3], .thread = (unsigned)at[2] };
        if (at[2] >= files || (p->n && e->number <= e[-1].number) || !is_whole(p, e))
            return 1;
        p->n++;
    }
    p->finished = true;
    return 0;
}

pieces *pieces_restore(scratch *s, budget *b, unsigned threads, const uint64_t *v, size_t n, size_t *used, int *code,
                       sbuf *err)
{
    numbers from = { v, n, 1 };
    const unsigned files = n && v[0] <= threads ? (unsigned)v[0] : 0;
    pieces *p = files ? pieces_new(s, b, threads) : NULL;
    int r = files ? 0 : 1;
    if (files && !p)
        r = SL_E_NOMEM;
    for (unsigned t = 0; t < files && r == 0; t++) {
        uint64_t end = 0;
        r = restore_blocks(p, t, &from, &end);
        if (r == 0 && end)
            r = scratch_attach(s, t, end, err);
    }
    if (r == 0)
        r = restore_pieces(p, files, &from);
    *used = from.at;
    if (r == 0)
        return p;
    pieces_free(p);
    if (r == 1)
        sbuf_puts(err, "what is said of a stream that was kept makes no sense");
    else if (r == SL_E_NOMEM && !err->n)
        nomem(err);
    *code = r == 1 ? SL_E_STATE : r;
    return NULL;
}
