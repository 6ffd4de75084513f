/* Who reads from whom, and in which order the sources' documents stand in the stream. */
#include <string.h>
#include "base/str.h"
#include "plan/bind.h"

static bool is_source(const plan_stage *s) { return s->def->s.kind == SL_SOURCE; }
/* Where documents get their places in the stream: a source, or a stage behind which the engine sorts. */
static bool gives_places(const plan_stage *s) { return is_source(s) || s->sorts; }
static bool is_sink(const plan_stage *s) { return s->def->s.kind == SL_SINK; }

static diag_at from_at(const plan_stage *s, size_t i)
{
    const yaml_node *v = yaml_get(s->in_file->node, "from");
    if (v && v->kind == YAML_LIST && i < v->n)
        return v->items[i]->at;
    return v ? v->at : s->in_file->at;
}

/* The stage above `me` that `name` means; PLAN_NONE: none, and that is an error or follows from one. */
static uint32_t stage_called(plan *p, diags *d, size_t me, const char *name, diag_at at)
{
    const char **names = arena_alloc(&p->mem, (p->n_stages + 1) * sizeof *names, _Alignof(char *));
    uint32_t found = PLAN_NONE;
    unsigned uses = 0;
    if (!names)
        return diag_nomem(d), PLAN_NONE;
    size_t n = 0;
    for (size_t i = 0; i < me; i++) {
        if (p->stages[i].owner != PLAN_NONE) /* a port's chain is the port's own */
            continue;
        names[n++] = p->stages[i].name;
        if (!strcmp(p->stages[i].name, name))
            return (uint32_t)i;
    }
    for (size_t i = 0; i < me; i++)
        if (p->stages[i].owner == PLAN_NONE && p->stages[i].common.use && !strcmp(p->stages[i].common.use, name)) {
            found = (uint32_t)i;
            uses++;
        }
    if (uses > 1)
        diag_error(d, at, "%u stages above use '%s'; give them names and say which", uses, name);
    if (uses)
        return uses == 1 ? found : PLAN_NONE;
    for (size_t i = me; i < p->n_stages; i++)
        if (!strcmp(p->stages[i].name, name)) {
            diag_error(d, at,
                       i == me ? "'%s' reads from itself" : "'%s' stands below; a stage reads from stages above it",
                       name);
            return PLAN_NONE;
        }
    if (plan_may_mean(p, me, name))
        return PLAN_NONE;
    const char *guess = str_suggest(name, names, n);
    diag_error(d, at, guess ? "no stage above is called '%s'; did you mean '%s'?" : "no stage above is called '%s'",
               name, guess);
    return PLAN_NONE;
}

static void connect(plan *p, diags *d, uint32_t above, uint32_t below, uint32_t port)
{
    plan_stage *a = &p->stages[above], *b = &p->stages[below];
    if (is_sink(a)) {
        diag_error(d, b->in_file->at,
                   "nothing comes out of the sink '%s' that '%s' would read from; say which stage with 'from'", a->name,
                   b->name);
        b->flaws |= FLAW_FROM;
        return;
    }
    uint32_t *from = arena_grow(&p->mem, b->from, b->n_from, sizeof *from),
             *to = arena_grow(&p->mem, a->to, a->n_to, sizeof *to),
             *to_port = arena_grow(&p->mem, a->to_port, a->n_to, sizeof *to_port);
    if (!from || !to || !to_port) {
        diag_nomem(d);
        return;
    }
    b->from = from;
    if (!port)
        from[b->n_from++] = above;
    (a->to_port = to_port)[a->n_to] = port;
    (a->to = to)[a->n_to++] = below;
}

static void connect_stage(plan *p, diags *d, uint32_t i)
{
    plan_stage *s = &p->stages[i];
    const char *const *from = s->common.from.v;
    for (size_t k = 0; k < s->n_ports; k++)
        if (s->ports[k].last != PLAN_NONE)
            connect(p, d, s->ports[k].last, i, (uint32_t)k + 1);
    if (is_source(s)) {
        if (s->common.from.n)
            diag_error(d, from_at(s, 0), "%s is a source; it reads from no stage", s->common.use);
        return;
    }
    if (s->owner != PLAN_NONE && s->common.from.n) {
        diag_error(d, from_at(s, 0), "a stage of an input reads from the one before it in the list");
        if (s->prev != PLAN_NONE)
            connect(p, d, s->prev, i, 0);
        return;
    }
    if (!s->common.from.n) {
        if (s->prev != PLAN_NONE) {
            connect(p, d, s->prev, i, 0);
        } else if (!(s->flaws & FLAW_USE)) { /* else it may have been meant to be a source */
            diag_error(d, s->in_file->at, "'%s' stands first and has nothing to read from; %s begins with a source",
                       s->name, s->owner == PLAN_NONE ? "a pipeline" : "an input");
            s->flaws |= FLAW_FROM;
        }
        return;
    }
    for (size_t k = 0; k < s->common.from.n; k++) {
        const uint32_t above = stage_called(p, d, i, from[k], from_at(s, k));
        bool again = false;
        s->flaws |= above == PLAN_NONE ? FLAW_FROM : 0;
        for (size_t j = 0; above != PLAN_NONE && j < s->n_from; j++)
            again |= s->from[j] == above;
        if (again)
            diag_error(d, from_at(s, k), "'%s' is named twice", from[k]);
        else if (above != PLAN_NONE)
            connect(p, d, above, i, 0);
    }
}

/* ---- sources under a stage, as bits ---- */

typedef struct bits {
    uint64_t *w;
} bits;
static bool has(bits b, size_t i) { return b.w[i >> 6] >> (i & 63) & 1; }
static void put(bits b, size_t i) { b.w[i >> 6] |= 1ull << (i & 63); }

/* Says so if documents of one source reach stage s through two of its inputs, and leaves the second out; else notes
 * that those of an earlier input stand before those of a later one: before[a] has bit b. */
static void order_inputs(const plan *p, diags *d, plan_stage *s, bits *under, bits *before, bits all)
{
    const size_t n = p->n_stages, words = n / 64 + 1;
    memset(all.w, 0, words * 8);
    for (size_t k = 0; k < s->n_from; k++) {
        const bits late = under[s->from[k]];
        for (size_t a = 0; k && a < n; a++) {
            if (!has(all, a))
                continue;
            if (has(late, a)) {
                diag_error(d, from_at(s, k), "documents of '%s' reach '%s' on two ways and would stand in it twice",
                           p->stages[a].name, s->name);
                s->flaws |= FLAW_FROM;
                s->n_from = k;
                return;
            }
            for (size_t w = 0; w < words; w++)
                before[a].w[w] |= late.w[w];
        }
        for (size_t w = 0; w < words; w++)
            all.w[w] |= late.w[w];
    }
}

/* Repeatedly the first source of the file that none of the remaining must precede. */
static void choose_order(plan *p, diags *d, bits *before, uint32_t *ahead, bits done)
{
    const size_t n = p->n_stages;
    size_t left = 0;
    for (size_t a = 0; a < n; a++) {
        left += gives_places(&p->stages[a]);
        for (size_t b = 0; gives_places(&p->stages[a]) && b < n; b++)
            ahead[b] += has(before[a], b);
    }
    for (; left; left--) {
        size_t next = 0, first = n;
        for (; next < n && (!gives_places(&p->stages[next]) || has(done, next) || ahead[next]); next++)
            if (first == n && gives_places(&p->stages[next]) && !has(done, next))
                first = next;
        if (next == n) {
            diag_error(d, (diag_at){ p->file->sources, 0, 0, 0 },
                       "the stages that merge several inputs ask for orders that contradict each other");
            next = first;
        }
        put(done, next);
        p->places[p->n_places++] = (uint32_t)next;
        if (is_source(&p->stages[next]))
            p->sources[p->n_sources++] = (uint32_t)next;
        for (size_t b = 0; b < n; b++)
            ahead[b] -= has(before[next], b);
    }
}

static void order_sources(plan *p, diags *d, bits *under, bits *before)
{
    const size_t n = p->n_stages, words = n / 64 + 1;
    const bits all = { arena_zalloc(&p->mem, words * 8, 8) }, done = { arena_zalloc(&p->mem, words * 8, 8) };
    uint32_t *ahead = arena_zalloc(&p->mem, (n + 1) * sizeof *ahead, 8);
    p->sources = arena_alloc(&p->mem, (n + 1) * sizeof *p->sources, _Alignof(uint32_t));
    p->places = arena_alloc(&p->mem, (n + 1) * sizeof *p->places, _Alignof(uint32_t));
    if (!all.w || !done.w || !ahead || !p->sources || !p->places) {
        diag_nomem(d);
        return;
    }
    for (size_t i = 0; i < n; i++)
        order_inputs(p, d, &p->stages[i], under, before, all);
    choose_order(p, d, before, ahead, done);
}

static void check_paths(plan *p, diags *d)
{
    for (size_t i = 0; i < p->n_stages; i++) {
        const yaml_node *a = is_sink(&p->stages[i]) ? yaml_get(p->stages[i].in_file->node, "path") : NULL;
        for (size_t k = 0; a && a->kind == YAML_SCALAR && k < i; k++) {
            const yaml_node *b = is_sink(&p->stages[k]) ? yaml_get(p->stages[k].in_file->node, "path") : NULL;
            if (b && b->kind == YAML_SCALAR && !strcmp(a->text, b->text))
                diag_error(d, a->at, "'%s' and '%s' write to the same path", p->stages[k].name, p->stages[i].name);
        }
    }
}

/* The first thing above s that keeps the parts of a document from coming together, on whatever way: a stage that sorts,
 * or a source if nobody below it cuts documents. above[i]: the same for what leaves stage i. */
static uint32_t breaks_families(const plan_stage *s, const uint32_t *above)
{
    for (size_t k = 0; k < s->n_from; k++)
        if (above[s->from[k]] != PLAN_NONE)
            return above[s->from[k]];
    return PLAN_NONE;
}

/* A stage that wants the parts of a document together: somebody above must have cut documents, and nobody may have
 * sorted the parts since. */
static void check_families(const plan *p, diags *d, uint32_t *above)
{
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const plan_stage *s = &p->stages[i];
        const uint32_t found = breaks_families(s, above);
        const bool cuts = s->def->s.kind == SL_RESHAPE || (s->flaws & (FLAW_USE | FLAW_FROM)); /* it does, or may */
        above[i] = gives_places(s) ? i : cuts ? PLAN_NONE : found;
        if (!(s->def->s.flags & SL_F_FAMILIES) || found == PLAN_NONE || (s->flaws & FLAW_FROM))
            continue;
        if (p->stages[found].sorts) {
            diag_error(d, s->in_file->at, "%s wants all parts of a document together, but '%s' above sorts the stream",
                       s->common.use, p->stages[found].name);
        } else {
            diag_error(d, s->in_file->at,
                       "%s wants the parts that documents were cut into, and no stage above cuts those of '%s'",
                       s->common.use, p->stages[found].name);
            diag_hint(d, "such as expand.split");
        }
    }
}

void bind_graph(plan *p, diags *d)
{
    const size_t n = p->n_stages, words = n / 64 + 1;
    bits *under = arena_zalloc(&p->mem, (n + 1) * sizeof *under, 16),
         *before = arena_zalloc(&p->mem, (n + 1) * sizeof *before, 16);
    uint32_t *above = arena_zalloc(&p->mem, (n + 1) * sizeof *above, _Alignof(uint32_t));
    for (size_t i = 0; under && before && i < n; i++) {
        under[i].w = arena_zalloc(&p->mem, words * 8, 8);
        before[i].w = arena_zalloc(&p->mem, words * 8, 8);
        if (!under[i].w || !before[i].w)
            under = NULL;
    }
    if (!under || !before || !above) {
        diag_nomem(d);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        plan_stage *s = &p->stages[i];
        connect_stage(p, d, (uint32_t)i);
        if (gives_places(s))
            put(under[i], i);
        for (size_t k = 0; k < s->n_from && !s->sorts; k++)
            for (size_t w = 0; w < words; w++)
                under[i].w[w] |= under[s->from[k]].w[w];
    }
    size_t sure = n; /* what stands above a stage whose inputs are not known may be one of them */
    while (sure && !(p->stages[sure - 1].flaws & FLAW_FROM))
        sure--;
    for (size_t i = sure; i < n; i++) {
        const plan_stage *s = &p->stages[i];
        if (!(s->flaws & FLAW_USE) && !is_sink(s) && !s->n_to) {
            diag_error(d, s->in_file->at, "'%s' leads nowhere: no stage reads from it", s->name);
            if (s->owner != PLAN_NONE)
                diag_hint(d, "an input is one source and the stages below it");
            else if (is_source(s) && i + 1 < n)
                diag_hint(d, "a stage reads from the one before it; to read several, say 'from: [%s, …]'", s->name);
            else
                diag_hint(d, "a pipeline ends with a sink");
        }
    }
    check_families(p, d, above);
    check_paths(p, d);
    order_sources(p, d, under, before);
}
