/* Documents that are cut and put together again, in one batch or in many; what they look like on the way; and that only
 * few of their parts wait at a time. */
#include "exec_test.h"

/* ---- how many batches there are: each has at least one block of its own ---- */

static size_t blocks;

void *__real_aligned_alloc(size_t align, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n)
{
    if (n >= 1 << 20)
        __atomic_fetch_add(&blocks, 1, __ATOMIC_RELAXED);
    return __real_aligned_alloc(align, n);
}

/* ---- runs ---- */

typedef struct way {
    const char *head;
    unsigned threads;
} way;
static const way ways[] = {
    { "batch_rows: 1024\nmaterialize: never\n", 1 },
    { "batch_rows: 1\nmaterialize: never\nsplit_bytes: 2k\n", 3 },
    { "batch_rows: 7\nmaterialize: never\n", 2 },
    { "batch_rows: 7\nmaterialize: always\nsplit_bytes: 2k\n", 2 },
    { "batch_rows: 1024\nbatch_bytes: 100\nmaterialize: always\n", 3 },
    { "batch_rows: 1\nmaterialize: always\n", 1 },
};
enum { WAYS = sizeof ways / sizeof *ways };

/* Document i has i % 9 + 1 lines; one has `most`. */
static void put_corpus(const char *path, unsigned n, unsigned most)
{
    sbuf s = { 0 };
    for (unsigned i = 0; i < n; i++) {
        sbuf_printf(&s, "{\"id\":\"d%u\",\"text\":\"", i);
        for (unsigned k = 0, lines = i == n / 2 ? most : i % 9 + 1; k < lines; k++)
            sbuf_printf(&s, "%sd%u line %u%.*s", k ? "\\n" : "", i, k, (int)(k * 7 % 30),
                        " xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        sbuf_printf(&s, "\",\"n\":%u}\n", i);
    }
    put_file(path, sbuf_z(&s), s.n);
    sbuf_free(&s);
}

static void without_pos(char *text)
{
    for (char *k = text; (k = strstr(k, "\"pos\":"));) {
        const size_t digits = strspn(k += 6, "0123456789");
        memmove(k, k + digits, strlen(k + digits) + 1);
    }
}

#define IN    "  - { use: source.jsonl, name: in, path: '@/f.jsonl' }\n"
#define CUT   "  - { use: expand.split, by: lines }\n"
#define JOIN  "  - { use: join.parts }\n"
#define AGAIN "  - { use: expand.split, by: lines, name: cut2 }\n  - { use: join.parts, name: join2 }\n"
#define OUT   "  - { use: sink.jsonl, path: '@/out.jsonl' }\n"

/* Leaves @/out.jsonl; *quarantine: its text, places left out. */
static void run_way(const char *body, const way *w, char **quarantine)
{
    sbuf text = { 0 };
    char *path = strdup(in("@/quarantine"));
    job j;
    sbuf_printf(&text, "%sstages:\n%s", w->head, body);
    if (job_run(&j, text.p, (exec_options){ .threads = w->threads, .quarantine = quarantine ? path : NULL }) != EXEC_OK)
        fail_msg("%s%s: %s", w->head, body, exec_error(j.x));
    conserves(&j);
    job_free(&j);
    if (quarantine)
        without_pos(*quarantine = get_file("@/quarantine"));
    free(path);
    sbuf_free(&text);
}

/* ---- tests ---- */

/* What is cut and joined is what it was, to the byte: families of fewer and of more batches than wait at a time, one
 * that is larger than all, others behind joined ones, before and behind ordered stages, over a store. */
static void test_back_together(void **u)
{
    static const char *const bodies[] = {
        IN CUT JOIN OUT,
        IN CUT JOIN AGAIN OUT,
        IN CUT JOIN "  - { use: test.ordered }\n" AGAIN OUT,
        IN CUT "  - { use: test.ordered, rounds: 2 }\n" JOIN AGAIN "  - { use: test.fit }\n" OUT,
        IN CUT "  - { use: test.fit }\n" JOIN OUT,
    };
    (void)u;
    put_corpus("@/f.jsonl", 110, 400);
    char *want = get_file("@/f.jsonl");
    for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++)
        for (size_t i = 0; i < WAYS; i++) {
            run_way(bodies[b], &ways[i], NULL);
            char *got = get_file("@/out.jsonl");
            if (strcmp(got, want) != 0)
                fail_msg("%s%s: another document came out", ways[i].head, bodies[b]);
            free(got);
        }
    free(want);
}

/* Families of documents with other columns, as they come out of a sort that merges branches: each keeps its own. */
static void test_merged(void **u)
{
    static const char body[] = IN "  - { use: source.jsonl, name: b, path: '@/g.jsonl' }\n"
                                  "  - { use: map.fields, set: [{ column: n, json: '\"set\"' }, { column: x, value: "
                                  "new }] }\n  - { use: shuffle, from: [in, map.fields] }\n" CUT JOIN OUT;
    char *want = NULL;
    (void)u;
    put_corpus("@/f.jsonl", 150, 3);
    put_corpus("@/g.jsonl", 50, 3);
    for (size_t i = 0; i < WAYS; i++) {
        unsigned set = 0, kept = 0;
        run_way(body, &ways[i], NULL);
        char *got = get_file("@/out.jsonl");
        for (const char *l = got; (l = strstr(l, "\"n\":\"set\",\"x\":\"new\"}\n")); l++)
            set++;
        for (const char *l = got; (l = strchr(l, '\n')); l++)
            kept++;
        if (set != 50 || kept != 200 || (want && strcmp(want, got) != 0))
            fail_msg("%s%u of 50 documents have what was set in them, of %u", ways[i].head, set, kept);
        free(want);
        want = got;
    }
    free(want);
}

/* Lines of parts stand with those of their document, whatever the cut of the input and the batches, and show the part
 * as it was cut, also where a store or the families stand between the change and the reject. */
static void test_quarantine(void **u)
{
    static const char body[] =
        IN CUT "  - { use: filter.length, name: odd, max: 30, on_reject: quarantine }\n"
               "  - { use: test.upper }\n  - { use: test.fit }\n"
               "  - { use: join.parts, min_parts: 5, on_reject: quarantine }\n"
               "  - { use: test.upper, name: u2, all: true }\n  - { use: test.fit, name: fit2 }\n"
               "  - { use: filter.length, min: 100, on_reject: quarantine }\n" OUT;
    char *want = NULL, *got;
    (void)u;
    put_corpus("@/f.jsonl", 110, 400);
    for (size_t i = 0; i < WAYS; i++) {
        run_way(body, &ways[i], &got);
        assert_non_null(strstr(got, "\"stage\":\"odd\""));
        assert_non_null(strstr(got, "\"stage\":\"filter.length\""));
        /* its text has a length that test.upper changes */
        assert_non_null(strstr(got, "\"record\":{\"id\":\"d1#2\",\"text\":\"d1 line 1 xxxxxx\",\"n\":1}}\n"));
        if (want && strcmp(want, got) != 0)
            fail_msg("%sthe quarantine is another:\n%.2000s\nwas\n%.2000s", ways[i].head, got, want);
        free(i ? got : NULL);
        want = want ? want : got;
    }
    const char *line = want;
    unsigned long last = 0;
    for (; (line = strstr(line, "\"n\":")); line++) { /* document after document */
        const unsigned long n = strtoul(line + 4, NULL, 10);
        assert_true(n >= last);
        last = n;
    }
    assert_true(last > 100);
    free(want);
}

/* Of an item of thousands of batches a few are there at a time. Else each would have its block: more than 1000. */
static void test_few_wait(void **u)
{
    static const char *const bodies[] = { IN CUT JOIN OUT, IN CUT JOIN AGAIN OUT,
                                          IN "  - { use: test.fit }\n" CUT JOIN OUT };
    (void)u;
    put_corpus("@/f.jsonl", 800, 80);
    for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++) {
        blocks = 0;
        run_way(bodies[b], &(way){ "batch_rows: 4\nsplit_bytes: 1G\nmaterialize: always\n", 1 }, NULL);
        assert_in_range(blocks, 20, 100); /* the largest family has 20 batches */
    }
}

/* A part has a view of its document's text: a batch of parts holds as many as any other. */
static void test_parts_are_views(void **u)
{
    (void)u;
    job j;
    put_corpus("@/f.jsonl", 1, 2000);
    run_good(&j, "batch_bytes: 60000\nstages:\n" IN CUT "  - { use: sink.null }\n", 1);
    assert_int_equal(counts(&j, "sink.null")->in, 2000);
    assert_int_equal(counts(&j, "sink.null")->batches, 2);
    job_free(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_back_together), cmocka_unit_test(test_merged),          cmocka_unit_test(test_quarantine),
        cmocka_unit_test(test_few_wait),      cmocka_unit_test(test_parts_are_views),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
