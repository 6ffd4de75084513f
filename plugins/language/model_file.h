/* A fastText model as a file: read whole, and looked at byte by byte before the library sees it. The library trusts
 * every number in it: a model that was cut short hangs it, others make it read and write past its tables. */
#ifndef LANGUAGE_MODEL_FILE_H
#define LANGUAGE_MODEL_FILE_H
#include <stdbool.h>
#include "ft.h"
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

/* Reads, checks and loads a model; what it takes is reserved. A failure has its message. */
int model_open(sl_ctx *c, const char *path, model_facts *facts, ft_model **out);

/* The name of a label, without its prefix, copied into the batch. A failure has its message. */
int model_label(sl_ctx *c, const sl_batch *b, const ft_model *m, int32_t label, sl_str *out);

/* Into the report: which model it was, because the name of a file does not say. */
int model_report(sl_ctx *c, const model_facts *facts);

#endif
