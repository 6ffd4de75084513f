/* The header of the first contract, 1.0, word for word: never changed. The plugins here are built with it, and today's engine runs them. */
/* sluice/util.h — conveniences over sluice/plugin.h. Header only, no ABI: it may change between releases. */
#ifndef SL_UTIL_H
#define SL_UTIL_H
#include <math.h>
#include "sluice/plugin.h"

/* ---- rows and columns ---- */

/* Walk the live rows of a batch. */
#define SL_EACH(b, row) \
    for (uint32_t sl_i_ = 0, row = 0; sl_i_ < (b)->n_sel && ((row = (b)->sel[sl_i_]), 1); sl_i_++)

/* The values of field `f` as an array: const float *score = SL_COL(float, b, SCORE); */
#define SL_COL(T, b, f) ((T *)(b)->columns[f]->data)

static inline const sl_str *sl_text(const sl_batch *b, uint32_t f) { return (const sl_str *)b->columns[f]->data; }
static inline uint64_t sl_split_of(const sl_batch *b) { return b->pos[0] >> 32; }
static inline int sl_is_valid(const sl_column *c, uint32_t row) { return (int)(c->valid[row >> 6] >> (row & 63) & 1); }
static inline void sl_set_valid(sl_column *c, uint32_t row) { c->valid[row >> 6] |= 1ull << (row & 63); }
static inline void sl_set_null(sl_column *c, uint32_t row) { c->valid[row >> 6] &= ~(1ull << (row & 63)); }

/* Any numeric column as a double; NaN where it is null or no number. */
static inline double sl_number(const sl_column *c, uint32_t row)
{
    if (!sl_is_valid(c, row))
        return NAN;
    switch (c->type) {
    case SL_T_BOOL: return ((const uint8_t *)c->data)[row];
    case SL_T_I32:  return ((const int32_t *)c->data)[row];
    case SL_T_I64:  return (double)((const int64_t *)c->data)[row];
    case SL_T_U64:  return (double)((const uint64_t *)c->data)[row];
    case SL_T_F32:  return (double)((const float *)c->data)[row];
    case SL_T_F64:  return ((const double *)c->data)[row];
    default:        return NAN;
    }
}

/* ---- keyed random numbers: a definition, never to be changed. splitmix64 over (seed, draw, key) ---- */
static inline uint64_t sl_random(uint64_t seed, uint64_t key, uint64_t draw)
{
    uint64_t z = (seed ^ draw * 0xD1B54A32D192ED03u) + (key + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
static inline double sl_unit(uint64_t z) { return ((double)(z >> 11) + 0.5) * 0x1p-53; } /* in (0, 1) */

/* ---- numbers that sort as bytes: what service "spill" orders by, and states that any machine can read ---- */
static inline uint64_t sl_big(uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap64(v);
#else
    return v;
#endif
}
/* A double as 64 bits that sort like it (-0 as 0; NaN above everything). */
static inline uint64_t sl_rank(double v)
{
    union { double d; uint64_t u; } x = { v == 0 ? 0 : v };
    return v != v ? UINT64_MAX : x.u >> 63 ? ~x.u : x.u | 1ull << 63;
}

/* ---- tables ---- */

/* Evidence for a reject: c->host->reject(c, b, row, TOO_SHORT, SL_WHY(.value = n, .limit = min)); */
#define SL_WHY(...) (&(const sl_why){ .size = sizeof(sl_why), __VA_ARGS__ })

/* Offset of an option field, refusing at compile time a field of another C type. */
#define SL_OFFSET(T, f, ctype) \
    (uint32_t)(offsetof(T, f) + 0 * sizeof(struct { int unused; \
        _Static_assert(_Generic(((T *)0)->f, ctype: 1, default: 0), "option field has the wrong C type"); }))

#define SL_C_BOOL uint8_t
#define SL_C_I64 int64_t
#define SL_C_F64 double
#define SL_C_SIZE uint64_t
#define SL_C_DURATION double
#define SL_C_AMOUNT sl_amount
#define SL_C_ENUM uint32_t
#define SL_C_STR const char *
#define SL_C_PATH const char *
#define SL_C_COLUMN const char *
#define SL_C_MODEL const char *

/* SL_OPT(config, min, I64, "200", "what it does", .min = 0, .max = 1e9, .unit = "bytes") ; the last arguments are optional fields */
#define SL_OPT(T, f, kind_, def_, ...) \
    { .name = #f, .type = SL_OPT_##kind_, .offset = SL_OFFSET(T, f, SL_C_##kind_), .def = (def_), .help = __VA_ARGS__ }
#define SL_OPT_LIST(T, f, kind_, def_, ...) \
    { .name = #f, .type = (uint32_t)SL_OPT_##kind_ | SL_OPT_MANY, .offset = SL_OFFSET(T, f, sl_many), .def = (def_), .help = __VA_ARGS__ }
#define SL_OPT_TABLES(T, f, rows_, Row, ...) \
    { .name = #f, .type = (uint32_t)SL_OPT_TABLE | SL_OPT_MANY, .offset = SL_OFFSET(T, f, sl_many), .table = (rows_), \
      .table_size = sizeof(Row), .help = __VA_ARGS__ }

/* The head of a stage: sizes and kind. */
#define SL_STAGE(kind_) \
    .struct_size = sizeof(sl_stage), .option_stride = sizeof(sl_option), .field_stride = sizeof(sl_field), \
    .metric_stride = sizeof(sl_metric), .port_stride = sizeof(sl_port), .kind = (kind_)

/* The foot of a plugin: its stages and the one exported symbol. */
#define SL_PLUGIN(name_, version_, ...) \
    static const sl_stage *const sl_stages_[] = { __VA_ARGS__, NULL }; \
    static const sl_plugin sl_plugin_ = { SL_ABI_MAJOR, SL_ABI_MINOR, sizeof(sl_plugin), 0, name_, version_, "Apache-2.0", "", sl_stages_ }; \
    const sl_plugin *sl_plugin_main(void) { return &sl_plugin_; }
#endif
