#include "base/base64.h"
#include <openssl/evp.h>

enum { PIECE = 3 << 20 }; /* libcrypto counts in int */

void base64_add(sbuf *s, const void *p, size_t n)
{
    const unsigned char *at = p;
    for (size_t k; n; at += k, n -= k) {
        k = n < PIECE ? n : PIECE;
        if (!sbuf_room(s, (k + 2) / 3 * 4 + 1))
            return;
        s->n += (size_t)EVP_EncodeBlock((unsigned char *)s->p + s->n, at, (int)k);
    }
}

static bool is_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool base64_get(const char *text, size_t n, sbuf *out)
{
    const size_t pad = n && text[n - 1] == '=' ? 1 + (n > 1 && text[n - 2] == '=') : 0;
    if (n % 4)
        return false;
    for (size_t i = 0; i + pad < n; i++) /* libcrypto overlooks white space, and '=' in the middle */
        if (!is_digit(text[i]))
            return false;
    for (size_t k; n; text += k, n -= k) {
        k = n < PIECE / 3 * 4 ? n : PIECE / 3 * 4;
        if (!sbuf_room(out, k / 4 * 3))
            return false;
        const int got = EVP_DecodeBlock((unsigned char *)out->p + out->n, (const unsigned char *)text, (int)k);
        if (got < 0)
            return false;
        out->n += (size_t)got - (k == n ? pad : 0);
    }
    if (out->p)
        out->p[out->n] = 0;
    return true;
}
