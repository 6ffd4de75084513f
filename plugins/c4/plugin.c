#include "sluice/util.h"

extern const sl_stage filter_c4_quality, filter_c4_paragraph;

SL_PLUGIN("c4", "0.1.0", &filter_c4_quality, &filter_c4_paragraph)
