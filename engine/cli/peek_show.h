/* What `peek` shows of a document: its way down to a stage, and what it looks like there. */
#ifndef SLUICE_PEEK_SHOW_H
#define SLUICE_PEEK_SHOW_H
#include "cli/cli.h"

typedef struct peek_step {
    uint32_t stage;
    int fate;
    bool error;         /* the document is broken, rather than unwanted */
    const char *reason; /* lives as long as the plan's exec */
    double value, limit;
    sbuf detail;
} peek_step;

typedef struct peek_doc {
    bool open, reached, dropped;
    peek_step *steps; /* room for every stage of the plan */
    size_t n_steps;
    sbuf id, text, json; /* id and text as JSON; json: the whole document */
    sbuf *columns;       /* of --columns, as JSON */
} peek_doc;

typedef struct peek_view {
    const plan *plan;
    const char *const *columns; /* NULL: the text */
    size_t n_columns;
    unsigned width;
    bool color;
} peek_view;

/* The text that a JSON string holds, at most `most` bytes of it; other JSON values as they stand. */
void peek_plain(const char *json, size_t n, size_t most, sbuf *out);
void peek_show(const peek_view *v, const peek_doc *d, sbuf *out);
void peek_json(const peek_view *v, const peek_doc *d, sbuf *out); /* one line */
#endif
