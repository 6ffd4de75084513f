#include "column_text.h"
#include <string.h>

int column_convert(sl_ctx *c, const sl_batch *b, const sl_json_api *json, sl_str text, uint32_t type, void *out,
                   bool *done)
{
    uint64_t valid = 1;
    sl_column one = { .name = "", .data = out, .valid = &valid, .type = type, .width = 1 };
    const int ret = json->convert(c, b, text, &one, 0);
    *done = ret == SL_JSON_OK && (valid & 1);
    return ret < 0 ? ret : SL_OK;
}

int column_unquote(sl_ctx *c, const sl_batch *b, const sl_json_api *json, sl_str quoted, sl_str *out)
{
    if (!memchr(quoted.p, '\\', quoted.n)) {
        *out = (sl_str){ .p = quoted.p + 1, .n = quoted.n - 2 };
        return SL_OK;
    }
    bool done;
    return column_convert(c, b, json, quoted, SL_T_STR, out, &done);
}

int column_text(sl_ctx *c, const sl_batch *b, const sl_json_api *json, const sl_column *column, uint32_t row,
                sl_str *out)
{
    *out = (sl_str){ 0 };
    if (!sl_is_valid(column, row))
        return SL_OK;
    if (column->type != SL_T_STR && column->type != SL_T_JSON)
        return json->value(c, b, column, row, out);
    const sl_str value = ((const sl_str *)column->data)[row];
    if (column->type == SL_T_STR)
        *out = value.p ? value : (sl_str){ .p = "" };
    else if (value.n && value.p[0] == '"')
        return column_unquote(c, b, json, value, out);
    else if (value.n && value.p[0] != 'n')
        *out = value;
    return SL_OK;
}

sl_str column_shown(sl_str value)
{
    enum { SHOWN = 80 };
    if (value.n > SHOWN) {
        value.n = SHOWN;
        while (value.n && ((uint8_t)value.p[value.n] & 0xC0) == 0x80)
            value.n--;
    }
    return value;
}
