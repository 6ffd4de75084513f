#include "sluice/util.h"

extern const sl_stage language_identify, filter_language;

SL_PLUGIN("language", "1.0.0", &language_identify, &filter_language)
