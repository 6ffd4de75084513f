/* What the stages of this plugin share. All of it is built with the frozen headers of 1.0, never with today's. */
#ifndef V1_0_H
#define V1_0_H
#include "sluice/util.h"

#if SL_ABI_MAJOR != 1u || SL_ABI_MINOR != 0u
#error "this must see the frozen headers"
#endif

extern const sl_stage dedup_v1_0, expand_v1_0, filter_v1_0, sink_v1_0, source_v1_0;

#endif
