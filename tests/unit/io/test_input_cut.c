/* Cutting: which pieces, without looking at what they read as. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "unit/io/call_fails.h"
#include "unit/io/input_help.h"

/* "begin-end begin-end*": a star marks streams. */
static const char *cut(const void *p, size_t n, uint64_t split, bool archive)
{
    static sbuf text;
    arena mem;
    input_list list;
    input_pieces out;
    sbuf note = { 0 }, err = { 0 };
    const char *path = help_write("c", p, n);
    arena_init(&mem, 0);
    sbuf_clear(&text);
    assert_int_equal(input_find(&mem, &path, 1, &list, &note, &err), INPUT_OK);
    assert_int_equal(input_cut(&mem, list.v, split, archive, &out, &err), INPUT_OK);
    for (size_t i = 0; i < out.n; i++)
        sbuf_printf(&text, "%s%llu-%llu%s", i ? " " : "", (unsigned long long)out.v[i].begin,
                    (unsigned long long)out.v[i].end, out.v[i].stream ? "*" : "");
    arena_free(&mem);
    return sbuf_z(&text);
}

static void test_plain(void **state)
{
    (void)state;
    assert_string_equal(cut("", 0, 10, false), "0-0");
    assert_string_equal(cut("", 0, 10, true), "0-0*");
    assert_string_equal(cut("0123456789", 10, 10, false), "0-10");
    assert_string_equal(cut("0123456789a", 11, 10, false), "0-10 10-11");
    assert_string_equal(cut("0123456789", 10, 3, false), "0-3 3-6 6-9 9-10");
    assert_string_equal(cut("012", 3, 1, false), "0-1 1-2 2-3");
    assert_string_equal(cut("012", 3, 0, false), "0-1 1-2 2-3");
    assert_string_equal(cut("012", 3, UINT64_MAX, false), "0-3");
    assert_string_equal(cut("012", 3, 1, true), "0-3*");
}

static void test_other_codecs(void **state)
{
    (void)state;
    for (int c = CODEC_GZIP; c <= CODEC_LZ4; c++) {
        sbuf s = { 0 };
        char expected[32];
        help_pack((input_codec)c, "abc\n", 4, &s);
        help_pack((input_codec)c, "abc\n", 4, &s);
        snprintf(expected, sizeof expected, "0-%zu*", s.n);
        assert_string_equal(cut(s.p, s.n, 1, false), expected);
        sbuf_free(&s);
    }
}

/* Frames of the sizes given (0: an empty frame; < 0: skippable), with their borders. */
static size_t frames(const int *sizes, size_t n, sbuf *s, size_t *at)
{
    char *p = calloc(1, 1 << 20);
    for (size_t i = 0; i < (1 << 20); i++)
        p[i] = (char)help_random(256);
    for (size_t i = 0; i < n; i++) {
        at[i] = s->n;
        if (sizes[i] < 0)
            help_skippable(s, (uint32_t)-sizes[i]);
        else
            help_pack(CODEC_ZSTD, p, (size_t)sizes[i], s);
    }
    free(p);
    return s->n;
}

static void test_zstd_runs(void **state)
{
    (void)state;
    sbuf s = { 0 };
    char expected[256];
    size_t at[16];
    static const int sizes[] = { 1000, 1000, 1000, 1000, 1000 };
    size_t n = frames(sizes, 5, &s, at);
    snprintf(expected, sizeof expected, "0-%zu %zu-%zu %zu-%zu", at[2], at[2], at[4], at[4], n);
    assert_string_equal(cut(s.p, s.n, 2000, false), expected);
    snprintf(expected, sizeof expected, "0-%zu", n);
    assert_string_equal(cut(s.p, s.n, 1 << 20, false), expected);
    snprintf(expected, sizeof expected, "0-%zu*", at[1]);
    assert_string_equal(cut(s.p, at[1], 1 << 20, false), expected); /* one frame: a stream */
    snprintf(expected, sizeof expected, "0-%zu* %zu-%zu* %zu-%zu* %zu-%zu* %zu-%zu*", at[1], at[1], at[2], at[2], at[3],
             at[3], at[4], at[4], n);
    assert_string_equal(cut(s.p, s.n, 499, false), expected); /* above twice the split: a stream each */
    snprintf(expected, sizeof expected, "0-%zu %zu-%zu %zu-%zu %zu-%zu %zu-%zu", at[1], at[1], at[2], at[2], at[3],
             at[3], at[4], at[4], n);
    assert_string_equal(cut(s.p, s.n, 500, false), expected);
    sbuf_free(&s);
}

/* A read that fails is told, although the next one at the same place would not. */
static void test_read_fails(void **state)
{
    (void)state;
    sbuf s = { 0 }, err = { 0 }, want = { 0 };
    size_t at[16];
    static const int sizes[] = { 9000, 9000, 9000 }; /* each header is read alone */
    const size_t n = frames(sizes, 3, &s, at);
    input_file f = { .path = help_write("a", s.p, n), .size = n, .codec = CODEC_ZSTD };
    sbuf_printf(&want, "cannot read %s: Input/output error", f.path);
    for (int nth = 1; nth <= 3; nth++) {
        input_pieces pieces;
        arena mem;
        arena_init(&mem, 0);
        arm("pread", nth, EIO);
        assert_int_equal(input_cut(&mem, &f, 9000, false, &pieces, &err), INPUT_E_IO);
        assert_true(disarm());
        assert_string_equal(sbuf_z(&err), sbuf_z(&want));
        sbuf_clear(&err);
        arena_free(&mem);
    }
    sbuf_free(&s);
    sbuf_free(&err);
    sbuf_free(&want);
}

static void test_zstd_mixed(void **state)
{
    (void)state;
    sbuf s = { 0 };
    char expected[256];
    size_t at[16];
    /* Pieces begin at frames that hold something: the empty and the skippable ones go with what stands before. */
    static const int sizes[] = { -5, 0, 1000, -7, 0, 9000, -1, 1000, 0, -100 };
    const size_t n = frames(sizes, 10, &s, at);
    snprintf(expected, sizeof expected, "0-%zu %zu-%zu* %zu-%zu", at[5], at[5], at[7], at[7], n);
    assert_string_equal(cut(s.p, s.n, 1000, false), expected);
    sbuf_free(&s);
    static const int none[] = { 0, 0, -3 };
    snprintf(expected, sizeof expected, "0-%zu*", frames(none, 3, &s, at));
    assert_string_equal(cut(s.p, s.n, 1000, false), expected);
    sbuf_free(&s);
}

static void test_zstd_unknown_size(void **state)
{
    (void)state;
    sbuf s = { 0 };
    char expected[128], zeros[4096] = { 0 };
    ZSTD_CCtx *z = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, 0);
    size_t first = 0;
    for (int i = 0; i < 2; i++) {
        assert_true(sbuf_room(&s, 8192));
        s.n += ZSTD_compress2(z, s.p + s.n, 8192, zeros, sizeof zeros);
        if (!i)
            first = s.n;
    }
    ZSTD_freeCCtx(z);
    /* A compressed block can hold as much as its window: the bound, not what is in it, decides. */
    snprintf(expected, sizeof expected, "0-%zu", s.n);
    assert_string_equal(cut(s.p, s.n, 1 << 20, false), expected);
    snprintf(expected, sizeof expected, "0-%zu* %zu-%zu*", first, first, s.n);
    assert_string_equal(cut(s.p, s.n, 200, false), expected);
    sbuf_free(&s);
}

static void test_zstd_damaged(void **state)
{
    (void)state;
    sbuf s = { 0 };
    char expected[256];
    size_t at[16];
    static const int sizes[] = { 1000, 1000, 1000 };
    frames(sizes, 3, &s, at);
    snprintf(expected, sizeof expected, "0-%zu %zu-%zu %zu-%zu*", at[1], at[1], at[2], at[2], s.n - 3);
    assert_string_equal(cut(s.p, s.n - 3, 1000, false), expected);
    s.p[at[2]] = 0; /* no frame here: the one before may have lied about its length */
    snprintf(expected, sizeof expected, "0-%zu %zu-%zu*", at[1], at[1], s.n);
    assert_string_equal(cut(s.p, s.n, 1000, false), expected);
    s.p[at[0] + 4] |= 8; /* a reserved bit in the first header */
    snprintf(expected, sizeof expected, "0-%zu*", s.n);
    assert_string_equal(cut(s.p, s.n, 1000, false), expected);
    sbuf_free(&s);
}

static void test_many_frames(void **state)
{
    (void)state;
    sbuf s = { 0 };
    help_pack(CODEC_ZSTD, "{\"text\":\"x\"}\n", 13, &s);
    const size_t one = s.n;
    for (int i = 1; i < 50000; i++) {
        assert_true(sbuf_room(&s, one));
        memcpy(s.p + s.n, s.p, one);
        s.n += one;
    }
    const char *got = cut(s.p, s.n, 130000, false); /* 10,000 frames a piece */
    char expected[256];
    snprintf(expected, sizeof expected, "0-%zu %zu-%zu %zu-%zu %zu-%zu %zu-%zu", 10000 * one, 10000 * one, 20000 * one,
             20000 * one, 30000 * one, 30000 * one, 40000 * one, 40000 * one, 50000 * one);
    assert_string_equal(got, expected);
    sbuf_free(&s);
}

static void test_vanished(void **state)
{
    (void)state;
    arena mem;
    input_pieces out;
    sbuf err = { 0 };
    const input_file f = { .path = help_path("gone.zst"), .size = 100, .codec = CODEC_ZSTD };
    arena_init(&mem, 0);
    assert_int_equal(input_cut(&mem, &f, 10, false, &out, &err), INPUT_E_IO);
    assert_non_null(strstr(sbuf_z(&err), "gone.zst: No such file"));
    assert_int_equal(out.n, 0);
    const input_file pipe_like = { .path = "-", .sequential = true };
    assert_int_equal(input_cut(&mem, &pipe_like, 10, false, &out, &err), INPUT_OK);
    assert_true(out.n == 1 && out.v[0].stream);
    arena_free(&mem);
    sbuf_free(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_other_codecs),
        cmocka_unit_test(test_zstd_runs),
        cmocka_unit_test(test_zstd_mixed),
        cmocka_unit_test(test_zstd_unknown_size),
        cmocka_unit_test(test_zstd_damaged),
        cmocka_unit_test(test_many_frames),
        cmocka_unit_test(test_vanished),
        cmocka_unit_test(test_read_fails),
    };
    return cmocka_run_group_tests(tests, help_setup, help_teardown);
}
