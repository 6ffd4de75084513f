/* What the tests of marks share: small outputs in the folder of the test, and marks of them. */
#ifndef OUTPUT_MARK_TEST_H
#define OUTPUT_MARK_TEST_H
#include "io/output_internal.h"
#include "unit/io/output_test.h"

static const output_spec two_each = { .path = "a-{shard}.jsonl", .shard_records = 2 };

static inline output *open_in(outputs *o, output_spec spec)
{
    sbuf err = { 0 };
    if (strcmp(spec.path, "-") != 0)
        spec.path = in_folder(spec.path);
    output *out = outputs_open(o, &spec, &err);
    assert_string_equal(sbuf_z(&err), "");
    assert_non_null(out);
    return out;
}

/* age: of open frames that go into marks. */
static inline outputs *new_outputs(bool again, uint64_t age)
{
    outputs *o = outputs_new(2, "t", 1 << 20);
    assert_non_null(o);
    o->tail_age = age;
    if (again)
        outputs_continue(o);
    return o;
}

static inline void put(output *out, const char *text) { assert_int_equal(output_put(out, 0, text, strlen(text)), 0); }

static inline void end_chunk(outputs *o, unsigned split, unsigned chunk)
{
    sbuf err = { 0 };
    const int r = outputs_end_chunk(o, 0, split, chunk, &err);
    assert_string_equal(sbuf_z(&err), "");
    assert_int_equal(r, 0);
}

static inline void write_all(outputs *o)
{
    while (outputs_work(o, 0, NULL) > 0)
        ;
}

typedef struct place {
    uint64_t split, chunk;
} place;

static inline place mark(outputs *o, sbuf *json)
{
    sbuf err = { 0 };
    place at;
    sbuf_clear(json);
    const int r = outputs_mark(o, true, json, &at.split, &at.chunk, &err);
    assert_string_equal(sbuf_z(&err), "");
    assert_int_equal(r, 0);
    return at;
}

#define ASSERT_PLACE(at_, split_, chunk_)                                                                              \
    do {                                                                                                               \
        const place p_ = (at_);                                                                                        \
        assert_int_equal(p_.split, split_);                                                                            \
        assert_int_equal(p_.chunk, chunk_);                                                                            \
    } while (0)

/* Names and bytes of all files in the folder, as one digest a line. */
static inline void fingerprint(sbuf *out)
{
    sbuf names = { 0 };
    list_folder(&names);
    sbuf_clear(out);
    for (char *at = names.p; at && *at; at = strchr(at, '\n') + 1) {
        char hex[65] = "", path[400];
        snprintf(path, sizeof path, "%s/%.*s", test_folder, (int)strcspn(at, "\n"), at);
        assert_int_equal(sha256_file(path, hex), 0);
        sbuf_printf(out, "%.*s %s\n", (int)strcspn(at, "\n"), at, hex);
    }
    sbuf_free(&names);
}

static inline int empty_folder(void **state)
{
    (void)state;
    assert_int_equal(fs_remove_tree(test_folder), 0);
    assert_int_equal(mkdir(test_folder, 0700), 0);
    return 0;
}

static inline void assert_resumes(outputs *o, const sbuf *json, unsigned split, unsigned chunk)
{
    sbuf err = { 0 };
    place at;
    const int r = outputs_resume(o, json->p, json->n, &err);
    assert_string_equal(sbuf_z(&err), "");
    assert_int_equal(r, 0);
    outputs_next(o, &at.split, &at.chunk);
    ASSERT_PLACE(at, split, chunk);
}
#endif
