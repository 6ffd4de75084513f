/* What refine.unicode does to a text: pure, and kept apart so that it can be tested alone. */
#ifndef CHARACTERS_H
#define CHARACTERS_H
#include "edit.h"
#include "text/normal.h"

enum { LINE_ENDS_KEEP, LINE_ENDS_CR, LINE_ENDS_ALL };
enum { ZERO_WIDTH_KEEP, ZERO_WIDTH_SPACES, ZERO_WIDTH_ALL };

typedef struct char_rules {
    bool normalize;
    text_form form;
    bool controls, soft_hyphens, trailing_space;
    uint32_t line_ends, zero_width;
    int64_t max_blank_lines; /* -1: any */
} char_rules;

enum {
    CHARS_CONTROLS,
    CHARS_ZERO_WIDTH,
    CHARS_SOFT_HYPHENS,
    CHARS_LINE_ENDS,
    CHARS_NORMALIZED, /* texts */
    CHARS_TRAILING,   /* lines */
    CHARS_BLANK_LINES,
    CHAR_COUNTS
};

typedef struct char_work {
    text_buf chars, normal, lines;
    uint64_t counts[CHAR_COUNTS];
} char_work;

/* The refined text: t itself where nothing changes, else in w, good until the next call. Refining it once more changes
 * nothing. p NULL: out of memory, or it would be longer than a text can be. */
sl_str refine_chars(const char_rules *r, sl_str t, char_work *w);
void char_work_free(char_work *w);
#endif
