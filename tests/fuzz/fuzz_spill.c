/* layer: io */
/* The first byte picks the shape of a spill and its memory, the rest is what it loads. What is accepted is saved again
 * as the same bytes; loaded twice, everything is there twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "io/spill.h"
#include "sluice/plugin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool what)
{
    if (!what)
        abort();
}

typedef struct bytes {
    const uint8_t *p;
    size_t n, at;
} bytes;

static int get(void *u, void *p, size_t n)
{
    bytes *b = u;
    if (b->n - b->at < n)
        return b->at == b->n ? SL_END : SL_E_STATE;
    memcpy(p, b->p + b->at, n);
    b->at += n;
    return 0;
}

/* What is saved must be what was loaded. */
static int compare(void *u, const void *p, size_t n)
{
    bytes *b = u;
    must(b->n - b->at >= n && memcmp(b->p + b->at, p, n) == 0);
    b->at += n;
    return 0;
}

static uint64_t count(const spill *s, uint32_t partitions)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < partitions; i++)
        n += spill_count(s, i);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t partitions[] = { 1, 2, 7, 300 }, record[] = { 1, 3, 24, 5000 };
    if (!size)
        return 0;
    const spill_spec spec = { partitions[data[0] & 3], record[data[0] >> 2 & 3], 1 };
    char dir[64];
    budget b;
    sbuf err = { 0 };
    snprintf(dir, sizeof dir, "/tmp/sluice-fuzz-spill-%ld", (long)getpid());
    budget_init(&b, data[0] & 0x10 ? 0 : 1 << 26, data[0] & 0x20);
    scratch *disk = scratch_new(dir, 1, 1);
    spill *s = disk ? spill_new(disk, &b, 1, &spec, &err) : NULL;
    must(s != NULL);
    bytes in = { data + 1, size - 1, 0 };
    if (spill_load(s, get, &in, &err) == 0) {
        bytes out = { in.p, in.at, 0 };
        const uint64_t n = count(s, spec.partitions);
        must(spill_save(s, compare, &out, &err) == 0 && out.at == out.n);
        in.at = 0;
        must(spill_load(s, get, &in, &err) == 0 && count(s, spec.partitions) == 2 * n);
        must(err.n == 0);
    }
    spill_free(s);
    must(atomic_load(&b.used) == 0);
    scratch_free(disk);
    sbuf_free(&err);
    return 0;
}
