#include "summary.h"
#include <stdio.h>

static bool is_in(uint32_t groups, uint32_t measure) { return groups >> measure_groups[measure] & 1; }

static int report_quantiles(sl_ctx *c, const sl_report_api *report, const spread *seen, uint32_t groups)
{
    static const int percent[] = { 1, 5, 10, 25, 50, 75, 90, 95, 99 };
    enum { ROW = 512 };
    char rows[MEASURES * ROW + 2];
    size_t n = 0;
    for (uint32_t i = 0; i < MEASURES; i++) {
        const spread *v = &seen[i];
        if (!is_in(groups, i))
            continue;
        n += (size_t)snprintf(rows + n, ROW, "%c{\"measure\":\"%s\",\"min\":%.9g", n ? ',' : '[', measure_names[i],
                              v->min);
        for (size_t k = 0; k < sizeof percent / sizeof *percent; k++)
            n += (size_t)snprintf(rows + n, sizeof rows - n, ",\"p%d\":%.6g", percent[k],
                                  v->n ? spread_quantile(v, percent[k] / 100.0) : 0.0);
        n += (size_t)snprintf(rows + n, sizeof rows - n, ",\"max\":%.9g}", v->max);
    }
    snprintf(rows + n, sizeof rows - n, "]");
    return report->table(c, "quantiles", rows);
}

/* Eighths of a doubling, those that hold something. */
static int report_histogram(sl_ctx *c, const sl_report_api *report, const spread *v, uint32_t measure)
{
    enum { ROW = 96, EACH = SPREAD_PER_DOUBLING / 8 };
    char title[64];
    char *rows = malloc(((size_t)SPREAD_BINS / EACH + 2) * ROW);
    size_t n = 1;
    if (!rows)
        return c->host->fail(c, SL_E_NOMEM, "out of memory for a histogram");
    rows[0] = '[';
    for (uint32_t i = 0, next; i < SPREAD_BINS; i = next) {
        uint64_t documents = v->bins[i];
        for (next = i + 1; i && next < i + EACH; next++) /* bin 0 is the value 0 alone */
            documents += v->bins[next];
        if (documents)
            n += (size_t)snprintf(rows + n, ROW, "%s{\"from\":%.9g,\"below\":%.9g,\"documents\":%llu}",
                                  n > 1 ? "," : "", spread_edge(i), spread_edge(next), (unsigned long long)documents);
    }
    memcpy(rows + n, "]", 2);
    snprintf(title, sizeof title, "histogram: %s", measure_names[measure]);
    const int r = report->table(c, title, rows);
    free(rows);
    return r;
}

int summary_report(sl_ctx *c, const sl_report_api *report, const spread seen[MEASURES], uint32_t groups)
{
    int r = groups ? report_quantiles(c, report, seen, groups) : SL_OK;
    for (uint32_t i = 0; i < MEASURES && r == SL_OK; i++)
        if (is_in(groups, i))
            r = report_histogram(c, report, &seen[i], i);
    return r;
}
