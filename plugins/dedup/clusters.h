/* From what the fit gathered to the documents that go: clusters of equal identity, each with one survivor. */
#ifndef DEDUP_CLUSTERS_H
#define DEDUP_CLUSTERS_H
#include "sluice/service_spill.h"
#include "victims.h"

/* Records are identity (16 bytes), rank (8, only where a column decides) and pos (8), all big-endian, in a partition by
 * the first byte: sorted as bytes, the first of a cluster is the one to keep. */
typedef struct gathered {
    const sl_spill_api *api;
    uint32_t record_size;
    sl_spill *documents, *index;      /* the main stream; what counts as already there */
    uint32_t least_slice, most_slice; /* documents of the index that a thread looks at together, 24 bytes each */
} gathered;

enum { CLUSTER_SIZES = 7 }; /* 1, 2, 3-5, 6-10, 11-100, 101-1000, more */
typedef struct tally {      /* index_documents: of clusters whose identity stands in the index */
    uint64_t clusters[CLUSTER_SIZES], documents[CLUSTER_SIZES], index_documents, largest;
} tally;
const char *cluster_size_name(unsigned i);

/* [1] In finalize. Closes both spills and sets them to NULL. Memory: 16 bytes a victim (another spill, then `out`), and
 * in each thread a slice of the index, the smaller the less the engine grants. 0, or a failure. */
int clusters_find(sl_ctx *c, gathered *in, victims *out, tally *sum);

#endif
