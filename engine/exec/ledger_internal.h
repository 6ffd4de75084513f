/* What the files of the ledger share. */
#ifndef SLUICE_LEDGER_INTERNAL_H
#define SLUICE_LEDGER_INTERNAL_H
#include "exec/ledger.h"

enum { LEDGER_HEAD = 4, LEDGER_DOCUMENTS = 0, LEDGER_KEPT, LEDGER_BYTES, LEDGER_ERRORS };

/* The counts of one item, or the sum of many: those of LEDGER_HEAD, then of each stage what it handed on and its
 * metrics; distributions beside them. */
typedef struct tally {
    struct tally *next;
    item at;
    uint64_t *n;
    histogram **hist;
    uint64_t first_error;
    char *first_text;
    uint32_t *kept; /* of a stored piece: input and rows that reached a sink, n_kept pairs */
    size_t n_kept;
} tally;

struct ledger {
    bool on, marked, resumed;
    size_t n_counts, n_hist;
    pthread_mutex_t lock, marking;
    tally *first, *last;            /* items that are done, ascending, not in `sum` */
    tally sum;                      /* of all items below those */
    item settled;                   /* where they begin */
    item start;                     /* where the pass began */
    uint64_t base;                  /* number of its first item for the outputs, in every process */
    atomic_uint_fast64_t last_mark; /* ns */
    uint64_t every;
    /* splits.part: a line of three numbers for each split that is in `sum`; and for each stored piece a line "@" with
     * its pairs */
    FILE *splits;
    uint64_t split, chunks, records, kept; /* of the split that `sum` ends in */
    uint64_t pass, items;  /* what it does, and with how many items: an earlier process must have done the same */
    uint64_t (*before)[3]; /* chunks, records and kept of the splits below `start`, that an earlier process had */
    uint64_t *kept_before; /* by input: of its stored pieces */
};

/* ---- ledger.c ---- */
ledger *ledger_new(const exec *x); /* NULL: out of memory */
void ledger_drop(ledger *l);
/* [lock held] Items below `end` into the sum. */
void ledger_settle(ledger *l, item end);

/* ---- ledger_mark.c ---- */
/* [one thread] What passes before the last put into the quarantine is safe before the last begins. */
void ledger_mark_first(exec *x);

/* ---- ledger_resume.c ---- */
/* The outputs go on behind what an earlier process wrote, so the pass has to. can: it may be continued at all. */
bool ledger_fits(exec *x, bool can);
/* What an earlier process has done of this pass. */
void ledger_take_up(exec *x);
#endif
