/* The family "source": where documents come from. */
#include "sluice/util.h"

extern const sl_stage source_archive, source_jsonl;

SL_PLUGIN("source", "0.1.0", &source_jsonl, &source_archive)
