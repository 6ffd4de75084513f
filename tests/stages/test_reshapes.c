/* expand.split and join.parts: the same for batches of any size, with documents dropped in between; ids, numbers,
 * places. */
#include "stage_test.h"

/* Paragraphs, lines and blanks of all lengths; some texts are empty or blank. */
static mock_docs many_texts(mock *m)
{
    mock_docs d = { 0 };
    char text[512];
    for (uint64_t i = 0; i < 60; i++) {
        *text = '\0';
        for (uint64_t k = 0; k < i % 9; k++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s%s", (int)(sl_random(1, i, k) % 20),
                     "w\xC3\xB6rds and more words", sl_random(2, i, k) % 3 ? "\n" : "\n\n");
        mock_add(m, &d, 1 + (uint32_t)(i / 7), i, text)->dead = i % 6 == 4;
    }
    return d;
}

/* expand, drop every third part, join. */
static uint64_t there_and_back(uint32_t rows, uint32_t workers, const char *how, size_t *parts, size_t *whole)
{
    mock *m = mock_new();
    mock_docs in = many_texts(m), cut = { 0 }, joined = { 0 };
    m->rows = rows;
    m->workers = workers;
    run_well(m, load(m, OURS("expand"), "expand.split", how), NULL, &in, &cut);
    for (size_t i = 0; i < cut.n; i++)
        cut.v[i].dead = cut.v[i].key % 3 == 0;
    run_well(m, load(m, OURS("join"), "join.parts", "{ separator: blank_line, min_parts: 2, parts_as: parts }"), NULL,
             &cut, &joined);
    const uint64_t h = docs_hash(&cut) ^ docs_hash(&joined) * 31;
    const uint32_t id = mock_column(m, "id", SL_T_STR);
    for (size_t i = 0; i < joined.n; i++) { /* places, keys and ids are those of documents that went in */
        size_t k = 0;
        while (k < in.n && in.v[k].pos != joined.v[i].pos)
            k++;
        assert_true(k < in.n);
        assert_int_equal(in.v[k].key, joined.v[i].key);
        assert_ptr_equal(in.v[k].cell[id].v.s.p, joined.v[i].cell[id].v.s.p); /* the very same: no record changes */
        assert_int_equal(in.v[k].cell[id].v.s.n, joined.v[i].cell[id].v.s.n);
    }
    *parts = cut.n;
    *whole = joined.n;
    mock_docs_free(&in);
    mock_docs_free(&cut);
    mock_docs_free(&joined);
    mock_free(m);
    return h;
}

static void test_sizes(void **u)
{
    static const char *const hows[] = {
        "",
        "{ by: lines, part_as: part, span_as: span }",
        "{ by: lines, min: 0, id: same }",
        "{ by: window, size: 7, overlap: 3, span_as: span }",
        "{ by: window, size: 7, unit: bytes, part_as: part }",
        "{ by: window, size: 3, overlap: 1, unit: words }",
        "{ by: window, size: 9, overlap: 4, whole_words: true, span_as: span }",
    };
    (void)u;
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        size_t parts, whole, n, k;
        const uint64_t want = there_and_back(300, 1, hows[i], &parts, &whole);
        assert_true(parts > 60 && whole > 10);
        for (uint32_t s = 0; s < SIZES; s++)
            for (uint32_t workers = 1; workers <= 3; workers += 2) {
                assert_int_equal(there_and_back(batch_sizes[s], workers, hows[i], &n, &k), want);
                assert_int_equal(n, parts);
                assert_int_equal(k, whole);
            }
    }
}

/* ---- what parts carry ---- */

static sl_str cell(mock *m, const mock_doc *d, const char *column)
{
    return d->cell[mock_column(m, column, SL_T_ANY)].v.s;
}

static void is(sl_str got, const char *want)
{
    if (got.n != strlen(want) || memcmp(got.p, want, got.n))
        fail_msg("'%.*s' is not '%s'", (int)got.n, got.p, want);
}

static void test_parts(void **u)
{
    mock *m = mock_new();
    mock_docs in = { 0 }, out = { 0 };
    (void)u;
    m->rows = 2;
    mock_doc *d = mock_add(m, &in, 1, 1, "\xC3\xB6ne\n\ntw\xC3\xB6\nx");
    mock_add(m, &in, 1, 2, "\n\n")->cell[0].valid = false;
    mock_add(m, &in, 1, 3, "three")->cell[0].valid = false;
    d = &in.v[0];
    run_well(m, load(m, OURS("expand"), "expand.split", "{ by: lines, min: 2, part_as: part, span_as: span }"), NULL,
             &in, &out);
    assert_int_equal(out.n, 3);
    is(cell(m, &out.v[0], "text"), "\xC3\xB6ne");
    is(cell(m, &out.v[1], "text"), "tw\xC3\xB6");
    is(cell(m, &out.v[0], "id"), "d1#1");
    is(cell(m, &out.v[1], "id"), "d1#3");
    assert_ptr_equal(cell(m, &out.v[1], "text").p, cell(m, d, "text").p + 6); /* a view, not a copy */
    const uint32_t part = mock_column(m, "part", 0), span = mock_column(m, "span", 0), id = mock_column(m, "id", 0);
    assert_int_equal(out.v[0].cell[part].v.i, 1);
    assert_int_equal(out.v[1].cell[part].v.i, 3);
    const int64_t *at = out.v[1].cell[span].v.l.p;
    assert_int_equal(out.v[1].cell[span].v.l.n, 2);
    assert_int_equal(at[0], 5); /* characters */
    assert_int_equal(at[1], 8);
    assert_false(out.v[2].cell[id].valid); /* no id, no numbered one */
    assert_int_equal(out.v[0].parent, d->pos);
    assert_int_equal(m->n_rejects, 1);
    assert_string_equal(m->rejects[0].reason, "no_parts");
    assert_int_equal(m->rejects[0].pos, in.v[1].pos);
    assert_true(m->rejects[0].value == 2);
    mock_docs_free(&in);
    mock_docs_free(&out);
    mock_free(m);
}

/* The key of a part goes by its number in the document: not by what else was cut, nor by `min`. */
static void test_keys(void **u)
{
    mock *m = mock_new();
    mock_docs in = { 0 }, all = { 0 }, some = { 0 };
    (void)u;
    mock_add(m, &in, 1, 1, "a\nbb\nc\ndd");
    run_well(m, load(m, OURS("expand"), "expand.split", "{ by: lines }"), NULL, &in, &all);
    run_well(m, load(m, OURS("expand"), "expand.split", "{ by: lines, min: 2 }"), NULL, &in, &some);
    assert_int_equal(all.n, 4);
    assert_int_equal(some.n, 2);
    assert_int_equal(some.v[0].key, all.v[1].key);
    assert_int_equal(some.v[1].key, all.v[3].key);
    mock_docs_free(&in);
    mock_docs_free(&all);
    mock_docs_free(&some);
    mock_free(m);
}

/* ---- joining ---- */

static void test_join(void **u)
{
    mock *m = mock_new();
    mock_docs in = { 0 }, cut = { 0 }, out = { 0 };
    (void)u;
    mock_add(m, &in, 1, 1, "one\ntwo\nthree");
    mock_add(m, &in, 1, 2, "four");
    mock_add(m, &in, 2, 3, "five\nsix");
    run_well(m, load(m, OURS("expand"), "expand.split", "{ by: lines }"), NULL, &in, &cut);
    cut.v[1].dead = true;
    run_well(m, load(m, OURS("join"), "join.parts", "{ parts_as: parts }"), NULL, &cut, &out);
    const uint32_t parts = mock_column(m, "parts", 0);
    assert_int_equal(out.n, 3);
    is(cell(m, &out.v[0], "text"), "one\nthree");
    assert_int_equal(out.v[0].cell[parts].v.i, 2);
    is(cell(m, &out.v[1], "text"), "four");
    assert_ptr_equal(cell(m, &out.v[1], "text").p, cell(m, &in.v[1], "text").p); /* the only part: where it stands */
    is(cell(m, &out.v[2], "text"), "five\nsix");
    is(cell(m, &out.v[0], "id"), "d1");
    mock_docs_free(&out);
    run_well(m, load(m, OURS("join"), "join.parts", "{ min_parts: 2 }"), NULL, &cut, &out);
    assert_int_equal(out.n, 2);
    assert_int_equal(m->n_rejects, 1);
    assert_string_equal(m->rejects[0].reason, "too_few_parts");
    assert_true(m->rejects[0].value == 1 && m->rejects[0].limit == 2);
    mock_docs_free(&in);
    mock_docs_free(&cut);
    mock_docs_free(&out);
    mock_free(m);
}

/* Documents that nobody cut, alone and among parts. */
static void test_not_cut(void **u)
{
    mock *m = mock_new();
    mock_docs in = { 0 }, cut = { 0 };
    (void)u;
    mock_add(m, &in, 1, 1, "one\ntwo");
    mock_stage *join = load(m, OURS("join"), "join.parts", "");
    assert_int_equal(mock_whole(m, join, NULL, &in, NULL), SL_E_CONFIG);
    assert_string_equal(m->error, "this document is no part of another; expand.split must stand above");
    run_well(m, load(m, OURS("expand"), "expand.split", "{ by: lines }"), NULL, &in, &cut);
    mock_add(m, &cut, 1, 9, "whole");
    assert_int_equal(mock_whole(m, join, NULL, &cut, NULL), SL_E_CONFIG);
    mock_docs_free(&in);
    mock_docs_free(&cut);
    mock_free(m);
}

/* A document of more than 4 GiB: its parts are views of the same memory. */
static void test_too_long(void **u)
{
    enum { LONG = 1 << 30 };
    mock *m = mock_new();
    mock_docs in = { 0 }, cut = { 0 }, out = { 0 };
    const uint32_t text = mock_column(m, "text", SL_T_STR);
    (void)u;
    mock_add(m, &in, 1, 1, "1\n2\n3\n4");
    mock_add(m, &in, 1, 2, "5");
    run_well(m, load(m, OURS("expand"), "expand.split", "{ by: lines }"), NULL, &in, &cut);
    for (size_t i = 0; i < 4; i++)
        cut.v[i].cell[text].v.s.n = LONG; /* not read: the document is refused by its length */
    m->unread = true;
    run_well(m, load(m, OURS("join"), "join.parts", ""), NULL, &cut, &out);
    assert_int_equal(out.n, 1);
    assert_int_equal(m->n_rejects, 4);
    assert_string_equal(m->rejects[3].reason, "too_long");
    assert_true(m->rejects[3].value == 4.0 * LONG + 3);
    mock_docs_free(&in);
    mock_docs_free(&cut);
    mock_docs_free(&out);
    mock_free(m);
}

/* Ids of parts of parts come back one by one. */
static void test_nested_ids(void **u)
{
    mock *m = mock_new();
    mock_docs in = { 0 }, once = { 0 }, twice = { 0 }, back = { 0 };
    (void)u;
    mock_add(m, &in, 1, 1, "a\nb\n\nc");
    run_well(m, load(m, OURS("expand"), "expand.split", ""), NULL, &in, &once);
    run_well(m, load(m, OURS("expand"), "expand.split", "{ by: lines }"), NULL, &once, &twice);
    assert_int_equal(twice.n, 3);
    is(cell(m, &twice.v[1], "id"), "d1#1#2");
    mock_stage *join = load(m, OURS("join"), "join.parts", "");
    run_well(m, join, NULL, &twice, &back);
    assert_int_equal(back.n, 2);
    is(cell(m, &back.v[0], "id"), "d1#1");
    is(cell(m, &back.v[1], "id"), "d1#2");
    for (size_t i = 0; i < 2; i++) { /* the mock forgets the parents of parents */
        back.v[i].parent = in.v[0].pos;
        back.v[i].parent_key = in.v[0].key;
    }
    mock_docs_free(&once);
    run_well(m, join, NULL, &back, &once);
    assert_int_equal(once.n, 1);
    is(cell(m, &once.v[0], "id"), "d1");
    is(cell(m, &once.v[0], "text"), "a\nb\nc");
    mock_docs_free(&in);
    mock_docs_free(&once);
    mock_docs_free(&twice);
    mock_docs_free(&back);
    mock_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),      cmocka_unit_test(test_parts),   cmocka_unit_test(test_keys),
        cmocka_unit_test(test_join),       cmocka_unit_test(test_not_cut), cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_nested_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
