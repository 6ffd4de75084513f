/* The family "dedup": documents that repeat others. */
#include "sluice/util.h"

extern const sl_stage dedup_exact;

SL_PLUGIN("dedup", "0.1.0", &dedup_exact)
