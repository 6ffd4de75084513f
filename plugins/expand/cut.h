/* Where a text is cut into parts. Texts are UTF-8; nothing is read beyond n, and bad bytes do no harm. */
#ifndef EXPAND_CUT_H
#define EXPAND_CUT_H
#include <stdbool.h>
#include <stdint.h>

enum { CUT_PARAGRAPHS, CUT_LINES, CUT_WINDOW };
enum { CUT_CHARS, CUT_BYTES, CUT_WORDS };

typedef struct cut_spec {
    uint32_t by, unit;      /* unit: of size, overlap and min */
    bool whole_words;       /* windows of characters or bytes that begin and end with words */
    uint64_t size, overlap; /* of a window; overlap < size */
    uint64_t min;           /* shorter parts are left out */
} cut_spec;

typedef struct cut_place { /* zeroed: the beginning */
    uint32_t at;           /* where the next part is looked for */
    uint64_t cut;          /* parts so far, also those left out */
    bool done;
} cut_place;

typedef struct cut_part {
    uint32_t begin, end; /* bytes of the text */
    uint64_t number;     /* from 1, also counting parts that were too short: it does not depend on `min` */
} cut_part;

/* The next part. false: there is none left. */
bool cut_next(const cut_spec *spec, const char *text, uint32_t n, cut_place *place, cut_part *part);

#endif
