/* Where frames and shards end, what the files hold, and what finish tells about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "unit/io/output_test.h"

enum { MAX_SHARDS = 8, MAX_FRAMES = 8 };

/* What a run of one split in one chunk made of records of the given lengths. */
typedef struct result {
    size_t shards, frames[MAX_SHARDS], frame[MAX_SHARDS][MAX_FRAMES];
    uint64_t records[MAX_SHARDS], bytes[MAX_SHARDS];
} result;

static void run(const output_spec *spec, const size_t *len, size_t n, size_t per_chunk, result *r)
{
    sbuf err = { 0 }, expect = { 0 }, file = { 0 }, all = { 0 };
    outputs *o = outputs_new(1, "t", 1 << 30);
    output *out = outputs_open(o, spec, &err);
    const output_shard *v;
    uint64_t chunk = 0;
    assert_non_null(out);
    for (size_t i = 0; i < n; i++) {
        put_record(out, 0, len[i], (uint32_t)i);
        assert_true(sbuf_room(&expect, len[i]));
        make_record(expect.p + expect.n, len[i], (uint32_t)i);
        expect.n += len[i];
        if (per_chunk && (i + 1) % per_chunk == 0)
            assert_int_equal(outputs_end_chunk(o, 0, 0, chunk++, &err), 0);
    }
    assert_int_equal(outputs_end_chunk(o, 0, 0, chunk++, &err), 0);
    assert_int_equal(outputs_end_split(o, 0, chunk, &err), 0);
    assert_int_equal(outputs_finish(o, &err), 0);
    assert_int_equal(outputs_bytes(o), 0);
    assert_int_equal(outputs_publish(o, &err), 0);
    memset(r, 0, sizeof *r);
    r->shards = output_shards(out, &v);
    assert_true(r->shards <= MAX_SHARDS);
    size_t at = 0;
    for (size_t i = 0; i < r->shards; i++) {
        check_shard_file(&v[i]);
        read_file(v[i].path, &file);
        if (output_spec_of(out)->format == FORMAT_ZSTD)
            r->frames[i] = zstd_frames(&file, &all, r->frame[i], MAX_FRAMES);
        else
            r->frames[i] = gzip_members(&file, &all, r->frame[i], MAX_FRAMES);
        r->records[i] = v[i].records;
        r->bytes[i] = v[i].bytes;
        assert_int_equal(v[i].index, i);
        assert_int_equal(v[i].bytes, all.n);
        assert_true(at + all.n <= expect.n);
        if (all.n)
            assert_memory_equal(all.p, expect.p + at, all.n);
        at += all.n;
    }
    assert_int_equal(at, expect.n);
    assert_int_equal(err.n, 0);
    outputs_free(o);
    sbuf_free(&err);
    sbuf_free(&expect);
    sbuf_free(&file);
    sbuf_free(&all);
}

#define RUN(spec, r, per_chunk, ...)                                                                                   \
    do {                                                                                                               \
        const size_t len[] = { __VA_ARGS__ };                                                                          \
        run(spec, len, sizeof len / sizeof *len, per_chunk, r);                                                        \
    } while (0)

static void frames_close_before_they_overflow(void **state)
{
    (void)state;
    const size_t M = 1 << 20;
    result r;
    for (size_t per_chunk = 0; per_chunk < 4; per_chunk++) { /* how records were gathered does not matter */
        const output_spec spec = { .path = in_folder("cut.zst"), .level = 1 };
        RUN(&spec, &r, per_chunk, M, M, M, M /* exactly 4 MiB */, M, M, 2 * M + 1 /* one too many */, 2 * M - 1);
        assert_int_equal(r.shards, 1);
        assert_int_equal(r.frames[0], 3);
        assert_int_equal(r.frame[0][0], 4 * M);
        assert_int_equal(r.frame[0][1], 2 * M);
        assert_int_equal(r.frame[0][2], 4 * M);
        assert_int_equal(r.records[0], 8);
    }
}

static void a_record_larger_than_a_frame_has_one_of_its_own(void **state)
{
    (void)state;
    const size_t F = OUTPUT_FRAME;
    const output_spec spec = { .path = in_folder("large.zst"), .level = 1 };
    result r;
    RUN(&spec, &r, 0, 10, 2 * F + 5, 10, F, F + 1, 1);
    assert_int_equal(r.frames[0], 6);
    assert_int_equal(r.frame[0][0], 10);
    assert_int_equal(r.frame[0][1], 2 * F + 5);
    assert_int_equal(r.frame[0][2], 10);
    assert_int_equal(r.frame[0][3], F);
    assert_int_equal(r.frame[0][4], F + 1);
    assert_int_equal(r.frame[0][5], 1);
}

static void shards_by_bytes(void **state)
{
    (void)state;
    const output_spec spec = { .path = in_folder("b-{shard}.zst"), .level = 3, .shard_bytes = 100 };
    result r;
    for (size_t per_chunk = 0; per_chunk < 3; per_chunk++) {
        RUN(&spec, &r, per_chunk, 50, 50, 1, 99, 1, 250 /* larger than a shard */, 100, 1);
        assert_int_equal(r.shards, 6);
        const uint64_t bytes[] = { 100, 100, 1, 250, 100, 1 }, records[] = { 2, 2, 1, 1, 1, 1 };
        for (size_t i = 0; i < 6; i++) {
            assert_int_equal(r.bytes[i], bytes[i]);
            assert_int_equal(r.records[i], records[i]);
            assert_int_equal(r.frames[i], 1);
        }
    }
    assert_true(fs_exists(in_folder("b-00005.zst")));
    assert_false(fs_exists(in_folder("b-00006.zst")));
}

static void shards_by_records_and_by_both(void **state)
{
    (void)state;
    output_spec spec = { .path = in_folder("r-{shard}.zst"), .level = 3, .shard_records = 2 };
    result r;
    RUN(&spec, &r, 2, 5, 5, 5, 5, 5);
    assert_int_equal(r.shards, 3);
    assert_int_equal(r.records[1], 2);
    assert_int_equal(r.records[2], 1);
    RUN(&spec, &r, 1, 5, 5, 5, 5); /* a full last shard is not followed by an empty one */
    assert_int_equal(r.shards, 2);
    spec.shard_bytes = 12;
    RUN(&spec, &r, 0, 5, 8, 5, 5, 1);
    assert_int_equal(r.shards, 4);
    assert_int_equal(r.bytes[0], 5);
    assert_int_equal(r.bytes[1], 8);
    assert_int_equal(r.bytes[2], 10);
    assert_int_equal(r.bytes[3], 1);
    spec.shard_bytes = 6 << 20; /* several frames in a shard; the border closes the frame */
    spec.shard_records = 0;
    RUN(&spec, &r, 0, 3 << 20, 3 << 20, 1 << 20);
    assert_int_equal(r.shards, 2);
    assert_int_equal(r.frames[0], 2);
    assert_int_equal(r.frame[0][1], 3 << 20);
    assert_int_equal(r.frame[1][0], 1 << 20);
}

static void records_of_no_bytes(void **state)
{
    (void)state;
    const output_spec spec = { .path = in_folder("z-{shard}.zst"), .level = 3, .shard_records = 2, .shard_bytes = 4 };
    result r;
    RUN(&spec, &r, 0, 0, 0, 0, 5, 0, 0);
    assert_int_equal(r.shards, 3);
    assert_int_equal(r.bytes[0], 0);
    assert_int_equal(r.records[0], 2);
    assert_int_equal(r.bytes[1], 5); /* a shard of no bytes takes what exceeds the bound */
    assert_int_equal(r.records[1], 2);
    assert_int_equal(r.records[2], 2);
}

static void gzip_has_a_member_a_frame(void **state)
{
    (void)state;
    const output_spec spec = { .path = in_folder("g-{shard}.gz"), .level = 6, .shard_bytes = 9 << 20 };
    result r;
    RUN(&spec, &r, 2, 4 << 20, 1, 9 << 20, 3);
    assert_int_equal(r.shards, 3);
    assert_int_equal(r.frames[0], 2);
    assert_int_equal(r.frame[0][1], 1);
    assert_int_equal(r.frame[1][0], 9 << 20);
    assert_int_equal(r.frame[2][0], 3);
}

/* Each output of a set has cuts, format and level of its own; one without records has one empty file. */
static void several_outputs_and_empty_ones(void **state)
{
    (void)state;
    sbuf err = { 0 }, file = { 0 }, all = { 0 };
    outputs *o = outputs_new(2, "t", 1 << 20);
    output *plain =
        outputs_open(o, &(output_spec){ .path = in_folder("sub/dir/p-{shard}.jsonl"), .shard_records = 1 }, &err);
    output *zst = outputs_open(o, &(output_spec){ .path = in_folder("a.zst"), .level = 19 }, &err);
    output *fast =
        outputs_open(o, &(output_spec){ .path = in_folder("fast"), .format = FORMAT_ZSTD, .level = -7 }, &err);
    output *none_zst = outputs_open(o, &(output_spec){ .path = in_folder("e.zst"), .level = 3 }, &err);
    output *none_gz = outputs_open(o, &(output_spec){ .path = in_folder("e-{shard}.gz"), .level = 9 }, &err);
    output *none = outputs_open(o, &(output_spec){ .path = in_folder("e.jsonl") }, &err);
    assert_true(plain && zst && fast && none_zst && none_gz && none);
    assert_int_equal(output_put(plain, 1, "two\n", 4), 0); /* thread 1 has split 0 */
    assert_int_equal(output_put(zst, 1, "TWO\n", 4), 0);
    assert_int_equal(output_put(plain, 0, "one\n", 4), 0);
    assert_int_equal(output_put(fast, 0, "fast\n", 5), 0);
    const output_shard *v;
    assert_int_equal(output_shards(plain, &v), 0); /* not finished */
    assert_int_equal(outputs_end_chunk(o, 0, 1, 0, &err), 0);
    assert_int_equal(outputs_end_split(o, 1, 1, &err), 0);
    assert_int_equal(outputs_end_chunk(o, 1, 0, 0, &err), 0);
    assert_int_equal(outputs_end_split(o, 0, 1, &err), 0);
    assert_int_equal(outputs_end_split(o, 2, 0, &err), 0); /* a split of no chunks */
    assert_int_equal(outputs_finish(o, &err), 0);
    assert_int_equal(outputs_finish(o, &err), 0); /* once more does nothing */
    assert_int_equal(outputs_publish(o, &err), 0);
    assert_int_equal(output_shards(plain, &v), 2);
    assert_string_equal(v[0].path, in_folder("sub/dir/p-00000.jsonl"));
    assert_int_equal(v[1].records, 1);
    assert_int_equal(v[1].file_bytes, 4);
    read_file(in_folder("sub/dir/p-00000.jsonl"), &file);
    assert_string_equal(sbuf_z(&file), "two\n");
    read_file(in_folder("sub/dir/p-00001.jsonl"), &file);
    assert_string_equal(sbuf_z(&file), "one\n");
    size_t size[2];
    read_file(in_folder("a.zst"), &file);
    assert_int_equal(zstd_frames(&file, &all, size, 2), 1);
    assert_memory_equal(all.p, "TWO\n", 4);
    read_file(in_folder("e.zst"), &file);
    assert_int_equal(zstd_frames(&file, &all, size, 2), 1);
    assert_int_equal(size[0], 0);
    read_file(in_folder("e-00000.gz"), &file);
    assert_int_equal(gzip_members(&file, &all, size, 2), 1);
    assert_int_equal(size[0], 0);
    assert_int_equal(output_shards(none, &v), 1);
    assert_int_equal(v->records, 0);
    assert_int_equal(v->file_bytes, 0);
    assert_string_equal(v->sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_shard_file(v);
    assert_int_equal(output_shards(fast, &v), 1);
    assert_int_equal(v->bytes, 5);
    outputs_free(o);
    sbuf_free(&err);
    sbuf_free(&file);
    sbuf_free(&all);
}

static void without_outputs_nothing_happens(void **state)
{
    (void)state;
    sbuf err = { 0 };
    uint64_t split = 7, chunk = 7;
    outputs *o = outputs_new(0, "t", 0);
    assert_non_null(o);
    assert_int_equal(outputs_end_chunk(o, 3, 9, 9, &err), 0);
    assert_int_equal(outputs_end_split(o, 9, 1, &err), 0);
    assert_int_equal(outputs_pressure(o), PRESSURE_NONE);
    assert_int_equal(outputs_work(o, 3, &err), 0);
    outputs_wait(o, 60000);
    outputs_next(o, &split, &chunk);
    assert_int_equal(split, 0);
    assert_int_equal(chunk, 0);
    assert_int_equal(outputs_finish(o, &err), 0);
    assert_int_equal(outputs_publish(o, &err), 0);
    assert_int_equal(err.n, 0);
    outputs_free(o);
    outputs_free(NULL);
}

/* Digests of two outputs that get the same 9 MiB of records in turn. */
static void digests(const char *const names[2], const int levels[2], char hex[2][65])
{
    sbuf err = { 0 };
    const output_shard *v;
    outputs *o = outputs_new(1, "t", 1 << 20);
    output *out[2];
    for (int k = 0; k < 2; k++) {
        out[k] = outputs_open(o, &(output_spec){ .path = in_folder(names[k]), .level = levels[k] }, &err);
        assert_non_null(out[k]);
    }
    for (uint32_t i = 0; i < 9; i++) {
        for (int k = 0; k < 2; k++)
            put_record(out[k], 0, 1 << 20, i);
        assert_int_equal(outputs_end_chunk(o, 0, 0, i, &err), 0);
    }
    assert_int_equal(outputs_end_split(o, 0, 9, &err), 0);
    assert_int_equal(outputs_finish(o, &err), 0);
    for (int k = 0; k < 2; k++) {
        assert_int_equal(output_shards(out[k], &v), 1);
        memcpy(hex[k], v->sha256, 65);
    }
    outputs_free(o);
}

/* One context compresses frames of both outputs in turn; neither feels the other's level. */
static void levels_do_not_mix(void **state)
{
    (void)state;
    static const char *const names[2][2] = { { "a.zst", "b.zst" }, { "a.gz", "b.gz" } };
    for (int i = 0; i < 2; i++) {
        char low[2][65], high[2][65], mixed[2][65];
        digests(names[i], (int[]){ 1, 1 }, low);
        digests(names[i], (int[]){ 6, 6 }, high);
        digests(names[i], (int[]){ 1, 6 }, mixed);
        assert_string_not_equal(low[0], high[0]);
        assert_string_equal(low[0], low[1]);
        assert_string_equal(mixed[0], low[0]);
        assert_string_equal(mixed[1], high[0]);
    }
}

/* Empty records count, and a large one between small ones moves nothing. */
static void records_of_all_sizes(void **state)
{
    (void)state;
    sbuf err = { 0 }, file = { 0 };
    outputs *o = outputs_new(1, "t", 1 << 20);
    output *out = outputs_open(o, &(output_spec){ .path = in_folder("sizes") }, &err);
    assert_int_equal(output_put(out, 0, "abc\n", 4), 0);
    put_record(out, 0, 1 << 20, 1);
    assert_int_equal(output_put(out, 0, NULL, 0), 0);
    assert_int_equal(output_put(out, 0, "defg\n", 5), 0);
    assert_int_equal(outputs_end_chunk(o, 0, 0, 0, &err), 0);
    assert_int_equal(outputs_end_split(o, 0, 1, &err), 0);
    assert_int_equal(outputs_finish(o, &err), 0);
    assert_int_equal(outputs_publish(o, &err), 0);
    const output_shard *v;
    assert_int_equal(output_shards(out, &v), 1);
    assert_int_equal(v->records, 4);
    read_file(in_folder("sizes"), &file);
    assert_int_equal(file.n, 4 + (1 << 20) + 5);
    assert_memory_equal(file.p, "abc\n", 4);
    assert_memory_equal(file.p + file.n - 5, "defg\n", 5);
    outputs_free(o);
    sbuf_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_close_before_they_overflow),
        cmocka_unit_test(a_record_larger_than_a_frame_has_one_of_its_own),
        cmocka_unit_test(shards_by_bytes),
        cmocka_unit_test(shards_by_records_and_by_both),
        cmocka_unit_test(records_of_no_bytes),
        cmocka_unit_test(gzip_has_a_member_a_frame),
        cmocka_unit_test(several_outputs_and_empty_ones),
        cmocka_unit_test(levels_do_not_mix),
        cmocka_unit_test(without_outputs_nothing_happens),
        cmocka_unit_test(records_of_all_sizes),
    };
    return cmocka_run_group_tests_name("output", tests, make_test_folder, remove_test_folder);
}
