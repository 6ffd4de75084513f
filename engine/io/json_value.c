/* Column values as JSON text: what sinks write for fields that a stage changed. */
#include "io/json_internal.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_u64(uint64_t v, bool minus, sbuf *out)
{
    char buf[24], *p = buf + sizeof buf;
    do
        *--p = (char)('0' + v % 10);
    while (v /= 10);
    if (minus)
        *--p = '-';
    sbuf_add(out, p, (size_t)(buf + sizeof buf - p));
}

static void put_i64(int64_t v, sbuf *out) { put_u64(v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0, out); }

/* As few digits as read back as the same float. */
static void put_f32(float v, sbuf *out)
{
    char buf[32];
    if (!isfinite(v)) {
        sbuf_puts(out, "null");
        return;
    }
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(buf, sizeof buf, "%.*g", digits, (double)v);
        if (strtof(buf, NULL) == v)
            break;
    }
    sbuf_puts(out, buf);
}

/* A JSON column's text. A stage may have written anything: what is no JSON would break the whole record, and a line
 * break between its tokens the file of lines. */
static void put_json(const sl_str *s, sbuf *out)
{
    if (!s->n || json_check(s->p, s->n, false) != JSON_OK) {
        sbuf_puts(out, "null");
        return;
    }
    const size_t at = out->n;
    sbuf_add(out, s->p, s->n);
    if (out->failed || (!memchr(s->p, '\n', s->n) && !memchr(s->p, '\r', s->n)))
        return;
    for (char *p = out->p + at; *p; p++)
        if (*p == '\n' || *p == '\r')
            *p = ' ';
}

/* Bytes of one element; 0: a type that this engine does not know. */
static size_t element_size(uint32_t type)
{
    return type == SL_T_SPAN ? sizeof(sl_span) : type & SL_LIST_OF(0) ? sizeof(sl_list) : json_type_size(type);
}

static void put_element(uint32_t type, const void *p, sbuf *out)
{
    switch (type) {
    case SL_T_BOOL: sbuf_puts(out, *(const uint8_t *)p ? "true" : "false"); return;
    case SL_T_I32: put_i64(*(const int32_t *)p, out); return;
    case SL_T_I64: put_i64(*(const int64_t *)p, out); return;
    case SL_T_U64: put_u64(*(const uint64_t *)p, false, out); return;
    case SL_T_F32: put_f32(*(const float *)p, out); return;
    case SL_T_F64: sbuf_json_double(out, *(const double *)p); return;
    case SL_T_JSON: put_json(p, out); return;
    case SL_T_STR: {
        const sl_str *s = p;
        sbuf_json(out, s->p, s->n);
        return;
    }
    case SL_T_SPAN: {
        const sl_span *s = p;
        sbuf_putc(out, '[');
        put_u64(s->begin, false, out);
        sbuf_putc(out, ',');
        put_u64(s->end, false, out);
        sbuf_putc(out, ']');
        return;
    }
    default: sbuf_puts(out, "null");
    }
}

static void put_array(uint32_t type, const void *p, size_t n, sbuf *out)
{
    const size_t size = element_size(type);
    sbuf_putc(out, '[');
    for (size_t i = 0; size && i < n; i++) {
        if (i)
            sbuf_putc(out, ',');
        put_element(type, (const char *)p + i * size, out);
    }
    sbuf_putc(out, ']');
}

void json_column_value(const sl_column *col, uint32_t row, sbuf *out)
{
    const size_t size = element_size(col->type), width = col->width ? col->width : 1;
    if (!size || !col->data || !(col->valid[row >> 6] >> (row & 63) & 1)) {
        sbuf_puts(out, "null");
        return;
    }
    const char *at = (const char *)col->data + (size_t)row * width * size;
    if (col->type & SL_LIST_OF(0)) {
        const sl_list *list = (const sl_list *)(const void *)at;
        put_array(col->type & 0xFF, list->p, list->n, out);
    } else if (width > 1) {
        put_array(col->type, at, width, out);
    } else {
        put_element(col->type, at, out);
    }
}
