/* Finding files: globs, folders, loops, doubles, fingerprints, sniffing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "unit/io/input_help.h"

typedef struct looked {
    int r;
    arena mem;
    input_list list;
    sbuf note, err, names; /* names: relative to the folder, a space behind each */
} looked;

static looked look_n(const char *const *paths, size_t n)
{
    looked l = { 0 };
    arena_init(&l.mem, 0);
    l.r = input_find(&l.mem, paths, n, &l.list, &l.note, &l.err);
    for (size_t i = 0; i < l.list.n; i++) {
        const char *p = l.list.v[i].path;
        const size_t d = strlen(help_dir);
        sbuf_printf(&l.names, "%s ", strncmp(p, help_dir, d) ? p : p + d + 1);
    }
    return l;
}

static looked look(const char *path) { return look_n(&path, 1); }

static void done(looked *l)
{
    arena_free(&l->mem);
    sbuf_free(&l->note);
    sbuf_free(&l->err);
    sbuf_free(&l->names);
}

static void expect(const char *pattern, const char *names)
{
    looked l = look(help_path(pattern));
    assert_int_equal(l.r, INPUT_OK);
    assert_string_equal(sbuf_z(&l.names), names);
    done(&l);
}

static void expect_error(const char *pattern, int code, const char *part)
{
    looked l = look(help_path(pattern));
    assert_int_equal(l.r, code);
    assert_non_null(strstr(sbuf_z(&l.err), part));
    assert_int_equal(l.list.n, 0);
    done(&l);
}

static int tree(void **state)
{
    help_setup(state);
    static const char *const dirs[] = { "t", "t/a", "t/a/b", "t/.hidden", "t/empty", "t/c" };
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        assert_int_equal(mkdir(help_path(dirs[i]), 0755), 0);
    static const char *const files[] = { "t/z.jsonl",     "t/B.jsonl",     "t/a/1.jsonl",
                                         "t/a/b/2.jsonl", "t/a/b/x.txt",   "t/.hidden/no.jsonl",
                                         "t/.no.jsonl",   "t/c/[x].jsonl", "t/a.jsonl" };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        help_write(files[i], files[i], strlen(files[i]));
    return 0;
}

static void test_globs(void **state)
{
    (void)state;
    expect("t/z.jsonl", "t/z.jsonl ");
    expect("t/*.jsonl", "t/B.jsonl t/a.jsonl t/z.jsonl ");
    expect("t/[az].jsonl", "t/a.jsonl t/z.jsonl ");
    expect("t/*/?.jsonl", "t/a/1.jsonl ");
    expect("t/**/*.jsonl", "t/B.jsonl t/a.jsonl t/a/1.jsonl t/a/b/2.jsonl t/c/[x].jsonl t/z.jsonl ");
    expect("t/**/b/*", "t/a/b/2.jsonl t/a/b/x.txt ");
    expect("**/x.txt", "t/a/b/x.txt ");
    expect("t/a/**", "t/a/1.jsonl t/a/b/2.jsonl t/a/b/x.txt ");
    expect("t/**/**/2.jsonl", "t/a/b/2.jsonl ");
    expect("t/.*.jsonl", "t/.no.jsonl ");
    expect("t/c/[x].jsonl", "t/c/[x].jsonl "); /* a file of that very name comes before the pattern */
    expect("t/a/../a/b/*.txt", "t/a/../a/b/x.txt ");
    expect("t//a/*.jsonl", "t/a/1.jsonl ");
}

static void test_folders(void **state)
{
    (void)state;
    expect("t", "t/B.jsonl t/a.jsonl t/a/1.jsonl t/a/b/2.jsonl t/a/b/x.txt t/c/[x].jsonl t/z.jsonl ");
    expect("t/a/", "t/a/1.jsonl t/a/b/2.jsonl t/a/b/x.txt ");
    looked l = look(help_path("t/a/*")); /* the folder b matches too */
    assert_string_equal(sbuf_z(&l.names), "t/a/1.jsonl ");
    assert_non_null(strstr(sbuf_z(&l.note), "t/a/b is a folder and is left out"));
    done(&l);
}

static void test_errors(void **state)
{
    (void)state;
    expect_error("t/none.jsonl", INPUT_E_CONFIG, "t/none.jsonl: No such file");
    expect_error("t/z.jsonl/x", INPUT_E_CONFIG, "Not a directory");
    expect_error("t/*.none", INPUT_E_CONFIG, "no file matches ");
    expect_error("t/none/*.jsonl", INPUT_E_CONFIG, "no file matches ");
    expect_error("t/empty", INPUT_E_CONFIG, "t/empty has no files");
    expect_error("t/empty/**", INPUT_E_CONFIG, "no file matches ");
}

static void test_loops(void **state)
{
    (void)state;
    assert_int_equal(mkdir(help_path("l"), 0755), 0);
    help_write("l/f", "x", 1);
    assert_int_equal(symlink("..", help_path("l/up")), 0);
    expect_error("l", INPUT_E_CONFIG, "a loop of folders");
    expect_error("l/**/f", INPUT_E_CONFIG, "a loop of folders");
    assert_int_equal(unlink(help_path("l/up")), 0);
    assert_int_equal(symlink("self", help_path("l/self")), 0);
    expect_error("l/self", INPUT_E_CONFIG, "a loop of links");
    expect_error("l", INPUT_E_CONFIG, "a loop of links");
    assert_int_equal(unlink(help_path("l/self")), 0);
    assert_int_equal(symlink("gone", help_path("l/dangling")), 0);
    expect_error("l", INPUT_E_IO, "l/dangling: No such file");
    assert_int_equal(unlink(help_path("l/dangling")), 0);
    assert_int_equal(symlink("../t/a", help_path("l/side")), 0); /* a link aside is followed */
    expect("l", "l/f l/side/1.jsonl l/side/b/2.jsonl l/side/b/x.txt ");
}

static void test_unreadable(void **state)
{
    (void)state;
    const uid_t me = geteuid();
    help_write("secret", "x", 1);
    assert_int_equal(chmod(help_path("secret"), 0), 0);
    if (me == 0) { /* nothing is unreadable for root */
        assert_int_equal(chmod(help_path("."), 0755), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    expect_error("secret", INPUT_E_IO, "secret: Permission denied");
    assert_int_equal(seteuid(me), 0);
}

static void test_order_and_doubles(void **state)
{
    (void)state;
    assert_int_equal(symlink("z.jsonl", help_path("t/link")), 0);
    assert_int_equal(link(help_path("t/z.jsonl"), help_path("t/hard")), 0);
    char a[512], b[512], c[512], d[512];
    snprintf(a, sizeof a, "%s", help_path("t/z.jsonl"));
    snprintf(b, sizeof b, "%s", help_path("t/./*.jsonl"));
    snprintf(c, sizeof c, "%s", help_path("t/link"));
    snprintf(d, sizeof d, "%s", help_path("t/hard"));
    const char *paths[] = { a, b, c, d, "-", "-" };
    looked l = look_n(paths, 6);
    assert_int_equal(l.r, INPUT_OK);
    assert_string_equal(sbuf_z(&l.names), "t/z.jsonl t/./B.jsonl t/./a.jsonl t/hard - ");
    assert_non_null(strstr(sbuf_z(&l.note), "t/./z.jsonl is named twice and is read once"));
    assert_non_null(strstr(sbuf_z(&l.note), "t/link is named twice"));
    assert_non_null(strstr(sbuf_z(&l.note), "- is named twice"));
    assert_true(l.list.v[4].sequential && l.list.v[4].size == 0);
    assert_true(l.list.bytes == 9 + 9 + 9 + 9);
    done(&l);
    unlink(help_path("t/link"));
    unlink(help_path("t/hard"));
}

static uint64_t print_of(const char *name, uint64_t *size)
{
    looked l = look(help_path(name));
    assert_int_equal(l.r, INPUT_OK);
    const uint64_t v = l.list.v[0].fingerprint;
    *size = l.list.v[0].size;
    done(&l);
    return v;
}

static void test_fingerprint(void **state)
{
    (void)state;
    const size_t n = 1 << 20, k = 64 << 10;
    char *p = calloc(1, n);
    uint64_t size;
    help_write("p1", p, n);
    const uint64_t base = print_of("p1", &size);
    assert_true(size == n);
    char *expected = calloc(1, 8 + 3 * k); /* the definition, spelled out */
    memcpy(expected, &(uint64_t){ n }, 8);
    assert_true(base == hash_bytes(expected, 8 + 3 * k));
    free(expected);
    help_write("p2", p, n);
    assert_true(print_of("p2", &size) == base);
    static const size_t seen[] = { 0, (64 << 10) - 1, (1 << 19) - (32 << 10), (1 << 19) + (32 << 10) - 1,
                                   (1 << 20) - 1 };
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        p[seen[i]] = 1;
        help_write("p2", p, n);
        assert_true(print_of("p2", &size) != base);
        p[seen[i]] = 0;
    }
    p[k] = 1; /* between the samples */
    help_write("p2", p, n);
    assert_true(print_of("p2", &size) == base);
    help_write("p2", p, n - 1);
    assert_true(print_of("p2", &size) != base);
    help_write("p2", "", 0);
    memset(p, 0, 8);
    assert_true(print_of("p2", &size) == hash_bytes(p, 8) && size == 0);
    for (size_t m = 1; m <= 3 * k; m += 9999) { /* small files: every byte counts */
        memset(p, 7, m);
        help_write("p2", p, m);
        const uint64_t small = print_of("p2", &size);
        p[m / 3] = 8;
        help_write("p2", p, m);
        assert_true(print_of("p2", &size) != small);
    }
    free(p);
}

static void test_sniff(void **state)
{
    (void)state;
    static const char *const names[] = { "plain", "zstd", "gzip", "xz", "bzip2", "lz4" };
    for (int c = CODEC_PLAIN; c <= CODEC_LZ4; c++) {
        sbuf s = { 0 };
        help_pack((input_codec)c, "hello\n", 6, &s);
        assert_int_equal(input_sniff(s.p, s.n), c);
        assert_string_equal(input_codec_name((input_codec)c), names[c]);
        s.n = 0;
        help_pack((input_codec)c, "", 0, &s); /* a frame of nothing is a frame */
        assert_int_equal(input_sniff(s.p, s.n), c);
        sbuf_free(&s);
    }
    sbuf s = { 0 };
    help_skippable(&s, 4);
    assert_int_equal(input_sniff(s.p, s.n), CODEC_ZSTD);
    const size_t skip = s.n;
    help_pack(CODEC_ZSTD, "x", 1, &s);
    assert_int_equal(input_sniff(s.p, s.n), CODEC_ZSTD);
    s.n = skip;
    help_pack(CODEC_LZ4, "x", 1, &s);
    assert_int_equal(input_sniff(s.p, s.n), CODEC_LZ4);
    s.n = 0;
    help_skippable(&s, 1000);
    assert_int_equal(input_sniff(s.p, 512), CODEC_ZSTD);
    sbuf_free(&s);
    assert_int_equal(input_sniff("", 0), CODEC_PLAIN);
    assert_int_equal(input_sniff("BZh9 begins a text", 18), CODEC_PLAIN);
    assert_int_equal(input_sniff("\x1f\x8b", 2), CODEC_PLAIN);
    assert_int_equal(input_sniff("\x02\x21\x4c\x18", 4), CODEC_LZ4); /* legacy: read as damage, not as text */
}

static void test_pipe(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(help_path("fifo"), 0600), 0);
    looked l = look(help_path("fifo")); /* must not wait for a writer */
    assert_int_equal(l.r, INPUT_OK);
    assert_true(l.list.v[0].sequential);
    done(&l);
    unlink(help_path("fifo"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_globs), cmocka_unit_test(test_folders),     cmocka_unit_test(test_errors),
        cmocka_unit_test(test_loops), cmocka_unit_test(test_unreadable),  cmocka_unit_test(test_order_and_doubles),
        cmocka_unit_test(test_sniff), cmocka_unit_test(test_fingerprint), cmocka_unit_test(test_pipe),
    };
    return cmocka_run_group_tests(tests, tree, help_teardown);
}
