/* What a callback wrote where: bytes around each array and each piece of memory that it was lent, and views that must
 * point into memory of the batch. */
#include "exec/guard.h"
#ifndef NDEBUG
#include "base/hash.h"
#include "sluice/util.h"

enum { RED = 64, RED_BYTE = 0xee }; /* RED: as many as may be read behind a text */

/* ---- around memory ---- */

static void *make(arena *a, size_t n)
{
    unsigned char *p = arena_alloc(a, n + 2 * RED, 64);
    if (!p)
        return NULL;
    memset(p, RED_BYTE, RED);
    memset(p + RED + n, RED_BYTE, RED);
    return p + RED;
}

static bool torn(const void *data, size_t n)
{
    const unsigned char *p = (const unsigned char *)data - RED;
    for (size_t i = 0; i < RED; i++)
        if (p[i] != RED_BYTE || p[RED + n + i] != RED_BYTE)
            return true;
    return false;
}

void *guard_array(arena *a, size_t n)
{
    void *p = make(a, n);
    return p ? memset(p, 0, n) : NULL;
}

struct guard_block {
    struct guard_block *next;
    const void *p;
    size_t n;
};

void *guard_alloc(worker *w, arena *a, size_t n, size_t align)
{
    struct guard_block *b = arena_alloc(a, sizeof *b, _Alignof(struct guard_block));
    (void)align; /* 64 is the most */
    if (!b || !(b->p = make(a, n)))
        return NULL;
    b->n = n;
    b->next = w->lent;
    w->lent = b;
    return (void *)(uintptr_t)b->p;
}

const struct guard_block *guard_torn(const worker *w)
{
    const struct guard_block *b = w->lent;
    while (b && !torn(b->p, b->n))
        b = b->next;
    return b;
}

size_t guard_torn_size(const struct guard_block *b) { return b->n; }

bool guard_array_torn(const column *k)
{
    return (k->made && torn(k->made, k->n_made * type_size(k->c.type))) ||
           (k->made && torn(k->c.valid, ((size_t)k->n_made + 63) / 64 * 8));
}

/* ---- views ---- */

size_t guard_value_size(const sl_column *c, uint32_t n) { return n * type_size(c->type) * c->width; }

static bool is_text(uint32_t type) { return type == SL_T_STR || type == SL_T_JSON; }

static bool within(const void *p, size_t n, const void *in, size_t size)
{
    const uintptr_t at = (uintptr_t)p - (uintptr_t)in;
    return in && at <= size && n <= size - at;
}

static bool is_written(const guarded *v, const column *k)
{
    for (uint32_t i = 0; i < v->view->n_columns; i++)
        if (v->view->columns[i] == &k->c)
            return v->before[i] != NULL;
    return false;
}

static bool in_list(const sl_list *l, uint32_t of, const void *p, size_t n)
{
    bool found = within(p, n, l->p, l->n * type_size(of));
    for (uint32_t i = 0; l->p && is_text(of) && i < l->n && !found; i++)
        found = within(p, n, ((const sl_str *)l->p)[i].p, ((const sl_str *)l->p)[i].n);
    return found;
}

static bool in_column(const column *k, bool written, uint32_t n_rows, const void *p, size_t n)
{
    const sl_str *then = k->origin;
    bool found = false;
    for (uint32_t row = 0; row < n_rows && !found; row++) {
        if (!written && is_text(k->c.type))
            found = within(p, n, ((const sl_str *)k->c.data)[row].p, ((const sl_str *)k->c.data)[row].n);
        else if (!written && k->c.type & 0x100 && k->c.width == 1 && sl_is_valid(&k->c, row))
            found = in_list((const sl_list *)k->c.data + row, k->c.type & 0xff, p, n);
        if (!found && then && is_text(k->c.type))
            found = within(p, n, then[row].p, then[row].n);
    }
    return found;
}

/* In what the callback found there: that lives as long. */
static bool in_values(const guarded *v, const exec *x, const void *p, size_t n)
{
    for (size_t i = 0; i < x->p->n_columns; i++) {
        const column *k = v->f->slot[i];
        if (k && k->c.data && in_column(k, is_written(v, k), v->f->r->n, p, n))
            return true;
    }
    return false;
}

/* The engine writes it into `source`, and it lives as long as the run. */
static bool is_label(const exec *x, const flow *f, uint32_t row, const void *p)
{
    const uint32_t input = f->r->input[row];
    return input != PLAN_NONE && p == x->splits[input].s.label;
}

static bool in_rows(const rows *r, const void *p, size_t n)
{
    bool found = arena_holds(&r->mem, p, n);
    for (uint32_t i = 0; i < r->n_under && !found; i++)
        found = in_rows(r->under[i], p, n);
    return found;
}

static bool is_known(const worker *w, const guard *g, const void *p, size_t n)
{
    if (!n)
        return true;
    if (!p)
        return false;
    if ((w->has_chunk && input_chunk_holds(w->chunk, p, n)) || within(p, n, w->piece.mem, w->piece.mem_cap) ||
        within(p, n, w->kept.p, w->kept.n))
        return true;
    for (size_t i = 0; i < g->n; i++) {
        if (in_rows(g->v[i].f->r, p, n))
            return true;
    }
    for (size_t i = 0; i < g->n; i++)
        if (in_values(&g->v[i], w->x, p, n))
            return true;
    return false;
}

/* The row's text, which spans are of. */
static sl_str text_of(const exec *x, const flow *f, uint32_t row)
{
    const column *k = f->slot[x->p->text];
    return k && k->c.data ? ((const sl_str *)k->c.data)[row] : (sl_str){ NULL, UINT32_MAX, 0 };
}

static bool good_spans(const sl_span *v, uint32_t n, uint32_t bytes)
{
    for (uint32_t i = 0; i < n; i++)
        if (v[i].begin > v[i].end || v[i].end > bytes)
            return false;
    return true;
}

static const char nowhere[] = "a view that points outside of the batch", beyond[] = "a span that is not of the text";

static const char *check_list(const worker *w, const guard *g, const sl_list *l, uint32_t of, uint32_t bytes)
{
    if (!is_known(w, g, l->p, l->n * type_size(of)))
        return nowhere;
    for (uint32_t k = 0; k < l->n && is_text(of); k++)
        if (!is_known(w, g, ((const sl_str *)l->p)[k].p, ((const sl_str *)l->p)[k].n))
            return nowhere;
    return of == SL_T_SPAN && !good_spans(l->p, l->n, bytes) ? beyond : NULL;
}

const char *guard_values(const worker *w, const guard *g, const guarded *v, uint32_t place)
{
    const sl_column *c = v->view->columns[place];
    const size_t size = type_size(c->type);
    const char *before = v->how == GUARD_FILL ? NULL : v->before[place], *wrong = NULL;
    if (c->width != 1)
        return c->data == v->was[place].data || is_known(w, g, c->data, guard_value_size(c, v->view->n_rows)) ? NULL
                                                                                                              : nowhere;
    if (!c->data)
        return nowhere;
    for (uint32_t i = 0; i < v->view->n_sel && !wrong; i++) {
        const uint32_t row = v->view->sel[i];
        const char *value = (const char *)c->data + row * size;
        const sl_str *text = (const sl_str *)(const void *)value;
        if (!sl_is_valid(c, row) || (before && !memcmp(before + row * size, value, size)))
            continue;
        if (is_text(c->type))
            wrong = is_known(w, g, text->p, text->n) || is_label(w->x, v->f, row, text->p) ? NULL : nowhere;
        else if (c->type & 0x100)
            wrong = check_list(w, g, &((const sl_list *)c->data)[row], c->type & 0xff, text_of(w->x, v->f, row).n);
        else if (c->type == SL_T_SPAN)
            wrong = good_spans((const sl_span *)c->data + row, 1, text_of(w->x, v->f, row).n) ? NULL : beyond;
    }
    return wrong;
}

/* ---- names of rows that are made ---- */

struct guard_names {
    uint64_t *v; /* a table with open addressing; 0: free */
    size_t n, cap;
};

static bool put(struct guard_names *s, uint64_t name)
{
    size_t at = name & (s->cap - 1);
    while (s->v[at] && s->v[at] != name)
        at = (at + 1) & (s->cap - 1);
    const bool old = s->v[at] == name;
    s->v[at] = name;
    s->n += !old;
    return !old;
}

bool guard_named(flow *home, uint64_t parent, uint64_t nth)
{
    arena *a = &home->r->mem;
    struct guard_names *s = home->names;
    const uint64_t h = hash_two(parent, nth), name = h ? h : 1;
    if (!s && !(s = home->names = arena_zalloc(a, sizeof *s, 8)))
        return false;
    if (s->n * 2 >= s->cap) {
        struct guard_names more = { .cap = s->cap ? s->cap * 2 : 64 };
        if (!(more.v = arena_zalloc(a, more.cap * sizeof *more.v, 8)))
            return false;
        for (size_t i = 0; i < s->cap; i++)
            if (s->v[i])
                put(&more, s->v[i]);
        *s = more;
    }
    return !put(s, name);
}
#endif
