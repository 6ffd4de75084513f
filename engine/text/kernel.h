/* The part of a scan that a processor's vectors do: what a block of 64 bytes is made of, a bit a byte, and where that
 * changes. One file a processor, each compiled for it, all with the body of kernel_body.h. Inside of text/. */
#ifndef TEXT_KERNEL_H
#define TEXT_KERNEL_H
#include "text/scan.h"

enum { TEXT_BLOCK = 64 };

typedef struct text_masks {
    uint64_t space;     /* ASCII white space: U+9..D, 1C..20 */
    uint64_t newline;   /* \n */
    uint64_t breaks;    /* other ASCII ends of lines: U+B..D, 1C..1E */
    uint64_t dot, hash; /* '.', '#' */
    uint64_t high;      /* bytes of code points beyond ASCII */
    uint64_t within;    /* of these, all but the first of each code point */
    uint64_t lead;      /* C2, E1, E2, E3: white space and ends of lines beyond ASCII begin with these */
} text_masks;

typedef struct word_masks {
    uint64_t word;  /* ASCII letters, digits, '_' */
    uint64_t space; /* as above */
    uint64_t high;
} word_masks;

typedef struct text_kernel {
    const char *name;
    int (*runs)(void); /* on this processor? */
    bool (*scan)(text_scan *s, sl_str t,
                 bool lines); /* all of text_scan_read but the "..."; without newlines if not asked for */
    bool (*wordpunct)(sl_str t, text_spans *out);
    bool (*seek)(sl_str t, const text_needle *needles, uint32_t n, text_places *out);
} text_kernel;

extern const text_kernel text_kernel_avx512, text_kernel_avx2, text_kernel_plain;
/* The one in use. */
const text_kernel *text_kernel_now(void);
#endif
