/* sluice/service_report.h — service "report" 1: what the engine cannot know by itself. It has every metric already. */
#ifndef SL_SERVICE_REPORT_H
#define SL_SERVICE_REPORT_H
#include "sluice/plugin.h"

typedef struct sl_report_api {
    uint32_t struct_size, version;
    /* [1] In finalize and finish: a table into run.json, under the stage's name. rows: a JSON list of objects. */
    int (*table)(sl_ctx *, const char *title, const char *rows);
} sl_report_api;
#endif
