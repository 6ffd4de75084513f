/* Every codec: many frames, empty frames, padding, truncation at every byte, flipped bytes, resuming behind damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "unit/io/input_help.h"

enum { WHOLE = 1 << 20 };

static help_result read_bytes(const sbuf *s, int damage)
{
    const input_limits lim = { .chunk_bytes = 4096, .max_record_bytes = 1 << 20, .damage = damage };
    return help_read(help_write("f", s->p, s->n), WHOLE, MEMBERS_NONE, &lim);
}

/* n lines "{"n":I,...}" with a little noise, so that blocks are compressed but not trivial. */
static void lines_of(sbuf *s, unsigned from, unsigned n)
{
    for (unsigned i = from; i < from + n; i++)
        sbuf_printf(s, "{\"n\":%u,\"text\":\"%08x words and words\"}\n", i, (unsigned)(hash_two(i, 3) & 0xFFFFFFFF));
}

static void test_frames(void **state)
{
    (void)state;
    for (int c = CODEC_PLAIN; c <= CODEC_LZ4; c++) {
        sbuf text = { 0 }, file = { 0 };
        lines_of(&text, 0, 300);
        size_t at = 0;
        while (at < text.n) { /* frames that end anywhere, some of them empty */
            const size_t left = text.n - at, n = help_random(5) ? help_random(3000) % (left + 1) : 0;
            help_pack((input_codec)c, text.p + at, n, &file);
            if (c == CODEC_ZSTD || c == CODEC_LZ4)
                help_skippable(&file, (uint32_t)help_random(3));
            at += n;
        }
        help_result r = read_bytes(&file, DAMAGE_STOPS);
        assert_int_equal(r.result, INPUT_OK);
        assert_string_equal(sbuf_z(&r.damage), "");
        assert_string_equal(sbuf_z(&r.text), text.p);
        assert_int_equal(r.n, 300);
        assert_int_equal(r.consumed, file.n);
        help_free(&r);
        sbuf_free(&text);
        sbuf_free(&file);
    }
}

static void test_last_line(void **state)
{
    (void)state;
    for (int c = CODEC_PLAIN; c <= CODEC_LZ4; c++) {
        sbuf file = { 0 };
        help_pack((input_codec)c, "\xEF\xBB\xBF{1}\r\n\n \t \r\n{2", 16, &file);
        help_result r = read_bytes(&file, DAMAGE_STOPS);
        assert_string_equal(sbuf_z(&r.text), "{1}\n\n\n{2\n"); /* BOM, CR and blank lines; no newline at the end */
        assert_int_equal(r.blank, 2);
        help_free(&r);
        sbuf_free(&file);
    }
}

static void test_padding_and_garbage(void **state)
{
    (void)state;
    sbuf file = { 0 };
    help_result r;
    help_pack(CODEC_GZIP, "a\n", 2, &file);
    const size_t one = file.n;
    sbuf_add(&file, "\0\0\0\0\0", 5);
    r = read_bytes(&file, DAMAGE_STOPS);
    assert_string_equal(sbuf_z(&r.damage), "");
    help_free(&r);
    sbuf_puts(&file, "garbage");
    r = read_bytes(&file, DAMAGE_STOPS);
    char expected[600];
    snprintf(expected, sizeof expected, "%s is damaged: no gzip member begins at byte %zu\n", help_path("f"), one + 5);
    assert_string_equal(sbuf_z(&r.damage), expected);
    assert_string_equal(sbuf_z(&r.text), "a\n");
    help_free(&r);
    help_pack(CODEC_GZIP, "{b}\n", 4, &file);
    r = read_bytes(&file, DAMAGE_SKIPS);
    assert_string_equal(sbuf_z(&r.text), "a\n{b}\n");
    assert_int_equal(r.n_damage, 1);
    help_free(&r);
    sbuf_free(&file);
    for (size_t zeros = 0; zeros <= 8; zeros++) { /* xz pads in fours */
        help_pack(CODEC_XZ, "a\n", 2, &file);
        sbuf_add(&file, "\0\0\0\0\0\0\0", zeros);
        r = read_bytes(&file, DAMAGE_STOPS);
        assert_int_equal(r.n_damage, zeros % 4 != 0);
        assert_string_equal(sbuf_z(&r.text), "a\n");
        help_free(&r);
        sbuf_free(&file);
    }
}

/* A header that no compressor of ours writes (operating system 19) is a member all the same, at the start and behind
 * others. */
static void test_odd_gzip_header(void **state)
{
    (void)state;
    sbuf file = { 0 };
    for (int i = 0; i < 2; i++) {
        const size_t at = file.n;
        help_pack(CODEC_GZIP, "{1}\n", 4, &file);
        file.p[at + 8] = 7;
        file.p[at + 9] = 99;
    }
    help_result r = read_bytes(&file, DAMAGE_STOPS);
    assert_string_equal(sbuf_z(&r.text), "{1}\n{1}\n");
    assert_int_equal(r.n_damage, 0);
    help_free(&r);
    sbuf_free(&file);
}

static void test_checksums(void **state)
{
    (void)state;
    static const struct {
        input_codec codec;
        size_t from_end;
        const char *cause;
    } cases[] = { { CODEC_ZSTD, 1, "zstd frame at byte 0: wrong checksum" },
                  { CODEC_GZIP, 8, "gzip member at byte 0: wrong CRC" },
                  { CODEC_GZIP, 4, "gzip member at byte 0: wrong length" },
                  { CODEC_LZ4, 1, "lz4 frame at byte 0: wrong checksum" },
                  { CODEC_BZIP2, 2, "bzip2 stream at byte 0: corrupt" },
                  { CODEC_XZ, 1, "xz stream at byte 0: corrupt" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sbuf file = { 0 };
        help_pack(cases[i].codec, "{1}\n{2}\n{3", 10, &file);
        file.p[file.n - cases[i].from_end] ^= 0x55;
        help_result r = read_bytes(&file, DAMAGE_STOPS);
        assert_int_equal(r.n_damage, 1);
        assert_non_null(strstr(r.damage.p, cases[i].cause));
        assert_string_equal(sbuf_z(&r.text), "{1}\n{2}\n"); /* the record that damage cuts is none */
        help_free(&r);
        sbuf_free(&file);
    }
}

static void test_legacy_and_dictionary(void **state)
{
    (void)state;
    sbuf file = { 0 };
    sbuf_add(&file, "\x02\x21\x4c\x18\x05\0\0\0\x40hi!\n", 13);
    help_result r = read_bytes(&file, DAMAGE_STOPS);
    assert_non_null(strstr(sbuf_z(&r.damage), "the legacy lz4 format is not supported"));
    assert_int_equal(r.n, 0);
    help_free(&r);
    sbuf_clear(&file);
    char dict[256];
    memset(dict, 'd', sizeof dict);
    ZSTD_CCtx *z = ZSTD_createCCtx();
    assert_true(sbuf_room(&file, 4096));
    file.n = ZSTD_compress_usingDict(z, file.p, 4096, "dddddddddd\n", 11, dict, sizeof dict, 3);
    file.p[4] |= 1; /* raw dictionaries have no id: name one */
    memmove(file.p + 6, file.p + 5, file.n - 5);
    file.p[5] = 9;
    file.n++;
    ZSTD_freeCCtx(z);
    r = read_bytes(&file, DAMAGE_STOPS);
    assert_non_null(strstr(sbuf_z(&r.damage), "it needs a dictionary"));
    help_free(&r);
    sbuf_free(&file);
}

/* A window of 2^28 and 2^31 bytes (zstd --long=31) around a little text. */
static void test_long_window(void **state)
{
    (void)state;
    static const unsigned char windows[] = { 0x90, 0xA8 };
    for (size_t i = 0; i < sizeof windows; i++) {
        const unsigned char frame[] = { 0x28, 0xB5, 0x2F, 0xFD, 0x00, windows[i], 0x19, 0, 0, '{', '}', '\n' };
        sbuf file = { 0 };
        sbuf_add(&file, frame, sizeof frame);
        help_result r = read_bytes(&file, DAMAGE_STOPS);
        assert_string_equal(sbuf_z(&r.damage), "");
        assert_string_equal(sbuf_z(&r.text), "{}\n");
        help_free(&r);
        file.p[5] = (char)0xB0; /* 2^32 */
        r = read_bytes(&file, DAMAGE_STOPS);
        assert_non_null(strstr(sbuf_z(&r.damage), "its window is larger than 2 GiB"));
        help_free(&r);
        sbuf_free(&file);
    }
}

static void test_size_lies(void **state)
{
    (void)state; /* a header that promises 1 byte over a block of 100,000 */
    const unsigned char frame[] = {
        0x28,         0xB5, 0x2F, 0xFD, 0x80, 0x40, 1, 0, 0, 0, 0x03 | (100000 << 3 & 0xF8), 100000 >> 5 & 255,
        100000 >> 13, 'x'
    };
    sbuf file = { 0 };
    sbuf_add(&file, frame, sizeof frame);
    help_result r = read_bytes(&file, DAMAGE_STOPS);
    assert_int_equal(r.n_damage, 1);
    assert_int_equal(r.n, 0);
    help_free(&r);
    sbuf_free(&file);
}

/* Cut at every byte: no more than the lines that are there, in order, and damage unless the cut leaves whole frames. */
static void test_truncation(void **state)
{
    (void)state;
    for (int c = CODEC_ZSTD; c <= CODEC_LZ4; c++) {
        sbuf text = { 0 }, file = { 0 }, cut = { 0 };
        size_t first = 0, first_text = 0;
        for (unsigned i = 0; i < 3; i++) {
            const size_t from = text.n;
            lines_of(&text, i * 10, 10);
            help_pack((input_codec)c, text.p + from, text.n - from, &file);
            if (!i)
                first = file.n, first_text = text.n;
        }
        size_t whole = 0;
        for (size_t n = 1; n <= file.n; n++) {
            sbuf_clear(&cut);
            sbuf_add(&cut, file.p, n);
            if (input_sniff(cut.p, cut.n) != (input_codec)c)
                continue; /* the first bytes of a magic number are text to anybody */
            help_result r = read_bytes(&cut, DAMAGE_STOPS);
            assert_int_equal(r.result, INPUT_OK);
            assert_true(r.text.n <= text.n && !memcmp(sbuf_z(&r.text), text.p, r.text.n));
            assert_true(n < first || r.text.n >= first_text); /* nothing before the damage is lost */
            if (!r.n_damage)
                whole++;
            else
                assert_true(strstr(r.damage.p, " is cut off: ") && r.n_damage == 1);
            assert_true(n != file.n || r.text.n == text.n);
            help_free(&r);
        }
        assert_int_equal(whole, 3);
        sbuf_free(&text);
        sbuf_free(&file);
        sbuf_free(&cut);
    }
}

/* What the codec had written before the damaged block is kept to the last whole line, also within one frame. */
static void test_blocks_before_damage(void **state)
{
    (void)state;
    static const struct {
        input_codec codec;
        size_t kept; /* of 100, at least */
    } cases[] = { { CODEC_ZSTD, 85 }, { CODEC_LZ4, 85 }, { CODEC_GZIP, 85 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sbuf text = { 0 }, file = { 0 };
        lines_of(&text, 0, 40000); /* 2 MB: many blocks, and all of it within one buffer of compressed bytes or a few */
        help_pack(cases[i].codec, text.p, text.n, &file);
        memset(file.p + file.n * 95 / 100, 0xFF, 64);
        help_result r = read_bytes(&file, DAMAGE_STOPS);
        assert_int_equal(r.n_damage, 1);
        assert_true(!memcmp(r.text.p, text.p, text.n * cases[i].kept / 100));
        help_free(&r);
        sbuf_free(&text);
        sbuf_free(&file);
    }
}

static void test_flips(void **state)
{
    (void)state;
    for (int c = CODEC_ZSTD; c <= CODEC_LZ4; c++) {
        sbuf text = { 0 }, file = { 0 };
        for (unsigned i = 0; i < 4; i++) {
            const size_t from = text.n;
            lines_of(&text, i * 20, 20);
            help_pack((input_codec)c, text.p + from, text.n - from, &file);
        }
        for (int round = 0; round < 300; round++) {
            sbuf bad = { 0 };
            sbuf_add(&bad, file.p, file.n);
            const size_t at = 10 + help_random(bad.n - 10);
            bad.p[at] ^= (char)(1 + help_random(255));
            for (int damage = DAMAGE_STOPS; damage <= DAMAGE_SKIPS; damage++) {
                help_result r = read_bytes(&bad, damage);
                assert_int_equal(r.result, INPUT_OK);
                if (!r.n_damage && r.text.n != text.n) /* only a frame that turned into padding or a skippable one */
                    assert_true(c == CODEC_ZSTD || c == CODEC_LZ4);
                if (damage == DAMAGE_STOPS)
                    assert_true(r.n_damage <= 1);
                help_free(&r);
            }
            sbuf_free(&bad);
        }
        sbuf_free(&text);
        sbuf_free(&file);
    }
}

/* Three frames, the second broken: the first and the third stay; the third one's first line only where it looks like a
 * record. */
static void test_resume(void **state)
{
    (void)state;
    for (int c = CODEC_ZSTD; c <= CODEC_LZ4; c++)
        for (int object = 0; object < 2; object++) {
            sbuf a = { 0 }, b = { 0 }, file = { 0 }, expected = { 0 };
            lines_of(&a, 0, 5);
            lines_of(&b, 10, 2000);
            help_pack((input_codec)c, a.p, a.n, &file);
            const size_t second = file.n;
            help_pack((input_codec)c, b.p, b.n, &file);
            const size_t third = file.n;
            const char *last = object ? "{x}\n{y}\n" : "x}\n{y}\n";
            help_pack((input_codec)c, last, strlen(last), &file);
            memset(file.p + second + (third - second) / 2, 0xA5, 32);
            help_result r = read_bytes(&file, DAMAGE_STOPS);
            assert_int_equal(r.n_damage, 1);
            assert_null(strstr(r.text.p, "{y}"));
            help_free(&r);
            r = read_bytes(&file, DAMAGE_SKIPS);
            assert_int_equal(r.n_damage, 1);
            char at[64];
            snprintf(at, sizeof at, " at byte %zu: ", second);
            assert_non_null(strstr(r.damage.p, at));
            assert_memory_equal(r.text.p, a.p, a.n);
            const char *tail = object ? "{x}\n{y}\n" : "\n{y}\n";
            assert_string_equal(r.text.p + r.text.n - strlen(tail), tail);
            assert_true(object || !strstr(r.text.p, "x}"));
            help_free(&r);
            sbuf_free(&a);
            sbuf_free(&b);
            sbuf_free(&file);
            sbuf_free(&expected);
        }
}

static void test_many_damages(void **state)
{
    (void)state; /* one byte of a frame's magic and header again and again: bounded, and said */
    sbuf file = { 0 };
    help_pack(CODEC_ZSTD, "{1}\n", 4, &file);
    for (int i = 0; i < 3000; i++)
        sbuf_add(&file, "\x28\xB5\x2F\xFD\x00\xFF", 6);
    help_result r = read_bytes(&file, DAMAGE_SKIPS);
    assert_int_equal(r.n_damage, 1000);
    assert_non_null(strstr(r.damage.p, "after so many damaged places the rest is not read"));
    assert_string_equal(r.text.p, "{1}\n");
    help_free(&r);
    sbuf_free(&file);
}

static void test_stdin(void **state)
{
    (void)state;
    for (int c = CODEC_PLAIN; c <= CODEC_LZ4; c++) {
        sbuf text = { 0 }, file = { 0 };
        lines_of(&text, 0, 700);
        help_pack((input_codec)c, text.p, text.n / 2, &file);
        help_pack((input_codec)c, text.p + text.n / 2, text.n - text.n / 2, &file);
        const int in = open(help_write("in", file.p, file.n), O_RDONLY), kept = dup(STDIN_FILENO);
        assert_true(in >= 0 && dup2(in, STDIN_FILENO) == STDIN_FILENO);
        const input_limits lim = { .chunk_bytes = 1000, .max_record_bytes = 1 << 20 };
        help_result r = help_read("-", 100, MEMBERS_NONE, &lim);
        assert_string_equal(sbuf_z(&r.text), text.p);
        assert_int_equal(r.consumed, file.n);
        assert_true(r.pieces == 1 && r.chunks > 10);
        help_free(&r);
        dup2(kept, STDIN_FILENO);
        close(kept);
        close(in);
        sbuf_free(&text);
        sbuf_free(&file);
    }
}

/* Files that change between finding and reading. */
static void test_changes(void **state)
{
    (void)state;
    const char *path = help_write("f", "{1}\n{2}\n{3}\n", 12);
    arena mem;
    input_list list;
    sbuf note = { 0 }, err = { 0 };
    arena_init(&mem, 0);
    assert_int_equal(input_find(&mem, &path, 1, &list, &note, &err), INPUT_OK);
    help_write("f", "{1}\n{2}\n{3}\n{4}\n", 16); /* grew: the rest is not read */
    help_result r = help_read_file(list.v, 100, MEMBERS_NONE, &help_limits, false);
    assert_string_equal(r.text.p, "{1}\n{2}\n{3}\n");
    assert_int_equal(r.n_damage, 0);
    help_free(&r);
    help_write("f", "{1}\n{2}", 7); /* shrank */
    r = help_read_file(list.v, 100, MEMBERS_NONE, &help_limits, false);
    assert_string_equal(r.text.p, "{1}\n");
    assert_int_equal(r.n_damage, 1);
    assert_non_null(strstr(r.damage.p, "it shrank while it was read: it had 12 bytes, and nothing is left at byte 7"));
    help_free(&r);
    unlink(path);
    r = help_read_file(list.v, 100, MEMBERS_NONE, &help_limits, false);
    assert_int_equal(r.result, INPUT_E_IO);
    assert_non_null(strstr(sbuf_z(&r.err), "cannot open "));
    help_free(&r);
    assert_int_equal(mkdir(path, 0755), 0); /* now reading fails, not opening */
    r = help_read_file(list.v, 100, MEMBERS_NONE, &help_limits, false);
    assert_int_equal(r.result, INPUT_E_IO);
    assert_non_null(strstr(sbuf_z(&r.err), "Is a directory"));
    help_free(&r);
    rmdir(path);
    arena_free(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_last_line),
        cmocka_unit_test(test_padding_and_garbage),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_odd_gzip_header),
        cmocka_unit_test(test_legacy_and_dictionary),
        cmocka_unit_test(test_long_window),
        cmocka_unit_test(test_size_lies),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_blocks_before_damage),
        cmocka_unit_test(test_flips),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_many_damages),
        cmocka_unit_test(test_stdin),
        cmocka_unit_test(test_changes),
    };
    return cmocka_run_group_tests(tests, help_setup, help_teardown);
}
