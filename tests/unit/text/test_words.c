#include "unit/text/text_test.h"
#include <stdio.h>
#include "text/scan.h"
#include "text/words.h"
#include "unit/text/text_random.h"

/* The words of a text, joined by '|'. */
static const char *split(uint32_t splitter, const char *text)
{
    static char out[1000];
    char in[600] = { 0 };
    text_spans words = { 0 };
    size_t n = 0;
    const uint32_t size = (uint32_t)strlen(text);
    assert_true(size + TEXT_SLACK < sizeof in);
    memcpy(in, text, size);
    assert_true(text_split(splitter, (sl_str){ in, size, 0 }, &words));
    for (uint32_t i = 0; i < words.n; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", i ? "|" : "", (int)(words.v[i].end - words.v[i].begin),
                              in + words.v[i].begin);
    out[n] = 0;
    text_spans_free(&words);
    return out;
}

static void white_space_is_pythons(void **u)
{
    (void)u;
    assert_string_equal(split(TEXT_WHITESPACE, ""), "");
    assert_string_equal(split(TEXT_WHITESPACE, " \n\t "), "");
    assert_string_equal(split(TEXT_WHITESPACE, "a b\tc\xC2\xA0"
                                               "d\xE3\x80\x80"
                                               "e\x1F"
                                               "f"),
                        "a|b|c|d|e|f");
    assert_string_equal(split(TEXT_WHITESPACE, "a\xE2\x80\x8B"
                                               "b"),
                        "a\xE2\x80\x8B"
                        "b"); /* U+200B is no white space */
}

static void wordpunct_is_the_regular_expression(void **u)
{
    (void)u;
    assert_string_equal(split(TEXT_WORDPUNCT, "Good muffins cost $3.88\nin New York."),
                        "Good|muffins|cost|$|3|.|88|in|New|York|.");
    assert_string_equal(split(TEXT_WORDPUNCT, "don't!!  snake_case-x"), "don|'|t|!!|snake_case|-|x");
    assert_string_equal(split(TEXT_WORDPUNCT, "caf\xC3\xA9\xE2\x80\xA6\xE4\xB8\xAD\xE6\x96\x87\xE3\x80\x82 \xC2\xBD"),
                        "caf\xC3\xA9|\xE2\x80\xA6|\xE4\xB8\xAD\xE6\x96\x87|\xE3\x80\x82|\xC2\xBD");
    assert_string_equal(split(TEXT_WORDPUNCT, "e\xCC\x81"), "e|\xCC\x81"); /* a mark is no \w */
}

static void wordpunct_slowly(sl_str t, text_spans *out)
{
    unsigned last = 0; /* 1: word, 2: neither */
    out->n = 0;
    for (const char *p = t.p, *end = t.p + t.n; p < end;) {
        const uint32_t at = (uint32_t)(p - t.p), c = text_next(&p), class = text_class(c);
        const unsigned now = class & TEXT_SPACE ? 0 : class & TEXT_ALNUM || c == '_' ? 1 : 2;
        if (now && now != last) {
            assert_true(text_spans_room(out, (size_t)out->n + 1));
            out->v[out->n++].begin = at;
        }
        if (now)
            out->v[out->n - 1].end = (uint32_t)(p - t.p);
        last = now;
    }
}

static void wordpunct_by_each_kernel(void **u)
{
    (void)u;
    for (const char *const *name = text_kernels; *name; name++) {
        text_spans fast = { 0 }, slow = { 0 };
        char text[4000 + TEXT_SLACK];
        uint64_t state = 7;
        for (unsigned i = 0; text_use_kernel(*name) && i < 3000; i++) {
            const uint32_t n = random_text(&state, text, (uint32_t)(random_next(&state) % (i % 50 ? 300 : 3990)));
            char *block = malloc((size_t)n + TEXT_SLACK);
            assert_non_null(block);
            memcpy(block, text, n);
            memset(block + n, 'x', TEXT_SLACK);
            const sl_str t = { block, n, 0 };
            assert_true(text_split(TEXT_WORDPUNCT, t, &fast));
            wordpunct_slowly(t, &slow);
            assert_int_equal(fast.n, slow.n);
            if (fast.n)
                assert_memory_equal(fast.v, slow.v, fast.n * sizeof *fast.v);
            free(block);
        }
        text_spans_free(&fast);
        text_spans_free(&slow);
    }
}

static void unicode_words_are_those_of_uax_29(void **u)
{
    (void)u;
    assert_string_equal(split(TEXT_UNICODE_WORDS, "The quick (\"brown\") fox can't jump 32.3 feet, right?"),
                        "The|quick|brown|fox|can't|jump|32.3|feet|right");
    assert_string_equal(split(TEXT_UNICODE_WORDS, "a.b 1,000,5 x:y e.g. 3a a3 _ _a_"), "a.b|1,000,5|x:y|e.g|3a|a3|_a_");
    assert_string_equal(split(TEXT_UNICODE_WORDS, "can\xE2\x80\x99t a' 'b"), "can\xE2\x80\x99t|a|b");
    assert_string_equal(split(TEXT_UNICODE_WORDS, "\xD7\x90\" \xD7\x90\"\xD7\x90 \xD7\x90'"), /* Hebrew */
                        "\xD7\x90|\xD7\x90\"\xD7\x90|\xD7\x90'");
    assert_string_equal(split(TEXT_UNICODE_WORDS, "\xE4\xB8\xAD\xE6\x96\x87"), "\xE4\xB8\xAD|\xE6\x96\x87");
    assert_string_equal(split(TEXT_UNICODE_WORDS, "\xE3\x82\xAB\xE3\x82\xBF e\xCC\x81\xCC\x81x"),
                        "\xE3\x82\xAB\xE3\x82\xBF|e\xCC\x81\xCC\x81x");
    assert_string_equal(split(TEXT_UNICODE_WORDS, "\xF0\x9F\x98\x80 ... \r\n \xF0\x9F\x87\xA9\xF0\x9F\x87\xAA"), "");
}

static void spans_are_in_order(void **u)
{
    (void)u;
    text_spans words = { 0 };
    char text[400 + TEXT_SLACK] = { 0 };
    uint64_t state = 3;
    for (unsigned i = 0; i < 4000; i++) {
        const uint32_t n = random_text(&state, text, (uint32_t)(random_next(&state) % 396));
        for (uint32_t s = 0; s < TEXT_SPACY_EN; s++) {
            uint32_t at = 0;
            assert_true(text_split(s, (sl_str){ text, n, 0 }, &words));
            for (uint32_t k = 0; k < words.n; k++) {
                assert_true(words.v[k].begin >= at && words.v[k].begin < words.v[k].end && words.v[k].end <= n);
                assert_int_not_equal(text[words.v[k].begin] & 0xC0, 0x80);
                at = words.v[k].end;
            }
        }
    }
    text_spans_free(&words);
}

/* As many marks as there are bytes: no look ahead may start over for each. */
static void long_runs_take_linear_time(void **u)
{
    (void)u;
    enum { PAIRS = 1 << 20 };
    char *text = malloc(3 * PAIRS + TEXT_SLACK);
    text_spans words = { 0 };
    assert_non_null(text);
    for (size_t i = 0; i < PAIRS; i++) /* a letter, an apostrophe, marks without end */
        memcpy(text + 2 * i, i ? "\xCC\x81" : "a'", 2);
    assert_true(text_split(TEXT_UNICODE_WORDS, (sl_str){ text, 2 * PAIRS, 0 }, &words));
    assert_int_equal(words.n, 1);
    assert_int_equal(words.v[0].end, 1);
    for (size_t i = 0; i < PAIRS; i++)
        memcpy(text + 3 * i, "a' ", 3);
    assert_true(text_split(TEXT_UNICODE_WORDS, (sl_str){ text, 3 * PAIRS, 0 }, &words));
    assert_int_equal(words.n, PAIRS);
    text_spans_free(&words);
    free(text);
}

static void hashes_roll(void **u)
{
    (void)u;
    uint64_t to_3 = TEXT_ROLL_BASE * TEXT_ROLL_BASE, rolled = 0, direct = 0;
    const uint64_t w[] = { text_word_hash("a", 1), text_word_hash("bc", 2), text_word_hash("", 0),
                           text_word_hash("d", 1) };
    assert_int_equal(text_word_hash("a", 1), 0xe6c632b61e964e1full); /* XXH3_64bits("a") */
    for (int i = 0; i < 3; i++)
        rolled = text_roll_add(rolled, w[i]);
    rolled = text_roll_add(text_roll_drop(rolled, w[0], to_3), w[3]);
    for (int i = 1; i < 4; i++)
        direct = text_roll_add(direct, w[i]);
    assert_int_equal(rolled, direct);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_space_is_pythons),
        cmocka_unit_test(wordpunct_is_the_regular_expression),
        cmocka_unit_test(wordpunct_by_each_kernel),
        cmocka_unit_test(unicode_words_are_those_of_uax_29),
        cmocka_unit_test(spans_are_in_order),
        cmocka_unit_test(long_runs_take_linear_time),
        cmocka_unit_test(hashes_roll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
