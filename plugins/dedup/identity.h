/* What makes two documents the same: 128 bits of hash over the columns that say so. */
#ifndef DEDUP_IDENTITY_H
#define DEDUP_IDENTITY_H
#include <stdbool.h>
#include "normalize.h"
#include "sluice/service_json.h"
#include "sluice/util.h"

enum { IDENTITY_SIZE = 16 };

typedef struct identity {
    const sl_json_api *json;
    uint32_t first, n; /* places of the columns in the batch */
    bool exact;        /* nothing is normalised */
    normal_form form;
} identity;
void identity_init(identity *i, const sl_json_api *json, uint32_t first, uint32_t n, uint32_t normalize);

/* One column: xxh3-128 of its normalised text, the greater half first, as `xxhsum -H2` prints it. Several: of their
 * texts, each with its length behind it (8 bytes, the lowest first; all ones and no text for null), so that
 * ("ab", "c") and ("a", "bc") differ. A value that is no text counts as it is written in the record, whatever
 * is normalised. *known: false
 * where all columns are null: such a document is the same as no other. 0, or a failure. */
int identity_of(sl_ctx *c, const identity *i, const sl_batch *b, uint32_t row, unsigned char out[IDENTITY_SIZE],
                bool *known);

#endif
