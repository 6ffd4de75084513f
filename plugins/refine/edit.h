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

/* Gives a row's text what it became. 1: it changed; 0: it did not, or the row was rejected; < 0: out of memory. */
typedef int edit_fn(sl_ctx *c, const void *g, void *l, sl_batch *b, uint32_t row, sl_str *text);
/* All live rows, by their text in field `field`; those that changed are counted as `metric`. */
int edit_rows(sl_ctx *c, const void *g, void *l, sl_batch *b, edit_fn *one, uint32_t field, uint32_t metric);
#endif
