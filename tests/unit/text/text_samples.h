/* The texts that gen-python takes digests of, and the comparison with them. */
#ifndef TEXT_SAMPLES_H
#define TEXT_SAMPLES_H
#include "base/hash.h"
#include "python_says.h"
#include "text_test.h"

typedef void sample_fn(sl_str t, text_buf *out); /* adds what it makes of t */

typedef struct sample_sum {
    sample_fn *fn;
    sha256 *sum;
    text_buf out, t;
} sample_sum;

static inline void sample_put(text_buf *t, uint32_t c)
{
    assert_true(text_buf_room(t, 4));
    t->n += utf8_put(t->p + t->n, c);
}

static inline void sample_end(sample_sum *s)
{
    s->out.n = 0;
    s->fn(text_buf_end(&s->t), &s->out);
    assert_true(text_buf_add(&s->out, "\xFF", 1));
    sha256_add(s->sum, s->out.p, s->out.n);
    s->t.n = 0;
}

static inline void sample_every(sample_sum *s)
{
    for (uint32_t c = 0; c < 0x110000; c++) {
        if (c >= 0xD800 && c < 0xE000)
            continue;
        sample_put(&s->t, c);
        if (c < 0x34000 || c % 64 == 63)
            sample_end(s);
        if (c >= 0x20000)
            continue;
        const uint32_t around[] = { 'A', c, 0x3A3, c, '1', c, '2', 0x316, c };
        for (size_t i = 0; i < sizeof around / sizeof *around; i++)
            sample_put(&s->t, around[i]);
        sample_end(s);
    }
}

static inline uint32_t sample_below(uint64_t *x, size_t n)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return (uint32_t)((*x >> 33) % n);
}

static inline void sample_random(text_buf *t, uint64_t *x)
{
    for (uint32_t n = 1 + sample_below(x, 23); n; n--) {
        if (sample_below(x, 10) < 3) {
            sample_put(t, random_often[sample_below(x, sizeof random_often / sizeof *random_often)]);
            continue;
        }
        const uint32_t *r = random_ranges[sample_below(x, sizeof random_ranges / sizeof *random_ranges)];
        sample_put(t, r[0] + sample_below(x, r[1] - r[0]));
    }
}

/* fn makes of every text what Python's `what` does. */
static inline void compare_with_python(const char *what, sample_fn *fn)
{
    sample_sum s = { .fn = fn };
    char got[65];
    size_t i = 0;
    while (strcmp(python_digests[i].what, what) != 0)
        i++;
    assert_non_null(s.sum = sha256_new());
    sample_every(&s);
    sha256_hex(s.sum, got);
    sha256_free(s.sum);
    if (strcmp(got, python_digests[i].every) != 0)
        fail_msg("%s of some code point is not Python's", what);
    assert_non_null(s.sum = sha256_new());
    uint64_t x = 88172645463325252u;
    for (int n = 0; n < RANDOM_TEXTS; n++) {
        sample_random(&s.t, &x);
        sample_end(&s);
    }
    sha256_hex(s.sum, got);
    sha256_free(s.sum);
    if (strcmp(got, python_digests[i].random) != 0)
        fail_msg("%s of some random text is not Python's", what);
    text_buf_free(&s.out);
    text_buf_free(&s.t);
}
#endif
