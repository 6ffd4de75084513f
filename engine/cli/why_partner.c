/* Partners: the documents that ours repeat, or hit. A stage names them by pos; which they are is read from the input
 * once more, all partners of one stream together. */
#include <stdlib.h>
#include <string.h>
#include "cli/why.h"
#include "io/json_tree.h"

/* Steps whose partners stand in one stream, and in one numbering of it. */
typedef struct group {
    why *w;
    uint32_t stage, port;
    uint32_t last; /* the stage whose documents the partners are */
    uint64_t *places;
    size_t n;
    why_doc *docs; /* what was found */
    size_t n_docs;
    uint64_t *parents; /* of parts, by doc */
    bool sorted;       /* the places are those of a sorted stream: all of it has to be sorted again */
} group;

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool belongs(const group *g, const why_step *s)
{
    return s->partner && !s->found && s->stage == g->stage && s->port == g->port && s->unsure != UNSURE_PLACE;
}

/* ascending, each once */
static void gather(group *g)
{
    const why *w = g->w;
    size_t n = 0;
    for (size_t i = 0; i < w->n_rows; i++)
        for (size_t k = 0; k < w->rows[i].n_steps; k++)
            if (belongs(g, &w->rows[i].steps[k]) && g->n < WHY_MOST_PARTNERS)
                g->places[g->n++] = w->rows[i].steps[k].partner;
    if (g->n)
        qsort(g->places, g->n, sizeof *g->places, by_number);
    for (size_t i = 0; i < g->n; i++)
        if (!n || g->places[n - 1] != g->places[i])
            g->places[n++] = g->places[i];
    g->n = n;
}

/* ---- partners that are parts, or sorted: their stream has to be made again ---- */

static bool pick(void *u, const exec_row *row)
{
    const group *g = u;
    for (size_t i = 0; i < g->n && !g->sorted; i++)
        if (g->places[i] >> 32 == row->pos >> 32)
            return true;
    return g->sorted;
}

/* The id is no column where no stage reads it. */
static const char *id_of(why *w, const exec_row *row)
{
    arena *mem = &w->c->mem;
    bool there = true;
    sbuf text = { 0 };
    json_tree tree = { 0 };
    const json_tree *id = NULL;
    const char *copy = NULL;
    exec_row_column(row, "id", &text);
    if (text.n) {
        copy = arena_strndup(mem, text.p, text.n);
    } else {
        exec_row_json(row, false, &text);
        const json_error read = json_tree_parse(mem, sbuf_z(&text), text.n, &tree);
        w->failed |= read == JSON_NOMEM;
        there = read == JSON_OK && (id = json_tree_get(&tree, "id"));
        copy = there ? arena_strndup(mem, id->raw, id->raw_n) : NULL;
    }
    w->failed |= text.failed || (there && !copy);
    sbuf_free(&text);
    return copy;
}

static bool tap(void *u, const exec_row *row)
{
    group *g = u;
    arena *mem = &g->w->c->mem;
    if (row->stage != g->last || row->fate == ROW_REJECTED || g->n_docs == g->n ||
        (g->w->c->plan.stages[g->last].sorts && !row->first) ||
        !bsearch(&row->pos, g->places, g->n, sizeof *g->places, by_number))
        return true;
    g->parents[g->n_docs] = row->parent;
    g->docs[g->n_docs++] = (why_doc){ .source = PLAN_NONE,
                                      .pos = row->pos,
                                      .key = row->key,
                                      .id = id_of(g->w, row),
                                      .file = row->file ? arena_strdup(mem, row->file) : NULL,
                                      .part = row->parent != 0 };
    g->w->failed |= row->file && !g->docs[g->n_docs - 1].file;
    return true;
}

static int find_parts(group *g)
{
    why *w = g->w;
    exec_options o = why_options(w);
    o.goal = g->last + 1;
    o.explain = false;
    o.pick = pick;
    o.tap = tap;
    o.tap_u = g;
    o.places = g->places;
    o.n_places = g->sorted ? 0 : g->n;
    int code = SL_OK;
    o.open_code = &code;
    exec *x = exec_open(&w->c->plan, &o, &w->c->d);
    if (!x)
        return run_refused_code(&w->c->d, code);
    code = why_ended(w, x, exec_run(x));
    exec_free(x);
    return code;
}

/* The documents that the parts were cut from, for their files and records. */
static int find_parents(group *g, uint32_t source)
{
    why_doc *docs = arena_zalloc(&g->w->c->mem, (g->n_docs + 1) * sizeof *docs, _Alignof(why_doc));
    size_t n = 0, found = 0;
    if (!docs)
        return why_no_memory(g->w);
    for (size_t i = 0; i < g->n_docs; i++)
        if (g->parents[i])
            g->places[n++] = g->parents[i];
    if (n)
        qsort(g->places, n, sizeof *g->places, by_number);
    const int code = n ? why_find_places(g->w, source, g->places, n, docs, &found) : 0;
    for (size_t i = 0; i < g->n_docs; i++)
        for (size_t k = 0; k < found; k++)
            if (docs[k].pos == g->parents[i]) {
                g->docs[i].file = docs[k].file;
                g->docs[i].record = docs[k].record;
                g->docs[i].source = docs[k].source;
                g->docs[i].id = g->docs[i].id ? g->docs[i].id : docs[k].id;
            }
    return code;
}

/* ---- one group ---- */

/* What stands between the source and the stage: do its documents still have the places that they had in the input? */
static void look_above(const plan *p, uint32_t stage, uint32_t *source, bool *sorted, bool *cut)
{
    const plan_stage *s = &p->stages[stage];
    *sorted |= s->sorts;
    *cut |= s->def->s.kind == SL_RESHAPE;
    if (s->def->s.kind == SL_SOURCE)
        *source = stage;
    for (size_t i = 0; i < s->n_from; i++)
        look_above(p, s->from[i], source, sorted, cut);
}

static int find_group(group *g)
{
    arena *mem = &g->w->c->mem;
    const plan *p = &g->w->c->plan;
    uint32_t source = PLAN_NONE;
    bool cut = false;
    look_above(p, g->last, &source, &g->sorted, &cut);
    if ((g->sorted && !g->w->whole) || source == PLAN_NONE) /* a place in what is not there any more */
        return 0;
    g->places = arena_alloc(mem, (WHY_MOST_PARTNERS + 1) * sizeof *g->places, 8);
    g->docs = arena_zalloc(mem, (WHY_MOST_PARTNERS + 1) * sizeof *g->docs, _Alignof(why_doc));
    g->parents = arena_zalloc(mem, (WHY_MOST_PARTNERS + 1) * sizeof *g->parents, 8);
    if (!g->places || !g->docs || !g->parents)
        return why_no_memory(g->w);
    gather(g);
    if (!g->n)
        return 0;
    if (!cut && !g->sorted)
        return why_find_places(g->w, source, g->places, g->n, g->docs, &g->n_docs);
    const int code = find_parts(g);
    return code || g->sorted ? code : find_parents(g, source);
}

static void hand_out(group *g)
{
    for (size_t i = 0; i < g->w->n_rows; i++)
        for (size_t k = 0; k < g->w->rows[i].n_steps; k++) {
            why_step *s = &g->w->rows[i].steps[k];
            for (size_t j = 0; j < g->n_docs && belongs(g, s); j++)
                if (g->docs[j].pos == s->partner)
                    s->found = &g->docs[j];
        }
}

int why_partners(why *w)
{
    const plan *p = &w->c->plan;
    int code = 0;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const plan_stage *s = &p->stages[i];
        for (size_t k = 0; k < s->n_from && why_is_main(p, i) && !code; k++) {
            group g = { .w = w, .stage = i, .last = s->from[k] };
            code = find_group(&g);
            hand_out(&g);
        }
        for (uint32_t k = 1; k <= s->n_ports && why_is_main(p, i) && !code; k++) {
            group g = { .w = w, .stage = i, .port = k, .last = s->ports[k - 1].last };
            code = g.last == PLAN_NONE ? 0 : find_group(&g);
            hand_out(&g);
        }
    }
    return code;
}
