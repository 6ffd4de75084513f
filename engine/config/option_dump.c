/* Reading a filled configuration back through its table: as canonical JSON, and as the strings that an option holds. */
#include <math.h>
#include <string.h>
#include "base/hash.h"
#include "config/value.h"

typedef struct dumper {
    sbuf *json;
    uint32_t skip; /* flags of rows that are left out */
    bool secrets;
    uint64_t (*file)(const char *path);
} dumper;

static void dump_table(option_table t, const void *cfg, const dumper *d);

static void dump_double(sbuf *json, double v)
{
    if (isinf(v))
        sbuf_puts(json, v < 0 ? "\"-inf\"" : "\"inf\"");
    else
        sbuf_json_double(json, v);
}

static void dump_amount(sbuf *json, const sl_amount *a)
{
    static const char *const units[] = {
        [SL_ROWS] = "rows", [SL_SHARE] = "share", [SL_BYTES] = "bytes", [SL_TOKENS] = "tokens"
    };
    sbuf_printf(json, "{\"%s\":", units[a->unit]);
    dump_double(json, a->value);
    sbuf_putc(json, '}');
}

/* A file that an option names is part of what the option says. */
static void dump_path(const dumper *d, const char *path)
{
    sbuf_json_z(d->json, path);
    if (d->file)
        sbuf_printf(d->json, "@%016llx", (unsigned long long)d->file(path));
}

static void dump_one(option_table t, const sl_option *row, const void *field, const dumper *d)
{
    sbuf *json = d->json;
    switch (option_base(row)) {
    case SL_OPT_BOOL: sbuf_puts(json, *(const uint8_t *)field ? "true" : "false"); break;
    case SL_OPT_I64: sbuf_printf(json, "%lld", (long long)*(const int64_t *)field); break;
    case SL_OPT_SIZE: sbuf_printf(json, "%llu", (unsigned long long)*(const uint64_t *)field); break;
    case SL_OPT_F64:
    case SL_OPT_DURATION: dump_double(json, *(const double *)field); break;
    case SL_OPT_AMOUNT: dump_amount(json, field); break;
    case SL_OPT_ENUM: sbuf_json_z(json, row->choices[*(const uint32_t *)field]); break;
    case SL_OPT_TABLE: dump_table((option_table){ row->table, t.stride }, field, d); break;
    case SL_OPT_PATH:
    case SL_OPT_MODEL: dump_path(d, *(const char *const *)field); break;
    default: sbuf_json_z(json, *(const char *const *)field); break;
    }
}

static bool is_set(const sl_option *row, const void *field)
{
    if (row->type & SL_OPT_MANY)
        return ((const sl_many *)field)->n;
    switch (option_base(row)) {
    case SL_OPT_I64: return *(const int64_t *)field != INT64_MIN;
    case SL_OPT_F64:
    case SL_OPT_DURATION: return !isnan(*(const double *)field);
    case SL_OPT_SIZE: return row->def || *(const uint64_t *)field;
    case SL_OPT_AMOUNT: return ((const sl_amount *)field)->unit != SL_UNSET;
    case SL_OPT_BOOL:
    case SL_OPT_ENUM:
    case SL_OPT_TABLE: return true;
    default: return *(const char *const *)field;
    }
}

static void dump_many(option_table t, const sl_option *row, const sl_many *many, const dumper *d)
{
    const size_t size = option_size(row);
    sbuf *json = d->json;
    sbuf_putc(json, '[');
    for (size_t i = 0; i < many->n; i++) {
        if (i)
            sbuf_putc(json, ',');
        dump_one(t, row, (const char *)many->v + i * size, d);
    }
    sbuf_putc(json, ']');
}

static void dump_table(option_table t, const void *cfg, const dumper *d)
{
    bool first = true;
    sl_option row;
    sbuf *json = d->json;
    sbuf_putc(json, '{');
    for (size_t i = 0; option_row(t, i, &row); i++) {
        const void *field = (const char *)cfg + row.offset;
        if (!is_set(&row, field) || (row.flags & d->skip))
            continue;
        if (!first)
            sbuf_putc(json, ',');
        first = false;
        sbuf_json_z(json, row.name);
        sbuf_putc(json, ':');
        if ((row.flags & SL_OPT_SECRET) && !d->secrets)
            sbuf_puts(json, "\"***\"");
        else if (row.type & SL_OPT_MANY)
            dump_many(t, &row, field, d);
        else
            dump_one(t, &row, field, d);
    }
    sbuf_putc(json, '}');
}

void option_dump(option_table t, const void *cfg, uint32_t skip, sbuf *json)
{
    dump_table(t, cfg, &(dumper){ .json = json, .skip = skip });
}

uint64_t option_identity(option_table t, const void *cfg, uint32_t skip, uint64_t (*file)(const char *path))
{
    sbuf text = { 0 };
    dump_table(t, cfg, &(dumper){ .json = &text, .skip = skip, .secrets = true, .file = file });
    const uint64_t hash = hash_bytes(sbuf_z(&text), text.n);
    const bool failed = text.failed;
    sbuf_free(&text);
    return failed ? 0 : hash ? hash : 1;
}

/* ---- strings ---- */

typedef struct found {
    const char **out;
    size_t max;
    int n;
} found;

static void take(found *f, const sl_option *row, const void *field)
{
    const char *s =
        option_base(row) == SL_OPT_ENUM ? row->choices[*(const uint32_t *)field] : *(const char *const *)field;
    if (!s)
        return;
    if ((size_t)f->n < f->max)
        f->out[f->n] = s;
    f->n++;
}

/* cfg NULL: only checks that the name leads to strings. */
static bool collect(option_table t, const void *cfg, const char *name, found *f)
{
    const char *dot = strchr(name, '.');
    const size_t len = dot ? (size_t)(dot - name) : strlen(name);
    sl_option row;
    size_t i = 0;
    while (option_row(t, i, &row) && (strlen(row.name) != len || memcmp(row.name, name, len) != 0))
        i++;
    const uint32_t type = option_base(&row);
    if (!row.name || (type == SL_OPT_TABLE) != (dot != NULL) || (type < SL_OPT_ENUM && type != SL_OPT_TABLE))
        return false;
    const option_table inner = { row.table, t.stride };
    const char *field = cfg ? (const char *)cfg + row.offset : NULL;
    if (!field)
        return !dot || collect(inner, NULL, dot + 1, f);

    size_t n = 1;
    if (row.type & SL_OPT_MANY) {
        n = ((const sl_many *)(const void *)field)->n;
        field = ((const sl_many *)(const void *)field)->v;
        if (n == 0)
            return !dot || collect(inner, NULL, dot + 1, f);
    }
    for (size_t k = 0; k < n; k++, field += option_size(&row)) {
        if (!dot)
            take(f, &row, field);
        else if (!collect(inner, field, dot + 1, f))
            return false;
    }
    return true;
}

int option_strings(option_table t, const void *cfg, const char *name, const char **out, size_t max)
{
    found f = { .out = out, .max = max };
    return collect(t, cfg, name, &f) ? f.n : -1;
}
