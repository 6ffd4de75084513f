/* What a mark says, exactly: after failures and at the end too; and which temporary files stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>
#include "base/base64.h"
#include "unit/io/output_mark_test.h"

/* ---- what a mark says ---- */

static void add_head(sbuf *s)
{
    sbuf_printf(s, "{\"version\":1,\"made_by\":\"zstd %u, zlib %s\",\"frame\":4194304,\"outputs\":[",
                ZSTD_versionNumber(), zlibVersion());
}

static void a_mark_word_for_word(void **state)
{
    (void)state;
    sbuf json = { 0 }, want = { 0 };
    char packed[64];
    outputs *o = new_outputs(false, 0);
    output *a = open_in(o, two_each);
    output *b = open_in(o, (output_spec){ .path = "b.zst", .level = 7 });
    ASSERT_PLACE(mark(o, &json), 0, 0);
    add_head(&want);
    sbuf_printf(&want,
                "{\"path\":\"%s\",\"format\":1,\"level\":0,\"shard_bytes\":0,\"shard_records\":2,\"at\":[0,0,0],"
                "\"shards\":[],\"open\":null,\"tail\":null},"
                "{\"path\":\"%s\",\"format\":2,\"level\":7,\"shard_bytes\":0,\"shard_records\":0,\"at\":[0,0,0],"
                "\"shards\":[],\"open\":null,\"tail\":null}]}",
                in_folder("a-{shard}.jsonl"), in_folder("b.zst"));
    assert_string_equal(sbuf_z(&json), sbuf_z(&want));
    put(a, "a\n");
    put(a, "b\n");
    put(a, "c\n");
    for (unsigned i = 0; i < 5; i++)
        put_record(b, 0, 1 << 20, i);
    end_chunk(o, 0, 0);
    write_all(o);
    assert_int_equal(outputs_end_split(o, 0, 1, NULL), 0);
    a->open->opened = clock_ns() - (UINT64_C(1) << 50);
    o->tail_age = UINT64_C(1) << 49; /* the frame of b is too young to go along */
    ASSERT_PLACE(mark(o, &json), 0, 0);
    sbuf_clear(&want);
    add_head(&want);
    sbuf_printf(&want,
                "{\"path\":\"%s\",\"format\":1,\"level\":0,\"shard_bytes\":0,\"shard_records\":2,\"at\":[1,0,0],"
                "\"shards\":[{\"records\":2,\"bytes\":4,\"file_bytes\":4,\"sha256\":"
                "\"911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2\"}],\"open\":null,"
                "\"tail\":{\"start\":[0,0,2],\"records\":1,\"bytes\":2,\"zstd\":\"",
                in_folder("a-{shard}.jsonl"));
    base64_add(&want, packed, ZSTD_compress(packed, sizeof packed, "c\n", 2, 1));
    sbuf_printf(&want,
                "\"}},{\"path\":\"%s\",\"format\":2,\"level\":7,\"shard_bytes\":0,\"shard_records\":0,\"at\":[0,0,4],"
                "\"shards\":[],\"open\":{\"records\":4,\"bytes\":4194304,\"file_bytes\":",
                in_folder("b.zst"));
    assert_memory_equal(sbuf_z(&json), sbuf_z(&want), want.n);
    struct stat st;
    char digest[65];
    const char *tmp = in_folder(".b.zst.sluice-t");
    assert_int_equal(stat(tmp, &st), 0);
    assert_int_equal(sha256_file(tmp, digest), 0);
    sbuf_printf(&want, "%llu,\"sha256\":\"%s\"},\"tail\":null}]}", (unsigned long long)st.st_size, digest);
    assert_string_equal(sbuf_z(&json), sbuf_z(&want));
    outputs_free(o);
    assert_folder("");
    sbuf_free(&json);
    sbuf_free(&want);
}

/* An output that gets one record and then nothing: its open frame holds the place, until it goes along. */
static void what_holds_the_place(void **state)
{
    (void)state;
    sbuf json = { 0 };
    outputs *o = new_outputs(false, UINT64_MAX);
    output *out = open_in(o, (output_spec){ .path = "x.jsonl" });
    open_in(o, (output_spec){ .path = "y.gz", .level = 1 });
    end_chunk(o, 0, 0);
    end_chunk(o, 0, 1);
    ASSERT_PLACE(mark(o, &json), 0, 2); /* no records at all */
    end_chunk(o, 0, 3);
    ASSERT_PLACE(mark(o, &json), 0, 2); /* a gap */
    put(out, "only\n");
    end_chunk(o, 0, 2);
    end_chunk(o, 0, 4);
    ASSERT_PLACE(mark(o, &json), 0, 2);
    o->tail_age = 0;
    ASSERT_PLACE(mark(o, &json), 0, 5); /* it is in the mark */
    o->tail_age = UINT64_MAX;
    end_chunk(o, 0, 5);
    ASSERT_PLACE(mark(o, &json), 0, 6); /* and stays there */
    for (unsigned i = 0; i < 4; i++)
        put_record(out, 0, 1 << 20, i);
    end_chunk(o, 0, 6);
    assert_int_equal(o->v[0]->done.file_bytes, 0);
    ASSERT_PLACE(mark(o, &json), 0, 6); /* it is closed: the mark writes it, not to go back to 2 */
    assert_int_equal(o->v[0]->done.file_bytes, 5 + (3 << 20));
    o->tail_age = 0;
    ASSERT_PLACE(mark(o, &json), 0, 7);
    put_record(out, 0, TAIL_MAX + 1, 1);
    end_chunk(o, 0, 7);
    ASSERT_PLACE(mark(o, &json), 0, 7); /* a giant: it comes again */
    end_chunk(o, 0, 8);
    ASSERT_PLACE(mark(o, &json), 0, 7);
    assert_int_equal(outputs_end_split(o, 0, 9, NULL), 0);
    assert_int_equal(outputs_finish(o, NULL), 0);
    ASSERT_PLACE(mark(o, &json), 1, 0);
    outputs_free(o);
    sbuf_free(&json);
}

/* A frame that was in a mark is closed and cannot be written: no new mark, and the old one is still good. */
static void no_mark_goes_back(void **state)
{
    (void)state;
    sbuf json = { 0 }, none = { 0 }, err = { 0 }, want = { 0 };
    struct rlimit old, small;
    uint64_t split, chunk;
    outputs *o = new_outputs(false, 0);
    output *out = open_in(o, (output_spec){ .path = "x.jsonl" });
    put(out, "only\n");
    end_chunk(o, 0, 0);
    ASSERT_PLACE(mark(o, &json), 0, 1);
    for (unsigned i = 0; i < 4; i++)
        put_record(out, 0, 1 << 20, i);
    end_chunk(o, 0, 1);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int r = outputs_mark(o, true, &none, &split, &chunk, &err);
    const int again = outputs_mark(o, true, &none, &split, &chunk, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    sbuf_printf(&want, "cannot write %s: File too large (after 1000 bytes)", in_folder("x.jsonl"));
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    assert_int_equal(r, SL_E_IO);
    assert_int_equal(again, SL_E_IO);
    assert_int_equal(none.n, 0);
    outputs_keep(o);
    outputs_free(o);
    o = new_outputs(true, 0);
    open_in(o, (output_spec){ .path = "x.jsonl" });
    assert_resumes(o, &json, 0, 1);
    outputs_free(o);
    sbuf_free(&json);
    sbuf_free(&err);
    sbuf_free(&want);
}

static void standard_output_cannot_be_continued(void **state)
{
    (void)state;
    sbuf json = { 0 }, err = { 0 };
    outputs *o = new_outputs(false, 0);
    open_in(o, (output_spec){ .path = "x.jsonl" });
    open_in(o, (output_spec){ .path = "-" });
    end_chunk(o, 0, 0);
    ASSERT_PLACE(mark(o, &json), 0, 0);
    assert_string_equal(sbuf_z(&json), "null");
    outputs_free(o);
    for (int i = 0; i < 2; i++) {
        o = new_outputs(true, 0);
        open_in(o, (output_spec){ .path = i ? "-" : "x.jsonl" });
        sbuf_clear(&err);
        assert_int_equal(outputs_resume(o, "null", 4, &err), SL_E_STATE);
        assert_string_equal(sbuf_z(&err), "the mark cannot be used: standard output cannot be continued");
        outputs_free(o);
    }
    assert_folder("");
    sbuf_free(&json);
    sbuf_free(&err);
}

static void no_outputs_at_all(void **state)
{
    (void)state;
    sbuf json = { 0 };
    outputs *o = new_outputs(false, 0);
    ASSERT_PLACE(mark(o, &json), 0, 0);
    outputs_free(o);
    o = new_outputs(true, 0);
    assert_resumes(o, &json, 0, 0);
    outputs_free(o);
    sbuf_free(&json);
}

/* ---- keeping ---- */

static void temporary_files_stay_where_they_should(void **state)
{
    (void)state;
    sbuf json = { 0 };
    outputs *o = new_outputs(false, 0);
    open_in(o, two_each);
    outputs_keep(o);
    outputs_free(o);
    assert_folder(".a-00000.jsonl.sluice-t\n");
    write_file(in_folder(".a-00007.jsonl.sluice-t"), "of another attempt");
    o = new_outputs(true, 0);
    open_in(o, two_each);
    outputs_free(o); /* neither resumed nor begun anew */
    assert_folder(".a-00000.jsonl.sluice-t\n.a-00007.jsonl.sluice-t\n");
    o = new_outputs(true, 0);
    open_in(o, two_each);
    assert_int_equal(outputs_anew(o, NULL), 0);
    assert_folder(".a-00000.jsonl.sluice-t\n");
    ASSERT_PLACE(mark(o, &json), 0, 0);
    outputs_keep(o);
    outputs_free(o);
    assert_folder(".a-00000.jsonl.sluice-t\n");
    o = new_outputs(true, 0);
    open_in(o, two_each);
    assert_resumes(o, &json, 0, 0);
    outputs_free(o); /* a run like any other from here on */
    assert_folder("");
    sbuf_free(&json);
}

/* ---- after a failure, and at the end ---- */

static void continued_after_a_full_disk(void **state)
{
    (void)state;
    struct rlimit old, small;
    sbuf json = { 0 }, err = { 0 }, got = { 0 }, want = { 0 };
    outputs *o = new_outputs(false, 0);
    output *out = open_in(o, (output_spec){ .path = "full.jsonl" });
    for (unsigned i = 0; i < 11; i++)
        put_record(out, 0, 1 << 20, i);
    end_chunk(o, 0, 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 6 << 20; /* in the midst of the second frame */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int r = outputs_work(o, 0, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(r, SL_E_IO);
    ASSERT_PLACE(mark(o, &json), 0, 0);
    assert_non_null(strstr(json.p, "\"at\":[0,0,4],\"shards\":[],\"open\":{\"records\":4,\"bytes\":4194304,"));
    outputs_keep(o);
    outputs_free(o);

    o = new_outputs(true, 0);
    out = open_in(o, (output_spec){ .path = "full.jsonl" });
    assert_resumes(o, &json, 0, 0);
    struct stat st;
    assert_int_equal(stat(in_folder(".full.jsonl.sluice-t"), &st), 0);
    assert_int_equal(st.st_size, 4 << 20);
    for (unsigned i = 0; i < 11; i++)
        put_record(out, 0, 1 << 20, i);
    end_chunk(o, 0, 0);
    assert_int_equal(outputs_end_split(o, 0, 1, NULL), 0);
    assert_int_equal(outputs_finish(o, NULL), 0);
    assert_int_equal(outputs_publish(o, NULL), 0);
    outputs_free(o);
    read_file(in_folder("full.jsonl"), &got);
    assert_true(sbuf_room(&want, 11 << 20));
    for (unsigned i = 0; i < 11; i++)
        make_record(want.p + ((size_t)i << 20), 1 << 20, i);
    assert_int_equal(got.n, 11 << 20);
    assert_memory_equal(got.p, want.p, got.n);
    assert_int_equal(unlink(in_folder("full.jsonl")), 0);
    sbuf_free(&json);
    sbuf_free(&err);
    sbuf_free(&got);
    sbuf_free(&want);
}

/* A file that cannot be synced: no mark any more, and the failure of the mark is that of the outputs. */
static void a_mark_that_cannot_be_synced(void **state)
{
    (void)state;
    sbuf json = { 0 }, err = { 0 }, want = { 0 };
    uint64_t split, chunk;
    outputs *o = new_outputs(false, 0);
    output *out = open_in(o, (output_spec){ .path = "gone.jsonl" });
    for (unsigned i = 0; i < 5; i++)
        put_record(out, 0, 1 << 20, i);
    end_chunk(o, 0, 0);
    write_all(o);
    assert_int_equal(unlink(in_folder(".gone.jsonl.sluice-t")), 0);
    sbuf_printf(&want, "cannot sync %s: No such file or directory", in_folder("gone.jsonl"));
    assert_int_equal(outputs_mark(o, true, &json, &split, &chunk, &err), SL_E_IO);
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    assert_string_equal(sbuf_z(&json), "");
    sbuf_clear(&err);
    assert_int_equal(outputs_mark(o, false, &json, &split, &chunk, &err), SL_E_IO);
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    assert_int_equal(outputs_work(o, 0, NULL), SL_E_IO);
    outputs_free(o);
    sbuf_free(&json);
    sbuf_free(&err);
    sbuf_free(&want);
}

/* Killed between the end and the last rename: what has its final name is known by its digest. */
static void continued_while_it_publishes(void **state)
{
    (void)state;
    sbuf json = { 0 }, err = { 0 }, want = { 0 };
    outputs *o = new_outputs(false, 0);
    output *out = open_in(o, two_each);
    open_in(o, (output_spec){ .path = "none.gz", .level = 1 });
    for (unsigned i = 0; i < 5; i++)
        put_record(out, 0, 10, i);
    end_chunk(o, 0, 0);
    assert_int_equal(outputs_end_split(o, 0, 1, NULL), 0);
    assert_int_equal(outputs_finish(o, NULL), 0);
    ASSERT_PLACE(mark(o, &json), 1, 0);
    outputs_keep(o);
    outputs_free(o);
    assert_int_equal(rename(in_folder(".a-00000.jsonl.sluice-t"), in_folder("a-00000.jsonl")), 0);
    assert_int_equal(rename(in_folder(".a-00002.jsonl.sluice-t"), in_folder("a-00002.jsonl")), 0);
    for (int i = 0; i < 2; i++) { /* the second time all have their names */
        const output_shard *v;
        o = new_outputs(true, 0);
        out = open_in(o, two_each);
        open_in(o, (output_spec){ .path = "none.gz", .level = 1 });
        assert_resumes(o, &json, 1, 0);
        assert_int_equal(outputs_finish(o, NULL), 0);
        assert_int_equal(outputs_publish(o, NULL), 0);
        assert_int_equal(output_shards(out, &v), 3);
        for (unsigned k = 0; k < 3; k++)
            check_shard_file(&v[k]);
        assert_int_equal(v[2].records, 1);
        outputs_free(o);
        assert_folder("a-00000.jsonl\na-00001.jsonl\na-00002.jsonl\nnone.gz\n");
    }
    write_file(in_folder("a-00001.jsonl"), "123456789\n987654321\n"); /* as long, but another's */
    o = new_outputs(true, 0);
    open_in(o, two_each);
    open_in(o, (output_spec){ .path = "none.gz", .level = 1 });
    sbuf_printf(&want, "%s is gone", in_folder(".a-00001.jsonl.sluice-t"));
    assert_int_equal(outputs_resume(o, json.p, json.n, &err), SL_E_STATE);
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    outputs_free(o);
    empty_folder(NULL);
    sbuf_free(&json);
    sbuf_free(&err);
    sbuf_free(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_mark_word_for_word, empty_folder),
        cmocka_unit_test_teardown(what_holds_the_place, empty_folder),
        cmocka_unit_test_teardown(no_mark_goes_back, empty_folder),
        cmocka_unit_test_teardown(standard_output_cannot_be_continued, empty_folder),
        cmocka_unit_test_teardown(no_outputs_at_all, empty_folder),
        cmocka_unit_test_teardown(temporary_files_stay_where_they_should, empty_folder),
        cmocka_unit_test_teardown(continued_after_a_full_disk, empty_folder),
        cmocka_unit_test_teardown(a_mark_that_cannot_be_synced, empty_folder),
        cmocka_unit_test_teardown(continued_while_it_publishes, empty_folder),
    };
    return cmocka_run_group_tests_name("output_mark", tests, make_test_folder, remove_test_folder);
}
