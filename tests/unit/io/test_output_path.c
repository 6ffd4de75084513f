/* Specs that cannot be, names that are there, temporary files that stayed behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "unit/io/output_test.h"

typedef struct check_case {
    output_spec spec;
    const char *error; /* NULL: it is fine */
} check_case;

static void specs(void **state)
{
    (void)state;
    static const check_case cases[] = {
        { { .path = "out/part-{shard}.jsonl.zst", .level = 3 }, NULL },
        { { .path = "{shard}", .shard_records = 1, .shard_bytes = 1 }, NULL },
        { { .path = "-" }, NULL },
        { { .path = "-", .format = FORMAT_GZIP, .level = 9 }, NULL },
        { { .path = "a}b.jsonl", .level = 99 }, NULL }, /* plain has no level */
        { { .path = "x.zst", .level = -7 }, NULL },
        { { .path = "x.zst", .level = 22 }, NULL },
        { { .path = "x.gz", .level = 1 }, NULL },
        { { .path = "x.zst", .format = FORMAT_PLAIN, .level = 99 }, NULL },
        { { .path = "x.xz", .format = FORMAT_PLAIN }, NULL },
        { { .path = NULL }, "path is empty" },
        { { .path = "" }, "path is empty" },
        { { .path = "out/" }, "path: out/ is a folder, not a file" },
        { { .path = "out/.." }, "path: out/.. is a folder, not a file" },
        { { .path = "." }, "path: . is a folder, not a file" },
        { { .path = "p-{shrad}.zst" }, "{shrad} is no placeholder; there is {shard}" },
        { { .path = "p-{}.zst" }, "{} is no placeholder; there is {shard}" },
        { { .path = "p-{shard.zst" }, "path: a { without its } in p-{shard.zst" },
        { { .path = "{shard}{shard}" }, "path: {shard} stands twice in {shard}{shard}" },
        { { .path = "{shard}{x}" }, "{x} is no placeholder; there is {shard}" },
        { { .path = "a{shard}/b" }, "path: {shard} belongs into the name of the file, not of a folder: a{shard}/b" },
        { { .path = "x.jsonl", .shard_bytes = 5 },
          "shard_bytes needs {shard} in path, such as part-{shard}.jsonl.zst" },
        { { .path = "-", .shard_records = 5 }, "shard_records needs {shard} in path, such as part-{shard}.jsonl.zst" },
        { { .path = "x.zst", .level = -8 }, "level = -8 is outside -7..22 of zstd" },
        { { .path = "x.zst", .level = 23 }, "level = 23 is outside -7..22 of zstd" },
        { { .path = "x", .format = FORMAT_ZSTD, .level = 23 }, "level = 23 is outside -7..22 of zstd" },
        { { .path = "x.gz", .level = 0 }, "level = 0 is outside 1..9 of gzip" },
        { { .path = "x.gz", .level = 10 }, "level = 10 is outside 1..9 of gzip" },
        { { .path = "x", .format = (output_format)4 }, "format 4 is unknown" },
        { { .path = "x.jsonl.xz" },
          "path: .xz cannot be written; use .zst, .gz, or a name without such an ending, or set the format" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sbuf err = { 0 };
        assert_int_equal(output_check(&cases[i].spec, &err), cases[i].error == NULL);
        assert_string_equal(sbuf_z(&err), cases[i].error ? cases[i].error : "");
        if (cases[i].error) {
            outputs *o = outputs_new(1, "t", 0);
            assert_null(outputs_open(o, &cases[i].spec, &err)); /* asks the same */
            outputs_free(o);
        }
        sbuf_free(&err);
    }
}

static void formats_by_ending(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        output_format given, settled;
    } cases[] = { { "a.zst", FORMAT_AUTO, FORMAT_ZSTD },        { "b.gz", FORMAT_AUTO, FORMAT_GZIP },
                  { "c.zst.jsonl", FORMAT_AUTO, FORMAT_PLAIN }, { "zst", FORMAT_AUTO, FORMAT_PLAIN },
                  { "d.gz", FORMAT_ZSTD, FORMAT_ZSTD },         { "e.zst", FORMAT_PLAIN, FORMAT_PLAIN } };
    sbuf err = { 0 };
    outputs *o = outputs_new(1, "t", 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const output_spec spec = {
            .path = in_folder(cases[i].name), .format = cases[i].given, .level = 3, .shard_bytes = 0
        };
        const output *out = outputs_open(o, &spec, &err);
        assert_non_null(out);
        assert_int_equal(output_spec_of(out)->format, cases[i].settled);
        assert_string_equal(output_spec_of(out)->path, in_folder(cases[i].name));
        assert_true(output_spec_of(out)->path != spec.path);
    }
    outputs_free(o);
    assert_folder("");
}

static void assert_existing(const char *pattern, size_t n, const char *const *want)
{
    char **names;
    size_t got;
    assert_int_equal(output_existing(in_folder(pattern), &names, &got), 0);
    assert_int_equal(got, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(names[i], in_folder(want[i]));
        free(names[i]);
    }
    free(names);
}

static void names_that_are_there(void **state)
{
    (void)state;
    static const char *const files[] = { "part-00001.zst",  "part-00000.zst",           "part-123456.zst",
                                         "part-.zst",       "part-0000x.zst",           "part-00000.gz",
                                         "part-00000.zst~", ".part-00000.zst.sluice-t", "xpart-00000.zst" };
    char **names;
    size_t n;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        write_file(in_folder(files[i]), "");
    assert_existing("part-{shard}.zst", 3,
                    (const char *const[]){ "part-00000.zst", "part-00001.zst", "part-123456.zst" });
    assert_existing("part-00000.gz", 1, (const char *const[]){ "part-00000.gz" });
    assert_existing("part-{shard}", 0, NULL);
    assert_existing("none", 0, NULL);
    assert_existing("no/such/folder/{shard}", 0, NULL);
    assert_existing("part-{shard}0.zst", 1, (const char *const[]){ "part-00000.zst" });
    assert_int_equal(output_existing("-", &names, &n), 0);
    assert_true(n == 0 && names == NULL);
    assert_int_equal(output_existing(in_folder("part-00000.gz/x"), &names, &n), -ENOTDIR);
    assert_true(n == 0 && names == NULL);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_int_equal(unlink(in_folder(files[i])), 0);
}

/* Without a slash the folder is the working one, and names stay as they are written. */
static void names_without_a_folder(void **state)
{
    (void)state;
    char was[4096], **names;
    size_t n;
    sbuf err = { 0 };
    assert_non_null(getcwd(was, sizeof was));
    assert_int_equal(chdir(test_folder), 0);
    outputs *o = outputs_new(1, "t", 0);
    output *out = outputs_open(o, &(output_spec){ .path = "here-{shard}" }, &err);
    assert_non_null(out);
    assert_folder(".here-00000.sluice-t\n");
    assert_int_equal(outputs_finish(o, &err), 0);
    assert_int_equal(outputs_publish(o, &err), 0);
    assert_int_equal(output_existing("here-{shard}", &names, &n), 0);
    assert_int_equal(n, 1);
    assert_string_equal(names[0], "here-00000");
    free(names[0]);
    free(names);
    outputs_free(o);
    assert_int_equal(unlink("here-00000"), 0);
    assert_int_equal(chdir(was), 0);
}

static void sweeping(void **state)
{
    (void)state;
    static const char *const files[] = { ".part-00001.zst.sluice-run7", ".part-00000.zst.sluice-run7" };
    static const char *const others[] = { ".part-00000.zst.sluice-run77", ".part-00000.zst.sluice-un7",
                                          "part-00000.zst.sluice-run7", "part-00000.zst" };
    for (size_t i = 0; i < 2; i++)
        write_file(in_folder(files[i]), "");
    for (size_t i = 0; i < 4; i++)
        write_file(in_folder(others[i]), "");
    assert_int_equal(mkdir(in_folder(".dir.sluice-run7"), 0777), 0); /* not ours: we make files */
    assert_int_equal(output_sweep(in_folder("part-{shard}.zst"), "run7"), 0);
    for (size_t i = 0; i < 2; i++)
        assert_false(fs_exists(in_folder(files[i])));
    for (size_t i = 0; i < 4; i++) {
        assert_true(fs_exists(in_folder(others[i])));
        assert_int_equal(unlink(in_folder(others[i])), 0);
    }
    assert_int_equal(rmdir(in_folder(".dir.sluice-run7")), 0);
    assert_int_equal(output_sweep(in_folder("no/such/x"), "run7"), 0);
    assert_int_equal(output_sweep("-", "run7"), 0);
    assert_folder("");
}

/* A temporary file that a killed run left is written over, not appended to. */
static void a_stale_temporary_file(void **state)
{
    (void)state;
    sbuf err = { 0 }, got = { 0 };
    write_file(in_folder(".s.sluice-t"), "left behind by somebody\n");
    outputs *o = outputs_new(1, "t", 0);
    assert_non_null(outputs_open(o, &(output_spec){ .path = in_folder("s") }, &err));
    assert_int_equal(outputs_finish(o, &err), 0);
    assert_int_equal(outputs_publish(o, &err), 0);
    outputs_free(o);
    read_file(in_folder("s"), &got);
    assert_int_equal(got.n, 0);
    assert_folder("s\n");
    unlink(in_folder("s"));
    sbuf_free(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specs),
        cmocka_unit_test(formats_by_ending),
        cmocka_unit_test(names_that_are_there),
        cmocka_unit_test(names_without_a_folder),
        cmocka_unit_test(sweeping),
        cmocka_unit_test(a_stale_temporary_file),
    };
    return cmocka_run_group_tests_name("output_path", tests, make_test_folder, remove_test_folder);
}
