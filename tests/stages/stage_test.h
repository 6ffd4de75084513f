/* Streams for tests of stages. ctest runs in the build folder. */
#ifndef STAGE_TEST_H
#define STAGE_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage_mock.h"

#define OURS(family) "lib/sluice/plugins/" family ".so"
#define PROBE        "lib/sluice/test-plugins/test-probe.so"

static const uint32_t batch_sizes[] = { 1, 2, 3, 7, 300 };
enum { SIZES = sizeof batch_sizes / sizeof *batch_sizes };

/* Splits of 4, 1, 6, 3, 5, 4 … documents; every fifth is dead where there are holes. */
static inline mock_docs some_docs(mock *m, uint32_t splits, bool holes)
{
    static const uint32_t sizes[] = { 4, 1, 6, 3, 5 };
    mock_docs d = { 0 };
    char text[64];
    uint64_t n = 0;
    for (uint32_t s = 0; s < splits; s++)
        for (uint32_t i = 0; i < sizes[s % 5]; i++, n++) {
            snprintf(text, sizeof text, "text of %llu\nin split %u", (unsigned long long)n, s + 1);
            mock_add(m, &d, s + 1, n, text)->dead = holes && n % 5 == 2;
        }
    return d;
}

static inline mock_stage *load(mock *m, const char *plugin, const char *name, const char *cfg)
{
    mock_quiet(m);
    mock_stage *st = mock_stage_load(m, plugin, name, cfg);
    if (!st)
        fail_msg("%s %s: %s", name, cfg, m->error);
    return st;
}

static inline void run_well(mock *m, mock_stage *st, mock_docs *const *ports, mock_docs *in, mock_docs *out)
{
    const int ret = mock_whole(m, st, ports, in, out);
    if (ret < 0)
        fail_msg("answered %d: %s", ret, m->error);
}

/* All that leaves: places, keys, ids, texts. */
static inline uint64_t docs_hash(const mock_docs *d)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < d->n; i++) {
        const uint64_t v[] = { d->v[i].pos, d->v[i].key, d->v[i].parent };
        for (size_t k = 0; k < sizeof v; k++)
            h = (h ^ ((const unsigned char *)v)[k]) * 0x100000001b3u;
        for (int c = 0; c < 2; c++)
            for (uint32_t k = 0; k < d->v[i].cell[c].v.s.n; k++)
                h = (h ^ (unsigned char)d->v[i].cell[c].v.s.p[k]) * 0x100000001b3u;
    }
    return h;
}

#endif
