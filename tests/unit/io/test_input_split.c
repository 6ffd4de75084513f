/* The property of cutting: however a file is cut, the records, their order and their numbers are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "unit/io/input_help.h"

/* Lines of random lengths: empty ones, CRLF, white space, some of thousands of bytes; sometimes no newline at the end.
 */
static void random_text(sbuf *s, size_t about)
{
    sbuf_clear(s);
    while (s->n < about) {
        const uint64_t kind = help_random(12);
        const size_t n = kind < 2 ? 0 : kind < 10 ? help_random(40) : help_random(3000);
        for (size_t i = 0; i < n; i++)
            sbuf_putc(s, (char)('a' + help_random(26)));
        sbuf_puts(s, kind == 3 ? "\r\n" : kind == 4 ? " \t\n" : "\n");
    }
    if (help_random(2))
        sbuf_puts(s, "last");
    if (!help_random(8))
        s->n = 0;
}

/* What a naive reader makes of it. */
static void naive(const sbuf *s, size_t max, sbuf *out)
{
    sbuf_clear(out);
    for (size_t at = 0; at < s->n;) {
        const char *p = s->p + at, *nl = memchr(p, '\n', s->n - at);
        size_t n = nl ? (size_t)(nl - p) : s->n - at;
        at += n + 1;
        if (n > max) {
            sbuf_puts(out, "<LARGE>\n");
            continue;
        }
        if (n && p[n - 1] == '\r')
            n--;
        if (n != strspn(p, " \t") || !n)
            sbuf_add(out, p, n);
        sbuf_putc(out, '\n');
    }
}

/* "<LARGE n offset>" to "<LARGE>". */
static void plain_large(sbuf *s)
{
    char *to = s->p;
    for (const char *p = s->p; p && *p;) {
        if (!strncmp(p, "<LARGE ", 7)) {
            p = strchr(p, '>') + 1;
            memcpy(to, "<LARGE>", 7);
            to += 7;
        } else {
            *to++ = *p++;
        }
    }
    if (to) {
        *to = 0;
        s->n = (size_t)(to - s->p);
    }
}

static void same(help_result *a, help_result *b)
{
    assert_int_equal(b->result, INPUT_OK);
    assert_int_equal(b->n_damage, 0);
    assert_int_equal(a->n, b->n);
    assert_string_equal(sbuf_z(&a->text), sbuf_z(&b->text));
    assert_true(!a->n || !memcmp(a->nth, b->nth, a->n * sizeof *a->nth));
}

static void cut_every_way(const sbuf *text, const sbuf *file)
{
    static const uint64_t splits[] = { 1, 2, 3, 7, 16, 64, 100, 333, 1000, 4096, 20000 },
                          chunks[] = { 1, 10, 100, 5000, 1 << 20 };
    static const uint64_t maxes[] = { 1 << 20, 500, 20 };
    const char *path = help_write("f", file->p, file->n);
    for (size_t m = 0; m < 3; m++) {
        sbuf expected = { 0 };
        naive(text, maxes[m], &expected);
        input_limits lim = { .chunk_bytes = 1 << 20, .max_record_bytes = maxes[m], .damage = DAMAGE_STOPS };
        help_result whole = help_read(path, UINT64_MAX, MEMBERS_NONE, &lim);
        assert_int_equal(whole.result, INPUT_OK);
        sbuf simple = { 0 };
        sbuf_add(&simple, sbuf_z(&whole.text), whole.text.n);
        plain_large(&simple);
        assert_string_equal(sbuf_z(&simple), sbuf_z(&expected));
        for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
            if (file->n / splits[i] > 2000) /* shorter texts are cut so finely */
                continue;
            lim.chunk_bytes = chunks[i % 5];
            help_result r = help_read(path, splits[i], MEMBERS_NONE, &lim);
            same(&whole, &r);
            assert_int_equal(r.consumed, file->n);
            help_free(&r);
        }
        help_free(&whole);
        sbuf_free(&simple);
        sbuf_free(&expected);
    }
}

static void test_plain(void **state)
{
    (void)state;
    sbuf text = { 0 };
    for (int round = 0; round < 25; round++) {
        random_text(&text, 1 + help_random(8000));
        cut_every_way(&text, &text);
    }
    sbuf_free(&text);
}

static void test_zstd(void **state)
{
    (void)state;
    sbuf text = { 0 }, file = { 0 };
    for (int round = 0; round < 25; round++) {
        random_text(&text, 1 + help_random(8000));
        sbuf_clear(&file);
        const bool at_lines = round % 3 == 0; /* frames that end between records */
        for (size_t at = 0; at < text.n;) {
            size_t n = help_random(4) ? help_random(600) : 0;
            if (n > text.n - at)
                n = text.n - at;
            if (at_lines && n) {
                const char *nl = memchr(text.p + at + n - 1, '\n', text.n - at - n + 1);
                n = nl ? (size_t)(nl - text.p) + 1 - at : text.n - at;
            }
            if (!help_random(5))
                help_skippable(&file, (uint32_t)help_random(9));
            help_pack(CODEC_ZSTD, text.p + at, n, &file);
            at += n;
        }
        cut_every_way(&text, &file);
    }
    sbuf_free(&text);
    sbuf_free(&file);
}

/* A plain piece read as a stream in small chunks is the same as loaded. */
static void test_streamed_pieces(void **state)
{
    (void)state;
    sbuf text = { 0 };
    random_text(&text, 20000);
    sbuf_puts(&text, "\nend\n");
    const char *path = help_write("f", text.p, text.n);
    arena mem;
    input_list list;
    sbuf note = { 0 }, err = { 0 };
    arena_init(&mem, 0);
    assert_int_equal(input_find(&mem, &path, 1, &list, &note, &err), INPUT_OK);
    const input_limits lim = { .chunk_bytes = 77, .max_record_bytes = 1000 };
    help_result a = help_read_file(list.v, 512, MEMBERS_NONE, &lim, false),
                b = help_read_file(list.v, 512, MEMBERS_NONE, &lim, true);
    same(&a, &b);
    assert_true(b.chunks > a.chunks);
    help_free(&a);
    help_free(&b);
    arena_free(&mem);
    sbuf_free(&text);
}

static void test_numbers(void **state)
{
    (void)state;
    sbuf file = { 0 };
    help_result r = help_read(help_write("f", "ab\n\nc", 5), 1, MEMBERS_NONE, NULL);
    assert_int_equal(r.n, 3);
    assert_true(r.nth[0] == hash_two(0, 0) && r.nth[1] == hash_two(0, 3) && r.nth[2] == hash_two(0, 4));
    help_free(&r);
    help_pack(CODEC_ZSTD, "ab\nc", 4, &file);
    help_skippable(&file, 3);
    const size_t second = file.n;
    help_pack(CODEC_ZSTD, "d\ne\n", 4, &file);
    const size_t third = file.n;
    help_pack(CODEC_ZSTD, "f\n", 2, &file);
    for (uint64_t split = 1; split < 12; split++) {
        r = help_read(help_write("f", file.p, file.n), split, MEMBERS_NONE, NULL);
        assert_string_equal(r.text.p, "ab\ncd\ne\nf\n");
        assert_true(r.nth[0] == hash_two(0, 0) && r.nth[1] == hash_two(0, 3) && r.nth[2] == hash_two(second, 2));
        assert_true(r.nth[3] == hash_two(third, 0));
        help_free(&r);
    }
    sbuf_free(&file);
}

/* A record far above the limit is not buffered: 64 MB on one line, in a piece, across pieces, in a stream. */
static void test_giant(void **state)
{
    (void)state;
    const size_t n = 64 << 20;
    char *p = malloc(n);
    assert_non_null(p);
    memset(p, 'g', n);
    memcpy(p, "{1}\n", 4);
    memcpy(p + n - 5, "\n{2}\n", 5);
    sbuf file = { 0 };
    help_pack(CODEC_GZIP, p, n, &file);
    const input_limits lim = { .chunk_bytes = 1 << 20, .max_record_bytes = 2 << 20 };
    char expected[64];
    snprintf(expected, sizeof expected, "{1}\n<LARGE 4096 4>\n{2}\n");
    help_result r = help_read(help_write("f", file.p, file.n), 1 << 20, MEMBERS_NONE, &lim);
    assert_string_equal(r.text.p, expected);
    help_free(&r);
    r = help_read(help_write("f", p, n), 4 << 20, MEMBERS_NONE, &lim);
    assert_string_equal(r.text.p, expected);
    assert_int_equal(r.pieces, 16);
    help_free(&r);
    free(p);
    sbuf_free(&file);
}

/* Multi-frame files with a broken frame: what is read behind it does not depend on the cut either. */
static void test_damage_and_cuts(void **state)
{
    (void)state;
    for (int round = 0; round < 60; round++) {
        sbuf file = { 0 };
        unsigned line = 0;
        for (int k = 0; k < 6; k++) {
            sbuf text = { 0 };
            for (unsigned i = 0; i < 3 + help_random(6); i++)
                sbuf_printf(&text, "%s{\"n\":%u}\n", help_random(9) ? "" : "\n", line++);
            if (round % 2 && text.n > 4)
                text.n -= help_random(4); /* frames that cut records, and lose a few bytes of them */
            help_pack(CODEC_ZSTD, text.p, text.n, &file);
            sbuf_free(&text);
        }
        const size_t at = help_random(file.n);
        file.p[at] ^= (char)(1 << help_random(8));
        const char *path = help_write("f", file.p, file.n);
        if (input_sniff(file.p, file.n) == CODEC_ZSTD) {
            const input_limits lim = { .chunk_bytes = 50, .max_record_bytes = 1 << 20, .damage = DAMAGE_SKIPS };
            help_result whole = help_read(path, UINT64_MAX, MEMBERS_NONE, &lim);
            for (uint64_t split = 1; split < 400; split += 23) {
                help_result r = help_read(path, split, MEMBERS_NONE, &lim);
                assert_int_equal(r.n, whole.n);
                assert_string_equal(sbuf_z(&r.text), sbuf_z(&whole.text));
                assert_string_equal(sbuf_z(&r.damage), sbuf_z(&whole.damage));
                assert_true(!r.n || !memcmp(r.nth, whole.nth, r.n * sizeof *r.nth));
                help_free(&r);
            }
            help_free(&whole);
        }
        sbuf_free(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),   cmocka_unit_test(test_zstd),  cmocka_unit_test(test_streamed_pieces),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_giant), cmocka_unit_test(test_damage_and_cuts),
    };
    return cmocka_run_group_tests(tests, help_setup, help_teardown);
}
