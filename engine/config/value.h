/* Values as people write them: numbers with units. For option.c and its neighbours. */
#ifndef SLUICE_VALUE_H
#define SLUICE_VALUE_H
#include "config/option.h"

/* Type of a row without its flags, and the bytes of one value of it (of a table: its struct). */
uint32_t option_base(const sl_option *row);
size_t option_size(const sl_option *row);
/* Does the row bound its values? max <= min: below only; both 0: not at all. */
bool option_bounded(const sl_option *row);

typedef enum {
    VALUE_OK,
    VALUE_WRONG,    /* nothing of this type */
    VALUE_ZEROS,    /* 017: octal to some, decimal to others */
    VALUE_FRACTION, /* 1.5 where a whole number is wanted */
    VALUE_NEGATIVE, /* and the type knows no negative values */
    VALUE_OUTSIDE,  /* of the range that goes with the type or the row */
} value_verdict;

/* One for each type; `out` has the type of the name. No range but the type's own is checked. */
value_verdict value_bool(const char *text, uint8_t *out);
value_verdict value_i64(const char *text, int64_t *out);
value_verdict value_f64(const char *text, double *out);
value_verdict value_size(const char *text, uint64_t *out);
value_verdict value_duration(const char *text, double *out);
value_verdict value_amount(const char *text, sl_amount *out);

/* For ranges: "1e9", "64 KiB", "5 min". */
void value_print_number(sbuf *out, double v);
void value_print_size(sbuf *out, double bytes);
void value_print_duration(sbuf *out, double seconds);
#endif
