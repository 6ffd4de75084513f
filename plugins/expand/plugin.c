/* The family "expand": one document becomes several. */
#include "sluice/util.h"

extern const sl_stage expand_split;

SL_PLUGIN("expand", "0.1.0", &expand_split)
