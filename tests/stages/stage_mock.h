/* A small engine for tests of stages: one stage at a time, over documents in memory, in batches of any size, by several
 * workers that take turns on one thread, or each on its own. It keeps every promise of sluice/plugin.h, unless it is
 * told to break one. And it looks closely at what the stage does to its batches. */
#ifndef STAGE_MOCK_H
#define STAGE_MOCK_H
#include <stdbool.h>
#include "base/str.h"
#include "sluice/util.h"

enum { MOCK_COLUMNS = 16, MOCK_VIEW = 12, MOCK_METRICS = 8, MOCK_WORKERS = 4, MOCK_PORTS = 3 };

/* ---- documents ---- */

typedef struct mock_cell {
    union {
        uint8_t b;
        int32_t i32;
        int64_t i;
        uint64_t u;
        float f32;
        double d;
        sl_str s;
        sl_list l;
    } v;
    bool valid;
} mock_cell;
typedef struct mock_doc {
    uint64_t pos, key, parent, parent_key;
    bool dead;
    mock_cell cell[MOCK_COLUMNS];
} mock_doc;
typedef struct mock_docs {
    mock_doc *v;
    size_t n, cap;
} mock_docs;

/* ---- what it may do wrong: the promise that is broken ---- */

typedef enum mock_fault {
    F_NONE,
    F_OPEN_TWICE,
    F_LOCAL_DIRTY,
    F_SEED,
    F_ROUND,
    F_NO_FINALIZE,
    F_COMBINE_TWICE,
    F_NO_COMBINE,
    F_FINALIZE_EARLY,
    F_NO_CLOSE_LOCAL,        /* aborts */
    F_COMBINE_AFTER_FAILURE, /* aborts */
    F_FIT_AGAIN,
    F_FIT_UNWANTED,
    F_MAIN_FIRST,
    F_MAIN_TOO,
    F_PORT_AGAIN,
    F_ONE_LOCAL,
    F_SEL,
    F_MIXED_SPLITS,
    F_POS_TWICE,
    F_INTERLEAVED,
    F_SHARED_SPLIT,
    F_LOST,
    F_OTHER_KEY,
    F_OTHER_TEXT,
    F_FIT_COLUMN,
    F_APPLY_COLUMN,
    F_BACKWARDS,
    F_TWO_LOCALS,
    F_NO_END,
    F_END_TWICE,
    F_OTHER_IN,
    F_OUT_USED,
    F_MORE_EARLY,
    F_NO_PARENT,
    F_KEY_OF_PARENT,
    F_KEY_TWICE,
    F_TORN,
    F_SCATTERED,
    F_WHOLE_POS,
    F_WHOLE_KEY,
    F_UNSORTED,
    F_TWICE,
    F_GET_OTHER,
    F_GET_NO_END,
    F_PARALLEL_TWICE,
    F_RESERVE
} mock_fault;

/* ---- the engine ---- */

typedef struct mock_reject {
    uint64_t pos, partner;
    const char *reason;
    uint32_t metric, port;
    double value, limit;
} mock_reject;

typedef struct mock {
    uint32_t rows;    /* in a batch */
    uint32_t workers; /* they take splits in turn */
    bool frozen;      /* the shared state must stay the same in fit and process, to the bit */
    bool unread;      /* texts may be longer than their memory: do not look at them */
    bool threads;     /* workers run at the same time, each on a thread of its own; not where order matters */
    bool backwards;   /* the apply pass begins with the last split */
    mock_fault fault;
    uint64_t seed;
    uint64_t budget;   /* reserve grants no more than this … */
    uint64_t reserved; /* … and was last asked for this */
    unsigned calls;    /* of the spill, until they fail; UINT32_MAX: they do not */

    struct {
        const char *name;
        uint32_t type;
    } column[MOCK_COLUMNS];
    uint32_t n_columns;

    char error[512];   /* the first message since mock_quiet */
    char tables[4096]; /* of service "report" */
    int code;
    uint64_t count[MOCK_METRICS];
    mock_reject *rejects;
    size_t n_rejects, cap_rejects;
    struct {
        void *p;
        size_t n;
    } * owned; /* memory of batches, until mock_free */
    size_t n_owned, owned_cap;
} mock;

mock *mock_new(void);
void mock_free(mock *m);
void mock_quiet(mock *m); /* forgets the message, counts and rejects */
void *mock_alloc(mock *m, size_t n);
sl_ctx *mock_ctx(mock *m); /* for what stands behind a stage, without one */

/* What sources under test are compiled to call for malloc, calloc and realloc. */
extern unsigned mock_allocations; /* left until they fail; UINT32_MAX: they do not */
void *mock_malloc(size_t n);
void *mock_calloc(size_t n, size_t size);
void *mock_realloc(void *p, size_t n);

uint32_t mock_column(mock *m, const char *name, uint32_t type); /* its number; type SL_T_ANY: as it is, or JSON */
/* A document at the end of the split, its key made from `name`. */
mock_doc *mock_add(mock *m, mock_docs *to, uint32_t split, uint64_t name, const char *text);
void mock_docs_free(mock_docs *d);
sl_str mock_str(mock *m, const char *text);
/* Sorts by (column, pos) and numbers anew, `split_docs` in a split, as the engine does below SL_ORDER. */
void mock_sort(mock *m, mock_docs *d, const char *column, uint32_t split_docs);

/* ---- a stage ---- */

typedef struct mock_stage mock_stage;
/* cfg: its options as YAML in one line, "{ by: lines }", or "". NULL: m->error. */
mock_stage *mock_stage_load(mock *m, const char *plugin, const char *name, const char *cfg);
mock_stage *mock_stage_of(mock *m, const sl_stage *s, const char *cfg); /* one that is linked */

typedef struct mock_run {
    mock *m;
    mock_stage *st;
    void *g;
    uint64_t round;
    bool failed, fits;
} mock_run;

/* The steps of a life. All of them answer what the stage answered; after a failure mock_end is all that is left. */
int mock_begin(mock *m, mock_stage *st, mock_run *r);
int mock_fit(mock_run *r, uint32_t port, const mock_docs *in); /* one pass */
int mock_finalize(mock_run *r);                                /* SL_MORE: one more pass over the main stream */
int mock_apply(mock_run *r, mock_docs *in, mock_docs *out);    /* out NULL, or what the stage lets through */
int mock_finish(mock_run *r);
void mock_end(mock_run *r);
int mock_save(mock_run *r, uint32_t what, sbuf *out);
int mock_load(mock_run *r, uint32_t what, const sbuf *in);

/* All of it: fits over ports[1 …] and in, apply over in. */
int mock_whole(mock *m, mock_stage *st, mock_docs *const ports[MOCK_PORTS], mock_docs *in, mock_docs *out);

#endif
