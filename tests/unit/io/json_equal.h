/* Are two cells the same, down to the bytes of texts and lists? For the tests that hold one path against the other. */
#ifndef SLUICE_TEST_JSON_EQUAL_H
#define SLUICE_TEST_JSON_EQUAL_H
#include <string.h>
#include "io/json_internal.h"

static inline bool json_text_equal(const sl_str *a, const sl_str *b)
{
    return a->n == b->n && (!a->n || !memcmp(a->p, b->p, a->n));
}

static inline bool json_cell_equal(const json_cell *a, const json_cell *b, uint32_t type)
{
    const uint32_t element = type & 0xFF;
    const size_t size = json_type_size(element);
    if (a->state != b->state || a->state != CELL_OK)
        return a->state == b->state;
    if (!(type & SL_LIST_OF(0)))
        return size == sizeof(sl_str) ? json_text_equal(&a->v.str, &b->v.str) : !memcmp(&a->v, &b->v, size);
    if (a->v.list.n != b->v.list.n)
        return false;
    for (uint32_t i = 0; i < a->v.list.n; i++) {
        const char *x = (const char *)a->v.list.p + i * size, *y = (const char *)b->v.list.p + i * size;
        if (size == sizeof(sl_str) ? !json_text_equal((const void *)x, (const void *)y) : memcmp(x, y, size) != 0)
            return false;
    }
    return true;
}
#endif
