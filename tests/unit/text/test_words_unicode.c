/* Words of UAX 29 against its rules, one after the other at every place, as the annex has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/utf8.h"
#include "text/words.h"
#include "unit/text/text_random.h"

enum { MOST = 24 }; /* code points of a text */
enum { BIT_NONE = 0, LETTERS = 1u << TEXT_WB_LETTER | 1u << TEXT_WB_HEBREW };
enum { MID_QUOTE = 1u << TEXT_WB_MID_NUM_LET | 1u << TEXT_WB_SINGLE_QUOTE };
enum { IGNORED = 1u << TEXT_WB_EXTEND | 1u << TEXT_WB_FORMAT | 1u << TEXT_WB_ZWJ };
enum { ENDS = 1u << TEXT_WB_CR | 1u << TEXT_WB_LF | 1u << TEXT_WB_NEWLINE };

typedef struct slow {
    uint32_t n, at[MOST + 1]; /* code points, and where each begins */
    unsigned raw[MOST];       /* its Word_Break as a bit */
    bool picture[MOST], counts[MOST];
} slow;

static void read_points(slow *s, sl_str t)
{
    s->n = 0;
    for (const char *p = t.p; p < t.p + t.n; s->n++) {
        s->at[s->n] = (uint32_t)(p - t.p);
        const uint32_t c = text_next(&p);
        const unsigned wb = text_word_break(c);
        s->raw[s->n] = 1u << (wb & ~(unsigned)TEXT_WB_PICTOGRAPHIC);
        s->picture[s->n] = (wb & TEXT_WB_PICTOGRAPHIC) != 0;
        s->counts[s->n] = (text_class(c) & TEXT_ALNUM) != 0;
    }
    s->at[s->n] = t.n;
}

/* WB4: what is ignored belongs to what stands before, but for an end of a line and the beginning of the text. */
static int base_of(const slow *s, int i)
{
    int k = i;
    while (k >= 0 && s->raw[k] & IGNORED)
        k--;
    return k >= 0 && !(s->raw[k] & ENDS) ? k : i;
}

static int behind(const slow *s, int i)
{
    do
        i++;
    while (i < (int)s->n && s->raw[i] & IGNORED);
    return i;
}

static bool in_pairs(const slow *s, int i)
{
    unsigned n = 0;
    for (; i >= 0 && s->raw[i] == 1u << TEXT_WB_REGIONAL; i = i > 0 ? base_of(s, i - 1) : -1)
        n++;
    return n % 2 == 1;
}

/* Is there no boundary before i? */
static bool holds(const slow *s, int i)
{
    const unsigned a = s->raw[i - 1], b = s->raw[i];
    if (a == 1u << TEXT_WB_CR && b == 1u << TEXT_WB_LF) /* WB3 */
        return true;
    if ((a | b) & ENDS) /* WB3a, 3b */
        return false;
    if ((a == 1u << TEXT_WB_ZWJ && s->picture[i]) ||                         /* WB3c */
        (a == 1u << TEXT_WB_SEG_SPACE && b == a) || b & (unsigned)(IGNORED)) /* WB3d, 4 */
        return true;
    const int at = base_of(s, i - 1), before = at > 0 ? base_of(s, at - 1) : -1, next = behind(s, i);
    const unsigned l = s->raw[at], ll = before >= 0 ? s->raw[before] : BIT_NONE,
                   rr = next < (int)s->n ? s->raw[next] : BIT_NONE;
    const unsigned hebrew = 1u << TEXT_WB_HEBREW, numeric = 1u << TEXT_WB_NUMERIC, katakana = 1u << TEXT_WB_KATAKANA,
                   underline = 1u << TEXT_WB_EXTEND_NUM_LET, double_quote = 1u << TEXT_WB_DOUBLE_QUOTE;
    const unsigned mid_letter = MID_QUOTE | 1u << TEXT_WB_MID_LETTER, mid_number = MID_QUOTE | 1u << TEXT_WB_MID_NUM;
    return (l & LETTERS && b & LETTERS) ||                                      /* WB5 */
           (l & LETTERS && b & mid_letter && rr & LETTERS) ||                   /* WB6 */
           (ll & LETTERS && l & mid_letter && b & LETTERS) ||                   /* WB7 */
           (l & hebrew && b == 1u << TEXT_WB_SINGLE_QUOTE) ||                   /* WB7a */
           (l & hebrew && b & double_quote && rr & hebrew) ||                   /* WB7b */
           (ll & hebrew && l & double_quote && b & hebrew) ||                   /* WB7c */
           (l & (LETTERS | numeric) && b & (LETTERS | numeric)) ||              /* WB8, 9, 10 */
           (ll & numeric && l & mid_number && b & numeric) ||                   /* WB11 */
           (l & numeric && b & mid_number && rr & numeric) ||                   /* WB12 */
           (l & katakana && b & katakana) ||                                    /* WB13 */
           (l & (LETTERS | numeric | katakana | underline) && b & underline) || /* WB13a */
           (l & underline && b & (LETTERS | numeric | katakana)) ||             /* WB13b */
           (b == 1u << TEXT_WB_REGIONAL && in_pairs(s, at));                    /* WB15, 16 */
}

static uint32_t split_slowly(sl_str t, sl_span *out)
{
    slow s;
    uint32_t n = 0;
    read_points(&s, t);
    for (uint32_t i = 0, next; i < s.n; i = next) {
        bool counts = s.counts[i];
        for (next = i + 1; next < s.n && holds(&s, (int)next); next++)
            counts |= s.counts[next];
        if (counts)
            out[n++] = (sl_span){ s.at[i], s.at[next] };
    }
    return n;
}

/* Some of each class. */
static const uint32_t points[] = { 'a',     'Z',    0xE9,    0x3A3,  0x4E2D,  0x2139,  0x24C2, 0x5D0,   0x5EA,
                                   '1',     0x661,  '_',     0x203F, 0x202F,  '\'',    '"',    '.',     0x2018,
                                   ':',     0xB7,   ',',     0x37E,  0x66C,   0x30AB,  0x3031, 0xFF76,  0xFF9E,
                                   0xFF9F,  0x301,  0x5B0,   0xAD,   0x200B,  0x200D,  0x200D, 0x1F1E6, 0x1F1FF,
                                   0x1F600, 0x2764, 0x1F3FB, ' ',    0x2003,  0xA0,    '\r',   '\n',    0x85,
                                   0x2028,  '!',    '$',     0xBD,   0x1D7D8, 0x10FFFF };
enum { POINTS = sizeof points / sizeof *points };

static void rules(void **u)
{
    text_spans words = { 0 };
    uint64_t state = 29;
    unsigned found = 0;
    (void)u;
    for (unsigned i = 0; i < 200000; i++) {
        char text[4 * MOST + TEXT_SLACK] = { 0 };
        sl_span want[MOST];
        uint32_t n = 0;
        const uint32_t among = i % 2 ? POINTS : 1 + (uint32_t)(random_next(&state) % POINTS);
        const uint32_t from = (uint32_t)random_next(&state);
        for (uint64_t k = random_next(&state) % (MOST + 1); k > 0; k--)
            n += utf8_put(text + n, points[(from + random_next(&state) % among) % POINTS]);
        const sl_str t = { text, n, 0 };
        assert_true(text_split(TEXT_UNICODE_WORDS, t, &words));
        const uint32_t wanted = split_slowly(t, want);
        assert_int_equal(words.n, wanted);
        for (uint32_t k = 0; k < wanted; k++)
            if (words.v[k].begin != want[k].begin || words.v[k].end != want[k].end)
                fail_msg("text %u, word %u: %u to %u, wanted is %u to %u", i, k, words.v[k].begin, words.v[k].end,
                         want[k].begin, want[k].end);
        found += wanted;
    }
    assert_true(found > 100000);
    text_spans_free(&words);
}

/* U+FF9E and U+FF9F extend what stands before, and are letters. */
static void a_letter_that_extends(void **u)
{
    text_spans words = { 0 };
    char text[3 + 1 + TEXT_SLACK] = "!\xEF\xBE\x9E";
    (void)u;
    assert_true(text_split(TEXT_UNICODE_WORDS, (sl_str){ text, 4, 0 }, &words));
    assert_int_equal(words.n, 1);
    assert_int_equal(words.v[0].begin, 0);
    assert_int_equal(words.v[0].end, 4);
    text_spans_free(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(rules), cmocka_unit_test(a_letter_that_extends) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
