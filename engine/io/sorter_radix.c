/* Sorts the index of a buffer or a piece by (order, pos), in place: American flag sort, most significant byte first.
 * Sixteen levels at most, so no input is slow. Bytes that all keys share are skipped, which is most of them: a pos
 * counts, and many an order is small or the same everywhere. */
#include "io/sorter_internal.h"

enum { SMALL = 24 };

static void insertion_sort(sorter_doc *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const sorter_doc d = v[i];
        size_t j = i;
        for (; j && key_less(key_of(&d), key_of(&v[j - 1])); j--)
            v[j] = v[j - 1];
        v[j] = d;
    }
}

static unsigned byte_of(const sorter_doc *d, unsigned byte) /* 0: the most significant of order; 15: the last of pos */
{
    return (byte < 8 ? d->order >> (56 - 8 * byte) : d->pos >> (120 - 8 * byte)) & 0xFF;
}

/* The first byte in which not all keys agree; 16: all are the same. */
static unsigned first_difference(const sorter_doc *v, size_t n)
{
    uint64_t order = 0, pos = 0;
    for (size_t i = 1; i < n; i++) {
        order |= v[i].order ^ v[0].order;
        pos |= v[i].pos ^ v[0].pos;
    }
    if (order)
        return (unsigned)__builtin_clzll(order) / 8;
    return pos ? 8 + (unsigned)__builtin_clzll(pos) / 8 : 16;
}

static void flag_sort(sorter_doc *v, size_t n)
{
    const unsigned byte = n > SMALL ? first_difference(v, n) : 16;
    if (byte == 16) {
        insertion_sort(v, n); /* one pass where all are the same */
        return;
    }
    size_t end[256] = { 0 }, next[256];
    for (size_t i = 0; i < n; i++)
        end[byte_of(&v[i], byte)]++;
    for (size_t c = 0, at = 0; c < 256; c++) {
        next[c] = at;
        at = end[c] += at;
    }
    for (unsigned c = 0; c < 256; c++)
        while (next[c] < end[c]) {
            sorter_doc d = v[next[c]];
            for (unsigned to; (to = byte_of(&d, byte)) != c;) {
                const sorter_doc other = v[next[to]];
                v[next[to]++] = d;
                d = other;
            }
            v[next[c]++] = d;
        }
    for (size_t c = 0, at = 0; c < 256; at = end[c++])
        if (end[c] - at > 1)
            flag_sort(v + at, end[c] - at);
}

void sort_docs(sorter_doc *v, size_t n)
{
    size_t i = 1; /* often nothing is to be done */
    while (i < n && !key_less(key_of(&v[i]), key_of(&v[i - 1])))
        i++;
    if (i < n)
        flag_sort(v, n);
}
