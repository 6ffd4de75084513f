/* dedup.exact as a whole, against an obvious version: which documents go, whom they repeat, what is written and told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dedup_drive.h"

enum { FIRST, HIGHEST, LOWEST };
#define POS(split, n) ((uint64_t)(split) << 32 | (n))

/* ---- the obvious version ---- */

static bool same(const doc *a, const doc *b) { return a->text && b->text && !strcmp(a->text, b->text); }

static bool better(uint32_t keep, const doc *a, const doc *b)
{
    const bool number_a = a->score == a->score, number_b = b->score == b->score;
    if (keep != FIRST && number_a != number_b)
        return number_a;
    if (keep != FIRST && number_a && a->score != b->score)
        return keep == HIGHEST ? a->score > b->score : a->score < b->score;
    return a->pos < b->pos;
}

static const doc *best(uint32_t keep, const doc *docs, size_t n, const doc *like)
{
    const doc *found = NULL;
    for (size_t i = 0; i < n; i++)
        if (same(&docs[i], like) && (!found || better(keep, &docs[i], found)))
            found = &docs[i];
    return found;
}

static int64_t copies(const doc *docs, size_t n, const doc *like)
{
    int64_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += same(&docs[i], like);
    return found;
}

static void compare(const drive *d, uint32_t keep, const doc *docs, size_t n, const doc *index, size_t n_index,
                    const written *out)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const doc *known = best(keep, index, n_index, &docs[i]), *stays = best(keep, docs, n, &docs[i]);
        const doc *partner = known ? known : stays;
        if (docs[i].text && partner != &docs[i]) {
            assert_true(at < d->m->n_rejects);
            assert_int_equal(d->m->rejects[at].pos, docs[i].pos);
            assert_int_equal(d->m->rejects[at].partner, partner->pos);
            assert_int_equal(d->m->rejects[at].port, known ? 1 : 0);
            assert_int_equal(d->m->rejects[at].metric, 0);
            at++;
        }
        if (!docs[i].text) {
            assert_string_equal(out[i].cluster, "");
            assert_int_equal(out[i].size, 1);
        } else {
            assert_int_equal(out[i].size, copies(docs, n, &docs[i]) + (known != NULL));
            assert_string_equal(out[i].cluster, out[stays - docs].cluster);
        }
        if (i && docs[i].text && docs[i - 1].text && !same(&docs[i], &docs[i - 1]))
            assert_string_not_equal(out[i].cluster, out[i - 1].cluster);
    }
    assert_int_equal(at, d->m->n_rejects);
}

/* ---- random documents ---- */

enum { TEXTS = 300 };
static char texts[TEXTS][8];

static doc random_doc(uint64_t seed, uint64_t i, uint64_t pos)
{
    const uint64_t which = sl_random(seed, i, 0) % TEXTS, score = sl_random(seed, i, 1) % 6;
    return (doc){ .pos = pos,
                  .text = sl_random(seed, i, 2) % 50 ? texts[which] : NULL,
                  .score = score ? (double)score - 3 : NAN };
}

/* In splits of different lengths, numbers left out. */
static doc *random_docs(uint64_t seed, size_t n)
{
    doc *docs = calloc(n, sizeof(*docs));
    assert_non_null(docs);
    uint64_t split = 3, nth = 0;
    for (size_t i = 0; i < n; i++) {
        nth += 1 + sl_random(seed, i, 3) % 3;
        if (sl_random(seed, i, 4) % 40 == 0) {
            split += 1 + (sl_random(seed, i, 5) % 5 == 0) * 1000;
            nth = 1;
        }
        docs[i] = random_doc(seed, i, POS(split, nth));
    }
    return docs;
}

static void run_random(uint32_t keep, uint32_t batch_rows, size_t n_index, uint64_t budget)
{
    enum { N = 600 };
    doc *docs = random_docs(keep + batch_rows, N), *index = random_docs(99, n_index ? n_index : 1);
    written *out = calloc(N, sizeof(*out));
    drive d;
    drive_init(&d);
    drive_option(&d, "keep", keep);
    if (keep != FIRST)
        drive_by(&d, "score");
    d.m->rows = batch_rows;
    d.columns = true;
    d.m->budget = budget;
    d.m->backwards = budget == 0;
    assert_int_equal(drive_open(&d), SL_OK);
    assert_int_equal(drive_fit(&d, 1, index, n_index), SL_OK);
    assert_int_equal(drive_fit(&d, 0, docs, N), SL_OK);
    assert_int_equal(drive_finalize(&d), SL_OK);
    assert_int_equal(drive_apply(&d, docs, N, out), SL_OK);
    compare(&d, keep, docs, N, index, n_index, out);
    assert_int_equal(d.m->reserved, d.m->n_rejects * (16 + 8)); /* with size_as */
    drive_close(&d);
    drive_free(&d);
    free(out);
    free(index);
    free(docs);
}

static void first_stays(void **state)
{
    (void)state;
    run_random(FIRST, 1, 0, UINT64_MAX);
    run_random(FIRST, 7, 0, 0);
    run_random(FIRST, 1024, 0, UINT64_MAX);
}

static void best_stays(void **state)
{
    (void)state;
    run_random(HIGHEST, 1, 0, UINT64_MAX);
    run_random(HIGHEST, 1024, 0, 0);
    run_random(LOWEST, 13, 0, UINT64_MAX);
}

static void index_wins(void **state)
{
    (void)state;
    run_random(FIRST, 5, 40, UINT64_MAX);
    run_random(HIGHEST, 1024, 200, 0);
    run_random(LOWEST, 1, 1, UINT64_MAX);
}

/* Enough documents that decisions are sorted in ranges, and that a scatter is emptied within a batch. */
static void many_documents(void **state)
{
    enum { N = 150000, DISTINCT = 40000 };
    (void)state;
    doc *docs = calloc(N, sizeof(*docs));
    char(*text)[12] = calloc(DISTINCT, sizeof(*text));
    drive d;
    drive_init(&d);
    for (size_t i = 0; i < DISTINCT; i++)
        snprintf(text[i], sizeof(text[i]), "%zu", i);
    for (size_t i = 0; i < N; i++)
        docs[i] = (doc){ .pos = POS(i / 5000, i % 5000 + 1), .text = text[i % DISTINCT] };
    assert_int_equal(drive_open(&d), SL_OK);
    assert_int_equal(drive_fit(&d, 0, docs, N), SL_OK);
    assert_int_equal(drive_finalize(&d), SL_OK);
    assert_int_equal(drive_apply(&d, docs, N, NULL), SL_OK);
    assert_int_equal(d.m->n_rejects, N - DISTINCT);
    for (size_t i = DISTINCT; i < N; i++) {
        assert_int_equal(d.m->rejects[i - DISTINCT].pos, docs[i].pos);
        assert_int_equal(d.m->rejects[i - DISTINCT].partner, docs[i % DISTINCT].pos);
    }
    drive_close(&d);
    drive_free(&d);
    free(text);
    free(docs);
}

static void no_documents(void **state)
{
    (void)state;
    drive d;
    drive_init(&d);
    assert_int_equal(drive_open(&d), SL_OK);
    assert_int_equal(drive_fit(&d, 0, NULL, 0), SL_OK);
    assert_int_equal(drive_finalize(&d), SL_OK);
    assert_int_equal(drive_apply(&d, NULL, 0, NULL), SL_OK);
    assert_int_equal(d.m->n_rejects, 0);
    drive_close(&d);
    drive_free(&d);
}

/* ---- columns ---- */

/* Which of the documents stay, as a text of 0 and 1. */
static const char *kept(drive *d, const doc *docs, size_t n)
{
    static char out[64];
    assert_int_equal(drive_open(d), SL_OK);
    assert_int_equal(drive_fit(d, 0, docs, n), SL_OK);
    assert_int_equal(drive_finalize(d), SL_OK);
    assert_int_equal(drive_apply(d, docs, n, NULL), SL_OK);
    for (size_t i = 0, at = 0; i <= n; i++) {
        const bool gone = i < n && at < d->m->n_rejects && d->m->rejects[at].pos == docs[i].pos;
        out[i] = (char)(i == n ? '\0' : gone ? '0' : '1');
        at += gone;
    }
    drive_close(d);
    return out;
}

static void two_columns(void **state)
{
    static const doc docs[] = {
        { .pos = 1, .text = "ab", .other = "c" },  { .pos = 2, .text = "a", .other = "bc" },
        { .pos = 3, .text = "abc", .other = "" },  { .pos = 4, .text = "abc", .other = NULL },
        { .pos = 5, .text = NULL, .other = NULL }, { .pos = 6, .text = NULL, .other = NULL },
        { .pos = 7, .text = NULL, .other = "" },   { .pos = 8, .text = NULL, .other = "" },
        { .pos = 9, .text = "ab", .other = "c" },  { .pos = 10, .text = "abc", .other = NULL },
    };
    (void)state;
    drive d;
    drive_init(&d);
    d.n_columns = 2;
    assert_string_equal(kept(&d, docs, 10), "1111111000");
    drive_free(&d);
}

static void json_columns(void **state)
{
    static const doc docs[] = {
        { .pos = 1, .text = "\"A\"" },     { .pos = 2, .text = "\"\\u0041\"" }, { .pos = 3, .text = "5" },
        { .pos = 4, .text = "\"5\"" },     { .pos = 5, .text = "5.0" },         { .pos = 6, .text = "null" },
        { .pos = 7, .text = "null" },      { .pos = 8, .text = "[1, 2]" },      { .pos = 9, .text = "[1,2]" },
        { .pos = 10, .text = "[1, 2]" },   { .pos = 11, .text = "true" },       { .pos = 12, .text = "\"null\"" },
        { .pos = 13, .text = "\"null\"" }, { .pos = 14, .text = "\"\"" },       { .pos = 15, .text = "\"\"" },
    };
    (void)state;
    drive d;
    drive_init(&d);
    d.type = SL_T_JSON;
    assert_string_equal(kept(&d, docs, 15), "101011111011010");
    drive_free(&d);
}

static void normalized(void **state)
{
    static const doc docs[] = {
        { .pos = 1, .text = "Hello, world" }, { .pos = 2, .text = " Hello,\t\nworld " },
        { .pos = 3, .text = "hello, World" }, { .pos = 4, .text = "hello world!" },
        { .pos = 5, .text = "helloworld" },
    };
    (void)state;
    static const char *const want[] = { "11111", "10111", "10011", "10001" };
    for (uint32_t level = 0; level < 4; level++) {
        drive d;
        drive_init(&d);
        drive_option(&d, "normalize", level);
        assert_string_equal(kept(&d, docs, 5), want[level]);
        drive_free(&d);
    }
}

/* ---- what is told ---- */

static void report(void **state)
{
    static const doc index[] = { { .pos = 1, .text = "old" }, { .pos = 2, .text = "older" } };
    static const doc docs[] = {
        { .pos = 1, .text = "a" },   { .pos = 2, .text = "b" },   { .pos = 3, .text = "b" },
        { .pos = 4, .text = "old" }, { .pos = 5, .text = "old" }, { .pos = 6, .text = "old" },
        { .pos = 7, .text = NULL },  { .pos = 8, .text = "c" },
    };
    (void)state;
    drive d;
    drive_init(&d);
    assert_int_equal(drive_open(&d), SL_OK);
    assert_int_equal(drive_fit(&d, 1, index, 2), SL_OK);
    assert_int_equal(drive_fit(&d, 0, docs, 8), SL_OK);
    assert_int_equal(drive_finalize(&d), SL_OK);
    assert_string_equal(d.m->tables,
                        "documents [{\"documents\":8,\"without_value\":1,\"clusters\":4,\"largest\":3,\"in_index\":3,"
                        "\"duplicates\":4,\"share\":0.500000}]\n"
                        "clusters [{\"documents_in_cluster\":\"1\",\"clusters\":2,\"documents\":2},"
                        "{\"documents_in_cluster\":\"2\",\"clusters\":1,\"documents\":2},"
                        "{\"documents_in_cluster\":\"3-5\",\"clusters\":1,\"documents\":3},"
                        "{\"documents_in_cluster\":\"6-10\",\"clusters\":0,\"documents\":0},"
                        "{\"documents_in_cluster\":\"11-100\",\"clusters\":0,\"documents\":0},"
                        "{\"documents_in_cluster\":\"101-1000\",\"clusters\":0,\"documents\":0},"
                        "{\"documents_in_cluster\":\"more\",\"clusters\":0,\"documents\":0}]\n");
    drive_close(&d);
    drive_free(&d);
}

static void refused(drive *d, const char *message)
{
    assert_int_equal(drive_open(d), SL_E_CONFIG);
    assert_string_equal(d->m->error, message);
    drive_close(d);
    drive_free(d);
}

static void wrong_options(void **state)
{
    (void)state;
    drive d;
    drive_init(&d);
    drive_option(&d, "keep", HIGHEST);
    refused(&d, "keep: highest needs a column of numbers; name it with by");
    drive_init(&d);
    drive_option(&d, "keep", LOWEST);
    refused(&d, "keep: lowest needs a column of numbers; name it with by");
    drive_init(&d);
    drive_by(&d, "score");
    refused(&d, "by is for keep: highest and keep: lowest");
}

static void too_many_in_a_split(void **state)
{
    static const doc docs[] = { { .pos = POS(1, 1u << 31), .text = "a" } };
    (void)state;
    drive d;
    drive_init(&d);
    assert_int_equal(drive_open(&d), SL_OK);
    assert_int_equal(drive_fit(&d, 0, docs, 1), SL_E_INTERNAL);
    assert_string_equal(d.m->error, "a split has more than 2^31 documents");
    drive_close(&d);
    drive_free(&d);
}

/* From open to the end of the apply pass; the first failure, or 0. */
static int run_all(drive *d, const doc *docs, size_t n)
{
    d->columns = true;
    int ret = drive_open(d);
    if (ret >= 0)
        ret = drive_fit(d, 1, docs, n / 2);
    if (ret >= 0)
        ret = drive_fit(d, 0, docs, n);
    if (ret >= 0)
        ret = drive_finalize(d);
    if (ret >= 0)
        ret = drive_apply(d, docs, n, NULL);
    return ret;
}

/* Every call of the spill fails in turn, then every allocation: the failure comes back, and nothing leaks. */
static unsigned failures(bool of_memory, const doc *docs, size_t n)
{
    for (unsigned k = 1;; k++) {
        drive d;
        drive_init(&d);
        d.m->calls = of_memory ? UINT32_MAX : k;
        mock_allocations = of_memory ? k : UINT32_MAX;
        const int ret = run_all(&d, docs, n);
        mock_allocations = UINT32_MAX;
        drive_close(&d);
        assert_true(ret == SL_OK || strlen(d.m->error) > 0);
        assert_true(ret == SL_OK || !of_memory || ret == SL_E_NOMEM);
        drive_free(&d);
        if (ret == SL_OK)
            return k - 1;
    }
}

static void spill_fails(void **state)
{
    (void)state;
    doc *docs = random_docs(5, 60);
    assert_in_range(failures(false, docs, 60), 300, 2000);
    free(docs);
}

/* One for all, one or two a partition, the victims, and two to count clusters. */
static void memory_ends(void **state)
{
    (void)state;
    doc *docs = random_docs(5, 60);
    assert_in_range(failures(true, docs, 60), 256 + 4, 2 * 256 + 4);
    free(docs);
}

int main(void)
{
    for (unsigned i = 0; i < TEXTS; i++)
        snprintf(texts[i], sizeof(texts[i]), "t%u", i * i % 1000);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_stays),    cmocka_unit_test(best_stays),          cmocka_unit_test(index_wins),
        cmocka_unit_test(many_documents), cmocka_unit_test(no_documents),        cmocka_unit_test(two_columns),
        cmocka_unit_test(json_columns),   cmocka_unit_test(normalized),          cmocka_unit_test(report),
        cmocka_unit_test(wrong_options),  cmocka_unit_test(too_many_in_a_split), cmocka_unit_test(spill_fails),
        cmocka_unit_test(memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
