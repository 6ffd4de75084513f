#include "line_rules.h"
#include <stdlib.h>
#include <string.h>
#include "text/case.h"
#include "text/lines.h"
#include "text/space.h"
#include "text/unicode_data.h"
#include "text/utf8.h"

/* ---- the lines of a text ---- */

static bool split(sl_str t, line_list *lines)
{
    sl_span s;
    lines->n = 0;
    for (text_lines it = { .t = t }; text_next_newline(&it, &s);) {
        if (lines->n == lines->cap) {
            const size_t cap = lines->cap + lines->cap / 2 + 64;
            sl_str *v = realloc(lines->v, cap * sizeof *v);
            if (!v)
                return false;
            lines->v = v;
            lines->cap = cap;
        }
        lines->v[lines->n++] = text_part(t, s);
    }
    return true;
}

static sl_str join(const line_list *lines, text_buf *out)
{
    out->n = 0;
    for (size_t i = 0; i < lines->n; i++)
        if ((i && !text_buf_add(out, "\n", 1)) || !text_buf_add(out, lines->v[i].p, lines->v[i].n))
            return (sl_str){ 0 };
    return text_buf_end(out);
}

/* str.strip of all lines joined. */
static void strip(line_list *lines)
{
    size_t from = 0;
    while (from < lines->n && !(lines->v[from] = text_lstrip(lines->v[from])).n)
        from++;
    while (lines->n > from && !(lines->v[lines->n - 1] = text_rstrip(lines->v[lines->n - 1])).n)
        lines->n--;
    lines->n -= from;
    if (from)
        memmove(lines->v, lines->v + from, lines->n * sizeof *lines->v);
}

/* ---- rules that look at a line ---- */

/* How many of its code points are of the class: TEXT_UPPER or TEXT_DIGIT. */
static uint64_t count_class(sl_str line, uint32_t class, uint64_t *chars)
{
    uint64_t n = 0;
    *chars = line.n;
    if (text_ascii(line.p, line.n) == line.n) {
        const unsigned char first = class == TEXT_UPPER ? 'A' : '0', width = class == TEXT_UPPER ? 26 : 10;
        for (uint32_t i = 0; i < line.n; i++)
            n += (unsigned char)((unsigned char)line.p[i] - first) < width;
        return n;
    }
    *chars = 0;
    for (const char *p = line.p, *const end = p + line.n; p < end; ++*chars)
        n += (text_class(text_next(&p)) & class) != 0;
    return n;
}

static bool is_mostly(sl_str line, uint32_t class, double most)
{
    uint64_t chars;
    const double n = (double)count_class(line, class, &chars);
    return line.n && n / (double)chars > most;
}

static bool is_alnum(uint32_t c) { return (text_class(c) & TEXT_ALNUM) != 0; }

/* \W* */
static const char *skip_no_word(const char *p, const char *end)
{
    while (p < end) {
        const char *const at = p;
        const uint32_t c = text_next(&p);
        if (c == '_' || is_alnum(c))
            return at;
    }
    return end;
}

static const char *skip_class(const char *p, const char *end, uint32_t class, const char *or_one_of)
{
    while (p < end) {
        const char *const at = p;
        const uint32_t c = text_next(&p);
        if (!(text_class(c) & class) && !(c && c < 128 && strchr(or_one_of, (int)c)))
            return at;
    }
    return end;
}

/* \W*\d(,|\.|\d)*[kmb]?\s+(likes|…)\W*, the whole of a line in lower case. */
static bool counts_something(sl_str line)
{
    static const char *const things[] = { "likes",     "shares",  "comments",  "retweets",  "reposts", "quotes",
                                          "bookmarks", "upvotes", "downvotes", "downloads", "views",   "followers" };
    const char *const end = line.p + line.n, *p = skip_no_word(line.p, end), *q = p;
    if (p == end || !(text_class(text_next(&q)) & TEXT_DECIMAL))
        return false;
    p = skip_class(q, end, TEXT_DECIMAL, ",.");
    if (p < end && (*p == 'k' || *p == 'm' || *p == 'b'))
        p++;
    q = skip_class(p, end, TEXT_SPACE, "");
    for (size_t i = 0; q > p && i < sizeof things / sizeof *things; i++) {
        const size_t n = strlen(things[i]);
        if ((size_t)(end - q) >= n && !memcmp(q, things[i], n))
            return skip_no_word(q + n, end) == end;
    }
    return false;
}

/* false: out of memory. What comes first is the same in lower case, and hardly ever a number. */
static bool is_counter(sl_str line, text_buf *lower, bool *is)
{
    const char *const end = line.p + line.n, *p = skip_no_word(line.p, end);
    *is = false;
    if (p == end || !(text_class(text_next(&p)) & TEXT_DECIMAL))
        return true;
    lower->n = 0;
    if (!text_lower(line, lower))
        return false;
    *is = counts_something(text_buf_end(lower));
    return true;
}

/* ---- phrases ---- */

/* What Python's re takes for the same letter with IGNORECASE: U+131 is an i, U+17F an s. */
static uint32_t fold(uint32_t c) { return c == 0x131 ? 'i' : c == 0x17F ? 's' : text_lower_char(c); }

/* Behind the phrase at p; NULL: it does not stand there. */
static const char *phrase_at(const char *phrase, const char *p, const char *end)
{
    for (const char *at = phrase; *at;) {
        const uint32_t want = text_next(&at);
        if (p == end || (fold(text_next(&p)) != fold(want) && want != '.'))
            return NULL;
    }
    return p;
}

static const char *any_phrase_at(const sl_many *phrases, const char *p, const char *end)
{
    const char *const *v = phrases->v, *to = NULL;
    for (size_t i = 0; i < phrases->n && !to; i++)
        to = phrase_at(v[i], p, end);
    return to;
}

static const char *skip_space(const char *p, const char *end) { return p < end ? p + text_space(p, end) : p; }

/* Without the first of the phrases that the line begins with, and white space of one character behind it. */
static void cut_start(sl_str *line, const sl_many *phrases)
{
    const char *const end = line->p + line->n, *to = any_phrase_at(phrases, line->p, end);
    if (to)
        to = skip_space(to, end), *line = (sl_str){ to, (uint32_t)(end - to), 0 };
}

/* Without the longest that it ends with, and white space of one character in front. */
static void cut_end(sl_str *line, const sl_many *phrases)
{
    const char *const end = line->p + line->n, *from = end;
    for (size_t i = 0; i < phrases->n; i++) {
        const char *const phrase = ((const char *const *)phrases->v)[i], *p = end;
        size_t left = text_chars(phrase, strlen(phrase));
        for (; left && p > line->p; left--)
            text_prev(&p);
        if (!left && p < from && phrase_at(phrase, p, end))
            from = p;
    }
    const char *p = from;
    if (from < end && from > line->p && text_class(text_prev(&p)) & TEXT_SPACE)
        from = p;
    line->n = (uint32_t)(from - line->p);
}

/* Without all of them, each with white space of one character in front. `edited` has room for the line, and does not
 * move. */
static void cut_anywhere(sl_str *line, const sl_many *phrases, text_buf *edited)
{
    const char *const end = line->p + line->n, *done = line->p, *p = line->p;
    const size_t begin = edited->n;
    while (p < end) {
        const char *const behind_space = skip_space(p, end);
        const char *to = behind_space > p ? any_phrase_at(phrases, behind_space, end) : NULL;
        if (!to && !(to = any_phrase_at(phrases, p, end))) {
            text_next(&p);
            continue;
        }
        memcpy(edited->p + edited->n, done, (size_t)(p - done));
        edited->n += (size_t)(p - done);
        p = done = to;
    }
    if (done == line->p)
        return;
    memcpy(edited->p + edited->n, done, (size_t)(end - done));
    edited->n += (size_t)(end - done);
    *line = (sl_str){ edited->p + begin, (uint32_t)(edited->n - begin), 0 };
}

/* Few lines have a phrase at an end, so that is asked first; their words are counted then. */
static sl_str without_phrases(const line_rules *r, int place, sl_str line, line_work *w)
{
    const uint64_t most = r->max_words_with_phrase;
    sl_str cut = line;
    if (place == PHRASE_ANYWHERE && text_count_words(line.p, line.n, most + 1) <= most)
        cut_anywhere(&cut, &r->phrases[place], &w->edited);
    else if (place == PHRASE_AT_END)
        cut_end(&cut, &r->phrases[place]);
    else if (place == PHRASE_AT_START)
        cut_start(&cut, &r->phrases[place]);
    return cut.n == line.n || place == PHRASE_ANYWHERE || text_count_words(line.p, line.n, most + 1) <= most ? cut
                                                                                                             : line;
}

/* Lines that hold nothing else go with their phrase, and blank ones. */
static void cut_phrases(const line_rules *r, int place, line_work *w)
{
    line_list *const lines = &w->lines;
    size_t kept = 0;
    for (size_t i = 0; i < lines->n; i++) {
        const sl_str line = lines->v[i];
        const sl_str cut = line.n ? without_phrases(r, place, line, w) : line;
        if (line.n && !text_lstrip(cut).n) {
            w->counts[LINES_PHRASES]++;
            continue;
        }
        w->counts[LINES_EDITED] += cut.n < line.n;
        lines->v[kept++] = cut;
    }
    lines->n = kept;
    strip(lines);
}

/* ---- all of them ---- */

/* Which lines a rule drops. false: out of memory. */
static bool drop(const line_rules *r, int rule, line_work *w)
{
    line_list *const lines = &w->lines;
    size_t kept = 0;
    for (size_t i = 0; i < lines->n; i++) {
        const sl_str line = lines->v[i];
        bool goes = false;
        if (rule == LINES_UPPERCASE)
            goes = is_mostly(line, TEXT_UPPER, r->max_uppercase_ratio);
        else if (rule == LINES_NUMERIC)
            goes = is_mostly(line, TEXT_DIGIT, r->max_numeric_ratio);
        else if (rule == LINES_FEW_WORDS)
            goes = line.n && text_count_words(line.p, line.n, r->min_words) < r->min_words;
        else if (r->counters && !is_counter(line, &w->lower, &goes))
            return false;
        w->counts[rule] += goes;
        if (!goes)
            lines->v[kept++] = line;
    }
    lines->n = kept;
    if (rule != LINES_FEW_WORDS)
        strip(lines);
    return true;
}

sl_str line_rules_apply(const line_rules *r, sl_str t, line_work *w)
{
    const sl_str none = { 0 };
    memset(w->counts, 0, sizeof w->counts);
    w->edited.n = 0;
    if (!split(t, &w->lines))
        return none;
    for (int rule = LINES_UPPERCASE; rule <= LINES_FEW_WORDS; rule++)
        if (!drop(r, rule, w))
            return none;
    for (int place = 0; place < PHRASE_PLACES; place++) {
        if (!r->phrases[place].n)
            continue;
        if (place == PHRASE_ANYWHERE && !text_buf_room(&w->edited, t.n))
            return none;
        cut_phrases(r, place, w);
    }
    return join(&w->lines, &w->out);
}

void line_work_free(line_work *w)
{
    free(w->lines.v);
    text_buf_free(&w->out);
    text_buf_free(&w->lower);
    text_buf_free(&w->edited);
}

uint64_t count_fasttext_words(sl_str t, uint64_t enough)
{
    uint64_t n = 0;
    bool in = false;
    for (const char *p = t.p, *const end = t.p + t.n; p < end && n < enough;) {
        const unsigned char c = (unsigned char)*p;
        if (c == ' ' || (c >= '\t' && c <= '\r') || !c) {
            in = false;
            p++;
        } else if (in) {
            p++;
        } else {
            n += is_alnum(text_next(&p));
            in = true;
        }
    }
    return n;
}
