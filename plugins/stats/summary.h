/* Tables of the report: how the numbers lie over the corpus. */
#ifndef STATS_SUMMARY_H
#define STATS_SUMMARY_H
#include "measures.h"
#include "spread.h"
#include "sluice/service_report.h"
#include "sluice/util.h"

/* "quantiles", and a "histogram: …" for each measure of these groups (bits). 0, or a failure. */
int summary_report(sl_ctx *c, const sl_report_api *report, const spread seen[MEASURES], uint32_t groups);
#endif
