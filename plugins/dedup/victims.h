/* The fitted state of dedup.exact: the documents that go, ascending, each with the one that stays in its place. */
#ifndef DEDUP_VICTIMS_H
#define DEDUP_VICTIMS_H
#include <stdbool.h>
#include "sluice/service_artifact.h"
#include "sluice/util.h"

/* In the pos of a survivor: it stands in the port `index`. The bit is the highest of the number within a split, so that
 * no split may have more than 2^31 documents. */
#define IN_INDEX (1ull << 31)

typedef struct victim {
    uint64_t pos, survivor; /* big-endian (sl_big), in memory as in a saved state, which is used where it lies */
} victim;

typedef struct victims {
    const victim *v;
    uint64_t n;
    victim *own;         /* v, where it is no part of a mapped state */
    uint64_t *survivors; /* one for each victim, ascending: what victims_count_clusters made */
} victims;

/* The first victim at or behind pos; near: where a search that went by this pos or a smaller one ended. */
uint64_t victims_from(const victims *all, uint64_t near, uint64_t pos);

/* Makes `survivors`. false: out of memory. */
bool victims_count_clusters(victims *all);
/* How many victims have this survivor. *near as above. */
uint64_t victims_of(const victims *all, uint64_t survivor, uint64_t *near);

/* NULL, or what is wrong with them: ascending, nobody twice, nobody a victim of itself. */
const char *victims_check(const victims *all);

int victims_save(sl_ctx *c, const victims *all, sl_io *io);
/* What is left of the state, where it lies. Not checked yet. 0, or a failure. */
int victims_load(sl_ctx *c, victims *all, const sl_artifact_api *api, sl_io *io);
void victims_free(victims *all);

#endif
