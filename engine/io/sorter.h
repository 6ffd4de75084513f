/* An external sort of documents: byte strings of any length with an order and a pos, sorted by (order, pos), which is
 * unique. Sorted runs in memory while the budget lasts, then in scratch space. The result is cut into pieces that many
 * threads load independently; where it is cut depends on the documents alone: not on threads, runs, budget or spilling.
 */
#ifndef SLUICE_SORTER_H
#define SLUICE_SORTER_H
#include "base/budget.h"
#include "io/scratch.h"

typedef struct sorter sorter;
typedef struct sorter_doc {
    uint64_t order, pos;
    const char *p; /* SORTER_SLACK readable bytes behind the last document of a piece */
    size_t n;
} sorter_doc;
enum { SORTER_SLACK = 64 };
typedef struct sorter_piece { /* a buffer of the caller's: zero it first, use it again and again, free it at the end */
    sorter_doc *v;
    size_t n, cap;
    char *mem;
    size_t mem_cap;
} sorter_piece;
void sorter_piece_free(sorter_piece *p);

/* piece_bytes: about how many bytes make a piece, sizeof(sorter_doc) counted for each document; one document at least.
 * Pieces differ, as a sample decides: the largest of thousands has about twice that, beside its largest document.
 * b: what is refused goes to scratch space, but each thread has 4 MiB in any case; beside that indexes are charged,
 * which grow with what is sorted: 48 bytes a block of piece_bytes / 128 (16 to 128 KiB), 1 KiB for each piece_bytes. */
sorter *sorter_new(scratch *s, budget *b, unsigned threads, uint64_t piece_bytes);
void sorter_free(sorter *s);
/* [n] */
int sorter_add(sorter *s, unsigned thread, uint64_t order, uint64_t pos, const void *p, size_t n, sbuf *err);
/* [1] After the last add: settles the pieces, of which there are at most max_pieces (then they are larger). */
int sorter_finish(sorter *s, size_t max_pieces, sbuf *err);
size_t sorter_pieces(const sorter *s);
uint64_t sorter_docs(const sorter *s);
/* [n] Piece i, its documents in order. May be called again and again, for any piece. The first calls share the work of
 * merging runs, if there are very many; out's memory is about a piece, up to two where runs are many. Two documents of
 * the same (order, pos) are SL_E_INTERNAL. A failure leaves out empty. */
int sorter_load(sorter *s, unsigned thread, size_t i, sorter_piece *out, sbuf *err);
uint64_t sorter_memory(const sorter *s); /* bytes held now: runs in memory, indexes */
#endif
