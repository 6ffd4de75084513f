/* What the sources share: the walk over the records of a split, and a document from each line of JSON. */
#ifndef SOURCE_RECORDS_H
#define SOURCE_RECORDS_H
#include "sluice/service_input.h"
#include "sluice/service_json.h"
#include "sluice/util.h"

/* The first rows of the metric table of every source. The evidence's value is the offset of the record's first byte. */
enum { BAD_JSON, NO_TEXT, BAD_FIELD, TOO_LARGE, BLANK_LINES, N_RECORD_METRICS };
#define RECORD_METRICS                                                                                                 \
    [BAD_JSON] = { "bad_json", SL_M_ERROR, 0, "offset", "not one JSON object in valid UTF-8 on a line" },              \
    [NO_TEXT] = { "no_text", SL_M_ERROR, 0, "offset", "the text is missing, null, or no string" },                     \
    [BAD_FIELD] = { "bad_field", SL_M_ERROR, 0, "offset", "a field that a stage reads has another type" },             \
    [TOO_LARGE] = { "too_large", SL_M_ERROR, 0, "offset", "larger than max_record_bytes" },                            \
    [BLANK_LINES] = { "blank_lines", SL_M_COUNT, 0, "lines", "blank lines; they are no documents" }

typedef struct records {
    const sl_input_api *input;
    const sl_json_api *json;
} records;

/* Where a thread stands. */
typedef struct records_at {
    sl_input *in;
    uint64_t split;
    int ended;
} records_at;

/* [1] In open: gets the services and finds the files. what: SL_LINES and its like. */
int records_find(sl_ctx *c, records *r, sl_many paths, uint32_t what);
/* Fills the row that was added for a record: SL_OK, or a failure. */
typedef int records_fill(sl_ctx *c, const records *r, const sl_split *split, sl_batch *out, uint32_t row,
                         const sl_record *record);
/* [n] A whole `read`: a row for each record, filled by `fill`. Records above the limit are rejected here. */
int records_read(sl_ctx *c, const records *r, records_at *at, const sl_split *split, sl_batch *out, records_fill *fill);
/* [n] The `fill` for lines of JSON. With it, blank lines are counted and give no row. */
records_fill records_fill_json;
/* [n] In close_local. */
void records_close(sl_ctx *c, const records *r, records_at *at);

#endif
