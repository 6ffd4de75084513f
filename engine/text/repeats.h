/* Which pieces of a text (lines, paragraphs) stand there again. */
#ifndef TEXT_REPEATS_H
#define TEXT_REPEATS_H
#include "text/scan.h"

typedef struct text_slot {
    uint32_t tag, at; /* at - base: which item; below base: empty, of an earlier use */
} text_slot;
typedef struct text_table { /* zeroed before the first use. Emptied in constant time: the base moves */
    text_slot *v;
    size_t size;
    uint32_t base, span, mask;
} text_table;

/* An empty table for up to n items, numbered below `numbers`. false: out of memory. */
bool text_table_begin(text_table *t, size_t n, uint32_t numbers);
void text_table_free(text_table *t);

/* What re.split("\n{least,}", …) makes of the text between two places. false: out of memory. */
bool text_split_at_newlines(const text_scan *s, uint32_t begin, uint32_t end, uint32_t least, text_spans *out);

typedef struct text_repeats {
    uint64_t n, chars; /* items that are a second or later one, and their code points */
} text_repeats;

/* false: out of memory. */
bool text_count_repeats(text_table *t, sl_str text, const sl_span *items, uint32_t n, bool ascii, text_repeats *out);
/* The same of paragraphs and of lines as Gopher has them: cut at two newlines and more, between the first word and the
 * last; cut at one and more. `pieces`: all of them, repeated or not. */
bool text_count_paragraphs_again(text_table *t, const text_scan *s, text_spans *pieces, text_repeats *out);
bool text_count_lines_again(text_table *t, const text_scan *s, text_spans *pieces, text_repeats *out);
#endif
