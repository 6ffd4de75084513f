/* A text with parts of it replaced: nothing is copied before the first. */
#ifndef EDIT_H
#define EDIT_H
#include "text/buf.h"

typedef struct edit {
    sl_str t;
    text_buf *out;
    uint32_t done; /* bytes of t that are dealt with */
    bool changed;
} edit;

/* out is emptied; it belongs to the edit up to the next edit_begin with it. */
void edit_begin(edit *e, sl_str t, text_buf *out);
/* t[from, to) becomes p[0, n). From left to right: from is not below the `to` before. false: out of memory. */
bool edit_put(edit *e, uint32_t from, uint32_t to, const char *p, size_t n);
/* What came of it: t itself, or a text in `out`. p NULL: out of memory, or longer than a text can be. */
sl_str edit_end(edit *e);

/* Gives the row what the text became, in memory of the batch; a text that is the same stays where it is, so that its
 * record leaves byte for byte. 1: it changed. < 0: out of memory. */
int edit_keep(sl_ctx *c, const sl_batch *b, sl_str *text, sl_str now);
#endif
