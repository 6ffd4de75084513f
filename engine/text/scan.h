/* One look at a text for what the quality rules of the field ask for: white space words, newlines, and counts; then,
 * for words of any splitter, the squeezed text with lengths and hashes that repetition rules compare. The hot path of
 * the filters: kernels for AVX-512 (VBMI2), AVX2 and plain C give the same. */
#ifndef TEXT_SCAN_H
#define TEXT_SCAN_H
#include "text/buf.h"

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
/* str.splitlines() by what was found. false: out of memory. */
bool text_scan_lines(const text_scan *s, text_spans *out);

/* Words one behind the other, as repetition rules look at them. */
typedef struct text_squeezed {
    char *p;                /* the words' bytes, joined with nothing; slack behind */
    uint32_t *begin;        /* n + 1: where word i begins in p */
    uint32_t *chars_before; /* n + 1: code points before word i; NULL where the text is ASCII: begin says it */
    uint64_t *hash;         /* n: of word i, all its bytes */
    uint64_t *head; /* n: of the 16 bytes of p from word i on, whatever words they are of; zero behind the last word */
    uint32_t n;
    size_t cap_bytes, cap_words;
    uint32_t *chars_room;
} text_squeezed;

/* Hashes are for tables whose hits are compared byte by byte: they may differ between processors. false: out of memory.
 */
bool text_squeeze(text_squeezed *s, sl_str t, const sl_span *words, uint32_t n, bool ascii);
void text_squeezed_free(text_squeezed *s);
/* The same bytes? Reads up to 63 bytes behind either. */
bool text_same(const char *a, const char *b, size_t n);
uint64_t text_scan_hash(const char *p, size_t n); /* as above: for one process, one processor */

/* Kernels, for tests: "avx512", "avx2", "plain", best first; NULL behind the last that runs here. Picked once, by the
 * processor; SLUICE_ISA names one to be used instead. */
extern const char *const text_kernels[];
bool text_use_kernel(const char *name); /* false: it does not run here. Not while others work */
#endif
