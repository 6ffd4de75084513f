/* Files of rows: columns with tabs between, control characters and backslashes as \xHH. */
#ifndef TEXT_ROWS_H
#define TEXT_ROWS_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text/buf.h"

enum { ROW_COLUMNS = 3 };

typedef struct text_rows {
    FILE *f;
    char *line;
    size_t cap;
    sl_str column[ROW_COLUMNS]; /* of the last row; slack behind the first */
    text_buf first;
    unsigned n;
} text_rows;

/* In place; the new length. */
static inline size_t row_unescape(char *p)
{
    char *w = p;
    for (const char *r = p; *r;) {
        unsigned byte;
        if (*r == '\\' && sscanf(r, "\\x%2x", &byte) == 1) {
            *w++ = (char)byte;
            r += 4;
        } else {
            *w++ = *r++;
        }
    }
    return (size_t)(w - p);
}

static inline bool next_row(text_rows *r)
{
    if (!r->f || getline(&r->line, &r->cap, r->f) <= 0)
        return false;
    char *p = r->line;
    p[strcspn(p, "\n")] = 0;
    for (int i = 0; i < ROW_COLUMNS; i++) {
        char *const end = p + strcspn(p, "\t"), *const next = end + (*end != 0);
        *end = 0;
        r->column[i] = (sl_str){ p, (uint32_t)row_unescape(p), 0 };
        p = next;
    }
    r->first.n = 0;
    if (!text_buf_add(&r->first, r->column[0].p, r->column[0].n))
        return false;
    r->column[0] = text_buf_end(&r->first);
    r->n++;
    return true;
}

static inline void close_rows(text_rows *r)
{
    if (r->f)
        fclose(r->f);
    free(r->line);
    text_buf_free(&r->first);
}

/* data/NAME beside the tests. */
static inline FILE *open_rows(const char *name)
{
    char path[4096];
    const char *root = getenv("SLUICE_SOURCE_DIR");
    snprintf(path, sizeof path, "%s/tests/unit/text/data/%s", root ? root : ".", name);
    return fopen(path, "r");
}
#endif
