#include "sluice/util.h"

extern const sl_stage refine_lines, refine_pii, refine_unicode;

SL_PLUGIN("refine", "0.1.0", &refine_lines, &refine_pii, &refine_unicode)
