/* The family "map": change what a document carries. */
#include "sluice/util.h"

extern const sl_stage map_fields;

SL_PLUGIN("map", "0.1.0", &map_fields)
