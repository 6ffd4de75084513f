/* `sluice why`: one document's way through a pipeline. why_load takes up the run, why_find finds the document in the
 * input, why_trace replays it, why_show and why_json tell what was seen. */
#ifndef SLUICE_WHY_H
#define SLUICE_WHY_H
#include "cli/cli.h"
#include "run/run_diff.h"

enum {
    WHY_MOST_DOCUMENTS = 10,
    WHY_MOST_PARTNERS = 1000,
    WHY_WHOLE = 1 << 30 /* a width: nothing is cut */
};

/* A document in the input, or (part) something that was cut from one. */
typedef struct why_doc {
    uint32_t source; /* stage */
    uint64_t pos, key;
    const char *id;   /* JSON; NULL: it has none */
    const char *file; /* NULL: it comes from no file */
    uint64_t record;  /* its number in the file, from 1; 0: not known */
    bool part;
} why_doc;

typedef struct why_change { /* of a column; JSON, NULL: absent */
    const char *column, *before, *after;
} why_change;

typedef struct why_measure {
    const char *name, *unit;
    double value;
} why_measure;

enum { UNSURE_NONE, UNSURE_ALONE /* it may decide otherwise */, UNSURE_PLACE /* nothing is known from here on */ };

typedef struct why_step { /* what one stage did to one row */
    uint32_t stage;
    int fate; /* of exec_row */
    bool error;
    const char *reason, *unit; /* unit: NULL: none */
    double value, limit;
    const char *detail;
    size_t detail_n;
    uint64_t partner;
    uint32_t port;
    const why_doc *found; /* the partner; NULL: not looked up */
    why_change *changes;
    size_t n_changes;
    why_measure *measures;
    size_t n_measures;
    const char **columns; /* by slot, as they stood behind the stage; NULL: absent or not looked at */
    uint64_t place, of;   /* behind a sort; 0: not known */
    int unsure;
} why_step;

/* A row on its way: the document, or a part of it. */
typedef struct why_row {
    uint64_t key, pos, pos_read /* before any sort */;
    uint32_t doc;             /* of why.docs */
    uint32_t parent, made_by; /* row and stage that it was cut by; PLAN_NONE: it is the document */
    uint32_t next;            /* of the same bucket; PLAN_NONE: none */
    uint32_t first_part, last_part,
        next_part;      /* its parts in their order; behind it in its parent's; PLAN_NONE: none */
    const char *id;     /* of a part, JSON; NULL: none */
    const char **asked; /* by why.columns, as read; NULL: not known */
    why_step *steps;    /* in the order of stages */
    size_t n_steps;
} why_row;

/* A piece of input; known: how many records it has. */
typedef struct why_piece {
    uint32_t source;
    uint64_t first, chunks, records;
    const char *path;
    bool known;
} why_piece;
typedef struct why_chunk { /* of a stream */
    uint32_t source;
    uint64_t number, records;
} why_chunk;

typedef struct why {
    cli *c;
    /* the run */
    run_report run;
    const char *dir;   /* of the run, absolute */
    bool same_plan;    /* today's pipeline file makes the plan that the run had */
    bool same_inputs;  /* and it would read what the run read */
    const char **said; /* warnings, whole sentences, for --json */
    size_t n_said;
    const char *states;
    const char **columns; /* of --columns */
    size_t n_columns;
    /* what is asked for */
    const char *what, *file; /* file: the path of FILE:RECORD; NULL: what is an id or a key */
    uint32_t file_source;    /* that reads it */
    uint64_t record;
    /* what was found */
    why_doc *docs;
    size_t n_docs;
    uint64_t n_found, n_looked;
    const char *near; /* JSON; an id that may be meant; NULL: none */
    unsigned near_rank;
    why_piece *pieces; /* by source and first */
    size_t n_pieces;
    why_chunk *chunks;
    size_t n_chunks;
    /* the replay */
    bool *above;   /* [stage * n_stages + other]: does other stand above stage in the main stream? */
    bool *watched; /* by slot */
    why_row *rows;
    size_t n_rows;
    uint32_t *buckets;
    struct why_places *places; /* by stage: how many documents each piece of a sort has */
    bool whole;                /* everything is replayed */
    bool by_piece;             /* whole pieces of input are, for some stage cuts documents */
    bool failed;               /* out of memory, or too many parts */
    unsigned width;            /* of the terminal, or WHY_WHOLE */
} why;

/* What the engine needs in all of its runs here. */
exec_options why_options(const why *w);
/* The exit code of a run here; 0: it came to its end. A mistake goes to c->d. */
int why_ended(why *w, const exec *x, exec_end end);
int why_no_memory(why *w); /* says so; EXIT_INTERNAL */

/* ---- why_load.c: exit codes, mistakes in c->d ---- */
int why_load(why *w, const char *run);

/* ---- why_find.c: exit codes ---- */
/* Reads the pieces of splits.jsonl, where the run has them. */
bool why_read_splits(why *w);
int why_find(why *w);
/* Documents by pos, of the stream that `source` belongs to: those that are found go to docs (as many as places). */
int why_find_places(why *w, uint32_t source, const uint64_t *places, size_t n, why_doc *docs, size_t *found);

/* ---- why_near.c ---- */
/* How near an id is to the one that is asked for, both JSON: 1 is nearest. 0: it is another one. */
unsigned why_near(const char *asked, const char *id);

/* ---- why_trace.c, why_partner.c: exit codes ---- */
int why_trace(why *w);
int why_partners(why *w);
bool why_is_main(const plan *p, uint32_t stage);

/* ---- why_text.c ---- */
typedef struct text_change {
    size_t bytes[2], lines[2]; /* before, after */
    size_t n, more;            /* lines that differ: in v, and left out */
    struct {
        bool added;
        const char *p;
        size_t n;
    } v[10];
} text_change;
void why_text_change(const sbuf *before, const sbuf *after, text_change *out);

/* ---- why_show.c, why_json.c ---- */
enum {
    FATE_WRITTEN,
    FATE_DROPPED,
    FATE_TAKEN /* by a stage that made other documents, or none, of it */,
    FATE_UNKNOWN
};
/* What became of a row, with all that was cut from it. */
int why_fate(const why *w, uint32_t row);
/* The main stage below, if any, that took the row in and gave out nothing of it; PLAN_NONE: none. */
uint32_t why_taken_by(const why *w, uint32_t row);
/* How many parts of the row a stage made. */
size_t why_parts(const why *w, uint32_t row, uint32_t stage);
const why_step *why_step_at(const why *w, uint32_t row, uint32_t stage); /* NULL: none */
/* Where a sink writes: the shards in the run, of which the first and the last. 0: the run published nothing. */
size_t why_shards(const why *w, uint32_t sink, const char **first, const char **last);
void why_show(const why *w, sbuf *out);
void why_json(const why *w, sbuf *out);
#endif
