/* The tables behind unicode.h, case.h and normal.h, as tools/gen-unicode writes them: two levels each, <name>_page[c /
 * block] is the row of <name>_of. */
#ifndef TEXT_UNICODE_DATA_H
#define TEXT_UNICODE_DATA_H
#include "text/unicode.h"

typedef struct text_kind {
    char category[3];
    uint8_t word_break;
} text_kind;
extern const uint8_t text_kind_page[0x1100], text_kind_of[][256]; /* the place in text_kinds */
extern const text_kind text_kinds[];

/* Lower case is c + text_lower_by[n]; for U+0130, which becomes two code points, it gives the first. */
extern const uint8_t text_lower_page[0x2200], text_lower_of[][128];
extern const int32_t text_lower_by[];
static inline uint32_t text_lower_char(uint32_t c)
{
    return c + (uint32_t)text_lower_by[text_lower_of[text_lower_page[c >> 7]][c & 127]];
}

/* Combining class << 8 | flags. */
enum {
    TEXT_NOT_FORM = 1,  /* << form: c alone is not in that form */
    TEXT_JOINS = 1 << 4 /* composes with what stands before it */
};
extern const uint8_t text_norm_page[0x2200];
extern const uint16_t text_norm_of[][128];
static inline uint32_t text_norm(uint32_t c) { return text_norm_of[text_norm_page[c >> 7]][c & 127]; }

/* Full decompositions, Hangul left out: length and UTF-8 of the canonical one, length and UTF-8 of the compatible one.
 * Length 0: c itself, or no other than the canonical one. */
extern const uint8_t text_parts_page[0x2200];
extern const uint16_t text_parts_of[][128];
extern const unsigned char text_part_bytes[];
static inline const unsigned char *text_parts(uint32_t c)
{
    return text_part_bytes + text_parts_of[text_parts_page[c >> 7]][c & 127];
}

typedef struct text_pair {
    uint32_t first, second, whole;
} text_pair;
extern const text_pair text_pairs[]; /* compositions, ascending, Hangul left out */
extern const uint32_t text_n_pairs;
#endif
