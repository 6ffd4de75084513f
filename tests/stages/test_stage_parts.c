/* Fits in parts: saved, loaded, merged in any order, the same as in one piece; and states that are not what they seem.
 */
#include "stage_test.h"

enum { PARTS = 3 };

/* The documents of every PARTS-th split. */
static mock_docs part_of(const mock_docs *all, uint32_t part)
{
    mock_docs d = { .v = malloc((all->n + 1) * sizeof *d.v) };
    assert_non_null(d.v);
    for (size_t i = 0; i < all->n; i++)
        if ((all->v[i].pos >> 32) % PARTS == part)
            d.v[d.n++] = all->v[i];
    return d;
}

static void good(const mock *m, int ret)
{
    if (ret < 0)
        fail_msg("answered %d: %s", ret, m->error);
}

/* A further round begins with what the one before left. */
static void begin_round(mock_run *r, mock *m, mock_stage *st, const sbuf *whole)
{
    good(m, mock_begin(m, st, r));
    if (whole->n)
        good(m, mock_load(r, SL_WHOLE, whole));
}

static bool same(const sbuf *a, const sbuf *b) { return a->n == b->n && !memcmp(sbuf_z(a), sbuf_z(b), a->n); }

/* All rounds of a fit in parts of splits, each in a life of its own, merged in the order of `order`. */
static void fit_in_parts(mock *m, mock_stage *st, const mock_docs *in, const uint32_t order[PARTS], sbuf *whole)
{
    int ret = SL_MORE;
    for (unsigned round = 0; ret == SL_MORE; round++) {
        sbuf part[PARTS] = { { 0 } }, again = { 0 };
        mock_run r;
        for (uint32_t i = 0; i < PARTS; i++) {
            mock_docs docs = part_of(in, i);
            begin_round(&r, m, st, whole);
            r.round = round;
            good(m, mock_fit(&r, 0, &docs));
            good(m, mock_save(&r, 0, &part[i]));
            mock_end(&r);
            mock_docs_free(&docs);
        }
        begin_round(&r, m, st, whole);
        r.round = round;
        good(m, mock_load(&r, 0, &part[order[0]]));
        good(m, mock_save(&r, 0, &again)); /* save, load, save: the same bytes */
        assert_true(same(&again, &part[order[0]]));
        for (uint32_t i = 1; i < PARTS; i++)
            good(m, mock_load(&r, 0, &part[order[i]]));
        ret = mock_finalize(&r);
        good(m, ret);
        sbuf_clear(whole);
        good(m, mock_save(&r, SL_WHOLE, whole));
        mock_end(&r);
        for (uint32_t i = 0; i < PARTS; i++)
            sbuf_free(&part[i]);
        sbuf_free(&again);
    }
}

static void apply(mock *m, mock_stage *st, const sbuf *whole, mock_docs *in, mock_docs *out)
{
    mock_run r;
    begin_round(&r, m, st, whole);
    good(m, mock_apply(&r, in, out));
    mock_end(&r);
}

static const uint32_t orders[][PARTS] = {
    { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 }
};

static void parts_equal_one_piece(const char *plugin, const char *name, const char *cfg, const mock_docs *docs)
{
    mock *m = mock_new();
    mock_docs in = part_of(docs, PARTS), once = { 0 };
    for (size_t i = 0; i < docs->n; i++)
        in.v[in.n++] = docs->v[i];
    mock_stage *st = load(m, plugin, name, cfg);
    m->workers = 3;
    run_well(m, st, NULL, &in, &once);
    sbuf first = { 0 };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        mock_docs out = { 0 };
        sbuf whole = { 0 };
        fit_in_parts(m, st, &in, orders[i], &whole);
        apply(m, st, &whole, &in, &out);
        assert_int_equal(out.n, once.n);
        assert_int_equal(docs_hash(&out), docs_hash(&once));
        if (i)
            assert_true(same(&whole, &first)); /* whatever the order of loading */
        else
            sbuf_add(&first, whole.p, whole.n);
        mock_docs_free(&out);
        sbuf_free(&whole);
    }
    sbuf_free(&first);
    mock_docs_free(&once);
    mock_docs_free(&in);
    mock_free(m);
}

static void test_parts(void **u)
{
    static const char *const keep[] = { "{ keep: 0 }",  "{ keep: 1 }",  "{ keep: 13 }",
                                        "{ keep: 56 }", "{ keep: 57 }", "{ keep: 1M }" };
    mock *m = mock_new();
    mock_docs docs = some_docs(m, 15, false);
    (void)u;
    assert_int_equal(docs.n, 57);
    parts_equal_one_piece(PROBE, "test.fit", "", &docs);
    parts_equal_one_piece(PROBE, "test.fit", "{ rounds: 3 }", &docs);
    parts_equal_one_piece(PROBE, "test.break_fit", "", &docs);
    for (size_t i = 0; i < sizeof keep / sizeof *keep; i++)
        parts_equal_one_piece(OURS("sample"), "sample.random", keep[i], &docs);
    mock_docs_free(&docs);
    mock_free(m);
}

/* More than are listed, so that parts hold counts, in several rounds. */
static void test_many_parts(void **u)
{
    mock *m = mock_new();
    mock_docs docs = { 0 };
    (void)u;
    m->rows = 1000;
    for (uint64_t i = 0; i < 70000; i++) {
        mock_doc *d = mock_add(m, &docs, 1 + (uint32_t)(i / 10000), i, "");
        d->key = i % 7000; /* ten of each */
    }
    mock_stage *st = load(m, OURS("sample"), "sample.random", "{ keep: 65537 }");
    mock_docs once = { 0 }, out = { 0 };
    sbuf whole = { 0 };
    run_well(m, st, NULL, &docs, &once);
    assert_int_equal(once.n, 65537);
    fit_in_parts(m, st, &docs, orders[3], &whole);
    apply(m, st, &whole, &docs, &out);
    assert_int_equal(docs_hash(&out), docs_hash(&once));
    sbuf_free(&whole);
    mock_docs_free(&once);
    mock_docs_free(&out);
    mock_docs_free(&docs);
    mock_free(m);
}

/* What an apply pass gathered, in two lives, and finished in a third. */
static void test_applied(void **u)
{
    mock *m = mock_new();
    const uint32_t n = mock_column(m, "n", SL_T_JSON);
    mock_docs docs = { 0 };
    mock_stage *st = load(m, OURS("order"), "order.by", "{ column: n }");
    sbuf part = { 0 };
    mock_run r;
    (void)u;
    mock_doc *d = mock_add(m, &docs, 1, 1, "x");
    d->cell[n] = (mock_cell){ .v.s = mock_str(m, "\"text\""), .valid = true };
    good(m, mock_begin(m, st, &r));
    good(m, mock_apply(&r, &docs, NULL));
    good(m, mock_save(&r, SL_APPLIED, &part));
    assert_int_equal(mock_finish(&r), SL_E_CONFIG);
    mock_end(&r);
    for (int numbers = 0; numbers < 2; numbers++) { /* a number in any part is enough */
        mock_quiet(m);
        good(m, mock_begin(m, st, &r));
        d->cell[n].v.s = mock_str(m, "5");
        if (numbers)
            good(m, mock_apply(&r, &docs, NULL));
        good(m, mock_load(&r, SL_APPLIED, &part));
        good(m, mock_load(&r, SL_APPLIED, &part));
        assert_int_equal(mock_finish(&r), numbers ? SL_OK : SL_E_CONFIG);
        assert_true(numbers || strstr(m->error, "and something else in 2;"));
        mock_end(&r);
    }
    part.n = 0;
    mock_quiet(m);
    good(m, mock_begin(m, st, &r));
    assert_int_equal(mock_load(&r, SL_APPLIED, &part), SL_E_STATE);
    mock_end(&r);
    sbuf_free(&part);
    mock_docs_free(&docs);
    mock_free(m);
}

/* ---- states that are not sound ---- */

static int load_part(mock *m, mock_stage *st, uint32_t what, const sbuf *state)
{
    mock_run r;
    mock_quiet(m);
    good(m, mock_begin(m, st, &r));
    const int ret = mock_load(&r, what, state);
    mock_end(&r);
    return ret;
}

static void cut_everywhere(mock *m, mock_stage *st, uint32_t what, const sbuf *state)
{
    sbuf cut = *state;
    for (cut.n = 0; cut.n < state->n; cut.n += cut.n < 200 ? 1 : 4097)
        assert_int_equal(load_part(m, st, what, &cut), SL_E_STATE);
    good(m, load_part(m, st, what, state));
}

static void saved_parts(mock *m, mock_stage *st, const mock_docs *in, sbuf *port, sbuf *whole)
{
    mock_run r;
    mock_quiet(m);
    good(m, mock_begin(m, st, &r));
    good(m, mock_fit(&r, 0, in));
    good(m, mock_save(&r, 0, port));
    good(m, mock_finalize(&r));
    good(m, mock_save(&r, SL_WHOLE, whole));
    mock_end(&r);
}

static void test_truncated(void **u)
{
    static const struct {
        const char *plugin, *name, *cfg;
    } rows[] = {
        { PROBE, "test.fit", "" },
        { OURS("sample"), "sample.random", "{ keep: 9 }" },
        { OURS("sample"), "sample.random", "{ keep: 100000 }" },
    };
    (void)u;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mock *m = mock_new();
        mock_docs docs = some_docs(m, 7, false);
        mock_stage *st = load(m, rows[i].plugin, rows[i].name, rows[i].cfg);
        sbuf port = { 0 }, whole = { 0 };
        saved_parts(m, st, &docs, &port, &whole);
        cut_everywhere(m, st, 0, &port);
        cut_everywhere(m, st, SL_WHOLE, &whole);
        sbuf_free(&port);
        sbuf_free(&whole);
        mock_docs_free(&docs);
        mock_free(m);
    }
}

static void set_word(sbuf *s, size_t i, uint64_t v)
{
    v = sl_big(v);
    memcpy(s->p + 8 * i, &v, 8);
}

/* One word of a sound state of sample.random changed: refused with a sentence that says what is wrong. */
static void test_flipped(void **u)
{
    static const struct {
        uint32_t what;
        size_t word;
        uint64_t value;
        const char *says;
    } rows[] = {
        { SL_WHOLE, 1, 9, "does not say what it keeps" },   { SL_WHOLE, 1, 1ull << 40, "does not say what it keeps" },
        { SL_WHOLE, 2, 2, "does not say what it keeps" },   { SL_WHOLE, 2, 0, "does not say what it keeps" },
        { 0, 0, 8, "of another round of the search" },      { 0, 2, 1, "of another round of the search" },
        { 0, 4, 1, "of another round of the search" },      { 0, 5, 10, "more draws than are wanted" },
        { 0, 6, UINT64_MAX, "no list of draws in order" },  { 0, 7, 0, "no list of draws in order" },
        { 0, 8, 0, "no list of draws in order" },           { 0, 5, 8, "the stage left 16 bytes" },
        { 0, 5, 1ull << 60, "more draws than are wanted" },
    };
    mock *m = mock_new();
    mock_docs docs = some_docs(m, 7, false);
    mock_stage *st = load(m, OURS("sample"), "sample.random", "{ keep: 9 }");
    (void)u;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sbuf port = { 0 }, whole = { 0 };
        saved_parts(m, st, &docs, &port, &whole);
        sbuf *s = rows[i].what == SL_WHOLE ? &whole : &port;
        set_word(s, rows[i].word, rows[i].value);
        assert_int_equal(load_part(m, st, rows[i].what, s), SL_E_STATE);
        if (!strstr(m->error, rows[i].says))
            fail_msg("row %zu: '%s'", i, m->error);
        sbuf_free(&port);
        sbuf_free(&whole);
    }
    mock_docs_free(&docs);
    mock_free(m);
}

/* A part that is loaded twice, counts that overflow, a state of other options. */
static void test_refused(void **u)
{
    mock *m = mock_new();
    mock_docs docs = some_docs(m, 7, false);
    mock_stage *few = load(m, OURS("sample"), "sample.random", "{ keep: 9 }");
    mock_stage *many = load(m, OURS("sample"), "sample.random", "{ keep: 100000 }");
    sbuf few_part = { 0 }, many_part = { 0 }, whole = { 0 };
    mock_run r;
    (void)u;
    saved_parts(m, few, &docs, &few_part, &whole);
    saved_parts(m, many, &docs, &many_part, &whole);
    good(m, mock_begin(m, few, &r));
    good(m, mock_load(&r, 0, &few_part));
    good(m, mock_load(&r, 0, &few_part));
    assert_int_equal(mock_finalize(&r), SL_E_STATE);
    assert_string_equal(m->error, "a document was counted twice: a part was loaded twice");
    mock_end(&r);
    assert_int_equal(load_part(m, many, 0, &few_part), SL_E_STATE);
    assert_int_equal(load_part(m, few, 0, &many_part), SL_E_STATE);
    set_word(&many_part, 5, UINT64_MAX);
    mock_quiet(m);
    good(m, mock_begin(m, many, &r));
    good(m, mock_load(&r, 0, &many_part));
    set_word(&many_part, 5, 1);
    assert_int_equal(mock_load(&r, 0, &many_part), SL_E_STATE);
    assert_string_equal(m->error, "the saved sample counts more documents than there can be");
    mock_end(&r);
    sbuf_free(&few_part);
    sbuf_free(&many_part);
    sbuf_free(&whole);
    mock_docs_free(&docs);
    mock_free(m);
}

/* The stages that watch states see an engine that gives them back wrongly. */
static void test_wrong_states(void **u)
{
    static const struct {
        mock_fault fault;
        const char *says;
    } rows[] = { { F_GET_OTHER, "get gives what put wrote, however it was cut" },
                 { F_GET_NO_END, "get answers SL_END where nothing is left" } };
    mock *m = mock_new();
    mock_docs docs = some_docs(m, 7, false);
    mock_stage *st = load(m, PROBE, "test.fit", "");
    sbuf port = { 0 }, whole = { 0 };
    (void)u;
    saved_parts(m, st, &docs, &port, &whole);
    for (size_t i = 0; i < 2; i++) {
        m->fault = rows[i].fault;
        assert_int_equal(load_part(m, st, SL_WHOLE, &whole), SL_E_INTERNAL);
        assert_non_null(strstr(m->error, rows[i].says));
    }
    sbuf_free(&port);
    sbuf_free(&whole);
    mock_docs_free(&docs);
    mock_free(m);
}

/* test.break_fit does break: what it saves depends on threads, on their order, on how often it was asked; what it loads
 * is not what it saved. */
static void test_broken_states(void **u)
{
    static const char *const hows[] = { "nothing",      "combine_order", "thread",
                                        "save_differs", "load_leaves",   "load_forgets" };
    (void)u;
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++) {
        mock *m = mock_new();
        mock_docs docs = some_docs(m, 7, false);
        char cfg[64];
        snprintf(cfg, sizeof cfg, "{ how: %s }", hows[i]);
        mock_stage *st = load(m, PROBE, "test.break_fit", cfg);
        sbuf one = { 0 }, three = { 0 }, again = { 0 };
        mock_run r;
        for (int k = 0; k < 2; k++) {
            m->workers = k ? 3 : 1;
            good(m, mock_begin(m, st, &r));
            good(m, mock_fit(&r, 0, &docs));
            good(m, mock_save(&r, SL_WHOLE, k ? &three : &one));
            if (k)
                good(m, mock_save(&r, SL_WHOLE, &again));
            mock_end(&r);
        }
        assert_int_equal(same(&one, &three), i != 1 && i != 2);
        assert_int_equal(same(&three, &again), i != 3);
        assert_int_equal(load_part(m, st, SL_WHOLE, &one), i == 4 ? SL_E_STATE : SL_OK);
        sbuf_clear(&again);
        mock_quiet(m);
        good(m, mock_begin(m, st, &r));
        mock_load(&r, SL_WHOLE, &one);
        mock_save(&r, SL_WHOLE, &again);
        mock_end(&r);
        assert_int_equal(same(&one, &again), i != 5);
        sbuf_free(&one);
        sbuf_free(&three);
        sbuf_free(&again);
        mock_docs_free(&docs);
        mock_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),        cmocka_unit_test(test_many_parts),    cmocka_unit_test(test_applied),
        cmocka_unit_test(test_truncated),    cmocka_unit_test(test_flipped),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_wrong_states), cmocka_unit_test(test_broken_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
