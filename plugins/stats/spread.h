/* How values lie: counts in bins that are the same everywhere, 32 to a doubling. Integers only, so that adding two
 * gives the same in any order. Values below 0 count as 0. */
#ifndef SPREAD_H
#define SPREAD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SPREAD_PER_DOUBLING = 32,
    SPREAD_LOW = -30,
    SPREAD_HIGH = 40
}; /* 2^-30 … 2^40: what is beyond lies at the ends */
enum { SPREAD_BINS = 1 + (SPREAD_HIGH - SPREAD_LOW) * SPREAD_PER_DOUBLING };

typedef struct spread { /* begins zeroed */
    uint64_t n;
    double min, max;
    uint64_t bins[SPREAD_BINS]; /* 0: the value 0 */
} spread;

void spread_add(spread *s, double v);
void spread_merge(spread *into, const spread *from);
/* Is this what adding may make? For what is loaded. */
bool spread_is_sound(const spread *s);
/* The lower end of a bin; that of the next is the upper end. */
double spread_edge(uint32_t bin);
/* The lower end of the bin that holds the q-th quantile (nearest rank, 0 <= q <= 1), within min and max; n > 0. */
double spread_quantile(const spread *s, double q);
#endif
