/* The inside of the mock. */
#ifndef STAGE_MOCK_INSIDE_H
#define STAGE_MOCK_INSIDE_H
#include <pthread.h>
#include "stage_mock.h"

typedef struct mock_place {
    uint32_t column; /* of the mock; UINT32_MAX: none */
    uint32_t flags;
} mock_place;

struct mock_stage {
    const sl_stage *s;
    void *cfg;
    mock_place view[MOCK_VIEW];
    uint32_t n_view;
    const char *metric[MOCK_METRICS];
};

/* A batch, and what it looked like before a callback. */
typedef struct mock_box {
    sl_batch b;
    mock *m;
    const mock_stage *st;
    uint32_t cap;
    bool fill;           /* rows are added to it … */
    uint32_t added;      /* … by the host */
    uint32_t rows, live; /* before a callback */
    sl_column column[MOCK_VIEW], *columns[MOCK_VIEW];
    uint16_t *sel;
    uint64_t *pos, *key, *parent, *parent_key;
    mock_doc **doc; /* of the stream; NULL for rows that were added */
    bool *rejected;
    uint64_t before[4]; /* hashes: sel, pos and key, columns that are only read, their texts */
    struct mock_lent {  /* by alloc */
        struct mock_lent *next;
        void *p;
        size_t n;
    } * lent;
} mock_box;

/* What sl_ctx.engine points to. */
typedef struct mock_thread {
    mock_run *run;
    sl_ctx ctx;
    uint64_t ordinal, split; /* of rows that a reshape adds */
    mock_box *in;
} mock_thread;

struct sl_io {
    sbuf *out;
    const sbuf *in;
    size_t at;
};

/* reshape_in: columns that are only written are missing. */
mock_box *box_new(mock *m, const mock_stage *st, uint32_t cap, uint32_t phase, bool reshape_in);
/* A row that shows a document of the stream. */
void box_show(mock_box *x, mock_doc *doc);
/* A row that is added: the columns of `from` (NULL: none). */
uint32_t box_add(mock_box *x, const mock_box *in, uint32_t from);
void box_seal(mock_box *x); /* before a callback */
/* After it: 0, or what the stage did that it must not do. Takes what it wrote into the documents. */
int box_open(mock_box *x);
void box_take(const mock_box *x, mock_docs *out); /* the live rows, at the end of out */

/* n zeroed bytes at a multiple of 64, between bytes that must stand. */
void *mock_guarded(mock *m, size_t n);

extern pthread_mutex_t mock_lock; /* guards what a mock gathers */
/* fn for every number below n, by all workers. The first failure. */
int mock_parallel(mock *m, size_t n, int (*fn)(void *u, uint32_t worker, size_t i), void *u);
const void *mock_service(sl_ctx *c, const char *name, uint32_t version);
mock *mock_of(sl_ctx *c);

size_t cell_size(uint32_t type);
uint64_t mock_hash(uint64_t h, const void *p, size_t n);
int mock_fail(mock *m, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void mock_thread_begin(mock_thread *t, mock_run *r, uint32_t worker, uint32_t phase);

#endif
