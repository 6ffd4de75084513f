/* A fastText model as a file: read whole, and looked at byte by byte before the library sees it. The library trusts
 * every number in it: a model that was cut short hangs it, others make it read and write past its tables. */
#ifndef LANGUAGE_MODEL_FILE_H
#define LANGUAGE_MODEL_FILE_H
#include <stdbool.h>
#include "sluice/util.h"

typedef struct model_facts {
    uint64_t bytes, hash; /* of the file; xxh3 */
    uint64_t memory;      /* that the library will hold, about */
    int32_t words, labels, dim;
    bool quantized;
} model_facts;

enum { MODEL_WHY = 160 };

/* Is this a supervised model of format 11 or 12 (.bin, .ftz) that the library can load and use without harm? false:
 * `why` says what is wrong, and where. Leaves bytes and hash alone. */
bool model_check(const void *p, size_t n, model_facts *facts, char why[MODEL_WHY]);

/* The bytes of a model that passed, in memory of malloc. What the library will need is reserved. A failure has its
 * message. */
int model_read(sl_ctx *c, const char *path, model_facts *facts, void **bytes);

/* Into the report: which model it was, because the name of a file does not say. */
int model_report(sl_ctx *c, const model_facts *facts);

#endif
