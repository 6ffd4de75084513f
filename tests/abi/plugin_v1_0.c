/* A plugin as it was built on the first day: every kind of stage, with the headers of 1.0. */
#include "v1_0.h"

SL_PLUGIN("v1_0", "1.0.0", &dedup_v1_0, &expand_v1_0, &filter_v1_0, &sink_v1_0, &source_v1_0)
