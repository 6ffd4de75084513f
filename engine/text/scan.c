#include "text/scan.h"
#include <stdlib.h>
#include "text/kernel.h"
#include "text/lines.h"
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

bool text_scan_lines(const text_scan *s, text_spans *out)
{
    uint32_t from = 0;
    out->n = 0;
    if (s->other_breaks) {
        sl_span line;
        for (text_lines it = { .t = s->t }; text_next_line(&it, &line);) {
            if (!text_spans_room(out, (size_t)out->n + 1))
                return false;
            out->v[out->n++] = line;
        }
        return true;
    }
    if (!text_spans_room(out, (size_t)s->n_newline + 1))
        return false;
    for (uint32_t i = 0; i < s->n_newline; from = s->newline[i++] + 1)
        out->v[out->n++] = (sl_span){ from, s->newline[i] };
    if (from < s->t.n)
        out->v[out->n++] = (sl_span){ from, s->t.n };
    return true;
}

void text_scan_free(text_scan *s)
{
    text_spans_free(&s->words);
    free(s->newline);
    *s = (text_scan){ 0 };
}
