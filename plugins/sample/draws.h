/* The k least of many draws, exactly, in bounded memory.
 *
 * A draw is 128 bits: a random number and, for ties, the place of the document. Either all are kept that may still be
 * among the k least (k below DRAWS_LISTED), or they are counted by 16 of their bits, which settles 16 bits of the k-th
 * draw; then those that begin with the settled bits are looked at, and so on, until few enough are wanted to list them.
 * Draws are spread evenly, so a count of any size takes two looks: 16 bits of a thousand million are 15,000 to list. */
#ifndef SAMPLE_DRAWS_H
#define SAMPLE_DRAWS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DRAWS_LISTED = 1 << 16, DRAWS_BINS = 1 << 16 };

typedef struct drawn {
    uint64_t number, pos;
} drawn;

/* How far the search for the k-th draw has come. The same for every thread of a pass. */
typedef struct search {
    uint64_t wanted;  /* how many of those that begin with the settled bits */
    uint32_t settled; /* 16-bit digits of `bound` from the top, 0 to 8 */
    bool found;       /* `bound` is the last draw that is kept */
    drawn bound;
} search;

void search_begin(search *s, uint64_t wanted);
/* Is the draw kept? Once found. */
bool search_keeps(const search *s, drawn d);
/* May the draw be the k-th? Not if it does not begin with the settled bits. */
bool search_concerns(const search *s, drawn d);
bool search_lists(const search *s);    /* this pass lists draws, or else counts them */
bool search_possible(const search *s); /* can it be the state of a search? */
bool draw_before(drawn a, drawn b);

/* What one thread has seen in one pass, and what all have. */
typedef struct draws {
    drawn *list; /* the least so far: sorted after draws_sort */
    size_t n, cap;
    drawn worst; /* where `full`: as many as are wanted are not above it */
    bool full;
    uint64_t *bins; /* or counts by the next digit */
} draws;

/* Room for what this pass needs; false: out of memory. Zeroed before; draws_free in any case. */
bool draws_open(draws *d, const search *s);
void draws_free(draws *d);
/* false: out of memory. */
bool draws_add(draws *d, const search *s, drawn one);
bool draws_merge(draws *to, const draws *from, const search *s);
/* Equal content gives an equal list: sorted, and no more than are wanted. */
void draws_sort(draws *d, const search *s);
/* Takes what a pass has seen to go on with the search. false: a draw was there twice. */
bool search_step(search *s, draws *d);

#endif
