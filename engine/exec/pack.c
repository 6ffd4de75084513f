/* Rows as bytes, for what is kept or sorted between passes. A row carries its record and, beside it, the columns that
 * cannot be had from the record; so it comes back as it was, and a sink cannot tell whether it went over the disk. */
#include <string.h>
#include "exec/engine.h"

typedef struct head {
    uint64_t pos, root, key, parent, parent_key;
    uint32_t size; /* of all, this head included */
    uint32_t input, raw_n, n_columns;
    uint32_t has_raw, record_n; /* behind the raw record: rows.record */
} head;
typedef struct cell { /* followed by the value */
    uint16_t slot;
    uint8_t state, flags;
    uint32_t n; /* bytes of the value; elements of a list; width of a vector */
} cell;
enum { RAW_HERE = 1, RAW_BEFORE /* that of the row before: parts of a document */ };
enum { NO_TEXT = 0xffffffffu /* for a size: an element of a list that is null */ };
enum {
    VALID = 1,
    SAME = 2,      /* stands as the record has it */
    IN_RECORD = 4, /* the text: parse it again */
    ORIGIN = 8,    /* behind the value: what the record has, for a stage may yet put it back */
    NOWHERE = 16   /* an empty text or list without a place */
};

/* ---- writing ---- */

static void add_value(const sl_column *c, uint32_t row, cell *k, sbuf *out)
{
    const size_t size = type_size(c->type);
    const char *at = (const char *)c->data + (size_t)row * size * c->width;
    const bool text = c->type == SL_T_STR || c->type == SL_T_JSON;
    if (!(k->flags & VALID) || (k->flags & IN_RECORD)) {
        sbuf_add(out, k, sizeof *k);
    } else if (text) {
        const sl_str *s = (const sl_str *)(const void *)at;
        k->n = s->n;
        k->flags |= s->p ? 0 : NOWHERE;
        sbuf_add(out, k, sizeof *k);
        sbuf_add(out, s->p, s->n);
    } else if (c->type & 0x100) {
        const sl_list *l = (const sl_list *)(const void *)at;
        const uint32_t of = c->type & 0xff;
        k->n = l->n;
        k->flags |= l->p ? 0 : NOWHERE;
        sbuf_add(out, k, sizeof *k);
        if (of != SL_T_STR && of != SL_T_JSON) {
            sbuf_add(out, l->p, l->n * type_size(of));
            return;
        }
        for (uint32_t i = 0; i < l->n; i++) {
            const sl_str *s = (const sl_str *)l->p + i;
            const uint32_t size_or_null = s->p ? s->n : NO_TEXT;
            sbuf_add(out, &size_or_null, sizeof size_or_null);
            if (s->p)
                sbuf_add(out, s->p, s->n);
        }
    } else {
        k->n = c->width;
        sbuf_add(out, k, sizeof *k);
        sbuf_add(out, at, size * c->width);
    }
}

static sl_str origin_of(const column *k, uint32_t row)
{
    return k->origin && k->c.type == SL_T_STR ? ((const sl_str *)k->origin)[row] : (sl_str){ NULL, 0, 0 };
}

int pack_row(worker *w, const flow *f, uint32_t row, bool same_record, sbuf *out)
{
    const plan *p = w->x->p;
    const rows *r = f->r;
    const size_t start = out->n;
    head h = { .pos = r->pos[row],
               .root = r->root[row],
               .key = r->key[row],
               .parent = r->parent[row],
               .parent_key = r->parent_key[row],
               .input = r->input[row],
               .raw_n = r->raw[row].n,
               .has_raw = !r->raw[row].p ? 0
                          : same_record  ? RAW_BEFORE
                                         : RAW_HERE };
    sbuf_add(out, &h, sizeof h);
    if (h.has_raw == RAW_HERE) { /* with a newline: it may leave as it is */
        sbuf_add(out, r->raw[row].p, h.raw_n);
        sbuf_putc(out, '\n');
    }
    const size_t record = out->n;
    const int e = quarantine_carry(w, f, row, out);
    if (e < 0)
        return e;
    h.record_n = (uint32_t)(out->n - record); /* the row's own size is checked below */
    for (size_t i = 0; i < p->n_columns; i++) {
        const column *k = f->slot[i];
        cell c = { .slot = (uint16_t)i, .state = f->state[i] };
        if ((!k && c.state != SLOT_REMOVED) || p->columns[i].shared)
            continue;
        if (k && (k->c.valid[row >> 6] >> (row & 63) & 1))
            c.flags |= VALID;
        if (k && c.state == SLOT_WRITTEN && column_unchanged(k, row))
            c.flags |= SAME;
        if (i == p->text && (c.flags & VALID)) {
            const sl_str now = ((const sl_str *)k->c.data)[row], then = r->parsed[row];
            if (then.p && then.p == now.p && then.n == now.n)
                c.flags |= IN_RECORD;
        }
        h.n_columns++;
        const sl_str then = k && c.state == SLOT_WRITTEN && !k->by_place ? origin_of(k, row) : (sl_str){ NULL, 0, 0 };
        if (then.p && !(c.flags & SAME))
            c.flags |= ORIGIN;
        if (k)
            add_value(&k->c, row, &c, out);
        else
            sbuf_add(out, &c, sizeof c);
        if (c.flags & ORIGIN) {
            sbuf_add(out, &then.n, sizeof then.n);
            sbuf_add(out, then.p, then.n);
        }
    }
    if (out->failed || out->n - start > UINT32_MAX)
        return worker_fail(w, SL_E_NOMEM, "out of memory for a document of %zu bytes", out->n - start);
    h.size = (uint32_t)(out->n - start);
    memcpy(out->p + start, &h, sizeof h);
    return SL_OK;
}

/* ---- reading: what is read was written by this process and checked by the scratch space ---- */

typedef struct seen { /* of a slot, over the rows of a batch */
    uint32_t n, read, width;
    bool removed, same;
} seen;

static const char *next_row(const pack_source *from, size_t at)
{
    if (from->docs)
        return at < from->n_docs ? from->docs[at].p : NULL;
    return at < from->n ? from->p + at : NULL;
}

static size_t step(const pack_source *from, size_t at, const head *h) { return from->docs ? at + 1 : at + h->size; }

static const char *first_cell(const char *row, const head *h)
{
    return row + sizeof *h + (h->has_raw == RAW_HERE ? h->raw_n + 1 : 0) + h->record_n;
}

/* The cell at *at, and *at behind its value. then: what its record has, or NULL; may be NULL. */
static cell next_cell(const plan *p, const char **at, const char **value, sl_str *then)
{
    cell c;
    memcpy(&c, *at, sizeof c);
    const char *v = *value = *at + sizeof c;
    const uint32_t type = p->columns[c.slot].type, of = type & 0xff;
    if (!(c.flags & VALID) || (c.flags & IN_RECORD)) {
        *at = v;
    } else if (type == SL_T_STR || type == SL_T_JSON) {
        *at = v + c.n;
    } else if (!(type & 0x100)) {
        *at = v + c.n * type_size(type);
    } else if (of != SL_T_STR && of != SL_T_JSON) {
        *at = v + c.n * type_size(of);
    } else {
        for (uint32_t i = 0; i < c.n; i++) {
            uint32_t n;
            memcpy(&n, v, sizeof n);
            v += sizeof n + (n == NO_TEXT ? 0 : n);
        }
        *at = v;
    }
    sl_str record = { NULL, 0, 0 };
    if (c.flags & ORIGIN) {
        memcpy(&record.n, *at, sizeof record.n);
        record.p = *at + sizeof record.n;
        *at = record.p + record.n;
    }
    if (then)
        *then = record;
    return c;
}

static bool is_text(uint32_t type) { return type == SL_T_STR || type == SL_T_JSON; }
static bool is_vector(uint32_t type) { return !is_text(type) && !(type & 0x100); }

/* How many rows make a batch, and what their columns are. Rows that lack different fields cannot stand in one,
 * nor those with vectors of different widths. */
static uint32_t measure(worker *w, const pack_source *from, seen *slots)
{
    const plan *p = w->x->p;
    const uint32_t most = w->x->now.batch_rows;
    uint64_t bytes = 0;
    uint32_t n = 0;
    size_t at = from->at;
    for (const char *row; n < most && bytes < p->file->head.batch_bytes && (row = next_row(from, at)); n++) {
        head h;
        memcpy(&h, row, sizeof h);
        const char *c = first_cell(row, &h), *value;
        uint32_t removed = 0, wrong = 0;
        for (uint32_t i = 0; i < h.n_columns; i++) {
            const cell k = next_cell(p, &c, &value, NULL);
            removed += k.state == SLOT_REMOVED;
            wrong +=
                n && (k.state == SLOT_REMOVED) != slots[k.slot].removed && (slots[k.slot].n || k.state == SLOT_REMOVED);
            wrong += (k.flags & VALID) && slots[k.slot].width && slots[k.slot].width != k.n;
        }
        for (size_t i = 0; n && i < p->n_columns; i++)
            removed -= slots[i].removed;
        if (n && (wrong || removed))
            break;
        c = first_cell(row, &h);
        for (uint32_t i = 0; i < h.n_columns; i++) {
            const cell k = next_cell(p, &c, &value, NULL);
            seen *s = &slots[k.slot];
            s->n++;
            s->read += k.state == SLOT_READ;
            s->removed = k.state == SLOT_REMOVED;
            s->same |= (k.flags & SAME) != 0;
            if ((k.flags & VALID) && is_vector(p->columns[k.slot].type))
                s->width = k.n;
        }
        bytes += h.size;
        at = step(from, at, &h);
    }
    return n;
}

static bool make_columns(worker *w, flow *f, uint32_t n, const seen *slots)
{
    const exec *x = w->x;
    for (uint32_t i = 0; i < x->p->n_columns; i++) {
        const seen *s = &slots[i];
        if (s->removed)
            f->state[i] = SLOT_REMOVED;
        if (!s->n || s->removed)
            continue;
        column *k = f->slot[i] = column_new(x, f->r, i, n, false);
        if (!k)
            return false;
        f->state[i] = s->read == s->n ? SLOT_READ : SLOT_WRITTEN;
        if (f->state[i] == SLOT_READ)
            continue;
        k->c.flags = SL_COL_WRITTEN;
        if (k->c.type == SL_T_STR && !(k->origin = arena_zalloc(&f->r->mem, (n + 1) * sizeof(sl_str), 64)))
            return false;
        if (s->read || s->same || s->n < n) { /* branches met: some have it from their record, or not at all */
            uint64_t *same = arena_alloc(&f->r->mem, ((size_t)n + 63) / 64 * 8 + 8, 8);
            if (!same)
                return false;
            memset(same, 0xff, ((size_t)n + 63) / 64 * 8 + 8); /* rows without a value of their own */
            k->same = same;
        }
        if (is_vector(k->c.type) && s->width > 1) {
            k->c.width = s->width;
            if (!(k->c.data = arena_zalloc(&f->r->mem, (size_t)n * s->width * type_size(k->c.type) + INPUT_SLACK, 64)))
                return false;
        }
    }
    return true;
}

static bool get_list(flow *f, uint32_t type, const cell *c, const char *value, sl_list *out)
{
    const uint32_t of = type & 0xff;
    const size_t size = type_size(of);
    char *v = arena_alloc(&f->r->mem, c->n * size + INPUT_SLACK, 16);
    if (!v)
        return false;
    *out = (sl_list){ v, c->n, 0 };
    if (!is_text(of)) {
        memcpy(v, value, c->n * size);
        return true;
    }
    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t n;
        memcpy(&n, value, sizeof n);
        value += sizeof n;
        ((sl_str *)(void *)v)[i] = n == NO_TEXT ? (sl_str){ NULL, 0, 0 } : (sl_str){ value, n, 0 };
        value += n == NO_TEXT ? 0 : n;
    }
    return true;
}

static int get_cell(worker *w, flow *f, uint32_t row, const cell *c, const char *value)
{
    const plan *p = w->x->p;
    column *k = f->slot[c->slot];
    rows *r = f->r;
    const bool as_read = c->state == SLOT_READ || (c->flags & SAME);
    if (k->same && !as_read)
        ((uint64_t *)(uintptr_t)k->same)[row >> 6] &= ~(1ull << (row & 63));
    if (!(c->flags & VALID)) {
        if (k->origin && !as_read) /* a stage wrote this null */
            ((sl_str *)(uintptr_t)k->origin)[row].p = "";
        return SL_OK;
    }
    k->c.valid[row >> 6] |= 1ull << (row & 63);
    if (c->flags & IN_RECORD) {
        sl_str *text = &((sl_str *)k->c.data)[row];
        if (!row_parse_text(w, w->x->splits[r->input[row]].source, r->raw[row], &r->mem, text))
            return worker_fail(w, SL_E_NOMEM, "out of memory for a record of %u bytes", r->raw[row].n);
        r->parsed[row] = *text;
    } else if (c->flags & NOWHERE) {
        return SL_OK; /* as column_new left it */
    } else if (is_text(k->c.type)) {
        ((sl_str *)k->c.data)[row] = (sl_str){ value, c->n, 0 };
    } else if (k->c.type & 0x100) {
        if (!get_list(f, k->c.type, c, value, &((sl_list *)k->c.data)[row]))
            return worker_fail(w, SL_E_NOMEM, "out of memory");
    } else {
        const size_t size = type_size(p->columns[c->slot].type) * k->c.width;
        memcpy((char *)k->c.data + row * size, value, size);
    }
    if (k->origin && as_read)
        ((sl_str *)(uintptr_t)k->origin)[row] = ((sl_str *)k->c.data)[row];
    return SL_OK;
}

int pack_read(worker *w, pack_source *from, flow **out)
{
    const exec *x = w->x;
    const plan *p = x->p;
    *out = NULL;
    if (!next_row(from, from->at))
        return SL_OK;
    rows *r = rows_take(w, w->x->now.batch_rows);
    flow *f = r ? flow_like(x, r, NULL) : NULL;
    seen *slots = f ? arena_zalloc(&r->mem, (p->n_columns + 1) * sizeof *slots, 8) : NULL;
    const uint32_t n = slots ? measure(w, from, slots) : 0;
    if (!n || !make_columns(w, f, n, slots))
        return worker_fail(w, SL_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < n; i++) {
        const char *row = next_row(from, from->at), *value;
        head h;
        memcpy(&h, row, sizeof h);
        const uint64_t pos = from->docs ? from->number << 32 | (from->at + 1) : h.pos;
        rows_add(r, pos, h.key, h.input);
        r->root[i] = from->docs ? pos : h.root;
        r->parent[i] = h.parent;
        r->parent_key[i] = h.parent_key;
        r->cut |= h.parent != 0;
        if (h.record_n && !rows_record(r, i, (sl_str){ first_cell(row, &h) - h.record_n, h.record_n, 0 }))
            return worker_fail(w, SL_E_NOMEM, "out of memory");
        if (h.has_raw == RAW_HERE)
            from->raw = (sl_str){ row + sizeof h, h.raw_n, 0 };
        if (h.has_raw)
            r->raw[i] = from->raw;
        f->sel[f->n_sel++] = (uint16_t)i;
        const char *at = first_cell(row, &h);
        for (uint32_t k = 0; k < h.n_columns; k++) {
            sl_str then;
            const cell c = next_cell(p, &at, &value, &then);
            const int e = c.state == SLOT_REMOVED ? SL_OK : get_cell(w, f, i, &c, value);
            if (then.p && c.state != SLOT_REMOVED)
                ((sl_str *)(uintptr_t)f->slot[c.slot]->origin)[i] = then;
            if (e < 0)
                return e;
        }
        from->at = step(from, from->at, &h);
    }
    *out = f;
    return SL_OK;
}
