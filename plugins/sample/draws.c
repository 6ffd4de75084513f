#include "draws.h"
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 8, MIN_CAP = 64 };

static int compare(const void *a, const void *b)
{
    const drawn *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->pos > y->pos) - (x->pos < y->pos);
}

static uint32_t digit(drawn d, uint32_t i)
{
    return (uint32_t)((i < 4 ? d.number >> (48 - 16 * i) : d.pos >> (48 - 16 * (i - 4))) & 0xffff);
}

static void set_digit(drawn *d, uint32_t i, uint64_t value)
{
    if (i < 4)
        d->number |= value << (48 - 16 * i);
    else
        d->pos |= value << (48 - 16 * (i - 4));
}

static bool begins_alike(drawn a, drawn b, uint32_t digits)
{
    const uint64_t number = digits == 0 ? 0 : digits < 4 ? ~0ull << (64 - 16 * digits) : ~0ull;
    const uint64_t pos = digits <= 4 ? 0 : digits < DIGITS ? ~0ull << (64 - 16 * (digits - 4)) : ~0ull;
    return ((a.number ^ b.number) & number) == 0 && ((a.pos ^ b.pos) & pos) == 0;
}

/* ---- the search ---- */

bool search_lists(const search *s) { return s->wanted <= DRAWS_LISTED; }

bool draw_before(drawn a, drawn b) { return compare(&a, &b) < 0; }

bool search_possible(const search *s)
{
    if (s->found)
        return s->settled <= DIGITS;
    for (uint32_t i = s->settled; i < DIGITS; i++)
        if (digit(s->bound, i))
            return false; /* no bit below those that are settled */
    return s->settled < DIGITS && s->wanted;
}

bool search_concerns(const search *s, drawn d) { return begins_alike(d, s->bound, s->settled); }

void search_begin(search *s, uint64_t wanted) { *s = (search){ .wanted = wanted, .found = wanted == 0 }; }

/* Nobody has pos 0, so a bound of zeros keeps nothing: where none was wanted, or nothing was there. */
bool search_keeps(const search *s, drawn d) { return compare(&d, &s->bound) <= 0; }

static const drawn everything = { UINT64_MAX, UINT64_MAX }; /* where there are fewer than wanted */

static void found(search *s, drawn bound)
{
    s->found = true;
    s->bound = bound;
}

/* Takes the digit of the k-th draw from the counts. */
static void settle(search *s, const uint64_t *bins)
{
    uint64_t below = 0;
    uint32_t at = 0;
    while (at < DRAWS_BINS && below + bins[at] < s->wanted)
        below += bins[at++];
    if (at == DRAWS_BINS) {
        found(s, everything);
        return;
    }
    s->wanted -= below;
    set_digit(&s->bound, s->settled++, at);
    if (bins[at] == s->wanted || s->settled == DIGITS) { /* all that begin like this */
        for (uint32_t i = s->settled; i < DIGITS; i++)
            set_digit(&s->bound, i, 0xffff);
        s->found = true;
    }
}

bool search_step(search *s, draws *d)
{
    bool once = true;
    if (search_lists(s)) {
        draws_sort(d, s);
        for (size_t i = 1; i < d->n; i++)
            once &= draw_before(d->list[i - 1], d->list[i]);
        found(s, d->n < s->wanted ? everything : d->list[s->wanted - 1]);
    } else if (d->bins) {
        settle(s, d->bins);
    } else {
        found(s, everything); /* no worker at all: there is nothing */
    }
    draws_free(d);
    return once;
}

/* ---- what was seen ---- */

bool draws_open(draws *d, const search *s)
{
    if (search_lists(s) || s->found || d->bins)
        return true;
    d->bins = calloc(DRAWS_BINS, sizeof *d->bins);
    return d->bins != NULL;
}

void draws_free(draws *d)
{
    free(d->list);
    free(d->bins);
    *d = (draws){ 0 };
}

void draws_sort(draws *d, const search *s)
{
    if (d->n)
        qsort(d->list, d->n, sizeof *d->list, compare);
    if (d->n < s->wanted)
        return;
    d->n = s->wanted;
    d->full = d->n > 0;
    if (d->full)
        d->worst = d->list[d->n - 1];
}

/* Room for one more: by dropping what cannot be among those wanted, else by growing to twice as many as are wanted. */
static bool make_room(draws *d, const search *s)
{
    const size_t most = 2 * (s->wanted > MIN_CAP ? (size_t)s->wanted : MIN_CAP);
    if (d->cap == most) {
        draws_sort(d, s);
        return true;
    }
    const size_t cap = d->cap == 0 ? MIN_CAP : 2 * d->cap < most ? 2 * d->cap : most;
    drawn *list = realloc(d->list, cap * sizeof *list);
    if (!list)
        return false;
    d->list = list;
    d->cap = cap;
    return true;
}

bool draws_add(draws *d, const search *s, drawn one)
{
    if (s->found || (d->full && compare(&one, &d->worst) > 0) || !search_concerns(s, one))
        return true;
    if (!search_lists(s)) {
        d->bins[digit(one, s->settled)]++;
        return true;
    }
    if (d->n == d->cap && !make_room(d, s))
        return false;
    d->list[d->n++] = one;
    return true;
}

bool draws_merge(draws *to, const draws *from, const search *s)
{
    if (!draws_open(to, s))
        return false;
    for (uint32_t i = 0; from->bins && to->bins && i < DRAWS_BINS; i++)
        to->bins[i] += from->bins[i];
    for (size_t i = 0; i < from->n; i++)
        if (!draws_add(to, s, from->list[i]))
            return false;
    return true;
}
