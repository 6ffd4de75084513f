/* The family "sample": a part that stands for the whole. */
#include "sluice/util.h"

extern const sl_stage sample_random;

SL_PLUGIN("sample", "0.1.0", &sample_random)
