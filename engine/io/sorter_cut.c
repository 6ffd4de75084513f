/* Where pieces begin. It must depend on the documents alone, so a sample of them decides: each has a number of marks,
 * its size / step, rounded up or down by chance, the chance being a hash of its key. Marks are then spread over the
 * sorted documents as bytes are, and every n-th mark begins a piece. Threads gather them alone and add them up; their
 * number is a share of the bytes (1 KiB of memory for piece_bytes of documents). */
#include "io/sorter_internal.h"
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"

int cut_mark(sorter *s, lane *l, const sorter_doc *d, sbuf *err)
{
    const uint64_t size = (uint64_t)d->n + DOC_COST, chance = hash_two(d->order, d->pos) % s->step;
    const uint64_t marks = size / s->step + (size % s->step + chance >= s->step);
    if (marks) {
        if (!sort_room(s, &l->mark, &l->cap_mark, l->n_mark + 1, sizeof *l->mark))
            return sort_nomem(err);
        l->mark[l->n_mark++] = (sorter_doc){ d->order, d->pos, NULL, marks };
    }
    l->bytes += size;
    return 0;
}

/* All marks, sorted. */
static int gather(sorter *s, sorter_doc **v, size_t *n, size_t *cap, sbuf *err)
{
    for (unsigned t = 0; t < s->threads; t++)
        *n += s->lane[t].n_mark;
    if (!sort_room(s, v, cap, *n + 1, sizeof **v))
        return sort_nomem(err);
    size_t at = 0;
    for (unsigned t = 0; t < s->threads; t++) {
        lane *l = &s->lane[t];
        if (l->n_mark)
            memcpy(*v + at, l->mark, l->n_mark * sizeof **v);
        at += l->n_mark;
        sort_release(s, l->cap_mark * sizeof *l->mark);
        free(l->mark);
        l->mark = NULL;
        l->n_mark = l->cap_mark = 0;
    }
    sort_docs(*v, *n);
    return 0;
}

/* Piece j begins with the document that has mark number j * all / pieces. One with the marks of several begins one. */
static void place(sorter *s, const sorter_doc *mark, size_t n)
{
    uint64_t all = 0, before = 0;
    for (size_t i = 0; i < n; i++)
        all += mark[i].n;
    const uint64_t share = all / s->pieces, rest = all % s->pieces;
    size_t cuts = 0;
    for (size_t i = 0, j = 1; i < n && j < s->pieces; before += mark[i++].n) {
        const size_t first = j;
        while (j < s->pieces && before + mark[i].n > share * j + rest * j / s->pieces)
            j++;
        if (j > first && i) /* what is smaller than the first mark has no piece of its own */
            s->cut[cuts++] = key_of(&mark[i]);
    }
    s->pieces = cuts + 1;
}

int cut_settle(sorter *s, size_t max_pieces, sbuf *err)
{
    uint64_t bytes = 0;
    for (unsigned t = 0; t < s->threads; t++)
        bytes += s->lane[t].bytes;
    sorter_doc *mark = NULL;
    size_t n = 0, cap = 0, cap_cut = 0;
    int r = gather(s, &mark, &n, &cap, err);
    uint64_t pieces = bytes / s->piece_bytes + (bytes % s->piece_bytes > s->piece_bytes / 2);
    pieces = pieces > max_pieces ? max_pieces : pieces;
    pieces = pieces > n ? n : pieces;
    s->pieces = pieces ? (size_t)pieces : 1;
    if (r == 0 && !sort_room(s, &s->cut, &cap_cut, s->pieces, sizeof *s->cut))
        r = sort_nomem(err);
    if (r == 0)
        place(s, mark, n);
    sort_release(s, cap * sizeof *mark);
    free(mark);
    s->pieces = bytes ? s->pieces : 0;
    const uint64_t blocks = s->pieces ? bytes / s->pieces / s->block_bytes : 0;
    s->max_runs = blocks < RUNS_LEAST ? RUNS_LEAST : (size_t)blocks;
    return r;
}
