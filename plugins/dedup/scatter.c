#include "scatter.h"
#include <string.h>

int scatter_flush(sl_ctx *c, scatter *s, const sl_spill_api *api, sl_spill *to)
{
    uint32_t begin[SCATTER_PARTITIONS + 1] = { 0 }, next[SCATTER_PARTITIONS];
    const uint32_t words = s->words;
    for (uint32_t i = 0; i < s->n; i++)
        begin[s->partition[i] + 1]++;
    for (uint32_t p = 0; p < SCATTER_PARTITIONS; p++) {
        begin[p + 1] += begin[p];
        next[p] = begin[p];
    }
    for (uint32_t i = 0; i < s->n; i++) {
        uint64_t *place = s->grouped + (size_t)next[s->partition[i]]++ * words;
        for (uint32_t w = 0; w < words; w++)
            place[w] = s->records[(size_t)i * words + w];
    }
    s->n = 0;
    for (uint32_t p = 0; p < SCATTER_PARTITIONS; p++) {
        const uint32_t n = begin[p + 1] - begin[p];
        const int ret = n ? api->add(c, to, p, s->grouped + (size_t)begin[p] * words, n) : SL_OK;
        if (ret < 0)
            return ret;
    }
    return SL_OK;
}
