/* Lists in files, the table they make, and the hosts of URLs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "list_file.h"
#include "stage_mock.h"
#include "url_host.h"

/* ---- hosts ---- */

static void hosts(void **state)
{
    static const struct {
        const char *url, *host, *stripped; /* stripped NULL: the same */
    } cases[] = {
        { "http://example.com/a/b", "example.com", NULL },
        { "  HTTPS://Example.COM  ", "example.com", NULL },
        { "example.com", "example.com", NULL },
        { "example.com/http://other.org", "example.com", NULL },
        { "//example.com", "example.com", NULL },
        { "//example.com:80", "example.com", NULL },
        { "http://example.com:", "example.com", NULL },
        { "http://example.com..", "example.com", NULL },
        { "http://user:pa@ss@example.com:8080?x", "example.com", NULL },
        { "http://example.com#@other.org", "example.com", NULL },
        { "http://example.com\\@other.org", "example.com", NULL },
        { "http://www.example.com", "www.example.com", "example.com" },
        { "http://WWW.example.com", "www.example.com", "example.com" },
        { "http://www.com", "www.com", NULL },
        { "http://www.", "www", NULL },
        { "http://b\xC3\xBC"
          "cher.de",
          "b\xC3\xBC"
          "cher.de",
          NULL },
        { "svn+ssh://h.x-y.z/", "h.x-y.z", NULL },
        { "http://[2001:DB8::1]:80/", "[2001:db8::1]", NULL },
        { "http://127.0.0.1:80/", "127.0.0.1", NULL },
        { "", "", NULL },
        { "http://", "", NULL },
        { "http:///x", "", NULL },
        { "http://:80", "", NULL },
        { "http://.", "", NULL },
        { "http://.example.com", "", NULL },
        { "http://a..b", "", NULL },
        { "http://a b.com", "", NULL },
        { "http://a\tb.com", "", NULL },
        { "mailto:x", "", NULL },
        { "javascript:void(0)", "", NULL },
        { "http://[::1", "", NULL },
        { "http://[::[1]", "", NULL },
        { "http://a:b:80/", "", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        for (unsigned strip = 0; strip < 2; strip++) {
            char out[HOST_MAX + 1];
            const char *want = strip && cases[i].stripped ? cases[i].stripped : cases[i].host;
            const size_t n = url_host(cases[i].url, strlen(cases[i].url), strip, out);
            out[n] = '\0';
            assert_string_equal(out, want);
        }
}

static void long_hosts(void **state)
{
    char url[HOST_MAX + 2], out[HOST_MAX];
    (void)state;
    memset(url, 'a', sizeof(url));
    assert_int_equal(url_host(url, HOST_MAX, false, out), HOST_MAX);
    assert_int_equal(url_host(url, HOST_MAX + 1, false, out), 0);
    url[HOST_MAX] = '.';
    assert_int_equal(url_host(url, HOST_MAX + 1, false, out), HOST_MAX);
}

static void parents(void **state)
{
    (void)state;
    assert_int_equal(host_parent("a.b.c", 5, 0), 2);
    assert_int_equal(host_parent("a.b.c", 5, 2), 4);
    assert_int_equal(host_parent("a.b.c", 5, 4), 5);
    assert_int_equal(host_parent("1.2.3.4", 7, 0), 7);
    assert_int_equal(host_parent("4a.b4", 5, 0), 3);
    assert_int_equal(host_parent("[1.2]", 5, 0), 5);
}

/* ---- the table ---- */

static bool has(const list_table *t, const char *p, size_t n)
{
    sl_str entry;
    const bool found = list_find(t, list_ask(t, p, n), p, n, &entry);
    if (found) {
        assert_int_equal(entry.n, n);
        assert_memory_equal(entry.p, p, n);
    }
    return found;
}

static void many_entries(void **state)
{
    enum { N = 300000 };
    char text[32];
    uint64_t bytes = 0;
    list_table t = { 0 };
    (void)state;
    for (unsigned i = 0; i < N; i++) {
        const int n = snprintf(text, sizeof(text), "entry-%u", i);
        bytes += (uint64_t)n;
        assert_true(list_add(&t, text, (size_t)n));
    }
    assert_true(list_seal(&t));
    assert_int_equal(t.entries, N);
    assert_true(list_memory(&t) < bytes + 24 * (uint64_t)N);
    assert_true(list_memory(&t) < bytes + 13 * (uint64_t)N); /* a slot at 70 %, and a byte of length */
    for (unsigned i = 0; i < 2 * N; i++) {
        const int n = snprintf(text, sizeof(text), "entry-%u", i);
        assert_int_equal(has(&t, text, (size_t)n), i < N);
    }
    list_free(&t);
}

/* Repeated ones go, and what stands behind them is still found; lengths of one, two and three bytes. */
static void lengths(void **state)
{
    static const size_t sizes[] = { 1, 127, 128, 129, 16383, 16384, LIST_ENTRY_MAX };
    enum { SIZES = sizeof(sizes) / sizeof(*sizes) };
    (void)state;
    char *text = malloc(LIST_ENTRY_MAX);
    list_table t = { 0 };
    assert_non_null(text);
    memset(text, 'x', LIST_ENTRY_MAX);
    for (unsigned i = 0; i < 3 * SIZES; i++)
        assert_true(list_add(&t, text, sizes[i % SIZES]));
    assert_true(list_add(&t, "last", 4));
    assert_true(list_seal(&t));
    assert_int_equal(t.added, 3 * SIZES + 1);
    assert_int_equal(t.entries, SIZES + 1);
    for (unsigned i = 0; i < SIZES; i++) {
        assert_true(has(&t, text, sizes[i]));
        assert_false(has(&t, text, sizes[i] + (sizes[i] < LIST_ENTRY_MAX ? 5 : (size_t)-1)));
    }
    assert_true(has(&t, "last", 4));
    assert_false(has(&t, "", 0));
    list_free(&t);
    free(text);
}

/* Some of them run on from the last slot to the first. */
static void small_tables(void **state)
{
    (void)state;
    for (unsigned size = 1; size < 300; size++) {
        list_table t = { 0 };
        char text[32];
        for (unsigned i = 0; i < size; i++)
            assert_true(list_add(&t, text, (size_t)snprintf(text, sizeof(text), "%u-%u", size, i)));
        assert_true(list_seal(&t));
        for (unsigned i = 0; i < 2 * size; i++)
            assert_int_equal(has(&t, text, (size_t)snprintf(text, sizeof(text), "%u-%u", size, i)), i < size);
        list_free(&t);
    }
}

static void empty_table(void **state)
{
    list_table t = { 0 };
    (void)state;
    assert_true(list_seal(&t));
    assert_int_equal(t.entries, 0);
    assert_false(has(&t, "", 0));
    assert_false(has(&t, "a", 1));
    list_free(&t);
}

/* ---- files ---- */

static char path[] = "test_filter_list.tmp";

static int read_bytes(uint32_t match, const void *p, size_t n, list_table *t, mock **m)
{
    FILE *f = fopen(path, "wb");
    uint64_t hash = 0;
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    *t = (list_table){ 0 };
    *m = mock_new();
    const list_spec spec = { .path = path, .match = match };
    const int ret = list_read(mock_ctx(*m), &spec, t, &hash);
    unlink(path);
    if (ret < 0 || list_seal(t))
        return ret;
    return (mock_ctx(*m)->host->fail)(mock_ctx(*m), SL_E_NOMEM, "out of memory");
}

static void lines(void **state)
{
    static const char text[] = "\xEF\xBB\xBF"
                               "a\r\n\n\r\nb\nb\n c \r\nd\rd\nlast";
    list_table t;
    mock *m;
    (void)state;
    assert_int_equal(read_bytes(LIST_EXACT, text, sizeof(text) - 1, &t, &m), SL_OK);
    assert_int_equal(t.added, 6);
    assert_int_equal(t.entries, 5);
    assert_true(has(&t, "a", 1) && has(&t, "b", 1) && has(&t, " c ", 3) && has(&t, "d\rd", 3) && has(&t, "last", 4));
    list_free(&t);
    mock_free(m);
}

/* Lines of many lengths, so that reads end at every place in a line. */
static void across_reads(void **state)
{
    enum { N = 12000 };
    (void)state;
    char *text = malloc((size_t)N * 700), *p = text;
    assert_non_null(text);
    for (unsigned i = 0; i < N; i++)
        p += sprintf(p, "%u:%0*u\n", i, (int)(i % 613 + 1), i);
    list_table t;
    mock *m;
    assert_int_equal(read_bytes(LIST_EXACT, text, (size_t)(p - text), &t, &m), SL_OK);
    assert_int_equal(t.entries, N);
    const char *at = text;
    for (unsigned i = 0; i < N; i++) {
        const char *end = strchr(at, '\n');
        assert_true(has(&t, at, (size_t)(end - at)));
        at = end + 1;
    }
    list_free(&t);
    mock_free(m);
    free(text);
}

static void longest_line(void **state)
{
    list_table t;
    mock *m;
    (void)state;
    char *text = malloc(LIST_ENTRY_MAX + 8), message[128];
    assert_non_null(text);
    memcpy(text, "a\n\n", 3);
    memset(text + 3, 'x', LIST_ENTRY_MAX);
    memcpy(text + 3 + LIST_ENTRY_MAX, "\r\nz", 3);
    assert_int_equal(read_bytes(LIST_EXACT, text, LIST_ENTRY_MAX + 6, &t, &m), SL_OK);
    assert_int_equal(t.entries, 3);
    assert_true(has(&t, text + 3, LIST_ENTRY_MAX));
    list_free(&t);
    mock_free(m);
    text[LIST_ENTRY_MAX + 3] = 'x'; /* one more, with a line end and without */
    snprintf(message, sizeof(message), "%s, line 3 is longer than 1048576 bytes", path);
    for (size_t less = 0; less < 3; less += 2) {
        assert_int_equal(read_bytes(LIST_EXACT, text, LIST_ENTRY_MAX + 6 - less, &t, &m), SL_E_CONFIG);
        assert_string_equal(m->error, message);
        list_free(&t);
        mock_free(m);
    }
    free(text);
}

/* The buffer is full, and all but the \n of the longest line is in it. */
static void longest_line_at_a_read(void **state)
{
    enum { BEFORE = LIST_ENTRY_MAX + 1 };
    list_table t;
    mock *m;
    (void)state;
    char *text = malloc(BEFORE + LIST_ENTRY_MAX + 2);
    assert_non_null(text);
    for (unsigned i = 0; i < BEFORE; i++)
        text[i] = i == 2 || (i > 2 && i % 2 == 0) ? '\n' : 'a'; /* aa, and then a */
    memset(text + BEFORE, 'x', LIST_ENTRY_MAX);
    memcpy(text + BEFORE + LIST_ENTRY_MAX, "\r\n", 2);
    assert_int_equal(text[BEFORE - 1], '\n');
    assert_int_equal(read_bytes(LIST_EXACT, text, BEFORE + LIST_ENTRY_MAX + 2, &t, &m), SL_OK);
    assert_int_equal(t.entries, 3);
    assert_true(has(&t, text + BEFORE, LIST_ENTRY_MAX));
    list_free(&t);
    mock_free(m);
    free(text);
}

static void refused(void **state)
{
    static const struct {
        const char *bytes, *says;
        size_t n;
    } cases[] = {
        { "\x28\xB5\x2F\xFD....", "compressed (zstd)", 8 },
        { "\x1F\x8B\x08", "compressed (gzip)", 3 },
        { "\xFD\x37zXZ\0", "compressed (xz)", 6 },
        { "BZh91AY&SYxxxxxxxx", "compressed (bzip2)", 18 },
        { "\x04\x22\x4D\x18", "compressed (lz4)", 4 },
        { "\xFF\xFE"
          "a\0",
          "UTF-16", 4 },
        { "\xFE\xFF\0a", "UTF-16", 4 },
    };
    char message[128];
    list_table t;
    mock *m;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(read_bytes(LIST_EXACT, cases[i].bytes, cases[i].n, &t, &m), SL_E_CONFIG);
        snprintf(message, sizeof(message), "%s is %s; a list is plain text in UTF-8", path, cases[i].says);
        assert_string_equal(m->error, message);
        list_free(&t);
        mock_free(m);
    }
    assert_int_equal(read_bytes(LIST_HOST, "a.com\n\n.b.com\n", 14, &t, &m), SL_E_CONFIG);
    snprintf(message, sizeof(message), "%s, line 3: '.b.com' is no host", path);
    assert_string_equal(m->error, message);
    list_free(&t);
    mock_free(m);
}

/* Texts without what stands around them, and words. */
static void other_entries(void **state)
{
    static const char text[] = " a b \t\n\xE3\x80\x80"
                               "c\xC2\xA0\r\n \n#d\n";
    static const char words[] = "Free-Gold 7\r\n--\n#X\n\xC3\xA9Z";
    char message[64];
    list_table t;
    mock *m;
    sl_str entry;
    uint64_t at = 0;
    (void)state;
    assert_int_equal(read_bytes(LIST_STRIPPED, text, sizeof(text) - 1, &t, &m), SL_OK);
    assert_int_equal(t.entries, 3);
    assert_true(has(&t, "a b", 3) && has(&t, "c", 1) && has(&t, "#d", 2));
    list_free(&t);
    mock_free(m);
    assert_int_equal(read_bytes(LIST_WORD, words, sizeof(words) - 1, &t, &m), SL_OK);
    assert_int_equal(t.entries, 3);
    assert_true(list_next(&t, &at, &entry) && entry.n == 9 && !memcmp(entry.p, "freegold7", 9));
    assert_true(list_next(&t, &at, &entry) && entry.n == 1 && *entry.p == 'x');
    assert_true(list_next(&t, &at, &entry) && entry.n == 1 && *entry.p == 'z');
    assert_false(list_next(&t, &at, &entry));
    list_free(&t);
    mock_free(m);
    for (uint32_t match = LIST_EXACT; match <= LIST_WORD; match++) {
        assert_int_equal(read_bytes(match, "a\n\xC3\n", 4, &t, &m), SL_E_CONFIG);
        snprintf(message, sizeof(message), "%s, line 2 is not UTF-8", path);
        assert_string_equal(m->error, message);
        list_free(&t);
        mock_free(m);
    }
}

/* Several files are one list; each has something in it. */
static void several_files(void **state)
{
    static const char *const names[] = { "test_filter_list_1.tmp", "test_filter_list_2.tmp" };
    static const char *const contents[] = { "# a\nb\nc\n", "c\nd" };
    list_table t = { 0 };
    mock *m = mock_new();
    const list_spec spec = { .match = LIST_EXACT, .comments = true };
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        FILE *f = fopen(names[i], "w");
        assert_non_null(f);
        assert_true(fputs(contents[i], f) >= 0);
        assert_int_equal(fclose(f), 0);
    }
    assert_int_equal(list_read_all(mock_ctx(m), spec, (sl_many){ names, 2 }, &t), SL_OK);
    assert_int_equal(t.entries, 3);
    assert_true(has(&t, "b", 1) && has(&t, "c", 1) && has(&t, "d", 1) && !has(&t, "# a", 3));
    list_free(&t);
    assert_int_equal(list_read_all(mock_ctx(m), spec, (sl_many){ 0 }, &t), SL_OK);
    assert_int_equal(t.entries, 0);
    assert_false(has(&t, "b", 1));
    list_free(&t);
    FILE *f = fopen(names[1], "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(list_read_all(mock_ctx(m), spec, (sl_many){ names, 2 }, &t), SL_E_CONFIG);
    assert_string_equal(m->error, "test_filter_list_2.tmp lists nothing");
    unlink(names[0]);
    unlink(names[1]);
    list_free(&t);
    mock_free(m);
}

static void no_file(void **state)
{
    uint64_t hash;
    list_table t = { 0 };
    mock *m = mock_new();
    (void)state;
    const list_spec missing = { .path = "no/such/file" }, folder = { .path = "." };
    assert_int_equal(list_read(mock_ctx(m), &missing, &t, &hash), SL_E_CONFIG);
    assert_string_equal(m->error, "cannot open no/such/file: No such file or directory");
    mock_quiet(m);
    assert_int_equal(list_read(mock_ctx(m), &folder, &t, &hash), SL_E_IO);
    assert_string_equal(m->error, "cannot read .: Is a directory");
    list_free(&t);
    mock_free(m);
}

/* Every allocation fails in turn. */
static void memory_ends(void **state)
{
    enum { N = 2000 };
    char text[N * 16], *p = text;
    unsigned failed = 0;
    (void)state;
    for (unsigned i = 0; i < N; i++)
        p += sprintf(p, "%u.org\n", i);
    for (int ret = SL_E_NOMEM; ret < 0; failed++) {
        list_table t;
        mock *m;
        mock_allocations = failed + 1;
        ret = read_bytes(failed % 2 ? LIST_HOST : LIST_EXACT, text, (size_t)(p - text), &t, &m);
        mock_allocations = UINT32_MAX;
        assert_true(ret == SL_OK || (ret == SL_E_NOMEM && !strcmp(m->error, "out of memory")));
        list_free(&t);
        mock_free(m);
        assert_true(failed < 100);
    }
    assert_in_range(failed, 5, 20); /* the buffer, the hash, a block that grows, the table; shrinking it may fail */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts),
        cmocka_unit_test(long_hosts),
        cmocka_unit_test(parents),
        cmocka_unit_test(many_entries),
        cmocka_unit_test(lengths),
        cmocka_unit_test(empty_table),
        cmocka_unit_test(small_tables),
        cmocka_unit_test(lines),
        cmocka_unit_test(across_reads),
        cmocka_unit_test(longest_line),
        cmocka_unit_test(longest_line_at_a_read),
        cmocka_unit_test(refused),
        cmocka_unit_test(other_entries),
        cmocka_unit_test(several_files),
        cmocka_unit_test(no_file),
        cmocka_unit_test(memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
