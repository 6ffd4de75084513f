/* What lines begin and end with, and how long they are, as the quality rules of the field count it. */
#ifndef TEXT_LINE_COUNTS_H
#define TEXT_LINE_COUNTS_H
#include "text/scan.h"

/* Gopher: of the lines of splitlines(), white space at their ends apart. */
typedef struct text_line_edges {
    uint64_t lines;
    uint64_t bullets;  /* that begin with '-' or U+2022 */
    uint64_t ellipses; /* that end with "..." or U+2026 */
} text_line_edges;
text_line_edges text_count_line_edges(const text_scan *s);

/* FineWeb: of the lines of split("\n") that are more than white space. */
typedef struct text_line_ends {
    uint32_t ended; /* that end with a mark of datatrove's TERMINAL_PUNCTUATION */
    uint32_t brief; /* of at most so many code points */
} text_line_ends;
/* Fills `lines` with them. false: out of memory. */
bool text_count_line_ends(const text_scan *s, uint64_t brief, text_spans *lines, text_line_ends *out);
#endif
