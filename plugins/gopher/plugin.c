#include "sluice/util.h"

extern const sl_stage filter_gopher_quality, filter_gopher_repetition;

SL_PLUGIN("gopher", "0.1.0", &filter_gopher_quality, &filter_gopher_repetition)
