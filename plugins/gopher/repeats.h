/* Which pieces of a text (lines, paragraphs) stand there again. */
#ifndef REPEATS_H
#define REPEATS_H
#include "text/scan.h"

typedef struct repeat_slot {
    uint32_t tag, at; /* at - base: which item; below base: empty, of an earlier use */
} repeat_slot;
typedef struct repeat_table { /* zeroed before the first use. Emptied in constant time: the base moves */
    repeat_slot *v;
    size_t size;
    uint32_t base, span, mask;
} repeat_table;

/* An empty table for up to n items, numbered below `numbers`. false: out of memory. */
bool repeat_table_begin(repeat_table *t, size_t n, uint32_t numbers);
void repeat_table_free(repeat_table *t);

typedef struct repeats {
    uint64_t n, chars; /* items that are a second or later one, and their code points */
} repeats;

/* false: out of memory. */
bool count_repeats(repeat_table *t, sl_str text, const sl_span *items, uint32_t n, bool ascii, repeats *out);
#endif
