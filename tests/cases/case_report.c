/* run.json and the quarantine against what a case expects of the stage under test. */
#include <string.h>
#include "case.h"
#include "io/json.h"

enum { SLACK = 64 }; /* readable bytes that the JSON parser wants behind a record */
enum { IN, KEPT, ABSORBED, REJECTED, ERRORS, COUNTS, N_FIELDS };

static const json_field fields[] = {
    [IN] = { "in", SL_T_I64 },
    [KEPT] = { "kept", SL_T_I64 },
    [ABSORBED] = { "absorbed", SL_T_I64 },
    [REJECTED] = { "rejected", SL_T_JSON },
    [ERRORS] = { "errors", SL_T_JSON },
    [COUNTS] = { "counts", SL_T_JSON },
};

/* The next "name": number of a flat object; NULL at its end. */
static const char *next_number(const char *p, const char *end, sl_str *name, int64_t *n)
{
    const char *open = p < end ? memchr(p, '"', (size_t)(end - p)) : NULL;
    const char *close = open ? memchr(open + 1, '"', (size_t)(end - open - 1)) : NULL;
    const char *digits = close ? memchr(close, ':', (size_t)(end - close)) : NULL;
    if (!digits)
        return NULL;
    *name = (sl_str){ .p = open + 1, .n = (uint32_t)(close - open - 1) };
    do
        digits++;
    while (digits < end && (*digits == ' ' || *digits == '\n'));
    p = digits;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return str_to_i64(digits, (size_t)(p - digits), n) ? p : NULL;
}

static int64_t expected_of(const yaml_node *map, sl_str name)
{
    for (size_t i = 0; map && i < map->n; i++) {
        const yaml_pair *pair = &map->pairs[i];
        int64_t n;
        if (pair->key->n == name.n && memcmp(pair->key->text, name.p, name.n) == 0)
            return str_to_i64(pair->value->text, pair->value->n, &n) ? n : -1;
    }
    return 0;
}

/* Every number of the object must be what the map says, 0 where it says nothing. *sum and *met add up. */
static bool compare(sl_str object, const yaml_node *expected, int64_t *sum, size_t *met, sbuf *why)
{
    const char *p = object.p;
    const char *end = p + object.n;
    sl_str name;
    int64_t n;
    while ((p = next_number(p, end, &name, &n))) {
        const int64_t want = expected_of(expected, name);
        *sum += n;
        *met += want != 0;
        if (n != want) {
            sbuf_printf(why, "%.*s: %lld, not %lld", (int)name.n, name.p, (long long)n, (long long)want);
            return false;
        }
    }
    return true;
}

static size_t names_in(const yaml_node *map)
{
    size_t n = 0;
    for (size_t i = 0; map && i < map->n; i++)
        n += strcmp(map->pairs[i].value->text, "0") != 0;
    return n;
}

static bool check_stage(const json_cell *cell, const test_case *t, sbuf *why)
{
    int64_t rejected = 0, counted = 0;
    size_t met = 0, met_counts = 0;
    for (size_t i = 0; i < N_FIELDS; i++)
        if (cell[i].state != CELL_OK)
            return sbuf_printf(why, "run.json says nothing about '%s'", fields[i].name), false;
    if (!compare(cell[REJECTED].v.str, t->rejects, &rejected, &met, why) ||
        !compare(cell[ERRORS].v.str, t->rejects, &rejected, &met, why) ||
        (t->counts && !compare(cell[COUNTS].v.str, t->counts, &counted, &met_counts, why)))
        return false;
    if (met != names_in(t->rejects) || met_counts != names_in(t->counts))
        return sbuf_puts(why, "run.json does not know a reason that the case names"), false;
    const int64_t in = cell[IN].v.i64;
    const int64_t out = cell[KEPT].v.i64 + rejected + cell[ABSORBED].v.i64;
    if (in != out)
        return sbuf_printf(why, "%lld in, but %lld kept, rejected or absorbed", (long long)in, (long long)out), false;
    return true;
}

/* The stage under test is the last one of the case: behind it stands the sink that was added, if one was; before it
 * whatever the case has, stages of its inputs among them. */
static bool parse_report(const test_case *t, sbuf *text, arena *mem, json_cell *cells, sbuf *why)
{
    const json_field top = { "stages", SL_LIST_OF(SL_T_JSON) };
    json_parser *outer = json_parser_new(&top, 1);
    json_parser *inner = json_parser_new(fields, N_FIELDS);
    json_cell list;
    const size_t n = text->n, behind = t->has_sink ? 1 : 2;
    bool ok = outer && inner && sbuf_room(text, SLACK);
    if (ok)
        memset(text->p + n, 0, SLACK);
    ok = ok && json_parse(outer, text->p, n, mem, &list) == JSON_OK && list.state == CELL_OK && behind <= list.v.list.n;
    if (ok) {
        const sl_str stage = ((const sl_str *)list.v.list.p)[list.v.list.n - behind];
        ok = json_parse(inner, stage.p, stage.n, mem, cells) == JSON_OK;
    }
    if (!ok)
        sbuf_puts(why, "run.json lacks the stage");
    json_parser_free(outer);
    json_parser_free(inner);
    return ok;
}

bool report_agrees(const char *folder, const test_case *t, sbuf *why)
{
    json_cell cells[N_FIELDS];
    sbuf text = { 0 };
    arena mem;
    arena_init(&mem, 0);
    const bool ok = folder_read(folder, "run/run.json", &text, why) && parse_report(t, &text, &mem, cells, why) &&
                    check_stage(cells, t, why);
    arena_free(&mem);
    sbuf_free(&text);
    return ok;
}

bool quarantine_agrees(const char *folder, const test_case *t, sbuf *why)
{
    sbuf text = { 0 };
    bool ok = folder_read(folder, "run/quarantine.jsonl.zst", &text, why);
    char *line = text.p;
    for (size_t i = 0; ok && t->evidence && (i < t->evidence->n || (line && *line)); i++) {
        const char *want = i < t->evidence->n ? t->evidence->items[i]->text : NULL;
        char *end = line ? strchr(line, '\n') : NULL;
        if (end)
            *end = '\0';
        ok = want && end && strstr(line, want);
        if (!ok)
            sbuf_printf(why, "quarantine, line %zu:\n    expected %s\n    got      %s", i + 1,
                        want ? want : "(nothing)", line && *line ? line : "(nothing)");
        line = end ? end + 1 : NULL;
    }
    sbuf_free(&text);
    return ok;
}
