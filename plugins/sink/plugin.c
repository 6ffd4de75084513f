/* The family "sink": where documents go. */
#include "sluice/util.h"

extern const sl_stage sink_jsonl, sink_null;

SL_PLUGIN("sink", "0.1.0", &sink_jsonl, &sink_null)
