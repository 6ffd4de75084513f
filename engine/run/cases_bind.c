#include "run/cases_bind.h"
#include <string.h>
#include "base/str.h"
#include "run/cases.h"

enum { MAX_NAMES = 512 };

static bool is_kind(const plan *p, uint32_t s, uint32_t kind) { return p->stages[s].def->s.kind == kind; }

/* Is it a stage of the file's own list? A plan may have others, such as those that feed a port. */
static bool is_listed(const plan *p, uint32_t s)
{
    for (size_t i = 0; i < p->file->n_stages; i++)
        if (p->stages[s].in_file == &p->file->stages[i])
            return true;
    return false;
}

static void refuse(diags *d, diag_at at, const char *hint, const char *what, const char *name, const char *guess)
{
    if (guess)
        diag_error(d, at, "%s '%s'; did you mean '%s'?", what, name, guess);
    else
        diag_error(d, at, "%s '%s'", what, name);
    if (*hint)
        diag_hint(d, "%s", hint);
}

static void list_names(sbuf *out, const char *title, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sbuf_printf(out, "%s%s", i ? ", " : title, names[i]);
}

/* ---- stages ---- */

/* A stage by its name in the plan, else by a use that only one stage has. */
static uint32_t find_stage(const bound_case *b, diags *d, const char *name, diag_at at)
{
    const plan *p = b->p;
    const char *names[MAX_NAMES] = { NULL };
    size_t n = 0;
    for (uint32_t i = 0; i < p->n_stages; i++)
        if (p->stages[i].name && !strcmp(p->stages[i].name, name) && is_listed(p, i))
            return i;
    uint32_t found = PLAN_NONE;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const char *use = is_listed(p, i) ? p->stages[i].common.use : NULL;
        if (use && !strcmp(use, name)) {
            if (found != PLAN_NONE) {
                refuse(d, at, "give them names and say which", "several stages use", name, NULL);
                return PLAN_NONE;
            }
            found = i;
        }
        if (use && p->stages[i].name && n < MAX_NAMES)
            names[n++] = p->stages[i].name;
    }
    if (found == PLAN_NONE && !plan_may_mean(p, p->n_stages, name)) {
        sbuf hint = { 0 };
        list_names(&hint, "stages here: ", names, n);
        refuse(d, at, sbuf_z(&hint), "the pipeline has no stage", name, str_suggest(name, names, n));
        sbuf_free(&hint);
    }
    return found;
}

/* The stage that a key of the case names, which must not be of the kind `never`. */
static bool named(const bound_case *b, diags *d, const char *name, diag_at at, uint32_t never, const char *why,
                  uint32_t *out)
{
    if (!name)
        return true;
    *out = find_stage(b, d, name, at);
    if (*out == PLAN_NONE)
        return false;
    if (!is_kind(b->p, *out, never))
        return true;
    diag_error(d, at, why, name);
    return false;
}

static bool bind_ends(bound_case *b, diags *d)
{
    const pipeline_case *c = b->c;
    if (c->at) {
        bool ok = named(b, d, c->at, c->at_place, SL_SOURCE,
                        "'%s' is a source, and documents come in below it: say from, not at", &b->first);
        ok = ok && named(b, d, c->at, c->at_place, SL_SINK,
                         "'%s' is a sink, and nothing comes out of it: say to, not at", &b->first);
        b->last = b->first;
        return ok;
    }
    const bool from =
        named(b, d, c->from, c->from_place, SL_SINK, "'%s' is a sink: no document comes out of it", &b->first);
    const bool to = named(b, d, c->to, c->to_place, SL_SOURCE, "'%s' is a source: no document comes to it", &b->last);
    return from && to;
}

/* ---- the range ---- */

/* Marks what lies on the way from `first` down. */
static void mark_below(const bound_case *b, uint8_t *mark)
{
    mark[b->first] = 1;
    for (uint32_t i = b->first + 1; i < b->p->n_stages; i++)
        for (size_t k = 0; k < b->p->stages[i].n_from; k++)
            mark[i] |= mark[b->p->stages[i].from[k]];
}

static bool which(diags *d, diag_at at, const plan *p, const uint8_t *mark, uint32_t kind, const char *key,
                  const char *text, uint32_t *out)
{
    const char *names[MAX_NAMES] = { NULL };
    size_t n = 0;
    for (uint32_t i = 0; i < p->n_stages; i++)
        if (is_kind(p, i, kind) && (!mark || mark[i]) && is_listed(p, i)) {
            *out = i;
            if (n < MAX_NAMES)
                names[n++] = p->stages[i].name;
        }
    if (n == 1)
        return true;
    sbuf hint = { 0 };
    sbuf_printf(&hint, "%s: ", key);
    list_names(&hint, "one of ", names, n);
    diag_error(d, at, text, n, key);
    if (n)
        diag_hint(d, "%s", sbuf_z(&hint));
    sbuf_free(&hint);
    return false;
}

/* The ends that were not named, and all between the two. Needs a sound graph. */
static bool bind_range(bound_case *b, arena *mem, diags *d)
{
    const plan *p = b->p;
    const pipeline_case *c = b->c;
    uint8_t *below = arena_zalloc(mem, p->n_stages + 1, 1), *above = arena_zalloc(mem, p->n_stages + 1, 1);
    if (!below || !above) {
        diag_nomem(d);
        return false;
    }
    if (b->first == PLAN_NONE &&
        !which(d, c->place, p, NULL, SL_SOURCE, "from",
               "the pipeline has %zu sources: say with '%s' which one the documents are of", &b->first))
        return false;
    mark_below(b, below);
    if (b->last == PLAN_NONE && !which(d, c->place, p, below, SL_SINK, "to",
                                       "documents come to %zu sinks: say with '%s' which one is looked at", &b->last))
        return false;
    if (!below[b->last]) {
        diag_error(d, c->to ? c->to_place : c->from_place, "no way leads from '%s' to '%s'", p->stages[b->first].name,
                   p->stages[b->last].name);
        return false;
    }
    above[b->last] = 1;
    for (uint32_t i = b->last + 1; i-- > 0;)
        for (size_t k = 0; above[i] && k < p->stages[i].n_from; k++)
            above[p->stages[i].from[k]] = 1;
    for (uint32_t i = 0; i < p->n_stages; i++)
        below[i] = below[i] && above[i] && !is_kind(p, i, SL_SOURCE) && !is_kind(p, i, SL_SINK);
    b->within = below;
    return true;
}

/* ---- reasons and ports ---- */

static void add_reasons(const stage_def *def, const char **names, size_t *n)
{
    sl_metric m;
    for (size_t i = 0; def && stage_metric(def, i, &m); i++) { /* def: the source's may not be there */
        bool there = m.kind != SL_M_REJECT && m.kind != SL_M_ERROR;
        for (size_t k = 0; k < *n; k++)
            there |= !strcmp(names[k], m.name);
        if (!there && *n < MAX_NAMES)
            names[(*n)++] = m.name;
    }
}

static void check_reasons(const bound_case *b, diags *d, registry *reg)
{
    const char *names[MAX_NAMES] = { NULL };
    size_t n = 0;
    for (uint32_t i = 0; i < b->p->n_stages; i++)
        if (b->within[i])
            add_reasons(b->p->stages[i].def, names, &n);
    const size_t own = n; /* the source's are allowed, but nobody means them by mistake */
    add_reasons(registry_find(reg, "source.jsonl", d, b->c->place), names, &n);
    for (size_t i = 0; i < b->c->n_rejects; i++) {
        const pipeline_tally *t = &b->c->rejects[i];
        size_t k = 0;
        while (k < n && strcmp(names[k], t->reason))
            k++;
        if (k < n)
            continue;
        sbuf hint = { 0 };
        list_names(&hint, "reasons here: ", names, own);
        refuse(d, t->at, own ? sbuf_z(&hint) : "nothing is dropped here", "no stage of this test has the reason",
               t->reason, str_suggest(t->reason, names, n));
        sbuf_free(&hint);
    }
}

static size_t add_ports(const stage_def *def, const char **names, size_t n)
{
    sl_port port;
    for (size_t i = 0; stage_port(def, i, &port) && n < MAX_NAMES; i++)
        names[n++] = port.name;
    return n;
}

static bool has_port(const stage_def *def, const char *name)
{
    sl_port port;
    for (size_t i = 0; stage_port(def, i, &port); i++)
        if (!strcmp(port.name, name))
            return true;
    return false;
}

static void bind_port(const bound_case *b, diags *d, const pipeline_port_docs *port, uint32_t *out)
{
    const plan *p = b->p;
    const char *names[MAX_NAMES] = { NULL };
    size_t n = 0, found = 0;
    *out = PLAN_NONE;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        if (!b->within[i])
            continue;
        n = add_ports(p->stages[i].def, names, n);
        if (has_port(p->stages[i].def, port->name)) {
            *out = i;
            found++;
        }
    }
    sbuf hint = { 0 };
    list_names(&hint, "ports here: ", names, n);
    if (found > 1)
        refuse(d, port->at, "test one stage, with 'at'", "several stages have the port", port->name, NULL);
    else if (!found)
        refuse(d, port->at, n ? sbuf_z(&hint) : "there are no ports here", "no stage of this test has the port",
               port->name, str_suggest(port->name, names, n));
    sbuf_free(&hint);
}

static bool bind_ports(bound_case *b, arena *mem, diags *d)
{
    uint32_t *v = arena_zalloc(mem, (b->c->n_ports + 1) * sizeof *v, _Alignof(uint32_t));
    if (!v)
        diag_nomem(d);
    for (size_t i = 0; v && i < b->c->n_ports; i++)
        bind_port(b, d, &b->c->ports[i], &v[i]);
    b->port_of = v;
    return v != NULL;
}

/* Is it known what a test goes through: a stage that is, or a graph without gaps? */
static bool is_clear(const bound_case *b)
{
    const plan *p = b->p;
    unsigned flaws = 0;
    for (size_t i = 0; i < p->n_stages && !b->c->at; i++)
        flaws |= p->stages[i].flaws & (FLAW_USE | FLAW_FROM);
    if (b->c->at)
        flaws = p->stages[b->first].flaws & FLAW_USE;
    return !flaws;
}

bool case_bind(bound_case *b, arena *mem, diags *d, const plan *p, registry *reg, const pipeline_case *c)
{
    *b = (bound_case){ .c = c, .p = p, .first = PLAN_NONE, .last = PLAN_NONE };
    if (!bind_ends(b, d))
        return false;
    if (!is_clear(b)) /* its own mistakes are told; those of the test would be guesses */
        return false;
    if (!bind_range(b, mem, d))
        return false;
    b->where = c->at              ? c->at
               : c->from || c->to ? arena_printf(mem, "%s to %s", p->stages[b->first].name, p->stages[b->last].name)
                                  : p->file->head.name;
    if (!b->where) {
        diag_nomem(d);
        return false;
    }
    check_reasons(b, d, reg);
    return bind_ports(b, mem, d);
}
