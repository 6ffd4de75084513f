#include "exec/histogram.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Exponents -64 .. 63 in 32 bins each, for both signs; everything smaller is the zero bin, everything larger the last
 * one. */
enum { EXPONENTS = 128, PER = 32, HALF = EXPONENTS * PER, BINS = 2 * HALF + 1, LOWEST = -64 };

struct histogram {
    uint64_t n, nan;
    double min, max;
    __int128 sum;       /* in 2^-20: integers, so that the mean does not depend on the order of adding */
    uint64_t huge;      /* values too large for that */
    uint64_t bin[BINS]; /* negative values, descending in size; zero; positive values */
};

histogram *histogram_new(void)
{
    histogram *h = calloc(1, sizeof *h);
    if (h) {
        h->min = INFINITY;
        h->max = -INFINITY;
    }
    return h;
}

void histogram_free(histogram *h) { free(h); }

static int bin_of(double v)
{
    uint64_t bits;
    const double a = fabs(v);
    memcpy(&bits, &a, sizeof bits);
    const int exponent = (int)(bits >> 52) - 1023 - LOWEST;
    if (exponent < 0)
        return HALF;
    const int k = exponent >= EXPONENTS ? HALF - 1 : exponent * PER + (int)(bits >> 47 & 31);
    return v < 0 ? HALF - 1 - k : HALF + 1 + k;
}

static double middle_of(int bin)
{
    if (bin == HALF)
        return 0;
    const int k = bin > HALF ? bin - HALF - 1 : HALF - 1 - bin;
    const double v = ldexp(1 + (k % PER + 0.5) / PER, k / PER + LOWEST);
    return bin > HALF ? v : -v;
}

/* The end nearer to 0 of the k-th bin on either side of it. */
static double edge_of(int k) { return ldexp(1 + (double)(k % PER) / PER, k / PER + LOWEST); }

static double end_of(int bin)
{
    return bin > HALF ? edge_of(bin - HALF - 1) : bin < HALF ? -edge_of(HALF - 1 - bin) : 0;
}

void histogram_add(histogram *h, double v)
{
    if (isnan(v)) {
        h->nan++;
        return;
    }
    h->n++;
    h->min = v < h->min ? v : h->min;
    h->max = v > h->max ? v : h->max;
    h->bin[bin_of(v)]++;
    if (fabs(v) < 0x1p42)
        h->sum += llrint(v * 0x1p20);
    else
        h->huge++;
}

void histogram_merge(histogram *into, const histogram *from)
{
    into->n += from->n;
    into->nan += from->nan;
    into->sum += from->sum;
    into->huge += from->huge;
    into->min = from->min < into->min ? from->min : into->min;
    into->max = from->max > into->max ? from->max : into->max;
    for (int i = 0; i < BINS; i++)
        into->bin[i] += from->bin[i];
}

enum { SAVED = 8 }; /* numbers before the bins */

void histogram_save(const histogram *h, sbuf *out)
{
    uint64_t head[SAVED] = { 0,      h->n, h->nan, 0, 0, (uint64_t)h->sum, (uint64_t)((unsigned __int128)h->sum >> 64),
                             h->huge };
    memcpy(&head[3], &h->min, sizeof h->min);
    memcpy(&head[4], &h->max, sizeof h->max);
    for (int i = 0; i < BINS; i++)
        head[0] += h->bin[i] != 0;
    for (int i = 0; i < SAVED; i++)
        sbuf_printf(out, "%s%llu", i ? "," : "", (unsigned long long)head[i]);
    for (int i = 0; i < BINS; i++)
        if (h->bin[i])
            sbuf_printf(out, ",%d,%llu", i, (unsigned long long)h->bin[i]);
}

uint32_t histogram_load(histogram *h, const uint64_t *v, uint32_t n)
{
    if (n < SAVED || v[0] > BINS || (n - SAVED) / 2 < v[0])
        return 0;
    h->n = v[1];
    h->nan = v[2];
    memcpy(&h->min, &v[3], sizeof h->min);
    memcpy(&h->max, &v[4], sizeof h->max);
    h->sum = (__int128)((unsigned __int128)v[6] << 64 | v[5]);
    h->huge = v[7];
    for (uint64_t i = 0; i < v[0]; i++) {
        const uint64_t bin = v[SAVED + 2 * i];
        if (bin >= BINS)
            return 0;
        h->bin[bin] = v[SAVED + 2 * i + 1];
    }
    return SAVED + 2 * (uint32_t)v[0];
}

uint64_t histogram_count(const histogram *h) { return h->n; }
double histogram_min(const histogram *h) { return h->n ? h->min : NAN; }
double histogram_max(const histogram *h) { return h->n ? h->max : NAN; }

double histogram_quantile(const histogram *h, double q)
{
    uint64_t rank = (uint64_t)ceil(q * (double)h->n), seen = 0; /* the nearest-rank definition */
    if (!h->n)
        return NAN;
    rank = rank < 1 ? 1 : rank > h->n ? h->n : rank;
    for (int i = 0; i < BINS; i++)
        if ((seen += h->bin[i]) >= rank)
            return fmin(fmax(end_of(i), h->min), h->max);
    return h->max;
}

const histogram_bar *histogram_bars(const histogram *h, arena *mem, size_t *n)
{
    enum { EACH = PER / 8 };
    histogram_bar *v = NULL;
    *n = 0;
    for (int i = 0, next; i < BINS; i = next) {
        const int k = i > HALF ? i - HALF - 1 : HALF - 1 - i; /* of the first of its bins */
        histogram_bar bar = { 0, edge_of(0), h->bin[i] };
        for (next = i + 1; i != HALF && next < i + EACH; next++)
            bar.n += h->bin[next];
        if (!bar.n)
            continue;
        if (i > HALF)
            bar.from = edge_of(k), bar.below = edge_of(k + EACH);
        else if (i < HALF)
            bar.from = -edge_of(k + 1), bar.below = -edge_of(k + 1 - EACH);
        v = arena_grow(mem, v, *n, sizeof *v);
        if (!v)
            return *n = 0, NULL;
        v[(*n)++] = bar;
    }
    return v;
}

double histogram_mean(const histogram *h)
{
    double sum = 0;
    if (!h->huge)
        return h->n ? fmin(fmax((double)h->sum * 0x1p-20 / (double)h->n, h->min), h->max) : NAN;
    for (int i = 0; i < BINS; i++)
        sum += h->bin[i] ? (double)h->bin[i] * middle_of(i) : 0;
    return h->n ? fmin(fmax(sum / (double)h->n, h->min), h->max) : NAN;
}
