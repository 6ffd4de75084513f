/* The replay: the documents go through the pipeline again, with the states that the run saved, and each stage is asked
 * what it did to them. Only the pieces of input where they lie are read; where a stage cuts documents, all of such a
 * piece goes through it, for the places of parts count within the piece. What hangs on the place in a sorted stream
 * can only be told by --whole, which replays everything. */
#include <stdlib.h>
#include <string.h>
#include "cli/why.h"
#include "io/json_tree.h"

enum { BUCKETS = 4096, PIECES = 1 << 18 /* of a sort, at most */, MOST_ROWS = 100000, MOST_MEASURES = 16 };

typedef struct why_places { /* the documents of each piece of a sorted stream; pieces are numbered on end */
    uint32_t *records;      /* by number modulo PIECES; NULL: none came yet */
    uint64_t first;
} why_places;

/* ---- the plan ---- */

static bool find_above(why *w)
{
    const plan *p = &w->c->plan;
    const size_t n = p->n_stages;
    w->above = arena_zalloc(&w->c->mem, n * n + 1, 1);
    for (size_t i = 0; w->above && i < n; i++)
        for (size_t k = 0; k < p->stages[i].n_from; k++) {
            const size_t from = p->stages[i].from[k];
            w->above[i * n + from] = true;
            for (size_t j = 0; j < n; j++)
                w->above[i * n + j] |= w->above[from * n + j];
        }
    return w->above != NULL;
}

static bool is_above(const why *w, uint32_t stage, uint32_t other)
{
    return w->above[stage * w->c->plan.n_stages + other];
}

/* Columns that some stage of the main stream writes, or that the user wants to see. */
static bool find_watched(why *w)
{
    const plan *p = &w->c->plan;
    w->watched = arena_zalloc(&w->c->mem, p->n_columns + 1, 1);
    for (uint32_t i = 0; w->watched && i < p->n_stages; i++) {
        const plan_stage *s = &p->stages[i];
        if (s->def->s.kind == SL_SOURCE || !why_is_main(p, i))
            continue;
        for (size_t k = 0; k < s->n_view; k++)
            if (s->view[k].slot != PLAN_NONE && (s->view[k].flags & (SL_WRITE | SL_REMOVE)))
                w->watched[s->view[k].slot] = true;
        if (s->as_slot != PLAN_NONE)
            w->watched[s->as_slot] = w->watched[s->as_value_slot] = true;
    }
    for (size_t i = 0; w->watched && i < p->n_columns; i++) {
        bool wanted = !w->n_columns;
        for (size_t k = 0; k < w->n_columns; k++)
            wanted |= !strcmp(w->columns[k], p->columns[i].name);
        w->watched[i] &= wanted && !p->columns[i].hidden && !p->columns[i].shared;
    }
    return w->watched != NULL;
}

/* Does what this stage does hang on a place in a stream that only the whole of it makes? */
static bool needs_whole(const why *w, uint32_t stage)
{
    const plan *p = &w->c->plan;
    bool moved = false;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const plan_stage *s = &p->stages[i];
        if (is_above(w, stage, i))
            moved |= s->sorts || (s->def->s.kind == SL_RESHAPE && (s->def->s.flags & SL_F_ORDERED));
    }
    return p->stages[stage].fits && moved;
}

static bool makes_parts(const why *w)
{
    const plan *p = &w->c->plan;
    bool any = false;
    for (uint32_t i = 0; i < p->n_stages; i++)
        any |= p->stages[i].def->s.kind == SL_RESHAPE && why_is_main(p, i);
    return any;
}

/* ---- rows ---- */

static uint32_t add_row(why *w, why_row row)
{
    why_row *v = w->n_rows < MOST_ROWS ? arena_grow(&w->c->mem, w->rows, w->n_rows, sizeof *v) : NULL;
    if (!v) {
        w->failed = true;
        return PLAN_NONE;
    }
    w->rows = v;
    const uint32_t at = (uint32_t)w->n_rows++;
    row.next = w->buckets[row.key % BUCKETS];
    row.first_part = row.last_part = row.next_part = PLAN_NONE;
    w->buckets[row.key % BUCKETS] = at;
    v[at] = row;
    if (row.parent == PLAN_NONE)
        return at;
    why_row *parent = &v[row.parent];
    if (parent->last_part == PLAN_NONE)
        parent->first_part = at;
    else
        v[parent->last_part].next_part = at;
    return parent->last_part = at;
}

static uint32_t find_row(const why *w, uint64_t key, uint64_t pos)
{
    for (uint32_t i = w->buckets[key % BUCKETS]; i != PLAN_NONE; i = w->rows[i].next)
        if (w->rows[i].key == key && (w->rows[i].pos == pos || w->rows[i].pos_read == pos))
            return i;
    return PLAN_NONE;
}

static const why_step *step_at(const why_row *r, uint32_t stage)
{
    for (size_t i = 0; i < r->n_steps; i++)
        if (r->steps[i].stage == stage)
            return &r->steps[i];
    return NULL;
}

/* A row comes back from a sort: it has a new pos. */
static uint32_t find_sorted(why *w, const exec_row *row)
{
    const plan *p = &w->c->plan;
    if (!row->first || !p->stages[row->stage].sorts)
        return PLAN_NONE;
    for (uint32_t i = w->buckets[row->key % BUCKETS]; i != PLAN_NONE; i = w->rows[i].next) {
        const why_step *s = w->rows[i].key == row->key ? step_at(&w->rows[i], row->stage) : NULL;
        if (s && !s->place)
            return i;
    }
    return PLAN_NONE;
}

/* The row, if it is one of ours. PLAN_NONE: it is not. */
static uint32_t identify(why *w, const exec_row *row)
{
    const plan *p = &w->c->plan;
    uint32_t i = find_sorted(w, row);
    if (i == PLAN_NONE)
        i = find_row(w, row->key, row->pos);
    if (i != PLAN_NONE || !row->parent_key || p->stages[row->stage].def->s.kind != SL_RESHAPE)
        return i;
    const uint32_t parent = find_row(w, row->parent_key, row->parent);
    if (parent == PLAN_NONE)
        return PLAN_NONE;
    return add_row(w, (why_row){ .key = row->key,
                                 .pos = row->pos,
                                 .pos_read = row->pos,
                                 .doc = w->rows[parent].doc,
                                 .parent = parent,
                                 .made_by = row->stage });
}

/* ---- steps ---- */

/* A value as JSON. NULL: it is null or absent, which columns do not tell apart. */
static const char *value_of(why *w, const char *json, size_t n)
{
    if (!n || (n == 4 && !memcmp(json, "null", 4)))
        return NULL;
    const char *copy = arena_strndup(&w->c->mem, json, n);
    w->failed |= !copy;
    return copy;
}

static const char *column_now(why *w, const exec_row *row, const char *name)
{
    sbuf text = { 0 };
    exec_row_column(row, name, &text);
    const char *value = value_of(w, sbuf_z(&text), text.n);
    w->failed |= text.failed;
    sbuf_free(&text);
    return value;
}

/* Fields of the record that no stage reads are no columns yet. */
static void columns_of_record(why *w, const exec_row *row, why_row *r, why_step *s)
{
    const plan *p = &w->c->plan;
    sbuf json = { 0 };
    json_tree tree;
    arena mem;
    arena_init(&mem, 0);
    exec_row_json(row, false, &json);
    const json_error read = json_tree_parse(&mem, sbuf_z(&json), json.n, &tree);
    const bool good = read == JSON_OK;
    w->failed |= read == JSON_NOMEM || json.failed;
    for (size_t i = 0; good && i < p->n_columns; i++) {
        const json_tree *v = w->watched[i] && !s->columns[i] ? json_tree_get(&tree, p->columns[i].name) : NULL;
        if (v)
            s->columns[i] = value_of(w, v->raw, v->raw_n);
    }
    r->asked = arena_zalloc(&w->c->mem, (w->n_columns + 1) * sizeof *r->asked, _Alignof(char *));
    w->failed |= !r->asked;
    for (size_t i = 0; good && r->asked && i < w->n_columns; i++) {
        const json_tree *v = json_tree_get(&tree, w->columns[i]);
        r->asked[i] = v ? value_of(w, v->raw, v->raw_n) : column_now(w, row, w->columns[i]);
    }
    arena_free(&mem);
    sbuf_free(&json);
}

static bool writes(const plan_stage *s, uint32_t slot)
{
    for (size_t k = 0; k < s->n_view; k++)
        if (s->view[k].slot == slot && (s->view[k].flags & (SL_WRITE | SL_REMOVE)))
            return true;
    return slot == s->as_slot || slot == s->as_value_slot;
}

static bool equal(const char *a, const char *b) { return a && b ? !strcmp(a, b) : !a && !b; }

static void add_change(why *w, why_step *s, const char *column, const char *before, const char *after)
{
    why_change *v = arena_grow(&w->c->mem, s->changes, s->n_changes, sizeof *v);
    if (!v) {
        w->failed = true;
        return;
    }
    s->changes = v;
    v[s->n_changes++] = (why_change){ column, before, after };
}

/* The columns behind the stage, those before it being known from the step above. */
static void take_columns(why *w, const exec_row *row, why_row *r, why_step *s)
{
    const plan *p = &w->c->plan;
    const plan_stage *stage = &p->stages[s->stage];
    const why_step *before = NULL;
    for (size_t i = 0; i < r->n_steps; i++)
        if (is_above(w, s->stage, r->steps[i].stage))
            before = &r->steps[i];
    s->columns = arena_zalloc(&w->c->mem, (p->n_columns + 1) * sizeof *s->columns, _Alignof(char *));
    if (!s->columns) {
        w->failed = true;
        return;
    }
    for (uint32_t i = 0; i < p->n_columns; i++) {
        if (!w->watched[i])
            continue;
        const bool written = writes(stage, i) && row->fate != ROW_REJECTED;
        s->columns[i] = before && !written ? before->columns[i] : column_now(w, row, p->columns[i].name);
        if (before && written && !equal(before->columns[i], s->columns[i]))
            add_change(w, s, p->columns[i].name, before->columns[i], s->columns[i]);
    }
    if (!before && stage->def->s.kind == SL_SOURCE && row->fate != ROW_REJECTED)
        columns_of_record(w, row, r, s);
}

static void take_measures(why *w, const exec_row *row, why_step *s)
{
    exec_measure m;
    for (size_t i = 0; s->n_measures < MOST_MEASURES && exec_row_measured(row, i, &m); i++) {
        why_measure *v = arena_grow(&w->c->mem, s->measures, s->n_measures, sizeof *v);
        const char *name = v ? arena_strdup(&w->c->mem, m.name) : NULL;
        if (!name) {
            w->failed = true;
            return;
        }
        s->measures = v;
        const char *unit = m.unit ? arena_strdup(&w->c->mem, m.unit) : NULL;
        w->failed |= m.unit && !unit;
        v[s->n_measures++] = (why_measure){ name, unit, m.value };
    }
}

static const char *unit_of(const plan_stage *s, const char *reason)
{
    sl_metric m;
    for (size_t i = 0; reason && stage_metric(s->def, i, &m); i++)
        if (!strcmp(m.name, reason))
            return m.unit;
    return NULL;
}

static int sureness(const why *w, const plan_stage *s, const exec_row *row)
{
    if (w->whole)
        return UNSURE_NONE;
    if (needs_whole(w, row->stage))
        return UNSURE_PLACE;
    return s->def->s.flags & SL_F_ORDERED ? UNSURE_ALONE : UNSURE_NONE;
}

/* Nothing is shown behind what cannot be told. */
static bool behind_unknown(const why *w, uint32_t at, uint32_t stage)
{
    for (; at != PLAN_NONE; at = w->rows[at].parent)
        for (size_t i = 0; i < w->rows[at].n_steps; i++)
            if (w->rows[at].steps[i].unsure == UNSURE_PLACE && is_above(w, stage, w->rows[at].steps[i].stage))
                return true;
    return false;
}

static void add_step(why *w, uint32_t at, const exec_row *row)
{
    arena *mem = &w->c->mem;
    why_row *r = &w->rows[at];
    const plan_stage *stage = &w->c->plan.stages[row->stage];
    why_step s = { .stage = row->stage,
                   .fate = (int)row->fate,
                   .error = row->is_error,
                   .value = row->why.value,
                   .limit = row->why.limit,
                   .partner = row->why.partner,
                   .port = row->why.port,
                   .unsure = sureness(w, stage, row) };
    if (step_at(r, row->stage) || behind_unknown(w, at, row->stage))
        return;
    why_step *v = arena_grow(mem, r->steps, r->n_steps, sizeof *v);
    s.reason = row->reason ? arena_strdup(mem, row->reason) : NULL;
    s.detail = row->why.detail.n ? arena_strndup(mem, row->why.detail.p, row->why.detail.n) : NULL;
    if (!v || (row->reason && !s.reason) || (row->why.detail.n && !s.detail)) {
        w->failed = true;
        return;
    }
    s.detail_n = row->why.detail.n;
    s.unit = unit_of(stage, row->reason);
    take_columns(w, row, r, &s);
    take_measures(w, row, &s);
    if (!r->n_steps && r->made_by != PLAN_NONE)
        r->id = column_now(w, row, "id");
    r->steps = v;
    size_t to = r->n_steps++; /* stages that wait for the end of a piece come late */
    for (; to && v[to - 1].stage > s.stage; to--)
        v[to] = v[to - 1];
    v[to] = s;
}

/* ---- places ---- */

/* Pieces of a sort are numbered on end, and there are at most PIECES. */
static void count_place(why *w, const exec_row *row)
{
    why_places *s = &w->places[row->stage];
    const uint64_t number = row->pos >> 32;
    if (!s->records && !(s->records = calloc(PIECES, sizeof *s->records))) {
        w->failed = true;
        return;
    }
    if (!s->first || number < s->first)
        s->first = number;
    uint32_t *n = &s->records[number % PIECES];
    const uint32_t ordinal = (uint32_t)row->pos;
    *n = ordinal > *n ? ordinal : *n;
}

/* From pos to n-th of m; alone, a document's place means nothing. */
static void set_place(const why *w, why_step *s)
{
    const why_places *in = &w->places[s->stage];
    const uint64_t number = s->place >> 32, ordinal = s->place & UINT32_MAX;
    const bool known = w->whole && in->records && s->place;
    s->place = 0;
    for (uint64_t n = in->first; known && n < in->first + PIECES; n++) {
        s->place += n < number ? in->records[n % PIECES] : 0;
        s->of += in->records[n % PIECES];
    }
    s->place += known ? ordinal : 0;
}

static void set_places(why *w)
{
    for (size_t i = 0; i < w->n_rows; i++)
        for (size_t k = 0; k < w->rows[i].n_steps; k++)
            set_place(w, &w->rows[i].steps[k]);
}

/* ---- the pass ---- */

static bool pick(void *u, const exec_row *row)
{
    const why *w = u;
    if (w->whole)
        return true;
    for (size_t i = 0; i < w->n_docs; i++)
        if (w->by_piece ? w->docs[i].pos >> 32 == row->pos >> 32 : w->docs[i].pos == row->pos)
            return true;
    return false;
}

static bool tap(void *u, const exec_row *row)
{
    why *w = u;
    const plan *p = &w->c->plan;
    if (!why_is_main(p, row->stage))
        return true;
    const bool from_sort = row->first && p->stages[row->stage].sorts;
    if (from_sort && w->whole)
        count_place(w, row);
    const uint32_t at = identify(w, row);
    if (at == PLAN_NONE)
        return !w->failed;
    if (from_sort) {
        why_row *r = &w->rows[at];
        for (size_t i = 0; i < r->n_steps; i++)
            if (r->steps[i].stage == row->stage)
                r->steps[i].place = row->pos;
        r->pos = row->pos;
    } else {
        add_step(w, at, row);
    }
    return !w->failed;
}

static int replay(why *w)
{
    cli *c = w->c;
    uint64_t places[WHY_MOST_DOCUMENTS];
    for (size_t i = 0; i < w->n_docs; i++)
        places[i] = w->docs[i].pos;
    exec_options o = why_options(w);
    o.tap = tap;
    o.pick = pick;
    o.tap_u = w;
    o.places = places;
    o.n_places = w->whole ? 0 : w->n_docs;
    int code = SL_OK;
    o.open_code = &code;
    exec *x = exec_open(&c->plan, &o, &c->d);
    if (!x)
        return run_refused_code(&c->d, code);
    code = why_ended(w, x, exec_run(x));
    if (!code && w->failed) {
        diag_error(&c->d, (diag_at){ 0 }, "%s",
                   w->n_rows < MOST_ROWS ? "out of memory" : "the document has too many parts");
        code = EXIT_INTERNAL;
    }
    exec_free(x);
    return code;
}

int why_trace(why *w)
{
    const size_t n = w->c->plan.n_stages;
    w->buckets = arena_alloc(&w->c->mem, BUCKETS * sizeof *w->buckets, _Alignof(uint32_t));
    w->places = arena_zalloc(&w->c->mem, (n + 1) * sizeof *w->places, _Alignof(why_places));
    if (!w->buckets || !w->places || !find_above(w) || !find_watched(w))
        return why_no_memory(w);
    w->by_piece = makes_parts(w);
    memset(w->buckets, 0xff, BUCKETS * sizeof *w->buckets);
    for (uint32_t i = 0; i < w->n_docs; i++)
        add_row(w, (why_row){ .key = w->docs[i].key,
                              .pos = w->docs[i].pos,
                              .pos_read = w->docs[i].pos,
                              .doc = i,
                              .parent = PLAN_NONE,
                              .made_by = PLAN_NONE });
    const int code = replay(w);
    set_places(w);
    for (size_t i = 0; i < n; i++)
        free(w->places[i].records);
    return code;
}
