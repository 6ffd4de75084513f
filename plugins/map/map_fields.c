/* map.fields — rename, drop and set top-level fields. Dropping is the planner's work: the field table says SL_REMOVE.
 */
#include <stdlib.h>
#include <string.h>
#include "fields_config.h"
#include "sluice/service_json.h"

enum { WRONG_TYPE, NO_TEXT };
enum { SLACK = 64 }; /* readable bytes behind a text */

typedef struct state {
    const config *cfg;
    const sl_json_api *json;
    sl_str *constants; /* of `set`, as JSON */
} state;

/* ---- constants ---- */

/* A JSON string, in memory of its own. The option's text is valid UTF-8 without NUL. */
static char *quote(const char *text)
{
    static const char controls[] = "\b\t\n\f\r", letters[] = "btnfr", hex[] = "0123456789abcdef";
    char *out = malloc(strlen(text) * 6 + 3);
    if (!out)
        return NULL;
    char *p = out;
    *p++ = '"';
    for (; *text; text++) {
        const unsigned char byte = (unsigned char)*text;
        const char *control = strchr(controls, byte);
        if (byte == '"' || byte == '\\' || control)
            *p++ = '\\';
        if (control) {
            *p++ = letters[control - controls];
        } else if (byte < 0x20) {
            memcpy(p, "\\u00", 4);
            p[4] = hex[byte >> 4];
            p[5] = hex[byte & 15];
            p += 6;
        } else {
            *p++ = *text;
        }
    }
    *p++ = '"';
    *p = '\0';
    return out;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    state *s = g;
    s->cfg = o;
    s->json = c->host->service(c, "json", 1);
    if (!s->json)
        return c->host->fail(c, SL_E_INTERNAL, "the engine lends no service \"json\" 1");
    if (!o->set.n)
        return SL_OK;
    s->constants = calloc(o->set.n, sizeof(*s->constants));
    if (!s->constants)
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    for (size_t i = 0; i < o->set.n; i++) {
        const set_row *row = set_at(o, i);
        char *text = row->json ? strdup(row->json) : quote(row->value);
        if (!text)
            return c->host->fail(c, SL_E_NOMEM, "out of memory");
        s->constants[i] = (sl_str){ .p = text, .n = (uint32_t)strlen(text) };
    }
    return SL_OK;
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    state *s = g;
    for (size_t i = 0; s->constants && i < s->cfg->set.n; i++)
        free((char *)s->constants[i].p);
    free(s->constants);
}

/* ---- columns ---- */

static size_t type_size(uint32_t type)
{
    switch (type) {
    case SL_T_BOOL: return sizeof(uint8_t);
    case SL_T_I32:
    case SL_T_F32: return sizeof(int32_t);
    case SL_T_I64:
    case SL_T_U64:
    case SL_T_F64: return sizeof(int64_t);
    case SL_T_SPAN: return sizeof(sl_span);
    default: return sizeof(sl_str); /* texts, JSON and lists: views */
    }
}

/* A column of the same type: the array and the bits. */
static int copy_column(sl_ctx *c, const sl_batch *b, const sl_column *from, sl_column *to)
{
    const size_t bytes = type_size(from->type) * from->width * b->n_rows;
    if (from->width != 1) { /* a vector: its array is ours to make */
        to->data = c->host->alloc(c, b, bytes, 64);
        if (!to->data)
            return SL_E_NOMEM;
        to->width = from->width;
    }
    memcpy(to->data, from->data, bytes);
    memcpy(to->valid, from->valid, (b->n_rows + 63) / 64 * sizeof(*to->valid));
    return SL_OK;
}

/* A column of another type, by way of JSON. */
static int convert_column(sl_ctx *c, const state *s, sl_batch *b, const sl_column *from, sl_column *to)
{
    SL_EACH(b, row) {
        if (!sl_is_valid(from, row)) {
            sl_set_null(to, row);
            continue;
        }
        sl_str json;
        int ret = s->json->value(c, b, from, row, &json);
        if (ret >= 0)
            ret = s->json->convert(c, b, json, to, row);
        if (ret < 0)
            return ret;
        if (ret == SL_JSON_WRONG_TYPE)
            c->host->reject(c, b, row, WRONG_TYPE, SL_WHY(.detail = json));
    }
    return SL_OK;
}

/* Stages rely on a text in every document. */
static int is_text(const sl_column *column) { return strcmp(column->name, "text") == 0; }

static int rename_column(sl_ctx *c, const state *s, sl_batch *b, const sl_column *from, sl_column *to)
{
    const int ret = from->type == to->type ? copy_column(c, b, from, to) : convert_column(c, s, b, from, to);
    if (ret < 0 || !is_text(to))
        return ret;
    SL_EACH(b, row) {
        if (!sl_is_valid(to, row))
            c->host->reject(c, b, row, NO_TEXT, NULL); /* nothing new where the type was wrong */
    }
    return SL_OK;
}

/* Converts the constant once and gives every row what came of it. */
static int set_column(sl_ctx *c, sl_batch *b, const state *s, size_t i, sl_column *to)
{
    const sl_str json = s->constants[i];
    char *text = c->host->alloc(c, b, json.n + SLACK, 1);
    if (!text)
        return SL_E_NOMEM;
    memcpy(text, json.p, json.n);

    const uint32_t first = b->sel[0];
    const int ret = s->json->convert(c, b, (sl_str){ .p = text, .n = json.n }, to, first);
    if (ret < 0)
        return ret;
    const int valid = sl_is_valid(to, first);
    if (ret == SL_JSON_WRONG_TYPE || (!valid && is_text(to)))
        return c->host->fail(c, SL_E_CONFIG, "set[%zu], column '%s': %s is of another type than the column", i,
                             to->name, json.p);
    const size_t size = type_size(to->type);
    const char *value = (const char *)to->data + first * size;
    SL_EACH(b, row) {
        if (!valid)
            sl_set_null(to, row);
        else if (row != first)
            memcpy((char *)to->data + row * size, value, size);
    }
    return SL_OK;
}

/* Places: origins of rename, what is dropped, targets of rename, set. */
static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)l;
    const state *s = g;
    const size_t n_rename = s->cfg->rename.n;
    const size_t n_set = s->cfg->set.n;
    sl_column *const *targets = b->columns + n_rename + s->cfg->drop.n;
    int ret = SL_OK;
    if (!b->n_sel)
        return SL_OK;
    for (size_t i = 0; ret >= 0 && i < n_rename; i++)
        ret = rename_column(c, s, b, b->columns[i], targets[i]);
    for (size_t i = 0; ret >= 0 && i < n_set; i++)
        ret = set_column(c, b, s, i, targets[n_rename + i]);
    return ret;
}

static const sl_option rename_options[] = {
    SL_OPT(rename_row, from, COLUMN, NULL, "the field; a path such as metadata.url is copied out and stays where it is",
           .flags = SL_OPT_REQUIRED),
    SL_OPT(rename_row, to, COLUMN, NULL, "its new name", .flags = SL_OPT_REQUIRED),
    { 0 },
};
static const sl_option set_options[] = {
    SL_OPT(set_row, column, COLUMN, NULL, "the field to write, in every document", .flags = SL_OPT_REQUIRED),
    SL_OPT(set_row, value, STR, NULL, "a text"),
    SL_OPT(set_row, json, STR, NULL, "any JSON value: 1, true, null, '[\"a\", \"b\"]'"),
    { 0 },
};
static const sl_option options[] = {
    SL_OPT_TABLES(config, rename, rename_options, rename_row, "fields that get another name"),
    SL_OPT_LIST(config, drop, COLUMN, NULL, "fields that go"),
    SL_OPT_TABLES(config, set, set_options, set_row, "fields that get a constant"),
    { 0 },
};
static const sl_field fields[] = {
    { "$rename.from", SL_T_ANY, SL_READ | SL_REMOVE, "renamed" },
    { "$drop", SL_T_ANY, SL_REMOVE | SL_OPTIONAL, "dropped" },
    { "$rename.to", SL_T_ANY, SL_WRITE, "renamed" },
    { "$set.column", SL_T_ANY, SL_WRITE, "set" },
    { 0 },
};
static const sl_metric metrics[] = {
    [WRONG_TYPE] = { "wrong_type", SL_M_ERROR, 0, NULL, "a renamed field is not of the type that its new name has" },
    [NO_TEXT] = { "no_text", SL_M_ERROR, 0, NULL, "the field that becomes the text is null or absent" },
    { 0 },
};

const sl_stage map_fields = {
    SL_STAGE(SL_TRANSFORM),
    .name = "map.fields",
    .summary = "rename, drop and set fields",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .check = fields_check,
    .open = open_,
    .process = process,
    .close = close_,
};
