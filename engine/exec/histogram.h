/* Counts of doubles in bins that are the same everywhere: sign, exponent, five bits of mantissa (about 3 % wide).
 * Integers only, so that merging gives the same for any order. */
#ifndef SLUICE_HISTOGRAM_H
#define SLUICE_HISTOGRAM_H
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
/* The middle of the bin that holds the q-th quantile (nearest rank), 0 <= q <= 1, clamped to min and max; NaN if empty.
 */
double histogram_quantile(const histogram *h, double q);
/* Exact to 2^-20 while all values are below 2^42; else of the bins' middles, within 2 %. The same for any order. */
double histogram_mean(const histogram *h);
#endif
