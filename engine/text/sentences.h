/* Sentences of spaCy's rule `sentencizer` over the blank English tokenizer, as datatrove's English splitter uses it. */
#ifndef TEXT_SENTENCES_H
#define TEXT_SENTENCES_H
#include "text/buf.h"

/* Ends of the sentences, one span each: from the end of the one before (or 0) to its own end; the last ends with the
 * text. An empty text has none. false: out of memory. */
bool text_sentences(sl_str t, text_spans *out);
/* How many, as C4's rule counts them: at least 1. Stops at `enough`, which it then gives. */
uint32_t text_count_sentences(sl_str t, uint32_t enough);
#endif
