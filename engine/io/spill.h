/* Records of one fixed size in partitions, in memory while the budget lasts, then in scratch space as sorted runs;
 * given back partition by partition, sorted. The order is that of the records' bytes (memcmp of all of them): equal
 * sets of records give equal sequences, whoever added them in what order, spilled or not. */
#ifndef SLUICE_SPILL_H
#define SLUICE_SPILL_H
#include "base/budget.h"
#include "io/scratch.h"

typedef struct spill spill;
typedef struct spill_spec {
    uint32_t partitions;  /* 1..65536 */
    uint32_t record_size; /* bytes, 1..65536 */
    uint32_t key_size;    /* bytes that usually decide the order: a hint for the sort; 1..record_size */
} spill_spec;

/* NULL: SL_E_CONFIG-like sentence in err, or out of memory. */
spill *spill_new(scratch *s, budget *b, unsigned threads, const spill_spec *spec, sbuf *err);
void spill_free(spill *s);

/* [n] n records of the partition. 0, or < 0 with a sentence in err. Not after the first spill_sorted of any partition.
 */
int spill_add(spill *s, unsigned thread, uint32_t partition, const void *records, size_t n, sbuf *err);
uint64_t spill_count(const spill *s, uint32_t partition); /* [after adding] records in it */

/* [n] All records of the partition in order, in pieces of at least one record; fn's answer < 0 ends it and is returned.
 * Different partitions on different threads at the same time, memory bounded by the budget (a partition that does not
 * fit is merged from its runs, at most 64 at a time; more runs than that are merged in steps). May be called again. */
int spill_sorted(spill *s, unsigned thread, uint32_t partition, int (*fn)(void *u, const void *records, size_t n),
                 void *u, sbuf *err);

/* [1] All partitions, each sorted: equal content gives equal bytes. load adds to what is there; it checks everything,
 * also that record_size and partitions are the same (SL_E_STATE with a sentence). put/get as in the host table: get
 * returns 0, SL_END (nothing left) or < 0. */
int spill_save(spill *s, int (*put)(void *u, const void *p, size_t n), void *u, sbuf *err);
int spill_load(spill *s, int (*get)(void *u, void *p, size_t n), void *u, sbuf *err);
uint64_t spill_memory(const spill *s);
#endif
