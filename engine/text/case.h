/* Python's str.lower: SpecialCasing without languages, and the sigma at the end of a word. */
#ifndef TEXT_CASE_H
#define TEXT_CASE_H
#include "text/buf.h"

/* Adds the lower case of t to out (at most 1.5 times as long). false: out of memory. */
bool text_lower(sl_str t, text_buf *out);
/* Does the capital sigma at byte `at` end a word, so that its lower case is U+03C2? */
bool text_final_sigma(sl_str t, size_t at);
#endif
