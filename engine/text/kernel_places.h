/* The places of set bits, for processors without an instruction for that. Included by kernel_*.c. */
#ifndef TEXT_KERNEL_PLACES_H
#define TEXT_KERNEL_PLACES_H
#include <stdint.h>

/* Eight at a time: up to 32 more than there are may be written. Returns where the next go. */
static inline uint32_t *put_places(uint32_t *out, uint64_t bits, uint32_t at)
{
    const unsigned n = (unsigned)__builtin_popcountll(bits);
    for (unsigned i = 0; i < n; i += 8)
        for (unsigned k = 0; k < 8; k++) {
            out[i + k] = at + (uint32_t)__builtin_ctzll(bits | 1ull << 63);
            bits &= bits - 1;
        }
    return out + n;
}
#endif
