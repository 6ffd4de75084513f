/* The value of a column as text, whatever its type. */
#ifndef FILTER_COLUMN_TEXT_H
#define FILTER_COLUMN_TEXT_H
#include <stdbool.h>
#include "sluice/service_json.h"
#include "sluice/util.h"

/* JSON text as a value of another type, through a column of one row. *done is false for null and for what is no such
 * value. 0, or a failure. */
int column_convert(sl_ctx *c, const sl_batch *b, const sl_json_api *json, sl_str text, uint32_t type, void *out,
                   bool *done);
/* A JSON string without its quotes and escapes. What has no escapes is not copied. 0, or a failure. */
int column_unquote(sl_ctx *c, const sl_batch *b, const sl_json_api *json, sl_str quoted, sl_str *out);

/* A text as it is, a JSON string unquoted, everything else as it stands in the record, or as JSON where a stage wrote
 * it. out->p is NULL for null and for what is absent, and only then. Good as long as the batch. 0, or a failure. */
int column_text(sl_ctx *c, const sl_batch *b, const sl_json_api *json, const sl_column *column, uint32_t row,
                sl_str *out);

/* The first 80 bytes at most, whole characters: what evidence quotes. */
sl_str column_shown(sl_str value);

#endif
