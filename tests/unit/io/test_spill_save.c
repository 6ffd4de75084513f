/* Saved spills: equal content gives equal bytes, loading adds, and no byte of a hostile file is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "unit/io/spill_state.h"
#include "unit/io/spill_test.h"

enum { PARTITIONS = 7, SIZE = 24, HEAD = 16 };

static rig *plain_rig(void) { return rig_make(2, PARTITIONS, SIZE, 1 << 24, false); }

static void save(rig *g, state_bytes *b)
{
    *b = (state_bytes){ 0 };
    ASSERT_OK(spill_save(g->s, state_put, b, err));
}

/* What a spill of these records, which are sorted, saves. */
static state_bytes expected(const records *r)
{
    state_bytes b = { 0 };
    const uint32_t head[4] = { htole32(0x316c7073), htole32(PARTITIONS), htole32(SIZE), 0 };
    sbuf_add(&b.buf, head, sizeof head);
    for (uint32_t p = 0, at = 0; p < PARTITIONS; p++) {
        uint64_t n = 0;
        while (at + n < r->n && partition_of(r, at + n) == p)
            n++;
        const uint64_t le = htole64(n);
        sbuf_add(&b.buf, &le, sizeof le);
        for (; n--; at++)
            sbuf_add(&b.buf, record_of(r, at), SIZE);
    }
    assert_false(b.buf.failed);
    return b;
}

static void assert_same(const state_bytes *a, const state_bytes *b)
{
    assert_int_equal(a->buf.n, b->buf.n);
    assert_memory_equal(a->buf.p, b->buf.p, b->buf.n);
}

static void shuffle(records *r, uint64_t seed)
{
    uint8_t t[SIZE + 4];
    for (size_t i = r->n; i > 1; i--) {
        uint8_t *a = r->v + (i - 1) * r->stride, *b = r->v + next_random(&seed) % i * r->stride;
        memcpy(t, a, r->stride);
        memmove(a, b, r->stride);
        memcpy(b, t, r->stride);
    }
}

static void equal_content_gives_equal_bytes(void **state)
{
    (void)state;
    static const size_t counts[] = { 0, 1, 5000 };
    for (size_t c = 0; c < 3; c++) {
        records r = make_records(counts[c], SIZE, PARTITIONS - 1, c % 2 ? RANDOM : FEW, c); /* one partition is empty */
        sort_records(&r);
        state_bytes want = expected(&r), got, again;
        for (unsigned i = 0; i < 12; i++) {
            rig *g = rig_make(1 + i % 3 * 2, PARTITIONS, SIZE, i % 4 < 2 ? 0 : 1 << 24, i % 4 == 1);
            shuffle(&r, i);
            add_records(g, &r, 0, r.n);
            save(g, &got);
            assert_same(&got, &want);
            save(g, &again); /* saving changes nothing */
            assert_same(&again, &want);
            sbuf_free(&got.buf);
            sbuf_free(&again.buf);
            rig_free(g);
        }
        sbuf_free(&want.buf);
        free(r.v);
    }
}

static void loading_adds(void **state)
{
    (void)state;
    records r = make_records(6000, SIZE, PARTITIONS, FEW, 1);
    for (unsigned i = 0; i < 4; i++) {
        state_bytes saved[3], all;
        shuffle(&r, i);
        for (unsigned k = 0; k < 3; k++) {
            rig *g = plain_rig();
            add_records(g, &r, 2000 * k, k < 2 ? 2000 * (k + 1) : 5000);
            save(g, &saved[k]);
            rig_free(g);
        }
        rig *g = rig_make(2, PARTITIONS, SIZE, i % 2 ? 0 : 1 << 24, i == 1);
        add_records(g, &r, 5000, 6000);
        for (unsigned k = 0; k < 3; k++) {
            ASSERT_OK(spill_load(g->s, state_get, &saved[(k + i) % 3], err));
            assert_int_equal(saved[(k + i) % 3].at, saved[(k + i) % 3].buf.n);
        }
        save(g, &all);
        rig_free(g);
        sort_records(&r);
        state_bytes want = expected(&r);
        assert_same(&all, &want);
        for (unsigned k = 0; k < 3; k++)
            sbuf_free(&saved[k].buf);
        sbuf_free(&all.buf);
        sbuf_free(&want.buf);
    }
    free(r.v);
}

static void only_its_own_bytes_are_read(void **state)
{
    (void)state;
    records r = make_records(10, SIZE, PARTITIONS, RANDOM, 2);
    sort_records(&r);
    state_bytes b = expected(&r), more = expected(&r);
    const size_t n = b.buf.n;
    sbuf_add(&b.buf, more.buf.p, more.buf.n); /* another spill in the same state */
    rig *g = plain_rig();
    ASSERT_OK(spill_load(g->s, state_get, &b, err));
    assert_int_equal(b.at, n);
    ASSERT_OK(spill_load(g->s, state_get, &b, err));
    assert_int_equal(b.at, 2 * n);
    rig_free(g);
    sbuf_free(&b.buf);
    sbuf_free(&more.buf);
    free(r.v);
}

/* ---- what is refused ---- */

static void assert_refused(state_bytes *b, int code, const char *why)
{
    rig *g = plain_rig();
    char want[300];
    snprintf(want, sizeof want, "the saved records cannot be used: %s", why);
    b->at = 0;
    ASSERT_SAYS(spill_load(g->s, state_get, b, err), code, want);
    rig_free(g);
}

static void other_shapes(void **state)
{
    (void)state;
    records r = make_records(10, SIZE, PARTITIONS, RANDOM, 3);
    sort_records(&r);
    state_bytes b = expected(&r);
    static const struct {
        unsigned at;
        const char *why;
    } bad[] = {
        { 0, "they do not begin as such records do" },
        { 3, "they do not begin as such records do" },
        { 12, "they do not begin as such records do" },
        { 4, "they are of 24 bytes in 23 partitions, where 24 bytes in 7 partitions are needed" },
        { 10, "they are of 1048600 bytes in 7 partitions, where 24 bytes in 7 partitions are needed" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        b.buf.p[bad[i].at] ^= 0x10;
        assert_refused(&b, SL_E_STATE, bad[i].why);
        b.buf.p[bad[i].at] ^= 0x10;
    }
    sbuf_free(&b.buf);
    free(r.v);
}

/* Cut off at every byte: between two pieces it is the end that is told, within one get itself refuses. */
static void cut_off(void **state)
{
    (void)state;
    records r = make_records(9, SIZE, PARTITIONS, RANDOM, 4);
    sort_records(&r);
    state_bytes b = expected(&r);
    const size_t all = b.buf.n;
    size_t ends = 0;
    for (size_t n = 0; n < all; n++) {
        rig *g = plain_rig();
        sbuf err = { 0 };
        b.buf.n = n;
        b.at = 0;
        assert_int_equal(spill_load(g->s, state_get, &b, &err), SL_E_STATE);
        if (err.n) {
            assert_string_equal(sbuf_z(&err), "the saved records cannot be used: they end too early");
            ends++;
        }
        sbuf_free(&err);
        rig_free(g);
    }
    assert_in_range(ends, 1 + PARTITIONS, 1 + 2 * PARTITIONS); /* before the head, each count, each part's records */
    sbuf_free(&b.buf);
    free(r.v);
}

static void counts_that_lie(void **state)
{
    (void)state;
    records r = make_records(400, SIZE, 1, RANDOM, 5);
    sort_records(&r);
    state_bytes b = expected(&r);
    static const uint64_t lies[] = { 401, 1 << 20, (uint64_t)1 << 40, UINT64_MAX / SIZE + 2, UINT64_MAX };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        const uint64_t le = htole64(lies[i]);
        rig *g = plain_rig();
        sbuf err = { 0 };
        memcpy(b.buf.p + HEAD, &le, sizeof le);
        b.at = 0;
        assert_int_equal(spill_load(g->s, state_get, &b, &err), SL_E_STATE);
        assert_in_range(atomic_load(&g->b.peak), 1, 1 << 20); /* nothing was made for what was promised */
        sbuf_free(&err);
        rig_free(g);
    }
    sbuf_free(&b.buf);
    free(r.v);
}

static void out_of_order(void **state)
{
    (void)state;
    records r = make_records(10000, SIZE, 1, UP, 6); /* several pieces */
    sort_records(&r);
    state_bytes b = expected(&r);
    char *first = b.buf.p + HEAD + 8;
    static const size_t places[] = { 0, 1, 2729, 2730, 9998 }; /* 2730 records are a piece */
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *p = first + places[i] * SIZE, kept[SIZE];
        memcpy(kept, p, SIZE);
        memset(p, 0x7f, SIZE);
        assert_refused(&b, SL_E_STATE, "they are not in order");
        memcpy(p, kept, SIZE);
    }
    memcpy(first + SIZE, first, SIZE); /* equal records are in order */
    rig *g = plain_rig();
    b.at = 0;
    ASSERT_OK(spill_load(g->s, state_get, &b, err));
    assert_int_equal(spill_count(g->s, 0), 10000);
    rig_free(g);
    sbuf_free(&b.buf);
    free(r.v);
}

static void put_and_get_that_fail(void **state)
{
    (void)state;
    records r = make_records(20, SIZE, PARTITIONS, RANDOM, 7);
    sort_records(&r);
    state_bytes want = expected(&r);
    for (long i = 1; i <= 1 + 2 * PARTITIONS; i++) {
        rig *g = plain_rig();
        state_bytes b = { .left = i };
        want.left = i;
        want.at = 0;
        ASSERT_SAYS(spill_load(g->s, state_get, &want, err), -99, ""); /* they have said what there is to say */
        want.left = 0;
        want.at = 0;
        rig_free(g);
        g = plain_rig();
        ASSERT_OK(spill_load(g->s, state_get, &want, err));
        ASSERT_SAYS(spill_save(g->s, state_put, &b, err), -99, "");
        sbuf_free(&b.buf);
        rig_free(g);
    }
    sbuf_free(&want.buf);
    free(r.v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_content_gives_equal_bytes),
        cmocka_unit_test(loading_adds),
        cmocka_unit_test(only_its_own_bytes_are_read),
        cmocka_unit_test(other_shapes),
        cmocka_unit_test(cut_off),
        cmocka_unit_test(counts_that_lie),
        cmocka_unit_test(out_of_order),
        cmocka_unit_test(put_and_get_that_fail),
    };
    return cmocka_run_group_tests_name("spill_save", tests, make_test_folder, remove_test_folder);
}
