/* spaCy's English tokenizer: what spaCy 3.8.18 makes of chosen and of random texts, and the same by a slow and simple
 * way. With a file of rows as data/spacy_en.tsv it compares those only; with a file of texts, how many words and the
 * XXH64 of the words with newlines between, after "hashes", those. */
#include "text_samples.h"
#include "../alloc_fails.h"
#include "spacy_slow.h"
#include "text_rows.h"
#include <xxhash.h>

static bool same_words(sl_str t, const text_spans *words, sl_str want)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < words->n; i++) {
        const sl_str w = text_part(t, words->v[i]);
        if (at + w.n > want.n || memcmp(want.p + at, w.p, w.n) != 0)
            return false;
        at += w.n;
        if (i + 1 < words->n && (at == want.n || want.p[at++] != ' '))
            return false;
    }
    return at == want.n;
}

static void print_words(sl_str t, const text_spans *words)
{
    for (uint32_t i = 0; i < words->n; i++)
        printf("%s%.*s", i ? " | " : "", (int)(words->v[i].end - words->v[i].begin), t.p + words->v[i].begin);
}

/* How many rows differ. */
static unsigned compare_rows(FILE *f, unsigned *rows)
{
    text_rows r = { .f = f };
    text_spans words = { 0 };
    unsigned different = 0;
    while (next_row(&r)) {
        assert_true(text_split_spacy_en(r.column[0], &words));
        if (same_words(r.column[0], &words, r.column[1]))
            continue;
        different++;
        printf("row %u: ", r.n);
        print_words(r.column[0], &words);
        printf("\n  wanted: %.*s\n", (int)r.column[1].n, r.column[1].p);
    }
    *rows = r.n;
    close_rows(&r);
    text_spans_free(&words);
    return different;
}

static unsigned compare_hashes(FILE *f, unsigned *rows)
{
    text_rows r = { .f = f };
    text_spans words = { 0 };
    unsigned different = 0;
    XXH64_state_t *const state = XXH64_createState();
    assert_non_null(state);
    while (next_row(&r)) {
        XXH64_reset(state, 0);
        assert_true(text_split_spacy_en(r.column[0], &words));
        for (uint32_t i = 0; i < words.n; i++) {
            XXH64_update(state, "\n", i > 0);
            XXH64_update(state, r.column[0].p + words.v[i].begin, words.v[i].end - words.v[i].begin);
        }
        different +=
            words.n != strtoul(r.column[1].p, NULL, 10) || XXH64_digest(state) != strtoull(r.column[2].p, NULL, 16);
    }
    *rows = r.n;
    close_rows(&r);
    text_spans_free(&words);
    XXH64_freeState(state);
    return different;
}

static void test_spacy(void **u)
{
    (void)u;
    unsigned rows;
    assert_int_equal(compare_rows(open_rows("spacy_en.tsv"), &rows), 0);
    assert_int_equal(rows, 560);
}

static text_spans words;

/* want: the words with a space between. */
static void splits(const char *text, const char *want)
{
    const sl_str t = sample(text, strlen(text));
    assert_true(text_split_spacy_en(t, &words));
    if (!same_words(t, &words, (sl_str){ want, (uint32_t)strlen(want), 0 })) {
        print_words(t, &words);
        fail_msg("wanted of '%s': %s", text, want);
    }
}

static void test_rules(void **u)
{
    (void)u;
    splits("", "");
    assert_true(text_split_spacy_en((sl_str){ 0 }, &words));
    assert_int_equal(words.n, 0);
    splits(" \n\u00A0\u3000\x1C", "");
    splits("word", "word");
    splits("cant Cant CANT", "ca nt Ca nt CANT");
    splits("wed.", "we d."); /* joined: d. is a case of its own */
    splits("Mr. x,Mr. Mr.. Mr .", "Mr. x , Mr. Mr .. Mr .");
    splits("it. AB. A. aB. \u00C4\u00D6. 5. \u00B2.", "it . AB . A. aB. \u00C4\u00D6 . 5 . \u00B2 .");
    splits("(x) \"x\" 'x' x's X'S x\u2019s", "( x ) \" x \" ' x ' x 's X 'S x \u2019s");
    splits("5km 5km\u00B2 5m/s 55% a5GB 5gB", "5 km 5 km\u00B2 5 m/s 55 % a5 GB 5gB");
    splits("5$ $5 US$5 5US$ 5C$ 5 \u20AC x$", "5 $ $ 5 US$ 5 5 US$ 5 C$ 5 \u20AC x$");
    splits("+5 5+ +x x+ 5+5 5-3 5--3", "+5 5 + + x x+ 5 + 5 5 - 3 5 - -3");
    splits("5\u00B0C. \u00B0F. x\u00B0K. 5\u00B0X.", "5 \u00B0 C . \u00B0 F . x \u00B0 K . 5 \u00B0 X.");
    splits("a-b a--b a---b a----b a\u2014\u2014b a~b a-5 5-a",
           "a - b a -- b a --- b a----b a \u2014\u2014 b a ~ b a-5 5 - a");
    splits("a.B a.b A.B a,b 1,2 a:b a/b a=b 5:b a:5", "a. B a.b A.B a , b 1,2 a : b a / b a = b 5 : b a:5");
    splits("a...b ...a a... a\u2026\u2026b", "a ... b ... a a ... a \u2026 \u2026 b");
    splits("http://a.com/b-c www.a-b.org a-b.c-d", "http://a.com/b-c www.a-b.org a - b.c - d");
    splits(":):) x:) : ) (:", ": ): ) x :) : ) (:");
}

static void test_urls(void **u)
{
    (void)u;
    static const char *const yes[] = {
        "a.bc",
        "http://a.bc",
        "a+b://a.bc:80/",
        "a@b.cd",
        "a:b@c.de",
        "@@a.bc",
        "a.bc?q",
        "a.bc#@",
        "a_b.cd",
        "a-b.cd",
        "8.8.8.8",
        "223.255.255.254",
        "172.15.0.1",
        "172.32.0.1",
        "1.01.2.3",
        "xy://1.1.1.1:65535/x",
        "169.253.1.1",
        "\u0967.a.bc",
        "\u4E2D.\u56FD\u56FD",
        "a.\U0001F200\U0001F200",
        "1.2.3.4\u0664",
    };
    static const char *const no[] = {
        "a",          "a.b",        "a.bC",         ".bc",
        "a..bc",      "-a.bc",      "a-.bc",        "_a.bc",
        "a.b-c",      "a.bc:8",     "a.bc:800000",  "a.bc:80x",
        "x:/a.bc",    "x://",       "@a.bc",        "a.bc@",
        "10.1.1.1",   "127.0.0.1",  "169.254.1.1",  "192.168.1.1",
        "172.16.0.1", "172.31.0.1", "224.1.1.1",    "0.1.1.1",
        "1.256.1.1",  "1.1.1.0",    "1.1.1.255",    "1.1.1",
        "1.1.1.1.1",  "1.1.1.1a",   "\u0967.1.1.1", "\U0001F200a.bc",
        "a.bc ",
    };
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!spacy_is_url(yes[i], yes[i] + strlen(yes[i])))
            fail_msg("%s is a URL", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (spacy_is_url(no[i], no[i] + strlen(no[i])))
            fail_msg("%s is no URL", no[i]);
    char label[80];
    memset(label, 'a', sizeof label);
    memcpy(label + 64, ".bc", 3);
    assert_true(spacy_is_url(label, label + 67));
    memcpy(label + 65, ".bc", 3);
    label[64] = 'a';
    assert_false(spacy_is_url(label, label + 68));
    memset(label, 'a', sizeof label);
    label[1] = '.';
    assert_true(spacy_is_url(label, label + 2 + 63));
    assert_false(spacy_is_url(label, label + 2 + 64));
}

static void compare_with_slow(sl_str t)
{
    static slow_list want;
    slow_split(t, &want);
    assert_true(text_split_spacy_en(t, &words));
    if (words.n != want.n || memcmp(words.v, want.v, want.n * sizeof *want.v) != 0) {
        print_words(t, &words);
        fail_msg("spaCy's own way gives other words of '%.*s'", (int)t.n, t.p);
    }
}

/* Pieces that meet everywhere in a batch, and its end. */
static void test_batches(void **u)
{
    (void)u;
    static const char *const tails[] = { "x,Mr.:):) :))(:", ": ) :):(:-))",
                                         "x\u256F\u00B0\u25A1\u00B0\uFF09\u256F\uFE35\u253B\u2501\u253By",
                                         "._._._.\"x,°F.", "wed. he 's" };
    text_buf t = { 0 };
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        for (uint32_t n = 200; n < 270; n++) {
            t.n = 0;
            for (uint32_t k = 0; k < n; k++)
                assert_true(text_buf_add(&t, "a ", 2));
            for (uint32_t k = 0; k < 70; k++) {
                assert_true(text_buf_add(&t, tails[i], strlen(tails[i])));
                assert_true(text_buf_add(&t, " ", k % 3 > 0));
            }
            compare_with_slow(text_buf_end(&t));
        }
    text_buf_free(&t);
}

static void test_random(void **u)
{
    (void)u;
    static const char *const part[] = { ":",   ")",  "(",  "-",  "'",  "8",      ".",       "_",      " ",  "<",  "3",
                                        "o",   ",",  "Mr", "a",  "B",  "\u2026", "\u2019s", "\u00B0", "F",  "+",  "$",
                                        "US$", "km", "co", "\n", "  ", "@",      "/",       "com",    "\"", "a.m" };
    text_buf t = { 0 };
    uint64_t x = 7;
    for (int i = 0; i < 20000; i++) {
        t.n = 0;
        const uint32_t from = sample_below(&x, 20), kinds = 2 + sample_below(&x, 12);
        for (uint32_t n = sample_below(&x, i % 50 ? 30 : 900); n; n--) {
            const char *p = part[from + sample_below(&x, kinds)];
            assert_true(text_buf_add(&t, p, strlen(p)));
        }
        compare_with_slow(text_buf_end(&t));
    }
    text_buf_free(&t);
}

/* Linear, with suffixes that are found from behind; spaCy's own ways would need hours. */
static void test_long(void **u)
{
    (void)u;
    static const struct {
        const char *unit;
        uint32_t per_unit, others;
    } long_ones[] = { { ")", 1, 0 },  { "'s", 1, 0 },  { "a@b.", 0, 2 }, { "a.b.", 0, 2 },
                      { "a,", 2, 0 }, { "...", 0, 1 }, { "a", 0, 1 } };
    text_buf t = { 0 };
    for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++) {
        t.n = 0;
        const uint32_t n = 1000000;
        for (uint32_t k = 0; k < n; k++)
            assert_true(text_buf_add(&t, long_ones[i].unit, strlen(long_ones[i].unit)));
        const sl_str text = text_buf_end(&t);
        assert_true(text_split_spacy_en(text, &words));
        assert_int_equal(words.n, n * long_ones[i].per_unit + long_ones[i].others);
        uint32_t end = 0;
        for (uint32_t k = 0; k < words.n; k++) {
            assert_int_equal(words.v[k].begin, end);
            assert_true(words.v[k].end > end);
            end = words.v[k].end;
        }
        assert_int_equal(end, text.n);
    }
    text_buf_free(&t);
}

static bool take_first(void *to, const sl_span *tokens, uint32_t n)
{
    unsigned *calls = to;
    ++*calls;
    return n == 0 || tokens[0].begin > 0;
}

static void test_stops(void **u)
{
    (void)u;
    unsigned calls = 0;
    text_buf t = { 0 };
    for (int i = 0; i < 1000; i++)
        assert_true(text_buf_add(&t, i % 7 ? "a b,c " : ")))))))))", i % 7 ? 6 : 9));
    assert_false(spacy_each(text_buf_end(&t), take_first, &calls));
    assert_int_equal(calls, 1);
    text_buf_free(&t);
}

static void test_no_memory(void **u)
{
    (void)u;
    text_buf t = { 0 };
    text_spans out = { 0 };
    long failed = 0;
    for (int i = 0; i < 1000; i++)
        assert_true(text_buf_add(&t, "x,Mr. ", 6));
    const sl_str text = text_buf_end(&t);
    for (bool more = true; more; failed++) {
        text_spans_free(&out);
        alloc_fail_at(failed);
        const bool ok = text_split_spacy_en(text, &out);
        more = alloc_failed();
        assert_int_equal(ok, !more);
    }
    assert_true(failed > 2);
    assert_int_equal(out.n, 3000);
    text_spans_free(&out);
    text_buf_free(&t);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        const bool hashes = argc > 2 && !strcmp(argv[1], "hashes");
        FILE *f = fopen(argv[argc - 1], "r");
        unsigned rows, different = hashes ? compare_hashes(f, &rows) : compare_rows(f, &rows);
        printf("%u texts compared, %u different\n", rows, different);
        return different || !rows;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),   cmocka_unit_test(test_urls),      cmocka_unit_test(test_spacy),
        cmocka_unit_test(test_batches), cmocka_unit_test(test_random),    cmocka_unit_test(test_long),
        cmocka_unit_test(test_stops),   cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
