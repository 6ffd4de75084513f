/* What refine.unicode makes of texts: each rule alone, all together, and twice. */
#include "unit/text/text_test.h"
#include <stdio.h>
#include "../alloc_fails.h"
#include "characters.h"
#include "unit/text/text_random.h"

static const char_rules nothing = { .max_blank_lines = -1 };
static const char_rules defaults = { .normalize = true,
                                     .form = TEXT_NFC,
                                     .controls = true,
                                     .trailing_space = true,
                                     .line_ends = LINE_ENDS_ALL,
                                     .zero_width = ZERO_WIDTH_SPACES,
                                     .max_blank_lines = 2 };
static char_work work;

static sl_str slack(const char *p, size_t n) { return sample_before(p, n, ' '); }

/* want NULL: the text stays, and the pointer with it. */
static void becomes(const char_rules *r, const char *in, size_t n, const char *want, int rule, uint64_t times)
{
    const sl_str t = slack(in, n), now = refine_chars(r, t, &work);
    assert_non_null(now.p);
    if (!want) {
        assert_ptr_equal(now.p, t.p);
        assert_int_equal(now.n, t.n);
    } else if (now.n != strlen(want) || memcmp(now.p, want, now.n) != 0) {
        fail_msg("'%s' became '%.*s', wanted is '%s'", in, (int)now.n, now.p, want);
    }
    for (int i = 0; i < CHAR_COUNTS; i++)
        if (work.counts[i] != (i == rule ? times : 0))
            fail_msg("'%s': rule %d counted %d", in, i, (int)work.counts[i]);
}
#define BECOMES(r, in, want, rule, times) becomes(r, in, sizeof in - 1, want, rule, times)
#define STAYS(r, in)                      becomes(r, in, sizeof in - 1, NULL, -1, 0)

static void test_nothing(void **u)
{
    (void)u;
    STAYS(&nothing, "e\u0301 \u200B\u00AD\uFEFF\x01\x7F\r\n \r \u2028 \n\n\n\n\n ");
    STAYS(&defaults, "Plain text, \u00E9 and \u4E2D\u6587.\n\n\n\tindented\na");
    STAYS(&defaults, "\n\n");
}

static void test_controls(void **u)
{
    (void)u;
    char_rules r = nothing;
    r.controls = true;
    BECOMES(&r,
            "a\x01"
            "b\x7F"
            "c\xC2\x80"
            "\xC2\x9F"
            "\td\n",
            "abc\td\n", CHARS_CONTROLS, 4);
    BECOMES(&r, "a\0b", "ab", CHARS_CONTROLS, 1);
    BECOMES(&r,
            "a\vb\fc\x1C"
            "d\x1F"
            "e\xC2\x85"
            "f",
            "a b c d e f", CHARS_CONTROLS, 5);
    STAYS(&r, "a\r\nb\rc \u00A0\u2028");
}

static void test_line_ends(void **u)
{
    (void)u;
    char_rules r = nothing;
    r.line_ends = LINE_ENDS_CR;
    BECOMES(&r, "a\r\nb\rc\nd\r\r\n\r", "a\nb\nc\nd\n\n\n", CHARS_LINE_ENDS, 5);
    STAYS(&r, "a\vb\u2028c");
    r.line_ends = LINE_ENDS_ALL;
    BECOMES(&r,
            "a\r\nb\vc\fd\x1C\x1D\x1E\xC2\x85"
            "\u2028\u2029z\x1F",
            "a\nb\nc\nd\n\n\n\n\n\nz\x1F", CHARS_LINE_ENDS, 9);
}

static void test_zero_width(void **u)
{
    (void)u;
    char_rules r = nothing;
    r.zero_width = ZERO_WIDTH_SPACES;
    BECOMES(&r, "\uFEFFa\u200Bb\u2060c\u200C\u200D", "abc\u200C\u200D", CHARS_ZERO_WIDTH, 3);
    r.zero_width = ZERO_WIDTH_ALL;
    BECOMES(&r, "\uFEFFa\u200Bb\u2060c\u200C\u200D\u200E", "abc\u200E", CHARS_ZERO_WIDTH, 5);
    r = nothing;
    r.soft_hyphens = true;
    BECOMES(&r, "syl\u00ADla\u00ADble \u2010", "syllable \u2010", CHARS_SOFT_HYPHENS, 2);
}

static void test_forms(void **u)
{
    (void)u;
    char_rules r = nothing;
    r.normalize = true;
    BECOMES(&r, "Cafe\u0301", "Caf\u00E9", CHARS_NORMALIZED, 1);
    STAYS(&r, "\u0301 q\u0301 \uFB01"); /* normal, though it takes a second look */
    r.form = TEXT_NFKC;
    BECOMES(&r, "\uFB01n\u00A0\u00B2", "fin 2", CHARS_NORMALIZED, 1);
    r.form = TEXT_NFD;
    BECOMES(&r, "Caf\u00E9", "Cafe\u0301", CHARS_NORMALIZED, 1);
    r.form = TEXT_NFKD;
    BECOMES(&r, "\uFB01\u00E9", "fie\u0301", CHARS_NORMALIZED, 1);
    r.form = TEXT_NFC;
    r.zero_width = ZERO_WIDTH_SPACES; /* goes before the form is made */
    const sl_str now = refine_chars(&r, slack("e\u200B\u0301", 6), &work);
    assert_int_equal(now.n, 2);
    assert_memory_equal(now.p, "\u00E9", 2);
}

static void test_lines(void **u)
{
    (void)u;
    char_rules r = nothing;
    r.trailing_space = true;
    BECOMES(&r, "a \t\n b\u3000\u00A0\nc\n  \nd ", "a\n b\nc\n\nd", CHARS_TRAILING, 4);
    STAYS(&r, "a \u2028\nb \r\nc"); /* other ends of lines stay, and what is before them */
    r = nothing;
    r.max_blank_lines = 1;
    BECOMES(&r, "\n\n\na\n\nb\n\n\n\nc\n\n\n", "\na\n\nb\n\nc\n\n", CHARS_BLANK_LINES, 5);
    STAYS(&r, "a\n \n \n \nb"); /* not empty */
    r.max_blank_lines = 0;
    BECOMES(&r, "\na\n\nb\n", "a\nb\n", CHARS_BLANK_LINES, 2);
    r.trailing_space = true;
    r.max_blank_lines = 1;
    const sl_str now = refine_chars(&r, slack("a\n \n\t\n \nb", 9), &work);
    assert_int_equal(now.n, 4);
    assert_memory_equal(now.p, "a\n\nb", 4);
    assert_int_equal(work.counts[CHARS_TRAILING], 1);
    assert_int_equal(work.counts[CHARS_BLANK_LINES], 2);
}

/* Long enough for blocks, with the odd one at each place. */
static void test_places(void **u)
{
    (void)u;
    char in[200], want[200];
    for (size_t at = 0; at < sizeof in; at++) {
        memset(in, 'x', sizeof in);
        memset(want, 'x', sizeof want);
        in[at] = at % 2 ? 0x7F : 1;
        const sl_str now = refine_chars(&defaults, slack(in, sizeof in), &work);
        assert_int_equal(now.n, sizeof in - 1);
        assert_memory_equal(now.p, want, now.n);
        in[at] = ' ';
        assert_int_equal(refine_chars(&defaults, slack(in, sizeof in), &work).n, sizeof in - (at == sizeof in - 1));
    }
}

/* Refined once more, a text stays, under any rules. */
static void test_twice(void **u)
{
    (void)u;
    static char in[300];
    static const uint32_t odd[] = { '\r',  '\n', '\n', ' ',    1,      0x85, 0x200B, 0xFEFF, 0xAD,
                                    0x301, 'e',  '\t', 0x2028, 0x200D, 0xA0, 0xFB01, 0x1100, 0x1161 };
    uint64_t x = 5;
    for (int i = 0; i < 60000; i++) {
        const uint64_t k = random_next(&x);
        const char_rules r = { .normalize = k & 1,
                               .form = (text_form)(k >> 1 & 3),
                               .controls = k >> 3 & 1,
                               .soft_hyphens = k >> 4 & 1,
                               .trailing_space = k >> 5 & 1,
                               .line_ends = (uint32_t)(k >> 6) % 3,
                               .zero_width = (uint32_t)(k >> 9) % 3,
                               .max_blank_lines = (int64_t)(k >> 12 & 3) - 1 };
        uint32_t n = 0;
        if (i & 1)
            n = random_text(&x, in, 200);
        else
            while (n < 60)
                n += utf8_put(in + n, odd[random_next(&x) % (sizeof odd / sizeof *odd)]);
        const sl_str once = refine_chars(&r, slack(in, n), &work);
        assert_non_null(once.p);
        assert_int_equal(text_utf8_valid(once.p, once.n), once.n);
        const sl_str t = slack(once.p, once.n), twice = refine_chars(&r, t, &work);
        if (twice.n != t.n || memcmp(twice.p, t.p, t.n) != 0)
            fail_msg("text %d changes again", i);
        for (int c = 0; c < CHAR_COUNTS; c++)
            assert_int_equal(work.counts[c], 0);
    }
}

/* Each buffer that a text needs fails once. */
static void test_no_memory(void **u)
{
    (void)u;
    const sl_str t = slack("a\x01 e\u0301 \n", 8);
    long failed = 0;
    for (bool more = true; more; failed++) {
        char_work_free(&work);
        work = (char_work){ 0 };
        alloc_fail_at(failed);
        const sl_str now = refine_chars(&defaults, t, &work);
        more = alloc_failed();
        assert_int_equal(now.p != NULL, !more);
    }
    assert_true(failed > 3);
}

static int free_work(void **u)
{
    (void)u;
    char_work_free(&work);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),    cmocka_unit_test(test_controls), cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_zero_width), cmocka_unit_test(test_forms),    cmocka_unit_test(test_lines),
        cmocka_unit_test(test_places),     cmocka_unit_test(test_twice),    cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, free_work);
}
