/* Classes of code points: their members, by number and sum, and some by name. */
#include "text_samples.h"
#include "text/unicode.h"

static void class_is(const char *name, uint32_t bit, uint64_t n, uint64_t sum)
{
    uint64_t got = 0, got_sum = 0;
    for (uint32_t c = 0; c < 0x110000; c++)
        if (text_class(c) & bit) {
            got++;
            got_sum += c;
        }
    if (got != n || got_sum != sum)
        fail_msg("%s: %lu code points, wanted are %lu, or others", name, (unsigned long)got, (unsigned long)n);
}

static void test_classes(void **u)
{
    (void)u;
#define X(name, n, sum) class_is(#name, TEXT_##name, n, sum);
    PYTHON_CLASSES(X)
#undef X
    /* as perl 5.36 has them; Cased without what is case-ignorable too */
    class_is("CASED", TEXT_CASED, 4253, 198510512);
    class_is("IGNORABLE", TEXT_IGNORABLE, 2602, 398257921);
}

static void test_members(void **u)
{
    (void)u;
    assert_int_equal(text_class('a'), TEXT_ALPHA | TEXT_LOWER | TEXT_CASED);
    assert_int_equal(text_class('7'), TEXT_DECIMAL | TEXT_DIGIT | TEXT_NUMERIC | TEXT_REGEX_DECIMAL);
    assert_int_equal(text_class('.'), TEXT_PUNCT | TEXT_IGNORABLE | TEXT_DT_PUNCT | TEXT_DT_TERMINAL);
    assert_int_equal(text_class('\n'), TEXT_SPACE | TEXT_BREAK);
    assert_int_equal(text_class(0x85), TEXT_SPACE | TEXT_BREAK | TEXT_DT_PUNCT);
    assert_int_equal(text_class(0x2028), TEXT_SPACE | TEXT_BREAK);
    assert_int_equal(text_class(0x301), TEXT_MARK | TEXT_IGNORABLE);
    assert_int_equal(text_class(0xB2), TEXT_DIGIT | TEXT_NUMERIC);   /* ² */
    assert_int_equal(text_class(0xBD), TEXT_NUMERIC);                /* ½ */
    assert_int_equal(text_class(0x1C5), TEXT_ALPHA | TEXT_CASED);    /* ǅ, title case */
    assert_int_equal(text_class(0x4E09), TEXT_ALPHA | TEXT_NUMERIC); /* three */
    assert_int_equal(text_class(0x20AC), TEXT_SYMBOL);
    assert_int_equal(text_class(0x200B), TEXT_IGNORABLE);      /* no space */
    assert_int_equal(text_class(0x11F50), TEXT_REGEX_DECIMAL); /* newer than 14.0 */
    assert_int_equal(text_class(0x10FFFF), 0);
}

static void test_categories(void **u)
{
    (void)u;
    static const struct {
        uint32_t c;
        const char *category;
    } some[] = { { 0, "Cc" },      { 'A', "Lu" },     { 'z', "Ll" },     { 0x1C5, "Lt" }, { 0x2B0, "Lm" },
                 { 0x5D0, "Lo" },  { 0x301, "Mn" },   { 0x903, "Mc" },   { 0x488, "Me" }, { '0', "Nd" },
                 { 0x2160, "Nl" }, { 0xBD, "No" },    { '_', "Pc" },     { '-', "Pd" },   { '(', "Ps" },
                 { ')', "Pe" },    { 0xAB, "Pi" },    { 0xBB, "Pf" },    { '!', "Po" },   { '+', "Sm" },
                 { '$', "Sc" },    { '^', "Sk" },     { 0xA9, "So" },    { ' ', "Zs" },   { 0x2028, "Zl" },
                 { 0x2029, "Zp" }, { 0xAD, "Cf" },    { 0xE000, "Co" },  { 0x378, "Cn" }, { 0x10FFFF, "Cn" },
                 { 0xD800, "Cs" }, { 0x11F50, "Cn" }, { 0x10FFFD, "Co" } };
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        if (strcmp(text_category(some[i].c), some[i].category) != 0)
            fail_msg("U+%04X is %s, wanted is %s", some[i].c, text_category(some[i].c), some[i].category);
}

/* Sizes as in WordBreakProperty.txt and emoji-data.txt of 14.0.0. */
static void test_word_break(void **u)
{
    (void)u;
    static const uint32_t want[TEXT_WB_SEG_SPACE + 1] = {
        [TEXT_WB_CR] = 1,         [TEXT_WB_LF] = 1,           [TEXT_WB_NEWLINE] = 5,      [TEXT_WB_EXTEND] = 2512,
        [TEXT_WB_ZWJ] = 1,        [TEXT_WB_FORMAT] = 64,      [TEXT_WB_KATAKANA] = 330,   [TEXT_WB_HEBREW] = 75,
        [TEXT_WB_LETTER] = 29336, [TEXT_WB_SINGLE_QUOTE] = 1, [TEXT_WB_DOUBLE_QUOTE] = 1, [TEXT_WB_MID_NUM_LET] = 7,
        [TEXT_WB_MID_LETTER] = 9, [TEXT_WB_MID_NUM] = 15,     [TEXT_WB_NUMERIC] = 661,    [TEXT_WB_EXTEND_NUM_LET] = 11,
        [TEXT_WB_REGIONAL] = 26,  [TEXT_WB_SEG_SPACE] = 14,   [TEXT_WB_OTHER] = 1081042,
    };
    uint32_t got[TEXT_WB_PICTOGRAPHIC] = { 0 }, pictographic = 0;
    for (uint32_t c = 0; c < 0x110000; c++) {
        const unsigned wb = text_word_break(c);
        got[wb & (TEXT_WB_PICTOGRAPHIC - 1)]++;
        pictographic += wb >= TEXT_WB_PICTOGRAPHIC;
    }
    for (size_t i = 0; i <= TEXT_WB_SEG_SPACE; i++)
        if (got[i] != want[i])
            fail_msg("Word_Break %zu: %u code points, wanted are %u", i, got[i], want[i]);
    assert_int_equal(pictographic, 3537);
    assert_int_equal(text_word_break('\''), TEXT_WB_SINGLE_QUOTE);
    assert_int_equal(text_word_break('.'), TEXT_WB_MID_NUM_LET);
    assert_int_equal(text_word_break(0x202F), TEXT_WB_EXTEND_NUM_LET);
    assert_int_equal(text_word_break(0xA0), TEXT_WB_OTHER);
    assert_int_equal(text_word_break('\t'), TEXT_WB_OTHER);
    assert_int_equal(text_word_break(0xA9), TEXT_WB_OTHER | TEXT_WB_PICTOGRAPHIC);
    assert_int_equal(text_word_break(0x2139), TEXT_WB_LETTER | TEXT_WB_PICTOGRAPHIC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_categories),
        cmocka_unit_test(test_word_break),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
