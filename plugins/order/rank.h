/* Numbers of any type as 64 bits that sort like them. */
#ifndef ORDER_RANK_H
#define ORDER_RANK_H
#include <stdbool.h>
#include "sluice/service_json.h"
#include "sluice/util.h"

enum { RANK_NULL, RANK_NUMBER, RANK_OTHER /* a text, a list, an object */ };
/* All ranks of numbers lie strictly between these, so that null has a place before or behind all of them. */
#define RANK_FIRST 0u
#define RANK_LAST  UINT64_MAX

typedef struct rank_spec {
    const sl_json_api *json;
    bool integers; /* numbers of records: 64 bits before the point, instead of 53 bits anywhere */
} rank_spec;
typedef struct rank_value {
    int kind; /* RANK_… */
    uint64_t rank;
    bool rounded; /* another number, as near as can be, has the same rank */
} rank_value;

/* Can a column of that type be ranked at all? */
bool rank_type(uint32_t type);
/* The value of a column at a row. 0, or a failure. */
int rank_of(sl_ctx *c, const rank_spec *s, const sl_batch *b, const sl_column *column, uint32_t row, rank_value *out);

#endif
