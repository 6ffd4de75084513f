/* A row of filter.where: one column, and what its value must be. */
#ifndef FILTER_WHERE_ROW_H
#define FILTER_WHERE_ROW_H
#include <stdbool.h>
#include "sluice/service_json.h"
#include "sluice/util.h"

/* The options of a row, as the pipeline file gives them. Bounds that are not given are NaN. */
typedef struct where_config {
    const char *column;
    sl_many is, is_not, contains; /* const char * */
    double min, max, above, below;
    const char *starts, *ends;
    uint32_t null; /* NULL_… */
} where_config;
enum { NULL_ANY, NULL_YES, NULL_NO };
extern const sl_option where_row_options[];

/* What a row compares. WHERE_HOLDS: no comparison fails. */
typedef enum where_test {
    WHERE_HOLDS,
    WHERE_NULL,
    WHERE_IS,
    WHERE_IS_NOT,
    WHERE_MIN,
    WHERE_MAX,
    WHERE_ABOVE,
    WHERE_BELOW,
    WHERE_CONTAINS,
    WHERE_STARTS,
    WHERE_ENDS
} where_test;

/* A constant to compare with, taken apart once. */
typedef struct where_literal {
    sl_str text;
    double number;
    bool is_number, is_integer; /* by the grammar of JSON */
} where_literal;

typedef struct where_row {
    const where_config *cfg;
    where_literal *is, *is_not;
    bool wants_text, wants_number;
} where_row;

/* A column's value as the comparisons see it. */
typedef struct where_value {
    enum { VALUE_NULL, VALUE_TEXT, VALUE_NUMBER, VALUE_OTHER /* booleans, lists, objects: by their JSON */ } kind;
    sl_str text;
    double number; /* numbers; booleans as 0 and 1; else NaN */
} where_value;

/* NULL, or what is wrong with the row. */
const char *where_row_check(const where_config *cfg);
/* false: out of memory. where_row_free in any case. */
bool where_row_open(where_row *row, const where_config *cfg);
void where_row_free(where_row *row);

/* The value of a column at a row of the batch. 0, or a failure. */
int where_row_value(sl_ctx *c, const sl_batch *b, const where_row *row, const sl_json_api *json,
                    const sl_column *column, uint32_t r, where_value *out);
/* The first comparison that fails; *limit: the bound it failed at, else 0. */
where_test where_row_test(const where_row *row, const where_value *value, double *limit);
const char *where_test_name(where_test test);

#endif
