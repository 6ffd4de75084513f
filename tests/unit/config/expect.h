/* What was complained of, as text: "line:col+len text | hint", one a line, in the order found. */
#ifndef TEST_CONFIG_EXPECT_H
#define TEST_CONFIG_EXPECT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/diag.h"
#include "base/str.h"

static inline void show_diags(const diags *d, sbuf *out)
{
    for (size_t i = 0; i < d->n; i++) {
        const diag *g = &d->v[i];
        if (g->at.line)
            sbuf_printf(out, "%u:%u+%u ", g->at.line, g->at.col, g->at.len);
        else if (g->at.source)
            sbuf_printf(out, "%s ", g->at.source->name);
        sbuf_printf(out, "%s%s%s%s\n", g->severity == DIAG_WARNING ? "warning: " : "", g->text, g->hint ? " | " : "",
                    g->hint ? g->hint : "");
    }
}

/* Compares, and forgets what was there. */
static inline void expect_diags_at(diags *d, const char *want, const char *file, int line)
{
    sbuf got = { 0 };
    show_diags(d, &got);
    if (strcmp(sbuf_z(&got), want)) {
        print_error("wanted:\n%s\ngot:\n%s\n", want, sbuf_z(&got));
        sbuf_free(&got);
        _fail(file, line);
    }
    sbuf_free(&got);
    diags_free(d);
    diags_init(d);
}
#define expect_diags(d, want) expect_diags_at(d, want, __FILE__, __LINE__)

static inline double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* `pattern` again and again, n bytes at most. */
static inline char *repeated(const char *pattern, size_t n, size_t *len)
{
    const size_t one = strlen(pattern);
    char *text = malloc(n + 1);
    assert_non_null(text);
    for (*len = 0; *len + one <= n; *len += one)
        memcpy(text + *len, pattern, one);
    text[*len] = 0;
    return text;
}
#endif
