/* One value of an option: from text into the field, with the errors that this can bring. */
#include "config/value.h"
#include <math.h>
#include <string.h>
#include "config/report.h"

uint32_t option_base(const sl_option *row) { return row->type & ~(uint32_t)SL_OPT_MANY; }
bool option_bounded(const sl_option *row) { return row->min != 0 || row->max != 0; }

size_t option_size(const sl_option *row)
{
    switch (option_base(row)) {
    case SL_OPT_BOOL: return sizeof(uint8_t);
    case SL_OPT_I64: return sizeof(int64_t);
    case SL_OPT_F64:
    case SL_OPT_DURATION: return sizeof(double);
    case SL_OPT_SIZE: return sizeof(uint64_t);
    case SL_OPT_AMOUNT: return sizeof(sl_amount);
    case SL_OPT_ENUM: return sizeof(uint32_t);
    case SL_OPT_STR:
    case SL_OPT_PATH:
    case SL_OPT_COLUMN:
    case SL_OPT_MODEL: return sizeof(const char *);
    case SL_OPT_TABLE: return row->table_size;
    default: return 0;
    }
}

/* What is wanted, as a noun, and an example. */
typedef struct wanted {
    const char *noun, *such_as;
} wanted;

static wanted wanted_of(const sl_option *row)
{
    switch (option_base(row)) {
    case SL_OPT_BOOL: return (wanted){ "neither true nor false", "true, false, yes, no, on, off" };
    case SL_OPT_I64: return (wanted){ "no whole number", "such as 42, 1_000, 10k, 5M" };
    case SL_OPT_F64: return (wanted){ "no number", "such as 0.5, 1e-3, 20%" };
    case SL_OPT_SIZE: return (wanted){ "no size", "such as 4096, 64 KiB, 512M, 1 GB" };
    case SL_OPT_DURATION: return (wanted){ "no duration", "such as 250ms, 10s, 5 min, 2h, 1d" };
    case SL_OPT_AMOUNT: return (wanted){ "no amount", "such as 20%, 1000, 10k docs, 10B tokens, 4 GiB, all" };
    default: return (wanted){ "no value", NULL };
    }
}

/* The range in the manner of the value: a share where the user wrote one. */
static void print_outside(sbuf *out, const sl_option *row, const char *text, const sl_amount *amount)
{
    const uint32_t type = option_base(row);
    if (type == SL_OPT_AMOUNT && amount->unit == SL_SHARE) {
        sbuf_puts(out, "0%..100%");
    } else if (type == SL_OPT_F64 && option_bounded(row) && strchr(text, '%') && row->max >= row->min) {
        value_print_number(out, row->min * 100);
        sbuf_puts(out, "%..");
        value_print_number(out, row->max * 100);
        sbuf_putc(out, '%');
    } else {
        option_range(row, out);
    }
    if (out->n)
        return;
    switch (type) { /* no range of the row's own: the type's */
    case SL_OPT_I64: sbuf_puts(out, "-9223372036854775807..9223372036854775807"); break;
    case SL_OPT_SIZE:
    case SL_OPT_AMOUNT: sbuf_puts(out, "0..18446744073709551615"); break;
    default: sbuf_puts(out, "-1.8e308..1.8e308"); break;
    }
}

/* What `verdict` says about the text, as one error. */
static void complain(diags *d, const sl_option *row, diag_at at, const char *text, value_verdict verdict,
                     const sl_amount *amount)
{
    const char *shown = row->flags & SL_OPT_SECRET ? "***" : *text ? report_text(d, text) : "''";
    sbuf range = { 0 }, hint = { 0 };
    const wanted w = wanted_of(row);
    switch (verdict) {
    case VALUE_ZEROS:
        report_error(d, at, "decimal to some, octal to others: leave the zeros out", "%s = %s has a leading zero",
                     row->name, shown);
        break;
    case VALUE_FRACTION:
        report_error(d, at, option_base(row) == SL_OPT_AMOUNT ? "a share is written 20%" : w.such_as,
                     "%s = %s is no whole number", row->name, shown);
        break;
    case VALUE_NEGATIVE:
        if (!option_bounded(row)) {
            report_error(d, at, w.such_as, "%s = %s is negative", row->name, shown);
            break;
        }
        /* fall through */
    case VALUE_OUTSIDE:
        print_outside(&range, row, text, amount);
        if (row->def && !(row->flags & SL_OPT_SECRET))
            sbuf_printf(&hint, "default %s", row->def);
        report_error(d, at, sbuf_z(&hint), "%s = %s is outside %s", row->name, shown, sbuf_z(&range));
        break;
    default: report_error(d, at, w.such_as, "%s = %s is %s", row->name, shown, w.noun); break;
    }
    sbuf_free(&range);
    sbuf_free(&hint);
}

static bool enum_value(diags *d, const sl_option *row, diag_at at, const char *text, uint32_t *out)
{
    size_t n = 0;
    for (; row->choices && row->choices[n]; n++)
        if (!strcmp(row->choices[n], text)) {
            *out = (uint32_t)n;
            return true;
        }
    sbuf hint = { 0 };
    sbuf_puts(&hint, "one of: ");
    report_names(&hint, row->choices, n);
    const char *near = report_wanted(d) ? str_suggest(text, row->choices, n) : NULL;
    report_error(d, at, sbuf_z(&hint), "%s = %s is no choice%s", row->name,
                 row->flags & SL_OPT_SECRET ? "***" : report_text(d, text), report_near(d, near));
    sbuf_free(&hint);
    return false;
}

static bool text_value(diags *d, arena *mem, const sl_option *row, diag_at at, const char *text, const char **out)
{
    if (!*text) {
        diag_error(d, at, "%s is empty", row->name);
        return false;
    }
    *out = arena_strdup(mem, text);
    if (!*out)
        diag_nomem(d);
    return *out;
}

static value_verdict in_range(const sl_option *row, double v)
{
    if (!option_bounded(row))
        return VALUE_OK;
    return v < row->min || (row->max >= row->min && v > row->max) ? VALUE_OUTSIDE : VALUE_OK;
}

/* The verdict over a number of any type, its range included; *out is written where it is VALUE_OK. */
static value_verdict number_value(const sl_option *row, const char *text, void *out, sl_amount *amount)
{
    uint8_t b;
    int64_t i;
    uint64_t u;
    double f;
    value_verdict v;
    switch (option_base(row)) {
    case SL_OPT_BOOL:
        if ((v = value_bool(text, &b)) == VALUE_OK)
            memcpy(out, &b, sizeof b);
        return v;
    case SL_OPT_I64:
        if ((v = value_i64(text, &i)) == VALUE_OK && (v = in_range(row, (double)i)) == VALUE_OK)
            memcpy(out, &i, sizeof i);
        return v;
    case SL_OPT_SIZE:
        if ((v = value_size(text, &u)) == VALUE_OK && (v = in_range(row, (double)u)) == VALUE_OK)
            memcpy(out, &u, sizeof u);
        return v;
    case SL_OPT_F64:
    case SL_OPT_DURATION:
        v = option_base(row) == SL_OPT_F64 ? value_f64(text, &f) : value_duration(text, &f);
        if (v == VALUE_OK && (v = in_range(row, f)) == VALUE_OK)
            memcpy(out, &f, sizeof f);
        return v;
    case SL_OPT_AMOUNT:
        v = value_amount(text, amount);
        if (v == VALUE_OK && (amount->unit == SL_SHARE || (v = in_range(row, amount->value)) == VALUE_OK))
            memcpy(out, amount, sizeof *amount);
        return v;
    default: return VALUE_WRONG;
    }
}

bool option_value(diags *d, arena *mem, const sl_option *row, diag_at at, const char *text, void *out)
{
    switch (option_base(row)) {
    case SL_OPT_STR:
    case SL_OPT_PATH:
    case SL_OPT_COLUMN:
    case SL_OPT_MODEL: return text_value(d, mem, row, at, text, out);
    case SL_OPT_ENUM: return enum_value(d, row, at, text, out);
    default: break;
    }
    sl_amount amount = { 0 };
    const value_verdict verdict = number_value(row, text, out, &amount);
    if (verdict != VALUE_OK)
        complain(d, row, at, text, verdict, &amount);
    return verdict == VALUE_OK;
}
