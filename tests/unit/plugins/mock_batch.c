#include "mock_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SLACK = 64 };

static size_t size_of(uint32_t type) { return type == SL_T_STR || type == SL_T_JSON ? sizeof(sl_str) : 8; }

void mock_batch_init(mock_batch *b, const uint32_t *types, uint32_t n_columns)
{
    memset(b, 0, sizeof(*b));
    b->b = (sl_batch){
        .sel = b->sel, .columns = b->columns, .n_columns = n_columns, .pos = b->pos, .key = b->key, .engine = b
    };
    for (uint32_t k = 0; k < n_columns; k++) {
        if (!types[k])
            continue;
        b->column[k] = (sl_column){ .name = "c", .valid = b->valid[k], .type = types[k], .width = 1 };
        b->column[k].data = calloc(MOCK_ROWS, size_of(types[k]));
        assert_non_null(b->column[k].data);
        b->columns[k] = &b->column[k];
    }
}

void mock_batch_clear(mock_batch *b)
{
    while (b->n_memory)
        free(b->memory[--b->n_memory]);
    b->b.n_rows = b->b.n_sel = 0;
    for (uint32_t k = 0; k < b->b.n_columns; k++)
        if (b->columns[k])
            memset(b->column[k].data, 0, MOCK_ROWS * size_of(b->column[k].type));
    memset(b->valid, 0, sizeof(b->valid));
}

void mock_batch_free(mock_batch *b)
{
    mock_batch_clear(b);
    for (uint32_t k = 0; k < b->b.n_columns; k++)
        free(b->column[k].data);
}

uint32_t mock_row(mock_batch *b, uint64_t pos)
{
    const uint32_t row = b->b.n_rows++;
    assert_true(row < MOCK_ROWS);
    b->pos[row] = pos;
    b->key[row] = pos * 0x9E3779B97F4A7C15u;
    b->sel[b->b.n_sel++] = (uint16_t)row;
    return row;
}

void mock_set_text(mock_batch *b, uint32_t column, uint32_t row, const char *text)
{
    sl_str *cell = &((sl_str *)b->column[column].data)[row];
    *cell = (sl_str){ .p = text, .n = (uint32_t)strlen(text) };
    sl_set_valid(&b->column[column], row);
}

void mock_set_number(mock_batch *b, uint32_t column, uint32_t row, double number)
{
    assert_int_equal(b->column[column].type, SL_T_F64);
    ((double *)b->column[column].data)[row] = number;
    sl_set_valid(&b->column[column], row);
}

void *mock_alloc(sl_ctx *c, const sl_batch *batch, size_t size, size_t align)
{
    mock_batch *b = batch->engine;
    (void)c, (void)align;
    assert_true(b->n_memory < sizeof(b->memory) / sizeof(*b->memory));
    void *p = calloc(1, size + SLACK);
    assert_non_null(p);
    return b->memory[b->n_memory++] = p;
}
