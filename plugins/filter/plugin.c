/* The family "filter": keep or drop a document by what it is. */
#include "sluice/util.h"

extern const sl_stage filter_bad_words, filter_length, filter_list, filter_url, filter_where;

SL_PLUGIN("filter", "0.1.0", &filter_bad_words, &filter_length, &filter_list, &filter_url, &filter_where)
