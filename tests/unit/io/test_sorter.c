/* The sort against qsort: the same documents, byte for byte, in the same pieces for all threads and budgets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "unit/io/sorter_test.h"

enum { KIB = 1024, MIB = 1024 * KIB, LONGEST = 100 * MIB };

/* Every number of threads and every budget gives the pieces of the first; tells whether the last ones spilled. */
static outcome same_everywhere(const corpus *c, uint64_t piece_bytes, size_t max_pieces)
{
    const setting budgets[] = {
        { .limit = 1 << 30 }, { .limit = 0 }, { .limit = 5 * MIB }, { .limit = 1 << 30, .tight = true }
    };
    outcome first = { 0 };
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++)
        for (unsigned threads = 1; threads <= 7; threads += threads == 1 ? 1 : 5) {
            setting g = budgets[i];
            g.threads = threads;
            g.piece_bytes = piece_bytes;
            g.max_pieces = max_pieces;
            outcome o = sort_corpus(c, &g);
            if (i == 0)
                assert_int_equal(o.spilled, 0);
            if (!first.docs) {
                first = o;
                continue;
            }
            assert_same_pieces(&first, &o);
            first.spilled = o.spilled;
            first.merged = o.merged;
            free(o.docs);
        }
    return first;
}

typedef enum { ALL_EQUAL, ALL_DISTINCT, SORTED, REVERSED, FEW, HIGH_BITS, EXTREMES, KINDS } kind;

static corpus make_corpus(kind k, size_t n, size_t average)
{
    corpus c = corpus_new(n);
    for (size_t i = 0; i < n; i++) {
        const uint64_t h = hash_two(i, 5), order[] = { 42, h, i / 3, n - i, h % 5, h << 40, 0 - h % 2 };
        uint64_t pos = k == SORTED ? i : (i * 7919 + 3) % n + ((uint64_t)1 << 47); /* n is no multiple of 7919 */
        if (k == EXTREMES)
            pos = i % 3 ? UINT64_MAX - i : i;
        corpus_set(&c, i, order[k], pos, h / 8 % (2 * average + 1));
    }
    return c;
}

static void orders_of_all_kinds(void **state)
{
    (void)state;
    for (kind k = 0; k < KINDS; k++) {
        corpus c = make_corpus(k, 2500, 700);
        outcome o = same_everywhere(&c, 64 * KIB, 1000);
        assert_int_equal(o.pieces, (c.bytes + 32 * KIB) / (64 * KIB));
        assert_true(o.spilled > 0);
        free(o.docs);
        free(c.v);
    }
}

static void no_documents_one_and_two(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 2; n++)
        for (size_t bytes = 0; bytes <= 3; bytes += 3) {
            corpus c = corpus_new(n);
            for (size_t i = 0; i < n; i++)
                corpus_set(&c, i, 9 - i, i, bytes);
            outcome o = same_everywhere(&c, 1000, 1000);
            assert_int_equal(o.pieces, n > 0);
            free(o.docs);
            o = same_everywhere(&c, 1, 1000); /* as small pieces as can be */
            assert_int_equal(o.pieces, n);
            free(o.docs);
            o = same_everywhere(&c, 0, 0);
            assert_int_equal(o.pieces, n > 0);
            free(o.docs);
            free(c.v);
        }
}

static void empty_documents(void **state)
{
    (void)state;
    corpus c = make_corpus(ALL_DISTINCT, 20000, 0);
    outcome o = same_everywhere(&c, 32 * KIB, 1000); /* they count with what they cost in memory */
    assert_int_equal(o.pieces, (20000 * DOC_COST + 16 * KIB) / (32 * KIB));
    assert_true(o.largest < 2 * 32 * KIB);
    free(o.docs);
    free(c.v);
}

static void a_budget_that_is_met(void **state)
{
    (void)state;
    corpus c = make_corpus(ALL_DISTINCT, 30000, 1000);
    for (unsigned threads = 1; threads <= 2; threads++) {
        const setting g = { threads, 12 * MIB, false, MIB, 1000 };
        outcome o = sort_corpus(&c, &g);
        assert_true(o.spilled > c.bytes / 8 && o.spilled < c.bytes / 2); /* what came last stayed in memory */
        free(o.docs);
        budget b;
        budget_init(&b, g.limit, false);
        scratch *sc = scratch_new(test_dir, threads, 1);
        sorter *s = sort_filled(&c, &g, sc, &b);
        assert_true(b.peak <= 12 * MIB + 512 * KIB); /* indexes, and a block for each thread */
        assert_true(b.peak >= 11 * MIB);
        sorter_free(s);
        scratch_free(sc);
    }
    free(c.v);
}

/* The promise in sorter.h about the largest piece, and the number of pieces. */
static void pieces_are_about_equal(void **state)
{
    (void)state;
    corpus c = make_corpus(ALL_DISTINCT, 60000, 500);
    const setting g = { 1, 1 << 30, false, 64 * KIB, 100000 };
    outcome o = sort_corpus(&c, &g);
    assert_int_equal(o.pieces, (c.bytes + 32 * KIB) / (64 * KIB));
    assert_true(o.largest < 2 * 64 * KIB);
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < o.pieces; i++)
        least = o.docs[i] < least ? o.docs[i] : least;
    assert_true(least * (500 + DOC_COST) > 64 * KIB / 3);
    free(o.docs);
    for (size_t most = 1; most <= 10; most += 3) {
        o = sort_corpus(&c, &(setting){ 2, 1 << 30, false, 64 * KIB, most });
        assert_int_equal(o.pieces, most);
        assert_true(o.largest < c.bytes / most * 11 / 10);
        free(o.docs);
    }
    free(c.v);
}

/* Documents of 100 KiB among small ones: blocks of their own, and no cut within them. */
static void documents_larger_than_pieces(void **state)
{
    (void)state;
    corpus c = corpus_new(3000);
    for (size_t i = 0; i < c.n; i++)
        corpus_set(&c, i, hash_two(i, 8) % 100, i, i % 50 ? 200 + i % 100 : 100 * KIB + i);
    outcome o = same_everywhere(&c, 32 * KIB, 1000);
    assert_true(o.pieces > 60 && o.pieces < (c.bytes + 16 * KIB) / (32 * KIB));
    assert_true(o.largest > 100 * KIB && o.largest < (100 + 3 + 2 * 32) * KIB);
    assert_true(o.spilled > 0);
    free(o.docs);
    free(c.v);
}

static void sizes_about_a_block(void **state)
{
    (void)state;
    corpus c = corpus_new(200);
    for (size_t i = 0; i < c.n; i++) {
        const size_t edges[] = { BLOCK_LEAST - RECORD_HEAD, BLOCK_LEAST, BLOCK_LEAST - RECORD_HEAD + EXTENT_MOST,
                                 BLOCK_LEAST / 2 - RECORD_HEAD };
        corpus_set(&c, i, hash_two(i, 8), i, edges[i % 4] - 1 + i / 4 % 3);
    }
    outcome o = same_everywhere(&c, 64 * KIB, 1000);
    free(o.docs);
    free(c.v);
}

static void one_of_100_mib(void **state)
{
    (void)state;
    corpus c = corpus_new(4001);
    for (size_t i = 0; i < c.n; i++)
        corpus_set(&c, i, i % 7, i, i == 2000 ? LONGEST : 1000);
    for (int tight = 0; tight < 2; tight++)
        for (uint64_t limit = 0; limit <= 1 << 30; limit += 1 << 30) {
            const setting g = { 2, limit, tight, 8 * MIB, 1000 };
            outcome o = sort_corpus(&c, &g);
            assert_true(o.largest >= LONGEST && o.largest < LONGEST + 4 * MIB);
            assert_true(tight || !limit ? o.spilled > LONGEST / 3 : !o.spilled);
            assert_true(o.merged < LONGEST / 100); /* it is not copied */
            free(o.docs);
        }
    free(c.v);
}

/* So many runs that merging takes more than one round. */
static void many_runs(void **state)
{
    (void)state;
    for (int sorted = 0; sorted < 2; sorted++) {
        corpus c = make_corpus(sorted ? SORTED : ALL_DISTINCT, 40000, 800);
        const setting g = { 2, 0, true, 128 * KIB, 1000 };
        outcome o = sort_corpus(&c, &g), whole;
        assert_true(o.spilled > 0);
        if (sorted) /* most blocks move as they are */
            assert_true(o.merged < o.spilled / 2);
        else
            assert_true(o.merged > o.spilled); /* more than once */
        whole = sort_corpus(&c, &(setting){ 1, 1 << 30, false, 128 * KIB, 1000 });
        assert_same_pieces(&o, &whole);
        free(whole.docs);
        free(o.docs);
        free(c.v);
    }
}

static void the_radix_sort_alone(void **state)
{
    (void)state;
    enum { N = 5000 };
    static sorter_doc got[N], want[N];
    uint64_t seed = 3;
    for (unsigned shape = 0; shape < 64; shape++) /* a shift of order, a shift of pos */
        for (size_t n = 0; n <= N; n = n * 3 + 1) {
            for (size_t i = 0; i < n; i++) {
                const uint64_t r = next_random(&seed);
                got[i] = (sorter_doc){ r >> (shape % 8 * 8) << (shape % 3), (r * 31 + i) >> (shape / 8 * 8), NULL, i };
            }
            memcpy(want, got, n * sizeof *got);
            qsort(want, n, sizeof *want, by_key);
            uint64_t before = 0, after = 0;
            for (size_t i = 0; i < n; i++)
                before += hash_two(got[i].order ^ got[i].n, got[i].pos);
            sort_docs(got, n);
            for (size_t i = 0; i < n; i++) {
                assert_true(key_same(key_of(&got[i]), key_of(&want[i])));
                after += hash_two(got[i].order ^ got[i].n, got[i].pos);
            }
            assert_true(before == after); /* equal keys too keep what belongs to them */
        }
}

static int make_all(void **state)
{
    pool_make(LONGEST);
    return make_test_folder(state);
}

static int remove_all(void **state)
{
    pool_free();
    assert_empty_folder(test_folder);
    return remove_test_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_radix_sort_alone),
        cmocka_unit_test(no_documents_one_and_two),
        cmocka_unit_test(orders_of_all_kinds),
        cmocka_unit_test(empty_documents),
        cmocka_unit_test(a_budget_that_is_met),
        cmocka_unit_test(pieces_are_about_equal),
        cmocka_unit_test(documents_larger_than_pieces),
        cmocka_unit_test(sizes_about_a_block),
        cmocka_unit_test(one_of_100_mib),
        cmocka_unit_test(many_runs),
    };
    return cmocka_run_group_tests_name("sorter", tests, make_all, remove_all);
}
