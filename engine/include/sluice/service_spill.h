/* sluice/service_spill.h — service "spill" 1: records of one fixed size, in partitions; in memory while the budget lasts, then on
 * disk, compressed and checksummed; given back partition by partition, sorted. For what a fit gathers and memory need not hold. */
#ifndef SL_SERVICE_SPILL_H
#define SL_SERVICE_SPILL_H
#include "sluice/plugin.h"

typedef struct sl_spill sl_spill;
typedef struct sl_spill_api {
    uint32_t struct_size, version;
    /* [1] In open, combine, finalize or load. partitions: 1..65536. Records are ordered by their bytes, all of them, so write numbers
     * big-endian (sl_big in util.h); key_size: how many bytes usually decide. */
    int (*open)(sl_ctx *, uint32_t partitions, uint32_t record_size, uint32_t key_size, sl_spill **);
    /* [n] In fit; in finalize also from parallel_for. Not after the first `sorted` or `save`. */
    int (*add)(sl_ctx *, sl_spill *, uint32_t partition, const void *records, size_t n);
    /* [n] In finalize, also from parallel_for with a partition for each thread: all records of the partition in order, in pieces. fn
     * < 0 ends it. May be called again. */
    int (*sorted)(sl_ctx *, sl_spill *, uint32_t partition, int (*fn)(sl_ctx *, void *u, const void *records, size_t n), void *u);
    uint64_t (*count)(sl_ctx *, sl_spill *, uint32_t partition);
    /* [1] In save and load. Equal content gives equal bytes; load adds, and refuses what is not of this shape (SL_E_STATE). */
    int (*save)(sl_ctx *, sl_spill *, sl_io *);
    int (*load)(sl_ctx *, sl_spill *, sl_io *);
    void (*close)(sl_ctx *, sl_spill *); /* in finalize or close; NULL is fine */
} sl_spill_api;
#endif
