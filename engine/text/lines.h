/* Lines and white space as Python has them. */
#ifndef TEXT_LINES_H
#define TEXT_LINES_H
#include "text/buf.h"

/* str.strip, lstrip, rstrip: without white space at both ends, or at one. */
sl_str text_strip(sl_str t);
sl_str text_lstrip(sl_str t);
sl_str text_rstrip(sl_str t);

/* Walks lines: for (text_lines it = { .t = t }; text_next_line(&it, &line);) */
typedef struct text_lines {
    sl_str t;
    uint32_t at, n; /* n: lines so far, for text_scan_next_line */
    bool ended;
} text_lines;
/* str.splitlines(): at \n \r \r\n \v \f U+1C..1E U+85 U+2028 U+2029; no line behind the last break. */
bool text_next_line(text_lines *, sl_span *line);
/* str.split("\n"): an empty text is one empty line. */
bool text_next_newline(text_lines *, sl_span *line);
#endif
