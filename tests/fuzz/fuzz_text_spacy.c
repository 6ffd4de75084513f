/* layer: text */
/* Any text through spaCy's tokenizer: the words of the slow way, in order, not empty, without white space; sentences
 * that cover the text, as many as are counted. */
#include "../unit/text/spacy_slow.h"
#include "text/sentences.h"
#include "text/spacy_en.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok)
        abort();
}

static bool has_space(sl_str t)
{
    for (const char *p = t.p; p < t.p + t.n;)
        if (text_class(text_next(&p)) & TEXT_SPACE)
            return true;
    return false;
}

static void check_words(sl_str t, const text_spans *words)
{
    slow_list slow = { 0 };
    slow_split(t, &slow);
    check(words->n == slow.n && (slow.n == 0 || !memcmp(words->v, slow.v, slow.n * sizeof *slow.v)));
    free(slow.v);
    for (uint32_t i = 0; i < words->n; i++) {
        const sl_span w = words->v[i];
        check(w.begin < w.end && w.end <= t.n && (i == 0 || words->v[i - 1].end <= w.begin));
        check(!has_space(text_part(t, w)));
    }
}

static void check_sentences(sl_str t, const text_spans *sentences)
{
    const uint32_t n = sentences->n;
    check((n == 0) == (t.n == 0));
    for (uint32_t i = 0; i < n; i++)
        check(sentences->v[i].begin == (i ? sentences->v[i - 1].end : 0) &&
              sentences->v[i].begin < sentences->v[i].end);
    check(n == 0 || sentences->v[n - 1].end == t.n);
    check(text_count_sentences(t, UINT32_MAX) == (n ? n : 1));
    check(text_count_sentences(t, 3) == (n > 3 ? 3 : n ? n : 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static text_spans words, sentences;
    const size_t n = text_utf8_valid((const char *)data, size);
    char *p = malloc(n + TEXT_SLACK);
    check(p && n < 1 << 16);
    memcpy(p, data, n);
    memset(p + n, 0xEE, TEXT_SLACK);
    const sl_str t = { p, (uint32_t)n, 0 };
    check(text_split_spacy_en(t, &words) && text_sentences(t, &sentences));
    check_words(t, &words);
    check_sentences(t, &sentences);
    free(p);
    return 0;
}
