#include "text/sentences.h"
#include "text/spacy_data.h"
#include "text/spacy_en.h"
#include "text/unicode.h"
#include "text/utf8.h"

/* The sentencizer: behind an end mark, a sentence begins with the first token that is neither an end mark nor
 * punctuation all through. White space is a token too, but for one space between two others. */
typedef struct sentencizer {
    sl_str t;
    text_spans *out; /* NULL: they are only counted */
    uint32_t begin;  /* of this sentence */
    uint32_t end;    /* of the last token */
    uint32_t n, enough;
    bool marked; /* an end mark was seen in this sentence */
} sentencizer;

/* false: no more are wanted, or there is no memory. */
static bool end_sentence(sentencizer *s, uint32_t end)
{
    if (s->out && !text_spans_add(s->out, s->begin, end))
        return false;
    s->n++;
    s->begin = end;
    s->marked = false;
    return s->n < s->enough;
}

/* The white space up to `at` is a token: one space alone is none. */
static bool is_white_token(const sentencizer *s, uint32_t at)
{
    const uint32_t n = at - s->end;
    return n > 1 || (n == 1 && s->t.p[s->end] != ' ');
}

static bool is_punctuation(const char *p, const char *e)
{
    while (p < e)
        if (!(text_class(text_next(&p)) & TEXT_PUNCT))
            return false;
    return true;
}

static bool take_tokens(void *to, const sl_span *tokens, uint32_t n)
{
    sentencizer *s = to;
    for (uint32_t i = 0; i < n; i++) {
        const char *const p = s->t.p + tokens[i].begin, *const e = s->t.p + tokens[i].end, *next = p;
        if (s->marked && is_white_token(s, tokens[i].begin) && !end_sentence(s, s->end))
            return false;
        const uint32_t c = text_next(&next);
        if (next == e && spacy_class(c) & SPACY_SENTENCE_END)
            s->marked = true;
        else if (s->marked && !is_punctuation(p, e) && !end_sentence(s, s->end))
            return false;
        s->end = tokens[i].end;
    }
    return true;
}

/* false: stopped before the end. */
static bool read_all(sentencizer *s)
{
    if (!spacy_each(s->t, take_tokens, s))
        return false;
    if (s->marked && is_white_token(s, s->t.n) && !end_sentence(s, s->end))
        return false;
    return s->t.n == 0 || end_sentence(s, s->t.n) || !s->out;
}

bool text_sentences(sl_str t, text_spans *out)
{
    out->n = 0;
    return read_all(&(sentencizer){ .t = t, .out = out, .enough = UINT32_MAX });
}

uint32_t text_count_sentences(sl_str t, uint32_t enough)
{
    sentencizer s = { .t = t, .enough = enough };
    if (enough > 1)
        (void)read_all(&s);
    return s.n > 1 ? s.n : 1;
}
