/* What the tests of the sort share: corpora, and sorting one in a setting while checking all that comes out. */
#ifndef SORTER_TEST_H
#define SORTER_TEST_H
#include "base/hash.h"
#include "io/sorter_internal.h"
#include "unit/io/scratch_test.h"

/* Bytes of document pos: those of one pool, from a place that pos decides. */
enum { POOL_ROOM = 1 << 16 };
static char *pool;
static size_t pool_n;

static inline void pool_make(size_t longest)
{
    pool_n = longest + POOL_ROOM;
    pool = malloc(pool_n);
    assert_non_null(pool);
    uint64_t seed = 1;
    for (size_t i = 0; i < pool_n; i++) /* letters, so that it compresses a little */
        pool[i] = (char)('a' + ((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 60));
}
static inline void pool_free(void)
{
    free(pool);
    pool = NULL;
}
static inline const char *content(uint64_t pos) { return pool + hash_two(pos, 1) % POOL_ROOM; }

typedef struct corpus {
    sorter_doc *v; /* as they are added */
    size_t n;
    uint64_t bytes; /* with DOC_COST */
} corpus;

static inline corpus corpus_new(size_t n)
{
    corpus c = { calloc(n ? n : 1, sizeof *c.v), n, 0 };
    assert_non_null(c.v);
    return c;
}
static inline void corpus_set(corpus *c, size_t i, uint64_t order, uint64_t pos, size_t n)
{
    c->v[i] = (sorter_doc){ order, pos, content(pos), n };
    c->bytes += n + DOC_COST;
}

typedef struct setting {
    unsigned threads;
    uint64_t limit;
    bool tight;
    uint64_t piece_bytes;
    size_t max_pieces;
} setting;

typedef struct outcome {  /* of a sort */
    size_t *docs, pieces; /* documents of each piece */
    uint64_t largest;     /* bytes of the largest piece, with DOC_COST */
    uint64_t spilled, merged;
} outcome;

static inline int by_key(const void *a, const void *b)
{
    const sorter_doc *x = a, *y = b;
    return key_less(key_of(x), key_of(y)) ? -1 : key_less(key_of(y), key_of(x));
}

/* Adds all, by threads in turn that depend on the setting. */
static inline sorter *sort_filled(const corpus *c, const setting *g, scratch *sc, budget *b)
{
    sbuf err = { 0 };
    sorter *s = sorter_new(sc, b, g->threads, g->piece_bytes);
    assert_non_null(s);
    for (size_t i = 0; i < c->n; i++) {
        const sorter_doc *d = &c->v[i];
        assert_int_equal(sorter_add(s, (unsigned)(hash_two(i, 3) % g->threads), d->order, d->pos, d->p, d->n, &err), 0);
    }
    assert_int_equal(sorter_docs(s), c->n);
    assert_true(sorter_memory(s) == b->used);
    assert_int_equal(sorter_finish(s, g->max_pieces, &err), 0);
    assert_int_equal(err.n, 0);
    return s;
}

/* The documents of piece i are those at want; how many there are. */
static inline size_t check_piece(sorter *s, unsigned thread, size_t i, sorter_piece *p, const sorter_doc *want,
                                 size_t left, uint64_t *bytes)
{
    sbuf err = { 0 };
    const int r = sorter_load(s, thread, i, p, &err);
    assert_string_equal(sbuf_z(&err), "");
    assert_int_equal(r, 0);
    assert_true(p->n && p->n <= left);
    volatile char sum = 0;
    *bytes = 0;
    for (size_t k = 0; k < p->n; k++) {
        const sorter_doc *d = &p->v[k];
        assert_true(d->order == want[k].order && d->pos == want[k].pos && d->n == want[k].n);
        assert_true(d->n == 0 || memcmp(d->p, want[k].p, d->n) == 0);
        for (size_t j = 0; j < SORTER_SLACK; j++)
            sum = (char)(sum + d->p[d->n + j]); /* readable */
        *bytes += d->n + DOC_COST;
    }
    return p->n;
}

static inline outcome sort_corpus(const corpus *c, const setting *g)
{
    budget b;
    budget_init(&b, g->limit, g->tight);
    scratch *sc = scratch_new(test_dir, g->threads, 1);
    assert_non_null(sc);
    sorter *s = sort_filled(c, g, sc, &b);
    sorter_doc *want = malloc((c->n + 1) * sizeof *want);
    assert_non_null(want);
    memcpy(want, c->v, c->n * sizeof *want);
    qsort(want, c->n, sizeof *want, by_key);

    outcome o = { .pieces = sorter_pieces(s), .spilled = scratch_bytes(sc) };
    o.docs = calloc(o.pieces + 1, sizeof *o.docs);
    assert_non_null(o.docs);
    assert_true(o.pieces <= (g->max_pieces ? g->max_pieces : 1));
    assert_int_equal(o.pieces == 0, c->n == 0);
    sorter_piece p = { 0 };
    size_t at = 0;
    for (size_t i = 0; i < o.pieces; i++) {
        uint64_t bytes;
        at += o.docs[i] = check_piece(s, (unsigned)i % g->threads, i, &p, want + at, c->n - at, &bytes);
        o.largest = bytes > o.largest ? bytes : o.largest;
    }
    assert_int_equal(at, c->n);
    assert_true(s->runs.n <= s->max_runs);
    o.merged = scratch_bytes(sc) - o.spilled;
    if (o.pieces > 1) { /* again, and a piece in the middle */
        uint64_t bytes;
        const size_t mid = o.pieces / 2;
        at = 0;
        for (size_t i = 0; i < mid; i++)
            at += o.docs[i];
        assert_int_equal(check_piece(s, 0, mid, &p, want + at, c->n - at, &bytes), o.docs[mid]);
    }
    assert_true(sorter_memory(s) == b.used);
    sorter_piece_free(&p);
    sorter_free(s);
    assert_true(b.used == 0);
    scratch_free(sc);
    free(want);
    return o;
}

static inline void assert_same_pieces(const outcome *a, const outcome *b)
{
    assert_int_equal(a->pieces, b->pieces);
    for (size_t i = 0; i < a->pieces; i++)
        assert_int_equal(a->docs[i], b->docs[i]);
}
#endif
