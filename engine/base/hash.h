/* Hashing: xxh3 for identity and checksums, SHA-256 for digests that people compare. */
#ifndef SLUICE_HASH_H
#define SLUICE_HASH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *p, size_t n);
uint64_t hash_seeded(const void *p, size_t n, uint64_t seed);
uint64_t hash_two(uint64_t a, uint64_t b); /* xxh3 of the two, little-endian */

typedef struct sha256 sha256;
sha256 *sha256_new(void); /* NULL: out of memory */
void sha256_add(sha256 *h, const void *p, size_t n);
void sha256_hex(sha256 *h, char out[65]); /* ends the computation */
/* The digest of what was added so far; more may be added. false: out of memory. */
bool sha256_so_far(const sha256 *h, char out[65]);
void sha256_free(sha256 *h);
int sha256_file(const char *path, char out[65]); /* 0 or -errno */
#endif
