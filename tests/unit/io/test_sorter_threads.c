/* The sort by many threads at once: adding, then loading, with the merges that the first loads share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "unit/io/sorter_test.h"

enum { THREADS = 5, DOCS = 8000 };

typedef struct job {
    sorter *s;
    unsigned thread;
    const corpus *c;
    atomic_size_t *next; /* piece, while loading */
    uint64_t sum;        /* of what was loaded */
    size_t docs;
    int result;
    sbuf err;
    pthread_t id;
} job;

static uint64_t print_of(const sorter_doc *d) { return hash_two(d->order, d->pos) + hash_seeded(d->p, d->n, d->pos); }

static void *add(void *u)
{
    job *j = u;
    for (size_t i = j->thread; i < j->c->n && j->result == 0; i += THREADS) {
        const sorter_doc *d = &j->c->v[i];
        j->result = sorter_add(j->s, j->thread, d->order, d->pos, d->p, d->n, &j->err);
        (void)sorter_memory(j->s); /* may be asked at any time */
        (void)sorter_docs(j->s);
    }
    return NULL;
}

static void *load(void *u)
{
    job *j = u;
    sorter_piece p = { 0 };
    for (size_t i; j->result == 0 && (i = atomic_fetch_add(j->next, 1)) < sorter_pieces(j->s);) {
        j->result = sorter_load(j->s, j->thread, i, &p, &j->err);
        for (size_t k = 0; k < p.n; k++)
            j->sum += print_of(&p.v[k]);
        for (size_t k = 1; k < p.n && j->result == 0; k++)
            j->result = key_less(key_of(&p.v[k - 1]), key_of(&p.v[k])) ? 0 : SL_E_INTERNAL;
        j->docs += p.n;
    }
    sorter_piece_free(&p);
    return NULL;
}

static void all_do(job *j, void *(*what)(void *))
{
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&j[t].id, NULL, what, &j[t]), 0);
    for (unsigned t = 0; t < THREADS; t++)
        assert_int_equal(pthread_join(j[t].id, NULL), 0);
}

static corpus make_corpus(uint64_t *sum)
{
    corpus c = corpus_new(DOCS);
    *sum = 0;
    for (size_t i = 0; i < DOCS; i++) {
        corpus_set(&c, i, hash_two(i, 2), i, i % 500 ? hash_two(i, 4) % 3000 : 50000);
        *sum += print_of(&c.v[i]);
    }
    return c;
}

static void threads_add_and_load(void **state)
{
    (void)state;
    uint64_t sum;
    corpus c = make_corpus(&sum);
    for (int tight = 0; tight < 2; tight++) {
        atomic_size_t next = 0;
        job j[THREADS] = { 0 };
        budget b;
        sbuf err = { 0 };
        budget_init(&b, 1 << 30, tight);
        scratch *sc = scratch_new(test_dir, THREADS, 1);
        sorter *s = sorter_new(sc, &b, THREADS, 100000);
        assert_non_null(s);
        for (unsigned t = 0; t < THREADS; t++)
            j[t] = (job){ .s = s, .thread = t, .c = &c, .next = &next };
        all_do(j, add);
        assert_int_equal(sorter_docs(s), DOCS);
        assert_int_equal(sorter_finish(s, 1000, &err), 0);
        assert_int_equal(sorter_pieces(s), (c.bytes + 50000) / 100000);
        assert_int_equal(s->runs.n > 100, tight);
        all_do(j, load);
        assert_true(s->runs.n <= s->max_runs);
        uint64_t got = 0;
        size_t docs = 0;
        for (unsigned t = 0; t < THREADS; t++) {
            assert_string_equal(sbuf_z(&j[t].err), "");
            assert_int_equal(j[t].result, 0);
            got += j[t].sum;
            docs += j[t].docs;
        }
        assert_int_equal(docs, DOCS);
        assert_true(got == sum);
        assert_true(sorter_memory(s) == b.used);
        sorter_free(s);
        assert_true(b.used == 0);
        scratch_free(sc);
    }
    free(c.v);
}

/* One of those that merge meets damage: all say so, and none waits for ever. */
static void damage_while_merging(void **state)
{
    (void)state;
    uint64_t sum;
    corpus c = make_corpus(&sum);
    atomic_size_t next = 0;
    job j[THREADS] = { 0 };
    budget b;
    sbuf err = { 0 };
    budget_init(&b, 1 << 30, true);
    scratch *sc = scratch_new(test_dir, THREADS, 1);
    sorter *s = sorter_new(sc, &b, THREADS, 100000);
    assert_non_null(s);
    for (unsigned t = 0; t < THREADS; t++)
        j[t] = (job){ .s = s, .thread = t, .c = &c, .next = &next };
    all_do(j, add);
    assert_int_equal(sorter_finish(s, 1000, &err), 0);
    for (unsigned f = 0; f < THREADS; f++)
        for (off_t at = 1000, end = lseek(scratch_fd(f), 0, SEEK_END); at < end; at += 1000)
            flip_byte(scratch_fd(f), at);
    all_do(j, load);
    for (unsigned t = 0; t < THREADS; t++) {
        assert_int_equal(j[t].result, SL_E_DATA);
        assert_int_equal(j[t].docs, 0);
        assert_string_equal(sbuf_z(&j[t].err), sbuf_z(&j[0].err));
        assert_non_null(strstr(sbuf_z(&j[t].err), "is damaged: file "));
    }
    for (unsigned t = 0; t < THREADS; t++)
        sbuf_free(&j[t].err);
    sorter_free(s);
    assert_true(b.used == 0);
    scratch_free(sc);
    free(c.v);
}

static int make_all(void **state)
{
    pool_make(50000);
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
        cmocka_unit_test(threads_add_and_load),
        cmocka_unit_test(damage_while_merging),
    };
    return cmocka_run_group_tests_name("sorter_threads", tests, make_all, remove_all);
}
