/* What the fuzzers of text share: any bytes as a text. */
#ifndef SLUICE_FUZZ_TEXT_H
#define SLUICE_FUZZ_TEXT_H
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "text/buf.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must(bool truth)
{
    if (!truth)
        abort();
}

/* The bytes that are UTF-8, the others left out; slack behind, and no more. free() it. */
static inline sl_str fuzz_text(const uint8_t *data, size_t size)
{
    char *p = malloc(size + TEXT_SLACK);
    must(p);
    size_t n = 0;
    for (size_t at = 0; at < size; at++) {
        const size_t valid = text_utf8_valid((const char *)data + at, size - at);
        if (valid)
            memcpy(p + n, data + at, valid);
        n += valid;
        at += valid;
    }
    memset(p + n, 0xCC, size - n + TEXT_SLACK);
    char *exact = realloc(p, n + TEXT_SLACK);
    must(exact);
    return (sl_str){ exact, (uint32_t)n, 0 };
}

static inline sl_str fuzz_end(text_buf *b)
{
    const sl_str t = text_buf_end(b);
    must(t.p && text_utf8_valid(t.p, t.n) == t.n);
    return t;
}

static inline bool fuzz_same(sl_str a, sl_str b) { return a.n == b.n && !memcmp(a.p, b.p, a.n); }
#endif
