/* datatrove's simplify_text with its default TextNormConfig: what MinHash, sentence dedup and decontamination look at.
 * lower case, numbers to 0, punctuation to spaces, white space squeezed, marks removed; in that order. */
#ifndef TEXT_SIMPLIFY_H
#define TEXT_SIMPLIFY_H
#include "text/buf.h"

/* out: emptied first. work: two texts in between, kept by the caller. false: out of memory. */
bool text_simplify(sl_str t, text_buf *out, text_buf work[2]);
#endif
