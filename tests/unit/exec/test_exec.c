/* Runs that end well: counts, columns, branches, merges; the same for any threads and batches. */
#include "exec_test.h"

static const unsigned many[] = { 1, 2, 7 };
enum { MANY = sizeof many / sizeof *many };

/* ---- counts and order ---- */

static void test_counts(void **u)
{
    (void)u;
    sbuf text = { 0 }, want = { 0 }, pipe = { 0 };
    add_docs(&text, 0, 500);
    sbuf_puts(&text, "no json\n\n{\"id\":\"x\"}\n   \n");
    add_docs(&text, 500, 1000);
    sbuf_puts(&text, "{\"text\":3}"); /* no newline at the end */
    put_file("@/counts.jsonl", text.p, text.n);
    for (unsigned i = 0; i < 1000; i++)
        if (i % 37 >= 10)
            add_docs(&want, i, i + 1);
    static const struct {
        unsigned rows, split;
    } cut[] = { { 1024, 8 << 20 }, { 1, 8 << 20 }, { 7, 4000 }, { 64, 500 } };
    for (unsigned t = 0; t < MANY; t++)
        for (unsigned k = 0; k < 4; k++) {
            job j;
            sbuf_clear(&pipe);
            sbuf_printf(&pipe,
                        "batch_rows: %u\nsplit_bytes: %u\nstages:\n  - { use: source.jsonl, path: '@/counts.jsonl' }\n"
                        "  - { use: filter.length, min: 10 }\n  - { use: sink.jsonl, path: '@/out/counts.jsonl' }\n",
                        cut[k].rows, cut[k].split);
            run_good(&j, pipe.p, many[t]);
            assert_int_equal(counts(&j, "source.jsonl")->in, 1003);
            assert_int_equal(counts(&j, "source.jsonl")->kept, 1000);
            assert_int_equal(counts(&j, "source.jsonl")->errors, 3);
            assert_int_equal(metric(&j, "source.jsonl", "blank_lines")->n, 2);
            assert_int_equal(counts(&j, "filter.length")->kept, 1000 - 271);
            assert_int_equal(counts(&j, "filter.length")->rejected, 271);
            assert_int_equal(metric(&j, "filter.length", "too_short")->n, 271);
            assert_int_equal(counts(&j, "sink.jsonl")->in, 729);
            exec_progress now;
            exec_progress_now(j.x, &now);
            assert_int_equal(now.documents, 1003);
            assert_int_equal(now.kept, 729);
            assert_int_equal(now.errors, 3);
            assert_int_equal(now.bytes_total, text.n);
            assert_int_equal(now.bytes_done, text.n);
            const exec_split *split;
            const exec_file *file;
            uint64_t records = 0, kept = 0, last = 0;
            for (size_t i = 0, n = exec_splits(j.x, &split); i < n; i++) {
                assert_true(split[i].first > last && split[i].chunks == 1 && split[i].file == 0 &&
                            split[i].source == 0);
                last = split[i].first;
                records += split[i].records;
                kept += split[i].kept;
            }
            assert_int_equal(records, 1003);
            assert_int_equal(kept, 729);
            assert_int_equal(exec_files(j.x, &file), 1);
            assert_int_equal(file[0].records, 1003);
            assert_int_equal(file[0].size, text.n);
            assert_int_equal(file[0].n_damage, 0);
            job_free(&j);
            file_is("@/out/counts.jsonl", want.p);
        }
    sbuf_free(&text);
    sbuf_free(&want);
    sbuf_free(&pipe);
}

/* Every promise of plugin.h to a transform, over plain files and streams, for all that may vary. */
static void test_contract(void **u)
{
    (void)u;
    sbuf pipe = { 0 };
    put_docs("@/c1.jsonl", 0, 700);
    put_docs("@/c2.jsonl", 700, 701);
    put_file("@/c3.jsonl", "", 0);
    run_to("stages:\n  - { use: source.jsonl, path: '@/c1.jsonl' }\n  - { use: sink.jsonl, path: '@/c4.jsonl.gz' }\n",
           1);
    static const struct {
        unsigned rows, split;
    } cut[] = { { 1024, 8 << 20 }, { 1, 3000 }, { 16, 3000 }, { 1000, 900 } };
    for (unsigned t = 0; t < MANY; t++)
        for (unsigned k = 0; k < 4; k++) {
            job j;
            sbuf_clear(&pipe);
            sbuf_printf(&pipe,
                        "seed: 9\nbatch_rows: %u\nsplit_bytes: %u\nstages:\n  - { use: source.jsonl, path: "
                        "['@/c1.jsonl', '@/c2.jsonl', '@/c3.jsonl', "
                        "'@/c4.jsonl.gz'] }\n  - { use: test.contract, number: n, name: first }\n  - { use: "
                        "sample.random, keep: 30%% }\n"
                        "  - { use: test.contract }\n  - { use: sink.null }\n  - { use: test.contract, from: first, "
                        "name: third }\n"
                        "  - { use: sink.null, name: other }\n",
                        cut[k].rows, cut[k].split);
            run_good(&j, pipe.p, many[t]);
            assert_int_equal(metric(&j, "first", "rows")->n, 1401);
            assert_int_equal(metric(&j, "third", "rows")->n, 1401);
            assert_int_equal(metric(&j, "test.contract", "rows")->n, counts(&j, "sample.random")->kept);
            assert_true(counts(&j, "sample.random")->kept > 300 && counts(&j, "sample.random")->kept < 540);
            assert_int_equal(counts(&j, "first")->batches, metric(&j, "first", "batches")->n);
            job_free(&j);
        }
    sbuf_free(&pipe);
}

static void test_own_splits(void **u)
{
    (void)u;
    sbuf pipe = { 0 }, want = { 0 };
    for (unsigned s = 0; s < 20; s++)
        for (unsigned i = 0; i < 9; i++)
            if (i % 4)
                sbuf_printf(&want, "{\"id\":\"part-%u/%u\",\"text\":\"document %u of part-%u\",\"k\":%u}\n", s, i, i, s,
                            i);
    for (unsigned t = 0; t < MANY; t++)
        for (unsigned rows = 1; rows <= 64; rows *= 4) {
            job j;
            const exec_split *split;
            sbuf_clear(&pipe);
            sbuf_printf(
                &pipe,
                "batch_rows: %u\nstages:\n  - { use: test.source, splits: 20, rows: 9, broken_every: 4, number: k }\n"
                "  - { use: test.contract, number: k }\n  - { use: sink.jsonl, path: '@/out/own.jsonl' }\n",
                rows);
            run_good(&j, pipe.p, many[t]);
            assert_int_equal(counts(&j, "test.source")->in, 180);
            assert_int_equal(counts(&j, "test.source")->errors, 60);
            assert_int_equal(exec_splits(j.x, &split), 20);
            assert_int_equal(split[7].file, PLAN_NONE);
            assert_int_equal(split[7].begin, 70);
            assert_int_equal(split[7].records, 9);
            assert_int_equal(split[7].kept, 6);
            job_free(&j);
            file_is("@/out/own.jsonl", want.p);
        }
    run_to("stages:\n  - { use: test.source, splits: 0 }\n  - { use: sink.jsonl, path: '@/out/none.jsonl' }\n",
           2); /* no split at all */
    file_is("@/out/none.jsonl", "");
    sbuf_free(&pipe);
    sbuf_free(&want);
}

/* ---- columns ---- */

static void test_write(void **u)
{
    (void)u;
    put_text("@/w.jsonl", "{\"text\":\"abcde\", \"w_i32\": 1, \"keep\":  [1, 2]}\n{\"text\":\"abc\"}\n");
    run_to("stages:\n  - { use: source.jsonl, path: '@/w.jsonl' }\n  - { use: test.write }\n  - { use: sink.jsonl, "
           "path: '@/out/w1.jsonl' }\n"
           "  - { use: test.vector, from: test.write }\n  - { use: test.vector, name: same, from: test.write }\n"
           "  - { use: sink.jsonl, path: '@/out/w2.jsonl', fields: [w_vec] }\n  - { use: sink.jsonl, path: "
           "'@/out/w3.jsonl', fields: [w_vec, w_hidden], from: test.vector }\n",
           2);
    char *got = get_file("@/out/w1.jsonl");
    assert_string_equal(
        got,
        "{\"text\":\"abcde\", \"w_i32\": -5, \"keep\":  [1, "
        "2],\"w_bool\":true,\"w_i64\":-50000000000,\"w_u64\":18446744073709551610,"
        "\"w_f32\":2.5,\"w_f64\":0.5,\"w_span\":[0,5],\"w_str\":\"n\\t\\\"5\\\"\",\"w_json\":{\"n\": "
        "[5]},\"w_list\":[5],"
        "\"w_vec\":[5,6,7]}\n"
        "{\"text\":\"abc\",\"w_bool\":true,\"w_i32\":-3,\"w_i64\":null,\"w_u64\":18446744073709551612,\"w_f32\":1.5,"
        "\"w_f64\":0.3,"
        "\"w_span\":[0,3],\"w_str\":\"n\\t\\\"3\\\"\",\"w_json\":{\"n\": [3]},\"w_list\":[3,4,5],\"w_vec\":[3,4,5]}\n");
    free(got);
    file_is("@/out/w2.jsonl",
            "{\"w_vec\":[105,106,107]}\n{\"w_vec\":[103,104,105]}\n"); /* each branch changed its own */
    file_is("@/out/w3.jsonl", "{\"w_vec\":[105,106,107]}\n{\"w_vec\":[103,104,105]}\n"); /* hidden stays hidden */
}

static void test_shared(void **u)
{
    (void)u;
    put_docs("@/s.jsonl", 1, 101);
    for (unsigned t = 0; t < MANY; t++) {
        job j;
        run_good(&j,
                 "batch_rows: 16\nsplit_bytes: 1000\nstages:\n  - { use: source.jsonl, path: '@/s.jsonl', name: in }\n "
                 " - { use: test.spans, name: one }\n"
                 "  - { use: filter.length, min: 5 }\n  - { use: test.spans, name: two }\n  - { use: test.upper, all: "
                 "true }\n"
                 "  - { use: test.spans, name: three }\n  - { use: sink.jsonl, path: '@/out/s1.jsonl' }\n"
                 "  - { use: test.spans, name: four, from: one }\n  - { use: sink.jsonl, path: '@/out/s2.jsonl' }\n",
                 many[t]);
        const uint64_t kept = counts(&j, "filter.length")->kept;
        assert_int_equal(metric(&j, "one", "filled")->n, 100);
        assert_int_equal(metric(&j, "one", "found")->n, 0);
        assert_int_equal(metric(&j, "two", "filled")->n, 0);
        assert_int_equal(metric(&j, "two", "found")->n, kept);
        assert_int_equal(metric(&j, "three", "filled")->n, kept); /* the text is another: computed again */
        assert_int_equal(metric(&j, "three", "found")->n, 0);
        assert_int_equal(metric(&j, "four", "found")->n, 100); /* this branch has the old text, and its spans */
        job_free(&j);
        char *s1 = get_file("@/out/s1.jsonl"), *s2 = get_file("@/out/s2.jsonl"), *src = get_file("@/s.jsonl");
        assert_null(strstr(s1, "spans"));
        assert_string_equal(s2, src);
        free(s1), free(s2), free(src);
        /* a store keeps nothing of it: what stands behind a sort finds its own */
        run_good(&j,
                 "stages:\n  - { use: source.jsonl, path: '@/s.jsonl' }\n  - { use: test.spans, name: one }\n"
                 "  - { use: shuffle }\n  - { use: test.spans, name: two }\n"
                 "  - { use: sink.jsonl, path: '@/out/s3.jsonl' }\n",
                 many[t]);
        assert_int_equal(metric(&j, "one", "filled")->n, 100);
        assert_int_equal(metric(&j, "two", "filled")->n, 100);
        assert_int_equal(metric(&j, "two", "found")->n, 0);
        job_free(&j);
    }
}

/* Names of fields that the source is told, ids that are numbers, keys that are a field's value. */
static void test_identity(void **u)
{
    (void)u;
    job j;
    put_text("@/i.jsonl", "{\"body\":\"a\",\"nr\":17,\"k\":\"one\"}\n{\"body\":\"b\",\"nr\":\"x\",\"k\":[2]}\n{"
                          "\"body\":\"c\",\"nr\":1.5}\n");
    run_good(&j,
             "stages:\n  - { use: source.jsonl, path: '@/i.jsonl', text: body, id: nr, key: k, name: in }\n  - { use: "
             "test.contract }\n"
             "  - { use: map.fields, rename: [{ from: id, to: name }, { from: source, to: file }], drop: [k, nr] }\n"
             "  - { use: sink.jsonl, path: '@/out/i.jsonl' }\n"
             "  - { use: sample.random, keep: 50%, from: in }\n  - { use: sink.null }\n",
             1);
    assert_int_equal(counts(&j, "in")->errors, 1); /* no key */
    const uint64_t kept = counts(&j, "sample.random")->kept;
    job_free(&j);
    sbuf want = { 0 };
    sbuf_printf(&want,
                "{\"body\":\"a\",\"name\":\"17\",\"file\":\"%s/"
                "i.jsonl\"}\n{\"body\":\"b\",\"name\":\"x\",\"file\":\"%s/i.jsonl\"}\n",
                folder, folder);
    file_is("@/out/i.jsonl", want.p);
    sbuf_free(&want);
    /* The draw goes by the key: the same records elsewhere in other files are drawn alike. */
    put_text("@/i1.jsonl", "{\"text\":\"other\",\"k\":\"one\"}\n");
    put_text("@/i2.jsonl", "{\"text\":\"another\",\"k\": [2]}\n");
    run_good(&j,
             "stages:\n  - { use: source.jsonl, path: ['@/i2.jsonl', '@/i1.jsonl'], key: k }\n  - { use: "
             "sample.random, keep: 50% }\n  - { use: sink.null }\n",
             2);
    assert_int_equal(counts(&j, "sample.random")->kept, kept);
    job_free(&j);
}

/* A text that came from `body` goes back there: nothing of the old one may stay beside it. */
static void test_named_text(void **u)
{
    (void)u;
    put_text("@/nt.jsonl", "{\"body\":\"abcd\",\"nr\":5}\n");
    run_to("stages:\n  - { use: source.jsonl, path: '@/nt.jsonl', text: body, id: nr }\n  - { use: test.upper }\n  - { "
           "use: map.fields, drop: [id] }\n"
           "  - { use: sink.jsonl, path: '@/out/nt1.jsonl' }\n"
           "  - { use: sink.jsonl, path: '@/out/nt2.jsonl', fields: [text], from: source.jsonl }\n"
           "  - { use: sink.jsonl, path: '@/out/nt3.jsonl', drop: [text], from: source.jsonl }\n"
           "  - { use: map.fields, drop: [text], from: source.jsonl, name: m }\n  - { use: sink.jsonl, path: "
           "'@/out/nt4.jsonl' }\n",
           1);
    file_is("@/out/nt1.jsonl", "{\"body\":\"ABCD\"}\n");
    file_is("@/out/nt2.jsonl", "{\"body\":\"abcd\"}\n");
    file_is("@/out/nt3.jsonl", "{\"nr\":5}\n");
    file_is("@/out/nt4.jsonl", "{\"nr\":5}\n");
}

/* ---- the graph ---- */

static void test_branches(void **u)
{
    (void)u;
    sbuf upper = { 0 };
    put_docs("@/b.jsonl", 0, 300);
    for (unsigned i = 0; i < 300; i++) {
        const size_t at = upper.n;
        add_docs(&upper, i, i + 1);
        for (char *p = strstr(upper.p + at, "\"text\":\"") + 8; *p == 'x'; p++)
            *p = (char)(i % 37 % 2 ? 'x' : 'X');
    }
    char *plain = get_file("@/b.jsonl");
    static const char *const orders[] = {
        "  - { use: test.upper, from: in }\n  - { use: sink.jsonl, path: '@/out/b-upper.jsonl' }\n"
        "  - { use: filter.length, max: 0, from: in }\n  - { use: sink.jsonl, path: '@/out/b-none.jsonl', name: none "
        "}\n"
        "  - { use: sink.jsonl, path: '@/out/b-plain.jsonl', from: in, name: plain }\n",
        "  - { use: sink.jsonl, path: '@/out/b-plain.jsonl', from: in, name: plain }\n"
        "  - { use: filter.length, max: 0, from: in }\n  - { use: sink.jsonl, path: '@/out/b-none.jsonl', name: none "
        "}\n"
        "  - { use: test.upper, from: in }\n  - { use: sink.jsonl, path: '@/out/b-upper.jsonl' }\n",
    };
    for (unsigned o = 0; o < 2; o++)
        for (unsigned t = 0; t < MANY; t++) {
            char text[2048];
            job j;
            snprintf(text, sizeof text,
                     "batch_rows: 10\nsplit_bytes: 2000\nstages:\n  - { use: source.jsonl, path: '@/b.jsonl', name: in "
                     "}\n%s",
                     orders[o]);
            run_good(&j, text, many[t]);
            assert_int_equal(counts(&j, "in")->kept, 300);
            assert_int_equal(counts(&j, "none")->kept, 9);
            const exec_split *split;
            uint64_t kept = 0;
            for (size_t i = 0, n = exec_splits(j.x, &split); i < n; i++)
                kept += split[i].kept;
            assert_int_equal(kept, 300); /* a row in three sinks is one row kept */
            job_free(&j);
            file_is("@/out/b-plain.jsonl", plain);
            file_is("@/out/b-upper.jsonl", upper.p);
        }
    free(plain);
    sbuf_free(&upper);
}

static void test_merge(void **u)
{
    (void)u;
    sbuf want = { 0 };
    put_docs("@/m1.jsonl", 0, 200);
    put_docs("@/m2.jsonl", 200, 500);
    put_docs("@/m3.jsonl", 500, 510);
    for (unsigned i = 200; i < 500; i++)
        if (i % 37 >= 20)
            add_docs(&want, i, i + 1);
    add_docs(&want, 500, 510);
    add_docs(&want, 0, 200);
    for (unsigned t = 0; t < MANY; t++) {
        job j;
        run_good(
            &j,
            "batch_rows: 10\nsplit_bytes: 1500\nstages:\n  - { use: source.jsonl, path: '@/m1.jsonl', name: a }\n"
            "  - { use: source.jsonl, path: '@/m2.jsonl', name: b }\n  - { use: filter.length, min: 20, name: long }\n"
            "  - { use: source.jsonl, path: '@/m3.jsonl', name: c }\n"
            "  - { use: sink.jsonl, path: '@/out/m.jsonl', from: [long, c, a] }\n",
            many[t]);
        assert_int_equal(counts(&j, "sink.jsonl")->in, counts(&j, "long")->kept + 210);
        job_free(&j);
        file_is("@/out/m.jsonl", want.p);
    }
    sbuf_free(&want);
}

/* Parts are counted by their own length against batch_bytes, not by that of what they were cut from. */
static void test_parts_fill_batches(void **u)
{
    enum { LINES = 4096, LINE = 1024 };
    (void)u;
    sbuf doc = { 0 };
    sbuf_puts(&doc, "{\"id\":\"book\",\"text\":\"");
    for (unsigned i = 0; i < LINES; i++)
        sbuf_printf(&doc, "%0*u\\n", LINE, i);
    sbuf_puts(&doc, "\"}\n");
    put_file("@/book.jsonl", sbuf_z(&doc), doc.n);
    job j;
    run_good(&j,
             "stages:\n  - { use: source.jsonl, path: '@/book.jsonl' }\n  - { use: expand.split, by: lines }\n"
             "  - { use: sink.jsonl, path: '@/out/lines.jsonl' }\n",
             1);
    assert_int_equal(counts(&j, "sink.jsonl")->in, LINES);
    assert_int_equal(counts(&j, "sink.jsonl")->batches, LINES / 1024);
    job_free(&j);
    sbuf_free(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),     cmocka_unit_test(test_contract),
        cmocka_unit_test(test_own_splits), cmocka_unit_test(test_write),
        cmocka_unit_test(test_shared),     cmocka_unit_test(test_identity),
        cmocka_unit_test(test_named_text), cmocka_unit_test(test_branches),
        cmocka_unit_test(test_merge),      cmocka_unit_test(test_parts_fill_batches),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
