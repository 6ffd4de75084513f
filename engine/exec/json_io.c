/* Service "json": records into columns, rows into records. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/hash.h"
#include "exec/engine.h"

enum { MAX_NAMED = 500, MAX_EDITS = PLAN_MAX_COLUMNS + MAX_NAMED };

static stage_thread *of(sl_ctx *c) { return c->engine; }
static stage_state *state_of(sl_ctx *c) { return &of(c)->w->x->st[of(c)->stage]; }

static int reader(sl_ctx *c, const sl_json_read_spec *s)
{
    memcpy(&state_of(c)->read_spec, s, s->size < sizeof *s ? s->size : sizeof *s);
    return SL_OK;
}

static int writer(sl_ctx *c, const sl_json_write_spec *s)
{
    memcpy(&state_of(c)->write_spec, s, s->size < sizeof *s ? s->size : sizeof *s);
    if (s->keep.n > MAX_NAMED)
        return c->host->fail(c, SL_E_CONFIG, "%zu fields to keep; %d are the most", s->keep.n, MAX_NAMED);
    if (s->drop.n > MAX_NAMED)
        return c->host->fail(c, SL_E_CONFIG, "%zu fields to drop; %d are the most", s->drop.n, MAX_NAMED);
    return SL_OK;
}

/* ---- reading ---- */

static const char *name_in_record(const stage_state *s, const exec *x, uint32_t slot)
{
    const sl_json_read_spec *r = &s->read_spec;
    return slot == x->p->text && r->text ? r->text : slot == x->p->id && r->id ? r->id : x->p->columns[slot].name;
}

/* Which slots parse fills: those that the source declares as its own, and those that are read below. */
static bool make_parser(stage_thread *st)
{
    exec *x = st->w->x;
    stage_state *s = &x->st[st->stage];
    json_field fields[1024];
    size_t n = 0;
    for (; n < s->n_fill && n < 1023; n++)
        fields[n] = (json_field){ name_in_record(s, x, s->fill[n]), x->p->columns[s->fill[n]].type };
    if (s->read_spec.key)
        fields[n++] = (json_field){ s->read_spec.key, SL_T_JSON };
    const json_field id = { s->read_spec.id ? s->read_spec.id : "id", SL_T_JSON };
    st->json = json_parser_new(fields, n);
    st->ids = json_parser_new(&id, 1);
    return st->json && st->ids;
}

static void put_cell(column *k, uint32_t row, const json_cell *v)
{
    const size_t size = type_size(k->c.type);
    memcpy((char *)k->c.data + row * size, &v->v, size);
    k->c.valid[row >> 6] |= 1ull << (row & 63);
}

/* An id that is a number: its digits. */
static void number_id(stage_thread *st, column *k, uint32_t row, sl_str record, arena *mem)
{
    json_cell cell;
    if (json_parse(st->ids, record.p, record.n, mem, &cell) == JSON_OK && cell.state == CELL_OK)
        put_cell(k, row, &cell);
}

/* `answer`, with why. */
static int said(sl_ctx *c, int answer, sl_str *why, const char *fmt, const char *name)
{
    sbuf *line = &of(c)->line;
    sbuf_clear(line);
    sbuf_printf(line, fmt, name);
    if (line->failed)
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    *why = (sl_str){ sbuf_z(line), (uint32_t)line->n, 0 };
    return answer;
}

static int parse(sl_ctx *c, sl_batch *b, uint32_t row, sl_str record, sl_str *why)
{
    stage_thread *st = of(c);
    exec *x = st->w->x;
    const stage_state *s = &x->st[st->stage];
    flow *f = b->engine;
    json_cell cells[1024];
    f->r->raw[row] = record;
    if (!st->json && !make_parser(st))
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    const json_error e = json_parse(st->json, record.p, record.n, &f->r->mem, cells);
    if (e == JSON_NOMEM)
        return c->host->fail(c, SL_E_NOMEM, "out of memory for a record of %u bytes", record.n);
    if (e != JSON_OK)
        return said(c, SL_JSON_BAD, why, "%s", json_error_text(e));
    for (size_t i = 0; i < s->n_fill; i++) {
        const uint32_t slot = s->fill[i];
        column *k = f->slot[slot];
        const char *name = name_in_record(s, x, slot);
        if (slot == x->p->text && (cells[i].state == CELL_MISSING || cells[i].state == CELL_NULL))
            return said(c, SL_JSON_NO_TEXT, why, "there is no '%s'", name);
        if (cells[i].state == CELL_OK && slot == x->p->text)
            f->r->parsed[row] = cells[i].v.str;
        if (cells[i].state == CELL_OK)
            put_cell(k, row, &cells[i]);
        else if (cells[i].state == CELL_WRONG_TYPE && slot == x->p->id)
            number_id(st, k, row, record, &f->r->mem);
        else if (cells[i].state == CELL_WRONG_TYPE)
            return said(c, SL_JSON_WRONG_TYPE, why,
                        slot == x->p->text ? "'%s' is no string" : "'%s' is of another type than a stage reads", name);
        else if (slot != x->p->source) /* `source` falls back to the file's name */
            k->c.valid[row >> 6] &= ~(1ull << (row & 63));
    }
    if (s->read_spec.key) {
        const json_cell *k = &cells[s->n_fill];
        if (k->state != CELL_OK)
            return said(c, SL_JSON_WRONG_TYPE, why, "there is no '%s', which is to be the key", s->read_spec.key);
        f->r->key[row] = hash_bytes(k->v.str.p, k->v.str.n);
    }
    return SL_JSON_OK;
}

/* ---- writing ---- */

/* Whether a value is where it was does not outlive a pass; what was put together again (an id of parts) need not be
 * where it was. Texts are long, and nobody puts them together to the same bytes: pack.c knows the one that was not
 * touched. */
bool column_unchanged(const column *k, uint32_t row)
{
    const sl_str *now = k->c.data, *then = k->origin;
    if (k->same && (k->same[row >> 6] >> (row & 63) & 1))
        return true;
    if (!then || k->c.type != SL_T_STR || !then[row].p || !(k->c.valid[row >> 6] >> (row & 63) & 1) ||
        now[row].n != then[row].n)
        return false;
    return now[row].p == then[row].p || (!k->by_place && (!now[row].n || !memcmp(now[row].p, then[row].p, now[row].n)));
}

bool row_parse_text(worker *w, uint32_t source, sl_str record, arena *mem, sl_str *text)
{
    stage_thread *st = &w->st[source];
    const char *name = w->x->st[source].read_spec.text;
    const json_field field = { name ? name : "text", SL_T_STR };
    json_cell cell;
    if (!st->texts && !(st->texts = json_parser_new(&field, 1)))
        return false;
    if (json_parse(st->texts, record.p, record.n, mem, &cell) != JSON_OK || cell.state != CELL_OK)
        return false;
    *text = cell.v.str;
    return true;
}

static bool listed(sl_many names, const char *name)
{
    for (size_t i = 0; i < names.n; i++)
        if (!strcmp(((const char *const *)names.v)[i], name))
            return true;
    return false;
}

/* What a document without a record of its own (a member of an archive) is made of. */
static void format_columns(const exec *x, const flow *f, uint32_t row, const sl_json_write_spec *spec, bool hidden,
                           sbuf *out)
{
    size_t n = 0;
    const uint32_t first[] = { x->p->id, x->p->text, x->p->source };
    sbuf_putc(out, '{');
    for (size_t i = 0; i < x->p->n_columns + 3; i++) {
        const size_t slot = i < 3 ? first[i] : i - 3;
        const plan_column *pc = &x->p->columns[slot];
        const column *k = f->slot[slot];
        if (i >= 3 && (slot == first[0] || slot == first[1] || slot == first[2]))
            continue;
        if (!k || (pc->hidden && !hidden) || pc->shared || (spec->keep.n && !listed(spec->keep, pc->name)) ||
            listed(spec->drop, pc->name))
            continue;
        if (!(k->c.valid[row >> 6] >> (row & 63) & 1) && (f->state[slot] == SLOT_READ || column_unchanged(k, row)))
            continue;
        sbuf_puts(out, n++ ? "," : "");
        sbuf_json_z(out, pc->name);
        sbuf_putc(out, ':');
        json_column_value(&k->c, row, out);
    }
    sbuf_putc(out, '}');
}

/* The field of the record that a column is: the source may have taken text and id from fields of other names. */
static const char *field_of(const stage_state *source, const char *name)
{
    const sl_json_read_spec *r = &source->read_spec;
    return r->text && !strcmp(name, "text") ? r->text : r->id && !strcmp(name, "id") ? r->id : name;
}

/* What differs between the row's columns and its record. Values go one behind the other into `values`, their places
 * into value_at (SIZE_MAX: the field leaves). Returns how many. */
static size_t collect_edits(const exec *x, const stage_state *source, const flow *f, uint32_t row,
                            const sl_json_write_spec *spec, bool hidden, json_edit *edits, size_t *value_at,
                            sbuf *values)
{
    size_t n = 0;
    for (size_t i = 0; i < x->p->n_columns; i++) {
        const plan_column *pc = &x->p->columns[i];
        const column *k = f->slot[i];
        const char *name = field_of(source, pc->name);
        if (f->state[i] == SLOT_REMOVED) {
            edits[n] = (json_edit){ .name = name, .name_n = strlen(name) };
            value_at[n++] = SIZE_MAX;
        } else if (f->state[i] == SLOT_WRITTEN && k && !pc->shared && (!pc->hidden || hidden) &&
                   !column_unchanged(k, row)) {
            value_at[n] = values->n;
            json_column_value(&k->c, row, values);
            edits[n] = (json_edit){ .name = name, .name_n = strlen(name), .value_n = values->n - value_at[n] };
            n++;
        }
    }
    for (size_t i = 0; i < spec->drop.n && i < MAX_NAMED; i++) {
        const char *name = field_of(source, ((const char *const *)spec->drop.v)[i]);
        edits[n] = (json_edit){ .name = name, .name_n = strlen(name) };
        value_at[n++] = SIZE_MAX;
    }
    return n;
}

int row_format(stage_thread *st, const flow *f, uint32_t row, const sl_json_write_spec *spec, bool hidden, sbuf *out)
{
    const exec *x = st->w->x;
    const sl_str raw = f->r->raw[row];
    json_edit edits[MAX_EDITS];
    size_t value_at[MAX_EDITS];
    const char *keep[MAX_NAMED];
    sbuf *values = &st->w->scratch;
    if (!raw.n) {
        format_columns(x, f, row, spec, hidden, out);
        return out->failed ? SL_E_NOMEM : SL_OK;
    }
    const stage_state *source = &x->st[x->splits[f->r->input[row]].source];
    sbuf_clear(values);
    const size_t n = collect_edits(x, source, f, row, spec, hidden, edits, value_at, values);
    if (!n && !spec->keep.n) {
        sbuf_add(out, raw.p, raw.n);
        return out->failed ? SL_E_NOMEM : SL_OK;
    }
    for (size_t i = 0; i < n; i++)
        edits[i].value = value_at[i] == SIZE_MAX ? NULL : values->p + value_at[i];
    for (size_t i = 0; i < spec->keep.n && i < MAX_NAMED; i++)
        keep[i] = field_of(source, ((const char *const *)spec->keep.v)[i]);
    json_splice(raw.p, raw.n, edits, n, spec->keep.n ? keep : NULL, spec->keep.n, out);
    return out->failed || values->failed ? SL_E_NOMEM : SL_OK;
}

/* Does no column of this flow differ from the record? Then a row leaves as it came, without a look at it. */
static bool pass_through(const exec *x, const flow *f, const sl_json_write_spec *spec)
{
    if (spec->keep.n || spec->drop.n)
        return false;
    for (size_t i = 0; i < x->p->n_columns; i++)
        if (f->state[i] == SLOT_REMOVED ||
            (f->state[i] == SLOT_WRITTEN && !x->p->columns[i].hidden && !x->p->columns[i].shared))
            return false;
    return true;
}

static int format(sl_ctx *c, const sl_batch *b, uint32_t row, sl_str *line)
{
    stage_thread *st = of(c);
    const stage_state *s = state_of(c);
    const flow *f = b->engine;
    const sl_str raw = f->r->raw[row];
    if (raw.n && raw.p[raw.n] == '\n' &&
        pass_through(st->w->x, f, &s->write_spec)) { /* 64 bytes behind it are readable */
        *line = (sl_str){ raw.p, raw.n + 1, 0 };
        return SL_OK;
    }
    sbuf_clear(&st->line);
    if (row_format(st, f, row, &s->write_spec, false, &st->line) < 0)
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    sbuf_putc(&st->line, '\n');
    if (st->line.failed || st->line.n > UINT32_MAX)
        return c->host->fail(c, SL_E_NOMEM, "a record grew beyond 4 GiB, or memory is out");
    *line = (sl_str){ st->line.p, (uint32_t)st->line.n, 0 };
    return SL_OK;
}

static int value(sl_ctx *c, const sl_batch *b, const sl_column *col, uint32_t row, sl_str *json)
{
    stage_thread *st = of(c);
    const flow *f = b->engine;
    sbuf_clear(&st->line);
    json_column_value(col, row, &st->line);
    char *copy = st->line.failed ? NULL : arena_alloc(&f->r->mem, st->line.n + INPUT_SLACK, 1);
    if (!copy)
        return c->host->fail(c, SL_E_NOMEM, "out of memory");
    memcpy(copy, st->line.p, st->line.n);
    *json = (sl_str){ copy, (uint32_t)st->line.n, 0 };
    return SL_OK;
}

static int convert(sl_ctx *c, const sl_batch *b, sl_str json, sl_column *col, uint32_t row)
{
    const flow *f = b->engine;
    json_cell cell;
    const json_state s = json_convert(json.p, json.n, col->type, &f->r->mem, &cell);
    (void)c;
    if (s == CELL_OK) {
        const size_t size = type_size(col->type);
        memcpy((char *)col->data + row * size, &cell.v, size);
        col->valid[row >> 6] |= 1ull << (row & 63);
        return SL_JSON_OK;
    }
    col->valid[row >> 6] &= ~(1ull << (row & 63));
    return s == CELL_WRONG_TYPE ? SL_JSON_WRONG_TYPE : SL_JSON_OK;
}

static int valid(sl_ctx *c, sl_str json)
{
    (void)c;
    return json_valid(json.p, json.n) ? SL_JSON_OK : SL_JSON_BAD;
}

const sl_json_api exec_json_api = { sizeof exec_json_api, 1, reader, writer, parse, format, value, convert, valid };
