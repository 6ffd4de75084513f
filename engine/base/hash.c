#include "base/hash.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash_bytes(const void *p, size_t n) { return XXH3_64bits(p, n); }
uint64_t hash_seeded(const void *p, size_t n, uint64_t seed) { return XXH3_64bits_withSeed(p, n, seed); }

uint64_t hash_two(uint64_t a, uint64_t b)
{
    const uint64_t both[2] = { a, b };
    return XXH3_64bits(both, sizeof both);
}

struct sha256 {
    EVP_MD_CTX *md;
};

sha256 *sha256_new(void)
{
    sha256 *h = malloc(sizeof *h);
    if (!h)
        return NULL;
    h->md = EVP_MD_CTX_new();
    if (!h->md || !EVP_DigestInit_ex(h->md, EVP_sha256(), NULL)) {
        sha256_free(h);
        return NULL;
    }
    return h;
}

void sha256_add(sha256 *h, const void *p, size_t n) { EVP_DigestUpdate(h->md, p, n); }

static void digest_hex(EVP_MD_CTX *md, char out[65])
{
    unsigned char d[32];
    EVP_DigestFinal_ex(md, d, NULL);
    for (int i = 0; i < 32; i++) {
        out[2 * i] = "0123456789abcdef"[d[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[d[i] & 15];
    }
    out[64] = 0;
}

void sha256_hex(sha256 *h, char out[65]) { digest_hex(h->md, out); }

bool sha256_so_far(const sha256 *h, char out[65])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    const bool ok = copy && EVP_MD_CTX_copy_ex(copy, h->md);
    if (ok)
        digest_hex(copy, out);
    EVP_MD_CTX_free(copy);
    return ok;
}

void sha256_free(sha256 *h)
{
    if (h) {
        EVP_MD_CTX_free(h->md);
        free(h);
    }
}

int sha256_file(const char *path, char out[65])
{
    static const size_t SIZE = 1 << 18;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    sha256 *h = sha256_new();
    char *buf = malloc(SIZE);
    int r = h && buf ? 0 : -ENOMEM;
    for (ssize_t n = 1; r == 0 && n;) {
        n = read(fd, buf, SIZE);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n < 0)
            r = -errno;
        else
            sha256_add(h, buf, (size_t)n);
    }
    if (r == 0)
        sha256_hex(h, out);
    free(buf);
    sha256_free(h);
    close(fd);
    return r;
}
