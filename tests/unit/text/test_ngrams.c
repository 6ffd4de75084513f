/* n-grams against the obvious way. */
#include "unit/text/text_test.h"
#include "text/ngrams.h"
#include "text/words.h"
#include "unit/alloc_fails.h"
#include "unit/text/text_random.h"

typedef struct words {
    sl_str t;
    const text_spans *v;
} words;

/* The n words from i on: their bytes, `joint` between them. */
static uint32_t gram(const words *w, uint32_t i, uint32_t n, const char *joint, char *out)
{
    uint32_t at = 0;
    for (uint32_t k = i; k < i + n; k++) {
        const sl_str word = text_part(w->t, w->v->v[k]);
        if (k > i && *joint)
            out[at++] = *joint;
        memcpy(out + at, word.p, word.n);
        at += word.n;
    }
    return at;
}

static bool same(const words *w, uint32_t a, uint32_t b, uint32_t n, const char *joint)
{
    char p[1000], q[1000];
    const uint32_t k = gram(w, a, n, joint, p);
    return k == gram(w, b, n, joint, q) && !memcmp(p, q, k);
}

static uint64_t chars_of(const words *w, uint32_t i, uint32_t n, const char *joint)
{
    char p[1000];
    return text_chars(p, gram(w, i, n, joint, p));
}

static uint64_t slow_top(const words *w, uint32_t n)
{
    uint64_t most = 0, chars = 0;
    for (uint32_t i = 0; i + n <= w->v->n; i++) {
        uint64_t count = 0;
        for (uint32_t k = 0; k + n <= w->v->n; k++)
            count += same(w, i, k, n, " ");
        if (count > most) {
            most = count;
            chars = chars_of(w, i, n, " ") * count;
        }
    }
    return chars;
}

static uint64_t slow_duplicated(const words *w, uint32_t n)
{
    uint32_t met[400], k = 0;
    uint64_t chars = 0;
    for (uint32_t i = 0; i + n <= w->v->n;) {
        bool again = false;
        for (uint32_t m = 0; m < k && !again; m++)
            again = same(w, met[m], i, n, "");
        if (again) {
            chars += chars_of(w, i, n, "");
            i += n;
        } else {
            met[k++] = i++;
        }
    }
    return chars;
}

static void check_ngrams(text_ngrams *g, text_squeezed *q, const words *w, bool ascii)
{
    uint64_t got;
    assert_true(text_squeeze(q, w->t, w->v->v, w->v->n, ascii));
    assert_true(text_ngrams_begin(g, q));
    for (uint32_t n = 2; n <= 4; n++) {
        assert_true(text_ngrams_top(g, n, &got));
        assert_int_equal(got, slow_top(w, n));
    }
    assert_true(text_ngrams_candidates(g));
    for (uint32_t n = 5; n <= 10; n++) {
        assert_true(text_ngrams_duplicated(g, n, &got));
        assert_int_equal(got, slow_duplicated(w, n));
    }
}

/* Words of a few, so that all of them come again, in other orders and with other borders (ab c, a bc); long ones too.
 */
static void ngrams_as_counted(void **u)
{
    static const char *const of[] = {
        "a", "b", "ab", "ba", "\xC3\xA4", "a\xC3\xA4", "abababab", "abababababababababab"
    };
    char text[8000 + TEXT_SLACK];
    uint64_t state = 11;
    text_ngrams g = { 0 };
    text_squeezed q = { 0 };
    text_spans spans = { 0 };
    (void)u;
    for (unsigned round = 0; round < 300; round++) {
        const uint32_t kinds = 1 + (uint32_t)(random_next(&state) % 8), n = (uint32_t)(random_next(&state) % 120);
        uint32_t at = 0;
        for (uint32_t i = 0; i < n; i++) {
            const char *word = of[random_next(&state) % kinds];
            memcpy(text + at, word, strlen(word));
            at += (uint32_t)strlen(word);
            text[at++] = ' ';
        }
        memset(text + at, 'a', TEXT_SLACK);
        const words w = { { text, at, 0 }, &spans };
        assert_true(text_split(TEXT_WHITESPACE, w.t, &spans));
        assert_int_equal(spans.n, n);
        check_ngrams(&g, &q, &w, text_chars(text, at) == at);
    }
    text_spans_free(&spans);
    text_squeezed_free(&q);
    text_ngrams_free(&g);
}

static bool count_all(text_ngrams *g, text_squeezed *q, const words *w)
{
    uint64_t chars;
    bool good = text_squeeze(q, w->t, w->v->v, w->v->n, false) && text_ngrams_begin(g, q);
    for (uint32_t n = 2; good && n <= 4; n++)
        good = text_ngrams_top(g, n, &chars);
    good = good && text_ngrams_candidates(g);
    for (uint32_t n = 5; good && n <= 10; n++)
        good = text_ngrams_duplicated(g, n, &chars);
    return good;
}

/* Whichever allocation fails, that is said, and what there is can be used again. */
static void ngrams_without_memory(void **u)
{
    char text[40000 + TEXT_SLACK];
    text_spans spans = { 0 };
    (void)u;
    for (uint32_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? ' ' : (char)('a' + i / 2 % 7);
    const words w = { { text, 40000, 0 }, &spans };
    assert_true(text_split(TEXT_WHITESPACE, w.t, &spans));
    for (long i = 0, more = 1; more; i++) {
        text_ngrams g = { 0 };
        text_squeezed q = { 0 };
        alloc_fail_at(i);
        const bool good = count_all(&g, &q, &w);
        more = alloc_failed();
        assert_int_equal(good, !more);
        assert_true(good || i < 20);
        assert_true(count_all(&g, &q, &w));
        text_ngrams_free(&g);
        text_squeezed_free(&q);
    }
    text_spans_free(&spans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ngrams_as_counted),
        cmocka_unit_test(ngrams_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
