/* Normal forms as Python has them; what must hold of any; long runs of marks. */
#include "text_samples.h"
#include "../alloc_fails.h"
#include "text/normal.h"
#include "text/unicode.h"

static void to(text_form form, sl_str t, text_buf *out) { assert_true(text_normalize(t, form, out)); }
static void nfc(sl_str t, text_buf *out) { to(TEXT_NFC, t, out); }
static void nfd(sl_str t, text_buf *out) { to(TEXT_NFD, t, out); }
static void nfkc(sl_str t, text_buf *out) { to(TEXT_NFKC, t, out); }
static void nfkd(sl_str t, text_buf *out) { to(TEXT_NFKD, t, out); }
static void no_marks(sl_str t, text_buf *out) { assert_true(text_strip_marks(t, out)); }

static void test_python(void **u)
{
    (void)u;
    compare_with_python("nfc", nfc);
    compare_with_python("nfd", nfd);
    compare_with_python("nfkc", nfkc);
    compare_with_python("nfkd", nfkd);
    compare_with_python("no marks", no_marks);
}

#define MAKES(fn, in, want)                                                                                            \
    do {                                                                                                               \
        b.n = 0;                                                                                                       \
        fn(SAMPLE(in), &b);                                                                                            \
        ASSERT_TEXT(&b, want);                                                                                         \
    } while (0)

static void test_texts(void **u)
{
    (void)u;
    text_buf b = { 0 };
    MAKES(nfc, "", "");
    MAKES(nfc, "plain", "plain");
    MAKES(nfc, "Cafe\u0301 e\u0301", "Caf\u00E9 \u00E9");
    MAKES(nfd, "Caf\u00E9", "Cafe\u0301");
    MAKES(nfc, "\u0301a", "\u0301a");
    MAKES(nfc, "a\u0327\u0301", "\u00E1\u0327");             /* across a mark of another class */
    MAKES(nfc, "a\u0316\u0301\u0301", "\u00E1\u0316\u0301"); /* but not across its own */
    MAKES(nfc, "a\u0301\u0316", "\u00E1\u0316");
    MAKES(nfd, "a\u0301\u0316", "a\u0316\u0301"); /* in order */
    MAKES(nfc, "\u212B\u2126", "\u00C5\u03A9");   /* singletons */
    MAKES(nfc, "\u0344", "\u0308\u0301");         /* never composed again */
    MAKES(nfc, "\u0958", "\u0915\u093C");
    MAKES(nfd, "\u1E69", "s\u0323\u0307");
    MAKES(nfc, "s\u0307\u0323", "\u1E69"); /* two steps */
    MAKES(nfc, "\u09C7\u09BE", "\u09CB");  /* with a letter of class 0 */
    MAKES(nfc, "\u1100\u1161\u11A8 \u1100\u1161 \uAC00\u11A8 \uAC01\u11A8", "\uAC01 \uAC00 \uAC01 \uAC01\u11A8");
    MAKES(nfc, "\uAC00\u11A7", "\uAC00\u11A7"); /* one before the first final */
    MAKES(nfd, "\uAC01\uAC00", "\u1100\u1161\u11A8\u1100\u1161");
    MAKES(nfkc, "\uFB01 \u00B2 \uFF21\u0301 \u3392", "fi 2 \u00C1 MHz");
    MAKES(nfkd, "\uFDFA",
          "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064A\u0647 \u0648\u0633\u0644\u0645");
    MAKES(nfc, "\uFB01", "\uFB01");
    MAKES(no_marks, "Caf\u00E9 \u1E69\u0316 \u0301", "Cafe s ");
    MAKES(no_marks, "a\u0301\u302F\u302E", "a\u302F\u302E");
    MAKES(no_marks, "a\U0001D16D\u0301\U0001D165", "a\U0001D165\U0001D16D"); /* in order, though no marks of Mn */
    b.n = 0;
    assert_true(text_buf_add(&b, "e", 1));
    nfc(SAMPLE("\u0301"), &b); /* what was there is left alone */
    ASSERT_TEXT(&b, "e\u0301");
    text_buf_free(&b);
}

static void test_is_normal(void **u)
{
    (void)u;
    assert_true(text_is_normal(SAMPLE(""), TEXT_NFC));
    assert_true(text_is_normal(SAMPLE("plain"), TEXT_NFKD));
    assert_true(text_is_normal(SAMPLE("Caf\u00E9"), TEXT_NFC));
    assert_false(text_is_normal(SAMPLE("Caf\u00E9"), TEXT_NFD));
    assert_true(text_is_normal(SAMPLE("e\u0316\u0301"), TEXT_NFD));
    assert_false(text_is_normal(SAMPLE("e\u0301\u0316"), TEXT_NFD));
    assert_false(text_is_normal(SAMPLE("e\u0301"), TEXT_NFC));
    assert_true(text_is_normal(SAMPLE("\uFB01"), TEXT_NFD));
    assert_false(text_is_normal(SAMPLE("\uFB01"), TEXT_NFKC));
}

/* A form of a form: again the same, what the other way round makes, and known to be normal. */
static void test_properties(void **u)
{
    (void)u;
    text_buf t = { 0 }, once = { 0 }, twice = { 0 }, parts = { 0 };
    uint64_t x = 1;
    for (int i = 0; i < 20000; i++) {
        t.n = 0;
        sample_random(&t, &x);
        for (int form = TEXT_NFC; form <= TEXT_NFKD; form++) {
            once.n = twice.n = parts.n = 0;
            to((text_form)form, text_buf_end(&t), &once);
            to((text_form)form, text_buf_end(&once), &twice);
            assert_text(&twice, once.p, once.n);
            to(form == TEXT_NFC || form == TEXT_NFD ? TEXT_NFD : TEXT_NFKD, text_buf_end(&t), &parts);
            twice.n = 0;
            to((text_form)form, text_buf_end(&parts), &twice);
            assert_text(&twice, once.p, once.n);
            if (form == TEXT_NFD || form == TEXT_NFKD) {
                assert_true(text_is_normal(text_buf_end(&once), (text_form)form));
                assert_int_equal(text_is_normal(text_buf_end(&t), (text_form)form),
                                 t.n == once.n && !memcmp(t.p, once.p, t.n));
            } else if (text_is_normal(text_buf_end(&t), (text_form)form)) {
                assert_text(&once, t.p, t.n);
            }
        }
    }
    text_buf_free(&t);
    text_buf_free(&once);
    text_buf_free(&twice);
    text_buf_free(&parts);
}

/* A million marks behind one letter: were it not linear, nobody would wait for it. */
static void test_many_marks(void **u)
{
    (void)u;
    enum { N = 1000000 };
    text_buf t = { 0 }, out = { 0 };
    assert_true(text_buf_add(&t, "a", 1));
    for (int i = 0; i < N; i++)
        assert_true(text_buf_add(&t, i & 1 ? "\u0316" : "\u0301", 2));
    nfd(text_buf_end(&t), &out);
    assert_int_equal(out.n, 1 + 2 * N);
    for (size_t i = 0; i < N; i++)
        if (memcmp(out.p + 1 + 2 * i, i < N / 2 ? "\u0316" : "\u0301", 2) != 0)
            fail_msg("mark %zu is not in its place", i);
    out.n = 0;
    nfc(text_buf_end(&t), &out);
    assert_int_equal(out.n, 2 * N);
    assert_memory_equal(out.p, "\u00E1\u0316", 4);
    assert_memory_equal(out.p + N, "\u0316\u0301", 4);
    out.n = 0;
    no_marks(text_buf_end(&t), &out);
    ASSERT_TEXT(&out, "a");
    text_buf_free(&t);
    text_buf_free(&out);
}

/* Each allocation fails once; the buffer stays usable. */
static void test_no_memory(void **u)
{
    (void)u;
    text_buf t = { 0 }, out = { 0 };
    for (int i = 0; i < 3000; i++)
        assert_true(text_buf_add(&t, i % 50 ? "\uFDFA\u0301\u0316" : "plain  ", 7));
    const sl_str whole = text_buf_end(&t);
    for (int form = TEXT_NFC; form <= TEXT_NFKD; form++) {
        long failed = 0;
        for (bool more = true; more; failed++) {
            text_buf_free(&out);
            alloc_fail_at(failed);
            const bool ok = text_normalize(whole, (text_form)form, &out);
            more = alloc_failed();
            assert_int_equal(ok, !more);
        }
        assert_true(failed > 1);
    }
    alloc_fail_at(0);
    text_buf_free(&out);
    assert_false(text_strip_marks(whole, &out));
    alloc_fail_at(-1);
    text_buf_free(&t);
    text_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),      cmocka_unit_test(test_is_normal), cmocka_unit_test(test_properties),
        cmocka_unit_test(test_many_marks), cmocka_unit_test(test_no_memory), cmocka_unit_test(test_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
