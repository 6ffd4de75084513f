/* Saved states that are not what was written: each refused with a sentence that says what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include "unit/io/artifact_help.h"

enum { BLOCK = ARTIFACT_BLOCK, SMALL = 100 };

/* A state of SMALL bytes of payload, in memory. */
static void small_state(sbuf *out)
{
    const char *path = in_folder("small.state");
    make_state(path, &head_a, SMALL, SMALL);
    read_file(path, out);
    unlink(path);
}

static void cut_everywhere(void **state)
{
    (void)state;
    sbuf whole = { 0 }, want = { 0 };
    const char *path = in_folder("cut.state");
    small_state(&whole);
    for (size_t n = 0; n < whole.n; n++) {
        write_bytes(path, whole.p, n);
        sbuf_clear(&want);
        if (n < 64)
            sbuf_printf(&want, "was cut off: %zu of more than 64 bytes are there", n);
        else
            sbuf_printf(&want, "was cut off: %zu of %zu bytes are there", n, whole.n);
        assert_refused(path, SL_E_STATE, sbuf_z(&want));
    }
    unlink(path);
    sbuf_free(&whole);
    sbuf_free(&want);
}

static void trailing_bytes(void **state)
{
    (void)state;
    sbuf whole = { 0 }, want = { 0 };
    const char *path = in_folder("more.state");
    small_state(&whole);
    const size_t n = whole.n;
    for (int i = 0; i < 3; i++) {
        sbuf_putc(&whole, i == 1 ? '\n' : 0);
        write_bytes(path, whole.p, whole.n);
        sbuf_clear(&want);
        sbuf_printf(&want, "is damaged: it has %zu bytes, and %zu were written", whole.n, n);
        assert_refused(path, SL_E_STATE, sbuf_z(&want));
    }
    unlink(path);
    sbuf_free(&whole);
    sbuf_free(&want);
}

static void every_bit(void **state)
{
    (void)state;
    sbuf s = { 0 }, want = { 0 };
    const char *path = in_folder("flipped.state");
    small_state(&s);
    for (size_t i = 0; i < s.n; i++)
        for (int bit = 0; bit < 8; bit++) {
            s.p[i] ^= (char)(1 << bit);
            write_bytes(path, s.p, s.n);
            s.p[i] ^= (char)(1 << bit);
            sbuf_clear(&want);
            if (i < 8)
                sbuf_puts(&want, "is no saved state");
            else if (i < 64)
                sbuf_puts(&want, "is damaged: its first 64 bytes are not what was written");
            else if (i < 64 + SMALL)
                sbuf_printf(&want, "is damaged: bytes 64 to %d are not what was written", 64 + SMALL - 1);
            else if (i < s.n - 8)
                sbuf_puts(&want, "is damaged: its head or its checksums are not what was written");
            else
                sbuf_puts(&want, "is damaged: it does not end as it was written");
            assert_refused(path, SL_E_STATE, sbuf_z(&want));
        }
    unlink(path);
    sbuf_free(&s);
    sbuf_free(&want);
}

/* ---- files whose checksums hold ---- */

static void assert_sealed_refused(sbuf *s, const char *sentence)
{
    const char *path = in_folder("odd.state");
    seal(s->p, s->n);
    write_bytes(path, s->p, s->n);
    assert_refused(path, SL_E_STATE, sentence);
    unlink(path);
    sbuf_clear(s);
    small_state(s);
}

static void other_formats(void **state)
{
    (void)state;
    sbuf s = { 0 };
    small_state(&s);
    seal(s.p, s.n); /* changes nothing */
    write_bytes(in_folder("x.state"), s.p, s.n);
    assert_int_equal(artifact_verify(in_folder("x.state"), NULL), 0);
    unlink(in_folder("x.state"));
    put_number(s.p + 8, 2, 4);
    assert_sealed_refused(&s, "has format 2, and this program reads format 1");
    put_number(s.p + 8, 0xFFFFFFFF, 4);
    memset(s.p + 16, 0xFF, 40); /* whatever else it holds */
    assert_sealed_refused(&s, "has format 4294967295, and this program reads format 1");
    s.p[12] = 1;
    assert_sealed_refused(&s, "makes no sense: its first 64 bytes hold what is not known");
    s.p[55] = 1;
    assert_sealed_refused(&s, "makes no sense: its first 64 bytes hold what is not known");
    sbuf_free(&s);
}

static void absurd_lengths(void **state)
{
    (void)state;
    sbuf s = { 0 }, want = { 0 };
    small_state(&s);
    static const uint64_t absurd[][2] = {
        { UINT64_MAX, 100 },       { UINT64_MAX - 63, 100 }, { (16ull << 40) + 1, 0 },
        { 0, (256ull << 20) + 1 }, { 0, UINT64_MAX },        { 1ull << 63, 1ull << 63 },
    };
    for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
        put_number(s.p + 16, absurd[i][0], 8);
        put_number(s.p + 24, absurd[i][1], 8);
        sbuf_clear(&want);
        sbuf_printf(&want, "makes no sense: it claims a payload of %llu bytes and a head of %llu bytes",
                    (unsigned long long)absurd[i][0], (unsigned long long)absurd[i][1]);
        assert_sealed_refused(&s, sbuf_z(&want));
    }
    put_number(s.p + 16, 16ull << 40, 8); /* the largest that is none */
    put_number(s.p + 24, 256ull << 20, 8);
    sbuf_clear(&want);
    sbuf_printf(&want, "was cut off: %zu of %llu bytes are there", s.n,
                64 + (16ull << 40) + (16ull << 20) * 8 + (256ull << 20) + 16);
    assert_sealed_refused(&s, sbuf_z(&want));
    put_number(s.p + 16, SMALL - 1, 8);
    sbuf_clear(&want);
    sbuf_printf(&want, "is damaged: it has %zu bytes, and %zu were written", s.n, s.n - 1);
    assert_sealed_refused(&s, sbuf_z(&want));
    sbuf_free(&s);
    sbuf_free(&want);
}

/* A file without payload around the head. */
static void with_head(const char *head, size_t n, const char *sentence)
{
    char p[512] = "\x93SLstate\x01";
    sbuf err = { 0 };
    const char *path = in_folder("head.state");
    put_number(p + 24, n, 8);
    memcpy(p + 64, head, n);
    memcpy(p + 64 + n + 8, "SLstend\n", 8);
    seal(p, 64 + n + 16);
    write_bytes(path, p, 64 + n + 16);
    if (sentence)
        assert_refused(path, SL_E_STATE, sentence);
    else
        assert_int_equal(artifact_verify(path, &err), 0);
    assert_string_equal(sbuf_z(&err), "");
    unlink(path);
}

#define FIXED "\x01\0\0\0\0\0\0\0\0\0\0\0"
#define NAME                                                                                                           \
    "\x10\0\0\0"                                                                                                       \
    "0123456789abcdef\0"
#define WHOLE   "\x05\0\0\0whole\0"
#define EMPTY   "\0\0\0\0\0"
#define HEAD(s) s, sizeof s - 1

static void odd_heads(void **state)
{
    (void)state;
    static const char good[] = FIXED "\x01\0\0\0m\0" NAME WHOLE EMPTY EMPTY EMPTY;
    with_head(good, sizeof good - 1, NULL);
    for (size_t n = 0; n + 1 < sizeof good; n++) /* cut anywhere */
        with_head(good, n, "makes no sense: its head ends early");
    with_head(HEAD(FIXED "\x01\0\0\0m\0" NAME WHOLE EMPTY EMPTY EMPTY "\0"),
              "makes no sense: its head is longer than what is in it");
    with_head(HEAD(FIXED "\xff\xff\xff\xffm\0" NAME WHOLE EMPTY EMPTY EMPTY), "makes no sense: its head ends early");
    with_head(HEAD(FIXED "\x01\0\0\0m\0" NAME WHOLE EMPTY EMPTY "\x01\0\0\0\0"), "makes no sense: its head ends early");
    with_head(HEAD(FIXED "\x01\0\0\0mx" NAME WHOLE EMPTY EMPTY EMPTY),
              "makes no sense: a text in its head does not end where it should");
    with_head(HEAD(FIXED "\x03\0\0\0m\0x\0" NAME WHOLE EMPTY EMPTY EMPTY),
              "makes no sense: a text in its head does not end where it should");
    with_head(HEAD(FIXED "\x01\0\0\0/\0" NAME WHOLE EMPTY EMPTY EMPTY),
              "makes no sense: its stage is no name of a stage");
    with_head(HEAD(FIXED "\x01\0\0\0m\0" EMPTY WHOLE EMPTY EMPTY EMPTY),
              "makes no sense: its name is not 16 hexadecimal digits");
    with_head(HEAD(FIXED "\x01\0\0\0m\0" NAME EMPTY EMPTY EMPTY EMPTY),
              "makes no sense: it is neither whole, nor of a port, nor applied");
}

/* ---- damage in one block ---- */

static void flip(const char *path, off_t at)
{
    char c;
    const int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &c, 1, at), 1);
    c ^= 1;
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
    close(fd);
}

static void one_block(void **state)
{
    (void)state;
    const char *path = in_folder("x.state");
    static const char *const said[] = { "is damaged: bytes 64 to 1048639 are not what was written",
                                        "is damaged: bytes 1048640 to 2097215 are not what was written",
                                        "is damaged: bytes 2097216 to 2097220 are not what was written" };
    char *buf = malloc(BLOCK), *want = payload(2 * BLOCK + 5);
    const void *p;
    assert_non_null(buf);
    make_state(path, &head_a, 2 * BLOCK + 5, 12345);
    for (int b = 0; b < 3; b++)
        for (int way = 0; way < 2; way++) {
            sbuf err = { 0 };
            flip(path, 64 + (off_t)b * BLOCK + 3);
            assert_refused(path, SL_E_STATE, said[b]);
            artifact_reader *r = open_state(path); /* what stands before it can be read */
            for (int i = 0; i < b; i++) {
                assert_int_equal(way ? artifact_map(r, BLOCK, &p, &err) : artifact_get(r, buf, BLOCK, &err), 0);
                assert_memory_equal(way ? p : buf, want + (size_t)i * BLOCK, BLOCK);
            }
            for (int again = 0; again < 2; again++) {
                sbuf_clear(&err);
                assert_int_equal(way ? artifact_map(r, 1, &p, &err) : artifact_get(r, buf, 1, &err), SL_E_STATE);
                assert_about(&err, path, said[b]);
            }
            assert_int_equal(artifact_left(r), (size_t)(2 - b) * BLOCK + 5);
            flip(path, 64 + (off_t)b * BLOCK + 3);
            assert_int_equal(artifact_get(r, buf, 1, &err), 0); /* a disk that thinks better of it */
            assert_int_equal(buf[0], want[(size_t)b * BLOCK]);
            artifact_close(r);
            sbuf_free(&err);
        }
    unlink(path);
    free(buf);
    free(want);
}

/* ---- files that are none ---- */

static void no_files(void **state)
{
    (void)state;
    sbuf err = { 0 }, want = { 0 };
    const char *path = in_folder("x.state");
    int code = 0;
    assert_null(artifact_open(path, &code, &err));
    assert_int_equal(code, SL_E_IO);
    sbuf_printf(&want, "cannot open %s: No such file or directory", path);
    assert_string_equal(sbuf_z(&err), sbuf_z(&want));
    assert_int_equal(mkdir(path, 0777), 0);
    assert_refused(path, SL_E_STATE, "is no regular file");
    rmdir(path);
    assert_int_equal(mkfifo(path, 0666), 0); /* and nobody waits for a writer */
    assert_refused(path, SL_E_STATE, "is no regular file");
    unlink(path);
    write_file(path, "{\"id\":1}\n");
    assert_refused(path, SL_E_STATE, "is no saved state");
    unlink(path);
    sbuf_free(&err);
    sbuf_free(&want);
}

static void cut_while_open(void **state)
{
    (void)state;
    const char *path = in_folder("x.state");
    sbuf err = { 0 };
    char c;
    const void *p;
    make_state(path, &head_a, 2 * BLOCK, BLOCK);
    artifact_reader *r = open_state(path);
    assert_int_equal(artifact_map(r, BLOCK, &p, &err), 0);
    assert_int_equal(truncate(path, 64 + BLOCK + 10), 0);
    assert_int_equal(artifact_map(r, BLOCK, &p, &err), SL_E_STATE);
    assert_null(p);
    assert_about(&err, path, "was cut off while it was read");
    sbuf_clear(&err);
    assert_int_equal(artifact_get(r, &c, 1, &err), SL_E_STATE);
    assert_about(&err, path, "was cut off while it was read");
    artifact_close(r);
    unlink(path);
    sbuf_free(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_everywhere), cmocka_unit_test(trailing_bytes), cmocka_unit_test(every_bit),
        cmocka_unit_test(other_formats),  cmocka_unit_test(absurd_lengths), cmocka_unit_test(odd_heads),
        cmocka_unit_test(one_block),      cmocka_unit_test(no_files),       cmocka_unit_test(cut_while_open),
    };
    return cmocka_run_group_tests_name("artifact_damage", tests, make_test_folder, remove_test_folder);
}
