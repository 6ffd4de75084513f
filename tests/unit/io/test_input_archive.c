/* Archives: tar, zip, 7z, cpio, plain and compressed; texts and files of lines; truncation, damage, odd names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include "unit/io/input_help.h"

typedef struct member {
    const char *name;
    const void *data;
    size_t n;
    mode_t type; /* 0: a file */
} member;

/* The names of this file are UTF-8; the tests themselves run in whatever locale there is. */
static locale_t utf8, plain;

static la_ssize_t on_write(struct archive *a, void *u, const void *p, size_t n)
{
    (void)a;
    sbuf_add(u, p, n);
    return (la_ssize_t)n;
}

static void pack(const char *format, const member *v, size_t n, const char *password, sbuf *out)
{
    struct archive *a = archive_write_new();
    char seven[80] = { 0 };
    plain = uselocale(utf8);
    assert_int_equal(archive_write_set_format_by_name(a, format), ARCHIVE_OK);
    if (password) {
        assert_int_equal(archive_write_set_options(a, "zip:encryption=zipcrypt"), ARCHIVE_OK);
        archive_write_set_passphrase(a, password);
    }
    archive_write_set_bytes_per_block(a, 512);
    archive_write_set_bytes_in_last_block(a, 1);
    if (!strcmp(format, "7zip")) { /* seeks while it writes: through a file */
        snprintf(seven, sizeof seven, "%s/7z", help_dir);
        assert_int_equal(archive_write_open_filename(a, seven), ARCHIVE_OK);
    } else {
        assert_int_equal(archive_write_open(a, out, NULL, on_write, NULL), ARCHIVE_OK);
    }
    for (size_t i = 0; i < n; i++) {
        struct archive_entry *e = archive_entry_new();
        archive_entry_set_pathname(e, v[i].name);
        archive_entry_set_mode(e, (v[i].type ? v[i].type : AE_IFREG) | 0644);
        archive_entry_set_size(e, (la_int64_t)v[i].n);
        if (v[i].type == AE_IFLNK)
            archive_entry_set_symlink(e, "/etc/passwd");
        assert_true(archive_write_header(a, e) >= ARCHIVE_WARN);
        if (v[i].n)
            assert_int_equal(archive_write_data(a, v[i].data, v[i].n), v[i].n);
        archive_entry_free(e);
    }
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    uselocale(plain);
    if (*seven)
        assert_int_equal(fs_read_file(seven, 1 << 28, out), 0);
}

static help_result read_as(const sbuf *s, int members, uint64_t chunk, uint64_t max, int damage)
{
    const input_limits lim = { .chunk_bytes = chunk, .max_record_bytes = max, .damage = damage };
    return help_read(help_write("a", s->p, s->n), 1 << 20, members, &lim);
}

static const char *const formats[] = { "pax", "gnutar", "ustar", "zip", "7zip", "cpio", "newc" };
enum { FORMATS = sizeof formats / sizeof *formats };

static const member tree[] = {
    { "d", NULL, 0, AE_IFDIR },
    { "d/a.txt", "first\ntext", 10, 0 },
    { "d/link", NULL, 0, AE_IFLNK },
    { "__MACOSX/d/._a.txt", "junk", 4, 0 },
    { ".hidden/x", "junk", 4, 0 },
    { "d/.dot", "junk", 4, 0 },
    { "./d/../e.txt", "\xEF\xBB\xBFsecond", 9, 0 },
    { "/absolute", "third\r\n", 7, 0 },
    { "../../up", "", 0, 0 },
    { "\xC3\xA4.txt", "last", 4, 0 },
};
enum { TREE = sizeof tree / sizeof *tree };
#define TREE_TEXT "d/a.txt:first\ntext\n./d/../e.txt:second\n/absolute:third\r\n\n../../up:\n\xC3\xA4.txt:last\n"

static void test_text(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMATS; f++)
        for (uint64_t chunk = 1; chunk < 100000; chunk = chunk * 5 + 3) {
            sbuf s = { 0 };
            pack(formats[f], tree, TREE, NULL, &s);
            help_result r = read_as(&s, MEMBERS_TEXT, chunk, 1 << 20, DAMAGE_STOPS);
            assert_int_equal(r.result, INPUT_OK);
            assert_string_equal(sbuf_z(&r.damage), "");
            if (strcmp(formats[f], "7zip")) /* which puts empty members last */
                assert_string_equal(r.text.p, TREE_TEXT);
            assert_int_equal(r.n, 5);
            if (!strcmp(formats[f], "pax")) /* the number counts all entries */
                assert_true(r.nth[0] == hash_two(2, 0) && r.nth[4] == hash_two(10, 0));
            assert_int_equal(r.consumed, s.n);
            help_free(&r);
            sbuf_free(&s);
        }
}

static void test_compressed(void **state)
{
    (void)state;
    for (int c = CODEC_ZSTD; c <= CODEC_LZ4; c++) {
        sbuf tar = { 0 }, file = { 0 };
        pack("pax", tree, TREE, NULL, &tar);
        help_pack((input_codec)c, tar.p, 1000, &file); /* several frames */
        help_pack((input_codec)c, tar.p + 1000, tar.n - 1000, &file);
        help_result r = read_as(&file, MEMBERS_TEXT, 1 << 20, 1 << 20, DAMAGE_STOPS);
        assert_string_equal(sbuf_z(&r.damage), "");
        assert_string_equal(r.text.p, TREE_TEXT);
        assert_int_equal(r.consumed, file.n);
        help_free(&r);
        if (c == CODEC_GZIP) { /* a wrong CRC behind the last member is seen */
            file.p[file.n - 8] ^= 1;
            r = read_as(&file, MEMBERS_TEXT, 1 << 20, 1 << 20, DAMAGE_STOPS);
            assert_string_equal(r.text.p, TREE_TEXT);
            assert_int_equal(r.n_damage, 1);
            assert_non_null(strstr(r.damage.p, ": wrong CRC"));
            help_free(&r);
        }
        file.n -= 20;
        r = read_as(&file, MEMBERS_TEXT, 1 << 20, 1 << 20, DAMAGE_STOPS);
        assert_int_equal(r.n_damage, 1);
        assert_non_null(strstr(r.damage.p, " is cut off: "));
        help_free(&r);
        sbuf_free(&tar);
        sbuf_free(&file);
    }
}

static void test_lines(void **state)
{
    (void)state;
    sbuf gz = { 0 }, zst = { 0 };
    help_pack(CODEC_GZIP, "{2}\n{3", 6, &gz);
    help_pack(CODEC_GZIP, "3}\n\n", 4, &gz);
    help_pack(CODEC_ZSTD, "\xEF\xBB\xBF{5}\r\n{6}", 11, &zst);
    const member v[] = { { "a.jsonl", "{1}\n{11}", 8, 0 },
                         { "b.jsonl.gz", gz.p, gz.n, 0 },
                         { "empty.jsonl", "", 0, 0 },
                         { "c.json", zst.p, zst.n, 0 },
                         { ".x.jsonl", "{no}\n", 5, 0 } };
    for (size_t f = 0; f < FORMATS; f++)
        for (uint64_t chunk = 1; chunk < 100; chunk += 3) {
            sbuf s = { 0 };
            pack(formats[f], v, 5, NULL, &s);
            help_result r = read_as(&s, MEMBERS_LINES, chunk, 1 << 20, DAMAGE_STOPS);
            assert_string_equal(sbuf_z(&r.damage), "");
            assert_string_equal(r.text.p, "a.jsonl:{1}\na.jsonl:{11}\nb.jsonl.gz:{2}\nb.jsonl.gz:{33}\nb.jsonl.gz:\n"
                                          "c.json:{5}\nc.json:{6}\n");
            if (strcmp(formats[f], "7zip")) {
                assert_true(r.nth[1] == hash_two(1, 4) && r.nth[3] == hash_two(2, 4) && r.nth[4] == hash_two(2, 9));
                assert_true(r.nth[5] == hash_two(4, 0) && r.nth[6] == hash_two(4, 8));
            }
            help_free(&r);
            sbuf_free(&s);
        }
    sbuf_free(&gz);
    sbuf_free(&zst);
}

static void test_large_members(void **state)
{
    (void)state;
    char *big = malloc(3 << 20);
    assert_non_null(big);
    memset(big, 'b', 3 << 20);
    big[100] = '\n';
    const member v[] = { { "big", big, 3 << 20, 0 }, { "mid", big, 5000, 0 }, { "small", "s", 1, 0 } };
    for (size_t f = 0; f < FORMATS; f++) {
        sbuf s = { 0 };
        pack(formats[f], v, 3, NULL, &s);
        help_result r = read_as(&s, MEMBERS_TEXT, 1 << 20, 10000, DAMAGE_STOPS);
        assert_int_equal(r.large, 1);
        assert_memory_equal(r.text.p, "<LARGE 4096 0>\nmid:", 19);
        assert_int_equal(r.text.n, 15 + 4 + 5000 + 1 + 8);
        help_free(&r);
        r = read_as(&s, MEMBERS_TEXT, 1, 100, DAMAGE_STOPS);
        assert_string_equal(r.text.p, "<LARGE 4096 0>\n<LARGE 4096 0>\nsmall:s\n");
        help_free(&r);
        r = read_as(&s, MEMBERS_LINES, 1000, 200, DAMAGE_STOPS);
        assert_int_equal(r.large, 2);
        assert_int_equal(r.n, 5);
        assert_non_null(strstr(r.text.p, "\n<LARGE 4096 101>\nmid:"));
        help_free(&r);
        sbuf_free(&s);
    }
    free(big);
}

/* Cut anywhere: what came before is kept, and the cut is told. */
static void test_truncated(void **state)
{
    (void)state;
    char body[700];
    memset(body, 'q', sizeof body);
    const member v[] = { { "one", "1111", 4, 0 }, { "two", body, sizeof body, 0 }, { "three", "3333", 4, 0 } };
    for (size_t f = 0; f < FORMATS; f++) {
        sbuf s = { 0 }, cut = { 0 };
        pack(formats[f], v, 3, NULL, &s);
        const bool tar = f < 3;
        const size_t end = tar ? s.n - 512 : s.n; /* one block of zeros is enough */
        for (size_t n = 1; n < end; n += help_random(16) + 1) {
            for (int members = MEMBERS_TEXT; members <= MEMBERS_LINES; members++) {
                sbuf_clear(&cut);
                sbuf_add(&cut, s.p, n);
                help_result r = read_as(&cut, members, 1 << 20, 1 << 20, DAMAGE_STOPS);
                assert_int_equal(r.result, INPUT_OK);
                if (strcmp(formats[f], "zip") || r.n < 3) /* a zip that only lacks its directory may be whole */
                    assert_int_equal(r.n_damage, 1);
                if (tar && n >= 2048 + 512)
                    assert_memory_equal(sbuf_z(&r.text), "one:1111\n", 9);
                help_free(&r);
            }
        }
        sbuf_free(&s);
        sbuf_free(&cut);
    }
}

static void test_no_archive(void **state)
{
    (void)state;
    sbuf s = { 0 };
    sbuf_puts(&s, "{\"text\":\"no archive at all, and long enough to be looked at\"}\n");
    help_result r = read_as(&s, MEMBERS_TEXT, 1000, 1000, DAMAGE_STOPS);
    assert_int_equal(r.n, 0);
    assert_int_equal(r.n_damage, 1);
    assert_non_null(strstr(r.damage.p, "Unrecognized archive format"));
    help_free(&r);
    s.n = 0;
    r = read_as(&s, MEMBERS_TEXT, 1000, 1000, DAMAGE_STOPS); /* empty: nothing in it, nothing wrong */
    assert_true(r.n == 0 && r.n_damage == 0 && r.result == INPUT_OK);
    help_free(&r);
    sbuf_free(&s);
}

static void test_empty_member_alone(void **state)
{
    (void)state; /* an empty record has its 64 readable bytes too; help_walk reads them */
    sbuf s = { 0 };
    const member v[] = { { "nothing", "", 0, 0 } };
    pack("ustar", v, 1, NULL, &s);
    help_result r = read_as(&s, MEMBERS_TEXT, 1000, 1000, DAMAGE_STOPS);
    assert_string_equal(r.text.p, "nothing:\n");
    assert_int_equal(r.n_damage, 0);
    help_free(&r);
    sbuf_free(&s);
}

static void test_encrypted(void **state)
{
    (void)state;
    sbuf s = { 0 };
    const member v[] = { { "open", "1", 1, 0 }, { "secret.txt", "2", 1, 0 } };
    pack("zip", v, 2, "password", &s);
    help_result r = read_as(&s, MEMBERS_TEXT, 1000, 1000, DAMAGE_STOPS);
    assert_int_equal(r.n, 0);
    assert_int_equal(r.n_damage, 1);
    assert_non_null(strstr(r.damage.p, "member open: it is encrypted"));
    help_free(&r);
    r = read_as(&s, MEMBERS_TEXT, 1000, 1000, DAMAGE_SKIPS);
    assert_int_equal(r.n_damage, 2);
    help_free(&r);
    sbuf_free(&s);
}

/* Names and sentences count for a chunk: empty and broken members fill it no less than long ones. Members that are left
 * out cost nothing. */
static void test_chunks_of_names(void **state)
{
    (void)state;
    enum { MEMBERS = 500, NAME = 800 };
    static char names[MEMBERS][NAME + 1];
    static member v[MEMBERS];
    const input_limits lim = { .chunk_bytes = 64 << 10, .max_record_bytes = 1000, .damage = DAMAGE_SKIPS };
    static const struct {
        mode_t type;
        const char *password;
        size_t n, n_damage, chunks;
    } cases[] = {
        { AE_IFREG, NULL, MEMBERS, 0, MEMBERS * (NAME + 1) / (64 << 10) + 1 },
        { AE_IFREG, "password", 0, MEMBERS, MEMBERS * (2 * NAME + 50) / (64 << 10) + 1 },
        { AE_IFDIR, NULL, 0, 0, 1 },
    };
    for (size_t i = 0; i < MEMBERS; i++) {
        memset(names[i], 'n', NAME);
        snprintf(names[i], 5, "%04zu", i);
        names[i][4] = '-';
    }
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        sbuf s = { 0 };
        for (size_t i = 0; i < MEMBERS; i++)
            v[i] = (member){ names[i], "x", cases[k].password ? 1 : 0, cases[k].type };
        pack(cases[k].password ? "zip" : "pax", v, MEMBERS, cases[k].password, &s);
        help_result r = help_read(help_write("a", s.p, s.n), 1 << 20, MEMBERS_TEXT, &lim);
        assert_int_equal(r.n, cases[k].n);
        assert_int_equal(r.n_damage, cases[k].n_damage);
        assert_in_range(r.chunks, cases[k].chunks, cases[k].chunks + 2);
        help_free(&r);
        sbuf_free(&s);
    }
}

/* Wherever a bit flips in a format with checksums, the member that it is in is told and left out; the next one is read
 * if asked. */
static void test_flipped_bits(void **state)
{
    (void)state;
    char text[2000], expected[2100];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + help_random(26));
    const member v[] = { { "a", "fine", 4, 0 }, { "b", text, sizeof text, 0 }, { "c", "fine too", 8, 0 } };
    static const char *const checked[] = { "zip", "7zip" };
    snprintf(expected, sizeof expected, "a:fine\nb:%.2000s\nc:fine too\n", text);
    for (size_t f = 0; f < 2; f++) {
        sbuf s = { 0 };
        pack(checked[f], v, 3, NULL, &s);
        for (size_t at = 200; at < 1200; at += 11) { /* all of it data of the second member */
            s.p[at] ^= 1;
            help_result r = read_as(&s, MEMBERS_TEXT, 1 << 20, 1 << 20, DAMAGE_STOPS);
            assert_int_equal(r.n_damage, 1);
            assert_non_null(strstr(r.damage.p, " is damaged: member "));
            assert_true(!r.n || !strcmp(r.text.p, "a:fine\n"));
            help_free(&r);
            r = read_as(&s, MEMBERS_TEXT, 1 << 20, 1 << 20, DAMAGE_SKIPS);
            if (!strcmp(checked[f], "zip")) { /* the members of a 7z hang together */
                assert_string_equal(r.text.p, "a:fine\nc:fine too\n");
                assert_int_equal(r.n_damage, 1);
            }
            help_free(&r);
            s.p[at] ^= 1;
        }
        help_result r = read_as(&s, MEMBERS_TEXT, 1 << 20, 1 << 20, DAMAGE_STOPS);
        assert_string_equal(r.text.p, expected);
        help_free(&r);
        sbuf_free(&s);
    }
}

static void test_damaged_member(void **state)
{
    (void)state;
    sbuf s = { 0 };
    help_result r;
    sbuf gz = { 0 }; /* damage inside a member of a tar: the next member is read */
    help_pack(CODEC_GZIP, "{1}\n{2}\n", 8, &gz);
    gz.p[gz.n - 8] ^= 1;
    const member w[] = { { "x.jsonl.gz", gz.p, gz.n, 0 }, { "y.jsonl", "{3}", 3, 0 } };
    pack("ustar", w, 2, NULL, &s);
    r = read_as(&s, MEMBERS_LINES, 1 << 20, 1 << 20, DAMAGE_SKIPS);
    assert_string_equal(r.text.p, "x.jsonl.gz:{1}\nx.jsonl.gz:{2}\ny.jsonl:{3}\n");
    assert_int_equal(r.n_damage, 1);
    assert_non_null(strstr(r.damage.p, ": x.jsonl.gz is damaged: gzip member at byte 0: wrong CRC"));
    help_free(&r);
    r = read_as(&s, MEMBERS_LINES, 1 << 20, 1 << 20, DAMAGE_STOPS);
    assert_string_equal(r.text.p, "x.jsonl.gz:{1}\nx.jsonl.gz:{2}\n");
    assert_int_equal(r.n_damage, 1);
    help_free(&r);
    sbuf_free(&s);
    sbuf_free(&gz);
}

static void test_odd_names(void **state)
{
    (void)state;
    sbuf s = { 0 };
    const member v[] = { { "bad\xFF\xC3(name", "1", 1, 0 }, { "good", "2", 1, 0 } };
    pack("ustar", v, 2, NULL, &s);
    errno = ENOMEM; /* libarchive would take it for its own, and exit */
    help_result r = read_as(&s, MEMBERS_TEXT, 1 << 20, 1 << 20, DAMAGE_STOPS);
    assert_int_equal(r.n, 2);
    assert_int_equal(r.n_damage, 0);
    assert_int_equal(utf8_valid_prefix(r.text.p, r.text.n), r.text.n);
    assert_memory_equal(r.text.p, "bad\xEF\xBF\xBD", 6);
    help_free(&r);
    sbuf_free(&s);
}

static void test_concatenated(void **state)
{
    (void)state;
    sbuf s = { 0 };
    const member v[] = { { "a", "1", 1, 0 }, { "b", "2", 1, 0 } };
    pack("ustar", v, 1, NULL, &s);
    pack("ustar", v + 1, 1, NULL, &s);
    help_result r = read_as(&s, MEMBERS_TEXT, 1 << 20, 1 << 20, DAMAGE_STOPS);
    assert_string_equal(r.text.p, "a:1\nb:2\n");
    assert_int_equal(r.n_damage, 0);
    help_free(&r);
    sbuf_free(&s);
}

static void test_stdin(void **state)
{
    (void)state;
    static const char *const streamable[] = { "pax", "zip", "cpio" };
    for (size_t i = 0; i < 3; i++) {
        sbuf s = { 0 };
        pack(streamable[i], tree, TREE, NULL, &s);
        const int in = open(help_write("in", s.p, s.n), O_RDONLY), kept = dup(STDIN_FILENO);
        assert_true(in >= 0 && dup2(in, STDIN_FILENO) == STDIN_FILENO);
        help_result r = help_read("-", 1, MEMBERS_TEXT, NULL);
        assert_string_equal(sbuf_z(&r.damage), "");
        if (i == 1) /* without its directory a zip does not tell links */
            assert_non_null(strstr(r.text.p, "d/a.txt:first\ntext\n"));
        else
            assert_string_equal(r.text.p, TREE_TEXT);
        help_free(&r);
        dup2(kept, STDIN_FILENO);
        close(kept);
        close(in);
        sbuf_free(&s);
    }
}

int main(void)
{
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    assert_true(utf8 != (locale_t)0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_compressed),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_large_members),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_no_archive),
        cmocka_unit_test(test_encrypted),
        cmocka_unit_test(test_damaged_member),
        cmocka_unit_test(test_chunks_of_names),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_odd_names),
        cmocka_unit_test(test_concatenated),
        cmocka_unit_test(test_empty_member_alone),
        cmocka_unit_test(test_stdin),
    };
    const int failed = cmocka_run_group_tests(tests, help_setup, help_teardown);
    freelocale(utf8);
    return failed;
}
