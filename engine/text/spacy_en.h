/* spaCy's blank English tokenizer, equal to spaCy 3.8.18 token by token; white space tokens are left out. */
#ifndef TEXT_SPACY_EN_H
#define TEXT_SPACY_EN_H
#include "text/buf.h"

/* Takes the next n tokens, in the order of the text; false: wants no more. */
typedef bool (*spacy_take)(void *to, const sl_span *tokens, uint32_t n);
/* Gives all tokens of t in batches; false: take wanted no more. Needs 25 KiB of stack and nothing else. */
bool spacy_each(sl_str t, spacy_take take, void *to);

/* Fills `out` from its start. false: out of memory. */
bool text_split_spacy_en(sl_str t, text_spans *out);
#endif
