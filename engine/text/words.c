#include "text/words.h"
#include <string.h>
#include "base/hash.h"
#include "text/spacy_en.h"

const char *const text_splitters[TEXT_SPLITTERS + 1] = { "whitespace", "wordpunct", "unicode", "spacy_en", NULL };

bool text_split(uint32_t splitter, sl_str t, text_spans *out)
{
    switch (splitter) {
    case TEXT_WHITESPACE: return text_scan_words(t, out);
    case TEXT_WORDPUNCT: return text_split_wordpunct(t, out);
    case TEXT_UNICODE_WORDS: return text_split_unicode(t, out);
    default: return text_split_spacy_en(t, out);
    }
}

sl_list text_words_of(sl_ctx *c, const sl_batch *b, sl_column *column, uint32_t row, uint32_t splitter, sl_str t,
                      text_spans *work)
{
    sl_list *of = (sl_list *)column->data + row;
    if (column->valid[row >> 6] >> (row & 63) & 1)
        return *of;
    if (!text_split(splitter, t, work)) {
        c->host->fail(c, SL_E_NOMEM, "out of memory for the words of a document of %u bytes", t.n);
        return (sl_list){ 0 };
    }
    sl_span *v = c->host->alloc(c, b, ((size_t)work->n + 1) * sizeof *v, _Alignof(sl_span));
    if (!v)
        return (sl_list){ 0 };
    if (work->n)
        memcpy(v, work->v, work->n * sizeof *v);
    column->valid[row >> 6] |= 1ull << (row & 63);
    *of = (sl_list){ v, work->n, 0 };
    if (work->cap > TEXT_KEPT)
        text_spans_free(work);
    return *of;
}

bool text_words_of_scan(sl_ctx *c, const sl_batch *b, sl_column *column, uint32_t row, uint32_t splitter,
                        const text_scan *s, text_spans *work, sl_list *out)
{
    if (splitter == TEXT_WHITESPACE) {
        *out = (sl_list){ s->words.v, s->words.n, 0 };
        return true;
    }
    *out = text_words_of(c, b, column, row, splitter, s->t, work);
    return out->p != NULL;
}

uint64_t text_word_hash(const char *p, size_t n) { return hash_bytes(p, n); }
