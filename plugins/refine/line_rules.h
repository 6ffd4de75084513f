/* The line corrections of RefinedWeb (Penedo et al. 2023, appendix G.2) as DCLM's modifiers have them: one rule after
 * the other over all lines of a text, and after most of them the text is stripped. */
#ifndef LINE_RULES_H
#define LINE_RULES_H
#include "text/buf.h"

enum { PHRASE_ANYWHERE, PHRASE_AT_END, PHRASE_AT_START, PHRASE_PLACES };

typedef struct line_rules {
    double max_uppercase_ratio, max_numeric_ratio;
    bool counters;
    uint64_t min_words, max_words_with_phrase;
    sl_many phrases[PHRASE_PLACES]; /* const char *; '.' is any character */
} line_rules;

enum { LINES_UPPERCASE, LINES_NUMERIC, LINES_COUNTERS, LINES_FEW_WORDS, LINES_PHRASES, LINES_EDITED, LINE_COUNTS };

typedef struct line_list {
    sl_str *v;
    size_t n, cap;
} line_list;

typedef struct line_work {
    line_list lines;
    text_buf out, lower, edited;
    uint64_t counts[LINE_COUNTS];
} line_work;

/* What is left of the text: t itself where nothing changes, else in w, good until the next call. p NULL: out of memory.
 */
sl_str line_rules_apply(const line_rules *r, sl_str t, line_work *w);
void line_work_free(line_work *w);

/* Words as DCLM counts them for the share that was removed: between fastText's white space, first character a letter or
 * a number; `enough` at most. */
uint64_t count_fasttext_words(sl_str t, uint64_t enough);
#endif
