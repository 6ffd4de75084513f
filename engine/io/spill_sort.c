/* Sorting records where they lie: radix sort from the most significant byte on, in place. What all records of a range
 * have in common is skipped, so keys that begin alike (all of a partition often do) and records that are equal cost one
 * look. Short ranges are sorted by insertion. A range that was split very often without an end is left to heap sort,
 * which bounds the depth and the time whatever the bytes are. */
#include "io/spill_internal.h"
#include <string.h>

enum { SHORT = 24, SHORT_LARGE = 4, DEEPEST = 24, SWAP = 256 };

typedef struct view {
    uint8_t *const *v;
    unsigned shift;
    size_t record; /* for the ranges of records of no common size */
} view;

#define INLINE static inline __attribute__((always_inline))

INLINE uint8_t *at(const view *w, uint64_t i, size_t record)
{
    return w->v[i >> w->shift] + (i & (((uint64_t)1 << w->shift) - 1)) * record;
}

INLINE void swap(uint8_t *a, uint8_t *b, size_t record)
{
    uint8_t t[SWAP];
    for (size_t i = 0, n; i < record; i += n) {
        n = record - i < SWAP ? record - i : SWAP;
        memcpy(t, a + i, n);
        memcpy(a + i, b + i, n);
        memcpy(b + i, t, n);
    }
}

INLINE uint64_t big_endian(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}

/* a < b, their first `depth` bytes being equal. */
INLINE bool less(const uint8_t *a, const uint8_t *b, size_t depth, size_t record)
{
    if (record - depth >= 8) {
        const uint64_t x = big_endian(a + depth), y = big_endian(b + depth);
        if (x != y)
            return x < y;
        depth += 8;
    }
    return memcmp(a + depth, b + depth, record - depth) < 0;
}

INLINE void insertion(const view *w, uint64_t lo, uint64_t hi, size_t depth, size_t record)
{
    for (uint64_t i = lo + 1; i < hi; i++)
        for (uint64_t k = i; k > lo; k--) {
            uint8_t *a = at(w, k - 1, record), *b = at(w, k, record);
            if (!less(b, a, depth, record))
                break;
            swap(a, b, record);
        }
}

static void sift(const view *w, uint64_t lo, uint64_t n, uint64_t i)
{
    for (uint64_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && less(at(w, lo + child, w->record), at(w, lo + child + 1, w->record), 0, w->record))
            child++;
        uint8_t *a = at(w, lo + i, w->record), *b = at(w, lo + child, w->record);
        if (!less(a, b, 0, w->record))
            break;
        swap(a, b, w->record);
    }
}

static void heap_sort(const view *w, uint64_t lo, uint64_t hi)
{
    for (uint64_t i = (hi - lo) / 2; i-- > 0;)
        sift(w, lo, hi - lo, i);
    for (uint64_t n = hi - lo; n-- > 1;) {
        swap(at(w, lo, w->record), at(w, lo + n, w->record), w->record);
        sift(w, lo, n, 0);
    }
}

/* How many bytes all records of the range have in common, `depth` at least. */
INLINE size_t common(const view *w, uint64_t lo, uint64_t hi, size_t depth, size_t record)
{
    const uint8_t *first = at(w, lo, record);
    size_t n = record;
    for (uint64_t i = lo + 1; i < hi && n > depth; i++) {
        const uint8_t *p = at(w, i, record);
        if (n - depth > 16 && memcmp(p + depth, first + depth, n - depth) == 0)
            continue;
        size_t k = depth;
        while (k < n && p[k] == first[k])
            k++;
        n = k;
    }
    return n;
}

/* Puts each record into the part of the range that belongs to its byte at depth; to[c]: where the part of c ends. */
INLINE void distribute(const view *w, uint64_t lo, uint64_t hi, size_t depth, size_t record, uint64_t to[256])
{
    uint64_t from[256];
    memset(to, 0, 256 * sizeof *to);
    for (uint64_t i = lo; i < hi; i++)
        to[at(w, i, record)[depth]]++;
    uint64_t sum = lo;
    for (int c = 0; c < 256; c++) {
        from[c] = sum;
        sum += to[c];
        to[c] = sum;
    }
    for (int c = 0; c < 256; c++)
        while (from[c] < to[c]) {
            uint8_t *p = at(w, from[c], record);
            for (int b; (b = p[depth]) != c;)
                swap(p, at(w, from[b]++, record), record);
            from[c]++;
        }
}

typedef void sorter_of(const view *w, uint64_t lo, uint64_t hi, size_t depth, unsigned level);

INLINE void radix(const view *w, uint64_t lo, uint64_t hi, size_t depth, unsigned level, size_t record, sorter_of *self)
{
    uint64_t to[256];
    if (hi - lo <= (record > SWAP ? SHORT_LARGE : SHORT)) {
        insertion(w, lo, hi, depth, record);
        return;
    }
    if (level == DEEPEST) {
        heap_sort(w, lo, hi);
        return;
    }
    depth = common(w, lo, hi, depth, record);
    if (depth == record)
        return;
    distribute(w, lo, hi, depth, record, to);
    for (int c = 0; c < 256; c++) {
        if (to[c] - lo > 1)
            self(w, lo, to[c], depth + 1, level + 1);
        lo = to[c];
    }
}

/* One for each of the usual sizes, in which copies and comparisons are a few instructions, and one for the rest. */
#define SORTER(name, record)                                                                                           \
    static void name(const view *w, uint64_t lo, uint64_t hi, size_t depth, unsigned level)                            \
    {                                                                                                                  \
        radix(w, lo, hi, depth, level, record, name);                                                                  \
    }
SORTER(sort_8, 8)
SORTER(sort_16, 16)
SORTER(sort_24, 24)
SORTER(sort_32, 32)
SORTER(sort_any, w->record)

void spill_sort(uint8_t *const *v, unsigned shift, size_t record, uint64_t n)
{
    const view w = { v, shift, record };
    sorter_of *sort = record == 8    ? sort_8
                      : record == 16 ? sort_16
                      : record == 24 ? sort_24
                      : record == 32 ? sort_32
                                     : sort_any;
    sort(&w, 0, n, 0, 0);
}
