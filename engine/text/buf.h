/* Memory that is kept from document to document: it grows, and is freed at the end. */
#ifndef TEXT_BUF_H
#define TEXT_BUF_H
#include <stdbool.h>
#include "sluice/plugin.h"

enum {
    TEXT_SLACK = 64,     /* readable bytes behind every text */
    TEXT_KEPT = 1 << 20, /* spans: who has more gives them back once they are not needed, not with the next document */
};

typedef struct text_buf {
    char *p; /* n bytes, TEXT_SLACK zero bytes behind them once text_buf_end was called */
    size_t n, cap;
} text_buf;

/* Room for n more bytes, slack beside them. false: out of memory, nothing changed. */
bool text_buf_room(text_buf *, size_t n);
bool text_buf_add(text_buf *, const char *p, size_t n);
/* The whole as a text, with slack. Fails for more than UINT32_MAX bytes too: p NULL. Good until the next change. */
sl_str text_buf_end(text_buf *);
void text_buf_free(text_buf *);

typedef struct text_spans {
    sl_span *v;
    uint32_t n, cap;
} text_spans;

/* Room for n in all; what is there stays. false: out of memory. */
bool text_spans_room(text_spans *, size_t n);
bool text_spans_add(text_spans *, uint32_t begin, uint32_t end);
void text_spans_free(text_spans *);

/* A part of a text. */
static inline sl_str text_part(sl_str t, sl_span s) { return (sl_str){ t.p + s.begin, s.end - s.begin, 0 }; }
#endif
