#include "sluice/util.h"

extern const sl_stage language_identify, filter_language, classify_fasttext;

SL_PLUGIN("language", "0.1.0", &language_identify, &filter_language, &classify_fasttext)
