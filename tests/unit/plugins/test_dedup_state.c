/* Saved states of dedup.exact: parts merged in any order, a part as an index, and states that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "dedup_drive.h"

#define POS(split, n) ((uint64_t)(split) << 32 | (n))
#define IN_INDEX      (1ull << 31)

static const doc docs[] = {
    { .pos = POS(0, 1), .text = "a" }, { .pos = POS(0, 2), .text = "b" },  { .pos = POS(0, 5), .text = "a" },
    { .pos = POS(1, 1), .text = "c" }, { .pos = POS(1, 2), .text = NULL }, { .pos = POS(1, 3), .text = "b" },
    { .pos = POS(7, 1), .text = "c" }, { .pos = POS(7, 2), .text = "d" },  { .pos = POS(7, 3), .text = "a" },
};
enum { N = 9, PARTS = 3 };

static void begin(drive *d)
{
    drive_init(d);
    d->columns = true;
    assert_int_equal(drive_open(d), SL_OK);
}

static void end(drive *d)
{
    drive_close(d);
    drive_free(d);
}

static sbuf part_of(const doc *v, size_t n)
{
    drive d;
    sbuf io = { 0 };
    begin(&d);
    assert_int_equal(drive_fit(&d, 0, v, n), SL_OK);
    assert_int_equal(drive_save(&d, 0, &io), SL_OK);
    end(&d);
    return io;
}

static sbuf whole_of(drive *d)
{
    sbuf io = { 0 };
    assert_int_equal(drive_finalize(d), SL_OK);
    assert_int_equal(drive_save(d, SL_WHOLE, &io), SL_OK);
    return io;
}

/* The whole state of the documents above, as one process makes it. */
static sbuf whole(void)
{
    drive d;
    begin(&d);
    assert_int_equal(drive_fit(&d, 0, docs, N), SL_OK);
    sbuf io = whole_of(&d);
    end(&d);
    return io;
}

static void assert_same(const sbuf *a, const sbuf *b)
{
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->p, b->p, a->n);
}

/* ---- parts ---- */

static void parts_in_every_order(void **state)
{
    static const unsigned order[][PARTS] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                             { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    (void)state;
    sbuf part[PARTS], one = whole(), all = part_of(docs, N);
    for (unsigned p = 0; p < PARTS; p++)
        part[p] = part_of(docs + 3 * p, 3);
    for (unsigned k = 0; k < 6; k++) {
        drive d;
        sbuf merged = { 0 };
        begin(&d);
        for (unsigned p = 0; p < PARTS; p++)
            assert_int_equal(drive_load(&d, 0, part[order[k][p]].p, part[order[k][p]].n), SL_OK);
        assert_int_equal(drive_save(&d, 0, &merged), SL_OK);
        assert_same(&merged, &all);
        sbuf made = whole_of(&d);
        assert_same(&made, &one);
        sbuf_free(&merged);
        sbuf_free(&made);
        end(&d);
    }
    for (unsigned p = 0; p < PARTS; p++)
        sbuf_free(&part[p]);
    sbuf_free(&one);
    sbuf_free(&all);
}

static void apply_from_a_whole(void **state)
{
    static const int64_t sizes[] = { 3, 2, 3, 2, 1, 2, 2, 1, 3 };
    (void)state;
    sbuf io = whole();
    written out[N];
    drive d;
    begin(&d);
    assert_int_equal(drive_load(&d, SL_WHOLE, io.p, io.n), SL_OK);
    assert_int_equal(drive_apply(&d, docs, N, out), SL_OK);
    assert_int_equal(d.m->n_rejects, 4);
    assert_int_equal(d.m->rejects[0].pos, POS(0, 5));
    assert_int_equal(d.m->rejects[0].partner, POS(0, 1));
    assert_int_equal(d.m->rejects[1].pos, POS(1, 3));
    assert_int_equal(d.m->rejects[2].partner, POS(1, 1));
    assert_int_equal(d.m->rejects[3].partner, POS(0, 1));
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(out[i].size, sizes[i]);
    sbuf again = { 0 };
    assert_int_equal(drive_save(&d, SL_WHOLE, &again), SL_OK);
    assert_same(&again, &io);
    sbuf_free(&again);
    end(&d);
    sbuf_free(&io);
}

/* Two runs number their documents alike: what either has is there, and the partner is the least number. */
static void parts_of_two_runs_are_an_index(void **state)
{
    static const doc first[] = { { .pos = POS(0, 1), .text = "a" }, { .pos = POS(0, 2), .text = "b" } },
                     second[] = { { .pos = POS(0, 1), .text = "b" }, { .pos = POS(0, 2), .text = "d" } };
    (void)state;
    sbuf part[] = { part_of(first, 2), part_of(second, 2) };
    for (unsigned turn = 0; turn < 2; turn++) {
        drive d;
        written out[N];
        begin(&d);
        for (unsigned p = 0; p < 2; p++)
            assert_int_equal(drive_load(&d, 1, part[p ^ turn].p, part[p ^ turn].n), SL_OK);
        assert_int_equal(drive_fit(&d, 0, docs, N), SL_OK);
        assert_int_equal(drive_finalize(&d), SL_OK);
        assert_int_equal(drive_apply(&d, docs, N, out), SL_OK);
        assert_int_equal(d.m->n_rejects, 7); /* three a, two b, d; of c the second */
        assert_int_equal(d.m->rejects[0].pos, POS(0, 1));
        assert_int_equal(d.m->rejects[0].partner, POS(0, 1)); /* of a, in the first */
        assert_int_equal(d.m->rejects[1].pos, POS(0, 2));
        assert_int_equal(d.m->rejects[1].partner, POS(0, 1)); /* of b, in the second */
        end(&d);
    }
    sbuf_free(&part[0]);
    sbuf_free(&part[1]);
}

static void a_part_is_an_index(void **state)
{
    (void)state;
    sbuf part = part_of(docs, 3);
    drive d;
    begin(&d);
    assert_int_equal(drive_load(&d, 1, part.p, part.n), SL_OK);
    assert_int_equal(drive_load(&d, 1, part.p, part.n), SL_OK); /* twice: of an index that is no harm */
    assert_int_equal(drive_fit(&d, 0, docs, N), SL_OK);
    sbuf saved = { 0 };
    assert_int_equal(drive_save(&d, 1, &saved), SL_OK);
    assert_true(saved.n > part.n);
    assert_int_equal(drive_finalize(&d), SL_OK);
    written out[N];
    assert_int_equal(drive_apply(&d, docs, N, out), SL_OK);
    assert_int_equal(d.m->n_rejects, 6); /* a a a, b b, and the second c */
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(d.m->rejects[i].port, i == 4 ? 0 : 1);
    assert_int_equal(d.m->rejects[0].partner, POS(0, 1));
    assert_int_equal(d.m->rejects[1].partner, POS(0, 2));
    assert_int_equal(out[0].size, 4);
    sbuf_free(&saved);
    sbuf_free(&part);
    end(&d);
}

static void the_same_part_twice(void **state)
{
    (void)state;
    sbuf part = part_of(docs + 3, 3);
    drive d;
    begin(&d);
    assert_int_equal(drive_load(&d, 0, part.p, part.n), SL_OK);
    assert_int_equal(drive_load(&d, 0, part.p, part.n), SL_OK);
    assert_int_equal(drive_finalize(&d), SL_E_STATE);
    assert_non_null(strstr(d.m->error, "was gathered twice: a part was loaded twice"));
    end(&d);
    sbuf_free(&part);
}

/* Of different texts at one place, so that neither is plainly a copy. */
static void one_place_twice(void **state)
{
    static const doc other[] = { { .pos = POS(0, 1), .text = "x" },
                                 { .pos = POS(0, 5), .text = "c" },
                                 { .pos = POS(9, 1), .text = "x" },
                                 { .pos = POS(9, 2), .text = "c" } };
    (void)state;
    sbuf a = part_of(docs, N), b = part_of(other, 4);
    drive d;
    begin(&d);
    assert_int_equal(drive_load(&d, 0, a.p, a.n), SL_OK);
    assert_int_equal(drive_load(&d, 0, b.p, b.n), SL_OK);
    assert_int_equal(drive_finalize(&d), SL_OK); /* only victims are looked at: (0, 5) is one in `a` alone */
    end(&d);
    sbuf_free(&a);
    sbuf_free(&b);
}

/* ---- states that lie ---- */

static void refuse(uint32_t what, const void *p, size_t n, const char *message)
{
    drive d;
    begin(&d);
    assert_int_equal(drive_load(&d, what, p, n), SL_E_STATE);
    if (message)
        assert_string_equal(d.m->error, message);
    end(&d);
}

static void cut(void **state)
{
    (void)state;
    sbuf all = whole(), part = part_of(docs, N);
    for (size_t n = 0; n < all.n; n++)
        refuse(SL_WHOLE, all.p, n, NULL);
    for (size_t n = 0; n < part.n; n += n < 64 || n > part.n - 64 ? 1 : 61)
        refuse(0, part.p, n, NULL);
    sbuf_free(&all);
    sbuf_free(&part);
}

static void taken_for_another(void **state)
{
    (void)state;
    sbuf all = whole(), part = part_of(docs, N);
    refuse(SL_WHOLE, part.p, part.n, "this is no whole state of dedup.exact");
    refuse(0, all.p, all.n, "this is no part of dedup.exact");
    refuse(1, all.p, all.n, "this is no part of dedup.exact");
    drive d;
    begin(&d);
    assert_int_equal(drive_load(&d, SL_WHOLE, all.p, all.n), SL_OK);
    assert_int_equal(drive_load(&d, SL_WHOLE, all.p, all.n), SL_E_STATE);
    assert_string_equal(d.m->error, "two whole states cannot be merged");
    assert_int_equal(drive_load(&d, 2, part.p, part.n), SL_E_INTERNAL);
    end(&d);
    sbuf_free(&all);
    sbuf_free(&part);
}

static void other_options(void **state)
{
    static const char *const message = "it was made with another of, normalize, keep or by";
    (void)state;
    sbuf all = whole(), part = part_of(docs, N);
    for (unsigned k = 0; k < 3; k++) {
        drive d;
        drive_init(&d);
        if (k == 0)
            drive_option(&d, "normalize", 1);
        if (k == 1) {
            drive_option(&d, "keep", 1);
            drive_by(&d, "score");
        }
        if (k == 2)
            d.n_columns = 2;
        assert_int_equal(drive_open(&d), SL_OK);
        assert_int_equal(drive_load(&d, SL_WHOLE, all.p, all.n), SL_E_STATE);
        assert_string_equal(d.m->error, message);
        assert_int_equal(drive_load(&d, 1, part.p, part.n), SL_E_STATE);
        assert_string_equal(d.m->error, message);
        end(&d);
    }
    sbuf_free(&all);
    sbuf_free(&part);
}

/* A whole state with these victims in it. */
static void refuse_victims(const uint64_t (*victims)[2], uint64_t n, uint64_t says, const char *message)
{
    sbuf all = whole(), made = { 0 };
    sbuf_add(&made, all.p, 16);
    says = sl_big(says);
    sbuf_add(&made, &says, sizeof(says));
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t record[] = { sl_big(victims[i][0]), sl_big(victims[i][1]) };
        sbuf_add(&made, record, sizeof(record));
    }
    refuse(SL_WHOLE, made.p, made.n, message);
    sbuf_free(&made);
    sbuf_free(&all);
}

static void wrong_victims(void **state)
{
    (void)state;
    refuse_victims((const uint64_t[][2]){ { 5, 1 }, { 5, 1 } }, 2, 2,
                   "the saved state is damaged: a document stands in it twice");
    refuse_victims((const uint64_t[][2]){ { 5, 1 }, { 4, 1 } }, 2, 2,
                   "the saved state is damaged: a document stands in it twice");
    refuse_victims((const uint64_t[][2]){ { 0, 1 } }, 1, 1, "the saved state is damaged: a document has no place");
    refuse_victims((const uint64_t[][2]){ { 5, 5 } }, 1, 1, "the saved state is damaged: a document repeats none");
    refuse_victims((const uint64_t[][2]){ { 5, 0 } }, 1, 1, "the saved state is damaged: a document repeats none");
    refuse_victims((const uint64_t[][2]){ { 5, IN_INDEX } }, 1, 1,
                   "the saved state is damaged: a document repeats none");
    refuse_victims((const uint64_t[][2]){ { IN_INDEX | 5, 1 } }, 1, 1,
                   "the saved state is damaged: a document repeats none");
    refuse_victims((const uint64_t[][2]){ { 5, 1 } }, 1, 2,
                   "the saved state is damaged: it has another number of documents than it says");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_in_every_order),
        cmocka_unit_test(apply_from_a_whole),
        cmocka_unit_test(parts_of_two_runs_are_an_index),
        cmocka_unit_test(a_part_is_an_index),
        cmocka_unit_test(the_same_part_twice),
        cmocka_unit_test(one_place_twice),
        cmocka_unit_test(cut),
        cmocka_unit_test(taken_for_another),
        cmocka_unit_test(other_options),
        cmocka_unit_test(wrong_victims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
