/* What two texts may differ in and still count as the same. */
#ifndef DEDUP_NORMALIZE_H
#define DEDUP_NORMALIZE_H
#include <stddef.h>
#include <stdint.h>

/* Each level does what the one before it does, and more. These are definitions: saved states rest on them.
 *   NONE        the bytes of the text
 *   WHITESPACE  runs of white space (what Python's str.split takes for it) become one space; none at either end
 *   LOWER       A-Z become a-z; other letters stay as they are
 *   WORDS       the punctuation of ASCII (Python's string.punctuation) and control characters that are no white space
 * go */
enum { NORMALIZE_NONE, NORMALIZE_WHITESPACE, NORMALIZE_LOWER, NORMALIZE_WORDS };

typedef struct normal_form { /* what becomes of a byte: itself or another, or one of the classes in normalize.c */
    uint16_t of[256];
} normal_form;
void normal_form_init(normal_form *f, uint32_t level);

/* The next piece of the normal form of p[0..n). Begin with a zeroed cursor; 0 bytes: that was all. cap: at least 2. */
typedef struct normal_cursor {
    size_t at;
    uint8_t wrote, space;
} normal_cursor;
size_t normalize(const normal_form *f, normal_cursor *k, const char *p, size_t n, char *out, size_t cap);

#endif
