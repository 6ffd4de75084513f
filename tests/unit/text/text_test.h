/* What tests of texts share, here and of plugins: cmocka, and texts in memory of their own. */
#ifndef TEXT_TEST_H
#define TEXT_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "text/buf.h"
#include "text/utf8.h"

/* A text from a literal, in memory of its own with no more than the slack behind it; good until the next call. */
static inline sl_str sample(const char *p, size_t n)
{
    static char *mem;
    free(mem);
    assert_non_null(mem = malloc(n + TEXT_SLACK));
    memcpy(mem, p, n);
    memset(mem + n, 0xCC, TEXT_SLACK); /* what it is must not matter */
    return (sl_str){ mem, (uint32_t)n, 0 };
}
#define SAMPLE(literal) sample(literal, sizeof literal - 1)

static inline void assert_text(const text_buf *b, const char *want, size_t n)
{
    if (b->n != n || (n && memcmp(b->p, want, n) != 0))
        fail_msg("'%.*s', wanted is '%.*s'", (int)b->n, b->p, (int)n, want);
}
#define ASSERT_TEXT(b, literal) assert_text(b, literal, sizeof literal - 1)
#endif
