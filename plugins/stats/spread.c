#include "spread.h"
#include <math.h>

/* frexp: v = part * 2^power, 0.5 <= part < 1. The steps of a doubling are even. */
static uint32_t bin_of(double v)
{
    int power;
    if (!(v > 0))
        return 0;
    const double part = frexp(v, &power);
    if (power <= SPREAD_LOW)
        return 1;
    if (power > SPREAD_HIGH)
        return SPREAD_BINS - 1;
    const uint32_t step = (uint32_t)((part - 0.5) * 2 * SPREAD_PER_DOUBLING);
    return 1 + (uint32_t)(power - 1 - SPREAD_LOW) * SPREAD_PER_DOUBLING + step;
}

double spread_edge(uint32_t bin)
{
    if (!bin)
        return 0;
    const uint32_t i = bin - 1;
    return ldexp(0.5 + (double)(i % SPREAD_PER_DOUBLING) / (2 * SPREAD_PER_DOUBLING),
                 (int)(i / SPREAD_PER_DOUBLING) + 1 + SPREAD_LOW);
}

void spread_add(spread *s, double v)
{
    s->min = !s->n || v < s->min ? v : s->min;
    s->max = !s->n || v > s->max ? v : s->max;
    s->n++;
    s->bins[bin_of(v)]++;
}

void spread_merge(spread *into, const spread *from)
{
    if (!from->n)
        return;
    into->min = !into->n || from->min < into->min ? from->min : into->min;
    into->max = !into->n || from->max > into->max ? from->max : into->max;
    into->n += from->n;
    for (uint32_t i = 0; i < SPREAD_BINS; i++)
        into->bins[i] += from->bins[i];
}

bool spread_is_sound(const spread *s)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < SPREAD_BINS; i++) {
        if (s->bins[i] > s->n - n)
            return false;
        n += s->bins[i];
    }
    return n == s->n && isfinite(s->min) && isfinite(s->max) && s->min <= s->max;
}

double spread_quantile(const spread *s, double q)
{
    const double rank = ceil(q * (double)s->n);
    uint64_t before = 0;
    uint32_t bin = 0;
    for (; bin + 1 < SPREAD_BINS && (double)(before + s->bins[bin]) < rank; bin++)
        before += s->bins[bin];
    const double edge = spread_edge(bin);
    return q <= 0 || edge < s->min ? s->min : q >= 1 || edge > s->max ? s->max : edge;
}
