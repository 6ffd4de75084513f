/* Makes the checksums in the file of a saved state fit what it holds, so that tests and the fuzzer get behind them.
 * Written from the layout in io/artifact_format.h and not with its code. */
#ifndef ARTIFACT_SEAL_H
#define ARTIFACT_SEAL_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/hash.h"

static inline uint64_t number_at(const char *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

static inline void put_number(char *p, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        p[i] = (char)(v >> 8 * i);
}

/* Only the preamble where the lengths do not give n. */
static inline void seal(char *p, size_t n)
{
    if (n < 64)
        return;
    const uint64_t payload = number_at(p + 16), head = number_at(p + 24), first = hash_bytes(p, 56);
    put_number(p + 56, first, 8);
    if (payload > n || head > n)
        return;
    const uint64_t blocks = payload / 1048576 + (payload % 1048576 != 0), tail = 8 * blocks + head;
    if (64 + payload + tail + 16 != n)
        return;
    char *behind = p + 64 + payload;
    for (uint64_t i = 0; i < blocks; i++) {
        const uint64_t left = payload - i * 1048576;
        put_number(behind + 8 * i, hash_bytes(p + 64 + i * 1048576, left < 1048576 ? left : 1048576), 8);
    }
    put_number(behind + tail, hash_seeded(behind, tail, first), 8);
}
#endif
