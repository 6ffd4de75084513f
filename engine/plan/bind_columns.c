/* Columns: one slot and one type a name, a view a stage, and for each source what is read below it. */
#include <string.h>
#include "base/str.h"
#include "plan/bind.h"

/* What is known of a slot behind a stage. */
enum { ABSENT, OPEN /* the source may have it in its records */, WRITTEN, REMOVED, UNKNOWN /* a mistake above */ };
enum { MAX_NAMED = 1024 };

/* arena_grow, which says so where memory ran out. */
static void *grown(plan *p, diags *d, void *v, size_t n, size_t size)
{
    void *more = arena_grow(&p->mem, v, n, size);
    if (!more)
        diag_nomem(d);
    return more;
}

static uint32_t slot_of(plan *p, diags *d, const char *name)
{
    for (size_t i = 0; i < p->n_columns; i++)
        if (!strcmp(p->columns[i].name, name))
            return (uint32_t)i;
    plan_column *v = grown(p, d, p->columns, p->n_columns, sizeof *v);
    if (!v)
        return 0;
    p->columns = v;
    v[p->n_columns] = (plan_column){ .name = name };
    return (uint32_t)p->n_columns++;
}

static void add_place(plan *p, diags *d, plan_stage *s, const sl_field *f, size_t row, const char *name)
{
    plan_place *v = grown(p, d, s->view, s->n_view, sizeof *v);
    if (!v)
        return;
    s->view = v;
    v[s->n_view++] = (plan_place){ name ? slot_of(p, d, name) : PLAN_NONE, f->flags, (uint32_t)row };
}

/* "words.$split": the text before the dollar and the option's value. */
static const char *joined(plan *p, diags *d, const char *pattern, const char *dollar, const char *value)
{
    const char *name =
        dollar == pattern ? value : arena_printf(&p->mem, "%.*s%s", (int)(dollar - pattern), pattern, value);
    if (!name)
        diag_nomem(d);
    return name;
}

static void expand_field(plan *p, diags *d, plan_stage *s, const sl_field *f, size_t row)
{
    const char *dollar = strchr(f->name, '$'), *names[MAX_NAMED];
    if (!strcmp(f->name, "*")) {
        s->whole_row = true;
        return;
    }
    if (!dollar) {
        add_place(p, d, s, f, row, f->name);
        return;
    }
    if (s->flaws & FLAW_OPTIONS) {
        s->unclear |= (f->flags & (SL_WRITE | SL_REMOVE)) != 0;
        return;
    }
    int n = option_strings(s->def->options, s->cfg, dollar + 1, names, MAX_NAMED);
    if (n < 0 && !strcmp(f->name, "$as") && s->common.as) {
        names[0] = s->common.as;
        n = 1;
    }
    if (n <= 0) { /* unset: a lone name keeps its place in the view, a list takes none */
        sl_option o;
        bool many = strchr(dollar, '.') != NULL;
        for (size_t i = 0; option_row(s->def->options, i, &o); i++)
            many |= !strcmp(o.name, dollar + 1) && (o.type & SL_OPT_MANY);
        if (!many)
            add_place(p, d, s, f, row, NULL);
        return;
    }
    for (int i = 0; i < n && i < MAX_NAMED; i++)
        add_place(p, d, s, f, row, joined(p, d, f->name, dollar, names[i]));
}

static const char *type_name(uint32_t type)
{
    static const char *const name[] = { "any", "bool", "i32", "i64", "u64", "f32", "f64", "span", "text", "json" };
    return type & 0x100 ? "a list" : type < sizeof name / sizeof *name ? name[type] : "?";
}

static void set_type(plan *p, diags *d, const plan_stage *s, uint32_t slot, uint32_t type, const char **said_by)
{
    plan_column *c = &p->columns[slot];
    if (type == SL_T_ANY)
        return;
    if (!c->type) {
        c->type = type;
        said_by[slot] = s->name;
    } else if (c->type != type) {
        diag_error(d, plan_value_at(s, c->name), "%s takes the column '%s' as %s; for %s it is %s", s->name, c->name,
                   type_name(type), said_by[slot], type_name(c->type));
    }
}

static void type_columns(plan *p, diags *d)
{
    const char **said_by = arena_zalloc(&p->mem, (p->n_columns + 1) * sizeof *said_by, _Alignof(char *));
    sl_field f;
    if (!said_by) {
        diag_nomem(d);
        return;
    }
    p->columns[p->text].type = p->columns[p->id].type = p->columns[p->source].type = SL_T_STR;
    said_by[p->text] = said_by[p->id] = said_by[p->source] = "every document";
    for (size_t i = 0; i < p->n_stages; i++) {
        const plan_stage *s = &p->stages[i];
        for (size_t k = 0; k < s->n_view; k++) {
            const plan_place *v = &s->view[k];
            if (v->slot == PLAN_NONE || !stage_field(s->def, v->field, &f))
                continue;
            set_type(p, d, s, v->slot, f.type, said_by);
            p->columns[v->slot].shared |= (v->flags & SL_SHARED) != 0;
            p->columns[v->slot].hidden |= (v->flags & SL_SHARED) != 0;
            if (v->flags & SL_WRITE)
                p->columns[v->slot].hidden |= (v->flags & (SL_HIDDEN | SL_SHARED)) != 0;
        }
        if (s->as_slot != PLAN_NONE) {
            set_type(p, d, s, s->as_slot, SL_T_STR, said_by);
            set_type(p, d, s, s->as_value_slot, SL_T_F64, said_by);
        }
    }
    for (size_t i = 0; i < p->n_columns; i++)
        if (!p->columns[i].type)
            p->columns[i].type = SL_T_JSON;
}

/* Asks every source above `s` that does not find a writer on the way for the slot. */
static void want(plan *p, diags *d, uint32_t s, uint32_t slot, const plan_stage *reader, diag_at at)
{
    plan_stage *me = &p->stages[s];
    for (size_t k = 0; k < me->n_view; k++)
        if (me->view[k].slot == slot && (me->view[k].flags & SL_WRITE))
            return;
    if (me->unclear || me->as_slot == slot || me->as_value_slot == slot)
        return;
    for (size_t k = 0; k < me->n_from; k++)
        want(p, d, me->from[k], slot, reader, at);
    if (me->def->s.kind != SL_SOURCE || !me->whole_row)
        return;
    for (size_t k = 0; k < me->n_wanted; k++)
        if (me->wanted[k] == slot) {
            if (reader && !me->asked_by[k]) {
                me->asked_by[k] = reader->name;
                me->asked_at[k] = at;
            }
            return;
        }
    const size_t n = me->n_wanted;
    uint32_t *wanted = grown(p, d, me->wanted, n, sizeof *wanted);
    const char **by = grown(p, d, me->asked_by, n, sizeof *by);
    diag_at *where = grown(p, d, me->asked_at, n, sizeof *where);
    if (!wanted || !by || !where)
        return;
    me->wanted = wanted;
    me->asked_by = by;
    me->asked_at = where;
    wanted[n] = slot;
    by[n] = reader ? reader->name : NULL;
    where[n] = at;
    me->n_wanted++;
}

static void columns_hint(const plan *p, diags *d, const uint8_t *state)
{
    sbuf names = { 0 };
    for (size_t i = 0; i < p->n_columns; i++)
        if (state[i] == WRITTEN)
            sbuf_printf(&names, "%s%s", names.n ? ", " : "", p->columns[i].name);
    diag_hint(d, "columns here: %s", names.n ? names.p : "none");
    sbuf_free(&names);
}

/* The same column of a port's documents: they are only looked at in the fit. */
static void read_port_columns(plan *p, diags *d, const plan_stage *me, const plan_place *v, uint8_t *const *after)
{
    const char *name = p->columns[v->slot].name;
    if (v->flags & (SL_SHARED | SL_APPLY_ONLY))
        return;
    for (size_t k = 0; k < me->n_ports; k++) {
        const uint32_t last = me->ports[k].last;
        if (last == PLAN_NONE)
            continue;
        const uint8_t there = after[last][v->slot];
        if (there == UNKNOWN)
            continue;
        if (there == OPEN || there == WRITTEN) {
            want(p, d, last, v->slot, v->flags & SL_OPTIONAL ? NULL : me, plan_value_at(me, name));
        } else if (!(v->flags & SL_OPTIONAL)) {
            diag_error(d, me->ports[k].at, "%s reads the column '%s', which the documents of '%s' do not have",
                       me->common.use, name, me->ports[k].name);
            columns_hint(p, d, after[last]);
        }
    }
}

static void read_column(plan *p, diags *d, uint32_t s, plan_place *v, const uint8_t *state)
{
    plan_stage *me = &p->stages[s];
    const char *name = p->columns[v->slot].name;
    const diag_at at = plan_value_at(me, name);
    if (v->flags & SL_SHARED)
        return; /* a cache of this run: no record has it */
    if ((v->flags & SL_FIT_ONLY) && (me->def->s.flags & SL_F_PORTS_ONLY))
        return; /* the main stream is not looked at */
    if (state[v->slot] == UNKNOWN)
        return;
    if (state[v->slot] == OPEN || state[v->slot] == WRITTEN) {
        for (size_t k = 0; k < me->n_from; k++)
            want(p, d, me->from[k], v->slot, v->flags & SL_OPTIONAL ? NULL : me, at);
        return;
    }
    if (v->flags & SL_OPTIONAL) {
        if (!(v->flags & SL_WRITE))
            v->slot = PLAN_NONE;
        return;
    }
    diag_error(d, at,
               state[v->slot] == REMOVED ? "%s reads the column '%s', which a stage above removes"
                                         : "%s reads the column '%s', which nothing above writes",
               me->common.use, name);
    columns_hint(p, d, state);
}

/* What a stage finds: a column is there only if it comes on every way that leads to it. */
static void merge_states(const plan *p, const plan_stage *s, uint8_t *const *after, uint8_t *state)
{
    for (size_t i = 0; i < p->n_columns; i++) {
        for (size_t k = 0; k < s->n_from; k++) {
            const uint8_t one = after[s->from[k]][i];
            if (!k)
                state[i] = one;
            else if (one == ABSENT || one == REMOVED || (one != UNKNOWN && (state[i] == OPEN || state[i] == UNKNOWN)))
                state[i] = state[i] == REMOVED ? REMOVED : one;
        }
    }
}

/* Nothing is known but what every document has. */
static void states_anew(const plan *p, uint8_t all, uint8_t *state)
{
    memset(state, all, p->n_columns);
    state[p->text] = state[p->id] = state[p->source] = WRITTEN;
}

static void remember_removed(plan *p, diags *d, plan_stage *s, const uint8_t *state)
{
    for (size_t i = 0; i < p->n_columns; i++)
        if (state[i] == REMOVED) {
            const char **v = grown(p, d, s->removed, s->n_removed, sizeof *v);
            if (!v)
                return;
            s->removed = v;
            v[s->n_removed++] = p->columns[i].name;
        }
}

static void name_annotations(plan *p, diags *d, plan_stage *s)
{
    const char *dot = strrchr(s->common.use, '.'), *as = s->common.as ? s->common.as : dot ? dot + 1 : s->common.use;
    const char *value = arena_printf(&p->mem, "%s_value", as);
    if (!value) {
        diag_nomem(d);
        return;
    }
    s->as_slot = slot_of(p, d, as);
    s->as_value_slot = slot_of(p, d, value);
    if (s->as_slot == p->text || s->as_slot == p->id || s->as_slot == p->source)
        diag_error(d, plan_value_at(s, as),
                   "%s would note its reasons in the column '%s', which every document has; say another with 'as'",
                   s->common.use, as);
    for (const plan_stage *a = p->stages; a < s; a++)
        if (a->as_slot == s->as_slot)
            diag_error(d, plan_value_at(s, as),
                       "%s and %s both note their reasons in the column '%s'; give one of them another with 'as'",
                       a->name, s->name, as);
}

/* What leaves the stage, by its own columns. */
static void write_columns(const plan_stage *s, uint8_t *state)
{
    for (size_t k = 0; k < s->n_view; k++) {
        const plan_place *v = &s->view[k];
        if (v->slot != PLAN_NONE && (v->flags & (SL_WRITE | SL_SHARED)))
            state[v->slot] = WRITTEN;
        else if (v->slot != PLAN_NONE && (v->flags & SL_REMOVE))
            state[v->slot] = REMOVED;
    }
    if (s->as_slot != PLAN_NONE)
        state[s->as_slot] = state[s->as_value_slot] = WRITTEN;
}

/* The columns at stage i, once those above it have said what leaves them. */
static void bind_stage_columns(plan *p, diags *d, uint32_t i, uint8_t **after)
{
    plan_stage *s = &p->stages[i];
    const bool source = s->def->s.kind == SL_SOURCE;
    uint8_t *state = after[i];
    if (source || (s->flaws & FLAW_FROM))
        states_anew(p, source ? s->whole_row ? OPEN : ABSENT : UNKNOWN, state);
    else
        merge_states(p, s, after, state);
    for (size_t k = 0; k < s->n_view; k++) {
        plan_place *v = &s->view[k];
        if (v->slot != PLAN_NONE && (v->flags & SL_READ) && !source) {
            read_port_columns(p, d, s, v, after);
            read_column(p, d, i, v, state);
        }
        if (v->slot != PLAN_NONE && (v->flags & SL_ORDER)) {
            s->order_slot = v->slot;
            if (p->columns[v->slot].type != SL_T_U64)
                diag_error(d, plan_value_at(s, p->columns[v->slot].name),
                           "%s sorts by the column '%s', which is no u64", s->common.use, p->columns[v->slot].name);
        }
    }
    if (s->unclear)
        states_anew(p, UNKNOWN, state);
    write_columns(s, state);
    remember_removed(p, d, s, state);
    if (source && s->whole_row)
        want(p, d, i, p->text, NULL, s->in_file->at);
}

void bind_columns(plan *p, diags *d)
{
    sl_field f;
    p->text = slot_of(p, d, "text");
    p->id = slot_of(p, d, "id");
    p->source = slot_of(p, d, "source");
    for (size_t i = 0; i < p->n_stages; i++) {
        plan_stage *s = &p->stages[i];
        for (size_t k = 0; s->cfg && stage_field(s->def, k, &f); k++)
            expand_field(p, d, s, &f, k);
        s->unclear |= (s->flaws & (FLAW_USE | FLAW_COMMON | FLAW_FROM)) != 0;
        if (s->mode == MODE_ANNOTATE && !(s->flaws & (FLAW_USE | FLAW_COMMON)))
            name_annotations(p, d, s);
    }
    if (d->nomem)
        return;
    if (p->n_columns > PLAN_MAX_COLUMNS) {
        diag_error(d, (diag_at){ p->file->sources, 0, 0, 0 }, "the stages name %zu columns; %d are the most",
                   p->n_columns, PLAN_MAX_COLUMNS);
        return;
    }
    type_columns(p, d);
    uint8_t **after = arena_zalloc(&p->mem, (p->n_stages + 1) * sizeof *after, _Alignof(uint8_t *));
    for (uint32_t i = 0; i < p->n_stages; i++) {
        if (!after || !(after[i] = arena_zalloc(&p->mem, p->n_columns + 1, 1))) {
            diag_nomem(d);
            return;
        }
        bind_stage_columns(p, d, i, after);
    }
}
