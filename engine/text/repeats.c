#include "text/repeats.h"
#include <stdlib.h>
#include "text/hash.h"
#include "text/utf8.h"

bool text_table_begin(text_table *t, size_t n, uint32_t numbers)
{
    size_t size = 64;
    text_hash_begin();
    while (size < 2 * n)
        size *= 2;
    if (size > t->size) {
        text_slot *v = calloc(size, sizeof *v);
        if (!v)
            return false;
        free(t->v);
        *t = (text_table){ .v = v, .size = size };
    }
    if ((uint64_t)t->base + t->span + numbers + 2 > UINT32_MAX) {
        memset(t->v, 0, t->size * sizeof *t->v);
        t->base = t->span = 0;
    }
    t->base += t->span + 1; /* above all that stands there, and never 0 */
    t->span = numbers;
    t->mask = (uint32_t)size - 1;
    return true;
}

void text_table_free(text_table *t)
{
    free(t->v);
    *t = (text_table){ 0 };
}

static bool stood_before(text_table *t, sl_str text, const sl_span *items, uint32_t item)
{
    const sl_str it = text_part(text, items[item]);
    const uint64_t h = text_quick_hash(it.p, it.n);
    const uint32_t tag = (uint32_t)(h >> 32);
    for (uint32_t i = (uint32_t)h & t->mask;; i = (i + 1) & t->mask) {
        text_slot *s = &t->v[i];
        if (s->at < t->base) {
            *s = (text_slot){ tag, t->base + item };
            return false;
        }
        if (s->tag != tag)
            continue;
        const sl_str other = text_part(text, items[s->at - t->base]);
        if (other.n == it.n && text_same(other.p, it.p, it.n))
            return true;
    }
}

bool text_count_repeats(text_table *t, sl_str text, const sl_span *items, uint32_t n, bool ascii, text_repeats *out)
{
    *out = (text_repeats){ 0 };
    if (!text_table_begin(t, n, n))
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (stood_before(t, text, items, i)) {
            const sl_str it = text_part(text, items[i]);
            out->n++;
            out->chars += ascii ? it.n : text_chars(it.p, it.n);
        }
    return true;
}

bool text_split_at_newlines(const text_scan *s, uint32_t begin, uint32_t end, uint32_t least, text_spans *out)
{
    uint32_t from = begin;
    out->n = 0;
    for (uint32_t i = 0, k; i < s->n_newline; i += k) {
        const uint32_t at = s->newline[i];
        for (k = 1; i + k < s->n_newline && s->newline[i + k] == at + k;)
            k++;
        if (k < least || at < begin || at + k > end)
            continue;
        if (!text_spans_add(out, from, at))
            return false;
        from = at + k;
    }
    return text_spans_add(out, from, end);
}

static bool count_pieces(text_table *t, const text_scan *s, const text_spans *pieces, text_repeats *out)
{
    return text_count_repeats(t, s->t, pieces->v, pieces->n, s->ascii, out);
}

bool text_count_paragraphs_again(text_table *t, const text_scan *s, text_spans *pieces, text_repeats *out)
{
    const uint32_t n = s->words.n, first = n ? s->words.v[0].begin : s->t.n, last = n ? s->words.v[n - 1].end : s->t.n;
    return text_split_at_newlines(s, first, last, 2, pieces) && count_pieces(t, s, pieces, out);
}

bool text_count_lines_again(text_table *t, const text_scan *s, text_spans *pieces, text_repeats *out)
{
    return text_split_at_newlines(s, 0, s->t.n, 1, pieces) && count_pieces(t, s, pieces, out);
}
