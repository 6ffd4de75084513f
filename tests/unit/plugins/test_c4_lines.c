/* The lines of a page against the rules written down one after the other, over lower case of all of Unicode. */
#include "unit/text/text_test.h"
#include "lines.h"
#include "text/case.h"
#include "text/lines.h"
#include "text/unicode.h"
#include "text/words.h"
#include "unit/alloc_fails.h"
#include "unit/text/text_random.h"

/* ---- the rules, slowly ---- */

typedef struct slow_page {
    text_buf out, line, lower;
    text_spans words;
    uint64_t counts[LINE_COUNTS];
    int end;
} slow_page;

static bool has(const text_buf *b, const char *phrase) { return memmem(b->p, b->n, phrase, strlen(phrase)) != NULL; }

static bool ends(sl_str t, const char *with)
{
    const size_t n = strlen(with);
    return t.n >= n && !memcmp(t.p + t.n - n, with, n);
}

static size_t citation(const char *p, const char *end)
{
    const char *at = p + 1;
    for (const char *next = at; at < end && text_class(text_next(&next)) & TEXT_DECIMAL;)
        at = next;
    if (at < end && *at == ']')
        return (size_t)(at + 1 - p);
    static const char *const others[] = { "[edit]", "[citation needed]" };
    for (int i = 0; i < 2; i++)
        if ((size_t)(end - p) >= strlen(others[i]) && !memcmp(p, others[i], strlen(others[i])))
            return strlen(others[i]);
    return 0;
}

static sl_str without_citations(sl_str t, text_buf *out)
{
    out->n = 0;
    for (const char *p = t.p, *const end = t.p + t.n; p < end;) {
        const size_t n = *p == '[' ? citation(p, end) : 0;
        if (!n)
            assert_true(text_buf_add(out, p, 1));
        p += n ? n : 1;
    }
    return text_buf_end(out);
}

static bool too_long_word(const slow_page *s, sl_str line, int64_t most)
{
    for (uint32_t i = 0; i < s->words.n; i++) {
        const sl_str w = text_part(line, s->words.v[i]);
        if ((int64_t)text_chars(w.p, w.n) > most)
            return true;
    }
    return false;
}

static bool good_end(const line_rules *r, sl_str line)
{
    return (ends(line, ".") || ends(line, "?") || ends(line, "!") || ends(line, "\"") ||
            (r->single_quote_ends && ends(line, "'"))) &&
           !ends(line, "...");
}

static bool of_policies(const text_buf *lower)
{
    return has(lower, "terms of use") || has(lower, "privacy policy") || has(lower, "cookie policy") ||
           has(lower, "uses cookies") || has(lower, "use of cookies") || has(lower, "use cookies");
}

static void slow_line(slow_page *s, const line_rules *r, sl_str line)
{
    s->counts[LINES]++;
    line = text_strip(line);
    assert_true(text_split(TEXT_WHITESPACE, line, &s->words));
    if (r->max_word_length >= 0 && too_long_word(s, line, r->max_word_length)) {
        s->counts[LINES_LONG_WORD]++;
        return;
    }
    if (r->citations)
        line = without_citations(line, &s->line);
    if (r->end_mark && !good_end(r, line)) {
        s->counts[LINES_NO_MARK]++;
        return;
    }
    if (r->citations_first)
        assert_true(text_split(TEXT_WHITESPACE, line, &s->words));
    if (s->words.n < r->min_words_per_line) {
        s->counts[LINES_FEW_WORDS]++;
        return;
    }
    s->lower.n = 0;
    assert_true(text_lower(line, &s->lower));
    if (r->lorem && has(&s->lower, "lorem ipsum")) {
        s->end = PAGE_LOREM;
    } else if (r->javascript && has(&s->lower, "javascript")) {
        s->counts[LINES_JAVASCRIPT]++;
    } else if (r->curly && has(&s->lower, "{")) {
        s->end = PAGE_CURLY;
    } else if (r->policy && of_policies(&s->lower)) {
        s->counts[LINES_POLICY]++;
    } else {
        s->counts[LINES_KEPT]++;
        assert_true(text_buf_add(&s->out, line.p, line.n) && text_buf_add(&s->out, "\n", 1));
    }
}

static void slow_read(slow_page *s, const line_rules *r, sl_str t)
{
    sl_span line;
    memset(s->counts, 0, sizeof s->counts);
    s->out.n = 0;
    s->end = PAGE_GOOD;
    for (text_lines it = { .t = t }; s->end == PAGE_GOOD && text_next_line(&it, &line);)
        slow_line(s, r, text_part(t, line));
}

/* ---- random pages ---- */

/* What the rules look for, nearly that, and the ends of lines and words. */
static const char *const parts[] = {
    "lorem ipsum",
    "Lorem Ipsum",
    "lorem  ipsum",
    "javascript",
    "JAVAscript",
    "java",
    "terms of use",
    "Privacy policy",
    "cookie policy",
    "uses cookies",
    "use of coo\u212Aies",
    "use cookies",
    "cookies",
    "{",
    "}",
    "[1]",
    "[23]",
    "[]",
    "[\u0663]",
    "[edit]",
    "[Edit]",
    "[citation needed]",
    "[1",
    "]",
    "word",
    "w\u00F6rter",
    "wordswords",
    "\u0130",
    "\u017F",
    "a",
    ".",
    "?",
    "!",
    "\"",
    "'",
    "...",
    "..",
    "\u2026",
    " ",
    " ",
    " ",
    " ",
    "\n",
    "\n",
    "\r\n",
    "\u2028",
    "\u00A0",
    "\t",
};
enum { PARTS = sizeof parts / sizeof *parts };

static uint32_t random_page(uint64_t *state, char *out, unsigned most)
{
    uint32_t n = 0;
    const unsigned some = 4 + (unsigned)(random_next(state) % (PARTS - 3));
    const size_t first = random_next(state) % PARTS;
    for (uint64_t k = random_next(state) % most; k; k--) {
        const uint64_t x = random_next(state);
        /* of a few parts, and of those that make lines */
        const char *p = parts[x % 3 ? (first + (x >> 8) % some) % PARTS : PARTS - 1 - (x >> 8) % 18];
        memcpy(out + n, p, strlen(p));
        n += (uint32_t)strlen(p);
    }
    return n;
}

static void check_page(page *p, slow_page *s, const line_rules *r, sl_str t)
{
    assert_true(page_read(p, r, t));
    slow_read(s, r, t);
    assert_int_equal(p->end, s->end);
    assert_memory_equal(p->counts, s->counts, sizeof s->counts);
    assert_int_equal(p->out.n, s->out.n);
    if (s->out.n)
        assert_memory_equal(p->out.p, s->out.p, s->out.n);
    uint32_t at = 0;
    for (uint32_t i = 0; i < p->kept.n; i++) {
        assert_int_equal(p->kept.v[i].begin, at);
        at = p->kept.v[i].end + 1;
        assert_int_equal(p->out.p[at - 1], '\n');
    }
    assert_int_equal(at, p->out.n);
    assert_int_equal(p->kept.n, s->counts[LINES_KEPT]);
}

static void pages_as_the_rules_say(void **u)
{
    char text[4000 + TEXT_SLACK];
    page p = { 0 };
    slow_page s = { 0 };
    uint64_t state = 23, ended[3] = { 0 };
    (void)u;
    for (unsigned round = 0; round < 20000; round++) {
        const uint64_t x = random_next(&state);
        const line_rules r = { .max_word_length = x & 1   ? 8
                                                  : x & 2 ? 1000
                                                          : -1,
                               .min_words_per_line = (int64_t)(x >> 2 & 3),
                               .citations_first = x >> 4 & 1,
                               .citations = (x >> 5 & 3) != 0,
                               .end_mark = x >> 7 & 1,
                               .lorem = x >> 8 & 1,
                               .javascript = x >> 9 & 1,
                               .curly = x >> 10 & 1,
                               .policy = (x >> 11 & 3) != 0,
                               .single_quote_ends = x >> 13 & 1 };
        const uint32_t n = random_page(&state, text, round % 8 ? 30 : 200);
        memset(text + n, '[', TEXT_SLACK);
        check_page(&p, &s, &r, (sl_str){ text, n, 0 });
        ended[s.end]++;
    }
    assert_true(ended[PAGE_GOOD] > 1000 && ended[PAGE_LOREM] > 100 && ended[PAGE_CURLY] > 100);
    page_free(&p);
    text_buf_free(&s.out);
    text_buf_free(&s.line);
    text_buf_free(&s.lower);
    text_spans_free(&s.words);
}

/* Whichever allocation fails, that is said, and what there is can be used again. */
static void pages_without_memory(void **u)
{
    static const line_rules r = { .max_word_length = 10, .citations_first = true, .citations = true, .lorem = true };
    static const char page_of[] = "We use [1] cookies.\nJavaScript\u2028psu [edit]\n";
    char text[8000 + TEXT_SLACK] = { 0 };
    uint32_t n = 0;
    (void)u;
    for (; n + sizeof page_of < 8000; n += sizeof page_of - 1)
        memcpy(text + n, page_of, sizeof page_of - 1);
    for (long i = 0, more = 1; more; i++) {
        page p = { 0 };
        alloc_fail_at(i);
        const bool good = page_read(&p, &r, (sl_str){ text, n, 0 });
        more = alloc_failed();
        assert_int_equal(good, !more);
        assert_true(good ? i > 6 : i < 100);
        assert_true(page_read(&p, &r, (sl_str){ text, n, 0 }));
        assert_int_equal(p.counts[LINES_KEPT], p.counts[LINES]);
        page_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(pages_as_the_rules_say),
                                        cmocka_unit_test(pages_without_memory) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
