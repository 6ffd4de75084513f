/* What `why` rests on: some documents of many, from all threads; pieces of input that nobody picks from; what a stage
 * measured. */
#include <pthread.h>
#include "exec_test.h"

typedef struct picks {
    uint64_t pos[4]; /* wanted; 0: none */
    bool all;
    pthread_mutex_t lock;
    uint64_t asked;
    sbuf text;
} picks;

static bool pick(void *u, const exec_row *r)
{
    picks *p = u;
    bool hit = p->all;
    pthread_mutex_lock(&p->lock);
    p->asked++;
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < 4; i++)
        hit |= p->pos[i] == r->pos;
    return hit;
}

/* One line a row: "stage split:ordinal fate file measured". */
static bool tap(void *u, const exec_row *r)
{
    static const char *const fate[] = { "kept", "rejected", "annotated" };
    picks *p = u;
    exec_measure m;
    sbuf_printf(&p->text, "%u %llu:%llu %s", r->stage, (unsigned long long)(r->pos >> 32),
                (unsigned long long)(r->pos & UINT32_MAX), fate[r->fate]);
    if (r->file)
        sbuf_printf(&p->text, " %s", fs_basename(r->file));
    for (size_t i = 0; exec_row_measured(r, i, &m); i++)
        sbuf_printf(&p->text, " %s=%g%s%s", m.name, m.value, m.unit ? " " : "", m.unit ? m.unit : "");
    sbuf_putc(&p->text, '\n');
    return true;
}

static uint64_t at(uint64_t split, uint64_t ordinal) { return split << 32 | ordinal; }

static void run(job *j, const char *text, picks *p, const uint64_t *places, size_t n)
{
    pthread_mutex_init(&p->lock, NULL);
    if (job_run(j, text,
                (exec_options){ .threads = 4,
                                .no_sinks = true,
                                .pick = pick,
                                .tap = tap,
                                .tap_u = p,
                                .places = places,
                                .n_places = n }) != EXEC_OK)
        fail_msg("ended with %d: %s", (int)j->end, exec_error(j->x));
}

static void done(job *j, picks *p)
{
    pthread_mutex_destroy(&p->lock);
    sbuf_free(&p->text);
    job_free(j);
}

#define OBSERVED                                                                                                       \
    "batch_rows: 16\nstages:\n  - { use: source.jsonl, path: [ '@/a.jsonl', '@/b.jsonl' ] }\n"                         \
    "  - { use: test.observe }\n  - { use: filter.length, max: 20 }\n  - { use: sink.null }\n"

static void test_some_of_many(void **u)
{
    (void)u;
    job j;
    put_docs("@/a.jsonl", 0, 300);
    put_docs("@/b.jsonl", 300, 400);
    picks p = { .pos = { at(1, 57), at(1, 37), at(2, 1) } }; /* documents 56, 36 and 300, of 19, 36 and 4 bytes */
    run(&j, OBSERVED, &p, NULL, 0);
    assert_int_equal(p.asked, 400);
    assert_int_equal(counts(&j, "source.jsonl")->in, 400);
    assert_int_equal(counts(&j, "test.observe")->in, 3);
    assert_non_null(strstr(p.text.p, "0 1:37 kept a.jsonl\n"));
    assert_non_null(strstr(p.text.p, "1 1:37 kept a.jsonl length=36 bytes\n"));
    assert_non_null(strstr(p.text.p, "2 1:37 rejected a.jsonl\n")); /* what a stage above measured is not its own */
    assert_null(strstr(p.text.p, "3 1:37"));
    assert_non_null(strstr(p.text.p, "1 1:57 kept a.jsonl length=19 bytes\n"));
    assert_non_null(strstr(p.text.p, "3 1:57 kept a.jsonl\n"));
    assert_non_null(strstr(p.text.p, "1 2:1 kept b.jsonl length=4 bytes\n"));
    done(&j, &p);
}

static void test_broken_records_are_picked(void **u)
{
    (void)u;
    job j;
    put_text("@/c.jsonl", "{\"text\":\"a\"}\nbad\n{\"text\":\"b\"}\nbad\n");
    picks p = { .pos = { at(1, 2), at(1, 3) } };
    run(&j, "stages:\n  - { use: source.jsonl, path: '@/c.jsonl' }\n  - { use: sink.null }\n", &p, NULL, 0);
    assert_string_equal(sbuf_z(&p.text), "0 1:2 rejected c.jsonl\n0 1:3 kept c.jsonl\n1 1:3 kept c.jsonl\n");
    assert_int_equal(p.asked, 4);
    done(&j, &p);
}

static void test_places_spare_pieces(void **u)
{
    (void)u;
    job j;
    const uint64_t places[] = { at(2, 5), at(2, 7) };
    put_docs("@/a.jsonl", 0, 300);
    put_docs("@/b.jsonl", 300, 400);
    picks p = { .pos = { at(1, 5), at(2, 5) } };
    run(&j, OBSERVED, &p, places, 2);
    assert_int_equal(p.asked, 100); /* nothing of the first file */
    assert_null(strstr(p.text.p, "a.jsonl"));
    assert_non_null(strstr(p.text.p, "3 2:5 kept b.jsonl\n"));
    done(&j, &p);
    p = (picks){ .all = true };
    run(&j, OBSERVED, &p, (const uint64_t[]){ at(9, 1) }, 1); /* no such piece */
    assert_int_equal(p.asked, 0);
    done(&j, &p);
}

/* A stream is read up to the chunk that is wanted. */
static void test_places_in_a_stream(void **u)
{
    (void)u;
    job j;
    const exec_split *v;
    put_docs("@/d.jsonl", 0, 20000);
    run_to("stages:\n  - { use: source.jsonl, path: '@/d.jsonl' }\n  - { use: sink.jsonl, path: '@/d.jsonl.gz' }\n", 1);
#define STREAM "split_bytes: 64 KiB\nstages:\n  - { use: source.jsonl, path: '@/d.jsonl.gz' }\n  - { use: sink.null }\n"
    picks p = { .pos = { 0 } };
    run(&j, STREAM, &p, NULL, 0);
    assert_int_equal(p.asked, 20000);
    assert_int_equal(exec_splits(j.x, &v), 1);
    const uint64_t chunks = v[0].chunks, first = v[0].first;
    assert_true(chunks > 8);
    done(&j, &p);
    const uint64_t place = at(first + 2, 1);
    p = (picks){ .pos = { place } };
    run(&j, STREAM, &p, &place, 1);
    assert_int_equal(exec_splits(j.x, &v), 1);
    assert_int_equal(v[0].chunks, 3);
    assert_true(p.asked > 0 && p.asked < 20000 / (chunks - 1) * 4);
    assert_non_null(strstr(sbuf_z(&p.text), "1 3:1 kept d.jsonl.gz\n"));
    done(&j, &p);
}

/* A fit looks at everything, whoever is picked; nobody minds that the stages above it then see less. */
static void test_fits_see_all(void **u)
{
    (void)u;
    job j;
    const uint64_t place = at(1, 38); /* the text of document 37 is that of 0 */
    put_docs("@/a.jsonl", 0, 300);
    picks p = { .pos = { place } };
    run(&j,
        "stages:\n  - { use: source.jsonl, path: '@/a.jsonl' }\n  - { use: filter.length, max: 30 }\n"
        "  - { use: dedup.exact }\n  - { use: sink.null }\n",
        &p, &place, 1);
    assert_int_equal(p.asked, 300); /* once: the fit did not ask */
    assert_string_equal(sbuf_z(&p.text), "0 1:38 kept a.jsonl\n1 1:38 kept a.jsonl\n2 1:38 rejected a.jsonl\n");
    done(&j, &p);
}

static bool tap_parents(void *u, const exec_row *r)
{
    sbuf *s = u;
    if (r->parent)
        sbuf_printf(s, "%u %llu:%llu of %llu:%llu %d\n", r->stage, (unsigned long long)(r->pos >> 32),
                    (unsigned long long)(r->pos & UINT32_MAX), (unsigned long long)(r->parent >> 32),
                    (unsigned long long)(r->parent & UINT32_MAX),
                    r->parent_key != 0 && r->file && !strcmp(fs_basename(r->file), "e.jsonl"));
    return true;
}

static void test_parts_name_their_parents(void **u)
{
    (void)u;
    job j;
    sbuf s = { 0 };
    put_text("@/e.jsonl", "{\"id\":\"x\",\"text\":\"a\"}\n{\"id\":\"y\",\"text\":\"b\\nc\"}\n");
    assert_int_equal(job_run(&j,
                             "stages:\n  - { use: source.jsonl, path: '@/e.jsonl' }\n"
                             "  - { use: expand.split, by: lines }\n  - { use: sink.null }\n",
                             (exec_options){ .threads = 1, .no_sinks = true, .tap = tap_parents, .tap_u = &s }),
                     EXEC_OK);
    assert_string_equal(sbuf_z(&s), "1 1:1 of 1:1 1\n2 1:1 of 1:1 1\n1 1:2 of 1:2 1\n2 1:2 of 1:2 1\n"
                                    "1 1:3 of 1:2 1\n2 1:3 of 1:2 1\n");
    sbuf_free(&s);
    job_free(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_some_of_many),        cmocka_unit_test(test_broken_records_are_picked),
        cmocka_unit_test(test_places_spare_pieces), cmocka_unit_test(test_places_in_a_stream),
        cmocka_unit_test(test_fits_see_all),        cmocka_unit_test(test_parts_name_their_parents),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
