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
#include "base/utf8.h"
#include "text/buf.h"
#include "text/utf8.h"

/* A text in memory of its own with no more than the slack behind it, all of which is `behind`: what that is must not
 * matter. Good until the next call, to which it may be given. */
static inline sl_str sample_before(const char *p, size_t n, char behind)
{
    static char *mem;
    char *const copy = malloc(n + TEXT_SLACK);
    assert_non_null(copy);
    if (n)
        memcpy(copy, p, n);
    memset(copy + n, behind, TEXT_SLACK);
    free(mem);
    mem = copy;
    return (sl_str){ copy, (uint32_t)n, 0 };
}
static inline sl_str sample(const char *p, size_t n) { return sample_before(p, n, '\xCC'); }
#define SAMPLE(literal) sample(literal, sizeof literal - 1)

static inline void assert_text(const text_buf *b, const char *want, size_t n)
{
    if (b->n != n || (n && memcmp(b->p, want, n) != 0))
        fail_msg("'%.*s', wanted is '%.*s'", (int)b->n, b->p, (int)n, want);
}
#define ASSERT_TEXT(b, literal) assert_text(b, literal, sizeof literal - 1)
#endif
