/* The first version of this service, word for word: never changed. Plugins that ask for it get this. */
/* sluice/service_json.h — service "json" 1: records of JSON to columns and back. What no stage wrote leaves byte for byte. */
#ifndef SL_SERVICE_JSON_H
#define SL_SERVICE_JSON_H
#include "sluice/plugin.h"

/* Why a record is no document: the answer of parse. */
enum { SL_JSON_OK, SL_JSON_BAD /* no JSON object */, SL_JSON_NO_TEXT, SL_JSON_WRONG_TYPE /* a column that a stage reads */ };

typedef struct sl_json_read_spec { /* the strings live until close */
    uint32_t size, reserved;
    const char *text; /* field that is the document's text; NULL: "text" */
    const char *id;   /* field that is its id; NULL: "id" */
    const char *key;  /* field whose value is the document's key across runs; NULL: file and place */
} sl_json_read_spec;

typedef struct sl_json_write_spec {
    uint32_t size, reserved;
    sl_many keep; /* const char *: only these top-level fields leave; n 0: all */
    sl_many drop; /* const char *: these do not */
} sl_json_write_spec;

typedef struct sl_json_api {
    uint32_t struct_size, version;
    /* [1] In `open` of a source or sink, once. */
    int (*reader)(sl_ctx *, const sl_json_read_spec *);
    int (*writer)(sl_ctx *, const sl_json_write_spec *);
    /* [n] In `read`: fills the columns of a row just added. `record` must stay good as long as the batch, with 64 readable bytes
     * behind it. An answer other than SL_JSON_OK: reject the row; *why says what is wrong. < 0: failed. */
    int (*parse)(sl_ctx *, sl_batch *, uint32_t row, sl_str record, sl_str *why);
    /* [n] In `write`: the row as one line with its newline. Good until the next call of this thread. */
    int (*format)(sl_ctx *, const sl_batch *, uint32_t row, sl_str *line);
    /* [n] Any column's value as JSON text, and JSON text as a value of a column's type (into data[row]; clears the valid bit for
     * null). In the batch's memory. convert answers SL_JSON_OK or SL_JSON_WRONG_TYPE. */
    int (*value)(sl_ctx *, const sl_batch *, const sl_column *, uint32_t row, sl_str *json);
    int (*convert)(sl_ctx *, const sl_batch *, sl_str json, sl_column *, uint32_t row);
    /* Any callback, `check` too: is this one JSON value? SL_JSON_OK or SL_JSON_BAD; < 0: failed. Nothing need follow its bytes. */
    int (*valid)(sl_ctx *, sl_str json);
} sl_json_api;
#endif
