/* Records on their way to the partitions of a spill: gathered, grouped by partition, handed over in few calls. */
#ifndef DEDUP_SCATTER_H
#define DEDUP_SCATTER_H
#include "sluice/service_spill.h"

enum { SCATTER_PARTITIONS = 256, SCATTER_ROWS = 1024, SCATTER_WORDS = 4 /* of 8 bytes: a record's greatest size */ };

typedef struct scatter {
    uint32_t words, n; /* of 8 bytes in a record, 1..SCATTER_WORDS; records gathered */
    uint8_t partition[SCATTER_ROWS];
    uint64_t records[SCATTER_ROWS * SCATTER_WORDS], grouped[SCATTER_ROWS * SCATTER_WORDS];
} scatter;

/* Where the next record is written; scatter_take says that it is there. */
static inline void *scatter_room(scatter *s) { return s->records + (size_t)s->n * s->words; }
static inline void scatter_take(scatter *s, uint8_t partition) { s->partition[s->n++] = partition; }
static inline int scatter_full(const scatter *s) { return s->n == SCATTER_ROWS; }
/* Hands over what was gathered. 0, or a failure. */
int scatter_flush(sl_ctx *c, scatter *s, const sl_spill_api *api, sl_spill *to);

#endif
