/* What made a state, in a few words. The text is whatever the file holds: what is not known of it is left out. */
#include <string.h>
#include "cli/state.h"
#include "io/json.h"

enum { SLACK = 64 };

static bool parse(const char *p, size_t n, const json_field *fields, size_t n_fields, arena *mem, json_cell *cells)
{
    json_parser *j = json_parser_new(fields, n_fields);
    char *copy = arena_zalloc(mem, n + SLACK, 1);
    bool good = j && copy;
    if (good) {
        memcpy(copy, p, n);
        good = json_parse(j, copy, n, mem, cells) == JSON_OK;
    }
    json_parser_free(j);
    return good;
}

static void separate(sbuf *out) { sbuf_puts(out, out->n ? "; " : ""); }

/* ---- "2 files (12.4 MB)" ---- */

/* files: how many there were; the list may have the first of them only. */
static void inputs_words(const sl_list *list, uint64_t files, arena *mem, sbuf *out)
{
    static const json_field fields[] = { { "path", SL_T_STR }, { "bytes", SL_T_U64 } };
    const sl_str *file = list->p;
    double bytes = 0;
    bool path = false, told = list->n > 0 && list->n == files;
    char text[32];
    json_cell cells[2];
    for (uint32_t i = 0; i < list->n; i++) {
        const bool good = parse(file[i].p, file[i].n, fields, 2, mem, cells);
        path = good && cells[0].state == CELL_OK;
        told = told && good && cells[1].state == CELL_OK;
        bytes += told ? (double)cells[1].v.u64 : 0;
    }
    if (files == 1 && path)
        sbuf_add(out, cells[0].v.str.p, cells[0].v.str.n);
    else
        sbuf_printf(out, "%s file%s", human_count(text, files), files == 1 ? "" : "s");
    if (told)
        sbuf_printf(out, " (%s)", human_bytes(text, bytes));
}

/* ---- "keep = first, min = 3" ---- */

typedef struct keys {
    arena *mem;
    json_field *v;
    size_t n;
} keys;

static bool add_key(void *u, const char *key, size_t n)
{
    keys *k = u;
    json_field *more = arena_grow(k->mem, k->v, k->n, sizeof *more);
    const char *name = arena_strndup(k->mem, key, n);
    if (!more || !name)
        return false;
    k->v = more;
    k->v[k->n++] = (json_field){ name, SL_T_JSON };
    return true;
}

static void options_words(const sl_str *json, arena *mem, sbuf *out)
{
    keys k = { .mem = mem };
    if (json->n < 2 || json->p[0] != '{' || !json_each_key(json->p, json->n, add_key, &k) || !k.n)
        return;
    json_cell *cells = arena_zalloc(mem, k.n * sizeof *cells, _Alignof(json_cell));
    if (!cells || !parse(json->p, json->n, k.v, k.n, mem, cells))
        return;
    separate(out);
    for (size_t i = 0; i < k.n; i++) {
        json_cell text;
        const sl_str *v = &cells[i].v.str;
        sbuf_printf(out, "%s%s = ", i ? ", " : "", k.v[i].name);
        if (cells[i].state == CELL_OK && json_convert(v->p, v->n, SL_T_STR, mem, &text) == CELL_OK)
            sbuf_add(out, text.v.str.p, text.v.str.n);
        else if (cells[i].state == CELL_OK)
            sbuf_add(out, v->p, v->n);
        else
            sbuf_puts(out, "null");
    }
}

/* ---- "below filter.length, map.fields" ---- */

static void above_words(const sl_list *list, arena *mem, sbuf *out)
{
    static const json_field fields[] = { { "use", SL_T_STR } };
    const sl_str *stage = list->p;
    bool first = true;
    for (uint32_t i = 0; i < list->n; i++) { /* names, or objects with a name */
        json_cell cell = { 0 };
        if (stage[i].n && stage[i].p[0] == '{') {
            if (!parse(stage[i].p, stage[i].n, fields, 1, mem, &cell))
                continue;
        } else {
            cell.state = json_convert(stage[i].p, stage[i].n, SL_T_STR, mem, &cell);
        }
        if (cell.state != CELL_OK)
            continue;
        if (first)
            separate(out);
        sbuf_puts(out, first ? "below " : ", ");
        sbuf_add(out, cell.v.str.p, cell.v.str.n);
        first = false;
    }
}

void state_words(const char *made_by, sbuf *out)
{
    static const json_field fields[] = { { "options", SL_T_JSON },
                                         { "inputs", SL_LIST_OF(SL_T_JSON) },
                                         { "above", SL_LIST_OF(SL_T_JSON) },
                                         { "files", SL_T_U64 } };
    const size_t before = out->n;
    json_cell cells[4] = { 0 };
    arena mem;
    arena_init(&mem, 0);
    if (parse(made_by, strlen(made_by), fields, 4, &mem, cells)) {
        const sl_list *inputs = cells[1].state == CELL_OK ? &cells[1].v.list : NULL;
        if (inputs)
            inputs_words(inputs, cells[3].state == CELL_OK ? cells[3].v.u64 : inputs->n, &mem, out);
        if (cells[0].state == CELL_OK)
            options_words(&cells[0].v.str, &mem, out);
        if (cells[2].state == CELL_OK)
            above_words(&cells[2].v.list, &mem, out);
    }
    if (out->n == before)
        sbuf_puts(out, made_by);
    arena_free(&mem);
}
