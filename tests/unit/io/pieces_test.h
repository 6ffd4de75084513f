/* What the tests of kept streams share: a stream of pieces whose bytes are known. */
#ifndef PIECES_TEST_H
#define PIECES_TEST_H
#include "io/pieces.h"
#include "unit/alloc_fails.h"
#include "unit/io/scratch_test.h"

enum { THREADS = 3, KIB = 1024, MIB = 1024 * KIB, BLOCK = 512 * KIB };

typedef struct trial {
    budget b;
    scratch *sc;
    pieces *p;
    sbuf out, err;
} trial;

static inline void trial_new(trial *t, uint64_t limit, bool tight)
{
    *t = (trial){ 0 };
    budget_init(&t->b, limit, tight);
    t->sc = scratch_new(test_dir, THREADS, 1);
    t->p = t->sc ? pieces_new(t->sc, &t->b, THREADS) : NULL;
}

static inline void trial_end(trial *t)
{
    pieces_free(t->p);
    assert_true(t->b.used == 0);
    scratch_free(t->sc);
    sbuf_free(&t->out);
    sbuf_free(&t->err);
}

static inline uint8_t byte_at(uint64_t number, size_t i)
{
    return (uint8_t)("abcdefgh"[i / 7 % 8] + number * 31 + i / 1000);
}

/* Adds the piece in steps of different sizes. Does not end it. */
static inline int add(trial *t, unsigned thread, uint64_t number, size_t n, size_t step)
{
    uint8_t *p = __real_malloc(n + 1);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = byte_at(number, i);
    int r = 0;
    for (size_t at = 0; r == 0 && at < n; at += step)
        r = pieces_add(t->p, thread, p + at, n - at < step ? n - at : step, &t->err);
    free(p);
    return r;
}

static inline int make(trial *t, unsigned thread, uint64_t number, size_t n, size_t step)
{
    const int r = add(t, thread, number, n, step);
    return r < 0 ? r : pieces_end(t->p, thread, number, &t->err);
}

static inline void assert_piece(trial *t, unsigned thread, size_t i, uint64_t number, size_t n)
{
    assert_int_equal(pieces_load(t->p, thread, i, &t->out, &t->err), 0);
    assert_string_equal(sbuf_z(&t->err), "");
    assert_int_equal(pieces_number(t->p, i), number);
    assert_int_equal(pieces_bytes(t->p, i), n);
    assert_int_equal(t->out.n, n);
    for (size_t k = 0; k < n; k++)
        if ((uint8_t)t->out.p[k] != byte_at(number, k))
            fail_msg("piece %llu differs at %zu", (unsigned long long)number, k);
    for (size_t k = 0; k < 64; k++)
        assert_int_equal(t->out.p[n + k], 0);
}

static inline size_t size_of(uint64_t number)
{
    static const size_t edges[] = { 0, 1, 5000, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * MIB + 77 };
    return edges[number % 8];
}
#endif
