/* Rows as bytes and back: numbers, views without a place, what the quarantine has to show; and who needs rows. */
#include "exec/engine.h"
#include "exec_test.h"

#define PIPE                                                                                                           \
    "stages:\n  - { use: source.jsonl, path: '@/p.jsonl' }\n  - { use: expand.split, by: lines }\n"                    \
    "  - { use: sink.null }\n"

static worker *open_worker(job *j)
{
    put_text("@/p.jsonl", "{\"text\":\"a\"}\n");
    assert_true(job_open(j, PIPE, (exec_options){ .threads = 1 }));
    j->x->now.batch_rows = 8;
    return &j->x->workers[0];
}

static uint32_t slot_of(const plan *p, uint32_t type)
{
    for (uint32_t i = 0; i < p->n_columns; i++)
        if (p->columns[i].type == type)
            return i;
    fail_msg("no column of type %u", type);
    return 0;
}

/* What a stage sees of an empty value does not tell whether the row went over the disk. */
static void test_nowhere(void **u)
{
    static const sl_str text[] = { { NULL, 0, 0 }, { "", 0, 0 }, { "abc", 3, 0 } };
    static const sl_list list[] = { { NULL, 0, 0 }, { text, 0, 0 }, { text, 3, 0 } };
    job j;
    worker *w = open_worker(&j);
    const uint32_t texts = j.p.text, lists = slot_of(&j.p, SL_LIST_OF(SL_T_STR));
    rows *r = rows_take(w, 3);
    flow *f = flow_like(j.x, r, NULL), *got;
    sbuf out = { 0 };
    (void)u;
    f->slot[texts] = column_new(j.x, r, texts, 3, true);
    f->slot[lists] = column_new(j.x, r, lists, 3, true);
    f->state[texts] = f->state[lists] = SLOT_WRITTEN;
    for (uint32_t i = 0; i < 3; i++) {
        rows_add(r, i + 1, 7 * i, PLAN_NONE);
        ((sl_str *)f->slot[texts]->c.data)[i] = text[i];
        ((sl_list *)f->slot[lists]->c.data)[i] = list[i];
    }
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(pack_row(w, f, i, false, &out), SL_OK);
    assert_int_equal(pack_read(w, &(pack_source){ .p = out.p, .n = out.n }, &got), SL_OK);
    assert_int_equal(got->r->n, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const sl_str t = ((const sl_str *)got->slot[texts]->c.data)[i];
        const sl_list l = ((const sl_list *)got->slot[lists]->c.data)[i];
        assert_true(got->slot[texts]->c.valid[0] >> i & got->slot[lists]->c.valid[0] >> i & 1);
        assert_int_equal(t.n, text[i].n);
        assert_int_equal(l.n, list[i].n);
        assert_int_equal(t.p == NULL, text[i].p == NULL);
        assert_int_equal(l.p == NULL, list[i].p == NULL);
    }
    const sl_str *inside = ((const sl_list *)got->slot[lists]->c.data)[2].p;
    assert_null(inside[0].p);
    assert_non_null(inside[1].p);
    assert_int_equal(inside[1].n, 0);
    assert_memory_equal(inside[2].p, "abc", 3);
    rows_give(w, got->r);
    rows_give(w, r);
    sbuf_free(&out);
    job_free(&j);
}

/* Kept rows have the numbers that they had; sorted ones are documents of a new stream. */
static void test_numbers(void **u)
{
    job j;
    worker *w = open_worker(&j);
    rows *r = rows_take(w, 2);
    flow *f = flow_like(j.x, r, NULL), *got;
    sbuf out = { 0 };
    (void)u;
    rows_add(r, 11, 12, PLAN_NONE);
    rows_add(r, 21, 22, 0);
    r->cut = true;
    r->root[1] = 3;
    r->parent[1] = 4;
    r->parent_key[1] = 5;
    assert_int_equal(r->root[0], 11);
    assert_true(rows_record(r, 1, (sl_str){ "{}", 2, 0 }));
    r->as_read = flow_branch(j.x, f);
    assert_int_equal(pack_row(w, f, 0, false, &out), SL_OK);
    const size_t first = out.n;
    assert_int_equal(pack_row(w, f, 1, false, &out), SL_OK);
    assert_int_equal(pack_read(w, &(pack_source){ .p = out.p, .n = out.n }, &got), SL_OK);
    assert_int_equal(got->r->n, 2);
    assert_true(got->r->cut);
    assert_true(got->r->pos[0] == 11 && got->r->key[0] == 12 && got->r->root[0] == 11 && got->r->parent[0] == 0);
    assert_true(got->r->pos[1] == 21 && got->r->key[1] == 22 && got->r->root[1] == 3);
    assert_true(got->r->parent[1] == 4 && got->r->parent_key[1] == 5 && got->r->input[1] == 0);
    assert_null(got->r->record); /* nobody writes a quarantine */
    rows_give(w, got->r);
    const sorter_doc docs[] = { { 0, 0, out.p + first, out.n - first } };
    assert_int_equal(pack_read(w, &(pack_source){ .docs = docs, .n_docs = 1, .number = 9 }, &got), SL_OK);
    assert_true(got->r->pos[0] == (9ull << 32 | 1) && got->r->root[0] == got->r->pos[0] && got->r->parent[0] == 4);
    rows_give(w, got->r);
    rows_give(w, r);
    sbuf_free(&out);
    job_free(&j);
}

/* Parts of a document that stand together have its record once. */
static void test_same_record(void **u)
{
    static const char record[] =
        "{\"text\":\"a record that is much longer than the numbers of a row, for it is seen in "
        "how many bytes the rows are: ........................................\"}";
    job j;
    worker *w = open_worker(&j);
    rows *r = rows_take(w, 4);
    flow *f = flow_like(j.x, r, NULL), *got;
    sbuf out = { 0 };
    (void)u;
    for (uint32_t i = 0; i < 4; i++) {
        rows_add(r, i + 1, i, 0);
        r->raw[i] = i == 2 ? (sl_str){ NULL, 0, 0 } : (sl_str){ record, sizeof record - 1, 0 };
        assert_int_equal(pack_row(w, f, i, i == 1, &out), SL_OK);
    }
    assert_in_range(out.n, 2 * sizeof record, 2 * sizeof record + 4 * 80);
    assert_int_equal(pack_read(w, &(pack_source){ .p = out.p, .n = out.n }, &got), SL_OK);
    assert_int_equal(got->r->n, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(got->r->raw[i].n, r->raw[i].n);
        assert_memory_equal(got->r->raw[i].p ? got->r->raw[i].p : "", i == 2 ? "" : record, r->raw[i].n);
    }
    assert_null(got->r->raw[2].p);
    assert_ptr_equal(got->r->raw[1].p, got->r->raw[0].p);
    assert_ptr_not_equal(got->r->raw[3].p, got->r->raw[0].p);
    assert_int_equal(got->r->raw[3].p[got->r->raw[3].n], '\n');
    rows_give(w, got->r);
    rows_give(w, r);
    sbuf_free(&out);
    job_free(&j);
}

/* Rows stay as long as anybody needs them, or what points into them. */
static void test_uses(void **u)
{
    job j;
    worker *w = open_worker(&j);
    (void)u;
    rows *below = rows_take(w, 4), *other = rows_take(w, 4), *top = rows_take(w, 4);
    for (int i = 0; i < 3; i++)
        assert_true(rows_point(top, below)); /* once */
    assert_true(rows_point(top, other));
    assert_int_equal(below->uses, 2);
    assert_ptr_equal(rows_hold(top), top);
    rows_give(w, below);
    rows_give(w, other);
    rows_give(w, top);
    assert_true(top->uses == 1 && below->uses == 1 && other->uses == 1);
    assert_null(w->pool);
    rows_give(w, top);
    assert_ptr_equal(w->pool, top); /* the last that was given is the first that is taken: its memory is warm */
    assert_ptr_equal(rows_take(w, 4), top);
    assert_int_equal(top->n_under, 0);
    rows *more = rows_take(w, 4), *last = rows_take(w, 4);
    assert_true((more == below && last == other) || (more == other && last == below));
    assert_true(rows_point(more, last));
    rows_release(w); /* after a failure */
    assert_int_equal(top->uses + more->uses + last->uses, 0);
    rows *again[3];
    for (int i = 0; i < 3; i++)
        assert_non_null(again[i] = rows_take(w, 4));
    assert_true(again[0] != again[1] && again[1] != again[2] && again[0] != again[2]);
    assert_null(w->pool);
    job_free(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nowhere),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_same_record),
        cmocka_unit_test(test_uses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
