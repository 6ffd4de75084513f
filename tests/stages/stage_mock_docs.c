/* Documents, columns, batches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stage_mock_inside.h"

enum { GUARD = 64, GUARD_BYTE = 0xee };

/* ---- memory ---- */

mock *mock_new(void)
{
    mock *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    m->rows = 7;
    m->workers = 1;
    m->seed = 17;
    m->budget = 1 << 24;
    m->calls = UINT32_MAX;
    mock_column(m, "id", SL_T_STR);
    mock_column(m, "text", SL_T_STR);
    return m;
}

void *mock_alloc(mock *m, size_t n)
{
    pthread_mutex_lock(&mock_lock);
    if (m->n_owned == m->owned_cap) {
        m->owned_cap = m->owned_cap ? 2 * m->owned_cap : 1024;
        m->owned = realloc(m->owned, m->owned_cap * sizeof *m->owned);
    }
    void *p = calloc(1, n ? n : 1);
    if (!m->owned || !p)
        abort();
    m->owned[m->n_owned].p = p;
    m->owned[m->n_owned++].n = n;
    pthread_mutex_unlock(&mock_lock);
    return p;
}

void mock_free(mock *m)
{
    for (size_t i = 0; i < m->n_owned; i++)
        free(m->owned[i].p);
    free(m->owned);
    free(m->rejects);
    free(m);
}

uint64_t mock_hash(uint64_t h, const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const unsigned char *)p)[i]) * 0x100000001b3u;
    return h;
}

/* ---- columns ---- */

size_t cell_size(uint32_t type)
{
    switch (type) {
    case SL_T_BOOL: return 1;
    case SL_T_I32:
    case SL_T_F32: return 4;
    case SL_T_I64:
    case SL_T_U64:
    case SL_T_F64:
    case SL_T_SPAN: return 8;
    default: return sizeof(sl_str);
    }
}

uint32_t mock_column(mock *m, const char *name, uint32_t type)
{
    for (uint32_t i = 0; i < m->n_columns; i++)
        if (!strcmp(m->column[i].name, name))
            return i;
    if (m->n_columns == MOCK_COLUMNS)
        abort();
    m->column[m->n_columns].name = name;
    m->column[m->n_columns].type = type ? type : SL_T_JSON;
    return m->n_columns++;
}

/* ---- documents ---- */

sl_str mock_str(mock *m, const char *text)
{
    const size_t n = strlen(text);
    char *p = mock_alloc(m, n + 64);
    memcpy(p, text, n);
    return (sl_str){ p, (uint32_t)n, 0 };
}

static mock_doc *append(mock_docs *d)
{
    if (d->n == d->cap) {
        d->cap = d->cap ? 2 * d->cap : 64;
        d->v = realloc(d->v, d->cap * sizeof *d->v);
        if (!d->v)
            abort();
    }
    memset(&d->v[d->n], 0, sizeof d->v[0]);
    return &d->v[d->n++];
}

mock_doc *mock_add(mock *m, mock_docs *to, uint32_t split, uint64_t name, const char *text)
{
    char id[32];
    const mock_doc *last = to->n ? &to->v[to->n - 1] : NULL;
    const uint64_t pos = last && last->pos >> 32 == split ? last->pos + 1 : (uint64_t)split << 32 | 1;
    mock_doc *d = append(to);
    d->pos = pos;
    d->key = sl_random(1, name, 0);
    snprintf(id, sizeof id, "d%llu", (unsigned long long)name);
    d->cell[0].v.s = mock_str(m, id);
    d->cell[1].v.s = mock_str(m, text);
    d->cell[0].valid = d->cell[1].valid = true;
    return d;
}

void mock_docs_free(mock_docs *d)
{
    free(d->v);
    *d = (mock_docs){ 0 };
}

static uint32_t sorted_by;
static int by_order(const void *a, const void *b)
{
    const mock_doc *x = a, *y = b;
    const uint64_t p = x->cell[sorted_by].v.u, q = y->cell[sorted_by].v.u;
    if (p != q)
        return p < q ? -1 : 1;
    return (x->pos > y->pos) - (x->pos < y->pos);
}

void mock_sort(mock *m, mock_docs *d, const char *column, uint32_t split_docs)
{
    sorted_by = mock_column(m, column, SL_T_U64);
    if (d->n && m->fault != F_UNSORTED)
        qsort(d->v, d->n, sizeof *d->v, by_order);
    for (size_t i = 0; i < d->n; i++)
        d->v[i].pos = (i / split_docs + 1) << 32 | (i % split_docs + 1);
}

/* ---- batches ---- */

void *mock_guarded(mock *m, size_t n)
{
    unsigned char *p = mock_alloc(m, n + 3 * GUARD);
    p += (GUARD - (uintptr_t)p % GUARD) % GUARD;
    memset(p, GUARD_BYTE, GUARD);
    memset(p + GUARD + n, GUARD_BYTE, GUARD);
    return p + GUARD;
}

static bool guards_stand(const void *data, size_t n)
{
    const unsigned char *p = (const unsigned char *)data - GUARD;
    for (size_t i = 0; i < GUARD; i++)
        if (p[i] != GUARD_BYTE || p[GUARD + n + i] != GUARD_BYTE)
            return false;
    return true;
}

/* Is the place there in this pass? */
static bool shown(const mock *m, mock_place v, uint32_t phase, bool reshape_in)
{
    if (v.column == UINT32_MAX || (reshape_in && !(v.flags & SL_READ)))
        return false;
    if (v.flags & SL_FIT_ONLY)
        return phase == SL_FIT || m->fault == F_FIT_COLUMN;
    return !(v.flags & SL_APPLY_ONLY) || phase == SL_APPLY || m->fault == F_APPLY_COLUMN;
}

mock_box *box_new(mock *m, const mock_stage *st, uint32_t cap, uint32_t phase, bool reshape_in)
{
    mock_box *x = mock_alloc(m, sizeof *x);
    *x = (mock_box){ .m = m, .st = st, .cap = cap };
    x->sel = mock_alloc(m, cap * sizeof *x->sel);
    x->pos = mock_alloc(m, cap * sizeof *x->pos);
    x->key = mock_alloc(m, cap * sizeof *x->key);
    x->parent = mock_alloc(m, cap * sizeof *x->parent);
    x->parent_key = mock_alloc(m, cap * sizeof *x->parent_key);
    x->doc = mock_alloc(m, cap * sizeof *x->doc);
    x->rejected = mock_alloc(m, cap);
    for (uint32_t f = 0; f < st->n_view; f++) {
        if (!shown(m, st->view[f], phase, reshape_in))
            continue;
        const uint32_t c = st->view[f].column, type = m->column[c].type;
        x->column[f] = (sl_column){ .name = m->column[c].name, .type = type, .width = 1 };
        x->column[f].data = mock_guarded(m, cap * cell_size(type));
        x->column[f].valid = mock_guarded(m, (cap + 63) / 64 * 8);
        x->columns[f] = &x->column[f];
    }
    x->b = (sl_batch){
        .sel = x->sel, .columns = x->columns, .n_columns = st->n_view, .pos = x->pos, .key = x->key, .engine = x
    };
    return x;
}

static void put_cell(sl_column *k, uint32_t row, const mock_cell *v)
{
    const size_t size = cell_size(k->type);
    memcpy((char *)k->data + row * size, &v->v, size);
    if (v->valid)
        sl_set_valid(k, row);
    else
        sl_set_null(k, row);
}

static void get_cell(const sl_column *k, uint32_t row, mock_cell *v)
{
    const size_t size = cell_size(k->type);
    memcpy(&v->v, (const char *)k->data + row * size, size);
    v->valid = sl_is_valid(k, row);
}

/* A written column is zeroed and valid; one that is read too stands as it was left. */
static void show_cell(mock_box *x, uint32_t f, uint32_t row, const mock_cell *from)
{
    static const mock_cell fresh = { .valid = true };
    if (x->columns[f])
        put_cell(x->columns[f], row, from && (x->st->view[f].flags & SL_READ) ? from : &fresh);
}

void box_show(mock_box *x, mock_doc *doc)
{
    const uint32_t row = x->b.n_rows++;
    x->pos[row] = doc->pos;
    x->key[row] = doc->key;
    x->parent[row] = doc->parent;
    x->parent_key[row] = doc->parent_key;
    x->doc[row] = doc;
    if (doc->parent)
        x->b.parent = x->parent;
    if (!doc->dead)
        x->sel[x->b.n_sel++] = (uint16_t)row;
    for (uint32_t f = 0; f < x->st->n_view; f++)
        show_cell(x, f, row, x->st->view[f].column == UINT32_MAX ? NULL : &doc->cell[x->st->view[f].column]);
}

uint32_t box_add(mock_box *x, const mock_box *in, uint32_t from)
{
    const uint32_t row = x->b.n_rows++;
    x->added++;
    x->sel[x->b.n_sel++] = (uint16_t)row;
    x->doc[row] = in ? in->doc[from] : NULL;
    for (uint32_t f = 0; f < x->st->n_view; f++) {
        mock_cell old = { 0 };
        const bool has = in && in->columns[f];
        if (has)
            get_cell(in->columns[f], from, &old);
        show_cell(x, f, row, has ? &old : NULL);
    }
    return row;
}

/* ---- what the stage did to it ---- */

enum { SEL, NAMES, COLUMNS, TEXTS };

static void fingerprint(const mock_box *x, uint64_t h[4])
{
    const sl_batch *b = &x->b;
    h[SEL] = mock_hash(b->n_sel, x->sel, b->n_sel * sizeof *x->sel);
    h[NAMES] = mock_hash(mock_hash(b->n_rows, x->pos, b->n_rows * 8u), x->key, b->n_rows * 8u);
    h[COLUMNS] = h[TEXTS] = 1;
    for (uint32_t f = 0; f < x->st->n_view; f++) {
        const sl_column *k = x->columns[f];
        if (!k || (x->st->view[f].flags & SL_WRITE))
            continue;
        h[COLUMNS] = mock_hash(h[COLUMNS], k->data, b->n_rows * cell_size(k->type));
        h[COLUMNS] = mock_hash(h[COLUMNS], k->valid, (b->n_rows + 63) / 64 * 8);
        for (uint32_t r = 0; k->type == SL_T_STR && !x->m->unread && r < b->n_rows; r++) {
            const sl_str s = ((const sl_str *)k->data)[r];
            h[TEXTS] = s.p && x->doc[r] ? mock_hash(h[TEXTS], x->doc[r]->cell[x->st->view[f].column].v.s.p,
                                                    x->doc[r]->cell[x->st->view[f].column].v.s.n)
                                        : h[TEXTS];
        }
    }
}

void box_seal(mock_box *x)
{
    x->rows = x->b.n_rows;
    x->live = x->b.n_sel;
    fingerprint(x, x->before);
}

/* Does the view point into memory that the engine knows? */
static bool owned(const mock *m, sl_str s)
{
    if (!s.n)
        return true;
    bool found = false;
    pthread_mutex_lock(&mock_lock);
    for (size_t i = m->n_owned; i-- > 0 && !found;) { /* the last ones first */
        const uintptr_t at = (uintptr_t)s.p - (uintptr_t)m->owned[i].p;
        found = at <= m->owned[i].n && s.n <= m->owned[i].n - at;
    }
    pthread_mutex_unlock(&mock_lock);
    return found;
}

/* The texts and lists in a cell. */
static bool views_stand(const mock *m, const sl_column *k, uint32_t row)
{
    if (k->type & 0x100) {
        const sl_list *l = &((const sl_list *)k->data)[row];
        const bool texts = (k->type & 0xff) == SL_T_STR;
        bool good = owned(m, (sl_str){ l->p, (uint32_t)(l->n * cell_size(k->type & 0xff)), 0 });
        for (uint32_t i = 0; texts && good && i < l->n; i++)
            good = owned(m, ((const sl_str *)l->p)[i]);
        return good;
    }
    return (k->type != SL_T_STR && k->type != SL_T_JSON) || owned(m, ((const sl_str *)k->data)[row]);
}

/* Spans are of the text, where the stage sees it. */
static bool span_stands(const mock_box *x, const sl_column *k, uint32_t row)
{
    if (k->type != SL_T_SPAN)
        return true;
    const sl_span s = ((const sl_span *)k->data)[row];
    for (uint32_t f = 0; f < x->st->n_view; f++)
        if (x->columns[f] && !strcmp(x->columns[f]->name, "text"))
            return s.begin <= s.end && s.end <= ((const sl_str *)x->columns[f]->data)[row].n;
    return true;
}

int box_open(mock_box *x)
{
    mock *m = x->m;
    uint64_t now[4];
    if (x->fill && (x->b.n_rows != x->added || x->b.n_sel != x->added))
        return mock_fail(m, SL_E_INTERNAL, "the stage made rows without add");
    if (!x->fill && (x->b.n_rows != x->rows || x->b.n_sel != x->live))
        return mock_fail(m, SL_E_INTERNAL, "the stage changed how many rows there are");
    for (uint32_t f = 0; f < x->st->n_view; f++)
        if (x->columns[f] && (x->column[f].type != m->column[x->st->view[f].column].type || x->column[f].width != 1))
            return mock_fail(m, SL_E_INTERNAL, "the stage changed what a column is");
    for (const struct mock_lent *l = x->lent; l; l = l->next)
        if (!guards_stand(l->p, l->n))
            return mock_fail(m, SL_E_INTERNAL, "the stage wrote past what alloc gave it");
    x->lent = NULL;
    fingerprint(x, now);
    if (!x->fill && now[SEL] != x->before[SEL])
        return mock_fail(m, SL_E_INTERNAL, "the stage wrote into sel");
    if (!x->fill && now[NAMES] != x->before[NAMES])
        return mock_fail(m, SL_E_INTERNAL, "the stage wrote into pos or key");
    if (!x->fill && now[COLUMNS] != x->before[COLUMNS])
        return mock_fail(m, SL_E_INTERNAL, "the stage wrote into a column that it only reads");
    if (!x->fill && now[TEXTS] != x->before[TEXTS])
        return mock_fail(m, SL_E_INTERNAL, "the stage wrote into a text that it only reads");
    for (uint32_t f = 0; f < x->st->n_view; f++) {
        const sl_column *k = x->columns[f];
        if (!k)
            continue;
        if (!guards_stand(k->data, x->cap * cell_size(k->type)) || !guards_stand(k->valid, (x->cap + 63) / 64 * 8))
            return mock_fail(m, SL_E_INTERNAL, "the stage wrote past the column '%s'", k->name);
        if (!(x->st->view[f].flags & SL_WRITE))
            continue;
        for (uint32_t i = 0; i < x->b.n_sel; i++) {
            const uint32_t r = x->sel[i];
            mock_doc *d = x->fill ? NULL : x->doc[r];
            if (sl_is_valid(k, r) && !m->unread && !views_stand(m, k, r))
                return mock_fail(m, SL_E_INTERNAL, "a view of '%s' points outside of the batch", k->name);
            if (sl_is_valid(k, r) && !span_stands(x, k, r))
                return mock_fail(m, SL_E_INTERNAL, "a span of '%s' is not of the text", k->name);
            if (d)
                get_cell(k, r, &d->cell[x->st->view[f].column]);
        }
    }
    return SL_OK;
}

void box_take(const mock_box *x, mock_docs *out)
{
    for (uint32_t i = 0; i < x->b.n_sel; i++) {
        const uint32_t r = x->sel[i];
        if (x->rejected[r])
            continue;
        mock_doc *d = append(out);
        if (x->doc[r])
            *d = *x->doc[r];
        d->pos = x->pos[r];
        d->key = x->key[r];
        d->parent = x->parent[r];
        d->parent_key = x->parent_key[r];
        d->dead = false;
        for (uint32_t f = 0; f < x->st->n_view; f++)
            if (x->columns[f])
                get_cell(x->columns[f], r, &d->cell[x->st->view[f].column]);
    }
}
