/* Public suffixes out of a file: which names are some, how they are in ASCII, and that none is lost where memory ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "stage_mock.h"
#include "suffixes.h"
#include "text/utf8.h"

static const char list[] = "foo\n" /* before any section */
                           "// ===BEGIN ICANN DOMAINS===\n"
                           "com   what follows is none\r\n"
                           "  co.uk\n"
                           "*.ck\n"
                           "!www.ck\n"
                           "*wrong\n"
                           "公司.cn\n"
                           "aéroport.ci\n"
                           "рф\n"
                           "*.中国.рф\n"
                           "// ===END ICANN DOMAINS===\n"
                           "// ===BEGIN PRIVATE DOMAINS===\n"
                           "blogspot.com\n"
                           "// ===END PRIVATE DOMAINS===\n";

static const char *file_of(const char *text, size_t n)
{
    static char path[] = "suffixes-XXXXXX";
    strcpy(path, "suffixes-XXXXXX");
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), n);
    close(fd);
    return path;
}

static int open_list(const char *text, mock **m, suffixes *s)
{
    const char *path = file_of(text, strlen(text));
    *m = mock_new();
    mock_quiet(*m);
    const int ret = suffixes_open(mock_ctx(*m), path, s);
    unlink(path);
    return ret;
}

static void names(void **state)
{
    static const struct {
        const char *name;
        bool has, any;
    } cases[] = {
        { "com", true, false },
        { "co.uk", true, false },
        { "uk", false, false },
        { "foo", false, false },
        { "blogspot.com", false, false },
        { "wrong", false, false },
        { "ck", true, true },
        { "a.ck", true, false },
        { "www.ck", false, false },
        { "b.a.ck", false, false },
        { "公司.cn", true, false },
        { "xn--55qx5d.cn", true, false },
        { "xn--aroport-bya.ci", true, false },
        { "xn--p1ai", true, false },
        { "рф", true, false },
        { "中国.рф", true, true },
        { "xn--fiqs8s.xn--p1ai", true, true },
        { "a.xn--fiqs8s.xn--p1ai", true, false },
        { "", false, false },
    };
    mock *m;
    suffixes s = { 0 };
    (void)state;
    assert_int_equal(open_list(list, &m, &s), SL_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (suffixes_has(&s, cases[i].name) != cases[i].has || suffixes_any(&s, cases[i].name) != cases[i].any)
            fail_msg("%s", cases[i].name);
    assert_int_equal(s.rules.entries, 8); /* three of them twice, as they are in ASCII */
    assert_int_equal(s.any.entries, 3);
    assert_int_equal(s.not .entries, 1);
    suffixes_free(&s);
    mock_free(m);
}

/* Rules and labels that are longer than a name can be. */
static void too_long(void **state)
{
    char text[400] = "// ===BEGIN ICANN DOMAINS===\ncom\n";
    mock *m;
    suffixes s = { 0 };
    (void)state;
    for (int i = 0; i < SUFFIX_MOST + 1; i++)
        strcat(text, "a");
    strcat(text, "\n");
    for (uint32_t i = 0; i < SUFFIX_MOST / 4; i++) { /* code points far apart take many digits each */
        char utf8[5] = "";
        utf8_put(utf8, 0x10000 + 0x5000 * i);
        strcat(text, utf8);
    }
    strcat(text, "\n");
    assert_int_equal(open_list(text, &m, &s), SL_OK);
    assert_int_equal(s.rules.entries, 2); /* com, and the last one as it is */
    suffixes_free(&s);
    mock_free(m);
}

static void refused(void **state)
{
    mock *m;
    suffixes s = { 0 };
    (void)state;
    assert_int_equal(open_list("// ===BEGIN PRIVATE DOMAINS===\ncom\n", &m, &s), SL_E_CONFIG);
    assert_non_null(strstr(m->error, "lists no public suffixes"));
    suffixes_free(&s);
    mock_free(m);
    m = mock_new();
    mock_quiet(m);
    assert_int_equal(suffixes_open(mock_ctx(m), "no such file", &s), SL_E_CONFIG);
    assert_non_null(strstr(m->error, "no such file: No such file or directory"));
    mock_free(m);
}

static void memory_ends(void **state)
{
    int ret = SL_E_NOMEM;
    unsigned failed = 0;
    (void)state;
    for (; ret == SL_E_NOMEM; failed++) {
        mock *m;
        suffixes s = { 0 };
        mock_allocations = failed + 1;
        ret = open_list(list, &m, &s);
        mock_allocations = UINT32_MAX;
        suffixes_free(&s);
        mock_free(m);
        assert_true(failed < 40);
    }
    assert_int_equal(ret, SL_OK);
    assert_true(failed > 6); /* the lines, their table, three tables of rules */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(too_long),
        cmocka_unit_test(refused),
        cmocka_unit_test(memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
