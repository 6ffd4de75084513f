/* What C4 does with the lines of a page: which stay, and as what. */
#ifndef LINES_H
#define LINES_H
#include "text/buf.h"
#include "text/scan.h"

typedef struct line_rules {
    int64_t max_word_length, min_words_per_line;
    bool citations_first; /* the words are counted when citations are gone */
    bool citations, end_mark, lorem, javascript, curly, policy;
    bool single_quote_ends; /* "'" is an end mark too */
} line_rules;

enum {
    LINES,
    LINES_KEPT,
    LINES_LONG_WORD,
    LINES_NO_MARK,
    LINES_FEW_WORDS,
    LINES_JAVASCRIPT,
    LINES_POLICY,
    LINE_COUNTS
};
enum { PAGE_GOOD, PAGE_LOREM, PAGE_CURLY };

typedef struct page {
    text_scan scan;
    text_places places; /* of phrase_needles */
    text_buf out, line, work;
    text_spans kept; /* in out */
    uint64_t counts[LINE_COUNTS];
    int end;     /* PAGE_* */
    sl_str by;   /* the line that ended it */
    uint32_t at; /* what for, in it */
} page;

/* false: out of memory. What is left stands in p->out, each line followed by a newline; its lines are p->kept. Stops at
 * a line that drops the page. */
bool page_read(page *p, const line_rules *r, sl_str t);
void page_free(page *p);
#endif
