#include "text/line_counts.h"
#include "text/unicode.h"
#include "text/utf8.h"

static bool ends_with(const char *begin, const char *end, const char *with)
{
    return end - begin >= 3 && !memcmp(end - 3, with, 3);
}

text_line_edges text_count_line_edges(const text_scan *s)
{
    const sl_span *w = s->words.v, *const end = s->words.v + s->words.n;
    text_line_edges n = { 0 };
    sl_span line;
    for (text_lines it = { .t = s->t }; text_scan_next_line(s, &it, &line); n.lines++) {
        const sl_span *const first = w;
        while (w < end && w->begin < line.end)
            w++;
        if (w == first)
            continue;
        const char *const p = s->t.p + first->begin, *const last = s->t.p + w[-1].end;
        n.bullets += *p == '-' || !memcmp(p, "\xE2\x80\xA2", 3);
        n.ellipses += ends_with(p, last, "...") || ends_with(p, last, "\xE2\x80\xA6");
    }
    return n;
}

static bool ends_with_mark(const char *begin, const char *end)
{
    const unsigned char last = (unsigned char)end[-1];
    if (last < 128)
        return last == '.' || last == '?' || last == '!';
    const char *p = end;
    return p > begin && text_class(text_prev(&p)) & TEXT_DT_TERMINAL;
}

static bool is_brief(const text_scan *s, const char *p, uint32_t n, uint64_t most)
{
    if (n <= most || s->ascii)
        return n <= most;
    return n / 4 <= most && text_chars(p, n) <= most;
}

bool text_count_line_ends(const text_scan *s, uint64_t brief, text_spans *lines, text_line_ends *out)
{
    uint32_t from = 0, word = 0;
    *out = (text_line_ends){ 0 };
    lines->n = 0;
    if (!text_spans_room(lines, (size_t)s->n_newline + 1))
        return false;
    for (uint32_t i = 0; i <= s->n_newline; i++) {
        const uint32_t to = i < s->n_newline ? s->newline[i] : s->t.n, first = word;
        while (word < s->words.n && s->words.v[word].begin < to)
            word++;
        if (word > first) {
            lines->v[lines->n++] = (sl_span){ from, to };
            out->ended += ends_with_mark(s->t.p + from, s->t.p + to);
            out->brief += is_brief(s, s->t.p + from, to - from, brief);
        }
        from = to + 1;
    }
    return true;
}
