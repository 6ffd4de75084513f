#include "text/scan.h"
#include <stdlib.h>
#include "text/kernel.h"
#include "text/words.h"

bool text_scan_read(text_scan *s, sl_str t) { return text_kernel_now()->scan(s, t, true); }

bool text_scan_words(sl_str t, text_spans *out)
{
    text_scan s = { .words = *out };
    const bool good = text_kernel_now()->scan(&s, t, false);
    *out = s.words;
    return good;
}

bool text_split_wordpunct(sl_str t, text_spans *out) { return text_kernel_now()->wordpunct(t, out); }

bool text_seek(sl_str t, const text_needle *needles, uint32_t n, text_places *out)
{
    return text_kernel_now()->seek(t, needles, n, out);
}

void text_places_free(text_places *p)
{
    free(p->v);
    *p = (text_places){ 0 };
}

bool text_scan_next_line(const text_scan *s, text_lines *it, sl_span *line)
{
    if (s->other_breaks)
        return text_next_line(it, line);
    if (it->at == s->t.n)
        return false;
    const uint32_t end = it->n < s->n_newline ? s->newline[it->n++] : s->t.n;
    *line = (sl_span){ it->at, end };
    it->at = end + (end < s->t.n);
    return true;
}

void text_scan_free(text_scan *s)
{
    text_spans_free(&s->words);
    free(s->newline);
    *s = (text_scan){ 0 };
}
