#include "rank.h"
#include <math.h>

static const double two_to_53 = 0x1p53, two_to_63 = 0x1p63;

bool rank_type(uint32_t type)
{
    switch (type) {
    case SL_T_BOOL:
    case SL_T_I32:
    case SL_T_I64:
    case SL_T_U64:
    case SL_T_F32:
    case SL_T_F64:
    case SL_T_JSON: return true;
    default: return false;
    }
}

/* Exactly, but for the least and the greatest of all: each shares the rank of its neighbour. */
static void rank_bits(uint64_t bits, rank_value *out)
{
    out->kind = RANK_NUMBER;
    out->rounded |= bits == RANK_FIRST || bits == RANK_LAST;
    out->rank = bits == RANK_FIRST ? RANK_FIRST + 1 : bits == RANK_LAST ? RANK_LAST - 1 : bits;
}

static void rank_integer(int64_t v, rank_value *out) { rank_bits((uint64_t)v ^ 1ull << 63, out); }

static void rank_double(double v, rank_value *out)
{
    if (isnan(v))
        return; /* no number, though its type says so: as null */
    out->kind = RANK_NUMBER;
    out->rank = sl_rank(v);
}

/* JSON text as another type, through a column of one row. *ok: it is such a value. */
static int convert(sl_ctx *c, const rank_spec *s, const sl_batch *b, sl_str text, uint32_t type, void *out, bool *ok)
{
    uint64_t valid = 1;
    sl_column one = { .name = "", .data = out, .valid = &valid, .type = type, .width = 1 };
    const int ret = s->json->convert(c, b, text, &one, 0);
    *ok = ret == SL_JSON_OK && (valid & 1);
    return ret < 0 ? ret : SL_OK;
}

/* In steps of one from -2^63 to 2^63 - 1. What lies between goes to the step below, what lies beyond to the last one.
 */
static void rank_whole_part(double v, rank_value *out)
{
    if (v >= two_to_63 || v < -two_to_63) {
        out->rounded = true;
        rank_integer(v > 0 ? INT64_MAX : INT64_MIN, out);
        return;
    }
    int64_t whole = (int64_t)v;
    whole -= (double)whole > v;
    out->rounded = (double)whole != v;
    rank_integer(whole, out);
}

/* Digits and a sign alone? */
static bool is_whole(sl_str text)
{
    for (uint32_t i = text.p[0] == '-'; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return true;
}

static int rank_json_number(sl_ctx *c, const rank_spec *s, const sl_batch *b, sl_str text, rank_value *out)
{
    double v = NAN;
    bool is_double;
    int ret = convert(c, s, b, text, SL_T_F64, &v, &is_double);
    if (ret < 0 || !is_double) {
        out->kind = RANK_OTHER; /* beyond a double: no such record is read */
        return ret;
    }
    const bool whole = (s->integers || fabs(v) >= two_to_53) && is_whole(text);
    int64_t exact = 0;
    bool is_exact = false;
    ret = whole ? convert(c, s, b, text, SL_T_I64, &exact, &is_exact) : SL_OK;
    if (ret < 0)
        return ret;
    if (s->integers && is_exact) {
        rank_integer(exact, out);
    } else if (s->integers) {
        rank_whole_part(v, out);
    } else {
        rank_double(v, out);
        out->rounded = whole && (!is_exact || v >= two_to_63 || (int64_t)v != exact);
    }
    return SL_OK;
}

static int rank_json(sl_ctx *c, const rank_spec *s, const sl_batch *b, sl_str text, rank_value *out)
{
    const char first = text.n ? text.p[0] : 'n';
    if (first == 'n')
        return SL_OK;
    if (first == '-' || (first >= '0' && first <= '9'))
        return rank_json_number(c, s, b, text, out);
    if (first != 't' && first != 'f')
        out->kind = RANK_OTHER;
    else if (s->integers)
        rank_integer(first == 't', out);
    else
        rank_double(first == 't', out);
    return SL_OK;
}

int rank_of(sl_ctx *c, const rank_spec *s, const sl_batch *b, const sl_column *column, uint32_t row, rank_value *out)
{
    *out = (rank_value){ .kind = RANK_NULL };
    if (!sl_is_valid(column, row))
        return SL_OK;
    switch (column->type) {
    case SL_T_BOOL: rank_integer(((const uint8_t *)column->data)[row], out); break;
    case SL_T_I32: rank_integer(((const int32_t *)column->data)[row], out); break;
    case SL_T_I64: rank_integer(((const int64_t *)column->data)[row], out); break;
    case SL_T_U64: rank_bits(((const uint64_t *)column->data)[row], out); break;
    case SL_T_F32:
    case SL_T_F64: rank_double(sl_number(column, row), out); break;
    case SL_T_JSON: return rank_json(c, s, b, ((const sl_str *)column->data)[row], out);
    default: out->kind = RANK_OTHER;
    }
    return SL_OK;
}
