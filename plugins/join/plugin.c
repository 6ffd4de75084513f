/* The family "join": several documents become one. */
#include "sluice/util.h"

extern const sl_stage join_parts;

SL_PLUGIN("join", "0.1.0", &join_parts)
