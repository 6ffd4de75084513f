/* Counts of doubles in bins that are the same everywhere: sign, exponent, five bits of mantissa (about 3 % wide).
 * Integers only, so that merging gives the same for any order. */
#ifndef SLUICE_HISTOGRAM_H
#define SLUICE_HISTOGRAM_H
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
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
/* The q-th quantile (nearest rank), 0 <= q <= 1: the end of its bin that is nearer to 0, so that whole numbers up to 64
 * are exact and others at most 3.2 % too small; clamped to min and max. NaN if empty. */
double histogram_quantile(const histogram *h, double q);
typedef struct histogram_bar { /* from <= value < below; of values below 0: from < value <= below */
    double from, below;
    uint64_t n;
} histogram_bar;
/* Eighths of a doubling, ascending, those that hold something; 0 has one of its own. NULL: none, or out of memory. */
const histogram_bar *histogram_bars(const histogram *h, arena *mem, size_t *n);
/* Exact to 2^-20 while all values are below 2^42; else of the bins' middles, within 2 %. The same for any order. */
double histogram_mean(const histogram *h);
#endif
