/* Clusters from records: an index in slices gives what an index in one piece gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "clusters.h"
#include "stage_mock.h"

enum { DOCUMENTS = 3000, KNOWN = 1000, HASHES = 1500, RECORD = 24 };

typedef struct record {
    unsigned char hash[16];
    uint64_t pos;
} record;

/* All in two of the partitions. */
static record make(uint64_t which, uint64_t pos)
{
    record r = { .pos = sl_big(pos) };
    const uint64_t a = sl_big(sl_random(1, which, 0) >> 8 | (which & 1) << 56), b = sl_random(1, which, 1);
    memcpy(r.hash, &a, 8);
    memcpy(r.hash + 8, &b, 8);
    return r;
}

static uint64_t hash_of_document(uint64_t i) { return sl_random(2, i, 0) % HASHES; }
static uint64_t hash_of_known(uint64_t i) { return sl_random(3, i, 0) % HASHES; }

static victims find(uint32_t least, uint32_t most, uint64_t budget, tally *sum)
{
    mock *m = mock_new();
    m->budget = budget;
    m->workers = MOCK_WORKERS;
    m->threads = true;
    sl_ctx *c = mock_ctx(m);
    gathered in = {
        .api = c->host->service(c, "spill", 1), .record_size = RECORD, .least_slice = least, .most_slice = most
    };
    assert_int_equal(in.api->open(c, 256, RECORD, 8, &in.documents), SL_OK);
    assert_int_equal(in.api->open(c, 256, RECORD, 8, &in.index), SL_OK);
    for (uint64_t i = 0; i < DOCUMENTS; i++) {
        const record r = make(hash_of_document(i), i + 1);
        assert_int_equal(in.api->add(c, in.documents, r.hash[0], &r, 1), SL_OK);
    }
    for (uint64_t i = 0; i < KNOWN; i++) {
        const record r = make(hash_of_known(i), i + 1);
        assert_int_equal(in.api->add(c, in.index, r.hash[0], &r, 1), SL_OK);
    }
    victims out = { 0 };
    *sum = (tally){ 0 };
    assert_int_equal(clusters_find(c, &in, &out, sum), SL_OK);
    assert_null(in.documents);
    assert_null(in.index);
    mock_free(m);
    return out;
}

/* The least pos, from 1, of a document with the hash; 0: there is none. */
static uint64_t first_of(uint64_t (*hash_of)(uint64_t), uint64_t n, uint64_t hash)
{
    for (uint64_t i = 0; i < n; i++)
        if (hash_of(i) == hash)
            return i + 1;
    return 0;
}

static void obvious(void **state)
{
    (void)state;
    tally sum;
    victims v = find(1 << 16, 1 << 20, UINT64_MAX, &sum);
    uint64_t at = 0, documents = 0;
    for (uint64_t i = 0; i < DOCUMENTS; i++) {
        const uint64_t known = first_of(hash_of_known, KNOWN, hash_of_document(i));
        const uint64_t first = first_of(hash_of_document, DOCUMENTS, hash_of_document(i));
        if (!known && first == i + 1)
            continue;
        assert_true(at < v.n);
        assert_int_equal(sl_big(v.v[at].pos), i + 1);
        assert_int_equal(sl_big(v.v[at].survivor), known ? known | IN_INDEX : first);
        at++;
    }
    assert_int_equal(at, v.n);
    for (unsigned i = 0; i < CLUSTER_SIZES; i++)
        documents += sum.documents[i];
    assert_int_equal(documents, DOCUMENTS);
    victims_free(&v);
}

static void slices(void **state)
{
    static const uint32_t most[] = { 1, 2, 7, 100, 331, 332, 333, 334, 500 };
    (void)state;
    tally sum, other;
    victims want = find(1 << 16, 1 << 20, UINT64_MAX, &sum);
    for (unsigned k = 0; k < sizeof(most) / sizeof(*most) + 1; k++) {
        victims v = k ? find(1, most[k - 1], UINT64_MAX, &other) : find(8, 1 << 20, 0, &other);
        assert_int_equal(v.n, want.n);
        assert_memory_equal(v.v, want.v, v.n * sizeof(victim));
        assert_memory_equal(&other, &sum, sizeof(sum));
        victims_free(&v);
    }
    victims_free(&want);
}

static void cursor(void **state)
{
    enum { N = 500 };
    (void)state;
    victim v[N];
    for (unsigned i = 0; i < N; i++)
        v[i] = (victim){ .pos = sl_big(10 + 2 * i), .survivor = sl_big(1 + i / 3) };
    victims all = { .v = v, .n = N };
    for (unsigned near = 0; near <= N + 1; near += 7)
        for (uint64_t pos = 0; pos < 10 + 2 * N + 5; pos++) {
            const uint64_t want = pos <= 10 ? 0 : (pos - 9) / 2 < N ? (pos - 9) / 2 : N;
            assert_int_equal(victims_from(&all, near, pos), want);
        }
    assert_true(victims_count_clusters(&all));
    for (uint64_t survivor = 0; survivor < N; survivor++) {
        uint64_t near = survivor * 7 % N;
        const uint64_t want = survivor == 0 || survivor > 167 ? 0 : survivor == 167 ? 2 : 3;
        assert_int_equal(victims_of(&all, survivor, &near), want);
    }
    all.v = NULL;
    victims_free(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(obvious),
        cmocka_unit_test(slices),
        cmocka_unit_test(cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
