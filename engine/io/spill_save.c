/* A spill as a stream of bytes, all numbers little-endian:
 *   magic u32, partitions u32, record_size u32, 0 u32, then for each partition: records u64, the records in order. */
#include "io/spill_internal.h"
#include <endian.h>
#include <stdlib.h>
#include "sluice/plugin.h"

enum { MAGIC = 0x316c7073 /* "spl1" */, PIECE = 64 << 10 };

typedef struct saving {
    int (*put)(void *u, const void *p, size_t n);
    void *u;
    size_t record;
} saving;

static int put_records(void *u, const void *records, size_t n)
{
    const saving *v = u;
    return v->put(v->u, records, n * v->record);
}

int spill_save(spill *s, int (*put)(void *u, const void *p, size_t n), void *u, sbuf *err)
{
    const uint32_t head[4] = { htole32(MAGIC), htole32(s->partitions), htole32((uint32_t)s->record) };
    saving v = { put, u, s->record };
    int r = put(u, head, sizeof head);
    for (uint32_t i = 0; i < s->partitions && r >= 0; i++) {
        const uint64_t n = htole64(spill_count(s, i));
        r = put(u, &n, sizeof n);
        if (r >= 0)
            r = spill_sorted(s, 0, i, put_records, &v, err);
    }
    return r < 0 ? r : 0;
}

typedef struct loading {
    spill *s;
    int (*get)(void *u, void *p, size_t n);
    void *u;
    uint8_t *buf; /* a piece, and before it the last record of the one before */
    sbuf *err;
} loading;

static int refuse(const loading *v, const char *why)
{
    sbuf_printf(v->err, "the saved records cannot be used: %s", why);
    return SL_E_STATE;
}

static int get(const loading *v, void *p, size_t n)
{
    const int r = v->get(v->u, p, n);
    return r == SL_END ? refuse(v, "they end too early") : r;
}

static int load_head(const loading *v)
{
    const spill *s = v->s;
    uint32_t head[4];
    const int r = get(v, head, sizeof head);
    if (r < 0)
        return r;
    if (le32toh(head[0]) != MAGIC || head[3])
        return refuse(v, "they do not begin as such records do");
    if (le32toh(head[1]) == s->partitions && le32toh(head[2]) == s->record)
        return 0;
    sbuf_printf(v->err,
                "the saved records cannot be used: they are of %u bytes in %u partitions, where %zu bytes in %u "
                "partitions are needed",
                le32toh(head[2]), le32toh(head[1]), s->record, s->partitions);
    return SL_E_STATE;
}

static int load_part(const loading *v, uint32_t partition)
{
    spill *s = v->s;
    uint64_t left;
    int r = get(v, &left, sizeof left);
    left = le64toh(left);
    const size_t many = PIECE / s->record ? PIECE / s->record : 1;
    uint8_t *const first = v->buf + s->record;
    for (bool ordered = false; left && r >= 0; ordered = true) {
        const size_t n = left < many ? (size_t)left : many;
        r = get(v, first, n * s->record);
        for (size_t i = ordered ? 0 : 1; i < n && r >= 0; i++)
            if (memcmp(first + i * s->record - s->record, first + i * s->record, s->record) > 0)
                r = refuse(v, "they are not in order");
        if (r >= 0)
            r = spill_add(s, 0, partition, first, n, v->err);
        memcpy(v->buf, first + (n - 1) * s->record, s->record);
        left -= n;
    }
    return r;
}

int spill_load(spill *s, int (*fn)(void *u, void *p, size_t n), void *u, sbuf *err)
{
    const loading v = { s, fn, u, malloc(s->record + (s->record > PIECE ? s->record : PIECE)), err };
    if (!v.buf)
        return spill_nomem(err);
    int r = load_head(&v);
    for (uint32_t i = 0; i < s->partitions && r >= 0; i++)
        r = load_part(&v, i);
    free(v.buf);
    return r < 0 ? r : 0;
}
