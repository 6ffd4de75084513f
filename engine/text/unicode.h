/* Classes of code points, by a two-level table: Unicode 14.0.0, as CPython 3.11 has it. Written by tools/gen-unicode.
 */
#ifndef TEXT_UNICODE_H
#define TEXT_UNICODE_H
#include <stdint.h>

/* Named in the states of whatever depends on it. */
#define TEXT_UNICODE "14.0.0"

enum {                             /* text_class: as Python's str methods say of a single character */
       TEXT_ALPHA = 1 << 0,        /* isalpha: categories L* */
       TEXT_SPACE = 1 << 1,        /* isspace: also what split() and strip() mean */
       TEXT_DECIMAL = 1 << 2,      /* isdecimal: category Nd */
       TEXT_DIGIT = 1 << 3,        /* isdigit */
       TEXT_NUMERIC = 1 << 4,      /* isnumeric */
       TEXT_LOWER = 1 << 5,        /* islower */
       TEXT_UPPER = 1 << 6,        /* isupper */
       TEXT_CASED = 1 << 7,        /* Cased, for the final sigma */
       TEXT_IGNORABLE = 1 << 8,    /* Case_Ignorable, for the same */
       TEXT_PUNCT = 1 << 9,        /* categories P* */
       TEXT_SYMBOL = 1 << 10,      /* categories S* */
       TEXT_MARK = 1 << 11,        /* category Mn */
       TEXT_BREAK = 1 << 12,       /* splitlines ends a line here (of \r\n: both) */
       TEXT_DT_PUNCT = 1 << 13,    /* datatrove's PUNCTUATION */
       TEXT_DT_TERMINAL = 1 << 14, /* datatrove's TERMINAL_PUNCTUATION */
       TEXT_REGEX_DECIMAL =
           1 << 15, /* \p{Nd} of Python's `regex` module, whose Unicode is newer; simplify_text goes by it */
       TEXT_ALNUM = TEXT_ALPHA | TEXT_DECIMAL | TEXT_DIGIT | TEXT_NUMERIC /* isalnum; with '_': \w */
};

extern const uint8_t text_class_page[0x1100];
extern const uint16_t text_class_of[][256];
static inline uint32_t text_class(uint32_t c) { return text_class_of[text_class_page[c >> 8]][c & 255]; }

/* General category as a pair of letters, for instance "Lu". */
const char *text_category(uint32_t c);

/* Word_Break of UAX 29, and Extended_Pictographic (WB3c). */
enum {
    TEXT_WB_OTHER,
    TEXT_WB_CR,
    TEXT_WB_LF,
    TEXT_WB_NEWLINE,
    TEXT_WB_EXTEND,
    TEXT_WB_ZWJ,
    TEXT_WB_FORMAT,
    TEXT_WB_KATAKANA,
    TEXT_WB_HEBREW,
    TEXT_WB_LETTER,
    TEXT_WB_SINGLE_QUOTE,
    TEXT_WB_DOUBLE_QUOTE,
    TEXT_WB_MID_NUM_LET,
    TEXT_WB_MID_LETTER,
    TEXT_WB_MID_NUM,
    TEXT_WB_NUMERIC,
    TEXT_WB_EXTEND_NUM_LET,
    TEXT_WB_REGIONAL,
    TEXT_WB_SEG_SPACE,
    TEXT_WB_PICTOGRAPHIC = 0x80
};
unsigned text_word_break(uint32_t c);
#endif
