/* Documents that go over the disk between passes, or through a sort, come out as those that do not: to the byte. */
#include "store_test.h"

enum { RECORDS = 300 };
#define A   "  - { use: source.jsonl, name: a, path: '@/a.jsonl' }\n"
#define B   "  - { use: source.jsonl, name: b, path: '@/b.jsonl' }\n"
#define TAR "  - { use: source.archive, name: tar, path: '@/a.tar' }\n"
#define OUT "  - { use: sink.jsonl, path: '@/out.jsonl' }\n"

static int make_corpus(void **u)
{
    if (set_up(u))
        return -1;
    put_records("@/a.jsonl", RECORDS);
    put_records("@/b.jsonl", RECORDS / 2);
    put_archive("@/a.tar", 60);
    return 0;
}

static void test_records(void **u)
{
    (void)u;
    all_ways(A "#" OUT);
    all_ways("  - { use: source.jsonl, name: a, path: ['@/a.jsonl', '@/b.jsonl'], key: text }\n#" OUT);
    all_ways("  - { use: source.jsonl, name: a, path: '@/a.jsonl', text: id, id: text }\n#" OUT);
    all_ways(A "#  - { use: sink.jsonl, path: '@/out.jsonl', fields: [text, x] }\n");
    all_ways(A "#  - { use: sink.jsonl, path: '@/out.jsonl', drop: [text, x] }\n");
}

static void test_columns(void **u)
{
    (void)u;
    /* renamed, set, removed; read by a stage below */
    all_ways(A "  - { use: map.fields, rename: [{ from: lang, to: language }], drop: [y], set: [{ column: x, json: "
               "'[1,\"é\"]' }, { column: fresh, value: \"a\\\"b\" }] }\n#"
               "  - { use: filter.where, all: [{ column: language, null: no }], on_reject: quarantine }\n" OUT);
    all_ways(A "  - { use: map.fields, drop: [n, metadata] }\n#  - { use: map.fields, set: [{ column: n, json: '1' }] "
               "}\n" OUT);
    /* the text, in some rows */
    all_ways(A "  - { use: test.upper }\n#  - { use: filter.length, min: 9, on_reject: quarantine }\n" OUT);
    all_ways(A "  - { use: test.upper }\n#  - { use: test.upper, all: true, name: again }\n" OUT);
    /* every type, vectors, hidden ones; then a stage that changes one in place */
    all_ways(A "  - { use: test.write }\n#  - { use: test.vector }\n" OUT);
    all_ways(A "  - { use: test.write }\n  - { use: test.vector }\n#" OUT);
    /* shared columns are not carried along, and computed again */
    all_ways(A "  - { use: test.spans, name: s1 }\n  - { use: test.upper }\n#" OUT);
    /* reasons as columns, of which some records have one already */
    all_ways(A "  - { use: filter.length, min: 12, mode: annotate, as: short }\n#"
               "  - { use: filter.where, all: [{ column: short, null: yes }], on_reject: quarantine }\n" OUT);
}

/* Branches that bring other columns. */
static void test_merges(void **u)
{
    (void)u;
    all_ways(A "  - { use: map.fields, name: m, set: [{ column: id, value: new }, { column: x, json: '5' }], drop: "
               "[y] }\n  - { use: filter.length, name: l, min: 9, mode: annotate, as: short }\n" B
               "  - { use: test.upper, from: [l, b] }\n#" OUT);
    all_ways(A B
             "  - { use: test.write, from: [b] }\n  - { use: filter.length, min: 3, from: [test.write, a] }\n#" OUT);
    all_ways(A B "  - { use: map.fields, name: m, from: [b], drop: [metadata], rename: [{ from: n, to: y }] }\n"
                 "  - { use: filter.where, from: [a, m], any: [{ column: x, null: yes }, { column: id, null: no }], "
                 "on_reject: quarantine }\n#" OUT);
    all_ways(TAR A "  - { use: filter.length, min: 40, mode: annotate, as: short }\n"
                   "  - { use: test.upper, from: [tar, filter.length] }\n#" OUT);
    /* A branch beside what goes over the disk. */
    all_ways(A "#  - { use: sink.jsonl, name: o1, path: '@/out.jsonl' }\n"
               "  - { use: filter.length, name: l, from: [a], min: 5 }\n  - { use: sink.null, name: o2 }\n");
}

/* Documents that have no record. */
static void test_members(void **u)
{
    (void)u;
    all_ways(TAR "#" OUT);
    all_ways(TAR "  - { use: test.upper }\n  - { use: filter.length, min: 99, mode: annotate }\n#" OUT);
    /* dropped after they were changed: the quarantine has them as they were read */
    all_ways(TAR "  - { use: test.upper }\n#  - { use: filter.length, min: 99, on_reject: quarantine }\n" OUT);
    all_ways(TAR "  - { use: map.fields, drop: [source], set: [{ column: x, json: '1' }] }\n#  - { use: test.upper }\n"
                 "  - { use: filter.length, min: 99, on_reject: quarantine }\n" OUT);
    all_ways(TAR "  - { use: map.fields, drop: [source], set: [{ column: x, json: 'null' }] }\n#" OUT);
    all_ways(
        "  - { use: test.source, rows: 40, number: n, broken_every: 7 }\n  - { use: map.fields, set: [{ column: n2, "
        "json: '1' }] }\n#" OUT);
    all_ways("  - { use: source.archive, path: '@/a.tar' }\n#  - { use: filter.length, min: 99, on_reject: quarantine "
             "}\n" OUT);
}

/* Parts of documents, and documents of parts. */
static void test_reshapes(void **u)
{
    (void)u;
    all_ways(A "  - { use: expand.split, by: lines, part_as: part, span_as: at }\n#" OUT);
    all_ways(A "#  - { use: expand.split, by: lines }\n  - { use: filter.length, min: 3, on_reject: quarantine }\n"
               "  - { use: join.parts, parts_as: parts }\n" OUT);
    all_ways(
        A "  - { use: expand.split, by: lines }\n  - { use: filter.length, min: 3 }\n  - { use: join.parts }\n#" OUT);
    all_ways(A "  - { use: test.reshape }\n#  - { use: filter.length, min: 16, on_reject: quarantine }\n" OUT);
    all_ways(TAR "  - { use: expand.split, by: lines }\n#" OUT);
    all_ways(A "  - { use: expand.split, by: lines }\n  - { use: test.upper, all: true }\n#"
               "  - { use: filter.length, min: 9, on_reject: quarantine }\n" OUT);
    all_ways(TAR
             "  - { use: expand.split, by: lines }\n  - { use: map.fields, drop: [source] }\n#  - { use: test.upper }\n"
             "  - { use: filter.length, min: 9, on_reject: quarantine }\n" OUT);
}

/* What was kept keeps families; what was sorted does not, and is refused. */
static void test_families(void **u)
{
    (void)u;
    static const char *const bodies[] = {
        A "  - { use: expand.split, by: lines }\n#  - { use: join.parts }\n" OUT,
        A "  - { use: expand.split, by: lines }\n  - { use: test.upper }\n#"
          "  - { use: join.parts, min_parts: 2, on_reject: quarantine }\n" OUT,
        TAR
        "  - { use: expand.split, by: lines }\n  - { use: test.upper }\n#"
        "  - { use: join.parts, min_parts: 4, on_reject: quarantine }\n  - { use: test.upper, name: u2, all: true }\n"
        "  - { use: filter.length, min: 200, on_reject: quarantine }\n" OUT,
    };
    const way plain = { "plain", "materialize: never\n", "", false, 1, false };
    for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++) {
        job j;
        result want = run_way(bodies[b], &plain, &j);
        job_free(&j);
        for (size_t i = 0; i < WAYS; i++) {
            if (ways[i].sorts)
                continue;
            result got = run_way(bodies[b], &ways[i], &j);
            same_lines(ways[i].what, bodies[b], want.out, got.out);
            same_lines(ways[i].what, bodies[b], want.quarantine, got.quarantine);
            result_free(&got);
            job_free(&j);
        }
        result_free(&want);
    }
}

/* Whatever stands in them: pipelines of random stages. */
static void test_random(void **u)
{
    (void)u;
    static const char *const stages[] = {
        "  - { use: test.upper, name: s%u }\n",
        "  - { use: filter.length, name: s%u, min: 4 }\n",
        "  - { use: filter.length, name: s%u, max: 30, on_reject: quarantine }\n",
        "  - { use: filter.length, name: s%u, max: 9, mode: annotate, as: as%u }\n",
        "  - { use: map.fields, name: s%u, drop: [x, lang] }\n",
        "  - { use: map.fields, name: s%u, set: [{ column: x, json: '{\"a\": 1}' }, { column: id, value: set }] }\n",
        "  - { use: map.fields, name: s%u, set: [{ column: n, json: 'null' }] }\n",
        ("  - { use: filter.where, name: s%u, any: [{ column: text, contains: word }, { column: text, contains: z }] "
         "}\n"),
        "  - { use: expand.split, name: s%u, by: paragraphs }\n",
        "  - { use: test.spans, name: s%u }\n",
        "#",
    };
    sbuf body = { 0 };
    for (unsigned i = 0; i < 12; i++) {
        bool put = false;
        sbuf_clear(&body);
        sbuf_puts(&body, i % 3 ? A : TAR);
        for (unsigned k = 0, n = 2 + roll(4); k < n; k++) {
            const uint32_t which = roll(put ? 10 : 11);
            put |= which == 10;
            sbuf_printf(&body, stages[which], k, k);
        }
        sbuf_puts(&body, put ? "" : "#");
        sbuf_puts(&body, OUT);
        all_ways(body.p);
    }
    sbuf_free(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records), cmocka_unit_test(test_columns),  cmocka_unit_test(test_merges),
        cmocka_unit_test(test_members), cmocka_unit_test(test_reshapes), cmocka_unit_test(test_families),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, make_corpus, tear_down);
}
