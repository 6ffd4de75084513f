/* One look at a text for what the quality rules of the field ask for: white space words, newlines, counts. And words of
 * any splitter one behind the other with their hashes, as the repetition rules compare them. */
#ifndef TEXT_SCAN_H
#define TEXT_SCAN_H
#include "text/lines.h"

typedef struct text_scan {
    sl_str t;
    text_spans words;  /* white space words */
    uint32_t *newline; /* places of \n */
    uint32_t n_newline, newline_cap;
    uint32_t chars;    /* code points of the text */
    uint32_t hashes;   /* '#' */
    uint32_t ellipses; /* "..." without overlap, and U+2026 */
    bool ascii;
    bool other_breaks; /* splitlines breaks at something beside \n */
} text_scan;

/* Fills s (zeroed before the first use; its memory is used again). false: out of memory. */
bool text_scan_read(text_scan *s, sl_str t);
void text_scan_free(text_scan *s);
/* The words alone: Python's str.split(). */
bool text_scan_words(sl_str t, text_spans *out);
/* str.splitlines() by what was found: for (text_lines it = { .t = s->t }; text_scan_next_line(s, &it, &line);) */
bool text_scan_next_line(const text_scan *s, text_lines *it, sl_span *line);

/* A few bytes to look for, letters in either case: what phrases have that texts hardly ever do. */
typedef struct text_needle {
    char p[4]; /* n of them, 1 to 4; ASCII letters as lower case */
    uint8_t n;
} text_needle;
typedef struct text_places {
    uint32_t *v;
    uint32_t n, cap;
} text_places;
/* Where any of the needles (at most 16) may stand, ascending: all places where one does, some where a byte differs in
 * bit 5, and some so near the end that it would reach behind it. false: out of memory. */
bool text_seek(sl_str t, const text_needle *needles, uint32_t n, text_places *out);
void text_places_free(text_places *);

/* Words one behind the other. */
typedef struct text_squeezed {
    char *p;                /* the words' bytes, joined with nothing; TEXT_SLACK zero bytes behind */
    uint32_t *begin;        /* n + 1: where word i begins in p */
    uint32_t *chars_before; /* n + 1: code points before word i; of an ASCII text the same as begin */
    uint64_t *hash;         /* n: of word i, all its bytes */
    uint32_t n;
    size_t cap_bytes, cap_words;
    uint32_t *room; /* for chars_before */
} text_squeezed;

/* false: out of memory. */
bool text_squeeze(text_squeezed *s, sl_str t, const sl_span *words, uint32_t n, bool ascii);
void text_squeezed_free(text_squeezed *s);

/* Kernels, for tests: best first, ends with NULL. The best that runs here is used, or the one that SLUICE_ISA names. */
extern const char *const text_kernels[];
bool text_use_kernel(const char *name); /* false: it does not run here. Not while others work */
#endif
