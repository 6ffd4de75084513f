/* The family "order": the stream in another order. */
#include "sluice/util.h"

extern const sl_stage order_by;

SL_PLUGIN("order", "0.1.0", &order_by)
