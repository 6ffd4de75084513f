/* What exec_run would do, without doing it: the passes, and the states that are there already. */
#include <stdlib.h>
#include <string.h>
#include "base/fs.h"
#include "base/hash.h"
#include "exec/kept.h"
#include "exec/states.h"

typedef struct outline {
    exec *x;
    bool resumes; /* a run that was interrupted: for good, so a state that is damaged is none */
    pass_state todo;
    pass_plan pass;
    exec_step *v;
    size_t n;
    bool failed; /* out of memory */
} outline;

static exec_step *add_step(outline *o, const sbuf *text, const sbuf *note)
{
    exec_step *v = text->failed || note->failed ? NULL : arena_grow(&o->x->mem, o->v, o->n, sizeof *v);
    o->failed |= !v;
    if (!v)
        return NULL;
    o->v = v;
    v[o->n] =
        (exec_step){ .text = arena_strdup(&o->x->mem, sbuf_z(text)), .note = arena_strdup(&o->x->mem, sbuf_z(note)) };
    o->failed |= !v[o->n].text || !v[o->n].note;
    return o->failed ? NULL : &v[o->n++];
}

/* ---- states ---- */

static bool look_for_state(outline *o, uint32_t stage, uint32_t what)
{
    const plan_stage *p = &o->x->p->stages[stage];
    char name[17];
    sbuf text = { 0 }, note = { 0 };
    const char *path;
    o->failed |= !states_there(o->x, stage, what, o->resumes, name, &path);
    const bool found = path && (!o->resumes || artifact_verify(path, NULL) >= 0);
    if (found) {
        sbuf_printf(&text, "%s", p->name);
        if (what != SL_WHOLE && what)
            sbuf_printf(&text, "(%s)", p->ports[what - 1].name);
        sbuf_printf(&note, "state %.8s found: %s", name,
                    what == SL_WHOLE ? "not fitted again"
                    : what           ? "that input is not read"
                                     : "its input is not read for it");
        exec_step *s = add_step(o, &text, &note);
        if (s)
            s->found = true;
    }
    sbuf_free(&text);
    sbuf_free(&note);
    return found;
}

static void look_for_states(outline *o)
{
    const exec *x = o->x;
    for (uint32_t i = 0; i < x->p->n_stages && x->o.states && !x->o.fresh; i++) {
        const stage_state *s = &x->st[i];
        if (!s->p->fits || !s->opened || !s->s->save || !s->s->load)
            continue;
        if (look_for_state(o, i, SL_WHOLE)) {
            o->todo.fitted[i] = true;
            continue;
        }
        for (uint32_t k = 0; k <= s->p->n_ports; k++)
            if (!o->todo.done[i][k] && look_for_state(o, i, k))
                o->todo.done[i][k] = true;
    }
}

/* ---- passes ---- */

static const char arrow[] = " ─ ";

static void way(const outline *o, uint32_t s, sbuf *out);

/* "(a ─ x + b) ─ " where branches merge, "a ─ " elsewhere, nothing before a source. */
static void way_into(const outline *o, uint32_t s, sbuf *out)
{
    const plan_stage *at = &o->x->p->stages[s];
    sbuf_puts(out, at->n_from > 1 ? "(" : "");
    for (size_t i = 0; i < at->n_from; i++) {
        sbuf_puts(out, i ? " + " : "");
        way(o, at->from[i], out);
    }
    sbuf_puts(out, at->n_from > 1 ? ")" : "");
    sbuf_puts(out, at->n_from ? arrow : "");
}

/* "raw ─ length": the way of the documents in this pass, up to the stage. */
static void way(const outline *o, uint32_t s, sbuf *out)
{
    const plan_stage *at = &o->x->p->stages[s];
    if (o->pass.st[s].feed && at->def->s.kind != SL_SOURCE) {
        sbuf_printf(out, "(%s %s)", at->sorts ? "sorted by" : "kept after", at->name);
        return;
    }
    way_into(o, s, out);
    sbuf_puts(out, at->name);
}

static void reads_of(const plan *p, uint32_t stage, uint32_t role, sbuf *note)
{
    const plan_stage *s = &p->stages[stage];
    const uint32_t not_now = role == ROLE_FIT ? SL_APPLY_ONLY : SL_FIT_ONLY;
    size_t n = 0;
    for (size_t i = 0; i < s->n_view; i++)
        if (s->view[i].slot != PLAN_NONE && (s->view[i].flags & SL_READ) && !(s->view[i].flags & not_now))
            sbuf_printf(note, "%s%s", n++ ? ", " : note->n ? "; reads " : "reads ", p->columns[s->view[i].slot].name);
}

static void step_of(outline *o, uint32_t stage)
{
    const plan *p = o->x->p;
    const plan_stage *s = &p->stages[stage];
    const pass_stage *now = &o->pass.st[stage];
    sbuf text = { 0 }, note = { 0 };
    if (now->role == ROLE_FIT && now->port) {
        way(o, s->ports[now->port - 1].last, &text);
        sbuf_printf(&text, "%s%s·fit(%s)", arrow, s->name, s->ports[now->port - 1].name);
    } else if (now->role == ROLE_FIT) {
        way_into(o, stage, &text);
        sbuf_printf(&text, "%s·fit", s->name);
    } else {
        way(o, stage, &text);
        if (now->capture == CAPTURE_SORT)
            sbuf_puts(&note, "sorted; on disk above the memory");
    }
    if (now->role == ROLE_FIT)
        reads_of(p, stage, ROLE_FIT, &note);
    add_step(o, &text, &note);
    sbuf_free(&text);
    sbuf_free(&note);
}

static void keeps_of(outline *o)
{
    const plan *p = o->x->p;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        if (o->pass.st[i].capture != CAPTURE_KEEP)
            continue;
        sbuf text = { 0 }, note = { 0 };
        sbuf_printf(&text, "%s ─ disk", p->stages[i].name);
        sbuf_printf(&note, "kept for the next passes: %s",
                    p->stages[i].keep_why ? p->stages[i].keep_why : "a pipe can be read only once");
        add_step(o, &text, &note);
        sbuf_free(&text);
        sbuf_free(&note);
    }
}

static bool begin(outline *o)
{
    exec *x = o->x;
    if (!pass_state_init(&o->todo, x->p, x->o.goal ? x->o.goal - 1 : PLAN_NONE, &x->mem) ||
        !pass_plan_init(&o->pass, x->p, &x->mem))
        return false;
    memcpy(o->todo.keep, x->todo.keep, x->p->n_stages);
    look_for_states(o);
    return true;
}

static bool draw(outline *o)
{
    exec *x = o->x;
    unsigned number = 0;
    while (!o->pass.last) {
        for (uint32_t i = 0; i < x->p->n_stages; i++)
            if (pass_complete(x->p, &o->todo, i))
                o->todo.fitted[i] = true;
        if (!pass_next(x->p, &o->todo, &o->pass))
            break;
        const size_t first = o->n;
        number++;
        for (uint32_t i = 0; i < x->p->n_stages; i++)
            if (o->pass.st[i].role == ROLE_FIT || o->pass.st[i].capture == CAPTURE_SORT ||
                (o->pass.last && o->todo.goal[i]))
                step_of(o, i);
        keeps_of(o);
        for (size_t i = first; i < o->n; i++)
            o->v[i].pass = number;
        pass_done(x->p, &o->todo, &o->pass);
    }
    return o->pass.last && !o->failed;
}

size_t exec_outline(exec *x, const exec_step **out)
{
    outline o = { .x = x };
    const bool good = begin(&o) && draw(&o);
    *out = o.v;
    return good ? o.n : 0;
}

uint64_t outline_pass_hash(const plan *p, const pass_plan *of)
{
    uint64_t h = 0;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        const pass_stage *s = &of->st[i];
        h = hash_two(h, (uint64_t)s->role | (uint64_t)s->feed << 8 | (uint64_t)s->official << 9);
    }
    return h | 1;
}

uint64_t outline_last_pass(exec *x)
{
    outline o = { .x = x, .resumes = true };
    const size_t n = x->p->n_stages;
    bool *there = arena_zalloc(&x->mem, n + 1, 1);
    if (!there || !begin(&o))
        return 0;
    for (uint32_t i = 0; kept_find(x) && i < n; i++)
        o.todo.stored[i] = kept_holds(x, i);
    if (kept_find(x) && !kept_usable(x, &o.todo, true))
        memset(o.todo.stored, 0, n);
    memcpy(there, o.todo.stored, n);
    if (!draw(&o))
        return 0;
    for (uint32_t i = 0; i < n; i++)
        if (o.pass.st[i].feed && x->p->stages[i].def->s.kind != SL_SOURCE && !x->p->stages[i].sorts && !there[i])
            return 0;
    return outline_pass_hash(x->p, &o.pass);
}
