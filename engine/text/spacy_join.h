/* Special cases once more, over the tokens: where tokens in a row are what a special case would be split into, they
 * become its own ("x,Mr." -> "x" "," "Mr."). */
#ifndef TEXT_SPACY_JOIN_H
#define TEXT_SPACY_JOIN_H
#include "text/spacy_en.h"
#include "text/spacy_data.h"

enum {
    SPACY_BATCH = 256,
    SPACY_AROUND = SPACY_PARTS - 1, /* how far a special case reaches from its first token */
};

/* Tokens on their way out. v[0, done) were given already and stay as the left context, at most SPACY_AROUND of them.
 * Only where a piece between white space has three tokens or more can some of them be joined. */
typedef struct spacy_batch {
    const char *text;
    spacy_take take;
    void *to;
    uint32_t n, done, joint; /* joint: the end of the last such piece, or of its tokens that are here */
    bool stopped;            /* take wants no more */
    sl_span v[SPACY_BATCH];
} spacy_batch;

/* The tokens of a special case that begins at byte `at`: how many, at most SPACY_PARTS. */
uint32_t spacy_special_spans(const spacy_special *, uint32_t at, sl_span *out);
/* Gives what is decided, makes room for at least SPACY_BATCH / 2 tokens. at_end: everything is decided. */
void spacy_flush(spacy_batch *, bool at_end);
#endif
