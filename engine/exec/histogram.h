/* Counts of doubles in bins that are the same everywhere: sign, exponent, five bits of mantissa (about 3 % wide).
 * Integers only, so that merging gives the same for any order. */
#ifndef SLUICE_HISTOGRAM_H
#define SLUICE_HISTOGRAM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/str.h"

typedef struct histogram histogram;
histogram *histogram_new(void); /* NULL: out of memory */
void histogram_free(histogram *h);
void histogram_add(histogram *h, double v); /* NaN is counted apart */
void histogram_merge(histogram *into, const histogram *from);
uint64_t histogram_count(const histogram *h);
double histogram_min(const histogram *h);
double histogram_max(const histogram *h);
/* As numbers, separated by commas, and back: load answers how many of the n it took, 0 if they are none. */
void histogram_save(const histogram *h, sbuf *out);
uint32_t histogram_load(histogram *h, const uint64_t *v, uint32_t n);
/* The q-th quantile (nearest rank, 0 <= q <= 1) or up to 1/32 nearer to 0, within min and max: the end of its bin, so
 * whole numbers up to 64 are exact. NaN if empty. */
double histogram_quantile(const histogram *h, double q);
typedef struct histogram_part {
    double from, below; /* from <= v < below; of negative values from < v <= below */
    uint64_t n;
} histogram_part;
/* The next eighth of a doubling that holds something, ascending; 0 is one of its own. *at begins at 0. false: no more.
 */
bool histogram_next(const histogram *h, uint32_t *at, histogram_part *out);
/* Exact to 2^-20 while all values are below 2^42; else of the bins' middles, within 2 %. The same for any order. */
double histogram_mean(const histogram *h);
#endif
