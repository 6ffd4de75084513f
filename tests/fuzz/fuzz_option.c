/* layer: config */
/* The first byte picks a type, the rest is the text of a value. What is read must be in its range and print as itself.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "config/option.h"
#include "sluice/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const choices[] = { "one", "two", "three", NULL };

typedef union value {
    uint8_t b;
    int64_t i;
    uint64_t u;
    double f;
    uint32_t e;
    const char *s;
    sl_amount a;
} value;

static void must(bool what)
{
    if (!what)
        abort();
}

static void check(const sl_option *row, const value *v)
{
    switch (row->type) {
    case SL_OPT_BOOL: must(v->b <= 1); break;
    case SL_OPT_I64: must(v->i != INT64_MIN && (!row->max || (v->i >= -5 && v->i <= 1000000))); break;
    case SL_OPT_F64: must(!isnan(v->f) && (!row->max || (v->f >= -5 && v->f <= 1e6))); break;
    case SL_OPT_SIZE: must(!row->max || v->u <= 1000000); break;
    case SL_OPT_DURATION: must(v->f >= 0 && isfinite(v->f)); break;
    case SL_OPT_AMOUNT:
        must(v->a.unit >= SL_ROWS && v->a.unit <= SL_TOKENS && v->a.value >= 0);
        must(v->a.unit != SL_SHARE || v->a.value <= 1);
        break;
    case SL_OPT_ENUM: must(v->e < 3); break;
    default: must(*v->s); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    sl_option row = { .name = "x", .type = data[0] % SL_OPT_MODEL + 1, .choices = choices };
    if (data[0] & 0x80) {
        row.min = -5;
        row.max = 1e6;
    }
    arena mem;
    diags d;
    arena_init(&mem, 1024);
    diags_init(&d);
    char *text = arena_strndup(&mem, (const char *)data + 1, size - 1);
    value v = { 0 };
    if (text) {
        const bool ok = option_value(&d, &mem, &row, (diag_at){ 0 }, text, &v);
        must(ok == (d.errors == 0));
        if (ok) {
            sbuf json = { 0 };
            const sl_option table[] = { row, { .name = NULL } };
            check(&row, &v);
            option_dump((option_table){ table, sizeof *table }, &v, 0, &json);
            must(json.n > 2 || (row.type == SL_OPT_SIZE && v.u == 0));
            sbuf_free(&json);
        }
    }
    diags_free(&d);
    arena_free(&mem);
    return 0;
}
