#include "lines.h"
#include <strings.h>
#include "phrases.h"
#include "text/lines.h"
#include "text/space.h"
#include "text/unicode.h"
#include "text/utf8.h"

/* ---- citations: \[\d*\]|\[edit\]|\[citation needed\] ---- */

static bool begins(const char *p, const char *end, const char *with)
{
    const size_t n = strlen(with);
    return (size_t)(end - p) >= n && !memcmp(p, with, n);
}

/* Behind the citation at p, which is a '['; NULL: there is none. */
static const char *behind_citation(const char *p, const char *end)
{
    const char *at = p + 1;
    while (at < end) {
        const char *next = at;
        if (!(text_class(text_next(&next)) & TEXT_DECIMAL))
            break;
        at = next;
    }
    if (at < end && *at == ']')
        return at + 1;
    return begins(p, end, "[edit]") ? p + 6 : begins(p, end, "[citation needed]") ? p + 17 : NULL;
}

/* Digits that a '[' was followed by in vain hold none: each byte is looked at twice at most. */
static bool remove_citations(sl_str *line, text_buf *out)
{
    const char *p = line->p, *const end = line->p + line->n;
    out->n = 0;
    if (!text_buf_room(out, line->n))
        return false;
    while (p < end) {
        const char *bracket = memchr(p, '[', (size_t)(end - p));
        const char *const to = bracket ? bracket : end;
        memcpy(out->p + out->n, p, (size_t)(to - p));
        out->n += (size_t)(to - p);
        if (!bracket)
            break;
        p = behind_citation(bracket, end);
        if (!p) {
            out->p[out->n++] = '[';
            p = bracket + 1;
        }
    }
    *line = text_buf_end(out);
    return true;
}

/* ---- lines ---- */

static bool has_long_word(const page *p, uint32_t from, uint32_t to, int64_t most)
{
    for (uint32_t i = from; i < to; i++) {
        const sl_str w = text_part(p->scan.t, p->scan.words.v[i]);
        if (w.n > most && (p->scan.ascii || (int64_t)text_chars(w.p, w.n) > most))
            return true;
    }
    return false;
}

static bool has_end_mark(sl_str line, bool single_quote)
{
    const char last = line.n ? line.p[line.n - 1] : 0;
    if (last == '.')
        return line.n < 3 || line.p[line.n - 2] != '.' || line.p[line.n - 3] != '.';
    return last == '?' || last == '!' || last == '"' || (single_quote && last == '\'');
}

static bool keep(page *p, sl_str line)
{
    const uint32_t at = (uint32_t)p->out.n;
    if (!text_buf_add(&p->out, line.p, line.n) || !text_buf_add(&p->out, "\n", 1) ||
        !text_spans_add(&p->kept, at, at + line.n))
        return false;
    p->counts[LINES_KEPT]++;
    return true;
}

/* Where a page ends in its line. `lorem ipsum` has no letter whose capital is not ASCII. */
static uint32_t place_of_end(sl_str line, int end)
{
    static const char lorem[] = "lorem ipsum";
    uint32_t at = 0;
    if (end == PAGE_CURLY)
        return (uint32_t)((const char *)memchr(line.p, '{', line.n) - line.p);
    while (at + sizeof lorem - 1 < line.n && strncasecmp(line.p + at, lorem, sizeof lorem - 1) != 0)
        at++;
    return at;
}

/* One line, of the words from `from` to before `to`; look: one of the needles may stand in it. false: out of memory. */
static bool one_line(page *p, const line_rules *r, sl_str line, uint32_t from, uint32_t to, bool look)
{
    uint32_t found = 0;
    p->counts[LINES]++;
    if (r->max_word_length >= 0 && line.n > r->max_word_length && has_long_word(p, from, to, r->max_word_length)) {
        p->counts[LINES_LONG_WORD]++;
        return true;
    }
    const bool cites = look && r->citations && memchr(line.p, '[', line.n);
    if (cites && !remove_citations(&line, &p->line))
        return false;
    if (r->end_mark && !has_end_mark(line, r->single_quote_ends)) {
        p->counts[LINES_NO_MARK]++;
        return true;
    }
    if ((cites && r->citations_first ? text_count_words(line.p, line.n, UINT64_MAX) : to - from) <
        (uint64_t)r->min_words_per_line) {
        p->counts[LINES_FEW_WORDS]++;
        return true;
    }
    if (look && !find_phrases(line, &p->work, &found))
        return false;
    if (r->lorem && (found & PHRASE_LOREM)) {
        p->end = PAGE_LOREM;
    } else if (r->javascript && (found & PHRASE_JAVASCRIPT)) {
        p->counts[LINES_JAVASCRIPT]++;
        return true;
    } else if (r->curly && look && memchr(line.p, '{', line.n)) {
        p->end = PAGE_CURLY;
    } else if (r->policy && (found & PHRASE_POLICY)) {
        p->counts[LINES_POLICY]++;
        return true;
    }
    if (p->end != PAGE_GOOD) {
        p->by = line;
        p->at = place_of_end(line, p->end);
        return true;
    }
    return keep(p, line);
}

bool page_read(page *p, const line_rules *r, sl_str t)
{
    uint32_t word = 0, place = 0;
    memset(p->counts, 0, sizeof p->counts);
    p->out.n = 0;
    p->kept.n = 0;
    p->end = PAGE_GOOD;
    if (!text_scan_read(&p->scan, t) || !text_seek(t, phrase_needles, n_phrase_needles, &p->places))
        return false;
    const text_spans *words = &p->scan.words;
    sl_span line;
    for (text_lines it = { .t = t }; p->end == PAGE_GOOD && text_scan_next_line(&p->scan, &it, &line);) {
        const uint32_t end = line.end, first = word;
        bool look = false;
        while (word < words->n && words->v[word].begin < end)
            word++;
        for (; place < p->places.n && p->places.v[place] < end; place++)
            look = true;
        const sl_span s =
            word > first ? (sl_span){ words->v[first].begin, words->v[word - 1].end } : (sl_span){ end, end };
        if (!one_line(p, r, text_part(t, s), first, word, look))
            return false;
    }
    return true;
}

void page_free(page *p)
{
    text_scan_free(&p->scan);
    text_places_free(&p->places);
    text_buf_free(&p->out);
    text_buf_free(&p->line);
    text_buf_free(&p->work);
    text_spans_free(&p->kept);
}
