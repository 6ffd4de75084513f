/* Mark, files and outputs that do not fit: refused with a sentence, nothing touched, and a new beginning works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include "unit/io/output_mark_test.h"

enum { FINISHED = 2 };
static const output_spec open_spec = { .path = "o.jsonl" };

/* Two finished files of a-*, four committed MiB of o.jsonl and some more; an open frame of each. */
static void make_interrupted(sbuf *json)
{
    outputs *o = new_outputs(false, 0);
    output *a = open_in(o, two_each), *b = open_in(o, open_spec);
    for (unsigned i = 0; i < 2 * FINISHED + 1; i++)
        put_record(a, 0, 10 + i, i);
    for (unsigned i = 0; i < 5; i++)
        put_record(b, 0, 1 << 20, i);
    end_chunk(o, 0, 0);
    write_all(o);
    ASSERT_PLACE(mark(o, json), 0, 1);
    for (unsigned i = 0; i < 5; i++)
        put_record(b, 0, 1 << 20, i + 5);
    end_chunk(o, 0, 1);
    write_all(o);
    outputs_keep(o);
    outputs_free(o);
}

/* Writes the rest of what make_interrupted began: the same as ever. */
static void finish_interrupted(outputs *o, output *a, output *b, bool from_the_start)
{
    for (unsigned i = 0; from_the_start && i < 2 * FINISHED + 1; i++)
        put_record(a, 0, 10 + i, i);
    for (unsigned i = 0; from_the_start && i < 5; i++)
        put_record(b, 0, 1 << 20, i);
    if (from_the_start)
        end_chunk(o, 0, 0);
    for (unsigned i = 0; i < 5; i++)
        put_record(b, 0, 1 << 20, i + 5);
    end_chunk(o, 0, 1);
    assert_int_equal(outputs_end_split(o, 0, 2, NULL), 0);
    assert_int_equal(outputs_finish(o, NULL), 0);
    assert_int_equal(outputs_publish(o, NULL), 0);
}

static void assert_complete(void)
{
    static const char *const digests[] = { "9235849cb190074c6b5e2538e11bcc36946305ba8f376a7ac91fba6be9c49980",
                                           "19c16d47af22238b415939ee219e40ad382e2ab862700f052d1f953608f09066",
                                           "88d7772c6ab1b6b76cff12e76a4b6ba7beea56b9734ec4aac6d3d4dd082d84f6",
                                           "80a5a48af9eb75106a40a5e2721ff1be0959003a7ad967f73cea26732f840ef1" };
    static const char *const files[] = { "a-00000.jsonl", "a-00001.jsonl", "a-00002.jsonl", "o.jsonl" };
    assert_folder("a-00000.jsonl\na-00001.jsonl\na-00002.jsonl\no.jsonl\n");
    for (unsigned i = 0; i < 4; i++) {
        char hex[65];
        assert_int_equal(sha256_file(in_folder(files[i]), hex), 0);
        assert_string_equal(hex, digests[i]);
    }
}

/* Is the mark refused with this sentence ("%s": the folder), and nothing touched? Then a new beginning works. */
static void assert_refused(const sbuf *json, const char *sentence)
{
    sbuf before = { 0 }, after = { 0 }, err = { 0 }, want = { 0 };
    outputs *o = new_outputs(true, 0);
    output *a = open_in(o, two_each), *b = open_in(o, open_spec);
    fingerprint(&before);
    const int r = outputs_resume(o, json->p, json->n, &err);
    const char *at = strstr(sentence, "%s");
    sbuf_printf(&want, "%.*s%s%s", (int)(at ? at - sentence : 0), sentence, at ? test_folder : "",
                at ? at + 2 : sentence);
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    assert_int_equal(r, SL_E_STATE);
    fingerprint(&after);
    assert_string_equal(sbuf_z(&after), sbuf_z(&before));
    sbuf_clear(&err);
    assert_int_equal(outputs_anew(o, &err), 0);
    finish_interrupted(o, a, b, true);
    assert_complete();
    outputs_free(o);
    empty_folder(NULL);
    sbuf_free(&before);
    sbuf_free(&after);
    sbuf_free(&err);
    sbuf_free(&want);
}

static void change_byte(const char *name, off_t at)
{
    const int fd = open(in_folder(name), O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "\x01", 1, at), 1);
    close(fd);
}

static void files_that_do_not_fit(void **state)
{
    (void)state;
    sbuf json = { 0 };
    make_interrupted(&json);
    assert_int_equal(unlink(in_folder(".a-00001.jsonl.sluice-t")), 0);
    assert_refused(&json, "%s/.a-00001.jsonl.sluice-t is gone");

    make_interrupted(&json);
    assert_int_equal(truncate(in_folder(".a-00000.jsonl.sluice-t"), 20), 0);
    assert_refused(&json, "%s/.a-00000.jsonl.sluice-t has 20 bytes, and 21 were written");

    make_interrupted(&json);
    assert_int_equal(truncate(in_folder(".a-00000.jsonl.sluice-t"), 22), 0);
    assert_refused(&json, "%s/.a-00000.jsonl.sluice-t has 22 bytes, and 21 were written");

    make_interrupted(&json);
    assert_int_equal(unlink(in_folder(".o.jsonl.sluice-t")), 0);
    assert_refused(&json, "cannot look at %s/.o.jsonl.sluice-t: No such file or directory");

    make_interrupted(&json);
    assert_int_equal(truncate(in_folder(".o.jsonl.sluice-t"), (4 << 20) - 1), 0);
    assert_refused(&json, "%s/.o.jsonl.sluice-t has 4194303 bytes, and 4194304 were written");

    make_interrupted(&json);
    change_byte(".o.jsonl.sluice-t", 3 << 20);
    assert_refused(&json, "%s/.o.jsonl.sluice-t was changed: its first 4194304 bytes are not those that were written");

    make_interrupted(&json);
    assert_int_equal(rename(in_folder(".o.jsonl.sluice-t"), in_folder("elsewhere")), 0);
    assert_int_equal(symlink("elsewhere", in_folder(".o.jsonl.sluice-t")), 0);
    outputs *o = new_outputs(true, 0);
    sbuf err = { 0 }, want = { 0 };
    open_in(o, two_each);
    open_in(o, open_spec);
    assert_int_equal(outputs_resume(o, json.p, json.n, &err), SL_E_STATE);
    sbuf_printf(&want, "cannot look at %s: Too many levels of symbolic links", in_folder(".o.jsonl.sluice-t"));
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    outputs_free(o);
    empty_folder(NULL);
    sbuf_free(&err);
    sbuf_free(&want);
    sbuf_free(&json);
}

/* Not told: bytes changed inside a finished file; and what stands behind the committed part is cut off, whatever it is.
 */
static void what_is_cut_off_and_what_is_not_told(void **state)
{
    (void)state;
    for (int changed = 0; changed < 2; changed++) {
        sbuf json = { 0 };
        const output_shard *v;
        char hex[65];
        make_interrupted(&json);
        assert_int_equal(truncate(in_folder(".o.jsonl.sluice-t"), 30 << 20), 0);
        if (changed)
            change_byte(".a-00001.jsonl.sluice-t", 0);
        outputs *o = new_outputs(true, 0);
        output *a = open_in(o, two_each), *b = open_in(o, open_spec);
        assert_resumes(o, &json, 0, 1);
        finish_interrupted(o, a, b, false);
        if (!changed)
            assert_complete();
        assert_int_equal(output_shards(a, &v), 3);
        assert_int_equal(sha256_file(v[1].path, hex), 0);
        assert_int_equal(strcmp(hex, v[1].sha256) != 0, changed); /* but whoever compares digests sees it */
        outputs_free(o);
        empty_folder(NULL);
        sbuf_free(&json);
    }
}

static void outputs_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        output_spec a, b;
        unsigned n;
        const char *sentence;
    } v[] = {
        { { .path = "a-{shard}.jsonl", .shard_records = 3 },
          { .path = "o.jsonl" },
          2,
          "/a-{shard}.jsonl was written with other settings" },
        { { .path = "a-{shard}.jsonl", .shard_records = 2, .shard_bytes = 9 },
          { .path = "o.jsonl" },
          2,
          "/a-{shard}.jsonl was written with other settings" },
        { { .path = "a-{shard}.jsonl", .shard_records = 2, .level = 1, .format = FORMAT_ZSTD },
          { .path = "o.jsonl" },
          2,
          "/a-{shard}.jsonl was written with other settings" },
        { { .path = "a-{shard}.jsonl", .shard_records = 2, .level = 1 },
          { .path = "o.jsonl" },
          2,
          "/a-{shard}.jsonl was written with other settings" },
        { { .path = "a-{shard}.jsonl", .shard_records = 2 }, { .path = "p.jsonl" }, 2, "/p.jsonl now" },
        { { .path = "o.jsonl" }, { .path = "a-{shard}.jsonl", .shard_records = 2 }, 2, "/o.jsonl now" },
        { { .path = "a-{shard}.jsonl", .shard_records = 2 },
          { .path = NULL },
          1,
          "the run wrote 2 outputs, and there are 1 now" },
    };
    sbuf json = { 0 }, before = { 0 }, after = { 0 };
    make_interrupted(&json);
    fingerprint(&before);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        sbuf err = { 0 };
        outputs *o = new_outputs(true, 0);
        open_in(o, v[i].a);
        if (v[i].n == 2)
            open_in(o, v[i].b);
        assert_int_equal(outputs_resume(o, json.p, json.n, &err), SL_E_STATE);
        const size_t n = strlen(v[i].sentence);
        assert_true(err.n >= n);
        assert_string_equal(err.p + err.n - n, v[i].sentence);
        outputs_free(o);
        sbuf_free(&err);
    }
    fingerprint(&after);
    assert_string_equal(sbuf_z(&after), sbuf_z(&before));
    outputs *o = new_outputs(false, 0);
    sbuf err = { 0 };
    assert_int_equal(outputs_resume(o, json.p, json.n, &err), SL_E_INTERNAL);
    outputs_free(o);
    empty_folder(NULL);
    sbuf_free(&err);
    sbuf_free(&json);
    sbuf_free(&before);
    sbuf_free(&after);
}

/* ---- texts ---- */

static int resume_text(const char *p, size_t n, sbuf *err)
{
    outputs *o = new_outputs(true, 0);
    open_in(o, two_each);
    open_in(o, open_spec);
    sbuf_clear(err);
    const int r = outputs_resume(o, p, n, err);
    outputs_keep(o);
    outputs_free(o);
    return r;
}

static void replace(sbuf *s, const char *from, const char *to)
{
    sbuf out = { 0 };
    const char *at = strstr(s->p, from);
    assert_non_null(at);
    sbuf_add(&out, s->p, (size_t)(at - s->p));
    sbuf_puts(&out, to);
    sbuf_puts(&out, at + strlen(from));
    sbuf_free(s);
    *s = out;
}

static void texts_that_are_no_marks(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *why;
    } v[] = {
        { "\"version\":1", "\"version\":2", "another version of sluice made it" },
        { "\"frame\":4194304", "\"frame\":4194305", "another version of sluice made it" },
        { "\"made_by\":\"z", "\"made_by\":\"y",
          "it was made with other versions of zstd or zlib, which may compress to other bytes" },
        { "\"outputs\":[", "\"outputs\":5,\"x\":[", "it is no mark of outputs" },
        { "\"outputs\":[", "\"outputs\":[7,", "JSON, but no object" },
        { "\"at\":[0,1,0]", "\"at\":[0,1]", "an output without its numbers" },
        { "\"at\":[0,1,0]", "\"at\":[0,1,4611686018427387904]", "an output without its numbers" },
        { "\"at\":[0,1,0]", "\"at\":[0,1,-1]", "an output without its numbers" },
        { "\"shards\":[{", "\"shards\":[5,{", "JSON, but no object" },
        { "\"records\":2,", "", "a shard without its numbers" },
        { "\"records\":2,", "\"records\":2.5,", "a shard without its numbers" },
        { "\"file_bytes\":21", "\"file_bytes\":4611686018427387904", "absurd numbers" },
        { "\"sha256\":\"", "\"sha256\":\"0", "a shard without its numbers" },
        { "\"open\":{", "\"open\":5,\"x\":{", "JSON, but no object" },
        { "\"start\":[0,0,4],", "", "an open frame without its numbers" },
        { "\"start\":[0,0,4]", "\"start\":[0,2,0]", "an open frame that cannot be" },
        { "\"records\":1,\"bytes\":14,\"zstd\"", "\"records\":0,\"bytes\":14,\"zstd\"",
          "an open frame that cannot be" },
        { "\"bytes\":14,\"zstd\"", "\"bytes\":8388609,\"zstd\"", "an open frame that cannot be" },
        { "\"zstd\":\"KLUv", "\"zstd\":\"ALUv", "the open frame of %s/a-{shard}.jsonl is damaged" },
        { "\"zstd\":\"KLUv", "\"zstd\":\"K.Uv", "the open frame of %s/a-{shard}.jsonl is damaged" },
        { "\"bytes\":14,\"zstd\"", "\"bytes\":15,\"zstd\"", "the open frame of %s/a-{shard}.jsonl is damaged" },
    };
    sbuf json = { 0 }, text = { 0 }, err = { 0 }, want = { 0 }, before = { 0 }, after = { 0 };
    make_interrupted(&json);
    fingerprint(&before);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        sbuf_clear(&text);
        sbuf_add(&text, json.p, json.n);
        replace(&text, v[i].from, v[i].to);
        const int r = resume_text(text.p, text.n, &err);
        const char *at = strstr(v[i].why, "%s");
        sbuf_clear(&want);
        sbuf_printf(&want, "the mark cannot be used: %.*s%s%s", (int)(at ? at - v[i].why : 0), v[i].why,
                    at ? test_folder : "", at ? at + 2 : v[i].why);
        assert_string_equal(sbuf_z(&err), sbuf_z(&want));
        assert_int_equal(r, SL_E_STATE);
    }
    for (size_t n = 0; n < json.n; n += n < 300 || json.n - n < 300 ? 1 : json.n / 50) /* most of it is the frame */
        assert_int_equal(resume_text(json.p, n, &err), SL_E_STATE);
    fingerprint(&after);
    assert_string_equal(sbuf_z(&after), sbuf_z(&before));
    empty_folder(NULL);
    sbuf_free(&json);
    sbuf_free(&text);
    sbuf_free(&err);
    sbuf_free(&want);
    sbuf_free(&before);
    sbuf_free(&after);
}

/* One byte of a mark becomes another: refused, or a mark like any other; never a crash. Small files: each is read. */
static void any_byte_may_be_wrong(void **state)
{
    (void)state;
    sbuf json = { 0 }, err = { 0 };
    uint32_t seed = 5;
    outputs *o = new_outputs(false, 0);
    output *a = open_in(o, two_each);
    open_in(o, open_spec);
    for (unsigned i = 0; i < 5; i++)
        put_record(a, 0, 10, i);
    end_chunk(o, 0, 0);
    write_all(o);
    mark(o, &json);
    outputs_keep(o);
    outputs_free(o);
    unsigned refused = 0;
    for (size_t i = 0; i < json.n; i++)
        for (int k = 0; k < 3; k++) {
            const char old = json.p[i];
            seed = seed * 1664525u + 1013904223u;
            json.p[i] = k == 0 ? (char)(old ^ 1) : k == 1 ? (char)(seed >> 24) : "0\"[]{},:9"[seed >> 16 & 7];
            const int r = resume_text(json.p, json.n, &err);
            assert_true(r == 0 || r == SL_E_STATE);
            assert_true((r == 0) == (err.n == 0));
            refused += r != 0;
            json.p[i] = old;
        }
    assert_true(refused > 2 * json.n);
    assert_int_equal(resume_text(json.p, json.n, &err), 0);
    empty_folder(NULL);
    sbuf_free(&json);
    sbuf_free(&err);
}

/* ---- a stream that is another now ---- */

static void fewer_records_than_before(void **state)
{
    (void)state;
    static const char fewer[] = "chunk 0 of split 0 gave fewer records than before the run was interrupted; "
                                "the input changed, or a stage does not do the same thing twice";
    sbuf json = { 0 };
    outputs *o = new_outputs(false, UINT64_MAX);
    output *a = open_in(o, two_each);
    for (unsigned i = 0; i < 5; i++)
        put_record(a, 0, 10, i);
    end_chunk(o, 0, 0);
    write_all(o);
    ASSERT_PLACE(mark(o, &json), 0, 0);
    assert_non_null(strstr(json.p, "\"at\":[0,0,4]"));
    outputs_keep(o);
    outputs_free(o);
    for (int how = 0; how < 3; how++) { /* three records, none, not even the chunk */
        sbuf err = { 0 };
        uint64_t split, chunk;
        o = new_outputs(true, 0);
        a = open_in(o, two_each);
        assert_resumes(o, &json, 0, 0);
        for (unsigned i = 0; how == 0 && i < 3; i++)
            put_record(a, 0, 10, i);
        if (how < 2)
            assert_int_equal(outputs_end_chunk(o, 0, 0, 0, &err), SL_E_STATE);
        else
            assert_int_equal(outputs_end_split(o, 0, 0, &err), SL_E_STATE);
        assert_string_equal(sbuf_z(&err), fewer);
        sbuf_clear(&err);
        assert_int_equal(outputs_finish(o, &err), SL_E_STATE);
        assert_int_equal(outputs_mark(o, true, &json, &split, &chunk, NULL), SL_E_STATE); /* in doubt */
        outputs_keep(o);
        outputs_free(o);
        sbuf_free(&err);
    }
    o = new_outputs(true, 0);
    open_in(o, two_each);
    assert_resumes(o, &json, 0, 0);
    sbuf err = { 0 };
    assert_int_equal(outputs_finish(o, &err), SL_E_STATE);
    assert_string_equal(sbuf_z(&err), "the input ended before the place where the run was interrupted");
    outputs_free(o);
    sbuf_free(&err);
    sbuf_free(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(files_that_do_not_fit, empty_folder),
        cmocka_unit_test_teardown(what_is_cut_off_and_what_is_not_told, empty_folder),
        cmocka_unit_test_teardown(outputs_that_do_not_fit, empty_folder),
        cmocka_unit_test_teardown(texts_that_are_no_marks, empty_folder),
        cmocka_unit_test_teardown(any_byte_may_be_wrong, empty_folder),
        cmocka_unit_test_teardown(fewer_records_than_before, empty_folder),
    };
    return cmocka_run_group_tests_name("output_mark_faults", tests, make_test_folder, remove_test_folder);
}
