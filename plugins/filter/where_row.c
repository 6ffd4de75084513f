#include "where_row.h"
#include "column_text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const nulls[] = { "any", "yes", "no", NULL };
const sl_option where_row_options[] = {
    SL_OPT(where_config, column, COLUMN, NULL, "the column; a path such as metadata.lang looks into objects",
           .flags = SL_OPT_REQUIRED),
    SL_OPT_LIST(where_config, is, STR, NULL, "equal to one of these; numbers are compared as numbers"),
    SL_OPT_LIST(where_config, is_not, STR, NULL, "equal to none of these; holds for null"),
    SL_OPT(where_config, min, F64, NULL, "a number, at least this"),
    SL_OPT(where_config, max, F64, NULL, "a number, at most this"),
    SL_OPT(where_config, above, F64, NULL, "a number, more than this"),
    SL_OPT(where_config, below, F64, NULL, "a number, less than this"),
    SL_OPT_LIST(where_config, contains, STR, NULL, "has one of these somewhere in it"),
    SL_OPT(where_config, starts, STR, NULL, "begins with this"),
    SL_OPT(where_config, ends, STR, NULL, "ends with this"),
    SL_OPT(where_config, null, ENUM, "any", "yes: null or absent; no: neither", .choices = nulls),
    { 0 },
};

static const char *const test_names[] = { "",      "null",  "is",       "is_not", "min", "max",
                                          "above", "below", "contains", "starts", "ends" };

const char *where_test_name(where_test test) { return test_names[test]; }

/* ---- configuration ---- */

static bool has_bounds(const where_config *o)
{
    return !isnan(o->min) || !isnan(o->max) || !isnan(o->above) || !isnan(o->below);
}

static bool has_texts(const where_config *o) { return o->is.n || o->is_not.n || o->contains.n || o->starts || o->ends; }

const char *where_row_check(const where_config *o)
{
    if (!has_bounds(o) && !has_texts(o) && o->null == NULL_ANY)
        return "nothing to compare with; give is, is_not, min, max, above, below, contains, starts, ends or null";
    if (o->null == NULL_YES && (has_bounds(o) || has_texts(o)))
        return "null: yes leaves nothing else to compare";
    if (o->min > o->max || o->min >= o->below || o->above >= o->max ||
        o->above >= o->below) /* false for those not given */
        return "no number lies between these bounds";
    return NULL;
}

/* [-] digits [. digits] [e [±] digits], without leading zeros. */
static bool is_json_number(const char *p, bool *integer)
{
    p += *p == '-';
    const char *begin = p;
    size_t digits = strspn(p, "0123456789");
    if (digits == 0 || (*begin == '0' && digits > 1))
        return false;
    p += digits;
    *integer = *p == '\0';
    if (*p == '.') {
        digits = strspn(++p, "0123456789");
        if (digits == 0)
            return false;
        p += digits;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '+' || *p == '-';
        digits = strspn(p, "0123456789");
        if (digits == 0)
            return false;
        p += digits;
    }
    return *p == '\0';
}

static where_literal *literals(sl_many texts)
{
    where_literal *all = calloc(texts.n ? texts.n : 1, sizeof(*all));
    if (!all)
        return NULL;
    for (size_t i = 0; i < texts.n; i++) {
        const char *text = ((const char *const *)texts.v)[i];
        all[i].text = (sl_str){ .p = text, .n = (uint32_t)strlen(text) };
        all[i].is_number = is_json_number(text, &all[i].is_integer);
        if (all[i].is_number)
            all[i].number = strtod(text, NULL); /* the program never leaves the locale C for numbers */
    }
    return all;
}

bool where_row_open(where_row *row, const where_config *cfg)
{
    row->cfg = cfg;
    row->is = literals(cfg->is);
    row->is_not = literals(cfg->is_not);
    if (!row->is || !row->is_not)
        return false;
    row->wants_text = has_texts(cfg);
    row->wants_number = has_bounds(cfg);
    for (size_t i = 0; i < cfg->is.n; i++)
        row->wants_number |= row->is[i].is_number;
    for (size_t i = 0; i < cfg->is_not.n; i++)
        row->wants_number |= row->is_not[i].is_number;
    return true;
}

void where_row_free(where_row *row)
{
    free(row->is);
    free(row->is_not);
    row->is = row->is_not = NULL;
}

/* ---- values ---- */

static int value_of_json(sl_ctx *c, const sl_batch *b, const where_row *row, const sl_json_api *json, sl_str text,
                         where_value *out)
{
    const char first = text.n ? text.p[0] : 'n';
    if (first == '"') {
        out->kind = VALUE_TEXT;
        return column_unquote(c, b, json, text, &out->text);
    }
    out->text = text;
    if (first == 'n') {
        out->kind = VALUE_NULL;
        return SL_OK;
    }
    if (first != '-' && (first < '0' || first > '9')) {
        out->kind = VALUE_OTHER;
        out->number = first == 't' ? 1 : first == 'f' ? 0 : NAN;
        return SL_OK;
    }
    out->kind = VALUE_NUMBER;
    if (!row->wants_number)
        return SL_OK;
    bool done;
    const int ret = column_convert(c, b, json, text, SL_T_F64, &out->number, &done);
    if (!done)
        out->number = NAN;
    return ret;
}

int where_row_value(sl_ctx *c, const sl_batch *b, const where_row *row, const sl_json_api *json,
                    const sl_column *column, uint32_t r, where_value *out)
{
    *out = (where_value){ .kind = VALUE_NULL, .number = NAN };
    if (!sl_is_valid(column, r))
        return SL_OK;
    switch (column->type) {
    case SL_T_STR:
        out->kind = VALUE_TEXT;
        out->text = ((const sl_str *)column->data)[r];
        return SL_OK;
    case SL_T_JSON: return value_of_json(c, b, row, json, ((const sl_str *)column->data)[r], out);
    case SL_T_I32:
    case SL_T_I64:
    case SL_T_U64:
    case SL_T_F32:
    case SL_T_F64:
    case SL_T_BOOL:
        out->kind = column->type == SL_T_BOOL ? VALUE_OTHER : VALUE_NUMBER;
        out->number = sl_number(column, r);
        break;
    default: out->kind = VALUE_OTHER;
    }
    return row->wants_text ? json->value(c, b, column, r, &out->text) : SL_OK;
}

/* ---- comparisons ---- */

static bool is_integer(sl_str text)
{
    for (uint32_t i = text.p[0] == '-'; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return true;
}

/* Two integers are equal if they are written alike: doubles could not tell 2^53 and 2^53 + 1 apart. -0 is 0. */
static bool equals(const where_literal *literal, const where_value *value)
{
    if (literal->text.n == value->text.n && memcmp(literal->text.p, value->text.p, value->text.n) == 0)
        return true;
    if (value->kind != VALUE_NUMBER || !literal->is_number || literal->number != value->number)
        return false;
    return literal->number == 0 || !literal->is_integer || !is_integer(value->text);
}

static bool equals_any(const where_literal *all, size_t n, const where_value *value)
{
    for (size_t i = 0; i < n; i++)
        if (equals(&all[i], value))
            return true;
    return false;
}

static bool contains_any(sl_many texts, sl_str text)
{
    for (size_t i = 0; i < texts.n; i++) {
        const char *part = ((const char *const *)texts.v)[i];
        if (memmem(text.p, text.n, part, strlen(part)))
            return true;
    }
    return false;
}

static where_test test_bounds(const where_config *o, double x, double *limit)
{
    /* !(x >= bound): also for a value that is no number */
    if (!isnan(o->min) && !(x >= o->min))
        return *limit = o->min, WHERE_MIN;
    if (!isnan(o->max) && !(x <= o->max))
        return *limit = o->max, WHERE_MAX;
    if (!isnan(o->above) && !(x > o->above))
        return *limit = o->above, WHERE_ABOVE;
    if (!isnan(o->below) && !(x < o->below))
        return *limit = o->below, WHERE_BELOW;
    return WHERE_HOLDS;
}

where_test where_row_test(const where_row *row, const where_value *value, double *limit)
{
    const where_config *o = row->cfg;
    const bool null = value->kind == VALUE_NULL;
    *limit = 0;
    if ((o->null == NULL_YES && !null) || (o->null == NULL_NO && null))
        return WHERE_NULL;
    if (o->is.n && (null || !equals_any(row->is, o->is.n, value)))
        return WHERE_IS;
    if (o->is_not.n && !null && equals_any(row->is_not, o->is_not.n, value))
        return WHERE_IS_NOT;
    const where_test bounds = test_bounds(o, value->number, limit);
    if (bounds != WHERE_HOLDS)
        return bounds;
    const sl_str text = value->text;
    if (o->contains.n && (null || !contains_any(o->contains, text)))
        return WHERE_CONTAINS;
    const size_t starts = o->starts ? strlen(o->starts) : 0;
    if (o->starts && (null || text.n < starts || memcmp(text.p, o->starts, starts) != 0))
        return WHERE_STARTS;
    const size_t ends = o->ends ? strlen(o->ends) : 0;
    if (o->ends && (null || text.n < ends || memcmp(text.p + text.n - ends, o->ends, ends) != 0))
        return WHERE_ENDS;
    return WHERE_HOLDS;
}
