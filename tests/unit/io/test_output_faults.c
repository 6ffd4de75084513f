/* What goes wrong: full disks, folders that cannot be written, renames that fail, callers that break the contract. Each
 * failure stays, with its sentence, and leaves nothing behind. And publishing, standard output among it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include "unit/io/output_test.h"

static output *open_one(outputs **o, const char *name, output_format format)
{
    sbuf err = { 0 };
    *o = outputs_new(2, "t", 1 << 20);
    output *out = outputs_open(*o, &(output_spec){ .path = in_folder(name), .format = format, .level = 1 }, &err);
    assert_string_equal(sbuf_z(&err), "");
    assert_non_null(out);
    return out;
}

static void end_chunk(outputs *o)
{
    assert_int_equal(outputs_end_chunk(o, 0, 0, 0, NULL), 0);
    assert_int_equal(outputs_end_split(o, 0, 1, NULL), 0);
}

#define ASSERT_SAYS(call, code, sentence)                                                                              \
    do {                                                                                                               \
        sbuf said_ = { 0 };                                                                                            \
        sbuf *err = &said_;                                                                                            \
        assert_int_equal(call, code);                                                                                  \
        assert_string_equal(sbuf_z(&said_), sentence);                                                                 \
        sbuf_free(&said_);                                                                                             \
    } while (0)

/* Every call that can fail says the same. Frees o; nothing is left in the folder. */
static void assert_failed_for_good(outputs *o, output *out, int code, const char *sentence)
{
    const output_shard *v;
    for (int i = 0; i < 2; i++) {
        ASSERT_SAYS(outputs_work(o, 1, err), code, sentence);
        output_put(out, 1, "x\n", 2);
        ASSERT_SAYS(outputs_end_chunk(o, 1, 50, 0, err), code, sentence);
        ASSERT_SAYS(outputs_end_split(o, 50, 1, err), code, sentence);
        ASSERT_SAYS(outputs_finish(o, err), code, sentence);
        ASSERT_SAYS(outputs_publish(o, err), code, sentence);
    }
    outputs_wait(o, 3600000); /* returns at once */
    assert_int_equal(output_shards(out, &v), 0);
    outputs_free(o);
    assert_folder("");
}

static void a_file_that_cannot_grow(void **state)
{
    (void)state;
    struct rlimit old, small;
    outputs *o;
    sbuf sentence = { 0 };
    for (int format = FORMAT_PLAIN; format <= FORMAT_GZIP; format++) {
        output *out = open_one(&o, "full", format);
        for (unsigned i = 0; i < 12; i++)
            put_record(out, 0, 1 << 20, i * 999);
        end_chunk(o);
        signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
        small = old;
        small.rlim_cur = 700000;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        sbuf_clear(&sentence);
        sbuf_printf(&sentence, "cannot write %s: File too large (after 700000 bytes)", in_folder("full"));
        ASSERT_SAYS(outputs_finish(o, err), SL_E_IO, sbuf_z(&sentence));
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_folder(".full.sluice-t\n");
        assert_failed_for_good(o, out, SL_E_IO, sbuf_z(&sentence));
    }
    sbuf_free(&sentence);
}

/* Puts fd 1 on a file for the time of the test. */
static int stdout_to(const char *path)
{
    fflush(stdout);
    const int old = dup(STDOUT_FILENO), fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    assert_true(old >= 0 && fd >= 0);
    assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
    close(fd);
    return old;
}

static void stdout_back(int old)
{
    dup2(old, STDOUT_FILENO);
    close(old);
}

static void a_full_device(void **state)
{
    (void)state;
    sbuf err = { 0 };
    outputs *o = outputs_new(2, "t", 1 << 20);
    output *out = outputs_open(o, &(output_spec){ .path = "-" }, &err);
    assert_non_null(out);
    assert_int_equal(output_put(out, 0, "x\n", 2), 0);
    end_chunk(o);
    const int old = stdout_to("/dev/full");
    const int r = outputs_finish(o, &err);
    stdout_back(old);
    assert_int_equal(r, SL_E_IO);
    assert_string_equal(sbuf_z(&err), "cannot write to standard output: No space left on device (after 0 bytes)");
    assert_failed_for_good(o, out, SL_E_IO, sbuf_z(&err));
    sbuf_free(&err);
}

static void standard_output(void **state)
{
    (void)state;
    const char *file = in_folder("stdout");
    for (int format = FORMAT_AUTO; format <= FORMAT_ZSTD; format++) {
        sbuf err = { 0 }, got = { 0 };
        const output_shard *v;
        char hex[65];
        const int old = stdout_to(file);
        outputs *o = outputs_new(1, "t", 1 << 20);
        output *out = outputs_open(o, &(output_spec){ .path = "-", .format = format, .level = 3 }, &err);
        const bool second = outputs_open(o, &(output_spec){ .path = "-" }, &err) != NULL;
        bool ok = out && output_put(out, 0, "hello\n", 6) == 0 && outputs_end_chunk(o, 0, 0, 0, &err) == 0 &&
                  outputs_end_split(o, 0, 1, &err) == 0 && outputs_finish(o, &err) == 0 &&
                  outputs_publish(o, &err) == 0;
        stdout_back(old);
        assert_true(ok);
        assert_false(second);
        assert_string_equal(sbuf_z(&err), "two outputs write -");
        assert_int_equal(output_shards(out, &v), 1);
        assert_string_equal(v->path, "-");
        assert_int_equal(v->records, 1);
        assert_int_equal(v->bytes, 6);
        read_file(file, &got);
        assert_int_equal(v->file_bytes, got.n);
        assert_int_equal(sha256_file(file, hex), 0);
        assert_string_equal(v->sha256, hex);
        if (format == FORMAT_ZSTD) {
            size_t size;
            sbuf all = { 0 };
            assert_int_equal(zstd_frames(&got, &all, &size, 1), 1);
            assert_memory_equal(all.p, "hello\n", 6);
            sbuf_free(&all);
        } else {
            assert_string_equal(sbuf_z(&got), "hello\n");
        }
        outputs_free(o);
        assert_folder("stdout\n");
        assert_int_equal(unlink(file), 0);
        sbuf_free(&err);
        sbuf_free(&got);
    }
    assert_true(fcntl(STDOUT_FILENO, F_GETFD) >= 0); /* not closed */
}

static void assert_not_opened(const char *path, const char *sentence)
{
    sbuf err = { 0 };
    outputs *o = outputs_new(1, "t", 0);
    assert_null(outputs_open(o, &(output_spec){ .path = path }, &err));
    assert_string_equal(sbuf_z(&err), sentence);
    outputs_free(o);
    sbuf_free(&err);
}

static void folders_that_cannot_be_written(void **state)
{
    (void)state;
    sbuf s = { 0 };
    write_file(in_folder("file"), "");
    sbuf_printf(&s, "cannot make the folder %s: Not a directory", in_folder("file/sub"));
    assert_not_opened(in_folder("file/sub/x.jsonl"), sbuf_z(&s));
    assert_int_equal(unlink(in_folder("file")), 0);
    assert_int_equal(mkdir(in_folder("closed"), 0555), 0);
    const bool root = geteuid() == 0;
    if (root) {
        assert_int_equal(chmod(test_folder, 0755), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    sbuf_clear(&s);
    sbuf_printf(&s, "cannot create %s: Permission denied", in_folder("closed/x-00000.jsonl"));
    assert_not_opened(in_folder("closed/x-{shard}.jsonl"), sbuf_z(&s));
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(rmdir(in_folder("closed")), 0);
    assert_folder("");
    sbuf_free(&s);
}

/* A rename would take the place of what is no regular file. */
static void things_in_the_way(void **state)
{
    (void)state;
    sbuf s = { 0 };
    assert_int_equal(mkdir(in_folder("d-00007"), 0777), 0);
    assert_int_equal(symlink("/dev/null", in_folder("link")), 0);
    assert_int_equal(mkfifo(in_folder("pipe"), 0666), 0);
    sbuf_printf(&s, "%s is in the way: it is a folder, not a regular file", in_folder("d-00007"));
    assert_not_opened(in_folder("d-{shard}"), sbuf_z(&s));
    sbuf_clear(&s);
    sbuf_printf(&s, "%s is in the way: it is a link, not a regular file", in_folder("link"));
    assert_not_opened(in_folder("link"), sbuf_z(&s));
    sbuf_clear(&s);
    sbuf_printf(&s, "%s is in the way: it is a device or the like, not a regular file", in_folder("pipe"));
    assert_not_opened(in_folder("pipe"), sbuf_z(&s));
    assert_not_opened("/dev/null", "/dev/null is in the way: it is a device or the like, not a regular file");
    assert_folder("d-00007\nlink\npipe\n");
    rmdir(in_folder("d-00007"));
    unlink(in_folder("link"));
    unlink(in_folder("pipe"));
    sbuf_free(&s);
}

static void one_file_has_one_output(void **state)
{
    (void)state;
    sbuf err = { 0 }, want = { 0 };
    outputs *o;
    open_one(&o, "x-{shard}.jsonl", FORMAT_AUTO);
    static const char *const clash[] = { "x-{shard}.jsonl", "x-00003.jsonl", "./x-{shard}.jsonl", "x-0{shard}.jsonl" };
    for (size_t i = 0; i < sizeof clash / sizeof *clash; i++) {
        sbuf_clear(&err);
        sbuf_clear(&want);
        assert_null(outputs_open(o, &(output_spec){ .path = in_folder(clash[i]) }, &err));
        sbuf_printf(&want, "two outputs write %s", in_folder(clash[i]));
        assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    }
    sbuf_clear(&err);
    assert_non_null(outputs_open(o, &(output_spec){ .path = in_folder("sub/x-{shard}.jsonl") }, &err));
    assert_non_null(outputs_open(o, &(output_spec){ .path = in_folder("x-.jsonl") }, &err));
    outputs_free(o);
    assert_int_equal(rmdir(in_folder("sub")), 0);
    assert_folder("");
    sbuf_free(&err);
    sbuf_free(&want);
}

static void publishing_replaces_and_only_then(void **state)
{
    (void)state;
    sbuf got = { 0 };
    outputs *o;
    write_file(in_folder("p"), "old\n");
    output *out = open_one(&o, "p", FORMAT_AUTO);
    assert_int_equal(output_put(out, 0, "new\n", 4), 0);
    end_chunk(o);
    assert_folder(".p.sluice-t\np\n");
    assert_int_equal(outputs_finish(o, NULL), 0);
    read_file(in_folder("p"), &got);
    assert_string_equal(sbuf_z(&got), "old\n");
    assert_int_equal(outputs_publish(o, NULL), 0);
    assert_int_equal(outputs_publish(o, NULL), 0); /* once more does nothing */
    outputs_free(o);
    read_file(in_folder("p"), &got);
    assert_string_equal(sbuf_z(&got), "new\n");
    assert_folder("p\n");
    open_one(&o, "p", FORMAT_AUTO); /* finished and not published: the old one stays */
    assert_int_equal(outputs_finish(o, NULL), 0);
    outputs_free(o);
    read_file(in_folder("p"), &got);
    assert_string_equal(sbuf_z(&got), "new\n");
    assert_folder("p\n");
    unlink(in_folder("p"));
    sbuf_free(&got);
}

static void a_rename_that_fails_midway(void **state)
{
    (void)state;
    sbuf want = { 0 };
    outputs *o = outputs_new(2, "t", 1 << 20);
    output *out = outputs_open(o, &(output_spec){ .path = in_folder("m-{shard}"), .shard_records = 1 }, NULL);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(output_put(out, 0, "x\n", 2), 0);
    end_chunk(o);
    assert_int_equal(outputs_finish(o, NULL), 0);
    assert_int_equal(mkdir(in_folder("m-00001"), 0777), 0);
    sbuf_printf(
        &want,
        "cannot rename the finished .m-00001.sluice-t to %s: Is a directory (1 of 3 files have their final names)",
        in_folder("m-00001"));
    ASSERT_SAYS(outputs_publish(o, err), SL_E_IO, sbuf_z(&want));
    ASSERT_SAYS(outputs_publish(o, err), SL_E_IO, sbuf_z(&want));
    outputs_free(o);
    assert_folder("m-00000\nm-00001\n");
    rmdir(in_folder("m-00001"));
    unlink(in_folder("m-00000"));
    sbuf_free(&want);
}

/* ---- callers that break the contract ---- */

static void chunks_that_come_twice(void **state)
{
    (void)state;
    outputs *o;
    output *out = open_one(&o, "x", FORMAT_AUTO);
    assert_int_equal(outputs_end_chunk(o, 0, 0, 0, NULL), 0);
    assert_int_equal(output_put(out, 0, "x\n", 2), 0);
    const char *s = "internal error: chunk 0 of split 0 came twice or after the end of its split";
    ASSERT_SAYS(outputs_end_chunk(o, 0, 0, 0, err), SL_E_INTERNAL, s);
    assert_failed_for_good(o, out, SL_E_INTERNAL, s);

    out = open_one(&o, "x", FORMAT_AUTO); /* twice and early: told when it is their turn */
    assert_int_equal(outputs_end_chunk(o, 0, 0, 1, NULL), 0);
    assert_int_equal(outputs_end_chunk(o, 1, 0, 1, NULL), 0);
    s = "internal error: chunk 1 of split 0 came twice or after the end of its split";
    ASSERT_SAYS(outputs_end_chunk(o, 0, 0, 0, err), SL_E_INTERNAL, s);
    assert_failed_for_good(o, out, SL_E_INTERNAL, s);

    out = open_one(&o, "x", FORMAT_AUTO); /* beyond the end */
    assert_int_equal(outputs_end_split(o, 0, 0, NULL), 0);
    s = "internal error: chunk 0 of split 0 came twice or after the end of its split";
    ASSERT_SAYS(outputs_end_chunk(o, 0, 0, 0, err), SL_E_INTERNAL, s);
    assert_failed_for_good(o, out, SL_E_INTERNAL, s);
}

static void splits_that_do_not_end(void **state)
{
    (void)state;
    outputs *o;
    output *out = open_one(&o, "x", FORMAT_AUTO);
    assert_int_equal(outputs_end_chunk(o, 0, 0, 0, NULL), 0);
    const char *s = "internal error: split 0 did not end (at chunk 1)";
    ASSERT_SAYS(outputs_finish(o, err), SL_E_INTERNAL, s);
    assert_failed_for_good(o, out, SL_E_INTERNAL, s);

    out = open_one(&o, "x", FORMAT_AUTO);
    end_chunk(o);
    assert_int_equal(output_put(out, 0, "x\n", 2), 0); /* the outputs take it along when they are freed */
    assert_int_equal(outputs_end_chunk(o, 0, 2, 0, NULL), 0);
    s = "internal error: split 1 did not end (at chunk 0)";
    ASSERT_SAYS(outputs_finish(o, err), SL_E_INTERNAL, s);
    assert_failed_for_good(o, out, SL_E_INTERNAL, s);

    out = open_one(&o, "x", FORMAT_AUTO);
    end_chunk(o);
    assert_int_equal(output_put(out, 1, "x\n", 2), 0);
    s = "internal error: thread 1 has records of a chunk that did not end";
    ASSERT_SAYS(outputs_finish(o, err), SL_E_INTERNAL, s);
    assert_failed_for_good(o, out, SL_E_INTERNAL, s);
}

/* A run that is given up keeps one output, as far as that is in order. */
static void one_is_saved(void **state)
{
    (void)state;
    outputs *o = outputs_new(2, "t", 1 << 20);
    sbuf err = { 0 }, got = { 0 };
    const output_shard *v;
    output *lost = outputs_open(o, &(output_spec){ .path = in_folder("lost.zst"), .level = 1 }, &err);
    output *kept = outputs_open(o, &(output_spec){ .path = in_folder("kept") }, &err);
    for (uint64_t split = 0; split < 4; split++) {
        if (split == 2) /* somebody had it and gave up */
            continue;
        assert_int_equal(output_put(lost, 1, "lost\n", 5), 0);
        assert_int_equal(output_put(kept, 1, split == 3 ? "late\n" : "kept\n", 5), 0);
        assert_int_equal(outputs_end_chunk(o, 1, split, 0, &err), 0);
        assert_int_equal(outputs_end_split(o, split, 1, &err), 0);
    }
    assert_int_equal(output_put(kept, 0, "half\n", 5), 0); /* of the split that did not end */
    assert_int_equal(outputs_salvage(o, kept, &err), 0);
    assert_string_equal(sbuf_z(&err), "");
    assert_int_equal(output_shards(kept, &v), 1);
    assert_int_equal(v[0].records, 2);
    check_shard_file(&v[0]);
    read_file(in_folder("kept"), &got);
    assert_string_equal(sbuf_z(&got), "kept\nkept\n");
    assert_int_equal(output_shards(lost, &v), 0);
    outputs_free(o);
    assert_folder("kept\n");
    unlink(in_folder("kept"));
    sbuf_free(&got);
    sbuf_free(&err);
}

static void calls_out_of_turn(void **state)
{
    (void)state;
    outputs *o;
    output *out = open_one(&o, "x", FORMAT_AUTO);
    const char *s = "internal error: outputs are published before they are finished";
    ASSERT_SAYS(outputs_publish(o, err), SL_E_INTERNAL, s);
    assert_failed_for_good(o, out, SL_E_INTERNAL, s);
    out = open_one(&o, "x", FORMAT_AUTO);
    assert_int_equal(outputs_finish(o, NULL), 0);
    s = "internal error: split 5 ends after the outputs were finished";
    ASSERT_SAYS(outputs_end_chunk(o, 0, 5, 0, err), SL_E_INTERNAL, s);
    ASSERT_SAYS(outputs_publish(o, err), SL_E_INTERNAL, s);
    outputs_free(o);
    assert_folder("");
}

/* A record that cannot be held is not lost in silence, even where the caller looks away. */
static void records_that_do_not_fit(void **state)
{
    (void)state;
    outputs *o;
    for (int i = 0; i < 3; i++) {
        output *out = open_one(&o, "x", FORMAT_AUTO);
        if (i == 0)
            assert_int_equal(output_put(out, 0, "", (size_t)UINT32_MAX + 1), SL_E_NOMEM);
        else if (i == 1)
            assert_int_equal(output_put(out, 0, "", SIZE_MAX), SL_E_NOMEM);
        else
            assert_int_equal(output_put(out, 0, "", SIZE_MAX - 5), SL_E_NOMEM);
        assert_int_equal(output_put(out, 0, "x\n", 2), 0);
        const char *s = "out of memory while writing";
        ASSERT_SAYS(i == 2 ? outputs_finish(o, err) : outputs_end_chunk(o, 0, 0, 0, err), SL_E_NOMEM, s);
        assert_failed_for_good(o, out, SL_E_NOMEM, s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_cannot_grow),
        cmocka_unit_test(a_full_device),
        cmocka_unit_test(standard_output),
        cmocka_unit_test(folders_that_cannot_be_written),
        cmocka_unit_test(things_in_the_way),
        cmocka_unit_test(one_file_has_one_output),
        cmocka_unit_test(publishing_replaces_and_only_then),
        cmocka_unit_test(a_rename_that_fails_midway),
        cmocka_unit_test(chunks_that_come_twice),
        cmocka_unit_test(splits_that_do_not_end),
        cmocka_unit_test(one_is_saved),
        cmocka_unit_test(calls_out_of_turn),
        cmocka_unit_test(records_that_do_not_fit),
    };
    return cmocka_run_group_tests_name("output_faults", tests, make_test_folder, remove_test_folder);
}
