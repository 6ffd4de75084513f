/* Needles by every kernel against a slow search; lines that stand there again against comparing each with each. */
#include "unit/text/text_test.h"
#include "text/repeats.h"
#include "text/scan.h"
#include "unit/text/text_random.h"

static void each_kernel(void (*with)(text_places *))
{
    for (const char *const *name = text_kernels; *name; name++) {
        text_places places = { 0 };
        if (!text_use_kernel(*name))
            continue;
        with(&places);
        text_places_free(&places);
    }
}

static bool stands(sl_str t, uint32_t at, const text_needle *n)
{
    for (uint32_t i = 0; i < n->n; i++)
        if (at + i >= t.n || (t.p[at + i] | 32) != (n->p[i] | 32))
            return false;
    return true;
}

/* t has zeros behind it, which are in no needle. */
static void check_seek(text_places *out, sl_str t, const text_needle *needles, uint32_t n)
{
    uint32_t k = 0;
    assert_true(text_seek(t, needles, n, out));
    for (uint32_t at = 0; at < t.n; at++) {
        bool found = false;
        for (uint32_t i = 0; i < n; i++)
            found |= stands(t, at, &needles[i]);
        if (found) {
            assert_true(k < out->n);
            assert_int_equal(out->v[k++], at);
        }
    }
    assert_int_equal(out->n, k);
}

static const text_needle needles[] = { { "a", 1 }, { "bc", 2 }, { "c{a", 3 }, { "bb\xC3\xA4", 4 }, { "cccc", 4 } };
enum { NEEDLES = sizeof needles / sizeof *needles };

/* Each needle at each place around the borders of blocks, cut off behind each of its bytes. */
static void at_borders(text_places *out)
{
    char text[256];
    for (uint32_t k = 0; k < NEEDLES; k++)
        for (uint32_t at = 0; at < 140; at++)
            for (uint32_t n = at; n <= at + 6; n++) {
                memset(text, 'x', sizeof text);
                memcpy(text + at, needles[k].p, needles[k].n);
                memset(text + n, 0, sizeof text - n);
                check_seek(out, (sl_str){ text, n, 0 }, needles, NEEDLES);
                check_seek(out, (sl_str){ text, n, 0 }, &needles[k], 1);
            }
}

static void in_random_texts(text_places *out)
{
    static const char of[] = "abcABC[{\xC3\xA4 ";
    char text[1000 + TEXT_SLACK];
    uint64_t state = 7;
    for (unsigned i = 0; i < 500; i++) {
        const uint32_t n = (uint32_t)(random_next(&state) % 1000);
        memset(text, 0, sizeof text);
        for (uint32_t k = 0; k < n; k++)
            text[k] = of[random_next(&state) % (sizeof of - 1)];
        check_seek(out, (sl_str){ text, n, 0 }, needles, NEEDLES);
    }
}

/* More places than there is room for at first, in a text that is nothing else. */
static void everywhere(text_places *out)
{
    char *text = calloc(100000 + TEXT_SLACK, 1);
    assert_non_null(text);
    memset(text, 'A', 100000);
    check_seek(out, (sl_str){ text, 100000, 0 }, needles, NEEDLES);
    assert_int_equal(out->n, 100000);
    check_seek(out, (sl_str){ text, 0, 0 }, needles, NEEDLES);
    free(text);
}

static void needles_over_borders(void **u)
{
    (void)u;
    each_kernel(at_borders);
}
static void needles_in_random_texts(void **u)
{
    (void)u;
    each_kernel(in_random_texts);
}
static void needles_everywhere(void **u)
{
    (void)u;
    each_kernel(everywhere);
}

/* ---- repeats ---- */

static void check_repeats(text_table *table, sl_str t, const text_spans *items, bool ascii)
{
    text_repeats got, want = { 0 };
    assert_true(text_count_repeats(table, t, items->v, items->n, ascii, &got));
    for (uint32_t i = 0; i < items->n; i++) {
        const sl_str a = text_part(t, items->v[i]);
        for (uint32_t k = 0; k < i; k++) {
            const sl_str b = text_part(t, items->v[k]);
            if (a.n == b.n && !memcmp(a.p, b.p, a.n)) {
                want.n++;
                want.chars += text_chars(a.p, a.n);
                break;
            }
        }
    }
    assert_int_equal(got.n, want.n);
    assert_int_equal(got.chars, want.chars);
}

/* Items that are hardly ever different, of 0 to 40 bytes: equal, beginnings of one another, with the last byte changed.
 */
static void pieces_again(void **u)
{
    char text[2000 + TEXT_SLACK];
    text_table table = { 0 };
    text_spans items = { 0 };
    uint64_t state = 3;
    (void)u;
    for (unsigned round = 0; round < 2000; round++) {
        const bool ascii = round % 2;
        uint32_t n = 0;
        items.n = 0;
        while (n < 1900 && random_next(&state) % 40) {
            const uint32_t from = n, length = (uint32_t)(random_next(&state) % 4 * (round % 12));
            for (uint32_t i = 0; i < length; i++)
                n += utf8_put(text + n, ascii ? 'a' : 0xE4);
            if (length && random_next(&state) % 3 == 0)
                text[n - 1] = ascii ? 'b' : (char)(0x80 + random_next(&state) % 2);
            assert_true(text_spans_room(&items, items.n + 1));
            items.v[items.n++] = (sl_span){ from, n };
        }
        memset(text + n, 'z', TEXT_SLACK); /* what stands behind must not count */
        check_repeats(&table, (sl_str){ text, n, 0 }, &items, ascii);
    }
    text_spans_free(&items);
    text_table_free(&table);
}

/* The base of a table would pass 2^32: it is emptied and begins again. */
static void tables_begin_again(void **u)
{
    const sl_span items[] = { { 0, 1 }, { 1, 2 }, { 2, 3 } };
    char text[3 + TEXT_SLACK] = "aba";
    text_table table = { 0 };
    text_repeats r;
    (void)u;
    assert_true(text_count_repeats(&table, (sl_str){ text, 3, 0 }, items, 3, true, &r));
    assert_int_equal(r.n, 1);
    assert_true(text_table_begin(&table, 3, UINT32_MAX - 100)); /* spans what is left, nearly */
    assert_true(text_table_begin(&table, 3, UINT32_MAX - 100));
    assert_int_equal(table.base, 1);
    for (unsigned i = 0; i < 200; i++) {
        assert_true(text_count_repeats(&table, (sl_str){ text, 3, 0 }, items, 3, true, &r));
        assert_int_equal(r.n, 1);
        assert_int_equal(r.chars, 1);
        assert_true(table.base >= 1 && (uint64_t)table.base + table.span <= UINT32_MAX);
    }
    text_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needles_over_borders), cmocka_unit_test(needles_in_random_texts),
        cmocka_unit_test(needles_everywhere),   cmocka_unit_test(pieces_again),
        cmocka_unit_test(tables_begin_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
