/* The phrases of C4 in a line: whatever the case, as str.lower has it. */
#ifndef PHRASES_H
#define PHRASES_H
#include "text/buf.h"
#include "text/scan.h"

enum { PHRASE_LOREM = 1, PHRASE_JAVASCRIPT = 2, PHRASE_POLICY = 4 };

/* Bytes without which none of the phrases, no bracket and no citation can stand in a text. */
extern const text_needle phrase_needles[];
extern const uint32_t n_phrase_needles;

/* PHRASE_* bits of a line. work: its lower case. false: out of memory. */
bool find_phrases(sl_str line, text_buf *work, uint32_t *found);
#endif
