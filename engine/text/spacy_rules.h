/* The patterns of spaCy's blank English tokenizer, by hand: what Python's `re` finds in a string without white space.
 * All take valid UTF-8 in [p, e), with 64 readable bytes behind, and are linear. */
#ifndef TEXT_SPACY_RULES_H
#define TEXT_SPACY_RULES_H
#include <stddef.h>
#include "text/spacy_data.h"

/* NULL: the string has no tokens of its own. */
const spacy_special *spacy_find_special(const char *p, const char *e);
/* Bytes of the prefix or the suffix; 0: none. */
size_t spacy_prefix(const char *p, const char *e);
size_t spacy_suffix(const char *p, const char *e);
/* The first infix that begins at `at` or behind it: its bytes, and where; 0: none. */
size_t spacy_infix(const char *p, const char *e, const char **at);
bool spacy_is_url(const char *p, const char *e);
#endif
